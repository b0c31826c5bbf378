"""What the site has besides its pages: search, the missing page, what loads, what a page says of itself."""

import functools
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import checks
import pytest
from built_book import HTML
from playwright.sync_api import Browser
from test_pages import CONTENT, PAGES, each, opened

SCRIPT = re.compile(r"<script\b([^>]*)\bsrc=\"([^\"]+)\"([^>]*)>")
WAITS = re.compile(r"\b(defer|async|later)\b")
META = re.compile(r'<meta (?:name|property)="([^"]+)"(?: media="[^"]*")? content="([^"]*)"')
# The pages of the theme, with a head of their own for search engines.
THEMED = [page for page in PAGES if page != "404.html"]


def test_search_finds(chromium: Browser, base: str) -> None:
    """From the first page: Ctrl+K, a word, Enter; the hits lead to the chapters. Over http and from disk."""
    with opened(chromium, f"{base}/book/index.html") as (page, faults):
        page.keyboard.press("Control+k")
        page.locator("#pst-search-dialog input").fill("softmax")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=softmax")
        page.wait_for_selector("#search-results li a")
        page.wait_for_function("document.querySelector('.search-summary')?.textContent.includes('finished')")
        links = page.locator("#search-results li > a")
        assert links.count() >= 3
        if base.startswith("http"):  # a script may not read other files from disk
            page.wait_for_selector("#search-results li p.context")
        page.wait_for_load_state("networkidle")  # a click would break off the fetching of excerpts
        assert not faults, "\n".join(faults)
        links.first.click()
        page.wait_for_url(re.compile(r"/book/\w+\.html"))
        assert "softmax" in page.locator("article").inner_text().lower()
        assert not faults, "\n".join(faults)


def test_search_finds_nothing(chromium: Browser, server: str) -> None:
    """A word that is not in the book is answered in words."""
    with opened(chromium, f"{server}/search.html?q=zebrafish") as (page, faults):
        page.wait_for_function(
            "document.querySelector('.search-summary')?.textContent.includes('did not match')"
        )
        assert not faults, "\n".join(faults)


def test_no_violation_among_the_results(chromium: Browser, server: str) -> None:
    """A script writes the results: axe must see them."""
    with opened(chromium, f"{server}/search.html?q=softmax") as (page, _):
        page.wait_for_selector("#search-results li")
        checks.satisfies_axe(page)


@pytest.fixture(params=["", "/a/deep/place"], ids=["root", "subfolder"])
def published(request: pytest.FixtureRequest, html: Path) -> Iterator[str]:
    """Serve the book as a static host does: perhaps below a folder, and 404.html for what is not there."""

    class Host(http.server.SimpleHTTPRequestHandler):
        def translate_path(self, path: str) -> str:
            inside = path.startswith(request.param + "/")
            return super().translate_path(path.removeprefix(request.param) if inside else "/nowhere")

        def send_error(self, code: int, *args: object) -> None:
            answer = (html / "404.html").read_bytes()
            self.send_response(code)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            pass

    handler = functools.partial(Host, directory=str(html))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}{request.param}"
        httpd.shutdown()


@pytest.mark.parametrize("missing", ["gone.html", "book/gone.html", "book/sub/folder/gone.html"])
def test_missing_page(chromium: Browser, published: str, missing: str) -> None:
    """At any depth the answer is readable, asks for nothing more, and leads into the book."""
    with opened(chromium, f"{published}/{missing}") as (page, faults):
        page.wait_for_selector("h1")
        assert page.locator("h1").inner_text() == "Page not found"
        for fault in faults:  # the page's own status, and nothing else
            assert missing in fault or "status of 404" in fault, faults
        assert len(faults) <= 2, faults
        page.get_by_role("link", name="Start here").click()
        page.wait_for_url(f"{published}/book/index.html")
        assert "Start here" in page.title()


@each(PAGES)
def test_scripts(name: str, html: Path) -> None:
    """No script holds up a page, and MathJax loads only where there are formulas."""
    source = (html / name).read_text(encoding="utf-8")
    holds_up = [script for script in map("".join, SCRIPT.findall(source)) if not WAITS.search(script)]
    assert not holds_up
    assert ("tex-svg.js" in source) == bool(re.search(r'class="(math |output text_latex)', source))


@each(PAGES)
def test_about_itself(name: str, html: Path) -> None:
    """A description and, for links shared elsewhere, a title; no address is invented while none is set."""
    source = (html / name).read_text(encoding="utf-8")
    meta = dict(META.findall(source))
    assert 40 <= len(meta["description"]) <= 160
    assert not re.search(r"[$\\]", meta["description"])
    if name in THEMED:
        assert meta["og:title"]
        assert meta["og:description"] == meta["description"]
        assert meta["theme-color"]
        assert 'rel="apple-touch-icon"' in source
    assert 'rel="icon"' in source


def test_descriptions_differ() -> None:
    """Each chapter is described by words of its own."""
    texts = [dict(META.findall((HTML / page).read_text(encoding="utf-8")))["description"] for page in CONTENT]
    assert len(set(texts)) == len(texts)
