"""Exercises of the chapter on reductions and indexing."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise

_rng = np.random.default_rng(11)


def _array(*shape: int, dtype: Any = np.float64) -> Any:
    """An array without zeros, in which no number occurs twice, not even with another sign."""
    n = int(np.prod(shape))
    return (_rng.permutation(np.arange(1, n + 1)) * _rng.choice([-1, 1], n)).reshape(shape).astype(dtype)


def _copied(g: Any, x: Any, axis: int) -> Any:
    return np.broadcast_to(np.expand_dims(g, axis), x.shape)


def _inserted(g: Any, x: Any, axis: int) -> Any:
    """Put the axis back by list.insert, which reads a negative place in the shorter list."""
    lengths = list(g.shape)
    lengths.insert(axis, 1)
    return np.broadcast_to(g.reshape(lengths), x.shape)


@exercise(
    "reductions.sum",
    "sum_vjp(g, x, axis) returns the gradient for x of x.sum(axis=axis), given the cotangent g; axis is one "
    "int, which may be negative.",
    letters="g x axis",
    inputs=[
        (np.array([1.0, 2.0]), np.array([[5.0, 3.0], [4.0, 7.0]]), 1),
        (_array(3), _array(2, 3), 0),
        (_array(2, 4), _array(2, 3, 4), -2),
        (_array(2, 3), _array(2, 3, 3), -1),
        (_array(2, dtype=np.float32), _array(2, 3, dtype=np.float32), -1),
    ],
    mistakes={
        "g is copied along the wrong axis: broadcasting lines it up with the last axis of x. Put the summed "
        "axis back first.": lambda g, x, axis: np.broadcast_to(g, x.shape),
        "g is copied along the last axis always. Put a new axis where the summed one was.": (
            lambda g, x, axis: np.broadcast_to(g[..., None], x.shape)
        ),
        "the new axis stands at 1 always. Put it where the summed one was, at `axis`.": (
            lambda g, x, axis: np.broadcast_to(np.expand_dims(g, 1), x.shape)
        ),
        "a negative axis counts from the end of x, which has one axis more than g. np.expand_dims(g, axis) "
        "sees to that; in a list of lengths use axis % x.ndim.": _inserted,
        "−1 is the last axis, counted from the end, and not axis 1: abs(axis) names another axis.": (
            lambda g, x, axis: np.broadcast_to(np.expand_dims(g, abs(axis)), x.shape)
        ),
        "a negative axis counts from the end of x. Here no place in x.shape has the number `axis`, so no 1 "
        "is put in: compare with axis % x.ndim.": lambda g, x, axis: np.broadcast_to(
            g.reshape([1 if i == axis else n for i, n in enumerate(x.shape)]), x.shape
        ),
        "a negative axis counts from the end of x: for −1 the slice x.shape[axis + 1:] is all of x.shape. "
        "Take axis % x.ndim first.": lambda g, x, axis: np.broadcast_to(
            g.reshape(*x.shape[:axis], 1, *x.shape[axis + 1 :]), x.shape
        ),
        "axis % g.ndim counts in g, which has one axis less. The axis belongs to x: axis % x.ndim.": (
            lambda g, x, axis: np.broadcast_to(np.expand_dims(g, axis % g.ndim), x.shape)
        ),
        "np.repeat copies number by number, and reshape then deals them out in rows. Right for the last axis "
        "alone: give repeat the axis, after np.expand_dims.": (
            lambda g, x, axis: g.repeat(x.shape[axis]).reshape(x.shape)
        ),
        "np.stack and its kin put the copies along a new axis 0. Tell them the axis.": (
            lambda g, x, axis: np.stack([g] * x.shape[axis])
        ),
        "the copies are right, but multiplied by their number. A copy is g itself.": (
            lambda g, x, axis: _copied(g * x.shape[axis], x, axis)
        ),
        "that is the sum itself. Its VJP takes g, in the shape of the sum, back to the shape of x.": (
            lambda g, x, axis: x.sum(axis=axis)
        ),
        "a 1 everywhere is the local slope, as the report's equation (6) has it. Multiply by the cotangent "
        "of the sum that the entry is part of.": lambda g, x, axis: np.ones_like(x),
        "that is the VJP of a mean. An entry of a sum moves it one for one.": (
            lambda g, x, axis: _copied(g / x.shape[axis], x, axis)
        ),
        "the slope of x is 1, not x: a sum is linear.": lambda g, x, axis: _copied(g, x, axis) * x,
        "every entry has got the sum of all of g. It belongs to one entry of the result, and gets that "
        "one's cotangent.": lambda g, x, axis: np.full_like(x, g.sum()),
        "the axis is there again, but with length 1: copy along it, to the shape of x.": (
            lambda g, x, axis: np.expand_dims(g, axis)
        ),
    },
)
def _sum_vjp(g: Any, x: Any, axis: int) -> Any:
    return _copied(g, x, axis)


def _scattered(g: Any, index: Any, table: Any, times: Any = 1) -> Any:
    """One row at a time, in float64 and then in the table's precision."""
    out = np.zeros(table.shape)
    for k, i in enumerate(index):
        out[i] += times * g[k]
    return out.astype(table.dtype)


def _overwritten(g: Any, index: Any, table: Any) -> Any:
    out = np.zeros_like(table)
    out[index] += g
    return out


def _read_at_index(g: Any, index: Any, table: Any) -> Any:
    out = np.zeros_like(table)
    for i in index:
        out[i] += g[i]
    return out


def _first_rows(g: Any, index: Any, table: Any) -> Any:
    """The loop runs over the table's rows."""
    out = np.zeros_like(table)
    for k in range(len(table)):
        out[index[k]] += g[k]
    return out


def _in_shape_of_g(g: Any, index: Any, table: Any) -> Any:
    out = np.zeros_like(g)
    np.add.at(out, index, g)
    return out


def _counts(index: Any, table: Any) -> Any:
    return np.maximum(np.bincount(index, minlength=len(table)), 1)[:, None]


def _only_first(g: Any, index: Any, table: Any) -> Any:
    out = np.zeros_like(table)
    out[index[::-1]] = g[::-1]
    return out


@exercise(
    "reductions.rows",
    "rows_vjp(g, index, table) returns the gradient for table, of shape (V, D), of the rows table[index], "
    "given the cotangent g of shape (K, D); index holds K row numbers, some of them repeated.",
    letters="g index table",
    inputs=[
        (
            np.array([[1.0, 2.0], [3.0, 5.0], [7.0, 4.0]]),
            np.array([1, 0, 1]),
            np.array([[6.0, 8.0], [9.0, 2.0]]),
        ),
        (_array(5, 2), np.array([3, 0, 3, 1, 3]), _array(4, 2)),
        (_array(4, 3), np.array([2, 2, 0, 2]), _array(5, 3)),
        (_array(4, 2, dtype=np.float32), np.array([1, 2, 1, 1]), _array(3, 2, dtype=np.float32)),
    ],
    mistakes={
        "a repeated row keeps only its last cotangent: out[index] += g reads, adds and writes once for all. "
        "Add one after the other, as np.add.at does.": _overwritten,
        "a repeated row keeps only its first cotangent; add up all of them.": _only_first,
        "a repeated row has got the mean of its cotangents. Each use moves the loss, so they add up.": (
            lambda g, index, table: _scattered(g, index, table) / _counts(index, table).astype(table.dtype)
        ),
        "row i of g is added to row i of the table. The rows of g are numbered by k, the place in the index: "
        "add g[k] to row index[k].": _read_at_index,
        "the loop ends with the rows of the table. It must run through the places of the index, "
        "range(len(index)).": _first_rows,
        "the zeros have the shape of g. The gradient has the table's: np.zeros_like(table).": _in_shape_of_g,
        "that starts from ones. Where nothing is added the gradient is 0: np.zeros_like(table).": (
            lambda g, index, table: 1 + _scattered(g, index, table)
        ),
        "a repeated row has its last cotangent as often as it was taken. They differ: add up all of them.": (
            lambda g, index, table: (_overwritten(g, index, table) * _counts(index, table)).astype(
                table.dtype
            )
        ),
        "the rows that were never taken are missing. They belong to the table, with a gradient of 0.": (
            lambda g, index, table: np.array([g[index == i].sum(axis=0) for i in np.unique(index)])
        ),
        "the D numbers of a row are added up as well. Each column of the table is by itself: sum over k "
        "alone.": lambda g, index, table: (
            np.zeros_like(table) + _scattered(g, index, table).sum(axis=1, keepdims=True)
        ),
        "that is transpose times taken rows of the table. What goes back is g.": (
            lambda g, index, table: _scattered(table[index], index, table)
        ),
        "each row has got the sum of all of g. Row i gets those g[k] whose index[k] is i.": (
            lambda g, index, table: np.zeros_like(table) + g.sum(axis=0)
        ),
        "np.eye(V)[index], of shape (K, V), takes rows forwards. Backwards multiplies by its transpose.": (
            lambda g, index, table: np.eye(len(table))[index] @ g
        ),
        "the numbers are right, but in float64. Tell np.zeros or np.eye the precision: dtype=table.dtype.": (
            lambda g, index, table: _scattered(g, index, table).astype(np.float64)
        ),
        "that counts how often each row was taken; add up its cotangents.": (
            lambda g, index, table: _scattered(np.ones_like(g), index, table)
        ),
        "that has the shape of g. A gradient has the table's shape, with zeros in the rows never taken.": (
            lambda g, index, table: g.copy()
        ),
        "that takes rows of g where it should add them: index says which row of the table row k of g "
        "belongs to.": lambda g, index, table: g[index],
        "the slope of an entry that is taken is 1, not the entry itself.": (
            lambda g, index, table: _scattered(g, index, table) * table
        ),
        "the table itself is in it. The gradient starts from zeros.": (
            lambda g, index, table: table + _scattered(g, index, table)
        ),
    },
)
def _rows_vjp(g: Any, index: Any, table: Any) -> Any:
    return _scattered(g, index, table)


def _centred(x: Any) -> Any:
    return x - x.mean(axis=1, keepdims=True)


@exercise(
    "reductions.variance",
    "variance_vjp(g, x) returns the gradient for x, of shape (N, D), of the variance of each row (the mean "
    "of its squared deviations from its mean), given the cotangent g of shape (N,).",
    letters="g x",
    inputs=[
        (np.array([3.0, 5.0]), np.array([[1.0, 3.0], [2.0, 8.0]])),
        (_array(2), np.array([[1.0, 2.0, 6.0, 11.0], [-3.0, 4.0, 5.0, 8.0]])),
        (_array(3), _array(3, 3) ** 2),
        (_array(2, dtype=np.float32), np.array([[1.0, 2.0, 6.0], [7.0, -4.0, 5.0]], dtype=np.float32)),
    ],
    mistakes={
        "g of shape (N,) is lined up with the last axis, D. Give it an axis of length 1 to copy along: "
        "g[:, None].": lambda g, x: g * 2 * _centred(x) / x.shape[1],
        "the means have the shape (N,), and are lined up with the columns. keepdims=True keeps their axis.": (
            lambda g, x: g[:, None] * 2 * (x - x.mean(axis=1)) / x.shape[1]
        ),
        "the row's mean is not subtracted: only deviations from it count.": (
            lambda g, x: g[:, None] * 2 * x / x.shape[1]
        ),
        "the mean over the whole of x is subtracted; each row has a mean of its own.": (
            lambda g, x: g[:, None] * 2 * (x - x.mean()) / x.shape[1]
        ),
        "the means are those of the columns. A row's variance takes the mean along axis 1.": (
            lambda g, x: g[:, None] * 2 * (x - x.mean(axis=0)) / x.shape[1]
        ),
        "the square has the slope 2 times the deviation; the 2 is missing.": (
            lambda g, x: g[:, None] * _centred(x) / x.shape[1]
        ),
        "the mean over D entries has the factor 1/D; it is missing.": lambda g, x: (
            g[:, None] * 2 * _centred(x)
        ),
        "that divides by D − 1. Here the variance is a mean, over D entries.": (
            lambda g, x: g[:, None] * 2 * _centred(x) / (x.shape[1] - 1)
        ),
        "that divides by the number of rows. Each variance is a mean over the D entries of its row.": (
            lambda g, x: g[:, None] * 2 * _centred(x) / x.shape[0]
        ),
        "what comes back through the mean cancels in each row, since the deviations add up to 0.": (
            lambda g, x: g[:, None] * 2 * (_centred(x) - _centred(x) / x.shape[1]) / x.shape[1]
        ),
        "the cotangent g is missing.": lambda g, x: 2 * _centred(x) / x.shape[1],
        "that is g times the squared deviations, the terms of the variance. The slope of a square is 2 times "
        "the deviation.": lambda g, x: g[:, None] * _centred(x) ** 2 / x.shape[1],
        "the sum of the row is subtracted; it must be its mean. Who starts from the mean of x² minus the "
        "squared mean: the slope of that mean is 1/D.": (
            lambda g, x: g[:, None] * 2 * (x - x.sum(axis=1, keepdims=True)) / x.shape[1]
        ),
        "each row has got the sum of all of g. Row n belongs to variance n, and gets g[n].": (
            lambda g, x: g.sum() * 2 * _centred(x) / x.shape[1]
        ),
        "`g @` adds up the rows. Each row has a gradient of its own: g[:, None] * ….": (
            lambda g, x: g @ (2 * _centred(x) / x.shape[1])
        ),
        "the deviations are added up, which gives 0. Each entry has a gradient of its own.": (
            lambda g, x: g * (2 * _centred(x) / x.shape[1]).sum(axis=1)
        ),
        "the mean of the row goes down as a whole: x − mean, not x − mean/D.": (
            lambda g, x: g[:, None] * 2 * (x - x.mean(axis=1, keepdims=True) / x.shape[1]) / x.shape[1]
        ),
    },
)
def _variance_vjp(g: Any, x: Any) -> Any:
    return g[:, None] * 2 * _centred(x) / x.shape[1]
