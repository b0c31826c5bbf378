"""Exercises of the chapter on broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise

_rng = np.random.default_rng(10)


def _array(*shape: int, dtype: Any = np.float64) -> Any:
    """An array without zeros, in which no number occurs twice, not even with another sign."""
    n = int(np.prod(shape))
    return (_rng.permutation(np.arange(1, n + 1)) * _rng.choice([-1, 1], n)).reshape(shape).astype(dtype)


@exercise(
    "broadcast.column",
    "column(g) returns the gradient for c, of shape (N, 1), in x + c with x of shape (N, D), given the "
    "cotangent g.",
    letters="g",
    inputs=[
        (np.array([[1.0, 2.0], [4.0, 3.0]]),),
        (_array(2, 3),),
        (_array(4, 2),),
        (_array(3, 4, dtype=np.float32),),
    ],
    mistakes={
        "that sums over the rows, as for a bias of shape (D,). The column is copied along axis 1.": (
            lambda g: g.sum(axis=0)
        ),
        "that sums over axis 0, where nothing was copied. The column is copied along axis 1.": (
            lambda g: g.sum(axis=0, keepdims=True)
        ),
        "keepdims is forgotten: the sums are right, but c minus a step of shape (N,) would grow to (N, N).": (
            lambda g: g.sum(axis=1)
        ),
        "the sums have become a row. The gradient of a column is a column.": lambda g: g.sum(axis=1)[None],
        "that is the mean over the copies. Each copy moves the loss, so their cotangents add up.": (
            lambda g: g.mean(axis=1, keepdims=True)
        ),
        "that is the first copy alone; add up all of them.": lambda g: g[:, :1],
        "that sums over both axes: row n of the column is copied to row n of the result, and no other.": (
            lambda g: g.sum()
        ),
        "that sums over both axes, and a step of shape (1, 1) would move all of c alike, in silence.": (
            lambda g: g.sum(keepdims=True)
        ),
        "each row has got the sum over the whole of g. Row n was copied to row n alone.": (
            lambda g: np.full((len(g), 1), g.sum())
        ),
        "each row has its right sum, but D times. The gradient has the shape of c, (N, 1).": (
            lambda g: np.broadcast_to(g.sum(axis=1, keepdims=True), g.shape)
        ),
        "those are the sums over axis 0, stood up as a column. Row n of g belongs to entry n.": (
            lambda g: g.sum(axis=0)[:, None]
        ),
        "that is the mean over the copies, and keepdims is forgotten, too. Their cotangents add up, in a "
        "column.": lambda g: g.mean(axis=1),
        "that counts the copies. Each has its own cotangent: add up the entries of g.": (
            lambda g: np.full((len(g), 1), g.shape[1]).astype(g.dtype)
        ),
        "1 is the slope of one copy. Multiply by its cotangent, then add up the copies.": (
            lambda g: np.ones_like(g[:, :1])
        ),
    },
)
def _column(g: Any) -> Any:
    return g.sum(axis=1, keepdims=True)


def _over(axes: Any, *arrays: Any) -> tuple[Any, ...]:
    """Sums over axes of (N, C, H, W), in the shape (C, 1, 1)."""
    return tuple(a.sum(axis=axes).reshape(-1, 1, 1) for a in arrays)


@exercise(
    "broadcast.channels",
    "channels(g, x, s) returns the gradients for s and for b of y = x * s + b, with x of shape (N, C, H, W) "
    "and s and b of shape (C, 1, 1).",
    letters="g x s",
    inputs=[
        (_array(2, 2, 1, 2), _array(2, 2, 1, 2), np.array([3.0, -2.0]).reshape(2, 1, 1)),
        (_array(2, 3, 2, 4), _array(2, 3, 2, 4), _array(3, 1, 1)),
        (_array(3, 2, 4, 1), _array(3, 2, 4, 1), _array(2, 1, 1)),
        tuple(_array(*s, dtype=np.float32) for s in ((2, 3, 2, 2), (2, 3, 2, 2), (3, 1, 1))),
    ],
    mistakes={
        "the samples are not summed. The shape (C, 1, 1) lacks the axis N: it is copied along it, too.": (
            lambda g, x, s: ((g * x).sum(axis=(2, 3), keepdims=True), g.sum(axis=(2, 3), keepdims=True))
        ),
        "the pixels are not summed: s and b have length 1 where g has H and W.": (
            lambda g, x, s: ((g * x).sum(axis=0), g.sum(axis=0))
        ),
        "the numbers are right, but (C, 1, 1) has no axis for the samples.": lambda g, x, s: tuple(
            a.sum(axis=(0, 2, 3), keepdims=True) for a in (g * x, g)
        ),
        "the numbers are right, but the two axes of length 1 are lost, and (C,) would be lined up with W.": (
            lambda g, x, s: tuple(a.sum(axis=(0, 2, 3)) for a in (g * x, g))
        ),
        "the axis that is left belongs to the samples. The channels are axis 1.": lambda g, x, s: tuple(
            a.sum(axis=(1, 2, 3)).reshape(-1, 1, 1) for a in (g * x, g)
        ),
        "for s, the other factor x is missing: y = x s + b.": lambda g, x, s: _over((0, 2, 3), g, g),
        "for s, the other factor is x, not s itself.": lambda g, x, s: _over((0, 2, 3), g * s, g),
        "for s, g and x are summed before they meet: each copy of s has its own x as factor.": (
            lambda g, x, s: (np.multiply(*_over((0, 2, 3), g, x)), *_over((0, 2, 3), g))
        ),
        "the cotangent g is missing. Each copy has its slope, x for s and 1 for b; multiply it by the g of "
        "that copy, then sum.": lambda g, x, s: _over((0, 2, 3), x, np.ones_like(g)),
        "for s, the cotangent g is missing: x is the slope alone.": (
            lambda g, x, s: (*_over((0, 2, 3), x), *_over((0, 2, 3), g))
        ),
        "for b, that counts the copies. Add up their cotangents.": (
            lambda g, x, s: _over((0, 2, 3), g * x, np.ones_like(g))
        ),
        "reshape(C, -1) does not gather a channel: the samples come first in memory. Sum over axes.": (
            lambda g, x, s: tuple(a.reshape(len(s), -1).sum(axis=1).reshape(s.shape) for a in (g * x, g))
        ),
        "for s, the slope of x s is x, not the product.": lambda g, x, s: _over((0, 2, 3), g * x * s, g),
        "for b, there is no factor: y = x s + b.": lambda g, x, s: _over((0, 2, 3), g * x, g * s),
        "keepdims leaves (1, C, 1, 1), and [0] drops the first axis. But axis 0 is not summed: only the "
        "first sample is left.": lambda g, x, s: tuple(
            a.sum(axis=(2, 3), keepdims=True)[0] for a in (g * x, g)
        ),
        "the samples are not summed, and the axes of length 1 are lost. Sum over all axes along which "
        "(C, 1, 1) is copied.": lambda g, x, s: tuple(a.sum(axis=(2, 3)) for a in (g * x, g)),
        "that sums over the channels, too. Each has its own s and b.": (
            lambda g, x, s: tuple(a.sum() for a in (g * x, g))
        ),
        "that sums over the channels, axis 1, and over no other axis. It is the other way round.": (
            lambda g, x, s: tuple(a.sum(axis=1) for a in (g * x, g))
        ),
        "the pixels are averaged. Each of them has a copy, and the cotangents of copies add up.": (
            lambda g, x, s: _over((0, 2, 3), g * x / g[0, 0].size, g / g[0, 0].size)
        ),
        "these are means over the copies; their cotangents add up.": lambda g, x, s: tuple(
            a.mean(axis=(0, 2, 3)).reshape(-1, 1, 1) for a in (g * x, g)
        ),
        "the samples are averaged. If the loss is a mean, the 1/N is in g already.": (
            lambda g, x, s: tuple(a.sum(axis=(2, 3), keepdims=True).mean(axis=0) for a in (g * x, g))
        ),
    },
)
def _channels(g: Any, x: Any, s: Any) -> Any:
    return _over((0, 2, 3), g * x, g)


@exercise(
    "broadcast.pairwise",
    "pairwise(g) returns the gradient for x, of shape (N,), of the differences d[i, j] = x[i] - x[j], given "
    "the cotangent g of shape (N, N).",
    letters="g",
    inputs=[
        (np.array([[1.0, 2.0], [5.0, 3.0]]),),
        (_array(3, 3),),
        (_array(4, 4),),
        (_array(3, 3, dtype=np.float32),),
    ],
    mistakes={
        "that comes back through the column x[i] alone. x is a row, too: subtract what comes through it.": (
            lambda g: g.sum(axis=1)
        ),
        "that comes back through the row x[j] alone. x is a column, too: add what comes through it.": (
            lambda g: -g.sum(axis=0)
        ),
        "the row x[j] is subtracted, so what comes back through it is subtracted, too.": (
            lambda g: g.sum(axis=1) + g.sum(axis=0)
        ),
        "the sum is missing: each x was copied N times as a column and N times as a row.": lambda g: g - g.T,
        "the contributions of both uses are right; there is one x, so add them.": lambda g: (
            g.sum(axis=1),
            -g.sum(axis=0),
        ),
        "that doubles what comes through the column x[i], which is right only where g[j, i] = -g[i, j]. In "
        "general the two uses differ.": lambda g: 2 * g.sum(axis=1),
        "the diagonal is left out of one of the two sums. It belongs to both, and cancels.": (
            lambda g: g.sum(axis=1) - g.sum(axis=0) + np.diag(g)
        ),
        "the sums are right. With keepdims one is a column, and a column minus a row is a table again. x is "
        "neither: its shape is (N,).": lambda g: g.sum(axis=1, keepdims=True) - g.sum(axis=0),
        "that comes back through the row x[j] alone, without its minus sign. x is a column, too.": (
            lambda g: g.sum(axis=0)
        ),
        "the two contributions are not yet added, and the second has lost its minus sign.": (
            lambda g: (g.sum(axis=1), g.sum(axis=0))
        ),
        "that doubles what comes through the row x[j]. In general the two uses differ.": (
            lambda g: -2 * g.sum(axis=0)
        ),
        "that counts each pair once. The table has d[i, j] and d[j, i], each with its own cotangent.": (
            lambda g: np.triu(g).sum(axis=1) - np.triu(g).sum(axis=0)
        ),
        "the diagonal d[i, i] = x[i] − x[i] is always 0: what comes back through it cancels, so nothing is "
        "to be taken off.": lambda g: g.sum(axis=1) - g.sum(axis=0) - np.diag(g),
        "these are means over the copies; their cotangents add up.": (
            lambda g: g.mean(axis=1) - g.mean(axis=0)
        ),
    },
)
def _pairwise(g: Any) -> Any:
    return g.sum(axis=1) - g.sum(axis=0)
