"""Short text for drawings: numbers with four digits, arrays that fit in a box, and how wide a text will be.

A browser draws with whatever font it has, so a text is measured with the widths of a wide one (DejaVu Sans):
boxes come out a little roomy rather than clipped.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["count_of", "format_number", "format_shape", "format_value", "text_width"]

_MAX_COLUMNS = 4
_MAX_ROWS = 4

# Widths in em, by character; whatever is not listed counts as wide as a digit.
_DIGIT = 0.64
_WIDTHS = {
    **dict.fromkeys("ijl.,:;'|!I", 0.33),
    **dict.fromkeys(" ()[]frt", 0.41),
    **dict.fromkeys("-/\\sckvxyz", 0.6),
    **dict.fromkeys("ABCDEFGHJKLNOPQRSTUVXYZ&", 0.78),
    **dict.fromkeys("mwMW%@…", 1.0),
    **dict.fromkeys("−+×÷=<>~Σ∂∇", 0.84),
}


def text_width(text: str, size: float = 1.0, *, bold: bool = False) -> float:
    """Return an upper estimate of the width of `text` in a sans-serif font of the given size.

    >>> text_width("W1", 10.0) < text_width("W1", 10.0, bold=True)
    True
    """
    # Beyond the Latin and Greek alphabets (CJK, emoji) a character may fill a whole em.
    ems = sum(_WIDTHS.get(char, _DIGIT if ord(char) < 0x2E80 else 1.05) for char in text)
    return ems * size * (1.1 if bold else 1.0)


def format_number(number: Any) -> str:
    """Return a number with at most four significant digits and a true minus sign.

    >>> [format_number(x) for x in (2.0, -0.00012346, 1234567.0, float("nan"), True, -0.0)]
    ['2', '−0.0001235', '1.235e6', 'nan', 'True', '0']
    """
    if isinstance(number, (bool, np.bool_)):
        return str(bool(number))
    if isinstance(number, (complex, np.complexfloating)):
        return f"{complex(number):.4g}".replace("-", "−")
    text = f"{number:.4g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = f"{mantissa}e{int(exponent)}"
    return "0" if text == "-0" else text.replace("-", "−")


def format_shape(shape: tuple[int, ...]) -> str:
    """Return a shape as NumPy prints it; a scalar has the shape ``()``.

    >>> format_shape((784, 300)), format_shape((3,)), format_shape(())
    ('(784, 300)', '(3,)', '()')
    """
    return str(tuple(int(n) for n in shape))


def format_value(array: Any, noise: float = 0.0) -> tuple[str, ...]:
    """Return the lines that show a small array; no lines for one that is too large for a box.

    A number of at most `noise` is shown as 0.

    >>> format_value(np.array([[1.0, 2.5], [3.0, -4.0]]))
    ('[[1, 2.5]', ' [3, −4]]')
    >>> format_value(np.zeros((100, 784)))
    ()
    """
    array = np.asarray(array)
    if array.dtype.kind not in "biufc":
        return ()
    if noise > 0:
        array = np.where(np.abs(array) <= noise, 0, array)
    if array.ndim == 0:
        return (format_number(array[()]),)
    if array.size == 0:
        return ("[]",)
    rows = array.shape[0] if array.ndim == 2 else 1
    if array.ndim > 2 or array.shape[-1] > _MAX_COLUMNS or rows > _MAX_ROWS:
        return ()
    lines = ["[" + ", ".join(format_number(entry) for entry in row) + "]" for row in array.reshape(rows, -1)]
    if array.ndim == 1:
        return tuple(lines)
    last = len(lines) - 1
    return tuple(("[" if i == 0 else " ") + line + ("]" if i == last else "") for i, line in enumerate(lines))


def count_of(number: int, noun: str) -> str:
    """Return a count with its noun.

    >>> count_of(1, "operator"), count_of(3, "operator")
    ('1 operator', '3 operators')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
