"""Reductions over axes: the report's equation (6), and the others that networks use.

``axis`` is None (all axes), an int or a tuple of ints, ``keepdims`` keeps reduced axes with length 1,
both as in NumPy. A reduction reads many entries into one; its adjoint hands the cotangent of that one
back to all of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd_lab.ops.primitive import as_float, primitive

Axis = int | tuple[int, ...] | None


def spread(g: Any, shape: tuple[int, ...], axis: Axis, keepdims: bool) -> Any:
    """Copy a reduced array back along the reduced axes: the adjoint of a sum.

    >>> spread(np.array([1.0, 2.0]), (2, 3), 1, False)
    array([[1., 1., 1.],
           [2., 2., 2.]])
    """
    if axis is not None and not keepdims and shape:  # axis 0 of a single number is none
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, shape)


def reduced_count(shape: tuple[int, ...], axis: Axis) -> int:
    """How many entries one entry of the result was made of.

    >>> reduced_count((2, 3), 1)
    3
    """
    axes = range(len(shape)) if axis is None else normalize_axis_tuple(axis, len(shape))
    return int(np.prod([shape[a] for a in axes], dtype=np.int64))


def tie_shares(x: Any, out: Any, axis: Axis, keepdims: bool) -> Any:
    """1 at the entry that a maximum or minimum chose; k equal entries have 1/k each."""
    chosen = x == spread(out, x.shape, axis, keepdims)
    return (chosen / chosen.sum(axis, keepdims=True)).astype(x.dtype)


@primitive
def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Sum over axes (report, eq. 6).
    ∂L/∂x = g, copied along the summed axes

    Shapes: x loses ``axis`` (None: all; an int or a tuple of ints); ``keepdims`` keeps it with length 1.
    Dtypes: that of x; integers of fewer than 64 bits and booleans are summed in int64, unsigned in uint64.
    Raises: IndexError if x has no such axis, ValueError if repeated, TypeError if no int; the sum of nothing
      is 0.

    >>> import autograd_lab as ag
    >>> ag.sum(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    Tensor([4., 6.])
    """
    shape = x.shape
    return np.sum(x, axis=axis, keepdims=keepdims), lambda g: spread(g, shape, axis, keepdims)


@primitive
def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Mean over axes (eq. 6, divided by n).
    ∂L/∂x = g/n, copied along the n entries of each mean

    Shapes: x loses ``axis`` (None: all; an int or a tuple of ints); ``keepdims`` keeps it with length 1.
    Dtypes: that of x; integers and booleans give float64.
    Raises: IndexError if x has no such axis, ValueError if repeated, TypeError if no int; the mean of nothing
      is NaN, with NumPy's RuntimeWarning.

    >>> import autograd_lab as ag
    >>> ag.mean(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    Tensor([2., 3.])
    """
    shape, n = x.shape, reduced_count(x.shape, axis)
    return np.mean(x, axis=axis, keepdims=keepdims), lambda g: spread(g / n, shape, axis, keepdims)


@primitive
def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Largest entry over axes.
    ∂L/∂x = g at the largest entry, shared equally among ties, else 0

    A selection, as by :func:`getitem`; at a tie the mean of the choices there are, as in ``torch.amax``.

    Shapes: x loses ``axis`` (None: all; an int or a tuple of ints); ``keepdims`` keeps it with length 1.
    Dtypes: that of x.
    Raises: IndexError if x has no such axis, ValueError if repeated or empty, TypeError if no int.

    >>> import autograd_lab as ag
    >>> ag.max(ag.tensor([[1.0, 2.0], [3.0, 0.0]]), axis=0)
    Tensor([3., 2.])
    """
    out = np.max(x, axis=axis, keepdims=keepdims)
    return out, lambda g: spread(g, x.shape, axis, keepdims) * tie_shares(x, out, axis, keepdims)


@primitive
def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Smallest entry over axes.
    ∂L/∂x = g at the smallest entry, shared equally among ties, else 0

    −max(−x), with the slopes of :func:`max`.

    Shapes: x loses ``axis`` (None: all; an int or a tuple of ints); ``keepdims`` keeps it with length 1.
    Dtypes: that of x.
    Raises: IndexError if x has no such axis, ValueError if repeated or empty, TypeError if no int.

    >>> import autograd_lab as ag
    >>> ag.min(ag.tensor([[1.0, 2.0], [3.0, 0.0]]), axis=0)
    Tensor([1., 0.])
    """
    out = np.min(x, axis=axis, keepdims=keepdims)
    return out, lambda g: spread(g, x.shape, axis, keepdims) * tie_shares(x, out, axis, keepdims)


@primitive
def var(x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Any:
    """Variance over axes, divided by n − ddof.
    ∂L/∂x = g·2(x − mean)/(n − ddof)

    NumPy's default is ddof=0; ``torch.var`` divides by n − 1. The slope is that of a mean of squares (eqs. 2
    and 6); what passes through the mean inside cancels, since Σ (x − mean) is 0.

    Shapes: x loses ``axis`` (None: all; an int or a tuple of ints); ``keepdims`` keeps it with length 1.
    Dtypes: that of x; integers and booleans give float64.
    Raises: IndexError if x has no such axis, ValueError if repeated, TypeError if no int; n ≤ ddof gives NaN
      or inf, with NumPy's RuntimeWarning.

    >>> import autograd_lab as ag
    >>> ag.var(ag.tensor([1.0, 3.0]))
    Tensor(1.)
    """
    shape, n = x.shape, reduced_count(x.shape, axis) - ddof
    n = n if n > 0 else 0  # as NumPy has it: too few entries have no variance
    return (
        np.var(x, axis=axis, ddof=ddof, keepdims=keepdims),
        lambda g: spread(g * 2 / n, shape, axis, keepdims) * (x - x.mean(axis=axis, keepdims=True)),
    )


@primitive
def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """log Σ exp(x), with the largest entry taken out first.
    ∂L/∂x = g·softmax(x)

    The shift by s = max x is that of Blanchard, Higham and Higham (2021), eq. (3.1): no exponential
    exceeds 1, so nothing overflows.

    Shapes: x loses ``axis`` (None: all; an int or a tuple of ints); ``keepdims`` keeps it with length 1.
    Dtypes: that of x; integers and booleans give float64.
    Raises: IndexError if x has no such axis, ValueError if repeated or empty, TypeError if no int.

    >>> import autograd_lab as ag
    >>> ag.logsumexp(ag.tensor([1000.0, 1000.0]))
    Tensor(1000.69314718)
    """
    x = as_float(x)
    s = np.max(x, axis=axis, keepdims=True)
    s = np.where(np.isfinite(s), s, 0)  # an infinite shift would make inf − inf
    out = s + np.log(np.sum(np.exp(x - s), axis=axis, keepdims=True))
    if not keepdims:
        out = np.squeeze(out, axis=axis)
    return (
        out,
        lambda g: spread(g, x.shape, axis, keepdims) * np.exp(x - spread(out, x.shape, axis, keepdims)),
    )
