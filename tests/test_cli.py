"""The command line: what it prints, what it leaves, and with which status it ends."""

from __future__ import annotations

import gzip
import json
import os
import signal
import struct
import subprocess
import sys
import time
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograd_lab.checkpoint import load_checkpoint
from autograd_lab.ops import PRIMITIVES

pytest.importorskip("click")
pytest.importorskip("matplotlib")

from click.testing import CliRunner

from autograd_lab import checkup
from autograd_lab.cli import cli


def idx(array: Any) -> bytes:
    array = np.asarray(array, np.uint8)
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Two classes of 28 × 28 pictures: an upright bar and a lying one, with noise."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for part, count in (("train", 400), ("t10k", 100)):
        labels = rng.integers(0, 2, size=count)
        images = rng.integers(0, 60, size=(count, 28, 28))
        images[labels == 0, 4:24, 13:16] = 255
        images[labels == 1, 13:16, 4:24] = 255
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))
    return folder


def call(*args: Any, status: int = 0) -> Any:
    result = CliRunner().invoke(cli, [str(a) for a in args])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    return result


def options(data: Path, **changes: Any) -> list[str]:
    settings = {"data": data, "classes": 2, "hidden": "8", "epochs": 3, "batch-size": 20, **changes}
    return [f"--{name}={value}" for name, value in settings.items()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, data) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "first"
    call("train", folder, *options(data))
    return folder


def test_train_leaves_everything_that_is_needed(folder):
    assert sorted(path.name for path in folder.iterdir()) == [
        "checkpoint.npz", "config.json", "curves.png", "curves.svg", "metrics.csv", "versions.json",
        "weights.npz",
    ]  # fmt: skip
    assert (folder / "metrics.csv").read_text().count("\n") == 4


def test_the_same_settings_give_the_same_bytes(folder, data, tmp_path):
    result = call("train", tmp_path / "second", *options(data), "--json")
    for name in ("metrics.csv", "curves.svg", "config.json"):
        assert (tmp_path / "second" / name).read_bytes() == (folder / name).read_bytes()
    found = json.loads(result.stdout)
    assert found["finished"] is True
    assert found["step"] == 60
    assert found["test_accuracy"] == 1.0
    assert result.stderr.count("epoch") == 3  # lines, since this is no terminal


def test_what_was_learned(folder, data):
    assert "100 images, after 3 epochs: loss" in call("evaluate", folder).stdout
    found = json.loads(call("evaluate", folder, "--data", data, "--json").stdout)
    assert found["test_accuracy"] == 1.0
    assert found["images"] == 100


def test_one_epoch_is_no_plural_and_an_unfinished_run_says_of_how_many(data, tmp_path):
    run = tmp_path / "run"
    assert "after 1 epoch:" in call("train", run, *options(data, epochs=1)).stdout
    assert "after 1 epoch: loss" in call("evaluate", run).stdout
    (run / "weights.npz").unlink()
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps({**config, "epochs": 3}))
    assert "after 1 full epoch of 3: loss" in call("evaluate", run).stdout


def test_pictures_of_ones_own(folder, tmp_path):
    Image = pytest.importorskip("PIL.Image")
    for name, shape in (("upright", (80, 14)), ("lying", (14, 80))):
        paper = np.full((200, 150), 240, np.uint8)
        paper[40 : 40 + shape[0], 30 : 30 + shape[1]] = 20
        Image.fromarray(paper).save(tmp_path / f"{name}.png")
    files = [tmp_path / "upright.png", tmp_path / "lying.png"]
    lines = call("predict", folder, *files).stdout.splitlines()
    assert lines[0].startswith(f"{files[0]}: 0 (")
    assert lines[1].startswith(f"{files[1]}: 1 (")
    rows = [json.loads(line) for line in call("predict", folder, *files, "--json").stdout.splitlines()]
    assert [row["class"] for row in rows] == [0, 1]
    assert all(sum(row["probabilities"]) == pytest.approx(1, abs=1e-5) for row in rows)
    Image.new("L", (30, 30), 255).save(tmp_path / "blank.png")
    assert (
        "blank.png: as_digit: there is nothing"
        in call("predict", folder, tmp_path / "blank.png", status=1).output
    )
    (tmp_path / "no.png").write_text("no picture")
    assert "no.png: expected a picture" in call("predict", folder, tmp_path / "no.png", status=1).output
    assert "No such file" in call("predict", folder, tmp_path / "gone.png", status=1).output


def test_plot_and_draw(folder, tmp_path):
    before = (folder / "curves.svg").read_bytes()
    (folder / "curves.svg").unlink()
    call("plot", folder)
    assert (folder / "curves.svg").read_bytes() == before
    for ending, start in (("svg", "<svg"), ("dot", "digraph"), ("mmd", "flowchart")):
        call("draw", folder, "--output", tmp_path / f"model.{ending}")
        assert start in (tmp_path / f"model.{ending}").read_text()
    assert "svg" in call("draw", folder, "--output", tmp_path / "model.pdf", status=2).output


def test_check_names_every_operator():
    rows = json.loads(call("check", "--json").stdout)
    assert [row["operator"] for row in rows] == sorted(PRIMITIVES)
    assert all(row["passed"] and row["worst"] < 1e-7 for row in rows)
    assert "matmul        right" in call("check", "matmul").stdout
    assert "there is no operator foo" in call("check", "foo", status=2).output


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_check_notices_a_wrong_gradient_of_every_operator(monkeypatch, name):
    op = PRIMITIVES[name]

    def spoilt(*args: Any, **kwargs: Any) -> Any:
        value, *vjps = op.fn(*args, **kwargs)
        return value, *(vjp and (lambda g, vjp=vjp: vjp(g) * 1.01) for vjp in vjps)

    monkeypatch.setitem(checkup.PRIMITIVES, name, SimpleNamespace(fn=spoilt))
    assert not checkup.check_operators([name])[0].passed


def test_data_verify(data, tmp_path):
    assert "all four are as they should be" in call("data", "verify").stdout
    rows = json.loads(call("data", "verify", data, "--json").stdout)
    assert [row["shape"] for row in rows] == [[400, 28, 28], [400], [100, 28, 28], [100]]
    assert "train-images" in call("data", "verify", tmp_path, status=1).output
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in data.iterdir():
        (broken / file.name).write_bytes(file.read_bytes()[:-9])
    assert "expected" in call("data", "verify", broken, status=1).output


# --- wrong usage and errors -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"hidden": "a,b"}, "not a list such as 300,100"),
        ({"hidden": "0"}, "hidden must be at least 1"),
        ({"lr": "-1"}, "lr"),
        ({"epochs": "0"}, "0 is not in the range x>=1"),
        ({"optimizer": "lion"}, "lion"),
        ({"optimizer": "adam", "momentum": "0.9"}, "momentum is a setting of sgd"),
        ({"save-every": "-1"}, "-1"),
    ],
)
def test_wrong_settings_are_told_and_leave_nothing(tmp_path, data, change, says):
    assert says in call("train", tmp_path / "run", *options(data, **change), status=2).output
    assert not (tmp_path / "run").exists()


def test_errors_are_one_line(folder, data, tmp_path):
    result = call("train", folder, *options(data), status=1)
    assert result.output.startswith("Error: ")
    assert "has a run already" in result.output
    assert "no run in it" in call("evaluate", tmp_path, status=1).output
    assert "no such folder" in call("train", tmp_path / "a", "--data", tmp_path / "gone", status=1).output
    refused = call("train", tmp_path / "b", "--data", data, "--resume", status=1).output
    assert "no run in it" in refused
    assert "lr is 0.1" in call("train", folder, "--resume", "--lr", 0.2, status=2).output
    assert "not in the range" in call("train", folder, "--resume", "--epochs", 0, status=2).output


def test_divergence_is_told(data, tmp_path):
    with warnings.catch_warnings(action="error"):  # the error alone, and none of NumPy's warnings before it
        output = call("train", tmp_path / "run", *options(data, lr=1e30), status=1).output
    assert "the loss became nan in epoch 1 at step" in output
    assert "(Linear)" in output
    assert "learning rate that is too large" in output


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may write anywhere")
def test_a_read_only_folder_is_told(data, tmp_path):
    tmp_path.chmod(0o500)
    assert "Permission denied" in call("train", tmp_path / "run", *options(data), status=1).output


# --- the process ----------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="signals of Windows are others")
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_saved_and_resume_ends_with_the_same_weights(data, tmp_path, kind):
    command = [sys.executable, "-m", "autograd_lab", "train"]
    settings = options(data, epochs=30)
    child = subprocess.Popen(
        [*command, str(tmp_path / "run"), *settings, "--save-every=0"], stderr=subprocess.PIPE, text=True
    )
    assert child.stderr
    child.stderr.readline()  # the first epoch
    time.sleep(0.02)
    child.send_signal(kind)
    said = child.stderr.read()
    child.stderr.close()
    assert child.wait() == 130
    assert "stopped and saved at step" in said
    assert "--resume" in said
    call("train", tmp_path / "run", "--resume")
    call("train", tmp_path / "whole", *settings)
    one, other = (load_checkpoint(tmp_path / name / "weights.npz")[0] for name in ("run", "whole"))
    assert all(np.array_equal(one[name], other[name]) for name in other)


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals on Windows")
def test_a_terminal_shows_a_bar_and_keeps_its_cursor(data, tmp_path):
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "autograd_lab", "train", str(tmp_path / "run"), *options(data, epochs=2)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # the other end has been closed
        pass
    os.close(ours)
    assert child.wait() == 0
    assert b"epoch 1/2" in shown
    assert b"100%" in shown
    assert shown.rindex(b"\x1b[?25h") > shown.rindex(b"\x1b[?25l")


def test_help_has_examples():
    for command in (
        [],
        ["train"],
        ["evaluate"],
        ["predict"],
        ["plot"],
        ["check"],
        ["draw"],
        ["data", "verify"],
    ):
        assert "autograd-lab" in call(*command, "--help").stdout
        assert "Example" in call(*command, "--help").stdout
