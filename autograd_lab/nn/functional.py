"""Layers and losses as functions, under PyTorch's name ``F``: ``F.relu``, ``F.cross_entropy``, …"""

from __future__ import annotations

from typing import Any

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
    """The affine map x @ weight + bias: the report's y = xw (section 1.3), with a bias.

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

    Raises
    ------
    ValueError
        If the last axis of x is not D.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> linear(ag.tensor([[1.0, 2.0]]), ag.tensor([[3.0], [4.0]]), ag.tensor([0.5]))
    Tensor([[11.5]])
    """
    out = Tensor.matmul(x, weight)
    return out if bias is None else out + bias
