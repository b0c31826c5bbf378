"""The learning rate on a surface: creeping, zigzagging, leaving."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from autograd_lab import optim
from autograd_lab.graph import no_grad
from autograd_lab.tensor import Tensor
from autograd_lab.viz.explore.frames import Frame, computed, explorable, require_ipywidgets
from autograd_lab.viz.explore.panel import HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, Panel, power, words

__all__ = ["explore_learning_rate", "learning_rate_frames", "sgd_path", "valley"]

Surface = Callable[[Tensor], Tensor]
RATES = (0.01, 0.02, 0.05, 0.08, 0.10, 0.12, 0.14, 0.16, 0.18, 0.19, 0.20, 0.21, 0.22)
START = (-4.0, 1.0)
STEPS = 30
X_ENDS, Y_ENDS = (-5.0, 5.0), (-2.5, 2.5)

ASK = (
    "The valley curves ten times as much across as along, and thirty steps of gradient descent start at the "
    "ring. Larger steps arrive sooner: up to which learning rate? And what does the path look like just "
    "before that is too large?"
)


def valley(w: Tensor) -> Tensor:
    """Return ½(a² + 10 b²) for w = (a, b): curvature 1 along, 10 across.

    >>> valley(Tensor([2.0, 1.0]))
    Tensor(7.)
    """
    a, b = w[0], w[1]
    return 0.5 * (a * a + 10 * (b * b))


def explore_learning_rate(
    surface: Surface = valley, start: tuple[float, float] = START, *, steps: int = STEPS, live: bool = False
) -> Any:
    """Turn the learning rate of gradient descent, and see its path on a surface.

    The paths are those of :class:`autograd_lab.optim.SGD`.

    Parameters
    ----------
    surface : function
        Takes a Tensor of shape (2,), returns a scalar; its lowest value should be 0.
    start : (float, float)
        Where the path begins.
    steps : int
        How many steps are made.
    live : bool
        Add controls for a learning rate and a momentum of your own. They compute, so they need a kernel.

    Returns
    -------
    ipywidgets.VBox

    Raises
    ------
    ImportError
        If ipywidgets or Matplotlib (for the contour lines) is not installed.
    ValueError
        If there is not at least one step.

    Examples
    --------
    >>> box = explore_learning_rate(steps=10)
    >>> box.children[1].children[1].label
    '0.01'
    """
    require_ipywidgets()
    frames = learning_rate_frames(surface, start, steps=steps)
    extra = None
    if live:
        import ipywidgets as w

        rate = w.FloatLogSlider(0.1, base=10, min=-3, max=0, step=0.02, description="lr")
        momentum = w.FloatSlider(0.0, min=0.0, max=0.99, step=0.01, description="momentum")

        def draw(rate: float, momentum: float) -> Frame:
            return learning_rate_frames(surface, start, (rate,), steps=steps, momentum=momentum)[0]

        extra = computed({"rate": rate, "momentum": momentum}, draw)
    return explorable(frames, knob="learning rate", ask=ASK, live=extra)


def sgd_path(
    surface: Surface, start: tuple[float, float], lr: float, steps: int, momentum: float = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the points that SGD visits, the start first, and the surface's height at each.

    >>> points, heights = sgd_path(valley, (1.0, 1.0), 0.1, 1)
    >>> points[-1].round(4), round(float(heights[0]), 4)
    (array([0.9, 0. ]), 5.5)
    """
    if steps < 1:
        raise ValueError(f"a path has at least one step, not {steps}")
    w = Tensor(np.array(start, dtype=np.float64), requires_grad=True)
    optimizer = optim.SGD([w], lr=lr, momentum=momentum)
    points, heights = [w.data.copy()], []
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            optimizer.zero_grad()
            height = surface(w)
            height.backward()
            optimizer.step()
            heights.append(height.item())
            points.append(w.data.copy())
        with no_grad():
            heights.append(surface(w).item())
    return np.array(points), np.array(heights)


def learning_rate_frames(
    surface: Surface = valley,
    start: tuple[float, float] = START,
    rates: tuple[float, ...] = RATES,
    *,
    steps: int = STEPS,
    momentum: float = 0.0,
) -> list[Frame]:
    """Return a frame for each learning rate.

    >>> learning_rate_frames(rates=(0.1,), steps=5)[0].values["heights"].shape
    (6,)
    """
    contours = _contours(surface)
    return [_frame(contours, lr, *sgd_path(surface, start, lr, steps, momentum)) for lr in rates]


def _frame(contours: str, lr: float, points: NDArray[np.float64], heights: NDArray[np.float64]) -> Frame:
    steps, first, last = len(heights) - 1, float(heights[0]), float(heights[-1])
    side, crosses = abs(points[0, 1]), points[0, 1] * points[1, 1] < -1e-12
    if not isfinite(last) or last > first:
        verdict = "Every step overshoots by more than it corrects: the loss grows."
    elif crosses and abs(points[-1, 1]) > 0.99 * side:
        verdict = "It jumps from one side of the valley to the other and gets no nearer to the floor."
    elif crosses:
        verdict = "It crosses the valley floor at each step, and still gets down."
    else:
        verdict = "It goes down without ever crossing the valley floor."
    came = f"{steps} steps take the loss from {words(first)} to {words(last, 2)}"
    readout = f"With learning rate {lr:.3g}, {came}. {verdict}"
    return Frame(
        f"{lr:.2f}" if abs(lr - round(lr, 2)) < 1e-9 else f"{lr:.3g}",
        readout,
        (_map(contours, points, lr), _curve(heights)),
        {"lr": lr, "points": points, "heights": heights},
    )


def _map(contours: str, points: NDArray[np.float64], lr: float) -> str:
    inside = (np.abs(points[:, 0]) <= X_ENDS[1]) & (np.abs(points[:, 1]) <= Y_ENDS[1])
    gone = "" if inside.all() else f" After {int(np.argmin(inside))} steps it leaves the picture."
    panel = Panel(
        "Path on the surface",
        f"Contour lines of a long valley and the path with learning rate {lr:.3g}.{gone}",
        Axis(*X_ENDS),
        Axis(*Y_ENDS),
    )
    # An SVG inside the SVG clips the path; a clipPath would need an id that is unique on the page.
    box = (LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - 40)
    panel.raw(contours)
    panel.raw(
        f'<svg aria-hidden="true" x="{box[0]}" y="{box[1]}" width="{box[2]}" height="{box[3]}" '
        f'viewBox="{box[0]} {box[1]} {box[2]} {box[3]}">'
    )
    spots = [(float(a), float(b)) for a, b in points if isfinite(a) and isfinite(b)]
    panel.line(spots, "blue", style="ag-thin")
    for (a, b), seen in zip(points[1:], inside[1:], strict=True):
        if seen:
            panel.dot(float(a), float(b), "blue", 2.6)
    panel.raw("</svg>")
    panel.dot(*spots[0], "blue", 5, hollow=True)
    panel.text(spots[0][0], spots[0][1] + 0.28, "start", "blue mid")
    panel.raw(_cross(*panel.place(0, 0)))
    panel.x_axis([(v, words(v)) for v in (-4, -2, 0, 2, 4)], "w₁")
    panel.text(LEFT - 8, TOP + 10, "w₂", "tick end", pixels=True)
    for v in (-2, -1, 0, 1):
        panel.text(LEFT - 8, panel.place(0, v)[1] + 4, words(v), "tick end", pixels=True)
    return panel.svg()


def _cross(x: float, y: float) -> str:
    return (
        f'<path class="ag-line ag-vermilion" d="M{x - 4:.1f} {y - 4:.1f}l8 8m0-8l-8 8"/>'
        f'<text class="ag-vermilion" x="{x + 8:.1f}" y="{y - 6:.1f}">lowest</text>'
    )


def _curve(heights: NDArray[np.float64]) -> str:
    last = float(heights[-1])
    low, high = 1e-6, 1e4
    panel = Panel(
        "Loss after each step",
        f"Log axis. The loss goes from {words(float(heights[0]))} to {words(last, 2)}.",
        Axis(0, len(heights) - 1),
        Axis(low, high, log=True),
    )
    panel.y_axis([(10.0**k, power(k)) for k in (-6, -4, -2, 0, 2, 4)])
    middle = (len(heights) - 1) // 2
    panel.x_axis([(v, f"{v}") for v in (0, middle, len(heights) - 1)], "")
    panel.text(WIDTH - RIGHT, HEIGHT - 5, "step", "tick end", pixels=True)
    shown = [(float(i), min(max(float(h), low), high)) for i, h in enumerate(heights) if isfinite(h)]
    panel.line([(0.0, float(heights[0])), (len(heights) - 1.0, float(heights[0]))], "soft", style="ag-dashed")
    if last < heights[0] / 30:
        panel.text(len(heights) - 1, 2 * float(heights[0]), "at the start", "soft end")
    panel.line(shown, "blue")
    panel.dot(*shown[-1], "blue", 4)
    x, y = panel.place(*shown[-1])
    above = last >= heights[0] or y > HEIGHT - 70
    panel.text(x - 6, y - 10 if above else y + 20, words(last, 2), "blue strong end", pixels=True)
    return panel.svg()


def _contours(surface: Surface) -> str:
    """Return the surface's contour lines as pale SVG paths, in the pixels of a panel."""
    try:
        from contourpy import contour_generator  # comes with Matplotlib
    except ImportError as error:
        raise ImportError("contour lines need Matplotlib: pip install 'autograd-lab[viz]'") from error
    across, up = np.linspace(*X_ENDS, 41), np.linspace(*Y_ENDS, 33)
    with no_grad():
        height = np.array(
            [[surface(Tensor(np.array([a, b]))).item() for a in across] for b in up], dtype=np.float64
        )
    panel = Panel("", "", Axis(*X_ENDS), Axis(*Y_ENDS))
    lines = contour_generator(across, up, height)
    # Levels that grow with the square, so that a quadratic bowl gets rings at equal distances.
    levels = height.min() + (height.max() - height.min()) * (np.arange(1, 8) / 8) ** 2
    path = []
    for level in levels:
        for line in cast("list[NDArray[np.float64]]", lines.lines(float(level))):
            spots = np.array([panel.place(float(a), float(b)) for a, b in line])
            path.append("M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in spots[::2]))
    return f'<path class="ag-guide" d="{"".join(path)}"/>'
