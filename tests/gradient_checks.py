"""The check that every gradient test runs, for real operators and for ones with a planted mistake."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numerical import Array, central_difference, complex_step
from op_cases import Case

from autograd_lab import Tensor

CENTRAL = 2e-8  # relative to the largest entry, or to 1
COMPLEX = 4e-14


@functools.cache
def cotangent(case: Case) -> Array:
    """A fixed cotangent with no two entries alike, of the shape of the case's value."""
    shape = np.shape(case.reference(*case.inputs()))
    return np.asarray(case.rng.uniform(0.5, 1.5, size=shape) * case.rng.choice([-1, 1], size=shape))


@functools.cache
def by_differences(case: Case) -> list[Array]:
    inputs = case.inputs()
    return [central_difference(case.value, inputs, i, cotangent(case)) for i in range(len(inputs))]


@functools.cache
def by_complex_step(case: Case) -> list[Array]:
    inputs = case.inputs()
    return [complex_step(case.reference, inputs, i, cotangent(case)) for i in range(len(inputs))]


def assert_close(actual: Any, expected: Any, tolerance: float, what: str) -> None:
    """Entrywise, relative to the largest expected entry (or 1)."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape, f"{what}: shape {actual.shape}, expected {expected.shape}"
    if not actual.size:
        return
    error = np.abs(actual - expected)
    allowed = tolerance * max(1.0, float(np.abs(expected).max()))
    if not (error <= allowed).all():  # also False for NaN
        worst = np.unravel_index(np.argmax(np.where(np.isnan(error), np.inf, error)), error.shape)
        raise AssertionError(
            f"{what}: entry {tuple(map(int, worst))} is {actual[worst]!r}, expected {expected[worst]!r} "
            f"(error {error[worst]:.2e}, allowed {allowed:.2e})"
        )


def assert_independent(gradients: Sequence[Array], others: Sequence[Array], what: str) -> None:
    """Writeable, and sharing memory neither with each other nor with anything else."""
    for i, g in enumerate(gradients):
        assert g.flags.writeable, f"{what}: gradient {i} is read-only"
        assert g.flags.owndata or g.base is None or not g.size or g.base.flags.owndata
        for other in (*gradients[:i], *others):
            assert not np.shares_memory(g, other), f"{what}: gradient {i} shares memory"


def run(
    case: Case, operator: Callable[..., Any], inputs: Sequence[Array], u: Array
) -> tuple[Tensor, list[Tensor]]:
    """Forward and backward; the inputs are used as they are, in their memory layout."""
    tensors = [Tensor(x, requires_grad=True) for x in inputs]
    for t, x in zip(tensors, inputs, strict=True):
        t.data = x
    out = case.call(operator, *tensors)
    out.backward(u)
    return out, tensors


def check_gradients(case: Case, operator: Callable[..., Any] | None = None) -> None:
    """Value, gradients, their shape, dtype and memory, and that nothing given was changed.

    Raises an AssertionError (or what the engine raises) for a wrong operator.
    """
    inputs, u = case.inputs(), cotangent(case).copy()
    before = [x.copy() for x in (*inputs, u)]
    out, tensors = run(case, operator or case.operator(), inputs, u)
    assert_close(out.data, case.reference(*inputs), 1e-13, f"{case}: value")
    for i, (t, x) in enumerate(zip(tensors, inputs, strict=True)):
        what = f"{case}: gradient of input {i}"
        assert isinstance(t.grad, np.ndarray), f"{what} is {t.grad!r}"
        assert t.grad.dtype == x.dtype, f"{what} has dtype {t.grad.dtype}"
        assert_close(t.grad, by_differences(case)[i], CENTRAL, f"{what}, by central differences")
        if case.analytic:
            assert_close(t.grad, by_complex_step(case)[i], COMPLEX, f"{what}, by complex step")
    assert_independent([t.grad for t in tensors if t.grad is not None], [*inputs, u, out.data], str(case))
    for now, then in zip((*inputs, u), before, strict=True):
        assert np.array_equal(now, then), f"{case}: an input or the cotangent was changed"
