"""Checkpoints: the state of a training as one file that survives whatever happens while it is written.

A checkpoint is a NumPy ``.npz`` archive. Beside the arrays it has a member ``manifest``, JSON text as bytes,
with the kind of file, the format's version, everything that is not an array, and for each array its shape,
dtype and SHA-256. Nothing in it is code, and nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

KIND = "autograd_lab checkpoint"
VERSION = 1

MAX_MANIFEST_BYTES = 2**24
MAX_ARRAY_BYTES = 2**31
_HEADER_BYTES = 2**12  # more than the header of any array of numbers in an .npz archive


class CheckpointError(ValueError):
    """A checkpoint that can't be read or used: what was found, and what to do about it.

    Parameters
    ----------
    path : str or path-like
    found : str
        What is wrong with it.
    remedy : str
        What to do about it, as a sentence.

    Examples
    --------
    >>> print(CheckpointError("run/checkpoint.npz", "a damaged file", "Start a new run."))
    run/checkpoint.npz: a damaged file. Start a new run.
    """

    def __init__(self, path: str | os.PathLike[str], found: str, remedy: str) -> None:
        super().__init__(f"{os.fspath(path)}: {found}. {remedy}")
        self.path, self.found, self.remedy = os.fspath(path), found, remedy

    def __reduce__(self) -> Any:
        return type(self), (self.path, self.found, self.remedy)


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Replace a file in one step: whoever reads it, at whatever moment, finds the old content or the new one.

    Parameters
    ----------
    path : str or path-like
        In a folder that exists.
    content : bytes

    Raises
    ------
    OSError
        If the disk is full or the folder can't be written to. The old file is as it was then.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "config.json")
    ...     write_atomically(path, b"{}")
    ...     print(path.read_bytes(), len(os.listdir(folder)))
    b'{}' 1
    """
    path = Path(path)
    # Aside, but in the same folder: a rename is atomic only inside one file system.
    handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(aside, 0o666 & ~_umask())
        os.replace(aside, path)
    except BaseException:
        os.unlink(aside)
        raise
    _sync_folder(path.parent)


def _umask() -> int:
    """The permissions that new files don't get; mkstemp gives them even fewer."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Bring a rename to the disk, where the system can do that: Windows can't open a folder."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def save_checkpoint(
    path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]], progress: Mapping[str, Any]
) -> None:
    """Write a checkpoint, in one step.

    Parameters
    ----------
    path : str or path-like
        Replaced if it is there.
    arrays : mapping of str to ndarray
        Numbers, of any shape.
    progress : mapping
        What JSON can hold.

    Raises
    ------
    TypeError
        If an array holds objects, or the rest is not for JSON.
    OSError
        If it can't be written. An older checkpoint of that name is as it was then.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "checkpoint.npz")
    ...     save_checkpoint(path, {"w": np.ones(2)}, {"epoch": 3})
    ...     load_checkpoint(path)
    ({'w': array([1., 1.])}, {'epoch': 3})
    """
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in arrays.items():
        if array.dtype.kind not in "biufc":
            raise TypeError(f"a checkpoint holds arrays of numbers, but {name} is {array.dtype}")
    manifest = {
        "kind": KIND,
        "version": VERSION,
        "progress": dict(progress),
        "arrays": {name: _entry(array) for name, array in arrays.items()},
    }
    text = json.dumps(manifest, default=_listed).encode()
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, manifest=np.frombuffer(text, np.uint8), **arrays)
    write_atomically(path, content.getvalue())


def _listed(value: Any) -> Any:
    """NumPy's numbers and arrays as JSON has them: some random generators keep an array."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"a checkpoint can't hold {type(value).__name__}")


def _entry(array: NDArray[Any]) -> dict[str, Any]:
    """What the manifest says of an array."""
    content = np.ascontiguousarray(array).tobytes()
    return {
        "shape": list(array.shape),
        "dtype": array.dtype.str,
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def load_checkpoint(path: str | os.PathLike[str]) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read a checkpoint, and believe nothing in it before it is checked.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    arrays : dict of str to ndarray
    progress : dict
        Both as they were given to :func:`save_checkpoint`.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    CheckpointError
        If it is another kind of file, of a newer version, cut off, damaged, or larger than it says. The time
        and memory that it takes to find that out do not depend on what the file claims.

    Examples
    --------
    See :func:`save_checkpoint`.
    """
    again = "Take an older copy, or start a new run in another folder"
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            return _load(path, archive, again + ".")
    except CheckpointError:
        raise
    except (FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except zipfile.BadZipFile:
        raise CheckpointError(path, "not a checkpoint, or a damaged one", again + ".") from None
    except Exception as error:  # zipfile and numpy.lib.format raise many kinds for a damaged archive
        raise CheckpointError(path, f"a damaged checkpoint ({error})", again + ".") from error


def _load(path: Any, archive: zipfile.ZipFile, again: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    if "manifest" not in members:
        raise CheckpointError(path, "an archive, but not a checkpoint of autograd_lab", again)
    text = _array(archive, members["manifest"], MAX_MANIFEST_BYTES).tobytes()
    manifest = json.loads(text)
    if not isinstance(manifest, dict) or manifest.get("kind") != KIND:
        raise CheckpointError(path, "an archive, but not a checkpoint of autograd_lab", again)
    if manifest.get("version") != VERSION:
        raise CheckpointError(
            path,
            f"a checkpoint of format {manifest.get('version')}; this version reads format {VERSION}",
            "Install the version of autograd_lab that wrote it.",
        )
    entries = manifest["arrays"]
    if set(entries) | {"manifest"} != set(members):
        raise CheckpointError(path, "a damaged checkpoint: its arrays are not those of its manifest", again)
    arrays = {}
    for name, entry in entries.items():
        size = math.prod(entry["shape"]) * np.dtype(entry["dtype"]).itemsize
        if not 0 <= size <= MAX_ARRAY_BYTES:
            raise CheckpointError(path, f"an array {name} of {size:,} bytes, which no training has", again)
        array = _array(archive, members[name], size)
        if _entry(array) != entry:
            raise CheckpointError(path, f"a damaged checkpoint: the checksum of {name} is wrong", again)
        arrays[name] = array
    return arrays, manifest["progress"]


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> NDArray[Any]:
    """Read an array of at most so many bytes, and no byte more than that from the archive."""
    if info.file_size > limit + _HEADER_BYTES:
        raise ValueError(f"{info.filename} claims {info.file_size:,} bytes")
    with archive.open(info) as member:
        return _read_npy(member, limit)


def _read_npy(member: IO[bytes], limit: int) -> NDArray[Any]:
    version = np.lib.format.read_magic(member)
    if version != (1, 0):
        raise ValueError(f"an array in format {version}")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(member)
    if dtype.kind not in "biufc" or any(n < 0 for n in shape) or math.prod(shape) * dtype.itemsize > limit:
        raise ValueError(f"an array of {dtype} with shape {shape}")
    size = math.prod(shape) * dtype.itemsize
    content = member.read(size + 1)
    if len(content) != size:
        raise ValueError(f"an array of {len(content):,} bytes instead of {size:,}")
    return np.frombuffer(bytearray(content), dtype).reshape(shape, order="F" if fortran else "C")
