"""Broadcasting and its adjoint: what is copied forwards is summed backwards."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_lab as ag
from autograd_lab.graph import unbroadcast
from autograd_lab.viz.explore.frames import Frame, computed, explorable, require_ipywidgets
from autograd_lab.viz.explore.panel import Axis, Panel

__all__ = ["broadcasting_frames", "explore_broadcasting"]

Shape = tuple[int, ...]
Pairs = tuple[tuple[Shape, Shape], ...]
PAIRS: Pairs = (
    ((2, 3), (2, 3)),
    ((2, 3), (1, 3)),
    ((2, 3), (3,)),
    ((2, 3), (2, 1)),
    ((2, 3), (1, 1)),
    ((2, 3), ()),
    ((2, 1), (1, 3)),
    ((2, 1), (3,)),
    ((3,), (2, 1)),
    ((2, 3), (2,)),
)
MAX_SIDE = 4
COLORS = ("blue", "vermilion", "green", "purple", "amber", "soft")
CELL, TOP_FORWARD, TOP_BACKWARD = 32, 50, 178

ASK = (
    "A gradient g of the sum a + b arrives, in the shape of the result: 1, 2, 3 in its first row, 10, 20, 30 "
    "in its second. Before each turn say the gradient of b: its shape and its numbers."
)


def explore_broadcasting(pairs: Pairs = PAIRS, *, live: bool = False) -> Any:
    """Turn through pairs of shapes, and see which entries are copied forwards and summed backwards.

    Parameters
    ----------
    pairs : tuple of pairs of shapes
        The shapes of a and b in a + b; up to two axes, none longer than 4.
    live : bool
        Add fields for shapes of your own. They compute, so they need a kernel.

    Returns
    -------
    ipywidgets.VBox

    Raises
    ------
    ImportError
        If ipywidgets is not installed; the message says how to install it.
    ValueError
        If a shape has more than two axes or a side that is too long to draw.

    Examples
    --------
    >>> box = explore_broadcasting()
    >>> box.children[1].children[1].options[2]
    '(2, 3) + (3,)'
    """
    require_ipywidgets()
    extra = None
    if live:
        import ipywidgets as w

        a, b = w.Text("2, 3", description="shape of a"), w.Text("3", description="shape of b")
        extra = computed({"a": a, "b": b}, lambda a, b: broadcasting_frames(((_shape(a), _shape(b)),))[0])
    return explorable(broadcasting_frames(pairs), knob="shapes", ask=ASK, interval=2000, live=extra)


def broadcasting_frames(pairs: Pairs = PAIRS) -> list[Frame]:
    """Return a frame for each pair of shapes.

    >>> broadcasting_frames((((2, 3), (3,)),))[0].values["grads"][1]
    array([11., 22., 33.])
    """
    return [_frame(a, b) for a, b in pairs]


def _frame(a: Shape, b: Shape) -> Frame:
    for shape in (a, b):
        if len(shape) > 2 or any(not 1 <= n <= MAX_SIDE for n in shape):
            raise ValueError(f"shapes with up to two axes of 1 to {MAX_SIDE} are drawn, not {shape}")
    label = f"{a!s} + {b!s}"
    try:
        out: Shape = ag.add(np.zeros(a), np.zeros(b)).shape
    except ValueError as error:
        # The empty second panel keeps the page from jumping.
        empty = f"<div>{_aligned(a, b)}</div>", "<div></div>"
        what = str(error).partition(". ")[0]
        return Frame(label, f"No: {what}.", empty, {"error": str(error)})
    g = _cotangent(out)
    grads = unbroadcast(g, a), unbroadcast(g, b)
    said = []
    for name, shape in (("a", a), ("b", b)):
        copies = int(np.prod(out, dtype=int)) // int(np.prod(shape, dtype=int))
        new = len(out) - len(shape)
        axes = [i for i in range(len(out)) if i < new or (shape[i - new] == 1 and out[i] != 1)]
        if copies > 1:
            along = " and ".join(f"axis {axis}" for axis in axes)
            said.append(f"{name} is copied {copies} times along {along}: its gradient is summed there.")
    told = " ".join(said) or "Nothing is copied: both gradients are g itself."
    readout = f"The result has shape {out}. {told}"
    panels = tuple(
        _panel(name, shape, out, g, grad) for name, shape, grad in (("a", a, grads[0]), ("b", b, grads[1]))
    )
    return Frame(label, readout, panels, {"out": out, "g": g, "grads": grads})


def _cotangent(out: Shape) -> NDArray[np.float64]:
    """Return 1, 2, 3 in the first row, 10, 20, 30 in the second: sums that show what went into them."""
    rows, columns = _grid(out)
    return ((np.arange(columns) + 1.0) * 10.0 ** np.arange(rows)[:, None]).reshape(out)


def _panel(name: str, shape: Shape, out: Shape, g: NDArray[np.float64], grad: NDArray[np.float64]) -> str:
    count = int(np.prod(shape, dtype=int))
    index = np.arange(count).reshape(shape)
    copied = np.broadcast_to(index, out)
    again = "copied" if count != copied.size else "used"
    numbers = ", ".join(f"{v:g}" for v in grad.reshape(-1))
    panel = Panel(
        f"{name} of shape {shape!s}",
        f"Above, the entries of {name} are {again} in the result of shape {out!s}. Below, the "
        f"gradient g of that shape becomes the gradient of {name}: {numbers}.",
        Axis(0, 0),
        Axis(0, 1),
        height=278,
    )
    rows, columns = _grid(out)
    right = 320 - 8 - columns * CELL
    letters = np.array([_letter(name, i, shape) for i in range(count)], dtype=object)
    _cells(panel, 0, TOP_FORWARD, _grid(shape), letters, index.reshape(-1))
    _cells(panel, right, TOP_FORWARD, (rows, columns), letters[copied.reshape(-1)], copied.reshape(-1))
    sums = [f"{v:g}" for v in grad.reshape(-1)]
    parts = [f"{v:g}" for v in g.reshape(-1)]
    _cells(panel, 0, TOP_BACKWARD, _grid(shape), sums, index.reshape(-1))
    _cells(panel, right, TOP_BACKWARD, (rows, columns), parts, copied.reshape(-1))
    start, end = _grid(shape)[1] * CELL + 8, right - 8
    many = count != copied.size
    for y, word, forward in (
        (TOP_FORWARD, "copy" if many else "use", True),
        (TOP_BACKWARD, "sum" if many else "pass", False),
    ):
        middle = y + CELL / 2 + 4
        tip, back = (end, -1) if forward else (start, 1)
        panel.raw(
            f'<path class="ag-axis" d="M{start} {middle:g}H{end}M{tip + 5 * back} {middle - 4:g}'
            f'l{-5 * back} 4l{5 * back} 4"/>'
        )
        panel.text((start + end) / 2, middle - 7, word, "tick mid", pixels=True)
    panel.text(0, TOP_FORWARD - 8, "forward", "tick", pixels=True)
    panel.text(0, TOP_BACKWARD - 8, f"backward: gradient of {name}", "tick", pixels=True)
    panel.text(320 - 8, TOP_BACKWARD - 8, "g", "tick end", pixels=True)
    return panel.svg()


def _cells(
    panel: Panel, left: float, top: float, grid: tuple[int, int], texts: Any, groups: NDArray[Any]
) -> None:
    """Draw a table of cells; a coloured bar and the letter say which entry each belongs to."""
    for place, (text, group) in enumerate(zip(texts, groups, strict=True)):
        row, column = divmod(place, grid[1])
        x, y = left + column * CELL, top + row * CELL
        panel.raw(f'<rect class="ag-cell" x="{x:g}" y="{y:g}" width="{CELL}" height="{CELL}"/>')
        color = COLORS[int(group) % len(COLORS)]
        panel.box(x + 1, y + CELL - 5, CELL - 2, 4, color)
        panel.text(x + CELL / 2, y + CELL / 2 + 2, str(text), "mid", pixels=True)


def _aligned(a: Shape, b: Shape) -> str:
    """Return the two shapes written one above the other from the right, as NumPy compares them."""
    wide = max(len(a), len(b))
    rows = []
    for name, shape in (("a", a), ("b", b)):
        cells = [""] * (wide - len(shape)) + [str(n) for n in shape]
        other = [""] * (wide - len(b if name == "a" else a)) + [str(n) for n in (b if name == "a" else a)]
        marks = [
            "ag-wrong" if c and o and c != o and "1" not in (c, o) else "ag-same"
            for c, o in zip(cells, other, strict=True)
        ]
        inner = "".join(
            f'<td class="ag-number {m}">{escape(c)}</td>' for c, m in zip(cells, marks, strict=True)
        )
        rows.append(f'<tr><th scope="row">{name}</th>{inner}</tr>')
    return (
        '<table class="ag-digits"><caption>Shapes are compared from the right</caption>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _grid(shape: Shape) -> tuple[int, int]:
    return (1, 1) if not shape else (1, shape[0]) if len(shape) == 1 else (shape[0], shape[1])


def _letter(name: str, place: int, shape: Shape) -> str:
    digits = "₁₂₃₄₅₆₇₈₉"
    indices = np.unravel_index(place, shape) if shape else ()
    return name + "".join(digits[int(i)] for i in indices)


def _shape(text: str) -> Shape:
    return tuple(int(part) for part in text.strip(" ()").split(",") if part.strip())
