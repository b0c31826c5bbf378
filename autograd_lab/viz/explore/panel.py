"""A small picture as inline SVG: two axes, curves, marks and words beside them.

Unlike a Matplotlib figure it takes its colours from the page, light or dark, is set in the page's font, and
weighs two or three kilobytes, so that twenty of them can wait behind a slider. It is drawn for the width of
a phone; on a wider page two panels stand side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from math import isfinite, log10

__all__ = ["Axis", "Panel", "power", "words"]

WIDTH, HEIGHT = 320, 270
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 30, 40

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(exponent: int) -> str:
    """Write a power of ten.

    >>> power(-5)
    '10⁻⁵'
    """
    return f"10{str(exponent).translate(_SUPERSCRIPT)}"


def words(value: float, digits: int = 3) -> str:
    """Write a number as in running text, with a real minus sign and powers of ten.

    >>> words(0.25), words(-3e-12), words(float("nan"))
    ('0.25', '−3 × 10⁻¹²', 'nan')
    """
    text = f"{value:.{digits}g}"
    number, _, exponent = text.partition("e")
    if exponent:
        number += f" × {power(int(exponent))}"
    return ("−" + number[1:]) if number.startswith("-") else number


class Axis:
    """Where a number stands between two ends, on a plain or a logarithmic scale."""

    def __init__(self, low: float, high: float, *, log: bool = False) -> None:
        self.log = log
        self.low, self.high = (log10(low), log10(high)) if log else (low, high)

    def at(self, value: float) -> float:
        """Return the place of a value as a fraction: 0 at the low end, 1 at the high one.

        >>> Axis(1, 100, log=True).at(10)
        0.5
        """
        if self.log:
            value = log10(value) if value > 0 else self.low - 1
        return (value - self.low) / (self.high - self.low)


class Panel:
    """One picture with a heading; every method adds something to it and returns nothing.

    Parameters
    ----------
    heading : str
        Stands above the picture.
    description : str
        What the picture shows, for a reader who can't see it.
    x, y : Axis
        The two axes.

    Examples
    --------
    >>> panel = Panel("Loss", "A falling line.", Axis(0, 2), Axis(0, 1))
    >>> panel.line([(0, 1), (2, 0.5)], "blue", label="train")
    >>> panel.svg().startswith('<svg class="ag-panel" role="img" aria-label="Loss. A falling line."')
    True
    """

    def __init__(self, heading: str, description: str, x: Axis, y: Axis, *, height: int = HEIGHT) -> None:
        self.heading, self.description, self.x, self.y, self.height = heading, description, x, y, height
        self.parts: list[str] = []
        self.text(LEFT if x.low != x.high else 0, 16, heading, "heading", pixels=True)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixels of a point, kept near the picture where it lies far outside."""
        across = min(max(self.x.at(x), -1.0), 2.0)
        up = min(max(self.y.at(y), -1.0), 2.0)
        return (
            LEFT + across * (WIDTH - LEFT - RIGHT),
            self.height - BOTTOM - up * (self.height - TOP - BOTTOM),
        )

    def x_axis(self, ticks: Iterable[tuple[float, str]], label: str) -> None:
        """Draw the axis along the bottom, with its ticks and its name."""
        floor = self.height - BOTTOM
        self.parts.append(f'<path class="ag-axis" d="M{LEFT} {floor}H{WIDTH - RIGHT}"/>')
        for value, tick in ticks:
            x, _ = self.place(value, 0)
            self.parts.append(f'<path class="ag-axis" d="M{_n(x)} {floor}v4"/>')
            self.text(x, floor + 17, tick, "tick mid", pixels=True)
        self.text(WIDTH - RIGHT, self.height - 5, label, "tick end", pixels=True)

    def y_axis(self, ticks: Iterable[tuple[float, str]]) -> None:
        """Draw a pale line across the picture at each tick, with its number at the left."""
        for value, tick in ticks:
            _, y = self.place(0, value)
            self.parts.append(f'<path class="ag-guide" d="M{LEFT} {_n(y)}H{WIDTH - RIGHT}"/>')
            self.text(LEFT - 6, y + 4, tick, "tick end", pixels=True)

    def line(
        self, points: Sequence[tuple[float, float]], color: str, *, style: str = "", label: str = ""
    ) -> None:
        """Draw a line through points; a label stands at its last one."""
        spots = [self.place(x, y) for x, y in points if isfinite(x) and isfinite(y)]
        if len(spots) > 1:
            self.parts.append(f'<path class="ag-line ag-{color} {style}" d="{_path(spots)}"/>')
        if label and spots:
            x, y = spots[-1]
            self.text(x + 6, y + 4, label, color, pixels=True)

    def dot(self, x: float, y: float, color: str, size: float = 3.0, *, hollow: bool = False) -> None:
        """Draw a round mark."""
        across, up = self.place(x, y)
        kind = "ring" if hollow else "dot"
        self.parts.append(
            f'<circle class="ag-{kind} ag-{color}" cx="{_n(across)}" cy="{_n(up)}" r="{size:g}"/>'
        )

    def box(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """Draw a filled box, in pixels."""
        self.parts.append(
            f'<rect class="ag-fill ag-{color}" x="{_n(x)}" y="{_n(y)}" '
            f'width="{_n(width)}" height="{_n(height)}"/>'
        )

    def text(self, x: float, y: float, text: str, kind: str = "", *, pixels: bool = False) -> None:
        """Write a text at a point, given in the axes' numbers or in pixels."""
        across, up = (x, y) if pixels else self.place(x, y)
        classes = " ".join(f"ag-{word}" for word in kind.split())
        self.parts.append(f'<text class="{classes}" x="{_n(across)}" y="{_n(up)}">{escape(text)}</text>')

    def raw(self, markup: str) -> None:
        """Add SVG as it is."""
        self.parts.append(markup)

    def svg(self) -> str:
        """Return the picture.

        >>> Panel("Loss", "Nothing.", Axis(0, 1), Axis(0, 1)).svg()[-6:]
        '</svg>'
        """
        name = escape(f"{self.heading}. {self.description}", quote=True)
        return (
            f'<svg class="ag-panel" role="img" aria-label="{name}" viewBox="0 0 {WIDTH} {self.height}" '
            f'width="{WIDTH}" height="{self.height}">{"".join(self.parts)}</svg>'
        )


def _n(value: float) -> str:
    """Write a coordinate with one decimal, without a needless zero or minus sign."""
    return f"{round(value, 1) + 0.0:g}"


def _path(spots: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in spots)
