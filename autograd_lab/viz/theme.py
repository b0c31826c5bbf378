"""The drawings' style sheet: colours for light and dark pages, and how each part of a drawing looks.

A page that says which theme it has (the book, JupyterLab, VS Code) is believed; any other follows the
system's setting. All text has a contrast of at least 4.5 with what is behind it, frames and arrows 3.
"""

from __future__ import annotations

import re
from importlib.resources import files

__all__ = ["GRAPH_CSS", "PAD_CSS", "PLAYER_CSS", "compact", "themed"]

_LIGHT = """
    --ag-ink: #1c2430; --ag-soft: #545d68; --ag-line: #545d68;
    --ag-leaf: #e3effc; --ag-leaf-line: #0a58b0; --ag-const: #f4f5f7; --ag-result: #ffffff;
    --ag-op: #fdf1d3; --ag-op-line: #8a6100; --ag-grad: #8f2f00; --ag-grad-fill: #fde9df;
"""

_DARK = """
    --ag-ink: #eceff3; --ag-soft: #b3bcc7; --ag-line: #a3adb8;
    --ag-leaf: #16304e; --ag-leaf-line: #79b8ff; --ag-const: #262b33; --ag-result: #191e25;
    --ag-op: #3b300f; --ag-op-line: #e6c057; --ag-grad: #ffb590; --ag-grad-fill: #45261a;
"""

_SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def themed(css: str, light: str, dark: str, more: str = "") -> str:
    """Give a class its colours in both themes, and whatever else its first rule says."""
    return f"""
{css} {{ {light} {more} }}
@media (prefers-color-scheme: dark) {{ {css} {{ {dark} }} }}
html[data-theme=light] {css}, [data-jp-theme-light=true] {css}, .vscode-light {css} {{ {light} }}
html[data-theme=dark] {css}, [data-jp-theme-light=false] {css}, .vscode-dark {css} {{ {dark} }}
@media print {{ html {css}{css} {{ {light} }} }}
"""


_READABLE_CSS = f"""
{themed(".ag-graph", _LIGHT, _DARK, f"display: block; margin: 0 auto; font-family: {_SANS};")}
.ag-graph text {{ fill: var(--ag-ink); text-anchor: middle; }}
.ag-graph .ag-title {{ font-size: 15px; font-weight: 600; text-anchor: start; fill: currentColor; }}
.ag-graph .ag-name {{ font-size: 14px; font-weight: 600; }}
.ag-graph .ag-shape {{ font-size: 12px; font-weight: 400; fill: var(--ag-soft); }}
.ag-graph .ag-value, .ag-graph .ag-grad {{ font: 12.5px {_MONO}; white-space: pre; }}
.ag-graph .ag-grad {{ fill: var(--ag-grad); }}
.ag-graph .ag-details, .ag-graph .ag-argument {{ font-size: 11px; fill: var(--ag-soft); }}
.ag-graph .ag-argument {{ fill: currentColor; }}
.ag-graph .ag-left {{ text-anchor: start; }}

.ag-graph .ag-leaf > .ag-box {{ fill: var(--ag-leaf); stroke: var(--ag-leaf-line); stroke-width: 2.5; }}
.ag-graph .ag-constant > .ag-box {{ fill: var(--ag-const); stroke: var(--ag-line); stroke-dasharray: 4 3; }}
.ag-graph .ag-result > .ag-box, .ag-graph .ag-ring {{ fill: var(--ag-result); stroke: var(--ag-line); }}
.ag-graph .ag-box, .ag-graph .ag-ring {{ stroke-width: 1.3; }}
.ag-graph .ag-strip {{ fill: var(--ag-grad-fill); }}
.ag-graph .ag-op {{ fill: var(--ag-op); stroke: var(--ag-op-line); stroke-width: 1.6; }}
.ag-graph .ag-edge {{ fill: none; stroke: var(--ag-line); stroke-width: 1.4; }}
.ag-graph .ag-head {{ fill: var(--ag-line); }}
"""


def compact(css: str) -> str:
    """Take the white space out that CSS does not need: the sheet is part of every drawing."""
    css = " ".join(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL).split())
    for mark in "{}:;,>":
        # A space before a colon or a brace can matter in a selector; one after them never does here.
        css = css.replace(f"{mark} ", mark)
    return css.replace(" {", "{").replace(" >", ">").replace(" }", "}").replace(";}", "}")


GRAPH_CSS = compact(_READABLE_CSS)
"""Goes into each drawing, so that a drawing looks right wherever it is pasted."""

PLAYER_CSS = compact(
    themed(".ag-player", _LIGHT, _DARK, f"--ag-mono: {_MONO}; font-family: {_SANS};")
    + files("autograd_lab.viz").joinpath("stepper.css").read_text(encoding="utf-8")
)
"""Goes into each player of a backward pass, beside the drawing's own sheet."""

PAD_CSS = compact(
    themed(
        ".ag-pad",
        f"{_LIGHT} --ag-flip: none;",
        f"{_DARK} --ag-flip: invert(1);",  # black ink on light paper, white on dark
        f"--ag-mono: {_MONO}; font-family: {_SANS};",
    )
    + files("autograd_lab.viz").joinpath("digit_pad.css").read_text(encoding="utf-8")
)
"""Goes into each pad to draw on."""
