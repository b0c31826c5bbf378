"""The backward pass step by step: its numbers are the engine's, its words are right, its page is sound."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from test_viz_graph import contrast, leaf, network

import autograd_lab as ag
from autograd_lab import Tensor
from autograd_lab.ops import PRIMITIVES
from autograd_lab.viz import BackwardSteps, step_backward
from autograd_lab.viz.backward import Arrival, BackwardStep, vjp_formulas
from autograd_lab.viz.theme import PLAYER_CSS

SVG = "{http://www.w3.org/2000/svg}"


def example() -> tuple[Tensor, Tensor, Tensor]:
    a, b = leaf(2.0, "a"), leaf(3.0, "b")
    return (a * b + a).relu().sum(), a, b


def fired(steps: BackwardSteps) -> list[str]:
    return [step.op for step in steps.steps if step.kind == "operator"]


def arrivals_at(steps: BackwardSteps, name: str) -> list[Arrival]:
    return [arrival for step in steps.steps for arrival in step.arrivals if arrival.to == name]


def step_of(steps: BackwardSteps, op: str) -> BackwardStep:
    return next(step for step in steps.steps if step.op == op)


def lines_of(step: BackwardStep, left: str) -> tuple[str, ...]:
    return next(equation.right for equation in step.equations if equation.left == left)


def markup(steps: BackwardSteps) -> ET.Element:
    """The player as XML; the script is no part of that."""
    return ET.fromstring(re.sub(r"<script>.*?</script>", "", steps._repr_html_(), flags=re.DOTALL))


# What the steps say ----------------------------------------------------------------------------------------


def test_two_contributions_arrive_and_add() -> None:
    loss, _, _ = example()
    steps = step_backward(loss)
    assert fired(steps) == ["sum", "relu", "add", "mul"]
    first, second = arrivals_at(steps, "a")
    assert (first.before, float(first.after), first.number, first.of) == (None, 1.0, 1, 2)
    assert [float(x) for x in (second.value, second.after)] == [3.0, 4.0]
    assert second.before is not None
    assert float(second.before) == 1.0
    assert (first.formula, second.formula, second.numbers) == ("g", "g·b", "1·3")
    remarks = [equation.remark for step in steps.steps for equation in step.equations]
    assert "arrives at a, the first of 2" in remarks
    assert "adds at a, the last of 2: 1 + 3 = 4" in remarks
    assert lines_of(steps.steps[-1], "∂L/∂a") == ("1 + 3", "4")


def test_negative_numbers_have_brackets() -> None:
    a, b = leaf(-2.0, "a"), leaf(-3.0, "b")
    steps = step_backward((a * b) ** 2.0 - a.cos() / b)
    assert lines_of(step_of(steps, "mul"), "∂L/∂a") == ("g·b", "12·(−3)", "−36")
    assert lines_of(step_of(steps, "cos"), "∂L/∂a") == ("−g·sin a", "−0.3333·sin (−2)", "0.3031")
    assert lines_of(step_of(steps, "div"), "∂L/∂v3")[:2] == ("g/b", "−1/(−3)")


def test_why_now_names_all_who_had_to_fire_before() -> None:
    x = leaf(3.0, "x")
    h = x.exp()
    steps = step_backward((h.sin() + h) * h)
    assert fired(steps) == ["mul", "add", "sin", "exp"]
    assert step_of(steps, "add").why == (
        "Only × (which made v4) uses v3, and it has fired: g is complete. "
        "v1 must wait: + (for v3) and sin (for v2) have yet to send."
    )
    assert step_of(steps, "exp").why == (
        "× (which made v4), + (which made v3) and sin (which made v2) use v1, and all 3 have fired: "
        "g is complete."
    )
    assert [a.number for a in arrivals_at(steps, "v1")] == [1, 2, 3]


def test_diamond_fires_the_newest_of_those_that_are_ready() -> None:
    x = leaf(3.0, "x")
    steps = step_backward(x.sin() * x.cos())
    assert fired(steps) == ["mul", "cos", "sin"]
    assert step_of(steps, "cos").why.endswith("sin (for v1) is ready too; the newest goes first.")


def test_doubling_twice() -> None:
    a = leaf(1.0, "a")
    b = a + a
    c = b + b
    steps = step_backward(c, names={"b": b, "c": c})
    assert [float(arrival.after) for arrival in arrivals_at(steps, "a")] == [2.0, 4.0]
    assert "Only + (which made c) uses b, twice, and it has fired" in steps.steps[2].why
    assert (
        steps.steps[1].spoken == "Add fires at c, with g 1. b receives 1. b receives 1 more, which makes 2."
    )


def test_broadcast_contributions_are_summed() -> None:
    x, b = leaf(np.ones((3, 2)), "x"), leaf([1.0, 2.0], "b")
    steps = step_backward((x + b).sum())
    (arrival,) = arrivals_at(steps, "b")
    assert arrival.summed == (0,)
    assert lines_of(step_of(steps, "add"), "∂L/∂b") == (
        "Σ g over axis 0, which broadcasting copied",
        "Σ [[1, 1], [1, 1], [1, 1]]",
        "[3, 3]",
    )
    y, scale = leaf([[1.0], [2.0]], "y"), leaf(2.0, "s")
    steps = step_backward((y * scale - np.ones((1, 3))).sum())
    assert arrivals_at(steps, "s")[0].summed == (0, 1)
    (to_v1,) = arrivals_at(steps, "v1")
    assert to_v1.summed == (1,)
    assert to_v1.value.shape == (2, 1)
    assert "over axes 0 and 1" in lines_of(step_of(steps, "mul"), "∂L/∂s")[0]


def test_matrix_product() -> None:
    x, w = ag.tensor([[1.0, 2.0]]), leaf([[3.0], [4.0]], "W")
    steps = step_backward((x @ w).sum(), names={"X": x})
    step = step_of(steps, "matmul")
    assert lines_of(step, "∂L/∂W") == ("Xᵀ g", "[[1, 2]]ᵀ [[1]]", "[[1], [2]]")
    assert step.notes == ("X needs no gradient: its VJP is never called.",)


def test_constants_need_none() -> None:
    x = leaf([1.0, 2.0], "x")
    steps = step_backward((x * 3.0 + np.ones(2)).sum())
    assert step_of(steps, "mul").notes == ("3 needs no gradient: its VJP is never called.",)
    assert step_of(steps, "add").notes == ("The constant [1, 1] needs no gradient: its VJP is never called.",)
    assert len(step_of(steps, "mul").arrivals) == 1


def test_given_cotangent() -> None:
    x = leaf([1.0, 2.0], "x")
    steps = step_backward(x * 3.0, gradient=[1.0, -2.0])
    assert steps.steps[0].equations[0].right == ("[1, −2]",)
    assert steps.steps[0].question == "Why this?"
    np.testing.assert_array_equal(steps.gradients["x"], [3.0, -6.0])


def test_target_of_a_loss_is_shown_as_one_hot_rows() -> None:
    z = leaf([[2.0, 1.0, 0.0]], "z")
    step = step_of(step_backward(ag.cross_entropy(z, [1])), "cross_entropy")
    formula, numbers, _ = lines_of(step, "∂L/∂z")
    assert formula == "g·(softmax(z) − y)/N"
    assert numbers == "1·(softmax([[2, 1, 0]]) − [[0, 1, 0]])/1"
    assert step.notes[0] == "y stands for the one-hot rows of [1]."


def test_large_arrays_show_their_shape() -> None:
    loss, x, _ = network()
    steps = step_backward(loss, names={"x": x})
    assert lines_of(step_of(steps, "relu"), "∂L/∂v2") == (
        "g where v2 > 0, else 0",
        "an array of shape (5, 6)",
    )
    assert "N = 5." in step_of(steps, "cross_entropy").notes


def test_a_leaf_alone_and_one_that_nothing_reaches() -> None:
    steps = step_backward(leaf(3.0, "x"))
    assert [step.kind for step in steps.steps] == ["start", "end"]
    assert float(steps.gradients["x"]) == 1.0
    steps._repr_html_()


@pytest.mark.parametrize("name", PRIMITIVES)
def test_every_operator_states_its_vjps(name: str) -> None:
    op = PRIMITIVES[name]
    formulas = vjp_formulas(op)
    assert formulas, f"the docstring of {name} has no ∂L/∂"
    assert set(formulas) <= {*op.inputs, "xᵢ"}
    assert not any("likewise" in formula or "∂" in formula for formula in formulas.values())


def test_an_operator_without_a_formula_still_has_numbers() -> None:
    x = leaf(2.0, "x")
    op = PRIMITIVES["exp"]
    # An operator of the reader's own, whose docstring says nothing.
    bare = type("Bare", (), {"name": "bare", "fn": staticmethod(lambda x: op.fn(x)), "inputs": ("x",)})()
    bare.variadic = None
    y = x.exp()
    assert y.node is not None
    y.node.op = bare
    step = step_backward(y).steps[1]
    assert lines_of(step, "∂L/∂x") == ("the VJP of bare for argument 1, applied to g", "7.389")


# The engine's numbers --------------------------------------------------------------------------------------


def test_gradients_are_those_of_backward_before_and_after() -> None:
    for loss in (network()[0], example()[0]):
        before = step_backward(loss)
        loss.backward()
        after = step_backward(loss)  # the graph is freed now
        assert str(before) == str(after)
        assert before._repr_html_() == after._repr_html_()
        leaves = {node.name: node for node in ag.graph.topological_order(loss.node) if node.op is None}  # type: ignore[arg-type]
        assert set(leaves) == set(before.gradients)
        for name, gradient in before.gradients.items():
            np.testing.assert_allclose(gradient, leaves[name].grad, rtol=1e-12)
            assert gradient.dtype == leaves[name].grad.dtype


def test_stepping_changes_nothing() -> None:
    loss, a, _ = example()
    step_backward(loss)
    assert a.grad is None
    loss.backward()
    assert a.grad is not None
    step_backward(loss)
    assert float(a.grad) == 4.0


def test_sum_of_all_contributions_is_the_gradient() -> None:
    loss, _, _ = network()
    steps = step_backward(loss)
    for name, gradient in steps.gradients.items():
        np.testing.assert_allclose(sum(a.value for a in arrivals_at(steps, name)), gradient, rtol=1e-12)


def test_a_deep_graph() -> None:
    x = leaf(1.0, "x")
    for _ in range(1500):
        x = x * 1.0
    assert len(step_backward(x, max_nodes=2000, direction="right")) == 1502


# Errors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tensor", "options", "error", "message"),
    [
        (3.0, {}, TypeError, "of a Tensor, not of float"),
        (ag.tensor(1.0), {}, ValueError, "no graph behind this Tensor"),
        (leaf([1.0, 2.0]) * 2.0, {}, ValueError, "not a scalar: give gradient="),
        (leaf([1.0, 2.0]) * 2.0, {"gradient": 1.0}, ValueError, r"gradient has shape \(\)"),
        (leaf(1.0) * 2.0, {"direction": "up"}, ValueError, "direction must be"),
        (leaf(1.0) * 2.0, {"max_nodes": 1}, ValueError, "2 nodes, more than the 1 .* raise max_nodes="),
    ],
)
def test_refusals_say_why(
    tensor: object, options: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        step_backward(tensor, **options)  # type: ignore[arg-type]


# The page --------------------------------------------------------------------------------------------------


def test_text_lists_the_steps() -> None:
    text = str(step_backward(example()[0]))
    assert text.startswith("Backward pass of v4 = sum(v3), in 6 steps\n\n1. Start at the output v4\n")
    assert re.findall(r"^\d+", text, re.M) == [*"123456"]
    assert "   ∂L/∂a = g·b\n         = 1·3\n         = 3 " in text
    assert max(map(len, text.split("\n"))) <= 110
    assert repr(step_backward(example()[0])) == "<BackwardSteps of v4: 6 steps>"


def test_markup_is_well_formed_and_self_contained() -> None:
    steps = step_backward(network()[0])
    html = steps._repr_html_()
    root = markup(steps)
    assert "id" not in {name for element in root.iter() for name in element.attrib}
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|url\(|@import|0x[0-9a-f]{6}", html)
    assert html.count("</script>") == 1
    assert len(root.findall(".//ol/li")) == len(steps)
    assert all(
        button.attrib["type"] == "button" and "".join(button.itertext()) for button in root.iter("button")
    )
    assert root.find(".//input").attrib["aria-label"]  # type: ignore[union-attr]
    assert root.find(".//*[@aria-live='polite']") is not None


def test_the_drawing_carries_the_frames() -> None:
    loss, _, _ = example()
    steps = step_backward(loss)
    root = markup(steps)
    flows = {g.attrib["data-e"]: g.attrib["data-at"] for g in root.iter(f"{SVG}g") if "data-e" in g.attrib}
    assert flows == {"0-2-0": "4", "1-2-1": "4", "2-3-0": "3", "0-3-1": "3", "3-4-0": "2", "4-5-0": "1"}
    a = next(g for g in root.iter(f"{SVG}g") if g.attrib.get("data-v") == "0")
    assert a.attrib["data-get"] == "3 4"
    phases = [g for g in a.iter(f"{SVG}g") if g.attrib.get("class") == "ag-phase"]
    shown = [(g.attrib["data-span"], ["".join(text.itertext()) for text in g]) for g in phases]
    assert shown == [
        ("0 2", ["g ?", "+ ?", "= ?"]),
        ("3 3", ["g 1", "+ ?", "= ?"]),
        ("4 5", ["g 1", "+ 3", "= 4"]),
    ]
    # Without a script the end of the pass is shown.
    assert ["display" in g.attrib for g in phases] == [True, True, False]


def test_both_uses_in_one_operator() -> None:
    x = leaf(3.0, "x")
    root = markup(step_backward(x * x))
    phases = [g for g in root.iter(f"{SVG}g") if g.attrib.get("class") == "ag-phase"]
    assert ["".join(text.itertext()) for text in phases[1]] == ["g 3", "+ 3", "= 6"]


def test_running_totals_where_a_column_would_be_too_tall() -> None:
    x = leaf(1.0, "x")
    root = markup(step_backward(((x * 2.0 + x) + x) + x))
    x_box = next(g for g in root.iter(f"{SVG}g") if g.attrib.get("data-v") == "0")
    texts = ["".join(t.itertext()) for t in x_box.iter(f"{SVG}text") if "ag-grad" in t.attrib["class"]]
    assert texts == ["g ?", "g 1 + ?", "g 2 + ?", "g 3 + ?", "g 5"]


def test_names_are_escaped() -> None:
    x = leaf(1.0, '<b>&"x')
    steps = step_backward(x * 2.0, title="<i>")
    root = markup(steps)
    assert "<b>" not in steps._repr_html_().replace("<b>Why", "")
    assert '∂L/∂<b>&"x' in "".join(root.itertext())
    assert steps.steps[-1].spoken in {li.attrib["data-say"] for li in root.iter("li")}


def test_a_player_is_small() -> None:
    assert len(step_backward(example()[0])._repr_html_().encode()) < 30_000
    assert len(step_backward(network()[0])._repr_html_().encode()) < 40_000


def test_only_one_rich_form_is_stored_in_a_notebook() -> None:
    steps = step_backward(example()[0])
    assert [name for name in dir(steps) if name.startswith("_repr_")] == ["_repr_html_"]


def test_another_process_gives_the_same_bytes() -> None:
    code = (
        "import autograd_lab as ag\nfrom autograd_lab.viz import step_backward\n"
        "a = ag.tensor(2.0, requires_grad=True, name='a')\n"
        "b = ag.tensor(3.0, requires_grad=True, name='b')\n"
        "steps = step_backward((a * b + a).relu().sum())\n"
        "print(steps, steps._repr_html_(), end='')"
    )
    steps = step_backward(example()[0])
    for seed in ("1", "2"):
        env = {
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": str(Path(ag.__file__).parents[1]),
            "PYTHONIOENCODING": "utf-8",
        }
        run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
        assert run.stdout.decode() == f"{steps} {steps._repr_html_()}"


def test_direction_follows_the_page() -> None:
    assert step_backward(leaf(1.0) * 2.0).direction == "right"
    assert step_backward(network()[0]).direction == "down"
    assert step_backward(network()[0], direction="right").direction == "right"


@pytest.mark.parametrize(("theme", "page"), [(0, "result"), (1, "result")])
def test_colours_have_contrast_in_both_themes(theme: int, page: str) -> None:
    blocks = re.findall(r"--ag-ink:.*?(?=[;}]*(?:--ag-mono|\}))", PLAYER_CSS)
    colors = dict(re.findall(r"--ag-([a-z-]+):(#[0-9a-f]{6})", blocks[theme]))
    pairs = [(text, ground) for text in ("ink", "soft") for ground in ("result", "const", "leaf")]
    pairs += [("grad", page), ("grad", "grad-fill"), ("result", "grad")]
    assert all(contrast(colors[text], colors[ground]) >= 4.5 for text, ground in pairs)
    assert contrast(colors["leaf-line"], colors[page]) >= 3  # the ring of what has the focus


def test_save(tmp_path: Path) -> None:
    steps = step_backward(example()[0])
    page = steps.save(tmp_path / "player.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert steps._repr_html_() in page
    with pytest.raises(ValueError, match=r"saved as \.html"):
        steps.save(str(tmp_path / "player.svg"))
