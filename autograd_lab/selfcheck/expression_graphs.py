"""Exercises of the chapter on expression graphs."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise

# Rows (op, i, j): 0 adds, 1 subtracts and 2 multiplies the values number i and j; each appends a value.
_ONE = np.array([[1, 0, 1]])
_SHARED = np.array([[2, 0, 1], [0, 2, 0], [1, 2, 3]])
_LONG = np.array([[1, 1, 0], [2, 3, 3], [0, 4, 2], [1, 4, 5], [2, 3, 6]])


@exercise(
    "graphs.size",
    "size(k) returns the numbers of nodes and of edges of the graph that k rounds of y = y * y + y leave.",
    letters="k",
    inputs=[(1,), (2,), (5,)],
    mistakes={
        "the leaf is a node too.": lambda k: (2 * k, 4 * k),
        "y * y reads y twice, and that makes two edges.": lambda k: (1 + 2 * k, 3 * k),
        "each round applies two operators, a product and a sum, and each leaves a node.": (
            lambda k: (1 + k, 2 * k)
        ),
        "these are the letters and signs of the written-out formula. A value that is used again is no new "
        "node.": lambda k: (2 * 3**k - 1, 2 * 3**k - 2),
    },
)
def _size(k: Any) -> Any:
    return 1 + 2 * k, 4 * k


def _values(program: Any, leaves: Any, combine: Any) -> Any:
    v = list(leaves)
    for op, i, j in program:
        v.append(combine(op, v, i, j))
    return np.array(v)


def _apply(op: Any, x: Any, y: Any) -> Any:
    return [x + y, x - y, x * y][op]


@exercise(
    "graphs.run",
    "run(program, leaves) returns all values in one array: the leaves, then one for each row (op, i, j).",
    letters="program leaves",
    inputs=[
        (_ONE, np.array([5.0, 2.0])),
        (_SHARED, np.array([3.0, -0.5])),
        (_LONG, np.array([1.5, -2.0, 4.0])),
    ],
    mistakes={
        "a difference is the value number i minus the value number j, not the other way round.": (
            lambda p, x: _values(p, x, lambda op, v, i, j: _apply(op, v[j], v[i]))
        ),
        "it applies each operator to the two newest values; i and j say which ones to read.": (
            lambda p, x: _values(p, x, lambda op, v, i, j: _apply(op, v[-2], v[-1]))
        ),
        "it reads leaves only. A row may read the values of earlier rows: append each one as it is made.": (
            lambda p, x: _values(p, x, lambda op, v, i, j: _apply(op, x[i % len(x)], x[j % len(x)]))
        ),
        "the leaves are missing: they are the values from number 0 on.": (
            lambda p, x: _values(p, x, lambda op, v, i, j: _apply(op, v[i], v[j]))[len(x) :]
        ),
        "it returns the last value alone; all of them are asked for.": (
            lambda p, x: _values(p, x, lambda op, v, i, j: _apply(op, v[i], v[j]))[-1]
        ),
    },
)
def _run(program: Any, leaves: Any) -> Any:
    return _values(program, leaves, lambda op, v, i, j: _apply(op, v[i], v[j]))


def _held(
    program: Any, n: int, release: str = "last", result: bool = True, leaves: bool = True, late: int = 0
) -> Any:
    """How many values are held after each row, right or with one of the mistakes."""
    rows = len(program)
    readers: dict[int, list[int]] = {k: [] for k in range(n + rows)}
    for row, (_, i, j) in enumerate(program):
        readers[int(i)].append(row)
        readers[int(j)].append(row)
    if result:
        readers[n + rows - 1].append(rows)
    until = {k: (r[-1] if release == "last" else r[0]) for k, r in readers.items() if r}
    if release == "never":
        until = dict.fromkeys(readers, rows)
    first = 0 if leaves else n
    return np.array(
        [sum(first <= k <= n + row and until[k] + late > row for k in until) for row in range(rows)]
    )


def _readers(program: Any, n: int) -> Any:
    """For each row, how often later rows read a value that is there, and 1 for the result in the end."""
    later = [[k for _, i, j in program[row + 1 :] for k in (i, j)] for row in range(len(program))]
    last = len(program) - 1
    return np.array([sum(k <= n + row for k in reads) + (row == last) for row, reads in enumerate(later)])


@exercise(
    "graphs.live",
    "live(program, n) returns how many values must be held after each row, with n leaves.",
    letters="program n",
    inputs=[(_ONE, 2), (_SHARED, 2), (_LONG, 3)],
    mistakes={
        "it never forgets a value, but one that no later row reads can go.": (
            lambda p, n: _held(p, n, release="never")
        ),
        "it forgets a value after its first reader; the last one decides.": (
            lambda p, n: _held(p, n, release="first")
        ),
        "it forgets the result: no row reads the last value, but you do.": (
            lambda p, n: _held(p, n, result=False)
        ),
        "it counts while the row runs; after it, a value that it was the last to read can go.": (
            lambda p, n: _held(p, n, late=1)
        ),
        "it counts readers; a value that two later rows read is held once.": _readers,
        "leaves that a later row reads must be held as well.": lambda p, n: _held(p, n, leaves=False),
    },
)
def _live(program: Any, n: Any) -> Any:
    return _held(program, n)
