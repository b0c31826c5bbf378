"""The wrong gradients that the book plants: right values, wrong gradients, and nothing stays planted."""

import numpy as np
import pytest

from autograd_lab import Tensor, gradcheck, nn, optim
from autograd_lab.data import Split
from autograd_lab.nn import functional as F
from autograd_lab.ops import PRIMITIVES
from autograd_lab.planted import FAULTS
from autograd_lab.train import fit

EACH = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)


@EACH
def test_the_values_are_right_to_the_bit(fault):
    right = getattr(F, fault.function)
    assert np.array_equal(fault.wrong(*fault.inputs).data, right(*fault.inputs).data)


@EACH
def test_gradcheck_finds_it_and_passes_the_right_function_there(fault):
    assert gradcheck(getattr(F, fault.function), fault.inputs)
    report = fault.report()
    assert not report.passed
    assert not report.faults, "wrong numbers, and nothing else"


def test_gradcheck_finds_it_in_one_input_only():
    wrong = [[check.name for check in fault.report().inputs if not check.passed] for fault in FAULTS]
    assert wrong == [["x"], ["b"], ["x"], ["x"], ["x"]]


def network():
    rng = np.random.default_rng(0)
    return nn.Sequential(nn.Linear(2, 8, rng=rng), nn.ReLU(), nn.Linear(8, 3, rng=rng))


def gradients():
    x, y = np.random.default_rng(1).normal(size=(6, 2)), [0, 1, 2, 0, 1, 1]
    model = network()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    return loss.item(), [p.grad for p in model.parameters()]


@EACH
def test_a_network_has_the_same_loss_and_another_gradient_only_while_it_is_planted(fault):
    loss, right = gradients()
    with fault.planted():
        same, wrong = gradients()
    again, after = gradients()
    assert loss == same == again
    assert not all(np.array_equal(g, w) for g, w in zip(right, wrong, strict=True))
    assert all(np.array_equal(g, a) for g, a in zip(right, after, strict=True))


@EACH
def test_an_error_inside_takes_it_out_too(fault):
    right = getattr(F, fault.function)

    def run():
        with fault.planted():
            assert getattr(F, fault.function) is fault.wrong
            F.relu("no number")

    with pytest.raises(TypeError):
        run()
    assert getattr(F, fault.function) is right


def test_what_each_does_wrong():
    x, g = Tensor([-1.0, 2.0], requires_grad=True), np.array([3.0, 5.0])
    named = {fault.wrong.__name__: fault.wrong for fault in FAULTS}

    def gradient_of_x(out, cotangent):
        x.grad = None
        out.backward(cotangent)
        return x.grad.tolist()

    assert gradient_of_x(named["doubled_relu"](x), g) == [0, 10]
    assert gradient_of_x(named["always_on_relu"](x), g) == [3, 5]
    rows, w, b = (Tensor(a, requires_grad=True) for a in (np.ones((2, 1)), np.ones((1, 1)), np.zeros(1)))
    named["first_row_linear"](rows, w, b).backward(g[:, None])
    assert b.grad.tolist() == [3]
    named["cut_off_linear"](rows, w, b).backward(g[:, None])
    assert rows.grad.tolist() == [[3], [5]], "only the first of the two has passed anything down"
    z = Tensor(np.zeros((2, 2)), requires_grad=True)
    named["summed_cross_entropy"](z, [0, 1]).backward()
    assert z.grad.tolist() == [[-0.5, 0.5], [0.5, -0.5]]


def test_they_are_no_operators_of_the_engine():
    assert not {fault.wrong.__name__ for fault in FAULTS} & PRIMITIVES.keys()


def test_a_network_learns_under_a_wrong_gradient():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, size=300)
    centres = np.array([[2.0, 0.0], [-1.0, 1.7], [-1.0, -1.7]])
    data = Split(centres[labels] + rng.normal(scale=0.4, size=(300, 2)), labels)
    for fault in FAULTS[:2]:
        model = network()
        with fault.planted():
            optimizer = optim.SGD(model.parameters(), lr=0.2)
            history = fit(model, (data, data), optimizer, epochs=3, batch_size=20, seed=0, report=None)
        assert history.test_accuracy[-1] > 0.95
