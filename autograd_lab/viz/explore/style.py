"""The explorables' style sheet: calm, in the book's colours, for light and dark pages."""

from __future__ import annotations

from autograd_lab.viz.style import PALETTE
from autograd_lab.viz.theme import themed

__all__ = ["EXPLORE_CSS"]

_LIGHT = " ".join(f"--ag-{name}: {color};" for name, color in PALETTE.items() if name != "sky")
_DARK = """
    --ag-blue: #79b8ff; --ag-vermilion: #ff9d6b; --ag-green: #5fd3a4; --ag-purple: #e79ac6;
    --ag-amber: #e6c057; --ag-ink: #eceff3; --ag-soft: #b3bcc7; --ag-rule: #3b4450; --ag-paper: #14181e;
"""
# The names that ipywidgets gives to the colours of its controls; JupyterLab sets them itself.
_CONTROLS = """
    --jp-widgets-label-color: var(--ag-ink); --jp-widgets-readout-color: var(--ag-ink);
    --jp-widgets-slider-active-handle-color: var(--ag-blue);
    --jp-widgets-slider-border-color: var(--ag-soft); --jp-widgets-slider-handle-border-color: var(--ag-soft);
    --jp-widgets-input-color: var(--ag-ink); --jp-widgets-input-background-color: var(--ag-paper);
    --jp-layout-color2: var(--ag-rule); --jp-ui-font-color1: var(--ag-ink);
    --jp-widgets-slider-handle-background-color: var(--ag-paper);
"""

EXPLORE_CSS = " ".join(
    (
        f"""
{themed(".ag-explore", _LIGHT, _DARK, "color: var(--ag-ink); max-width: 100%;")}
html[data-theme] .ag-explore {{ {_CONTROLS} }}
.ag-explore .widget-readout {{ min-width: max-content; overflow: visible; margin: 0 4px 0 12px; }}
.ag-explore .ag-stack {{ min-height: 345px; }}
.ag-explore .widget-play {{ width: 88px; margin-right: 12px; }}
.ag-explore .widget-play button {{ display: flex; align-items: center; justify-content: center; height: 30px;
    background: none;
    border: 1px solid var(--ag-soft); border-radius: 3px; color: var(--ag-ink); box-shadow: none; }}
.ag-explore .widget-play button + button {{ margin-left: 6px; }}
.ag-explore .widget-play i {{ display: none; }}
.ag-explore .widget-play button::before {{ content: ""; width: 11px; height: 12px; background: currentColor;
    clip-path: polygon(0 0, 100% 50%, 0 100%); }}
.ag-explore .widget-play button:nth-child(2)::before {{ clip-path: none; height: 11px; }}
.ag-explore .widget-play button:has(.fa-pause)::before {{
    clip-path: polygon(0 0, 35% 0, 35% 100%, 0 100%, 0 0, 65% 0, 100% 0, 100% 100%, 65% 100%, 65% 0); }}
.ag-explore .ag-ask, .ag-explore .ag-readout {{ margin: 0; color: var(--ag-ink); font-size: 14.5px;
    line-height: 1.5; max-width: 44em; white-space: normal; }}
.ag-explore .ag-ask {{ padding: 2px 12px; border-left: 3px solid var(--ag-blue); }}
.ag-explore .ag-readout {{ min-height: 3em; font-variant-numeric: tabular-nums; }}
@media (max-width: 600px) {{ .ag-explore .ag-readout {{ min-height: 6em; }} }}
.ag-explore .ag-panels {{ display: flex; align-items: flex-start; flex-wrap: wrap;
    gap: 8px 16px; margin-top: 8px; }}
.ag-explore .ag-panels > * {{ flex: none; width: 320px; max-width: 100%; }}
.ag-explore .ag-panels > div {{ min-height: 278px; }}
.ag-explore svg.ag-panel {{ display: block; height: auto; }}

.ag-panel text {{ fill: var(--ag-ink);
    font: 12.5px system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif; }}
.ag-panel .ag-heading {{ font-weight: 600; font-size: 13.5px; }}
.ag-panel .ag-tick {{ fill: var(--ag-soft); font-size: 11.5px; }}
.ag-panel .ag-mid {{ text-anchor: middle; }}
.ag-panel .ag-end {{ text-anchor: end; }}
.ag-panel .ag-strong {{ font-weight: 600; }}
.ag-panel .ag-axis, .ag-panel .ag-guide {{ fill: none; stroke: var(--ag-soft); }}
.ag-panel .ag-guide {{ stroke: var(--ag-rule); }}
.ag-panel .ag-line {{ fill: none; stroke-width: 2; stroke-linejoin: round; }}
.ag-panel .ag-thin {{ stroke-width: 1.2; }}
.ag-panel .ag-dashed {{ stroke-dasharray: 5 4; stroke-width: 1.5; }}
.ag-panel .ag-ring {{ fill: var(--ag-paper); stroke-width: 2; }}
.ag-panel .ag-cell {{ stroke: var(--ag-soft); fill: none; }}
"""
        + "".join(
            f".ag-panel .ag-line.ag-{c},.ag-panel .ag-ring.ag-{c}{{stroke:var(--ag-{c})}}"
            f".ag-panel text.ag-{c},.ag-panel .ag-dot.ag-{c},.ag-panel .ag-fill.ag-{c}{{fill:var(--ag-{c})}}"
            for c in ("blue", "vermilion", "green", "purple", "amber", "soft", "rule")
        )
        + """
.ag-explore .ag-digits { color: var(--ag-ink); border-collapse: collapse; margin: 0; border: 0;
    font-variant-numeric: tabular-nums; }
.ag-explore .ag-digits caption { caption-side: top; text-align: left; padding: 0 0 6px;
    font-weight: 600; font-size: 13.5px; color: inherit; line-height: 1.3; }
.ag-explore .ag-digits tr { background: none; border: 0; }
.ag-explore .ag-digits th, .ag-explore .ag-digits td { padding: 3px 0; border: 0; text-align: left;
    font: 12.5px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; color: inherit;
    background: none; white-space: pre; }
.ag-explore .ag-digits th { padding-right: 10px; font-family: inherit; font-weight: 400; }
.ag-explore .ag-digits .ag-number { text-align: right; padding: 3px 0 3px 14px; }
.ag-explore .ag-digits .ag-total td, .ag-explore .ag-digits .ag-total th {
    border-top: 1px solid var(--ag-soft); }
.ag-explore .ag-digits .ag-same { color: var(--ag-soft); }
.ag-explore .ag-digits .ag-right { color: var(--ag-green); font-weight: 700; }
.ag-explore p.ag-wrong, .ag-explore .ag-digits .ag-wrong { color: var(--ag-vermilion);
    text-decoration: underline dotted; }
"""
    ).split()
)
"""Goes into each explorable once, so that it looks right wherever it is shown."""
