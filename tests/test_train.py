"""The training loop: it learns, repeats itself from a seed, measures, and stops when a loss diverges."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np
import pytest

from autograd_lab import Tensor, nn, optim
from autograd_lab.data import Split, load_mnist
from autograd_lab.train import History, evaluate, fit, repeat, scores

FIELDS = [field.name for field in dataclasses.fields(History)]


def blobs(count: int, seed: int, dtype: Any = np.float64) -> Split:
    """Three classes of points around the corners of a triangle, far apart."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, size=count)
    centres = np.array([[2.0, 0.0], [-1.0, 1.7], [-1.0, -1.7]])
    return Split((centres[labels] + rng.normal(scale=0.4, size=(count, 2))).astype(dtype), labels)


DATA = blobs(300, 0), blobs(100, 1)


def network(dtype: Any = np.float64) -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 8, rng=0, dtype=dtype), nn.ReLU(), nn.Linear(8, 3, rng=1, dtype=dtype))


def train(model: nn.Module | None = None, data: Any = DATA, lr: float = 0.2, **options: Any) -> Any:
    model = model or network()
    options = {"epochs": 3, "batch_size": 20, "seed": 0, "report": None, **options}
    return model, fit(model, data, optim.SGD(model.parameters(), lr=lr), **options)


def columns(history: History) -> list[Any]:
    return [getattr(history, name) for name in FIELDS]


# --- learning -------------------------------------------------------------------------------------------


def test_it_learns_a_separable_problem():
    model = network()
    before, _ = evaluate(model, DATA[0])
    _, history = train(model, epochs=5)
    assert history.train_loss[-1] < 0.2 * before
    assert history.train_loss[-1] < history.train_loss[0]
    assert history.train_accuracy[-1] > 0.98
    assert history.test_accuracy[-1] > 0.98


def test_the_steps_are_those_of_the_hand_written_loop():
    """One epoch without hidden layer, every batch by hand: softmax minus one-hot, averaged."""
    model = nn.Linear(2, 3, rng=0)
    w, b = model.weight.data.copy(), model.bias.data.copy()
    train(model, epochs=2, batch_size=32, seed=5, lr=0.3)
    x, y = DATA[0]
    rng = np.random.default_rng(5)
    for _ in range(2):
        order = rng.permutation(len(x))
        for rows in (order[i : i + 32] for i in range(0, len(x), 32)):
            z = x[rows] @ w + b
            g = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) - np.eye(3)[y[rows]]
            w, b = w - 0.3 * x[rows].T @ g / len(rows), b - 0.3 * g.mean(axis=0)
    np.testing.assert_allclose(model.weight.data, w, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(model.bias.data, b, rtol=1e-10, atol=1e-12)


def test_a_seed_gives_the_same_history_and_the_same_parameters():
    (one, first), (two, second), (_, other) = train(seed=3), train(seed=3), train(seed=4)
    for a, b in zip(columns(first), columns(second), strict=True):
        assert np.array_equal(a, b)
    for p, q in zip(one.parameters(), two.parameters(), strict=True):
        assert np.array_equal(p.data, q.data)
    assert not np.array_equal(first.train_loss, other.train_loss)
    _, by_generator = train(seed=np.random.default_rng(3))
    assert np.array_equal(first.train_loss, by_generator.train_loss)


def test_other_random_numbers_do_not_matter():
    _, first = train()
    np.random.seed(99)  # noqa: NPY002 - the old global state, which must not be used
    _, second = train()
    assert np.array_equal(first.train_loss, second.train_loss)


@pytest.mark.parametrize("epochs", [1, 4])
def test_history_has_one_entry_an_epoch(epochs):
    _, history = train(epochs=epochs)
    assert len(history) == epochs
    for column in columns(history):
        assert column.shape == (epochs,)
        assert column.dtype == np.float64
    assert FIELDS == ["train_loss", "train_accuracy", "test_loss", "test_accuracy"]


def test_history_is_measured_after_each_epoch_on_all_samples():
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.2)
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(3):
        fit(model, DATA, optimizer, epochs=1, batch_size=20, seed=rng, report=None)
        rows.append((*evaluate(model, DATA[0]), *evaluate(model, DATA[1])))
    _, history = train()
    for column, expected in zip(columns(history), zip(*rows, strict=True), strict=True):
        assert np.array_equal(column, expected)


@pytest.mark.parametrize("batch_size", [1, 7, 300, 1000])
def test_every_batch_size(batch_size):
    _, history = train(epochs=1, batch_size=batch_size, lr=0.05)
    assert np.isfinite(columns(history)).all()


def test_float32_is_kept_and_data_are_unchanged():
    data = blobs(100, 0, np.float32), blobs(50, 1, np.float32)
    copies = [array.copy() for split in data for array in split]
    for split in data:
        for array in split:
            array.flags.writeable = False
    model, _ = train(network(np.float32), data)
    assert all(p.dtype == np.float32 for p in model.parameters())
    assert all(np.array_equal(a, c) for a, c in zip((a for s in data for a in s), copies, strict=True))


# --- measuring ------------------------------------------------------------------------------------------


def test_evaluate_is_the_mean_cross_entropy_and_the_share_of_right_answers():
    model, split = network(), DATA[1]
    z = np.maximum(split.images @ model[0].weight.data, 0) @ model[2].weight.data
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    loss, accuracy = evaluate(model, split)
    assert loss == pytest.approx(-np.log(p[np.arange(100), split.labels]).mean(), rel=1e-12)
    assert accuracy == np.mean(p.argmax(axis=1) == split.labels)
    assert type(loss) is float
    assert type(accuracy) is float


@pytest.mark.parametrize("batch_size", [1, 7, 99, 100, 101, 5000])
def test_batches_do_not_matter_for_evaluate(batch_size):
    model = network()
    loss, accuracy = evaluate(model, DATA[1])
    again, same = evaluate(model, DATA[1], batch_size)
    assert again == pytest.approx(loss, rel=1e-12)
    assert same == accuracy
    np.testing.assert_allclose(
        scores(model, DATA[1].images, batch_size), model(DATA[1].images).data, rtol=1e-12, atol=1e-12
    )


def test_measuring_records_nothing_and_changes_nothing():
    class Spy(nn.Module):
        def __init__(self) -> None:
            self.inner = network()
            self.seen: list[tuple[int, bool]] = []

        def forward(self, x: Any) -> Tensor:
            out = self.inner(x)
            self.seen.append((len(x), out.requires_grad))
            return out

    model = Spy()
    before = model.state_dict()
    evaluate(model, DATA[1], 30)
    assert model.seen == [(30, False), (30, False), (30, False), (10, False)]
    assert all(np.array_equal(before[name], p.data) for name, p in model.named_parameters())
    assert all(p.grad is None for p in model.parameters())


def test_scores_of_no_images():
    assert scores(network(), np.zeros((0, 2))).shape == (0, 3)


# --- reporting ------------------------------------------------------------------------------------------


def test_report_gets_one_line_an_epoch():
    lines: list[str] = []
    _, history = train(epochs=10, report=lines.append)
    assert len(lines) == 10
    for i, line in enumerate(lines):
        numbers = [float(n) for n in re.findall(r"\d+\.\d+", line)]
        expected = [
            c[i] * (100 if "accuracy" in n else 1) for n, c in zip(FIELDS, columns(history), strict=True)
        ]
        np.testing.assert_allclose(numbers, expected, atol=0.006)
        assert line.startswith(f"epoch {i + 1:2}/10 ")


def test_printing_is_the_default_and_none_is_silent(capsys):
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    fit(model, DATA, optimizer, epochs=2, seed=0)
    assert len(capsys.readouterr().out.splitlines()) == 2
    fit(model, DATA, optimizer, epochs=2, seed=0, report=None)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


# --- what goes wrong ------------------------------------------------------------------------------------


class Recorder(optim.SGD):
    """Remembers the parameters after each step."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.states = [[p.data.copy() for p in self.params]]

    def step(self) -> None:
        super().step()
        self.states.append([p.data.copy() for p in self.params])


def test_divergence_names_epoch_and_step_and_takes_back_nothing_but_that_step():
    model = network()
    optimizer = Recorder(model.parameters(), lr=1e200)
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError) as caught:
        fit(model, DATA, optimizer, epochs=3, batch_size=20, seed=0, report=None)
    found = re.match(
        r"the loss became (nan|inf) in epoch (\d) at step (\d+) of 15; .*now 1e\+200", str(caught.value)
    )
    assert found, str(caught.value)
    epoch, step = int(found[2]), int(found[3])
    assert len(optimizer.states) - 1 == (epoch - 1) * 15 + step - 1 > 0
    for p, state in zip(model.parameters(), optimizer.states[-1], strict=True):
        assert np.array_equal(p.data, state, equal_nan=True)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_bad_number_in_the_data_is_found_at_its_step(bad):
    images = DATA[0].images.copy()
    images[77, 1] = bad
    order = [np.random.default_rng(0).permutation(300)]
    step = int(np.flatnonzero(order[0] == 77)[0]) // 20 + 1
    model = network()
    optimizer = Recorder(model.parameters(), lr=0.1)
    with (
        np.errstate(all="ignore"),
        pytest.raises(FloatingPointError, match=f"in epoch 1 at step {step} of 15.*NaN"),
    ):
        fit(model, (Split(images, DATA[0].labels), DATA[1]), optimizer, batch_size=20, seed=0, report=None)
    assert len(optimizer.states) == step
    assert all(np.isfinite(p.data).all() for p in model.parameters())
    for p, state in zip(model.parameters(), optimizer.states[-1], strict=True):
        assert np.array_equal(p.data, state)


def test_an_infinite_loss_stops_too():
    model = nn.Linear(1, 2)
    model.weight.data[...] = [[1e308, -1e308]]
    before = model.state_dict()
    data = Split(np.ones((4, 1)), np.ones(4, int))
    with (
        np.errstate(all="ignore"),
        pytest.raises(FloatingPointError, match="became inf in epoch 1 at step 1"),
    ):
        train(model, (data, data))
    assert all(np.array_equal(before[name], p.data) for name, p in model.named_parameters())


EMPTY = Split(np.zeros((0, 2)), np.zeros(0, int))


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        ({"epochs": 0}, ValueError, "at least one epoch, not 0"),
        ({"epochs": -1}, ValueError, "at least one epoch"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
        ({"batch_size": 2.5}, TypeError, "whole number"),
        ({"data": (Split(DATA[0].images, DATA[0].labels[:-1]), DATA[1])}, ValueError, "300 images but 299"),
        ({"data": (EMPTY, DATA[1])}, ValueError, "no samples"),
        ({"data": (DATA[0], Split(DATA[1].images, DATA[1].labels[:-1]))}, ValueError, "test set has 100"),
        ({"data": (DATA[0], EMPTY)}, ValueError, "test set has 0 images"),
        ({"data": (Split(np.zeros((9, 3)), np.zeros(9, int)), DATA[1])}, ValueError, "rows of 2 features"),
        ({"data": (Split(DATA[0].images, DATA[0].labels + 1), DATA[1])}, IndexError, "class indices"),
    ],
)
def test_errors_before_anything_has_changed(change, kind, says):
    model = network()
    before = model.state_dict()
    with pytest.raises(kind, match=says):
        train(model, **{"batch_size": 300, **change})
    assert all(np.array_equal(before[name], p.data) for name, p in model.named_parameters())


# --- real data ------------------------------------------------------------------------------------------


def test_two_epochs_of_two_thousand_digits():
    train_set, test_set = load_mnist()
    data = Split(*(a[:2000] for a in train_set)), Split(*(a[:1000] for a in test_set))
    model = nn.Sequential(
        nn.Linear(784, 64, rng=0, dtype=np.float32), nn.ReLU(), nn.Linear(64, 10, rng=1, dtype=np.float32)
    )
    history = fit(
        model, data, optim.SGD(model.parameters(), lr=0.1), epochs=2, batch_size=20, seed=0, report=None
    )
    assert history.test_accuracy[-1] > 0.8
    assert history.train_accuracy[-1] > 0.85
    assert history.train_loss[1] < history.train_loss[0]


# --- several seeds --------------------------------------------------------------------------------------


def small(rng: np.random.Generator) -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 8, rng=rng), nn.ReLU(), nn.Linear(8, 3, rng=rng))


def test_repeat_is_fit_from_each_seed():
    found = repeat(small, DATA, seeds=(3, 5), lr=0.01, epochs=2, batch_size=20)
    for seed, row in zip((3, 5), found, strict=True):
        _, history = train(small(np.random.default_rng(seed)), lr=0.01, epochs=2, seed=seed)
        assert np.array_equal(row, history.test_accuracy)
    assert not np.array_equal(*found)
    assert np.array_equal(found, repeat(small, DATA, seeds=(3, 5), lr=0.01, epochs=2, batch_size=20))


def test_repeat_of_no_seed_and_of_no_epoch():
    assert repeat(small, DATA, seeds=(), epochs=4).shape == (0, 4)
    with pytest.raises(ValueError, match="at least one epoch, not 0"):
        repeat(small, DATA, seeds=(0,), epochs=0)


def test_repeat_stops_when_a_loss_diverges():
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="in epoch 1"):
        repeat(small, DATA, seeds=(0,), lr=1e200, epochs=1)
