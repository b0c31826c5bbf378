"""Exercises of the chapter on local linear maps."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise

_rng = np.random.default_rng(3)


def _polar(x: Any, by_angle: float = 1.0, sign: float = -1.0) -> Any:
    """The Jacobian of (r cos t, r sin t), or one with its mistakes: a lost factor r, a lost sign."""
    r, t = x
    scale = by_angle * r + (1 - by_angle)
    return np.array([[np.cos(t), sign * scale * np.sin(t)], [np.sin(t), scale * np.cos(t)]])


@exercise(
    "linear.jacobian",
    "jacobian(x) returns the Jacobian, of shape (2, 2), of f(r, t) = (r cos t, r sin t) at x = (r, t).",
    letters="x",
    inputs=[(np.array([2.0, 0.5]),), (np.array([1.5, 2.5]),), (np.array([3.0, -1.0]),)],
    mistakes={
        "the factor r is missing in the slopes by the angle: r cos t keeps its r when t is differentiated.": (
            lambda x: _polar(x, by_angle=0.0)
        ),
        "the slope of the cosine is minus the sine.": lambda x: _polar(x, sign=1.0),
        "the columns are exchanged: the slopes by r come first, as r comes first in x.": (
            lambda x: _polar(x)[:, ::-1]
        ),
        "these are the values beside the slopes: a derivative by r has no r left in it.": (
            lambda x: np.array(
                [[x[0] * np.cos(x[1]), -x[0] * np.sin(x[1])], [x[0] * np.sin(x[1]), x[0] * np.cos(x[1])]]
            )
        ),
    },
)
def _jacobian(x: Any) -> Any:
    return _polar(x)


def _network(n: int, m: int) -> tuple[Any, ...]:
    g, x, a, b = (_rng.integers(-3, 4, size=s).astype(float) / 2 for s in ((m,), (n,), (n, n), (m, n)))
    return g, x, a, b


@exercise(
    "linear.vjp",
    "vjp(g, x, A, B) returns ∂L/∂x of z = B tanh(A x), given the cotangent g of z.",
    letters="g x A B",
    inputs=[
        (
            np.array([1.0]),
            np.array([0.5, -1.0]),
            np.array([[0.5, 1.0], [-1.5, 2.0]]),
            np.array([[2.0, -1.0]]),
        ),
        _network(3, 2),
        _network(4, 2),
    ],
    mistakes={
        "the slope of tanh is taken at x, but tanh was applied to A x: each Jacobian has its own point.": (
            lambda g, x, A, B: A.T @ ((B.T @ g) * (1 - np.tanh(x) ** 2))
        ),
        "A is not transposed. It is square, so no shape complains.": (
            lambda g, x, A, B: A @ ((B.T @ g) * (1 - np.tanh(A @ x) ** 2))
        ),
        "tanh is applied twice: its slope is 1 − h², where h is already the value of the tanh.": (
            lambda g, x, A, B: A.T @ ((B.T @ g) * (1 - np.tanh(np.tanh(A @ x)) ** 2))
        ),
        "the square is missing: the slope of tanh is 1 − tanh².": (
            lambda g, x, A, B: A.T @ ((B.T @ g) * (1 - np.tanh(A @ x)))
        ),
        "it multiplies by the tanh itself, where its slope is asked for.": (
            lambda g, x, A, B: A.T @ ((B.T @ g) * np.tanh(A @ x))
        ),
        "the slope of tanh is missing: this is the VJP of B A x.": lambda g, x, A, B: A.T @ (B.T @ g),
        "the slope is multiplied in after A: going back, the tanh comes before A.": (
            lambda g, x, A, B: (A.T @ (B.T @ g)) * (1 - np.tanh(A @ x) ** 2)
        ),
    },
)
def _vjp(g: Any, x: Any, A: Any, B: Any) -> Any:
    h = np.tanh(A @ x)
    return A.T @ ((B.T @ g) * (1 - h * h))


def differences(dx: Any) -> Any:
    """Each entry minus the one before."""
    return dx[1:] - dx[:-1]


def running_sum(dx: Any) -> Any:
    """Each entry and all before it."""
    return np.cumsum(dx)


def pick_0_2_2_1(dx: Any) -> Any:
    """Entries 0, 2, 2 and 1."""
    return dx[[0, 2, 2, 1]]


@exercise(
    "linear.transpose",
    "transpose(push, g, n) returns Jᵀg, where the function push takes a dx of shape (n,) to J dx.",
    letters="push g n",
    inputs=[
        (differences, np.array([5.0]), 2),
        (running_sum, np.array([1.0, -2.0, 4.0]), 3),
        (pick_0_2_2_1, np.array([1.0, 10.0, -3.0, 0.5]), 3),
    ],
    mistakes={
        "push takes a direction of the inputs, of shape (n,); g belongs to the outputs.": (
            lambda push, g, n: push(g)
        ),
        "g is left out: this adds up each column of J, as if g were 1 everywhere.": (
            lambda push, g, n: np.array([np.sum(push(e)) for e in np.eye(n)])
        ),
        "one call with ones mixes all columns: entry j asks for push of e_j alone.": (
            lambda push, g, n: np.full(n, np.dot(g, push(np.ones(n))))
        ),
        "the sum over the outputs is missing: entry j is the inner product of g and J e_j, one number.": (
            lambda push, g, n: np.array([g * push(e) for e in np.eye(n)])
        ),
        "these are the columns of J, with no g: take the inner product of g with each.": (
            lambda push, g, n: np.stack([push(e) for e in np.eye(n)], axis=1)
        ),
    },
)
def _transpose(push: Any, g: Any, n: int) -> Any:
    return np.array([np.dot(g, push(e)) for e in np.eye(n)])
