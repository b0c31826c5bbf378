"""Gradients on shapes of working size, where every entry at a time would take too long.

The slope along a random direction needs two values of the function, whatever the size: a gradient that is
wrong anywhere by E gives a slope that is wrong by ⟨E, d⟩, which a random d makes 0 with probability 0.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lab as ag

BIG, ROW = (60, 50), (50,)
UNARY = [
    "neg",
    "exp",
    "log",
    "sqrt",
    "abs",
    "tanh",
    "sigmoid",
    "relu",
    "sin",
    "cos",
    "softmax",
    "log_softmax",
]
BINARY = ["add", "sub", "mul", "div", "pow", "maximum", "minimum"]
REDUCTIONS = ["sum", "mean", "max", "min", "var", "logsumexp"]
INDEX = np.random.default_rng(5).integers(0, 60, 200)
LABELS = np.random.default_rng(6).integers(0, 50, 60)

ROWS: list[tuple[str, Callable[..., Any], tuple[tuple[int, ...], ...]]] = [
    *[(name, getattr(ag, name), (BIG,)) for name in UNARY],
    *[(f"{name} broadcast", getattr(ag, name), (BIG, ROW)) for name in BINARY],
    *[(f"{name} axis 0", functools.partial(getattr(ag, name), axis=0), (BIG,)) for name in REDUCTIONS],
    *[(f"{name} all", getattr(ag, name), (BIG,)) for name in REDUCTIONS],
    ("relu, both signs", lambda x: ag.relu(x - 1.0), (BIG,)),
    ("abs, both signs", lambda x: ag.abs(x - 1.0), (BIG,)),
    ("clip", lambda x: ag.clip(x, 0.8, 1.2), (BIG,)),
    ("where", lambda x, y: ag.where(np.arange(50) % 3 == 0, x, y), (BIG, ROW)),
    ("reshape", lambda x: x.reshape(50, 60) * np.arange(60.0), (BIG,)),
    ("transpose", lambda x: x.T * np.arange(60.0), (BIG,)),
    ("swapaxes", lambda x: x.swapaxes(0, 1) * np.arange(60.0), (BIG,)),
    ("expand_dims and squeeze", lambda x: x.expand_dims(1).squeeze(1), (BIG,)),
    ("broadcast_to", lambda x: x.broadcast_to(BIG), (ROW,)),
    ("getitem, repeated rows", lambda x: x[INDEX] * np.arange(200.0)[:, None], (BIG,)),
    ("getitem, strided", lambda x: x[::-2, 3:40:5], (BIG,)),
    ("concatenate", lambda x, y: ag.concatenate([x, y, x], axis=1), (BIG, (60, 7))),
    ("stack", lambda x, y: ag.stack([x, y], axis=1), (BIG, BIG)),
    ("matmul", ag.matmul, (BIG, (50, 30))),
    ("matmul, batch", ag.matmul, ((4, 1, 20, 30), (3, 30, 10))),
    ("matmul, vector", ag.matmul, (BIG, ROW)),
    ("dot", ag.dot, (ROW, ROW)),
    ("einsum", lambda x, y: ag.einsum("bij,kj->bki", x, y), ((5, 20, 30), (10, 30))),
    ("cross_entropy", lambda x: ag.cross_entropy(x, LABELS), (BIG,)),
    ("cross_entropy, probabilities", ag.cross_entropy, (BIG, BIG)),
    ("nll_loss", lambda x: ag.nll_loss(x, LABELS), (BIG,)),
    ("mse_loss", ag.mse_loss, (BIG, BIG)),
]


@pytest.mark.parametrize(("fn", "shapes"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_slopes_along_random_directions(fn: Callable[..., Any], shapes: tuple[tuple[int, ...], ...]) -> None:
    check_slopes(fn, shapes)


def test_one_wrong_entry_among_three_thousand_is_found() -> None:
    spoilt = np.ones(BIG)
    spoilt[17, 33] = 1.01

    @ag.primitive
    def almost_identity(x: Any) -> Any:
        return x * 1.0, lambda g: g * spoilt

    with pytest.raises(AssertionError):
        check_slopes(almost_identity, (BIG,))


def check_slopes(fn: Callable[..., Any], shapes: tuple[tuple[int, ...], ...]) -> None:
    rng = np.random.default_rng(0)
    # No two entries closer than the step, so that none changes places at a maximum within it.
    points = [0.5 + (rng.permutation(n := int(np.prod(s))) + 0.5 + 0.1 * i).reshape(s) / n
              for i, s in enumerate(shapes)]  # fmt: skip
    tensors = [ag.tensor(p, requires_grad=True) for p in points]
    out = fn(*tensors)
    u = rng.standard_normal(out.shape)
    out.backward(u)
    h = 1e-6
    for _ in range(3):
        directions = [rng.uniform(-1, 1, p.shape) for p in points]
        up, down = (
            np.sum(u * fn(*(ag.tensor(p + step * d) for p, d in zip(points, directions, strict=True))).data)
            for step in (h, -h)
        )
        slope = sum(np.sum(t.grad * d) for t, d in zip(tensors, directions, strict=True))
        scale = max(1.0, *(float(np.abs(t.grad).max()) for t in tensors)) * np.sqrt(
            sum(p.size for p in points)
        )
        assert abs(slope - (up - down) / (2 * h)) < 1e-7 * scale
