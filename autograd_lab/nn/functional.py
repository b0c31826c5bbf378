"""Layers and losses as functions, under PyTorch's name ``F``: ``F.relu``, ``F.cross_entropy``, …"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.errors import check_number
from autograd_lab.nn.init import Seed
from autograd_lab.tensor import Tensor

relu = Tensor.relu
tanh = Tensor.tanh
sigmoid = Tensor.sigmoid
softmax = Tensor.softmax
log_softmax = Tensor.log_softmax
nll_loss = Tensor.nll_loss
cross_entropy = Tensor.cross_entropy
mse_loss = Tensor.mse_loss


def linear(x: Any, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x @ weight + bias, the report's y = xw (section 1.3) with a bias.

    Parameters
    ----------
    x : Tensor or array, shape (..., D)
        Rows of features.
    weight : Tensor, shape (D, M)
        Stored (in, out), the transpose of PyTorch's layout, so that the formula reads as in the book.
    bias : Tensor, shape (M,), optional
        Added to every row.

    Returns
    -------
    Tensor, shape (..., M)
        Of NumPy's promoted dtype.

    Raises
    ------
    ValueError
        If the last axis of x is not D, or bias doesn't broadcast to (..., M).

    Examples
    --------
    >>> import autograd_lab as ag
    >>> linear(ag.tensor([[1.0, 2.0]]), ag.tensor([[3.0], [4.0]]), ag.tensor([0.5]))
    Tensor([[11.5]])
    """
    out = Tensor.matmul(x, weight)
    return out if bias is None else out + bias


def dropout(x: Any, p: float = 0.5, training: bool = True, rng: Seed = None) -> Tensor:
    """Set each entry to zero with probability p and divide the others by 1 − p.

    Parameters
    ----------
    x : Tensor or array
        Floating point, any shape.
    p : float
        0 ≤ p < 1.
    training : bool
        If False, x is handed on unchanged.
    rng : int, Generator or None
        Seed or generator of the mask.

    Returns
    -------
    Tensor of the shape and dtype of x

    Raises
    ------
    ValueError
        If p is out of range.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> dropout(ag.tensor([1.0, 1.0, 1.0, 1.0]), 0.5, rng=0)
    Tensor([2., 0., 0., 0.])
    """
    check_dropout(p)
    tensor: Tensor = x if isinstance(x, Tensor) else Tensor(x)
    if not training or p == 0:
        return tensor
    kept = np.random.default_rng(rng).random(tensor.shape) >= p
    return Tensor.mul(tensor, (kept / (1 - p)).astype(tensor.dtype))


def check_dropout(p: float) -> None:
    """Refuse a probability of dropping outside [0, 1).

    Raises
    ------
    ValueError
        If p is out of range.

    Examples
    --------
    >>> check_dropout(0.5)
    """
    check_number("dropout", "p", p, 0, 1)
