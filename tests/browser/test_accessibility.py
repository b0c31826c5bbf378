"""Every page by axe-core (WCAG 2.2 AA, best practice), light and dark, wide and narrow; and by keyboard."""

from pathlib import Path
from typing import Any

import pytest
from conftest import unavailable
from playwright.sync_api import Browser, Page
from test_pages import CONTENT, PAGES, each, opened

AXE = Path(__file__).resolve().parents[2] / "book/tools/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The rules that a change of theme can break; all others look at what themes have in common.
COLOURS = ["color-contrast", "link-in-text-block"]
RUN = """rules => axe.run({runOnly: rules, resultTypes: ["violations"]}).then(result => result.violations)"""
# The thousands of paths in formulas are hidden from a screen reader, which reads the MathML beside them.
EMPTY_GLYPHS = "() => document.querySelectorAll('mjx-container > svg').forEach(svg => svg.replaceChildren())"
# The theme decides 300 ms after a change of size which frames a key can reach.
SETTLE = 400
# Resolves when no colour is on its way to another one any more.
SWITCH = """async theme => {
  Object.assign(document.documentElement.dataset, {theme, mode: theme});
  await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  await Promise.all(document.getAnimations().map(animation => animation.finished.catch(() => {})));
}"""
# Folded answers and solutions are judged too.
UNFOLD = "() => document.querySelectorAll('article details').forEach(fold => fold.open = true)"


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the source of axe-core."""
    if not AXE.exists():
        unavailable("no axe-core; install it: make assets")
    return AXE.read_text(encoding="utf-8")


def words(violation: dict[str, Any], where: str) -> str:
    """Say what is wrong, and in which elements."""
    nodes = "".join(f"\n    {node['target']} {node['html'][:160]}" for node in violation["nodes"][:5])
    return f"{where}: {violation['id']}, {violation['help']} ({len(violation['nodes'])}){nodes}"


def violations(page: Page) -> list[str]:
    """Run axe in two themes and at two widths; the page stays loaded."""
    found = []
    for width, themes in [(1280, ("light", "dark")), (390, ("dark", "light"))]:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(SETTLE)
        for theme, rules in zip(themes, (TAGS, COLOURS), strict=True):
            page.evaluate(SWITCH, theme)
            found += [words(violation, f"{theme}, {width} px") for violation in page.evaluate(RUN, rules)]
    return found


@each(PAGES)
def test_no_violation(chromium: Browser, server: str, axe: str, name: str) -> None:
    """No violation, the folded parts included."""
    with opened(chromium, f"{server}/{name}") as (page, _):
        page.evaluate(UNFOLD)
        page.evaluate(axe)
        found = violations(page)
        assert not found, "\n".join(found)


def test_no_violation_among_the_results(chromium: Browser, server: str, axe: str) -> None:
    """A page of search results, which a script writes."""
    with opened(chromium, f"{server}/search.html?q=softmax") as (page, _):
        page.wait_for_selector("#search-results li")
        page.evaluate(axe)
        found = violations(page)
        assert not found, "\n".join(found)


FOLDS = """() => [...document.querySelectorAll("article details > summary, article button.toggle-button")]
  .filter(fold => fold.checkVisibility() && (fold.tabIndex < 0 ||
    !(fold.innerText.trim() || fold.getAttribute("aria-label"))))
  .map(fold => fold.outerHTML.slice(0, 160))"""


@each(CONTENT)
def test_folds_by_keyboard(chromium: Browser, server: str, name: str) -> None:
    """Each folded part has a name, and opens and closes by a key."""
    with opened(chromium, f"{server}/{name}") as (page, _):
        assert page.evaluate(FOLDS) == []
        first = page.locator("article details").first
        if first.count():
            first.locator("summary").focus()
            for key, state in [("Enter", True), ("Space", False)]:
                page.keyboard.press(key)
                assert first.evaluate("fold => fold.open") is state


# What is wider than its frame, and no frame around it that a key could scroll.
STUCK = """() => [...document.querySelectorAll("article *")]
  .filter(box => ["auto", "scroll"].includes(getComputedStyle(box).overflowX))
  .filter(box => box.scrollWidth > box.clientWidth + 1 && box.clientWidth > 0)
  .filter(box => box.tabIndex < 0 && !box.querySelector("a[href], button, input, [tabindex='0']"))
  .map(box => box.outerHTML.slice(0, 160))"""


@each(CONTENT)
def test_frames_scroll_by_keyboard(chromium: Browser, server: str, name: str) -> None:
    """On a phone, code, tables and formulas that are too wide scroll in frames that a keyboard reaches."""
    size = {"width": 390, "height": 844}
    with opened(chromium, f"{server}/{name}", viewport=size) as (page, _):
        page.evaluate(UNFOLD)
        page.wait_for_timeout(SETTLE)
        assert page.evaluate(STUCK) == []
