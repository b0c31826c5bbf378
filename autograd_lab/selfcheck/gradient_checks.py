"""Exercises of the chapter on checking gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise


@exercise(
    "checks.excess",
    "excess(analytic, numeric, atol, rtol) returns the largest of |analytic − numeric| / "
    "(atol + rtol |numeric|): a check passes if it is at most 1.",
    letters="analytic numeric atol rtol",
    inputs=[
        (np.array([1.0, -2.5]), np.array([1.5, -1.0]), 0.1, 0.2),
        (np.array([3.0, 0.0, -1.0]), np.array([4.0, 0.25, -1.0]), 0.05, 0.5),
        (np.array([0.5, -3.0]), np.array([-2.0, 5.0]), 0.5, 0.125),  # wrong signs
        (np.array([2.0, -4.5]), np.array([1.5, -4.0]), 0.25, 0.5),  # passes
        (np.array([[0.5, 8.0], [0.0, -4.0]]), np.array([[0.0, 9.0], [0.125, -6.0]]), 0.25, 0.25),
    ],
    mistakes={
        "the tolerance is measured by the analytic gradient. That one is on trial: use the numeric one.": (
            lambda a, n, atol, rtol: np.max(np.abs(a - n) / (atol + rtol * np.abs(a)))
        ),
        "without the absolute value, an entry that is too small passes unseen.": (
            lambda a, n, atol, rtol: np.max((a - n) / (atol + rtol * np.abs(n)))
        ),
        "the largest error is divided by the largest tolerance. Compare entry by entry first.": (
            lambda a, n, atol, rtol: np.max(np.abs(a - n)) / np.max(atol + rtol * np.abs(n))
        ),
        "the mean lets many right entries hide a wrong one: take the largest.": (
            lambda a, n, atol, rtol: np.mean(np.abs(a - n) / (atol + rtol * np.abs(n)))
        ),
        "the numeric gradient has signs: without its absolute value the tolerance can be negative.": (
            lambda a, n, atol, rtol: np.max(np.abs(a - n) / (atol + rtol * n))
        ),
        "it only says whether the check passes; by how much it does or fails is asked for.": (
            lambda a, n, atol, rtol: np.max(np.abs(a - n) / (atol + rtol * np.abs(n))) <= 1
        ),
        "the tolerance is subtracted from the error, which is to be divided by it.": (
            lambda a, n, atol, rtol: np.max(np.abs(a - n) - (atol + rtol * np.abs(n)))
        ),
        "atol is a part of the tolerance too: it is added, so that a gradient of 0 has some.": (
            lambda a, n, atol, rtol: np.max(np.abs(a - n) / (rtol * np.abs(n)))
        ),
        "atol and rtol are exchanged: rtol is the one beside |numeric|.": (
            lambda a, n, atol, rtol: np.max(np.abs(a - n) / (rtol + atol * np.abs(n)))
        ),
        "this has a number for each entry. Asked for is the largest.": (
            lambda a, n, atol, rtol: np.abs(a - n) / (atol + rtol * np.abs(n))
        ),
        "the brackets are missing: all of atol + rtol |numeric| is below the line.": (
            lambda a, n, atol, rtol: np.max(np.abs(a - n) / atol + rtol * np.abs(n))
        ),
        "the sizes are compared, so a wrong sign passes: take the absolute value of the difference.": (
            lambda a, n, atol, rtol: np.max(np.abs(np.abs(a) - np.abs(n)) / (atol + rtol * np.abs(n)))
        ),
        "the tolerance is measured by the larger of both, which helps a gradient that is too large: use "
        "the numeric one.": (
            lambda a, n, atol, rtol: np.max(np.abs(a - n) / (atol + rtol * np.maximum(np.abs(a), np.abs(n))))
        ),
        "this is the largest error. Divide each by its tolerance first.": (
            lambda a, n, atol, rtol: np.max(np.abs(a - n))
        ),
        "rtol |numeric| is a part of the tolerance too: it allows more where the slope is large.": (
            lambda a, n, atol, rtol: np.max(np.abs(a - n) / atol)
        ),
        "the size of the slope is missing in the tolerance: rtol stands beside |numeric|.": (
            lambda a, n, atol, rtol: np.max(np.abs(a - n) / (atol + rtol))
        ),
        "the sum lets many small errors add up to a large one: take the largest.": (
            lambda a, n, atol, rtol: np.sum(np.abs(a - n) / (atol + rtol * np.abs(n)))
        ),
        "the quotient is upside down: the error is divided by the tolerance.": (
            lambda a, n, atol, rtol: np.max((atol + rtol * np.abs(n)) / np.abs(a - n))
        ),
        "that is the smallest, which hides all others: take the largest.": (
            lambda a, n, atol, rtol: np.min(np.abs(a - n) / (atol + rtol * np.abs(n)))
        ),
        "max of Python compares whole rows of an array with two axes: use np.max.": (
            lambda a, n, atol, rtol: max(np.abs(a - n) / (atol + rtol * np.abs(n)))
        ),
        "an entry that passes counts as 1 here. Asked for is the quotient itself, also where it is below "
        "1.": (lambda a, n, atol, rtol: max(1.0, np.max(np.abs(a - n) / (atol + rtol * np.abs(n))))),
    },
)
def _excess(analytic: Any, numeric: Any, atol: float, rtol: float) -> Any:
    return np.max(np.abs(analytic - numeric) / (atol + rtol * np.abs(numeric)))


def cube(x: Any) -> Any:
    """Sum of the cubes."""
    return np.sum(x**3)


def product_of_sines(x: Any) -> Any:
    """Product of the sines."""
    return np.prod(np.sin(x))


def log_sum_exp(x: Any) -> Any:
    """Logarithm of the sum of the exponentials."""
    return np.log(np.sum(np.exp(x)))


@exercise(
    "checks.slope",
    "slope(f, x, d, h) returns the central difference of f at x along the direction d, with step h.",
    letters="f x d h",
    inputs=[
        (cube, np.array([1.0, 2.0]), np.array([3.0, -0.5]), 0.1),
        (cube, np.array([1.0, 2.0]), np.array([0.5, -3.0]), 0.1),
        (product_of_sines, np.array([0.5, 1.0, 2.0]), np.array([1.0, -2.0, 0.5]), 0.1),
        (log_sum_exp, np.array([[0.5, 1.0], [-1.0, 2.0]]), np.array([[1.0, 0.0], [-1.5, 2.0]]), 0.05),
    ],
    mistakes={
        "the two points are 2h apart, not h: divide by 2h.": (
            lambda f, x, d, h: (f(x + h * d) - f(x - h * d)) / h
        ),
        "this is the one-sided difference. Its error is of order h, that of the central one of order h².": (
            lambda f, x, d, h: (f(x + h * d) - f(x)) / h
        ),
        "it moves every entry by h: move each by h times its entry of d.": (
            lambda f, x, d, h: (f(x + h) - f(x - h)) / (2 * h)
        ),
        "d is divided by its length. The slope ⟨∇f, d⟩ grows with d, so leave d as it is.": (
            lambda f, x, d, h: (f(x + h * d) - f(x - h * d)) / (2 * h * np.linalg.norm(d))
        ),
        "the sign is turned: ahead minus behind.": lambda f, x, d, h: (f(x - h * d) - f(x + h * d)) / (2 * h),
        "/ 2 * h multiplies by h. Both belong below the line: / (2 * h).": (
            lambda f, x, d, h: (f(x + h * d) - f(x - h * d)) / 2 * h
        ),
        "this is a difference still: divide it by 2h.": (lambda f, x, d, h: f(x + h * d) - f(x - h * d)),
        "the step h is missing: the points are x + h d and x − h d.": (
            lambda f, x, d, h: (f(x + d) - f(x - d)) / 2
        ),
        "this is the one-sided difference, backwards. Its error is of order h, that of the central one "
        "of order h².": (lambda f, x, d, h: (f(x) - f(x - h * d)) / h),
        "d is made as long as 1 first. The slope ⟨∇f, d⟩ grows with d, so leave d as it is.": (
            lambda f, x, d, h: _slope(f, x, d / np.linalg.norm(d), h)
        ),
        "these are steps of h/2 to either side. Asked for are steps of h.": (
            lambda f, x, d, h: _slope(f, x, d, h / 2)
        ),
        "the step is fixed, and h is not used.": (lambda f, x, d, h: _slope(f, x, d, 1e-6)),
        "x and d are exchanged: start at x and move along d.": (lambda f, x, d, h: _slope(f, d, x, h)),
        "a slope has a sign: it is negative where f falls along d.": (
            lambda f, x, d, h: np.abs(_slope(f, x, d, h))
        ),
        "a sum of both values has no slope in it: subtract.": (
            lambda f, x, d, h: (f(x + h * d) + f(x - h * d)) / (2 * h)
        ),
    },
)
def _slope(f: Any, x: Any, d: Any, h: float) -> Any:
    return (f(x + h * d) - f(x - h * d)) / (2 * h)


def _remainder(f: Any, g: Any, x: Any, d: Any, h: float) -> Any:
    return np.abs(f(x + h * d) - f(x) - h * np.sum(g * d))


@exercise(
    "checks.order",
    "order(f, g, x, d, h) returns log2(R(h) / R(h/2)), where R(h) = |f(x + h d) − f(x) − h ⟨g, d⟩|.",
    letters="f g x d h",
    inputs=[
        (cube, np.array([3.0, 12.0]), np.array([1.0, 2.0]), np.array([1.0, -1.5]), 0.01),  # right
        (cube, np.array([3.0, 6.0]), np.array([1.0, 2.0]), np.array([1.0, -1.5]), 0.01),  # wrong
        (cube, np.zeros(2), np.zeros(2), np.array([1.0, 2.0]), 0.1),  # no curvature
        (log_sum_exp, np.array([0.5, 0.5]), np.array([0.7, 0.7]), np.array([2.0, -1.0]), 0.05),
    ],
    mistakes={
        "the linear term is missing. Without h ⟨g, d⟩ the remainder is of order 1 whatever g is.": (
            lambda f, g, x, d, h: np.log2(np.abs(f(x + h * d) - f(x)) / np.abs(f(x + h / 2 * d) - f(x)))
        ),
        "the linear term has no step: what the gradient predicts for the step h is h ⟨g, d⟩.": (
            lambda f, g, x, d, h: np.log2(
                np.abs(f(x + h * d) - f(x) - np.sum(g * d)) / np.abs(f(x + h / 2 * d) - f(x) - np.sum(g * d))
            )
        ),
        "in the second remainder the step is halved inside f only: it stands beside ⟨g, d⟩ too.": (
            lambda f, g, x, d, h: np.log2(
                _remainder(f, g, x, d, h) / np.abs(f(x + h / 2 * d) - f(x) - h * np.sum(g * d))
            )
        ),
        "the quotient is upside down: R(h) is the larger one.": (
            lambda f, g, x, d, h: np.log2(_remainder(f, g, x, d, h / 2) / _remainder(f, g, x, d, h))
        ),
        "the step was halved, so the logarithm is the one to base 2.": (
            lambda f, g, x, d, h: np.log(_remainder(f, g, x, d, h) / _remainder(f, g, x, d, h / 2))
        ),
        "this is R(h) / R(h/2) itself, without the logarithm.": (
            lambda f, g, x, d, h: _remainder(f, g, x, d, h) / _remainder(f, g, x, d, h / 2)
        ),
        "the step was halved, so the logarithm is the one to base 2, not to base 10.": (
            lambda f, g, x, d, h: np.log10(_remainder(f, g, x, d, h) / _remainder(f, g, x, d, h / 2))
        ),
        "the steps are h and h/2, not 2h and h.": (
            lambda f, g, x, d, h: np.log2(_remainder(f, g, x, d, 2 * h) / _remainder(f, g, x, d, h))
        ),
        "this looks to both sides, where the curvature cancels and a right gradient gives 3: R has f(x + "
        "h d) − f(x).": (
            lambda f, g, x, d, h: (lambda r: np.log2(r(h) / r(h / 2)))(
                lambda s: np.abs(f(x + s * d) - f(x - s * d) - 2 * s * np.sum(g * d))
            )
        ),
        "the linear term lacks the direction: it is h ⟨g, d⟩, not h times the sum of g.": (
            lambda f, g, x, d, h: (lambda r: np.log2(r(h) / r(h / 2)))(
                lambda s: np.abs(f(x + s * d) - f(x) - s * np.sum(g))
            )
        ),
        "f moves along d: x + h d, not x + h.": (
            lambda f, g, x, d, h: (lambda r: np.log2(r(h) / r(h / 2)))(
                lambda s: np.abs(f(x + s) - f(x) - s * np.sum(g * d))
            )
        ),
        "the linear term is added: subtract what the gradient predicts.": (
            lambda f, g, x, d, h: (lambda r: np.log2(r(h) / r(h / 2)))(
                lambda s: np.abs(f(x + s * d) - f(x) + s * np.sum(g * d))
            )
        ),
        "f(x) is not taken away: then the remainder does not go to 0.": (
            lambda f, g, x, d, h: (lambda r: np.log2(r(h) / r(h / 2)))(
                lambda s: np.abs(f(x + s * d) - s * np.sum(g * d))
            )
        ),
        "the remainder is divided by its step, which takes 1 from the order.": (
            lambda f, g, x, d, h: (lambda r: np.log2(r(h) / r(h / 2)))(
                lambda s: np.abs((f(x + s * d) - f(x)) / s - np.sum(g * d))
            )
        ),
        "this is a quotient of logarithms. Take the logarithm of the quotient.": (
            lambda f, g, x, d, h: np.log2(_remainder(f, g, x, d, h)) / np.log2(_remainder(f, g, x, d, h / 2))
        ),
        "half of the quotient is no logarithm: R(h) / R(h/2) is 2 to the power p, and 4 / 2 = 2 is chance.": (
            lambda f, g, x, d, h: _remainder(f, g, x, d, h) / _remainder(f, g, x, d, h / 2) / 2
        ),
        "the order is asked for as it comes out, not rounded.": (
            lambda f, g, x, d, h: np.round(np.log2(_remainder(f, g, x, d, h) / _remainder(f, g, x, d, h / 2)))
        ),
    },
)
def _order(f: Any, g: Any, x: Any, d: Any, h: float) -> Any:
    return np.log2(_remainder(f, g, x, d, h) / _remainder(f, g, x, d, h / 2))
