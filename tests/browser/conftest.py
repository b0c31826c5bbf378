"""A headless Chromium that reaches nothing but this machine, and the built book over http and from disk.

The browser needs no book: tests of the package's own pages run without one.
"""

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from built_book import FLAGS, HTML, NAMES, unavailable
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="session")
def html() -> Path:
    """Return the folder of the built book."""
    if not (HTML / "index.html").exists():
        unavailable("no built book; build it: make book")
    return HTML


@pytest.fixture(scope="session")
def server(html: Path) -> Iterator[str]:
    """Serve the book on a free port of this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(html))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()


@pytest.fixture(params=["http", "file"])
def base(request: pytest.FixtureRequest, html: Path) -> str:
    """Return the address of the book: served, and opened from disk."""
    return html.as_uri() if request.param == "file" else request.getfixturevalue("server")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start the browser that is installed; none is ever downloaded."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        unavailable("no Chromium found; install it: apt-get install chromium (or set CHROMIUM)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
