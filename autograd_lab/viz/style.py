"""One look for all figures of the book, and figures that are the same to the byte each time.

Everything that Matplotlib draws here passes through :func:`use_book_style`. Colours are those of Okabe and
Ito, which people with any colour vision can tell apart, with the bright ones darkened until they can be
read as text. A figure brings its own light background, so that it can be read on a dark page too.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PALETTE", "STYLE", "PngFigure", "as_png", "book_style", "new_figure", "use_book_style"]

PALETTE = {
    "blue": "#0063a5",
    "vermilion": "#b84300",
    "green": "#00754f",
    "purple": "#a1447c",
    "amber": "#8f6400",
    "sky": "#2a78a8",
    "ink": "#1c2430",
    "soft": "#545d68",
    "rule": "#d5dae1",
    "paper": "#ffffff",
}
"""Colours by name. All but `rule` and `paper` have a contrast of at least 4.5 on `paper`."""

STYLE: dict[str, Any] = {
    "figure.figsize": (7.2, 3.6),
    "figure.dpi": 100,
    "figure.facecolor": PALETTE["paper"],
    "figure.constrained_layout.use": True,
    "savefig.facecolor": PALETTE["paper"],
    "axes.facecolor": PALETTE["paper"],
    "axes.edgecolor": PALETTE["soft"],
    "axes.labelcolor": PALETTE["ink"],
    "axes.titlecolor": PALETTE["ink"],
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": PALETTE["rule"],
    "grid.linewidth": 0.7,
    "lines.linewidth": 2.0,
    "lines.markersize": 5.0,
    "font.size": 11,
    "font.family": "DejaVu Sans",  # comes with Matplotlib: the same on every machine
    "text.color": PALETTE["ink"],
    "xtick.color": PALETTE["soft"],
    "ytick.color": PALETTE["soft"],
    "legend.frameon": False,
    "image.cmap": "cividis",
    # Ids in the SVG are hashes of what they stand for; the salt replaces a random one.
    "svg.hashsalt": "autograd-lab",
    # Letters as outlines: text would be set in the reader's fonts, wider than the place that was kept for it.
    "svg.fonttype": "path",
}


def require_matplotlib() -> None:
    """Raise an ImportError that says how to get Matplotlib if it is not there."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise ImportError("this figure needs Matplotlib: pip install 'autograd-lab[viz]'") from error


def _settings() -> dict[str, Any]:
    from cycler import cycler

    colors = [PALETTE[name] for name in ("blue", "vermilion", "green", "purple", "amber", "sky")]
    return {**STYLE, "axes.prop_cycle": cycler(color=colors)}


@contextmanager
def book_style() -> Iterator[None]:
    """Draw in the book's style inside a ``with`` block, and leave Matplotlib's settings as they were.

    Raises
    ------
    ImportError
        If Matplotlib is not installed; the message says how to install it.

    Examples
    --------
    >>> import matplotlib
    >>> with book_style():
    ...     matplotlib.rcParams["lines.linewidth"]
    2.0
    """
    require_matplotlib()
    import matplotlib

    settings: Any = _settings()  # Matplotlib's own type for it lists the 300 names
    with matplotlib.rc_context(settings):
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure that belongs to nobody: a notebook shows it once, as the value of its cell.

    A figure made by ``pyplot`` would be shown a second time at the end of the cell.
    """
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def use_book_style() -> None:
    """Set Matplotlib up for the book; the first cell of a chapter calls it.

    In a notebook figures become SVG without a date, so that two runs of a cell give the same bytes.

    Raises
    ------
    ImportError
        If Matplotlib is not installed; the message says how to install it.

    Examples
    --------
    >>> use_book_style()
    >>> import matplotlib
    >>> matplotlib.rcParams["svg.hashsalt"]
    'autograd-lab'
    """
    require_matplotlib()
    import matplotlib

    settings: Any = _settings()
    matplotlib.rcParams.update(settings)
    try:
        from IPython import get_ipython
    except ImportError:
        return
    if get_ipython() is not None:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        choose: Any = set_matplotlib_formats
        choose("svg", metadata={"Date": None})


class PngFigure:
    """A figure as pixels, made by :func:`as_png`."""

    def __init__(self, data: bytes, width: int, height: int) -> None:
        self.data = data
        self.width = width
        self.height = height

    def __repr__(self) -> str:
        return f"<PngFigure {self.width}x{self.height}>"

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        return self.data, {"width": self.width, "height": self.height}


def as_png(figure: Figure, scale: float = 2.0) -> PngFigure:
    """Turn a figure into pixels, for pictures made of images.

    In an SVG an image is a compressed block that differs between processors, and a trained network's
    weights differ in their last digits: neither can be compared to the letter. A strict run of the
    notebooks compares no PNG.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    scale : float
        Pixels for each CSS pixel; 2 is sharp on a fine screen.

    Returns
    -------
    PngFigure

    Examples
    --------
    >>> as_png(new_figure(2.0, 1.0))
    <PngFigure 200x100>
    """
    buffer = io.BytesIO()
    with book_style():
        figure.savefig(buffer, format="png", dpi=100 * scale, metadata={"Software": None})
        width, height = figure.get_size_inches() * 100
    return PngFigure(buffer.getvalue(), round(width), round(height))
