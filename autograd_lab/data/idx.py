"""Read IDX files, the format in which MNIST is published.

An IDX file is a magic number, the sizes of the dimensions, and the numbers, all big-endian::

    offset  bytes   meaning
    0       2       always zero
    2       1       type code: 08 uint8, 09 int8, 0B int16, 0C int32, 0D float32, 0E float64
    3       1       d, the number of dimensions
    4       4 · d   the size of each dimension, a signed 32-bit integer
    4 + 4d  rest    the numbers in row-major order

A file comes from somewhere else, so nothing in it is believed before it is checked: the announced size is
compared with the bytes that are there *before* memory is reserved, and the outcome is the right array or a
`DataError`.
"""

import math
import os
import stat
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

DTYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype("u1"),
    0x09: np.dtype("i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}

MAX_BYTES = 2**30  # 1 GiB of data; the larger MNIST file has 47 MB
MAX_DIMS = 32  # what every NumPy can index

_CHUNK = 2**18
_GZIP_MAGIC = b"\x1f\x8b"
_DEFLATE_RATIO = 1032  # deflate's best case: 2 bits stand for 258 bytes
_FETCH_AGAIN = "Fetch the file again from its source."

# What people have in hand when it is not an IDX file. The first match is named in the error.
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"<", "a web page or XML, perhaps a download that failed"),
    (_GZIP_MAGIC, "gzip data compressed twice"),
    (b"PK", "a zip archive"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7z", "xz data"),
    (b"\x93NUM", "a NumPy .npy file"),
    (b"\x89PNG", "a PNG image"),
    (b"vers", "perhaps a Git LFS pointer instead of the file"),
)

_Read = Callable[[int], bytes]


class DataError(ValueError):
    """A data file that is missing, damaged, or not what it should be.

    Parameters
    ----------
    file : str
        The file, as the caller named it.
    expected, found : str
        What should have been there, and what is there.
    remedy : str
        What to do about it, as a sentence.

    Examples
    --------
    >>> print(DataError("digits.gz", "an IDX file", "an empty file", "Fetch it again."))
    digits.gz: expected an IDX file, found an empty file. Fetch it again.
    """

    def __init__(self, file: str, expected: str, found: str, remedy: str) -> None:
        super().__init__(file, expected, found, remedy)
        self.file = file
        self.expected = expected
        self.found = found
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.file}: expected {self.expected}, found {self.found}. {self.remedy}"


def read_idx(path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> NDArray[Any]:
    """Read one IDX file, plain or compressed with gzip.

    Whether a file is compressed is seen from its content, not from its name.

    Parameters
    ----------
    path : str or path-like
        The file.
    max_bytes : int, default 1 GiB
        The most data to accept. Time and memory are bounded by it, whatever the file holds.

    Returns
    -------
    ndarray
        A new array in the shape that the file states: C-contiguous, writeable, and of the file's type
        (``uint8``, ``int8``, ``int16``, ``int32``, ``float32`` or ``float64``) in this machine's byte order.

    Raises
    ------
    DataError
        If there is no such file, or it is not exactly one complete IDX array of at most `max_bytes` bytes.

    References
    ----------
    Y. LeCun, C. Cortes, C. J. C. Burges. *The MNIST database of handwritten digits*, section "File formats".

    Examples
    --------
    Six bytes in two rows of three: type code 8, two dimensions, their sizes, the data.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "six.idx")
    ...     _ = path.write_bytes(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]))
    ...     read_idx(path)
    array([[1, 2, 3],
           [4, 5, 6]], dtype=uint8)
    """
    path = Path(path)
    name = str(path)
    try:
        # Opening a pipe or a device may wait for ever, so the kind of file is looked at first.
        if not stat.S_ISREG(path.stat().st_mode):
            raise DataError(name, "a regular file", "a folder or a device", "Name the IDX file itself.")
        with path.open("rb") as file:
            return parse_idx(file, os.fstat(file.fileno()).st_size, name, max_bytes=max_bytes)
    except DataError:
        raise
    except FileNotFoundError:
        raise DataError(name, "an IDX file", "no file of that name", "Check the path.") from None
    except (OSError, ValueError) as error:  # ValueError: a path that no system can have, such as "a\0b"
        raise DataError(
            name,
            "an IDX file",
            f"a file that cannot be read ({error})",
            "Check the path and its permissions.",
        ) from error


def parse_idx(file: BinaryIO, size: int, name: str, *, max_bytes: int = MAX_BYTES) -> NDArray[Any]:
    """Read the IDX array from an open binary file that stands at its start.

    Parameters
    ----------
    file : binary file
        Seekable. It is left open.
    size : int
        How many bytes it holds.
    name : str
        What to call it in an error.
    max_bytes : int, default 1 GiB
        As for `read_idx`, which also says what is returned and raised.

    Returns
    -------
    ndarray
        The array.

    Examples
    --------
    >>> import io
    >>> content = bytes([0, 0, 9, 1, 0, 0, 0, 2, 255, 1])
    >>> parse_idx(io.BytesIO(content), len(content), "two signed bytes")
    array([-1,  1], dtype=int8)
    """
    compressed = file.read(2) == _GZIP_MAGIC
    file.seek(0)
    read: _Read = _Gunzip(file, name).read if compressed else file.read

    dtype, shape = _header(read, name)
    # Zeros count as ones: a size of zero must not hide that its neighbours are absurd.
    if dtype.itemsize * math.prod(max(n, 1) for n in shape) > max_bytes or (compressed and size > max_bytes):
        raise DataError(
            name,
            f"at most {max_bytes:,} bytes of data",
            f"a header that announces {dtype.name} data of shape {shape} in a file of {size:,} bytes",
            "If the file really is that large and you trust it, pass a larger max_bytes to read_idx.",
        )
    _check_size(size, dtype, shape, name, compressed)

    array = np.empty(shape, dtype)
    missing = _fill(array, read)
    if missing:
        raise DataError(
            name,
            f"{array.nbytes:,} bytes of data for shape {shape}",
            f"only {array.nbytes - missing:,}",
            f"The file is truncated. {_FETCH_AGAIN}",
        )
    # Asking for one byte more finds what should not be there, and makes gzip verify its checksum.
    if read(1):
        raise DataError(
            name,
            f"nothing after {array.nbytes:,} bytes of data for shape {shape}",
            "more bytes",
            _FETCH_AGAIN,
        )
    return array.astype(dtype.newbyteorder("="), copy=False)


def _header(read: _Read, name: str) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Read and check the magic number and the sizes."""
    magic = _gather(read, 4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        foreign = next((f": {what}" for start, what in _FOREIGN if magic.startswith(start)), "")
        raise DataError(
            name,
            "an IDX file, which begins with two zero bytes, a type code and a number of dimensions",
            f"the bytes {magic.hex(' ')}{foreign}" if magic else "an empty file",
            _FETCH_AGAIN,
        )
    code, ndim = magic[2], magic[3]
    if code not in DTYPES:
        known = ", ".join(f"{c:02x} {t.name}" for c, t in DTYPES.items())
        raise DataError(name, f"one of the IDX type codes ({known})", f"{code:02x}", _FETCH_AGAIN)
    if not 1 <= ndim <= MAX_DIMS:
        raise DataError(name, f"1 to {MAX_DIMS} dimensions", f"{ndim}", _FETCH_AGAIN)
    sizes = _gather(read, 4 * ndim)
    if len(sizes) < 4 * ndim:
        raise DataError(
            name,
            f"the sizes of {ndim} dimensions, {4 * ndim} bytes",
            f"only {len(sizes)} bytes",
            f"The file is truncated. {_FETCH_AGAIN}",
        )
    shape = tuple(int(n) for n in np.frombuffer(sizes, ">i4"))
    if min(shape) < 0:
        raise DataError(name, "sizes of zero or more", f"the sizes {shape}", _FETCH_AGAIN)
    return DTYPES[code], shape


def _check_size(size: int, dtype: np.dtype[Any], shape: tuple[int, ...], name: str, compressed: bool) -> None:
    """Compare the bytes that the header announces with those in the file, before any memory is reserved."""
    nbytes = dtype.itemsize * math.prod(shape)
    if compressed:
        if nbytes > _DEFLATE_RATIO * size:
            raise DataError(
                name,
                f"{nbytes:,} bytes of {dtype.name} data for shape {shape}",
                f"a gzip file of {size:,} bytes, which cannot hold so much",
                f"The file is truncated or its header is wrong. {_FETCH_AGAIN}",
            )
        return
    whole = 4 + 4 * len(shape) + nbytes
    if size != whole:
        problem = "is truncated" if size < whole else "has bytes that do not belong to it"
        raise DataError(
            name,
            f"a file of {whole:,} bytes for {dtype.name} data of shape {shape}",
            f"{size:,} bytes",
            f"The file {problem}. {_FETCH_AGAIN}",
        )


def _gather(read: _Read, size: int) -> bytes:
    """Read `size` bytes, or as many as there are: one read may return fewer than asked for."""
    parts: list[bytes] = []
    while size and (part := read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _fill(array: NDArray[Any], read: _Read) -> int:
    """Fill a C-contiguous array with the bytes that `read` delivers; return how many are missing."""
    target = array.reshape(-1).view(np.uint8).data
    done = 0
    while done < len(target) and (part := read(min(_CHUNK, len(target) - done))):
        target[done : done + len(part)] = part
        done += len(part)
    return len(target) - done


class _Gunzip:
    """The content of a file that is one gzip member and nothing else.

    The standard library's `gzip` also reads several members in a row, skips zeros between them and parses
    their headers byte by byte in Python: kind to odd files, slow on hostile ones. Here `zlib` does all of it.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._inflate = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)  # 16: with gzip's header and checksum

    def read(self, size: int) -> bytes:
        """Return between 1 and `size` bytes, or none at the end, when the checksum has been verified."""
        while not self._inflate.eof:
            compressed = self._inflate.unconsumed_tail or self._file.read(_CHUNK)
            try:
                part = self._inflate.decompress(compressed, size)
            except zlib.error as error:
                raise DataError(
                    self._name, "intact gzip data", f"damaged data ({error})", _FETCH_AGAIN
                ) from error
            if part:
                return part
            if not compressed:
                raise DataError(
                    self._name,
                    "a complete gzip file",
                    "data that breaks off",
                    f"The file is truncated. {_FETCH_AGAIN}",
                )
        if self._inflate.unused_data or self._file.read(1):
            raise DataError(
                self._name,
                "one gzip member and nothing after it",
                "more bytes",
                "If you trust the file, decompress it and read the result; otherwise fetch it again.",
            )
        return b""
