"""How far softmax in a low precision is off, vector by vector, beside what the analysis allows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from autograd_lab.viz.style import PALETTE, book_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from autograd_lab.precision import Outcome

__all__ = ["plot_rounding_errors"]


def plot_rounding_errors(outcomes: Mapping[str, Mapping[str, Outcome]]) -> Figure:
    """Plot the errors of several algorithms in several formats, and their bounds.

    A row of panels for each format, a column for each algorithm. In a panel the vectors stand in the order
    of their bounds, which are the line; each vector's error is a dot. Lost vectors and errors of exactly 0,
    which have no place on a logarithmic axis, are left out.

    Parameters
    ----------
    outcomes : dict of dict of Outcome
        By the name of the format, what :func:`autograd_lab.precision.compare` returned.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ValueError
        If there is nothing to plot.

    Examples
    --------
    >>> from autograd_lab.precision import FLOAT16, compare
    >>> figure = plot_rounding_errors({"float16": compare([[3.0, 1.0, 0.0], [9.0, 1.0, 0.5]], FLOAT16)})
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['unshifted', 'shifted', 'division-free']
    """
    if not outcomes:
        raise ValueError("no outcomes to plot")
    with book_style():
        figure = new_figure(7.2, 0.6 + 2.3 * len(outcomes))
        columns = max(len(row) for row in outcomes.values())
        grid = figure.subplots(len(outcomes), columns, sharex=True, sharey=True, squeeze=False)
        for panels, (fmt, row) in zip(grid, outcomes.items(), strict=True):
            panels[0].set_ylabel(f"{fmt}\nerror / u")
            for axes, outcome in zip(panels, row.values(), strict=False):
                kept = np.flatnonzero(~outcome.lost)
                kept = kept[np.argsort(outcome.bound[kept], kind="stable")]
                place = np.arange(1, len(kept) + 1)
                error = np.where(outcome.error[kept] > 0, outcome.error[kept], np.nan)
                axes.plot(place, error, ".", color=PALETTE["blue"], markersize=1.5, alpha=0.4)
                axes.plot(place, outcome.bound[kept], color=PALETTE["vermilion"])
                axes.set(yscale="log")
                axes.locator_params(axis="x", nbins=3, prune="upper")
        for axes, name in zip(grid[0], next(iter(outcomes.values())), strict=False):
            axes.set_title(name)
        for axes in grid[-1]:
            axes.set_xlabel("vectors by bound")
    return figure
