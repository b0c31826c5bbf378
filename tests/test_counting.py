"""Counted operations are those that one derives on paper."""

import numpy as np
import pytest

import autograd_lab as ag
from autograd_lab import ops
from autograd_lab.counting import Operations, Tally, operations


def test_what_counts():
    tally = Tally()
    x, y = tally.array(np.ones((2, 3))), tally.array(np.full((2, 3), 2.0))
    for fn, count in (
        (lambda: x + y, 6),
        (lambda: 1 - x, 6),
        (lambda: np.tanh(x), 6),
        (lambda: x > 0, 6),
        (lambda: x.sum(), 5),
        (lambda: x.sum(axis=0), 3),
        (lambda: np.max(x, axis=1), 4),
        (lambda: x @ y.T, 4 * 5),
        (lambda: np.ones((4, 2)) @ x, 12 * 3),
        (lambda: x.reshape(3, 2).T[0], 0),
        (lambda: (x * y + x)[0] ** 2, 6 + 6 + 3),
    ):
        assert tally.of(fn)[1] == count
    assert type(np.asarray(x + y)) is np.ndarray
    np.testing.assert_array_equal(np.asarray(x * y), np.full((2, 3), 2.0))


def test_tallies_are_apart_and_inputs_stay_plain():
    one, two, plain = Tally(), Tally(), np.ones(3)
    x, y = one.array(plain), two.array(plain)
    x + x, y * y, y * y
    assert (one.operations, two.operations) == (3, 6)
    assert type(plain) is np.ndarray


# forward, and backward with the additions
COUNTS = {
    "add": (1, 2),
    "sub": (1, 3),
    "mul": (1, 4),
    "div": (1, 6),
    "exp": (1, 2),
    "log": (1, 2),
    "tanh": (1, 4),
}


@pytest.mark.parametrize("name", COUNTS)
def test_operators_count_as_on_paper(name):
    fn = getattr(ag, name)
    arity = len(ops.PRIMITIVES[name].inputs)
    inputs = [ag.tensor(2.0 + i, requires_grad=True) for i in range(arity)]
    out = fn(*inputs)
    assert operations(out) == COUNTS[name]
    out.backward()  # what is freed is not needed
    assert operations(out) == COUNTS[name]


def test_only_what_is_needed_is_counted():
    x = ag.tensor(np.ones((4, 3)))
    w = ag.tensor(np.ones((3, 2)), requires_grad=True)
    assert operations(x @ w) == Operations(8 * 5, 6 * 7 + 6)
    b = ag.tensor(np.ones(2), requires_grad=True)
    assert operations(x @ w + b) == Operations(8 * 5 + 8, 6 * 7 + 6 + 2 * 8)


@pytest.mark.parametrize(
    "name", ["sigmoid", "softmax", "log_softmax", "logsumexp", "relu", "mean", "var", "max"]
)
def test_operators_that_are_made_of_several_are_not_overlooked(name):
    x = ag.tensor(np.linspace(0.1, 1, 12).reshape(3, 4), requires_grad=True)
    count = operations(getattr(ag, name)(x))
    assert count.forward >= 11
    assert count.backward >= 12


def test_paths_that_lead_elsewhere_are_not_counted():
    x, y = (ag.tensor(2.0, requires_grad=True) for _ in range(2))
    z = ag.tanh(x) * ag.exp(y)
    assert operations(z) == (3, 4 + 4 + 2)
    assert operations(z, [x]) == (3, 2 + 4)
    assert operations(z, [y]) == (3, 2 + 2)


def test_nothing_recorded():
    with pytest.raises(ValueError, match="nothing was recorded"):
        operations(ag.tensor(1.0))
