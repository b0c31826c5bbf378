"""Rule 10: on request errors name the forward line and memory is counted; without it nothing changes."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

import autograd_lab as ag
from autograd_lab.debug import detect_anomaly, saved_bytes


def test_rule_10_a_value_that_stops_being_finite_names_its_line() -> None:
    x = ag.tensor([1.0, 0.0], requires_grad=True)
    with np.errstate(divide="ignore"), detect_anomaly():
        y = x * 2.0
        with pytest.raises(FloatingPointError, match=r"^log at test_debug.py:\d+: 0 NaN and 1 infinite of 2"):
            y.log()


def test_rule_10_a_gradient_that_stops_being_finite_names_the_forward_line() -> None:
    x = ag.tensor([0.0], requires_grad=True)
    with detect_anomaly():
        root = x.sqrt()
    line = __import__("inspect").currentframe().f_lineno - 1  # type: ignore[union-attr]
    with (
        np.errstate(divide="ignore"),
        pytest.raises(FloatingPointError, match=f"sqrt at test_debug.py:{line}"),
    ):
        (root + 1.0).sum().backward()
    assert x.grad is None


@pytest.mark.parametrize(
    ("file", "place"), [("/tmp/ipykernel_7/12.py", "In[3]"), ("/a/train.py", "train.py")]
)
def test_rule_10_a_cell_of_a_notebook_goes_by_its_number(
    monkeypatch: pytest.MonkeyPatch, file: str, place: str
) -> None:
    """As IPython's own tracebacks call it; a file that IPython does not know keeps its name."""
    cells = {"/tmp/ipykernel_7/12.py": ("Cell", "In[3]")}
    shell = SimpleNamespace(compile=SimpleNamespace(format_code_name=cells.get))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    space = {"debug": ag.debug}
    exec(compile("x = 1\nline = debug.forward_line()", file, "exec"), space)
    assert space["line"] == f"{place}:2"


def test_rule_10_what_was_not_finite_before_is_not_blamed_on_this_operator() -> None:
    x = ag.tensor([np.inf], requires_grad=True)
    with detect_anomaly():
        (x * 2.0).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0])


@pytest.mark.parametrize("changed", ["constant", "leaf"])
def test_rule_10_a_saved_array_changed_in_place_is_reported(changed: str) -> None:
    x, c = ag.tensor([1.0, 2.0], requires_grad=True), np.array([3.0, 4.0])
    with detect_anomaly():
        y = (x * c).sum() if changed == "constant" else (x * x).sum()
    (c if changed == "constant" else x.data)[0] = 100.0
    with pytest.raises(RuntimeError, match=r"mul at test_debug.py:\d+: .*changed in place"):
        y.backward()
    assert x.grad is None


def test_rule_10_gradients_and_higher_orders_are_the_same_under_watch() -> None:
    x = ag.tensor([0.5, 2.0], requires_grad=True)

    def second() -> np.ndarray:
        (g,) = ag.grad((x**3 * x.sin()).sum(), x, create_graph=True)
        (h,) = ag.grad(g.sum(), x)
        return h.data

    plain = second()
    with detect_anomaly():
        np.testing.assert_array_equal(second(), plain)


def test_rule_10_nothing_is_watched_outside_the_block() -> None:
    x = ag.tensor([0.0], requires_grad=True)
    with detect_anomaly():
        pass
    with np.errstate(divide="ignore"):
        y = x.log()
    assert y.node is not None
    assert y.node.line is None


def test_rule_10_no_grad_inside_the_block_still_records_nothing() -> None:
    x = ag.tensor([1.0], requires_grad=True)
    with detect_anomaly(), ag.no_grad():
        assert (x * 2.0).node is None
        with ag.enable_grad():
            assert (x * 2.0).node is not None


def test_rule_10_saved_bytes_counts_each_array_once_and_no_leaf() -> None:
    x = ag.tensor(np.zeros((10, 10)), requires_grad=True)
    w = ag.tensor(np.zeros((10, 10)), requires_grad=True)
    rows = saved_bytes(((x @ w).exp() * 2.0 + 1.0).sum())
    assert [(row.op, row.bytes) for row in rows] == [
        ("matmul", 0), ("exp", 800), ("mul", 0), ("add", 0), ("sum", 0),
    ]  # fmt: skip


def test_rule_10_saved_bytes_of_a_constant_and_of_a_freed_graph() -> None:
    assert saved_bytes(ag.tensor([1.0])) == []
    y = ag.tensor([1.0], requires_grad=True).exp().sum()
    y.backward()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        saved_bytes(y)
