"""Numerical derivatives in a few lines, sharing nothing with the package that they check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
STEP = 1e-4


def central_difference(
    f: Callable[..., Array], inputs: Sequence[Array], i: int, u: Array, h: float = STEP
) -> Array:
    """∂ Σ u·f / ∂ inputs[i], every entry, by central differences of fourth order.

    The error is h⁴/30 times the fifth derivative, and rounding of about 1e-16/h.
    """
    points = [np.array(x, dtype=np.float64) for x in inputs]
    x, gradient = points[i], np.zeros(inputs[i].shape)

    def moved(index: tuple[int, ...], by: float) -> float:
        before = x[index]
        x[index] = before + by
        value = float(np.sum(u * f(*points)))
        x[index] = before
        return value

    for index in np.ndindex(x.shape):
        near, far = moved(index, h) - moved(index, -h), moved(index, 2 * h) - moved(index, -2 * h)
        gradient[index] = (8 * near - far) / (12 * h)
    return gradient


def complex_step(
    f: Callable[..., Array], inputs: Sequence[Array], i: int, u: Array, h: float = 1e-30
) -> Array:
    """∂ Σ u·f / ∂ inputs[i] for an analytic f: Im f(x + ih) / h, in which nothing cancels."""
    points = [np.array(x, dtype=np.complex128 if j == i else np.float64) for j, x in enumerate(inputs)]
    x, gradient = points[i], np.zeros(inputs[i].shape)
    for index in np.ndindex(x.shape):
        before = x[index]
        x[index] = before + 1j * h
        gradient[index] = np.sum(u * f(*points)).imag / h
        x[index] = before
    return gradient
