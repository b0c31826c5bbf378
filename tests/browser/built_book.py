"""Where the built book is, how a browser is started, and what to say where one of them is missing."""

import os
from pathlib import Path

import pytest

HTML = Path(__file__).resolve().parents[2] / "_build" / "html"
NAMES = (
    [os.environ["CHROMIUM"]]
    if os.environ.get("CHROMIUM")
    else ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
)
FLAGS = (
    "--no-sandbox",  # so that it also runs as root, as in a container
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # the network is cut
)


def unavailable(reason: str) -> None:
    """Skip on a reader's machine; fail in CI, where everything needed is there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
