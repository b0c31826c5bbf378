"""Training: the loop of the report's section 2, and what it measures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lab.data import DataLoader, Split
from autograd_lab.graph import no_grad
from autograd_lab.nn import Module
from autograd_lab.nn import functional as F
from autograd_lab.optim import SGD, Optimizer
from autograd_lab.tensor import Tensor

Report = Callable[[str], None]


@dataclass(frozen=True)
class History:
    """Loss and accuracy after each epoch, on the training set and on the test set.

    Attributes
    ----------
    train_loss, test_loss : ndarray, shape (epochs,)
        Mean cross entropy over all images of the set.
    train_accuracy, test_accuracy : ndarray, shape (epochs,)
        Fraction of images whose largest score is that of their label.

    Examples
    --------
    >>> history = History(*np.array([[0.9, 0.5], [0.7, 0.9], [0.8, 0.6], [0.75, 0.85]]))
    >>> len(history), history.test_loss
    (2, array([0.8, 0.6]))
    """

    train_loss: NDArray[np.float64]
    train_accuracy: NDArray[np.float64]
    test_loss: NDArray[np.float64]
    test_accuracy: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.train_loss)


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


def train_epoch(model: Module, loader: DataLoader, optimizer: Optimizer, epoch: int = 1) -> None:
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
    for step, (x, y) in enumerate(loader, start=1):
        loss = F.cross_entropy(model(x), y)
        check_finite(loss, epoch, step, len(loader), optimizer.lr)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def check_finite(loss: Tensor, epoch: int, step: int, steps: int, lr: float) -> None:
    """Stop a run whose loss is NaN or infinite, with an error that says where and why.

    Parameters
    ----------
    loss : Tensor
        A single number.
    epoch, step, steps : int
        Where the run is, and how many steps an epoch has.
    lr : float
        Learning rate.

    Raises
    ------
    FloatingPointError
        If the loss is not finite.

    Examples
    --------
    >>> try:
    ...     check_finite(Tensor(np.nan), epoch=1, step=3, steps=600, lr=100.0)
    ... except FloatingPointError as error:
    ...     print(str(error).partition(";")[0])
    the loss became nan in epoch 1 at step 3 of 600
    """
    if not math.isfinite(loss.item()):
        raise FloatingPointError(
            f"the loss became {loss.item()} in epoch {epoch} at step {step} of {steps}; usual causes are a "
            f"learning rate that is too large (now {lr}) and data that are not scaled or contain NaN"
        )


def fit(
    model: Module,
    data: tuple[Split, Split],
    optimizer: Optimizer,
    epochs: int = 10,
    batch_size: int = 100,
    seed: int | np.random.Generator | None = None,
    report: Report | None = print,
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

    Returns
    -------
    History
        Measured on all images of both sets after each epoch.

    Raises
    ------
    ValueError
        If ``epochs`` is less than 1, or the data don't fit together.
    FloatingPointError
        As soon as a loss is not finite, with the epoch and step; the parameters are those before that step.

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
    if epochs < 1:
        raise ValueError(f"fit needs at least one epoch, not {epochs}")
    train, test = data
    if not len(test.images) == len(test.labels) > 0:
        raise ValueError(
            f"the test set has {len(test.images)} images and {len(test.labels)} labels; fit needs at least "
            "one image, and one label for each"
        )
    loader = DataLoader(train.images, train.labels, batch_size=batch_size, shuffle=True, seed=seed)
    rows = []
    model.train()
    for epoch in range(1, epochs + 1):
        train_epoch(model, loader, optimizer, epoch)
        row = (*evaluate(model, train), *evaluate(model, test))
        rows.append(row)
        if report:
            width = len(str(epochs))
            report(
                f"epoch {epoch:{width}}/{epochs}  train loss {row[0]:.4f}, {100 * row[1]:6.2f} %"
                f"  test loss {row[2]:.4f}, {100 * row[3]:6.2f} %"
            )
    return History(*(np.array(column) for column in zip(*rows, strict=True)))


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
