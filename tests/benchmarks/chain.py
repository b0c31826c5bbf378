"""What a node costs: chains y ← y·c of 10³ to 10⁶ multiplications, forward and backward.

On one element the arithmetic is nothing and all that is measured is the engine; on 1,000 elements it is
what a small real operator costs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

Chain = Callable[[int, int], None]


def by_hand(nodes: int, width: int) -> None:
    """What the chain costs in NumPy when somebody has written forward and backward down."""
    y, c = np.ones(width), np.full(width, 1.0 + 1e-9)
    for _ in range(nodes):
        y = y * c
    g = np.ones(width)
    for _ in range(nodes):
        g = g * c


def autograd_lab(nodes: int, width: int) -> None:
    """Ours."""
    from autograd_lab import Tensor

    y, c = Tensor(np.ones(width), requires_grad=True), Tensor(np.full(width, 1.0 + 1e-9))
    for _ in range(nodes):
        y = y * c
    y.backward(np.ones(width))


def torch(nodes: int, width: int) -> None:
    """PyTorch, eager, on one thread."""
    import torch

    torch.set_num_threads(1)
    y = torch.ones(width, dtype=torch.float64, requires_grad=True)
    c = torch.full((width,), 1.0 + 1e-9, dtype=torch.float64)
    for _ in range(nodes):
        y = y * c
    y.backward(torch.ones(width, dtype=torch.float64))


def mygrad(nodes: int, width: int) -> None:
    """MyGrad, its memory guard off."""
    import mygrad as mg

    mg.turn_memory_guarding_off()
    y, c = mg.tensor(np.ones(width)), np.full(width, 1.0 + 1e-9)
    for _ in range(nodes):
        y = y * c
    y.backward(np.ones(width))


def contestants() -> dict[str, Chain]:
    """Everybody who is installed."""
    found: dict[str, Chain] = {"NumPy by hand": by_hand, "autograd_lab": autograd_lab}
    if find_spec("torch"):
        found["PyTorch eager"] = torch
    if find_spec("mygrad"):
        found["MyGrad"] = mygrad
    return found


def run(lengths: tuple[int, ...] = (10**3, 10**4, 10**5, 10**6)) -> dict[tuple[str, int, int], float]:
    """Time all chains; (name, width, nodes) to µs a node, the median of interleaved repetitions."""
    found: dict[tuple[str, int, int], float] = {}
    for width in (1, 1000):
        for nodes in lengths:
            if width * nodes > 10**8:  # gigabytes of saved values in every engine
                continue
            times: dict[str, list[float]] = {}
            for _ in range(max(3, min(20, 10**5 // nodes))):
                for name, chain in contestants().items():
                    if name == "MyGrad" and nodes > 10**4:
                        continue
                    start = time.perf_counter()
                    chain(nodes, width)
                    times.setdefault(name, []).append(time.perf_counter() - start)
            for name, seconds in times.items():
                found[name, width, nodes] = 1e6 * float(np.median(seconds)) / nodes
    return found
