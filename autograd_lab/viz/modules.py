"""Which part of a graph a module's call has made, so that a drawing can put a frame around it.

The engine marks the output of a call, and nothing else (see :class:`autograd_lab.graph.Node`). Since ids grow
with creation, that mark says it all: a call is an interval of ids, and the intervals of nested calls lie
inside each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from autograd_lab.graph import Node

__all__ = ["Call", "ModuleBox", "calls_in", "common", "innermost", "is_leaf", "is_parameter", "owners"]


@dataclass(frozen=True)
class ModuleBox:
    """A module's call in a drawing.

    Attributes
    ----------
    kind : str
        The module's class, ``Linear``.
    parent : int
        The index of the box around it, which comes earlier; -1 for none.
    output : int
        The vertex that the call returned.
    """

    kind: str
    parent: int
    output: int


@dataclass(frozen=True)
class Call:
    """A module's call in a graph: it recorded the nodes with ``start < id <= end``, and returned the last.

    ``parent`` is the index of the call around it, which comes earlier; -1 for none.
    """

    kind: str
    start: int
    end: int
    parent: int


def calls_in(order: Sequence[Node]) -> list[Call]:
    """Find the calls of modules in a graph.

    Parameters
    ----------
    order : sequence of Node
        The graph's nodes in ascending order of ids.

    Returns
    -------
    list of Call
        Outer calls before those inside them, else in the order of time. Calls that overlap otherwise (two
        threads at work at a time) can't be told apart, and only the one that began first is kept.

    Examples
    --------
    >>> from autograd_lab import nn
    >>> from autograd_lab.viz.replay import reachable
    >>> model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.ReLU())
    >>> [(call.kind, call.parent) for call in calls_in(reachable(model([[1.0, 2.0]]).node))]
    [('Sequential', -1), ('Linear', 0), ('ReLU', 0)]
    """
    found = [(start, -node.id, kind) for node in order if node.op is not None for kind, start in node.modules]
    calls: list[Call] = []
    around: list[int] = []
    for start, minus_end, kind in sorted(found):
        while around and calls[around[-1]].end <= start:
            around.pop()
        parent = around[-1] if around else -1
        if parent < 0 or -minus_end <= calls[parent].end:
            around.append(len(calls))
            calls.append(Call(kind, start, -minus_end, parent))
    return calls


def innermost(ids: Iterable[int], calls: Sequence[Call]) -> dict[int, int]:
    """For each of some ascending ids the innermost call whose interval it lies in; -1 for none."""
    inside: dict[int, int] = {}
    around: list[int] = []
    upcoming = 0
    for key in ids:
        while upcoming < len(calls) and calls[upcoming].start < key:
            while around and calls[around[-1]].end <= calls[upcoming].start:
                around.pop()
            around.append(upcoming)
            upcoming += 1
        while around and calls[around[-1]].end < key:
            around.pop()
        inside[key] = around[-1] if around else -1
    return inside


def common(first: int, second: int, parents: Sequence[int] | Mapping[int, int]) -> int:
    """The innermost box around two boxes; -1 for none."""
    while first != second:  # the one that comes later is not around the other
        if first > second:
            first = parents[first]
        else:
            second = parents[second]
    return first


def is_leaf(thing: Any) -> TypeGuard[Node]:
    """Whether an operator's input is a leaf of the graph."""
    return type(thing) is Node and thing.op is None


def is_parameter(node: Node) -> bool:
    """Whether a leaf is a module's parameter."""
    return is_leaf(node) and bool(node.modules)


def owners(
    order: Sequence[Node], calls: Sequence[Call], constants: Mapping[int, Sequence[int]]
) -> tuple[dict[int, int], dict[int, int]]:
    """Say in which call's box each node and each constant array stands; -1 for none.

    An operator stands in the innermost call that recorded it; a parameter in the innermost one around all its
    readers. Another leaf may be what the module was given: it stands inside only if it was made there. An
    array is taken for an input too, unless the call around its readers is itself part of another one and has
    something else for an input: then it is a mask or a statistic, as of dropout.

    Parameters
    ----------
    order : sequence of Node
        In ascending order of ids.
    calls : sequence of Call
    constants : mapping
        For each constant array, under any key, the ids of the nodes that read it.

    Returns
    -------
    nodes, arrays : dict
        Id of a node, or key of an array, to the index of a call.
    """
    parents = [call.parent for call in calls]
    made_in = innermost((node.id for node in order), calls)
    read_in: dict[int, int] = {}
    for node in order:
        for source in node.inputs:
            if is_leaf(source):
                reader = made_in[node.id]
                read_in[source.id] = common(read_in.get(source.id, reader), reader, parents)
    nodes = dict(made_in)
    for node in order:
        if node.op is None:
            reader = read_in.get(node.id, -1)
            nodes[node.id] = reader if is_parameter(node) else common(made_in[node.id], reader, parents)

    fed: set[int] = set()  # calls with a variable for an input
    for node in order:
        for source in node.inputs:
            if type(source) is Node:
                call, outside = nodes[node.id], common(nodes[node.id], nodes[source.id], parents)
                while call != outside:
                    fed.add(call)
                    call = parents[call]
    arrays: dict[int, int] = {}
    for key, readers in constants.items():
        call = made_in[readers[0]]
        for reader in readers[1:]:
            call = common(call, made_in[reader], parents)
        arrays[key] = call if call in fed and parents[call] >= 0 else -1
    return nodes, arrays
