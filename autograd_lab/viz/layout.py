"""Layered layout: decide where each box of a directed acyclic graph stands and how its edges run.

The method is Sugiyama's, in four steps that each do one thing:

1. **layers**: a box stands one layer after its last input (longest path); what has room moves towards its
   reader;
2. **long edges** get a thin *dummy* in every layer that they cross, so that room is kept for them;
3. **order**: boxes of a layer are sorted by the mean position of their neighbours, sweep after sweep,
   and the order with the fewest crossings wins;
4. **places**: each layer moves as close to its neighbours as the minimal distances allow. For a given order
   this is a least-squares problem with a known exact answer (isotonic regression), found in linear time.

Everything is plain Python, iterative and deterministic: the same graph gives the same drawing to the last
bit. The layout knows no tensors. It speaks of *along* (the direction in which the graph is read) and
*across*, so that one code serves drawings that run to the right and drawings that run down.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Layout", "Route", "layered_layout"]

Point = tuple[float, float]

_DUMMY_BREADTH = 10.0
_SWEEPS = 12


@dataclass(frozen=True)
class Route:
    """The way of one edge.

    Attributes
    ----------
    points : tuple of (along, across)
        From the far side of the source box through the layers that the edge crosses to the near side of its
        target.
    slot : int
        The edge arrives as number `slot` of its target's edges, from 0 in ascending *across*.
    lane, lanes : float
        Where to arrive, in steps to the side of the middle: an edge that comes in straight has lane 0, and
        its neighbours lanes -1 and 1. No edge of the target has a lane beyond `lanes`.
    twin, twins : int
        The edge is number `twin` of the `twins` edges that join the same two boxes; ``x * x`` has two.
    """

    points: tuple[Point, ...]
    slot: int
    lane: float
    lanes: float
    twin: int
    twins: int


@dataclass(frozen=True)
class Layout:
    """Where all is: ``centres[i]`` is the middle of box i, ``layers[i]`` its layer, ``routes[e]`` edge e."""

    length: float
    breadth: float
    centres: tuple[Point, ...]
    layers: tuple[int, ...]
    routes: tuple[Route, ...]


def layered_layout(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    *,
    weights: Sequence[float] | None = None,
    layer_gap: float = 44.0,
    box_gap: float = 16.0,
    offsets: Sequence[tuple[float, float]] | None = None,
    first: Sequence[int] = (),
    last: Sequence[int] = (),
    end_gaps: tuple[float, float] = (0.0, 0.0),
    least_length: float = 0.0,
) -> Layout:
    """Place boxes in layers and route the edges between them.

    Parameters
    ----------
    sizes : sequence of (along, across)
        How large each box is.
    edges : sequence of (source, target)
        Indices into `sizes`. An edge may occur more than once. The order of a target's edges is the order
        of its arguments, and the layout keeps it where that costs no crossing.
    weights : sequence of float, optional
        How strongly each edge wants to be straight (1 unless told).
    layer_gap, box_gap : float
        The smallest distance between two layers and between two boxes of one layer.
    offsets : sequence of (source, target), optional
        Where each edge leaves its source and arrives at its target, *across* from the middle of the box.
    first, last : sequence of int
        Boxes that stand alone in the first and in the last layer, such as the ports where edges come into a
        frame and leave it.
    end_gaps : (float, float)
        The smallest distance after the layer of `first` and before the layer of `last`.
    least_length : float
        Make the drawing at least this long; boxes in `last` stand at its end.

    Returns
    -------
    Layout

    Raises
    ------
    ValueError
        If the edges contain a cycle.

    Examples
    --------
    >>> plan = layered_layout([(40, 20), (40, 20), (40, 20)], [(0, 2), (1, 2)])
    >>> plan.layers
    (0, 0, 1)
    >>> plan.centres
    ((20.0, 10.0), (20.0, 46.0), (104.0, 28.0))
    """
    if not sizes:
        return Layout(0.0, 0.0, (), (), ())
    layers = _assign_layers(len(sizes), edges)
    _set_apart(layers, first, last)
    grid = _Grid(
        sizes,
        edges,
        layers,
        weights or [1.0] * len(edges),
        offsets or [(0.0, 0.0)] * len(edges),
        box_gap,
        frozenset(first),
    )
    grid.sort()
    grid.place()
    grid.straighten()
    gaps = [layer_gap] * len(grid.rows)
    if first:
        gaps[0] = end_gaps[0]
    if last:
        gaps[-2] = max(end_gaps[1], gaps[-2]) if first and len(gaps) == 2 else end_gaps[1]
    return grid.finish(gaps, least_length)


def _assign_layers(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Longest-path layers, then pull boxes with room towards their readers."""
    readers: list[list[int]] = [[] for _ in range(count)]
    missing = [0] * count
    inputs = [0] * count
    for source, target in edges:
        readers[source].append(target)
        missing[target] += 1
        inputs[target] += 1

    order = [box for box in range(count) if missing[box] == 0]
    layers = [0] * count
    for box in order:  # grows while we walk it: Kahn's algorithm with a list as its queue
        for reader in readers[box]:
            layers[reader] = max(layers[reader], layers[box] + 1)
            missing[reader] -= 1
            if missing[reader] == 0:
                order.append(reader)
    if len(order) != count:
        raise ValueError("a layered layout needs a graph without cycles")

    for box in reversed(order):
        # Moving right shortens one edge a reader and lengthens one edge an input: worth it only if readers
        # are many.
        if readers[box] and inputs[box] <= len(readers[box]):
            layers[box] = min(layers[reader] for reader in readers[box]) - 1
    return layers


def _set_apart(layers: list[int], first: Sequence[int], last: Sequence[int]) -> None:
    """Give the boxes in `first` and those in `last` a layer of their own, at either end."""
    alone = {*first, *last}
    inner = [layer for box, layer in enumerate(layers) if box not in alone]
    shift = 1 - min(inner, default=1) if first else 0
    if shift:
        for box in range(len(layers)):
            layers[box] += shift
    for box in first:
        layers[box] = 0
    for box in last:
        layers[box] = max(inner, default=0) + shift + 1


class _Link(NamedTuple):
    """One end's view of an edge: the item at the other end, and how strongly the edge wants to be straight.

    It is straight where the item stands at the place of the other plus `delta`. `lean` and `own` say where on
    the other item and on this one the edge ends, from −½ to ½ of its breadth.
    """

    other: int
    weight: float
    delta: float
    lean: float
    own: float


class _Grid:
    """The layers: items 0 to n-1 are the boxes, the rest are dummies for the pieces of long edges."""

    def __init__(
        self,
        sizes: Sequence[tuple[float, float]],
        edges: Sequence[tuple[int, int]],
        layers: Sequence[int],
        weights: Sequence[float],
        offsets: Sequence[tuple[float, float]],
        box_gap: float,
        stiff: Collection[int],
    ) -> None:
        self.sizes = sizes
        self.edges = edges
        self.offsets = offsets
        self.box_gap = box_gap
        self.layer_of = list(layers)
        self.breadths = [across for _, across in sizes]
        # Per item the links to items in the layer before, in the order of the arguments, and after.
        self.before: list[list[_Link]] = [[] for _ in sizes]
        self.after: list[list[_Link]] = [[] for _ in sizes]
        self.paths: list[list[int]] = []
        self.twins: list[tuple[int, int]] = []

        seen: dict[tuple[int, int], int] = {}
        pieces: dict[tuple[int, float, int, int], int] = {}
        for (source, target), weight, (leave, arrive) in zip(edges, weights, offsets, strict=True):
            twin = seen.get((source, target), 0)
            seen[source, target] = twin + 1
            self.twins.append((twin, 0))
            path = [source]
            for layer in range(layers[source] + 1, layers[target]):
                # Edges that leave the same box share their dummies, like a trunk with branches: a weight
                # that a hundred steps use then needs a hundred dummies instead of five thousand.
                key = (source, leave, twin, layer)
                if key not in pieces:
                    pieces[key] = self._add_dummy(layer)
                    if len(path) > 1:
                        self._join(path[-1], pieces[key], max(weight, 8.0) if source in stiff else 8.0)
                    else:
                        self._join(source, pieces[key], max(weight, 2.0) if source in stiff else 2.0, leave)
                path.append(pieces[key])
            # A long edge bends to its target's place, not the other way round; what comes in at a port has no
            # other place to bend to.
            if len(path) > 1:
                self._join(path[-1], target, weight if source in stiff else 1.0, 0.0, arrive)
            else:
                self._join(source, target, weight, leave, arrive)
            path.append(target)
            self.paths.append(path)
        self.twins = [(twin, seen[edge]) for (twin, _), edge in zip(self.twins, edges, strict=True)]

        self.rows: list[list[int]] = [[] for _ in range(max(self.layer_of) + 1)]
        for item in self._reading_order():
            self.rows[self.layer_of[item]].append(item)
        self.across = [0.0] * len(self.breadths)

    def _add_dummy(self, layer: int) -> int:
        self.layer_of.append(layer)
        self.breadths.append(_DUMMY_BREADTH)
        self.before.append([])
        self.after.append([])
        return len(self.breadths) - 1

    def _join(self, first: int, second: int, weight: float, leave: float = 0.0, arrive: float = 0.0) -> None:
        out = leave / self.breadths[first] if leave else 0.0
        into = arrive / self.breadths[second] if arrive else 0.0
        self.after[first].append(_Link(second, weight, arrive - leave, into, out))
        self.before[second].append(_Link(first, weight, leave - arrive, out, into))

    def _reading_order(self) -> list[int]:
        """Depth first from the last box, so that the arguments of each operator start in their order."""
        order: list[int] = []
        seen = [False] * len(self.breadths)
        ends = [item for item in range(len(self.sizes)) if not self.after[item]]
        stack = list(reversed(ends))
        while stack:
            item = stack.pop()
            if seen[item]:
                continue
            seen[item] = True
            order.append(item)
            stack.extend(link.other for link in reversed(self.before[item]) if not seen[link.other])
        return order

    # Order ------------------------------------------------------------------------------------------------

    def sort(self) -> None:
        """Barycentre sweeps both ways; keep the order with the fewest crossings, the earliest on a tie."""
        ranks = [0] * len(self.breadths)
        for row in self.rows:
            _number(row, ranks)
        shifts = self._argument_shifts()
        best = [list(row) for row in self.rows]
        fewest = self._crossings(ranks)
        for sweep in range(_SWEEPS):
            if fewest == 0:
                break
            forward = sweep % 2 == 0
            for row in self.rows[1:] if forward else self.rows[-2::-1]:
                self._sort_row(row, ranks, None if forward else shifts)
                _number(row, ranks)
            crossings = self._crossings(ranks)
            if crossings < fewest:
                fewest, best = crossings, [list(row) for row in self.rows]
        self.rows = best

    def _sort_row(self, row: list[int], ranks: list[int], shifts: list[list[float]] | None) -> None:
        """Sort a row by the mean rank of its readers if their `shifts` are given, else of its arguments."""
        keys: dict[int, float] = {}
        for position, item in enumerate(row):
            near = self.before[item] if shifts is None else self.after[item]
            if not near:
                keys[item] = float(position)
            elif len(near) == 1:
                keys[item] = ranks[near[0][0]] + near[0][3] + (0.0 if shifts is None else shifts[item][0])
            else:
                # One by one: the built-in sum rounds differently from one version of Python to the next.
                total = 0.0
                for link, shift in zip(near, shifts[item] if shifts else [0.0] * len(near), strict=True):
                    total += ranks[link[0]] + link[3] + shift
                keys[item] = total / len(near)
        row.sort(key=keys.__getitem__)

    def _argument_shifts(self) -> list[list[float]]:
        """Half a rank is shared out among the arguments of one reader, so that they stay in order."""
        where: list[dict[int, float]] = []
        for links in self.before:
            shifts: dict[int, float] = {}
            for position, link in enumerate(links):
                shifts.setdefault(link.other, 0.5 * (position + 0.5) / len(links) - 0.25)
            where.append(shifts)
        return [[where[link.other][item] for link in links] for item, links in enumerate(self.after)]

    def _crossings(self, ranks: list[int]) -> int:
        """Pairs of edges between two layers that cross: inversions of targets in order of sources."""
        total = 0
        for row in self.rows[:-1]:
            seen: list[float] = []
            for item in row:
                if len(self.after[item]) == 1:  # nearly all of a large graph: its dummies
                    link = self.after[item][0]
                    target = ranks[link[0]] + link[3]
                    total += len(seen) - bisect_right(seen, target)
                    insort(seen, target)
                    continue
                ends: dict[float, list[float]] = {}  # edges that leave an item at the same place don't cross
                for link in self.after[item]:
                    ends.setdefault(link.own, []).append(ranks[link.other] + link.lean)
                for own in sorted(ends) if len(ends) > 1 else ends:
                    targets = sorted(ends[own])
                    total += sum([len(seen) - bisect_right(seen, target) for target in targets])
                    for target in targets:
                        insort(seen, target)
        return total

    # Places -----------------------------------------------------------------------------------------------

    def place(self) -> None:
        """Give every item its place across: sweeps that each solve one layer exactly."""
        for row in self.rows:
            edge = 0.0
            for left, item in zip([None, *row], row, strict=False):
                edge += self._distance(left, item) if left is not None else 0.0
                self.across[item] = edge
        back, ahead = (
            [_Row(self, row, self.before) for row in self.rows],
            [_Row(self, row, self.after) for row in self.rows],
        )
        for sweep in range(_SWEEPS):
            for line in ahead[::-1] if sweep % 2 else back:
                line.place(self.across)
        links = [before + after for before, after in zip(self.before, self.after, strict=True)]
        both = [_Row(self, row, links) for row in self.rows]
        for sweep in range(_SWEEPS):
            for line in both if sweep % 2 else both[::-1]:
                line.place(self.across)

    def straighten(self) -> None:
        """Put chains that are nearly in line exactly in line, as far as their rows leave room."""
        ranks = [0] * len(self.breadths)
        for row in self.rows:
            _number(row, ranks)
        following: dict[int, _Link] = {}
        for source, after in enumerate(self.after):
            if after:
                best = max(after, key=_weight)
                if max(self.before[best.other], key=_weight).other == source:
                    following[source] = best
        heads = set(following) - {link.other for link in following.values()}
        for head in sorted(heads, key=lambda item: self.layer_of[item]):
            run: list[tuple[int, float]] = []  # each item with its place from that of the first
            low, high = float("-inf"), float("inf")
            item, from_first = head, 0.0
            while True:
                least, most = self._room(item, ranks[item])
                # A box that stands well aside does so for a reason; a dummy may always move.
                aside = (
                    item < len(self.sizes)
                    and run
                    and abs(self.across[item] - self.across[run[-1][0]] - (from_first - run[-1][1])) > 4
                )
                if max(low, least - from_first) > min(high, most - from_first) or aside:
                    self._align(run, low, high)
                    run, low, high, from_first = [], least, most, 0.0
                else:
                    low, high = max(low, least - from_first), min(high, most - from_first)
                run.append((item, from_first))
                if item not in following:
                    break
                link = following[item]
                item, from_first = link.other, from_first - link.delta
            self._align(run, low, high)

    def _room(self, item: int, rank: int) -> tuple[float, float]:
        row = self.rows[self.layer_of[item]]
        least, most = float("-inf"), float("inf")
        if rank > 0:
            least = self.across[row[rank - 1]] + self._distance(row[rank - 1], item)
        if rank + 1 < len(row):
            most = self.across[row[rank + 1]] - self._distance(item, row[rank + 1])
        # Rounding must not shut the place where the item stands already.
        return min(least, self.across[item]), max(most, self.across[item])

    def _align(self, run: list[tuple[int, float]], low: float, high: float) -> None:
        if len(run) > 1:
            middle = sorted(self.across[item] - from_first for item, from_first in run)[len(run) // 2]
            for item, from_first in run:
                self.across[item] = min(max(middle, low), high) + from_first

    def _distance(self, left: int, right: int) -> float:
        # Two passing edges may run closer to each other than two boxes.
        gap = self.box_gap if self._is_solid(left) or self._is_solid(right) else 0.4 * self.box_gap
        return (self.breadths[left] + self.breadths[right]) / 2 + gap

    def _is_solid(self, item: int) -> bool:
        """Whether it is a box, not a piece of an edge or a port."""
        return item < len(self.sizes) and self.sizes[item][0] > 0

    # Result -----------------------------------------------------------------------------------------------

    def finish(self, gaps: Sequence[float], least_length: float) -> Layout:
        """Turn ranks and places into coordinates that start at zero and are rounded to a tenth."""
        count = len(self.sizes)
        low = min(place - breadth / 2 for place, breadth in zip(self.across, self.breadths, strict=True))
        across = [round(place - low, 1) for place in self.across]
        breadth = max(place + size / 2 for place, size in zip(across, self.breadths, strict=True))

        spans = [max((self.sizes[item][0] for item in row if item < count), default=0.0) for row in self.rows]
        starts: list[float] = []
        along = 0.0
        for layer, span in enumerate(spans):
            starts.append(along)
            along += span + self._gap_after(layer, across, gaps[layer])
        if starts[-1] + spans[-1] < least_length:
            starts[-1] = round(least_length - spans[-1], 1)
        stops = [start + span for start, span in zip(starts, spans, strict=True)]
        # What has inputs starts where its layer starts, so that no edge to a short box runs along a longer
        # neighbour; what has none ends where its layer ends, next to its reader.
        along_of = [
            starts[self.layer_of[box]] + self.sizes[box][0] / 2
            if self.before[box]
            else stops[self.layer_of[box]] - self.sizes[box][0] / 2
            for box in range(count)
        ]
        centres = tuple((round(along_of[box], 1), across[box]) for box in range(count))
        return Layout(
            length=round(stops[-1], 1),
            breadth=round(breadth, 1),
            centres=centres,
            layers=tuple(self.layer_of[:count]),
            routes=self._routes(starts, stops, centres, across),
        )

    def _gap_after(self, layer: int, across: Sequence[float], least: float) -> float:
        """Steep edges need a wider gap, else they run almost parallel to the layer."""
        if layer == len(self.rows) - 1:
            return 0.0
        steepest = max(
            (
                abs(across[item] - across[link.other] - link.delta)
                for item in self.rows[layer]
                for link in self.after[item]
            ),
            default=0.0,
        )
        return round(min(max(least, 0.22 * steepest), 2.5 * least), 1)

    def _routes(
        self,
        starts: Sequence[float],
        stops: Sequence[float],
        centres: Sequence[Point],
        across: Sequence[float],
    ) -> tuple[Route, ...]:
        arrivals: dict[int, list[tuple[float, int]]] = {}
        for edge, path in enumerate(self.paths):
            leave = self.offsets[edge][0] if len(path) == 2 else 0.0
            arrivals.setdefault(path[-1], []).append((across[path[-2]] + leave, edge))
        lanes: dict[int, tuple[int, float, float]] = {}
        for target, arriving in arrivals.items():
            arriving.sort()
            straight = [slot for slot, (place, _) in enumerate(arriving) if abs(place - across[target]) < 1]
            middle = straight[0] if len(straight) == 1 else (len(arriving) - 1) / 2
            widest = max(middle, len(arriving) - 1 - middle)
            for slot, (_, edge) in enumerate(arriving):
                lanes[edge] = (slot, slot - middle, widest)

        routes = []
        for edge, path in enumerate(self.paths):
            source, *dummies, target = path
            start, stop = (
                across[item] + offset
                for item, offset in zip((source, target), self.offsets[edge], strict=True)
            )
            end, past = (
                round(centres[source][0] + self.sizes[source][0] / 2, 1),
                stops[self.layer_of[source]],
            )
            points = [(end, start)]
            if past - end > 1:  # past its longer neighbours first
                points.append((past, start))
            for dummy in dummies:
                layer = self.layer_of[dummy]
                points += [(starts[layer], across[dummy]), (stops[layer], across[dummy])]
            points.append((round(centres[target][0] - self.sizes[target][0] / 2, 1), stop))
            twin, twins = self.twins[edge]
            routes.append(Route(tuple(points), *lanes[edge], twin, twins))
        return tuple(routes)


def _number(row: list[int], ranks: list[int]) -> None:
    for rank, item in enumerate(row):
        ranks[item] = rank


def _weight(link: _Link) -> float:
    return link.weight


class _Row:
    """One layer in its order, with what does not change while places are sought."""

    def __init__(self, grid: _Grid, row: list[int], links: list[list[_Link]]) -> None:
        self.items: list[tuple[int, float, list[_Link], float]] = []
        offset = 0.0
        for rank, item in enumerate(row):
            if rank:
                offset += grid._distance(row[rank - 1], item)
            self.items.append((item, offset, links[item], sum([link.weight for link in links[item]])))
        self.weights = [weight or 0.01 for _, _, _, weight in self.items]

    def place(self, across: list[float]) -> None:
        """Move the items as close to their neighbours as the distances allow."""
        wishes: list[float] = []
        for item, offset, near, weight in self.items:
            # What has no neighbour on this side stays where it is, but gives way to everything else.
            wish = across[item]
            if len(near) == 2:  # most items, and so in one go
                (first, w, delta, _, _), (second, v, other_delta, _, _) = near
                wish = (w * (across[first] + delta) + v * (across[second] + other_delta)) / weight
            elif near:
                total = 0.0
                for other, w, delta, _, _ in near:
                    total += w * (across[other] + delta)
                wish = total / weight
            wishes.append(wish - offset)
        for (item, offset, _, _), place in zip(self.items, _isotonic(wishes, self.weights), strict=True):
            across[item] = place + offset


def _isotonic(wishes: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return the non-decreasing numbers nearest to `wishes` in weighted least squares.

    Pool adjacent violators: neighbours that would stand in the wrong order merge into a block at their mean.
    """
    blocks: list[tuple[float, float, int]] = []  # mean, weight, how many
    latest = float("-inf")  # the mean of the last block
    for wish, weight in zip(wishes, weights, strict=True):
        mean, total, size = wish, weight, 1
        while latest >= mean:
            other, other_total, other_size = blocks.pop()
            mean = (mean * total + other * other_total) / (total + other_total)
            total += other_total
            size += other_size
            latest = blocks[-1][0] if blocks else float("-inf")
        blocks.append((mean, total, size))
        latest = mean
    return [mean for mean, _, size in blocks for _ in range(size)]
