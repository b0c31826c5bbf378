"""Every page of the built book, opened by a browser with the network cut: over http and from disk."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from conftest import HTML
from playwright.sync_api import Browser, Page, Route

TITLE = "Autograd Lab"
LOCAL = ("http://127.0.0.1:", "file:", "data:", "blob:")
RAW_TEX = re.compile(r"\$\$|\\\(|\\\[|\\begin\{|\\frac")
FILE_NAME = re.compile(r"[0-9a-f]{16}|\.(png|svg)$")

TYPESET = "() => window.MathJax?.startup?.promise?.then(() => true)"
# TeX that MathJax could not read, and a macro that it does not know, which it shows in red.
MISTAKE = "mjx-merror, [data-mjx-error], mjx-container mtext[mathcolor='red']"
# What a reader sees; code shows TeX on purpose, and MathJax keeps a hidden copy for screen readers.
VISIBLE_TEXT = """() => {
  const copy = document.body.cloneNode(true);
  copy.querySelectorAll("pre, code, script, style, mjx-container").forEach(node => node.remove());
  return copy.textContent;
}"""
ALT_TEXTS = "() => [...document.querySelectorAll('article img')].map(image => image.getAttribute('alt'))"
NAMELESS_SVG = """() => [...document.querySelectorAll("article svg")]
  .filter(svg => !svg.closest("mjx-container, button, a"))
  .filter(svg => !svg.matches("[aria-label], [aria-hidden], :has(title)"))
  .map(svg => svg.outerHTML.slice(0, 120))"""

# index.html at the top only redirects; it has a test of its own.
PAGES = sorted(
    path.relative_to(HTML).as_posix() for path in HTML.rglob("*.html") if path.parent != HTML / "_static"
)
PAGES = [page for page in PAGES if page != "index.html"]
CONTENT = [page for page in PAGES if page.startswith("book/")]


def each(pages: list[str]) -> pytest.MarkDecorator:
    """Parametrize over pages; without a built book one case remains, which skips with the reason."""
    return pytest.mark.parametrize("name", pages or ["index.html"])


@contextmanager
def opened(browser: Browser, url: str, **options: object) -> Iterator[tuple[Page, list[str]]]:
    """Open a page, wait until its formulas are typeset, and give it with everything that went wrong."""
    faults: list[str] = []

    def route(route: Route) -> None:
        if route.request.url.startswith(LOCAL):
            route.continue_()
        else:
            faults.append(f"request to another host: {route.request.url}")
            route.abort()

    with browser.new_context(**options) as context:
        page = context.new_page()
        page.route("**/*", route)
        page.on(
            "console", lambda message: message.type == "error" and faults.append(f"console: {message.text}")
        )
        page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
        page.on("requestfailed", lambda request: faults.append(f"failed: {request.url} {request.failure}"))
        page.on(
            "response", lambda reply: reply.status >= 400 and faults.append(f"{reply.status}: {reply.url}")
        )
        page.goto(url, wait_until="load")
        if not url.endswith("/index.html") or "/book/" in url:
            page.evaluate(TYPESET)
        page.wait_for_timeout(100)
        yield page, faults


@each(PAGES)
def test_page_stands_alone(chromium: Browser, base: str, name: str) -> None:
    """No request to another host, nothing missing, no error on the console, formulas typeset, title right."""
    source = (HTML / name).read_text(encoding="utf-8")
    with opened(chromium, f"{base}/{name}") as (page, faults):
        assert not faults, "\n".join(faults)
        assert TITLE in page.title()
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.locator("mjx-container").count() >= source.count('class="math notranslate')
        assert page.locator(MISTAKE).count() == 0
        left = RAW_TEX.search(page.evaluate(VISIBLE_TEXT))
        assert left is None, f"raw TeX on the page: {left}"


@each(CONTENT)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fits_a_phone(chromium: Browser, server: str, scheme: str, name: str) -> None:
    """No horizontal scrolling of the page at 390 px; wide formulas and tables scroll inside their own box."""
    size = {"width": 390, "height": 844}
    with opened(chromium, f"{server}/{name}", viewport=size, color_scheme=scheme) as (page, faults):
        assert not faults, "\n".join(faults)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        # The heading is in the title of the browser's tab, and every picture says in words what it shows.
        assert page.locator("article h1").count() == 1
        heading = page.locator("article h1").evaluate("h => h.textContent").removesuffix("#")
        assert page.title() == f"{heading} — {TITLE}"
        assert [alt for alt in page.evaluate(ALT_TEXTS) if not alt or FILE_NAME.search(alt)] == []
        assert page.evaluate(NAMELESS_SVG) == []


def test_front_door(chromium: Browser, base: str) -> None:
    """The top index.html leads to the first page."""
    with opened(chromium, f"{base}/index.html") as (page, faults):
        page.wait_for_url("**/book/index.html")
        assert "Start here" in page.title()
        assert not faults, "\n".join(faults)


class Links(HTMLParser):
    """The local links of a page, and the places that a link can name."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for key, value in attrs:
            if key in ("id", "name") and value:
                self.ids.add(value)
            elif key in ("href", "src") and value and not urlsplit(value).scheme and value[:2] != "//":
                self.links.append(value)


read_links = cache(Links)


@each(PAGES)
def test_links_resolve(html: Path, name: str) -> None:
    """Every local link names a file that was built and a place that is in it."""
    broken = []
    for link in read_links(html / name).links:
        target, fragment = unquote(urlsplit(link).path), unquote(urlsplit(link).fragment)
        path = ((html / name).parent / target).resolve() if target else html / name
        if not path.exists() or (
            fragment and path.suffix == ".html" and fragment not in read_links(path).ids
        ):
            broken.append(link)
    assert not broken
