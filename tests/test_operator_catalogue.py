"""The catalogue of operators: every card has all its parts, and a wrong gradient shows on it."""

import re

import numpy as np
import pytest
from op_cases import CASES

import autograd_lab as ag
import operator_catalogue
from autograd_lab.ops import PRIMITIVES
from operator_catalogue import Checked, card, checked, drawing, formula, label, literal_bars, markdown, words

PASSED = Checked(1, (), "gradcheck passed")
CATALOGUE = (operator_catalogue.ROOT / "book/catalogue.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("op", PRIMITIVES.values(), ids=PRIMITIVES)
def test_a_card_has_all_parts(op) -> None:
    text = card(op, PASSED)
    assert f"### {op.name}\n" in text
    assert "∂L/∂" in text
    assert all(f"- **{name}.** " in text for name in operator_catalogue.LABELS)
    assert "<title>Computation graph of out = " in text
    assert "gradcheck passed" in text
    assert f"def {op.name}(" in text


@pytest.mark.parametrize("op", PRIMITIVES.values(), ids=PRIMITIVES)
def test_the_source_is_the_one_that_runs_and_its_vjps_are_marked(op) -> None:
    code, marked = formula(op)
    lines = code.split("\n")
    assert '"""' not in code
    assert any("lambda" in line or "_vjps" in line for line in lines)
    for number, line in enumerate(lines, 1):
        assert "lambda g" not in line or number in marked
        assert "out =" not in line or number not in marked


@pytest.mark.parametrize("op", PRIMITIVES.values(), ids=PRIMITIVES)
def test_a_drawing_shows_the_gradient_of_the_first_input(op) -> None:
    picture = drawing(op)
    assert re.search(r"Leaf \w+ .*?\(?(shape \([\d, ]*\), )?g ", picture.description), picture.description
    assert picture.size[0] <= operator_catalogue.WIDEST


def test_every_operator_is_on_the_page() -> None:
    rooms = re.findall(r"^```\{operators\} (\w+)$", CATALOGUE, re.MULTILINE)
    assert {op.name for room in rooms for op in operator_catalogue.operators(room)} == set(PRIMITIVES)
    (listed,) = re.findall(r"^```\{operator-list\} (.+)$", CATALOGUE, re.MULTILINE)
    assert listed.split() == rooms


def test_the_check_goes_through_all_rows_of_the_table() -> None:
    found = checked(PRIMITIVES["sum"])
    assert found.rows == sum(case.op == "sum" for case in CASES) > 40
    assert not found.failed
    assert found.report.startswith("gradcheck passed")


def test_a_wrong_gradient_is_told(monkeypatch) -> None:
    wrong = ag.primitive(lambda x: (np.exp(x), lambda g: -g * np.exp(x)))
    monkeypatch.setattr(type(CASES[0]), "operator", lambda case: wrong)
    found = checked(PRIMITIVES["exp"])
    assert len(found.failed) > 3
    assert "fails in" in card(PRIMITIVES["exp"], found)
    assert "gradcheck FAILED" in card(PRIMITIVES["exp"], found)


def test_both_gradients_of_a_line_are_listed() -> None:
    assert words(PRIMITIVES["mul"]).gradients == ("∂L/∂x = g·y", "∂L/∂y = g·x")
    assert words(PRIMITIVES["maximum"]).gradients[1] == "∂L/∂y likewise"


def test_a_docstring_without_its_parts_is_refused() -> None:
    def half(x):
        """A half.
        ∂L/∂x = g/2
        """
        return x / 2, lambda g: g / 2

    with pytest.raises(ValueError, match="half: its docstring needs"):
        words(operator_catalogue.Primitive(half))


def test_docstrings_become_markdown() -> None:
    assert markdown("As :func:`max` with ``axis`` and a_b*c") == (
        f"As [`max`](#{label('max')}) with `axis` and a\\_b\\*c"
    )


def test_bars_are_kept_from_docutils_but_not_in_code() -> None:
    lines = ["The slope of |x|, ``a | b``.", "", ">>> print('|')", "|", "", "\\|y\\|"]
    literal_bars(None, "function", "f", None, None, lines)
    assert lines == ["The slope of \\|x\\|, ``a | b``.", "", ">>> print('|')", "|", "", "\\|y\\|"]


def test_operators_are_left_out_of_the_reference_of_tensor() -> None:
    def skipped(thing):
        return operator_catalogue.skip_operators(None, "class", "", thing, False, None)

    assert skipped(ag.Tensor.mul)
    assert skipped(ag.Tensor.backward) is None
    assert skipped(ag.Tensor.detach) is None
