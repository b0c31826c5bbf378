"""Softmax and the losses: the report's sections 1.2 and 1.4, and the mean squared error.

The classes are the last axis. A target is either an array of class indices, one axis shorter than the
scores, or an array of probabilities of the same shape (the report's y).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lab.ops.primitive import as_float, evaluate, primitive
from autograd_lab.ops.reductions import Axis


@primitive
def softmax(x: Any, axis: Axis = -1) -> Any:
    """exp(x − s) / Σ exp(x − s) with s = max x.
    ∂L/∂x = p·(g − Σ g·p), where p = softmax(x)

    The shifted form of the report, section 1.2 (Blanchard, Higham and Higham, 2021, eq. 3.2).

    Shapes: that of x; along ``axis`` (an int, a tuple of ints, or None for all) the entries sum to 1.
    Dtypes: that of x; integers and booleans give float64.
    Raises: IndexError if x has no such axis, ValueError if repeated or empty, TypeError if no int; a score
      of +inf gives NaN, with NumPy's RuntimeWarning.

    >>> import autograd_lab as ag
    >>> ag.softmax(ag.tensor([1000.0, 1000.0]))
    Tensor([0.5, 0.5])
    """
    x = as_float(x)
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    out = e / e.sum(axis=axis, keepdims=True)
    return out, lambda g: out * (g - (g * out).sum(axis=axis, keepdims=True))


@primitive
def log_softmax(x: Any, axis: Axis = -1) -> Any:
    """x − s − log Σ exp(x − s) with s = max x.
    ∂L/∂x = g − softmax(x)·Σ g

    The logarithm of a softmax that is never formed, so that no probability can round to zero first.

    Shapes: that of x; along ``axis`` (an int, a tuple of ints, or None for all) the exponentials sum to 1.
    Dtypes: that of x; integers and booleans give float64.
    Raises: IndexError if x has no such axis, ValueError if repeated or empty, TypeError if no int; a score
      of +inf gives NaN, with NumPy's RuntimeWarning.

    >>> import autograd_lab as ag
    >>> ag.log_softmax(ag.tensor([800.0, 0.0]))
    Tensor([   0., -800.])
    """
    out = _log_softmax(x, axis)
    return out, lambda g: g - np.exp(out) * g.sum(axis=axis, keepdims=True)


@primitive
def nll_loss(log_p: Any, y: Any, reduction: str = "mean") -> Any:
    """Σ −y·log p over the classes (report, section 1.2).
    ∂L/∂log p = −g·y/N    ∂L/∂y = −g·log p/N

    N is the number of rows under ``reduction="mean"`` (the default, as in PyTorch; the report sums one
    sample) and 1 under ``"sum"`` and ``"none"``.

    Shapes: log_p (..., C); y indices (...) or probabilities (..., C); one number, or (...) under "none".
    Dtypes: that of log_p, promoted with y's if that holds probabilities; integers give float64.
    Raises: IndexError for a class outside 0 … C − 1, ValueError for other shapes, a target that is not finite
      or another reduction, TypeError for a target that is neither integer nor floating point.

    >>> import autograd_lab as ag
    >>> ag.nll_loss(ag.log(ag.tensor([[0.25, 0.75]])), [1])
    Tensor(0.28768207)
    """
    y, n = as_target(y, log_p), mean_over(log_p, reduction)
    return (
        _minus_sum(_y_times_log_p(y, log_p), reduction, n),
        lambda g: (-g / n)[..., None] * y,
        lambda g: (-g / n)[..., None] * log_p,
    )


@primitive
def cross_entropy(x: Any, y: Any, reduction: str = "mean") -> Any:
    """Σ −y·log softmax(x).
    ∂L/∂x = g·(softmax(x) − y)/N    ∂L/∂y = −g·log softmax(x)/N

    The report's CrossEntropyLoss (section 1.2); the gradient is what its section 1.4 leaves to derive. It
    holds for a y that sums to 1; in general softmax(x) is multiplied by Σ y. For N see :func:`nll_loss`.

    Shapes: x (..., C); y indices (...) or probabilities (..., C); one number, or (...) under "none".
    Dtypes: that of x, promoted with y's if that holds probabilities; integers as in :func:`softmax`.
    Raises: IndexError for a class outside 0 … C − 1, ValueError for other shapes, a target that is not finite
      or another reduction, TypeError for a target that is neither integer nor floating point.

    >>> import autograd_lab as ag
    >>> ag.cross_entropy(ag.tensor([[800.0, 0.0, 0.0]]), [1])
    Tensor(800.)
    """
    y, n = as_target(y, x), mean_over(x, reduction)
    return (
        _minus_sum(_y_times_log_p(y, _log_softmax(x, -1)), reduction, n),
        lambda g: (g / n)[..., None] * (evaluate(softmax, x) * _total(y) - y),
        lambda g: (-g / n)[..., None] * evaluate(log_softmax, x),
    )


@primitive
def mse_loss(x: Any, y: Any, reduction: str = "mean") -> Any:
    """Squared error (x − y)².
    ∂L/∂x = g·2(x − y)/n    ∂L/∂y = −g·2(x − y)/n

    n is the number of entries under ``reduction="mean"`` (the default, as in PyTorch), else 1.
    A difference, its square and a mean (eqs. 1, 2 and 6).

    Shapes: x and y alike, nothing broadcasts; one number, or that shape under "none".
    Dtypes: NumPy's promotion; integers and booleans as x give float64.
    Raises: ValueError if the shapes differ or for another reduction, TypeError for text.

    >>> import autograd_lab as ag
    >>> ag.mse_loss(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 4.0]))
    Tensor(2.)
    """
    if np.shape(x) != np.shape(y):
        raise ValueError("x and y must have the same shape, or a mean over the wrong entries would result")
    x, n = as_float(x), mean_over(np.expand_dims(x, -1), reduction)
    squares = (x - y) * (x - y)
    return (
        squares if reduction == "none" else squares.sum() / n,
        lambda g: g * 2 / n * (x - y),
        lambda g: g * 2 / n * (y - x),
    )


def _log_softmax(x: Any, axis: Axis) -> Any:
    x = as_float(x)
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def _y_times_log_p(y: Any, log_p: Any) -> Any:
    # 0·log 0 is 0, its limit: an impossible class that is absent is free.
    if y.dtype == bool:
        return np.where(y, log_p, 0)
    return np.where(y == 0, 0, log_p) * y


def _minus_sum(terms: Any, reduction: str, n: int) -> Any:
    """Minus the sum over the classes, of each row or of all rows together."""
    terms = as_float(terms)
    return -terms.sum(axis=-1) if reduction == "none" else -terms.sum() / n


def _total(y: Any) -> Any:
    """Σ y over the classes, kept as an axis; 1 for the one-hot rows of class indices."""
    return 1 if y.dtype == bool else y.sum(axis=-1, keepdims=True)


def mean_over(x: Any, reduction: str) -> int:
    """How many rows (all axes but the last) the loss is a mean of: N, or 1 if it is not a mean."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")
    return math.prod(x.shape[:-1]) if reduction == "mean" else 1


def as_target(y: Any, scores: Any) -> Any:
    """The target as rows over the classes: probabilities as they are, class indices as one-hot rows.

    Raises
    ------
    ValueError
        For scores without a class axis, a target of another shape, or one with NaN or infinite entries.
    IndexError
        For an index outside 0 … C − 1.
    TypeError
        For a target that is neither integer nor floating point.
    """
    if scores.ndim == 0:
        raise ValueError("the scores need an axis of classes, but are a single number")
    y, classes = np.asarray(y), scores.shape[-1]
    if y.dtype.kind in "iu":
        if y.shape != scores.shape[:-1]:
            raise ValueError(
                f"class indices for scores of shape {scores.shape} must have shape {scores.shape[:-1]}, "
                f"not {y.shape}"
            )
        one_hot: Any = y[..., None] == np.arange(classes)
        if np.count_nonzero(one_hot) != y.size:  # an index outside the classes has no place in its row
            wrong = y[(y < 0) | (y >= classes)]
            among = f"lie in 0 … {classes - 1} for {classes} classes" if classes else "name one of no classes"
            raise IndexError(f"class indices must {among}; found {wrong[0]}")
        return one_hot
    if y.dtype.kind != "f":
        raise TypeError(
            f"a target is an array of class indices (integers) or of probabilities (floats), not {y.dtype}"
        )
    if y.shape != scores.shape:
        raise ValueError(
            f"target probabilities must have the shape of the scores, {scores.shape}, not {y.shape}; "
            "class indices must be integers"
        )
    if not np.isfinite(y).all():
        raise ValueError("target probabilities must be finite; found NaN or infinity")
    return y
