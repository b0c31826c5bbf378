"""Elementwise operators: the report's equations (1) to (5), and what a network needs beside them.

Shapes broadcast as in NumPy and dtypes follow NumPy's rules; ``g`` is the cotangent ∂L/∂out. Each VJP
is the report's local gradient times ``g``; the engine sums it back to the shape of a broadcast input.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.ops.primitive import primitive


@primitive
def add(x: Any, y: Any) -> Any:
    """Sum of x and y (report, eq. 1).
    ∂L/∂x = g    ∂L/∂y = g

    >>> import autograd_lab as ag
    >>> ag.add(ag.tensor([1.0, 2.0]), 3.0)
    Tensor([4., 5.])
    """
    return x + y, lambda g: g, lambda g: g


@primitive
def sub(x: Any, y: Any) -> Any:
    """Difference of x and y (eq. 1, with y negated).
    ∂L/∂x = g    ∂L/∂y = −g

    >>> import autograd_lab as ag
    >>> ag.sub(ag.tensor([1.0, 2.0]), 3.0)
    Tensor([-2., -1.])
    """
    return x - y, lambda g: g, lambda g: -g


@primitive
def mul(x: Any, y: Any) -> Any:
    """Product of x and y (report, eq. 2).
    ∂L/∂x = g·y    ∂L/∂y = g·x

    >>> import autograd_lab as ag
    >>> ag.mul(ag.tensor([1.0, 2.0]), 3.0)
    Tensor([3., 6.])
    """
    return x * y, lambda g: g * y, lambda g: g * x


@primitive
def div(x: Any, y: Any) -> Any:
    """Quotient of x and y (eqs. 2 and 3: x·y⁻¹).
    ∂L/∂x = g/y    ∂L/∂y = −g·(x/y)/y

    >>> import autograd_lab as ag
    >>> ag.div(ag.tensor([1.0, 2.0]), 4.0)
    Tensor([0.25, 0.5 ])
    """
    out = np.true_divide(x, y)
    return out, lambda g: g / y, lambda g: -g * out / y


@primitive
def neg(x: Any) -> Any:
    """Negative of x (eq. 2, with y = −1).
    ∂L/∂x = −g

    >>> import autograd_lab as ag
    >>> ag.neg(ag.tensor([1.0, -2.0]))
    Tensor([-1.,  2.])
    """
    return -x, lambda g: -g


@primitive
def pow(x: Any, y: Any) -> Any:
    """Power x^y (report, eq. 3).
    ∂L/∂x = g·y·x^(y−1)    ∂L/∂y = g·x^y·log x

    The second derivative asks for x > 0; a negative base gives NaN there. Two limits are filled in as
    PyTorch does: ∂x is 0 where y = 0, and ∂y is 0 where x = 0 and y ≥ 0.

    >>> import autograd_lab as ag
    >>> ag.pow(ag.tensor([1.0, 3.0]), 2)
    Tensor([1., 9.])
    """
    out = x**y
    return (
        out,
        lambda g: g * (y * x ** (y + (y == 0) - 1)),
        lambda g: g * (out * np.log(x + ((x == 0) & (y >= 0)))),
    )


@primitive
def exp(x: Any) -> Any:
    """Exponential of x (eq. 3, with base e).
    ∂L/∂x = g·exp(x)

    >>> import autograd_lab as ag
    >>> ag.exp(ag.tensor([0.0]))
    Tensor([1.])
    """
    out = np.exp(x)
    return out, lambda g: g * out


@primitive
def log(x: Any) -> Any:
    """Natural logarithm of x (report, eq. 4).
    ∂L/∂x = g·x⁻¹

    At 0 the value is −inf and the slope inf, below 0 both are NaN, with NumPy's warning.

    >>> import autograd_lab as ag
    >>> ag.log(ag.tensor([1.0]))
    Tensor([0.])
    """
    return np.log(x), lambda g: g / x


@primitive
def sqrt(x: Any) -> Any:
    """Square root of x (eq. 3, with y = 1/2).
    ∂L/∂x = g/(2√x)

    >>> import autograd_lab as ag
    >>> ag.sqrt(ag.tensor([4.0]))
    Tensor([2.])
    """
    out = np.sqrt(x)
    return out, lambda g: g / (2 * out)


@primitive
def abs(x: Any) -> Any:
    """Absolute value of x.
    ∂L/∂x = g·sign(x), which is 0 at 0

    >>> import autograd_lab as ag
    >>> ag.abs(ag.tensor([-2.0, 3.0]))
    Tensor([2., 3.])
    """
    return np.abs(x), lambda g: g * np.sign(x)


@primitive
def maximum(x: Any, y: Any) -> Any:
    """The larger of x and y.
    ∂L/∂x = g where x > y, half of it at a tie; ∂L/∂y likewise

    >>> import autograd_lab as ag
    >>> ag.maximum(ag.tensor([1.0, 5.0]), 3.0)
    Tensor([3., 5.])
    """
    return (
        np.maximum(x, y),
        lambda g: g * (x > y) + g * (x == y) / 2,
        lambda g: g * (y > x) + g * (x == y) / 2,
    )


@primitive
def minimum(x: Any, y: Any) -> Any:
    """The smaller of x and y.
    ∂L/∂x = g where x < y, half of it at a tie; ∂L/∂y likewise

    >>> import autograd_lab as ag
    >>> ag.minimum(ag.tensor([1.0, 5.0]), 3.0)
    Tensor([1., 3.])
    """
    return (
        np.minimum(x, y),
        lambda g: g * (x < y) + g * (x == y) / 2,
        lambda g: g * (y < x) + g * (x == y) / 2,
    )


@primitive
def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, y elsewhere.
    ∂L/∂x = g where it holds, else 0; ∂L/∂y the rest

    >>> import autograd_lab as ag
    >>> ag.where([True, False], ag.tensor([1.0, 2.0]), 0.0)
    Tensor([1., 0.])
    """
    return (
        np.where(condition, x, y),
        None,
        lambda g: np.where(condition, g, 0),
        lambda g: np.where(condition, 0, g),
    )


@primitive
def clip(x: Any, min: Any = None, max: Any = None) -> Any:
    """x held between min and max.
    ∂L/∂x = g where min ≤ x ≤ max, else 0

    >>> import autograd_lab as ag
    >>> ag.clip(ag.tensor([-1.0, 0.5, 2.0]), 0, 1)
    Tensor([0. , 0.5, 1. ])
    """
    out = np.clip(x, min, max)
    return out, lambda g: g * (x == out)


@primitive
def tanh(x: Any) -> Any:
    """Hyperbolic tangent of x.
    ∂L/∂x = g·(1 − tanh²x)

    >>> import autograd_lab as ag
    >>> ag.tanh(ag.tensor([0.0]))
    Tensor([0.])
    """
    out = np.tanh(x)
    return out, lambda g: g * (1 - out * out)


@primitive
def sigmoid(x: Any) -> Any:
    """Logistic function 1/(1 + e⁻ˣ) of x.
    ∂L/∂x = g·σ(x)·(1 − σ(x))

    Computed as exp(−log(1 + e⁻ˣ)), which neither overflows nor loses small values.

    >>> import autograd_lab as ag
    >>> ag.sigmoid(ag.tensor([0.0]))
    Tensor([0.5])
    """
    out = np.exp(-np.logaddexp(0, -x))
    return out, lambda g: g * (out * (1 - out))


@primitive
def relu(x: Any) -> Any:
    """max(x, 0) (report, eq. 5).
    ∂L/∂x = g where x > 0, else 0

    >>> import autograd_lab as ag
    >>> ag.relu(ag.tensor([-1.0, 2.0]))
    Tensor([0., 2.])
    """
    out = np.maximum(x, 0)
    # out > 0 exactly where x > 0, and the next layer keeps out anyway: x need not stay alive.
    return out, lambda g: g * (out > 0)


@primitive
def sin(x: Any) -> Any:
    """Sine of x.
    ∂L/∂x = g·cos x

    >>> import autograd_lab as ag
    >>> ag.sin(ag.tensor([0.0]))
    Tensor([0.])
    """
    return np.sin(x), lambda g: g * np.cos(x)


@primitive
def cos(x: Any) -> Any:
    """Cosine of x.
    ∂L/∂x = −g·sin x

    >>> import autograd_lab as ag
    >>> ag.cos(ag.tensor([0.0]))
    Tensor([1.])
    """
    return np.cos(x), lambda g: -g * np.sin(x)
