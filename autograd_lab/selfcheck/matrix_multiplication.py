"""Exercises of the chapter on matrix multiplication."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise

_rng = np.random.default_rng(12)


def _matrices(*shapes: tuple[int, ...], dtype: Any = np.float64) -> tuple[Any, ...]:
    return tuple(_rng.integers(-3, 4, size=s).astype(dtype) for s in shapes)


@exercise(
    "matmul.vjp",
    "vjp(g, x, y) returns ∂L/∂x and ∂L/∂y of the product x @ y of two matrices, given the cotangent g.",
    letters="g x y",
    inputs=[
        _matrices((1, 1), (1, 2), (2, 1)),
        _matrices((2, 2), (2, 2), (2, 2)),
        _matrices((2, 4), (2, 3), (3, 4)),
        _matrices((2, 4), (2, 3), (3, 4), dtype=np.float32),
    ],
    mistakes={
        "the factors are right, but neither is transposed.": lambda g, x, y: (g @ y, x @ g),
        "the factors stand in the wrong order: a matrix product does not commute.": (
            lambda g, x, y: (y.T @ g, g @ x.T)
        ),
        "the two results are exchanged: ∂L/∂x comes first.": lambda g, x, y: (x.T @ g, g @ y.T),
        "this is the VJP of the elementwise product; in a matrix product an index is summed over.": (
            lambda g, x, y: (g * y, g * x)
        ),
    },
)
def _matmul_vjp(g: Any, x: Any, y: Any) -> Any:
    return g @ y.T, x.T @ g
