"""Exercises of the chapter on matrix multiplication."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise

_rng = np.random.default_rng(12)


def _arrays(*shapes: tuple[int, ...], dtype: Any = np.float64) -> tuple[Any, ...]:
    """Arrays without zeros, in each of which no number occurs twice, not even with another sign."""
    sizes = [int(np.prod(shape)) for shape in shapes]
    numbers = [_rng.permutation(np.arange(1, n + 1)) * _rng.choice([-1, 1], n) for n in sizes]
    return tuple(a.reshape(s).astype(dtype) for a, s in zip(numbers, shapes, strict=True))


def _small(*arrays: Any) -> tuple[Any, ...]:
    """The input that is shown: squares, on which wrong products have values too; none is symmetric."""
    return tuple(np.array(a, dtype=np.float64) for a in arrays)


@exercise(
    "matmul.vjp",
    "vjp(g, x, w) returns the gradients for x and for w of the product x @ w, given the cotangent g.",
    letters="g x w",
    inputs=[
        _small([[1, 2], [3, 5]], [[2, 1], [4, 3]], [[1, 3], [5, 2]]),
        _arrays((2, 4), (2, 3), (3, 4)),
        _arrays((1, 3), (1, 2), (2, 3)),
        _arrays((2, 4), (2, 3), (3, 4), dtype=np.float32),
    ],
    mistakes={
        "the factors are right, but neither is transposed.": lambda g, x, w: (g @ w, x @ g),
        "w must be transposed: the summed letter m is last in g and last in w.": (
            lambda g, x, w: (g @ w, x.T @ g)
        ),
        "x must be transposed: the summed letter n is first in x and first in g.": (
            lambda g, x, w: (g @ w.T, x @ g)
        ),
        "the transposes are right, but the factors stand in the wrong order.": (
            lambda g, x, w: (w.T @ g, g @ x.T)
        ),
        "for x, the factors stand in the wrong order: n is the first letter of the result and of g.": (
            lambda g, x, w: (w.T @ g, x.T @ g)
        ),
        "for w, the factors stand in the wrong order: m is the last letter of the result and of g.": (
            lambda g, x, w: (g @ w.T, g @ x.T)
        ),
        "g is transposed where the other factor should be.": lambda g, x, w: (g.T @ w, x @ g.T),
        "the two results are exchanged: the gradient for x comes first.": lambda g, x, w: (x.T @ g, g @ w.T),
        "this is the VJP of the product entry by entry; in a matrix product an index is summed over.": (
            lambda g, x, w: (g * w, g * x)
        ),
        "the cotangent g is missing: these are the gradients for a g of ones.": (
            lambda g, x, w: (np.ones_like(g) @ w.T, x.T @ np.ones_like(g))
        ),
        "the last term of each sum alone is left: in the loop, add with +=.": (
            lambda g, x, w: (np.outer(g[:, -1], w[:, -1]), np.outer(x[-1], g[-1]))
        ),
        "these are the other factors alone, transposed; multiply by the cotangent g.": lambda g, x, w: (
            w.T,
            x.T,
        ),
        "these are the other factors alone, as the report's equation (7) has them; a VJP multiplies by the "
        "cotangent g.": lambda g, x, w: (w, x),
        "g is transposed as well. It has n first and m last, as both products need it.": (
            lambda g, x, w: (g.T @ w.T, x.T @ g.T)
        ),
        "for w, the wrong factor is transposed: the summed letter n is first in both, so turn the left "
        "one, x.": (lambda g, x, w: (g @ w.T, x @ g.T)),
        "these are inverses. Going back takes the transposes.": (
            lambda g, x, w: (g @ np.linalg.pinv(w), np.linalg.pinv(x) @ g)
        ),
    },
)
def _matmul_vjp(g: Any, x: Any, w: Any) -> Any:
    return g @ w.T, x.T @ g


@exercise(
    "matmul.bilinear",
    "grad(a, W, b) returns the gradient of L = a @ W @ b for W, in the shape of W; a and b are vectors.",
    letters="a W b",
    inputs=[
        _small([1, 2], [[1, 3], [5, 2]], [3, 5]),
        _arrays((3,), (3, 4), (4,)),
        _arrays((4,), (4, 2), (2,)),
        _arrays((3,), (3, 4), (4,), dtype=np.float32),
    ],
    mistakes={
        "a and b are exchanged, which gives the transpose: the row i belongs to a, the column j to b.": (
            lambda a, W, b: np.outer(b, a)
        ),
        "this is L itself, not its gradient.": lambda a, W, b: a @ W @ b,
        "these are the terms of L. The derivative of a_i W_ij b_j for W_ij contains no W any more.": (
            lambda a, W, b: a[:, None] * W * b
        ),
        "b is missing: the derivative of a_i W_ij b_j for W_ij has both factors.": (
            lambda a, W, b: np.outer(a, np.ones_like(b))
        ),
        "a is missing: the derivative of a_i W_ij b_j for W_ij has both factors.": (
            lambda a, W, b: np.outer(np.ones_like(a), b)
        ),
        "this is the gradient for a. The one for W has the shape of W.": lambda a, W, b: W @ b,
        "this is the gradient for b. The one for W has the shape of W.": lambda a, W, b: a @ W,
        "that multiplies a and b entry by entry. Here every a_i meets every b_j.": lambda a, W, b: a * b,
        "that sums over the products of a and b. Here nothing is summed: each W_ij has its own derivative.": (
            lambda a, W, b: a @ b
        ),
        "a_i + b_j: the product a_i W_ij b_j has the derivative a_i b_j.": (lambda a, W, b: a[:, None] + b),
        "this is the outer product of the gradients for a and for b. Differentiate a_i W_ij b_j by W_ij.": (
            lambda a, W, b: np.outer(W @ b, a @ W)
        ),
        "a is still missing, and W is too many: the derivative of a_i W_ij b_j by W_ij is a_i b_j.": (
            lambda a, W, b: W * b
        ),
    },
)
def _bilinear(a: Any, W: Any, b: Any) -> Any:
    # L = Σ_i Σ_j a_i W_ij b_j, so ∂L/∂W_ij = a_i b_j.
    return np.outer(a, b)


@exercise(
    "matmul.out_in",
    "vjp(g, x, v) returns the gradients for x and for v of y = x @ v.T, where v is stored as (M, D).",
    letters="g x v",
    inputs=[
        _small([[1, 2], [3, 5]], [[2, 1], [4, 3]], [[1, 3], [5, 2]]),
        _arrays((2, 4), (2, 3), (4, 3)),
        _arrays((1, 3), (1, 2), (3, 2)),
        _arrays((2, 4), (2, 3), (4, 3), dtype=np.float32),
    ],
    mistakes={
        "these are the gradients of x @ v. Here the letters of v are m, d.": lambda g, x, v: (
            g @ v.T,
            x.T @ g,
        ),
        "the gradient for v is transposed: its letters are m, d, so m comes first.": (
            lambda g, x, v: (g @ v, x.T @ g)
        ),
        "for x, v stands the wrong way: its letters are m, d, so g @ v sums over m already.": (
            lambda g, x, v: (g @ v.T, g.T @ x)
        ),
        "for v, the transpose of g is missing: the summed letter n is first in g and first in x.": (
            lambda g, x, v: (g @ v, g @ x)
        ),
        "for v, the factors stand in the wrong order: its first letter, m, is in g, its last, d, in x.": (
            lambda g, x, v: (g @ v, x @ g.T)
        ),
        "for v, the summed letter n is first in x and first in g: turn g, and let it stand first.": (
            lambda g, x, v: (g @ v, x @ g)
        ),
        "for v, the wrong factor is transposed: x has n first already, where it is summed; turn g.": (
            lambda g, x, v: (g @ v, g @ x.T)
        ),
        "the two results are exchanged: the gradient for x comes first.": lambda g, x, v: (g.T @ x, g @ v),
        "this is the VJP of the product entry by entry; in a matrix product an index is summed over.": (
            lambda g, x, v: (g * v, g * x)
        ),
        "for v, both factors are transposed: n is first in g and first in x, so turn the left one only.": (
            lambda g, x, v: (g @ v, x.T @ g.T)
        ),
        "for x, the factors stand in the wrong order: n, the first letter of the result, is in g.": (
            lambda g, x, v: (v @ g, g.T @ x)
        ),
        "for x, g is transposed: its last letter m is the summed one already.": (
            lambda g, x, v: (g.T @ v, g.T @ x)
        ),
        "the cotangent g is missing: these are the gradients for a g of ones.": (
            lambda g, x, v: (np.ones_like(g) @ v, np.ones_like(g).T @ x)
        ),
    },
)
def _out_in(g: Any, x: Any, v: Any) -> Any:
    # y_nm = Σ_d x_nd v_md. For x: Σ_m g_nm v_md. For v: Σ_n g_nm x_nd, with the letters m, d.
    return g @ v, g.T @ x


@exercise(
    "matmul.gram",
    "vjp(g, x) returns the gradient for x of the Gram matrix y = x @ x.T, given the cotangent g.",
    letters="g x",
    inputs=[
        _small([[1, 2], [4, 3]], [[2, 1], [3, 5]]),
        _arrays((3, 3), (3, 2)),
        _arrays((2, 2), (2, 4)),
        _arrays((3, 3), (3, 2), dtype=np.float32),
    ],
    mistakes={
        "2 g x counts the left x twice. That is right where g is symmetric; here it is not.": (
            lambda g, x: 2 * g @ x
        ),
        "that counts the right x twice. It would be right where g is symmetric; here it is not.": (
            lambda g, x: 2 * g.T @ x
        ),
        "that comes back through the left x alone. x is used twice: add what comes through the right one.": (
            lambda g, x: g @ x
        ),
        "that comes back through the right x alone. x is used twice: add what comes through the left one.": (
            lambda g, x: g.T @ x
        ),
        "the contributions of both uses are right; there is one x, so add them.": lambda g, x: (
            g @ x,
            g.T @ x,
        ),
        "add, not subtract, the contributions of the two uses.": lambda g, x: (g - g.T) @ x,
        "the rule of the square of a number, 2 x, does not carry over, and the cotangent g is missing.": (
            lambda g, x: 2 * x
        ),
        "x.T @ g is the gradient for x.T; turn it back before you add.": lambda g, x: g @ x + x.T @ g,
        "the factors stand in the wrong order: n, the first letter of the gradient, is in g.": (
            lambda g, x: x @ (g + g.T)
        ),
        "these are the gradients for x and for x.T. Turn the second back and add: there is one x.": (
            lambda g, x: (g @ x, x.T @ g)
        ),
        "the cotangent g is missing: this is the gradient for a g of ones.": (
            lambda g, x: 2 * np.ones_like(g) @ x
        ),
        "x is used twice, so add what comes through either; a mean halves it.": (
            lambda g, x: (g + g.T) @ x / 2
        ),
    },
)
def _gram(g: Any, x: Any) -> Any:
    # As x @ v.T with v = x: g x through the left x, gᵀ x through the right one.
    return (g + g.T) @ x
