"""Bad input: a clear error that names operation, shapes and the way out, and nothing half changed."""

import inspect

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import autograd_lab as ag
from autograd_lab import Tensor, func, nn, optim
from autograd_lab.ops import PRIMITIVES


def leaf(data, **kwargs):
    return ag.tensor(data, requires_grad=True, **kwargs)


def expect(kind, call, *parts):
    """The call raises this kind of error, and its text has all these parts."""
    with pytest.raises(kind) as caught:
        call()
    text = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    missing = [part for part in parts if part not in text]
    assert not missing, f"{missing} not in: {text}"


# --- making a Tensor -------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", ["abc", None, {"a": 1}, [1.0, "b"], [None, 1.0], object(), [[1.0], "x"]])
def test_a_tensor_of_no_numbers(data):
    with pytest.raises((TypeError, ValueError)):
        ag.tensor(data)


def test_a_tensor_names_what_it_was_given():
    expect(TypeError, lambda: ag.tensor("abc"), "numbers", "'abc'")
    expect(TypeError, lambda: ag.tensor(None), "numbers", "None")


def test_a_ragged_tensor():
    with pytest.raises(ValueError, match="inhomogeneous"):
        ag.tensor([[1.0, 2.0], [3.0]])


@pytest.mark.parametrize("data", [1, [1, 2], True, np.arange(3), np.uint8([1])])
def test_integer_requires_grad(data):
    expect(TypeError, lambda: ag.tensor(data, requires_grad=True), "floating-point", "1.0", "dtype=float")
    t = ag.tensor(data)
    expect(TypeError, t.requires_grad_, "floating-point", str(t.dtype))
    assert not t.requires_grad
    assert t.grad is None


def test_complex_requires_grad():
    expect(TypeError, lambda: leaf([1j]), "floating-point", "complex128")


def test_joining_tensors_by_way_of_numpy_does_not_cut_them_off():
    x = leaf(1.0)
    for call in (lambda: ag.tensor([x, x]), lambda: np.array(x), lambda: np.asarray([x, x])):
        expect(TypeError, call, "ag.stack")
    expect(RuntimeError, x.numpy, "detach()")


def test_a_grad_that_does_not_fit():
    x = leaf([1.0, 2.0])
    for wrong in (np.ones(3), np.ones(2, np.float32), 1.0):
        with pytest.raises(ValueError, match=r"grad must be a float64 array of shape \(2,\)"):
            x.grad = wrong
    assert x.grad is None
    c = ag.tensor(1.0)
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        c.grad = np.ones(())


def test_item_and_bool_of_several_entries():
    expect(ValueError, leaf([1.0, 2.0]).item, "(2,)")
    expect(ValueError, lambda: float(leaf([1.0, 2.0])), "(2,)")
    with pytest.raises(ValueError, match="ambiguous"):
        bool(leaf([1.0, 2.0]))
    with pytest.raises(TypeError):
        len(leaf(1.0))
    with pytest.raises(TypeError, match="iterated"):
        iter(leaf(1.0))


def test_what_is_joined_is_a_sequence_along_an_axis():
    x = leaf([1.0, 2.0])
    for join in (ag.concatenate, ag.stack):
        expect(TypeError, lambda: join(None), join.__name__, "sequence of Tensors", "None")  # noqa: B023
        expect(TypeError, lambda: join(x[0]), join.__name__, "sequence of Tensors")  # noqa: B023
        expect(TypeError, lambda: join([x, x], axis=None), join.__name__, "axis", "reshape(-1)")  # noqa: B023
        expect(ValueError, lambda: join([]), join.__name__)  # noqa: B023


@pytest.mark.parametrize(
    "call",
    [lambda x: ag.max(None), lambda x: ag.stack(["a", "b"]), lambda x: x.astype(object),
     lambda x: x.astype(str), lambda x: ag.where([True, False], x, None),
     lambda x: ag.broadcast_to("a", (2,))],
)  # fmt: skip
def test_a_result_of_no_numbers(call):
    expect(TypeError, lambda: call(ag.tensor([1.0, 2.0])), "numbers")


def test_a_gradient_does_not_end_at_a_complex_number_unseen():
    expect(TypeError, lambda: leaf([1.0]).astype(complex), "astype", "complex128", "detach()")


def test_argmax_names_itself():
    expect(IndexError, lambda: leaf([1.0]).argmax(axis=2), "argmax", "there is no axis 2")
    expect(ValueError, lambda: ag.tensor(np.zeros(0)).argmax(), "argmax", "(0,)")


def test_no_classes():
    expect(IndexError, lambda: ag.cross_entropy(np.zeros((2, 0)), [0, 1]), "no classes")


# --- wrong shapes ----------------------------------------------------------------------------------------


def test_wrong_shapes_change_nothing():
    x, w, b = leaf(np.ones((100, 785))), leaf(np.ones((784, 300))), leaf(np.ones(301))
    before = [t.data.copy() for t in (x, w, b)]
    expect(ValueError, lambda: x @ w, "matmul", "(100, 785)", "(784, 300)", ".T")
    good = ag.Tensor(np.ones((100, 784))) @ w
    expect(ValueError, lambda: good + b, "add", "(100, 300)", "(301,)", "broadcast")
    assert [t.grad for t in (x, w, b)] == [None] * 3
    assert all(np.array_equal(t.data, d) for t, d in zip((x, w, b), before, strict=True))
    good.sum().backward()  # the graph is still whole
    assert w.grad.shape == (784, 300)


def test_mse_loss_does_not_broadcast():
    """(n, 1) against (n,) would be a mean over n² wrong differences."""
    expect(
        ValueError,
        lambda: ag.mse_loss(leaf(np.ones((4, 1))), np.ones(4)),
        "mse_loss",
        "(4, 1)",
        "(4,)",
        "same",
    )


# --- backward --------------------------------------------------------------------------------------------


def test_a_non_scalar_root():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    y = x * x
    expect(RuntimeError, y.backward, "(2, 2)", "sum()", "gradient=")
    expect(RuntimeError, lambda: ag.grad(y, x), "(2, 2)", "sum()")
    assert x.grad is None
    y.sum().backward()
    assert np.array_equal(x.grad, 2 * x.data)


@pytest.mark.parametrize("shape", [(3,), (2, 1), (1, 2), (), (2, 2)])
def test_a_gradient_of_the_wrong_shape(shape):
    x = leaf([1.0, 2.0])
    y = x * 2
    expect(ValueError, lambda: y.backward(np.ones(shape)), str(shape), "(2,)")
    assert x.grad is None
    y.backward(np.ones(2))
    assert x.grad.tolist() == [2.0, 2.0]


@pytest.mark.parametrize("gradient", ["ab", ["a", "b"], [None, None], [1j, 1.0], object()])
def test_a_gradient_of_no_real_numbers(gradient):
    x = leaf([1.0, 2.0])
    with pytest.raises((TypeError, ValueError)):
        (x * 2).backward(gradient)
    assert x.grad is None


def test_a_second_backward():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    loss = ag.exp(x * w).sum()
    loss.backward()
    before = [x.grad.copy(), w.grad.copy()]
    expect(RuntimeError, loss.backward, "second time", "sum", "retain_graph=True")
    expect(RuntimeError, lambda: ag.grad(loss, x), "retain_graph=True")
    assert np.array_equal(x.grad, before[0])
    assert np.array_equal(w.grad, before[1])


def test_backward_of_a_constant():
    expect(RuntimeError, ag.tensor(1.0).backward, "requires_grad=True", "nothing to differentiate")
    with ag.no_grad():
        y = leaf(1.0) * 2
    expect(RuntimeError, y.backward, "no_grad()")


def test_grad_with_inputs_it_can_not_use():
    x, unused, constant = leaf([1.0, 2.0]), leaf([1.0], name="bias"), ag.tensor(1.0)
    y = (x * x).sum()
    expect(RuntimeError, lambda: ag.grad(y, constant, retain_graph=True), "input 0", "requires_grad=True")
    expect(
        RuntimeError,
        lambda: ag.grad(y, [x, unused], retain_graph=True),
        "input 1",
        "bias",
        "allow_unused=True",
    )
    assert ag.grad(y, [x, unused], allow_unused=True)[1] is None
    expect(RuntimeError, lambda: ag.grad(constant, x), "nothing to differentiate")
    for outputs, inputs in (
        (1.0, x),
        (x.sum(), 1.0),
        (x.sum(), [1.0]),
        (x.sum(), None),
        (None, x),
        ([1.0], x),
    ):
        with pytest.raises(TypeError):
            ag.grad(outputs, inputs)


def test_grad_with_the_wrong_number_of_cotangents():
    x = leaf([1.0, 2.0])
    a, b = x * 2, x * 3
    expect(ValueError, lambda: ag.grad((a, b), x, (np.ones(2),)), "2 outputs", "1 grad_outputs")
    expect(ValueError, lambda: ag.grad((), x), "0 outputs")
    expect(ValueError, lambda: ag.grad((a, b), x, (np.ones(2), np.ones(3))), "(3,)", "(2,)")
    (g,) = ag.grad((a, b), x, (np.ones(2), np.ones(2)))
    assert g.data.tolist() == [5.0, 5.0]


def test_a_failing_vjp_leaves_every_grad_as_it_was():
    @ag.primitive
    def broken(x):
        def vjp(g):
            raise ValueError("no such thing")

        return x * 1, vjp

    x, w = leaf(1.0), leaf(2.0)
    w.grad = np.asarray(7.0)
    expect(ValueError, (broken(x) * w).backward, "no such thing", "broken")
    assert x.grad is None
    assert w.grad == 7.0


# --- inputs that have no gradient --------------------------------------------------------------------------


def test_a_gradient_is_never_lost_without_a_word():
    """A Tensor given by keyword, or in a place without a VJP, gets its gradient or an error."""
    for call in (
        lambda x, w: ag.mul(x, y=w),
        lambda x, w: ag.add(x=x, y=w),
        lambda x, w: ag.clip(x, min=w),
        lambda x, w: ag.clip(x, w, 5.0),
        lambda x, w: ag.clip(x, max=w),
        lambda x, w: ag.where(condition=[True, False], x=x, y=w),
        lambda x, w: ag.maximum(x, y=w),
        lambda x, w: ag.mse_loss(x, y=w),
        lambda x, w: ag.cross_entropy(x, y=w),
        lambda x, w: np.clip(x, w, 5.0),
    ):
        x, w = leaf([1.0, 4.0]), leaf([2.0, 3.0])
        try:
            out = call(x, w)
        except TypeError:
            continue
        out.backward(np.ones(out.shape))
        assert x.grad is not None
        assert w.grad is not None


def test_tensors_by_keyword():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    ag.mul(x, y=w).sum().backward()
    assert (x.grad.tolist(), w.grad.tolist()) == ([3.0, 4.0], [1.0, 2.0])
    assert ag.softmax(x=x).requires_grad
    t = ag.tensor([0, 1])
    assert ag.cross_entropy(leaf(np.ones((2, 3))), y=t).item() == pytest.approx(np.log(3))


def test_complex_results_do_not_lose_their_gradient():
    x = leaf([1.0, 2.0])
    with pytest.raises(TypeError, match="complex"):
        (x * 1j).sum().backward()
    assert x.grad is None


# --- targets ---------------------------------------------------------------------------------------------

LOSSES = pytest.mark.parametrize("loss", [ag.cross_entropy, ag.nll_loss], ids=["cross_entropy", "nll_loss"])


@LOSSES
@pytest.mark.parametrize(
    ("target", "kind", "parts"),
    [
        ([0, 3, 1], IndexError, ["0 … 2", "found 3"]),
        ([0, -1, 1], IndexError, ["0 … 2", "found -1"]),
        ([0, 1], ValueError, ["class indices", "(3, 3)", "(3,)", "not (2,)"]),
        ([[0], [1], [2]], ValueError, ["class indices", "not (3, 1)"]),
        (1, ValueError, ["class indices", "not ()"]),
        (np.full((3, 3), np.nan), ValueError, ["finite", "NaN"]),
        (np.full((3, 3), np.inf), ValueError, ["finite", "infinity"]),
        ([0.0, 1.0, 2.0], ValueError, ["probabilities", "(3, 3)", "not (3,)", "integers"]),
        (np.ones((3, 2)), ValueError, ["probabilities", "not (3, 2)"]),
        (np.ones((2, 3)), ValueError, ["probabilities", "not (2, 3)"]),
        (["a", "b", "c"], TypeError, ["class indices", "probabilities"]),
        ([True, False, True], TypeError, ["bool"]),
        (None, TypeError, ["class indices"]),
        (np.ones((3, 3)) * 1j, TypeError, ["complex128"]),
    ],
    ids=["too large", "negative", "too few", "a column", "a number", "NaN", "infinity", "float indices",
         "too narrow",
         "too short", "text", "booleans", "None", "complex"],
)  # fmt: skip
def test_bad_targets(loss, target, kind, parts):
    x = leaf(np.zeros((3, 3)))
    for given_target in (target, Tensor(target)) if isinstance(target, np.ndarray) else (target,):
        expect(kind, lambda t=given_target: loss(x, t), loss.__name__, *parts)
    assert x.grad is None
    assert not x.data.any()


@LOSSES
def test_bad_scores_and_reductions(loss):
    expect(ValueError, lambda: loss(leaf(1.0), 0), loss.__name__, "axis of classes")
    expect(
        ValueError,
        lambda: loss(leaf([1.0, 2.0]), 0, reduction="median"),
        "'mean', 'sum' or 'none'",
        "'median'",
    )
    expect(TypeError, lambda: loss(leaf([1.0, 2.0])), loss.__name__, "'y'")


@LOSSES
def test_every_kind_of_integer_is_an_index(loss):
    scores = np.log(np.full((2, 3), 1 / 3))
    for dtype in (np.int8, np.uint8, np.int32, np.uint64):
        x = leaf(scores)
        loss(x, np.array([2, 0], dtype)).backward()
        assert x.grad[0, 2] < 0


# --- fuzz ------------------------------------------------------------------------------------------------

OURS = (ValueError, TypeError, IndexError)

numbers = st.sampled_from([0, 1, -1, 3, 2.5, -0.0, np.nan, np.inf, True, np.float32(2), np.int8(-1), 10**30])
shapes = st.sampled_from([(), (0,), (1,), (2,), (3,), (2, 3), (3, 2), (3, 3), (1, 3), (2, 1, 3), (0, 3)])
dtypes = st.sampled_from(
    [np.float64, np.float64, np.float32, np.int64, bool, np.uint8, np.float16, np.complex64]
)


@st.composite
def arrays(draw):
    shape, dtype, kind = draw(shapes), draw(dtypes), draw(st.sampled_from(["normal", "nan", "inf", "zero"]))
    values = np.random.default_rng(draw(st.integers(0, 9))).normal(size=shape) * 3
    values = {"nan": values * np.nan, "inf": values / 0.0, "zero": values * 0.0}.get(kind, values)
    return np.asarray(values).astype(dtype)


@st.composite
def tensors(draw):
    array = draw(arrays())
    return Tensor(array, requires_grad=array.dtype.kind == "f" and draw(st.booleans()))


anything = st.one_of(
    tensors(), tensors(), tensors(), arrays(), numbers,
    st.sampled_from([None, "a", "mean", "ij->ji", "ij,jk", "i->", (), (0,), (0, 1), (-1, 0), (7,), [0, 1], [],
                     [[1], [2]], slice(None), slice(0, 9, -1), Ellipsis, {}, object(), (1.5,), ("a",), b"x",
                     np.float64, "float32", [1.0, None], [[1.0], [2.0, 3.0]], (2, -1), (-1, -1),
                     [True, False]]),
)  # fmt: skip
keywords = st.dictionaries(
    st.sampled_from(["axis", "keepdims", "reduction", "ddof", "min", "max", "dtype", "shape", "y", "dim"]),
    st.one_of(
        st.sampled_from([None, 0, 1, -1, 5, (0, 1), (0, 0), True, "sum", "none", 1.5, np.int64(0), [0]]),
        tensors(),
    ),
    max_size=2,
)
FUNCTIONS = sorted(set(PRIMITIVES) - {"scatter_add"})


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=120)
@given(args=st.lists(anything, min_size=1, max_size=4), kwargs=keywords)
def test_fuzz_functions(name, args, kwargs):
    """NumPy's meaning, or a ValueError, TypeError or IndexError that names the operation."""
    function = getattr(ag, name)
    if name in ("concatenate", "stack") and not isinstance(args[0], tuple | list):
        args = [list(args)]
    inputs = [a for a in flattened([*args, *kwargs.values()]) if isinstance(a, Tensor)]
    before = [t.data.copy() for t in inputs]
    out, refusal = attempt(lambda: function(*args, **kwargs), OURS)
    if refusal:
        assert name in refusal or "ag.stack" in refusal
    else:
        assert isinstance(out, Tensor)
        if out.requires_grad:
            out.backward(np.ones(out.shape))
            for t in inputs:
                assert t.grad is None or (t.grad.shape, t.grad.dtype) == (t.shape, t.dtype)
                assert t.grad is not None or not t.requires_grad or name == "where"
    for t, data in zip(inputs, before, strict=True):
        assert t.data.tobytes() == data.tobytes()


def attempt(call, kinds):
    """What a call returns and "", or None and the text of an error of these kinds."""
    try:
        return call(), ""
    except kinds as error:
        return None, str(error) or repr(error)


def flattened(values):
    for v in values:
        if isinstance(v, tuple | list):
            yield from flattened(v)
        else:
            yield v


NUMPY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.true_divide,
    "pow": np.power,
    "matmul": np.matmul,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
    "abs": np.abs,
    "neg": np.negative,
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "var": np.var,
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NUMPY)
@given(data=st.data())
def test_fuzz_values_are_numpys(name, data):
    """Same value, same dtype, NaN and infinity included; or both refuse."""
    takes_two = len(inspect.signature(PRIMITIVES[name].fn).parameters) == 2 and name not in ("sum", "mean")
    args = [data.draw(arrays()) for _ in range(2 if takes_two else 1)]
    kwargs = {}
    if name in ("sum", "mean", "max", "min", "var"):
        kwargs = {
            "axis": data.draw(st.sampled_from([None, 0, 1, -1, 2, (0, 1), (-1,), (0, 0), ()])),
            "keepdims": data.draw(st.booleans()),
        }
    try:
        expected = np.asarray(NUMPY[name](*args, **kwargs))
    except (ValueError, TypeError, IndexError):
        with pytest.raises(OURS):
            getattr(ag, name)(*(Tensor(a) for a in args), **kwargs)
    else:
        out = getattr(ag, name)(*(Tensor(a) for a in args), **kwargs)
        assert (out.shape, out.dtype) == (expected.shape, expected.dtype)
        assert np.array_equal(out.data, expected, equal_nan=expected.dtype.kind in "fc")


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=300)
@given(x=tensors(), index=st.one_of(anything, st.tuples(anything, anything)))
def test_fuzz_indexing(x, index):
    plain = (
        tuple(i.data if isinstance(i, Tensor) else i for i in index) if isinstance(index, tuple) else index
    )
    plain = plain.data if isinstance(plain, Tensor) else plain
    try:
        expected = x.data[plain if not (isinstance(plain, list) and not plain) else np.empty(0, int)]
    except Exception:
        with pytest.raises(OURS, match="getitem"):
            x[index]
        return
    out, refusal = attempt(lambda: x[index], OURS)
    if refusal:  # of a list of lists, say, which NumPy would read in another way
        assert "getitem" in refusal
        return
    assert np.array_equal(out.data, expected, equal_nan=out.data.dtype.kind in "fc")
    if x.requires_grad:
        counts = np.zeros(x.shape)
        np.add.at(
            counts,
            plain if not isinstance(plain, list) else np.asarray(plain, dtype=int if not plain else None),
            1.0,
        )
        out.backward(np.ones(out.shape))
        assert np.array_equal(x.grad, counts)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=200)
@given(args=st.lists(anything, min_size=1, max_size=3))
def test_fuzz_making_tensors_and_grad(args):
    # An OverflowError is NumPy's, for a number that its dtype can't hold.
    t, refusal = attempt(lambda: ag.tensor(*args), (*OURS, OverflowError))
    assert refusal or t.data.dtype.kind in "biufc"
    for call in (lambda: ag.grad(*args), lambda: ag.grad(leaf([1.0, 2.0]) * 2, *args)):
        gradients, refusal = attempt(call, (*OURS, RuntimeError))
        assert refusal or isinstance(gradients, tuple)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=200)
@given(gradient=anything)
def test_fuzz_cotangents(gradient):
    x = leaf([1.0, 2.0])
    y = x * 3
    _, refusal = attempt(lambda: y.backward(gradient), (*OURS, RuntimeError))
    if refusal:
        assert x.grad is None
        y.backward(np.ones(2))
    assert x.grad.shape == (2,)


def test_numbers_alone_are_computed_by_numpy() -> None:
    """Python's integers have no end, and 2 ** 10**18 in them would take all memory and time."""
    assert ag.pow(2, 10**18).dtype == np.int64
    with pytest.raises(ValueError, match="beyond 64 bits"):
        ag.pow(10**30, 10**30)


def test_comparisons_and_in_place_changes_name_what_was_done() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    with pytest.raises(
        ValueError, match=r"^less\(float64 array of shape \(3,\), float64 array of shape \(2,\)\)"
    ):
        x < np.zeros(2)  # noqa: B015
    with pytest.raises(ValueError, match=r"^in-place add\("):
        x += np.zeros(2)
    with pytest.raises(IndexError, match=r"^setitem\("):
        x[7] = 1.0
    assert x.tolist() == [1.0, 2.0, 3.0]


def test_a_freed_part_that_no_gradient_passes_is_no_obstacle() -> None:
    w, z = Tensor([1.0], requires_grad=True), Tensor([2.0], requires_grad=True)
    y = z * z
    y.sum().backward()
    (g,) = ag.grad((y + w * 3.0).sum(), w)
    assert g.tolist() == [3.0]
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        (y + w).sum().backward()
    assert w.grad is None


# --- settings --------------------------------------------------------------------------------------------

W = leaf([1.0])


@pytest.mark.parametrize(
    ("call", "kind", "parts"),
    [
        (lambda: nn.Linear("a", 3), TypeError, ["Linear", "'a'"]),
        (lambda: nn.Linear(2.5, 3), TypeError, ["Linear", "2.5", "whole"]),
        (lambda: nn.Linear(0, 3), ValueError, ["Linear", "positive", "(0, 3)"]),
        (lambda: nn.Dropout("x"), TypeError, ["dropout", "'x'"]),
        (lambda: nn.Dropout(1.0), ValueError, ["dropout", "< 1", "1.0"]),
        (lambda: nn.Linear(2, 2).load_state_dict(3), TypeError, ["load_state_dict", "3"]),
        (lambda: nn.init.he_normal(3), ValueError, ["(fan_in, fan_out)", "3"]),
        (lambda: nn.init.glorot_normal((2,)), ValueError, ["(fan_in, fan_out)", "(2,)"]),
        (lambda: nn.init.lecun_normal((0, 3)), ValueError, ["fan_in", "(0, 3)"]),
        (lambda: optim.SGD(None, lr=1), TypeError, ["SGD", "iterable", "None"]),
        (lambda: optim.SGD([W], lr="a"), TypeError, ["SGD", "lr", "'a'"]),
        (lambda: optim.SGD([W], lr=True), TypeError, ["SGD", "lr", "True"]),
        (lambda: optim.SGD([W], lr=np.nan), ValueError, ["SGD", "lr > 0", "nan"]),
        (lambda: optim.SGD([W], lr=np.inf), ValueError, ["SGD", "finite", "inf"]),
        (lambda: optim.SGD([W], lr=1, momentum=-0.1), ValueError, ["SGD", "momentum >= 0", "-0.1"]),
        (lambda: optim.Adam([W], betas=0.9), TypeError, ["Adam", "betas", "pair"]),
        (lambda: optim.Adam([W], betas=(0.9,)), TypeError, ["Adam", "betas", "pair"]),
        (lambda: optim.Adam([W], betas=(0.9, 1.0)), ValueError, ["Adam", "betas", "< 1"]),
        (lambda: optim.AdamW([W], eps=0), ValueError, ["AdamW", "eps > 0"]),
        (lambda: ag.gradcheck(None, W), TypeError, ["gradcheck", "function", "None"]),
        (lambda: ag.gradcheck(ag.exp, W, eps=-1), ValueError, ["gradcheck", "eps > 0", "-1"]),
        (lambda: func.grad(3)(W), TypeError, ["function of Tensors", "3"]),
        (lambda: ag.grad(3, W), TypeError, ["grad", "int"]),
        (lambda: ag.primitive(3), TypeError, ["primitive", "(value, vjp, ...)", "3"]),
        (lambda: ag.primitive(lambda x: x)(W), TypeError, ["(value, vjp, ...)", "array of shape (1,)"]),
    ],
)
def test_bad_settings(call, kind, parts):
    expect(kind, call, *parts)
