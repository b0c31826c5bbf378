"""Two knobs of softmax: the temperature, which changes the answer, and the shift, which must not."""

from __future__ import annotations

from math import isfinite, log
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

import autograd_lab as ag
from autograd_lab.viz.explore.frames import Frame, computed, explorable, require_ipywidgets
from autograd_lab.viz.explore.panel import LEFT, RIGHT, WIDTH, Axis, Panel, words

__all__ = ["explore_softmax", "shift_frames", "temperature_frames"]

SCORES = (2.0, 1.0, 0.0, -1.0)
TEMPERATURES = (0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)
SHIFTS = (
    -800.0,
    -745.0,
    -743.0,
    -740.0,
    -700.0,
    -400.0,
    -100.0,
    0.0,
    100.0,
    400.0,
    700.0,
    708.0,
    709.0,
    800.0,
)
COLORS = ("blue", "vermilion", "green", "purple", "amber")

ASK_TEMPERATURE = (
    "At temperature 0.1 the highest score takes nearly everything. When you turn T up to 10, does the order "
    "of the classes ever change, and where do the probabilities go?"
)
ASK_SHIFT = (
    "Adding the same c to every score cancels in exp(z + c) / Σ exp(z + c), whatever c is. That is on paper. "
    "How far can you turn c before float64 disagrees, and will it tell you?"
)


def explore_softmax(
    scores: ArrayLike = SCORES, *, knob: Literal["temperature", "shift"] = "temperature", live: bool = False
) -> Any:
    """Turn the temperature T of softmax(z/T), or the constant c that is added to every score.

    Parameters
    ----------
    scores : array_like
        The scores z, two to five of them.
    knob : {"temperature", "shift"}
        What the slider turns. With the shift, the formula as it is written stands beside the package's
        :func:`autograd_lab.softmax`, which subtracts the largest score first.
    live : bool
        Add controls for scores and a position of your own. They compute, so they need a kernel.

    Returns
    -------
    ipywidgets.VBox

    Raises
    ------
    ImportError
        If ipywidgets is not installed; the message says how to install it.
    ValueError
        If there are not two to five scores, or the knob is not known.

    Examples
    --------
    >>> box = explore_softmax([2.0, 1.0, 0.0], knob="shift")
    >>> box.children[1].children[1].label
    'c = 0'
    """
    require_ipywidgets()
    if knob not in ("temperature", "shift"):
        raise ValueError(f"knob must be 'temperature' or 'shift', not {knob!r}")
    z = _checked(scores)
    extra = None
    if live:
        import ipywidgets as w

        draw = temperature_frames if knob == "temperature" else shift_frames
        text = w.Text(", ".join(f"{s:g}" for s in z), description="scores")
        if knob == "temperature":
            other = w.FloatLogSlider(1.0, base=10, min=-2, max=2, step=0.05, description="T")
        else:
            other = w.FloatText(0.0, step=1, description="c")
        extra = computed({"scores": text, "at": other}, lambda scores, at: draw(_numbers(scores), (at,))[-1])
    if knob == "temperature":
        return explorable(temperature_frames(z), knob="temperature", ask=ASK_TEMPERATURE, live=extra)
    start = SHIFTS.index(0.0)
    return explorable(shift_frames(z), knob="shift", ask=ASK_SHIFT, start=start, live=extra)


def temperature_frames(
    scores: ArrayLike = SCORES, temperatures: tuple[float, ...] = TEMPERATURES
) -> list[Frame]:
    """Return a frame for each temperature.

    >>> temperature_frames([1.0, 1.0], (2.0,))[0].values["p"]
    array([0.5, 0.5])
    """
    z = _checked(scores)
    if not min(temperatures) > 0:
        raise ValueError(f"a temperature is positive, not {min(temperatures):g}")
    rows = [(T, ag.softmax(z / T).data) for T in temperatures]
    return [_temperature(z, rows[: i + 1]) for i in range(len(rows))]


def _temperature(z: NDArray[np.float64], rows: list[tuple[float, NDArray[np.float64]]]) -> Frame:
    T, p = rows[-1]
    kept = p[p > 0]
    entropy = float(-(kept * np.log(kept)).sum()) + 0.0
    readout = (
        f"At T = {T:g} the probabilities are {_list(p)}. Their entropy is {entropy:.2f}; "
        f"{log(len(z)):.2f} would be no preference at all."
    )
    bars = _bars(f"softmax(z / T) at T = {T:g}", z, p)
    trace = Panel(
        "Probability, so far",
        f"One line a class against the temperature on a log axis, up to T = {T:g}.",
        Axis(TEMPERATURES[0], 1.8 * TEMPERATURES[-1], log=True),
        Axis(0, 1),
    )
    trace.y_axis([(v, f"{v:g}") for v in (0, 0.25, 0.5, 0.75, 1)])
    trace.x_axis([(v, f"{v:g}") for v in (0.1, 0.3, 1, 3, 10)], "temperature T, log axis")
    for k, color in zip(range(len(z)), COLORS, strict=False):
        trace.line([(t, float(q[k])) for t, q in rows], color)
        trace.dot(T, float(p[k]), color, 4)
    _label_ends(trace, T, p)
    return Frame(f"T = {T:g}", readout, (bars, trace.svg()), {"T": T, "p": p, "entropy": entropy})


def _label_ends(panel: Panel, T: float, p: NDArray[np.float64]) -> None:
    """Write each class's name beside the end of its line, from the lowest up, moved apart where they meet."""
    free = float(panel.height - 34)
    for k in np.argsort(p, kind="stable"):
        x, y = panel.place(T, float(p[k]))
        free = min(y + 4, free - 13)
        panel.text(x + 8, free, f"p{_SUBSCRIPTS[k]}", COLORS[k], pixels=True)


def shift_frames(scores: ArrayLike = SCORES, shifts: tuple[float, ...] = SHIFTS) -> list[Frame]:
    """Return a frame for each constant.

    >>> frame = shift_frames([1.0, 0.0], (800.0,))[0]
    >>> frame.values["written"], frame.values["shifted"].round(2)
    (array([nan, nan]), array([0.73, 0.27]))
    """
    z = _checked(scores)
    return [_shift(z, c) for c in shifts]


def _shift(z: NDArray[np.float64], c: float) -> Frame:
    with np.errstate(all="ignore"):
        powers = np.exp(z + c)
        written = powers / powers.sum()
    shifted = ag.softmax(z + c).data
    worst = float(np.abs(written - shifted).max())
    if not isfinite(worst):
        what = "overflow to infinity" if np.isinf(powers).any() else "are all 0"
        verdict = f"The exponentials {what}: the formula as written gives nan."
    elif worst > 5e-5:
        verdict = (
            f"The formula as written is off by {words(worst, 1)}, in silence: of exponentials so small "
            "float64 keeps only a few digits."
        )
    else:
        verdict = "Both formulas agree to four decimals."
    label = f"c = {words(c)}"
    return Frame(
        label,
        f"At {label}: {verdict}",
        (_range(z, c), _two_answers(written, shifted)),
        {"c": c, "written": written, "shifted": shifted},
    )


def _range(z: NDArray[np.float64], c: float) -> str:
    """Return where the exponentials stand among the numbers that float64 has."""
    panel = Panel(
        "Where the exponentials are",
        f"A line of all sizes that float64 has, from 10 to the power −324 to 10 to the power 308. The "
        f"exponentials of z + c lie near {words((float(z.max()) + c) / log(10))} on it, counted in powers of "
        "ten; those of z minus its largest entry always end at 0.",
        Axis(-370, 370),
        Axis(0, 1),
    )
    low, high = panel.place(-323.3, 0)[0], panel.place(308.3, 0)[0]
    left, right = LEFT, WIDTH - RIGHT
    for y, name in ((78, "as written: exp(z + c)"), (158, "shifted: exp(z − max z)")):
        panel.text(LEFT, y - 12, name, pixels=True)
        panel.box(left, y, low - left, 34, "rule")
        panel.box(high, y, right - high, 34, "rule")
        panel.raw(f'<path class="ag-guide" d="M{left} {y}H{right}M{left} {y + 34}H{right}"/>')
    for row, offset in ((78, c), (158, -float(z.max()))):
        for k, (score, color) in enumerate(zip(z, COLORS, strict=False)):
            x, _ = panel.place((float(score) + offset) / log(10), 0)
            x = min(max(x, left + 6), right - 6)
            up = row + 7 + 20 * k / max(len(z) - 1, 1)
            panel.raw(f'<circle class="ag-dot ag-{color}" cx="{x:.1f}" cy="{up:.1f}" r="4"/>')
    panel.text(left, 214, "0", "strong", pixels=True)
    panel.text(right, 214, "∞", "strong end", pixels=True)
    panel.x_axis([(-300, "10⁻³⁰⁰"), (0, "1"), (300, "10³⁰⁰")], "float64, log axis")
    return panel.svg()


def _two_answers(written: NDArray[np.float64], shifted: NDArray[np.float64]) -> str:
    rows = []
    for k, (a, b) in enumerate(zip(written, shifted, strict=True)):
        kind = "ag-right" if abs(a - b) < 5e-5 else "ag-wrong"
        rows.append(
            f'<tr><th scope="row">p{_SUBSCRIPTS[k]}</th><td class="ag-number {kind}">{a:.4f}</td>'
            f'<td class="ag-number">{b:.4f}</td></tr>'
        )
    sums = (
        f'<tr class="ag-total"><th scope="row">sum</th><td class="ag-number">{written.sum():.4f}</td>'
        f'<td class="ag-number">{shifted.sum():.4f}</td></tr>'
    )
    return (
        '<table class="ag-digits"><caption>Two formulas, one answer on paper</caption><thead><tr><td></td>'
        '<th scope="col" class="ag-number">as written</th><th scope="col" class="ag-number">shifted</th></tr>'
        f"</thead><tbody>{''.join(rows)}{sums}</tbody></table>"
    )


_SUBSCRIPTS = "₁₂₃₄₅"


def _bars(heading: str, z: NDArray[np.float64], p: NDArray[np.float64]) -> str:
    panel = Panel(heading, f"Bars for {len(p)} classes: {_list(p)}.", Axis(0, 1), Axis(0, 1))
    step = (270 - 44) / len(p)
    for k, (score, share, color) in enumerate(zip(z, p, COLORS, strict=False)):
        y = 36 + step * k
        panel.text(LEFT, y + 10, f"z{_SUBSCRIPTS[k]} = {words(float(score))}", color, pixels=True)
        length = float(share) * (WIDTH - LEFT - 66)
        panel.box(LEFT, y + 16, WIDTH - LEFT - 66, 20, "rule")
        panel.box(LEFT, y + 16, length, 20, color)
        panel.text(WIDTH - 12, y + 31, f"{share:.4f}", "strong end", pixels=True)
    return panel.svg()


def _list(p: NDArray[np.float64]) -> str:
    return ", ".join(f"{share:.4f}" for share in p)


def _checked(scores: ArrayLike) -> NDArray[np.float64]:
    z = np.asarray(scores, dtype=np.float64).reshape(-1)
    if not 2 <= len(z) <= len(COLORS) or not np.isfinite(z).all():
        raise ValueError(f"softmax is shown for two to five finite scores, not for {scores!r}")
    return z


def _numbers(text: str) -> list[float]:
    return [float(part) for part in text.replace("−", "-").split(",") if part.strip()]
