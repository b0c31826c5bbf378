"""The scalar engine: right on random expressions, in linear time, at any depth, with no reference cycle."""

import ast
import gc
import inspect
import math
import subprocess
import sys
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lab as ag
from autograd_lab import scalar
from autograd_lab.scalar import Value, order

# --- against the engine on arrays ------------------------------------------------------------------------

# Each keeps numbers finite, so that no example is wasted; all can be written for Value and Tensor alike.
UNARY = {
    "neg": lambda x: -x,
    "tanh": lambda x: x.tanh(),
    "relu": lambda x: x.relu(),
    "exp of tanh": lambda x: x.tanh().exp(),
    "log": lambda x: (x * x + 1.0).log(),
    "square": lambda x: x.tanh() ** 2,
    "power": lambda x: (x * x + 0.5) ** -0.7,
    "minus from number": lambda x: 1.5 - x,
    "number over": lambda x: 2.0 / (x * x + 1.0),
    "over number": lambda x: x / -3.0,
    "number plus": lambda x: 0.25 + x,
    "number times": lambda x: -0.5 * x,
}
BINARY = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x.tanh() * y,
    "div": lambda x, y: x / (y * y + 1.0),
}
steps = st.lists(
    st.tuples(st.sampled_from([*UNARY, *BINARY]), st.integers(0, 99), st.integers(0, 99)),
    min_size=1,
    max_size=25,
)
numbers = st.lists(st.floats(-2, 2).filter(lambda x: abs(x) > 1e-3), min_size=1, max_size=4)


def build(leaves, program):
    """A straight program over values that are picked by number, so that sharing is common."""
    values = list(leaves)
    for name, i, j in program:
        x, y = values[i % len(values)], values[j % len(values)]
        values.append(UNARY[name](x) if name in UNARY else BINARY[name](x, y))
    return values[-1]


@given(numbers, steps)
def test_random_expressions_agree_with_the_engine_on_arrays(data, program):
    mine = [Value(x) for x in data]
    theirs = [ag.tensor(x, requires_grad=True) for x in data]
    out, aim = build(mine, program), build(theirs, program)
    assert math.isclose(out.data, aim.item(), rel_tol=1e-9, abs_tol=1e-12)
    out.backward()
    aim.backward()
    for x, y in zip(mine, theirs, strict=True):
        expected = 0.0 if y.grad is None else float(y.grad)
        assert math.isclose(x.grad, expected, rel_tol=1e-8, abs_tol=1e-10)


@pytest.mark.parametrize("n", [-2, -1, 0, 1, 2, 3, 0.5, -1.5])
def test_powers(n):
    x, y = Value(1.7), ag.tensor(1.7, requires_grad=True)
    (x**n).backward()
    (y**n).backward()
    assert math.isclose(x.grad, float(y.grad), rel_tol=1e-12)


def test_edges_of_domains():
    zero = Value(0.0)
    (zero.relu() + zero**0 + zero**1).backward()
    assert zero.grad == 1.0
    for call in (lambda: Value(0.0).log(), lambda: Value(-8.0) ** (1 / 3), lambda: Value(0.0) ** -1):
        with pytest.raises(ValueError, match=r"domain|math|positive"):
            call()
    with pytest.raises(OverflowError):
        Value(1000.0).exp()
    with pytest.raises(ZeroDivisionError):
        Value(1.0) / 0


# --- adding up ------------------------------------------------------------------------------------------


def test_both_uses_of_a_product_count():
    x = Value(3.0)
    (x * x).backward()
    assert x.grad == 6.0


def test_thirty_diamonds():
    x = y = Value(1.0)
    for _ in range(30):
        y = y + y
    y.backward()
    assert x.grad == 2**30
    assert len(order(y)) == 31


def test_gradients_accumulate_over_calls_and_nothing_counts_twice():
    x = Value(2.0)
    y = x * x
    z = y * y
    z.backward()
    z.backward()
    assert (x.grad, y.grad, z.grad) == (64.0, 16.0, 2.0)


def test_order_puts_every_value_before_its_inputs():
    x = Value(2.0)
    y = x * 3 + x
    nodes = order(y, x * x)
    place = {v: i for i, v in enumerate(nodes)}
    assert all(place[v] < place[u] for v in nodes for u, _ in v.edges)
    assert len(nodes) == len(place) == 4


def test_constants_are_no_nodes():
    x = Value(2.0)
    assert [len(y.edges) for y in (x + 1, 1 + x, x * 2, 2 * x, x - 1, 1 - x, x / 2, 2 / x, x**2)] == [1] * 9
    assert [y.data for y in (1 - x, 2 / x, x - 1, x / 2)] == [-1.0, 1.0, 1.0, 1.0]


# --- depth and memory -----------------------------------------------------------------------------------


def test_a_chain_of_a_hundred_thousand():
    x = y = Value(1.0)
    for _ in range(100_000):
        y = y + 1.0
    y.backward()
    assert (x.grad, y.data) == (1.0, 100_001.0)
    del y  # and nothing overflows when it is taken apart


def test_no_reference_cycle():
    gc.collect()
    gc.disable()
    try:
        x = Value(2.0)
        y = (x * x).tanh() + x / 3 - (1 - x) ** 2
        y.backward()
        alive = [weakref.ref(v) for v in order(y)]
        del y
        assert [ref() for ref in alive if ref() is not None] == [x]
    finally:
        gc.enable()


# --- what it is made of ---------------------------------------------------------------------------------


def test_it_takes_numbers_of_any_kind_and_nothing_else():
    x = Value(2)
    assert (np.float64(3) * x).data == (x * np.float32(3)).data == (x * np.int64(3)).data == 6.0
    assert type((x * np.float32(3)).data) is float
    for wrong in ("3", None, 1j, [1.0], np.ones(2)):
        with pytest.raises(TypeError):
            x + wrong
        with pytest.raises(TypeError):
            Value(wrong)
    with pytest.raises(TypeError):
        x**x


def test_repr():
    x = Value(1 / 3)
    assert repr(x) == "Value(0.3333)"
    (x * 2).backward()
    assert repr(x) == "Value(0.3333, grad=2)"


def test_no_numpy_and_no_other_room():
    tree = ast.parse(inspect.getsource(scalar))
    imports = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imports <= {"__future__", *sys.stdlib_module_names}
    code = (
        f"{inspect.getsource(scalar)}\nimport sys\nassert 'numpy' not in sys.modules\nprint(Value(2.0) * 3)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout == "Value(6)\n", run.stderr


def test_it_has_sixty_lines_of_code():
    """Docstrings, comments and blank lines aside: the chapter's title says so."""
    tree = ast.parse(inspect.getsource(scalar))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:]
    assert len([line for line in ast.unparse(tree).splitlines() if line.strip()]) <= 60
