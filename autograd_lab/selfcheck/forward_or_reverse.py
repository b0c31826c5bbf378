"""Exercises of the chapter on forward and reverse mode."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise

_rng = np.random.default_rng(8)


def _sizes(*lengths: int) -> tuple[Any, ...]:
    return (np.array(lengths),)


def _left(sizes: Any) -> int:
    return int(sum(sizes[0] * a * b for a, b in pairwise(sizes[1:])))


def _right(sizes: Any) -> int:
    return int(sum(a * b * sizes[-1] for a, b in pairwise(sizes[:-1])))


@exercise(
    "modes.brackets",
    "brackets(sizes) returns the multiplications of a chain of matrix products, from the left and from the "
    "right; matrix k has the shape (sizes[k], sizes[k+1]).",
    letters="sizes",
    inputs=[_sizes(2, 3, 4), _sizes(1, 2, 3, 4), _sizes(5, 2, 6, 3, 4)],
    mistakes={
        "the two are exchanged: from the left comes first.": lambda s: (_right(s), _left(s)),
        "these are the numbers of entries of the matrices. A product (N, D)·(D, M) takes N·D·M "
        "multiplications.": (lambda s: (sum(a * b for a, b in pairwise(s)),) * 2),
        "the first product is missing: a chain of K matrices takes K − 1 products.": (
            lambda s: (_left(s) - s[0] * s[1] * s[2], _right(s) - s[-3] * s[-2] * s[-1])
        ),
        "the products from the left keep sizes[0] rows, and those from the right keep sizes[-1] columns, to "
        "the end; you have multiplied neighbours only.": (
            lambda s: (sum(a * b * c for a, b, c in zip(s, s[1:], s[2:], strict=False)),) * 2
        ),
    },
)
def _brackets(sizes: Any) -> Any:
    return _left(sizes), _right(sizes)


def _layer(*shapes: tuple[int, ...]) -> tuple[Any, ...]:
    return tuple(np.round(_rng.normal(size=s), 1) for s in shapes)


@exercise(
    "modes.jvp",
    "layer_jvp(x, w, dx, dw) returns the change of y = tanh(x @ w) to first order, when x and w move.",
    letters="x w dx dw",
    inputs=[
        _layer((1, 1), (1, 1), (1, 1), (1, 1)),
        _layer((2, 2), (2, 2), (2, 2), (2, 2)),
        _layer((2, 3), (3, 4), (2, 3), (3, 4)),
    ],
    mistakes={
        "the part of dw is missing: both inputs move.": (
            lambda x, w, dx, dw: (dx @ w) * (1 - np.tanh(x @ w) ** 2)
        ),
        "the part of dx is missing: both inputs move.": (
            lambda x, w, dx, dw: (x @ dw) * (1 - np.tanh(x @ w) ** 2)
        ),
        "the slope of tanh is missing.": lambda x, w, dx, dw: dx @ w + x @ dw,
        "the slope of tanh is 1 − y² with its value y, not with its input.": (
            lambda x, w, dx, dw: (dx @ w + x @ dw) * (1 - (x @ w) ** 2)
        ),
        "the square is missing: the slope of tanh is 1 − y².": (
            lambda x, w, dx, dw: (dx @ w + x @ dw) * (1 - np.tanh(x @ w))
        ),
        "the slope of tanh is taken at the change; its point is x @ w, where tanh was applied.": (
            lambda x, w, dx, dw: (dx @ w + x @ dw) * (1 - np.tanh(dx @ w + x @ dw) ** 2)
        ),
        "this is the whole change of y. Asked for is its part of first order, linear in dx and dw.": (
            lambda x, w, dx, dw: np.tanh((x + dx) @ (w + dw)) - np.tanh(x @ w)
        ),
        "both changes have been multiplied with each other. To first order one moves at a time.": (
            lambda x, w, dx, dw: (dx @ dw) * (1 - np.tanh(x @ w) ** 2)
        ),
    },
)
def _layer_jvp(x: Any, w: Any, dx: Any, dw: Any) -> Any:
    y = np.tanh(x @ w)
    return (dx @ w + x @ dw) * (1 - y * y)


def _one_by_one(sizes: Any, badness: Any) -> int:
    """Take the least bad product next, until one matrix is left."""
    s, total = [int(n) for n in sizes], 0
    while len(s) > 2:
        k = min(range(1, len(s) - 1), key=lambda i: badness(s, i))
        total += s[k - 1] * s[k] * s[k + 1]
        del s[k]
    return total


@exercise(
    "modes.chain",
    "fewest(sizes) returns the smallest number of multiplications over all ways to set the brackets.",
    letters="sizes",
    inputs=[
        _sizes(2, 3, 4),
        _sizes(20, 2, 20, 3, 20),
        _sizes(3, 9, 2, 8, 4),
        _sizes(6, 5, 9, 4, 3),
        _sizes(5, 2, 4, 3, 9, 3, 6),
    ],
    mistakes={
        "it compares only the two ends, all from the left and all from the right. Brackets in the middle "
        "can be better than both.": lambda s: min(_left(s), _right(s)),
        "it always takes the cheapest product next, and that can be a bad start. Try every last product.": (
            lambda s: _one_by_one(s, lambda n, i: n[i - 1] * n[i] * n[i + 1])
        ),
        "it always removes the longest inner side next, which is mostly good and not always the best.": (
            lambda s: _one_by_one(s, lambda n, i: -n[i])
        ),
        "it returns the largest number.": lambda s: max(_left(s), _right(s)),
    },
)
def _fewest(sizes: Any) -> int:
    best: dict[tuple[int, int], int] = {}
    for length in range(1, len(sizes)):
        for i in range(len(sizes) - length):
            j = i + length
            costs = [best[i, k] + best[k, j] + int(sizes[i] * sizes[k] * sizes[j]) for k in range(i + 1, j)]
            best[i, j] = min(costs, default=0)
    return best[0, len(sizes) - 1]
