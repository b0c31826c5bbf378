"""A run: one training in a folder of its own, with all that is needed to take it up again or to repeat it.

    config.json       the settings, and the SHA-256 of the data
    versions.json     what it was made with
    checkpoint.npz    the state after the last step that was saved
    metrics.csv       loss and accuracy after each epoch
    curves.svg, .png  the same as figures
    weights.npz       the parameters after the last epoch

Each file is replaced in one step, so that none is ever half written.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lab
from autograd_lab.checkpoint import CheckpointError, load_checkpoint, save_checkpoint, write_atomically
from autograd_lab.data import Split, load_mnist
from autograd_lab.errors import check_number
from autograd_lab.history import History
from autograd_lab.nn import Linear, Module, ReLU, Sequential
from autograd_lab.optim import SGD, Adam, AdamW, Optimizer
from autograd_lab.train import Callback, StopTraining, Training
from autograd_lab.viz.style import book_style

OPTIMIZERS = ("sgd", "adam", "adamw")
DTYPES = ("float32", "float64")


class RunError(ValueError):
    """A folder that is no run, or holds another one than was asked for: what is wrong, and the way out.

    Examples
    --------
    >>> Run("no/such/folder")
    Traceback (most recent call last):
    autograd_lab.runs.RunError: no/such/folder: there is no run in it (no config.json). Check the path.
    """


@dataclass(frozen=True)
class Config:
    """The settings of a run; the report's by default.

    Attributes
    ----------
    hidden : tuple of int
        Sizes of the hidden layers.
    epochs, batch_size : int
    lr : float
        Learning rate.
    optimizer : str
        ``"sgd"``, ``"adam"`` or ``"adamw"``.
    momentum, weight_decay : float
        Momentum is for ``"sgd"`` only.
    seed : int
        Of the weights and of the order of the images.
    dtype : str
        ``"float32"`` or ``"float64"``.
    data : str or None
        Folder with four IDX files; None for the MNIST digits of the package.
    classes : int

    Raises
    ------
    ValueError
        If a setting is out of its range.
    TypeError
        If a number is none.

    Examples
    --------
    >>> Config().hidden, Config().lr
    ((300, 100), 0.1)
    """

    hidden: tuple[int, ...] = (300, 100)
    epochs: int = 10
    batch_size: int = 100
    lr: float = 0.1
    optimizer: str = "sgd"
    momentum: float = 0.0
    weight_decay: float = 0.0
    seed: int = 0
    dtype: str = "float32"
    data: str | None = None
    classes: int = 10

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", tuple(self.hidden))
        for size in self.hidden:
            _check_count("hidden", size, 1)
        for name, low in (("epochs", 1), ("batch_size", 1), ("seed", 0), ("classes", 2)):
            _check_count(name, getattr(self, name), low)
        check_number("a run", "lr", self.lr, 0, low_allowed=False)
        check_number("a run", "momentum", self.momentum, 0, 1)
        check_number("a run", "weight_decay", self.weight_decay, 0)
        for name, allowed in (("optimizer", OPTIMIZERS), ("dtype", DTYPES)):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {getattr(self, name)!r}")
        if self.momentum and self.optimizer != "sgd":
            raise ValueError(f"momentum is a setting of sgd; {self.optimizer} has its own")

    def load_data(self) -> tuple[Split, Split]:
        """Training set and test set.

        Raises
        ------
        DataError
            If a file is missing or damaged.

        Examples
        --------
        >>> [len(split.labels) for split in Config().load_data()]
        [60000, 10000]
        """
        return load_mnist(self.data, dtype=self.dtype, classes=self.classes)

    def build(self, features: int) -> Sequential:
        """The network, with its first weights: linear layers with ReLU between them.

        Parameters
        ----------
        features : int
            Pixels of an image.

        Examples
        --------
        >>> Config(hidden=(8,)).build(784)
        Sequential(Linear(784, 8), ReLU(), Linear(8, 10))
        """
        rng = np.random.default_rng(self.seed)
        sizes = (features, *self.hidden, self.classes)
        layers: list[Module] = []
        for i, (n, m) in enumerate(pairwise(sizes)):
            layers += ([ReLU()] if i else []) + [Linear(n, m, rng=rng, dtype=self.dtype)]
        return Sequential(*layers)

    def new_optimizer(self, model: Module) -> Optimizer:
        """The optimiser of a network's parameters.

        Examples
        --------
        >>> type(Config(optimizer="adam", lr=1e-3).new_optimizer(Linear(2, 2))).__name__
        'Adam'
        """
        if self.optimizer == "sgd":
            return SGD(model.parameters(), self.lr, self.momentum, self.weight_decay)
        rule = Adam if self.optimizer == "adam" else AdamW
        return rule(model.parameters(), self.lr, weight_decay=self.weight_decay)


def _check_count(name: str, value: Any, low: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, not {value!r}")
    if value < low:
        raise ValueError(f"{name} must be at least {low}, not {value}")


class Run:
    """A run in its folder: opened with ``Run(folder)``, begun with :meth:`Run.create`.

    Parameters
    ----------
    folder : str or path-like
        Where a run was begun.

    Attributes
    ----------
    folder : Path
    config : Config
    data_sha256 : str
        Of the images and labels that it was begun with.

    Raises
    ------
    RunError
        If there is no run in the folder, or its settings are damaged.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = Run.create(folder, Config(hidden=(8,), epochs=1), "0" * 64)
    ...     Run(folder).config == run.config
    True
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        path = self.folder / "config.json"
        try:
            settings = json.loads(path.read_text(encoding="utf-8"))
            self.data_sha256 = str(settings.pop("data_sha256"))
            self.config = Config(**settings)
        except FileNotFoundError:
            raise RunError(
                f"{self.folder}: there is no run in it (no config.json). Check the path."
            ) from None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise RunError(
                f"{path}: these are not the settings of a run ({error}). Begin a new run."
            ) from None

    @classmethod
    def create(cls, folder: str | os.PathLike[str], config: Config, data_sha256: str) -> Run:
        """Begin a run in a folder that is new, or empty.

        Parameters
        ----------
        folder : str or path-like
            Made if it does not exist, with those above it.
        config : Config
        data_sha256 : str
            See :func:`fingerprint`.

        Raises
        ------
        RunError
            If something is in the folder already; nothing is touched then.
        OSError
            If it can't be written to.

        Examples
        --------
        See the class.
        """
        path = Path(folder)
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            what = "has a run already" if (path / "config.json").exists() else "is not an empty folder"
            raise RunError(f"{path}: this {what}. Go on with --resume, or take another folder.")
        path.mkdir(parents=True, exist_ok=True)
        settings = {**asdict(config), "data_sha256": data_sha256}
        versions = {
            "autograd_lab": autograd_lab.__version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "machine": platform.machine(),
            "system": platform.system(),
        }
        _write_json(path / "versions.json", versions)
        _write_json(path / "config.json", settings)  # last, since it is what makes the folder a run
        return cls(path)

    @property
    def checkpoint(self) -> Path:
        """Its checkpoint, which is there once the first one was saved."""
        return self.folder / "checkpoint.npz"

    @property
    def weights(self) -> Path:
        """Its final parameters, which are there once it is finished."""
        return self.folder / "weights.npz"

    def training(self, data: tuple[Split, Split], epochs: int | None = None) -> Training:
        """The training, at the place where the last checkpoint left it; at its start if there is none.

        Parameters
        ----------
        data : (train, test)
            As :meth:`Config.load_data` returns them.
        epochs : int, optional
            Another number of epochs than the run was begun with: to go on with a run that is finished.

        Raises
        ------
        RunError
            If the data are not those the run was begun with.
        ValueError
            If `epochs` is less than 1.
        CheckpointError
            If the checkpoint is damaged or that of another network.

        Examples
        --------
        See :func:`autograd_lab.runs.train`.
        """
        if fingerprint(data) != self.data_sha256:
            raise RunError(
                f"{self.folder}: the data have changed since this run was begun. Put back the old files, or "
                "begin a new run."
            )
        config = self.config if epochs is None else replace(self.config, epochs=epochs)
        model = config.build(data[0].images.shape[1])
        optimizer = config.new_optimizer(model)
        training = Training(model, data, optimizer, config.epochs, config.batch_size, config.seed)
        try:
            arrays, progress = load_checkpoint(self.checkpoint)
        except FileNotFoundError:
            return training
        try:
            training.load_state_dict({"arrays": arrays, "progress": progress})
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise CheckpointError(
                self.checkpoint,
                f"a checkpoint that does not fit the settings of this run ({error})",
                "Take the one that belongs to config.json, or begin a new run.",
            ) from None
        return training

    def save(self, training: Training) -> None:
        """Save the state of the training, so that :meth:`training` goes on from here.

        Raises
        ------
        OSError
            If the disk is full or the folder can't be written to. The last state that was saved stays.

        Examples
        --------
        See :func:`autograd_lab.runs.train`.
        """
        state = training.state_dict()
        save_checkpoint(self.checkpoint, state["arrays"], state["progress"])

    def write_metrics(self, history: History) -> None:
        """Write ``metrics.csv``.

        Examples
        --------
        See :func:`autograd_lab.runs.train`.
        """
        write_atomically(self.folder / "metrics.csv", history.csv().encode())

    def write_results(self, training: Training) -> list[Path]:
        """Write the final weights and the curves, and return their paths.

        Raises
        ------
        ImportError
            If Matplotlib is not installed; the weights are written all the same.

        Examples
        --------
        See :func:`autograd_lab.runs.train`.
        """
        save_checkpoint(self.weights, training.model.state_dict(), {"epochs": len(training.history)})
        return [self.weights, *self.write_curves(training.history)]

    def write_curves(self, history: History) -> list[Path]:
        """Write the curves as SVG and PNG, and return their paths.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.

        Examples
        --------
        See :func:`autograd_lab.runs.train`.
        """
        figure = history.plot()
        paths = []
        for kind, options in (("svg", {"metadata": {"Date": None}}), ("png", {"dpi": 150})):
            content = io.BytesIO()
            with book_style():  # ids in the SVG that depend on its content alone
                figure.savefig(content, format=kind, bbox_inches="tight", **options)
            write_atomically(self.folder / f"curves.{kind}", content.getvalue())
            paths.append(self.folder / f"curves.{kind}")
        return paths

    def model(self, features: int) -> tuple[Module, int]:
        """The trained network: with the final weights, or those of the checkpoint of an unfinished run.

        Parameters
        ----------
        features : int
            Pixels of an image.

        Returns
        -------
        model : Module
        epochs : int
            Epochs that it was trained for in full.

        Raises
        ------
        RunError
            If nothing has been saved yet.
        CheckpointError
            If the file is damaged or that of another network.

        Examples
        --------
        See :func:`autograd_lab.runs.train`.
        """
        model = self.config.build(features)
        path = self.weights if self.weights.exists() else self.checkpoint
        try:
            arrays, progress = load_checkpoint(path)
        except FileNotFoundError:
            raise RunError(f"{self.folder}: nothing has been saved in this run yet. Let it train.") from None
        if path == self.checkpoint:
            arrays = {k.removeprefix("model."): v for k, v in arrays.items() if k.startswith("model.")}
        try:
            model.load_state_dict(arrays)
        except (KeyError, ValueError) as error:
            raise CheckpointError(
                path, f"weights of another network ({error})", "Take those that belong to config.json."
            ) from None
        return model, progress["epochs"] if path == self.weights else len(progress["history"])


class Saver:
    """The callback that keeps a run safe: saves every few seconds and after each epoch, and stops on request.

    Parameters
    ----------
    run : Run
    seconds : float
        The least time between two checkpoints inside an epoch; 0 saves after each step.

    Attributes
    ----------
    stop : bool
        Set by whoever wants the training to end, a signal's handler for example: it ends after the step under
        way, saved.

    Examples
    --------
    See :func:`autograd_lab.runs.train`.
    """

    def __init__(self, run: Run, seconds: float = 5.0) -> None:
        self.run, self.seconds, self.stop = run, seconds, False
        self._saved = time.monotonic()

    def on_step(self, training: Training, loss: float) -> None:
        """Save if it is time, and stop if that is wanted."""
        if self.stop or time.monotonic() - self._saved >= self.seconds:
            self.save(training)
        if self.stop:
            raise StopTraining

    def on_epoch(self, training: Training) -> None:
        """Save, and write the metrics."""
        self.save(training)
        self.run.write_metrics(training.history)
        if self.stop:
            raise StopTraining

    def save(self, training: Training) -> None:
        """Save now."""
        self.run.save(training)
        self._saved = time.monotonic()


def train(
    run: Run,
    data: tuple[Split, Split],
    callbacks: Sequence[Callback] = (),
    saver: Saver | None = None,
    epochs: int | None = None,
) -> tuple[Training, bool]:
    """Train a run to its end, from wherever it is.

    Parameters
    ----------
    run : Run
    data : (train, test)
        As :meth:`Config.load_data` returns them.
    callbacks : sequence of Callback
        In addition to the saver, and before it.
    saver : Saver, optional
        With the default settings if none is given.
    epochs : int, optional
        As for :meth:`Run.training`.

    Returns
    -------
    training : Training
    finished : bool
        False if it was stopped before; it can go on later.

    Raises
    ------
    RunError, CheckpointError
        As :meth:`Run.training`.
    FloatingPointError
        If a loss is not finite. The last state that was saved stays.
    OSError
        If something can't be written. The last state that was saved stays.

    Examples
    --------
    >>> import tempfile
    >>> x = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    >>> data = Split(x, (x[:, 0] > x[:, 1]).astype(np.int64)), Split(x, (x[:, 0] > x[:, 1]).astype(np.int64))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = Run.create(folder, Config(hidden=(8,), epochs=2, classes=2), fingerprint(data))
    ...     training, finished = train(run, data)
    ...     print(finished, len(list(run.folder.iterdir())))
    ...     run.model(4)
    True 7
    (Sequential(Linear(4, 8), ReLU(), Linear(8, 2)), 2)
    """
    for leftover in run.folder.glob(".*.part"):  # of a process that was killed while it wrote
        leftover.unlink()
    training = run.training(data, epochs)
    training.run([*callbacks, saver or Saver(run)])
    finished = len(training.history) >= training.epochs
    if finished:
        run.write_metrics(training.history)
        run.write_results(training)
    return training, finished


def fingerprint(data: tuple[Split, Split]) -> str:
    """SHA-256 of a training set and a test set: shapes, types and numbers.

    Parameters
    ----------
    data : (train, test)

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> empty = Split(np.zeros((0, 2)), np.zeros(0, int))
    >>> len(fingerprint((empty, empty)))
    64
    """
    digest = hashlib.sha256()
    for split in data:
        for array in split:
            digest.update(f"{array.shape} {array.dtype.str};".encode())
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _write_json(path: Path, content: dict[str, Any]) -> None:
    write_atomically(path, (json.dumps(content, indent=2) + "\n").encode())
