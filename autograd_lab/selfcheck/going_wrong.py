"""Exercises of the chapter on what goes wrong with gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise, with_slopes
from autograd_lab.tensor import where


@exercise(
    "trouble.init_std",
    "init_std(fan_in, slope) returns the standard deviation of weights that keep the mean square through a "
    "layer with leaky ReLU, which is a above 0 and slope·a below.",
    letters="fan_in slope",
    inputs=[(8, 0.5), (50, 0.25), (300, 0.1), (7, 0.75)],
    mistakes={
        "this is the variance; the standard deviation is its square root.": (
            lambda fan_in, slope: 2 / ((1 + slope**2) * fan_in)
        ),
        "this is ReLU's, as if nothing came through below 0.": lambda fan_in, slope: np.sqrt(2 / fan_in),
        "what comes through below 0 has slope² times the mean square, not slope times.": (
            lambda fan_in, slope: np.sqrt(2 / ((1 + slope) * fan_in))
        ),
        "one half is forgotten: only half of the numbers are above 0, and half below.": (
            lambda fan_in, slope: np.sqrt(1 / ((1 + slope**2) * fan_in))
        ),
        "this is for a layer without any ReLU.": lambda fan_in, slope: np.sqrt(1 / fan_in),
        "only what comes through below 0 is counted; what is above 0 comes through whole.": (
            lambda fan_in, slope: np.sqrt(2 / (slope**2 * fan_in))
        ),
        "it is upside down: a wider layer needs smaller weights.": (
            lambda fan_in, slope: np.sqrt((1 + slope**2) * fan_in / 2)
        ),
        "the mean of the slopes is squared. Take the mean of their squares: E[h'²] is a mean of squares.": (
            lambda fan_in, slope: np.sqrt(1 / (((1 + slope) / 2) ** 2 * fan_in))
        ),
        "the 2 stands outside the root; the variance is 2/((1 + slope²)·fan_in).": (
            lambda fan_in, slope: 2 / np.sqrt((1 + slope**2) * fan_in)
        ),
        "fan_in stands outside the root; it belongs to the variance.": (
            lambda fan_in, slope: np.sqrt(2 / (1 + slope**2)) / fan_in
        ),
        "what comes through below 0 is added, not taken away: 1 + slope².": (
            lambda fan_in, slope: np.sqrt(2 / ((1 - slope**2) * fan_in))
        ),
        "this is the factor by which weights of variance 1 change the mean square; the weights undo it.": (
            lambda fan_in, slope: (1 + slope**2) * fan_in / 2
        ),
        "this is E[h'²]/E[a²], one step on the way. The weights undo it, and fan_in with it.": (
            lambda fan_in, slope: (1 + slope**2) / 2
        ),
        "fan_in is missing: each a is a sum of fan_in products.": (
            lambda fan_in, slope: np.sqrt(2 / (1 + slope**2))
        ),
        "fan_in stands above the line: brackets are missing around the product below it.": (
            lambda fan_in, slope: np.sqrt(2 / (1 + slope**2) * fan_in)
        ),
        "1 + slope is squared. The squares are added one by one: 1 + slope².": (
            lambda fan_in, slope: np.sqrt(2 / ((1 + slope) ** 2 * fan_in))
        ),
        "1 + slope² stands above the line: the more comes through, the smaller the weights.": (
            lambda fan_in, slope: np.sqrt(2 * (1 + slope**2) / fan_in)
        ),
        "this is ReLU's variance. A leak adds to what comes through, and the root is missing.": (
            lambda fan_in, slope: 2 / fan_in
        ),
        "the half is taken of what is below 0 alone; half of the numbers are above 0, too.": (
            lambda fan_in, slope: np.sqrt(1 / ((1 + slope**2 / 2) * fan_in))
        ),
        "the half is taken of what is above 0 alone; half of the numbers are below, too.": (
            lambda fan_in, slope: np.sqrt(1 / ((0.5 + slope**2) * fan_in))
        ),
        "what comes through below 0 is added, not taken away, and its mean square has slope².": (
            lambda fan_in, slope: np.sqrt(2 / ((1 - slope) * fan_in))
        ),
    },
)
def _init_std(fan_in: int, slope: float) -> Any:
    # E[h²] = (1 + slope²)/2 · fan_in · v · E[x²], and the factor before E[x²] is to be 1.
    return np.sqrt(2 / ((1 + slope**2) * fan_in))


def _scaled(factor: Callable[[Any, Any, float], Any]) -> Callable[[Any, Any, float], Any]:
    """The right answer but for the factor, made of both gradients and c."""

    def answer(g1: Any, g2: Any, c: float) -> Any:
        scale = factor(g1, g2, c)
        return g1 * scale, g2 * scale

    return answer


def _length(*arrays: Any) -> Any:
    return np.sqrt(sum(np.sum(g * g) for g in arrays))


def _each_on_its_own(g1: Any, g2: Any, c: float) -> Any:
    return tuple(g * min(1.0, c / _length(g)) for g in (g1, g2))


_single = np.float32

_GRADIENTS = [
    (np.array([1.0, 2.0]), np.array([-2.0, 4.0]), 2.5),
    (np.array([[2.0, -4.0, 1.0], [6.0, 3.0, -5.0]]), np.array([7.0, -1.0, 8.0]), 3.0),
    (np.array([[0.5, -0.25]]), np.array([0.125, 0.75]), 4.0),
    (np.array([[2.0, -4.0], [1.0, 6.0]], _single), np.array([3.0, -5.0], _single), 3.0),
    (np.array([5.0, -12.0]), np.array([0.5, 0.25]), 6.5),
]


@exercise(
    "trouble.clip",
    "clip(g1, g2, c) returns both gradients times min(1, c/n), where n is the length of the two together.",
    letters="g1 g2 c",
    inputs=_GRADIENTS,
    fresh=True,
    mistakes={
        "each array is scaled by its own length, which turns the gradient as a whole. Take one length, over "
        "both.": _each_on_its_own,
        "each entry is held between -c and c, which turns the gradient. Scale all by one factor.": (
            lambda g1, g2, c: (np.clip(g1, -c, c), np.clip(g2, -c, c))
        ),
        "a short gradient is stretched to the length c. Only one that is longer than c changes.": (
            _scaled(lambda g1, g2, c: c / _length(g1, g2))
        ),
        "n is the square root of the sum of squares; the root is missing.": (
            _scaled(lambda g1, g2, c: min(1.0, c / _length(g1, g2) ** 2))
        ),
        "n is the length of g1 alone. The gradient is both arrays together.": (
            _scaled(lambda g1, g2, c: min(1.0, c / _length(g1)))
        ),
        "n is the length of g2 alone. The gradient is both arrays together.": (
            _scaled(lambda g1, g2, c: min(1.0, c / _length(g2)))
        ),
        "a gradient that is too long becomes 0. It is to be shortened to the length c.": (
            _scaled(lambda g1, g2, c: float(_length(g1, g2) <= c))
        ),
        "every gradient is multiplied by c. The factor is min(1, c/n).": _scaled(lambda g1, g2, c: c),
        "c stands below the line: the factor is c/n, so that the length becomes c.": (
            _scaled(lambda g1, g2, c: min(1.0, 1 / (c * _length(g1, g2))))
        ),
        "each array has a bound of its own, c/√2, which turns the gradient. Take one length, over both.": (
            lambda g1, g2, c: tuple(g * min(1.0, c / np.sqrt(2) / _length(g)) for g in (g1, g2))
        ),
        "a long gradient loses the length c, and keeps the rest. What is to be left is c.": (
            _scaled(lambda g1, g2, c: 1 - c / _length(g1, g2) if _length(g1, g2) > c else 1.0)
        ),
        "n is the largest entry. The length is the root of the sum of squares.": (
            _scaled(lambda g1, g2, c: min(1.0, c / max(np.abs(g1).max(), np.abs(g2).max())))
        ),
        "n is the sum of the two lengths. The length of both together is the root of all squares added up.": (
            _scaled(lambda g1, g2, c: min(1.0, c / (_length(g1) + _length(g2))))
        ),
        "n is the longer of the two lengths. That of both together is the root of all squares added up.": (
            _scaled(lambda g1, g2, c: min(1.0, c / max(_length(g1), _length(g2))))
        ),
        "n is the sum of the entries' sizes. The length is the root of the sum of squares.": (
            _scaled(lambda g1, g2, c: min(1.0, c / (np.abs(g1).sum() + np.abs(g2).sum())))
        ),
        "n is the root of the mean of squares. The length is the root of their sum.": (
            _scaled(lambda g1, g2, c: min(1.0, c / _length(g1, g2) * np.sqrt(g1.size + g2.size)))
        ),
        "norm(..., 2) of a matrix is its largest stretch, not the root of its squares. Leave out the 2.": (
            _scaled(lambda g1, g2, c: min(1.0, c / np.hypot(np.linalg.norm(g1, 2), np.linalg.norm(g2, 2))))
        ),
        "max stands where min is asked for: long gradients stay long, short ones are stretched.": (
            _scaled(lambda g1, g2, c: max(1.0, c / _length(g1, g2)))
        ),
        "every gradient gets the length 1. Only one that is longer than c changes, to the length c.": (
            _scaled(lambda g1, g2, c: 1 / _length(g1, g2))
        ),
        "a long gradient gets the length 1, not c.": (
            _scaled(lambda g1, g2, c: 1 / _length(g1, g2) if _length(g1, g2) > c else 1.0)
        ),
        "the factor is upside down: it makes long gradients longer.": (
            _scaled(lambda g1, g2, c: max(1.0, _length(g1, g2) / c))
        ),
    },
)
def _clip(g1: Any, g2: Any, c: float) -> Any:
    scale = min(1.0, c / _length(g1, g2))
    return g1 * scale, g2 * scale


@exercise(
    "trouble.safe_sqrt",
    "safe_sqrt(x) takes a Tensor and is √x above 0, and 0 elsewhere; its value and its slope are checked.",
    letters="x",
    inputs=[
        (np.array([4.0, 0.0, -1.0]),),
        (np.array([[9.0, -4.0, 0.25], [0.0, 16.0, -2.0]]),),
        (np.array([1.0, 25.0]),),
        (np.array([0.0, 4.0, -9.0, 0.0625], np.float32),),
    ],
    mistakes={
        "the value is right, the slope is NaN where x ≤ 0: sqrt still sees 0 there, its slope is infinite, "
        "and a cotangent of 0 times infinity is NaN. Let where choose the input of sqrt too.": (
            with_slopes(lambda x: where(x > 0, x.sqrt(), 0.0))
        ),
        "the input is safe, but where x ≤ 0 the value is the stand-in's. A second where puts 0 there.": (
            with_slopes(lambda x: where(x > 0, x, 1.0).sqrt())
        ),
        "a product with a mask does not remove what is not finite: 0 times NaN is NaN. Let where pick.": (
            with_slopes(lambda x: (x > 0).astype(x.dtype) * x.sqrt())
        ),
        "a small number under the root is another function, with a huge slope at 0 and NaN below.": (
            with_slopes(lambda x: (x + 1e-8).sqrt())
        ),
        "holding x at a small number from below leaves a value above 0 where 0 is asked for.": (
            with_slopes(lambda x: x.clip(1e-8).sqrt())
        ),
        "where x ≤ 0 the value is the root of the small number at which x is held; 0 is asked for.": (
            with_slopes(lambda x: x.clip(1e-12).sqrt())
        ),
        "this is √x itself: its slope is infinite at 0 and, like its value, NaN below.": (
            with_slopes(lambda x: x.sqrt())
        ),
        "at 0 the root is still taken of 0, where its slope is infinite: ask for x > 0, not x >= 0.": (
            with_slopes(lambda x: where(x >= 0, where(x >= 0, x, 1.0).sqrt(), 0.0))
        ),
        "the absolute value takes roots of negative numbers too; 0 is asked for there.": (
            with_slopes(lambda x: where(x == 0, 0.0, where(x == 0, 1.0, x.abs()).sqrt()))
        ),
        "the absolute value helps below 0. At 0 the slope of sqrt is still infinite, and 0 times infinity is "
        "NaN.": with_slopes(lambda x: where(x > 0, x.abs().sqrt(), 0.0)),
        "a small number under the root helps at 0. Below, sqrt still sees a negative number, and the slope "
        "is NaN.": with_slopes(lambda x: where(x > 0, (x + 1e-9).sqrt(), 0.0)),
        "below 0 it gives x itself, with the slope 1. Both are to be 0 there.": (
            with_slopes(lambda x: where(x > 0, where(x > 0, x, 1.0).sqrt(), x))
        ),
        "the value is right, but it is detached, so no slope comes back.": (
            with_slopes(lambda x: 0 * x + where(x > 0, where(x > 0, x, 1.0).sqrt(), 0.0).detach())
        ),
    },
)
def _safe_sqrt(x: Any) -> Any:
    return with_slopes(lambda t: where(t > 0, where(t > 0, t, 1.0).sqrt(), 0.0))(x)
