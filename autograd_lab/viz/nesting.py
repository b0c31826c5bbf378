"""Nested layout: a layered layout whose boxes may stand in frames, and frames in other frames.

Each frame is laid out on its own, from the inside out, and then stands in the layout around it as one box; so
frames never overlap, and nothing that is not theirs stands in them. Where an edge crosses a frame there is a
*port*: inside, a small box in the first or last layer; outside, the place where the edge meets the frame. The
route of an edge is put together from its pieces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from autograd_lab.viz.layout import Layout, Point, Route, layered_layout

__all__ = ["Frame", "nested_layout"]

_PORT_BREADTH = 8.0
_PAD = 12.0  # between a frame and what stands in it
_LABEL_HEIGHT = 22.0
_LABEL_INDENT = 10.0
_FRAME_GAP = 22.0  # between frames that stand behind each other
_ENTRY = 30.0  # room for an arrow between a frame and its first operator

# A box of a level: a vertex, a frame inside it, or a port, which an edge's source and number share.
_Key = tuple[str, int, int]
# Where an edge begins or ends in a level: at a box, and if that is a frame, at which port of it.
_End = tuple[_Key, _Key | None]


@dataclass(frozen=True)
class Frame:
    """Where a frame stands: its corners, and where its label begins, each (along, across)."""

    low: Point
    high: Point
    label: Point


class _Level:
    """What stands directly in one frame, or in none."""

    def __init__(self) -> None:
        self.boxes: dict[_Key, int] = {}
        self.pieces: dict[tuple[_End, _End, int], int] = {}
        self.weights: list[float] = []
        # Known once it is laid out.
        self.layout = layered_layout([], [])
        self.size: Point = (0.0, 0.0)
        self.content: Point = (0.0, 0.0)  # where the layout begins in the frame
        self.label: Point = (0.0, 0.0)
        self.corner: Point = (0.0, 0.0)  # of the frame in the drawing

    def add(self, key: _Key) -> None:
        self.boxes.setdefault(key, len(self.boxes))

    def piece(self, start: _End, stop: _End, twin: int, weight: float) -> int:
        """The number of a piece of an edge, which other edges may share."""
        for key, _ in (start, stop):
            self.add(key)
        number = self.pieces.setdefault((start, stop, twin), len(self.pieces))
        if number == len(self.weights):
            self.weights.append(weight)
        return number

    def has_frames_only(self) -> bool:
        """Whether no edge ends in an arrow here."""
        return all(stop[0][0] != "vertex" for _, stop, _ in self.pieces)

    def ports(self, kind: str) -> list[int]:
        return [box for key, box in self.boxes.items() if key[0] == kind]

    def port(self, key: _Key) -> float:
        """Where a port is, across from the middle of the frame."""
        return self.content[1] + self.layout.centres[self.boxes[key]][1] - self.size[1] / 2

    def arrivals(self) -> list[tuple[float, float]]:
        """From where to where the edges that come in run across, before the first layer."""
        ways = set()
        for (start, stop, _), route in zip(self.pieces, self.layout.routes, strict=True):
            if start[0][0] == "entry":
                beside = 22 * route.lane if stop[0][0] == "vertex" and len(route.points) == 2 else 0.0
                first, second = route.points[0][1], route.points[1][1] + beside
                ways.add((min(first, second), max(first, second)))
        return sorted(ways)

    def moved(self, point: Point) -> Point:
        """A point of the layout in the drawing."""
        return _rounded(
            self.corner[0] + self.content[0] + point[0], self.corner[1] + self.content[1] + point[1]
        )


def nested_layout(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    owners: Sequence[int],
    parents: Sequence[int],
    labels: Sequence[float],
    *,
    weights: Sequence[float],
    direction: str,
    layer_gap: float,
    box_gap: float,
) -> tuple[Layout, tuple[Frame, ...]]:
    """Place boxes in layers and in frames, and route the edges between them.

    Parameters
    ----------
    sizes, edges, weights, layer_gap, box_gap
        As for :func:`layered_layout`. The edges are in ascending order of their targets.
    owners : sequence of int
        The innermost frame that each box stands in; -1 for none.
    parents : sequence of int
        The frame around each frame, which comes earlier; -1 for none.
    labels : sequence of float
        How wide each frame's label is.
    direction : {"right", "down"}
        Where *along* leads: a label stands at the top of its frame.

    Returns
    -------
    Layout
        Of all boxes and edges. Its layers are those in the frame of each box.
    tuple of Frame

    Raises
    ------
    ValueError
        If the edges contain a cycle, or an edge leaves a frame and comes back to it.

    Examples
    --------
    >>> layout, (frame,) = nested_layout(
    ...     [(40, 20)] * 3, [(0, 1), (1, 2)], [-1, 0, -1], [-1], [30.0],
    ...     weights=[1.0, 1.0], direction="right", layer_gap=34.0, box_gap=18.0)
    >>> frame.low < layout.centres[1] < frame.high < layout.centres[2]
    True
    """
    levels = [_Level() for _ in range(len(parents) + 1)]  # the last one is the drawing itself, at -1
    for vertex, owner in enumerate(owners):
        levels[owner].add(("vertex", vertex, 0))
        frame = owner
        while frame >= 0:
            levels[parents[frame]].add(("frame", frame, 0))
            frame = parents[frame]
    twins, pieces = _cut(edges, weights, owners, parents, levels)
    for frame in reversed(range(len(parents))):
        _lay_out(levels, frame, sizes, labels[frame], direction, (layer_gap, box_gap))
    _lay_out(levels, -1, sizes, 0.0, direction, (layer_gap, box_gap))

    frames = []
    for frame, parent in enumerate(parents):
        inside, around = levels[frame], levels[parent]
        along, across = around.moved(around.layout.centres[around.boxes["frame", frame, 0]])
        length, breadth = inside.size
        inside.corner = low = (along - length / 2, across - breadth / 2)
        frames.append(
            Frame(
                _rounded(*low),
                _rounded(low[0] + length, low[1] + breadth),
                _rounded(low[0] + inside.label[0], low[1] + inside.label[1]),
            )
        )
    stands = [
        (levels[owner], levels[owner].boxes["vertex", vertex, 0]) for vertex, owner in enumerate(owners)
    ]
    layout = Layout(
        length=levels[-1].layout.length,
        breadth=levels[-1].layout.breadth,
        centres=tuple(level.moved(level.layout.centres[box]) for level, box in stands),
        layers=tuple(level.layout.layers[box] for level, box in stands),
        routes=_join(twins, pieces, levels),
    )
    return layout, tuple(frames)


def _rounded(along: float, across: float) -> Point:
    return round(along, 1), round(across, 1)


def _cut(
    edges: Sequence[tuple[int, int]],
    weights: Sequence[float],
    owners: Sequence[int],
    parents: Sequence[int],
    levels: list[_Level],
) -> tuple[list[tuple[int, int]], list[list[tuple[int, int]]]]:
    """Cut each edge where it crosses a frame, and give each level its pieces.

    Edges of one source share their way into a frame and out of it. Returns for each edge which one of how
    many it is between its boxes, and its pieces: the level, and the number of the piece there.
    """
    seen: dict[tuple[int, int], int] = {}
    twins: list[int] = []
    pieces: list[list[tuple[int, int]]] = []
    for edge, weight in zip(edges, weights, strict=True):
        twins.append(seen.get(edge, 0))
        seen[edge] = twins[-1] + 1
        stages = _stages(edge, twins[-1], owners, parents)
        pieces.append(
            [(level, levels[level].piece(start, stop, twins[-1], weight)) for level, start, stop in stages]
        )
    return [(twin, seen[edge]) for twin, edge in zip(twins, edges, strict=True)], pieces


def _stages(
    edge: tuple[int, int], twin: int, owners: Sequence[int], parents: Sequence[int]
) -> Iterator[tuple[int, _End, _End]]:
    """Yield the levels that an edge passes, each with where it begins and ends there."""
    source, target = edge
    leaving, entering = owners[source], owners[target]
    ups: list[int] = []
    downs: list[int] = []
    while leaving != entering:  # the one that comes later is not around the other
        if leaving > entering:
            ups.append(leaving)
            leaving = parents[leaving]
        else:
            downs.append(entering)
            entering = parents[entering]
    entry, leave = ("entry", source, twin), ("exit", source, twin)
    start: _End = (("vertex", source, 0), None)
    for level in ups:
        yield level, start, (leave, None)
        start = (("frame", level, 0), leave)
    for level, frame in pairwise([leaving, *reversed(downs)]):
        yield level, start, (("frame", frame, 0), entry)
        start = (entry, None)
    yield downs[0] if downs else leaving, start, (("vertex", target, 0), None)


def _lay_out(
    levels: list[_Level],
    number: int,
    sizes: Sequence[tuple[float, float]],
    label: float,
    direction: str,
    gaps: tuple[float, float],
) -> None:
    """Lay out one level; those inside it have been laid out."""
    level = levels[number]
    right = direction == "right"
    extents = []
    for kind, index, _ in level.boxes:
        if kind == "vertex":
            extents.append(sizes[index])
        else:
            extents.append(levels[index].size if kind == "frame" else (0.0, _PORT_BREADTH))

    def offset(end: _End) -> float:
        box, port = end
        return levels[box[1]].port(port) if port is not None else 0.0

    before = _ENTRY if right else max(_ENTRY, _LABEL_HEIGHT)
    wide = label + 2 * _LABEL_INDENT
    level.layout = layered_layout(
        extents,
        [(level.boxes[start[0]], level.boxes[stop[0]]) for start, stop, _ in level.pieces],
        weights=level.weights,
        layer_gap=_FRAME_GAP if level.has_frames_only() else gaps[0],
        box_gap=gaps[1],
        offsets=[(offset(start), offset(stop)) for start, stop, _ in level.pieces],
        first=level.ports("entry"),
        last=level.ports("exit"),
        end_gaps=(before, _PAD),
        least_length=wide if right and number >= 0 else 0.0,
    )
    length, breadth = level.layout.length, level.layout.breadth
    if number < 0:
        level.size = (length, breadth)
        return
    start = 0.0 if level.ports("entry") else _PAD if right else _LABEL_HEIGHT + 4
    stop = 0.0 if level.ports("exit") else _PAD
    if right:
        level.content = (start, _LABEL_HEIGHT)
        level.size = (start + length + stop, _LABEL_HEIGHT + breadth + _PAD)
        level.label = (_LABEL_INDENT, _LABEL_HEIGHT - 7)
        return
    # The label stands beside the edges that come in at the top.
    place = _LABEL_INDENT
    for low, high in level.arrivals():
        if low + _PAD - 6 < place + label and place < high + _PAD + 6:
            place = high + _PAD + 8
    level.content = (start, _PAD)
    level.size = (start + length + stop, max(breadth + 2 * _PAD, place + label + _LABEL_INDENT))
    level.label = (_LABEL_HEIGHT - 6, place)


def _join(
    twins: Sequence[tuple[int, int]],
    pieces: Sequence[Sequence[tuple[int, int]]],
    levels: list[_Level],
) -> tuple[Route, ...]:
    """Put the routes of all edges together from their pieces."""
    routes = []
    for stages, (twin, count) in zip(pieces, twins, strict=True):
        points: list[Point] = []
        for number, piece in stages:
            level = levels[number]
            last = level.layout.routes[piece]
            # A piece begins where the one before it ends.
            points += [level.moved(point) for point in last.points[1 if points else 0 :]]
        routes.append(Route(tuple(points), last.slot, last.lane, last.lanes, twin, count))
    return tuple(routes)
