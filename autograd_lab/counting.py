"""Count arithmetic instead of timing it: how many operations on numbers a piece of code performs.

A count is the same on every machine and in every run, and it can be derived on paper. Arrays of a
:class:`Tally` add up what NumPy does with them; :func:`operations` counts a recorded computation and its
backward pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from autograd_lab.graph import Node, leading_to, topological_order
from autograd_lab.tensor import Tensor


class Tally:
    """A counter, and arrays that report to it.

    An elementwise function counts 1 for each entry of its result, whatever it computes; a sum of n numbers
    counts n − 1; a matrix product (N, D)·(D, M) counts N·M·D multiplications and N·M·(D − 1) additions.
    Copying and choosing entries count nothing, and no ``einsum`` is counted.

    Attributes
    ----------
    operations : int
        The count so far.

    Examples
    --------
    >>> tally = Tally()
    >>> x = tally.array([1.0, 2.0, 3.0])
    >>> y = (x * x + 1).sum()
    >>> tally.operations
    8
    """

    def __init__(self) -> None:
        self.operations = 0

    def array(self, x: ArrayLike) -> Any:
        """The array x, such that whatever is computed with it, or from that, is counted here.

        >>> tally = Tally()
        >>> z = tally.array(np.ones((2, 3))) @ np.ones((3, 4))
        >>> tally.operations
        40
        """
        counted = np.asarray(x).view(_Counted)
        counted.tally = self
        return counted

    def of(self, fn: Any, *args: Any) -> tuple[Any, int]:
        """What ``fn(*args)`` returns, and how many operations on arrays of this tally it took.

        >>> tally = Tally()
        >>> tally.of(lambda x: x + x, tally.array(2.0))[1]
        1
        """
        before = self.operations
        result = fn(*args)
        return result, self.operations - before


class _Counted(np.ndarray):
    """An array that reports each ufunc to its tally."""

    tally: Tally

    def __array_finalize__(self, source: Any) -> None:
        self.tally = getattr(source, "tally", None) or Tally()

    def __array_ufunc__(self, ufunc: Any, method: Any, *inputs: Any, **kwargs: Any) -> Any:
        plain = [_plain(x) for x in inputs]
        if "out" in kwargs:
            kwargs["out"] = tuple(map(_plain, kwargs["out"]))
        out = np.asarray(getattr(ufunc, method)(*plain, **kwargs))
        if ufunc is np.matmul:
            self.tally.operations += out.size * (2 * plain[0].shape[-1] - 1)
        elif method == "reduce":
            self.tally.operations += np.size(plain[0]) - out.size
        else:
            self.tally.operations += out.size
        return self.tally.array(out)


def _plain(x: Any) -> Any:
    return x.view(np.ndarray) if isinstance(x, _Counted) else x


class Operations(NamedTuple):
    """What :func:`operations` counted.

    Attributes
    ----------
    forward, backward : int
        Operations that compute the value, and those that compute the gradients from it.

    Examples
    --------
    >>> Operations(forward=1, backward=4).backward
    4
    """

    forward: int
    backward: int


def operations(tensor: Tensor, wrt: Sequence[Tensor] | None = None) -> Operations:
    """Count the operations of a recorded computation, forwards and backwards.

    Backward includes adding up: a cotangent for each edge, as if every sum started from 0.

    Parameters
    ----------
    tensor : Tensor
        The output, a loss for example. It may have been walked backwards already.
    wrt : sequence of Tensor, optional
        Where gradients are wanted, as for :func:`autograd_lab.grad`, which walks only paths to them.
        Default: the leaves.

    Returns
    -------
    Operations

    Raises
    ------
    ValueError
        If nothing was recorded.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> operations(x * x)
    Operations(forward=2, backward=8)
    """
    if tensor.node is None:
        raise ValueError("nothing was recorded for this Tensor, so there is nothing to count")
    tally, forward, backward = Tally(), 0, 0
    values: dict[Any, Any] = {}
    order = topological_order(tensor.node)
    wanted = set(order) if wrt is None else leading_to([x.node for x in wrt if x.node], order)
    for node in reversed(order):
        if node.op is None:
            values[node] = tally.array(node.data)
            continue
        inputs = [
            values[x] if type(x) is Node else tally.array(x) if isinstance(x, np.ndarray) else x
            for x in node.inputs
        ]
        before = tally.operations
        value, *vjps = node.op.fn(*inputs, **node.kwargs)
        forward += tally.operations - before
        values[node] = tally.array(value)
        before = tally.operations
        for x, vjp in zip(node.inputs, vjps, strict=False):
            if type(x) is Node and x in wanted and vjp is not None:
                gx = vjp(tally.array(np.ones(node.shape)))
                backward += np.size(gx)  # adding it to what has arrived, or summing it to the input's shape
        backward += tally.operations - before
    return Operations(forward, backward)
