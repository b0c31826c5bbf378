"""The step of a finite difference: too large, and the curve bends; too small, and the digits cancel."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log10
from typing import Any

import numpy as np

from autograd_lab.func import grad
from autograd_lab.gradcheck import numerical_gradient
from autograd_lab.graph import no_grad
from autograd_lab.tensor import Tensor
from autograd_lab.viz.explore.frames import Frame, computed, explorable, require_ipywidgets
from autograd_lab.viz.explore.panel import Axis, Panel, power, words

__all__ = ["explore_step_size", "step_size_frames", "witch"]

Function = Callable[[Tensor], Tensor]
EPSILON = float(np.finfo(np.float64).eps)
SMALLEST = -16

ASK = (
    "A derivative is a limit for h → 0, so a smaller step should be a better one. Here is the smallest "
    "that still moves x. How many digits of the slope will be right, and which h gives the most?"
)


def witch(x: Tensor) -> Tensor:
    """Return 1/(1 + x²), made of operations that every processor rounds in the same way.

    >>> witch(Tensor(1.0))
    Tensor(0.5)
    """
    return 1 / (1 + x * x)


def explore_step_size(fn: Function = witch, x: float = 0.7, *, live: bool = False) -> Any:
    """Turn the step h of a central difference, and see which digits of the slope survive.

    The left panel subtracts f(x − h) from f(x + h), digit by digit. The right one plots the error against h,
    as far as the knob has been turned.

    Parameters
    ----------
    fn : function
        Takes a Tensor, returns one of the same shape; smooth, made of the package's operators.
    x : float
        Where to differentiate.
    live : bool
        Add controls for a point and a step of your own. They compute, so they need a kernel.

    Returns
    -------
    ipywidgets.VBox

    Raises
    ------
    ImportError
        If ipywidgets is not installed; the message says how to install it.
    ValueError
        If x is so large that even a step of 1 does not change it.

    Examples
    --------
    >>> box = explore_step_size()
    >>> play, slider = box.children[1].children
    >>> slider.options[0], slider.options[-1]
    ('10⁻¹⁶', '10⁰')
    """
    require_ipywidgets()
    extra = None
    if live:
        import ipywidgets as w

        point = w.FloatText(x, step=0.1, description="x")
        h = w.FloatLogSlider(1e-5, base=10, min=-16, max=0, step=0.25, description="h")
        extra = computed({"x": point, "h": h}, lambda x, h: step_size_frames(fn, x, (h,))[-1])
    return explorable(step_size_frames(fn, x), knob="step h", ask=ASK, live=extra)


def step_size_frames(
    fn: Function = witch, x: float = 0.7, steps: tuple[float, ...] | None = None
) -> list[Frame]:
    """Return a frame for each step; steps that x is too large to notice are left out.

    >>> frame = step_size_frames(steps=(1e-5,))[0]
    >>> frame.values["error"] < 1e-10
    True
    """
    slope, third = _derivatives(fn, x)
    value = abs(_value(fn, x))
    rows: list[dict[str, float]] = []
    for h in steps or tuple(float(f"1e{k}") for k in range(SMALLEST, 1)):
        try:
            found = float(numerical_gradient(fn, np.float64(x), eps=h)[0])
        except ValueError:
            continue  # x + h is x
        rows.append(
            {
                "h": h,
                "slope": found,
                "error": abs(found - slope),
                "truncation": h * h * abs(third) / 6,
                "round-off": EPSILON * value / h,
            }
        )
    if not rows:
        raise ValueError(f"no step h ≤ 1 changes x = {x:g}; take a smaller x")
    return [_frame(fn, x, slope, rows[: i + 1]) for i in range(len(rows))]


def _frame(fn: Function, x: float, slope: float, rows: list[dict[str, float]]) -> Frame:
    now = rows[-1]
    h, error = now["h"], now["error"]
    if now["round-off"] > 10 * now["truncation"]:
        verdict = "Round-off rules: the digits that the two values share cancel."
    elif now["truncation"] > 10 * now["round-off"]:
        verdict = "Truncation rules: the curve bends between x − h and x + h."
    else:
        verdict = "Here the two errors are about equal, and their sum is smallest."
    exponent = log10(h)
    label = power(round(exponent)) if abs(exponent - round(exponent)) < 1e-9 else words(h)
    readout = f"With h = {label} the slope is off by {words(error, 2)}. {verdict}"
    return Frame(label, readout, (_digits(fn, x, slope, now), _errors(rows)), {**now, "exact": slope})


def _derivatives(fn: Function, x: float) -> tuple[float, float]:
    first = grad(fn)
    third = grad(grad(first))
    point = Tensor(np.float64(x))
    return float(first(point).item()), float(third(point).item())


def _value(fn: Function, x: float) -> float:
    with no_grad():
        return float(fn(Tensor(np.float64(x))).item())


def _digits(fn: Function, x: float, slope: float, row: dict[str, float]) -> str:
    """Return the subtraction as a table, with the digits marked that cancel, are right and are wrong."""
    h = row["h"]
    up, down = _value(fn, x + h), _value(fn, x - h)
    places = 17 - max(1, ceil(log10(max(abs(up), abs(down), 1e-300)) + 1e-12))
    places = min(max(places, 1), 17)
    above, below = f"{up:.{places}f}", f"{down:.{places}f}"
    same = next((i for i, (a, b) in enumerate(zip(above, below, strict=False)) if a != b), len(above))
    if len(above) != len(below):
        same = 0
    found, exact = f"{row['slope']:.12f}", f"{slope:.12f}"
    split = next((i for i, (a, b) in enumerate(zip(found, exact, strict=False)) if a != b), len(found))
    if "." not in found[:split]:
        split = 0
    minus = str.maketrans("-", "−")

    def pair(text: str, cut: int, first: str, second: str) -> str:
        text = text.translate(minus)
        return f'<span class="{first}">{text[:cut]}</span><span class="{second}">{text[cut:]}</span>'

    rows = [
        ("f(x + h)", pair(above, same, "ag-same", "ag-left"), ""),
        ("f(x − h)", pair(below, same, "ag-same", "ag-left"), ""),
        ("difference", f"{up - down:.{places}f}".translate(minus), "ag-total"),
        ("÷ 2h", pair(found, split, "ag-right", "ag-wrong"), ""),
        ("backward", exact.translate(minus), ""),
    ]
    cells = "".join(
        f'<tr class="{kind}"><th scope="row">{name}</th><td>{number}</td></tr>' for name, number, kind in rows
    )
    caption = "What is left of the digits"
    return f'<table class="ag-digits"><caption>{caption}</caption><tbody>{cells}</tbody></table>'


def _errors(rows: list[dict[str, float]]) -> str:
    now = rows[-1]
    panel = Panel(
        "Error, so far",
        f"Log axes. At h = {words(now['h'])} the error is {words(now['error'], 2)}; "
        f"{len(rows)} steps are marked.",
        Axis(10.0**SMALLEST, 1, log=True),
        Axis(1e-15, 10, log=True),
    )
    panel.y_axis([(10.0**k, power(k)) for k in (-15, -12, -9, -6, -3, 0)])
    panel.x_axis([(10.0**k, power(k)) for k in (-16, -12, -8, -4, 0)], "step h")
    panel.line(
        [(r["h"], r["round-off"]) for r in rows if r["round-off"] > 1e-15], "purple", style="ag-dashed"
    )
    panel.line(
        [(r["h"], r["truncation"]) for r in rows if r["truncation"] > 1e-15], "amber", style="ag-dashed"
    )
    if len(rows) > 6:
        panel.text(rows[4]["h"], 12 * rows[4]["round-off"], "round-off ε|f|/h", "purple")
    if len(rows) > 13 and rows[-1]["h"] > 1e-4:
        x, y = panel.place(1e-3, 1e-3**2 / 6)
        panel.text(x - 4, y - 22, "truncation h²|f‴|/6", "amber end", pixels=True)
    for row in rows[:-1]:
        panel.dot(row["h"], max(row["error"], 1e-15), "blue")
    panel.dot(now["h"], max(now["error"], 1e-15), "blue", 6, hollow=True)
    return panel.svg()
