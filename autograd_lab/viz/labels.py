"""Direct labels: the name of each curve beside it, where there is most room, in the place of a legend."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd_lab.viz.style import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["label_curves"]

Points = NDArray[np.float64]
_LETTER, _LINE = 6.0, 13.0  # of a label, in points of the page
_SIDES = ((0, 1), (0, -1), (1, 0), (-1, 0), (-1, 1), (1, -1), (1, 1), (-1, -1))


def label_curves(axes: Axes, marks: dict[str, Points] | None = None) -> None:
    """Write the name of each curve beside it, in its colour; call it last, instead of ``axes.legend()``.

    A name stands where its curve is furthest from the others, and where it covers none of them.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Its curves, limits and scales are final. The names are the labels of the curves; one without a label
        is not named, and kept clear of.
    marks : dict of ndarray, optional
        Single places to be named too, by name: positions of shape (n, 2).

    Examples
    --------
    >>> from autograd_lab.viz.style import new_figure
    >>> axes = new_figure(4.0, 3.0).subplots()
    >>> lines = axes.plot([0, 1], [0, 1], label="up") + axes.plot([0, 1], [1, 0], label="down")
    >>> label_curves(axes)
    >>> [text.get_text() for text in axes.texts]
    ['up', 'down']
    """
    axes.autoscale_view()  # Matplotlib finds the limits only when it draws; the names need them now
    inches = np.asarray(axes.figure.bbox.size) / axes.figure.dpi
    page: Points = 72 * (inches - np.array([0.7, 0.6]))  # of the axes, about, in points
    curves = [
        (str(line.get_label()), line.get_color(), np.column_stack(line.get_data())) for line in axes.lines
    ]
    lines = [_resampled(_on_page(axes, points, page)) for _, _, points in curves]
    taken = np.concatenate(lines)
    wanted: list[tuple[str, Any, Points, Points]] = []
    for name, places in (marks or {}).items():
        wanted += [(name, PALETTE["ink"], place[None], taken) for place in _on_page(axes, places, page)]
    for n, (name, color, _) in enumerate(curves):
        if not name.startswith("_"):  # Matplotlib's names for what has none
            others = lines[:n] + lines[n + 1 :]
            wanted.append((name, color, lines[n], np.concatenate(others) if others else lines[n][:1]))
    for text, color, line, rest in wanted:
        place, side = _roomiest(line, rest, taken, text, page)
        taken = np.concatenate([taken, _box(place, side, text)])
        _write(axes, text, place / page, side, color)


def _on_page(axes: Axes, points: Points, page: Points) -> Points:
    """Points of the data that can be drawn, as points of the page from the lower left corner of the axes."""
    points = np.asarray(points, dtype=np.float64)
    with np.errstate(all="ignore"):
        places = (axes.transData - axes.transAxes).transform(points)
    # Rounded, so that the last digits, which differ between processors, decide between no two places.
    return np.asarray(np.round(places[np.isfinite(places).all(axis=1)] * page, 3))


def _write(axes: Axes, text: str, place: Points, side: tuple[int, int], color: Any) -> None:
    from matplotlib.patheffects import withStroke

    axes.annotate(
        text,
        (float(place[0]), float(place[1])),
        xycoords="axes fraction",
        xytext=(10 * side[0], 12 * side[1]),
        textcoords="offset points",
        color=color,
        fontsize=10.5,
        ha=("right", "center", "left")[side[0] + 1],
        va="center",
        path_effects=[withStroke(linewidth=3, foreground=PALETTE["paper"])],
        zorder=5,
    )


def _resampled(path: Points, gap: float = 4.0) -> Points:
    """Return points along a polyline, no further apart than a gap."""
    pieces = [path[:1]]
    for a, b in pairwise(path):
        count = min(int(np.ceil(np.hypot(*(b - a)) / gap)), 500) + 1
        pieces.append(a + np.linspace(0, 1, count)[:, None] * (b - a))
    return np.concatenate(pieces)


def _box(place: Points, side: tuple[int, int], text: str) -> Points:
    """Return points along the middle of a label that stands on one side of a place."""
    width = _LETTER * len(text)
    left = place[0] + 10 * side[0] + (side[0] - 1) * width / 2
    steps = np.linspace(0, 1, 2 + len(text) // 2)[:, None]
    return np.array([left, place[1] + 12 * side[1]]) + steps * [width, 0.0]


def _roomiest(
    line: Points, others: Points, taken: Points, text: str, page: Points
) -> tuple[Points, tuple[int, int]]:
    """Return the place on a line, and the side of it, where a label is furthest from all else."""
    best: tuple[float, Any, tuple[int, int]] = (-np.inf, line[0], _SIDES[0])
    inside = line[((line >= 0) & (line <= page)).all(axis=1)]
    for place in inside[:: max(1, len(inside) // 120)]:
        alone = np.hypot(*(others - place).T).min() if len(line) > 1 else 0.0
        for side in _SIDES:
            box = _box(place, side, text)
            edge = min((box - [0, _LINE / 2]).min(), (page - box - [0, _LINE / 2]).min())
            room = np.hypot(*(box[:, None] - taken[None]).T).min()
            # Room for the letters comes first; beyond that, distance from the other curves.
            score = 12 * min(room, _LINE) + min(alone, 80.0) + 20 * min(edge, 0.0)
            if score > best[0] + 1e-6:
                best = (score, place, side)
    return best[1], best[2]
