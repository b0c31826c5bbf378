"""Set a traced graph as inline SVG: what stands in a box, where the texts go and how an edge curves.

Squares are variables and circles are operators. Nothing is told by colour alone: a leaf has a heavy frame
and sharp corners, a constant a dashed frame, a computed value a thin frame and round corners, the output a
double frame; gradients stand in a strip of their own and are marked ``grad`` or ``g``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from autograd_lab.viz.frames import CARD, FRAME_CSS, card, label_width, paint_frames
from autograd_lab.viz.layout import Layout, Point, Route, layered_layout
from autograd_lab.viz.nesting import Frame, nested_layout
from autograd_lab.viz.text import format_shape, text_width
from autograd_lab.viz.theme import GRAPH_CSS
from autograd_lab.viz.trace import Trace, Vertex

__all__ = ["Drawing", "Motion", "Phase", "draw"]

Direction = Literal["right", "down"]

# Font sizes, as in the style sheet.
_NAME, _SHAPE, _VALUE, _SYMBOL, _DETAILS = 14.0, 12.0, 12.5, 16.0, 11.0
_MONO = 0.615  # width of a character in the widest common monospaced font, in em
_LINE = 17.0
_PAD = 9.0
_LAYER_GAP = 34.0
_STEM = 16.0  # from an operator to the variable that it makes
_MARGIN = 3.0
_RING = 4.0  # between the two frames of the output
_HEAD = 7.0  # length of an arrow's head
_BACK_HEAD = 10.0
_LEAST_SCALE = 0.85  # below it the text could not be read: a narrow page scrolls the drawing instead


@dataclass(frozen=True)
class Drawing:
    """An SVG element as text, its size, and the least width at which it can still be read."""

    markup: str
    width: float
    height: float
    least_width: float

    def frame_attributes(self, label: str) -> str:
        """What a frame around the drawing needs where it may scroll: a keyboard must reach it.

        Narrower than ``least_width`` the drawing scrolls inside its frame, never the page.
        """
        if self.least_width <= 300:
            return ""
        return f' tabindex="0" role="group" aria-label="{escape(label)}, scrollable"'


@dataclass(frozen=True)
class Phase:
    """What a gradient strip shows from frame `first` to frame `last` of a player.

    Attributes
    ----------
    first, last : int
        Both are included.
    state : {"wait", "part", "full"}
        Nothing has arrived, something has, all has.
    lines : tuple of str
    """

    first: int
    last: int
    state: Literal["wait", "part", "full"]
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Motion:
    """What happens to a vertex in a player's frames; a drawing that stands still has none.

    Attributes
    ----------
    phases : tuple of Phase
        What its strip shows, one after the other.
    fires : int or None
        The frame in which its operator fires.
    sends : tuple of int
        Which of the drawn arguments are then sent a cotangent.
    receives : tuple of int
        The frames in which a cotangent arrives.
    """

    phases: tuple[Phase, ...] = ()
    fires: int | None = None
    sends: tuple[int, ...] = ()
    receives: tuple[int, ...] = ()


_STILL = Motion()


@dataclass(frozen=True)
class _Shape:
    """The size of a vertex: its box of text lines and, beside or above it, its operator."""

    box: tuple[float, float]
    op: tuple[float, float]  # 0, 0 for none


def draw(
    trace: Trace,
    *,
    direction: Direction,
    name: str,
    description: str,
    title: str | None = None,
    note: Sequence[str] = (),
    motions: Sequence[Motion] = (),
) -> Drawing:
    """Set a traced graph as one SVG element.

    Parameters
    ----------
    trace : Trace
    direction : {"right", "down"}
        Where forward leads.
    name, description : str
        What a screen reader says: a short name, and the whole graph in words.
    title : str, optional
        A heading above the drawing.
    note : sequence of str
        Lines of small print below the heading.
    motions : sequence of Motion, optional
        For a player, one a vertex. The drawing then carries the frames as ``data-`` attributes, and shows
        the last one until a script chooses another.
    """
    motions = motions or [_STILL] * len(trace.vertices)
    shapes = [
        _measure(vertex, motion, 2 * _RING if vertex is trace.output else 0.0)
        for vertex, motion in zip(trace.vertices, motions, strict=True)
    ]
    layout, frames = _lay_out(trace, shapes, direction)
    heading = (28.0 if title else 0.0) + (_LINE * len(note) + 12 if note else 0.0)
    length, breadth = layout.length, layout.breadth
    width, height = (length, breadth) if direction == "right" else (breadth, length)
    texts = [text_width(title, 15, bold=True) if title else 0.0, *(text_width(line, _SHAPE) for line in note)]
    aside = max(0.0, (max(texts) - width) / 2) if note else 0.0  # the graph stands below the middle of a note
    width = math.ceil(max(width, *texts) + 2 * _MARGIN)
    height = math.ceil(height + 2 * _MARGIN + heading)

    painter = _Painter(trace, shapes, layout, direction, motions, shift=(_MARGIN + aside, _MARGIN + heading))
    least = math.ceil(width * _LEAST_SCALE)
    body = "\n".join([*paint_frames(trace, frames, painter.xy), *painter.paint()])
    css = GRAPH_CSS + (FRAME_CSS if frames or trace.whole else "")
    head = ""
    if title:
        head = f'<text class="ag-title" x="{_MARGIN:g}" y="{_MARGIN + 14:g}">{escape(title)}</text>\n'
    for number, line in enumerate(note):
        y = _MARGIN + (28 if title else 0) + 12 + number * _LINE
        head += f'<text class="ag-note" x="{_MARGIN:g}" y="{y:g}">{escape(line)}</text>\n'
    # The name comes from aria-label, not from an id: a page may hold the same drawing twice.
    markup = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ag-graph" role="img" aria-label="{escape(name)}" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'style="width:100%;max-width:{width}px;min-width:{least}px;height:auto">\n'
        f"<title>{escape(name)}</title>\n<desc>{escape(description)}</desc>\n<style>{css}</style>\n"
        # The description says it all in order; the pieces would only repeat it.
        f'<g aria-hidden="true">\n{head}{body}\n</g>\n</svg>'
    )
    return Drawing(markup, width, height, least)


def least_width(trace: Trace) -> float:
    """How wide a drawing that runs to the right is at least: the boxes of the longest path and their gaps."""
    ends: list[float] = []
    for vertex in trace.vertices:
        shape = _measure(vertex, _STILL, 0.0)
        length = shape.box[0] + (shape.op[0] + _STEM if shape.op[0] else 0)
        ends.append(length + max((ends[source] + _LAYER_GAP for source in vertex.inputs), default=0.0))
    return max(ends)


def _measure(vertex: Vertex, motion: Motion, extra: float) -> _Shape:
    header = text_width(vertex.label, _NAME, bold=True)
    if vertex.shape:
        header += text_width(format_shape(vertex.shape), _SHAPE) + (6 if vertex.label else 0)
    strip = _strip_texts(vertex, motion)
    lines = [*vertex.value, *(line for texts in strip for line in texts)]
    width = max([header, *(len(line) * _VALUE * _MONO for line in lines)]) + 2 * _PAD
    extra += CARD if vertex.kind == "group" else 0.0
    rows = _rows(vertex, strip)
    box = (max(46.0, math.ceil(width)) + extra, rows * _LINE + 11 + (3 if strip else 0) + extra)
    if not vertex.op:
        return _Shape(box, (0.0, 0.0))
    symbol = text_width(vertex.symbol, _symbol_size(vertex))
    if vertex.details:
        wide = max(symbol, text_width(vertex.details, _DETAILS))
        return _Shape(box, (math.ceil(wide) + 26.0, 44.0))
    return _Shape(box, (34.0, 34.0) if symbol <= 22 else (math.ceil(symbol) + 24.0, 34.0))


def _symbol_size(vertex: Vertex) -> float:
    return _SYMBOL + 3 if len(vertex.symbol) == 1 else _SYMBOL - 2


def _rows(vertex: Vertex, strip: Sequence[Sequence[str]]) -> int:
    header = 1 if vertex.label or vertex.shape else 0
    return max(1, header + len(vertex.value) + max(map(len, strip), default=0))


def _strip_texts(vertex: Vertex, motion: Motion) -> list[Sequence[str]]:
    """The lines in a vertex's strip, for each of its phases; a strip that never changes has one."""
    if motion.phases:
        return [phase.lines for phase in motion.phases]
    return [_grad_lines(vertex)] if vertex.grad else []


def _grad_lines(vertex: Vertex) -> list[str]:
    indent = " " * (len(vertex.grad_word) + 1)
    return [(indent if i else f"{vertex.grad_word} ") + line for i, line in enumerate(vertex.grad)]


def _lay_out(trace: Trace, shapes: list[_Shape], direction: Direction) -> tuple[Layout, tuple[Frame, ...]]:
    sizes = []
    for shape in shapes:
        (width, height), (op_width, op_height) = shape.box, shape.op
        if direction == "right":
            sizes.append((width + (op_width + _STEM if op_width else 0), max(height, op_height)))
        else:
            sizes.append((height + (op_height + _STEM if op_width else 0), max(width, op_width)))
    edges, weights = [], []
    for target, vertex in enumerate(trace.vertices):
        for source in vertex.inputs:
            edges.append((source, target))
            # The stream of computed values runs straight; parameters and constants join it from the side.
            weights.append(500.0 if trace.vertices[source].kind in ("result", "group") else 1.0)
    if not trace.modules:
        return layered_layout(sizes, edges, weights=weights, layer_gap=_LAYER_GAP, box_gap=18.0), ()
    return nested_layout(
        sizes,
        edges,
        trace.owners,
        [module.parent for module in trace.modules],
        [label_width(module.kind) for module in trace.modules],
        weights=weights,
        direction=direction,
        layer_gap=_LAYER_GAP,
        box_gap=18.0,
    )


class _Painter:
    """Turns places into elements. Inside, a point is (along, across); only `xy` knows the direction."""

    def __init__(
        self,
        trace: Trace,
        shapes: list[_Shape],
        layout: Layout,
        direction: Direction,
        motions: Sequence[Motion],
        shift: Point,
    ) -> None:
        self.trace = trace
        self.motions = motions
        self.shapes = shapes
        self.layout = layout
        self.right = direction == "right"
        self.shift = shift

    def paint(self) -> Iterator[str]:
        edge = 0
        boxes = []
        for index, vertex in enumerate(self.trace.vertices):
            for position in range(len(vertex.inputs)):
                yield self._edge(index, position, self.layout.routes[edge])
                edge += 1
            boxes.append(self._vertex(index, vertex))
        yield from boxes

    def xy(self, point: Point) -> Point:
        """Where a point (along, across) is in the drawing."""
        x, y = point if self.right else (point[1], point[0])
        return x + self.shift[0], y + self.shift[1]

    def _at(self, point: Point) -> str:
        x, y = self.xy(point)
        return f"{x:.1f},{y:.1f}".replace(".0", "")

    # Vertices ---------------------------------------------------------------------------------------------

    def _op_centre(self, index: int) -> Point:
        (along, across), length = self.layout.centres[index], self._length(index)
        return along - length / 2 + self._op_size(index)[0] / 2, across

    def _op_size(self, index: int) -> tuple[float, float]:
        width, height = self.shapes[index].op
        return (width, height) if self.right else (height, width)

    def _box_size(self, index: int) -> tuple[float, float]:
        width, height = self.shapes[index].box
        return (width, height) if self.right else (height, width)

    def _length(self, index: int) -> float:
        op = self._op_size(index)[0]
        return self._box_size(index)[0] + (op + _STEM if op else 0.0)

    def _vertex(self, index: int, vertex: Vertex) -> str:
        along, across = self.layout.centres[index]
        box_along = along + self._length(index) / 2 - self._box_size(index)[0] / 2
        motion = self.motions[index]
        frames = f' data-fire="{motion.fires}"' if motion.fires is not None else ""
        if motion.receives:
            frames += f' data-get="{" ".join(map(str, motion.receives))}"'
        parts = [f'<g class="ag-vertex" data-v="{index}"{frames}>']
        if vertex.op:
            parts += self._operator(index, vertex, box_along)
        parts.append(self._box(index, vertex, self.xy((box_along, across))))
        parts.append("</g>")
        return "\n".join(parts)

    def _operator(self, index: int, vertex: Vertex, box_along: float) -> list[str]:
        centre = self._op_centre(index)
        x, y = self.xy(centre)
        width, height = self.shapes[index].op
        start = (centre[0] + self._op_size(index)[0] / 2, centre[1])
        end = (box_along - self._box_size(index)[0] / 2, centre[1])
        body = (
            f'<path class="ag-edge" d="M{self._at(start)} L{self._at((end[0] - _HEAD + 1, end[1]))}"/>'
            f"{self._head(end, (1.0, 0.0))}"
        )
        if (fires := self.motions[index].fires) is not None:
            body = f'<g data-at="{fires}">{body}{self._head(start, (-1.0, 0.0), back=True)}</g>'
        shape = (
            f'<rect class="ag-op" x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:g}" '
            f'height="{height:g}" rx="{height / 2:g}"/>'
        )
        size = _symbol_size(vertex)
        base = y + size * 0.35 - (6 if vertex.details else 0)
        text = f'<text class="ag-symbol" style="font-size:{size:g}px" x="{x:.1f}" y="{base:.1f}">'
        text += f"{escape(vertex.symbol)}</text>"
        if vertex.details:
            text += f'<text class="ag-details" x="{x:.1f}" y="{y + 14:.1f}">{escape(vertex.details)}</text>'
        if vertex.line:
            shape = f"<g><title>{escape(f'{vertex.op} at {vertex.line}')}</title>{shape}"
            text += "</g>"
        return [body, shape + text]

    def _box(self, index: int, vertex: Vertex, centre: Point) -> str:
        last = index == len(self.trace.vertices) - 1
        width, height = self.shapes[index].box
        if last:
            width, height = width - 2 * _RING, height - 2 * _RING
        x, y = centre[0] - width / 2, centre[1] - height / 2
        if vertex.kind == "group":
            width, height = width - CARD, height - CARD
        corner = {"result": 11, "group": 6}.get(vertex.kind, 2)
        frame = f'x="{x:.1f}" y="{y:.1f}" width="{width:g}" height="{height:g}" rx="{corner}"'
        parts = [f'<g class="ag-{vertex.kind}"><title>{escape(self._hover(index, vertex))}</title>']
        if last:
            outer = f'width="{width + 2 * _RING:g}" height="{height + 2 * _RING:g}" rx="{corner + _RING:g}"'
            parts.append(f'<rect class="ag-ring" x="{x - _RING:.1f}" y="{y - _RING:.1f}" {outer}/>')
        if vertex.kind == "group":
            parts.append(card(x, y, width, height, corner))
        parts.append(f'<rect class="ag-box" {frame}/>')
        motion = self.motions[index]
        strip = _strip_texts(vertex, motion)
        rows = max(map(len, strip), default=0)
        if strip:
            parts.append(self._strip(vertex, rows, x, y, width, height, corner))

        middle = centre[0]
        text_y = y + 5 + _LINE * 0.76
        if vertex.label or vertex.shape:
            name = escape(vertex.label)
            if vertex.shape:
                gap = ' dx="6"' if vertex.label else ""
                name += f'<tspan class="ag-shape"{gap}>{escape(format_shape(vertex.shape))}</tspan>'
            parts.append(f'<text class="ag-name" x="{middle:.1f}" y="{text_y:.1f}">{name}</text>')
            text_y += _LINE
        for line in _lines("ag-value", vertex.value, middle, text_y):
            parts.append(line)
        text_y = y + height - 5 - _LINE * (rows - 0.76) if rows else text_y
        if motion.phases:
            parts += _phases(motion, strip, middle, text_y)
        else:
            parts += [line for lines in strip for line in _lines("ag-grad", lines, middle, text_y)]
        parts.append("</g>")
        return "\n".join(parts)

    def _strip(
        self, vertex: Vertex, rows: int, x: float, y: float, width: float, height: float, corner: float
    ) -> str:
        """Colour the lower part of a box, inside its frame."""
        inset = 1.25 if vertex.kind == "leaf" else 0.65
        left, right, bottom = x + inset, x + width - inset, y + height - inset
        top = y + height - rows * _LINE - 7
        r = max(corner - inset, 0.0)
        return (
            f'<path class="ag-strip" d="M{left:.1f},{top:.1f} H{right:.1f} V{bottom - r:.1f} '
            f"Q{right:.1f},{bottom:.1f} {right - r:.1f},{bottom:.1f} H{left + r:.1f} "
            f'Q{left:.1f},{bottom:.1f} {left:.1f},{bottom - r:.1f} Z"/>'
        )

    def _hover(self, index: int, vertex: Vertex) -> str:
        if vertex.op:
            return f"{vertex.label} = {self.trace.formula(vertex)}"
        return f"{vertex.kind} {vertex.label}".strip()

    # Edges ------------------------------------------------------------------------------------------------

    def _edge(self, index: int, position: int, route: Route) -> str:
        points = list(route.points)
        # The two uses of x in x * x leave and arrive at different places and bow apart, so that both can be
        # seen.
        bow = (route.twin - (route.twins - 1) / 2) * 14
        points[0] = (points[0][0], points[0][1] + bow)
        if len(points) > 2 and points[1][1] == route.points[0][1]:
            points[1] = (points[1][0], points[0][1])
        tip, way = self._arrival(index, route)
        points[-1] = (tip[0] - way[0] * (_HEAD - 1), tip[1] - way[1] * (_HEAD - 1))
        points = [
            point
            for number, point in enumerate(points)
            if not 0 < number < len(points) - 1
            or {points[number - 1][1], points[number + 1][1]} != {point[1]}
        ]  # a straight run through many layers is one line
        curve = f"M{self._at(points[0])}"
        for number in range(1, len(points)):
            here, there = points[number - 1], points[number]
            leave = (1.0, bow / 24) if number == 1 else (1.0, 0.0)
            arrive = way if number == len(points) - 1 else (1.0, 0.0)
            curve += self._piece(here, there, leave, arrive)
        text = ""
        if self.trace.vertices[index].ordered and route.slot != position:
            x, y = self.xy((tip[0] - way[0] * 16, tip[1] - way[1] * 16))
            text = f'<text class="ag-argument" x="{x:.1f}" y="{y - 5:.1f}">{position + 1}</text>'
        source = self.trace.vertices[index].inputs[position]
        argument = self.trace.vertices[index].positions[position]
        motion, frames = self.motions[index], ""
        if position in motion.sends:
            frames = f' data-at="{motion.fires}"'
            text += self._head(points[0], (-1.0, -bow / 24), back=True)
        return (
            f'<g data-e="{source}-{index}-{argument}"{frames}><path class="ag-edge" d="{curve}"/>'
            f"{self._head(tip, way)}{text}</g>"
        )

    def _piece(self, here: Point, there: Point, leave: Point, arrive: Point) -> str:
        """Return a straight line or a curve from point to point with the given directions at its ends."""
        if abs(here[1] - there[1]) < 0.5 and leave[1] == arrive[1] == 0:
            return f" L{self._at(there)}"
        half = (there[0] - here[0]) / 2
        first = (here[0] + leave[0] * half, here[1] + leave[1] * half)
        second = (there[0] - arrive[0] * half, there[1] - arrive[1] * half)
        return f" C{self._at(first)} {self._at(second)} {self._at(there)}"

    def _arrival(self, index: int, route: Route) -> tuple[Point, Point]:
        """Where an edge meets its operator, and in which direction: arguments fan out over the near side."""
        centre = self._op_centre(index)
        length, breadth = self._op_size(index)
        if not length:  # a box without an operator: they spread along its side
            room = 0.7 * self._box_size(index)[1] / 2
            return (centre[0], centre[1] + route.lane * min(18.0, room / max(route.lanes, 0.5))), (1.0, 0.0)
        if length == breadth:
            step = min(36.0 if route.lanes >= 1 else 56.0, 68.0 / max(route.lanes, 0.5))
            angle = math.radians(route.lane * step)
            way = (math.cos(angle), -math.sin(angle))
            return (centre[0] - way[0] * length / 2, centre[1] - way[1] * length / 2), way
        # A long pill: the arguments spread along its flat side, or a little around its round end.
        radius = min(length, breadth) / 2
        room = 0.75 * radius if self.right else breadth / 2 - 0.6 * radius
        offset = route.lane * min(11.0 if self.right else 22.0, room / max(route.lanes, 0.5))
        beyond = abs(offset) if self.right else max(abs(offset) - (breadth / 2 - radius), 0.0)
        inset = radius - math.sqrt(radius**2 - beyond**2)
        angle = math.radians(max(-60.0, min(60.0, route.lane * (22.0 if self.right else 12.0))))
        return (centre[0] - length / 2 + inset, centre[1] + offset), (math.cos(angle), -math.sin(angle))

    def _head(self, tip: Point, way: Point, *, back: bool = False) -> str:
        """Return the head of an arrow; that of one which leads back to a source is larger."""
        length, css = (_BACK_HEAD, "ag-back") if back else (_HEAD, "ag-head")
        end = (tip[0] - way[0] * length, tip[1] - way[1] * length)
        side = (-way[1] * length * 0.45, way[0] * length * 0.45)
        left = (end[0] + side[0], end[1] + side[1])
        right = (end[0] - side[0], end[1] - side[1])
        return f'<path class="{css}" d="M{self._at(tip)} L{self._at(left)} L{self._at(right)}Z"/>'


def _phases(motion: Motion, strip: Sequence[Sequence[str]], middle: float, y: float) -> Iterator[str]:
    """Set each phase of a strip in a group of its own, of which all but the last are hidden."""
    widest = max(len(line) for lines in strip for line in lines)
    for phase, lines in zip(motion.phases, strip, strict=True):
        hidden = "" if phase is motion.phases[-1] else ' display="none"'
        yield f'<g class="ag-phase" data-span="{phase.first} {phase.last}" data-g="{phase.state}"{hidden}>'
        yield from _lines("ag-grad", lines, middle, y, widest)
        yield "</g>"


def _lines(css: str, lines: Sequence[str], middle: float, y: float, widest: int = 0) -> Iterator[str]:
    """Set one line centred, several left-aligned as a centred block, so that a matrix keeps its columns."""
    left = middle - max((len(line) for line in lines), default=0) * _VALUE * 0.6 / 2
    if widest:  # the block stays where it is while its lines change
        left = middle - widest * _VALUE * 0.6 / 2
    for number, line in enumerate(lines):
        classes, x = (css, middle) if len(lines) == 1 else (f"{css} ag-left", left)
        place = f'x="{x:.1f}" y="{y + number * _LINE:.1f}"'
        yield f'<text class="{classes}" {place} xml:space="preserve">{escape(line)}</text>'
