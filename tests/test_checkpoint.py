"""Checkpoints: written in one step or not at all, read only when every byte is as it was written."""

from __future__ import annotations

import errno
import io
import json
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd_lab import checkpoint
from autograd_lab.checkpoint import CheckpointError, load_checkpoint, save_checkpoint, write_atomically

ARRAYS = {
    "model.0.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "optimizer.steps.0": np.array(7),
    "empty": np.zeros((0, 3)),
    "transposed": np.arange(6.0).reshape(2, 3).T,
}
PROGRESS = {"epoch": 2, "history": [[0.1, 0.25]], "big": 2**100, "text": "é"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "checkpoint.npz"
    save_checkpoint(file, ARRAYS, PROGRESS)
    return file


def test_everything_comes_back(path):
    arrays, progress = load_checkpoint(path)
    assert progress == PROGRESS
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].flags.writeable
        assert np.array_equal(arrays[name], array)


def test_numpy_reads_it_without_pickle(path):
    with np.load(path, allow_pickle=False) as archive:
        assert np.array_equal(archive["model.0.weight"], ARRAYS["model.0.weight"])


@pytest.mark.parametrize("array", [np.array([{}]), np.array(["a"]), np.array([None])])
def test_objects_are_refused_and_the_old_file_stays(path, array):
    before = path.read_bytes()
    with pytest.raises(TypeError, match="arrays of numbers, but w is"):
        save_checkpoint(path, {"w": array}, {})
    assert path.read_bytes() == before


def test_what_json_cannot_hold_is_refused(path):
    before = path.read_bytes()
    with pytest.raises(TypeError, match="can't hold set"):
        save_checkpoint(path, {}, {"a": {1}})
    assert path.read_bytes() == before


# --- writing in one step --------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
def test_a_failure_leaves_the_old_file_and_nothing_else(path, monkeypatch, step):
    before = path.read_bytes()

    def full(*args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint.os, step, full)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(path, ARRAYS, {"epoch": 3})
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_a_folder_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "gone" / "a", b"")


def test_the_file_has_the_permissions_of_any_other(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    write_atomically(tmp_path / "ours", b"")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_to_somewhere_else_is_not_followed(tmp_path):
    target = tmp_path / "precious"
    target.write_bytes(b"precious")
    (tmp_path / "checkpoint.npz").symlink_to(target)
    save_checkpoint(tmp_path / "checkpoint.npz", ARRAYS, PROGRESS)
    assert target.read_bytes() == b"precious"


# --- damage and foreign files ---------------------------------------------------------------------------


def refuse(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).endswith(".")
    return str(caught.value)


def test_every_cut_and_every_changed_byte_is_noticed(path):
    """A cut anywhere and a flipped bit anywhere: an error, or exactly the content as it was."""
    whole = path.read_bytes()
    refused = 0
    for position in range(0, len(whole), 7):
        path.write_bytes(whole[:position])
        refuse(path)
        damaged = bytearray(whole)
        damaged[position] ^= 0x10
        path.write_bytes(damaged)
        try:
            arrays, progress = load_checkpoint(path)
        except CheckpointError:
            refused += 1
        else:  # a byte that means nothing, such as a time in the archive's directory
            assert progress == PROGRESS
            assert all(np.array_equal(arrays[name], ARRAYS[name]) for name in ARRAYS)
    assert refused > len(whole) // 7 * 0.6


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name + ".npy", content)
    return path


def npy(array: Any, **options: Any) -> bytes:
    content = io.BytesIO()
    np.lib.format.write_array(content, np.asarray(array), **options)
    return content.getvalue()


def manifest(**changes: Any) -> bytes:
    text = json.dumps(
        {"kind": checkpoint.KIND, "version": 1, "progress": {}, "arrays": {}, **changes}
    ).encode()
    return npy(np.frombuffer(text, np.uint8))


def listing(**changes: Any) -> bytes:
    """The manifest of one array."""
    return manifest(arrays={"w": {"shape": [1], "dtype": "<f8", "sha256": "", **changes}})


class Bomb:
    def __reduce__(self) -> Any:
        return os._exit, (13,)


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"w": npy(np.ones(2))}, "not a checkpoint of autograd_lab"),
        ({"manifest": npy(np.frombuffer(b'{"kind": "a"}', np.uint8))}, "not a checkpoint of autograd"),
        ({"manifest": npy(np.frombuffer(b"[1", np.uint8))}, "damaged"),
        ({"manifest": manifest(version=2)}, "format 2; this version reads format 1"),
        ({"manifest": manifest(), "w": npy(np.ones(2))}, "not those of its manifest"),
        ({"manifest": listing()}, "not those of its manifest"),
        ({"manifest": listing(), "w": npy([1.0])}, "checksum of w is wrong"),
        ({"manifest": listing(shape=[2**40]), "w": npy([1.0])}, "which no training"),
        ({"manifest": listing(shape=[-1]), "w": npy([1.0])}, "which no training"),
        ({"manifest": listing(), "w": npy(np.zeros(10**6))}, "claims 8,000,128 bytes"),
        ({"manifest": listing(), "w": npy([1.0])[:-3]}, "instead of 8"),
        ({"manifest": listing(), "w": npy([Bomb()], allow_pickle=True)}, "array of object"),
        ({"manifest": pickle.dumps(Bomb())}, "damaged"),
        ({"manifest": npy(np.array([Bomb()]), allow_pickle=True)}, "array of object"),
    ],
)  # fmt: skip
def test_other_archives_are_refused(tmp_path, members, says):
    assert says in refuse(archive(tmp_path / "c.npz", **members))


def test_a_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = archive(tmp_path / "c.npz", manifest=listing(), w=bytes(2**28))
    assert path.stat().st_size < 2**20
    assert "claims 268,435,456 bytes" in refuse(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"\x93NUMPY", b"hello", pickle.dumps(Bomb()), bytes(1000)])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "c.npz").write_bytes(content)
    assert "not a checkpoint" in refuse(tmp_path / "c.npz")


def test_a_missing_file_is_that(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "c.npz")
    with pytest.raises(OSError, match="directory"):
        load_checkpoint(tmp_path)
