"""Exercises of the chapter on gradients of gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise

_rng = np.random.default_rng(18)


def _numbers(*shape: int, dtype: Any = np.float64) -> Any:
    """Halves and wholes without zeros, all of different sizes."""
    size = int(np.prod(shape))
    numbers = _rng.permutation(np.arange(1, size + 1)) * _rng.choice([-1, 1], size)
    return (numbers / 2).reshape(shape).astype(dtype)


@exercise(
    "second.form_hvp",
    "form_hvp(A, x, v) returns the Hessian of f(x) = xᵀA x times v, for a square A that is not symmetric.",
    letters="A x v",
    inputs=[
        (np.array([[2.0, 1.0], [4.0, 3.0]]), np.array([1.0, 3.0]), np.array([1.0, 2.0])),
        (_numbers(3, 3), _numbers(3), _numbers(3)),
        (_numbers(4, 4), _numbers(4), _numbers(4)),
        (_numbers(3, 3, dtype=np.float32), _numbers(3, dtype=np.float32), _numbers(3, dtype=np.float32)),
    ],
    mistakes={
        "2 A v is right for a symmetric A. Here ∂f/∂x_k has two sums, over a row and over a column of A.": (
            lambda A, x, v: 2 * A @ v
        ),
        "2 Aᵀ v is right for a symmetric A. Here ∂f/∂x_k has two sums, over a row and over a column of A.": (
            lambda A, x, v: 2 * A.T @ v
        ),
        "x occurs twice in f, so the gradient is A x + Aᵀ x. One of the two is missing.": lambda A, x, v: (
            A @ v
        ),
        "x occurs twice in f, so the gradient is A x + Aᵀ x. The first of the two is missing.": (
            lambda A, x, v: A.T @ v
        ),
        "this is the gradient at x. Differentiate it once more, along v.": lambda A, x, v: A @ x + A.T @ x,
        "this is the slope of f along v, a first derivative.": lambda A, x, v: (A @ x + A.T @ x) @ v,
        "this is vᵀH v, the curvature along v. The vector H v is asked for.": (
            lambda A, x, v: v @ (A + A.T) @ v
        ),
        "this is the gradient times v, entry by entry. Differentiate the gradient once more, along v.": (
            lambda A, x, v: (A @ x + A.T @ x) * v
        ),
        "the star multiplies entry by entry. H v is a matrix product: @.": lambda A, x, v: (A + A.T) * v,
        "this is the Hessian itself. It is to be multiplied by v.": lambda A, x, v: A + A.T,
        "Aᵀ is subtracted. x occurs twice in f, and both places add to the gradient: A x + Aᵀ x.": (
            lambda A, x, v: A @ v - A.T @ v
        ),
        "A and Aᵀ are multiplied. The gradient is a sum, A x + Aᵀ x, one term for each place of x.": (
            lambda A, x, v: A.T @ A @ v
        ),
        "this is f(v), a number. The vector H v is asked for.": lambda A, x, v: v @ A @ v,
        "this is f(x), the value. The vector H v is asked for.": lambda A, x, v: x @ A @ x,
        "one of the two terms still has x. Along v both change: A v + Aᵀ v.": (
            lambda A, x, v: A @ v + A.T @ x
        ),
        "one of the two terms still has x: along v both change, A v + Aᵀ v.": (
            lambda A, x, v: A @ x + A.T @ v
        ),
        "this is the gradient at x + v. Its change on the way there is H v: subtract the gradient at x.": (
            lambda A, x, v: (A + A.T) @ (x + v)
        ),
        "only the diagonal of the Hessian is used: H v is a matrix product.": (
            lambda A, x, v: np.diag(A + A.T) * v
        ),
    },
)
def _form_hvp(A: Any, x: Any, v: Any) -> Any:
    # ∇f = A x + Aᵀ x is linear in x, so along v it changes by A v + Aᵀ v, wherever x is.
    return A @ v + A.T @ v


def _p(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


@exercise(
    "second.logistic_hvp",
    "logistic_hvp(X, w, v) returns H v for f(w) = mean over n of log(1 + exp(z)) − t·z, with z = X w.",
    letters="X w v",
    inputs=[
        (np.array([[1.0, 2.0], [-1.0, 1.0], [2.0, -1.0]]), np.array([0.5, -1.0]), np.array([1.0, 2.0])),
        (_numbers(5, 3) / 4, _numbers(3) / 2, _numbers(3)),
        (_numbers(4, 2) / 4, _numbers(2) / 2, _numbers(2)),
        (_numbers(5, 3, dtype=np.float32) / 4, _numbers(3, dtype=np.float32), _numbers(3, dtype=np.float32)),
    ],
    rtol=1e-5,
    mistakes={
        "the weight of a sample is p, the slope of log(1 + eᶻ). The slope of that, p(1 − p), is asked for.": (
            lambda X, w, v: X.T @ (_p(X @ w) * (X @ v)) / len(X)
        ),
        "the weights p(1 − p) are missing: this is the Hessian of a squared error.": (
            lambda X, w, v: X.T @ (X @ v) / len(X)
        ),
        "f is a mean over the samples, so the sum is divided by their number.": (
            lambda X, w, v: X.T @ (_p(X @ w) * (1 - _p(X @ w)) * (X @ v))
        ),
        "it divides by the number of weights, where the number of samples is asked for.": (
            lambda X, w, v: X.T @ (_p(X @ w) * (1 - _p(X @ w)) * (X @ v)) / X.shape[1]
        ),
        "p is taken at X v. The point is w; v is only the direction.": (
            lambda X, w, v: X.T @ (_p(X @ v) * (1 - _p(X @ v)) * (X @ v)) / len(X)
        ),
        "the direction is w, where v is asked for.": (
            lambda X, w, v: X.T @ (_p(X @ w) * (1 - _p(X @ w)) * (X @ w)) / len(X)
        ),
        "the weight of a sample is 1 − p here. The slope of p is p(1 − p).": (
            lambda X, w, v: X.T @ ((1 - _p(X @ w)) * (X @ v)) / len(X)
        ),
        "this is vᵀH v, the curvature along v. The vector H v is asked for.": (
            lambda X, w, v: (_p(X @ w) * (1 - _p(X @ w)) * (X @ v)) @ (X @ v) / len(X)
        ),
        "there is one number for each sample still. Xᵀ takes them back to the weights.": (
            lambda X, w, v: _p(X @ w) * (1 - _p(X @ w)) * (X @ v) / len(X)
        ),
        "this is a gradient, and no v is in it. Its change along v is asked for.": (
            lambda X, w, v: X.T @ _p(X @ w) / len(X)
        ),
        "the weights are squared: it is p(1 − p), once.": (
            lambda X, w, v: X.T @ ((_p(X @ w) * (1 - _p(X @ w))) ** 2 * (X @ v)) / len(X)
        ),
        "the gradient is multiplied by v, entry by entry. Differentiate it once more, along v.": (
            lambda X, w, v: X.T @ _p(X @ w) / len(X) * v
        ),
        "this is a difference of gradients with a step of 1. H v is the limit for small steps.": (
            lambda X, w, v: X.T @ (_p(X @ (w + v)) - _p(X @ w)) / len(X)
        ),
        "the weight of a sample is p² here. The slope of p is p(1 − p).": (
            lambda X, w, v: X.T @ (_p(X @ w) ** 2 * (X @ v)) / len(X)
        ),
        "there is no v in it. Along v, the score of a sample changes by X v: multiply by that.": (
            lambda X, w, v: X.T @ (_p(X @ w) * (1 - _p(X @ w))) / len(X)
        ),
        "v multiplies at the end, entry by entry. It belongs inside: X v, one number for each sample.": (
            lambda X, w, v: X.T @ (_p(X @ w) * (1 - _p(X @ w))) / len(X) * v
        ),
        "the point is w + v here. It is w; v is only the direction.": (
            lambda X, w, v: X.T @ (_p(X @ (w + v)) * (1 - _p(X @ (w + v))) * (X @ v)) / len(X)
        ),
        "Xᵀ is missing: the samples are averaged, and one number is left. Xᵀ takes them to the weights.": (
            lambda X, w, v: (_p(X @ w) * (1 - _p(X @ w)) * (X @ v)).mean()
        ),
        "the weight of a sample is exp(z). But p has a denominator, and its slope is p(1 − p).": (
            lambda X, w, v: X.T @ (np.exp(X @ w) * (X @ v)) / len(X)
        ),
        "the Hessian is returned, where its product with v is asked for.": (
            lambda X, w, v: X.T @ ((_p(X @ w) * (1 - _p(X @ w)))[:, None] * X) / len(X)
        ),
    },
)
def _logistic_hvp(X: Any, w: Any, v: Any) -> Any:
    # ∇f = Xᵀ(p − t)/N; along v, z changes by X v and p by p(1 − p) times that.
    p = _p(X @ w)
    return X.T @ (p * (1 - p) * (X @ v)) / len(X)


def _bowl(n: int, steps: int) -> tuple[Any, ...]:
    root = _rng.integers(-2, 3, size=(n, n)).astype(float)
    return root @ root.T + np.diag(np.arange(1.0, n + 1)), _numbers(n), steps


def _ratio(new: Any, old: Any) -> Any:
    return new @ new / (old @ old)


def _conjugate(
    beta: Any = _ratio,
    *,
    sign: int = -1,
    extra: int = 0,
    length: Any = lambda H, p, r: r @ r / (p @ H @ p),
    rest: Any = lambda r, g, moved: r - moved,
    kept: Any = lambda p, r: p,
) -> Any:
    """Conjugate gradients with another β, right side, number of steps, η, new r, or direction to keep."""

    def answer(H: Any, g: Any, steps: Any) -> Any:
        s, r = np.zeros_like(g), sign * g
        p = r
        for _ in range(steps + extra):
            rate = length(H, p, r)
            s, new = s + rate * p, rest(r, g, rate * (H @ p))
            p, r = new + beta(new, r) * kept(p, r), new
        return s

    return answer


def _one_array(H: Any, g: Any, steps: Any) -> Any:
    s, r = np.zeros_like(g), -g
    p = r
    for _ in range(steps):
        Hp, old = H @ p, r @ r
        rate = old / (p @ Hp)
        s += rate * p
        r -= rate * Hp
        p = r + r @ r / old * p
    return s


def _r_kept(H: Any, g: Any, steps: Any) -> Any:
    s, r = np.zeros_like(g), -g
    p = r
    for _ in range(steps):
        Hp = H @ p
        rate = r @ r / (p @ Hp)
        s, new = s + rate * p, r - rate * Hp
        p = new + _ratio(new, r) * p
    return s


def _s_after_p(H: Any, g: Any, steps: Any) -> Any:
    s, r = np.zeros_like(g), -g
    p = r
    for _ in range(steps):
        Hp = H @ p
        rate = r @ r / (p @ Hp)
        new = r - rate * Hp
        p, r = new + _ratio(new, r) * p, new
        s = s + rate * p
    return s


def _what_is_missing(H: Any, g: Any, steps: Any) -> Any:
    return -g - H @ _cg(H, g, steps)


def _last_step(H: Any, g: Any, steps: Any) -> Any:
    return _cg(H, g, steps) - _cg(H, g, steps - 1)


@exercise(
    "second.cg",
    "cg(H, g, steps) returns s after so many steps of conjugate gradients for H s = −g, begun at s = 0.",
    letters="H g steps",
    inputs=[
        (np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0]), 2),
        _bowl(4, 2),
        _bowl(5, 3),
        _bowl(3, 1),
    ],
    rtol=1e-5,
    atol=1e-7,
    mistakes={
        "this solves H s = +g, so that the step goes uphill.": _conjugate(sign=1),
        "this is steepest descent: each p must have a part of the one before, β times it.": (
            _conjugate(lambda new, old: 0.0)
        ),
        "β is upside down: it is the new r·r over the old one.": _conjugate(
            lambda new, old: 1 / _ratio(new, old)
        ),
        "the old direction is subtracted, where β times it is added.": (
            _conjugate(lambda new, old: -_ratio(new, old))
        ),
        "β is 1: the old direction is added whole, where new r·r over old r·r of it is asked for. If r has "
        "been overwritten by then, both are the new one.": (_conjugate(lambda new, old: 1.0)),
        "r and p are one array, and −= or += changes it under both names. Make a new r, or a copy for p.": (
            _one_array
        ),
        "β times the old r is added to the new one. It is the old direction p that is kept.": (
            _conjugate(kept=lambda p, r: r)
        ),
        "the step is as long as that of steepest descent: below the bar stands p·Hp, not r·Hr.": (
            _conjugate(length=lambda H, p, r: r @ r / (r @ H @ r))
        ),
        "the new r is r − ηHp: what the step has achieved is no longer missing.": (
            _conjugate(rest=lambda r, g, moved: r + moved)
        ),
        "s is only the last step. Each one is added to those before.": _last_step,
        "it makes one step less than asked for.": _conjugate(extra=-1),
        "it makes one step more than asked for.": _conjugate(extra=1),
        "it makes one step, whatever steps is. Does the return stand inside the loop?": (
            lambda H, g, steps: _cg(H, g, 1)
        ),
        "the old r is never replaced by the new one.": _r_kept,
        "s moves along the new p, by the rate of the old one. Move first, then renew p.": _s_after_p,
        "the new r starts from −g each time. It starts from the old r, as s does from the old s.": (
            _conjugate(rest=lambda r, g, moved: -g - moved)
        ),
        "β is a ratio of lengths. It is one of their squares, r·r.": (
            _conjugate(lambda new, old: np.sqrt(_ratio(new, old)))
        ),
        "this is r, what is still missing. The s found so far is asked for.": _what_is_missing,
        "this is the exact solution. The point of the method is to stop before that.": (
            lambda H, g, steps: np.linalg.solve(H, -g)
        ),
    },
)
def _cg(H: Any, g: Any, steps: Any) -> Any:
    s, r = np.zeros_like(g), -g
    p = r
    for _ in range(steps):
        Hp = H @ p
        rate = r @ r / (p @ Hp)
        s, new = s + rate * p, r - rate * Hp
        p, r = new + new @ new / (r @ r) * p, new
    return s
