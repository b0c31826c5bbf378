"""What docstrings claim: shapes, dtypes and errors of every operator, an example for all that is public."""

import importlib
import inspect
import re

import numpy as np
import pytest

import autograd_lab as ag
from autograd_lab import nn, optim
from autograd_lab.ops import PRIMITIVES

LABELS = ("Shapes", "Dtypes", "Raises")


def operator(name):
    return ag.primitive(PRIMITIVES[name].fn) if name == "scatter_add" else getattr(ag, name)


def claims(name):
    """The three labelled lines of an operator's docstring, continuation lines joined on."""
    doc = inspect.getdoc(PRIMITIVES[name].fn) or ""
    paragraphs = [p for p in doc.split("\n\n") if p.startswith("Shapes: ")]
    assert len(paragraphs) == 1, f"{name} needs one paragraph with the labels {LABELS}"
    assert doc.index("∂L/∂") < doc.index(paragraphs[0]) < doc.index(">>> "), name
    lines = paragraphs[0].replace("\n  ", " ").split("\n")
    found = [line.partition(": ") for line in lines]
    assert tuple(label for label, _, _ in found) == LABELS, f"{name}: {lines}"
    return {label: claim for label, _, claim in found}


def named_errors(name):
    return set(re.findall(r"\w+Error", claims(name)["Raises"]))


@pytest.mark.parametrize("name", PRIMITIVES)
def test_every_operator_says_what_it_takes_and_raises(name):
    assert all(claim.endswith(".") for claim in claims(name).values())


# --- errors ---------------------------------------------------------------------------------------------

X = ag.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])  # two rows of three scores
LONG = ag.tensor(np.ones(4))
TRUE = ag.tensor([True, False])
EMPTY = ag.tensor(np.zeros((2, 0)))
leaf = ag.tensor(0.0, requires_grad=True)


def rows(names, kind, *calls):
    return [(name, kind, call) for name in names.split() for call in calls]


BINARY = "add sub mul div pow maximum minimum"
UNARY = "neg exp log sqrt abs tanh sigmoid relu sin cos"
OVER_AXES = "sum mean max min var logsumexp"

RAISES = [
    *rows(BINARY, ValueError, lambda f: f(X, LONG)),
    *rows(BINARY, TypeError, lambda f: f(X, "a"), lambda f: f(X, None)),
    *rows(UNARY, TypeError, lambda f: f("a"), lambda f: f(None)),
    *rows("sub", TypeError, lambda f: f(TRUE, TRUE)),
    *rows("neg", TypeError, lambda f: f(TRUE)),
    *rows("sigmoid", TypeError, lambda f: f(ag.tensor([1j]))),
    *rows("pow", ValueError, lambda f: f(ag.tensor([2, 3]), -1)),
    *rows("where", ValueError, lambda f: f([True, False], X, 0.0)),
    *rows("clip", ValueError, lambda f: f(X, LONG, None)),
    *rows("clip", TypeError, lambda f: f(X, "a"), lambda f: f(X, leaf)),
    *rows(OVER_AXES, IndexError, lambda f: f(X, axis=2), lambda f: f(X, axis=(0, -3))),
    *rows(OVER_AXES, ValueError, lambda f: f(X, axis=(0, 0)), lambda f: f(X, axis=(1, -1))),
    *rows(OVER_AXES, TypeError, lambda f: f(X, axis=1.5), lambda f: f(X, axis="rows")),
    *rows("softmax log_softmax", IndexError, lambda f: f(X, axis=2)),
    *rows("softmax log_softmax", ValueError, lambda f: f(X, axis=(1, -1))),
    *rows("softmax log_softmax", TypeError, lambda f: f(X, axis="last")),
    *rows("max min logsumexp softmax log_softmax", ValueError, lambda f: f(EMPTY, axis=1)),
    *rows("reshape", ValueError, lambda f: f(X, 4, 2), lambda f: f(X, (-1, -1))),
    *rows("reshape", TypeError, lambda f: f(X, 1.5)),
    *rows("transpose", ValueError, lambda f: f(X, 0), lambda f: f(X, (0, 0))),
    *rows("transpose swapaxes", IndexError, lambda f: f(X, 0, 2)),
    *rows("transpose swapaxes", TypeError, lambda f: f(X, 1.5, 0)),
    *rows("expand_dims", IndexError, lambda f: f(X, 3)),
    *rows("expand_dims", ValueError, lambda f: f(X, (0, 0))),
    *rows("expand_dims broadcast_to", TypeError, lambda f: f(X, None), lambda f: f(X, 1.5)),
    *rows("squeeze", IndexError, lambda f: f(X, 2)),
    *rows("squeeze", ValueError, lambda f: f(X, 0), lambda f: f(X[:1], (0, 0))),
    *rows("squeeze", TypeError, lambda f: f(X, 1.5)),
    *rows("broadcast_to", ValueError, lambda f: f(X, (4, 3)), lambda f: f(X, 3)),
    *rows("getitem", IndexError, lambda f: f(X, 2), lambda f: f(X, (0, 0, 0)), lambda f: f(X, 0.5)),
    *rows("scatter_add", IndexError, lambda f: f(LONG, [0, 1, 2, 3], (3,))),
    *rows("scatter_add", ValueError, lambda f: f(LONG, [0, 1], (3,)), lambda f: f(LONG, slice(0, 2), (3,))),
    *rows("concatenate stack", IndexError, lambda f: f([X, X], axis=3)),
    *rows("concatenate stack", ValueError, lambda f: f([X, LONG]), lambda f: f([])),
    *rows("concatenate", ValueError, lambda f: f([X, X[:, :2]]), lambda f: f([leaf, leaf])),
    *rows("concatenate stack", TypeError, lambda f: f([X, X], axis=1.5)),
    *rows("astype", TypeError, lambda f: f(X, "float33")),
    *rows("matmul", ValueError, lambda f: f(X, X), lambda f: f(np.ones((2, 4, 3)), np.ones((3, 3, 4)))),
    *rows("matmul", ValueError, lambda f: f(X, leaf)),
    *rows("matmul", TypeError, lambda f: f(X, "a"), lambda f: f(X, [["a"], ["b"], ["c"]])),
    *rows("dot", TypeError, lambda f: f(X[0], "a"), lambda f: f(X[0], None)),
    *rows("dot", ValueError, lambda f: f(X, X[0]), lambda f: f(X[0], LONG)),
    *rows("einsum", ValueError, lambda f: f("ij,jk->ik", X), lambda f: f("ij,jk->ik", X, X)),
    *rows("einsum", ValueError, lambda f: f("ij->k", X), lambda f: f("ii->i", X)),
    *rows("einsum", TypeError, lambda f: f("ij,->ij", X, 2.0)),
    *rows("nll_loss cross_entropy", IndexError, lambda f: f(X, [0, 3]), lambda f: f(X, [0, -1])),
    *rows("nll_loss cross_entropy", ValueError, lambda f: f(X, [0]), lambda f: f(X, np.ones(3))),
    *rows("nll_loss cross_entropy", ValueError, lambda f: f(X, np.full((2, 3), np.nan))),
    *rows("nll_loss cross_entropy", ValueError, lambda f: f(X, [0, 1], reduction="median")),
    *rows("nll_loss cross_entropy", TypeError, lambda f: f(X, [True, False])),
    *rows("mse_loss", ValueError, lambda f: f(X, X[0]), lambda f: f(X, X, reduction="median")),
    *rows("mse_loss", TypeError, lambda f: f("a", "b")),
]


@pytest.mark.parametrize(("name", "kind", "call"), RAISES, ids=[f"{n}-{k.__name__}" for n, k, _ in RAISES])
def test_an_operator_raises_what_its_docstring_names(name, kind, call):
    with pytest.raises(kind) as caught:
        call(operator(name))
    assert caught.type.__name__ in named_errors(name)
    assert re.match(rf"{name}\b", str(caught.value)), str(caught.value)


def test_every_error_that_a_docstring_names_is_raised_above():
    tested = {(name, kind.__name__) for name, kind, _ in RAISES}
    assert {(name, error) for name in PRIMITIVES for error in named_errors(name)} == tested


# A number outside the domain is no error: NumPy warns, and the value says so.
WARNS = [
    ("div", lambda: ag.div([1.0, 0.0, -1.0], [0.0, 0.0, 0.0]), [np.inf, np.nan, -np.inf]),
    ("pow", lambda: ag.pow([-8.0], 1 / 3), [np.nan]),
    ("exp", lambda: ag.exp(ag.tensor([710.0])), [np.inf]),
    ("exp", lambda: ag.exp(ag.tensor([89.0], dtype=np.float32)), [np.inf]),
    ("log", lambda: ag.log([0.0, -1.0]), [-np.inf, np.nan]),
    ("sqrt", lambda: ag.sqrt([-1.0]), [np.nan]),
    ("sin", lambda: ag.sin([np.inf]), [np.nan]),
    ("cos", lambda: ag.cos([-np.inf]), [np.nan]),
    ("mean", lambda: ag.mean(EMPTY, axis=1), [np.nan, np.nan]),
    ("var", lambda: ag.var(ag.tensor([[1.0, 3.0], [1.0, 1.0]]), axis=1, ddof=2), [np.inf, np.nan]),
    ("softmax", lambda: ag.softmax([1.0, np.inf]), [np.nan, np.nan]),
    ("log_softmax", lambda: ag.log_softmax([-np.inf, np.inf]), [np.nan, np.nan]),
]


@pytest.mark.parametrize(("name", "call", "expected"), WARNS, ids=[name for name, _, _ in WARNS])
@pytest.mark.filterwarnings("ignore")  # "Mean of empty slice" comes in pairs
def test_an_operator_warns_where_its_docstring_says_so(name, call, expected):
    with pytest.warns(RuntimeWarning):
        value = call()
    assert np.array_equal(value.data, expected, equal_nan=True)


def test_every_warning_that_a_docstring_names_is_given_above():
    docs = {name: inspect.getdoc(p.fn) or "" for name, p in PRIMITIVES.items()}
    assert {n for n, doc in docs.items() if "NumPy's RuntimeWarning" in doc} == {n for n, _, _ in WARNS}


# --- dtypes ---------------------------------------------------------------------------------------------
# That floats keep theirs is in test_ops_gradients.py, for every operator; here is what becomes of integers.

FLOAT_OF = {np.int64: np.float64, np.int32: np.float64, np.int16: np.float32, np.int8: np.float16}


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "tanh", "sin", "cos"])
def test_a_smooth_function_of_integers_gives_floats(name):
    claim = "that of x; integers of 64 or 32 bits give float64, of 16 float32, of 8 and booleans float16."
    assert claims(name)["Dtypes"] == claim
    for given, result in (*FLOAT_OF.items(), (bool, np.float16)):
        assert operator(name)(ag.tensor([1, 1], dtype=given)).dtype == result


@pytest.mark.parametrize("name", ["sigmoid", "logsumexp", "softmax", "log_softmax"])
def test_integers_are_made_floats_before_anything_is_subtracted(name):
    assert claims(name)["Dtypes"] == "that of x; integers and booleans give float64."
    for given in (*FLOAT_OF, np.uint8, np.uint64, bool):
        out, aim = (operator(name)(ag.tensor([0, 1], dtype=dtype)) for dtype in (given, np.float64))
        assert out.dtype == np.float64
        np.testing.assert_array_equal(out.data, aim.data)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_losses_of_unsigned_integers_do_not_wrap_around(reduction):
    u, f = (ag.tensor([[1, 3], [5, 2]], dtype=dtype) for dtype in (np.uint8, np.float64))
    for loss, target in (
        (ag.cross_entropy, [0, 1]),
        (ag.nll_loss, [0, 1]),
        (ag.mse_loss, np.uint8([[2, 2], [2, 2]])),
    ):
        np.testing.assert_array_equal(loss(u, target, reduction).data, loss(f, target, reduction).data)


def i32(*data):
    return ag.tensor(data, dtype=np.int32)


def f32(*data):
    return ag.tensor(data, dtype=np.float32)


@pytest.mark.parametrize(
    ("call", "dtype"),
    [
        (lambda: ag.div(i32(1), i32(2)), np.float64),
        (lambda: ag.pow(TRUE, TRUE), np.int8),
        (lambda: ag.relu(i32(-1)), np.int32),
        (lambda: ag.relu(TRUE), np.int64),
        (lambda: ag.where(TRUE, i32(1, 2), i32(3, 4)), np.int32),
        (lambda: ag.where([0.0, 2.0], f32(1, 2), 0.5), np.float32),
        (lambda: ag.clip(i32(1), 0, 5), np.int32),
        (lambda: ag.clip(i32(1), 0.5, 5), np.float64),
        (lambda: ag.clip(f32(1), np.float64(0.5)), np.float32),
        (lambda: ag.sum(i32(1)), np.int64),
        (lambda: ag.sum(ag.tensor([1], dtype=np.uint8)), np.uint64),
        (lambda: ag.sum(TRUE), np.int64),
        (lambda: ag.mean(i32(1)), np.float64),
        (lambda: ag.logsumexp(TRUE), np.float64),
        (lambda: ag.reshape(i32(1, 2), 2, 1), np.int32),
        (lambda: ag.transpose(i32(1, 2)), np.int32),
        (lambda: ag.getitem(TRUE, 0), np.bool_),
        (lambda: operator("scatter_add")(i32(1, 2), [0, 0], (3,)), np.int32),
        (lambda: ag.concatenate([f32(1), [2.0]]), np.float64),
        (lambda: ag.stack([f32(1), i32(1)]), np.float64),
        (lambda: ag.stack([f32(1)[0], 2.0]), np.float32),
        (lambda: ag.dot(i32(1), i32(2)), np.int32),
        (lambda: ag.einsum("i,i->", i32(1), f32(2)), np.float64),
        (lambda: ag.nll_loss(f32(0, -1), 0), np.float32),
        (lambda: ag.nll_loss(f32(0, -1), [0.5, 0.5]), np.float64),
        (lambda: ag.nll_loss(i32(0, -1), 0), np.float64),
        (lambda: ag.cross_entropy(f32(0, -1), 0), np.float32),
        (lambda: ag.cross_entropy(f32(0, -1), [0.5, 0.5]), np.float64),
        (lambda: ag.cross_entropy(i32(0, -1), 0), np.float64),
        (lambda: ag.mse_loss(i32(1), i32(3)), np.float64),
        (lambda: ag.mse_loss(i32(1), i32(3), reduction="sum"), np.float64),
        (lambda: ag.mse_loss(i32(1), i32(3), reduction="none"), np.float64),
    ],
)
def test_dtypes_are_those_of_the_docstrings(call, dtype):
    assert call().dtype == dtype


@pytest.mark.parametrize("dtype", [int, bool])
def test_a_gradient_ends_at_integers_and_booleans(dtype):
    x = ag.tensor([1.0], requires_grad=True)
    assert not ag.astype(x, dtype).requires_grad
    assert ag.astype(x, np.float16).requires_grad


# --- everything public ----------------------------------------------------------------------------------

ROOMS = (
    "autograd_lab", "autograd_lab.checkpoint", "autograd_lab.checkup", "autograd_lab.counting",
    "autograd_lab.data", "autograd_lab.data.pictures", "autograd_lab.debug", "autograd_lab.func",
    "autograd_lab.gradcheck", "autograd_lab.history", "autograd_lab.nn", "autograd_lab.nn.functional",
    "autograd_lab.nn.init", "autograd_lab.nn.losses", "autograd_lab.ops", "autograd_lab.optim",
    "autograd_lab.planted", "autograd_lab.precision", "autograd_lab.runs", "autograd_lab.scalar",
    "autograd_lab.selfcheck", "autograd_lab.selfcheck.diagnosis", "autograd_lab.selfcheck.exercise",
    "autograd_lab.selfcheck.trial", "autograd_lab.selfcheck.verdict", "autograd_lab.train",
    "autograd_lab.viz",
)  # fmt: skip

# No example of their own, because another one shows them:
EXEMPT = {
    **{f"autograd_lab.nn.{layer}.forward": "the example of its class calls it"
       for layer in ("Dropout", "Linear", "ReLU", "Sequential", "Sigmoid", "Tanh")},
    "autograd_lab.nn.losses.Loss.forward": "the examples of the losses call it",
    **{f"autograd_lab.train.Training.{part}": "the example of its class calls it"
       for part in ("history", "load_state_dict", "run", "state_dict", "step")},
    **{f"autograd_lab.train.Callback.{part}": "the example of its class defines it"
       for part in ("on_epoch", "on_step")},
    **{f"autograd_lab.runs.Run.{part}": "the example of runs.train or of the class calls it"
       for part in ("checkpoint", "create", "model", "save", "training", "weights", "write_curves",
                    "write_metrics", "write_results")},
    **{f"autograd_lab.runs.Saver.{part}": "the example of runs.train calls it"
       for part in ("on_epoch", "on_step", "save")},
    **{f"autograd_lab.precision.Format.{part}": "the example of its class has it"
       for part in ("largest", "smallest", "smallest_normal", "u")},
    "autograd_lab.runs.Saver": "the example of runs.train makes one",
    "autograd_lab.checkpoint.load_checkpoint": "the example of save_checkpoint calls it",
    "autograd_lab.history.History.from_csv": "the example of to_csv calls it",
}  # fmt: skip


def public():
    """Everything that has a public name: functions, classes, and what the classes define themselves."""
    for room in ROOMS:
        module = importlib.import_module(room)
        own = [n for n, v in vars(module).items() if getattr(v, "__module__", "") == room and n[0] != "_"]
        for name in getattr(module, "__all__", own):
            thing = getattr(module, name)
            if not (inspect.isroutine(thing) or inspect.isclass(thing)):
                continue  # a module, which has its own turn, or data
            yield f"{room}.{name}", thing
            for part, value in vars(thing).items() if inspect.isclass(thing) else ():
                value = getattr(value, "fget", getattr(value, "__func__", value))
                if part[0] != "_" and callable(value):
                    yield f"{room}.{name}.{part}", value


PUBLIC = dict(public())


@pytest.mark.parametrize("path", PUBLIC)
def test_everything_public_has_a_docstring_with_an_example(path):
    doc = PUBLIC[path].__doc__ or ""
    if path in EXEMPT:
        assert ">>> " not in doc, f"{path} has an example now and is no exception any more"
    else:
        assert ">>> " in doc, f"{path} needs an example"
    assert doc.strip(), f"{path} needs a docstring"


def test_the_list_of_exceptions_is_up_to_date():
    assert set(EXEMPT) <= set(PUBLIC)


def test_nothing_public_is_overlooked():
    """The walk above reaches methods, properties and operators, and the classes of each room."""
    classes = [v for room in (nn, optim) for v in vars(room).values() if inspect.isclass(v)]
    walked = set(PUBLIC.values())
    assert {c for c in classes if issubclass(c, nn.Module | optim.Optimizer)} <= walked
    assert {ag.Tensor.backward, ag.Tensor.T.fget, ag.mul, nn.Module.train, optim.Optimizer.step} <= walked
