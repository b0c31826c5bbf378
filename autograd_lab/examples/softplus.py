"""Softplus, log(1 + exp(βx))/β, as an operator with a rule of its own, in three libraries.

Two of them come as an argument, so that this file can be read and shown where they are not installed.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from autograd_lab.tensor import primitive


@primitive
def softplus(x: Any, beta: Any) -> Any:
    """A smooth ReLU, log(1 + exp(βx))/β.
    ∂L/∂x = g·(1 − exp(−β·out)), and no rule for β.

    >>> import autograd_lab as ag
    >>> x = ag.tensor([0.0, 800.0], requires_grad=True)
    >>> softplus(x, 1.0).sum().backward()
    >>> x.grad
    array([0.5, 1. ])
    """
    out = np.logaddexp(0, beta * x) / beta
    return out, lambda g: g * (1 - np.exp(-beta * out)), None


def softplus_for_torch(torch: Any) -> Any:
    """The same for PyTorch, given the library.

    >>> softplus_for_torch.__name__  # softplus_for_torch(torch)(x, beta), where PyTorch is installed
    'softplus_for_torch'
    """

    class Softplus(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, beta: Any) -> Any:
            out = torch.logaddexp(torch.zeros_like(x), beta * x) / beta
            ctx.save_for_backward(out)
            ctx.beta = beta
            return out

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (out,) = ctx.saved_tensors
            return g * (1 - torch.exp(-ctx.beta * out)), None

    return Softplus.apply


def softplus_for_jax(jax: Any) -> Any:
    """The same for JAX, given the library.

    >>> softplus_for_jax.__name__  # softplus_for_jax(jax)(x, beta), where JAX is installed
    'softplus_for_jax'
    """

    @partial(jax.custom_vjp, nondiff_argnums=(1,))
    def softplus(x: Any, beta: Any) -> Any:
        return jax.numpy.logaddexp(0.0, beta * x) / beta

    def forward(x: Any, beta: Any) -> Any:
        out = softplus(x, beta)
        return out, out

    def backward(beta: Any, out: Any, g: Any) -> Any:
        return (g * (1 - jax.numpy.exp(-beta * out)),)

    softplus.defvjp(forward, backward)
    return softplus
