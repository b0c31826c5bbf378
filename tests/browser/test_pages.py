"""Every page of the built book, opened by a browser with the network cut: over http and from disk."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import checks
import pytest
from built_book import HTML
from playwright.sync_api import Browser, Page, Route

LOCAL = ("http://127.0.0.1:", "file:", "data:", "blob:")
TYPESET = "() => window.formulasTypeset?.then(() => true)"
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
def test_page(chromium: Browser, server: str, subtests: pytest.Subtests, name: str) -> None:
    """All that one visit can tell, in an order in which no check disturbs the next."""
    size = {"width": 1350, "height": 940}
    with opened(chromium, f"{server}/{name}", viewport=size, color_scheme="light") as (page, faults):

        def holds(check: Callable[..., None], *more: str) -> None:
            with subtests.test(check.__name__):
                check(page, *more)

        def stands_alone(page: Page) -> None:
            assert not faults, "\n".join(faults)

        if name in CONTENT:
            holds(checks.kept_still_while_loading)
        holds(stands_alone)
        holds(checks.speaks_english_and_shows_formulas, name)
        if name in CONTENT:
            holds(checks.names_its_pictures)
            holds(checks.folds_by_keyboard)
            holds(checks.prints_well)
            holds(checks.fits_a_phone)
        holds(checks.respects_reduced_motion)
        holds(checks.satisfies_axe)
        holds(stands_alone)


@each(PAGES)
def test_page_from_disk(chromium: Browser, html: Path, name: str) -> None:
    """Opened as a file, a page asks for nothing that is not there, and its formulas are typeset."""
    with opened(chromium, f"{html.as_uri()}/{name}") as (page, faults):
        checks.speaks_english_and_shows_formulas(page, name)
        assert not faults, "\n".join(faults)


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
