"""Exercises of the chapter on slopes and finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise

EPS = float(np.finfo(float).eps)


@exercise(
    "difference.step",
    "step(x) returns the step for a central difference at each x: the cube root of eps, times |x| or 1, "
    "whichever is larger.",
    letters="x",
    inputs=[
        (np.array([1.0]),),
        (np.array([0.0, 0.5, 2.0]),),
        (np.array([[-4e6, 3.0], [-0.1, 7e2]]),),
    ],
    mistakes={
        "this is the square root of eps, the step of a one-sided difference.": (
            lambda x: EPS ** (1 / 2) * np.maximum(np.abs(x), 1)
        ),
        "eps itself is no step: x + h is all round-off.": lambda x: EPS * np.maximum(np.abs(x), 1),
        "the step does not grow with |x|, so it is lost beside a large x.": (
            lambda x: np.full_like(x, EPS ** (1 / 3))
        ),
        "at x = 0 the step is 0: never take less than the cube root of eps.": (
            lambda x: EPS ** (1 / 3) * np.abs(x)
        ),
        "a large negative x gets a small step: what counts is |x|.": (
            lambda x: EPS ** (1 / 3) * np.maximum(x, 1)
        ),
        "the step is bounded from above: take the larger one of |x| and 1.": (
            lambda x: EPS ** (1 / 3) * np.minimum(np.abs(x), 1)
        ),
        "1 + |x| is a step of that size too, but the rule takes the larger of |x| and 1.": (
            lambda x: EPS ** (1 / 3) * (1 + np.abs(x))
        ),
        "this takes u. The rule has eps, which is 2u.": (
            lambda x: (EPS / 2) ** (1 / 3) * np.maximum(np.abs(x), 1)
        ),
        "eps ** 1 / 3 is a third of eps: the exponent needs brackets.": (
            lambda x: EPS**1 / 3 * np.maximum(np.abs(x), 1)
        ),
        "|x| is under the root too; only eps belongs there.": (
            lambda x: (EPS * np.maximum(np.abs(x), 1)) ** (1 / 3)
        ),
        "this is x moved by the step. Asked for is the step.": (
            lambda x: x + EPS ** (1 / 3) * np.maximum(np.abs(x), 1)
        ),
        "this is one step for all entries, that of the largest: compare each |x| with 1, by np.maximum.": (
            lambda x: EPS ** (1 / 3) * np.maximum(np.max(np.abs(x)), 1)
        ),
        "max of Python asks which of two things is larger, not entry by entry: use np.maximum.": (
            lambda x: EPS ** (1 / 3) * max(np.abs(x), 1)
        ),
        "this is 1e-6 on the scale of x, a usable step; asked for is the cube root of eps.": (
            lambda x: 1e-6 * np.maximum(np.abs(x), 1)
        ),
    },
    atol=0.0,
)  # fmt: skip
def _difference_step(x: Any) -> Any:
    return EPS ** (1 / 3) * np.maximum(np.abs(x), 1)


def cubes(x: Any) -> Any:
    """Σ x³."""
    return np.sum(x**3)


def neighbours(x: Any) -> Any:
    """Products of neighbours, so that slopes depend on other entries."""
    return np.sum(x[:-1] * x[1:]) + x[0]


def waves(x: Any) -> Any:
    """Σ xᵢ sin xᵢ."""
    return np.sum(x * np.sin(x))


H = 1e-20


def _all_at_once(f: Any, x: Any) -> Any:
    return np.full(x.shape, f(x + 1j * H).imag / H)


def _not_taken_back(f: Any, x: Any) -> Any:
    z, slopes = x.astype(complex), np.zeros(x.shape)
    for i in range(len(x)):
        z[i] += 1j * H
        slopes[i] = f(z).imag / H
    return slopes


def _steps(x: Any) -> Any:
    return np.eye(len(x))


@exercise(
    "complex.gradient",
    "complex_gradient(f, x) returns the slope of f for each entry of a vector, by complex steps 1j * 1e-20.",
    letters="f x",
    inputs=[
        (cubes, np.array([2.0])),
        (neighbours, np.array([1.0, -2.0, 3.0])),
        (waves, np.array([0.5, 1.5, -2.0, 4.0])),
    ],
    mistakes={
        "the imaginary part is the step times the slope: divide it by the step.": (
            lambda f, x: np.array([f(x + 1j * H * d).imag for d in _steps(x)])
        ),
        "this is the real part, the value of f. The slope is in the imaginary part.": (
            lambda f, x: np.array([f(x + 1j * H * d).real for d in _steps(x)])
        ),
        "the real part is divided by the step. The slope is in the imaginary part.": (
            lambda f, x: np.array([f(x + 1j * H * d).real / H for d in _steps(x)])
        ),
        "all entries are moved at once, so every slope is the sum of all: move one entry at a time.": (
            _all_at_once
        ),
        "a step is not taken back before the next one is made: start each time from x.": _not_taken_back,
        "every slope is 0. Either the step is real, and lost beside x. Or it is put into a copy of x that is "
        "real, and drops what is imaginary: begin with x.astype(complex).": (
            lambda f, x: np.array([(f(x + H * d) - f(x)) / H for d in _steps(x)])
        ),
        "the imaginary part is multiplied by the step: divide by it.": (
            lambda f, x: np.array([f(x + 1j * H * d).imag * H for d in _steps(x)])
        ),
        "this is the modulus, in which the value of f drowns the slope: take the imaginary part.": (
            lambda f, x: np.array([abs(f(x + 1j * H * d)) / H for d in _steps(x)])
        ),
        "the modulus of a difference has no sign: take the imaginary part.": (
            lambda f, x: np.array([abs(f(x + 1j * H * d) - f(x)) / H for d in _steps(x)])
        ),
        "the step takes the place of an entry; it has to be added to it.": (
            lambda f, x: np.array([f(np.where(d == 1, 1j * H, x)).imag / H for d in _steps(x)])
        ),
        "that is one number, the sum of all slopes: move one entry at a time.": (
            lambda f, x: f(x + 1j * H).imag / H
        ),
        "these are real central differences, with the digits that they lose: take complex steps.": (
            lambda f, x: np.array([(f(x + 1e-6 * d) - f(x - 1e-6 * d)) / 2e-6 for d in _steps(x)])
        ),
    },
    rtol=1e-11,  # no real difference comes as near
    atol=1e-50,  # tells 1e-40 times a slope from 0
)  # fmt: skip
def _complex_gradient(f: Any, x: Any) -> Any:
    return np.array([f(x + 1j * H * d).imag / H for d in _steps(x)])


def fifth(x: Any) -> Any:
    """A power that central differences don't get right."""
    return x**5


def sine(x: Any) -> Any:
    """The sine."""
    return np.sin(x)


def witch(x: Any) -> Any:
    """The function of the chapter."""
    return 1 / (1 + x * x)


def _central(f: Any, x: Any, h: Any) -> Any:
    return (f(x + h) - f(x - h)) / (2 * h)


def _forward(f: Any, x: Any, h: Any) -> Any:
    return (f(x + h) - f(x)) / h


@exercise(
    "difference.richardson",
    "richardson(f, x, h) combines the central differences D(h) and D(h/2) so that their errors in h² cancel.",
    letters="f x h",
    inputs=[(fifth, 1.0, 0.5), (sine, 0.7, 0.5), (witch, np.array([0.7, -1.0]), 0.25)],
    mistakes={
        "these weights cancel an error in h, as a one-sided difference has. Here halving h leaves a quarter "
        "of the error.": lambda f, x, h: 2 * _central(f, x, h / 2) - _central(f, x, h),
        "the weights are right for central differences, but D looks to one side only.": (
            lambda f, x, h: (4 * _forward(f, x, h / 2) - _forward(f, x, h)) / 3
        ),
        "the weights are exchanged: the smaller step has the smaller error, so it gets the weight 4.": (
            lambda f, x, h: (4 * _central(f, x, h) - _central(f, x, h / 2)) / 3
        ),
        "this is the mean of the two; the errors have the same sign and cannot cancel in it.": (
            lambda f, x, h: (_central(f, x, h) + _central(f, x, h / 2)) / 2
        ),
        "the weights add up to 3 rather than 1: divide by 3.": (
            lambda f, x, h: 4 * _central(f, x, h / 2) - _central(f, x, h)
        ),
        "this is one central difference; its error in h² is still there.": _central,
        "this is the central difference with h/2; a quarter of the error is still there.": (
            lambda f, x, h: _central(f, x, h / 2)
        ),
        "the weights are right, but for the steps h and 2h. Asked for are h/2 and h.": (
            lambda f, x, h: (4 * _central(f, x, h) - _central(f, x, 2 * h)) / 3
        ),
        "in D(h/2) the step is halved below the line too: the two points are h apart.": (
            lambda f, x, h: (4 * (f(x + h / 2) - f(x - h / 2)) / (2 * h) - _central(f, x, h)) / 3
        ),
        "both weights are positive, and the errors have the same sign: for them to cancel, β is negative.": (
            lambda f, x, h: (4 * _central(f, x, h / 2) + _central(f, x, h)) / 5
        ),
        "the sign of β is wrong, and so the weights do not add up to 1.": (
            lambda f, x, h: (4 * _central(f, x, h / 2) + _central(f, x, h)) / 3
        ),
        "these weights cancel an error in h³. Here halving h leaves a quarter of the error.": (
            lambda f, x, h: (8 * _central(f, x, h / 2) - _central(f, x, h)) / 7
        ),
        "these weights cancel an error in h⁴, which would be the next step. Here halving h leaves a "
        "quarter.": (
            lambda f, x, h: (16 * _central(f, x, h / 2) - _central(f, x, h)) / 15
        ),
        "the errors cancel, but so does f', by a part: the weights have to add up to 1.": (
            lambda f, x, h: _central(f, x, h / 2) - _central(f, x, h) / 4
        ),
    },
)  # fmt: skip
def _richardson(f: Any, x: Any, h: Any) -> Any:
    return (4 * _central(f, x, h / 2) - _central(f, x, h)) / 3
