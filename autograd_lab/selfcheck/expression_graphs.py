"""Exercises of the chapter on expression graphs."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise

# Rows (op, i, j): 0 adds, 1 subtracts and 2 multiplies the values number i and j; each appends a value.
_ONE = np.array([[1, 0, 1]])
_SHARED = np.array([[2, 0, 1], [0, 2, 0], [1, 2, 3]])
_LONG = np.array([[1, 1, 0], [2, 3, 3], [0, 4, 2], [1, 4, 5], [2, 3, 6]])
# No row reads value 3.
_UNREAD = np.array([[2, 0, 1], [1, 2, 1], [0, 2, 0]])


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
        "a round applies two operators, a product and a sum, so it leaves two nodes, not one.": (
            lambda k: (1 + k, 4 * k)
        ),
        "a round leaves two nodes, a product and a sum. The y that they read is there already.": (
            lambda k: (1 + 3 * k, 4 * k)
        ),
        "the last y is no node of its own: it is that of the last sum.": lambda k: (2 + 2 * k, 4 * k),
        "the product reads two values and so does the sum, which makes four edges a round.": (
            lambda k: (1 + 2 * k, 2 * k)
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
        "it returns after the first row. Is the return inside the loop?": (
            lambda p, x: _values(p[:1], x, lambda op, v, i, j: _apply(op, v[i], v[j]))
        ),
        "two operators are exchanged: 1 subtracts and 2 multiplies.": (
            lambda p, x: _values(p, x, lambda op, v, i, j: _apply([0, 2, 1][op], v[i], v[j]))
        ),
        "values are numbered from 0, so value number i is v[i].": (
            lambda p, x: _values(p, x, lambda op, v, i, j: _apply(op, v[i - 1], v[j - 1]))
        ),
        "it calculates with i and j themselves, which only say which values to read.": (
            lambda p, x: _values(p, x, lambda op, v, i, j: _apply(op, i, j))
        ),
        "an array does not grow. Begin with list(leaves), which does.": lambda p, x: x.append(x[0]),
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


def _later(program: Any, n: int, row: int, first: int = 1) -> set[int]:
    """The values that rows after this one read, whether they are there or not."""
    return set(program[row + 1 :, first:].ravel().tolist())


def _counts(program: Any, held: Any) -> Any:
    """A count for each row of what a function of its number says is held."""
    return np.array([len(held(row)) for row in range(len(program))])


@exercise(
    "graphs.live",
    "live(program, n) returns how many values must be held after each row, with n leaves.",
    letters="program n",
    inputs=[(_ONE, 2), (_SHARED, 2), (_LONG, 3), (_UNREAD, 2)],
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
        "it counts values that are not there yet. After a row, only the leaves and the values of the rows so "
        "far can be held.": lambda p, n: _counts(p, lambda row: _later(p, n, row) | {n + len(p) - 1}),
        "it counts the result from the first row on; it is there only after the last.": (
            lambda p, n: _counts(p, lambda row: {k for k in _later(p, n, row) if k <= n + row} | {-1})
        ),
        "it leaves out the value that the row itself has just made.": (
            lambda p, n: _counts(p, lambda row: {k for k in _later(p, n, row) if k < n + row})
        ),
        "it holds each row's own value in any case. One that no later row reads can go at once, unless it is "
        "the result.": (
            lambda p, n: _counts(p, lambda row: {k for k in _later(p, n, row) if k <= n + row} | {n + row})
        ),
        "it takes the first column for an input. That is the operator; the other two say what is read.": (
            lambda p, n: _counts(
                p,
                lambda row: (
                    {k for k in _later(p, n, row, first=0) if k <= n + row}
                    | ({n + row} if row == len(p) - 1 else set())
                ),
            )
        ),
        "it counts what is held before the row runs; after it is asked for.": (
            lambda p, n: _counts(p, lambda row: {k for k in _later(p, n, row - 1) if k < n + row})
        ),
        "it returns the most that is held at any time; a number for each row is asked for.": (
            lambda p, n: max(_held(p, n))
        ),
    },
)
def _live(program: Any, n: Any) -> Any:
    return _held(program, n)
