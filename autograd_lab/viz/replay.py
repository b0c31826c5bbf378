"""Run a recorded graph again, forwards and backwards, and keep every number on the way.

The engine keeps as little as it can: nodes hold no intermediate values, and a backward pass frees what the
VJPs closed over. A picture needs it all. Since a node knows its operator, its inputs and its options, the
whole pass can be computed anew from the leaves, before or after ``backward()``, without touching the
Tensors' own state.

The values are those that the leaves lead to *now*: after an optimiser step a replay shows the new parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lab.graph import Node, unbroadcast
from autograd_lab.ops import VJP
from autograd_lab.tensor import Tensor

__all__ = ["Contribution", "Replay", "Step", "reachable", "replay"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Contribution:
    """What one VJP sends to one input.

    Attributes
    ----------
    position : int
        Which argument of the operator.
    target : int
        Id of the node that receives it.
    raw : ndarray
        What the formula returned, in the shape of the operator's output where inputs were broadcast.
    value : ndarray
        The same, summed back to the input's own shape.
    first : bool
        Whether it is the first to arrive at its target; later ones are added.
    """

    position: int
    target: int
    raw: Array
    value: Array
    first: bool


@dataclass(frozen=True)
class Step:
    """One operator fires: its node, the complete cotangent `g` that came in, and what it sends on."""

    node: Node
    g: Array
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True)
class Replay:
    """A whole pass in numbers.

    Attributes
    ----------
    order : tuple of Node
        Every node in the order of creation, which is a topological order.
    values : dict
        The value of each node, by id.
    vjps : dict
        For each operator's node, by id, one VJP an input, or None for an input that has no derivative (an
        index).
    cotangents : dict
        ∂root/∂node of each node that the backward pass reaches, by id; empty when it was not asked for.
    steps : tuple of Step
        The backward pass in the order in which it happens.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> tape = replay(ag.tensor(3.0, requires_grad=True).exp() * 2)
    >>> [step.node.op.name for step in tape.steps]
    ['mul', 'exp']
    """

    order: tuple[Node, ...]
    values: dict[int, Array]
    vjps: dict[int, tuple[VJP | None, ...]]
    cotangents: dict[int, Array]
    steps: tuple[Step, ...]


def reachable(root: Node) -> list[Node]:
    """Return the nodes that `root` depends on, and itself, in the order of their creation.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> a = ag.tensor(3.0, requires_grad=True, name="a")
    >>> [node.op.name if node.op else node.name for node in reachable((a * a + a).node)]
    ['a', 'mul', 'add']
    """
    found = {root.id: root}
    stack = [root]
    while stack:
        for source in stack.pop().inputs:
            if isinstance(source, Node) and source.id not in found:
                found[source.id] = source
                stack.append(source)
    return [found[key] for key in sorted(found)]


def replay(root: Tensor, gradient: Any = None, *, backward: bool = True) -> Replay:
    """Compute the values and cotangents of everything that `root` was made of.

    Parameters
    ----------
    root : Tensor
        The end of the graph; it must have been recorded.
    gradient : array_like, optional
        The cotangent of `root` itself. A scalar root has 1.
    backward : bool
        Whether to run the backward pass too.

    Returns
    -------
    Replay

    Raises
    ------
    ValueError
        If `root` was not recorded, or a backward pass is asked for from a root that is not a scalar
        without saying with which `gradient`.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> a = ag.tensor(2.0, requires_grad=True)
    >>> b = ag.tensor(3.0, requires_grad=True)
    >>> tape = replay(a * b + a)
    >>> [float(tape.values[node.id]) for node in tape.order]
    [2.0, 3.0, 6.0, 8.0]
    >>> [float(tape.cotangents[node.id]) for node in tape.order]
    [4.0, 2.0, 1.0, 1.0]
    >>> a.grad is None
    True
    """
    if root.node is None:
        raise ValueError(
            "there is no graph behind this Tensor: nothing it was made of has requires_grad=True, "
            "or it was made under no_grad()"
        )
    order = reachable(root.node)
    values: dict[int, Array] = {}
    vjps: dict[int, tuple[VJP | None, ...]] = {}
    for node in order:
        if node.op is None:
            values[node.id] = np.asarray(node.data)
            continue
        inputs = [values[source.id] if isinstance(source, Node) else source for source in node.inputs]
        value, *formulas = node.op.fn(*inputs, **node.kwargs)
        # A formula may compute in a wider type (a float32 array times a Python list); the record says what
        # came out.
        values[node.id] = np.asarray(value, dtype=node.dtype)
        # Formulas leave out the VJPs of trailing options.
        vjps[node.id] = (*formulas, *[None] * (len(node.inputs) - len(formulas)))
    if not backward:
        return Replay(tuple(order), values, vjps, {}, ())

    cotangents = {root.node.id: _seed(root, gradient)}
    steps: list[Step] = []
    for node in reversed(order):
        g = cotangents.get(node.id)
        if node.op is None or g is None:
            continue
        sent: list[Contribution] = []
        for position, (source, vjp) in enumerate(zip(node.inputs, vjps[node.id], strict=True)):
            if not isinstance(source, Node) or vjp is None:
                continue
            raw = np.asarray(vjp(g))
            value = np.asarray(unbroadcast(raw, source.shape), dtype=source.dtype)
            before = cotangents.get(source.id)
            sent.append(Contribution(position, source.id, raw, value, before is None))
            # Never in place: `value` may be the very array that another node was sent.
            cotangents[source.id] = value if before is None else np.asarray(before + value)
        steps.append(Step(node, g, tuple(sent)))
    return Replay(tuple(order), values, vjps, cotangents, tuple(steps))


def _seed(root: Tensor, gradient: Any) -> Array:
    if gradient is None:
        if root.data.size != 1:
            raise ValueError(
                f"a root of shape {root.shape} is not a scalar: give gradient=, the cotangent of that shape"
            )
        return np.ones(root.shape, dtype=root.dtype)
    seed = np.asarray(gradient.data if isinstance(gradient, Tensor) else gradient, dtype=root.dtype)
    if seed.shape != root.shape:
        raise ValueError(f"gradient has shape {seed.shape}, but the root has {root.shape}")
    return seed
