"""A large graph in a few boxes: one for each module's call, one for each run of operators between them.

Since ids grow with creation, each box is an interval of the operators in the order of time. No edge can lead
from a later interval back to an earlier one, so the boxes form a graph without cycles, whatever the operators
in them do. All is found in a few passes over the nodes.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any

import numpy as np

from autograd_lab.graph import Node
from autograd_lab.tensor import Tensor
from autograd_lab.viz.modules import Call, ModuleBox, calls_in, common, innermost, is_leaf, is_parameter
from autograd_lab.viz.replay import reachable
from autograd_lab.viz.text import count_of, format_shape, format_value
from autograd_lab.viz.trace import Grads, Names, Trace, Vertex, indexes, unused

__all__ = ["summarise"]

_MOST_BOXES = 24
_MOST_MERGED = 12  # if boxes have to be put together
_MOST_INPUTS = 12
_MOST_SHARED = 4
_DEEPEST = 4  # how many modules inside each other are taken apart
_FEW = 4  # with fewer boxes than that a summary says next to nothing


@dataclass
class _Box:
    """An interval of operators, in a frame (-1 for none); ``kinds`` are the modules it is made of."""

    frame: int
    nodes: list[Node] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    loose: int = 0  # operators outside these modules
    parameters: int = 0
    leaves: int = 0
    sources: dict[int, None] = field(default_factory=dict)  # vertices, in the order of their first use


def summarise(
    root: Tensor,
    *,
    values: bool = True,
    grads: Grads = True,
    names: Mapping[str, Any] | None = None,
) -> Trace:
    """Collect what a summary of `root`'s graph shows. The parameters are those of :func:`draw_graph`.

    Parameters
    ----------
    root : Tensor
        That was recorded.

    Returns
    -------
    Trace
        With at most 24 boxes, at most 13 inputs and one output.

    Raises
    ------
    ValueError
        If there is no graph behind `root`.

    Examples
    --------
    >>> from autograd_lab import nn
    >>> model = nn.Sequential(nn.Linear(4, 3, rng=0), nn.ReLU(), nn.Linear(3, 1, rng=1))
    >>> for vertex in summarise(model(np.ones((5, 4)))).vertices:
    ...     print(vertex.kind, vertex.label, vertex.shape, *vertex.value)
    constant  (5, 4)
    group Linear (5, 3) 2 operators 15 parameters
    group ReLU (5, 3) 1 operator
    group Linear (5, 1) 2 operators 4 parameters
    result output (5, 1)
    """
    if root.node is None:
        raise ValueError("there is no graph behind this Tensor")
    given = Names(names or {})
    order = reachable(root.node)
    calls = calls_in(order)
    boxes, frames = _divide(order, calls)
    box_of = {node.id: number for number, box in enumerate(boxes) for node in box.nodes}

    inputs, input_frames, place = _inputs(boxes, box_of, frames, values, grads, given)
    for number, box in enumerate(boxes):
        for node in box.nodes:
            for source in node.inputs:
                if type(source) is Node and source.op is not None:
                    if box_of[source.id] != number:
                        box.sources[len(inputs) + box_of[source.id]] = None
                elif (found := place.get(id(source))) is not None:
                    box.sources[found] = None
    name = root.name or given.of(root.node) or "output"
    value = format_value(root.data) if values else ()
    last = len(inputs) + box_of[root.node.id] if root.node.op else place[id(root.node)]
    vertices = [
        *inputs,
        *map(_vertex, boxes),
        Vertex("result", name, tuple(root.shape), value, inputs=(last,), positions=(0,)),
    ]
    shown = sorted(frames)
    number_of = {-1: -1, **{call: number for number, call in enumerate(shown)}}
    modules = tuple(
        ModuleBox(calls[call].kind, number_of[calls[call].parent], len(inputs) + box_of[calls[call].end])
        for call in shown
    )
    owners = (*input_frames, *(box.frame for box in boxes), -1)
    return Trace(
        tuple(vertices),
        modules,
        tuple(number_of[owner] for owner in owners) if modules else (),
        whole=len(order),
    )


def _divide(order: Sequence[Node], calls: Sequence[Call]) -> tuple[list[_Box], dict[int, int]]:
    """Cut the operators into boxes, as fine as there is room for; the frames come with their parents."""
    operators = [node for node in order if node.op is not None]
    made_in = innermost((node.id for node in operators), calls)
    parts = {call.parent for call in calls}
    found: tuple[list[_Box], dict[int, int]] = ([], {})
    for depth in range(1, _DEEPEST + 1):
        frames, closed = _open(calls, parts, depth)
        boxes = _boxes(operators, made_in, calls, closed)
        if len(boxes) > _MOST_BOXES:
            if depth > 1 and len(found[0]) >= _FEW:
                break
            boxes = _merged(boxes)
            if depth > 1 and len(boxes) > _MOST_BOXES:
                break
            return boxes, frames
        found = boxes, frames
    return found


def _open(calls: Sequence[Call], parts: set[int], depth: int) -> tuple[dict[int, int], list[int]]:
    """The frames and their parents, if calls are taken apart to a depth; for each call its box's, or -1."""
    frames: dict[int, int] = {}
    closed: list[int] = []
    depths: list[int] = []
    for number, call in enumerate(calls):
        depths.append(depths[call.parent] + 1 if call.parent >= 0 else 1)
        around = closed[call.parent] if call.parent >= 0 else -1
        if around >= 0:
            closed.append(around)
        elif number in parts and depths[number] < depth:
            closed.append(-1)
            frames[number] = call.parent
        else:
            closed.append(number)
    return frames, closed


def _boxes(
    operators: Sequence[Node], made_in: Mapping[int, int], calls: Sequence[Call], closed: Sequence[int]
) -> list[_Box]:
    boxes: list[_Box] = []
    latest: tuple[int, int] | None = None
    for node in operators:
        call = made_in[node.id]
        inside = closed[call] if call >= 0 else -1
        frame = calls[inside].parent if inside >= 0 else call
        if (inside, frame) != latest:
            latest = inside, frame
            boxes.append(_Box(frame, kinds=[calls[inside].kind] if inside >= 0 else []))
        boxes[-1].nodes.append(node)
        boxes[-1].loose += inside < 0
    return boxes


def _merged(boxes: Sequence[_Box]) -> list[_Box]:
    """Put neighbours in the same frame together, so many that the boxes become few."""
    size = -(-len(boxes) // _MOST_MERGED)
    merged: list[_Box] = []
    count = 0
    for box in boxes:
        if not merged or merged[-1].frame != box.frame or count == size:
            merged.append(_Box(box.frame))
            count = 0
        merged[-1].nodes += box.nodes
        merged[-1].kinds += box.kinds
        merged[-1].loose += box.loose
        count += 1
    return merged


def _inputs(
    boxes: Sequence[_Box],
    box_of: Mapping[int, int],
    frames: Mapping[int, int],
    values: bool,
    grads: Grads,
    given: Names,
) -> tuple[list[Vertex], list[int], dict[int, int]]:
    """The leaves and arrays that stand on their own, their frames, and where each one is, by its Python id.

    A parameter of one box alone is counted in it. Everything else is shown, unless it is too much: then
    arrays that only one box reads are left out, and leaves are counted there. What many boxes read, as the
    weights of a recurrent network, shares one vertex unless it is little.
    """
    things: dict[int, Any] = {}
    readers: dict[int, set[int]] = {}
    fed: set[int] = set()  # boxes that another one leads to
    for number, box in enumerate(boxes):
        for node in box.nodes:
            for source in node.inputs:
                if is_leaf(source) or (isinstance(source, np.ndarray) and source.ndim and not indexes(node)):
                    things[id(source)] = source
                    readers.setdefault(id(source), set()).add(number)
                elif type(source) is Node and box_of[source.id] != number:
                    fed.add(number)

    shown: list[int] = []
    for key, thing in things.items():
        reader = min(readers[key])
        if len(readers[key]) == 1 and is_leaf(thing) and is_parameter(thing):
            boxes[reader].parameters += math.prod(thing.shape)
            continue
        # A mask or a statistic: see `owners` in modules.py.
        own = boxes[reader].frame >= 0 and reader in fed and len(readers[key]) == 1 and not given.of(thing)
        if is_leaf(thing) or not own:
            shown.append(key)
    if len(shown) > _MOST_INPUTS:
        shown = [key for key in shown if len(readers[key]) > 1 or is_leaf(things[key])]
    if len(shown) > _MOST_INPUTS:
        for key in shown:
            if len(readers[key]) == 1:
                boxes[min(readers[key])].leaves += 1
        shown = [key for key in shown if len(readers[key]) > 1]
    together = [key for key in shown if len(readers[key]) > 1]
    if len(together) > _MOST_SHARED:
        shown = [key for key in shown if len(readers[key]) == 1]
    else:
        together = []

    fresh = unused("x", {things[key].name for key in shown if is_leaf(things[key])} | set(given.names()))
    vertices: list[Vertex] = []
    stands: list[int] = []
    for key in shown:
        thing, frame = things[key], -1
        value = format_value(thing.data if is_leaf(thing) else thing) if values else ()
        if is_leaf(thing):
            label = thing.name or given.of(thing) or next(fresh)
            grad = _held(thing) if grads is True else ()
            vertices.append(Vertex("leaf", label, tuple(thing.shape), value, grad))
            if is_parameter(thing):
                around = [boxes[number].frame for number in readers[key]]
                frame = functools.reduce(lambda one, other: common(one, other, frames), around)
        else:
            vertices.append(Vertex("constant", given.of(thing), tuple(thing.shape), value))
        stands.append(frame)
    place = {key: number for number, key in enumerate(shown)}
    if together:
        place |= dict.fromkeys(together, len(vertices))
        leaves = sum(is_leaf(things[key]) for key in together)
        vertices.append(Vertex("group", _inputs_label(leaves, len(together)), (), ("shared",)))
        stands.append(-1)
    return vertices, stands, place


def _held(leaf: Node) -> tuple[str, ...]:
    """The lines that show the gradient that a leaf holds."""
    if leaf.grad is None:
        return ()
    grad = np.asarray(leaf.grad.data if isinstance(leaf.grad, Tensor) else leaf.grad)
    return format_value(grad) or (format_shape(grad.shape),)


def _inputs_label(leaves: int, total: int) -> str:
    words = [(leaves, "leaf"), (total - leaves, "constant")]
    return ", ".join(count_of(n, word).replace("leafs", "leaves") for n, word in words if n)


def _vertex(box: _Box) -> Vertex:
    ops = Counter(node.op.name for node in box.nodes if node.op is not None)
    total = f"{len(box.nodes):,} operator{'' if len(box.nodes) == 1 else 's'}"
    if box.kinds:
        label, lines = _listed(Counter(box.kinds)), [total]
        if box.loose:
            lines.append(f"{box.loose:,} outside modules")
    elif len(box.nodes) == 1:
        label, lines = next(iter(ops)).replace("_", " "), [total]
    else:
        label, lines = total, wrap(_listed(ops), 28)
    if box.parameters:
        lines.append(f"{box.parameters:,} parameter{'' if box.parameters == 1 else 's'}")
    if box.leaves:
        lines.append(count_of(box.leaves, "leaf").replace("leafs", "leaves"))
    shape = tuple(box.nodes[-1].shape)
    inputs = tuple(box.sources)
    return Vertex("group", label, shape, tuple(lines), inputs=inputs, positions=tuple(range(len(inputs))))


def _listed(counts: Counter[str], most: int = 4) -> str:
    """The most frequent words and how often each occurs: ``mul, add ×3, …``."""
    words = sorted(counts, key=lambda word: -counts[word])[:most]
    parts = [word if counts[word] == 1 else f"{word} ×{counts[word]:,}" for word in words]
    return ", ".join([*parts, *(["…"] if len(counts) > most else [])])
