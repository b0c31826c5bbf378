"""Modules in drawings: frames that hold what is theirs and nothing else, and summaries of large graphs."""

import itertools
import random
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lab as ag
from autograd_lab import Tensor, nn
from autograd_lab.nn import functional as F
from autograd_lab.viz import GraphDrawing, draw_graph, layout, step_backward
from autograd_lab.viz.frames import FRAME_CSS
from autograd_lab.viz.modules import calls_in
from autograd_lab.viz.nesting import Frame, nested_layout
from autograd_lab.viz.replay import reachable
from autograd_lab.viz.trace import Trace

SVG = "{http://www.w3.org/2000/svg}"
GAPS: dict[str, Any] = {"layer_gap": 34.0, "box_gap": 18.0}


class Residual(nn.Module):
    def __init__(self, features: int) -> None:
        self.first, self.second = nn.Linear(features, features, rng=0), nn.Linear(features, features, rng=1)
        self.act = nn.ReLU()

    def forward(self, x: Any) -> Tensor:
        return self.act(x + self.second(self.act(self.first(x))))


def classifier() -> nn.Sequential:
    return nn.Sequential(nn.Linear(8, 6, rng=0), nn.ReLU(), nn.Linear(6, 3, rng=1))


def classifier_loss() -> Tensor:
    rng = np.random.default_rng(0)
    return F.cross_entropy(classifier()(rng.normal(size=(5, 8))), rng.integers(0, 3, 5))


def nested_loss() -> Tensor:
    encoder = nn.Sequential(nn.Linear(4, 3, rng=0), nn.Tanh(), nn.Dropout(0.5, rng=0))
    model = nn.Sequential(encoder, nn.Sequential(Residual(3), nn.Sigmoid()))
    x = np.random.default_rng(0).normal(size=(6, 4))
    return nn.MSELoss()(model(x), np.zeros((6, 3)))


def shared_loss() -> Tensor:
    layer, x = nn.Linear(3, 3, rng=0), ag.tensor(np.ones((2, 3)), requires_grad=True, name="x")
    h = layer(layer(x).relu())
    return (h * h).sum()


LOSSES = {
    "classifier": classifier_loss,
    "nested": nested_loss,
    "shared": shared_loss,
    "residual": lambda: Residual(3)(ag.tensor(np.ones((2, 3)), requires_grad=True)).sum(),
    "output inside": lambda: classifier()(np.ones((2, 8))),
}


def groups(drawing: GraphDrawing) -> list[ET.Element]:
    return [g for g in ET.fromstring(drawing.svg).iter(f"{SVG}g") if "data-m" in g.attrib]


def members(trace: Trace) -> dict[str, list[str]]:
    """The labels of the vertices that stand directly in each module's frame, and those in none."""
    found: dict[str, list[str]] = {"": []}
    for vertex, owner in zip(trace.vertices, trace.owners, strict=True):
        name = trace.modules[owner].kind if owner >= 0 else ""
        found.setdefault(name, []).append(vertex.label or "constant")
    return found


# What belongs to a module ----------------------------------------------------------------------------------


def test_parameters_stand_in_the_frame_and_the_input_outside() -> None:
    drawn = draw_graph(classifier_loss()).trace
    assert [module.kind for module in drawn.modules] == ["Sequential", "Linear", "ReLU", "Linear"]
    assert [module.parent for module in drawn.modules] == [-1, 0, 0, 0]
    assert [drawn.vertices[module.output].label for module in drawn.modules] == ["v5", "v2", "v3", "v5"]
    assert members(drawn) == {
        "": ["constant", "constant", "v6"],
        "Linear": ["weight", "bias", "weight", "bias", "v1", "v2", "v4", "v5"],
        "ReLU": ["v3"],
    }


def test_a_leaf_that_goes_in_stands_outside() -> None:
    x = ag.tensor(np.ones((2, 8)), requires_grad=True, name="x")
    assert members(draw_graph(classifier()(x)).trace)[""] == ["x"]


def test_a_shared_parameter_stands_outside_of_the_calls_that_share_it() -> None:
    assert members(draw_graph(shared_loss()).trace)[""] == ["weight", "bias", "x", "v3", "v6", "v7"]


def test_a_parameter_shared_inside_a_module_stands_in_that_module() -> None:
    layer = nn.Linear(3, 3, rng=0)
    drawn = draw_graph(nn.Sequential(layer, layer)(np.ones((2, 3)))).trace
    assert members(drawn)["Sequential"] == ["weight", "bias"]


def test_a_mask_stands_with_its_operator_and_targets_outside() -> None:
    found = members(draw_graph(nested_loss()).trace)
    assert "constant" in found["Dropout"]
    assert found[""] == ["constant", "constant"]


def test_a_number_stands_with_its_operator() -> None:
    class Double(nn.Module):
        def forward(self, x: Any) -> Tensor:
            return 2.0 * x

    drawn = draw_graph(Double()(ag.tensor([1.0], requires_grad=True, name="x"))).trace
    assert members(drawn) == {"": ["x"], "Double": ["constant", "v1"]}


def test_a_module_that_hands_on_its_input_has_no_frame() -> None:
    x = ag.tensor([1.0], requires_grad=True)
    assert draw_graph(nn.Dropout(0.5).eval()(x * 2.0)).trace.modules == ()


def test_a_parameter_switched_off_and_on_is_still_one() -> None:
    layer = nn.Linear(2, 2, rng=0)
    layer.weight.requires_grad_(False).requires_grad_()
    assert members(draw_graph(layer(np.ones((1, 2)))).trace)["Linear"] == ["bias", "weight", "v1", "v2"]


def test_calls_that_overlap_are_not_nested() -> None:
    x = ag.tensor(1.0, requires_grad=True)
    first = x * 2.0
    second = first + 1.0
    third = second.exp()
    for node, start in ((second.node, x.node), (third.node, first.node)):
        assert node is not None
        assert start is not None
        node.modules = (("Threaded", start.id),)
    assert third.node is not None
    assert [call.end for call in calls_in(reachable(third.node))] == [second.node.id]  # type: ignore[union-attr]
    assert len(groups(draw_graph(third))) == 1


def test_depth_of_nesting_is_no_limit() -> None:
    x = ag.tensor(1.0, requires_grad=True)
    y = x.exp()
    assert y.node is not None
    y.node.modules = tuple(("Box", -start) for start in range(1500))
    assert len(groups(draw_graph(y))) == 1500
    assert draw_graph(y, detail="modules").trace.count("group") == 1
    assert draw_graph(y).to_dot().count("subgraph") == 1500


# Layout ----------------------------------------------------------------------------------------------------


def inside(frame: Frame, low: tuple[float, float], high: tuple[float, float]) -> bool:
    return all(frame.low[i] <= low[i] + 0.2 and high[i] <= frame.high[i] + 0.2 for i in (0, 1))


def apart(frame: Frame, low: tuple[float, float], high: tuple[float, float]) -> bool:
    return any(high[i] <= frame.low[i] + 0.2 or frame.high[i] <= low[i] + 0.2 for i in (0, 1))


def random_nest(seed: int) -> tuple[list[Any], list[Any], list[int], list[int]]:
    """A graph in which frames are intervals of boxes, as calls are of ids."""
    rng = random.Random(seed)
    count = 40
    sizes = [(rng.uniform(40, 150), rng.uniform(30, 90)) for _ in range(count)]
    edges = [
        (rng.randrange(max(0, box - 12), box), box)
        for box in range(1, count)
        for _ in range(rng.randrange(1, 4))
    ]
    owners, parents = [-1] * count, []
    pending = [(0, count, -1)]
    for low, high, around in pending:
        cuts = sorted(rng.sample(range(low, high + 1), min(4, high - low + 1)))
        for start, stop in zip(cuts[::2], cuts[1::2], strict=False):
            if stop - start >= 1 and len(parents) < 12:
                parents.append(around)
                owners[start:stop] = [len(parents) - 1] * (stop - start)
                pending.append((start, stop, len(parents) - 1))
    return sizes, edges, owners, parents


@pytest.mark.parametrize("direction", ["right", "down"])
@pytest.mark.parametrize("seed", range(8))
def test_frames_hold_what_is_theirs_and_nothing_else(seed: int, direction: str) -> None:
    sizes, edges, owners, parents = random_nest(seed)
    labels = [40.0 + 10 * number for number in range(len(parents))]
    weights = [1.0 + 499 * (edge % 2) for edge in range(len(edges))]
    plan, frames = nested_layout(
        sizes, edges, owners, parents, labels, weights=weights, direction=direction, **GAPS
    )
    assert len(frames) == len(parents)
    corners = [
        ((along - length / 2, across - breadth / 2), (along + length / 2, across + breadth / 2))
        for (along, across), (length, breadth) in zip(plan.centres, sizes, strict=True)
    ]
    for (a, b), (c, d) in itertools.combinations(corners, 2):
        assert apart(Frame(a, b, a), c, d)

    def lineage(frame: int) -> list[int]:
        found = []
        while frame >= 0:
            found.append(frame)
            frame = parents[frame]
        return found

    for number, frame in enumerate(frames):
        for owner, (low, high) in zip(owners, corners, strict=True):
            assert (inside if number in lineage(owner) else apart)(frame, low, high)
        for other, another in enumerate(frames):
            if number in lineage(other):
                assert inside(frame, another.low, another.high)
            elif other not in lineage(number):
                assert apart(frame, another.low, another.high)
        wide = labels[number]
        end = (
            (frame.label[0] + wide, frame.label[1])
            if direction == "right"
            else (frame.label[0], frame.label[1] + wide)
        )
        assert inside(frame, frame.label, end)
        assert min(frame.low) >= 0
        assert frame.high[0] <= plan.length + 0.2
        assert frame.high[1] <= plan.breadth + 0.2

    for (source, target), route in zip(edges, plan.routes, strict=True):
        along = [point[0] for point in route.points]
        assert along == sorted(along)
        assert route.points[0] == pytest.approx((corners[source][1][0], plan.centres[source][1]), abs=0.2)
        assert route.points[-1] == pytest.approx((corners[target][0][0], plan.centres[target][1]), abs=0.2)
        for number, frame in enumerate(frames):  # an edge passes by a frame with which it has nothing to do
            if number not in lineage(owners[source]) and number not in lineage(owners[target]):
                for here, there in itertools.pairwise(route.points):
                    if here[1] == there[1]:
                        assert apart(frame, here, there)


def test_the_stream_through_a_model_is_straight() -> None:
    drawing = draw_graph(classifier_loss(), direction="right")
    ys = {
        text.attrib["y"]
        for text in ET.fromstring(drawing.svg).iter(f"{SVG}text")
        if (text.text or "") in {"v2", "v3", "v4", "v5"}
    }
    assert len(ys) == 1


def test_labels_of_narrow_frames_stand_beside_the_edge() -> None:
    _, (frame,) = nested_layout(
        [(40, 30)] * 3, [(0, 1), (1, 2)], [-1, 0, -1], [-1], [120.0],
        weights=[1.0, 1.0], direction="down", **GAPS,
    )  # fmt: skip
    middle = 15.0  # of the boxes, and so the place of the edge
    assert frame.label[1] > middle or frame.label[1] + 120 < middle
    assert frame.high[1] >= frame.label[1] + 120


def test_rows_are_ranked_once_a_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    ranked, items = 0, 0
    number, grid = layout._number, layout._Grid.sort

    def counting(row: list[int], ranks: list[int]) -> None:
        nonlocal ranked
        ranked += len(row)
        number(row, ranks)

    def sort(self: Any) -> None:
        nonlocal items
        items += len(self.breadths)
        grid(self)

    monkeypatch.setattr(layout, "_number", counting)
    monkeypatch.setattr(layout._Grid, "sort", sort)
    count = 300
    layout.layered_layout(
        [(50, 30)] * count, [(source, box) for box in range(8, count) for source in (box - 1, box % 8)]
    )
    assert items > 5 * count  # nearly all of it is pieces of long edges
    assert ranked <= (layout._SWEEPS + 2) * items


def test_a_drawing_that_can_only_run_down_is_laid_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    sort = layout._Grid.sort

    def counting(self: Any) -> None:
        nonlocal calls
        calls += 1
        sort(self)

    monkeypatch.setattr(layout._Grid, "sort", counting)
    x = ag.tensor(1.0, requires_grad=True)
    for _ in range(30):
        x = x * 0.5
    assert draw_graph(x).direction == "down"
    assert calls == 1


# What a drawing says ---------------------------------------------------------------------------------------


def test_modules_are_named_in_the_drawing_and_in_words() -> None:
    drawing = draw_graph(classifier_loss())
    names = [g.find(f"{SVG}text").text for g in groups(drawing)]  # type: ignore[union-attr]
    assert names == ["Sequential", "Linear", "ReLU", "Linear"]
    titles = [g.find(f"{SVG}title").text for g in groups(drawing)]  # type: ignore[union-attr]
    assert titles == ["Sequential makes v5", "Linear makes v2", "ReLU makes v3", "Linear makes v5"]
    assert (
        "Module Sequential makes v5; in it Linear makes v2, ReLU makes v3, Linear makes v5."
        in drawing.description
    )


def test_drawings_without_modules_know_nothing_of_them() -> None:
    x = ag.tensor(1.0, requires_grad=True)
    assert "module" not in draw_graph(x * 2.0).svg
    assert FRAME_CSS in draw_graph(nn.ReLU()(x)).svg


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("direction", ["right", "down"])
@pytest.mark.parametrize("detail", ["full", "modules"])
def test_every_drawing_is_well_formed_before_and_after_backward(
    name: str, direction: str, detail: str
) -> None:
    loss = LOSSES[name]()
    for backward in (False, True):
        drawing = draw_graph(loss, direction=direction, detail=detail)  # type: ignore[arg-type]
        root = ET.fromstring(drawing.svg)
        assert root.find(f"{SVG}desc").text == drawing.description  # type: ignore[union-attr]
        width, height = drawing.size
        for rect in root.iter(f"{SVG}rect"):
            assert -0.2 <= float(rect.attrib["x"]) <= width - float(rect.attrib["width"]) + 0.2
            assert -0.2 <= float(rect.attrib["y"]) <= height - float(rect.attrib["height"]) + 0.2
        assert drawing.to_dot().count("{") == drawing.to_dot().count("}")
        assert drawing.to_mermaid().count("subgraph") == drawing.to_mermaid().count("\n  end") + len(
            re.findall(r"\n {4,}end", drawing.to_mermaid())
        )
        if not backward:
            loss.backward(np.ones(loss.shape))


def test_the_player_has_the_frames_too() -> None:
    html = step_backward(nested_loss())._repr_html_()
    assert html.count('class="ag-module"') == len(draw_graph(nested_loss()).trace.modules)
    assert FRAME_CSS in html


def test_the_line_is_shown_where_it_is_known() -> None:
    code = "with ag.debug.detect_anomaly():\n    y = x * x\nz = y + x"
    space: dict[str, Any] = {"ag": ag, "x": ag.tensor(3.0, requires_grad=True, name="x")}
    exec(compile(code, "train.py", "exec"), space)
    drawing = draw_graph(space["z"])
    titles = [title.text for title in ET.fromstring(drawing.svg).iter(f"{SVG}title")]
    assert titles.count("mul at train.py:2") == 1
    assert not any((title or "").startswith("add at") for title in titles)
    assert "v1 = x × x = 9 (line train.py:2). v2 = v1 + x = 12." in drawing.description
    assert 'f1 [label="×", shape=ellipse, tooltip="train.py:2"];' in drawing.to_dot()


def test_names_of_modules_are_escaped() -> None:
    kind = type('A<b>&"]', (nn.ReLU,), {})
    drawing = draw_graph(kind()(ag.tensor([1.0], requires_grad=True)))
    assert groups(drawing)[0].find(f"{SVG}text").text == 'A<b>&"]'  # type: ignore[union-attr]
    assert 'label="A<b>&\\"]"' in drawing.to_dot()
    assert 'subgraph m0["A#lt;b#gt;&#quot;]"]' in drawing.to_mermaid()
    ET.fromstring(draw_graph(kind()(ag.tensor([1.0], requires_grad=True)), detail="modules").svg)


def test_dot_and_mermaid_have_modules_as_subgraphs() -> None:
    drawing = draw_graph(nn.Sequential(nn.ReLU())(ag.tensor([1.0], requires_grad=True, name="x")))
    assert drawing.to_dot().splitlines()[3:] == [
        '  v0 [label="x (1,)\\n[1]", shape=box, penwidth=2];',
        "  subgraph cluster_0 {",
        '    label="Sequential";',
        "    subgraph cluster_1 {",
        '      label="ReLU";',
        '      v1 [label="v1 (1,)\\n[1]", shape=box, style=rounded, peripheries=2];',
        '      f1 [label="relu", shape=ellipse];',
        "    }",
        "  }",
        "  v0 -> f1;",
        "  f1 -> v1;",
        "}",
    ]
    assert drawing.to_mermaid().splitlines() == [
        "flowchart LR",
        '  v0["x (1,)<br/>[1]"]',
        '  subgraph m0["Sequential"]',
        '    subgraph m1["ReLU"]',
        '      v1("v1 (1,)<br/>[1]")',
        '      f1(("relu"))',
        "    end",
        "  end",
        "  v0 --> f1",
        "  f1 --> v1",
    ]


@pytest.mark.parametrize("value", [1e300, -np.inf, np.nan, 5e-324])
@pytest.mark.parametrize("detail", ["full", "modules"])
def test_extreme_numbers_are_drawn(value: float, detail: str) -> None:
    x = ag.tensor(np.full((200, 300), value), requires_grad=True, name="x")
    with np.errstate(all="ignore"):
        y = (nn.ReLU()(x) * np.full(300, 2.0)).sum()
        y.backward()
        drawing = draw_graph(y, detail=detail)  # type: ignore[arg-type]
    ET.fromstring(drawing.svg)
    assert "(200, 300)" in drawing.svg


def luminance(color: np.ndarray) -> float:
    linear = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(first: np.ndarray, second: np.ndarray) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("theme", "page", "ink"), [(0, "ffffff", "1c2430"), (1, "14181e", "eceff3")])
def test_colours_of_modules_have_contrast(theme: int, page: str, ink: str) -> None:
    def rgb(text: str) -> np.ndarray:
        return np.array([int(text[i : i + 2], 16) / 255 for i in (0, 2, 4)])

    module = rgb(re.findall(r"--ag-module:#([0-9a-f]{6})", FRAME_CSS)[theme])
    card = rgb(re.findall(r"--ag-card:#([0-9a-f]{6})", FRAME_CSS)[theme])
    ground = rgb(page)
    for _ in range(3):  # frames in frames
        ground = 0.93 * ground + 0.07 * module
        assert contrast(module, ground) >= 4.5
    assert contrast(rgb(ink), card) >= 4.5
    assert contrast(module, card) >= 3


# Summaries -------------------------------------------------------------------------------------------------


def operators(drawing: GraphDrawing) -> int:
    texts = [f"{vertex.label} {' '.join(vertex.value)}" for vertex in drawing.trace.vertices]
    found = [re.search(r"([\d,]+) operator", text) for text in texts]
    return sum(int(match[1].replace(",", "")) for match in found if match)


def test_a_summary_counts_operators_and_parameters() -> None:
    drawing = draw_graph(classifier_loss(), detail="modules")
    boxes = [vertex for vertex in drawing.trace.vertices if vertex.kind == "group"]
    assert [(box.label, box.shape, box.value) for box in boxes] == [
        ("Linear", (5, 6), ("2 operators", "54 parameters")),
        ("ReLU", (5, 6), ("1 operator",)),
        ("Linear", (5, 3), ("2 operators", "21 parameters")),
        ("cross entropy", (), ("1 operator",)),
    ]
    assert repr(drawing) == "<GraphDrawing of output: summary of 10 nodes in 4 boxes>"
    assert [(module.kind, module.output) for module in drawing.trace.modules] == [("Sequential", 4)]
    assert (
        "Box 1, Linear (shape (5, 6), part of Sequential): 2 operators, 54 parameters" in drawing.description
    )
    assert 'class="ag-note"' not in drawing.svg


def test_a_large_graph_becomes_a_summary_that_says_so() -> None:
    x = ag.tensor(2.0, requires_grad=True, name="x")
    y = x
    for _ in range(200):
        y = y * 0.5 + 1.0
    drawing = draw_graph(y, title="Halves")
    assert drawing.trace.whole == 401
    assert [vertex.kind for vertex in drawing.trace.vertices] == ["leaf", "group", "result"]
    assert drawing.trace.vertices[1].label == "400 operators"
    assert drawing.trace.vertices[1].value == ("mul ×200, add ×200",)
    assert (
        "Summary of 401 nodes in 1 box. To draw them all: draw_graph(…, max_nodes=401)."
        in drawing.description
    )
    notes = [t.text for t in ET.fromstring(drawing.svg).iter(f"{SVG}text") if t.attrib["class"] == "ag-note"]
    assert notes == ["Summary of 401 nodes.", "To draw them all: draw_graph(…, max_nodes=401)."]
    assert draw_graph(y).name == "Summary of the computation graph of output"
    assert draw_graph(y, max_nodes=401).trace.whole == 0


def test_a_hundred_thousand_operators() -> None:
    x = y = ag.tensor(1.0, requires_grad=True, name="x")
    for _ in range(100_000):
        y = y * 1.0
    drawing = draw_graph(y)
    assert operators(drawing) == 100_000
    assert len(drawing.trace.vertices) == 3
    assert x.grad is None
    y.backward()
    assert "grad 1" in draw_graph(y).svg


def test_thousands_of_leaves() -> None:
    x = ag.tensor(1.0, requires_grad=True, name="x")
    y = x + sum(ag.tensor(1.0, requires_grad=True) * np.ones(2) for _ in range(1000)).sum()  # type: ignore[union-attr]
    drawing = draw_graph(y)
    assert drawing.trace.vertices[0].value[-1] == "1001 leaves"
    assert operators(drawing) == drawing.trace.whole - 1001


@pytest.mark.parametrize("count", [3, 30, 300])
def test_modules_are_put_together_where_they_are_too_many(count: int) -> None:
    model = nn.Sequential(*[Residual(2) for _ in range(count)])
    loss = nn.MSELoss()(model(np.ones((3, 2))), np.zeros((3, 2)))
    drawing = draw_graph(loss, detail="modules")
    assert 4 <= drawing.trace.count("group") <= 24
    assert operators(drawing) == 7 * count + 1
    parameters = [re.search(r"([\d,]+) parameter", " ".join(v.value)) for v in drawing.trace.vertices]
    assert sum(int(match[1].replace(",", "")) for match in parameters if match) == 12 * count
    assert drawing.trace.modules[0].kind == "Sequential"


def test_weights_that_many_boxes_share_are_one() -> None:
    layers = [nn.Linear(2, 2, rng=seed) for seed in range(3)]
    h: Any = np.ones((1, 2))
    for _ in range(10):
        for layer in layers:
            h = layer(h).tanh()
    drawing = draw_graph(h.sum(), detail="modules")
    first = drawing.trace.vertices[1]
    assert (first.label, first.value) == ("6 leaves", ("shared",))
    assert operators(drawing) == 91


def test_the_output_of_a_summary_may_be_an_operator_of_a_module() -> None:
    drawing = draw_graph(classifier()(np.ones((2, 8))), detail="modules")
    assert drawing.trace.output.shape == (2, 3)
    assert drawing.trace.output.inputs == (len(drawing.trace.vertices) - 2,)


def test_a_leaf_and_a_constant_have_no_summary() -> None:
    x = ag.tensor(1.0, requires_grad=True, name="x")
    assert draw_graph(x, detail="modules").description == "1 leaf, 0 operators. Leaf x = 1."
    assert draw_graph(ag.tensor(1.0), detail="modules").trace.whole == 0


def test_another_process_gives_the_same_bytes() -> None:
    code = (
        "import sys\nsys.path.insert(0, 'tests')\nfrom test_viz_modules import *\n"
        "for detail in ('full', 'modules'):\n"
        "    print(draw_graph(nested_loss(), detail=detail)._repr_html_())"
    )
    expected = "".join(draw_graph(nested_loss(), detail=d)._repr_html_() + "\n" for d in ("full", "modules"))  # type: ignore[arg-type]
    root = Path(ag.__file__).parents[1]
    for seed in ("1", "2"):
        env = {"PYTHONHASHSEED": seed, "PYTHONPATH": str(root), "PYTHONIOENCODING": "utf-8"}
        run = subprocess.run([sys.executable, "-c", code], env=env, cwd=root, capture_output=True, check=True)
        assert run.stdout.decode().replace("\r\n", "\n") == expected
