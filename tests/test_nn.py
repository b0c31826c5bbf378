"""Modules: how parameters are found, named, saved and loaded; Linear; initial values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lab as ag
from autograd_lab import Tensor, gradcheck, nn
from autograd_lab.nn import functional as F
from autograd_lab.nn import init


def names(module: nn.Module) -> list[str]:
    return [name for name, _ in module.named_parameters()]


class Box(nn.Module):
    """A module made of whatever attributes it is given."""

    def __init__(self, **attributes: Any) -> None:
        for name, value in attributes.items():
            setattr(self, name, value)


def parameter(value: float = 1.0) -> nn.Parameter:
    return nn.Parameter(np.array([value]))


# --- the walk -------------------------------------------------------------------------------------------


def test_parameters_in_order_of_attribute_with_dotted_names():
    model = Box(b=parameter(), a=nn.Linear(2, 3, rng=0), inner=Box(x=parameter(), deeper=Box(y=parameter())))
    assert names(model) == ["b", "a.weight", "a.bias", "inner.x", "inner.deeper.y"]
    assert list(model.parameters()) == [p for _, p in model.named_parameters()]


def test_parameters_in_lists_tuples_and_dicts():
    model = Box(
        layers=[nn.Linear(1, 1, rng=0), parameter()],
        pair=(parameter(), [parameter()]),
        table={"left": nn.Linear(1, 1, bias=False, rng=0), "right": {"deep": parameter()}, 3: parameter()},
    )
    assert names(model) == [
        "layers.0.weight", "layers.0.bias", "layers.1", "pair.0", "pair.1.0", "table.left.weight",
        "table.right.deep", "table.3",
    ]  # fmt: skip


def test_only_parameters_are_parameters():
    model = Box(
        p=parameter(), t=Tensor([1.0], requires_grad=True), a=np.ones(3), n=3, s="text", none=None, f=np.exp
    )
    assert names(model) == ["p"]


def test_a_shared_parameter_or_module_counts_once():
    shared, layer = parameter(), nn.Linear(2, 2, rng=0)
    model = Box(first=shared, again=shared, inner=Box(more=shared), layers=[layer, layer], last=layer)
    assert names(model) == ["first", "layers.0.weight", "layers.0.bias"]
    assert len(list(model.modules())) == 3
    tied = nn.Sequential(layer, nn.ReLU(), layer)
    assert names(tied) == ["0.weight", "0.bias"]
    x = np.array([[0.5, -1.0]])
    by_hand = F.relu(x @ layer.weight + layer.bias) @ layer.weight + layer.bias
    assert np.array_equal(tied(x).data, by_hand.data)


def test_equal_parameters_that_are_not_the_same_count_each():
    assert names(Box(a=parameter(), b=parameter())) == ["a", "b"]


def test_modules_that_contain_each_other():
    one, two = Box(p=parameter()), Box(q=parameter())
    one.other, two.other = two, one
    assert names(one) == ["p", "other.q"]
    assert list(one.modules()) == [one, two]


def test_five_thousand_nested_modules():
    depth = 5000
    model = innermost = Box(p=parameter())
    for _ in range(depth - 1):
        model = Box(m=model)
    ((name, p),) = model.named_parameters()
    assert name == "m." * (depth - 1) + "p"
    assert p is innermost.p
    assert sum(1 for _ in model.modules()) == depth
    model.eval()
    assert not innermost.training
    p.grad = np.array([2.0])
    model.zero_grad()
    assert p.grad is None


def test_five_thousand_layers_in_a_row():
    model = nn.Sequential(*(nn.Linear(1, 1, rng=0) for _ in range(5000)))
    model(np.ones((1, 1))).sum().backward()
    assert len(names(model)) == 10000
    assert all(p.grad is not None for p in model.parameters())


def test_train_and_eval_reach_every_module_and_no_other():
    layers, outside = [nn.ReLU(), Box(inner=nn.ReLU())], nn.ReLU()
    model = Box(layers=layers, seq=nn.Sequential(nn.ReLU()))
    inside = [model, *layers, layers[1].inner, model.seq, model.seq[0]]
    assert all(m.training for m in inside)
    assert model.eval() is model
    assert not any(m.training for m in inside)
    assert outside.training
    assert nn.ReLU().training
    assert model.train() is model
    assert all(m.training for m in inside)


def test_zero_grad():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Linear(3, 1, rng=1))
    model(np.ones((4, 2))).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_a_module_without_forward():
    with pytest.raises(NotImplementedError, match=r"Box does not define forward\(\)"):
        Box()(1.0)


def test_parameter():
    data = np.array([1.0, 2.0], dtype=np.float32)
    p = nn.Parameter(data, name="p")
    assert isinstance(p, Tensor)
    assert p.requires_grad
    assert p.is_leaf
    assert p.name == "p"
    assert p.dtype == np.float32
    assert not np.shares_memory(p.data, data)
    with ag.no_grad():
        assert nn.Parameter([1.0]).requires_grad
    with pytest.raises(TypeError, match=r"Write 1\.0 instead of 1"):
        nn.Parameter([1, 2])


# --- state_dict -----------------------------------------------------------------------------------------


def network(seed: int, dtype: Any = np.float64) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(4, 3, rng=seed, dtype=dtype), nn.ReLU(), nn.Linear(3, 2, rng=seed + 1, dtype=dtype)
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_state_dict_round_trip(dtype):
    source, target = network(0, dtype), network(10, dtype)
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(dtype)
    arrays = [p.data for p in target.parameters()]
    state = source.state_dict()
    assert list(state) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert not np.array_equal(target(x).data, source(x).data)
    target.load_state_dict(state)
    assert np.array_equal(target(x).data, source(x).data)
    assert target(x).dtype == dtype
    assert all(p.data is a for p, a in zip(target.parameters(), arrays, strict=True)), "loaded in place"


def test_state_dict_holds_copies():
    model = network(0)
    state = model.state_dict()
    before = {name: a.copy() for name, a in state.items()}
    for p in model.parameters():
        p.data[...] = 7
    assert all(np.array_equal(state[name], before[name]) for name in state)
    model.load_state_dict(state)
    state["0.weight"][...] = 9
    assert not (model[0].weight.data == 9).any()


def test_state_given_as_the_arrays_of_the_model_itself():
    """Two parameters exchanged: each array must be read before the other one is written."""
    model = Box(a=parameter(1.0), b=parameter(2.0))
    model.load_state_dict({"a": model.b.data, "b": model.a.data})
    assert (model.a.item(), model.b.item()) == (2.0, 1.0)


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        (lambda s: s.pop("2.bias"), KeyError, r"missing \['2.bias'\], not known \[\]"),
        (lambda s: s.update(extra=np.ones(1)), KeyError, r"missing \[\], not known \['extra'\]"),
        (lambda s: s.clear(), KeyError, "0.bias"),
        (
            lambda s: s.update({"2.bias": np.ones(3)}),
            ValueError,
            r"2.bias is float64 of shape \(2,\).*\(3,\)",
        ),
        (lambda s: s.update({"2.bias": np.ones((2, 1))}), ValueError, r"\(2, 1\)"),
        (lambda s: s.update({"2.bias": np.float64(1)}), ValueError, r"shape \(\)"),
        (lambda s: s.update({"2.weight": np.ones((2, 3))}), ValueError, r"2.weight .*\(3, 2\).*\(2, 3\)"),
        (lambda s: s.update({"2.bias": np.ones(2, np.float32)}), ValueError, "float64 .* float32"),
        (lambda s: s.update({"2.bias": np.ones(2, int)}), ValueError, "int64"),
        (lambda s: s.update({"2.bias": ["a", "b"]}), ValueError, "2.bias"),
        (lambda s: s.update({"2.bias": [[1.0], [1.0, 2.0]]}), ValueError, "inhomogeneous"),
    ],
)
def test_load_state_dict_is_all_or_nothing(change, kind, says):
    model = network(0)
    before = model.state_dict()
    state = network(10).state_dict()
    change(state)
    with pytest.raises(kind, match=says):
        model.load_state_dict(state)
    for name, p in model.named_parameters():
        assert np.array_equal(p.data, before[name]), f"{name} was changed"


# --- Linear ---------------------------------------------------------------------------------------------


def test_linear_is_x_times_weight_plus_bias():
    layer = nn.Linear(3, 2, rng=0)
    layer.bias.data[...] = [0.5, -1.0]
    x = np.random.default_rng(0).normal(size=(5, 3))
    assert layer.weight.shape == (3, 2)
    assert layer.bias.shape == (2,)
    np.testing.assert_allclose(layer(x).data, x @ layer.weight.data + [0.5, -1.0], rtol=1e-15)
    assert np.array_equal(F.linear(x, layer.weight, layer.bias).data, layer(x).data)


@pytest.mark.parametrize("shape", [(3,), (5, 3), (2, 5, 3), (0, 3), (1, 1, 1, 3)])
def test_linear_takes_any_number_of_leading_axes(shape):
    layer = nn.Linear(3, 2, rng=0)
    x = np.random.default_rng(0).normal(size=shape)
    for given in (x, Tensor(x), x.tolist()) if x.size else (x, Tensor(x)):
        out = layer(given)
        assert out.shape == (*shape[:-1], 2)
        np.testing.assert_allclose(out.data, x @ layer.weight.data, rtol=1e-14)


def test_linear_gradients():
    layer = nn.Linear(3, 2, rng=0)
    rng = np.random.default_rng(0)
    assert gradcheck(F.linear, (rng.normal(size=(5, 3)), layer.weight.data, rng.normal(size=2)))
    x, g = rng.normal(size=(2, 5, 3)), rng.normal(size=(2, 5, 2))
    layer(x).backward(g)
    np.testing.assert_allclose(layer.weight.grad, np.einsum("abi,abo->io", x, g))
    np.testing.assert_allclose(layer.bias.grad, g.sum(axis=(0, 1)))


def test_linear_without_bias():
    layer = nn.Linear(3, 2, bias=False, rng=0)
    assert layer.bias is None
    assert names(layer) == ["weight"]
    assert np.array_equal(layer(np.eye(3)).data, layer.weight.data)
    assert repr(layer) == "Linear(3, 2, bias=False)"


def test_linear_seed_and_dtype():
    weight = nn.Linear(30, 20, rng=7).weight.data
    assert np.array_equal(weight, nn.Linear(30, 20, rng=7).weight.data)
    assert np.array_equal(weight, init.he_normal((30, 20), np.random.default_rng(7)))
    assert not np.array_equal(weight, nn.Linear(30, 20, rng=8).weight.data)
    assert not np.array_equal(nn.Linear(3, 2).weight.data, nn.Linear(3, 2).weight.data)
    rng = np.random.default_rng(7)
    assert not np.array_equal(nn.Linear(3, 2, rng=rng).weight.data, nn.Linear(3, 2, rng=rng).weight.data)
    single = nn.Linear(30, 20, rng=7, dtype=np.float32)
    assert single.weight.dtype == single.bias.dtype == np.float32
    assert np.array_equal(single.weight.data, weight.astype(np.float32))
    assert single(np.ones((2, 30), np.float32)).dtype == np.float32
    assert not nn.Linear(30, 20, rng=7).bias.data.any()


@pytest.mark.parametrize("shape", [(5, 4), (4,), (3, 2), (), (0,), (5, 3, 1)])
def test_linear_refuses_rows_of_another_length(shape):
    with pytest.raises(ValueError, match=r"Linear\(3, 2\) takes rows of 3 features") as caught:
        nn.Linear(3, 2)(np.zeros(shape))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("sizes", [(0, 3), (3, 0), (-1, 3), (3, -2)])
def test_linear_refuses_sizes_that_are_not_positive(sizes):
    with pytest.raises(ValueError, match="positive sizes"):
        nn.Linear(*sizes)


def test_linear_refuses_integers_as_dtype():
    with pytest.raises(TypeError, match="int64"):
        nn.Linear(3, 2, dtype=np.int64)


# --- Sequential and ReLU --------------------------------------------------------------------------------


def test_sequential_applies_its_layers_in_order():
    first, second = nn.Linear(4, 3, rng=0), nn.Linear(3, 2, rng=1)
    model = nn.Sequential(first, nn.ReLU(), second)
    x = np.random.default_rng(0).normal(size=(5, 4))
    np.testing.assert_allclose(model(x).data, np.maximum(x @ first.weight.data, 0) @ second.weight.data)
    assert len(model) == 3
    assert model[0] is first
    assert model[-1] is second
    assert list(model)[2] is second
    assert repr(model) == "Sequential(Linear(4, 3), ReLU(), Linear(3, 2))"


def test_sequential_names_are_those_of_torch():
    inner = nn.Sequential(nn.Linear(2, 2, rng=0), nn.ReLU())
    assert names(nn.Sequential(inner, nn.Linear(2, 1, rng=0))) == [
        "0.0.weight",
        "0.0.bias",
        "1.weight",
        "1.bias",
    ]
    assert names(Box(net=inner)) == ["net.0.weight", "net.0.bias"]
    assert names(Box(nets=[inner])) == ["nets.0.0.weight", "nets.0.0.bias"]


def test_sequential_names_agree_with_torch():
    torch = pytest.importorskip("torch")

    def build(lib: Any) -> Any:
        return lib.Sequential(lib.Sequential(lib.Linear(2, 2), lib.ReLU()), lib.ReLU(), lib.Linear(2, 1))

    assert names(build(nn)) == [name for name, _ in build(torch.nn).named_parameters()]
    assert sorted(build(nn).state_dict()) == sorted(build(torch.nn).state_dict())


def test_a_parameter_set_on_a_sequential_is_found():
    model = nn.Sequential(nn.Linear(2, 2, rng=0))
    model.scale = parameter()
    assert names(model) == ["0.weight", "0.bias", "scale"]


def test_an_empty_sequential_is_the_identity():
    x = Tensor([1.0, 2.0])
    assert nn.Sequential()(x) is x
    assert names(nn.Sequential()) == []


def test_sequential_takes_modules_only():
    with pytest.raises(TypeError, match="argument 1 is a builtin_function_or_method"):
        nn.Sequential(nn.ReLU(), max)
    with pytest.raises(TypeError, match="argument 0 is a list"):
        nn.Sequential([nn.ReLU()])


def test_relu_module():
    x = Tensor([-1.0, 0.0, 2.0], requires_grad=True)
    out = nn.ReLU()(x)
    out.sum().backward()
    assert out.tolist() == [0.0, 0.0, 2.0]
    assert x.grad.tolist() == [0.0, 0.0, 1.0]
    assert names(nn.ReLU()) == []


# --- initial values -------------------------------------------------------------------------------------

SCHEMES = {
    "he": (init.he_normal, lambda fan_in, fan_out: 2 / fan_in),
    "glorot": (init.glorot_normal, lambda fan_in, fan_out: 2 / (fan_in + fan_out)),
    "lecun": (init.lecun_normal, lambda fan_in, fan_out: 1 / fan_in),
}


@pytest.mark.parametrize("shape", [(400, 100), (100, 400), (300, 300), (1, 20000), (20000, 1)])
@pytest.mark.parametrize("name", SCHEMES)
def test_initial_values_are_normal_with_the_variance_of_the_scheme(name, shape):
    draw, variance = SCHEMES[name]
    w = draw(shape, 0)
    count, sigma = w.size, np.sqrt(variance(*shape))
    assert w.shape == shape
    # Five standard errors of the mean, the variance and the fourth moment of normal numbers.
    assert abs(w.mean()) < 5 * sigma / np.sqrt(count)
    assert abs(w.var() / sigma**2 - 1) < 5 * np.sqrt(2 / count)
    assert abs((w**4).mean() / sigma**4 - 3) < 5 * np.sqrt(96 / count)


@pytest.mark.parametrize("name", SCHEMES)
def test_initial_values_come_from_the_seed(name):
    draw, _ = SCHEMES[name]
    assert np.array_equal(draw((30, 20), 3), draw((30, 20), 3))
    assert np.array_equal(draw((30, 20), 3), draw((30, 20), np.random.default_rng(3)))
    assert not np.array_equal(draw((30, 20), 3), draw((30, 20), 4))
    assert draw((30, 20), 3).dtype == np.float64
    assert draw((30, 20), 3, np.float32).dtype == np.float32
    assert np.array_equal(draw((30, 20), 3, np.float32), draw((30, 20), 3).astype(np.float32))


def test_signals_keep_their_size_through_layers_of_relu():
    """What He's variance is for: with LeCun's the mean square halves in every layer."""
    x = np.random.default_rng(0).normal(size=(200, 400))
    sizes = {}
    for name in ("he", "lecun"):
        h, rng = x, np.random.default_rng(1)
        for _ in range(10):
            h = np.maximum(h @ SCHEMES[name][0]((400, 400), rng), 0)
        sizes[name] = (h * h).mean() / (x * x).mean() * 2
    assert 0.5 < sizes["he"] < 2
    assert sizes["lecun"] < 2 / 2**9


# --- activations, dropout and losses as modules ---------------------------------------------------------


def test_activations_are_their_functions() -> None:
    x = ag.tensor([[-1.0, 0.5]])
    for module, function in ((nn.ReLU(), ag.relu), (nn.Tanh(), ag.tanh), (nn.Sigmoid(), ag.sigmoid)):
        np.testing.assert_array_equal(module(x).data, function(x).data)


def test_dropout_keeps_the_mean_and_its_gradient_is_its_mask() -> None:
    x = ag.tensor(np.ones(100_000), requires_grad=True)
    out = nn.Dropout(0.3, rng=0)(x)
    assert set(np.unique(out.data)) == {0.0, 1 / 0.7}
    assert abs(out.data.mean() - 1) < 0.01
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, out.data)


def test_dropout_is_silent_in_evaluation_and_keeps_float32() -> None:
    model = nn.Sequential(nn.Linear(3, 3, rng=0, dtype=np.float32), nn.Dropout(0.5, rng=0))
    x = np.ones((2, 3), np.float32)
    assert model(x).dtype == np.float32
    assert (model(x).data == 0).any()
    model.eval()
    np.testing.assert_array_equal(model(x).data, model[0](x).data)


@pytest.mark.parametrize("p", [-0.1, 1.0, float("nan")])
def test_dropout_refuses_a_wrong_probability(p: float) -> None:
    with pytest.raises(ValueError, match="0 <= p < 1"):
        nn.Dropout(p)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_losses_are_their_functions(reduction: str) -> None:
    x, y = ag.tensor([[1.0, 2.0], [0.5, -1.0]]), np.array([[0.0, 1.0], [0.5, 0.5]])
    pairs = (
        (nn.CrossEntropyLoss, ag.cross_entropy),
        (nn.NLLLoss, ag.nll_loss),
        (nn.MSELoss, ag.mse_loss),
    )
    for module, function in pairs:
        np.testing.assert_array_equal(module(reduction)(x, y).data, function(x, y, reduction).data)
