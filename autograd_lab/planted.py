"""Wrong gradients, planted on purpose: every value is right, one VJP is not. Most of them train all the same.

Each is a mistake that people make. While one is planted, one function of :mod:`autograd_lab.nn.functional`
has a wrong VJP; the network, the data and the training loop stay as they are. So a training run under a fault
and ``gradcheck`` of the faulty function can be laid side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lab.gradcheck import GradcheckReport, gradcheck_report
from autograd_lab.nn import functional as F
from autograd_lab.ops import cross_entropy
from autograd_lab.tensor import Operator, Tensor, primitive

__all__ = ["FAULTS", "Fault"]


@dataclass(frozen=True)
class Fault:
    """One wrong gradient.

    Attributes
    ----------
    name : str
        What is wrong, in a few words.
    function : str
        Which function of :mod:`autograd_lab.nn.functional` has it.
    wrong : function
        The same values as that function, with a wrong VJP.
    inputs : tuple of Tensor or array
        Where :meth:`report` looks: small, in float64, away from kinks.

    Examples
    --------
    >>> fault = FAULTS[0]
    >>> fault.name, fault.function
    ('ReLU: twice too large', 'relu')
    """

    name: str
    function: str
    wrong: Operator
    inputs: tuple[Any, ...]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Put the wrong function in the place of the right one, until the ``with`` block ends.

        Examples
        --------
        >>> x = Tensor([-1.0, 2.0], requires_grad=True)
        >>> with FAULTS[0].planted():
        ...     F.relu(x).sum().backward()
        >>> x.grad
        array([0., 2.])
        """
        right = getattr(F, self.function)
        setattr(F, self.function, self.wrong)
        try:
            yield
        finally:
            setattr(F, self.function, right)

    def report(self) -> GradcheckReport:
        """What ``gradcheck`` finds in the wrong function.

        Examples
        --------
        >>> print(FAULTS[0].report())
        gradcheck FAILED (h = 1e-06, Taylor remainder of order 1.0)
          WRONG x[1]: analytic -1.54, numeric -0.7698, off by 7.7e-01
          look at: a factor: analytic is 2 times numeric
        """
        return gradcheck_report(self.wrong, self.inputs)


@primitive
def doubled_relu(x: Any) -> Any:
    """ReLU with twice its derivative."""
    return np.maximum(x, 0), lambda g: 2 * g * (x > 0)


@primitive
def first_row_linear(x: Any, w: Any, b: Any) -> Any:
    """A linear layer whose bias gets the first sample's cotangent alone."""
    y = x @ w + b
    return y, lambda g: g @ w.T, lambda g: x.T @ g, lambda g: g[0].copy()


@primitive
def always_on_relu(x: Any) -> Any:
    """ReLU with its mask made from the output, with >=: an output is never negative."""
    out = np.maximum(x, 0)
    return out, lambda g: g * (out >= 0)


@primitive
def cut_off_linear(x: Any, w: Any, b: Any) -> Any:
    """A linear layer that hands nothing on to the layers below it."""
    return x @ w + b, lambda g: 0 * x, lambda g: x.T @ g, lambda g: g.sum(axis=0)


@primitive
def summed_cross_entropy(x: Any, y: Any) -> Any:
    """The mean cross entropy with the gradient of the sum: 1/N is missing."""
    mean, vjp, _ = cross_entropy(x, y)
    return mean, lambda g: len(x) * vjp(g), None


def _inputs(*letters: str) -> tuple[Tensor, ...]:
    rng = np.random.default_rng(0)
    shapes = {"x": (4, 3), "w": (3, 2), "b": (2,)}
    return tuple(Tensor(rng.standard_normal(shapes[a]), requires_grad=True, name=a) for a in letters)


_MIXED = Tensor([-1.0, 0.5, 2.0], requires_grad=True, name="x")
_SCORES = *_inputs("x"), np.array([0, 2, 1, 1])

FAULTS: tuple[Fault, ...] = (
    Fault("ReLU: twice too large", "relu", doubled_relu, (_MIXED,)),
    Fault("bias: first row, not the sum", "linear", first_row_linear, _inputs("x", "w", "b")),
    Fault("ReLU: mask always true", "relu", always_on_relu, (_MIXED,)),
    Fault("linear: nothing passed down", "linear", cut_off_linear, _inputs("x", "w", "b")),
    Fault("loss: 1/N missing", "cross_entropy", summed_cross_entropy, _SCORES),
)
"""Five wrong gradients of the network of the MNIST chapter."""
