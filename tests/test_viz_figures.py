"""The book's figures: same bytes each time, right numbers in the right place, no hard need of Matplotlib."""

import io
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import autograd_lab as ag
from autograd_lab import viz
from autograd_lab.optim import SGD, Adam
from autograd_lab.viz.explore.learning_rate import sgd_path, valley
from autograd_lab.viz.style import new_figure

WITHOUT_MATPLOTLIB = """
import sys
sys.modules["matplotlib"] = None
import autograd_lab as ag
from autograd_lab import viz
x = ag.tensor(3.0, requires_grad=True)
assert "<svg" in viz.draw_graph(x * x).svg
assert "def mul" in repr(viz.show_source(ag.mul))
assert viz.confusion_matrix([0], [1]).sum() == 1
for draw in (
    viz.use_book_style,
    lambda: viz.plot_confusion([[1]]),
    lambda: viz.plot_digits([[[1.0]]]),
    lambda: viz.plot_errors([1.0], {"error": [1.0]}),
    lambda: viz.plot_paths(lambda w: (w * w).sum(), {"path": [[1.0, 1.0], [0.0, 0.0]]}),
):
    try:
        draw()
    except ImportError as error:
        assert "pip install 'autograd-lab[viz]'" in str(error), error
    else:
        raise AssertionError("no error")
"""


def test_without_matplotlib_the_rest_works() -> None:
    env = {"PYTHONPATH": str(Path(ag.__file__).parents[1])}
    run = subprocess.run([sys.executable, "-c", WITHOUT_MATPLOTLIB], env=env, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


STEPS = np.array([float(f"1e{k}") for k in range(-16, 1)])


def history(**changes: object) -> SimpleNamespace:
    epochs = np.arange(10)
    curves = {
        "train_loss": 0.35 * np.exp(-0.35 * epochs) + 0.004,
        "test_loss": 0.2 * np.exp(-0.5 * epochs) + 0.07,
        "train_accuracy": 1 - 0.1 * np.exp(-0.4 * epochs),
        "test_accuracy": 0.981 - 0.05 * np.exp(-0.4 * epochs),
    }
    return SimpleNamespace(**{**curves, **changes})


def three_paths() -> dict[str, np.ndarray]:
    start = [-4.0, 1.0]
    return {
        "descent": viz.walk(valley, start, SGD, 30, lr=0.18),
        "momentum": viz.walk(valley, start, SGD, 30, lr=0.05, momentum=0.8),
        "Adam": viz.walk(valley, start, Adam, 30, lr=0.4),
    }


class TestFigures:
    """All that draws; skipped where Matplotlib is not installed."""

    @pytest.fixture(autouse=True)
    def _needs_matplotlib(self) -> None:
        pytest.importorskip("matplotlib")

    @staticmethod
    def svg(figure: object) -> bytes:
        import matplotlib

        buffer = io.BytesIO()
        with matplotlib.rc_context({"svg.hashsalt": "autograd-lab", "svg.fonttype": "path"}):
            figure.savefig(buffer, format="svg", metadata={"Date": None})  # type: ignore[attr-defined]
        return buffer.getvalue()

    @pytest.mark.parametrize(
        "make",
        [
            lambda: viz.plot_history(history()),
            lambda: viz.plot_history(history(), log_loss=True),
            lambda: viz.plot_confusion(np.arange(100).reshape(10, 10)),
            lambda: viz.plot_errors(STEPS, {"central": STEPS**2 + 1e-16 / STEPS}, {"h²": STEPS**2}),
            lambda: viz.plot_digits(np.arange(784.0 * 3).reshape(3, 784), [1, 2, 3], [1, 2, 4]),
            lambda: viz.plot_paths(valley, three_paths()),
        ],
        ids=["history", "log history", "confusion", "errors", "digits", "paths"],
    )
    def test_same_bytes_twice(self, make: object) -> None:
        assert self.svg(make()) == self.svg(make())  # type: ignore[operator]

    def test_style_gives_same_bytes_twice(self) -> None:
        def draw() -> bytes:
            from matplotlib.figure import Figure

            with viz.book_style():
                figure = Figure()
                figure.subplots().plot([1, 2, 3], [1, 4, 9])
                buffer = io.BytesIO()
                figure.savefig(buffer, format="svg", metadata={"Date": None})
            return buffer.getvalue()

        assert draw() == draw()
        assert b"<dc:date>" not in draw()

    def test_book_style_leaves_settings_as_they_were(self) -> None:
        import matplotlib

        before = dict(matplotlib.rcParams)
        viz.plot_history(history())
        assert dict(matplotlib.rcParams) == before

    def test_history_labels_the_ends(self) -> None:
        loss, accuracy = viz.plot_history(history()).axes
        assert [text.get_text() for text in loss.texts] == ["train 0.019", "test 0.072"]
        assert [text.get_text() for text in accuracy.texts] == ["test 97.96 %", "train 99.73 %"]
        assert [axes.get_legend() for axes in (loss, accuracy)] == [None, None]

    @pytest.mark.parametrize("test_accuracy", [0.99, 0.9973, 0.95])
    def test_history_labels_do_not_overlap(self, test_accuracy: float) -> None:
        figure = viz.plot_history(
            history(test_accuracy=np.full(10, test_accuracy), test_loss=np.full(10, 0.019))
        )
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        for axes in figure.axes:
            first, second = (text.get_window_extent(canvas.get_renderer()) for text in axes.texts)
            assert not first.overlaps(second)
            assert figure.bbox.x1 >= max(first.x1, second.x1)

    def test_one_epoch(self) -> None:
        figure = viz.plot_history(SimpleNamespace(**{name: [0.5] for name in vars(history())}))
        assert self.svg(figure)

    def test_history_of_unequal_lengths(self) -> None:
        with pytest.raises(ValueError, match="four sequences"):
            viz.plot_history(history(test_loss=[1.0]))

    def test_errors_are_on_log_axes_with_labels_in_the_picture(self) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        models = {"round-off": 2e-16 / STEPS, "truncation": STEPS**2}
        figure = viz.plot_errors(STEPS, {"central": sum(models.values())}, models)
        (axes,) = figure.axes
        assert (axes.get_xscale(), axes.get_yscale(), axes.get_legend()) == ("log", "log", None)
        assert {text.get_text() for text in axes.texts} == {"round-off", "truncation", "central"}
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        boxes = [text.get_window_extent(canvas.get_renderer()) for text in axes.texts]
        assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)
        assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
        # By colour alone nothing is told: the expected curves are dashed, the measured one has marks.
        assert [(line.get_linestyle(), line.get_marker()) for line in axes.lines] == [
            ("--", "None"),
            ("--", "None"),
            ("-", "o"),
        ]

    def test_an_error_of_zero_leaves_a_gap(self) -> None:
        (axes,) = viz.plot_errors([0.1, 0.2, 0.3], {"error": [1.0, 0.0, 2.0]}).axes
        assert np.isnan(axes.lines[0].get_ydata()).tolist() == [False, True, False]

    @pytest.mark.parametrize(
        ("steps", "errors", "match"),
        [
            ([0.0, 1.0], {"error": [1.0, 1.0]}, "positive"),
            ([0.5, 1.0], {"error": [1.0]}, "'error' has shape"),
            ([0.5, 1.0], {}, "one to three"),
            ([0.5], {name: [1.0] for name in "abcd"}, "one to three"),
        ],
    )
    def test_errors_of_bad_curves(
        self, steps: list[float], errors: dict[str, list[float]], match: str
    ) -> None:
        with pytest.raises(ValueError, match=match):
            viz.plot_errors(steps, errors)

    def test_paths_have_their_names_beside_them(self) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        figure = viz.plot_paths(valley, three_paths(), lowest=(0, 0))
        (axes,) = figure.axes
        assert axes.get_legend() is None
        lines = {line.get_color(): line for line in axes.lines}
        paths = dict(zip(three_paths(), axes.lines, strict=False))
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        boxes = [text.get_window_extent(canvas.get_renderer()) for text in axes.texts]
        assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)
        assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
        # Neither by colour nor by place alone: each path has a mark and a name in its colour.
        assert len({line.get_marker() for line in paths.values()}) == 3
        start, *names = axes.texts
        assert start.get_text() == "start"
        assert [text.get_text() for text in names] == list(paths)
        for text in names:
            line = lines[text.get_color()]
            assert line is paths[text.get_text()]
            path = axes.transData.transform(np.array(line.get_data()).T)
            near = axes.transData.transform(text.xy)
            assert np.hypot(*(path - near).T).min() < 60, "a name stands at its path"

    def test_a_path_that_leaves_the_picture(self) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            path = viz.walk(valley, [-4.0, 1.0], SGD, 500, lr=30.0)
        assert not np.isfinite(path).all()
        assert self.svg(viz.plot_paths(valley, {"away": path}))

    @pytest.mark.parametrize(
        ("paths", "match"),
        [
            ({}, "one to 4 paths"),
            ({name: [[0, 0], [1, 1]] for name in "abcde"}, "not 5"),
            ({"a": [[0, 0]]}, r"'a' has shape \(1, 2\)"),
            ({"a": [[0, 0, 0], [1, 1, 1]]}, "two or more points"),
            ({"a": [[9, 0], [1, 1]]}, "outside the picture"),
        ],
    )
    def test_bad_paths(self, paths: dict[str, list[list[float]]], match: str) -> None:
        with pytest.raises(ValueError, match=match):
            viz.plot_paths(valley, paths)

    def test_confusion_writes_every_count(self) -> None:
        figure = viz.plot_confusion([[50, 2], [0, 48]])
        (axes,) = figure.axes
        assert [(text.get_text(), text.get_position()) for text in axes.texts] == [
            ("50", (0.5, 0.5)),
            ("2", (1.5, 0.5)),
            ("48", (1.5, 1.5)),
        ]
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")
        assert axes.yaxis_inverted()
        assert b"<image" not in self.svg(figure)

    def test_confusion_must_be_square(self) -> None:
        with pytest.raises(ValueError, match="square"):
            viz.plot_confusion(np.zeros((2, 3)))

    def test_digits(self) -> None:
        images = np.zeros((5, 28, 28))
        figure = viz.plot_digits(images, [1, 2, 3, 4, 5], [1, 2, 3, 9, 5], columns=3)
        assert [axes.get_title() for axes in figure.axes] == ["1", "2", "3", "4, read as 9", "5"]
        for same in (images.reshape(5, 784), images.reshape(5, 1, 28, 28)):
            assert len(viz.plot_digits(same).axes) == 5
        assert viz.plot_digits(images[:0]).axes == []
        with pytest.raises(ValueError, match="5 images, but 2 labels"):
            viz.plot_digits(images, [1, 2])
        with pytest.raises(ValueError, match="don't fill"):
            viz.plot_digits(np.zeros((2, 783)))

    def test_weights_show_the_largest_units_first(self) -> None:
        weights = np.zeros((4, 3))
        weights[:, 1], weights[:, 2] = 2.0, -1.0
        figure = viz.plot_weights(weights, count=2)
        shown = [axes.images[0].get_array().mean() for axes in figure.axes]
        assert shown == [2.0, -1.0]
        with pytest.raises(ValueError, match="two axes"):
            viz.plot_weights(np.zeros(4))

    def test_input_gradients_stand_below_their_images(self) -> None:
        images, gradients = np.zeros((2, 4)), np.array([[0.0, -2.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
        images[0, 1] = 1.0
        axes = viz.plot_input_gradients(images, gradients, labels=[3, 5], predictions=[5, 5]).axes
        assert [a.get_title() for a in axes] == ["3, read as 5", "5", "", ""]
        shown = [a.images[0].get_array().tolist() for a in axes]
        assert shown[0] == [[0, 1], [0, 0]]
        assert shown[2] == [[0, -1], [0.5, 0]], "each gradient on a scale of its own"
        assert shown[3] == [[0, 0], [0, 0]], "a gradient that is zero stays zero"
        assert [a.images[0].get_clim() for a in axes] == [(0, 1)] * 2 + [(-1, 1)] * 2
        with pytest.raises(ValueError, match="gradients of shape"):
            viz.plot_input_gradients(images, gradients[:1])

    def test_png_has_pixels_and_size(self) -> None:
        picture = viz.as_png(viz.plot_digits(np.ones((2, 784))))
        data, size = picture._repr_png_()
        assert data.startswith(b"\x89PNG")
        assert size == {"width": picture.width, "height": picture.height}
        assert b"Software" not in data


def test_a_walk_is_the_path_of_the_optimiser() -> None:
    start = np.array([-4.0, 1.0])
    points = viz.walk(valley, start, SGD, 5, lr=0.1, momentum=0.5)
    assert np.array_equal(points, sgd_path(valley, (-4.0, 1.0), 0.1, 5, momentum=0.5)[0])
    assert start.tolist() == [-4.0, 1.0]
    assert viz.walk(valley, start, SGD, 0, lr=0.1).tolist() == [[-4.0, 1.0]]


def test_confusion_matrix_counts() -> None:
    rng = np.random.default_rng(0)
    labels, said = rng.integers(0, 10, 500), rng.integers(0, 10, 500)
    matrix = viz.confusion_matrix(labels, said)
    assert matrix.dtype == np.int64
    assert matrix.sum() == 500
    for i in range(10):
        for j in range(10):
            assert matrix[i, j] == np.sum((labels == i) & (said == j))


def test_confusion_matrix_takes_small_integers() -> None:
    labels = np.array([9, 9], dtype=np.uint8)  # 9 * 10 + 9 is fine, but 25 classes would overflow a byte
    assert viz.confusion_matrix(labels + 15, labels + 15, classes=25)[24, 24] == 2


@pytest.mark.parametrize(
    ("labels", "predictions", "match"),
    [
        ([1, 2], [1], "2 labels, but 1"),
        ([10], [1], "labels"),
        ([1], [-1], "predictions"),
        ([0.5], [1], "integers"),
    ],
)
def test_confusion_matrix_of_bad_classes(labels: list[int], predictions: list[int], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        viz.confusion_matrix(labels, predictions)


# Names beside curves ---------------------------------------------------------------------------------------


def curves(kind: str) -> object:
    axes = new_figure(6.4, 3.2).subplots()
    h = np.logspace(-3, 0, 13)
    if kind == "logarithmic":
        axes.loglog(h, h**2, "s-", label="order 2")
        axes.loglog(h, h**2 + 0.05 * h, "o--", label="a longer name: order 1")
    elif kind == "fan":
        for slope in range(5):
            axes.plot(h, slope * h, label=f"slope {slope}")
    else:
        axes.plot(h, np.sin(9 * h), label="wave")
        axes.plot([0.5, 0.5], [-1, 1], "k")  # not named
        axes.plot(h, np.where(h < 0.1, np.nan, 0.9 - h), label="begins late")
    return axes


@pytest.mark.parametrize("kind", ["logarithmic", "fan", "wave"])
def test_names_stand_beside_curves_and_cover_nothing(kind: str) -> None:
    with viz.book_style():
        axes = curves(kind)
        viz.label_curves(axes)
        axes.figure.canvas.draw()
        boxes = {text.get_text(): text.get_window_extent() for text in axes.texts}
        wanted = [line for line in axes.lines if not line.get_label().startswith("_")]
        assert list(boxes) == [line.get_label() for line in wanted]
        for line in axes.lines:
            path = line.get_transform().transform_path(line.get_path())
            for name, box in boxes.items():
                assert not path.intersects_bbox(box, filled=False), (line.get_label(), name)
        for one, other in combinations(boxes.values(), 2):
            assert not one.overlaps(other)
        for line, text in zip(wanted, axes.texts, strict=True):
            assert text.get_color() == line.get_color()
        frame = axes.figure.bbox
        assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 for box in boxes.values())
