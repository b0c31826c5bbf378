"""The explorables: the numbers in their pictures, the links that move them, the same bytes each time."""

import hashlib
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import autograd_lab as ag
from autograd_lab import optim, viz
from autograd_lab.viz.explore import broadcasting, learning_rate, softmax, step_size
from autograd_lab.viz.explore.frames import Frame

ROOT = Path(ag.__file__).parents[1]
ALL = {
    "step": (viz.explore_step_size, step_size.step_size_frames),
    "temperature": (viz.explore_softmax, softmax.temperature_frames),
    "shift": (lambda: viz.explore_softmax(knob="shift"), softmax.shift_frames),
    "rate": (viz.explore_learning_rate, learning_rate.learning_rate_frames),
    "shapes": (viz.explore_broadcasting, broadcasting.broadcasting_frames),
}


@pytest.fixture(params=ALL)
def frames(request: pytest.FixtureRequest) -> list[Frame]:
    if request.param == "rate":
        pytest.importorskip("contourpy")
    return ALL[request.param][1]()


# --- every frame ----------------------------------------------------------------------------------------


class Checker(HTMLParser):
    """Takes down each element, and fails on a tag that closes nothing."""

    VOID = ("br", "img", "input")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_frames_are_few_and_light(frames: list[Frame]) -> None:
    assert 5 <= len(frames) <= 25
    assert max(len(frame.html.encode()) for frame in frames) <= 15_000
    assert len({frame.label for frame in frames}) == len(frames)
    assert len({frame.html for frame in frames}) == len(frames)


def test_frames_are_sound_markup_with_words(frames: list[Frame]) -> None:
    for frame in frames:
        tags = Checker(frame.html).tags
        pictures = [attributes for tag, attributes in tags if tag == "svg" and "viewbox" in attributes]
        named = [picture for picture in pictures if picture.get("role") == "img"]
        assert all(len(picture["aria-label"] or "") > 20 for picture in named)
        tables = [tag for tag, _ in tags if tag == "table"]
        assert len(named) + len(tables) >= 1
        assert len(tables) == len([tag for tag, _ in tags if tag == "caption"])
        assert not [attributes for _, attributes in tags if "id" in attributes]  # unique on a page, so none
        assert 20 < len(frame.readout) < 260
        assert not re.search(r"https?:|<script|url\(", frame.html)
        numbers = re.findall(r'(?:d|x|y|cx|cy|width|height)="([^"]*)"', frame.html)
        assert not [text for text in numbers if "nan" in text or "inf" in text or re.search(r"\.\d\d", text)]


PRINT_HASH = """
import hashlib
from autograd_lab.viz.explore import broadcasting, learning_rate, softmax, step_size
from autograd_lab.viz.explore.style import EXPLORE_CSS
makers = (step_size.step_size_frames, softmax.temperature_frames, softmax.shift_frames,
          learning_rate.learning_rate_frames, broadcasting.broadcasting_frames)
html = "".join(frame.html for make in makers for frame in make())
print(hashlib.sha256((html + EXPLORE_CSS).encode()).hexdigest())
"""


def test_same_bytes_in_two_processes() -> None:
    pytest.importorskip("contourpy")
    hashes = set()
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
        run = subprocess.run([sys.executable, "-c", PRINT_HASH], env=env, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        hashes.add(run.stdout)
    assert len(hashes) == 1
    assert len(next(iter(hashes)).strip()) == hashlib.sha256().digest_size * 2


# --- the numbers ----------------------------------------------------------------------------------------


def test_step_size_errors_are_those_of_the_formula() -> None:
    def f(x: float) -> float:
        return 1 / (1 + x * x)

    exact = -2 * 0.7 * f(0.7) ** 2
    found = step_size.step_size_frames()
    assert [frame.label for frame in found][:: len(found) - 1] == ["10⁻¹⁶", "10⁰"]
    for frame in found:
        h = frame.values["h"]
        slope = (f(0.7 + h) - f(0.7 - h)) / (2 * h)
        assert frame.values["slope"] == slope
        assert frame.values["exact"] == pytest.approx(exact, rel=1e-15)
        assert frame.values["error"] == pytest.approx(abs(slope - exact), abs=2e-16)
        assert f"{slope:.12f}"[1:] in re.sub("<[^>]*>", "", frame.html)
    errors = [frame.values["error"] for frame in found]
    best = found[int(np.argmin(errors))].values
    assert 1e-6 <= best["h"] <= 1e-5
    for frame in found[12:16]:  # steps of 1e-4 to 0.1, where truncation rules
        assert frame.values["error"] == pytest.approx(frame.values["truncation"], rel=0.05)


def test_step_size_marks_the_right_digits() -> None:
    counts = []
    for frame in step_size.step_size_frames():
        right, wrong = re.findall(r'ag-(?:right|wrong)">([^<]*)<', frame.html)
        exact = f"{frame.values['exact']:.12f}".replace("-", "−")
        assert right + wrong == f"{frame.values['slope']:.12f}".replace("-", "−")
        assert exact.startswith(right)
        assert not wrong or not exact.startswith(right + wrong[0]) or right == ""
        assert exact in frame.html
        counts.append(len(right.partition(".")[2]))
    assert max(counts) >= 9
    assert counts[0] == counts[-1] == 0


def test_step_size_with_other_functions_and_points() -> None:
    frame = step_size.step_size_frames(ag.exp, 1.0, (1e-3,))[0]
    assert frame.values["error"] == pytest.approx(np.e * 1e-6 / 6, rel=1e-3)
    large = step_size.step_size_frames(lambda x: x * x, 1e6)
    assert large[0].label == "10⁻¹⁰"  # a smaller step leaves 1e6 as it is
    with pytest.raises(ValueError, match="smaller x"):
        step_size.step_size_frames(lambda x: x * x, 1e20)


def test_softmax_frames_sum_to_one() -> None:
    z = np.array([2.0, 1.0, 0.0, -1.0])
    entropies = []
    for frame in softmax.temperature_frames():
        T, p = frame.values["T"], frame.values["p"]
        assert np.allclose(p, np.exp(z / T) / np.exp(z / T).sum(), rtol=1e-12)
        assert p.sum() == pytest.approx(1.0, abs=1e-12)
        assert all(f">{share:.4f}<" in frame.html for share in p)
        entropies.append(frame.values["entropy"])
    assert entropies == sorted(entropies)


def test_shift_shows_where_the_formula_ends() -> None:
    right = ag.softmax([2.0, 1.0, 0.0, -1.0]).data
    kinds = {}
    for frame in softmax.shift_frames():
        c, written = frame.values["c"], frame.values["written"]
        assert np.allclose(frame.values["shifted"], right, rtol=1e-10)
        off = np.abs(written - right).max()
        kinds[c] = "nan" if np.isnan(off) else "right" if off < 5e-5 else "wrong"
        assert ("nan" in frame.readout, "off by" in frame.readout) == (kinds[c] == "nan", kinds[c] == "wrong")
    assert [kinds[c] for c in (-800, -745, -700, 0, 700, 708, 800)] == [
        *("nan", "wrong", "right", "right", "right", "nan", "nan")
    ]


def test_learning_rate_paths_are_those_of_sgd() -> None:
    pytest.importorskip("contourpy")
    for frame in learning_rate.learning_rate_frames():
        lr, points, heights = (frame.values[key] for key in ("lr", "points", "heights"))
        w = ag.tensor([-4.0, 1.0], requires_grad=True)
        optimizer = optim.SGD([w], lr=lr)
        for k in range(30):
            assert np.array_equal(points[k], w.data)
            optimizer.zero_grad()
            learning_rate.valley(w).backward()
            optimizer.step()
        assert np.array_equal(points[30], w.data)
        # Each coordinate shrinks or grows by its own factor.
        steps = np.arange(31)[:, None]
        assert np.allclose(points, [-4.0, 1.0] * (1 - lr * np.array([1.0, 10.0])) ** steps, atol=1e-12)
        assert np.allclose(heights, 0.5 * points[:, 0] ** 2 + 5 * points[:, 1] ** 2)
        grows = heights[-1] > heights[0]
        assert grows == (lr > 0.2) == ("grows" in frame.readout)
        assert ("without ever crossing" in frame.readout) == (lr <= 0.1)


def test_momentum_is_that_of_sgd() -> None:
    points, _ = learning_rate.sgd_path(learning_rate.valley, (1.0, 0.0), 0.1, 2, momentum=0.5)
    assert points[:, 0] == pytest.approx([1.0, 0.9, 0.9 - 0.1 * (0.5 + 0.9)])
    with pytest.raises(ValueError, match="at least one step"):
        learning_rate.sgd_path(learning_rate.valley, (1.0, 0.0), 0.1, 0)


def test_broadcasting_gradients_are_those_of_the_engine() -> None:
    for frame, (a, b) in zip(broadcasting.broadcasting_frames(), broadcasting.PAIRS, strict=True):
        if "error" in frame.values:
            with pytest.raises(ValueError, match="broadcast"):
                np.broadcast_shapes(a, b)
            assert "don't broadcast" in frame.readout
            continue
        x, y = ag.tensor(np.zeros(a), requires_grad=True), ag.tensor(np.zeros(b), requires_grad=True)
        (x + y).backward(frame.values["g"])
        assert np.array_equal(frame.values["grads"][0], x.grad)
        assert np.array_equal(frame.values["grads"][1], y.grad)
        texts = re.findall(r"<text[^>]*>([^<]*)<", frame.html)
        for number in {f"{value:g}" for value in y.grad.reshape(-1)}:
            assert number in texts
    assert sum("error" in frame.values for frame in broadcasting.broadcasting_frames()) == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda: softmax.temperature_frames([1.0]),
        lambda: softmax.temperature_frames([1.0, np.nan]),
        lambda: softmax.temperature_frames([1.0, 2.0], (0.0,)),
        lambda: broadcasting.broadcasting_frames((((2, 3, 4), (4,)),)),
        lambda: broadcasting.broadcasting_frames((((5,), (1,)),)),
    ],
)
def test_what_can_not_be_drawn(call) -> None:
    with pytest.raises(ValueError, match=r"finite scores|positive|are drawn"):
        call()


# --- the widgets ----------------------------------------------------------------------------------------

WITHOUT_IPYWIDGETS = """
import sys
sys.modules["ipywidgets"] = None
from autograd_lab import viz
for name in ("step_size", "softmax", "learning_rate", "broadcasting"):
    try:
        getattr(viz, f"explore_{name}")()
    except ImportError as error:
        assert str(error) == "this explorable needs ipywidgets: pip install 'autograd-lab[viz]'", error
    else:
        raise AssertionError("no error")
"""


def test_without_ipywidgets_the_error_says_what_to_install() -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", WITHOUT_IPYWIDGETS], env=env, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("name", ALL)
def test_slider_play_and_stack_are_linked_in_the_browser(name: str) -> None:
    pytest.importorskip("ipywidgets")
    explore, make = ALL[name]
    box, found = explore(), make()
    question, controls, stack = box.children
    play, slider = controls.children
    assert question.value.startswith('<p class="ag-ask"><strong>Predict.</strong> ')
    assert "?" in question.value or "say the gradient" in question.value
    assert slider.options == tuple(frame.label for frame in found)
    assert [child.value for child in stack.children] == [frame.html for frame in found]
    assert slider.index == play.value == stack.selected_index
    assert (play.min, play.max) == (0, len(found) - 1)
    assert slider.description
    assert [(link._model_name, link.source, link.target) for link in box.links] == [
        ("LinkModel", (play, "value"), (slider, "index")),
        ("LinkModel", (slider, "index"), (stack, "selected_index")),
    ]
    assert len({child.layout for child in stack.children}) == 1  # one model, not one a picture


def test_own_numbers_are_computed_by_the_kernel() -> None:
    pytest.importorskip("ipywidgets")

    def live(box):
        _, row, shown = box.children[3].children
        return row.children, shown

    (x, h), shown = live(viz.explore_step_size(ag.exp, 0.0, live=True))
    h.value = 0.01
    assert "With h = 10⁻² the slope is off by 1.7 × 10⁻⁵" in shown.value
    x.value = 1e20
    assert 'role="alert"' in shown.value
    x.value = 0.0
    assert 'role="alert"' not in shown.value

    (scores, T), shown = live(viz.explore_softmax(live=True))
    scores.value, T.value = "1, 1", 1.0
    assert "0.5000, 0.5000" in shown.value
    scores.value = "1, one"
    assert 'role="alert"' in shown.value

    (scores, c), shown = live(viz.explore_softmax(knob="shift", live=True))
    c.value = 900.0
    assert "nan" in shown.value

    (rate, momentum), shown = live(viz.explore_learning_rate(live=True))
    rate.value, momentum.value = 1.0, 0.0
    assert "the loss grows" in shown.value

    (a, b), shown = live(viz.explore_broadcasting(live=True))
    a.value, b.value = "3, 1", "(4,)"
    assert "The result has shape (3, 4)" in shown.value


def test_unknown_knob() -> None:
    pytest.importorskip("ipywidgets")
    with pytest.raises(ValueError, match="'temperature' or 'shift'"):
        viz.explore_softmax(knob="pressure")  # type: ignore[arg-type]
