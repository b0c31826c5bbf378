"""Exercises of the chapter on PyTorch and JAX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lab import func
from autograd_lab.selfcheck.exercise import exercise, with_slopes
from autograd_lab.tensor import Tensor, where

_rng = np.random.default_rng(19)


def _numbers(*shape: int, dtype: Any = np.float64) -> Any:
    return (_rng.choice([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0], size=shape) / 2).astype(dtype)


def _problem(n: int, d: int, rate: float, dtype: Any = np.float64) -> tuple[Any, ...]:
    return _numbers(d, dtype=dtype), _numbers(n, d, dtype=dtype), _numbers(n, dtype=dtype), rate


def _loss(w: Any, x: Any, t: Any) -> Any:
    return np.mean((x @ w - t) ** 2)


def _slope(w: Any, x: Any, t: Any) -> Any:
    return 2 * x.T @ (x @ w - t) / len(t)


@exercise(
    "port.step",
    "step(w, x, t, rate) returns the loss mean((x @ w - t)²) at w, and new weights after one step downhill.",
    letters="w x t rate",
    inputs=[
        (np.array([1.0, 2.0]), np.array([[1.0, 0.5], [2.0, -1.0]]), np.array([1.0, 3.0]), 0.25),
        _problem(3, 2, 0.5),
        _problem(5, 3, 0.125),
        _problem(4, 2, 0.25, np.float32),
    ],
    fresh=True,
    mistakes={
        "the loss is that after the step. value_and_grad has computed the one before, at w.": (
            lambda w, x, t, rate: (
                _loss(w - rate * _slope(w, x, t), x, t),
                w - rate * _slope(w, x, t),
            )
        ),
        "the second result is the gradient, where the new weights are asked for.": (
            lambda w, x, t, rate: (_loss(w, x, t), _slope(w, x, t))
        ),
        "value and gradient are exchanged: value_and_grad returns the value first, as its name says.": (
            lambda w, x, t, rate: (_slope(w, x, t), w - rate * _loss(w, x, t))
        ),
        "it goes uphill: the gradient points to where the loss grows, so it is subtracted.": (
            lambda w, x, t, rate: (_loss(w, x, t), w + rate * _slope(w, x, t))
        ),
        "the rate is missing.": lambda w, x, t, rate: (_loss(w, x, t), w - _slope(w, x, t)),
        "the loss is a mean over the samples, not a sum; so is its gradient.": (
            lambda w, x, t, rate: (
                len(t) * _loss(w, x, t),
                w - rate * len(t) * _slope(w, x, t),
            )
        ),
        "the factor 2 of the square is missing in the gradient.": (
            lambda w, x, t, rate: (_loss(w, x, t), w - rate * _slope(w, x, t) / 2)
        ),
        "the weights don't move. With nothing to change in place, the new ones are a result.": (
            lambda w, x, t, rate: (_loss(w, x, t), w.copy())
        ),
        "the second result is what is to be subtracted, where the new weights are asked for.": (
            lambda w, x, t, rate: (_loss(w, x, t), rate * _slope(w, x, t))
        ),
        "the second result is the step alone. Add it to w: the new weights are asked for.": (
            lambda w, x, t, rate: (_loss(w, x, t), -rate * _slope(w, x, t))
        ),
        "the loss is right, but the gradient is that of the sum of squares. The loss is their mean.": (
            lambda w, x, t, rate: (_loss(w, x, t), w - rate * len(t) * _slope(w, x, t))
        ),
        "the gradient is divided by the number of weights. The mean is over the samples.": (
            lambda w, x, t, rate: (_loss(w, x, t), w - rate * len(t) / len(w) * _slope(w, x, t))
        ),
        "the first result is the root of the loss.": (
            lambda w, x, t, rate: (np.sqrt(_loss(w, x, t)), w - rate * _slope(w, x, t))
        ),
        "the first result is the mean of the errors' sizes. Asked for is that of their squares.": (
            lambda w, x, t, rate: (np.mean(np.abs(x @ w - t)), w - rate * _slope(w, x, t))
        ),
        "the gradient is a product of two means. Take the mean of the products: x.T @ (x @ w - t).": (
            lambda w, x, t, rate: (
                _loss(w, x, t),
                w - rate * 2 * np.mean(x @ w - t) * np.mean(x, axis=0),
            )
        ),
        "the errors are differences of all pairs: t[:, None] makes a column, and broadcasting a square.": (
            lambda w, x, t, rate: (
                np.mean((x @ w - t[:, None]) ** 2),
                w - rate * _slope(w, x, t),
            )
        ),
    },
)
def _step(w: Any, x: Any, t: Any, rate: float) -> Any:
    value, gradient = func.value_and_grad(lambda w: ((x @ w - t) ** 2).mean())(w)
    return value, w - rate * gradient


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _softplus(x: Any, beta: float) -> Any:
    return np.logaddexp(0, beta * x) / beta


def _naive(x: Any, beta: float) -> Any:
    """Softplus with the overflow."""
    return np.log(1 + np.exp(beta * x)) / beta


def _for_beta(term: Callable[[Any, Any, float], Any]) -> Callable[[Any, Any, float], Any]:
    """The right gradient for x, beside the sum of g times a term for β."""

    def answer(g: Any, x: Any, beta: float) -> Any:
        return g * _sigmoid(beta * x), np.sum(g * term(x, _softplus(x, beta), beta))

    return answer


def _beta_term(x: Any, y: Any, beta: float) -> Any:
    return (x * _sigmoid(beta * x) - y) / beta


@exercise(
    "port.softplus_vjp",
    "vjp(g, x, beta) returns the gradients for x and for the number beta of log(1 + exp(beta·x))/beta.",
    letters="g x beta",
    inputs=[
        (np.array([1.0, 2.0]), np.array([0.5, -1.0]), 2.0),
        (_numbers(2, 3), _numbers(2, 3), 0.5),
        (_numbers(4), _numbers(4), 1.5),
        (_numbers(3, dtype=np.float32), _numbers(3, dtype=np.float32), 2.0),
        (np.array([2.0, 3.0]), np.array([800.0, 0.5]), 2.0),
    ],
    mistakes={
        "far out e^(beta·x) is infinite, and infinity over infinity is NaN. Take 1 − exp(−beta·y) or "
        "1/(1 + exp(−beta·x)) for the slope, and `logaddexp` for the value.": (
            lambda g, x, beta: (
                g * np.exp(beta * x) / (1 + np.exp(beta * x)),
                np.sum(g * (x * np.exp(beta * x) / (1 + np.exp(beta * x)) - _naive(x, beta)) / beta),
            )
        ),
        "far out the value is infinite, since e^(beta·x) is. Take `logaddexp`.": (
            lambda g, x, beta: (
                g * _sigmoid(beta * x),
                np.sum(g * (x * _sigmoid(beta * x) - _naive(x, beta)) / beta),
            )
        ),
        "the slope for x is the sigmoid of beta·x, not of x.": (
            lambda g, x, beta: (g * _sigmoid(x), np.sum(g * _beta_term(x, _softplus(x, beta), beta)))
        ),
        "for x there is a factor beta too many: the one in the exponential and the 1/beta outside cancel.": (
            lambda g, x, beta: (
                beta * g * _sigmoid(beta * x),
                np.sum(g * _beta_term(x, _softplus(x, beta), beta)),
            )
        ),
        "for beta the product rule has a second term: the 1/beta in front changes too.": (
            _for_beta(lambda x, y, beta: x * _sigmoid(beta * x) / beta)
        ),
        "for beta only the 1/beta in front is differentiated; beta stands in the exponential too.": (
            _for_beta(lambda x, y, beta: -y / beta)
        ),
        "for beta, the two terms are subtracted: the derivative of 1/beta is negative.": (
            _for_beta(lambda x, y, beta: (x * _sigmoid(beta * x) + y) / beta)
        ),
        "for beta, the first term has lost its 1/beta.": (
            _for_beta(lambda x, y, beta: x * _sigmoid(beta * x) - y / beta)
        ),
        "for beta, both terms have lost something: x·sigmoid(beta·x) its 1/beta, and −y/beta is missing.": (
            _for_beta(lambda x, y, beta: x * _sigmoid(beta * x))
        ),
        "for beta, the second term is divided once too often: y has a 1/beta already, so it is −y/beta.": (
            _for_beta(lambda x, y, beta: x * _sigmoid(beta * x) / beta - y / beta**2)
        ),
        "for beta, the derivative of 1/beta is −1/beta²: the second term is divided once too little.": (
            _for_beta(lambda x, y, beta: x * _sigmoid(beta * x) / beta - y)
        ),
        "for beta, the inner derivative of beta·x is x; it is missing.": (
            _for_beta(lambda x, y, beta: (_sigmoid(beta * x) - y) / beta)
        ),
        "for beta, the inner derivative of beta·x is x, where beta stands.": (
            _for_beta(lambda x, y, beta: (beta * _sigmoid(beta * x) - y) / beta)
        ),
        "for x, the slope is 1 − exp(−beta·y); the beta is missing in it.": (
            lambda g, x, beta: (
                g * (1 - np.exp(-_softplus(x, beta))),
                np.sum(g * _beta_term(x, _softplus(x, beta), beta)),
            )
        ),
        "for x, the exponent has lost its minus sign: the slope is 1 − exp(−beta·y).": (
            lambda g, x, beta: (
                g * (1 - np.exp(beta * _softplus(x, beta))),
                np.sum(g * _beta_term(x, _softplus(x, beta), beta)),
            )
        ),
        "for x, the sigmoid of −beta·x stands where that of beta·x is asked for. Far right the slope is 1.": (
            lambda g, x, beta: (
                g * _sigmoid(-beta * x),
                np.sum(g * _beta_term(x, _softplus(x, beta), beta)),
            )
        ),
        "both have the sigmoid of −beta·x, where that of beta·x is asked for. Far right the slope is 1.": (
            lambda g, x, beta: (
                g * _sigmoid(-beta * x),
                np.sum(g * (x * _sigmoid(-beta * x) - _softplus(x, beta)) / beta),
            )
        ),
        "the slope is the sigmoid of beta·x, not of x, in both.": (
            lambda g, x, beta: (g * _sigmoid(x), np.sum(g * (x * _sigmoid(x) - _softplus(x, beta)) / beta))
        ),
        "for x there is a factor 1/beta too many: the beta in the exponential cancels it.": (
            lambda g, x, beta: (
                g * _sigmoid(beta * x) / beta,
                np.sum(g * _beta_term(x, _softplus(x, beta), beta)),
            )
        ),
        "for x, this is the slope of the slope. Asked for is the sigmoid of beta·x itself.": (
            lambda g, x, beta: (
                g * _sigmoid(beta * x) * (1 - _sigmoid(beta * x)),
                np.sum(g * _beta_term(x, _softplus(x, beta), beta)),
            )
        ),
        "for x, this is ReLU's slope. Softplus has its corner rounded off.": (
            lambda g, x, beta: (
                g * (x > 0),
                np.sum(g * _beta_term(x, _softplus(x, beta), beta)),
            )
        ),
        "for beta, both g and the term are added up before they are multiplied. Multiply first.": (
            lambda g, x, beta: (
                g * _sigmoid(beta * x),
                np.sum(g) * np.sum(_beta_term(x, _softplus(x, beta), beta)),
            )
        ),
        "for x, the cotangent g is missing.": (
            lambda g, x, beta: (_sigmoid(beta * x), np.sum(g * _beta_term(x, _softplus(x, beta), beta)))
        ),
        "for beta, the cotangent g is missing.": (
            lambda g, x, beta: (
                g * _sigmoid(beta * x),
                np.sum(_beta_term(x, _softplus(x, beta), beta)),
            )
        ),
    },
)
def _softplus_vjp(g: Any, x: Any, beta: float) -> Any:
    # ∂y/∂β = x·σ(βx)/β − y/β, and β is broadcast to all entries, so its gradient is a sum.
    slope = _sigmoid(beta * x)
    return g * slope, np.sum(g * (x * slope - _softplus(x, beta)) / beta)


def _sign(x: Tensor) -> Tensor:
    return Tensor(np.sign(x.data))


def _instead_of(soft: Callable[[Tensor], Tensor]) -> Callable[[Any], Any]:
    """The value of sign with the slope of another function."""
    return with_slopes(lambda x: soft(x) + (_sign(x) - soft(x)).detach())


@exercise(
    "port.straight_through",
    "binarise(x) takes a Tensor and is sign(x), but its slope is 1 where |x| ≤ 1 and 0 elsewhere.",
    letters="x",
    inputs=[
        (np.array([0.5, -2.0]),),
        (np.array([[0.25, -0.75, 3.0], [-1.5, 0.125, -0.5]]),),
        (np.array([-4.0, 0.75, 1.5, -0.25], np.float32),),
    ],
    mistakes={
        "the value is right, but nothing comes back: the slope of sign is 0, wherever it has one.": (
            with_slopes(lambda x: 0 * x + _sign(x))
        ),
        "the value is right, but the slope is 1 everywhere. It is to be that of clip(x, -1, 1).": (
            _instead_of(lambda x: x)
        ),
        "this is clip(x, -1, 1) itself: right in the slope, but the value must be sign(x).": (
            with_slopes(lambda x: x.clip(-1.0, 1.0))
        ),
        "the value is right, but what comes back has the wrong sign: add clip, and detach sign(x) − clip.": (
            with_slopes(lambda x: (_sign(x) + x.clip(-1.0, 1.0).detach()) - x.clip(-1.0, 1.0))
        ),
        "the value is right, but the slope is clip(x, 0, 1)'s: nothing comes back where x is negative.": (
            _instead_of(lambda x: x.clip(0.0, 1.0))
        ),
        "the value is right, but the slope is ReLU's.": _instead_of(lambda x: x.clip(0.0)),
        "sign and clip are multiplied, which makes the size of clip. The value must be sign(x).": (
            with_slopes(lambda x: _sign(x) * x.clip(-1.0, 1.0))
        ),
        "the value is right, but the slope is tanh's.": _instead_of(lambda x: x.tanh()),
        "the slope is right, but what is detached must be sign(x) minus exactly what stands before it.": (
            with_slopes(lambda x: x.clip(-1.0, 1.0) + (_sign(x) - x).detach())
        ),
        "what is detached is taken away the wrong way round: it must be sign(x) minus clip(x, -1, 1).": (
            with_slopes(lambda x: x.clip(-1.0, 1.0) + (x.clip(-1.0, 1.0) - _sign(x)).detach())
        ),
        "the value is right, but dividing x by its detached size makes a slope of 1/|x|.": (
            with_slopes(lambda x: x / abs(x).detach())
        ),
        "the value is right, but dividing clip by its detached size makes a slope of 1/|x| where |x| < 1.": (
            with_slopes(lambda x: x.clip(-1.0, 1.0) / abs(x.clip(-1.0, 1.0)).detach())
        ),
        "clip is detached and sign(x) is not, so nothing comes back: sign(x) has no slope. Detach the "
        "difference alone.": with_slopes(lambda x: 0 * x + x.clip(-1.0, 1.0).detach() + _sign(x)),
        "sign(x) is added to x without taking x away again.": (
            with_slopes(lambda x: x.clip(-1.0, 1.0) + _sign(x))
        ),
        "the slope is 1 where |x| > 1, the wrong way round.": (
            _instead_of(lambda x: where(abs(x) > 1, x, 0.0))
        ),
    },
)
def _straight_through(x: Any) -> Any:
    return _instead_of(lambda x: x.clip(-1.0, 1.0))(x)
