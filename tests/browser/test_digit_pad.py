"""The pad to draw on: its numbers are Python's; mouse, touch and keyboard draw, with the network cut."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from built_book import HTML, unavailable
from checks import TOUCH, is_legible
from playwright.sync_api import Browser, Locator, Page, expect
from test_pages import opened

import autograd_lab as ag
from autograd_lab import nn
from autograd_lab.data import Split, load_mnist
from autograd_lab.data.pictures import as_digit
from autograd_lab.nn import functional as F
from autograd_lab.viz import digit_pad, read_network

NAME = "book/draw_a_digit.html"
COMPARED = 200
TOLERANCE = 1e-4

# A 7 with a bar, and other figures, in parts of the pad.
SEVEN = [[(0.27, 0.2), (0.74, 0.22), (0.43, 0.83)], [(0.35, 0.53), (0.66, 0.51)]]
FIGURES = {
    "seven": SEVEN,
    "wide": [[(0.05, 0.5), (0.6, 0.43), (0.95, 0.55)]],
    "tall": [[(0.52, 0.03), (0.48, 0.97)]],
    "over the edge": [[(0.6, 0.7), (1.2, 0.8), (0.8, 0.3)]],
    "dot": [[(0.31, 0.62)]],
    "small": [[(0.1, 0.1), (0.15, 0.12), (0.12, 0.2)]],
}
CLASSIFY = """(pad, [pixels, digits]) => pixels.map((row, n) => {
  const found = pad.classifyPixels(Float32Array.from(row), digits[n]);
  return { probabilities: [...found.probabilities], gradient: [...found.gradient], answer: found.answer };
})"""
DRAWING = "pad => pad.drawing()"
SMALL = """() => [...document.querySelectorAll(".ag-pad :is(button, input, select)")]
  .map(node => node.getBoundingClientRect()).filter(box => box.width < 24 || box.height < 24).length"""


# Where the page has come to rest: a focus scrolls to what has it, over some frames on a busy machine.
AT_REST = """async () => {
  const pause = () => new Promise(done => setTimeout(done, 200));
  for (let last = -1; last !== window.scrollY;) { last = window.scrollY; await pause(); }
  return window.scrollY; }"""


@contextmanager
def on_the_page(browser: Browser, base: str, **options: object) -> Iterator[Page]:
    """The pad of the built book; fails in the end if anything went wrong."""
    if not (HTML / NAME).exists():
        unavailable(f"{NAME} is not built; build it: make book")
    with opened(browser, f"{base}/{NAME}", **options) as (page, faults):
        pad(page).scroll_into_view_if_needed()
        yield page
        assert not faults, "\n".join(faults)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page of the package's own with a network that has learned nothing: enough to draw for."""
    rng = np.random.default_rng(5)
    model = nn.Sequential(nn.Linear(784, 16, rng=rng), nn.ReLU(), nn.Linear(16, 10, rng=rng))
    _, test = load_mnist(dtype=np.float64)
    piece = digit_pad(model, Split(test.images[:2], test.labels[:2]))
    return piece.save(tmp_path_factory.mktemp("pad") / "pad.html").as_uri()


def pad(page: Page, number: int = 0) -> Locator:
    return page.locator(".ag-pad").nth(number)


def canvas(page: Page) -> Locator:
    return page.get_by_role("application", name="Draw a digit")


def button(page: Page, name: str) -> Locator:
    return pad(page).get_by_role("button", name=name)


def percents(page: Page) -> list[str]:
    return pad(page).locator(".ag-percent").all_text_contents()


def is_empty(page: Page) -> bool:
    return percents(page) == ["–"] * 10


def wait(page: Page) -> None:
    """Until the answer to what was drawn last has been shown."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def draw(page: Page, strokes: list[list[tuple[float, float]]]) -> None:
    box = canvas(page).bounding_box()
    assert box is not None
    for stroke in strokes:
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=8)
        page.mouse.up()
    wait(page)


def drawing(page: Page) -> tuple[np.ndarray, np.ndarray]:
    """The ink on the pad, and the pixels that the network is given."""
    found = pad(page).evaluate(DRAWING)
    size = found["size"]
    return np.array(found["ink"]).reshape(size, size), np.array(found["pixels"]).reshape(-1, 28)


def in_python(model: nn.Sequential, pixels: np.ndarray, digits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, and the gradient of log p of a digit for each image, by the engine."""
    x = ag.tensor(pixels, requires_grad=True)
    scores = model(x)
    (-F.cross_entropy(scores, digits, reduction="sum")).backward()
    assert x.grad is not None
    return F.softmax(scores).data, x.grad


# Numbers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digits", ["the answer", "another"])
def test_numbers_are_those_of_python(chromium: Browser, base: str, digits: str) -> None:
    _, test = load_mnist(dtype=np.float64)
    chosen = np.linspace(0, 9_999, COMPARED).astype(int)
    pixels = test.images[chosen].astype(np.float32).astype(np.float64)
    with on_the_page(chromium, base) as page:
        model = read_network((HTML / NAME).read_text(encoding="utf-8"))
        assert [p.shape for p in model.parameters()] == [
            (784, 300),
            (300,),
            (300, 100),
            (100,),
            (100, 10),
            (10,),
        ]
        wanted = model(pixels).data.argmax(axis=1)
        if digits == "another":
            wanted = (wanted + 1 + np.arange(COMPARED) % 9) % 10
        asked = [None] * COMPARED if digits == "the answer" else wanted.tolist()
        script = CLASSIFY.replace("digits[n]", "digits[n] ?? undefined")
        found = pad(page).evaluate(script, [pixels.tolist(), asked])
    probabilities, gradient = in_python(model, pixels, wanted)
    off = np.abs(np.array([each["probabilities"] for each in found]) - probabilities).max()
    slopes_off = np.abs(np.array([each["gradient"] for each in found]) - gradient).max()
    print(f"{COMPARED} test digits: probabilities off by {off:.1e}, gradients by {slopes_off:.1e}")
    assert off < TOLERANCE
    assert slopes_off < TOLERANCE
    assert np.abs(gradient).max() > 0.1  # there was something to compare
    answers = np.array([each["answer"] for each in found])
    assert np.mean(answers == test.labels[chosen]) > 0.95


@pytest.mark.parametrize("figure", FIGURES)
def test_a_drawing_is_centred_and_scaled_as_by_the_package(chromium: Browser, url: str, figure: str) -> None:
    with opened(chromium, url) as (page, _):
        draw(page, FIGURES[figure])
        ink, pixels = drawing(page)
        assert ink.max() == 1.0
        assert np.abs(as_digit(1.0 - ink) - pixels).max() < 1e-6
        pad(page).get_by_role("checkbox").uncheck()
        wait(page)
        _, pixels = drawing(page)
        means = ink.reshape(28, 10, 28, 10).mean(axis=(1, 3))
        assert np.abs(means - pixels).max() < 1e-6


def test_a_test_digit_is_given_to_the_network_as_it_is(chromium: Browser, url: str) -> None:
    _, test = load_mnist(dtype=np.float64)
    with opened(chromium, url) as (page, _):
        for image, label in [(0, 7), (1, 2), (0, 7)]:
            button(page, "Test digit").click()
            wait(page)
            _, pixels = drawing(page)
            assert np.abs(pixels.ravel() - test.images[image]).max() < 1e-9
            assert f"The test set calls it a {label}." in page.locator(".ag-verdict").inner_text()
        draw(page, [[(0.1, 0.1), (0.3, 0.1)]])  # what is drawn on it is centred as any drawing
        ink, pixels = drawing(page)
        assert np.abs(as_digit(1.0 - ink) - pixels).max() < 1e-6


# Drawing ---------------------------------------------------------------------------------------------------


def test_mouse(chromium: Browser, base: str) -> None:
    with on_the_page(chromium, base) as page:
        assert is_empty(page)
        draw(page, SEVEN)
        expect(page.locator(".ag-verdict")).to_contain_text("This looks like a 7,")
        assert page.locator(".ag-first th").all_text_contents() == ["7"]
        shown = [float(re.sub(r"[<>%]", "", text)) for text in percents(page)]
        _, pixels = drawing(page)
        model = read_network((HTML / NAME).read_text(encoding="utf-8"))
        probabilities, _ = in_python(model, pixels.reshape(1, -1), np.array([7]))
        assert np.abs(np.array(shown) / 100 - probabilities[0]).max() < 0.0011
        button(page, "Undo").click()
        wait(page)
        assert not is_empty(page)  # the bar is gone, the 7 is still there
        button(page, "Clear").click()
        wait(page)
        assert is_empty(page)
        assert page.locator(".ag-verdict").inner_text() == "Nothing is drawn yet."
        button(page, "Undo").click()
        wait(page)
        assert not is_empty(page)


def test_touch(chromium: Browser, server: str) -> None:
    with on_the_page(chromium, server, **TOUCH) as page:
        canvas(page).scroll_into_view_if_needed()
        box = canvas(page).bounding_box()
        assert box is not None
        session = page.context.new_cdp_session(page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            places = [
                {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in points
            ]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

        before = page.evaluate("window.scrollY")
        for stroke in SEVEN:
            touch("touchStart", stroke[0])
            for start, end in pairwise(stroke):
                for t in np.linspace(0.1, 1, 10):
                    touch(
                        "touchMove", (start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1]))
                    )
            touch("touchEnd")
        expect(page.locator(".ag-verdict")).to_contain_text("This looks like a 7,")
        assert page.evaluate("window.scrollY") == before  # the finger draws, it does not scroll
        page.wait_for_timeout(500)  # sooner, it would be the second half of a double tap
        button(page, "Clear").tap()
        expect(page.locator(".ag-verdict")).to_have_text("Nothing is drawn yet.")
        assert is_empty(page)


def test_keyboard(chromium: Browser, base: str) -> None:
    with on_the_page(chromium, base) as page:
        page.keyboard.press("Space")
        wait(page)
        assert is_empty(page)  # the focus is not on the pad
        page.evaluate("window.scrollTo(0, 0)")
        canvas(page).focus()
        expect(page.locator(".ag-pen")).to_be_visible()
        before = page.evaluate(AT_REST)
        keys = ["ArrowUp"] * 9 + ["ArrowLeft"] * 6 + ["Space"] + ["ArrowRight"] * 12
        keys += [key for _ in range(6) for key in ("End", "ArrowDown", "ArrowDown")] + ["Space"]
        for key in keys:
            page.keyboard.press(key)
        expect(page.locator(".ag-verdict")).to_contain_text("This looks like a 7,")
        assert page.evaluate("window.scrollY") == before  # arrow keys and Space don't scroll here
        _, drawn = drawing(page)
        for _ in range(3):
            page.keyboard.press("ArrowLeft")  # the pen is up
        wait(page)
        assert np.array_equal(drawing(page)[1], drawn)
        page.keyboard.press("Delete")
        wait(page)
        assert is_empty(page)
        page.keyboard.press("Backspace")
        wait(page)
        assert np.array_equal(drawing(page)[1], drawn)
        page.keyboard.press("Tab")  # no trap
        assert page.evaluate("document.activeElement.textContent") == "Clear"
        page.keyboard.press("Enter")
        wait(page)
        assert is_empty(page)


def test_a_pen_that_is_down_is_lifted_when_the_focus_leaves(chromium: Browser, url: str) -> None:
    with opened(chromium, url) as (page, faults):
        canvas(page).focus()
        page.keyboard.press("Space")
        expect(page.locator(".ag-pen")).to_have_class("ag-pen ag-down")
        button(page, "Test digit").focus()
        expect(page.locator(".ag-pen")).to_have_class("ag-pen")
        canvas(page).focus()
        page.keyboard.press("Space")
        page.keyboard.press("Escape")
        expect(page.locator(".ag-pen")).to_have_class("ag-pen")
        assert not faults, "\n".join(faults)


def test_the_gradient_is_that_of_the_chosen_digit(chromium: Browser, url: str) -> None:
    with opened(chromium, url) as (page, faults):
        choice = page.get_by_role("combobox", name="Gradient of log p for")
        choice.select_option("3")
        expect(page.locator(".ag-which")).to_have_text("a 3")
        draw(page, SEVEN)
        choice.select_option("4")
        expect(page.locator(".ag-which")).to_have_text("a 4")
        _, pixels = drawing(page)
        model = read_network(page.content())
        _, gradient = in_python(model, pixels.reshape(1, -1), np.array([4]))
        picture = page.get_by_role("img", name="The gradient of log p for 4")
        row, column = divmod(int(gradient.argmax()), 28)
        expect(picture).to_have_attribute(
            "aria-label", re.compile(f"help most in row {row + 1}, column {column + 1},")
        )
        most = np.abs(gradient).max()
        told = re.search(r"slope of ([\d.e+-]+)\.", page.locator(".ag-scale").inner_text())
        assert told is not None
        assert float(told[1]) == pytest.approx(most, rel=0.06)
        # Where ink would help most the picture is blue, where it would hurt most red.
        colour = """(canvas, [row, column]) => [...canvas.getContext("2d").getImageData(
            column * 14 + 2, row * 14 + 2, 1, 1).data]"""
        red, _, blue, alpha = picture.evaluate(colour, [row, column])
        assert blue > red
        assert alpha > 100 * gradient.max() / most
        red, _, blue, _ = picture.evaluate(colour, list(divmod(int(gradient.argmin()), 28)))
        assert red > blue
        assert not faults, "\n".join(faults)


# The page --------------------------------------------------------------------------------------------------


def test_screen_reader(chromium: Browser, url: str) -> None:
    with opened(chromium, url) as (page, _):
        live = page.locator(".ag-pad [aria-live=polite]")
        assert live.text_content() == ""  # a page that loads says nothing unasked
        draw(page, SEVEN)
        expect(live).to_have_text(page.locator(".ag-verdict").inner_text())
        assert page.get_by_role("table", name="Probability of each digit").count() == 1
        assert page.get_by_role("rowheader").all_text_contents() == [str(digit) for digit in range(10)]
        assert page.get_by_role("img").count() == 2
        canvas(page).focus()
        page.keyboard.press("ArrowUp")
        assert re.fullmatch(r"Row \d+, column \d+", live.text_content() or "")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_fits_and_is_legible(chromium: Browser, server: str, scheme: str, width: int) -> None:
    size = {"width": width, "height": 844}
    with on_the_page(chromium, server, viewport=size, color_scheme=scheme, reduced_motion="reduce") as page:
        draw(page, SEVEN)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(SMALL) == 0
        is_legible(pad(page))
        outer = pad(page).bounding_box()
        assert outer is not None
        for part in pad(page).locator("canvas, button, select, td, .ag-legend p").all():
            box = part.bounding_box()
            assert box is not None
            assert box["x"] >= outer["x"]
            assert box["x"] + box["width"] <= outer["x"] + outer["width"] + 0.5


def test_reduced_motion(chromium: Browser, url: str) -> None:
    duration = "node => getComputedStyle(node).transitionDuration"
    for motion, wanted in [("reduce", "0s"), ("no-preference", "0.15s")]:
        with opened(chromium, url, reduced_motion=motion) as (page, _):
            assert page.locator(".ag-bar i").first.evaluate(duration) == wanted


def test_pads_are_independent_even_if_one_occurs_twice(chromium: Browser, url: str, tmp_path: Path) -> None:
    piece = re.search(r"<main>(.*)</main>", Path(url.removeprefix("file://")).read_text("utf-8"), re.DOTALL)
    assert piece is not None
    two = tmp_path / "two.html"
    two.write_text(f'<!doctype html><meta charset="utf-8">{piece[1]}{piece[1]}', encoding="utf-8")
    with opened(chromium, two.as_uri()) as (page, faults):
        pad(page, 1).get_by_role("button", name="Test digit").click()
        wait(page)
        assert pad(page, 0).locator(".ag-verdict").inner_text() == "Nothing is drawn yet."
        assert "The test set calls it a 7." in pad(page, 1).locator(".ag-verdict").inner_text()
        assert not faults, "\n".join(faults)


def test_a_notebook_inserts_it_and_runs_its_scripts(chromium: Browser, url: str, tmp_path: Path) -> None:
    """As JupyterLab does: the HTML without its scripts, which are then made anew, one after the other."""
    empty = tmp_path / "empty.html"
    empty.write_text("<!doctype html><title>empty</title>", encoding="utf-8")
    whole = Path(url.removeprefix("file://")).read_text(encoding="utf-8")
    with opened(chromium, empty.as_uri()) as (page, faults):
        page.evaluate(
            """html => {
              document.body.innerHTML = html;
              for (const old of document.querySelectorAll("script")) {
                const script = document.createElement("script");
                for (const { name, value } of old.attributes) script.setAttribute(name, value);
                script.textContent = old.textContent;
                old.replaceWith(script);
              }
            }""",
            whole[whole.index("<main>") : whole.index("</main>")],
        )
        draw(page, SEVEN)
        assert not is_empty(page)
        assert not faults, "\n".join(faults)


def test_without_a_script_it_says_so(chromium: Browser, url: str) -> None:
    with opened(chromium, url, java_script_enabled=False) as (page, _):
        assert page.locator(".ag-static").is_visible()
        assert not canvas(page).is_visible()


def test_the_piece_is_below_600_kilobytes(html: Path) -> None:
    if not (html / NAME).exists():
        unavailable(f"{NAME} is not built; build it: make book")
    page = (html / NAME).read_text(encoding="utf-8")
    start = page.index('<div class="ag-pad"')
    assert (
        len(page[start : page.index("</script>\n</div>", page.index("</script>", start) + 9)].encode())
        < 600_000
    )
