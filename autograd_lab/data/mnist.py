"""The MNIST handwritten digits: 60,000 to train on, 10,000 to test on.

The four files travel with the package, byte for byte as the table below describes them, so that no reader
meets a server that is gone. ``README.md`` beside them states origin and licence.
"""

import hashlib
import io
import os
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd_lab.data.idx import DataError, parse_idx, read_idx


class ShippedFile(NamedTuple):
    """What a file in the package must be."""

    size: int  # bytes, compressed
    sha256: str  # of the compressed file, as shipped
    md5: str  # of the decompressed file, by which it is known elsewhere


SHIPPED: dict[str, ShippedFile] = {
    "train-images-idx3-ubyte": ShippedFile(
        size=9_719_438,
        sha256="0b367032e93c5d0cea0925647cfdb18614af8ee15f83e6f2fc2ad904a6835971",
        md5="6bbc9ace898e44ae57da46a324031adb",
    ),
    "train-labels-idx1-ubyte": ShippedFile(
        size=28_857,
        sha256="1787548bbe0bff1ec2ecdc0ef292b02df999e2d1a6002d27500982c652b17203",
        md5="a25bea736e30d166cdddb491f175f624",
    ),
    "t10k-images-idx3-ubyte": ShippedFile(
        size=1_616_508,
        sha256="1a1a05eab793c14bb050b398624a11b0ffd1a2953baed553b1b9bd079e2a20be",
        md5="2646ac647ad5339dbf082846283269ea",
    ),
    "t10k-labels-idx1-ubyte": ShippedFile(
        size=4_517,
        sha256="b91679a0acfe4ba0e50a2437a903084cba1f5f92592b016a25a7dfd00455798b",
        md5="27ae3e4e09519cfbb04c329615203637",
    ),
}

_SHIPPED_FOLDER: Traversable = files("autograd_lab.data") / "mnist"
_REINSTALL = "The installation is damaged: install the package again, or take the file from its repository."

# As float64 a pixel takes eight bytes for one, so the limit here is below that of read_idx.
MAX_FOLDER_BYTES = 2**28


class Split(NamedTuple):
    """The images of a training or test set and their labels.

    Attributes
    ----------
    images : ndarray
        Pixels from 0 (paper) to 1 (ink), shape (N, 784), or (N, 28, 28) if they were not flattened.
    labels : ndarray of int64
        The digit that each image shows, shape (N,).

    Examples
    --------
    It is a tuple, so it unpacks.

    >>> images, labels = Split(np.zeros((2, 784), np.float32), np.array([7, 2]))
    >>> labels
    array([7, 2])
    """

    images: NDArray[Any]
    labels: NDArray[np.int64]

    def __repr__(self) -> str:
        images, labels = self
        return f"Split(images: {images.dtype} {images.shape}, labels: {labels.dtype} {labels.shape})"


def load_mnist(
    folder: str | os.PathLike[str] | None = None,
    *,
    dtype: DTypeLike = np.float32,
    flatten: bool = True,
    classes: int = 10,
) -> tuple[Split, Split]:
    """Load MNIST, or a data set in the same four files, as a training set and a test set.

    Parameters
    ----------
    folder : str or path-like, optional
        Where to find the files ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``,
        ``t10k-images-idx3-ubyte`` and ``t10k-labels-idx1-ubyte``, each with or without ``.gz``; if both are
        there, ``.gz`` is taken. Fashion-MNIST and KMNIST come in this form. By default the digits in the
        package are loaded.
    dtype : float32 or float64, default float32
        Type of the pixels.
    flatten : bool, default True
        Whether an image is one row of pixels, as a linear layer wants it, or keeps its rows and columns.
    classes : int, default 10
        Labels must be below this.

    Returns
    -------
    train, test : Split
        Images of shape (N, 784), or (N, 28, 28) without `flatten`, divided by 255 to lie in [0, 1]; labels of
        shape (N,) and type ``int64``. MNIST has N = 60,000 and N = 10,000. All four arrays are new and
        writeable.

    Raises
    ------
    DataError
        If a file is missing, truncated, altered or of another kind. The files in the package must have their
        SHA-256. Those in `folder` are not known in advance: they must be complete ``uint8`` images and
        whole-number labels, agree in number, and have labels from 0 to ``classes - 1``.
    TypeError
        If `dtype` is neither float32 nor float64.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner. *Gradient-based learning applied to document recognition.*
    Proceedings of the IEEE 86(11), 1998.

    Examples
    --------
    >>> train, test = load_mnist()
    >>> train
    Split(images: float32 (60000, 784), labels: int64 (60000,))
    >>> test.labels[:5]
    array([7, 2, 1, 0, 4])
    """
    if np.dtype(dtype) not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise TypeError(
            f"load_mnist: dtype must be float32 or float64, not {np.dtype(dtype)}; "
            f"for the bytes as they are stored use read_idx"
        )
    splits: list[Split] = []
    for (_, image_bytes), (_, labels) in _checked_parts(folder, classes):
        images = image_bytes.astype(dtype)
        images /= 255
        splits.append(Split(images.reshape(len(images), -1) if flatten else images, labels.astype(np.int64)))
    train, test = splits
    return train, test


class VerifiedFile(NamedTuple):
    """A data file that is as it should be.

    Attributes
    ----------
    file : str
    shape : tuple of int
    dtype : str
        Of the array in it.
    sha256 : str
        Of the file itself.

    Examples
    --------
    >>> VerifiedFile("t10k-labels-idx1-ubyte.gz", (10000,), "uint8", "b9" * 32).shape
    (10000,)
    """

    file: str
    shape: tuple[int, ...]
    dtype: str
    sha256: str


def verify(folder: str | os.PathLike[str] | None = None, *, classes: int = 10) -> list[VerifiedFile]:
    """Check the four files of a data set as :func:`load_mnist` does, and say what is in them.

    Parameters
    ----------
    folder, classes
        As for :func:`load_mnist`.

    Returns
    -------
    list of VerifiedFile
        Training images, training labels, test images, test labels.

    Raises
    ------
    DataError
        If a file is missing, damaged or of another kind; see :func:`load_mnist`.

    Examples
    --------
    >>> [file.shape for file in verify()]
    [(60000, 28, 28), (60000,), (10000, 28, 28), (10000,)]
    """
    found = []
    for part in _checked_parts(folder, classes):
        for file, array in part:
            with open(file, "rb") as content:
                sha256 = hashlib.file_digest(content, "sha256").hexdigest()
            found.append(VerifiedFile(file, array.shape, str(array.dtype), sha256))
    return found


def _checked_parts(
    folder: str | os.PathLike[str] | None, classes: int
) -> Iterator[tuple[tuple[str, NDArray[Any]], tuple[str, NDArray[Any]]]]:
    """Yield the training set, then the test set: where its images and its labels are, and their arrays."""
    if folder is not None and not Path(folder).is_dir():
        raise DataError(str(folder), "a folder with the four IDX files", "no such folder", "Check the path.")
    shape: tuple[int, ...] = ()
    for part in ("train", "t10k"):
        image_file, images = _read(folder, f"{part}-images-idx3-ubyte")
        label_file, labels = _read(folder, f"{part}-labels-idx1-ubyte")
        _check(image_file, images, label_file, labels, classes)
        if shape and images.shape[1:] != shape:
            raise DataError(
                image_file,
                f"images of {_pixels(shape)} pixels, as in the training set",
                _pixels(images.shape[1:]),
                "Do not mix the files of two data sets in one folder.",
            )
        shape = images.shape[1:]
        yield (image_file, images), (label_file, labels)


def _read(folder: str | os.PathLike[str] | None, name: str) -> tuple[str, NDArray[Any]]:
    """Return where the file `name` was found, and its array."""
    if folder is None:
        return _read_shipped(name)
    candidates = [Path(folder, name + ".gz"), Path(folder, name)]
    path = next((p for p in candidates if p.exists()), None)
    if path is None:
        raise DataError(
            str(candidates[0]),
            f"this file, or {name} without .gz",
            "neither",
            "Put it there under that name, or leave `folder` out for the MNIST digits in the package.",
        )
    return str(path), read_idx(path, max_bytes=MAX_FOLDER_BYTES)


def _read_shipped(name: str) -> tuple[str, NDArray[Any]]:
    """Read a file of the package. The bytes that are parsed are those whose checksum was verified."""
    expected = SHIPPED[name]
    resource = _SHIPPED_FOLDER / f"{name}.gz"
    file_name = str(resource)
    description = f"the shipped file of {expected.size:,} bytes with SHA-256 {expected.sha256}"
    try:
        with resource.open("rb") as file:
            content = file.read(expected.size + 1)
    except OSError as error:
        problem = "no such file" if isinstance(error, FileNotFoundError) else f"an unreadable one ({error})"
        raise DataError(file_name, description, problem, _REINSTALL) from error
    if len(content) > expected.size:
        raise DataError(file_name, description, "a longer one", _REINSTALL)
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != expected.sha256:
        raise DataError(file_name, description, f"{len(content):,} bytes with SHA-256 {sha256}", _REINSTALL)
    return file_name, parse_idx(io.BytesIO(content), len(content), file_name)


def _check(
    image_file: str, images: NDArray[Any], label_file: str, labels: NDArray[Any], classes: int
) -> None:
    """Refuse arrays that are not images and their labels."""
    if images.dtype != np.uint8 or images.ndim != 3 or images.size == 0:
        raise DataError(
            image_file,
            "uint8 images of shape (count, rows, columns), at least one",
            f"{images.dtype} data of shape {images.shape}",
            "Check that the file holds images and not labels.",
        )
    if labels.dtype.kind not in "iu" or labels.ndim != 1:
        raise DataError(
            label_file,
            "whole-number labels of shape (count,)",
            f"{labels.dtype} data of shape {labels.shape}",
            "Check that the file holds labels and not images.",
        )
    if len(labels) != len(images):
        raise DataError(
            label_file,
            f"{len(images):,} labels, one for each image in {image_file}",
            f"{len(labels):,}",
            "Take both files from the same data set.",
        )
    outside = np.flatnonzero((labels < 0) | (labels >= classes))
    if outside.size:
        first = outside[0]
        raise DataError(
            label_file,
            f"labels from 0 to {classes - 1}",
            f"{labels[first]} at position {first} ({outside.size:,} such labels in all)",
            "If the data set has more classes, pass their number as `classes`.",
        )


def _pixels(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} × {shape[1]}"
