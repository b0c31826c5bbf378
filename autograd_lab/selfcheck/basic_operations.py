"""Exercises of the chapter on Add, Mul, Pow, Log, ReLU, exp and tanh."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise


def _array(*numbers: Any, dtype: Any = np.float64) -> Any:
    return np.array(numbers, dtype=dtype)


@exercise(
    "basic.self_power",
    "vjp(g, x) returns the gradient for x of z = x**x, entry by entry, given the cotangent g; x is positive.",
    letters="g x",
    inputs=[
        (_array(3, -5), _array(2, 4)),
        (_array([2, -3, 5], [-4, 7, 6]), _array([0.25, 3, 1.5], [2.5, 0.75, 2])),
        (_array(4, -2, 3, dtype=np.float32), _array(0.5, 3, 2, dtype=np.float32)),
    ],
    mistakes={
        "that is the rule for the base alone. x is the exponent too: add what comes through it.": (
            lambda g, x: g * x**x
        ),
        "that is the rule for the exponent alone. x is the base too: add what comes through it.": (
            lambda g, x: g * x**x * np.log(x)
        ),
        "the two rules are multiplied. One x in two places: what comes through each of them is added.": (
            lambda g, x: g * x**x * (x**x * np.log(x))
        ),
        "both contributions are right. There is one x, so add them.": (
            lambda g, x: (g * x**x, g * x**x * np.log(x))
        ),
        "in the rule for the base the exponent does not go down by 1: y·x^(y−1) with y = x.": (
            lambda g, x: g * (x * x**x + x**x * np.log(x))
        ),
        "in the rule for the base the exponent does not come down in front: y·x^(y−1) with y = x.": (
            lambda g, x: g * (x ** (x - 1) + x**x * np.log(x))
        ),
        "in the rule for the exponent the value is missing: x^y·log x, not log x.": (
            lambda g, x: g * (x**x + np.log(x))
        ),
        "in the rule for the exponent the logarithm is missing.": lambda g, x: g * (x**x + x**x),
        "the logarithm must be the natural one, np.log.": lambda g, x: g * x**x * (1 + np.log10(x)),
        "the logarithm must be the natural one, np.log, not that to the base 2.": (
            lambda g, x: g * x**x * (1 + np.log2(x))
        ),
        "the cotangent g is missing: this is the slope. A VJP multiplies by g, entry by entry.": (
            lambda g, x: x**x * (1 + np.log(x))
        ),
        "g multiplies what comes through the base alone. It belongs to both contributions.": (
            lambda g, x: g * x**x + x**x * np.log(x)
        ),
        "the two contributions are subtracted; what comes through each of them is added.": (
            lambda g, x: g * x**x * (1 - np.log(x))
        ),
        "g multiplies what comes through the exponent alone. It belongs to both contributions.": (
            lambda g, x: x**x + g * x**x * np.log(x)
        ),
        "that is the slope of the exponent in e^(x·log x). The slope of exp is its value: the factor x^x is "
        "missing.": lambda g, x: g * (1 + np.log(x)),
        "in e^(x·log x) the slope of x·log x is that of a product: log x from the first factor, and "
        "x·(1/x) = 1 from the second.": lambda g, x: g * x**x / x,
        "in the rule for the exponent, x^y·log x, there is no further factor x.": (
            lambda g, x: g * x**x * (1 + x * np.log(x))
        ),
        "that is the value z. Its VJP is g times the slope.": lambda g, x: x**x,
    },
)
def _self_power(g: Any, x: Any) -> Any:
    # For the base g·x·x^(x−1) = g·xˣ, for the exponent g·xˣ·log x.
    return g * x**x * (1 + np.log(x))


def _log_base_with(*, for_x: Any = lambda g, x, y: g / (x * np.log(y)), for_y: Any = None) -> Any:
    """The right answer, with one of its two rules replaced."""
    for_y = for_y or (lambda g, x, y: -g * np.log(x) / (y * np.log(y) ** 2))
    return lambda g, x, y: (for_x(g, x, y), for_y(g, x, y))


@exercise(
    "basic.log_base",
    "vjp(g, x, y) returns the gradients for x and for y of z = log x / log y, entry by entry, given the "
    "cotangent g; x and y are positive and y is not 1.",
    letters="g x y",
    inputs=[
        (_array(3, -5), _array(4, 0.5), _array(2, 3)),
        (_array([2, -3, 5], [-4, 7, 6]), _array([3, 0.25, 7], [2, 5, 1.5]), _array([2, 5, 0.5], [6, 3, 4])),
        (
            _array(4, -2, 3, dtype=np.float32),
            _array(5, 3, 2, dtype=np.float32),
            _array(2, 4, 3, dtype=np.float32),
        ),
    ],
    mistakes={
        "for x, the divisor log y is missing.": _log_base_with(for_x=lambda g, x, y: g / x),
        "for x, the slope 1/x of log x is missing.": _log_base_with(for_x=lambda g, x, y: g / np.log(y)),
        "for y, log y must be squared: the slope of 1/u is −1/u².": (
            _log_base_with(for_y=lambda g, x, y: -g * np.log(x) / (y * np.log(y)))
        ),
        "for y, the logarithm is squared, log(y)**2, and not the y under it.": (
            _log_base_with(for_y=lambda g, x, y: -g * np.log(x) / (y * np.log(y**2)))
        ),
        "for y, only log y is squared. The factor 1/y of its slope is not.": (
            _log_base_with(for_y=lambda g, x, y: -g * np.log(x) / (y * np.log(y)) ** 2)
        ),
        "z is the same with any logarithm, but the slope 1/x belongs to the natural one, np.log.": (
            lambda g, x, y: (g / (x * np.log10(y)), -g * np.log10(x) / (y * np.log10(y) ** 2))
        ),
        "for x, log y divides, as it does in z. It does not move with x.": (
            _log_base_with(for_x=lambda g, x, y: g * np.log(y) / x)
        ),
        "for x, the divisor is log y, and not y itself.": _log_base_with(for_x=lambda g, x, y: g / (x * y)),
        "for x, the cotangent g is missing.": _log_base_with(for_x=lambda g, x, y: 1 / (x * np.log(y))),
        "for y, the cotangent g is missing.": (
            _log_base_with(for_y=lambda g, x, y: -np.log(x) / (y * np.log(y) ** 2))
        ),
        "for y, the wrong factor is squared: log y is, by the slope −1/u² of 1/u, and y is not.": (
            _log_base_with(for_y=lambda g, x, y: -g * np.log(x) / (y**2 * np.log(y)))
        ),
        "for y, −1/y² is the slope of 1/y. The divisor is log y: −1/log(y)², times the slope 1/y of log y.": (
            _log_base_with(for_y=lambda g, x, y: -g * np.log(x) / y**2)
        ),
        "for y, that has the slope 1/y of log y, and not yet the slope −1/u² of 1/u: log(y)**2 is missing "
        "below.": _log_base_with(for_y=lambda g, x, y: -g * np.log(x) / y),
        "for y, the slope of log y is 1/y, which divides. Here y multiplies.": (
            _log_base_with(for_y=lambda g, x, y: -g * np.log(x) * y / np.log(y) ** 2)
        ),
        "for y, the other factor is log x, and not x itself.": (
            _log_base_with(for_y=lambda g, x, y: -g * x / (y * np.log(y) ** 2))
        ),
        "for y, the chain stops too early: after the slope of 1/u comes that of u = log y, which is 1/y.": (
            _log_base_with(for_y=lambda g, x, y: -g * np.log(x) / np.log(y) ** 2)
        ),
        "for y, the factor log x is missing.": (
            _log_base_with(for_y=lambda g, x, y: -g / (y * np.log(y) ** 2))
        ),
        "for y, that is the slope of log y. It stands in the divisor: the slope of 1/u is −1/u².": (
            _log_base_with(for_y=lambda g, x, y: g / y)
        ),
        "these are the gradients of x / y. Send them on through the two logarithms.": (
            lambda g, x, y: (g / y, -g * x / y**2)
        ),
        "these are the gradients for log x and for log y. Send them on: divide them by x and by y.": (
            lambda g, x, y: (g / np.log(y), -g * np.log(x) / np.log(y) ** 2)
        ),
        "these are the gradients of log(x / y), which is another function: log x − log y.": (
            lambda g, x, y: (g / x, -g / y)
        ),
        "the cotangent g is missing: these are the slopes. A VJP multiplies by g, entry by entry.": (
            lambda g, x, y: (1 / (x * np.log(y)), -np.log(x) / (y * np.log(y) ** 2))
        ),
    },
)
def _log_base(g: Any, x: Any, y: Any) -> Any:
    # z = u / v with u = log x and v = log y. For u: g/v, for v: −g·u/v². Then Log divides by x and by y.
    u, v = np.log(x), np.log(y)
    return g / (x * v), -g * u / (y * v**2)


def _softplus_value(x: Any) -> Any:
    return np.logaddexp(0, x)


def _logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _rounded_value(x: Any) -> Any:
    """Right for large x, but 0 for x = −40, since 1 + exp(−40) rounds to 1."""
    return np.maximum(x, 0) + np.log(1 + np.exp(-np.abs(x)))


@exercise(
    "basic.softplus",
    "softplus(g, x) returns the value z = log(1 + exp(x)) and, given the cotangent g, the gradient for x. "
    "Both must be right for x = 800 and for x = −40.",
    letters="g x",
    inputs=[
        (_array(2, -3), _array(-2, 3)),
        (_array(2, -3, 5), _array(-2, 800, 0.5)),
        (_array(5, 4, -7), _array(-3, -40, 35)),
        (_array(4, -2, 3, dtype=np.float32), _array(0.5, 90, -20, dtype=np.float32)),
    ],
    mistakes={
        "for x = 800, exp(x) overflows, in the value and in the slope. Where x > 0 use log(1 + exp(x)) = "
        "x + log(1 + exp(−x)).": (lambda g, x: (np.log(1 + np.exp(x)), g * np.exp(x) / (1 + np.exp(x)))),
        "the value overflows for x = 800. Where x > 0 use log(1 + exp(x)) = x + log(1 + exp(−x)).": (
            lambda g, x: (np.log(1 + np.exp(x)), g * _logistic(x))
        ),
        "the value is right. In the slope exp(x) overflows for x = 800, and inf / inf is no number.": (
            lambda g, x: (_softplus_value(x), g * np.exp(x) / (1 + np.exp(x)))
        ),
        "for x = −40 the value is about 4e-18, and not 0. Beside the 1 in log(1 + exp(x)), or beside the x "
        "in x + log1p(exp(−x)), it is rounded away. Where x < 0 use log1p(exp(x)).": (
            lambda g, x: (_rounded_value(x), g * _logistic(x))
        ),
        "the value is right. For x = −40 the slope is about 4e-18, and not 0. As a difference from 1, as in "
        "1 − exp(−z), it is rounded away. There is np.expm1.": (
            lambda g, x: (_softplus_value(x), g * (1 - np.exp(-_softplus_value(x))))
        ),
        "for x = −40 value and slope are about 4e-18, and not 0. Beside the 1 in log(1 + exp(x)), or beside "
        "the x in x + log1p(exp(−x)), that is rounded away. Where x < 0 use log1p(exp(x)), and np.expm1 for "
        "the slope.": (lambda g, x: (_rounded_value(x), g * (1 - np.exp(-_rounded_value(x))))),
        "exp(x) still overflows for x = 800. Where x > 0 use x + log1p(exp(−x)).": (
            lambda g, x: (np.log1p(np.exp(x)), -g * np.expm1(-np.log1p(np.exp(x))))
        ),
        "exp(x) overflows for x = 800; and for x = −40, 1 + exp(x) rounds to 1. Where x > 0 use "
        "x + log1p(exp(−x)).": lambda g, x: (np.log(1 + np.exp(x)), g * (1 - np.exp(-np.log(1 + np.exp(x))))),
        "that is ReLU. Softplus has no kink.": lambda g, x: (np.maximum(x, 0), g * (x > 0)),
        "the value is right, but that is the slope of ReLU. That of softplus rises smoothly from 0 to 1.": (
            lambda g, x: (_softplus_value(x), g * (x > 0))
        ),
        "in the value max(x, 0) is missing: log1p(exp(−|x|)) is what stands above the two lines of ReLU.": (
            lambda g, x: (np.log1p(np.exp(-np.abs(x))), g * _logistic(x))
        ),
        "the value mixes two formulas: with x in front the exponent is −x, with max(x, 0) it is −|x|.": (
            lambda g, x: (np.maximum(x, 0) + np.log1p(np.exp(-x)), g * _logistic(x))
        ),
        "the value is right. The slope is 1 − exp(−z), with the output z; here it has the input x.": (
            lambda g, x: (_softplus_value(x), g * (1 - np.exp(-x)))
        ),
        "the value is right, but it stands in the slope as well. The slope is 1 − exp(−z).": (
            lambda g, x: (_softplus_value(x), g * _softplus_value(x))
        ),
        "the slope stops after the logarithm: multiply 1/(1 + exp(x)) by the slope of exp(x) as well.": (
            lambda g, x: (_softplus_value(x), g * _logistic(-x))
        ),
        "the value is right. exp(−z) is 1/(1 + exp(x)), the slope of the logarithm alone. The whole slope is "
        "1 minus that.": lambda g, x: (_softplus_value(x), g * np.exp(-_softplus_value(x))),
        "the slope of softplus is σ(x). σ·(1 − σ) would be the slope of σ.": (
            lambda g, x: (_softplus_value(x), g * _logistic(x) * (1 - _logistic(x)))
        ),
        "that is σ of the value z. The slope is σ of the input x, or 1 − exp(−z).": (
            lambda g, x: (_softplus_value(x), g * _logistic(_softplus_value(x)))
        ),
        "the cotangent g is missing: a gradient is g times the slope.": (
            lambda g, x: (_softplus_value(x), _logistic(x))
        ),
    },
    atol=0.0,
)
def _softplus(g: Any, x: Any) -> Any:
    # The slope σ(x) from the value: 1 − exp(−z), as −expm1(−z), which keeps its digits near z = 0.
    z = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return z, -g * np.expm1(-z)
