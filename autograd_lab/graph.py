"""The recorded graph and the walk over it: reverse-mode differentiation without a single formula.

A :class:`Node` stands for one application of an operator. It knows where its inputs came from and holds
one vector-Jacobian product (VJP) for each input that needs a gradient. :func:`backpropagate` visits the
nodes from the newest to the oldest, hands each one its cotangent and adds up what its VJPs return.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from operator import attrgetter
from typing import Any

import numpy as np

from autograd_lab.ops import VJP, Primitive

next_id = itertools.count().__next__
Watcher = Callable[["Node", Sequence[Any], Any], None]
_recording: ContextVar[bool | Watcher] = ContextVar("recording", default=True)
recording = _recording.get  # False, True, or a watcher that is shown each node as it is recorded


def is_grad_enabled() -> bool:
    """Whether operators are recorded here and now.

    Examples
    --------
    >>> is_grad_enabled()
    True
    """
    return bool(recording())


@contextmanager
def recording_with(mode: bool | Watcher) -> Iterator[None]:
    """Record (or not) in a ``with`` block, and show each node to a watcher if one is given.

    Parameters
    ----------
    mode : bool or function
        A watcher is called as ``watcher(node, args, value)`` with the operator's inputs and its value.
    """
    token = _recording.set(mode)
    try:
        yield
    finally:
        _recording.reset(token)


def no_grad() -> Any:
    """Compute without recording, as a ``with`` block or as a decorator.

    The state belongs to the thread and to the context (a task, for example), and is restored when the
    block is left by an exception.

    Returns
    -------
    context manager

    Examples
    --------
    >>> import autograd_lab as ag
    >>> x = ag.tensor([2.0], requires_grad=True)
    >>> with ag.no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """
    return recording_with(False)


def enable_grad() -> Any:
    """Record again inside a :func:`no_grad` block.

    Returns
    -------
    context manager

    Examples
    --------
    >>> import autograd_lab as ag
    >>> x = ag.tensor([2.0], requires_grad=True)
    >>> with ag.no_grad(), ag.enable_grad():
    ...     y = x * x
    >>> y.requires_grad
    True
    """
    return recording_with(recording() or True)


NO_KWARGS: dict[str, Any] = {}  # shared by all nodes without keyword arguments; never written to


class Node:
    """One operator applied once, or one leaf.

    Attributes
    ----------
    id : int
        Grows with creation, so an input always has a smaller id than what was computed from it.
    op : Primitive or None
        The operator; None for a leaf, a variable that the user made.
    inputs : tuple
        For each positional input a Node if it needs a gradient, else the constant itself.
    kwargs : dict
        The operator's keyword arguments.
    vjps : sequence or None
        For each input its VJP, or None if it needs none. The whole is None once backward has freed it.
    shape, dtype
        Of the value, and so of the cotangent.
    name : str or None
        The user's name for the value.
    data : ndarray or None
        A leaf's array. Values in between are not kept.
    grad : ndarray or None
        The gradient accumulated so far, for a leaf or where ``retains`` is set.
    retains : bool
        Whether a node that is no leaf keeps its gradient.
    line : str or None
        Where it was recorded, known inside :func:`autograd_lab.debug.detect_anomaly`.
    modules : tuple of (str, int)
        For the output of a module's call: the module's kind, and an id that is smaller than those of all
        nodes recorded in the call. Inner calls come first. For the leaf of a module's parameter, which no
        call has made: itself, as ``Parameter``.
    """

    __slots__ = (
        "data", "dtype", "grad", "id", "inputs", "kwargs", "line", "modules", "name", "op", "retains",
        "shape", "vjps",
    )  # fmt: skip

    def __init__(
        self,
        op: Primitive | None,
        inputs: tuple[Any, ...],
        kwargs: dict[str, Any],
        vjps: Sequence[VJP | None],
        shape: tuple[int, ...],
        dtype: np.dtype[Any] | None,
    ) -> None:
        self.id = next_id()
        self.op = op
        self.inputs = inputs
        self.kwargs = kwargs
        self.vjps: Sequence[VJP | None] | None = vjps
        self.shape = shape
        self.dtype = dtype
        self.name: str | None = None
        self.data: Any = None
        self.grad: Any = None
        self.retains = False
        self.line: str | None = None
        self.modules: tuple[tuple[str, int], ...] = ()

    def __repr__(self) -> str:
        return f"<Node {self.id} {self.op.name if self.op else 'leaf'} {self.shape}>"


def topological_order(root: Node) -> list[Node]:
    """Every node that a gradient flows to from ``root``, newest first.

    Collected in a list that grows while it is read, not by recursion, so that depth is no limit; sorted by
    id, which puts every node after all that was computed from it.

    Parameters
    ----------
    root : Node

    Returns
    -------
    list of Node
        The root first. It can be asked for after backward too: what is freed is what nodes had saved.
    """
    order, seen = [root], {root}
    for node in order:
        for parent in node.inputs:
            if type(parent) is Node and parent not in seen:
                seen.add(parent)
                order.append(parent)
    order.sort(key=attrgetter("id"), reverse=True)
    return order


def refuse_freed(nodes: Iterable[Node]) -> None:
    """Raise if the VJPs of a node are gone.

    Raises
    ------
    RuntimeError
        That names the operator and the way out.
    """
    for node in nodes:
        if node.vjps is None:
            raise RuntimeError(
                f"backward a second time through {node.op}: the first pass freed what it had saved. Write "
                "backward(retain_graph=True) the first time, or compute the forward pass again."
            )


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum a gradient over the axes that broadcasting copied: its adjoint.

    Parameters
    ----------
    g : ndarray or Tensor
        A gradient in the shape of an operator's output.
    shape : tuple of int
        The shape of the input.

    Returns
    -------
    ndarray or Tensor
        Of that shape; ``g`` itself if it has it already.

    Raises
    ------
    ValueError
        If an array of that shape can't have been broadcast to ``g.shape``.

    Examples
    --------
    >>> unbroadcast(np.ones((2, 3)), (3,))
    array([2., 2., 2.])
    >>> unbroadcast(np.ones((2, 3)), (2, 1))
    array([[3.],
           [3.]])
    """
    if g.shape == shape:
        return g
    new = g.ndim - len(shape)
    if g.shape[new:] == shape and new > 0:
        return g.sum(axis=tuple(range(new)))
    if new < 0 or any(n not in (1, m) for n, m in zip(shape, g.shape[new:], strict=True)):
        raise ValueError(f"no input of shape {shape} has a gradient of shape {g.shape}")
    stretched = [new + i for i, n in enumerate(shape) if n == 1 and g.shape[new + i] != 1]
    return g.sum(axis=(*range(new), *stretched)).reshape(shape)


def backpropagate(
    root: Node,
    seed: Any,
    targets: Sequence[Node] | None = None,
    *,
    retain_graph: bool = False,
    vjps_of: Callable[[Node], Sequence[VJP | None]] | None = None,
) -> dict[Node, Any]:
    """Carry a cotangent from ``root`` back to the leaves, or to ``targets``.

    Parameters
    ----------
    root : Node
        Where to start.
    seed : ndarray or Tensor
        The cotangent ∂L/∂root, in the shape and dtype of ``root``.
    targets : sequence of Node, optional
        Where gradients are wanted; only paths to them are walked. Default: the leaves, and the nodes
        that retain their gradient.
    retain_graph : bool
        Keep what was saved, for another pass.
    vjps_of : function, optional
        Gives a node's VJPs on Tensors instead of arrays, so that the backward pass is itself recorded.

    Returns
    -------
    dict
        Node to gradient. No two arrays share memory with each other, with ``seed`` or with anything that
        was saved. (Tensors, under ``vjps_of``, may: they are never written to.)

    Raises
    ------
    RuntimeError
        If part of the graph has been freed.
    ValueError
        If a VJP returns a gradient of a wrong shape.
    """
    order = topological_order(root)
    relevant = None if targets is None else leading_to(targets, order)
    refuse_freed(order if relevant is None else relevant)
    wanted = () if targets is None else frozenset(targets)
    cotangents, gradients = {root: seed}, {}
    owned: set[Node] = set()  # nodes whose cotangent is an array that nobody else holds
    for node in order:
        g = cotangents.pop(node, None)
        if g is None:
            continue
        if node in wanted if targets is not None else node.op is None or node.retains:
            ours = node.op is None and node in owned
            gradients[node] = g if vjps_of else np.asarray(g) if ours else np.array(g)
        vjps: Any = vjps_of(node) if vjps_of else node.vjps
        if not retain_graph and node.op is not None:
            node.vjps = None
        for parent, vjp in zip(node.inputs, vjps):  # noqa: B905 - one for each, by construction
            if vjp is None or (relevant is not None and parent not in relevant):
                continue
            try:
                gx = vjp(g)
                if gx.shape != parent.shape or gx.dtype is not parent.dtype:
                    gx = _fit(gx, parent)
            except Exception as error:
                error.add_note(
                    f"in the backward pass of {node.op}, output of shape {node.shape}; a VJP takes an array "
                    "of that shape and returns one"
                )
                raise
            if parent not in cotangents:
                cotangents[parent] = gx
                if parent.op is None and not vjps_of and _is_fresh(gx, g, vjp):
                    owned.add(parent)
            elif vjps_of or parent not in owned:
                cotangents[parent] = cotangents[parent] + gx
                owned.add(parent)
            else:
                cotangents[parent] += gx
    return gradients


def _fit(gx: Any, parent: Node) -> Any:
    """A VJP's result in the shape and dtype of the input it belongs to."""
    gx = unbroadcast(gx, parent.shape)
    return gx if gx.dtype == parent.dtype else gx.astype(parent.dtype)


def _is_fresh(gx: Any, g: Any, vjp: VJP) -> bool:
    """Whether a VJP made this array just now: it is not its cotangent, a view, or what it had saved."""
    if gx is g or gx.base is not None:
        return False
    for cell in getattr(vjp, "__closure__", None) or ():  # a loop: it runs for every parameter of a step
        if cell.cell_contents is gx:
            return False
    defaults = getattr(vjp, "__defaults__", None)
    return not defaults or all(value is not gx for value in defaults)


def leading_to(targets: Sequence[Node], order: list[Node]) -> set[Node]:
    """The nodes of ``order`` from which a target can be reached, the targets included."""
    found = set(targets)
    for node in reversed(order):
        if any(type(parent) is Node and parent in found for parent in node.inputs):
            found.add(node)
    return found
