"""Pictures of one's own as the network knows them: centred and scaled as the digits of MNIST were."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd_lab.data.idx import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 28  # of an image of MNIST
BOX = 20  # the longer side of the digit in it
MAX_PIXELS = 50_000_000  # a photograph has 12 to 50 million
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
_CHECK = "Save the picture again as PNG."


def read_picture(path: str | os.PathLike[str]) -> NDArray[np.float64]:
    """Read a picture as grey values from 0 (black) to 1 (white); what is transparent is white paper.

    Parameters
    ----------
    path : str or path-like
        PNG, JPEG, GIF, BMP, TIFF or WebP; of several pictures in a file the first.

    Returns
    -------
    ndarray of float64, shape (rows, columns)

    Raises
    ------
    DataError
        If it is no picture, is damaged, or has more than 50 million pixels. A picture's size is looked at
        before it is unpacked.
    ImportError
        If Pillow is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("L", (3, 2), 255).save(f"{folder}/white.png")
    ...     read_picture(f"{folder}/white.png")
    array([[1., 1., 1.],
           [1., 1., 1.]])
    """
    module = _pillow()
    try:
        with warnings.catch_warnings(), module.open(path, formats=FORMATS) as picture:
            warnings.simplefilter("ignore")  # a limit of our own follows
            columns, rows = picture.size
            if columns * rows > MAX_PIXELS:
                found = f"one of {columns} × {rows}"
                raise DataError(os.fspath(path), f"at most {MAX_PIXELS:,} pixels", found, "Make it smaller.")
            return _grey(picture, module)
    except (FileNotFoundError, PermissionError, IsADirectoryError, DataError):
        raise
    except module.DecompressionBombError as error:
        raise DataError(
            os.fspath(path), f"at most {MAX_PIXELS:,} pixels", str(error), "Make it smaller."
        ) from None
    except Exception as error:  # Pillow's decoders raise many kinds for a damaged file
        raise DataError(
            os.fspath(path), "a picture (PNG, JPEG, GIF, BMP, TIFF or WebP)", f"none ({error})", _CHECK
        ) from error


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError("reading pictures needs Pillow: pip install 'autograd-lab[cli]'") from error
    return Image


def _grey(picture: Image, module: Any) -> NDArray[np.float64]:
    if picture.mode.startswith("I;16") or picture.mode == "I":
        return np.clip(np.asarray(picture, dtype=np.float64) / 65535, 0.0, 1.0)
    coloured = picture.convert("RGBA")
    paper = module.new("RGBA", coloured.size, "white")
    return np.asarray(module.alpha_composite(paper, coloured).convert("L"), dtype=np.float64) / 255


def as_digit(grey: NDArray[Any]) -> NDArray[np.float64]:
    """Make of a picture what MNIST would have made of it.

    The digit is cut out, scaled to fit in 20 × 20 pixels with its proportions kept, and placed in 28 × 28
    pixels so that its centre of mass is in the middle (LeCun, Bottou, Bengio and Haffner, 1998, III.A).

    Parameters
    ----------
    grey : array, shape (rows, columns)
        Values from 0 (black) to 1 (white), in either polarity: the paper is what most of the border is.

    Returns
    -------
    ndarray of float64, shape (28, 28)
        From 0 (paper) to 1 (ink).

    Raises
    ------
    ValueError
        If it is no picture of that kind, or has nothing on it.
    ImportError
        If Pillow is not installed.

    Examples
    --------
    >>> paper = np.ones((50, 40))
    >>> paper[10:40, 18:22] = 0.0  # a 1
    >>> digit = as_digit(paper)
    >>> digit.shape, round(float(digit.max()), 2)
    ((28, 28), 1.0)
    >>> bool(np.allclose(digit, as_digit(1 - paper)))
    True
    """
    grey = np.asarray(grey, dtype=np.float64)
    if grey.ndim != 2 or grey.size == 0 or not np.isfinite(grey).all():
        raise ValueError(f"as_digit takes grey values of shape (rows, columns), not of shape {grey.shape}")
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    paper = float(np.median(border))
    # Away from the paper is ink; if the paper is dark the ink is bright.
    ink = np.clip(paper - grey if paper >= 0.5 else grey - paper, 0.0, 1.0)
    strongest = float(ink.max())
    if strongest < 0.1:
        raise ValueError("as_digit: there is nothing on this picture; the digit must differ from its paper")
    ink /= strongest
    rows, columns = (np.flatnonzero((ink > 0.2).any(axis=axis)) for axis in (1, 0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    small = _resize(ink, BOX / max(ink.shape))
    total = small.sum()
    middle = [float((small.sum(axis=1 - a) * np.arange(small.shape[a])).sum() / total) for a in (0, 1)]
    out = np.zeros((SIDE, SIDE))
    # Pixel 14, not the 13.5 between 13 and 14: in MNIST the centres of mass are at 13.99 and 14.01.
    top, left = (min(max(round(SIDE / 2 - c), 0), SIDE - n) for c, n in zip(middle, small.shape, strict=True))
    out[top : top + small.shape[0], left : left + small.shape[1]] = small
    return out


def _resize(ink: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    module = _pillow()
    rows, columns = (max(round(n * scale), 1) for n in ink.shape)
    picture = module.fromarray(ink.astype(np.float32))
    how = module.Resampling.BOX if scale < 1 else module.Resampling.BILINEAR
    small = np.asarray(picture.resize((columns, rows), how), np.float64)
    return np.clip(small, 0.0, 1.0)
