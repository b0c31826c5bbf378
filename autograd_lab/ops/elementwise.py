"""Elementwise operators: the report's equations (1) to (5), and what a network needs beside them.

Shapes broadcast as in NumPy and dtypes follow NumPy's rules; ``g`` is the cotangent ∂L/∂out. Each VJP
is the report's local gradient times ``g``; the engine sums it back to the shape of a broadcast input.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.ops.primitive import as_float, primitive


@primitive
def add(x: Any, y: Any) -> Any:
    """Sum of x and y (report, eq. 1).
    ∂L/∂x = g    ∂L/∂y = g

    Shapes: x and y broadcast to the shape of the result.
    Dtypes: NumPy's promotion; a Python or NumPy number leaves float32 as it is.
    Raises: ValueError if the shapes don't broadcast, TypeError for what is no number.

    >>> import autograd_lab as ag
    >>> ag.add(ag.tensor([1.0, 2.0]), 3.0)
    Tensor([4., 5.])
    """
    return x + y, lambda g: g, lambda g: g


@primitive
def sub(x: Any, y: Any) -> Any:
    """Difference of x and y (eq. 1, with y negated).
    ∂L/∂x = g    ∂L/∂y = −g

    Shapes: x and y broadcast to the shape of the result.
    Dtypes: NumPy's promotion; a number leaves float32 as it is, and unsigned integers wrap around.
    Raises: ValueError if the shapes don't broadcast, TypeError for two booleans or what is no number.

    >>> import autograd_lab as ag
    >>> ag.sub(ag.tensor([1.0, 2.0]), 3.0)
    Tensor([-2., -1.])
    """
    return x - y, lambda g: g, lambda g: -g


@primitive
def mul(x: Any, y: Any) -> Any:
    """Product of x and y (report, eq. 2).
    ∂L/∂x = g·y    ∂L/∂y = g·x

    Shapes: x and y broadcast to the shape of the result.
    Dtypes: NumPy's promotion; a Python or NumPy number leaves float32 as it is.
    Raises: ValueError if the shapes don't broadcast, TypeError for what is no number.

    >>> import autograd_lab as ag
    >>> ag.mul(ag.tensor([1.0, 2.0]), 3.0)
    Tensor([3., 6.])
    """
    return x * y, lambda g: g * y, lambda g: g * x


@primitive
def div(x: Any, y: Any) -> Any:
    """Quotient of x and y (eqs. 2 and 3: x·y⁻¹).
    ∂L/∂x = g/y    ∂L/∂y = −g·(x/y)/y

    Shapes: x and y broadcast to the shape of the result.
    Dtypes: NumPy's promotion, with float64 for integers and booleans; a number leaves float32 as it is.
    Raises: ValueError if the shapes don't broadcast, TypeError for what is no number; x/0 is ±inf or NaN,
      with NumPy's RuntimeWarning.

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

    Shapes: that of x.
    Dtypes: that of x; unsigned integers wrap around.
    Raises: TypeError for booleans and what is no number.

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

    Shapes: x and y broadcast to the shape of the result.
    Dtypes: NumPy's promotion; integers stay integers, booleans give int8; a number leaves float32 as it is.
    Raises: ValueError if the shapes don't broadcast or integers have a negative power, TypeError for what is
      no number; a fractional power of a negative base is NaN, with NumPy's RuntimeWarning.

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

    Shapes: that of x.
    Dtypes: that of x; integers of 64 or 32 bits give float64, of 16 float32, of 8 and booleans float16.
    Raises: TypeError for what is no number; a value beyond the dtype is inf, with NumPy's RuntimeWarning.

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

    At 0 the value is −inf and the slope inf; below 0 the value is NaN, with NumPy's RuntimeWarning.

    Shapes: that of x.
    Dtypes: that of x; integers of 64 or 32 bits give float64, of 16 float32, of 8 and booleans float16.
    Raises: TypeError for what is no number.

    >>> import autograd_lab as ag
    >>> ag.log(ag.tensor([1.0]))
    Tensor([0.])
    """
    return np.log(x), lambda g: g / x


@primitive
def sqrt(x: Any) -> Any:
    """Square root of x (eq. 3, with y = 1/2).
    ∂L/∂x = g/(2√x)

    At 0 the slope is inf, below 0 value and slope are NaN, with NumPy's RuntimeWarning.

    Shapes: that of x.
    Dtypes: that of x; integers of 64 or 32 bits give float64, of 16 float32, of 8 and booleans float16.
    Raises: TypeError for what is no number.

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

    x times its sign, a constant (eq. 2); at the kink 0, the report's choice for ReLU.

    Shapes: that of x.
    Dtypes: that of x, integers and booleans too.
    Raises: TypeError for what is no number.

    >>> import autograd_lab as ag
    >>> ag.abs(ag.tensor([-2.0, 3.0]))
    Tensor([2., 3.])
    """
    return np.abs(x), lambda g: g * np.sign(x)


@primitive
def maximum(x: Any, y: Any) -> Any:
    """The larger of x and y.
    ∂L/∂x = g where x > y, half of it at a tie; ∂L/∂y likewise

    Eq. 5 with y in the place of 0: y + max(x − y, 0). NaN beside anything gives NaN, with slope 0.

    Shapes: x and y broadcast to the shape of the result.
    Dtypes: NumPy's promotion; a Python or NumPy number leaves float32 as it is.
    Raises: ValueError if the shapes don't broadcast, TypeError for what is no number.

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

    −max(−x, −y), with the slopes of :func:`maximum`. NaN beside anything gives NaN, with slope 0.

    Shapes: x and y broadcast to the shape of the result.
    Dtypes: NumPy's promotion; a Python or NumPy number leaves float32 as it is.
    Raises: ValueError if the shapes don't broadcast, TypeError for what is no number.

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
    ∂L/∂x = g where it holds, else 0; ∂L/∂y = g where it does not, else 0

    Each entry is copied from one of the two: a product (eq. 2) with a mask of ones and zeros, and a sum.

    Shapes: condition, x and y broadcast to the shape of the result.
    Dtypes: NumPy's promotion of x and y; the condition is read as true or false and has no gradient.
    Raises: ValueError if the shapes don't broadcast.

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

    Eq. 5 from both sides, but with slope 1 at the bounds themselves, as ``torch.clamp`` has it.

    Shapes: x, min and max broadcast to the shape of the result; None is no bound.
    Dtypes: NumPy's promotion of all three; a Python or NumPy number leaves float32 as it is.
    Raises: ValueError if the shapes don't broadcast, TypeError for bounds that require gradients or no
      numbers.

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

    The quotient rule (eqs. 2 and 3) on sinh/cosh: (cosh² − sinh²)/cosh² = 1 − tanh².

    Shapes: that of x.
    Dtypes: that of x; integers of 64 or 32 bits give float64, of 16 float32, of 8 and booleans float16.
    Raises: TypeError for what is no number.

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
    The slope by eqs. 1 and 3 is (1 + e⁻ˣ)⁻²·e⁻ˣ.

    Shapes: that of x.
    Dtypes: that of x; integers and booleans give float64.
    Raises: TypeError for complex numbers and what is no number.

    >>> import autograd_lab as ag
    >>> ag.sigmoid(ag.tensor([0.0]))
    Tensor([0.5])
    """
    out = np.exp(-np.logaddexp(0, -as_float(x)))
    return out, lambda g: g * (out * (1 - out))


@primitive
def relu(x: Any) -> Any:
    """max(x, 0) (report, eq. 5).
    ∂L/∂x = g where x > 0, else 0

    Shapes: that of x.
    Dtypes: that of x, integers too; booleans give int64.
    Raises: TypeError for what is no number; NaN stays NaN, with slope 0.

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

    From sin(x + h) = sin x·cos h + cos x·sin h, whose part linear in h is h·cos x.

    Shapes: that of x.
    Dtypes: that of x; integers of 64 or 32 bits give float64, of 16 float32, of 8 and booleans float16.
    Raises: TypeError for what is no number; sin of ±inf is NaN, with NumPy's RuntimeWarning.

    >>> import autograd_lab as ag
    >>> ag.sin(ag.tensor([0.0]))
    Tensor([0.])
    """
    return np.sin(x), lambda g: g * np.cos(x)


@primitive
def cos(x: Any) -> Any:
    """Cosine of x.
    ∂L/∂x = −g·sin x

    sin(x + π/2), whose slope cos(x + π/2) is −sin x.

    Shapes: that of x.
    Dtypes: that of x; integers of 64 or 32 bits give float64, of 16 float32, of 8 and booleans float16.
    Raises: TypeError for what is no number; cos of ±inf is NaN, with NumPy's RuntimeWarning.

    >>> import autograd_lab as ag
    >>> ag.cos(ag.tensor([0.0]))
    Tensor([1.])
    """
    return np.cos(x), lambda g: -g * np.sin(x)
