"""A run loses nothing: killed at any moment and resumed, it ends with the weights of an undisturbed one."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd_lab import runs
from autograd_lab.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from autograd_lab.data import Split
from autograd_lab.runs import Config, Run, RunError, Saver, fingerprint
from autograd_lab.train import StopTraining


def blobs(count: int, seed: int) -> Split:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, size=count)
    centres = np.array([[2.0, 0.0], [-1.0, 1.7], [-1.0, -1.7]])
    return Split((centres[labels] + rng.normal(scale=0.6, size=(count, 2))).astype(np.float32), labels)


DATA = blobs(120, 0), blobs(60, 1)
SMALL = Config(hidden=(6,), epochs=3, batch_size=10, classes=3)


def begin(folder: Path, config: Config = SMALL) -> Run:
    return Run.create(folder, config, fingerprint(DATA))


def finish(run: Run, **options: Any) -> dict[str, Any]:
    _, finished = runs.train(run, DATA, **options)
    assert finished
    return load_checkpoint(run.weights)[0]


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


class StopAt:
    """Stop after a given step, saved or not."""

    def __init__(self, step: int, run: Run, save: bool) -> None:
        self.step, self.run, self.save = step, run, save

    def on_step(self, training: Any, loss: float) -> None:
        if training.step == self.step:
            if self.save:
                self.run.save(training)
            raise StopTraining

    def on_epoch(self, training: Any) -> None:
        pass


# --- interrupted and resumed ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "config",
    [
        SMALL,
        Config(hidden=(6, 4), epochs=3, batch_size=7, classes=3, lr=0.05, momentum=0.9, weight_decay=0.01),
        Config(hidden=(), epochs=3, batch_size=50, classes=3, optimizer="adam", lr=0.01, dtype="float64"),
        Config(hidden=(6,), epochs=3, batch_size=10, classes=3, optimizer="adamw", lr=0.01, seed=5),
    ],
)
def test_stopped_at_every_few_steps_it_ends_with_the_same_bytes(tmp_path, config):
    whole = begin(tmp_path / "whole", config)
    expected = finish(whole)
    run = begin(tmp_path / "parts", config)
    for step in (1, 2, 5, 11, 12, 13, 24):
        runs.train(run, DATA, [StopAt(step, run, save=True)])
    assert same(finish(run), expected)
    for name in ("metrics.csv", "config.json", "curves.svg"):
        assert (run.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name


def test_what_was_not_saved_is_done_again(tmp_path):
    expected = finish(begin(tmp_path / "whole"))
    run = begin(tmp_path / "parts")
    runs.train(run, DATA, [StopAt(20, run, save=False)], saver=Saver(run, seconds=1e9))
    assert len(load_checkpoint(run.checkpoint)[1]["history"]) == 1
    assert same(finish(run), expected)


def test_the_saver_saves_by_time_and_stops_on_request(tmp_path):
    run = begin(tmp_path)
    saver = Saver(run, seconds=0)
    saver.stop = True
    training, finished = runs.train(run, DATA, saver=saver)
    assert (training.step, finished) == (1, False)
    assert load_checkpoint(run.checkpoint)[1]["loader"]["position"] == 1
    assert not run.weights.exists()


def test_more_epochs_continue_a_finished_run(tmp_path):
    expected = finish(begin(tmp_path / "five", Config(**{**asdict(SMALL), "epochs": 5})))
    run = begin(tmp_path / "three")
    finish(run)
    assert same(finish(run, epochs=5), expected)
    with pytest.raises(ValueError, match="epochs must be at least 1, not 0"):
        finish(run, epochs=0)


def test_a_finished_run_is_not_changed_by_resuming_it(tmp_path):
    run = begin(tmp_path)
    first = finish(run)
    assert same(finish(run), first)


CHILD = """
import sys
sys.path.insert(0, {tests!r})
from autograd_lab import runs
from test_runs import DATA
run = runs.Run({folder!r})
print("ready", flush=True)
runs.train(run, DATA, saver=runs.Saver(run, seconds=0))
"""


def test_fifty_kills_at_random_moments(tmp_path):
    """SIGKILL, as a power cut: nothing can be done in the process. Each step saves, so many hit a save."""
    rng = np.random.default_rng(0)
    kills = torn = 0
    for seed in range(100):
        config = Config(**{**asdict(SMALL), "epochs": 25, "seed": seed})
        run = begin(tmp_path / str(seed), config)
        source = CHILD.format(tests=str(Path(__file__).parent), folder=str(run.folder))
        while True:
            child = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True)
            assert child.stdout
            assert child.stdout.readline() == "ready\n"
            if kills < 50:
                time.sleep(rng.uniform(0.0, 0.12))
                child.kill()
            ended = child.wait()
            child.stdout.close()
            torn += any(run.folder.glob(".*.part"))
            if ended == 0:
                break
            kills += 1
            if run.checkpoint.exists():
                load_checkpoint(run.checkpoint)  # whole at every moment
        assert not list(run.folder.glob(".*.part"))
        assert same(load_checkpoint(run.weights)[0], finish(begin(tmp_path / f"{seed} whole", config)))
        if kills >= 50:
            break
    assert kills >= 50
    assert torn > 0, "no kill hit a save: the test does not test what it says"


# --- what goes wrong ------------------------------------------------------------------------------------


def test_a_folder_with_something_in_it_is_refused_and_kept(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(RunError, match="is not an empty folder"):
        begin(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    begin(tmp_path / "run")
    with pytest.raises(RunError, match=r"has a run already.*--resume"):
        begin(tmp_path / "run")
    with pytest.raises(RunError, match="not an empty folder"):
        begin(tmp_path / "thesis.txt")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"data_sha256": "", "lr": -1}', '{"data_sha256": "", "rate": 1}']
)
def test_damaged_settings_are_told(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(RunError, match="not the settings of a run"):
        Run(tmp_path)


def test_other_data_are_noticed(tmp_path):
    run = begin(tmp_path)
    with pytest.raises(RunError, match="data have changed"):
        runs.train(run, (DATA[1], DATA[0]))


def test_a_checkpoint_of_another_network_is_refused_and_kept(tmp_path):
    other = begin(tmp_path / "other", Config(**{**asdict(SMALL), "hidden": (7,)}))
    finish(other)
    run = begin(tmp_path / "run")
    run.checkpoint.write_bytes(other.checkpoint.read_bytes())
    with pytest.raises(CheckpointError, match=r"does not fit the settings of this run.*0\.weight"):
        runs.train(run, DATA)
    assert run.checkpoint.read_bytes() == other.checkpoint.read_bytes()
    (tmp_path / "run" / "weights.npz").write_bytes(other.weights.read_bytes())
    with pytest.raises(CheckpointError, match="weights of another network"):
        run.model(2)


@pytest.mark.parametrize(
    "change", [{"loader": {}}, {"history": [[1]]}, {"random": None}, {"random": {"0": {}}}]
)
def test_a_checkpoint_whose_progress_does_not_fit_is_refused(tmp_path, change):
    run = begin(tmp_path)
    runs.train(run, DATA, [StopAt(5, run, save=True)])
    arrays, progress = load_checkpoint(run.checkpoint)
    save_checkpoint(run.checkpoint, arrays, {**progress, **change})
    with pytest.raises(CheckpointError, match="does not fit the settings"):
        runs.train(run, DATA)


def test_a_damaged_checkpoint_is_refused_and_kept(tmp_path):
    run = begin(tmp_path)
    runs.train(run, DATA, [StopAt(5, run, save=True)])
    damaged = run.checkpoint.read_bytes()[:-100]
    run.checkpoint.write_bytes(damaged)
    with pytest.raises(CheckpointError, match=r"damaged.*older copy"):
        runs.train(run, DATA)
    assert run.checkpoint.read_bytes() == damaged


def test_a_full_disk_keeps_the_last_good_state(tmp_path, monkeypatch):
    run = begin(tmp_path / "run")
    runs.train(run, DATA, [StopAt(5, run, save=True)])
    good = run.checkpoint.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("autograd_lab.checkpoint.os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            runs.train(run, DATA)
    assert run.checkpoint.read_bytes() == good
    assert same(finish(run), finish(begin(tmp_path / "whole")))


def test_a_diverging_run_keeps_its_last_good_state(tmp_path):
    run = begin(tmp_path, Config(**{**asdict(SMALL), "lr": 1e30}))
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match=r"layer \d \(Linear\)"):
        runs.train(run, DATA, saver=Saver(run, seconds=0))
    training = run.training(DATA)
    assert all(np.isfinite(p.data).all() for p in training.model.parameters())


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        ({"hidden": (0,)}, ValueError, "hidden must be at least 1"),
        ({"hidden": ("3",)}, TypeError, "whole number"),
        ({"epochs": 0}, ValueError, "epochs must be at least 1"),
        ({"batch_size": 1.5}, TypeError, "whole number"),
        ({"lr": float("nan")}, ValueError, "lr"),
        ({"seed": -1}, ValueError, "seed"),
        ({"classes": 1}, ValueError, "classes must be at least 2"),
        ({"optimizer": "lion"}, ValueError, "optimizer must be one of sgd, adam, adamw"),
        ({"dtype": "float16"}, ValueError, "dtype must be one of"),
        ({"optimizer": "adam", "momentum": 0.5}, ValueError, "momentum is a setting of sgd"),
        ({"momentum": 1.0}, ValueError, "momentum"),
    ],
)
def test_settings_out_of_range(change, kind, says):
    with pytest.raises(kind, match=says):
        Config(**change)


def test_nothing_saved_yet(tmp_path):
    with pytest.raises(RunError, match="nothing has been saved"):
        begin(tmp_path).model(2)


def test_the_folder_tells_what_it_was_made_with(tmp_path):
    run = begin(tmp_path)
    finish(run)
    assert json.loads((tmp_path / "versions.json").read_text())["numpy"] == np.__version__
    assert len((tmp_path / "metrics.csv").read_text().splitlines()) == 1 + SMALL.epochs
    model, epochs = run.model(2)
    assert epochs == 3
    assert [p.shape for p in model.parameters()] == [(2, 6), (6,), (6, 3), (3,)]
