"""What a node costs: chains y ← y·c of 10³ to 10⁶ multiplications, forward and backward.

On one element the arithmetic is nothing and all that is measured is the engine; on 1,000 elements it is
what a small real operator costs. Each engine runs in a process of its own: Python's cycle collector walks
all that lives in a process, so one engine's objects would slow the other down.

As a script (``chain.py torch 1 1000``) it times one engine, width and length and prints µs a node.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from importlib.util import find_spec
from typing import Any

import numpy as np

WIDTHS = (1, 1000)


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


def autograd_lab_uncollected(nodes: int, width: int) -> None:
    """Ours without Python's cycle collector, which has nothing to find in a graph that has no cycles."""
    gc.disable()
    autograd_lab(nodes, width)
    gc.enable()


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


def hips(nodes: int, width: int) -> None:
    """HIPS autograd."""
    from autograd.core import make_vjp

    c = np.full(width, 1.0 + 1e-9)

    def chain(y):  # type: ignore[no-untyped-def]
        for _ in range(nodes):
            y = y * c
        return y

    pull, _ = make_vjp(chain, np.ones(width))
    pull(np.ones(width))


def import_dezero() -> Any:
    """DeZero, which reads ``np.int`` as it is imported, a name that NumPy dropped in 1.24."""
    np.int = int  # noqa: NPY001
    import dezero

    del np.int  # noqa: NPY001
    return dezero


def dezero(nodes: int, width: int) -> None:
    """DeZero."""
    y, c = import_dezero().Variable(np.ones(width)), np.full(width, 1.0 + 1e-9)
    for _ in range(nodes):
        y = y * c
    y.backward()  # from ones


def micrograd(nodes: int, width: int) -> None:
    """micrograd, whose values are single numbers: `width` is 1."""
    from micrograd.engine import Value

    sys.setrecursionlimit(nodes + 1000)  # its walk over the graph calls itself once a node
    y, c = Value(1.0), 1.0 + 1e-9
    for _ in range(nodes):
        y = y * c
    y.backward()  # from 1


# Name, the function, the module that has to be installed and the widths that the engine can take.
ENGINES = {
    "NumPy by hand": (by_hand, "numpy", WIDTHS),
    "autograd_lab": (autograd_lab, "autograd_lab", WIDTHS),
    "autograd_lab, gc off": (autograd_lab_uncollected, "autograd_lab", WIDTHS),
    "PyTorch eager": (torch, "torch", WIDTHS),
    "MyGrad": (mygrad, "mygrad", WIDTHS),
    "HIPS autograd": (hips, "autograd", WIDTHS),
    "DeZero": (dezero, "dezero", WIDTHS),
    "micrograd": (micrograd, "micrograd", (1,)),
}


def run(lengths: tuple[int, ...] = (10**3, 10**4, 10**5, 10**6)) -> dict[tuple[str, int, int], float]:
    """Time all chains; (engine, width, nodes) to µs a node."""
    found: dict[tuple[str, int, int], float] = {}
    for width in WIDTHS:
        for nodes in lengths:
            if width * nodes > 10**8:  # gigabytes of saved values in every engine
                continue
            for name, (chain, module, widths) in ENGINES.items():
                if width not in widths or not find_spec(module):
                    continue
                command = [sys.executable, __file__, chain.__name__, str(width), str(nodes)]
                out = subprocess.run(command, check=True, capture_output=True, text=True)
                found[name, width, nodes] = float(out.stdout)
    return found


def main() -> None:
    """Time one chain in this process: the median of some repetitions after one to warm up."""
    name, width, nodes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    chain = globals()[name]
    chain(min(nodes, 1000), width)
    seconds = []
    for _ in range(max(3, min(50, 10**5 // nodes))):
        start = time.perf_counter()
        chain(nodes, width)
        seconds.append(time.perf_counter() - start)
    print(1e6 * float(np.median(seconds)) / nodes)


if __name__ == "__main__":
    main()
