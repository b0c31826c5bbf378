"""Exercises of the chapter on the chain rule on a graph.

A graph is a list of edges. Nodes are numbered as they were computed, so an input has a smaller number than
what uses it; node 0 is the variable and the last node the output.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lab.selfcheck.exercise import exercise


@exercise(
    "paths.slope",
    "slope(x, w) returns ∂y/∂x of y = u·v with u = x·w and v = u + x, added up over the paths from x to y.",
    letters="x w",
    inputs=[(2.0, 3.0), (1.5, -0.5), (-1.25, 0.75)],
    mistakes={
        "the path x → u → y is missing.": lambda x, w: x * w * w + x * w,
        "the path x → u → v → y is missing: u reaches y directly and through v.": (
            lambda x, w: (x * w + x) * w + x * w
        ),
        "the path x → v → y is missing: v uses x itself, not only u.": lambda x, w: (
            (x * w + x) * w + x * w * w
        ),
        "the products of the paths are multiplied; different paths add up.": (
            lambda x, w: (x * w + x) * w * (x * w * w) * (x * w)
        ),
        "this is the derivative with respect to w.": lambda x, w: (x * w + x) * x + x * w * x,
        "the edge v → y carries the factor u, and both paths through v take it.": (
            lambda x, w: (x * w + x) * w + w + 1
        ),
        "the edge x → u carries the factor w; the path x → u → y needs it.": (
            lambda x, w: x * w + x + x * w * w + x * w
        ),
        "the derivatives of u and of v are multiplied. A product has two terms, each with one factor as it "
        "is.": lambda x, w: w * (w + 1),
        "this is the value y, not its slope.": lambda x, w: x * w * (x * w + x),
    },
)
def _slope(x: Any, w: Any) -> Any:
    u = x * w
    v = u + x
    return w * v + w * 1 * u + 1 * u


_SQUARE = [(0, 1, 3), (0, 1, 3)]
_DIAMOND = [(0, 1, 1), (0, 2, 5), (1, 3, 10), (2, 3, 3)]
# b = a·a, c = 5b, d = b + c at a = 3, in no particular order.
_SHUFFLED = [(1, 3, 1), (0, 1, 3), (2, 3, 1), (1, 2, 5), (0, 1, 3)]
# A second variable, 1, and a node that the output does not use, 3.
_UNUSED = [(0, 2, 2), (4, 5, -1), (1, 2, 7), (2, 4, 3), (2, 3, 4), (2, 5, 6), (0, 5, 8)]


def _forwards(edges: Any, n: int) -> Any:
    tangent = [1] + [0] * (n - 1)
    for parent, child, local in sorted(edges, key=lambda edge: edge[1]):
        tangent[child] += local * tangent[parent]
    return tuple(tangent)


def _in_order_of(edges: Any, n: int, seed: int = 1) -> Any:
    adjoint = [0] * n
    adjoint[-1] = seed
    for parent, child, local in edges:
        adjoint[parent] += adjoint[child] * local
    return tuple(adjoint)


def _newest_first(edges: Any) -> Any:
    return sorted(edges, key=lambda edge: edge[1], reverse=True)


def _overwrites(edges: Any, n: int) -> Any:
    adjoint = [0] * n
    adjoint[-1] = 1
    for parent, child, local in _newest_first(edges):
        adjoint[parent] = adjoint[child] * local
    return tuple(adjoint)


def _only_locals(edges: Any, n: int) -> Any:
    adjoint = [0] * n
    adjoint[-1] = 1
    for parent, _, local in edges:
        adjoint[parent] += local
    return tuple(adjoint)


def _walk(edges: Any, start: list[int], arrive: Callable[[int, int, int], int]) -> Any:
    adjoint = list(start)
    for parent, child, local in _newest_first(edges):
        adjoint[parent] = arrive(adjoint[parent], adjoint[child], local)
    return tuple(adjoint)


def _hurried(edges: Any, node: int, g: int, adjoint: list[int], seen: set[int]) -> list[int]:
    adjoint[node] += g
    if node not in seen:
        seen.add(node)
        for parent, child, local in edges:
            if child == node:
                _hurried(edges, parent, adjoint[node] * local, adjoint, seen)
    return adjoint


@exercise(
    "graph.adjoints",
    "adjoints(edges, n) returns a list with the derivative of node n − 1 with respect to each of the nodes "
    "0 to n − 1, given the edges as (parent, child, local derivative) in any order.",
    letters="edges n",
    inputs=[([(0, 1, 3)], 2), (_SQUARE, 2), (_DIAMOND, 4), (_SHUFFLED, 4), (_UNUSED, 6)],
    mistakes={
        "the seed is missing: the output's adjoint is 1, and everything else is a multiple of it.": (
            lambda edges, n: _in_order_of(_newest_first(edges), n, seed=0)
        ),
        "an arrival overwrites what was there; arrivals at one node add up.": _overwrites,
        "it visits the oldest first, so a node hands on its adjoint before anything has arrived there.": (
            lambda edges, n: _in_order_of(sorted(edges, key=lambda edge: edge[1]), n)
        ),
        "it takes the edges as they stand in the list, so a node may hand on its adjoint too early.": (
            _in_order_of
        ),
        "it takes the list from its end, which is not newest first: the edges come in no order. Sort them.": (
            lambda edges, n: _in_order_of(reversed(edges), n)
        ),
        "two edges between the same two nodes count once. Both carry something: x·x has two edges from x.": (
            lambda edges, n: _in_order_of(_newest_first(set(edges)), n)
        ),
        "it goes forwards: these are the derivatives of each node with respect to node 0.": _forwards,
        "the local derivatives add up without the adjoint of the child that each must be multiplied with.": (
            _only_locals
        ),
        "the seed stands at node 0. It belongs to the output, node n − 1.": (
            lambda edges, n: _walk(edges, [1] + [0] * (n - 1), lambda old, g, local: old + g * local)
        ),
        "every adjoint starts at 1. Only the output's does; the others start at 0.": (
            lambda edges, n: _walk(edges, [1] * n, lambda old, g, local: old + g * local)
        ),
        "arrivals at one node are multiplied; they add up.": (
            lambda edges, n: _walk(edges, [1] * n, lambda old, g, local: old * g * local)
        ),
        "the local derivative is added to the child's adjoint; along a path factors multiply.": (
            lambda edges, n: _walk(edges, [0] * (n - 1) + [1], lambda old, g, local: old + g + local)
        ),
        "it carries from parent to child; backward goes from the child to the parent.": (
            lambda edges, n: _in_order_of([(c, p, local) for p, c, local in _newest_first(edges)], n)
        ),
        "a node hands on what arrives first, without waiting for the rest.": (
            lambda edges, n: tuple(_hurried(edges, n - 1, 1, [0] * n, set()))
        ),
        "the adjoints come newest first; that of node 0 comes first.": (
            lambda edges, n: _adjoints(edges, n)[::-1]
        ),
    },
)
def _adjoints(edges: Any, n: int) -> Any:
    return _in_order_of(_newest_first(edges), n)


def _paths_and_steps(edges: Any, n: int) -> tuple[list[int], list[int]]:
    """For each node, how many paths lead from it to the output, and how many edges these have together."""
    paths, steps = [0] * n, [0] * n
    paths[-1] = 1
    for parent, child in _newest_first(edges):
        paths[parent] += paths[child]
        steps[parent] += steps[child] + paths[child]
    return paths, steps


def _steps(edges: Any, n: int, once: bool = False) -> int:
    """The edges of all paths from node 0, if the edges come newest first and each counts for every path."""
    paths, steps = [0] * n, [0] * n
    paths[-1] = 1
    for parent, child in edges:
        paths[parent] += paths[child]
        steps[parent] += steps[child] + (1 if once else paths[child])
    return steps[0]


def _longest(edges: Any, n: int) -> list[int]:
    longest = [0] * n
    for parent, child in _newest_first(edges):
        longest[parent] = max(longest[parent], longest[child] + 1)
    return longest


def _doubles(n: int) -> list[tuple[int, int]]:
    return [(k, k + 1) for k in range(n) for _ in range(2)]


@exercise(
    "paths.cost",
    "cost(edges, n) returns two numbers of multiplications, one for each edge of each path from node 0 to "
    "node n − 1, and one for each edge; edges are pairs (parent, child), and each lies on such a path.",
    letters="edges n",
    inputs=[
        ([(0, 1)], 2),
        (_doubles(1), 2),
        ([(0, 1), (1, 2), (0, 2)], 3),
        ([(1, 3), (0, 1), (2, 3), (1, 2), (0, 1)], 4),
        (_doubles(10), 11),
    ],
    mistakes={
        "the first number counts the paths; each path costs one multiplication for each of its edges.": (
            lambda edges, n: (_paths_and_steps(edges, n)[0][0], len(edges))
        ),
        "the first number counts the nodes on each path, one more than its edges.": (
            lambda edges, n: (sum(s[0] for s in _paths_and_steps(edges, n)), len(edges))
        ),
        "the first number takes every path to be as long as the longest.": (
            lambda edges, n: (_paths_and_steps(edges, n)[0][0] * _longest(edges, n)[0], len(edges))
        ),
        "the first number takes every path through every edge; a path has only some of them.": (
            lambda edges, n: (_paths_and_steps(edges, n)[0][0] * len(edges), len(edges))
        ),
        "two edges between the same two nodes count once; each of them makes paths of its own.": (
            lambda edges, n: (_paths_and_steps(set(edges), n)[1][0], len(set(edges)))
        ),
        "the second number counts the nodes; the engine calls one VJP for each edge.": (
            lambda edges, n: (_paths_and_steps(edges, n)[1][0], n)
        ),
        "the first number leaves out one factor of each path. Count one multiplication for each edge; the "
        "first one multiplies the seed.": (
            lambda edges, n: (_paths_and_steps(edges, n)[1][0] - _paths_and_steps(edges, n)[0][0], len(edges))
        ),
        "the first number adds 1 for an edge, where every path through the edge multiplies once more.": (
            lambda edges, n: (_steps(_newest_first(edges), n, once=True), len(edges))
        ),
        "it takes the edges as they stand in the list, and they come in no order. Sort them, newest first.": (
            lambda edges, n: (_steps(edges, n), len(edges))
        ),
        "it takes the list from its end, which is not newest first. Sort the edges by their child.": (
            lambda edges, n: (_steps(edges[::-1], n), len(edges))
        ),
        "the first number counts the paths from all nodes. Count the edges of those from node 0.": (
            lambda edges, n: (sum(_paths_and_steps(edges, n)[0]), len(edges))
        ),
    },
)
def _cost(edges: Any, n: int) -> Any:
    return _paths_and_steps(edges, n)[1][0], len(edges)
