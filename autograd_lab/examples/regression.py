"""Fit a curve with functions alone. With ``jax.numpy as xp`` and ``jax as lib`` all else stays as it is."""

from typing import Any

import numpy as np

import autograd_lab as xp
from autograd_lab import func as lib


def model(w1: Any, b1: Any, w2: Any, x: Any) -> Any:
    """One hidden layer of tanh.

    >>> model(np.ones((1, 2)), np.zeros(2), np.ones((2, 1)), np.zeros((3, 1))).shape
    (3, 1)
    """
    return xp.tanh(x @ w1 + b1) @ w2


def loss(w1: Any, b1: Any, w2: Any, x: Any, t: Any) -> Any:
    """The mean squared error.

    >>> loss(np.ones((1, 1)), np.zeros(1), np.ones((1, 1)), np.zeros((3, 1)), np.ones((3, 1))).item()
    1.0
    """
    return xp.mean((model(w1, b1, w2, x) - t) ** 2)


def start() -> tuple[Any, ...]:
    """Parameters as plain arrays: w1 of shape (1, 16), b1 of shape (16,), w2 of shape (16, 1).

    >>> [p.shape for p in start()]
    [(1, 16), (16,), (16, 1)]
    """
    rng = np.random.default_rng(2)
    return 2 * rng.normal(size=(1, 16)), rng.normal(size=16), rng.normal(size=(16, 1)) / 4


def train(steps: int = 200, rate: float = 0.1) -> tuple[Any, Any]:
    """The loss of each step, and the parameters after the last one.

    >>> losses, _ = train(50)
    >>> losses[-1] < losses[0] / 4
    True
    """
    x = np.linspace(-1, 1, 50)[:, None]
    t = np.sin(3 * x)
    parameters, losses = start(), []
    step = lib.value_and_grad(loss, argnums=(0, 1, 2))
    for _ in range(steps):
        value, gradients = step(*parameters, x, t)
        pairs = zip(parameters, gradients, strict=True)
        parameters = tuple(p - rate * g for p, g in pairs)
        losses.append(value.item())
    return losses, parameters
