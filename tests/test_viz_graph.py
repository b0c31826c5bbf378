"""Drawings of real graphs: what they show, that they are well formed, and that they never change."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import autograd_lab as ag
from autograd_lab import Tensor
from autograd_lab.viz import GraphDrawing, draw_graph, replay
from autograd_lab.viz.text import text_width
from autograd_lab.viz.theme import GRAPH_CSS

SVG = "{http://www.w3.org/2000/svg}"


def leaf(value: object, name: str | None = None) -> Tensor:
    return ag.tensor(value, requires_grad=True, name=name)


def tree(drawing: GraphDrawing) -> ET.Element:
    return ET.fromstring(drawing.svg)


def edges(drawing: GraphDrawing) -> dict[str, str]:
    """The path of each edge, by 'source-target-position'."""
    return {
        group.attrib["data-e"]: group.find(f"{SVG}path").attrib["d"]  # type: ignore[union-attr]
        for group in tree(drawing).iter(f"{SVG}g")
        if "data-e" in group.attrib
    }


def texts(drawing: GraphDrawing) -> list[str]:
    return ["".join(element.itertext()) for element in tree(drawing).iter(f"{SVG}text")]


def chapter_example() -> Tensor:
    a, b = leaf([2.0, -1.0, 3.0], "a"), leaf([3.0, 4.0, -1.0], "b")
    return (a * b + a).relu().sum()


def network() -> tuple[Tensor, Tensor, np.ndarray]:
    rng = np.random.default_rng(0)
    x, y = ag.tensor(rng.normal(size=(5, 8))), rng.integers(0, 3, 5)
    w1, b1 = leaf(rng.normal(size=(8, 6)), "W1"), leaf(np.zeros(6), "b1")
    w2, b2 = leaf(rng.normal(size=(6, 3)), "W2"), leaf(np.zeros(3), "b2")
    return ag.cross_entropy((x @ w1 + b1).relu() @ w2 + b2, y), x, y


# What a drawing says ---------------------------------------------------------------------------------------


def test_description_before_backward() -> None:
    drawing = draw_graph(chapter_example())
    assert repr(drawing) == "<GraphDrawing of v4: 2 leaves, 4 operators>"
    assert drawing.description == (
        "2 leaves, 4 operators. Leaf a = [2, −1, 3] (shape (3,)). Leaf b = [3, 4, −1] (shape (3,)). "
        "v1 = a × b = [6, −4, −3] (shape (3,)). v2 = v1 + a = [8, −5, 0] (shape (3,)). "
        "v3 = relu(v2) = [8, 0, 0] (shape (3,)). v4 = sum(v3) = 8."
    )


def test_gradients_after_backward() -> None:
    loss = chapter_example()
    loss.backward()
    said = draw_graph(loss).description
    assert "Leaf a = [2, −1, 3] (shape (3,), grad [4, 0, 0])" in said
    assert "v1 = a × b = [6, −4, −3] (shape (3,), g [1, 0, 0])" in said
    assert said.endswith("v4 = sum(v3) = 8 (g 1).")


def test_gradients_on_request() -> None:
    x = leaf(3.0, "x")
    y = x * x
    assert "6" not in texts(draw_graph(y))
    assert "g 6" in texts(draw_graph(y, grads="replay"))
    assert x.grad is None
    y.backward()
    assert "grad 6" in texts(draw_graph(y))
    assert not any("6" in text for text in texts(draw_graph(y, grads=False)))


def test_held_gradient_is_shown_as_it_is() -> None:
    x = leaf(3.0, "x")
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert "grad 12" in texts(draw_graph(y))  # accumulated, unlike the cotangent


def test_root_that_is_no_scalar() -> None:
    x = leaf([1.0, 2.0], "x")
    y = x * 3.0
    assert not any(text.startswith("g") for text in texts(draw_graph(y, grads="replay")))
    assert "g [3, 6]" in texts(draw_graph(y, grads="replay", gradient=[1.0, 2.0]))


def test_values_can_be_left_out() -> None:
    assert texts(draw_graph(chapter_example(), values=False)) == [
        *("a(3,)", "b(3,)", "×", "v1(3,)", "+", "v2(3,)", "relu", "v3(3,)", "Σ", "v4")
    ]


def test_large_arrays_show_their_shape() -> None:
    loss, x, y = network()
    loss.backward()
    said = texts(draw_graph(loss, names={"x": x, "y": y}))
    assert {"x(5, 8)", "y(5,)", "W1(8, 6)", "grad (8, 6)", "cross entropy"} <= set(said)


def test_names_for_one_drawing() -> None:
    x = leaf(2.0)
    h = x * 3.0
    drawing = draw_graph(h + x, names={"x": x, "h": h})
    assert drawing.description.startswith(
        "1 leaf, 1 constant, 2 operators. Leaf x = 2. Constant 3. h = x × 3 = 6. "
    )


def test_made_up_names_avoid_given_ones() -> None:
    said = draw_graph(leaf(1.0, "v1") * leaf(2.0)).description
    assert "v2 = v1 × x1" in said


def test_a_constant_alone() -> None:
    drawing = draw_graph(ag.tensor([1.0, 2.0]))
    assert drawing.description == "1 constant, 0 operators. Constant [1, 2] (shape (2,))."
    tree(drawing)


def test_options_of_operators_are_shown() -> None:
    x = leaf([[1.0, 2.0]], "x")
    assert "axis=0" in texts(draw_graph(x.sum(axis=0)))
    assert draw_graph(x.sum(axis=0)).description.endswith("sum(x, axis=0) = [1, 2] (shape (2,)).")
    assert "axis" not in "".join(texts(draw_graph(x.sum(axis=None))))


def test_options_that_are_arguments_are_no_boxes() -> None:
    x = leaf(np.arange(6.0).reshape(2, 3), "x")
    picked = x[:, [0, 2]]
    drawing = draw_graph(ag.einsum("ij,kj->ik", picked, x[0:1, 1:]).reshape(-1)[0] + x.sum(axis=1)[-1])
    assert drawing.trace.count("constant") == 0
    details = [vertex.details for vertex in drawing.trace.vertices if vertex.details]
    assert details == [":, [0, 2]", "0:1, 1:", "ij,kj->ik", "−1", "0", "axis=1", "−1"]
    assert {"0-1-0", "1-3-1", "2-3-2"} <= set(edges(drawing))  # einsum's first argument is the formula


def test_a_condition_is_a_box() -> None:
    x = leaf([1.0, 2.0], "x")
    drawing = draw_graph(ag.where(np.array([True, False]), x, 0.0))
    assert drawing.description.startswith(
        "1 leaf, 2 constants, 1 operator. Leaf x = [1, 2] (shape (2,)). Constant"
    )
    assert "where([True, False], x, 0) = [1, 0]" in drawing.description


def test_rounding_errors_are_shown_as_zero() -> None:
    x = leaf([0.1, 0.2, 0.3], "x")
    m = x.sum() / 3.0
    drawing = draw_graph(((x - m) * 1.0).sum(), grads="replay")
    assert "Leaf x = [0.1, 0.2, 0.3] (shape (3,), g [0, 0, 0])." in drawing.description


def test_the_order_of_arguments_is_marked_where_the_drawing_changes_it() -> None:
    a, b = leaf(1.0, "a"), leaf(2.0, "b")
    drawing = draw_graph((a - b) * (b - a))
    marks = [t for t in tree(drawing).iter(f"{SVG}text") if t.attrib["class"] == "ag-argument"]
    assert sorted(mark.text or "" for mark in marks) == ["1", "2"]


# Edges -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", ["right", "down"])
def test_square_has_two_distinct_edges(direction: str) -> None:
    x = leaf(3.0, "x")
    drawn = edges(draw_graph(x * x, direction=direction))  # type: ignore[arg-type]
    assert set(drawn) == {"0-1-0", "0-1-1"}
    assert drawn["0-1-0"] != drawn["0-1-1"]


def test_diamond() -> None:
    x = leaf(3.0, "x")
    assert set(edges(draw_graph(x.sin() * x.cos()))) == {"0-1-0", "0-2-0", "1-3-0", "2-3-1"}


def test_an_array_used_twice_is_one_box_and_a_number_two() -> None:
    x, c = leaf([1.0, 2.0], "x"), np.array([3.0, 4.0])
    assert draw_graph((x * c + c).sum()).trace.count("constant") == 1
    assert draw_graph((x * 2.0 + 2.0).sum()).trace.count("constant") == 2


# Form ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", ["right", "down"])
def test_markup_is_accessible_and_self_contained(direction: str) -> None:
    loss, _, _ = network()
    drawing = draw_graph(loss, direction=direction)  # type: ignore[arg-type]
    root = tree(drawing)
    assert root.attrib["role"] == "img"
    assert root.find(f"{SVG}title").text == root.attrib["aria-label"] == drawing.name  # type: ignore[union-attr]
    assert root.find(f"{SVG}desc").text == drawing.description  # type: ignore[union-attr]
    assert "id" not in {name for element in root.iter() for name in element.attrib}
    assert not re.search(r"url\(|href|0x[0-9a-f]{6}", drawing.svg)


def test_names_are_escaped() -> None:
    x = leaf(1.0, 'a<b & "c"')
    drawing = draw_graph(x * 2.0, title="<i>&")
    tree(drawing)
    assert "a&lt;b &amp; " in drawing.svg
    assert 'a<b & "c"' in texts(drawing)
    ET.fromstring(drawing._repr_html_())


def test_texts_lie_inside_the_drawing() -> None:
    loss, x, y = network()
    loss.backward()
    for direction in ("right", "down"):
        drawing = draw_graph(loss, names={"a rather long name": x, "y": y}, direction=direction)  # type: ignore[arg-type]
        width, height = drawing.size
        for text in tree(drawing).iter(f"{SVG}text"):
            half = text_width("".join(text.itertext()), 12) / 2
            assert half <= float(text.attrib["x"]) <= width - half
            assert 0 < float(text.attrib["y"]) < height


def test_direction_follows_the_page() -> None:
    x = leaf(1.0)
    assert draw_graph(x * 2.0).direction == "right"
    assert draw_graph(network()[0]).direction == "down"


def test_wide_drawings_can_be_scrolled_by_keyboard() -> None:
    assert "tabindex" not in draw_graph(leaf(1.0) * 2.0)._repr_html_()
    assert (
        'tabindex="0" role="group" aria-label=' in draw_graph(network()[0], direction="right")._repr_html_()
    )


def test_only_one_rich_form_is_stored_in_a_notebook() -> None:
    drawing = draw_graph(leaf(1.0) * 2.0)
    assert [name for name in dir(drawing) if name.startswith("_repr_")] == ["_repr_html_"]


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("theme", "page"), [(0, "#ffffff"), (1, "#14181e")])
def test_colours_have_contrast_in_both_themes(theme: int, page: str) -> None:
    blocks = re.findall(r"--ag-ink:.*?(?=[;}]*(?:display|\}))", GRAPH_CSS)
    colors = dict(re.findall(r"--ag-([a-z-]+):(#[0-9a-f]{6})", blocks[theme]))
    for text, grounds in {
        "ink": ("leaf", "const", "result", "op"),
        "soft": ("leaf", "const", "result", "op"),
    }.items():
        assert all(contrast(colors[text], colors[ground]) >= 4.5 for ground in grounds)
    assert contrast(colors["grad"], colors["grad-fill"]) >= 4.5
    assert all(contrast(colors[line], page) >= 3 for line in ("line", "leaf-line", "op-line"))


# Determinism -----------------------------------------------------------------------------------------------


def test_drawing_again_gives_the_same_bytes() -> None:
    first, second = chapter_example(), chapter_example()
    assert draw_graph(first)._repr_html_() == draw_graph(second)._repr_html_()


def test_another_process_gives_the_same_bytes() -> None:
    code = (
        "import autograd_lab as ag\nfrom autograd_lab.viz import draw_graph\n"
        "a = ag.tensor([2.0, -1.0, 3.0], requires_grad=True, name='a')\n"
        "b = ag.tensor([3.0, 4.0, -1.0], requires_grad=True, name='b')\n"
        "print(draw_graph((a * b + a).relu().sum())._repr_html_(), end='')"
    )
    root = Path(ag.__file__).parents[1]
    for seed in ("1", "2"):
        env = {"PYTHONHASHSEED": seed, "PYTHONPATH": str(root), "PYTHONIOENCODING": "utf-8"}
        run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
        assert run.stdout.decode() == draw_graph(chapter_example())._repr_html_()


def test_drawing_changes_nothing() -> None:
    loss = chapter_example()
    draw_graph(loss, grads="replay")
    assert loss.node is not None
    assert loss.node.vjps is not None
    assert loss.grad is None
    loss.backward()


# Size ------------------------------------------------------------------------------------------------------


def chain(operators: int) -> Tensor:
    x = leaf(1.0, "x")
    for step in range(operators):
        x = x + 1.0 if step % 2 else x * 0.5
    return x


def test_three_hundred_nodes() -> None:
    drawing = draw_graph(chain(299))
    assert drawing.trace.count("result") == 299
    tree(drawing)


def test_a_larger_graph_is_not_drawn_in_full_unless_asked_for() -> None:
    with pytest.raises(ValueError, match=r"301 nodes, more than the 300 .* raise max_nodes="):
        draw_graph(chain(300), detail="full")
    assert draw_graph(chain(300), max_nodes=301).trace.count("result") == 300


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"tensor": 3.0}, TypeError),
        ({"direction": "up"}, ValueError),
        ({"grads": "all"}, ValueError),
        ({"detail": "some"}, ValueError),
        ({"gradient": [1.0, 2.0], "grads": "replay"}, ValueError),
    ],
)
def test_bad_arguments(arguments: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        draw_graph(**{"tensor": chain(1), **arguments})  # type: ignore[arg-type]


# Other languages -------------------------------------------------------------------------------------------


def test_dot() -> None:
    x = leaf(3.0, 'x "1"')
    assert draw_graph(x * x).to_dot() == "\n".join(
        [
            "digraph {",
            "  rankdir=LR;",
            '  node [fontname="Helvetica"];',
            r'  v0 [label="x \"1\"\n3", shape=box, penwidth=2];',
            r'  v1 [label="v1\n9", shape=box, style=rounded, peripheries=2];',
            '  f1 [label="×", shape=ellipse];',
            "  v0 -> f1;",
            "  v0 -> f1;",
            "  f1 -> v1;",
            "}",
        ]
    )


def test_mermaid() -> None:
    x = leaf(3.0, "a<b")
    assert draw_graph(x * 2.0).to_mermaid() == "\n".join(
        [
            "flowchart LR",
            '  v0["a#lt;b<br/>3"]',
            '  v1["2"]',
            "  style v1 stroke-dasharray: 4 3",
            '  v2("v1<br/>6")',
            '  f2(("×"))',
            "  v0 --> f2",
            "  v1 --> f2",
            "  f2 --> v2",
        ]
    )


def test_save(tmp_path: Path) -> None:
    drawing = draw_graph(chain(2))
    assert ET.parse(drawing.save(tmp_path / "graph.svg")).getroot().tag == f"{SVG}svg"
    assert drawing.save(tmp_path / "graph.dot").read_text(encoding="utf-8").startswith("digraph")
    assert drawing.save(str(tmp_path / "graph.mmd")).read_text(encoding="utf-8").startswith("flowchart")
    with pytest.raises(ValueError, match=r"\.svg, \.dot or \.mmd"):
        drawing.save(tmp_path / "graph.png")


# Replay ----------------------------------------------------------------------------------------------------


def test_replay_agrees_with_the_engine() -> None:
    loss, _, _ = network()
    tape = replay(loss)
    np.testing.assert_array_equal(tape.values[tape.order[-1].id], loss.data)
    loss.backward()
    again = replay(loss)  # after backward has freed the graph
    for node in tape.order:
        if node.op is None:
            np.testing.assert_allclose(tape.cotangents[node.id], node.grad, rtol=1e-12)
            np.testing.assert_array_equal(again.cotangents[node.id], tape.cotangents[node.id])


def test_replay_records_every_contribution() -> None:
    a, b = leaf(2.0, "a"), leaf(3.0, "b")
    tape = replay((a * b + a).relu().sum())
    assert [step.node.op.name for step in tape.steps if step.node.op] == ["sum", "relu", "add", "mul"]
    assert a.node is not None
    arrivals = [c for step in tape.steps for c in step.contributions if c.target == a.node.id]
    assert [(float(c.value), c.first) for c in arrivals] == [(1.0, True), (3.0, False)]


def test_replay_sums_broadcast_contributions() -> None:
    x, bias = leaf(np.ones((4, 2)), "x"), leaf([1.0, 2.0], "b")
    tape = replay((x + bias).sum())
    to_bias = tape.steps[-1].contributions[1]
    assert to_bias.raw.shape == (4, 2)
    np.testing.assert_array_equal(to_bias.value, [4.0, 4.0])


def test_replay_keeps_float32() -> None:
    x = ag.tensor([1.0, 2.0], requires_grad=True, dtype=np.float32)
    tape = replay((x * 2.0).exp().sum())
    assert {array.dtype for array in (*tape.values.values(), *tape.cotangents.values())} == {
        np.dtype("float32")
    }


def test_replay_needs_a_graph_and_a_seed() -> None:
    with pytest.raises(ValueError, match="no graph"):
        replay(ag.tensor(1.0))
    with pytest.raises(ValueError, match="gradient="):
        replay(leaf([1.0, 2.0]) * 2.0)
