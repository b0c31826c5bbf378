"""Where optimisers go: paths over the contour lines of a surface, each with its name beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lab.graph import no_grad
from autograd_lab.optim import Optimizer
from autograd_lab.tensor import Tensor
from autograd_lab.viz.labels import label_curves
from autograd_lab.viz.style import PALETTE, book_style, new_figure, require_matplotlib

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_paths", "walk"]

Points = NDArray[np.float64]
_PATHS = (("blue", "-o"), ("vermilion", "-s"), ("green", "-^"), ("purple", "-D"))
_WIDTH, _HEIGHT = 7.2, 4.2  # inches


def walk(
    surface: Callable[[Tensor], Tensor],
    start: ArrayLike | Tensor,
    rule: Callable[..., Optimizer],
    steps: int,
    **options: Any,
) -> Points:
    """Return the points that an optimiser visits on its way down a surface.

    Parameters
    ----------
    surface : function
        Takes a Tensor of start's shape, returns one number.
    start : array_like or Tensor
        Where the path begins; never changed.
    rule : class of optimiser
        For example :class:`autograd_lab.optim.SGD`.
    steps : int
        How many steps are made.
    **options
        What the optimiser takes beside its parameters, for example ``lr=0.1``.

    Returns
    -------
    ndarray
        Of shape (steps + 1, ...), the start first.

    Raises
    ------
    ValueError
        If the surface's value is not one number, or the optimiser refuses an option.

    Examples
    --------
    >>> from autograd_lab.optim import SGD
    >>> walk(lambda w: (w * w).sum(), [1.0, -2.0], SGD, 2, lr=0.25)
    array([[ 1.  , -2.  ],
           [ 0.5 , -1.  ],
           [ 0.25, -0.5 ]])
    """
    w = Tensor(start, requires_grad=True)
    optimizer, points = rule([w], **options), [w.data.copy()]
    for _ in range(steps):
        optimizer.zero_grad()
        surface(w).backward()
        optimizer.step()
        points.append(w.data.copy())
    return np.array(points)


def plot_paths(
    surface: Callable[[Tensor], Tensor],
    paths: Mapping[str, ArrayLike],
    *,
    x: tuple[float, float] = (-5.0, 5.0),
    y: tuple[float, float] = (-2.5, 2.5),
    lowest: tuple[float, float] | None = None,
) -> Figure:
    """Draw paths over the contour lines of a surface.

    Each path has a colour, a mark and its name, which stands where the path is furthest from the others.
    Between two contour lines lie equal steps of the distance from the bottom, if the surface is a bowl.

    Parameters
    ----------
    surface : function
        Takes a Tensor of shape (2,), returns one number.
    paths : dict of array_like
        One to four paths by name: the points visited, of shape (n, 2), the start first. What leaves the
        picture is cut off at its edge.
    x, y : (float, float)
        The ends of the axes.
    lowest : (float, float), optional
        Where the surface is lowest; marked by a cross.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ValueError
        If there are no paths or more than four, or if one is not of shape (n, 2), has less than two points
        or does not start in the picture.

    Examples
    --------
    >>> bowl = lambda w: (w * w).sum()
    >>> axes = plot_paths(bowl, {"straight": [[-4, 1], [-2, 0.5], [0, 0]]}).axes[0]
    >>> [text.get_text() for text in axes.texts]
    ['start', 'straight']
    """
    require_matplotlib()
    if not 1 <= len(paths) <= len(_PATHS):
        raise ValueError(f"one to {len(_PATHS)} paths are drawn, not {len(paths)}")
    points = {name: _points(name, path, x, y) for name, path in paths.items()}
    with book_style():
        figure = new_figure(_WIDTH, _HEIGHT)
        axes = figure.subplots()
        axes.set(xlim=x, ylim=y, xlabel="w₁", ylabel="w₂")
        axes.grid(visible=False)
        across, up, height = _heights(surface, x, y)
        levels = np.unique(np.quantile(height, (np.arange(1, 10) / 10) ** 2))
        axes.contour(across, up, height, levels=levels, colors=PALETTE["rule"], linewidths=0.9, zorder=1)
        for (color, mark), (name, path) in zip(_PATHS, points.items(), strict=False):
            axes.plot(
                *path.T, mark, color=PALETTE[color], linewidth=1.4, markersize=3.2, zorder=3, label=name
            )
        if lowest is not None:
            axes.plot(*lowest, "x", color=PALETTE["ink"], markersize=9, markeredgewidth=2, zorder=4)
        starts = np.unique([path[0] for path in points.values()], axis=0)
        axes.plot(*starts.T, "o", color=PALETTE["ink"], markersize=8, fillstyle="none", zorder=4)
        label_curves(axes, {"start": starts})
    return figure


def _points(name: str, path: ArrayLike, x: tuple[float, float], y: tuple[float, float]) -> Points:
    points = np.asarray(path, dtype=np.float64)
    if points.ndim != 2 or points.shape[1:] != (2,) or len(points) < 2:
        raise ValueError(f"{name!r} has shape {points.shape}; a path is two or more points, (n, 2)")
    if not (x[0] <= points[0, 0] <= x[1] and y[0] <= points[0, 1] <= y[1]):
        raise ValueError(f"{name!r} starts at {tuple(points[0].tolist())}, outside the picture")
    near = (np.abs(points) < 1e6).all(axis=1)  # false for NaN too; further out no line is drawn
    return points[: len(points) if near.all() else int(np.argmin(near))]


def _heights(
    surface: Callable[[Tensor], Tensor], x: tuple[float, float], y: tuple[float, float]
) -> tuple[Points, Points, Points]:
    across, up = np.linspace(*x, 81), np.linspace(*y, 61)
    with no_grad():
        height = [[surface(Tensor(np.array([a, b]))).item() for a in across] for b in up]
    return across, up, np.array(height)
