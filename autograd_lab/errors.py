"""Errors that name the operation, the shapes and dtypes, and the way out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np


def describe(value: Any) -> str:
    """Shape and dtype of an array, or the repr of anything else, shortened.

    >>> describe(np.zeros((2, 3)))
    'float64 array of shape (2, 3)'
    >>> describe(2.0)
    '2.0'
    """
    if isinstance(value, np.ndarray):
        return f"{value.dtype} array of shape {value.shape}"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def check_number(
    owner: str, name: str, value: Any, low: float, high: float = np.inf, *, low_allowed: bool = True
) -> None:
    """Refuse a setting that is no number or lies outside its range.

    Parameters
    ----------
    owner, name : str
        For the message: whose setting it is, and which.
    value : int or float
    low, high : float
        The range; ``high`` itself is outside.
    low_allowed : bool
        Whether ``low`` itself is inside.

    Raises
    ------
    TypeError
        If the value is no real number.
    ValueError
        If it is outside the range or not finite.

    Examples
    --------
    >>> check_number("SGD", "lr", 0.1, 0, low_allowed=False)
    """
    if not isinstance(value, int | float | np.integer | np.floating) or isinstance(value, bool):
        raise TypeError(f"{owner}: {name} must be a number, not {describe(value)}")
    if not (low <= value < high and (low_allowed or value != low)):  # NaN fails each comparison
        at_least = "=" if low_allowed else ""
        bounded = f"{low:g} <{at_least} {name} < {high:g}"
        rule = bounded if high < np.inf else f"{name} >{at_least} {low:g} and finite"
        raise ValueError(f"{owner} needs {rule}, not {name}={value}")


def check_callable(owner: str, fn: Any) -> None:
    """Refuse what is no function.

    Raises
    ------
    TypeError
        That names ``owner``, who wanted one.

    Examples
    --------
    >>> check_callable("gradcheck", abs)
    """
    if not callable(fn):
        raise TypeError(f"{owner} takes a function of Tensors, not {describe(fn)}")


def explain(name: str, inputs: Sequence[Any], kwargs: dict[str, Any], error: Exception) -> Exception:
    """The error that an operator's formula raised, told in the terms of who called it.

    Parameters
    ----------
    name : str
        The operator.
    inputs : sequence
        What it was given.
    kwargs : dict
        Its keyword arguments.
    error : Exception
        What NumPy or the formula said.

    Returns
    -------
    Exception
        Of the same kind: ValueError, IndexError or TypeError (also where an input has no shape at all).
        Anything else, such as a MemoryError, comes back unchanged.
    """
    for kind in (IndexError, ValueError, TypeError, AttributeError, OverflowError):
        if isinstance(error, kind):
            break
    else:
        return error
    given = ", ".join([describe(a) for a in inputs] + [f"{k}={describe(v)}" for k, v in kwargs.items()])
    said = str(error).rstrip(".")
    if isinstance(error, AttributeError):
        kind, said = TypeError, "it takes Tensors, arrays and numbers in places where they make sense"
    if isinstance(error, OverflowError):
        kind = ValueError
    return kind(f"{name}({given}): {_way_out(name, inputs, said)}")


def _way_out(name: str, inputs: Sequence[Any], said: str) -> str:
    """NumPy's message, or a better one for the mistakes that everybody makes."""
    shapes = [np.shape(a) for a in inputs if isinstance(a, np.ndarray | float | int)]
    if name == "matmul" and len(shapes) == 2:
        if () in shapes:
            return "a matrix product needs at least one axis on both sides; for a number write *"
        inner = shapes[0][-1], shapes[1][-2 if len(shapes[1]) > 1 else 0]
        if inner[0] != inner[1]:
            return (
                f"the last axis of the left side has length {inner[0]} and the axis of the right side that "
                f"it is summed with has length {inner[1]}; they must agree. Is one to be transposed (.T)?"
            )
    if "broadcast" in said and len(shapes) > 1 and name != "einsum":
        return (
            "the shapes don't broadcast. Counted from the last, two axes must be of equal length or one of "
            "them of length 1; reshape() or expand_dims() inserts an axis"
        )
    if match := re.search(r"axis (-?\d+) is out of bounds for array of dimension (\d+)", said):
        axis, ndim = match.groups()
        last = int(ndim) - 1
        return f"there is no axis {axis}" + (
            f"; the axes are 0 to {last}" if last >= 0 else " of a single number"
        )
    return said
