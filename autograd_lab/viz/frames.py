"""The frames around what a module's call has computed: how they are painted, and their colours.

The style sheet is separate from that of the graph, so that a drawing without modules doesn't carry it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape

from autograd_lab.viz.layout import Point
from autograd_lab.viz.nesting import Frame
from autograd_lab.viz.text import text_width
from autograd_lab.viz.theme import compact, themed
from autograd_lab.viz.trace import Trace

__all__ = ["CARD", "FRAME_CSS", "card", "label_width", "paint_frames"]

_LABEL = 12.0
CARD = 5.0
"""How far the card behind a box looks out: a box that stands for many is the upper one of a stack."""

FRAME_CSS = compact(
    themed(
        ".ag-graph", "--ag-module: #5f4b9b; --ag-card: #f0edf8;", "--ag-module: #bdaef2; --ag-card: #2b2740;"
    )
    + f"""
.ag-graph .ag-frame {{ fill: var(--ag-module); fill-opacity: .07; stroke: var(--ag-module); }}
.ag-graph text.ag-module-name {{ font-size: {_LABEL:g}px; font-weight: 600; text-anchor: start; }}
.ag-graph text.ag-module-name {{ fill: var(--ag-module); }}
.ag-graph .ag-group > rect {{ fill: var(--ag-card); stroke: var(--ag-module); stroke-width: 1.4; }}
.ag-graph text.ag-note {{ font-size: 12px; text-anchor: start; fill: currentColor; }}
"""
)
"""Goes into each drawing with modules."""


def label_width(kind: str) -> float:
    """How much room a frame's label takes.

    >>> label_width("ReLU") < label_width("Sequential")
    True
    """
    return text_width(kind, _LABEL, bold=True)


def card(x: float, y: float, width: float, height: float, corner: float) -> str:
    """The card behind a box of a summary."""
    place = f'x="{x + CARD:.1f}" y="{y + CARD:.1f}" width="{width:g}" height="{height:g}" rx="{corner:g}"'
    return f'<rect class="ag-card" {place}/>'


def paint_frames(trace: Trace, frames: Sequence[Frame], xy: Callable[[Point], Point]) -> Iterator[str]:
    """Yield the elements of all frames, outer ones first; to be painted before everything else.

    Parameters
    ----------
    trace : Trace
    frames : sequence of Frame
        Of the trace's modules.
    xy : function
        From (along, across) to a place in the drawing.
    """
    for number, (module, frame) in enumerate(zip(trace.modules, frames, strict=True)):
        (left, top), (right, bottom), (x, y) = xy(frame.low), xy(frame.high), xy(frame.label)
        yield (
            f'<g class="ag-module" data-m="{number}"><title>{escape(trace.module_title(number))}</title>'
            f'<rect class="ag-frame" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
            f'height="{bottom - top:.1f}" rx="9"/>'
            f'<text class="ag-module-name" x="{x:.1f}" y="{y:.1f}">{escape(module.kind)}</text></g>'
        )
