"""Training: the loop of the report's section 2, and how a run is stopped and taken up again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from autograd_lab.data import DataLoader, Split
from autograd_lab.debug import first_non_finite
from autograd_lab.graph import no_grad
from autograd_lab.history import History
from autograd_lab.nn import Module
from autograd_lab.nn import functional as F
from autograd_lab.optim import SGD, Optimizer
from autograd_lab.tensor import Tensor

Report = Callable[[str], None]
Step = Callable[[float], None]


def scores(model: Module, images: NDArray[Any], batch_size: int = 1000) -> NDArray[Any]:
    """The model's outputs for many images: in evaluation mode, without recording and in batches.

    Parameters
    ----------
    model : Module
        Maps (N, D) to (N, classes).
    images : ndarray, shape (N, D)
    batch_size : int
        Rows at a time; bounds the memory, not the result.

    Returns
    -------
    ndarray, shape (N, classes)
        In the dtype that the model gives.

    Raises
    ------
    ValueError
        If the model does not take rows of D features. Its mode is put back all the same.

    Examples
    --------
    >>> from autograd_lab import nn
    >>> scores(nn.Linear(4, 3, rng=0), np.zeros((5, 4))).shape
    (5, 3)
    """
    training = model.training
    model.eval()
    try:
        with no_grad():
            starts = range(0, max(len(images), 1), batch_size)
            return np.concatenate([model(images[i : i + batch_size]).data for i in starts])
    finally:
        model.train(training)


def evaluate(model: Module, split: Split, batch_size: int = 1000) -> tuple[float, float]:
    """Mean cross entropy and accuracy of a model on a data set. The model ends in scores, not in a softmax.

    Parameters
    ----------
    model : Module
    split : Split
        Images (N, D) and class indices (N,).
    batch_size : int
        Rows at a time.

    Returns
    -------
    loss, accuracy : float

    Raises
    ------
    ValueError
        If the model does not take rows of D features, or labels and images differ in number.
    IndexError
        If a label is outside the classes that the model has scores for.

    Examples
    --------
    >>> from autograd_lab import nn
    >>> evaluate(nn.Linear(4, 3, rng=0), Split(np.zeros((5, 4)), np.array([0, 0, 0, 1, 2])))
    (1.0986122886681098, 0.6)
    """
    x = scores(model, split.images, batch_size)
    loss = F.cross_entropy(x, split.labels).item()
    return loss, float(np.mean(x.argmax(axis=1) == split.labels))


def train_epoch(
    model: Module, loader: DataLoader, optimizer: Optimizer, epoch: int = 1, after_step: Step | None = None
) -> None:
    """One epoch: for each batch a forward pass, a backward pass and a step.

    Parameters
    ----------
    model : Module
        Maps images (N, D) to scores (N, classes); changed in place.
    loader : DataLoader
        Yields batches of images (N, D) and class indices (N,).
    optimizer : Optimizer
        Holds the parameters of ``model``.
    epoch : int
        Its number, for the error message.
    after_step : function, optional
        Called after each step with the loss of its batch.

    Raises
    ------
    FloatingPointError
        As soon as a loss is not finite; the parameters are those before that step.

    Examples
    --------
    >>> from autograd_lab import nn, optim
    >>> model = nn.Linear(2, 2, rng=0)
    >>> loader = DataLoader(np.eye(2), [0, 1], batch_size=1, seed=0)
    >>> train_epoch(model, loader, optim.SGD(model.parameters(), lr=1.0))
    """
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        check_finite(
            loss, model, x, f"epoch {epoch} at step {loader.position} of {len(loader)}", optimizer.lr
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if after_step:
            after_step(loss.item())


def check_finite(loss: Tensor, model: Module, x: Any, place: str, lr: float) -> None:
    """Stop a run whose loss is NaN or infinite, with an error that says where and why.

    Parameters
    ----------
    loss : Tensor
        A single number.
    model : Module
        What it comes from, and
    x : array
        the batch: they are asked again for the layer where the trouble begins.
    place : str
        Where the run is.
    lr : float
        Learning rate.

    Raises
    ------
    FloatingPointError
        If the loss is not finite.

    Examples
    --------
    >>> from autograd_lab import nn
    >>> model, x = nn.Linear(2, 2, rng=0), [[np.inf, 0.0]]
    >>> try:
    ...     check_finite(Tensor(np.nan), model, x, "epoch 1 at step 3 of 600", lr=100.0)
    ... except FloatingPointError as error:
    ...     print(*str(error).split("; ")[:2], sep="\\n")
    the loss became nan in epoch 1 at step 3 of 600
    the first numbers that are not finite: the input: 0 NaN and 1 infinite of 2 entries
    """
    if not math.isfinite(loss.item()):
        first = first_non_finite(model, x) or "those of the loss itself, from finite scores"
        raise FloatingPointError(
            f"the loss became {loss.item()} in {place}; the first numbers that are not finite: {first}; "
            f"usual causes are a learning rate that is too large (now {lr}) and data that are not scaled or "
            "contain NaN"
        )


class Callback(Protocol):
    """What :meth:`Training.run` calls while it works.

    Examples
    --------
    >>> class Stop:
    ...     def on_step(self, training, loss): ...
    ...     def on_epoch(self, training):
    ...         if training.history.test_accuracy[-1] > 0.9:
    ...             raise StopTraining
    """

    def on_step(self, training: Training, loss: float) -> None:
        """Called after each step with the loss of its batch."""

    def on_epoch(self, training: Training) -> None:
        """Called after each epoch, when it has been measured."""


class StopTraining(Exception):  # noqa: N818 - it is no error
    """Raised by a callback to end a training early, without an error.

    Examples
    --------
    >>> raise StopTraining
    Traceback (most recent call last):
    autograd_lab.train.StopTraining
    """


class Training:
    """A training that can be stopped after any step, and taken up again to end with the same weights.

    Parameters
    ----------
    model, data, optimizer, epochs, batch_size, seed
        As for :func:`fit`.

    Attributes
    ----------
    history : History
        Of the epochs that are finished.
    step : int
        Steps made since the very beginning.

    Raises
    ------
    ValueError
        If ``epochs`` is less than 1, or the data don't fit together.

    Examples
    --------
    >>> from autograd_lab import nn, optim
    >>> def new():
    ...     model = nn.Linear(2, 2, rng=0)
    ...     data = Split(np.eye(2), np.array([0, 1]))
    ...     optimizer = optim.SGD(model.parameters(), lr=1.0)
    ...     return Training(model, (data, data), optimizer, epochs=4, batch_size=1, seed=0)
    >>> class Interrupt:
    ...     def on_step(self, training, loss):
    ...         if training.step == 3:
    ...             raise StopTraining
    ...     def on_epoch(self, training): ...
    >>> first, second, whole = new(), new(), new()
    >>> len(first.run([Interrupt()]))
    1
    >>> second.load_state_dict(first.state_dict())
    >>> bool(np.all(second.run().test_loss == whole.run().test_loss))
    True
    """

    def __init__(
        self,
        model: Module,
        data: tuple[Split, Split],
        optimizer: Optimizer,
        epochs: int = 10,
        batch_size: int = 100,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        if epochs < 1:
            raise ValueError(f"fit needs at least one epoch, not {epochs}")
        train, test = data
        if not len(test.images) == len(test.labels) > 0:
            raise ValueError(
                f"the test set has {len(test.images)} images and {len(test.labels)} labels; fit needs at "
                "least one image, and one label for each"
            )
        self.model, self.data, self.optimizer, self.epochs = model, data, optimizer, epochs
        self.loader = DataLoader(train.images, train.labels, batch_size=batch_size, shuffle=True, seed=seed)
        self._rows: list[tuple[float, ...]] = []

    @property
    def history(self) -> History:
        """Measurements of the epochs that are finished."""
        return History(*np.array(self._rows, dtype=np.float64).reshape(-1, len(fields(History))).T)

    @property
    def step(self) -> int:
        """Steps made since the very beginning."""
        return len(self._rows) * len(self.loader) + self.loader.position

    def run(self, callbacks: Sequence[Callback] = ()) -> History:
        """Train until all epochs are finished or a callback raises :class:`StopTraining`.

        Parameters
        ----------
        callbacks : sequence of Callback
            Called in their order.

        Returns
        -------
        History
            Of all epochs that are finished, those before a resumption included.

        Raises
        ------
        FloatingPointError
            As soon as a loss is not finite.

        Examples
        --------
        See the class.
        """

        def after_step(loss: float) -> None:
            for callback in callbacks:
                callback.on_step(self, loss)

        train, test = self.data
        self.model.train()
        try:
            for epoch in range(len(self._rows) + 1, self.epochs + 1):
                train_epoch(self.model, self.loader, self.optimizer, epoch, after_step if callbacks else None)
                self._rows.append((*evaluate(self.model, train), *evaluate(self.model, test)))
                for callback in callbacks:
                    callback.on_epoch(self)
        except StopTraining:
            pass
        return self.history

    def state_dict(self) -> dict[str, Any]:
        """All that the rest of the training depends on, and its history: arrays, numbers and text.

        Returns
        -------
        dict
            ``"arrays"``: of the parameters (``model.…``) and the optimiser (``optimizer.…``) by name;
            ``"progress"``: the rest, which JSON can hold.

        Examples
        --------
        See the class.
        """
        parts = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
        return {
            "arrays": {
                f"{part}.{name}": array for part, state in parts.items() for name, array in state.items()
            },
            "progress": {
                "history": [list(row) for row in self._rows],
                "loader": self.loader.state_dict(),
                "random": {name: rng.bit_generator.state for name, rng in _generators(self.model)},
            },
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state of a training with the same model, data and settings.

        Parameters
        ----------
        state : mapping
            As :meth:`state_dict` returns it.

        Raises
        ------
        KeyError, ValueError
            If it does not fit this model, optimiser or data. The training is as before then.

        Examples
        --------
        See the class.
        """
        parts: dict[str, dict[str, Any]] = {"model": {}, "optimizer": {}}
        for name, array in state["arrays"].items():
            part, _, rest = name.partition(".")
            parts[part][rest] = array
        progress, generators = state["progress"], dict(_generators(self.model))
        if generators.keys() != progress["random"].keys():
            raise ValueError(
                f"the state has random generators for {sorted(progress['random'])}, the model for "
                f"{sorted(generators)}"
            )
        measured = np.array(progress["history"], dtype=np.float64).reshape(-1, len(fields(History)))
        before = self.model.state_dict(), self.optimizer.state_dict()
        try:
            self.model.load_state_dict(parts["model"])
            self.optimizer.load_state_dict(parts["optimizer"])
            self.loader.load_state_dict(progress["loader"])
        except (KeyError, ValueError):
            self.model.load_state_dict(before[0])
            self.optimizer.load_state_dict(before[1])
            raise
        for name, rng in generators.items():
            rng.bit_generator.state = progress["random"][name]
        self._rows = [tuple(row) for row in measured.tolist()]


def _generators(model: Module) -> list[tuple[str, np.random.Generator]]:
    """The random generators that modules hold, by dotted name: those of Dropout."""
    return [
        (f"{name}.{key}" if name else key, value)
        for name, module in model.named_modules()
        for key, value in vars(module).items()
        if isinstance(value, np.random.Generator)
    ]


class _Lines:
    """Reports each epoch as a line of text."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def on_step(self, training: Training, loss: float) -> None:
        pass

    def on_epoch(self, training: Training) -> None:
        self.report(training.history.line(training.epochs))


def fit(
    model: Module,
    data: tuple[Split, Split],
    optimizer: Optimizer,
    epochs: int = 10,
    batch_size: int = 100,
    seed: int | np.random.Generator | None = None,
    report: Report | None = print,
    callbacks: Sequence[Callback] = (),
) -> History:
    """Train a classifier with mini-batches and the cross entropy.

    Parameters
    ----------
    model : Module
        Maps images (N, D) to scores (N, classes); changed in place.
    data : (train, test)
        As :func:`autograd_lab.data.load_mnist` returns them, in the dtype of the model.
    optimizer : Optimizer
        Holds the parameters of ``model``.
    epochs, batch_size : int
        The report has 10 and 100.
    seed : int, Generator or None
        For the order of the images.
    report : function or None
        Called after each epoch with one line of text: loss and accuracy on both sets.
    callbacks : sequence of Callback
        Called after each step and each epoch.

    Returns
    -------
    History
        Measured on all images of both sets after each epoch.

    Raises
    ------
    ValueError
        If ``epochs`` is less than 1, or the data don't fit together.
    FloatingPointError
        As soon as a loss is not finite, with the epoch, the step, and the layer where the first number went
        wrong; the parameters are those before that step.

    Examples
    --------
    >>> from autograd_lab import nn, optim
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(60, 2))
    >>> data = Split(x, (x[:, 0] > x[:, 1]).astype(np.int64))
    >>> model = nn.Linear(2, 2, rng=0)
    >>> optimizer = optim.SGD(model.parameters(), lr=1.0)
    >>> history = fit(model, (data, data), optimizer, epochs=2, batch_size=10, seed=0)
    epoch 1/2  train loss 0.2497, 100.00 %  test loss 0.2497, 100.00 %
    epoch 2/2  train loss 0.1926,  98.33 %  test loss 0.1926,  98.33 %
    """
    training = Training(model, data, optimizer, epochs, batch_size, seed)
    return training.run([*([_Lines(report)] if report else []), *callbacks])


def repeat(
    build: Callable[[np.random.Generator], Module],
    data: tuple[Split, Split],
    seeds: Iterable[int],
    lr: float = 0.1,
    epochs: int = 10,
    batch_size: int = 100,
) -> NDArray[np.float64]:
    """The same training from several seeds, one after the other: the test accuracies.

    For each seed the same steps as ``fit(build(default_rng(seed)), data, SGD(..., lr), seed=seed)``; only the
    test set is measured, which saves a quarter of the time.

    Parameters
    ----------
    build : function
        Takes a random generator and returns a new model.
    data : (train, test)
        As for :func:`fit`.
    seeds : iterable of int
        Each for the weights and for the order of the images.
    lr : float
        Learning rate of plain SGD.
    epochs, batch_size : int
        As for :func:`fit`.

    Returns
    -------
    ndarray, shape (seeds, epochs)
        Test accuracy after each epoch.

    Raises
    ------
    ValueError
        If ``epochs`` is less than 1, or the data don't fit together.
    FloatingPointError
        As soon as a loss is not finite.

    Examples
    --------
    >>> from autograd_lab import nn
    >>> x = np.random.default_rng(0).normal(size=(60, 2))
    >>> data = Split(x, (x[:, 0] > x[:, 1]).astype(np.int64))
    >>> repeat(lambda rng: nn.Linear(2, 2, rng=rng), (data, data), seeds=[3, 4], epochs=3).shape
    (2, 3)
    """
    if epochs < 1:
        raise ValueError(f"repeat needs at least one epoch, not {epochs}")
    train, test = data
    rows = []
    for seed in seeds:
        model = build(np.random.default_rng(seed))
        optimizer = SGD(model.parameters(), lr=lr)
        loader = DataLoader(train.images, train.labels, batch_size=batch_size, shuffle=True, seed=seed)
        row = []
        for epoch in range(1, epochs + 1):
            train_epoch(model, loader, optimizer, epoch)
            row.append(evaluate(model, test)[1])
        rows.append(row)
    return np.array(rows).reshape(-1, epochs)
