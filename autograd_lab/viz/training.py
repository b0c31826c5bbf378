"""How a training went: loss and accuracy by epoch, and which classes are taken for which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lab.viz.style import PALETTE, book_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["HistoryLike", "confusion_matrix", "plot_confusion", "plot_history"]


class HistoryLike(Protocol):
    """What :func:`plot_history` reads: four sequences with one number an epoch."""

    @property
    def train_loss(self) -> Any:
        """Mean loss on the training data, after each epoch."""

    @property
    def test_loss(self) -> Any:
        """The same on the test data."""

    @property
    def train_accuracy(self) -> Any:
        """Share of the training data that is classified right."""

    @property
    def test_accuracy(self) -> Any:
        """The same for the test data."""


def plot_history(history: HistoryLike, *, log_loss: bool = False) -> Figure:
    """Plot loss and accuracy by epoch, for training and test data, with a label at the end of each line.

    Parameters
    ----------
    history : object
        With attributes ``train_loss``, ``test_loss``, ``train_accuracy`` and ``test_accuracy``: one number
        an epoch; accuracies from 0 to 1.
    log_loss : bool
        Use a logarithmic axis for the loss.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ValueError
        If the four have different lengths or none.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> history = SimpleNamespace(train_loss=[0.9, 0.5], test_loss=[0.8, 0.6],
    ...                           train_accuracy=[0.7, 0.9], test_accuracy=[0.75, 0.85])
    >>> [axes.get_title(loc="left") for axes in plot_history(history).axes]
    ['Loss', 'Accuracy']
    """
    curves = {
        "Loss": (_curve(history.train_loss), _curve(history.test_loss)),
        "Accuracy": (_curve(history.train_accuracy), _curve(history.test_accuracy)),
    }
    lengths = {len(values) for pair in curves.values() for values in pair}
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(f"a history has four sequences of one number an epoch; these have lengths {lengths}")
    with book_style():
        figure = new_figure(7.2, 3.2)
        for (title, (train, test)), axes in zip(curves.items(), figure.subplots(1, 2), strict=True):
            scale, form = (100.0, "{:.2f} %") if title == "Accuracy" else (1.0, "{:.3f}")
            _plot_pair(axes, scale * train, scale * test)
            axes.set_title(title)
            if title == "Accuracy":
                axes.yaxis.set_major_formatter("{x:g} %")
            elif log_loss:
                axes.set_yscale("log")
                axes.yaxis.set_major_formatter("{x:g}")
                axes.yaxis.set_minor_formatter("{x:g}")
            _label_ends(axes, scale * train, scale * test, form)
    return figure


def _curve(values: Any) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64).reshape(-1)


def _plot_pair(axes: Axes, train: NDArray[np.float64], test: NDArray[np.float64]) -> None:
    from matplotlib.ticker import MaxNLocator

    epochs = np.arange(1, len(train) + 1)
    # Not by colour alone: the test curve has round marks and the training curve is dashed.
    axes.plot(epochs, train, "--", color=PALETTE["blue"])
    axes.plot(epochs, test, "-o", color=PALETTE["vermilion"], markersize=4)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _label_ends(axes: Axes, train: NDArray[np.float64], test: NDArray[np.float64], form: str) -> None:
    """Write each line's name and last number at its right end, moved apart where they would overlap."""
    ends = sorted([(float(train[-1]), "train", "blue"), (float(test[-1]), "test", "vermilion")])
    axes.autoscale_view()  # Matplotlib finds the limits only when it draws; the labels need them now
    (_, bottom), *places = axes.transAxes.transform([(0, 0)]).tolist() + [
        axes.transData.transform((len(train), end)).tolist() for end, _, _ in ends
    ]
    points = 72 / axes.figure.dpi  # a display unit in points
    low, high = ((y - bottom) * points for _, y in places)
    apart = max(0.0, 15.0 - (high - low))
    lower = max(low - apart / 2, 6.0)  # clear of the numbers on the axis below
    for (end, name, color), y, goal in zip(ends, (low, high), (lower, max(high, lower + 15.0)), strict=True):
        axes.annotate(
            f"{name} {form.format(end)}",
            (len(train), end),
            xytext=(8, goal - y),
            textcoords="offset points",
            color=PALETTE[color],
            fontsize=10,
            va="center",
            annotation_clip=False,
        )


def confusion_matrix(labels: ArrayLike, predictions: ArrayLike, classes: int = 10) -> NDArray[np.int64]:
    """Count how often class *i* (row) was taken for class *j* (column).

    Parameters
    ----------
    labels, predictions : array_like of int
        The true and the predicted class of each sample.
    classes : int
        How many classes there are.

    Returns
    -------
    ndarray of int, shape (classes, classes)

    Raises
    ------
    ValueError
        If the two differ in length, or hold something that is not a class.

    Examples
    --------
    >>> confusion_matrix([0, 1, 1, 2], [0, 1, 2, 2], classes=3)
    array([[1, 0, 0],
           [0, 1, 1],
           [0, 0, 1]])
    """
    true, said = np.asarray(labels).reshape(-1), np.asarray(predictions).reshape(-1)
    if len(true) != len(said):
        raise ValueError(f"{len(true)} labels, but {len(said)} predictions")
    for name, array in (("labels", true), ("predictions", said)):
        if len(array) and (array.dtype.kind not in "iu" or array.min() < 0 or array.max() >= classes):
            raise ValueError(f"{name} must be integers from 0 to {classes - 1}")
    counts = np.bincount(true.astype(np.int64) * classes + said.astype(np.int64), minlength=classes**2)
    return counts.astype(np.int64).reshape(classes, classes)


def plot_confusion(matrix: ArrayLike, *, names: list[str] | None = None) -> Figure:
    """Draw a confusion matrix so that its mistakes stand out.

    The diagonal, where nearly everything is, stays pale; the darker a cell beside it, the more often that
    mistake was made. Every count that is not zero is written in its cell.

    Parameters
    ----------
    matrix : array_like of int, shape (classes, classes)
        Rows are true classes, columns predicted ones, as :func:`confusion_matrix` returns them.
    names : list of str, optional
        Names of the classes; their numbers unless told.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ValueError
        If the matrix is not square.

    Examples
    --------
    >>> axes = plot_confusion([[5, 1], [0, 4]], names=["cat", "dog"]).axes[0]
    >>> [tick.get_text() for tick in axes.get_xticklabels()]
    ['cat', 'dog']
    """
    counts = np.asarray(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"a confusion matrix is square, not of shape {counts.shape}")
    classes = len(counts)
    ticks = names or [str(number) for number in range(classes)]
    mistakes = np.where(np.eye(classes, dtype=bool), 0, counts)
    # The square root keeps rare mistakes visible beside frequent ones.
    shade = np.sqrt(mistakes / max(int(mistakes.max(initial=0)), 1))
    with book_style():
        figure = new_figure(5.6, 5.4)
        axes = figure.subplots()
        # A mesh of rectangles, not an image: in an SVG it stays sharp and is the same to the byte.
        axes.pcolormesh(shade, cmap="Oranges", vmin=0, vmax=1.7, edgecolors=PALETTE["rule"], linewidth=0.6)
        axes.grid(False)
        for row in range(classes):
            for column in range(classes):
                if counts[row, column]:
                    axes.text(
                        column + 0.5,
                        row + 0.5,
                        str(counts[row, column]),
                        ha="center",
                        va="center",
                        fontsize=9.5,
                        color=PALETTE["soft"] if row == column else PALETTE["ink"],
                        fontweight="normal" if row == column or shade[row, column] < 0.7 else "bold",
                    )
        axes.set(xlabel="predicted", ylabel="true", aspect="equal")
        axes.set_xticks(np.arange(classes) + 0.5, ticks)
        axes.set_yticks(np.arange(classes) + 0.5, ticks)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.invert_yaxis()
    return figure
