"""A reverse-mode engine for single numbers, whole: forwards it records a graph, backwards it walks it.

Pure Python, with no array in sight. A :class:`Value` is a number and the edges that lead to it; an edge is
an input and a number, the local slope. :meth:`Value.backward` multiplies slopes along edges and adds up
where edges meet. The chapter *A reverse-mode engine fits in 60 lines* builds this file line by line.

>>> x = Value(3.0)
>>> y = x * x + 2 * x
>>> y.backward()
>>> y.data, x.grad
(15.0, 8.0)
"""

from __future__ import annotations

import itertools
import math

next_id = itertools.count().__next__


class Value:
    """A number that remembers how it was computed.

    Parameters
    ----------
    data : float
        The number.
    *edges : tuple of (Value or float, float)
        What it was computed from, each with its local slope. Only Values are kept: a constant needs no
        gradient.

    Attributes
    ----------
    data : float
        The number.
    edges : tuple of (Value, float)
        As above; an input that is used twice stands there twice.
    grad : float
        The gradient added up by :meth:`backward`.
    id : int
        Grows with creation, so an input always has a smaller id than what was computed from it.

    Raises
    ------
    TypeError
        If ``data``, or the other operand of an operator, is no real number.

    Notes
    -----
    Numbers only, slopes from the moment of the forward pass, no second derivatives, and errors are those of
    the module ``math``. :class:`autograd_lab.Tensor` is the engine for work.

    Examples
    --------
    >>> x = Value(3.0)
    >>> x * x
    Value(9)
    >>> [slope for _, slope in (x * x).edges]
    [3.0, 3.0]
    """

    __slots__ = ("__weakref__", "data", "edges", "grad", "id")

    def __init__(self, data: float, *edges: tuple[Value | float, float]) -> None:
        self.data = number(data)
        self.edges = tuple((x, slope) for x, slope in edges if isinstance(x, Value))
        self.grad = 0.0
        self.id = next_id()

    def __repr__(self) -> str:
        return f"Value({self.data:.4g}, grad={self.grad:.4g})" if self.grad else f"Value({self.data:.4g})"

    def __add__(self, other: Value | float) -> Value:
        """Sum x + y (report, eq. 1). Slopes: 1 and 1."""
        return Value(self.data + number(other), (self, 1.0), (other, 1.0))

    def __sub__(self, other: Value | float) -> Value:
        """Difference x − y. Slopes: 1 and −1."""
        return Value(self.data - number(other), (self, 1.0), (other, -1.0))

    def __mul__(self, other: Value | float) -> Value:
        """Product x·y (report, eq. 2). Slopes: y and x."""
        x, y = self.data, number(other)
        return Value(x * y, (self, y), (other, x))

    def __truediv__(self, other: Value | float) -> Value:
        """Quotient x/y. Slopes: 1/y and −x/y²."""
        x, y = self.data, number(other)
        return Value(x / y, (self, 1 / y), (other, -x / y / y))

    def __pow__(self, n: float) -> Value:
        """Power xⁿ with a number n (report, eq. 3). Slope: n·xⁿ⁻¹."""
        return Value(math.pow(self.data, n), (self, n * math.pow(self.data, n - 1) if n else 0.0))

    def __neg__(self) -> Value:
        """Negative −x. Slope: −1."""
        return Value(-self.data, (self, -1.0))

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: float) -> Value:
        return -self + other

    def __rtruediv__(self, other: float) -> Value:
        return self**-1 * other

    def exp(self) -> Value:
        """Exponential eˣ. Slope: eˣ.

        >>> Value(0.0).exp()
        Value(1)
        """
        out = math.exp(self.data)
        return Value(out, (self, out))

    def log(self) -> Value:
        """Natural logarithm (report, eq. 4). Slope: 1/x.

        >>> Value(1.0).log()
        Value(0)
        """
        return Value(math.log(self.data), (self, 1 / self.data))

    def relu(self) -> Value:
        """The larger of x and 0 (report, eq. 5). Slope: 1 where x > 0, else 0.

        >>> Value(-2.0).relu(), Value(2.0).relu()
        (Value(0), Value(2))
        """
        return Value(max(self.data, 0.0), (self, 1.0 if self.data > 0 else 0.0))

    def tanh(self) -> Value:
        """Hyperbolic tangent. Slope: 1 − tanh² x.

        >>> Value(0.0).tanh()
        Value(0)
        """
        out = math.tanh(self.data)
        return Value(out, (self, 1 - out * out))

    def backward(self) -> None:
        """Add ∂self/∂v to ``v.grad``, for self and all Values v below it.

        >>> x = Value(2.0)
        >>> y = x * x
        >>> (y * y).backward()
        >>> x, y
        (Value(2, grad=32), Value(4, grad=8))
        """
        nodes = order(self)
        g = dict.fromkeys(nodes, 0.0) | {self: 1.0}
        for v in nodes:
            v.grad += g[v]
            for x, slope in v.edges:
                g[x] += g[v] * slope


def order(*roots: Value) -> list[Value]:
    """The roots and all that they were computed from, newest first.

    >>> x = Value(2.0)
    >>> y = x * x
    >>> order(y) == [y, x]
    True
    """
    found: set[Value] = set()
    waiting = list(roots)
    while waiting:  # not recursion: depth is no limit
        v = waiting.pop()
        if v not in found:
            found.add(v)
            waiting += [x for x, _ in v.edges]
    return sorted(found, key=lambda v: v.id, reverse=True)


def number(x: Value | float) -> float:
    """The number in a Value, or a number itself.

    >>> number(Value(2.0)), number(3)
    (2.0, 3.0)
    """
    return x.data if isinstance(x, Value) else math.pow(x, 1)  # float(x) would take the text "3" too
