"""Operators that move entries without computing: each VJP moves the cotangent back."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd_lab.ops.primitive import evaluate, primitive


@primitive
def reshape(x: Any, *shape: Any) -> Any:
    """The entries of x in another shape, one axis of which may be −1.
    ∂L/∂x = g in the shape of x

    Entries keep their order, so the Jacobian is an identity matrix.

    Shapes: the new one, as a tuple or as separate ints, has as many entries as x.
    Dtypes: any; the result has that of x.
    Raises: ValueError if the numbers of entries differ or two axes are −1, TypeError if no ints.

    >>> import autograd_lab as ag
    >>> ag.reshape(ag.tensor([1.0, 2.0, 3.0, 4.0]), (2, -1))
    Tensor([[1., 2.],
            [3., 4.]])
    """
    old, new = x.shape, shape[0] if len(shape) == 1 else shape
    return np.reshape(x, new), lambda g: np.reshape(g, old)


@primitive
def transpose(x: Any, *axes: Any) -> Any:
    """Axes of x in another order, reversed if none is given.
    ∂L/∂x = g, its axes put back

    NumPy's meaning (a permutation); ``torch.transpose`` swaps two axes, which is :func:`swapaxes` here.
    A permutation of entries: its Jacobian is a permutation matrix, whose transpose is its inverse.

    Shapes: x of n axes and a permutation of 0 … n − 1, as a tuple or as separate ints.
    Dtypes: any; the result has that of x.
    Raises: IndexError if x has no such axis, ValueError if one is missing or repeated, TypeError if no int.

    >>> import autograd_lab as ag
    >>> ag.transpose(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
    Tensor([[1., 3.],
            [2., 4.]])
    """
    order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
    if order is None:
        return np.transpose(x), lambda g: np.transpose(g)
    back = tuple(int(a) for a in np.argsort(normalize_axis_tuple(order, x.ndim)))
    return np.transpose(x, order), lambda g: np.transpose(g, back)


@primitive
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """x with two axes exchanged.
    ∂L/∂x = g with the same two exchanged

    A permutation of entries, as :func:`transpose`, and its own inverse.

    Shapes: that of x with the lengths of the two axes exchanged.
    Dtypes: any; the result has that of x.
    Raises: IndexError if x has no such axis, TypeError if no int.

    >>> import autograd_lab as ag
    >>> ag.swapaxes(ag.tensor([[1.0, 2.0]]), 0, 1)
    Tensor([[1.],
            [2.]])
    """
    return np.swapaxes(x, axis1, axis2), lambda g: np.swapaxes(g, axis1, axis2)


@primitive
def expand_dims(x: Any, axis: Any) -> Any:
    """x with new axes of length 1 (PyTorch: unsqueeze).
    ∂L/∂x = g in the shape of x

    A :func:`reshape`: entries keep their order, so the Jacobian is an identity matrix.

    Shapes: ``axis``, an int or a tuple of ints, says where the new axes stand in the result.
    Dtypes: any; the result has that of x.
    Raises: IndexError if the result has no such axis, ValueError if repeated, TypeError if no int.

    >>> import autograd_lab as ag
    >>> ag.expand_dims(ag.tensor([1.0, 2.0]), 0)
    Tensor([[1., 2.]])
    """
    old = x.shape
    return np.expand_dims(x, axis), lambda g: np.reshape(g, old)


@primitive
def squeeze(x: Any, axis: Any = None) -> Any:
    """x without its axes of length 1, or without those named.
    ∂L/∂x = g in the shape of x

    A :func:`reshape`: entries keep their order, so the Jacobian is an identity matrix.

    Shapes: x loses ``axis`` (an int or a tuple of ints; None: every axis of length 1).
    Dtypes: any; the result has that of x.
    Raises: IndexError if x has no such axis, ValueError if repeated or longer than 1, TypeError if no int.

    >>> import autograd_lab as ag
    >>> ag.squeeze(ag.tensor([[1.0, 2.0]]))
    Tensor([1., 2.])
    """
    old = x.shape
    return np.squeeze(x, axis), lambda g: np.reshape(g, old)


@primitive
def broadcast_to(x: Any, shape: Any) -> Any:
    """x repeated along axes of length 1 and along new leading axes.
    ∂L/∂x = g, summed over them by the engine

    The sum is the engine's, as for every operator that broadcasts: an entry that is used many times receives
    the sum of their cotangents (eq. 6, turned round).

    Shapes: ``shape`` is an int or a tuple; counted from its last axis, x has the same lengths or 1.
    Dtypes: any; the result has that of x.
    Raises: ValueError if x doesn't broadcast to the shape, TypeError if no ints.

    >>> import autograd_lab as ag
    >>> ag.broadcast_to(ag.tensor([1.0, 2.0]), (2, 2))
    Tensor([[1., 2.],
            [1., 2.]])
    """
    return np.broadcast_to(x, shape), lambda g: g


@primitive
def getitem(x: Any, index: Any) -> Any:
    """The entries x[index].
    ∂L/∂x = g added into zeros at the same index

    Basic and advanced indexing as in NumPy. An entry taken twice receives both cotangents. The Jacobian is
    a selection of rows of the identity, and :func:`scatter_add` its transpose.

    Shapes: an int takes an axis away, a slice keeps it, None adds one, an array brings its own shape.
    Dtypes: any; the result has that of x.
    Raises: IndexError for an index out of range, one too many, or one that is no index.

    >>> import autograd_lab as ag
    >>> ag.getitem(ag.tensor([1.0, 2.0, 3.0]), [2, 0, 2])
    Tensor([3., 1., 3.])
    """
    shape = x.shape
    return x[index], lambda g: evaluate(scatter_add, g, index, shape)


@primitive
def scatter_add(x: Any, index: Any, shape: Any) -> Any:
    """Zeros with x added in at an index: the adjoint of getitem.
    ∂L/∂x = g[index]

    getitem's Jacobian has a 1 for each entry taken; this is its transpose, applied to x.

    Shapes: x broadcasts to the shape of ``zeros[index]``; the result has ``shape``.
    Dtypes: any; the result has that of x.
    Raises: IndexError for an index out of range, ValueError if x doesn't broadcast to its place.

    >>> value, vjp = scatter_add(np.array([1.0, 10.0]), [1, 1], (3,))
    >>> value, vjp(np.array([1.0, 2.0, 3.0]))
    (array([ 0., 11.,  0.]), array([2., 2.]))
    """
    out = np.zeros(shape, dtype=x.dtype)
    # np.add.at, unlike out[index] += x, counts an index that occurs twice; slices can't repeat.
    if _is_basic(index):
        out[index] = x
    else:
        np.add.at(out, index, x)
    return out, lambda g: g[index]


def _is_basic(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(p is None or p is Ellipsis or isinstance(p, int | np.integer | slice) for p in parts)


@primitive
def concatenate(*xs: Any, axis: int = 0) -> Any:
    """Arrays joined along an existing axis.
    ∂L/∂xᵢ = the stretch of g that came from xᵢ

    Each xᵢ is read by one stretch of the result alone, where the Jacobian is an identity matrix.

    Shapes: alike but for the length along ``axis``, which adds up; at least one axis.
    Dtypes: NumPy's promotion; a list counts as the float64 or int64 array that it makes.
    Raises: IndexError if there is no such axis, ValueError if the shapes differ elsewhere or nothing is
      joined, TypeError if no int.

    >>> import autograd_lab as ag
    >>> ag.concatenate([ag.tensor([1.0]), ag.tensor([2.0, 3.0])])
    Tensor([1., 2., 3.])
    """
    out = np.concatenate(xs, axis=axis)
    ends = np.cumsum([0] + [x.shape[axis] for x in xs])
    before = (slice(None),) * (axis % out.ndim)
    stretches = [(*before, slice(int(a), int(b))) for a, b in pairwise(ends)]
    return out, *(lambda g, s=s: g[s] for s in stretches)


@primitive
def stack(*xs: Any, axis: int = 0) -> Any:
    """Arrays of one shape joined along a new axis.
    ∂L/∂xᵢ = the i-th slice of g on that axis

    The :func:`concatenate` of the inputs, each with a new axis by :func:`expand_dims`.

    Shapes: all alike; the new axis is as long as there are inputs.
    Dtypes: NumPy's promotion; a number takes the arrays', a list counts as the array that it makes.
    Raises: IndexError if the result has no such axis, ValueError if shapes differ or nothing is joined,
      TypeError if no int.

    >>> import autograd_lab as ag
    >>> ag.stack([ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])])
    Tensor([[1., 2.],
            [3., 4.]])
    """
    # A Python number takes the arrays' dtype; by itself NumPy would make it float64 first.
    dtype = np.result_type(*(x if isinstance(x, np.ndarray | int | float) else np.asarray(x) for x in xs))
    out = np.stack(xs, axis=axis, dtype=dtype)
    before = (slice(None),) * (axis % out.ndim)
    return out, *(lambda g, i=i: g[(*before, i)] for i in range(len(xs)))


@primitive
def astype(x: Any, dtype: Any) -> Any:
    """x in another floating-point precision.
    ∂L/∂x = g, in the precision of x

    Rounding is taken for the identity: its error is not something to differentiate.

    Shapes: that of x.
    Dtypes: any to any of NumPy's numbers; the gradient ends at integers and booleans, where the slope is 0.
    Raises: TypeError for a dtype that NumPy doesn't know.

    >>> import numpy as np
    >>> import autograd_lab as ag
    >>> ag.astype(ag.tensor([1.0]), np.float32)
    Tensor([1.], dtype=float32)
    """
    out = x.astype(dtype)
    return out, None if out.dtype.kind in "biu" else lambda g: g
