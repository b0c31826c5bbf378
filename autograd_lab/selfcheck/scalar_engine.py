"""Exercises of the chapter on the scalar engine."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise


def _logistic(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


@exercise(
    "scalar.sigmoid",
    "sigmoid(x) returns the value v = 1/(1 + exp(−x)) and the slope dv/dx.",
    letters="x",
    inputs=[(0.5,), (-1.0,), (3.0,)],
    mistakes={
        "slope and value are exchanged: the value comes first.": (
            lambda x: (_logistic(x) * (1 - _logistic(x)), _logistic(x))
        ),
        "the slope is v·(1 − v) with the value v, not with the input x.": (
            lambda x: (_logistic(x), x * (1 - x))
        ),
        "1 − v² is the slope of tanh.": lambda x: (_logistic(x), 1 - _logistic(x) ** 2),
        "the slope is only half of the product: a factor v or 1 − v is missing.": (
            lambda x: (_logistic(x), 1 - _logistic(x))
        ),
        "the slope is v·(1 − v). This is its factor v alone.": lambda x: (_logistic(x), _logistic(x)),
        "the slope is v·(1 − v). You have v·(1 − v²), but 1 − v² belongs to tanh.": (
            lambda x: (_logistic(x), _logistic(x) * (1 - _logistic(x) ** 2))
        ),
        "the slope has the factor 1 − v once, and v once.": (
            lambda x: (_logistic(x), (1 - _logistic(x)) ** 2)
        ),
        "this is the slope of 1/u at u = 1 + exp(−x). The slope of u itself is missing: −exp(−x).": (
            lambda x: (_logistic(x), -(_logistic(x) ** 2))
        ),
        "the slope of u = 1 + exp(−x) is missing, −exp(−x), and 1/u has the slope −1/u².": (
            lambda x: (_logistic(x), _logistic(x) ** 2)
        ),
        "the exponent is −x. With exp(x) the value falls where it should rise.": (
            lambda x: (_logistic(-x), _logistic(-x) * (1 - _logistic(-x)))
        ),
        "this is tanh. The logistic function is 1/(1 + exp(−x)), which lies between 0 and 1.": (
            lambda x: (np.tanh(x), 1 - np.tanh(x) ** 2)
        ),
    },
)
def _sigmoid(x: Any) -> Any:
    v = _logistic(x)
    return v, v * (1 - v)


def _at_sum(w: float, b: float, x: Any, t: Any) -> Any:
    """The gradient of each term at the sum w·x + b."""
    v = np.tanh(w * x + b)
    return 2 * (v - t) * (1 - v * v)


def _without_tanh(w: float, b: float, x: Any, t: Any) -> Any:
    g = 2 * (np.tanh(w * x + b) - t)
    return np.sum(g * x), np.sum(g)


def _slope_at_input(w: float, b: float, x: Any, t: Any) -> Any:
    z = w * x + b
    g = 2 * (np.tanh(z) - t) * (1 - z * z)
    return np.sum(g * x), np.sum(g)


def _with(outer: Any, inner: Any) -> Any:
    """The right sums, but with other slopes of the square and of tanh, functions of v and t."""

    def answer(w: float, b: float, x: Any, t: Any) -> Any:
        v = np.tanh(w * x + b)
        g = outer(v, t) * inner(v)
        return np.sum(g * x), np.sum(g)

    return answer


def _sums_multiplied(w: float, b: float, x: Any, t: Any) -> Any:
    v = np.tanh(w * x + b)
    g, s = np.sum(2 * (v - t)), 1 - v * v
    return g * np.sum(s * x), g * np.sum(s)


@exercise(
    "scalar.neuron",
    "neuron_gradient(w, b, x, t) returns ∂L/∂w and ∂L/∂b of L = Σ (tanh(w·x + b) − t)².",
    letters="w b x t",
    inputs=[
        (0.5, -0.25, np.array([2.0]), np.array([1.0])),
        (-0.5, 0.1, np.array([1.0, 3.0]), np.array([1.0, -1.0])),
        (0.3, 0.2, np.array([-1.0, 0.5, 2.0]), np.array([0.5, 0.0, -1.0])),
    ],
    mistakes={
        "the gradients of the samples are overwritten: they must be added up.": (
            lambda w, b, x, t: (_at_sum(w, b, x, t)[-1] * x[-1], _at_sum(w, b, x, t)[-1])
        ),
        "the edge through tanh is missing: its slope is 1 − v².": _without_tanh,
        "the slope of tanh is 1 − v² with its value v, not with its input.": _slope_at_input,
        "the bias has been given the factor x as well; its slope in w·x + b is 1.": (
            lambda w, b, x, t: (np.sum(_at_sum(w, b, x, t) * x),) * 2
        ),
        "the edge from w carries the slope x: its factor is missing.": (
            lambda w, b, x, t: (np.sum(_at_sum(w, b, x, t)),) * 2
        ),
        "the slope of w·x + b with respect to w is x; w itself is the slope with respect to x.": (
            lambda w, b, x, t: (np.sum(_at_sum(w, b, x, t) * w), np.sum(_at_sum(w, b, x, t)))
        ),
        "the square is missing: the slope of tanh is 1 − v².": (
            _with(lambda v, t: 2 * (v - t), lambda v: 1 - v)
        ),
        "the slope of tanh is 1 − v², which is not (1 − v)².": (
            _with(lambda v, t: 2 * (v - t), lambda v: (1 - v) ** 2)
        ),
        "the square's slope is 2·(v − t); its factor v − t is missing.": (
            _with(lambda v, t: 2, lambda v: 1 - v * v)
        ),
        "the square stands there with its value. Its slope is 2·(v − t).": (
            _with(lambda v, t: (v - t) ** 2, lambda v: 1 - v * v)
        ),
        "b is missing: tanh is taken at w·x + b.": (
            lambda w, b, x, t: (np.sum(_at_sum(w, 0, x, t) * x), np.sum(_at_sum(w, 0, x, t)))
        ),
        "these are the gradients of the first sample alone. Is the return inside the loop?": (
            lambda w, b, x, t: (_at_sum(w, b, x, t)[0] * x[0], _at_sum(w, b, x, t)[0])
        ),
        "each sample has a gradient of its own. w and b have an edge to every sample, so these add up.": (
            lambda w, b, x, t: (_at_sum(w, b, x, t) * x, _at_sum(w, b, x, t))
        ),
        "sums over the samples are multiplied. Multiply along the edges of one sample, then add.": (
            _sums_multiplied
        ),
        "∂L/∂b has the factor b, but the slope of w·x + b with respect to b is 1.": (
            lambda w, b, x, t: (np.sum(_at_sum(w, b, x, t) * x), np.sum(_at_sum(w, b, x, t)) * b)
        ),
        "the edge from b has the slope 1, and is still multiplied by what arrives at the sum.": (
            lambda w, b, x, t: (np.sum(_at_sum(w, b, x, t) * x), 1.0)
        ),
        "math.tanh takes one number. Go through x and t in a loop, or take np.tanh.": (
            lambda w, b, x, t: math.tanh(w * x + b)
        ),
        "the results are exchanged: ∂L/∂w comes first.": (
            lambda w, b, x, t: (np.sum(_at_sum(w, b, x, t)), np.sum(_at_sum(w, b, x, t) * x))
        ),
    },
)
def _neuron(w: Any, b: Any, x: Any, t: Any) -> Any:
    g = _at_sum(w, b, x, t)
    return np.sum(g * x), np.sum(g)


def _shifted(x: Any) -> tuple[Any, Any]:
    e = np.exp(x - np.max(x))
    return np.max(x), e


@exercise(
    "scalar.logsumexp",
    "logsumexp(x) returns v = log Σ exp(x) of an array, and the array of the slopes ∂v/∂x.",
    letters="x",
    inputs=[
        (np.array([0.5]),),
        (np.array([1.0, -1.0]),),
        (np.array([0.5, 2.0, -3.0]),),
        (np.array([999.0, 1000.0, 998.0]),),
        (np.array([1000.0, -1000.0]),),
    ],
    mistakes={
        "right for small numbers, but exp overflows for large ones. Subtract the largest entry first.": (
            lambda x: (np.log(np.sum(np.exp(x))), np.exp(x) / np.sum(np.exp(x)))
        ),
        "subtracting the mean or the smallest entry helps only where all are close together. Subtract the "
        "largest.": (
            lambda x: (
                np.mean(x) + np.log(np.sum(np.exp(x - np.mean(x)))),
                np.exp(x - np.mean(x)) / np.sum(np.exp(x - np.mean(x))),
            )
        ),
        "the largest entry is subtracted, but never added to the logarithm again.": (
            lambda x: (np.log(np.sum(_shifted(x)[1])), _shifted(x)[1] / np.sum(_shifted(x)[1]))
        ),
        "the slopes are not divided by the sum: the edge through the logarithm has the slope 1/Σ.": (
            lambda x: (_shifted(x)[0] + np.log(np.sum(_shifted(x)[1])), _shifted(x)[1])
        ),
        "every input has been given the slope of the logarithm alone; the factor exp(x) is missing.": (
            lambda x: (
                _shifted(x)[0] + np.log(np.sum(_shifted(x)[1])),
                np.ones_like(x) / np.sum(_shifted(x)[1]),
            )
        ),
        "right for small numbers, but math.exp raises an error for large ones. Subtract the largest entry "
        "first.": lambda x: (
            math.log(sum(math.exp(a) for a in x)),
            [math.exp(a) / sum(math.exp(b) for b in x) for a in x],
        ),
        "the value is safe, but the slopes still take exp of large numbers. Subtract the largest there as "
        "well.": (lambda x: (_shifted(x)[0] + np.log(np.sum(_shifted(x)[1])), np.exp(x) / np.sum(np.exp(x)))),
        "the slopes are divided by the number of entries; the slope of the logarithm is 1/Σ.": (
            lambda x: (_shifted(x)[0] + np.log(np.sum(_shifted(x)[1])), _shifted(x)[1] / len(x))
        ),
        "the slopes have an extra −1 at the largest entry. It is subtracted and added again, so it drops "
        "out.": lambda x: (
            _shifted(x)[0] + np.log(np.sum(_shifted(x)[1])),
            _shifted(x)[1] / np.sum(_shifted(x)[1]) - (x == np.max(x)),
        ),
        "these are the logarithms of the slopes: take exp of them.": lambda x: (
            _shifted(x)[0] + np.log(np.sum(_shifted(x)[1])),
            x - _shifted(x)[0] - np.log(np.sum(_shifted(x)[1])),
        ),
        "the value is the logarithm of a mean; asked for is that of the sum.": lambda x: (
            _shifted(x)[0] + np.log(np.mean(_shifted(x)[1])),
            _shifted(x)[1] / np.sum(_shifted(x)[1]),
        ),
    },
)
def _logsumexp(x: Any) -> Any:
    m, e = _shifted(x)
    return m + np.log(np.sum(e)), e / np.sum(e)
