"""The rules of the engine, one by one. Each test is named after the rule that it holds the engine to."""

import asyncio
import contextvars
import functools
import gc
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest

import autograd_lab as ag
from autograd_lab import Tensor
from autograd_lab.graph import Node, topological_order


def leaf(data, **kwargs):
    return ag.tensor(data, requires_grad=True, **kwargs)


# --- rule 1: no recursion anywhere, ids in descending order ---------------------------------------------

MILLION = """
import autograd_lab as ag
x = ag.tensor(1.0, requires_grad=True)
y = x
for _ in range(1_000_000):
    y = y + 1.0
assert y.item() == 1_000_001.0
y.backward()
assert x.grad == 1.0, x.grad
del y
print("survived")
"""


def test_rule_1_a_chain_of_a_million_nodes_forward_backward_and_out_of_memory():
    """In a process of its own: a stack overflow would take the whole test run along."""
    done = subprocess.run([sys.executable, "-c", MILLION], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "survived"), done.stderr[-2000:]


def test_rule_1_a_deep_chain_dropped_without_a_backward_pass():
    x = leaf(1.0)
    y = x
    for _ in range(50_000):
        y = y * 1.0
    node_count = len(topological_order(y.node))
    del y
    assert node_count == 50_001


def test_rule_1_a_deep_graph_can_be_differentiated_twice():
    x = leaf(1.0)
    y = x
    for _ in range(3_000):
        y = y * x
    (first,) = ag.grad(y, x, create_graph=True)
    (second,) = ag.grad(first, x)
    assert first.item() == 3001
    assert second.item() == 3001 * 3000


def test_rule_1_ids_grow_with_creation_and_backward_visits_them_in_descending_order():
    x, y = leaf(1.0), leaf(2.0)
    z = ag.exp(x * y) + y
    order = topological_order(z.node)
    ids = [node.id for node in order]
    assert ids == sorted(ids, reverse=True)
    assert [node.op.name if node.op else "leaf" for node in order] == ["add", "exp", "mul", "leaf", "leaf"]


def test_rule_1_a_later_leaf_in_an_earlier_place_does_not_disturb_the_order():
    x = leaf(2.0)
    y = x * x
    late = leaf(3.0)
    (y * late + x * late).backward()
    assert x.grad == 2 * 2 * 3 + 3
    assert late.grad == 4 + 2


# --- rule 2: diamonds ------------------------------------------------------------------------------------


def counting(calls):
    @ag.primitive
    def twice(x):
        def vjp(g):
            calls.append(1)
            return 2 * g

        return 2 * x, vjp

    return twice


def test_rule_2_thirty_diamonds_give_2_to_the_30_in_linear_time():
    calls = []
    twice = counting(calls)
    x = leaf(1.0)
    y = x
    for _ in range(30):
        half = twice(y) * 0.5
        y = half + half
    assert len(topological_order(y.node)) == 1 + 3 * 30
    y.backward()
    assert y.item() == x.grad == 2**30
    assert len(calls) == 30


def test_rule_2_eighteen_diamonds_give_262144():
    x = leaf(1.0)
    y = x
    for _ in range(18):
        y = y + y
    y.backward()
    assert x.grad == 262_144


def test_rule_2_both_uses_in_x_times_x_count():
    x = leaf(3.0)
    (x * x).backward()
    assert x.grad == 6.0


def test_rule_2_b_is_a_plus_a_c_is_b_plus_b():
    a = leaf(1.0)
    b = a + a
    c = b + b
    b.retain_grad()
    c.backward()
    assert (a.grad, b.grad) == (4.0, 2.0)


def test_rule_2_one_input_three_times_in_one_operator():
    x = leaf([1.0, 2.0])
    ag.concatenate([x, x, x]).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    y = leaf([1.0, 2.0])
    ag.einsum("i,i,i->", y, y, y).backward()
    assert y.grad.tolist() == [3.0, 12.0]


def test_rule_2_paths_of_different_length_meet():
    x = leaf(2.0)
    a = x * 3
    b = ag.exp(a * 0)
    (a * b + x).backward()
    assert x.grad == 3.0 + 1.0


# --- rule 3: accumulation, and whose array is whose ------------------------------------------------------


def test_rule_3_grad_accumulates_over_calls():
    x = leaf([1.0, 2.0])
    for times in (1, 2, 3):
        (x * x).sum().backward()
        assert x.grad.tolist() == [2.0 * times, 4.0 * times]
    x.grad = None
    x.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_rule_3_accumulation_does_not_change_an_array_that_was_handed_out():
    x = leaf([1.0, 2.0])
    x.sum().backward()
    first = x.grad
    x.sum().backward()
    assert first.tolist() == [1.0, 1.0]
    mine = np.array([5.0, 5.0])
    x.grad = mine
    x.sum().backward()
    assert mine.tolist() == [5.0, 5.0]
    assert x.grad.tolist() == [6.0, 6.0]


def test_rule_3_two_leaves_never_share_one_array():
    """With a shared array, weight decay on one parameter reaches the other: 1.3 instead of 1.1."""
    a, b = leaf(1.0), leaf(2.0)
    (a + b).backward()
    assert not np.shares_memory(a.grad, b.grad)
    a.grad += 0.1 * a.data
    b.grad += 0.1 * b.data
    assert (a.grad, b.grad) == (pytest.approx(1.1), pytest.approx(1.2))


@pytest.mark.parametrize(
    "fn",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a.reshape(2, 2) + b.T,
        lambda a, b: ag.concatenate([a, b]),
        lambda a, b: ag.stack([a, b]),
        lambda a, b: ag.where(np.array(True), a, b),
        lambda a, b: (a + b) + (a + b),
        lambda a, b: ag.broadcast_to(a, (2, 2)) + b.astype(np.float64),
        lambda a, b: ag.einsum("ij->ij", a) + ag.einsum("ij->ji", b),
    ],
)
@pytest.mark.parametrize("retain_graph", [False, True])
def test_rule_3_borrowed_cotangents_stay_unharmed(fn, retain_graph):
    """Operators that pass their cotangent on as it is: each leaf still gets an array of its own."""
    a, b = leaf(np.ones((2, 2))), leaf(np.ones((2, 2)))
    out = fn(a, b)
    out.retain_grad()
    u = np.arange(1.0, out.size + 1).reshape(out.shape)
    kept = u.copy()
    out.backward(u, retain_graph=retain_graph)
    arrays = [a.grad, b.grad, out.grad, u, a.data, b.data, out.data]
    for i, g in enumerate(arrays[:3]):
        assert g.flags.writeable
        assert not any(np.shares_memory(g, other) for j, other in enumerate(arrays) if j != i)
    a.grad += 100
    b.grad *= 7
    assert np.array_equal(u, kept)
    assert np.array_equal(out.grad, kept)


def test_rule_3_a_callers_gradient_is_never_changed():
    u = np.array([1.0, 2.0])
    x = leaf([3.0, 4.0])
    y = x + x + x
    y.backward(u)
    assert u.tolist() == [1.0, 2.0]
    assert x.grad.tolist() == [3.0, 6.0]
    (given,) = ag.grad(x + 0.0, x, u)
    given.data[...] = 0
    assert u.tolist() == [1.0, 2.0]
    x.grad = None
    x.backward(u)
    x.grad *= 2
    assert u.tolist() == [1.0, 2.0]


def test_rule_3_a_read_only_gradient_is_accepted_and_does_not_come_back():
    u = np.array([1.0, 2.0])
    u.flags.writeable = False
    x = leaf([3.0, 4.0])
    x.reshape(2, 1).reshape(2).backward(u)
    assert x.grad.flags.writeable


def test_rule_3_what_a_vjp_saved_is_not_handed_out_or_added_to():
    saved = np.array([1.0, 2.0])

    @ag.primitive
    def dot_with_saved(x):
        return np.dot(x, saved), lambda g: saved

    x = leaf([3.0, 4.0])
    (dot_with_saved(x) + dot_with_saved(x)).backward()
    assert saved.tolist() == [1.0, 2.0]
    assert x.grad.tolist() == [2.0, 4.0]
    assert not np.shares_memory(x.grad, saved)


def test_rule_3_many_uses_add_up_without_touching_what_is_saved():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    y = x * w
    total = y + y * 2.0 + y.sum() + (y * y).sum()
    total.sum().backward()
    by_hand = np.array([3.0, 8.0])
    expected = 1 + 2 + 2 + 2 * 2 * by_hand
    assert x.grad == pytest.approx(expected * w.data)
    assert w.grad == pytest.approx(expected * x.data)
    assert x.data.tolist() == [1.0, 2.0]
    assert w.data.tolist() == [3.0, 4.0]


def test_rule_3_data_are_copied_on_the_way_in():
    source = np.array([1.0, 2.0])
    x = Tensor(source, requires_grad=True)
    source[0] = 99.0
    assert x.data.tolist() == [1.0, 2.0]
    y = Tensor(x)
    y.data[0] = 5.0
    assert x.data.tolist() == [1.0, 2.0]


# --- rule 4: dtypes, and 0-d results ---------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_rule_4_a_whole_expression_keeps_its_precision(dtype):
    x = leaf(np.array([[0.5, 1.5], [2.5, 0.25]]), dtype=dtype)
    h = ag.relu(x @ x * 2.0 + np.float64(0.5)) / np.float32(3) - 1
    loss = ag.logsumexp(h, axis=1).mean() * np.float64(2) + h.var() ** 2
    assert (h.dtype, loss.dtype) == (dtype, dtype)
    loss.backward()
    assert x.grad.dtype == dtype


@pytest.mark.parametrize("number", [2.0, 2, np.float64(2), np.float32(2), np.int64(2), True])
def test_rule_4_python_and_numpy_numbers_leave_float32_alone(number):
    x = leaf([1.0, 2.0], dtype=np.float32)
    for y in (x * number, number * x, x + number, number - x, x / number, number / x, x**number, number**x):
        assert isinstance(y, Tensor)
        assert y.dtype == np.float32
        y.sum().backward()
        assert x.grad.dtype == np.float32


def test_rule_4_zero_dimensional_results_are_arrays():
    x = leaf([1.0, 2.0, 3.0], dtype=np.float32)
    s = leaf(2.0, dtype=np.float32)
    for y in (x.sum(), x.mean(), x.max(), x.var(), x.logsumexp(), x @ x, ag.dot(x, x), x[0], s * s, ag.exp(s),
              -s, s**2, s / 3, ag.relu(s), ag.sigmoid(s), x.sum(keepdims=True).squeeze()):  # fmt: skip
        assert type(y.data) is np.ndarray
        assert (y.shape, y.dtype) == ((), np.float32)
        y.backward()
        assert all(
            t.grad is None or (type(t.grad) is np.ndarray and t.grad.dtype == np.float32) for t in (x, s)
        )


def test_rule_4_integers_with_requires_grad_raise_and_say_what_to_write():
    for data in ([1, 2], 3, True, np.int8([1])):
        with pytest.raises(
            TypeError, match=r"requires_grad=True needs floating-point.*Write 1\.0 instead of 1"
        ):
            ag.tensor(data, requires_grad=True)
    assert ag.tensor([1, 2], requires_grad=True, dtype=float).dtype == np.float64
    t = ag.tensor([1, 2])
    with pytest.raises(TypeError, match="int64"):
        t.requires_grad_()
    assert not t.requires_grad


def test_rule_4_a_change_to_integers_carries_no_gradient():
    x = leaf([1.5, 2.5])
    y = x.astype(int)
    assert y.dtype == np.int64
    assert not y.requires_grad


# --- rule 5: roots, freeing, and the structure that stays -------------------------------------------------


def test_rule_5_a_root_with_several_entries_needs_a_gradient():
    x = leaf([1.0, 2.0])
    y = x * 2
    with pytest.raises(RuntimeError, match=r"shape \(2,\).*sum\(\).*gradient="):
        y.backward()
    assert x.grad is None
    y.backward(np.array([1.0, 10.0]))
    assert x.grad.tolist() == [2.0, 20.0]


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_rule_5_a_root_with_one_entry_needs_none(shape):
    x = leaf(np.full(shape, 3.0))
    (x * x).backward()
    assert x.grad == np.full(shape, 6.0)


def test_rule_5_a_gradient_may_be_a_tensor_a_list_or_of_another_precision():
    for gradient in (Tensor([1.0, 10.0]), [1.0, 10.0], [1, 10], np.float32([1, 10])):
        x = leaf([1.0, 2.0])
        (x * 2).backward(gradient)
        assert x.grad.dtype == np.float64
        assert x.grad.tolist() == [2.0, 20.0]


def test_rule_5_a_second_backward_names_retain_graph():
    x = leaf(2.0)
    y = x * x
    y.backward()
    with pytest.raises(RuntimeError, match=r"mul.*retain_graph=True"):
        y.backward()
    assert x.grad == 4.0


def test_rule_5_retain_graph_allows_another():
    x = leaf(2.0)
    y = ag.exp(x) * x
    y.backward(retain_graph=True)
    once = x.grad.copy()
    y.backward()
    assert x.grad == 2 * once


def test_rule_5_a_freed_part_under_a_new_root_raises_before_anything_changes():
    x, w = leaf(2.0), leaf(3.0)
    shared = x * x
    shared.backward()
    before = x.grad.copy()
    fresh = w * w
    with pytest.raises(RuntimeError, match="retain_graph"):
        (fresh + shared).backward()
    assert w.grad is None
    assert x.grad == before
    fresh.backward()  # the part that was not freed has stayed whole
    assert w.grad == 6.0


def test_rule_5_backward_frees_what_was_saved():
    x = leaf(np.ones(1000))
    y = ag.exp(x)
    saved = weakref.ref(y.data)
    loss = y.sum()
    del y
    assert saved() is not None
    loss.backward()
    assert saved() is None


def test_rule_5_the_structure_outlives_the_saved_arrays():
    x, w = leaf([1.0, 2.0], name="x"), leaf([3.0, 4.0], name="w")
    loss = ag.relu(x * w).sum(axis=0)
    loss.backward()
    found, stack = [], [loss.node]
    while stack:
        node = stack.pop()
        found.append(node.op.name if node.op else node.name)
        stack += [parent for parent in node.inputs if isinstance(parent, Node)]
    assert sorted(found) == ["mul", "relu", "sum", "w", "x"]
    assert loss.node.kwargs == {"axis": 0}
    assert loss.node.inputs[0].shape == (2,)


def test_rule_5_a_leaf_may_be_the_root():
    x = leaf(2.0)
    x.backward()
    x.backward()
    assert x.grad == 2.0


def test_rule_5_a_constant_root_says_why():
    with pytest.raises(RuntimeError, match=r"requires_grad=True.*no_grad\(\)"):
        ag.tensor(1.0).backward()


# --- rule 6: nothing that is not needed ------------------------------------------------------------------


def test_rule_6_an_unneeded_vjp_is_neither_stored_nor_called():
    big = [np.ones(10)]
    watch = weakref.ref(big[0])

    @ag.primitive
    def product(x, y):
        only_for_y = big.pop()

        def vjp_y(g):
            raise AssertionError(f"called, though y needs no gradient {only_for_y}")

        return x * y, lambda g: g * y, vjp_y

    x, y = leaf([1.0, 2.0]), ag.tensor([3.0, 4.0])
    out = product(x, y)
    assert out.node.vjps[1] is None
    assert watch() is None, "what only the unneeded VJP saves is kept alive"
    out.sum().backward()
    assert x.grad.tolist() == [3.0, 4.0]


def test_rule_6_an_input_batch_gets_no_vjp():
    X, W = ag.tensor(np.ones((5, 3))), leaf(np.ones((3, 2)))
    out = X @ W
    assert [vjp is not None for vjp in out.node.vjps] == [False, True]


def test_rule_6_no_graph_without_a_leaf_and_none_inside_no_grad():
    x = leaf([1.0, 2.0])
    assert (ag.tensor([1.0]) * 2).node is None
    with ag.no_grad():
        y = ag.exp(x * x)
    assert (y.node, y.requires_grad) == (None, False)


def test_rule_6_grad_walks_only_the_paths_to_its_inputs():
    @ag.primitive
    def forbidden(x):
        def vjp(g):
            raise AssertionError("not on a path to the input")

        return x * 1, vjp

    x, w = leaf(2.0), leaf(3.0)
    (g,) = ag.grad(x * x + forbidden(w), x)
    assert g.item() == 4.0


def test_rule_6_an_unused_branch_is_not_visited():
    calls = []
    x = leaf(1.0)
    counting(calls)(x)
    (x * 3).backward()
    assert not calls


# --- rule 7: no reference cycle --------------------------------------------------------------------------


@pytest.fixture
def collector_off():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def training_step(parameters, X, t):
    W1, b1, W2 = parameters
    h = ag.relu(X @ W1 + b1)
    loss = ag.cross_entropy(h @ W2, t) + 0.01 * (W1 * W1).mean()
    for p in parameters:
        p.grad = None
    loss.backward()
    for p in parameters:
        p.data -= 0.1 * p.grad
    return h, loss


def test_rule_7_a_thousand_steps_with_the_collector_off_do_not_grow(collector_off):
    rng = np.random.default_rng(0)
    parameters = [leaf(rng.normal(size=s)) for s in ((4, 8), (8,), (8, 3))]
    X, t = ag.tensor(rng.normal(size=(6, 4))), np.array([0, 1, 2, 0, 1, 2])
    for _ in range(20):
        training_step(parameters, X, t)
    before = len(gc.get_objects())
    for _ in range(1000):
        training_step(parameters, X, t)
    assert len(gc.get_objects()) - before < 50


def test_rule_7_each_step_dies_with_its_last_name(collector_off):
    parameters = [leaf(np.ones(s)) for s in ((4, 8), (8,), (8, 3))]
    h, loss = training_step(parameters, ag.tensor(np.ones((6, 4))), np.zeros(6, dtype=int))
    watched = [weakref.ref(h), weakref.ref(loss), weakref.ref(h.data)]
    del h, loss
    assert [ref() for ref in watched] == [None, None, None]


@pytest.mark.parametrize(
    "forget",
    [
        lambda x: (x * x).sum(),  # never differentiated
        lambda x: ag.softmax(x).sum().backward(retain_graph=True),
        lambda x: ag.grad(ag.grad(ag.exp(x).sum(), x, create_graph=True)[0].sum(), x),
        lambda x: [
            ag.relu(x).sum(),
            ag.tanh(x).max(),
            ag.logsumexp(x),
            x @ x,
            ag.einsum("i,i->", x, x),
            x[[0, 0]],
        ],
    ],
)
def test_rule_7_no_graph_waits_for_the_collector(forget, collector_off):
    x = leaf(np.ones(5))
    forget(x)
    x.grad = None
    before = sum(type(o) in (Node, Tensor) for o in gc.get_objects())
    for _ in range(10):
        forget(x)
    x.grad = None
    assert sum(type(o) in (Node, Tensor) for o in gc.get_objects()) == before


# --- rule 8: kinks and edges -----------------------------------------------------------------------------


def gradient(fn, data):
    x = leaf(data)
    with np.errstate(all="ignore"):
        out = fn(x)
        out.backward(np.ones(out.shape))
    return x.grad.tolist()


def test_rule_8_relu_has_slope_0_at_0():
    assert gradient(ag.relu, [-1.0, -0.0, 0.0, 1.0]) == [0.0, 0.0, 0.0, 1.0]


def test_rule_8_abs_has_slope_0_at_0():
    assert gradient(ag.abs, [-1.0, -0.0, 0.0, 1.0]) == [-1.0, 0.0, 0.0, 1.0]


def test_rule_8_ties_in_max_and_min_share():
    assert gradient(ag.max, [1.0, 3.0, 3.0]) == [0.0, 0.5, 0.5]
    assert gradient(ag.min, [1.0, 1.0, 1.0, 2.0]) == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0.0])
    assert gradient(lambda x: x.max(axis=0), [[1.0, 2.0], [1.0, 0.0]]) == [[0.5, 1.0], [0.5, 0.0]]
    assert gradient(lambda x: x.max(axis=(0, 1), keepdims=True), [[2.0, 2.0], [1.0, 2.0]]) == pytest.approx(
        np.array([[1, 1], [0, 1]]) / 3
    )


def test_rule_8_ties_in_maximum_and_minimum_share():
    for fn in (ag.maximum, ag.minimum):
        assert gradient(lambda x, f=fn: f(x, 1.0), [1.0]) == [0.5]
        assert gradient(lambda x, f=fn: f(x, x), [1.0]) == [1.0]


def test_rule_8_clip_passes_its_bounds():
    assert gradient(lambda x: ag.clip(x, 0.0, 1.0), [-0.1, 0.0, 0.5, 1.0, 1.1]) == [0.0, 1.0, 1.0, 1.0, 0.0]


def test_rule_8_powers_at_zero():
    assert gradient(lambda x: x**0, [0.0, 2.0]) == [0.0, 0.0]
    assert gradient(lambda x: x**0.0, [0.0, 2.0]) == [0.0, 0.0]
    assert gradient(lambda x: x**1, [0.0]) == [1.0]
    assert gradient(lambda x: x**2, [0.0]) == [0.0]
    assert gradient(lambda x: x**0.5, [0.0]) == [np.inf]
    assert gradient(lambda y: ag.pow(0.0, y), [0.0, 1.0, 2.0]) == [0.0, 0.0, 0.0]
    x, y = leaf([0.0, 0.0]), leaf([0.0, 2.0])
    (x**y).sum().backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([0.0, 0.0], [0.0, 0.0])


def test_rule_8_powers_of_a_negative_base():
    assert gradient(lambda x: x**2, [-3.0]) == [-6.0]
    assert gradient(lambda x: x**3.0, [-2.0]) == [12.0]
    assert gradient(lambda x: x**-1, [-2.0]) == [-0.25]
    assert np.isnan(gradient(lambda x: x**0.5, [-1.0])[0])
    assert np.isnan(gradient(lambda y: ag.pow(-2.0, y), [2.0])[0])  # a real exponent can't move


def test_rule_8_log_and_sqrt_at_zero_and_below():
    assert gradient(ag.log, [0.0]) == [np.inf]
    assert gradient(ag.sqrt, [0.0]) == [np.inf]
    with np.errstate(all="ignore"):
        assert ag.log(leaf([0.0])).data.tolist() == [-np.inf]
        assert np.isnan(ag.log(leaf([-1.0])).data).all()
        assert np.isnan(ag.sqrt(leaf([-1.0])).data).all()
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        ag.log(leaf([0.0]))


def test_rule_8_nan_and_infinity_pass_through():
    x = leaf([np.nan, np.inf, 1.0])
    y = x * 2
    assert np.array_equal(y.data, [np.nan, np.inf, 2.0], equal_nan=True)
    y.backward(np.ones(3))
    assert x.grad.tolist() == [2.0, 2.0, 2.0]
    assert np.isnan(gradient(lambda x: x * x, [np.nan])[0])


def test_rule_8_a_large_score_overflows_nothing():
    assert gradient(ag.logsumexp, [1000.0, 1000.0]) == pytest.approx([0.5, 0.5])
    assert gradient(lambda x: ag.softmax(x).sum(), [1e4, -1e4]) == [0.0, 0.0]
    assert gradient(lambda x: ag.log_softmax(x)[0], [-1e4, 1e4]) == [1.0, -1.0]
    assert gradient(ag.sigmoid, [-1e4, 1e4]) == [0.0, 0.0]
    with np.errstate(divide="ignore"):
        assert ag.logsumexp(leaf([-np.inf, -np.inf])).item() == -np.inf


def test_rule_8_a_confidently_wrong_cross_entropy_still_has_a_gradient():
    """A loss that clips its probabilities at 1e-15 would have gradient 0 here."""
    x = leaf([[800.0, 0.0]])
    loss = ag.cross_entropy(x, [1])
    loss.backward()
    assert loss.item() == 800.0
    assert x.grad.tolist() == [[1.0, -1.0]]


def test_rule_8_empty_arrays():
    x = leaf(np.zeros((0, 3)))
    for y in (x.sum(), x.sum(axis=0).sum(), ag.exp(x).sum(), (x @ np.ones((3, 2))).sum(), x[:, 0].sum(),
              ag.concatenate([x, x]).sum(), ag.softmax(x).sum(), x.max(axis=1).sum(), x.reshape(3, 0).sum(),
              ag.cross_entropy(x, np.zeros(0, dtype=int), reduction="sum")):  # fmt: skip
        x.grad = None
        y.backward()
        assert (y.item(), x.grad.shape) == (0.0, (0, 3))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    "fn",
    [
        lambda x: ag.mean(x),
        lambda x: ag.mse_loss(x, np.zeros((0, 3))),
        lambda x: ag.var(x),
        lambda x: ag.cross_entropy(x, np.zeros(0, dtype=int)),
    ],
)
def test_rule_8_a_mean_of_nothing_is_nan_as_in_numpy(fn):
    x = leaf(np.zeros((0, 3)))
    y = fn(x)
    assert np.isnan(y.item())
    y.backward()
    assert x.grad.shape == (0, 3)


def test_rule_8_the_largest_of_nothing_raises():
    with pytest.raises(ValueError, match=r"max\(float64 array of shape \(0,\)\)"):
        leaf(np.zeros(0)).max()


def test_rule_8_views_and_read_only_inputs():
    base = np.arange(12.0).reshape(3, 4)
    base.flags.writeable = False
    for view in (base, base.T, base[::-1, ::-2], base[:, 1], np.broadcast_to(base[0], (2, 4))):
        x = leaf(view)
        (x * x).sum().backward()
        assert np.array_equal(x.grad, 2 * view)
        x.grad += 1.0
        x.data[...] = 0.0
    assert base[1, 1] == 5.0


def test_rule_8_indexing_adds_what_is_taken_twice():
    assert gradient(lambda x: x[[0, 0, 2]], [1.0, 2.0, 3.0]) == [2.0, 0.0, 1.0]
    assert gradient(lambda x: x[np.array([True, False, True])], [1.0, 2.0, 3.0]) == [1.0, 0.0, 1.0]
    assert gradient(lambda x: x[Tensor([1, 1])], [1.0, 2.0]) == [0.0, 2.0]
    assert gradient(lambda x: x[::-1][0], [1.0, 2.0]) == [0.0, 1.0]
    assert gradient(lambda x: x[[]], [1.0, 2.0]) == [0.0, 0.0]


# --- rule 9: in place, equality, hash --------------------------------------------------------------------


def add_to(x):
    x += 1.0


def subtract_from(x):
    x -= 1.0


def multiply_by(x):
    x *= 2.0


def divide_by(x):
    x /= 2.0


def set_item(x):
    x[0] = 1.0


IN_PLACE = [add_to, subtract_from, multiply_by, divide_by, set_item]


@pytest.mark.parametrize("change", IN_PLACE)
@pytest.mark.parametrize("make", [leaf, lambda d: leaf(d) * 1.0], ids=["leaf", "computed"])
def test_rule_9_in_place_changes_raise_with_the_reason_and_the_alternative(change, make):
    x = make([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"gradients wrong.*Write .*no_grad\(\)"):
        change(x)
    assert x.data.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("change", IN_PLACE)
def test_rule_9_leaves_may_be_updated_inside_no_grad(change):
    x = leaf([1.0, 2.0])
    array, before = x.data, x.data.copy()
    with ag.no_grad():
        change(x)
    assert x.data is array
    assert x.requires_grad
    assert change is set_item or not np.array_equal(x.data, before)


@pytest.mark.parametrize("change", IN_PLACE)
def test_rule_9_computed_tensors_may_not_even_there(change):
    x = leaf([1.0, 2.0]) * 1.0
    with ag.no_grad(), pytest.raises(RuntimeError, match="gradients wrong"):
        change(x)


@pytest.mark.parametrize("change", IN_PLACE)
def test_rule_9_constants_may_be_changed(change):
    x = ag.tensor([3.0, 2.0])
    change(x)
    assert x.data[0] != 3.0


def test_rule_9_an_update_that_fails_changes_nothing():
    x = ag.tensor([1.0, 2.0])
    for wrong in (np.ones(3), "a", None):
        with pytest.raises((ValueError, TypeError)):
            x += wrong
        with pytest.raises((ValueError, TypeError)):
            x[:] = wrong if wrong is not None else "b"
    with pytest.raises(IndexError):
        x[5] = 1.0
    assert x.data.tolist() == [1.0, 2.0]


def test_rule_9_equality_is_elementwise_and_hash_is_identity():
    x, y = leaf([1.0, 2.0]), leaf([1.0, 3.0])
    assert (x == y).tolist() == [True, False]
    assert (x != y).tolist() == [False, True]
    assert (x == 1.0).tolist() == [True, False]
    assert (x < y).tolist() == [False, True]
    assert (x <= 2.0).tolist() == [True, True]
    assert len({x, y, x}) == 2
    twin = leaf([1.0, 2.0])
    assert hash(twin) != hash(x)
    assert len({x, twin}) == 2


def test_rule_9_the_data_of_a_computed_tensor_can_not_be_replaced():
    x = leaf([1.0, 2.0])
    y = x * 2
    with pytest.raises(RuntimeError, match=r"mul.*Make a new Tensor"):
        y.data = np.zeros(2)
    for wrong in (np.zeros(3), np.zeros(2, dtype=np.float32)):
        with pytest.raises(ValueError, match="Make a new Tensor"):
            x.data = wrong
    x.data -= 1.0
    assert x.data.tolist() == [0.0, 1.0]


# --- rule 11: errors that name the operation, the shapes, the dtypes and the way out --------------------


def test_rule_11_a_layer_given_the_wrong_width():
    x, w = ag.tensor(np.ones((100, 785), np.float32)), leaf(np.ones((784, 300), np.float32))
    with pytest.raises(ValueError, match="matmul") as caught:
        x @ w
    text = str(caught.value)
    for part in ("float32", "(100, 785)", "(784, 300)", "785", "784", "transpose"):
        assert part in text
    assert "gufunc" not in text


@pytest.mark.parametrize(
    ("call", "kind", "parts"),
    [
        (
            lambda x: x + np.ones(4),
            ValueError,
            ["add(", "(2, 3)", "(4,)", "float64", "broadcast", "reshape()"],
        ),
        (
            lambda x: x * ag.tensor([1, 2]),
            ValueError,
            ["mul(", "(2, 3)", "int64 array of shape (2,)", "expand_dims"],
        ),
        (lambda x: x @ np.ones((2, 3)), ValueError, ["matmul(", "length 3", "length 2", ".T"]),
        (lambda x: x @ 2.0, (ValueError, TypeError), ["matmul(", "2.0", "write *"]),
        (lambda x: x.sum(axis=2), IndexError, ["sum(", "(2, 3)", "axis=2", "no axis 2", "0 to 1"]),
        (lambda x: x.mean(axis=-3), IndexError, ["mean(", "axis=-3", "no axis -3", "0 to 1"]),
        (lambda x: x.sum().max(axis=1), IndexError, ["max(", "axis 1", "single number"]),
        (lambda x: x.reshape(4, 2), ValueError, ["reshape(", "(2, 3)", "4", "2"]),
        (lambda x: x.transpose(0, 0), ValueError, ["transpose(", "(2, 3)"]),
        (lambda x: x.transpose(0, 2), IndexError, ["transpose(", "no axis 2"]),
        (lambda x: x.sum().transpose(0), (ValueError, IndexError), ["transpose(", "shape ()"]),
        (lambda x: x[5], IndexError, ["getitem(", "(2, 3)", "5", "size 2"]),
        (lambda x: x["a"], IndexError, ["getitem(", "'a'"]),
        (lambda x: x[0, 0, 0], IndexError, ["getitem(", "too many indices"]),
        (
            lambda x: ag.concatenate([x, np.ones((2, 2))]),
            ValueError,
            ["concatenate(", "(2, 3)", "(2, 2)", "axis=0"],
        ),
        (lambda x: ag.stack([x, x[0]]), ValueError, ["stack(", "(2, 3)", "(3,)"]),
        (lambda x: ag.einsum("ij,jk->ik", x), ValueError, ["einsum(", "2 inputs", "1 were given"]),
        (lambda x: ag.einsum("ii->i", x), ValueError, ["einsum(", "'ii'", "not supported"]),
        (lambda x: ag.dot(x, x), ValueError, ["dot(", "x @ y"]),
        (lambda x: x + "a", TypeError, ["add(", "'a'"]),
        (lambda x: x + None, TypeError, ["add(", "None"]),
        (
            lambda x: ag.where([True, False], x, 0.0),
            ValueError,
            ["where(", "bool array of shape (2,)", "(2, 3)"],
        ),
        (lambda x: x.broadcast_to((4, 3)), ValueError, ["broadcast_to(", "(2, 3)", "(4, 3)"]),
        (lambda x: x.squeeze(0), ValueError, ["squeeze(", "(2, 3)"]),
        (lambda x: x.exp(2), TypeError, ["exp(", "2"]),
        (lambda x: x.sum(dims=0), TypeError, ["sum(", "dims"]),
        (lambda x: x.swapaxes(0, 7), IndexError, ["swapaxes(", "no axis 7"]),
    ],
)
def test_rule_11_errors_name_the_operation_the_shapes_and_the_way_out(call, kind, parts):
    x = leaf(np.ones((2, 3)))
    with pytest.raises(kind) as caught:
        call(x)
    missing = [part for part in parts if part not in str(caught.value)]
    assert not missing, str(caught.value)
    assert x.grad is None


def test_rule_11_a_wrong_vjp_is_named():
    @ag.primitive
    def halves(x):
        return x * 0.5, lambda g: g[:1] * 0.5

    with pytest.raises(ValueError, match=r"(?s)\(3,\).*\(1,\).*halves"):
        halves(leaf(np.ones(3))).sum().backward()

    @ag.primitive
    def crash(x):
        return x * 1, lambda g: 1 / 0

    x = leaf(np.ones(3))
    with pytest.raises(ZeroDivisionError) as caught:
        crash(x).sum().backward()
    assert any("crash" in note for note in caught.value.__notes__)
    assert x.grad is None


@pytest.mark.parametrize(
    ("call", "name"),
    [(np.square, "square"), (np.linalg.norm, "norm"), (np.add.reduce, "add.reduce"), (np.sort, "sort"),
     (lambda x: np.exp(x, out=np.zeros(2)), "exp"), (lambda x: np.add(x, 1, where=[True, False]), "where")],
)  # fmt: skip
def test_rule_11_numpy_functions_that_are_not_supported_say_so(call, name):
    with pytest.raises(TypeError, match=name):
        call(leaf([1.0, 2.0]))


# --- rule 12: recording is a matter of the thread and of the context ----------------------------------------


def test_rule_12_no_grad_nests_and_restores():
    assert ag.is_grad_enabled()
    with ag.no_grad():
        assert not ag.is_grad_enabled()
        with ag.enable_grad():
            assert ag.is_grad_enabled()
            with ag.no_grad():
                assert not ag.is_grad_enabled()
            assert ag.is_grad_enabled()
        assert not ag.is_grad_enabled()
    assert ag.is_grad_enabled()


def test_rule_12_an_exception_restores_it():
    def fail():
        with ag.no_grad():
            leaf([1.0]) @ leaf(np.ones((2, 2)))

    with pytest.raises(ValueError, match="matmul"):
        fail()
    assert ag.is_grad_enabled()
    assert (leaf(1.0) * 2).requires_grad


def test_rule_12_as_a_decorator_also_when_it_raises():
    @ag.no_grad()
    def evaluate(x, fail=False):
        if fail:
            raise KeyError("x")
        return x * 2

    x = leaf(1.0)
    assert not evaluate(x).requires_grad
    assert not evaluate(x).requires_grad
    with pytest.raises(KeyError):
        evaluate(x, fail=True)
    assert ag.is_grad_enabled()


def test_rule_12_threads_do_not_see_each_other():
    inside, seen, done = threading.Event(), [], threading.Event()

    def other():
        inside.wait(10)
        seen.append(ag.is_grad_enabled())
        seen.append((leaf(1.0) * 2).requires_grad)
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with ag.no_grad():
        inside.set()
        done.wait(10)
        assert not ag.is_grad_enabled()
    thread.join()
    assert seen == [True, True]


def test_rule_12_threads_differentiate_at_the_same_time():
    """Each thread its own graph over shared constants; ids come from one counter."""
    shared = np.random.default_rng(0).normal(size=(20, 20))
    expected = 2 * shared.T @ np.ones((20, 20))
    results = []

    def work():
        for _ in range(30):
            x = leaf(np.ones((20, 20)))
            (shared @ x * 2).sum().backward()
            results.append(np.allclose(x.grad, expected))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 120


def test_rule_12_contexts_do_not_see_each_other():
    context = contextvars.copy_context()
    entered = ag.no_grad()
    context.run(entered.__enter__)
    assert ag.is_grad_enabled()
    assert not context.run(ag.is_grad_enabled)
    context.run(functools.partial(entered.__exit__, None, None, None))
    assert context.run(ag.is_grad_enabled)


def test_rule_12_asynchronous_tasks_do_not_see_each_other():
    async def evaluating(ready, checked):
        with ag.no_grad():
            ready.set()
            await checked.wait()
            return ag.is_grad_enabled()

    async def training(ready, checked):
        await ready.wait()
        state = (leaf(1.0) * 2).requires_grad
        checked.set()
        return state

    async def both():
        ready, checked = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(evaluating(ready, checked), training(ready, checked))

    assert asyncio.run(both()) == [False, True]
    assert ag.is_grad_enabled()
