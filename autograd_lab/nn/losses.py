"""The losses of :mod:`autograd_lab.nn.functional` as modules, under PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from autograd_lab.nn import functional as F
from autograd_lab.nn.module import Module
from autograd_lab.tensor import Tensor


class Loss(Module):
    """Base of the losses.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        As for the function.

    Raises
    ------
    ValueError
        For any other word, when the loss is called.

    Examples
    --------
    >>> isinstance(CrossEntropyLoss(), Loss), CrossEntropyLoss(reduction="sum")
    (True, CrossEntropyLoss(reduction='sum'))
    """

    function: ClassVar[Callable[..., Tensor]]

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def forward(self, x: Any, y: Any) -> Tensor:
        """The loss of predictions x against targets y; shapes, dtypes and errors are the function's."""
        return type(self).function(x, y, self.reduction)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(reduction={self.reduction!r})"


class CrossEntropyLoss(Loss):
    """Σ −y·log softmax(x) for scores x (report, section 1.2); y is indices or probabilities.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> CrossEntropyLoss()(ag.tensor([[800.0, 0.0, 0.0]]), [1])
    Tensor(800.)
    """

    function = staticmethod(F.cross_entropy)


class NLLLoss(Loss):
    """Σ −y·log p for log-probabilities (report, section 1.2); y is indices or probabilities.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> NLLLoss()(ag.log(ag.tensor([[0.25, 0.75]])), [1])
    Tensor(0.28768207)
    """

    function = staticmethod(F.nll_loss)


class MSELoss(Loss):
    """The mean of (x − y)².

    Examples
    --------
    >>> import autograd_lab as ag
    >>> MSELoss()(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 4.0]))
    Tensor(2.)
    """

    function = staticmethod(F.mse_loss)
