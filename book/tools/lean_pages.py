"""A Sphinx extension: what a page of the book loads, and what it says about itself.

Everything happens while the pages are written, so that a reader's browser has nothing to put right:

- a script or a style sheet stays only on the pages that use it, and no script holds up the page;
- names and roles that the generators get wrong are mended in the HTML;
- each page has a description of its own, and a missing page is answered by 404.html.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

FORMULA = r'class="[^"]*\b(math|text_latex)\b'
# Words in a tag that loads something, and what is on a page that needs it. All other tags stay everywhere.
NEEDED_FOR = {
    "clipboard": r'class="highlight',
    "copybutton": r'class="highlight',
    "togglebutton": r'class="[^"]*\b(toggle|dropdown)\b',
    "toggleHint": r'class="[^"]*\b(toggle|dropdown)\b',
    "toggleOpenOnPrint": r'class="[^"]*\b(toggle|dropdown)\b',
    "design-tabs.js": r"sd-tab-",
    "sphinx-design": r'class="[^"]*\bsd-',
    "mystnb": r'class="[^"]*\b(cell|output)\b',
    "MathJax = ": FORMULA,
    "site/formulas.js": FORMULA,
    "tex-svg.js": FORMULA,
    "site/later.js": rf"{FORMULA}|widget-view\+json",
}
# Scripts of megabytes. They load when the page has been painted: see later.js.
HEAVY = re.compile(r"tex-svg\.js|embed-amd\.js")

# Faults in generated HTML, and what is right.
MEND = [
    # The words of a fold are its name: this label would hide them (WCAG 2.5.3).
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
    # A list's children are its items; the role for an entry of a bibliography is deprecated.
    (re.compile(r'role="doc-biblioentry"'), 'role="listitem"'),
    # An empty cell heads no column.
    (re.compile(r"<th\b([^>]*)>\s*(?:<p>\s*</p>)?\s*</th>"), r"<td\1></td>"),
]

DESCRIPTION_LENGTH = 160


def lean(tag: Callable[[Any], str], body: str) -> Callable[[Any], str]:
    """Wrap Sphinx's `js_tag` or `css_tag`: leave out what a page does not use, and defer scripts, in order.

    Scripts of megabytes wait even longer, until the page has been painted.

    The settings of the search are inline and speak to a deferred script; a module is deferred too.
    """

    def lean_tag(asset: Any) -> str:
        html = tag(asset)
        if not all(re.search(use, body) for word, use in NEEDED_FOR.items() if word in html):
            return ""
        if "<script>DOCUMENTATION_OPTIONS." in html:
            return html.replace("<script>", '<script type="module">')
        if HEAVY.search(html):
            return html.replace(' defer="defer"', "").replace("<script", '<script type="later"', 1)
        if " src=" in html and not re.search(r"<script[^>]* (defer|async|type)\b", html):
            return html.replace("<script ", "<script defer ", 1)
        return html

    return lean_tag


def size(path: Path) -> tuple[int, int] | None:
    """Return width and height of a PNG or SVG file in CSS pixels, or None if it does not tell."""
    head = path.read_bytes()[:2000]
    if head.startswith(b"\x89PNG"):
        return struct.unpack(">II", head[16:24])
    svg = re.search(r"<svg\b[^>]*>", head.decode("utf-8", "ignore"))
    sides = re.findall(r'\b(width|height)="([\d.]+)(pt|px|)"', svg[0]) if svg else []
    pixels = {side: round(float(number) * (4 / 3 if unit == "pt" else 1)) for side, number, unit in sides}
    return (pixels["width"], pixels["height"]) if len(pixels) == 2 else None


def reserve(body: str, files: dict[str, Path]) -> str:
    """Tell the browser each picture's size before it is loaded, so that the text below does not move.

    A style of fixed pixels, as a notebook gives it, would keep its height on a narrow page.
    """

    def image(match: re.Match[str]) -> str:
        tag = match[0]
        if " width=" in tag:
            return tag
        if style := re.search(r' style="width: (\d+)px; height: (\d+)px;"', tag):
            return tag.replace(style[0], f' width="{style[1]}" height="{style[2]}"')
        source = re.search(r' src="[^"]*/([^"/]+)"', tag)
        sides = size(files[source[1]]) if source and source[1] in files else None
        return tag.replace("<img", f'<img width="{sides[0]}" height="{sides[1]}"', 1) if sides else tag

    return re.sub(r"<img\b[^>]*>", image, body)


def shorten(text: str, length: int = DESCRIPTION_LENGTH) -> str:
    """Return as many whole sentences as fit, or else whole words and an ellipsis."""
    text = " ".join(text.split())
    if len(text) <= length and text.endswith((".", "?", "!")):
        return text
    sentences = re.match(rf"(.{{40,{length - 1}}}[.?!])(?= )", text)
    return sentences[1] if sentences else text[: length - 1].rpartition(" ")[0].rstrip(",;:") + "…"


def describe(doctree: nodes.document | None) -> str:
    """Return the beginning of the first plain paragraph: no formula, no "**You need:** ..."; or nothing."""
    if doctree is None:
        return ""
    for paragraph in doctree.findall(nodes.paragraph):
        text = re.sub(r"\s*\[\d+\]", "", paragraph.astext())
        in_text = isinstance(paragraph.parent, nodes.section | nodes.document)
        labelled = isinstance(next((node for node in paragraph if node.astext().strip()), None), nodes.strong)
        if in_text and not labelled and len(text) >= 80 and not list(paragraph.findall(nodes.math)):
            return shorten(text)
    return ""


def social(context: dict[str, Any], description: str, baseurl: str) -> str:
    """Return the tags that a link to the page is shown with; those with an address need the site's own."""
    tags = {
        "og:type": "article" if context["pagename"] != context["root_doc"] else "website",
        "og:site_name": context["docstitle"],
        "og:title": re.sub(r"<[^>]+>", "", context["title"]) or context["docstitle"],
        "og:description": description,
        "og:locale": "en_GB",
    }
    if baseurl:
        tags["og:url"] = context["pageurl"]
        tags["og:image"] = f"{baseurl.rstrip('/')}/_static/site/card.png"
        tags["og:image:alt"] = f"{context['docstitle']}: a computation graph"
    return "".join(f'\n<meta property="{key}" content="{escape(value)}" />' for key, value in tags.items())


def improve_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Improve one page before it is written."""
    if app.builder.format != "html":
        return
    body = context.get("body") or ""
    for fault, right in MEND:
        body = fault.sub(right, body)
    files = {name: Path(app.srcdir, source) for source, name in app.builder.images.items()}
    body = reserve(body, files)
    if "body" in context:
        context["body"] = body
    for name in ("js_tag", "css_tag"):
        context[name] = lean(context[name], body)

    description = describe(doctree) or app.config.lean_description
    context["own_description"] = description
    context["social"] = social({"title": "", **context}, description, app.config.html_baseurl)


def missing_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Add 404.html."""
    if app.builder.name == "html":
        yield "404", {"title": "Page not found", "baseurl": app.config.html_baseurl}, "404.html"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx; late, so that all scripts of a page are known."""
    app.add_config_value("lean_description", "", "html", str)
    app.connect("html-page-context", improve_page, priority=900)
    app.connect("html-collect-pages", missing_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
