"""An epoch of MNIST with an MLP 784-256-128-10, batch 100, float32: engines against hand-written NumPy.

Every contestant starts from the same weights and sees the same batches in the same order. The blocks of
steps of all contestants are interleaved, so that a machine that is busy for a while is busy for all; what
is reported is the median over blocks of the ratio to hand-written NumPy in the same block.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

SIZES = (784, 256, 128, 10)
BATCH = 100
LR = np.float32(0.1)
Batch = tuple[np.ndarray, np.ndarray]
Step = Callable[[np.ndarray, np.ndarray], float | None]


def start_weights() -> list[np.ndarray]:
    """W1, b1, W2, b2, … in float32, the same for every contestant."""
    rng = np.random.default_rng(0)
    weights = []
    for fan_in, fan_out in pairwise(SIZES):
        weights.append((rng.standard_normal((fan_in, fan_out)) * np.sqrt(2 / fan_in)).astype(np.float32))
        weights.append(np.zeros(fan_out, np.float32))
    return weights


def numpy_step() -> Step:
    """The straightforward hand-written step: fresh temporaries, ``p -= lr * g``."""
    w1, b1, w2, b2, w3, b3 = start_weights()

    def step(x: np.ndarray, y: np.ndarray) -> float:
        nonlocal w1, b1, w2, b2, w3, b3
        h1 = np.maximum(x @ w1 + b1, 0)
        h2 = np.maximum(h1 @ w2 + b2, 0)
        z = h2 @ w3 + b3
        z = z - z.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        rows = np.arange(len(y))
        loss = -log_p[rows, y].mean()
        g = np.exp(log_p)
        g[rows, y] -= 1
        g /= len(y)
        gw3, gb3 = h2.T @ g, g.sum(axis=0)
        g = (g @ w3.T) * (h2 > 0)
        gw2, gb2 = h1.T @ g, g.sum(axis=0)
        g = (g @ w2.T) * (h1 > 0)
        gw1, gb1 = x.T @ g, g.sum(axis=0)
        w1 -= LR * gw1
        b1 -= LR * gb1
        w2 -= LR * gw2
        b2 -= LR * gb2
        w3 -= LR * gw3
        b3 -= LR * gb3
        return float(loss)

    return step


def products_step() -> Step:
    """The eight matrix products of a step and nothing else: a floor for every engine."""
    w1, _, w2, _, w3, _ = start_weights()
    h1, h2 = np.ones((BATCH, SIZES[1]), np.float32), np.ones((BATCH, SIZES[2]), np.float32)
    g3, g2, g1 = (np.ones((BATCH, n), np.float32) for n in (SIZES[3], SIZES[2], SIZES[1]))

    def step(x: np.ndarray, y: np.ndarray) -> None:
        x @ w1, h1 @ w2, h2 @ w3, h2.T @ g3, g3 @ w3.T, h1.T @ g2, g2 @ w2.T, x.T @ g1

    return step


def autograd_lab_step() -> Step:
    """Ours, written as a user writes it."""
    from autograd_lab import nn, optim
    from autograd_lab.nn import functional as F

    sizes = list(pairwise(SIZES))
    linears = [nn.Linear(n, m, dtype=np.float32) for n, m in sizes]
    model = nn.Sequential(linears[0], nn.ReLU(), linears[1], nn.ReLU(), linears[2])
    for p, w in zip(model.parameters(), start_weights(), strict=True):
        p.data[...] = w
    optimizer = optim.SGD(model.parameters(), lr=float(LR))

    def step(x: np.ndarray, y: np.ndarray) -> float:
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def torch_step() -> Step:
    """PyTorch, eager, on one thread."""
    import torch

    torch.set_num_threads(1)
    sizes = list(pairwise(SIZES))
    layers: list[Any] = []
    for n, m in sizes:
        layers += [torch.nn.Linear(n, m), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    with torch.no_grad():
        for p, w in zip(model.parameters(), start_weights(), strict=True):
            p.copy_(torch.from_numpy(w.T.copy() if w.ndim == 2 else w))
    optimizer = torch.optim.SGD(model.parameters(), lr=float(LR))

    def step(x: np.ndarray, y: np.ndarray) -> float:
        loss = torch.nn.functional.cross_entropy(model(torch.from_numpy(x)), torch.from_numpy(y))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def mygrad_step() -> Step:
    """MyGrad, its memory guard off."""
    import mygrad as mg
    from mygrad.nnet import relu
    from mygrad.nnet.losses import softmax_crossentropy

    mg.turn_memory_guarding_off()
    parameters = [mg.tensor(w) for w in start_weights()]
    w1, b1, w2, b2, w3, b3 = parameters

    def step(x: np.ndarray, y: np.ndarray) -> float:
        h = relu(relu(x @ w1 + b1) @ w2 + b2)
        loss = softmax_crossentropy(h @ w3 + b3, y)
        loss.backward()
        for p in parameters:
            p.data -= LR * p.grad
        return float(loss.item())

    return step


def hips_step() -> Step:
    """HIPS autograd, whose gradient function is made once."""
    import autograd.numpy as anp
    from autograd import value_and_grad

    parameters = start_weights()

    def loss_of(parameters, x, y):  # type: ignore[no-untyped-def]
        w1, b1, w2, b2, w3, b3 = parameters
        h = anp.maximum(anp.maximum(x @ w1 + b1, 0) @ w2 + b2, 0)
        z = h @ w3 + b3
        z = z - anp.max(z, axis=1, keepdims=True)
        log_p = z - anp.log(anp.sum(anp.exp(z), axis=1, keepdims=True))
        return -anp.mean(log_p[np.arange(len(y)), y])

    gradient_of = value_and_grad(loss_of)

    def step(x: np.ndarray, y: np.ndarray) -> float:
        loss, gradients = gradient_of(parameters, x, y)
        for p, g in zip(parameters, gradients, strict=True):
            p -= LR * g
        return float(loss)

    return step


def dezero_step() -> Step:
    """DeZero, kept to float32 under NumPy 2.

    It makes the 1/N of its cross entropy a 0-d float64 array. NumPy 1 let that pass among float32 arrays;
    under NumPy 2 (NEP 50) the whole backward pass is float64 from there on. Labels go in as uint8, the type
    of DeZero's own MNIST: it subtracts a one-hot array of their type, and an int64 one makes float64 too.
    """
    from chain import import_dezero

    dezero = import_dezero()
    from dezero import Parameter
    from dezero import functions as F

    as_array = dezero.core.as_array

    def as_float32(x: Any, array_module: Any = np) -> Any:
        return array_module.array(x, np.float32) if type(x) in (int, float) else as_array(x, array_module)

    dezero.core.as_array = as_float32
    parameters = [Parameter(w) for w in start_weights()]
    w1, b1, w2, b2, w3, b3 = parameters

    def step(x: np.ndarray, y: np.ndarray) -> float:
        h = F.relu(F.linear(F.relu(F.linear(x, w1, b1)), w2, b2))
        loss = F.softmax_cross_entropy(F.linear(h, w3, b3), y.astype(np.uint8))
        for p in parameters:
            p.cleargrad()
        loss.backward()
        for p in parameters:
            p.data -= LR * p.grad.data
        return float(loss.data)

    return step


def contestants() -> dict[str, Step]:
    """Everybody who is installed, hand-written NumPy first."""
    found: dict[str, Step] = {"NumPy by hand": numpy_step(), "eight products alone": products_step()}
    found["autograd_lab"] = autograd_lab_step()
    if find_spec("torch"):
        found["PyTorch eager"] = torch_step()
    if find_spec("mygrad"):
        found["MyGrad"] = mygrad_step()
    if find_spec("autograd"):
        found["HIPS autograd"] = hips_step()
    if find_spec("dezero"):
        found["DeZero"] = dezero_step()
    return found


def batches(steps: int) -> Iterator[Batch]:
    """Shuffled MNIST batches, made before the clock runs."""
    from autograd_lab.data import DataLoader, load_mnist

    train, _ = load_mnist(dtype=np.float32)
    loader = DataLoader(train.images, train.labels, batch_size=BATCH, seed=0)
    done = 0
    while True:
        for batch in loader:
            if done == steps:
                return
            done += 1
            yield batch


def run(blocks: int = 40, block: int = 15) -> dict[str, tuple[float, float, float | None]]:
    """Time 600 steps (an epoch) of everybody, in interleaved blocks.

    Returns
    -------
    dict
        Name to (ratio to hand-written NumPy, ms a step, last loss, None for who learns nothing).
    """
    runners = contestants()
    times: dict[str, list[float]] = {name: [] for name in runners}
    last: dict[str, float | None] = {}
    data = list(batches(blocks * block))
    for b in range(blocks):
        chunk = data[b * block : (b + 1) * block]
        names = list(runners)
        for name in names[b % len(names) :] + names[: b % len(names)]:
            start = time.perf_counter()
            for x, y in chunk:
                last[name] = runners[name](x, y)
            times[name].append((time.perf_counter() - start) / block)
    base = np.array(times["NumPy by hand"])
    return {
        name: (float(np.median(np.array(t) / base)), 1e3 * float(np.median(t)), last[name])
        for name, t in times.items()
    }
