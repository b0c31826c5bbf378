"""Grids of small images: digits with what they are and what they were read as, and a layer's weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lab.viz.style import PALETTE, book_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_digits", "plot_input_gradients", "plot_weights"]


def plot_digits(
    images: ArrayLike, labels: ArrayLike | None = None, predictions: ArrayLike | None = None, columns: int = 8
) -> Figure:
    """Draw images in a grid; above each one its label and, where it is wrong, what it was read as.

    Parameters
    ----------
    images : array_like
        Of shape (N, height, width), or (N, pixels) for square images.
    labels, predictions : array_like of int, optional
        The true and the predicted class of each image.
    columns : int
        How many stand in a row.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ValueError
        If the images are not images, or are not as many as the labels or predictions.

    Examples
    --------
    >>> figure = plot_digits(np.zeros((2, 784)), labels=[4, 7], predictions=[4, 9])
    >>> [axes.get_title() for axes in figure.axes]
    ['4', '7, read as 9']
    """
    pictures = _as_images(images)
    titles = _titles(len(pictures), labels, predictions)
    top = float(pictures.max(initial=0)) or 1.0
    return _grid(pictures, titles, columns, cmap="gray_r", vmin=0.0, vmax=top)


def plot_weights(
    weights: ArrayLike, *, count: int = 32, columns: int = 8, shape: tuple[int, int] | None = None
) -> Figure:
    """Draw what the units of a first layer look at: each column of its weights as an image.

    Blue weights count against the unit, red ones for it, white ones not at all; all images have the same
    scale.

    Parameters
    ----------
    weights : array_like, shape (pixels, units)
        As in ``Linear.weight``.
    count : int
        How many units to show: those with the largest weights, the largest first.
    columns : int
        How many stand in a row.
    shape : tuple of int, optional
        Height and width of an image; square unless told.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ValueError
        If the pixels don't fill an image of that shape.

    Examples
    --------
    >>> len(plot_weights(np.ones((784, 40)), count=12).axes)
    12
    """
    matrix = np.asarray(weights, dtype=np.float64)
    if matrix.ndim != 2:
        raise ValueError(f"weights have two axes (pixels, units), not shape {matrix.shape}")
    # Stable and rounded: units that are equally large stay in their order.
    sizes = np.round(np.sqrt((matrix**2).sum(axis=0)), 6)
    chosen = np.argsort(-sizes, kind="stable")[:count]
    pictures = _as_images(matrix[:, chosen].T, shape)
    # A few extreme weights must not turn all others white.
    limit = float(np.quantile(np.abs(pictures), 0.995)) if pictures.size else 1.0
    limit = limit or 1.0
    return _grid(pictures, [""] * len(pictures), columns, cmap="RdBu_r", vmin=-limit, vmax=limit)


def plot_input_gradients(
    images: ArrayLike,
    gradients: ArrayLike,
    labels: ArrayLike | None = None,
    predictions: ArrayLike | None = None,
) -> Figure:
    """Draw images, and below each the gradient of its loss with respect to its pixels.

    Red pixels would raise the loss if there were more ink, blue ones would lower it, white ones don't matter.
    Each gradient has a scale of its own.

    Parameters
    ----------
    images, gradients : array_like
        Both of shape (N, height, width), or (N, pixels) for square images.
    labels, predictions : array_like of int, optional
        Written above the images, as by :func:`plot_digits`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ValueError
        If the images are not images, or not as many and as large as the gradients.

    Examples
    --------
    >>> len(plot_input_gradients(np.ones((3, 784)), np.ones((3, 784))).axes)
    6
    """
    pictures, slopes = _as_images(images), _as_images(gradients)
    if pictures.shape != slopes.shape:
        raise ValueError(f"images of shape {pictures.shape}, but gradients of shape {slopes.shape}")
    limits = np.abs(slopes).max(axis=(1, 2), keepdims=True, initial=0)
    scaled = slopes / np.where(limits == 0, 1, limits)
    titles = _titles(len(pictures), labels, predictions)
    figure = _grid(np.concatenate([pictures, scaled]), titles + [""] * len(scaled), len(pictures) or 1)
    for axes in figure.axes[: len(pictures)]:
        axes.images[0].set(cmap="gray_r", clim=(0.0, float(pictures.max(initial=0)) or 1.0))
    for axes in figure.axes[len(pictures) :]:
        axes.images[0].set(cmap="RdBu_r", clim=(-1.0, 1.0))
    return figure


def _as_images(images: ArrayLike, shape: tuple[int, int] | None = None) -> NDArray[Any]:
    array = np.asarray(images)
    if array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 2:
        side = math.isqrt(array.shape[1])
        height, width = shape or (side, side)
        if height * width != array.shape[1]:
            raise ValueError(f"{array.shape[1]} pixels don't fill an image of {height} by {width}")
        array = array.reshape(-1, height, width)
    if array.ndim != 3:
        raise ValueError(f"images have shape (N, height, width) or (N, pixels), not {array.shape}")
    return array


def _titles(count: int, labels: ArrayLike | None, predictions: ArrayLike | None) -> list[str]:
    texts = [""] * count
    for name, given in (("labels", labels), ("predictions", predictions)):
        if given is None:
            continue
        classes = np.asarray(given).reshape(-1)
        if len(classes) != count:
            raise ValueError(f"{count} images, but {len(classes)} {name}")
        for place, number in enumerate(classes):
            if name == "labels":
                texts[place] = str(number)
            elif texts[place] != str(number):
                texts[place] = f"{texts[place]}, read as {number}" if texts[place] else f"read as {number}"
    return texts


def _grid(pictures: NDArray[Any], titles: list[str], columns: int, **colors: Any) -> Figure:
    columns = max(1, min(columns, len(pictures)))
    rows = max(1, math.ceil(len(pictures) / columns))
    with book_style():
        cell = 7.2 / max(columns, 5)
        heading = 0.26 if any(titles) else 0.04
        figure = new_figure(cell * columns, (cell + heading) * rows)
        for place, (picture, title) in enumerate(zip(pictures, titles, strict=True)):
            axes = figure.add_subplot(rows, columns, place + 1)
            axes.imshow(picture, interpolation="none", **colors)
            axes.grid(False)
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(True)
            axes.spines[:].set_color(PALETTE["rule"])
            if title:
                size = min(10.0, 72 * cell / 7.0)
                axes.set_title(title, fontsize=size, fontweight="normal", loc="center", pad=3)
    return figure
