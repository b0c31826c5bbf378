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
        "the last product is missing: a chain of K matrices takes K − 1 products.": (
            lambda s: (_left(s[:-1]), int(sum(a * b * s[-1] for a, b in pairwise(s[1:-1]))))
        ),
        "there is one product too many: the first matrix is multiplied with the next, not with itself.": (
            lambda s: (_left(s) + s[0] * s[0] * s[1], _right(s) + s[-2] * s[-1] * s[-1])
        ),
        "all sizes are multiplied. A product takes three of them, and the prices of the products add up.": (
            lambda s: (np.prod(s),) * 2
        ),
        "the smaller number is not always the one from the left, which is to come first.": (
            lambda s: (min(_left(s), _right(s)), max(_left(s), _right(s)))
        ),
    },
)
def _brackets(sizes: Any) -> Any:
    return _left(sizes), _right(sizes)


def _layer(*shapes: tuple[int, ...]) -> tuple[Any, ...]:
    """Numbers with one decimal, none of them zero."""
    return tuple(np.round(_rng.uniform(0.15, 2, s), 1) * _rng.choice([-1, 1], s) for s in shapes)


def _slope(of: Any) -> Any:
    """The right JVP, but for the slope of tanh, a function of y."""
    return lambda x, w, dx, dw: (dx @ w + x @ dw) * of(np.tanh(x @ w))


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
        "dx @ dw is of second order: leave it out.": (
            lambda x, w, dx, dw: (dx @ w + x @ dw + dx @ dw) * (1 - np.tanh(x @ w) ** 2)
        ),
        "this is the new value of y; asked for is its change alone.": (
            lambda x, w, dx, dw: np.tanh(x @ w) + _layer_jvp(x, w, dx, dw)
        ),
        "this is y, and nothing has moved. Asked for is its change.": lambda x, w, dx, dw: np.tanh(x @ w),
        "the two parts are right. The change of y is their sum.": (
            lambda x, w, dx, dw: tuple(d * (1 - np.tanh(x @ w) ** 2) for d in (dx @ w, x @ dw))
        ),
        "the slope of tanh is 1 − y², which is not (1 − y)².": _slope(lambda y: (1 - y) ** 2),
        "the slope of tanh is 1 − y². You have y².": _slope(lambda y: y * y),
        "y·(1 − y) is the slope of the logistic function; that of tanh is 1 − y².": (
            _slope(lambda y: y * (1 - y))
        ),
        "tanh is applied to the change. Its slope at x @ w multiplies the change.": (
            lambda x, w, dx, dw: np.tanh(dx @ w + x @ dw)
        ),
        "one part is subtracted; the product rule adds both.": (
            lambda x, w, dx, dw: (dx @ w - x @ dw) * (1 - np.tanh(x @ w) ** 2)
        ),
        "the slopes of tanh act entry by entry: * and not @.": (
            lambda x, w, dx, dw: (dx @ w + x @ dw) @ (1 - np.tanh(x @ w) ** 2)
        ),
        "x @ w is a matrix product, and so are both parts of its change: @ and not *.": (
            lambda x, w, dx, dw: (dx * w + x * dw) * (1 - np.tanh(x @ w) ** 2)
        ),
        "there are transposes, as in a VJP. Forwards there is none: dx takes the place of x, and dw that of "
        "w.": lambda x, w, dx, dw: (dx @ w.T + x @ dw.T) * (1 - np.tanh(x @ w) ** 2),
        "the factors stand the wrong way round: x and dx belong on the left, w and dw on the right.": (
            lambda x, w, dx, dw: (w @ dx + dw @ x) * (1 - np.tanh(x @ w) ** 2)
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


def _split(
    s: Any,
    choose: Any = min,
    last: Any = lambda a, k, b: a * k * b,
    single: Any = lambda a, b: 0,
    overlap: int = 1,
) -> Any:
    """The recursion over the place of the last product, right or with one of the mistakes."""
    if len(s) < 3:
        return int(single(s[0], s[-1])) if len(s) == 2 else 0

    def cost(k: int) -> Any:
        left, right = (_split(part, choose, last, single, overlap) for part in (s[: k + overlap], s[k:]))
        return left + right + int(last(s[0], s[k], s[-1]))

    places = range(1, len(s) - 1)
    if choose is None:  # at the smallest side
        return cost(min(places, key=lambda k: s[k]))
    return choose(cost(k) for k in places)


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
        "it returns the largest number, over all brackets; the smallest is asked for.": (
            lambda s: _split(s, choose=max)
        ),
        "it splits the chain once, and then goes through each part from one end. The parts have brackets of "
        "their own: call fewest on them.": lambda s: min(
            min(_left(s[: k + 1]), _right(s[: k + 1]))
            + min(_left(s[k:]), _right(s[k:]))
            + s[0] * s[k] * s[-1]
            for k in range(1, len(s) - 1)
        ),
        "after its split it takes the left part from the left and the right part from the right. The parts "
        "have brackets of their own: call fewest on them.": lambda s: min(
            _left(s[: k + 1]) + _right(s[k:]) + s[0] * s[k] * s[-1] for k in range(1, len(s) - 1)
        ),
        "it counts the last product alone; add what the two parts cost.": (
            lambda s: min(s[0] * k * s[-1] for k in s[1:-1])
        ),
        "the last product is missing: it takes sizes[0]·sizes[k]·sizes[−1].": (
            lambda s: _split(s, last=lambda a, k, b: 0)
        ),
        "the last product takes sizes[0]·sizes[k]·sizes[−1]; the side where the parts meet is missing.": (
            lambda s: _split(s, last=lambda a, k, b: a * b)
        ),
        "a single matrix costs nothing: there is nothing to multiply.": (
            lambda s: _split(s, single=lambda a, b: a * b)
        ),
        "it always splits at the smallest inner side, which is mostly good and not always the best.": (
            lambda s: _split(s, choose=None)
        ),
        "it adds up over all splits; the best one alone is asked for.": lambda s: _split(s, choose=sum),
        "the parts share the side where they meet: sizes[:k + 1] and sizes[k:].": (
            lambda s: _split(s, overlap=0)
        ),
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
