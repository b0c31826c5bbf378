"""The gradient check is checked itself: it accepts what is right, rejects planted mistakes and says where."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd_lab as ag
from autograd_lab import GradcheckError, Tensor, gradcheck
from autograd_lab.gradcheck import agreement, numerical_gradient, numerical_slope
from autograd_lab.nn import functional as F

REPORT = gradcheck.report
X = np.array([[0.3, -1.2, 2.0], [1.5, 0.7, -0.4]])
S = np.array([[0.5, -1.0, 2.0], [1.5, 0.7, -0.4], [-2.2, 0.9, 1.1]])
V = np.array([0.8, 1.7, -0.6])


def operator(fn: Callable[..., Any]) -> Callable[..., Tensor]:
    return ag.primitive(fn)


# --- what is right passes -------------------------------------------------------------------------------

RIGHT: dict[str, tuple[Callable[..., Any], Any]] = {
    "one input": (ag.exp, X),
    "one Tensor": (ag.exp, Tensor(X)),
    "a number": (ag.sin, 0.7),
    "a NumPy number": (ag.sin, np.float64(0.7)),
    "0-d": (ag.sin, np.array(0.7)),
    "0-d, two inputs": (ag.mul, (2.0, 3.0)),
    "two inputs": (ag.mul, (X, X + 1)),
    "broadcasting": (ag.div, (X, np.abs(V))),
    "broadcasting both": (ag.mul, (V[:, None], V)),
    "three inputs": (lambda x, w, b: ag.tanh(x @ w + b), (X, S, V)),
    "shared subexpression": (lambda x: (x.exp() * x.exp() + x).sum(), X),
    "linear": (lambda x: 3 * x - 1, X),
    "constant": (lambda x: Tensor(1.0), X),
    "unused input": (lambda x, y: x * 2, (X, V)),
    "value of one entry": (lambda x: x.sum(), X),
    "empty": (ag.exp, np.zeros((0, 3))),
    "empty beside others": (lambda x, y: ag.concatenate([x, y * y]), (np.zeros(0), V)),
    "kinks not hit": (ag.relu, X),
    "large": (lambda x: x * x, 1e4 * X),
    "small": (lambda x: 1e-4 * x, X),
    "not contiguous": (ag.exp, X.T[::-1]),
    "probabilities as targets": (F.cross_entropy, (S, np.eye(3))),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_gradient_passes(name):
    fn, inputs = RIGHT[name]
    assert gradcheck(fn, inputs) is True
    report = REPORT(fn, inputs)
    assert report.passed
    assert str(report).startswith("gradcheck passed")
    assert "WRONG" not in str(report)


def test_every_checked_input_with_entries_is_in_the_report():
    report = REPORT(lambda x, y, z: x * y + z.sum(), (V, V + 1, np.zeros((0, 2))))
    assert [check.name for check in report.inputs] == ["input 0", "input 1"]
    assert [check.shape for check in report.inputs] == [(3,), (3,)]


# --- planted mistakes -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mistake:
    """A wrong formula, where it is evaluated, and what the report must say about it."""

    fn: Callable[..., Any]
    inputs: Any
    wrong: tuple[int, ...] = (0,)  # which inputs have a wrong gradient
    at: tuple[int, ...] | None = None  # the only wrong entry
    ratio: float | None = None  # analytic / numeric there
    says: str = ""
    linear: bool = True  # in the cotangent, so that the numbers alone give it away


def doubled_at(index: Any, g: Any) -> Any:
    g = g.copy()
    g[index] *= 2
    return g


@operator
def overwrites(x: Any) -> Any:
    """A repeated index that assigns where it must add."""

    def vjp(g: Any) -> Any:
        gx = np.zeros_like(x)
        gx[[0, 2, 2]] = g
        return gx

    return x[[0, 2, 2]], vjp


@operator
def one_place_late(x: Any) -> Any:
    def vjp(g: Any) -> Any:
        gx = np.zeros_like(x)
        gx[1:3] = g
        return gx

    return x[:2], vjp


LEVEL = np.array([0, 2, 3])


@operator
def above_two(x: Any) -> Any:
    return x * (LEVEL > 2), lambda g: g * (LEVEL >= 2)


def softmax_value(x: Any) -> Any:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def on_one(fn: Callable[..., Any], vjp: Callable[[Any, Any], Any]) -> Callable[..., Tensor]:
    """An operator of one input: value ``fn(x)``, VJP ``vjp(g, x)``."""
    return operator(lambda x: (fn(x), lambda g: vjp(g, x)))


MISTAKES: dict[str, Mistake] = {
    "sign": Mistake(on_one(np.cos, lambda g, x: g * np.sin(x)), X, ratio=-1, says="a sign"),
    "missing factor": Mistake(on_one(lambda x: x**3, lambda g, x: g * x**2), X, ratio=1 / 3, says="factor"),
    "factor 2": Mistake(on_one(np.exp, lambda g, x: 2 * g * np.exp(x)), X, ratio=2, says="2 times numeric"),
    "missing inner derivative": Mistake(
        on_one(lambda x: np.sin(5 * x), lambda g, x: g * np.cos(5 * x)), X, ratio=0.2
    ),
    "zero": Mistake(on_one(np.exp, lambda g, x: 0 * g), X, ratio=0, says="0 times numeric"),
    "mean without 1/n": Mistake(on_one(np.mean, lambda g, x: g * np.ones(x.shape)), X, ratio=6),
    "mean by the wrong n": Mistake(
        on_one(lambda x: x.mean(axis=0), lambda g, x: np.ones(x.shape) * g / 3), X, ratio=2 / 3
    ),
    "power one too high": Mistake(on_one(lambda x: x**3, lambda g, x: 3 * g * x**3), X),
    "forgotten unbroadcast": Mistake(
        operator(lambda x, b: (x + b, lambda g: g, lambda g: g[0])), (X, V), wrong=(1,)
    ),
    "summed over the wrong axis": Mistake(
        operator(lambda x, b: (x + b[:, None], lambda g: g, lambda g: g)), (S, V), wrong=(1,)
    ),
    "transposed": Mistake(
        operator(lambda x, y: (x @ y, lambda g: g @ y, lambda g: g @ x)), (S, S + 1), wrong=(0, 1)
    ),
    "transposed result": Mistake(on_one(np.exp, lambda g, x: (g * np.exp(x)).T), S),
    "swapped inputs": Mistake(
        operator(lambda x, y: (x * y, lambda g: g * x, lambda g: g * y)), (V, V + 2), wrong=(0, 1)
    ),
    "second input without a gradient": Mistake(
        operator(lambda x, y: (x * y, lambda g: g * y, lambda g: 0 * g)), (V, V + 2), wrong=(1,), ratio=0
    ),
    "quotient": Mistake(
        operator(lambda x, y: (x / y, lambda g: g / y, lambda g: -g * x / y)), (V, V + 2), wrong=(1,)
    ),
    "off by one in an index": Mistake(one_place_late, V),
    "repeated index not added": Mistake(overwrites, V, at=(2,)),
    "running total, one too few": Mistake(
        on_one(np.cumsum, lambda g, x: np.cumsum(g[::-1])[::-1] - g), V
    ),
    ">= for >": Mistake(above_two, V, at=(1,)),
    "one entry of many": Mistake(
        on_one(np.exp, lambda g, x: doubled_at((4, 3, 1), g * np.exp(x))), np.zeros((5, 4, 2)), at=(4, 3, 1),
        ratio=2, says="2 times numeric",
    ),
    "softmax without its coupling": Mistake(
        on_one(softmax_value, lambda g, x: g * softmax_value(x) * (1 - softmax_value(x))), S
    ),
    "variance by n − 1": Mistake(
        on_one(np.var, lambda g, x: g * 2 * (x - x.mean()) / (x.size - 1)), X, ratio=6 / 5
    ),
    "rounded to whole numbers": Mistake(
        on_one(lambda x: 2.5 * x, lambda g, x: (2.5 * g).astype(int)), X, linear=False
    ),
    "detached path": Mistake(lambda x: x * x.detach(), V, ratio=0.5),
    "detached altogether": Mistake(lambda x: x.detach() ** 2, V, ratio=0, says="0 times numeric"),
    "lost in plain numbers": Mistake(lambda x: Tensor(np.exp(x.data)), V, ratio=0),
    "not recorded": Mistake(lambda x: ag.no_grad()(ag.exp)(x) + x, V),
    "gradient of a kink": Mistake(ag.abs, np.array([1.0, 0.0, -1.0]) + 1e-7, at=(1,), says="kink"),
    "NaN": Mistake(on_one(np.exp, lambda g, x: np.where(x == 2.0, np.nan, g * np.exp(x))), X, at=(0, 2)),
    "infinite": Mistake(
        on_one(np.exp, lambda g, x: np.where(x == 2.0, np.inf, g * np.exp(x))), X, at=(0, 2), linear=False
    ),
    "minus infinity": Mistake(
        on_one(np.exp, lambda g, x: np.where(x == 2.0, -np.inf, g * np.exp(x))), X, at=(0, 2), linear=False
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_rejected_and_located(name):
    mistake = MISTAKES[name]
    with pytest.raises(GradcheckError) as caught:
        gradcheck(mistake.fn, mistake.inputs)
    text = str(caught.value)
    report = REPORT(mistake.fn, mistake.inputs)
    assert not report.passed
    assert bool(report.faults) is not mistake.linear
    assert text == str(report), "gradcheck raises its report"
    wrong = tuple(i for i, check in enumerate(report.inputs) if not check.passed)
    assert wrong == mistake.wrong
    assert text.startswith("gradcheck FAILED")
    for i in wrong:
        check = report.inputs[i]
        where = f"input {i}" + (f"[{', '.join(map(str, check.index))}]" if check.index else "")
        (line,) = [line for line in text.splitlines() if "WRONG" in line and where in line]
        assert f"{check.analytic:.4g}" in line
        assert f"{check.numeric:.4g}" in line
        if np.isfinite(check.analytic):
            assert check.error == abs(check.analytic - check.numeric)
            assert check.error > 1e-5
        if mistake.at is not None:
            assert check.index == mistake.at
        if mistake.ratio is not None:
            assert check.analytic / check.numeric == pytest.approx(mistake.ratio, abs=1e-6)
    assert mistake.says in " ".join(text.split())


@pytest.mark.parametrize("name", sorted(MISTAKES.keys() - {"gradient of a kink"}))
def test_the_same_mistake_is_found_in_the_middle_of_an_expression(name):
    """Operators before and after it, so that it is neither the first nor the last to run."""
    mistake = MISTAKES[name]
    inputs = mistake.inputs if isinstance(mistake.inputs, tuple) else (mistake.inputs,)

    def fn(*xs: Tensor) -> Tensor:
        return (mistake.fn(*[1.0 * x for x in xs]) * 1.25 + 0.5).sin()

    with np.errstate(invalid="ignore"):
        report = REPORT(fn, inputs)
    assert not report.passed
    assert tuple(i for i, check in enumerate(report.inputs) if not check.passed) == mistake.wrong


def test_the_worst_entry_is_reported_not_the_first_wrong_one():
    scale = np.array([1.0, 1.01, 3.0, 1.5])
    report = REPORT(on_one(lambda x: 2 * x, lambda g, x: 2 * g * scale), np.arange(4.0))
    assert report.inputs[0].index == (2,)
    assert report.inputs[0].analytic / report.inputs[0].numeric == pytest.approx(3)


def test_a_wrong_entry_is_reported_rather_than_a_right_one_with_a_larger_error():
    """Within rtol a large gradient may be off by more than a small one that is wrong."""
    x = np.array([0.0, 0.0])
    scale, factor = np.array([1e4, 1.0]), np.array([1.0005, 1.2])
    report = REPORT(on_one(lambda x: scale * x, lambda g, x: g * scale * factor), x)
    assert not report.passed
    assert report.inputs[0].index == (1,)


def test_inputs_are_named_by_their_names():
    x, y = ag.tensor(V, requires_grad=True, name="weight"), ag.tensor(V, requires_grad=True, name="bias")
    with pytest.raises(GradcheckError, match=r"WRONG bias\[\d\]: "):
        gradcheck(MISTAKES["second input without a gradient"].fn, (x, y))
    assert "ok    weight[" in str(REPORT(MISTAKES["second input without a gradient"].fn, (x, y)))


def test_a_factor_is_named_only_if_it_is_one_for_all_wrong_entries():
    several = on_one(np.exp, lambda g, x: g * np.exp(x) * np.array([1.2, 1.3, 1.4]))
    assert "factor: analytic" not in str(REPORT(several, V))
    assert REPORT(several, V).inputs[0].ratio is None
    assert "1.37 times numeric" in str(REPORT(on_one(np.exp, lambda g, x: 1.37 * g * np.exp(x)), V))
    # A single wrong entry: a simple factor is worth a word, any other number is not.
    for factor, told in ((2, True), (1.5, True), (-1, True), (1 / 300, True), (1.3717, False)):
        report = REPORT(on_one(np.exp, lambda g, x, factor=factor: factor * g * np.exp(x)), 0.5)
        assert ("times numeric" in str(report)) is told, factor


# --- along random directions ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("directions", [1, 3])
def test_a_right_gradient_passes_along_directions(name, directions):
    fn, inputs = RIGHT[name]
    assert gradcheck(fn, inputs, directions=directions) is True


@pytest.mark.parametrize("name", sorted(MISTAKES.keys() - {"gradient of a kink"}))
def test_a_planted_mistake_is_found_along_directions(name):
    mistake = MISTAKES[name]
    with pytest.raises(GradcheckError) as caught:
        gradcheck(mistake.fn, mistake.inputs, directions=3)
    report = REPORT(mistake.fn, mistake.inputs, directions=3)
    assert str(caught.value) == str(report)
    assert tuple(i for i, check in enumerate(report.inputs) if not check.passed) == mistake.wrong
    for i in mistake.wrong:
        check = report.inputs[i]
        assert check.index == ()
        assert check.direction in (1, 2, 3)
        assert f"WRONG input {i} along direction {check.direction}: analytic" in str(report)
        if mistake.at is None and mistake.ratio is not None and mistake.says:
            assert mistake.says in " ".join(str(report).split()), (
                "a common factor shows along every direction"
            )


@pytest.mark.parametrize("seed", range(20))
def test_one_direction_sees_one_wrong_entry_of_many(seed):
    fn = on_one(lambda x: 3 * x, lambda g, x: np.where(np.arange(500) == 123, 4 * g, 3 * g))
    with pytest.raises(GradcheckError, match="along direction 1"):
        gradcheck(lambda x: fn(x).sum(), np.arange(500.0), directions=1, seed=seed)


def test_the_tolerance_of_a_direction_is_that_of_the_whole_input():
    """The limit that the documentation names: an entry by itself would be found."""
    fn = on_one(lambda x: x.sum(), lambda g, x: g * (1 + 0.01 * (np.arange(x.size) == 7)))
    x = np.arange(1000.0)
    assert gradcheck(fn, x, directions=1)
    with pytest.raises(GradcheckError, match=r"input 0\[7\]"):
        gradcheck(fn, x)
    with pytest.raises(GradcheckError):
        gradcheck(fn, x, directions=1, rtol=1e-6)


def test_the_cost_of_directions_does_not_depend_on_the_size():
    calls = []

    def fn(x: Tensor, y: Tensor) -> Tensor:
        calls.append(1)
        return (x * x).sum() + y.sum()

    counts = []
    for size, directions in ((5, 3), (5000, 3), (5000, 4)):
        calls.clear()
        gradcheck(fn, (np.linspace(1, 2, size), V), directions=directions)
        counts.append(len(calls))
    assert counts[0] == counts[1]
    assert counts[2] == counts[1] + 2 * 2


def test_report_along_directions():
    lines = str(REPORT(ag.exp, V, directions=1)).splitlines()
    assert re.fullmatch(
        r"gradcheck passed \(h = 1e-06, 1 direction, Taylor remainder of order \d\.\d\)", lines[0]
    )
    assert re.match(r"  ok    input 0 along direction 1: analytic .*, agree to 1e-06$", lines[1])
    report = REPORT(MISTAKES["transposed"].fn, MISTAKES["transposed"].inputs, directions=2)
    assert "2 directions" in str(report)
    assert "each by itself and entry by entry" in " ".join(str(report).split())
    assert [check.shape for check in report.inputs] == [(3, 3), (3, 3)]
    assert REPORT(ag.exp, V).directions is None


def test_the_seed_chooses_the_directions():
    one, again, other = (REPORT(ag.exp, V, directions=2, seed=seed) for seed in (0, 0, 1))
    assert str(one) == str(again)
    assert one.inputs[0].analytic != other.inputs[0].analytic
    assert REPORT(ag.exp, V, seed=0).inputs != REPORT(ag.exp, V, seed=1).inputs
    assert gradcheck(ag.exp, V, seed=1)


def test_faults_beside_the_numbers_are_found_along_directions():
    report = REPORT(operator(changes_its_cotangent), V, directions=1)
    assert all(check.passed for check in report.inputs)
    assert any("cotangent was changed" in fault for fault in report.faults)


@pytest.mark.parametrize("directions", [0, -1])
def test_too_few_directions(directions):
    with pytest.raises(ValueError, match="at least one direction"):
        gradcheck(ag.exp, V, directions=directions)


@pytest.mark.parametrize("directions", [2.0, True, "3", np.array([1, 2])])
def test_directions_that_are_no_whole_number(directions):
    with pytest.raises(TypeError, match="whole number"):
        gradcheck(ag.exp, V, directions=directions)


@pytest.mark.parametrize("x", [1e12, np.inf, np.nan])
def test_a_step_along_a_direction_that_is_lost_is_an_error(x):
    with pytest.raises(ValueError, match=r"does not change the entry .* of input 0"):
        gradcheck(lambda x: x.detach(), np.array([0.5, x]), directions=1)


def test_held_inputs_stay_where_they_are_along_directions():
    seen = []

    def fn(x: Tensor, held: Tensor) -> Tensor:
        seen.append(held.data.copy())
        return x * held

    assert gradcheck(fn, (ag.tensor(V, requires_grad=True), ag.tensor(V + 2)), directions=2)
    assert all(np.array_equal(held, V + 2) for held in seen)


def test_numerical_slope():
    d, e = np.array([0.5, -1.0, 2.0]), np.array([1.0, 0.0, -0.5])
    u = np.array([2.0, -1.0, 0.5])
    along_both = numerical_slope(ag.mul, (V, V + 1), (d, e), u)
    assert along_both == pytest.approx(np.sum(u * (d * (V + 1) + V * e)), abs=1e-8)
    assert numerical_slope(ag.exp, V, d) == pytest.approx(np.sum(np.exp(V) * d), abs=1e-8)
    assert numerical_slope(ag.exp, 0.5, 2.0) == pytest.approx(2 * np.exp(0.5), abs=1e-8)
    assert numerical_slope(lambda x: x**3, 1.0, 1.0, eps=0.1) == pytest.approx(3.01)
    assert numerical_slope(ag.exp, Tensor(V), Tensor(d)) == numerical_slope(ag.exp, V, d)
    assert numerical_slope(lambda x, y: x.sum(), (V, np.inf), (d, 0.0)) == pytest.approx(d.sum())


def test_numerical_slope_uses_values_only_and_changes_nothing():
    seen = []

    def fn(x: Tensor) -> Tensor:
        seen.append(x.requires_grad or ag.is_grad_enabled())
        x.data[...] += 1
        return x * x

    x, d = V.copy(), np.ones(3)
    numerical_slope(fn, x, d)
    assert np.array_equal(x, V)
    assert np.array_equal(d, np.ones(3))
    assert seen == [False, False]


def test_numerical_slope_errors():
    with pytest.raises(ValueError, match="the directions have the shapes"):
        numerical_slope(ag.exp, V, np.ones(2))
    with pytest.raises(ValueError, match="the directions have the shapes"):
        numerical_slope(ag.mul, (V, V), (V,))
    with pytest.raises(ValueError, match="the cotangent has shape"):
        numerical_slope(ag.exp, V, V, np.ones(2))
    with pytest.raises(ValueError, match="does not change the entry"):
        numerical_slope(ag.exp, np.array([1e12]), [[1.0]])
    with pytest.raises(TypeError, match="function"):
        numerical_slope(3, V, V)  # type: ignore[arg-type]


# --- what a comparison of numbers would not see ---------------------------------------------------------


def changes_its_cotangent(x: Any) -> Any:
    def vjp(g: Any) -> Any:
        result = g * 2
        g *= 3
        return result

    return 2 * x, vjp


def changes_its_input(x: Any) -> Any:
    def vjp(g: Any) -> Any:
        result = g * 2 * x
        x[...] = 0
        return result

    return x * x, vjp


def changes_its_input_forward(x: Any) -> Any:
    value = 2 * x
    x += 1
    return value, lambda g: 2 * g


def changes_its_output(x: Any) -> Any:
    out = np.exp(x)

    def vjp(g: Any) -> Any:
        result = g * out
        out[...] = 1
        return result

    return out, vjp


def changes_what_it_saved(x: Any) -> Any:
    slope = np.cos(x)

    def vjp(g: Any) -> Any:
        nonlocal slope
        result, slope = g * slope, slope * 2
        return result

    return np.sin(x), vjp


def one_buffer_for_both(x: Any, y: Any) -> Any:
    buffer = [np.zeros(x.shape)]

    def vjp(g: Any) -> Any:
        np.copyto(buffer[0], g)
        return buffer[0]

    return x + y, vjp, vjp


def its_input_as_gradient(x: Any) -> Any:
    saved = SimpleNamespace(x=x)
    return 0.5 * x * x, lambda g: np.multiply(saved.x, g, out=saved.x)


@pytest.mark.parametrize(
    ("fn", "inputs", "says"),
    [
        (changes_its_cotangent, V, "the cotangent was changed in place"),
        (changes_its_cotangent, 1.5, "the cotangent was changed in place"),
        (changes_its_input, V, "input 0 was changed in place"),
        (changes_its_input_forward, V, "input 0 was changed in place"),
        (changes_its_output, V, "the output was changed in place"),
        (changes_what_it_saved, V, "a second backward pass gives another gradient"),
        (one_buffer_for_both, (V, V), "the gradient of input 1 shares memory"),
        (its_input_as_gradient, V, "input 0 was changed in place"),
    ],
)
def test_changed_and_shared_memory_is_rejected(fn, inputs, says):
    report = REPORT(operator(fn), inputs)
    assert all(check.passed for check in report.inputs), "the numbers are right"
    assert not report.passed
    assert any(says in fault for fault in report.faults)
    with pytest.raises(GradcheckError, match=f"WRONG.*{says}"):
        gradcheck(operator(fn), inputs)


NOT_LINEAR = {
    "cotangent ignored": lambda g, x: np.exp(x),
    "cotangent squared": lambda g, x: g * g * np.exp(x),
    "sign of the cotangent lost": lambda g, x: abs(g) * np.exp(x),
    "one sign of the cotangent only": lambda g, x: (g > 0) * g * np.exp(x),
    "one too many": lambda g, x: g * np.exp(x) + 1,
}


@pytest.mark.parametrize("x", [X, V, np.array(0.5)], ids=["2x3", "3", "0-d"])
@pytest.mark.parametrize("name", NOT_LINEAR)
def test_a_vjp_that_is_not_linear_in_its_cotangent_is_rejected(name, x):
    """Whatever signs the cotangent of the check happens to have."""
    with pytest.raises(GradcheckError, match="not proportional to the cotangent"):
        gradcheck(on_one(np.exp, NOT_LINEAR[name]), x)


def test_a_shared_gradient_is_named_by_the_place_of_its_input():
    held = Tensor(V)
    x, y = (Tensor(V, requires_grad=True) for _ in range(2))
    report = REPORT(lambda c, x, y: c * operator(one_buffer_for_both)(x, y), (held, x, y))
    assert any("the gradient of input 2 shares memory" in fault for fault in report.faults)


def test_an_intermediate_value_changed_in_place_is_found():
    """The input of the guilty operator is a computed value, which nobody else looks at."""
    report = REPORT(lambda x: operator(changes_its_input)(x + 1.0), V)
    assert all(check.passed for check in report.inputs)
    assert any("second backward pass" in fault for fault in report.faults)


@pytest.mark.parametrize(
    ("fn", "inputs", "kind"),
    [
        (on_one(lambda x: x.sum(axis=1), lambda g, x: g), X, ValueError),  # forgotten spread
        (on_one(lambda x: x @ V, lambda g, x: np.outer(V, g)), X, ValueError),  # transposed, not square
        (on_one(np.exp, lambda g, x: np.ones((2, 2))), X, ValueError),
        (on_one(np.exp, lambda g, x: None), X, AttributeError),
    ],
)
def test_what_is_no_gradient_of_the_input_is_named_by_the_engine(fn, inputs, kind):
    with pytest.raises(kind) as caught:
        gradcheck(fn, inputs)
    assert "in the backward pass of" in "".join(caught.value.__notes__)


# --- what passes all the same: the limits that the documentation names ----------------------------------


def test_the_engine_casts_a_float32_vjp_and_only_tight_tolerances_see_the_lost_digits():
    fn = on_one(np.exp, lambda g, x: (g * np.exp(x)).astype(np.float32))
    x = ag.tensor(X, requires_grad=True)
    fn(x).sum().backward()
    assert x.grad is not None
    assert x.grad.dtype == np.float64
    assert gradcheck(fn, X)
    with pytest.raises(GradcheckError):
        gradcheck(fn, X, atol=5e-9, rtol=5e-9)
    assert gradcheck(ag.exp, X, atol=5e-9, rtol=5e-9)


def test_tolerances_bound_what_is_seen():
    tenth_percent = on_one(np.exp, lambda g, x: 1.0005 * g * np.exp(x))
    assert gradcheck(tenth_percent, X)
    with pytest.raises(GradcheckError):
        gradcheck(tenth_percent, X, rtol=1e-5)
    tiny = on_one(lambda x: 1e-6 * x, lambda g, x: 0 * g)
    assert gradcheck(tiny, X)
    with pytest.raises(GradcheckError):
        gradcheck(tiny, X, atol=1e-9)


def test_agreement_is_measured_by_the_numeric_gradient_and_not_by_what_is_not_finite():
    inf, nan = np.inf, np.nan
    analytic = np.array([1.1, 1.0, 0.0, -1.1, inf, inf, nan, 1.0, nan])
    numeric = np.array([1.0, 1.1, 0.1, -1.0, inf, -inf, nan, nan, 1.0])
    with np.errstate(invalid="ignore"):
        found = agreement(analytic, numeric, 0.0, 0.095)
    assert found.tolist() == [False, True, False, False, True, False, False, False, False]
    assert agreement(analytic[:4], numeric[:4], 0.05, 0.095).tolist() == [True, True, False, True]


def test_a_sum_hides_what_only_another_cotangent_shows():
    uses_the_mean = on_one(lambda x: x + x[::-1], lambda g, x: 2 * g)
    assert gradcheck(lambda x: uses_the_mean(x).sum(), V)
    with pytest.raises(GradcheckError):
        gradcheck(uses_the_mean, V)


def test_a_branch_that_is_not_taken_is_not_seen():
    fn = on_one(np.abs, lambda g, x: g)
    assert gradcheck(fn, np.abs(V))
    with pytest.raises(GradcheckError):
        gradcheck(fn, -np.abs(V))


# --- which inputs are checked ---------------------------------------------------------------------------


def test_tensors_that_need_no_gradient_are_held_fixed():
    wrong_by_the_second = MISTAKES["second input without a gradient"].fn
    x, held = ag.tensor(V, requires_grad=True), ag.tensor(V + 2)
    report = REPORT(wrong_by_the_second, (x, held))
    assert report.passed
    assert [check.name for check in report.inputs] == ["input 0"]
    with pytest.raises(GradcheckError, match=r"WRONG input 1\["):
        gradcheck(wrong_by_the_second, (held, x))
    with pytest.raises(GradcheckError, match=r"WRONG input 1\["):
        gradcheck(wrong_by_the_second, (held, held))  # none asks, so all are checked


def test_what_is_held_fixed_is_never_moved():
    seen = []

    def fn(x: Tensor, held: Tensor, index: Tensor) -> Tensor:
        seen.append((held.data.copy(), index.data.copy()))
        return x * held

    x, held, index = ag.tensor(V, requires_grad=True), ag.tensor(V + 2), ag.tensor([1, 2])
    assert gradcheck(fn, (x, held, index))
    assert len(seen) > 2 * V.size
    assert all(np.array_equal(h, V + 2) and np.array_equal(i, [1, 2]) for h, i in seen)
    assert all(i.dtype.kind == "i" for _, i in seen)


def test_class_indices_are_held_fixed():
    assert gradcheck(F.cross_entropy, (S, np.array([0, 2, 1])))
    assert gradcheck(F.cross_entropy, (ag.tensor(S, requires_grad=True), ag.tensor([0, 2, 1])))


# --- what can't be checked ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        (X.astype(np.float32), "input 0 is float32"),
        ((X, X.astype(np.float32)), "input 1 is float32"),
        (np.float32(0.5), "input 0 is float32"),
        (np.float16([0.5]), "input 0 is float16"),
        ([[1, 2, 3]], "Write 1.0 instead of 1"),
        (3, "Write 1.0 instead of 1"),
        ([[True, False]], "bool"),
        ([[1 + 2j]], "complex"),
        ("abc", "numbers"),
        ([None], "numbers"),
    ],
)
def test_inputs_that_are_not_float64_are_refused(inputs, says):
    with pytest.raises(TypeError, match=says):
        gradcheck(lambda *xs: xs[0] * 2, inputs)


def test_no_inputs_at_all():
    with pytest.raises(ValueError, match="at least one input"):
        gradcheck(lambda: Tensor(1.0), [])


@pytest.mark.parametrize("value", [3.0, None, (Tensor(1.0),), np.ones(3)])
def test_a_function_that_returns_no_tensor(value):
    with pytest.raises(TypeError, match="returns one Tensor, not"):
        gradcheck(lambda x: value, V)


@pytest.mark.parametrize("x", [1e12, -1e300, np.inf, np.nan])
def test_a_step_that_is_lost_is_an_error_and_not_a_gradient_of_zero(x):
    with pytest.raises(ValueError, match="does not change the entry"):
        gradcheck(lambda x: x.detach(), np.array([x, 0.0]))


def test_a_value_outside_the_domain_does_not_pass():
    with np.errstate(invalid="ignore"), pytest.raises(GradcheckError, match="domain"):
        gradcheck(ag.sqrt, np.array([1.0, -1.0]))
    with np.errstate(invalid="ignore"), pytest.raises(GradcheckError, match="domain"):
        gradcheck(ag.log, np.array([1.0, -1.0]))


def test_an_infinite_difference_proves_nothing():
    """f(x + h) overflows, f(x − h) does not; without care any gradient would be within rtol·∞."""
    edge = np.log(np.finfo(float).max) - 5e-7
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(GradcheckError, match=r"numeric -?inf"):
        gradcheck(on_one(np.exp, lambda g, x: 0 * g), np.array([edge]))


def test_at_a_kink_the_report_says_so():
    with pytest.raises(GradcheckError, match="kink") as caught:
        gradcheck(ag.relu, np.array([1.0, 0.0, -1.0]))
    assert "WRONG input 0[1]" in str(caught.value)


# --- the report -----------------------------------------------------------------------------------------


def test_report_text():
    doubled = MISTAKES["factor 2"]
    lines = str(REPORT(doubled.fn, doubled.inputs)).splitlines()
    assert re.fullmatch(r"gradcheck FAILED \(h = 1e-06, Taylor remainder of order \d\.\d\)", lines[0])
    assert re.match(
        r"  WRONG input 0\[\d, \d\]: analytic -?[\d.]+, numeric -?[\d.]+, off by \d\.\de[+-]\d\d$", lines[1]
    )
    assert lines[2].startswith("  look at: a factor: analytic is 2 times numeric")
    assert str(REPORT(lambda x: 3 * x, V)).startswith(
        "gradcheck passed (h = 1e-06, linear: no Taylor remainder)"
    )
    assert "h = 0.001" in str(REPORT(ag.exp, V, eps=1e-3))


def test_report_is_the_same_every_time():
    for fn, inputs in (RIGHT["three inputs"], (MISTAKES["transposed"].fn, MISTAKES["transposed"].inputs)):
        assert str(REPORT(fn, inputs)) == str(REPORT(fn, inputs))


@pytest.mark.parametrize(
    ("fn", "x"), [(ag.exp, X), (ag.log, np.abs(X)), (ag.tanh, V), (ag.sigmoid, V), (lambda x: x * x, X)]
)
def test_taylor_order_is_2_for_a_right_gradient_and_1_for_a_wrong_one(fn, x):
    assert REPORT(fn, x).taylor_order == pytest.approx(2, abs=0.15)

    def doubled(x: Tensor) -> Tensor:
        out = fn(x)
        return 2 * out - out.detach()

    assert REPORT(doubled, x).taylor_order == pytest.approx(1, abs=0.15)


def test_taylor_order_of_linear_and_flat_functions():
    assert REPORT(lambda x: 3 * x - x.sum(), X).taylor_order == np.inf
    assert REPORT(lambda x: Tensor(0.0), X).taylor_order == np.inf
    assert REPORT(lambda x: x**3, np.zeros(3)).taylor_order == pytest.approx(3, abs=0.1)
    assert REPORT(lambda x: 2 * x - x.detach(), X).taylor_order == pytest.approx(1, abs=0.01)


def test_a_noisy_difference_is_told_from_a_wrong_gradient():
    """With a step far too small the difference is round-off; the Taylor remainder knows better."""
    with pytest.raises(GradcheckError, match="the tolerance or the step"):
        gradcheck(ag.exp, X, eps=1e-14)


def test_inside_no_grad():
    with ag.no_grad():
        assert gradcheck(ag.exp, V)
        with pytest.raises(GradcheckError):
            gradcheck(MISTAKES["sign"].fn, V)
        assert not ag.is_grad_enabled()


def test_inputs_are_never_changed_and_no_grad_is_left_behind():
    array, x, y = V.copy(), ag.tensor(V, requires_grad=True), ag.tensor(V, requires_grad=True)
    array.flags.writeable = False
    gradcheck(lambda a, b: a * b, (array, V.tolist()))
    for fn in (lambda x, y: x * y, operator(one_buffer_for_both)):
        REPORT(fn, (x, y))
    REPORT(operator(changes_its_input_forward), x)
    REPORT(operator(changes_its_input), x)
    for t in (x, y):
        assert np.array_equal(t.data, V)
        assert t.grad is None


# --- numerical_gradient ---------------------------------------------------------------------------------

METHODS = {"central": 1e-8, "complex": 1e-14}


@pytest.mark.parametrize("method", METHODS)
def test_numerical_gradient(method):
    u = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]])
    gx, gv = numerical_gradient(lambda x, v: ag.sin(x) * v, (X, V), u, method=method)
    tolerance = METHODS[method]
    np.testing.assert_allclose(gx, u * np.cos(X) * V, rtol=0, atol=tolerance)
    np.testing.assert_allclose(gv, (u * np.sin(X)).sum(axis=0), rtol=0, atol=tolerance)
    (g,) = numerical_gradient(ag.exp, np.float64(0.5), method=method)
    assert g.shape == ()
    assert g == pytest.approx(np.exp(0.5), abs=tolerance)
    (g,) = numerical_gradient(ag.exp, np.zeros((0, 2)), method=method)
    assert g.shape == (0, 2)
    (g,) = numerical_gradient(lambda x: x * x, np.float32([1.5, 2.5]), method=method)
    assert g.dtype == np.float64
    np.testing.assert_allclose(g, [3, 5], rtol=0, atol=1e-8)


def test_numerical_gradient_without_a_cotangent_is_that_of_the_sum():
    (g,) = numerical_gradient(lambda x: x @ S, V)
    np.testing.assert_allclose(g, S.sum(axis=1), atol=1e-8)


def test_the_step_can_be_chosen():
    (coarse,) = numerical_gradient(lambda x: x**3, 1.0, eps=0.1)
    assert coarse == pytest.approx(3.01)  # 3x² + h²
    (exact,) = numerical_gradient(lambda x: x**3, 1.0, method="complex", eps=1e-200)
    assert exact == 3


def test_numerical_gradient_uses_values_only():
    seen = []

    def fn(x: Tensor) -> Tensor:
        seen.append(x.requires_grad or ag.is_grad_enabled())
        return x * x

    x = ag.tensor(V, requires_grad=True)
    numerical_gradient(fn, x)
    assert len(seen) == 2 * V.size
    assert not any(seen)
    assert ag.is_grad_enabled()


@pytest.mark.parametrize("method", METHODS)
def test_numerical_gradient_never_changes_its_inputs(method):
    x, u = X.T[::-1], np.ones((3, 2))
    x.flags.writeable = u.flags.writeable = False
    before = x.copy()
    (g,) = numerical_gradient(lambda x: x * x, x, u, method=method)
    assert np.array_equal(x, before)
    np.testing.assert_allclose(g, 2 * x, atol=1e-7)

    def adds_in_place(t: Tensor) -> Tensor:
        t.data[...] += 1
        return t * t

    writeable = V.copy()
    numerical_gradient(adds_in_place, writeable, method=method)
    assert np.array_equal(writeable, V)


def test_numerical_gradient_errors():
    with pytest.raises(ValueError, match="'central' or 'complex', not 'forward'"):
        numerical_gradient(ag.exp, V, method="forward")  # type: ignore[arg-type]
    for cotangent in (np.ones((2, 3)), np.ones(2), 1.0):
        with pytest.raises(ValueError, match="the cotangent has shape"):
            numerical_gradient(ag.exp, V, cotangent)
    with pytest.raises(ValueError, match="does not change the entry"):
        numerical_gradient(ag.exp, V, eps=0.0)


def test_a_check_that_passes_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gradcheck(ag.log, np.array([0.05, 0.5]))  # the Taylor steps leave the domain
        gradcheck(ag.sqrt, np.array([0.05, 0.5]))
