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
        "the rows are exchanged: the first output is r cos t.": (lambda x: _polar(x)[::-1]),
        "these are the two values of f. The Jacobian has the slopes of each by r and by t.": (
            lambda x: np.array([x[0] * np.cos(x[1]), x[0] * np.sin(x[1])])
        ),
        "the slope of the sine is plus the cosine.": (lambda x: _polar(x) * np.array([[1, 1], [1, -1]])),
        "each output depends on both inputs: no entry is 0.": (lambda x: np.diag(np.diag(_polar(x)))),
        "the slopes by r are not 1: what r is multiplied by stays, the cosine or the sine.": (
            lambda x: np.array([[1, _polar(x)[0, 1]], [1, _polar(x)[1, 1]]])
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
        "this is the gradient for tanh(A x). Two maps are left to go back through.": (
            lambda g, x, A, B: B.T @ g
        ),
        "this is the gradient for A x. The map A is left to go back through.": (
            lambda g, x, A, B: (B.T @ g) * (1 - np.tanh(A @ x) ** 2)
        ),
        "the slope is taken at Aᵀx. On the way forward the tanh was applied to A x.": (
            lambda g, x, A, B: A.T @ ((B.T @ g) * (1 - np.tanh(A.T @ x) ** 2))
        ),
        "tanh is missing in its slope: 1 − tanh², not 1 − (A x)².": (
            lambda g, x, A, B: A.T @ ((B.T @ g) * (1 - (A @ x) ** 2))
        ),
        "a sign in the slope: it is 1 − tanh², with a minus.": (
            lambda g, x, A, B: A.T @ ((B.T @ g) * (1 + np.tanh(A @ x) ** 2))
        ),
        "the cotangent is missing: this takes ones for g.": (
            lambda g, x, A, B: A.T @ ((B.T @ np.ones_like(g)) * (1 - np.tanh(A @ x) ** 2))
        ),
        "this is the whole Jacobian. Asked for is gᵀ times it, without building it.": (
            lambda g, x, A, B: (B * (1 - np.tanh(A @ x) ** 2)) @ A
        ),
        "that is the VJP of tanh(B A x). Here the tanh comes between A and B.": (
            lambda g, x, A, B: A.T @ (B.T @ (g * (1 - np.tanh(B @ (A @ x)) ** 2)))
        ),
        "the product with Aᵀ is one entry by entry: sum over the middle index, with @.": (
            lambda g, x, A, B: A.T * ((B.T @ g) * (1 - np.tanh(A @ x) ** 2))
        ),
        "this is a JVP, with x for the direction. The cotangent comes from the left.": (
            lambda g, x, A, B: B @ ((1 - np.tanh(A @ x) ** 2) * (A @ x))
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
        "an array of the push(e_j) has the columns of J for its rows. It is Jᵀ already, so no transpose "
        "is needed.": (lambda push, g, n: np.array([push(e) for e in np.eye(n)]).T @ g),
        "these are the columns of J, a row each, with no g: multiply them by g.": (
            lambda push, g, n: np.array([push(e) for e in np.eye(n)])
        ),
        "push takes one direction of shape (n,). Given the whole identity it need not treat its columns "
        "one by one.": (lambda push, g, n: g @ push(np.eye(n))),
        "push takes one direction of shape (n,). What it does to the whole identity is anybody's guess.": (
            lambda push, g, n: push(np.eye(n)).T @ g
        ),
        "the directions belong to the inputs: they have n entries, not as many as g.": (
            lambda push, g, n: np.array([np.dot(g, push(e)) for e in np.eye(len(g))])
        ),
        "the inner product is a sum, not a mean.": (
            lambda push, g, n: np.array([np.mean(g * push(e)) for e in np.eye(n)])
        ),
        "that solves J x = g. The transpose is not the inverse.": (
            lambda push, g, n: np.linalg.lstsq(np.stack([push(e) for e in np.eye(n)], axis=1), g, rcond=None)[
                0
            ]
        ),
        "all calls are added up: entry j is the inner product of g with its own push(e_j).": (
            lambda push, g, n: np.dot(g, push(np.ones(n)))
        ),
    },
)
def _transpose(push: Any, g: Any, n: int) -> Any:
    return np.array([np.dot(g, push(e)) for e in np.eye(n)])
