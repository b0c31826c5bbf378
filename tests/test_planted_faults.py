"""Mutation testing of the formulas: a mistake planted in any VJP of any operator must be found.

The check that judges is the one that the gradient tests run.
"""

import functools
from collections import Counter

import numpy as np
import pytest
from gradient_checks import CENTRAL, check_gradients, cotangent
from op_cases import CASES
from op_cases import SMALL as NOT_EMPTY

import autograd_lab as ag
from autograd_lab import Tensor
from autograd_lab.graph import unbroadcast
from autograd_lab.ops import PRIMITIVES

# What the check raises for a wrong gradient, and the engine for one that is no gradient at all.
REJECTIONS = (AssertionError, AttributeError, TypeError, ValueError)
# Where the result has another precision, the caller's cotangent is copied before any VJP sees it.
SMALL = [case for case in NOT_EMPTY if case.result_dtype in (None, np.float64)]


def changed_in_place(vjp, g, shape):
    result = np.array(vjp(g))
    g *= 2
    return result


def without_the_sum(vjp, g, shape):
    """The broadcast axes are not summed: one of the entries is taken instead."""
    gx = np.asarray(vjp(g))
    if not gx.size:
        return gx
    gx = gx[(0,) * (gx.ndim - len(shape))]
    return gx[tuple(slice(0, n) for n in shape)]


def mean_for_sum(vjp, g, shape):
    gx = np.asarray(vjp(g))
    return unbroadcast(gx, shape) * (np.prod(shape) / gx.size) if gx.size else gx


def along(axis, change):
    def fault(vjp, g, shape):
        gx = np.asarray(vjp(g))
        return change(gx, axis) if gx.ndim else gx

    return fault


def transposed(vjp, g, shape):
    gx = np.asarray(vjp(g))
    square = gx.ndim > 1 and gx.shape[-1] == gx.shape[-2]
    return np.swapaxes(gx, -1, -2) if square else gx


EVERYWHERE = {  # what can be planted in every VJP
    "sign": lambda vjp, g, shape: -vjp(g),
    "twice": lambda vjp, g, shape: 2 * vjp(g),
    "zero": lambda vjp, g, shape: 0 * vjp(g),
    "a millionth too large": lambda vjp, g, shape: vjp(g) * (1 + 1e-6),
    "one too many": lambda vjp, g, shape: vjp(g) + 1,
    "cotangent ignored": lambda vjp, g, shape: vjp(np.ones_like(g)),
    "cotangent squared": lambda vjp, g, shape: vjp(g * g),
    "cotangent changed in place": changed_in_place,
    "wrong shape": lambda vjp, g, shape: np.zeros((*np.shape(vjp(g)), 2)),
    "not an array": lambda vjp, g, shape: None,
}
SOMEWHERE = {  # what needs an axis, a square or a broadcast input to make a difference
    "transposed": transposed,
    "off by one, last axis": along(-1, lambda gx, axis: np.roll(gx, 1, axis)),
    "off by one, first axis": along(0, lambda gx, axis: np.roll(gx, 1, axis)),
    "reversed": along(-1, lambda gx, axis: np.flip(gx, axis)),
    "unbroadcast forgotten": without_the_sum,
    "mean for sum": mean_for_sum,
}
FAULTS = EVERYWHERE | SOMEWHERE


def with_fault(case, i, fault, shape):
    """The case's operator with a fault in its VJP number i."""
    formula = PRIMITIVES[case.op].fn

    @functools.wraps(formula)
    def wrong(*args, **kwargs):
        value, *vjps = formula(*args, **kwargs)
        right = vjps[i]
        vjps[i] = lambda g: fault(right, g, shape)
        return value, *vjps

    return ag.primitive(wrong)


def vjps_of(case):
    """For each differentiable input of a case: its position among the operator's, its VJP and its shape."""
    tensors = [Tensor(x, requires_grad=True) for x in case.inputs()]
    node = case.call(case.operator(), *tensors).node
    for i, (parent, vjp) in enumerate(zip(node.inputs, node.vjps, strict=False)):
        if vjp is not None:
            yield i, vjp, parent.shape


def makes_a_difference(fault, vjp, shape, u):
    """Whether the planted gradient is another one: a roll along an axis of equal entries is not."""
    right = unbroadcast(np.asarray(vjp(u)), shape)
    given = u.copy()
    try:
        wrong = unbroadcast(np.asarray(fault(vjp, given, shape), dtype=np.float64), shape)
    except (TypeError, ValueError):
        return True
    if not np.array_equal(given, u) or np.isnan(wrong).any():
        return True
    return bool(np.abs(wrong - right).max() > 2 * CENTRAL * max(1.0, np.abs(right).max()))


@pytest.mark.parametrize("op", PRIMITIVES)
def test_every_planted_fault_is_found(op):
    found, missed = Counter(), []
    for case in SMALL:
        if case.op != op:
            continue
        for i, vjp, shape in vjps_of(case):
            for name, fault in FAULTS.items():
                if not makes_a_difference(fault, vjp, shape, cotangent(case)):
                    continue
                try:
                    check_gradients(case, with_fault(case, i, fault, shape))
                except REJECTIONS:
                    found[i, name] += 1
                else:
                    missed.append((str(case), i, name))
    assert not missed
    positions = {i for i, _ in found}
    assert positions
    assert {(i, name) for i in positions for name in EVERYWHERE} <= set(found)


@pytest.mark.parametrize("fault", SOMEWHERE)
def test_faults_of_shape_apply_to_enough_operators(fault):
    """No kind of fault is skipped throughout because no row of the table lets it make a difference."""
    reached = {
        case.op
        for case in SMALL
        for _, vjp, shape in vjps_of(case)
        if makes_a_difference(FAULTS[fault], vjp, shape, cotangent(case))
    }
    elementwise = {"add", "sub", "mul", "div", "pow", "maximum", "minimum", "where"}
    assert elementwise <= reached
    if "broadcast" not in fault and "mean" not in fault:
        assert {
            "exp",
            "relu",
            "matmul",
            "einsum",
            "softmax",
            "cross_entropy",
            "getitem",
            "concatenate",
        } <= reached


@pytest.mark.parametrize("op", PRIMITIVES)
def test_a_wrong_value_is_found(op):
    formula = PRIMITIVES[op].fn
    case = next(c for c in SMALL if c.op == op and all(s for s in c.shapes))

    @functools.wraps(formula)
    def wrong(*args, **kwargs):
        value, *vjps = formula(*args, **kwargs)
        return value + 1e-9, *vjps

    check_gradients(case)
    with pytest.raises(AssertionError, match="value"):
        check_gradients(case, ag.primitive(wrong))


@pytest.mark.parametrize(
    "op", [op for op in PRIMITIVES if any(c.op == op and len(c.shapes) == 2 for c in CASES)]
)
def test_two_vjps_in_the_wrong_order_are_found(op):
    formula = PRIMITIVES[op].fn
    if op in ("add", "mse_loss"):  # symmetric, or nearly: the other tests plant what matters there
        pytest.skip("both VJPs of this operator are the same")

    @functools.wraps(formula)
    def wrong(*args, **kwargs):
        value, *vjps = formula(*args, **kwargs)
        return value, *(vjps[:-2] + vjps[:-3:-1])

    cases = [c for c in SMALL if c.op == op and len(c.shapes) == 2]
    rejected = 0
    for case in cases:
        try:
            check_gradients(case, ag.primitive(wrong))
        except REJECTIONS:
            rejected += 1
    assert rejected > len(cases) / 2
