"""Tell three spirals apart. With ``import torch as lib`` every other line stays as it is."""

import numpy as np
from numpy.typing import NDArray

import autograd_lab as lib


def spirals(n: int = 100) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Points of shape (3n, 2) on three noisy spirals, and which of them each belongs to.

    >>> [array.shape for array in spirals(5)]
    [(15, 2), (15,)]
    """
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), n)
    radius = np.tile(np.linspace(0.1, 1, n), 3)
    angle = 4 * radius + 2.1 * labels + 0.2 * rng.normal(size=3 * n)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), labels


def start() -> list[lib.Tensor]:
    """Weights and biases of a network 2-32-3, with the variances of He for the weights.

    >>> [tuple(p.shape) for p in start()]
    [(2, 32), (32,), (32, 3), (3,)]
    """
    rng = np.random.default_rng(1)
    arrays = [rng.normal(size=(2, 32)), np.zeros(32), rng.normal(size=(32, 3)) / 4, np.zeros(3)]
    return [lib.tensor(array, requires_grad=True) for array in arrays]


def scores(x: lib.Tensor, parameters: list[lib.Tensor]) -> lib.Tensor:
    """The network's three scores for each point.

    >>> scores(lib.tensor([[0.5, 0.5]]), start()).shape
    (1, 3)
    """
    w1, b1, w2, b2 = parameters
    return lib.relu(x @ w1 + b1) @ w2 + b2


def train(steps: int = 200) -> tuple[list[float], list[lib.Tensor], float]:
    """The losses, the parameters in the end, the share told right.

    >>> losses, _, share = train(50)
    >>> losses[-1] < losses[0] / 2, share > 0.8
    (True, True)
    """
    points, kinds = spirals()
    x, labels = lib.tensor(points), lib.tensor(kinds)
    parameters, losses = start(), []
    optimiser = lib.optim.SGD(parameters, lr=0.2, momentum=0.9)
    for _ in range(steps):
        z = scores(x, parameters)
        loss = lib.nn.functional.cross_entropy(z, labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    with lib.no_grad():
        right = scores(x, parameters).argmax(axis=1) == labels
    return losses, parameters, float(right.sum()) / len(labels)
