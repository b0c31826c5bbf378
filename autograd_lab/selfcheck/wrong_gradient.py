"""Exercises of the chapter on a gradient that looked right."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise


@exercise(
    "leaky.backward",
    "backward(g, h) returns the gradient for a, where h is a if a > 0 else a / 10; g is the gradient for h.",
    letters="g h",
    inputs=[
        (np.array([2.0]), np.array([-0.5])),
        (np.array([2.0, -3.0]), np.array([0.05, -0.25])),
        (np.array([[3.0, -1.0, 5.0], [-2.0, 4.0, 1.0]]), np.array([[0.5, 2.0, -0.1], [0.0, -0.2, 3.0]])),
    ],
    mistakes={
        "this is the mask of ReLU. Here a unit that is off still lets a tenth through.": (
            lambda g, h: g * (h > 0)
        ),
        "everything passes: a condition that is true for every unit is no mask.": lambda g, h: g * 1.0,
        "at a = 0 the task says a tenth: only a > 0 passes whole, so ask for h > 0 rather than h >= 0.": (
            lambda g, h: g * np.where(h >= 0, 1.0, 0.1)
        ),
        "the mask is taken from g. Whether a unit is on shows in its output h.": (
            lambda g, h: g * np.where(g > 0, 1.0, 0.1)
        ),
        "the two cases are exchanged.": lambda g, h: g * np.where(h > 0, 0.1, 1.0),
        "h is the value of the unit; asked for is its slope, times g.": lambda g, h: g * h,
        "where the unit is off, g does not arrive: the slope there is a tenth, and it is multiplied by g.": (
            lambda g, h: np.where(h > 0, g, 0.1)
        ),
        "h is a value, not a slope: where the unit is off, a tenth of g passes, not of h.": (
            lambda g, h: np.where(h > 0, g, h / 10)
        ),
        "this is the slope alone. The gradient for a is the slope times g.": (
            lambda g, h: np.where(h > 0, 1.0, 0.1)
        ),
        "this is Leaky ReLU again, applied to h. Asked for is the way back: its slope times g.": (
            lambda g, h: np.where(h > 0, h, h / 10)
        ),
        "the slope of a / 10 is a tenth, not ten.": (lambda g, h: g * np.where(h > 0, 1.0, 10.0)),
        "a tenth of g is added everywhere: where the unit is on, only g passes.": (
            lambda g, h: g * (h > 0) + 0.1 * g
        ),
        "the leak is a tenth here, not a hundredth.": (lambda g, h: g * np.where(h > 0, 1.0, 0.01)),
        "a / 10 rises with a also where a is negative: its slope is a tenth, with a plus.": (
            lambda g, h: g * np.where(h > 0, 1.0, -0.1)
        ),
        "`if` asks one question, and each entry of h has an answer of its own: multiply by a mask, or "
        "use np.where.": (lambda g, h: g if h > 0 else g / 10),
    },
)
def _leaky_backward(g: Any, h: Any) -> Any:
    return g * np.where(h > 0, 1.0, 0.1)


def _forward(x: Any, w1: Any, w2: Any, t: Any) -> tuple[Any, Any]:
    """The hidden layer, and the error divided by the number of images."""
    h = np.maximum(x @ w1, 0)
    return h, (h @ w2 - t) / len(x)


def _without_mask(x: Any, w1: Any, w2: Any, t: Any) -> Any:
    _, e = _forward(x, w1, w2, t)
    return x.T @ (e @ w2.T)


def _mask_of_the_gradient(x: Any, w1: Any, w2: Any, t: Any) -> Any:
    gh = _forward(x, w1, w2, t)[1] @ w2.T
    return x.T @ (gh * (gh > 0))


def _values_for_mask(x: Any, w1: Any, w2: Any, t: Any) -> Any:
    h, e = _forward(x, w1, w2, t)
    return x.T @ ((e @ w2.T) * h)


def _no_relu_on_the_way(x: Any, w1: Any, w2: Any, t: Any) -> Any:
    a = x @ w1
    return x.T @ (((a @ w2 - t) / len(x) @ w2.T) * (a > 0))


def _no_target(x: Any, w1: Any, w2: Any, t: Any) -> Any:
    return _network_w1(x, w1, w2, 0 * t)


def _other_weights(x: Any, w1: Any, w2: Any, t: Any) -> Any:
    h, e = _forward(x, w1, w2, t)
    return h.T @ e


def _batch(seed: int, n: int, d: int, hidden: int, m: int) -> tuple[Any, ...]:
    """Whole numbers; some units are on and some are off."""
    rng = np.random.default_rng(seed)
    return tuple(
        rng.integers(-3, 4, size=s).astype(float) for s in ((n, d), (d, hidden), (hidden, m), (n, m))
    )


def _with_mask(x: Any, error: Any, w2: Any, mask: Any) -> Any:
    return x.T @ ((error @ w2.T) * mask)


@exercise(
    "network.w1",
    "w1_gradient(x, w1, w2, t) returns ∂L/∂w1 for h = max(x w1, 0), y = h w2 and L = Σ (y − t)² / 2N.",
    letters="x w1 w2 t",
    inputs=[
        tuple(np.array([[v]]) for v in (2.0, -1.0, 3.0, 1.0)),
        _batch(4, 1, 2, 2, 1),
        _batch(3, 4, 3, 5, 2),
        _batch(6, 3, 2, 4, 3),
    ],
    mistakes={
        "units that are off get a gradient: the mask is missing, or it is true everywhere.": _without_mask,
        "the mask is taken from the gradient for h. Whether a unit is on shows in h itself.": (
            _mask_of_the_gradient
        ),
        "the gradient is multiplied by h, where the slope of ReLU belongs: 1 or 0.": _values_for_mask,
        "the scores are computed without ReLU: y = h w2, with h = max(x w1, 0).": _no_relu_on_the_way,
        "the target is missing: the error is y − t.": _no_target,
        "this is the gradient for w2.": _other_weights,
        "x stands as it is. The sum runs over the images, so xᵀ is on the left.": (
            lambda x, w1, w2, t: x @ ((_forward(x, w1, w2, t)[1] @ w2.T) * (x @ w1 > 0))
        ),
        "w2 stands as it is. The sum runs over the scores, so the error meets w2ᵀ.": (
            lambda x, w1, w2, t: x.T @ ((_forward(x, w1, w2, t)[1] @ w2) * (x @ w1 > 0))
        ),
        "the mask is turned round: the gradient passes where a unit is on.": (
            lambda x, w1, w2, t: _with_mask(x, _forward(x, w1, w2, t)[1], w2, x @ w1 <= 0)
        ),
        "only the mask is there: the gradient for h is missing beside it.": (
            lambda x, w1, w2, t: x.T @ (x @ w1 > 0)
        ),
        "the error y − t is missing: this takes 1/N for it.": (
            lambda x, w1, w2, t: _with_mask(x, np.ones_like(t) / len(x), w2, x @ w1 > 0)
        ),
        "the error is squared. The slope of (y − t)² / 2 is y − t itself.": (
            lambda x, w1, w2, t: (
                _with_mask(x, _forward(x, w1, w2, t)[1] ** 2 * len(x), w2, x @ w1 > 0)
            )
        ),
        "the mask is taken from w1. Whether a unit is on depends on the image too: it shows in h.": (
            lambda x, w1, w2, t: _without_mask(x, w1, w2, t) * (w1 > 0)
        ),
    },
)  # fmt: skip
def _network_w1(x: Any, w1: Any, w2: Any, t: Any) -> Any:
    h, e = _forward(x, w1, w2, t)
    return x.T @ ((e @ w2.T) * (h > 0))


def cubes(x: Any) -> Any:
    """Σ x³."""
    return np.sum(x**3)


def cubes_gradient(x: Any) -> Any:
    """The right one."""
    return 3 * x**2


def wrong_gradient(x: Any) -> Any:
    """A factor is wrong, so that the two slopes differ."""
    return 2 * x**2


def _measured(f: Any, x: Any, d: Any, h: Any) -> Any:
    return (f(x + h * d) - f(x - h * d)) / (2 * h)


@exercise(
    "gradient.along",
    "along(f, gradient, x, d, h) returns two slopes of f at x along d: as claimed, Σ gradient(x)·d, and as "
    "measured, (f(x + hd) − f(x − hd)) / 2h.",
    letters="f gradient x d h",
    inputs=[
        (cubes, cubes_gradient, np.array([1.0]), np.array([2.0]), 1e-2),
        (cubes, wrong_gradient, np.array([1.0, -2.0]), np.array([0.5, 3.0]), 1e-2),
        (cubes, wrong_gradient, np.array([[1.0, 2.0], [-1.5, 3.0]]), np.array([[1.0, -1.0], [2.0, 3]]), 0.1),
    ],
    mistakes={
        "the measured slope looks to one side only: take f(x − hd) away, and divide by 2h.": (
            lambda f, gradient, x, d, h: (np.sum(gradient(x) * d), (f(x + h * d) - f(x)) / h)
        ),
        "the measured slope moves every entry by h: the direction d is missing in it.": (
            lambda f, gradient, x, d, h: (np.sum(gradient(x) * d), (f(x + h) - f(x - h)) / (2 * h))
        ),
        "the claimed slope is not added up: gradient(x)·d has one product for each entry.": (
            lambda f, gradient, x, d, h: (gradient(x) * d, (f(x + h * d) - f(x - h * d)) / (2 * h))
        ),
        "the claimed slope ignores the direction: multiply the gradient by d before you add it up.": (
            lambda f, gradient, x, d, h: (np.sum(gradient(x)), (f(x + h * d) - f(x - h * d)) / (2 * h))
        ),
        "the gradient is taken at x + hd; it belongs to the point x.": (
            lambda f, gradient, x, d, h: (
                np.sum(gradient(x + h * d) * d), (f(x + h * d) - f(x - h * d)) / (2 * h)
            )
        ),
        "the two slopes are exchanged: the claimed one comes first.": (
            lambda f, gradient, x, d, h: _gradient_along(f, gradient, x, d, h)[::-1]
        ),
        "/ 2 * h multiplies by h. Both belong below the line: / (2 * h).": (
            lambda f, gradient, x, d, h: (np.sum(gradient(x) * d), (f(x + h * d) - f(x - h * d)) / 2 * h)
        ),
        "the two points of the measured slope are 2h apart, not h.": (
            lambda f, gradient, x, d, h: (np.sum(gradient(x) * d), (f(x + h * d) - f(x - h * d)) / h)
        ),
        "the measured slope is a difference still: divide it by 2h.": (
            lambda f, gradient, x, d, h: (np.sum(gradient(x) * d), f(x + h * d) - f(x - h * d))
        ),
        "the measured slope goes all the way to x + d: take h d for the move.": (
            lambda f, gradient, x, d, h: (np.sum(gradient(x) * d), (f(x + d) - f(x - d)) / 2)
        ),
        "the claimed one is multiplied by h. That is the change; asked for is the slope, Σ gradient(x)·d.": (
            lambda f, gradient, x, d, h: (h * np.sum(gradient(x) * d), _measured(f, x, d, h))
        ),
        "d is divided by its length in the claimed slope, and not in the measured one: leave it as it is.": (
            lambda f, gradient, x, d, h: (np.sum(gradient(x) * d) / np.linalg.norm(d), _measured(f, x, d, h))
        ),
        "each entry of the gradient meets its own entry of d: multiply first, then add up.": (
            lambda f, gradient, x, d, h: (np.sum(gradient(x)) * np.sum(d), _measured(f, x, d, h))
        ),
        "gradient(x) @ d is right for vectors only. For arrays with rows and columns, multiply by d and "
        "add everything up.": (
            lambda f, gradient, x, d, h: (gradient(x) @ d, _measured(f, x, d, h))
        ),
        "both slopes come from the gradient. The second one has to ask f, or it is no witness.": (
            lambda f, gradient, x, d, h: (np.sum(gradient(x) * d), np.sum(gradient(x) * d))
        ),
    },
)  # fmt: skip
def _gradient_along(f: Any, gradient: Any, x: Any, d: Any, h: Any) -> Any:
    return np.sum(gradient(x) * d), (f(x + h * d) - f(x - h * d)) / (2 * h)
