"""SGD: every rule against its formula and against PyTorch's, and what a step must leave alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd_lab as ag
from autograd_lab import Tensor, nn
from autograd_lab.optim import SGD

VARIANTS: list[dict[str, Any]] = [
    {"lr": 0.1},
    {"lr": 0.1, "weight_decay": 0.3},
    {"lr": 0.05, "momentum": 0.9},
    {"lr": 0.05, "momentum": 0.9, "nesterov": True},
    {"lr": 0.05, "momentum": 0.5, "weight_decay": 0.2},
    {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.2, "nesterov": True},
    {"lr": 0.001, "momentum": 1.2},
]
START = [np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([0.3, -0.7]), np.array(2.0)]


def parameters(dtype: Any = np.float64) -> list[Tensor]:
    return [Tensor(a, requires_grad=True, dtype=dtype) for a in START]


def loss_of(w: Any, b: Any, c: Any) -> Any:
    """Of Tensors of either library."""
    return ((w @ b) ** 2).sum() + (b * b).sum() * c + (w * w).sum() + c * c


def gradients(w: np.ndarray, b: np.ndarray, c: np.ndarray) -> list[np.ndarray]:
    """By hand, so that nothing but the rule of the optimiser is shared with the code."""
    return [2 * np.outer(w @ b, b) + 2 * w, 2 * w.T @ (w @ b) + 2 * b * c, (b * b).sum() + 2 * c]


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_twenty_steps_follow_the_recurrence(options):
    params = parameters()
    optimizer = SGD(params, **options)
    lr, mu, decay = options["lr"], options.get("momentum", 0.0), options.get("weight_decay", 0.0)
    expected = [a.copy() for a in START]
    velocity = [np.zeros_like(a) for a in START]
    for step in range(20):
        optimizer.zero_grad()
        loss_of(*params).backward()
        optimizer.step()
        for i, g in enumerate(gradients(*expected)):
            g = g + decay * expected[i]
            velocity[i] = mu * velocity[i] + g
            expected[i] = expected[i] - lr * (
                g + mu * velocity[i] if options.get("nesterov") else velocity[i]
            )
        for p, e in zip(params, expected, strict=True):
            np.testing.assert_allclose(p.data, e, rtol=1e-9, atol=1e-12, err_msg=f"step {step}")
    assert all(not np.allclose(p.data, a) for p, a in zip(params, START, strict=True))


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_twenty_steps_agree_with_torch(options):
    torch = pytest.importorskip("torch")
    params = parameters()
    theirs = [torch.tensor(a, requires_grad=True) for a in START]
    ours, other = SGD(params, **options), torch.optim.SGD(theirs, **options)
    for step in range(20):
        for optimizer, tensors in ((ours, params), (other, theirs)):
            optimizer.zero_grad()
            loss_of(*tensors).backward()
            optimizer.step()
        for p, e in zip(params, theirs, strict=True):
            np.testing.assert_allclose(
                p.data, e.detach().numpy(), rtol=1e-9, atol=1e-12, err_msg=f"step {step}"
            )


def test_one_plain_step_is_exactly_the_formula():
    w = ag.tensor([1.0, -2.0], requires_grad=True)
    w.grad = np.array([0.5, 0.25])
    SGD([w], lr=0.1).step()
    assert np.array_equal(w.data, np.array([1.0, -2.0]) - 0.1 * np.array([0.5, 0.25]))


def test_weight_decay_with_one_shared_cotangent():
    """x + y hands one cotangent to both; a decay added in place to a shared array gives 1.3 for 1.1."""
    x, y = ag.tensor([1.0], requires_grad=True), ag.tensor([2.0], requires_grad=True)
    (x + y).sum().backward()
    assert not np.shares_memory(x.grad, y.grad)
    optimizer = SGD([x, y], lr=1.0, weight_decay=0.1)
    optimizer.step()
    np.testing.assert_allclose(x.data, [1 - 1.1])
    np.testing.assert_allclose(y.data, [2 - 1.2])
    np.testing.assert_allclose(x.grad, [1.0])
    np.testing.assert_allclose(y.grad, [1.0])


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_weight_decay_even_if_the_user_sets_one_array_for_two(options):
    """The step itself relies on no one's care: gradients are read and never written."""
    x, y = (ag.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    shared = np.array([1.0, -1.0])
    shared.flags.writeable = False
    x.grad = y.grad = shared
    optimizer = SGD([x, y], **options)
    for _ in range(3):
        optimizer.step()
        assert np.array_equal(shared, [1.0, -1.0])
    assert x.grad is shared
    assert np.array_equal(x.data, y.data)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_the_data_are_changed_in_place(options, dtype):
    params = parameters(dtype)
    arrays = [p.data for p in params]
    optimizer = SGD(params, **options)
    for _ in range(3):
        loss_of(*params).backward()
        optimizer.step()
    for p, array, start in zip(params, arrays, START, strict=True):
        assert p.data is array
        assert p.dtype == dtype
        assert not np.array_equal(array, start)
        assert p.requires_grad
        assert p.is_leaf


def test_the_velocity_is_no_view_of_a_gradient():
    """Who clears gradients in place must not clear the momentum with them."""
    w = ag.tensor([1.0], requires_grad=True)
    w.grad = np.array([1.0])
    optimizer = SGD([w], lr=0.1, momentum=0.5)
    optimizer.step()
    w.grad[...] = 0.0
    optimizer.step()
    np.testing.assert_allclose(w.data, [1 - 0.1 - 0.05])


def test_nothing_is_recorded():
    w = ag.tensor([1.0], requires_grad=True)
    node = w.node
    optimizer = SGD([w], lr=0.1, momentum=0.9)
    for _ in range(3):
        (w * w).sum().backward()
        optimizer.step()
    assert w.node is node
    assert node is not None
    assert node.op is None


def test_a_parameter_without_a_gradient_stays_where_it_is():
    """Even with weight decay, and its velocity begins with its first gradient."""
    x, y = ag.tensor([1.0], requires_grad=True), ag.tensor([1.0], requires_grad=True)
    optimizer = SGD([x, y], lr=0.1, momentum=0.9, weight_decay=0.5)
    x.grad = np.array([1.0])
    optimizer.step()
    assert y.data == 1.0
    assert x.data != 1.0
    y.grad = np.array([1.0])
    optimizer.step()
    np.testing.assert_allclose(y.data, 1 - 0.1 * 1.5)


def test_zero_grad():
    params = parameters()
    optimizer = SGD(params, lr=0.1)
    loss_of(*params).backward()
    assert all(p.grad is not None for p in params)
    optimizer.zero_grad()
    assert all(p.grad is None for p in params)
    before = [p.data.copy() for p in params]
    optimizer.step()
    assert all(np.array_equal(p.data, a) for p, a in zip(params, before, strict=True))


def test_gradients_add_up_without_zero_grad():
    w = ag.tensor([1.0], requires_grad=True)
    optimizer = SGD([w], lr=0.1)
    (3 * w).sum().backward()
    (3 * w).sum().backward()
    optimizer.step()
    np.testing.assert_allclose(w.data, [1 - 0.6])


def test_the_learning_rate_may_be_changed_between_steps():
    w = ag.tensor([1.0], requires_grad=True)
    optimizer = SGD([w], lr=0.1)
    w.grad = np.array([1.0])
    optimizer.step()
    optimizer.lr = 0.01
    optimizer.step()
    np.testing.assert_allclose(w.data, [1 - 0.11])


def test_it_takes_the_parameters_of_a_model():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.ReLU(), nn.Linear(3, 1, rng=1))
    optimizer = SGD(model.parameters(), lr=0.1)
    assert [id(p) for p in optimizer.params] == [id(p) for p in model.parameters()]
    assert len(optimizer.params) == 4


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"lr": 0.0}, "lr > 0"),
        ({"lr": -0.1}, "lr=-0.1"),
        ({"lr": math.nan}, "lr=nan"),
        ({"lr": 0.1, "momentum": -0.5}, "momentum >= 0"),
        ({"lr": 0.1, "momentum": math.nan}, "momentum=nan"),
        ({"lr": 0.1, "weight_decay": -1.0}, "weight_decay >= 0"),
        ({"lr": 0.1, "nesterov": True}, "nesterov=True needs a momentum"),
    ],
)
def test_numbers_out_of_range(options, says):
    with pytest.raises(ValueError, match=says):
        SGD(parameters(), **options)


@pytest.mark.parametrize(
    ("params", "kind", "says"),
    [
        ([], ValueError, "no parameters"),
        (nn.ReLU().parameters(), ValueError, "no parameters"),
        ([Tensor([1.0])], TypeError, "leaf Tensors that require gradients"),
        ([2 * Tensor([1.0], requires_grad=True)], TypeError, "leaf Tensors"),
        ([np.ones(3)], TypeError, "leaf Tensors"),
        (["weight"], TypeError, "leaf Tensors"),
        (Tensor([1.0, 2.0], requires_grad=True), TypeError, "leaf Tensors"),
        ([Tensor([1.0], requires_grad=True)] * 2, ValueError, "twice"),
    ],
)
def test_what_is_not_a_parameter(params, kind, says):
    with pytest.raises(kind, match=says):
        SGD(params, lr=0.1)


# --- Adam and AdamW ---------------------------------------------------------------------------------


def test_adam_first_step_is_lr_along_the_sign() -> None:
    """m̂/√v̂ of the first step is g/|g|, whatever the size of g."""
    w = ag.tensor([1.0, -2.0, 300.0], requires_grad=True)
    w.grad = np.array([1e-3, -5.0, 1e4])
    ag.optim.Adam([w], lr=0.1).step()
    np.testing.assert_allclose(w.data, [0.9, -1.9, 299.9], rtol=1e-5)


@pytest.mark.parametrize("options", [{}, {"weight_decay": 0.1}, {"betas": (0.5, 0.9), "eps": 1e-3}])
@pytest.mark.parametrize("name", ["Adam", "AdamW"])
def test_adam_agrees_with_torch(name: str, options: dict) -> None:
    torch = pytest.importorskip("torch")
    start = np.random.default_rng(0).standard_normal((3, 4))
    ours, theirs = ag.tensor(start, requires_grad=True), torch.tensor(start, requires_grad=True)
    one = getattr(ag.optim, name)([ours], lr=0.05, **options)
    other = getattr(torch.optim, name)([theirs], lr=0.05, **options)
    for _ in range(20):
        one.zero_grad()
        other.zero_grad()
        (ours * ours * ours.sin()).sum().backward()
        (theirs * theirs * theirs.sin()).sum().backward()
        one.step()
        other.step()
    np.testing.assert_allclose(ours.data, theirs.detach().numpy(), rtol=1e-12, atol=1e-14)


def test_adam_keeps_float32_and_the_array() -> None:
    w = ag.tensor([1.0], requires_grad=True, dtype=np.float32)
    array = w.data
    w.grad = np.array([2.0], np.float32)
    ag.optim.AdamW([w], lr=0.1).step()
    assert w.data is array
    assert w.dtype == np.float32
    assert w.grad == 2.0


@pytest.mark.parametrize(
    "options", [{"betas": (1.0, 0.9)}, {"eps": 0.0}, {"weight_decay": -1.0}, {"lr": 0.0}]
)
def test_adam_refuses_numbers_out_of_range(options: dict) -> None:
    with pytest.raises(ValueError, match="Adam needs"):
        ag.optim.Adam([ag.tensor([1.0], requires_grad=True)], **options)


@pytest.mark.parametrize(
    ("entry", "value", "says"),
    [
        ("steps.0", np.ones(2, int), "steps.0 is a count, but it is"),
        ("steps.0", np.array(1.0), "steps.0 is a count, but it is"),
        ("m.0", np.array(3), "m.0 belongs to a parameter that is float64 of shape"),
        ("m.0", np.ones(2, np.float32), "m.0 belongs to a parameter that is float64 of shape"),
        ("v.0", np.ones(3), "v.0 belongs to a parameter that is float64 of shape"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(entry: str, value: Any, says: str) -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    optimizer = ag.optim.Adam([w])
    before = optimizer.state_dict()
    fits = {"steps.0": np.array(7), "m.0": np.ones(2), "v.0": np.ones(2)}
    with pytest.raises(ValueError, match=says):
        optimizer.load_state_dict({**fits, entry: value})
    assert all(np.array_equal(optimizer.state_dict()[name], before[name]) for name in before)
    optimizer.load_state_dict(fits)
    assert optimizer.state_dict()["steps.0"] == 7
