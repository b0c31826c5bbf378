"""The explorables of the built page: no kernel, no network, and they move."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from built_book import HTML, unavailable
from playwright.sync_api import Browser, Locator, Page, expect
from test_pages import opened

NAME = "book/explore.html"
# The knob, its first position, and the words that stand in the picture after so many presses of an arrow key.
EXPLORABLES = [
    ("step h", "10⁻¹⁶", 11, "10⁻⁵", "With h = 10⁻⁵ the slope is off by 3.2 × 10⁻¹¹."),
    ("temperature", "T = 0.1", 6, "T = 1", "0.6439, 0.2369, 0.0871, 0.0321"),
    ("shift", "c = 0", 6, "c = 800", "the formula as written gives nan"),
    ("learning rate", "0.01", 8, "0.18", "take the loss from 13 to 6.2 × 10⁻⁵"),
    ("shapes", "(2, 3) + (2, 3)", 2, "(2, 3) + (3,)", "b is copied 2 times along axis 0"),
]
KNOBS = [knob for knob, *_ in EXPLORABLES]


@pytest.fixture(autouse=True)
def _page_is_built(html: object) -> None:
    if not (HTML / NAME).exists():
        unavailable(f"{NAME} is not built; build it: make book")


@contextmanager
def explorables(browser: Browser, base: str, **options: object) -> Iterator[Page]:
    """Open the page, wait for the widgets, and fail in the end if anything went wrong."""
    with opened(browser, f"{base}/{NAME}", **options) as (page, faults):
        expect(page.locator(".ag-explore .ag-readout")).to_have_count(len(EXPLORABLES), timeout=20_000)
        yield page
        assert not faults, "\n".join(faults)


def box(page: Page, knob: str) -> Locator:
    return page.get_by_role("group", name=f"Explorable: {knob}", exact=True)


def test_all_render_and_move_by_keyboard(chromium: Browser, base: str) -> None:
    with explorables(chromium, base) as page:
        for knob, first, presses, position, words in EXPLORABLES:
            explorable = box(page, knob)
            handle = explorable.get_by_role("slider", name=knob, exact=True)
            readout = explorable.locator(".widget-readout")
            expect(explorable.locator(".ag-ask")).to_contain_text("Predict.")
            expect(readout).to_have_text(first)
            before = explorable.locator(".ag-panels").inner_html()
            handle.focus()
            for _ in range(presses):
                page.keyboard.press("ArrowRight")
            expect(readout).to_have_text(position)
            expect(explorable.locator(".ag-readout")).to_contain_text(words)
            expect(explorable.locator(".ag-readout")).to_have_count(1)  # one frame is seen, not two
            assert explorable.locator(".ag-panels").inner_html() != before
            # A screen reader is told the position and what is seen there.
            expect(handle).to_have_attribute("aria-valuetext", re.compile(re.escape(f"{position}. ")))
            expect(handle).to_have_attribute("aria-valuetext", re.compile(re.escape(words)))
            page.keyboard.press("ArrowLeft")
            expect(readout).not_to_have_text(position)


@pytest.mark.parametrize("knob", ["step h", "learning rate"])
def test_play_moves_and_stops(chromium: Browser, base: str, knob: str) -> None:
    with explorables(chromium, base) as page:
        explorable = box(page, knob)
        readout = explorable.locator(".widget-readout")
        start = readout.inner_text()
        play = explorable.get_by_role("button", name=f"Play or pause: {knob}")
        play.focus()
        page.keyboard.press("Enter")
        expect(readout).not_to_have_text(start, timeout=5_000)
        page.keyboard.press("Enter")
        paused = readout.inner_text()
        page.wait_for_timeout(1_200)
        assert readout.inner_text() == paused
        explorable.get_by_role("button", name=f"Back to the start: {knob}").click()
        expect(readout).to_have_text(start)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_fits_keeps_its_place_and_follows_the_theme(
    chromium: Browser, server: str, scheme: str, width: int
) -> None:
    size = {"width": width, "height": 900}
    with explorables(chromium, server, viewport=size, color_scheme=scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.wait_for_timeout(500)
        for knob in KNOBS:
            explorable = box(page, knob)
            cell = explorable.locator("xpath=ancestor::div[contains(@class, 'cell_output')]")
            # No taller than the place that the style sheet keeps for it, in each position of the knob.
            kept = cell.evaluate("node => parseFloat(getComputedStyle(node).minHeight)")
            explorable.get_by_role("slider").focus()
            for key in ("Home", "ArrowRight", "End"):
                page.keyboard.press(key)
                page.wait_for_timeout(50)
                assert cell.bounding_box()["height"] <= kept + 1, (knob, key)
                assert page.evaluate("document.documentElement.scrollWidth") <= width
            inside = explorable.bounding_box()
            for part in explorable.locator(".ag-panels > *, .widget-readout").all():
                place = part.bounding_box()
                assert place["x"] >= inside["x"] - 1
                assert place["x"] + place["width"] <= inside["x"] + inside["width"] + 1
        ink = page.locator(".ag-ask").first.evaluate("node => getComputedStyle(node).color")
        brightness = sum(int(part) for part in re.findall(r"\d+", ink)[:3]) / 3
        assert (brightness > 200) == (scheme == "dark")


def test_only_a_page_with_widgets_loads_their_code() -> None:
    with_code = [
        path.name for path in (HTML / "book").glob("*.html") if "embed-amd.js" in path.read_text("utf-8")
    ]
    assert "explore.html" in with_code
    assert "bibliography.html" not in with_code
    assert "basic_operations.html" not in with_code
    page = (HTML / NAME).read_text(encoding="utf-8")
    state = re.search(
        r'<script type="application/vnd.jupyter.widget-state\+json">(.*?)</script>', page, re.DOTALL
    )
    assert state is not None
    assert len(state[1].encode()) < 1_500_000
