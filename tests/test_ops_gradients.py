"""Every operator: values against NumPy, gradients against central differences and the complex step."""

import functools
import inspect
from collections import Counter, defaultdict

import numpy as np
import pytest
from gradient_checks import assert_close, check_gradients, cotangent, run
from op_cases import CASES, COUNTS

import autograd_lab as ag
from autograd_lab import Tensor
from autograd_lab.ops import PRIMITIVES

every_case = pytest.mark.parametrize("case", CASES, ids=str)


def test_the_table_covers_every_operator():
    assert set(COUNTS) == set(PRIMITIVES)
    assert min(COUNTS.values()) >= 3


def test_the_rows_of_the_table_have_different_names():
    assert [name for name, n in Counter(map(str, CASES)).items() if n > 1] == []


def test_the_table_differentiates_every_input_that_has_a_vjp():
    reached, existing = defaultdict(set), {}
    for case in CASES:
        # What the formula itself returns, needed or not, seen by an operator that listens to it.
        formula, heard = PRIMITIVES[case.op].fn, []

        @functools.wraps(formula)
        def listening(*args, formula=formula, heard=heard, **kwargs):
            heard.append(formula(*args, **kwargs))
            return heard[-1]

        out = case.call(ag.primitive(listening), *(Tensor(x, requires_grad=True) for x in case.inputs()))
        reached[case.op] |= {i for i, vjp in enumerate(out.node.vjps) if vjp is not None}
        existing.setdefault(case.op, {i for i, vjp in enumerate(heard[0][1:]) if vjp is not None})
    assert {op: existing[op] - reached[op] for op in existing} == {op: set() for op in existing}


@every_case
def test_gradients(case):
    check_gradients(case)


def fortran(x):
    return np.array(x, order="F")


def mirrored(x):
    flip = (..., *(slice(None, None, -1),) * x.ndim)
    return x[flip].copy()[flip]


def strided(x):
    wide = np.zeros([2 * n for n in x.shape])
    view = wide[(..., *(slice(None, None, 2),) * x.ndim)]
    view[...] = x
    return view


def transposed(x):
    return x.T.copy().T


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


@every_case
def test_memory_layout_does_not_matter(case):
    inputs, u = case.inputs(), cotangent(case)
    expected, leaves = run(case, case.operator(), inputs, u)
    for layout in (fortran, mirrored, strided, transposed, read_only):
        arranged = [layout(x) for x in inputs]
        given = layout(u)
        out, tensors = run(case, case.operator(), arranged, given)
        assert_close(out.data, expected.data, 1e-14, f"{case} {layout.__name__}: value")
        for t, leaf in zip(tensors, leaves, strict=True):
            assert t.grad.flags.writeable
            assert_close(t.grad, leaf.grad, 1e-14, f"{case} {layout.__name__}: gradient")
        assert all(np.array_equal(a, x) for a, x in zip(arranged, inputs, strict=True))
        assert np.array_equal(given, u)


@every_case
def test_float32_stays_float32(case):
    inputs, u = case.inputs(np.float32), cotangent(case).astype(np.float32)
    out, tensors = run(case, case.operator(), inputs, u)
    assert out.dtype == (case.result_dtype or np.float32)
    assert_close(out.data, case.reference(*case.inputs()), 1e-5, f"{case}: float32 value")
    _, precise = run(case, case.operator(), case.inputs(), cotangent(case))
    for t, p in zip(tensors, precise, strict=True):
        assert t.grad.dtype == np.float32
        assert_close(t.grad, p.grad, 2e-5, f"{case}: float32 gradient")


@every_case
def test_results_are_arrays_of_the_right_shape(case):
    out, tensors = run(case, case.operator(), case.inputs(), cotangent(case))
    assert type(out.data) is np.ndarray
    assert out.shape == np.shape(case.reference(*case.inputs())) == out.node.shape
    assert all(type(t.grad) is np.ndarray and t.grad.shape == t.shape for t in tensors)


@every_case
def test_vjps_save_nothing_derived(case):
    """A VJP closes over its inputs, ``out`` and plain numbers: that makes it differentiable again."""
    tensors = [Tensor(x, requires_grad=True) for x in case.inputs()]
    out = case.call(case.operator(), *tensors)
    letters = {*out.node.op.inputs, out.node.op.variadic, "out"}
    constants = [a for a in out.node.inputs if isinstance(a, np.ndarray)]
    allowed = [t.data for t in tensors] + constants

    def inspect_closure(vjp):
        for name, value in inspect.getclosurevars(vjp).nonlocals.items():
            if inspect.isfunction(value):
                inspect_closure(value)
                continue
            arrays = value if isinstance(value, tuple) else (value,)
            for a in arrays:
                if isinstance(a, np.ndarray | np.floating) and a.dtype.kind == "f":
                    assert name in letters, f"{case} saves {name}"
                    assert any(a is b for b in allowed) or (name == "out" and np.array_equal(a, out.data))
                    assert name != "out" or not isinstance(a, np.ndarray) or a is out.data
                assert not isinstance(a, Tensor), f"{case} saves a Tensor: a reference cycle"

    for vjp in out.node.vjps:
        if vjp is not None:
            inspect_closure(vjp)


@every_case
def test_one_input_at_a_time(case):
    """A gradient does not depend on which other inputs ask for one."""
    inputs, u = case.inputs(), cotangent(case)
    _, together = run(case, case.operator(), inputs, u)
    for i in range(len(inputs)):
        alone = [Tensor(x, requires_grad=j == i) for j, x in enumerate(inputs)]
        case.call(case.operator(), *alone).backward(u)
        assert np.array_equal(alone[i].grad, together[i].grad)
        assert all(t.grad is None for j, t in enumerate(alone) if j != i)


BINARY = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "maximum": ag.maximum,
    "minimum": ag.minimum,
}


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("number", [2.0, 3, np.float64(2), np.float32(2), np.int64(2), True], ids=repr)
@pytest.mark.parametrize("order", ["tensor first", "number first"])
def test_numbers_do_not_change_float32(name, number, order):
    x = ag.tensor([1.5, 2.5], dtype=np.float32, requires_grad=True)
    out = BINARY[name](x, number) if order == "tensor first" else BINARY[name](number, x)
    assert isinstance(out, Tensor)
    assert out.dtype == np.float32
    out.sum().backward()
    assert x.grad.dtype == np.float32


@pytest.mark.parametrize("name", ["mean", "var", "logsumexp", "softmax", "sum", "max"])
def test_float32_reductions_to_0d_stay_float32(name):
    x = ag.tensor([1.5, 2.5], dtype=np.float32, requires_grad=True)
    out = getattr(ag, name)(x)
    assert out.dtype == np.float32
    out.sum().backward()
    assert x.grad.dtype == np.float32


def test_a_gradient_returns_through_a_change_of_precision():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x.astype(np.float32)
    assert y.dtype == np.float32
    (y * y).sum().backward()
    assert x.grad.dtype == np.float64
    assert x.grad.tolist() == [2.0, 4.0]


def test_mixed_precision_gives_each_input_its_own_dtype():
    x = ag.tensor([1.0, 2.0], dtype=np.float32, requires_grad=True)
    y = ag.tensor([3.0, 4.0], requires_grad=True)
    z = x * y
    assert z.dtype == np.float64
    z.sum().backward()
    assert (x.grad.dtype, y.grad.dtype) == (np.float32, np.float64)


@pytest.mark.parametrize("op", sorted(set(PRIMITIVES) - {"scatter_add"}))
def test_every_operator_has_a_public_function(op):
    assert callable(getattr(ag, op))
    case = next(c for c in CASES if c.op == op and c.shapes[0] in ((3,), (2, 3), (6,), (1, 3, 1)))
    tensors = [Tensor(x) for x in case.inputs()]
    function = getattr(ag, op)
    if op in ("concatenate", "stack"):
        result = case.call(lambda *xs, **kw: function(xs, **kw), *tensors)
    else:
        result = case.call(function, *tensors)
    assert np.array_equal(result.data, case.call(case.operator(), *tensors).data)


@pytest.mark.parametrize(
    "op", sorted(set(PRIMITIVES) - {"scatter_add", "concatenate", "stack", "einsum", "where"})
)
def test_every_operator_is_a_method(op):
    assert getattr(Tensor, op) is getattr(ag, op)
