"""The player of a backward pass in a browser, on pages that the package itself writes: no book is needed."""

import re
from pathlib import Path

import pytest
from checks import TOUCH, is_legible
from playwright.sync_api import Browser, Locator, Page
from test_pages import opened

import autograd_lab as ag
from autograd_lab.viz import BackwardSteps, step_backward

LAST = 5
SMALL = """() => [...document.querySelectorAll(".ag-controls button, .ag-controls input")]
  .map(node => node.getBoundingClientRect()).filter(box => box.width < 44 || box.height < 44).length"""


def scalars() -> BackwardSteps:
    a = ag.tensor(2.0, requires_grad=True, name="a")
    b = ag.tensor(3.0, requires_grad=True, name="b")
    return step_backward((a * b + a).relu().sum())


def arrays() -> BackwardSteps:
    a = ag.tensor([2.0, -1.0, 3.0], requires_grad=True, name="a")
    b = ag.tensor([3.0, 4.0, -1.0], requires_grad=True, name="b")
    return step_backward((a * b + a).relu().sum())


@pytest.fixture
def url(tmp_path: Path) -> str:
    return scalars().save(tmp_path / "player.html").as_uri()


def player(page: Page, number: int = 0) -> Locator:
    return page.locator(".ag-player").nth(number)


def button(page: Page, name: str, number: int = 0) -> Locator:
    return player(page, number).get_by_role("button", name=name)


def count(page: Page, number: int = 0) -> str | None:
    return player(page, number).locator(".ag-count").text_content()


def strip(page: Page, vertex: int, number: int = 0) -> list[str]:
    """The lines that are shown in a vertex's gradient strip."""
    texts = player(page, number).locator(f'[data-v="{vertex}"] .ag-phase:not([display]) text')
    return texts.all_text_contents()


def flowing(page: Page, number: int = 0) -> list[str]:
    return player(page, number).locator("[data-e].ag-on").evaluate_all("all => all.map(g => g.dataset.e)")


def titles(page: Page) -> list[str]:
    return [item.text_content() or "" for item in page.locator(".ag-title").all() if item.is_visible()]


def test_next_and_previous(chromium: Browser, url: str) -> None:
    with opened(chromium, url) as (page, faults):
        assert (count(page), titles(page)) == ("Step 1 of 6", ["Start at the output v4"])
        assert strip(page, 0) == ["g ?", "+ ?", "= ?"]
        assert button(page, "Previous").get_attribute("aria-disabled") == "true"
        for _ in range(3):
            button(page, "Next").click()
        assert (count(page), titles(page)) == ("Step 4 of 6", ["+ fires: v2 = v1 + a"])
        assert flowing(page) == ["2-3-0", "0-3-1"]
        assert strip(page, 0) == ["g 1", "+ ?", "= ?"]
        assert page.locator(".ag-fire").get_attribute("data-v") == "3"
        button(page, "Next").click()
        assert strip(page, 0) == ["g 1", "+ 3", "= 4"]
        assert "1 + 3 = 4" in page.locator(".ag-now").inner_text()
        button(page, "Previous").click()
        assert (count(page), strip(page, 0)) == ("Step 4 of 6", ["g 1", "+ ?", "= ?"])
        assert not faults, "\n".join(faults)


def test_what_flows_is_not_told_by_colour_alone(chromium: Browser, url: str) -> None:
    with opened(chromium, url) as (page, _):
        button(page, "Next").click()
        edge = page.locator('[data-e="4-5-0"]')
        assert edge.locator(".ag-back").is_visible()
        assert not edge.locator(".ag-head").is_visible()
        width = "path => parseFloat(getComputedStyle(path).strokeWidth)"
        idle = page.locator('[data-e="0-2-0"] .ag-edge').evaluate(width)
        assert edge.locator(".ag-edge").evaluate(width) > 2 * idle


def test_keyboard(chromium: Browser, url: str) -> None:
    with opened(chromium, url) as (page, faults):
        page.keyboard.press("ArrowRight")
        assert count(page) == "Step 1 of 6"  # the focus is not in the player
        button(page, "Next").focus()
        for key, step in [("ArrowRight", 2), ("End", 6), ("ArrowRight", 6), ("ArrowLeft", 5), ("Home", 1)]:
            page.keyboard.press(key)
            assert count(page) == f"Step {step} of 6"
        page.keyboard.press("Enter")
        page.keyboard.press("Space")
        assert count(page) == "Step 3 of 6"
        assert page.evaluate("document.activeElement.textContent.trim()") == "Next"
        page.get_by_role("slider").focus()
        page.keyboard.press("ArrowRight")
        assert count(page) == "Step 4 of 6"
        player(page).locator(".ag-heading").click()  # a click anywhere gives the player the focus
        page.keyboard.press("ArrowLeft")
        assert count(page) == "Step 3 of 6"
        page.keyboard.press("Alt+ArrowRight")  # the browser's own
        assert count(page) == "Step 3 of 6"
        assert not faults, "\n".join(faults)


def test_screen_reader(chromium: Browser, url: str) -> None:
    with opened(chromium, url) as (page, _):
        live = page.locator("[aria-live=polite]")
        assert live.text_content() == ""  # a page that loads says nothing unasked
        for _ in range(4):
            button(page, "Next").click()
        assert live.text_content() == (
            "Step 5 of 6. Mul fires at v1, with g 1. a receives 3 more, which makes 4. b receives 2."
        )
        slider = page.get_by_role("slider", name="Step of the backward pass")
        assert slider.get_attribute("aria-valuetext") == "Step 5 of 6: × fires: v1 = a × b"
        assert page.get_by_role("group", name="Backward pass of v4 = sum(v3)", exact=True).count() == 1
        assert page.get_by_role("listitem").count() == 1  # the other steps are hidden from it


def test_slider(chromium: Browser, url: str) -> None:
    with opened(chromium, url) as (page, faults):
        slider = page.get_by_role("slider")
        slider.fill(str(LAST))
        assert titles(page) == ["The gradients of the leaves"]
        assert (strip(page, 0), strip(page, 1)) == (["g 1", "+ 3", "= 4"], ["g 2"])
        assert page.locator(".ag-now dd").all_text_contents() == ["= 1 + 3= 4", "= 2"]
        assert button(page, "Next").get_attribute("aria-disabled") == "true"
        slider.fill("0")
        assert count(page) == "Step 1 of 6"
        assert not faults, "\n".join(faults)


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_play(chromium: Browser, url: str, motion: str) -> None:
    with opened(chromium, url, reduced_motion=motion) as (page, faults):
        page.clock.install()
        button(page, "Play").click()
        assert count(page) == "Step 2 of 6"
        running = page.locator(".ag-on .ag-edge").first.evaluate(
            "path => getComputedStyle(path).animationName + getComputedStyle(path).transitionDuration"
        )
        assert running == ("none0s" if motion == "reduce" else "ag-flow0s")
        page.clock.run_for(2700)
        assert count(page) == "Step 3 of 6"
        button(page, "Pause").click()
        page.clock.run_for(9000)
        assert count(page) == "Step 3 of 6"
        button(page, "Play").click()
        page.clock.run_for(60_000)
        assert count(page) == "Step 6 of 6"
        button(page, "Play").click()  # from the end it starts again
        assert count(page) == "Step 1 of 6"
        assert not faults, "\n".join(faults)


def test_players_are_independent_even_if_one_occurs_twice(chromium: Browser, tmp_path: Path) -> None:
    pieces = [scalars()._repr_html_(), arrays()._repr_html_(), scalars()._repr_html_()]
    page_file = tmp_path / "three.html"
    page_file.write_text(f'<!doctype html><meta charset="utf-8">{"".join(pieces)}', encoding="utf-8")
    with opened(chromium, page_file.as_uri()) as (page, faults):
        button(page, "Next", 2).click()
        button(page, "Next", 1).click()
        button(page, "Next", 1).click()
        assert [count(page, n) for n in range(3)] == ["Step 1 of 6", "Step 3 of 6", "Step 2 of 6"]
        assert flowing(page, 0) == []
        assert not faults, "\n".join(faults)


def test_a_notebook_inserts_it_and_runs_its_script(chromium: Browser, tmp_path: Path) -> None:
    """As JupyterLab does: the HTML without its scripts, which are then made anew."""
    empty = tmp_path / "empty.html"
    empty.write_text("<!doctype html><title>empty</title>", encoding="utf-8")
    with opened(chromium, empty.as_uri()) as (page, faults):
        page.evaluate(
            """html => {
              document.body.innerHTML = html;
              const old = document.querySelector("script");
              const script = document.createElement("script");
              script.textContent = old.textContent;
              old.replaceWith(script);
            }""",
            scalars()._repr_html_(),
        )
        button(page, "Next").click()
        assert count(page) == "Step 2 of 6"
        assert not faults, "\n".join(faults)


# What JupyterLab's style sheet says of lists in an output.
LAB = """
.jp-OutputArea-output dl, .jp-OutputArea-output dt, .jp-OutputArea-output dd { display: block; }
.jp-OutputArea-output dl { width: 100%; overflow: hidden; padding: 0; margin: 0; }
.jp-OutputArea-output dt { font-weight: bold; float: left; width: 20%; padding: 0; margin: 0; }
.jp-OutputArea-output dd { float: left; width: 80%; padding: 0; margin: 0; }
.jp-RenderedHTMLCommon ol:not(.list-inline) { padding-left: 2em; }
.jp-RenderedHTMLCommon em { font-style: italic; }
.jp-RenderedHTMLCommon p { text-align: left; margin: 0; margin-bottom: 1em; }
.jp-RenderedHTMLCommon svg { max-width: 100%; height: auto; }
"""


def test_looks_the_same_in_jupyterlab(chromium: Browser, tmp_path: Path) -> None:
    boxes = []
    for number, sheet in enumerate(["", LAB]):
        page_file = tmp_path / f"{number}.html"
        page_file.write_text(
            f'<!doctype html><meta charset="utf-8"><style>{sheet}</style>'
            f'<div class="jp-OutputArea-output jp-RenderedHTMLCommon">{arrays()._repr_html_()}</div>',
            encoding="utf-8",
        )
        with opened(chromium, page_file.as_uri()) as (page, faults):
            parts = page.locator(".ag-player :is(p, ol, li, dl, dt, dd, em, svg, button)")
            place = "all => all.map(e => e.getBoundingClientRect()).map(b => [b.x, b.y, b.width, b.height])"
            boxes.append(parts.evaluate_all(place))
            assert not faults, "\n".join(faults)
    assert len(boxes[0]) > 60
    assert boxes[0] == boxes[1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("make", [scalars, arrays])
def test_phone(chromium: Browser, tmp_path: Path, make: object, scheme: str) -> None:
    url = make().save(tmp_path / "player.html").as_uri()  # type: ignore[operator]
    with opened(chromium, url, color_scheme=scheme, **TOUCH) as (page, faults):
        for step in range(1, LAST + 1):
            button(page, "Next").tap()
            assert count(page) == f"Step {step + 1} of 6"
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            assert page.locator(".ag-now").evaluate("li => li.scrollWidth <= li.clientWidth")
        assert page.evaluate(SMALL) == 0
        is_legible(player(page))
        assert not faults, "\n".join(faults)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_decides_about_the_theme(chromium: Browser, url: str, theme: str) -> None:
    other = "light" if theme == "dark" else "dark"
    with opened(chromium, url, color_scheme=other) as (page, _):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        page.wait_for_timeout(400)  # colours change gradually
        is_legible(player(page))
        ground = player(page).evaluate("node => getComputedStyle(node).backgroundColor")
        assert ground == ("rgb(255, 255, 255)" if theme == "light" else "rgb(25, 30, 37)")


def test_a_wide_drawing_scrolls_to_what_happens(chromium: Browser, tmp_path: Path) -> None:
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True, name="x")
    url = step_backward(x.exp().log().tanh().sum(), direction="right").save(tmp_path / "wide.html").as_uri()
    with opened(chromium, url, reduced_motion="reduce", **TOUCH) as (page, _):
        page.get_by_role("slider").fill("1")
        frame = page.locator(".ag-frame")
        right = frame.evaluate("frame => frame.scrollLeft")
        page.get_by_role("slider").fill("4")
        assert frame.evaluate("frame => frame.scrollLeft") < right
        box = page.locator(".ag-fire").bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= 390
        frame.focus()  # its arrow keys scroll
        page.keyboard.press("ArrowRight")
        assert count(page) == "Step 5 of 6"


def test_without_a_script_all_steps_are_there(chromium: Browser, url: str) -> None:
    with opened(chromium, url, java_script_enabled=False) as (page, _):
        assert len(titles(page)) == LAST + 1
        assert not page.locator(".ag-controls").is_visible()
        assert page.locator(".ag-phase:not([display])").count() == 6


def test_without_its_style_sheet_the_list_reads_as_one(chromium: Browser, tmp_path: Path) -> None:
    """On GitHub, say, which takes styles and scripts away."""
    bare = re.sub(r"<(style|script)>.*?</\1>", "", scalars()._repr_html_(), flags=re.DOTALL)
    page_file = tmp_path / "bare.html"
    page_file.write_text(f'<!doctype html><meta charset="utf-8">{bare}', encoding="utf-8")
    with opened(chromium, page_file.as_uri(), java_script_enabled=False) as (page, _):
        lines = page.locator("ol > li").last.locator("dl").inner_text().split("\n")
        assert [line.strip() for line in lines] == ["∂L/∂a", "= 1 + 3", "= 4", "∂L/∂b", "= 2"]
        assert page.locator("ol").evaluate("list => getComputedStyle(list).listStyleType") == "decimal"


def test_print(chromium: Browser, url: str) -> None:
    with opened(chromium, url) as (page, _):
        page.emulate_media(media="print")
        assert len(titles(page)) == LAST + 1
        assert not page.locator(".ag-controls").is_visible()
