"""Matrix products: the report's equation (7) and section 1.3."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.ops.primitive import primitive


@primitive
def matmul(x: Any, y: Any) -> Any:
    """Matrix product xy (report, eq. 7 and section 1.3).
    ∂L/∂x = g yᵀ    ∂L/∂y = xᵀ g

    Shapes: (..., N, D) and (..., D, M) give (..., N, M); leading axes are a batch and broadcast, and a vector
      counts as one row on the left or one column on the right, as NumPy's ``@`` has it.
    Dtypes: NumPy's promotion.
    Raises: ValueError if the lengths D differ or the batches don't broadcast, TypeError for what is no array;
      one of the two for a single number, in whose place ``*`` is meant.

    >>> import autograd_lab as ag
    >>> ag.matmul(ag.tensor([[1.0, 2.0]]), ag.tensor([[3.0], [4.0]]))
    Tensor([[11.]])
    """
    if x.ndim == 1 or y.ndim == 1:
        return x @ y, *_vector_vjps(x, y)
    return x @ y, lambda g: g @ y.mT, lambda g: x.mT @ g


def _vector_vjps(x: Any, y: Any) -> Any:
    """The VJPs of x @ y where x or y is a vector, written as the matrix it counts as."""
    row, column = x.ndim == 1, y.ndim == 1

    def as_matrix(g: Any) -> Any:
        g = np.expand_dims(g, -1) if column else g
        return np.expand_dims(g, -2) if row else g

    def vjp_x(g: Any) -> Any:
        gx = as_matrix(g) @ (np.expand_dims(y, 0) if column else y.mT)
        return gx[..., 0, :] if row else gx

    def vjp_y(g: Any) -> Any:
        gy = (np.expand_dims(x, 1) if row else x.mT) @ as_matrix(g)
        return gy[..., 0] if column else gy

    return vjp_x, vjp_y


@primitive
def dot(x: Any, y: Any) -> Any:
    """Inner product Σ xᵢyᵢ of two vectors (eqs. 2 and 6).
    ∂L/∂x = g·y    ∂L/∂y = g·x

    For vectors only, as ``torch.dot``; for matrices write ``x @ y``.

    Shapes: (N,) and (N,) give one number.
    Dtypes: NumPy's promotion.
    Raises: ValueError if a side is no vector or the lengths differ, TypeError for what is no array.

    >>> import autograd_lab as ag
    >>> ag.dot(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0]))
    Tensor(11.)
    """
    if x.ndim != 1 or y.ndim != 1:
        raise ValueError("dot takes two vectors; for matrices and batches write x @ y")
    return np.dot(x, y), lambda g: g * y, lambda g: g * x


@primitive
def einsum(subscripts: str, *xs: Any) -> Any:
    """Sum of products by named indices.
    ∂L/∂xᵢ = einsum of g and the other inputs, to the indices of xᵢ

    An index that stands in xᵢ alone was summed there, so its cotangent is copied along it. An index
    that stands twice in one input (a diagonal) is not supported. Products and
    a sum (eqs. 2 and 6); matmul is ``"nd,dm->nm"``.

    Shapes: one length for each index letter, where 1 broadcasts; ``...`` stands for leading axes, a batch.
    Dtypes: NumPy's promotion.
    Raises: ValueError if the subscripts don't fit the inputs, TypeError for a plain number beside arrays.

    >>> import autograd_lab as ag
    >>> ag.einsum("nd,dm->nm", ag.tensor([[1.0, 2.0]]), ag.tensor([[3.0], [4.0]]))
    Tensor([[11.]])
    """
    terms, result = _expand_subscripts(subscripts, xs)
    out = np.einsum(",".join(terms) + "->" + result, *xs)

    def vjp(g: Any, i: int) -> Any:
        others = [j for j in range(len(xs)) if j != i]
        seen = set(result).union(*(terms[j] for j in others))
        kept = "".join(c for c in terms[i] if c in seen)
        gx = np.einsum(
            ",".join([result, *(terms[j] for j in others)]) + "->" + kept, g, *(xs[j] for j in others)
        )
        alone = tuple(k for k, c in enumerate(terms[i]) if c not in seen)
        gx = np.expand_dims(gx, alone) if alone else gx
        shape = np.broadcast_shapes(gx.shape, xs[i].shape)  # a length of 1 broadcasts here too
        return gx if gx.shape == shape else np.broadcast_to(gx, shape)

    return out, None, *(lambda g, i=i: vjp(g, i) for i in range(len(xs)))


def _expand_subscripts(subscripts: str, xs: tuple[Any, ...]) -> tuple[list[str], str]:
    """The index letters of every input and of the result; an ellipsis becomes letters of its own."""
    inputs, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(xs):
        raise ValueError(f"{subscripts!r} names {len(terms)} inputs, but {len(xs)} were given")
    if not arrow:  # NumPy's rule: the ellipsis, then what occurs once, in alphabetical order
        once = sorted(c for c in set(inputs) - set(".,") if inputs.count(c) == 1)
        result = "..." * ("..." in inputs) + "".join(once)
    unused = "".join(c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in subscripts)
    batch_axes = [x.ndim - len(t.replace("...", "")) for t, x in zip(terms, xs, strict=True) if "..." in t]
    longest = max(batch_axes, default=0)

    def expand(term: str, axes: int) -> str:
        return term.replace("...", unused[longest - axes : longest])

    expanded = [expand(t, x.ndim - len(t.replace("...", ""))) for t, x in zip(terms, xs, strict=True)]
    for term, letters in zip(terms, expanded, strict=True):
        if len(set(letters)) < len(letters):
            raise ValueError(f"{subscripts!r} repeats an index within {term!r}, which is not supported")
    return expanded, expand(result, longest)
