"""Exercises of the chapter on the scalar engine."""

from __future__ import annotations

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
        "subtracting the mean helps only where all entries are close to it. Subtract the largest.": (
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
    },
)
def _logsumexp(x: Any) -> Any:
    m, e = _shifted(x)
    return m + np.log(np.sum(e)), e / np.sum(e)
