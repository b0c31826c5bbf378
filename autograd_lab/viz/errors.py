"""How an error depends on a step size: both axes logarithmic, and every line labelled where it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lab.viz.style import PALETTE, book_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_errors"]

_CURVES = (("blue", "-o"), ("vermilion", "-s"), ("green", "-^"))
_MODELS = ("purple", "amber", "soft")


def plot_errors(
    steps: ArrayLike, errors: Mapping[str, ArrayLike], models: Mapping[str, ArrayLike] | None = None
) -> Figure:
    """Plot errors against the step size on logarithmic axes, beside what the theory says.

    Parameters
    ----------
    steps : array_like
        The step sizes h, positive.
    errors : dict of array_like
        Up to three measured curves by name: the size of the error at each step. An error of exactly 0 has
        no place on a logarithmic axis and leaves a gap.
    models : dict of array_like, optional
        Up to three expected curves by name, which are drawn dashed.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ValueError
        If a step is not positive, if a curve has not as many numbers as there are steps, or if there are
        more than three curves of a kind or none.

    Examples
    --------
    >>> h = np.array([1e-4, 1e-2, 1.0])
    >>> axes = plot_errors(h, {"central": h**2 + 1e-16 / h}, {"h²": h**2}).axes[0]
    >>> axes.get_xscale(), axes.get_yscale(), [text.get_text() for text in axes.texts]
    ('log', 'log', ['h²', 'central'])
    """
    h = np.asarray(steps, dtype=np.float64)
    if not 1 <= len(errors) <= len(_CURVES) or len(models or {}) > len(_MODELS):
        found = f"{len(errors)} and {len(models or {})}"
        raise ValueError(f"one to three measured curves and up to three expected ones are drawn, not {found}")
    measured = {name: _curve(h, name, values) for name, values in errors.items()}
    expected = {name: _curve(h, name, values) for name, values in (models or {}).items()}
    if h.ndim != 1 or not (h > 0).all():
        raise ValueError("steps are a sequence of positive numbers")
    with book_style():
        figure = new_figure(7.2, 4.0)
        axes = figure.subplots()
        axes.set(xscale="log", yscale="log", xlabel="step h", ylabel="error")
        top = 4 * max(float(np.nanmax(values)) for values in measured.values())
        low = min(float(np.nanmin(values)) for values in measured.values()) / 10
        axes.set(ylim=(low, top), xlim=(h.min() / 2, h.max() * 2))
        for (name, values), color in zip(expected.items(), _MODELS, strict=False):
            axes.plot(h, values, "--", color=PALETTE[color], linewidth=1.5, zorder=3)  # seen on a curve too
            _label_model(axes, h, values, name, PALETTE[color])
        for (name, values), (color, mark) in zip(measured.items(), _CURVES, strict=False):
            axes.plot(h, values, mark, color=PALETTE[color], markersize=4.5)
            # Below the left branch, where a V leaves room.
            least = int(np.nanargmin(values))
            middle = least // 2 if least > 1 else len(h) // 2
            _write(axes, h[middle], values[middle], name, PALETTE[color], (-6, -10), "right")
    return figure


def _curve(steps: NDArray[np.float64], name: str, values: ArrayLike) -> NDArray[np.float64]:
    curve = np.asarray(values, dtype=np.float64)
    if curve.shape != steps.shape or not curve.size:
        raise ValueError(f"{name!r} has shape {curve.shape}, but the steps have {steps.shape}")
    return np.where(curve > 0, curve, np.nan)


def _label_model(
    axes: Axes, h: NDArray[np.float64], values: NDArray[np.float64], name: str, color: str
) -> None:
    """Write the name beside the line, a third of the way down from its upper end, on its inner side."""
    low, high = np.log10(axes.get_ylim())
    heights = np.log10(values)
    third = high - (high - low) / 3
    place = int(np.nanargmin(np.abs(heights - third)))
    falls = values[0] > values[-1] if h[0] < h[-1] else values[0] < values[-1]
    _write(
        axes,
        h[place],
        values[place],
        name,
        color,
        (12, 0) if falls else (-12, 0),
        "left" if falls else "right",
    )


def _write(
    axes: Axes, x: float, y: float, text: str, color: str, offset: tuple[float, float], side: str
) -> None:
    axes.annotate(
        text,
        (x, y),
        xytext=offset,
        textcoords="offset points",
        color=color,
        fontsize=10.5,
        ha=side,
        va="center",
        annotation_clip=False,
    )
