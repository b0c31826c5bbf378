"""The Sphinx extension that decides what a page loads and says about itself."""

from pathlib import Path
from types import SimpleNamespace

import pytest

import lean_pages

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (720).to_bytes(4, "big") + (232).to_bytes(4, "big")


def test_scripts_are_deferred_and_only_where_used() -> None:
    tag = lean_pages.lean(lambda script: script, '<div class="highlight">')
    assert tag('<script src="a.js"></script>') == '<script defer src="a.js"></script>'
    assert tag('<script defer="defer" src="a.js"></script>') == '<script defer="defer" src="a.js"></script>'
    assert tag('<script src="copybutton.js"></script>')
    assert tag('<script defer="defer" src="tex-svg.js"></script>') == ""
    with_formulas = lean_pages.lean(lambda script: script, '<div class="math">')
    assert with_formulas('<script defer="defer" src="tex-svg.js"></script>') == (
        '<script type="later" src="tex-svg.js"></script>'
    )
    assert tag('<link href="sphinx-design.min.css" />') == ""
    late = "<script>DOCUMENTATION_OPTIONS.pagename = 'a';</script>"
    assert tag(late) == late.replace("<script>", '<script type="module">')


@pytest.mark.parametrize(
    ("fault", "right"),
    [
        ('<th class="head"><p></p></th><th>x</th>', '<td class="head"></td><th>x</th>'),
        ('<div role="doc-biblioentry">', '<div role="listitem">'),
        ('<summary aria-label="Toggle hidden content">', "<summary>"),
        ("<th><p>n</p></th>", "<th><p>n</p></th>"),
    ],
)
def test_mended(fault: str, right: str) -> None:
    for pattern, replacement in lean_pages.MEND:
        fault = pattern.sub(replacement, fault)
    assert fault == right


def test_pictures_have_a_size(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "b.svg").write_text(
        '<svg width="360pt" height="72pt" viewBox="0 0 360 72">', encoding="utf-8"
    )
    files = {path.name: path for path in tmp_path.iterdir()}
    assert (
        lean_pages.reserve('<img src="x/a.png" />', files) == '<img width="720" height="232" src="x/a.png" />'
    )
    assert (
        lean_pages.reserve('<img src="x/b.svg" />', files) == '<img width="480" height="96" src="x/b.svg" />'
    )
    assert lean_pages.reserve('<img src="x/other.svg" />', files) == '<img src="x/other.svg" />'
    styled = '<img src="x/a.png" style="width: 70px; height: 20px;" />'
    assert lean_pages.reserve(styled, files) == '<img src="x/a.png" width="70" height="20" />'


def test_a_description_is_whole_sentences() -> None:
    assert lean_pages.shorten("A short  one.") == "A short one."
    first = "The first sentence is long enough to stand alone here."
    assert lean_pages.shorten(f"{first} {'And this one is too much. ' * 6}", length=60) == first
    cut = lean_pages.shorten("word " * 60)
    assert len(cut) <= 160
    assert cut.endswith("word…")


def test_addresses_need_the_address_of_the_site() -> None:
    context = {"pagename": "book/a", "root_doc": "book/index", "docstitle": "Lab", "title": "<em>A</em> & b"}
    tags = lean_pages.social(context, "About.", "")
    assert "og:image" not in tags
    assert "og:url" not in tags
    assert '<meta property="og:title" content="A &amp; b" />' in tags
    context["pageurl"] = "https://example.org/x/book/a.html"
    tags = lean_pages.social(context, "About.", "https://example.org/x/")
    assert 'content="https://example.org/x/_static/site/card.png"' in tags
    assert f'content="{context["pageurl"]}"' in tags


def test_missing_page() -> None:
    app = SimpleNamespace(builder=SimpleNamespace(name="html"), config=SimpleNamespace(html_baseurl=""))
    assert [page[0] for page in lean_pages.missing_page(app)] == ["404"]
