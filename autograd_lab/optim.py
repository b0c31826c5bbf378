"""Optimisers: rules that turn gradients into steps, with PyTorch's names."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from autograd_lab.tensor import Tensor


class SGD:
    """Stochastic gradient descent, w ← w − lr·g (the report's section 2, with lr = 0.1).

    Parameters
    ----------
    params : iterable of Tensor
        Leaves that require gradients, for example ``model.parameters()``.
    lr : float
        Learning rate.
    momentum : float
        μ of v ← μv + g, w ← w − lr·v (PyTorch's form, which multiplies v rather than g by lr).
    weight_decay : float
        λ of g ← g + λw.
    nesterov : bool
        Step along g + μv instead of v.

    Raises
    ------
    ValueError
        If there are no parameters, if one is given twice, or if a number is out of range.
    TypeError
        If a parameter is not a leaf Tensor that requires a gradient.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> w = ag.tensor([1.0], requires_grad=True)
    >>> optimiser = SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimiser.step()
    >>> w
    Tensor([0.8], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        self.params = list(params)
        if not self.params:
            raise ValueError("SGD got no parameters")
        for p in self.params:
            if not (isinstance(p, Tensor) and p.requires_grad and p.is_leaf):
                raise TypeError(f"SGD moves leaf Tensors that require gradients, not {p!r:.60}")
        if len({id(p) for p in self.params}) < len(self.params):
            raise ValueError("SGD got a parameter twice; it would move it twice a step")
        if not lr > 0 or not momentum >= 0 or not weight_decay >= 0:
            raise ValueError(
                f"SGD needs lr > 0, momentum >= 0 and weight_decay >= 0, not lr={lr}, momentum={momentum}, "
                f"weight_decay={weight_decay}"
            )
        if nesterov and momentum == 0:
            raise ValueError("nesterov=True needs a momentum greater than 0")
        self.lr, self.momentum, self.weight_decay, self.nesterov = lr, momentum, weight_decay, nesterov
        self._velocity: list[np.ndarray | None] = [None] * len(self.params)

    def zero_grad(self) -> None:
        """Forget the gradients: set each to None."""
        for p in self.params:
            p.grad = None

    def step(self) -> None:
        """Move each parameter that has a gradient, in place; a gradient itself is never changed."""
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = p.grad if not self.weight_decay else p.grad + self.weight_decay * p.data
            if self.momentum:
                v = self._velocity[i]
                v = self._velocity[i] = g.copy() if v is None else self.momentum * v + g
                g = g + self.momentum * v if self.nesterov else v
            np.subtract(p.data, self.lr * g, out=p.data)
