"""A check-up of an installation: ``gradcheck`` of every operator, at points that give a wrong formula away.

The tests have a table with hundreds of rows; this one has a row for each operator and is part of the package.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lab.gradcheck import gradcheck_report
from autograd_lab.ops import PRIMITIVES
from autograd_lab.tensor import primitive

_SIGNS = np.array([1.0, -1.0, 1.0])
_LABELS = np.array([2, 0])
_INDEX = (np.array([0, 1, 0]), np.array([2, 1, 2]))  # one entry twice

# How each operator is called: f is the operator, x and z are numbers in (0.5, 2) of shape (2, 3), all
# different and none 1; y has shape (3,), so that what broadcasting does is checked too.
CALLS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("add", "sub", "mul", "div", "pow", "maximum", "minimum"), lambda f, x, y, z: f(x, y)),
    **dict.fromkeys(("log", "sqrt"), lambda f, x, y, z: f(x)),
    **dict.fromkeys(
        ("neg", "exp", "abs", "tanh", "sigmoid", "relu", "sin", "cos"), lambda f, x, y, z: f(_SIGNS * x)
    ),
    **dict.fromkeys(
        ("sum", "mean", "max", "min", "var", "logsumexp", "softmax", "log_softmax"),
        lambda f, x, y, z: f(x, axis=0),
    ),
    **dict.fromkeys(("nll_loss", "cross_entropy"), lambda f, x, y, z: f(x, _LABELS)),
    "mse_loss": lambda f, x, y, z: f(x, z),
    "where": lambda f, x, y, z: f(np.array([True, False, True]), x, y),
    "clip": lambda f, x, y, z: f(x, 0.8, 1.6),
    "matmul": lambda f, x, y, z: f(x, z.T),
    "dot": lambda f, x, y, z: f(x[0], y),
    "einsum": lambda f, x, y, z: f("ij,j,kj->ik", x, y, z),
    "reshape": lambda f, x, y, z: f(x, 3, 2),
    "transpose": lambda f, x, y, z: f(x),
    "swapaxes": lambda f, x, y, z: f(x, 0, 1),
    "expand_dims": lambda f, x, y, z: f(x, 1),
    "squeeze": lambda f, x, y, z: f(x.reshape(2, 1, 3), 1),
    "broadcast_to": lambda f, x, y, z: f(y, (2, 3)),
    "getitem": lambda f, x, y, z: f(x, _INDEX),
    "scatter_add": lambda f, x, y, z: f(y, _INDEX, (2, 3)),
    "concatenate": lambda f, x, y, z: f(x, z, axis=1),
    "stack": lambda f, x, y, z: f(x, z, axis=1),
    "astype": lambda f, x, y, z: f(x, np.float64),
}


@dataclass(frozen=True)
class Row:
    """What was found for one operator.

    Attributes
    ----------
    operator : str
    passed : bool
    worst : float
        The largest |analytic − numeric| / max(1, |numeric|) over all inputs' worst entries.
    taylor_order : float
        See :class:`~autograd_lab.gradcheck.GradcheckReport`.
    report : str
        The whole report.

    Examples
    --------
    >>> check_operators(["mul"])[0].passed
    True
    """

    operator: str
    passed: bool
    worst: float
    taylor_order: float
    report: str


def check_operators(names: list[str] | None = None, seed: int = 0) -> list[Row]:
    """``gradcheck`` of every operator, or of some.

    Parameters
    ----------
    names : list of str, optional
        All by default, in alphabetical order.
    seed : int
        Of the points.

    Returns
    -------
    list of Row

    Raises
    ------
    KeyError
        If there is no operator of that name.

    Examples
    --------
    >>> [row.operator for row in check_operators(["sum", "matmul"]) if row.passed]
    ['sum', 'matmul']
    """
    rng = np.random.default_rng(seed)
    # Different, at least 0.02 from each other, from 0.8, from 1 and from 1.6: no kink and no tie is near.
    values = rng.permutation(
        [v for v in np.arange(0.53, 2.0, 0.06) if min(abs(v - 0.8), abs(v - 1.6)) > 0.02]
    )
    x, y, z = values[:6].reshape(2, 3), values[6:9], values[9:15].reshape(2, 3)
    rows = []
    for name in sorted(PRIMITIVES) if names is None else names:
        call, operator = CALLS[name], primitive(PRIMITIVES[name].fn)
        report = gradcheck_report(lambda *xs, c=call, f=operator: c(f, *xs), [x, y, z])
        worst = max(found.error / max(1.0, abs(found.numeric)) for found in report.inputs)
        rows.append(Row(name, report.passed, float(worst), report.taylor_order, str(report)))
    return rows
