"""From a recorded graph to what a picture of it says: one `Vertex` a variable, with short texts ready to set.

An operator and the variable that it makes are one vertex: every operator has exactly one output, so drawing
them next to each other halves the number of things to place and loses nothing.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from autograd_lab.graph import Node
from autograd_lab.tensor import Tensor
from autograd_lab.viz.modules import ModuleBox, calls_in, owners
from autograd_lab.viz.replay import Replay, reachable, replay
from autograd_lab.viz.text import count_of, format_shape, format_value

__all__ = ["Names", "Trace", "Vertex", "flat", "indexes", "noise_level", "trace", "unused"]

Kind = Literal["leaf", "constant", "result", "group"]
Grads = bool | Literal["replay"]

# A symbol where mathematics has one; every other operator is called by its name.
_SYMBOLS = {
    "add": "+",
    "sub": "−",
    "mul": "×",
    "div": "÷",
    "matmul": "@",
    "sum": "Σ",
    "sqrt": "√",
    "abs": "|x|",
    "getitem": "[ ]",
}
# A swap of the arguments changes nothing, so that the picture need not say which is which.
_COMMUTATIVE = {"add", "mul", "maximum", "minimum"}


@dataclass(frozen=True)
class Vertex:
    """One variable and, if it is a result, the operator that made it.

    Attributes
    ----------
    kind : {"leaf", "constant", "result", "group"}
        A leaf gathers a gradient, a constant needs none, a result was computed. A group, in a summary, stands
        for many operators; then the result at the end has no operator of its own.
    label : str
        Its name, or a made-up one (``v1``, ``v2``, … in order of creation); empty for an unnamed constant.
    shape : tuple of int
    value, grad : tuple of str
        The lines that show them; none where they are unknown or not wanted.
    grad_word : {"grad", "g"}
        ``grad`` is what a Tensor's ``.grad`` holds now, ``g`` the cotangent that flows through in a
        backward pass.
    op, symbol, details : str
        The operator's name, what stands in its circle, and its options (``axis=0``).
    inputs : tuple of int
        The vertices that are the operator's arguments, in order.
    positions : tuple of int
        Which positional argument of the formula each of them is; an index or a shape is none of them but an
        option.
    ordered : bool
        Whether the order of the arguments matters.
    line : str
        Where the operator was applied (``train.py:41``), if that is known.
    """

    kind: Kind
    label: str
    shape: tuple[int, ...]
    value: tuple[str, ...] = ()
    grad: tuple[str, ...] = ()
    grad_word: str = "grad"
    op: str = ""
    symbol: str = ""
    details: str = ""
    inputs: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    ordered: bool = False
    line: str = ""


@dataclass(frozen=True)
class Trace:
    """The vertices in topological order, of which the last one is the output, and the calls of modules.

    Attributes
    ----------
    vertices : tuple of Vertex
    modules : tuple of ModuleBox
        Outer ones before those inside them.
    owners : tuple of int
        For each vertex the innermost module that it stands in, -1 for none; empty where there is no module.
    whole : int
        If this is a summary: how many nodes the graph has. Else 0.
    """

    vertices: tuple[Vertex, ...]
    modules: tuple[ModuleBox, ...] = ()
    owners: tuple[int, ...] = ()
    whole: int = 0

    @property
    def output(self) -> Vertex:
        """The vertex that the graph was traced from."""
        return self.vertices[-1]

    def count(self, kind: Kind) -> int:
        """Return how many vertices are of that kind."""
        return sum(vertex.kind == kind for vertex in self.vertices)

    def summary(self) -> str:
        """Return the graph's size in words."""
        if self.whole:
            boxes = f"{self.count('group')} box{'' if self.count('group') == 1 else 'es'}"
            return f"summary of {count_of(self.whole, 'node')} in {boxes}"
        parts = [(self.count("leaf"), "leaf"), (self.count("constant"), "constant")]
        words = [count_of(n, noun).replace("leafs", "leaves") for n, noun in parts if n]
        return ", ".join([*words, count_of(self.count("result"), "operator")])

    def sentences(self, limit: int = 40) -> Iterator[str]:
        """Yield what the picture shows as sentences, in the order in which the graph is computed."""
        for number, vertex in enumerate(self.vertices[:limit]):
            shape = format_shape(vertex.shape) if vertex.shape else ""
            facts = [f"shape {shape}"] if shape else []
            facts += [f"{vertex.grad_word} {flat(vertex.grad)}"] if vertex.grad else []
            value = f" = {flat(vertex.value)}" if vertex.value else ""
            facts += [f"line {vertex.line}"] if vertex.line else []
            extra = f" ({', '.join(facts)})" if facts else ""
            if vertex.kind == "group":
                inside = self.owners[number] if self.owners else -1
                facts += [f"part of {self.modules[inside].kind}"] if inside >= 0 else []
                extra = f" ({', '.join(facts)})" if facts else ""
                contents = flat(vertex.value).replace(",, ", ", ")  # of lines that end in a comma
                sources = ", ".join(self.mention(source) for source in vertex.inputs)
                made_from = f"; from {sources}" if sources else ""
                yield f"{self.mention(number).capitalize()}, {vertex.label}{extra}: {contents}{made_from}."
            elif vertex.kind == "result" and not vertex.op:
                yield f"{vertex.label}{value}{extra}, from {self.mention(vertex.inputs[0])}."
            elif vertex.kind == "result":
                yield f"{vertex.label} = {self.formula(vertex)}{value}{extra}."
            elif vertex.label or vertex.value:
                name = f"{vertex.label}{value}" if vertex.label else flat(vertex.value)
                yield f"{vertex.kind.capitalize()} {name}{extra}."
            else:
                yield f"Constant{extra}."
        if len(self.vertices) > limit:
            yield f"And {len(self.vertices) - limit} more."

    def module_sentences(self, limit: int = 40) -> Iterator[str]:
        """Yield which modules there are and what is in them; one that is part of another is told with it."""
        inside: dict[int, list[int]] = {}
        for number, module in enumerate(self.modules):
            inside.setdefault(module.parent, []).append(number)
        told = [n for n, module in enumerate(self.modules) if module.parent < 0 or n in inside]
        for number in told[:limit]:
            parts = ", ".join(self.module_title(part) for part in inside.get(number, []))
            yield f"Module {self.module_title(number)}{'; in it ' if parts else ''}{parts}."
        if len(told) > limit:
            yield f"And {len(told) - limit} more modules."

    def module_title(self, number: int) -> str:
        """Return what a module's call did: ``Linear makes v2``."""
        module = self.modules[number]
        return f"{module.kind} makes {self.mention(module.output)}"

    def formula(self, vertex: Vertex) -> str:
        """Return a result as a formula over the labels of its inputs: ``a × b``, ``sum(v1, axis=0)``."""
        names = [self.mention(i) for i in vertex.inputs]
        if vertex.symbol in {"+", "−", "×", "÷", "@"} and len(names) == 2 and not vertex.details:
            return f"{names[0]} {vertex.symbol} {names[1]}"
        return f"{vertex.op}({', '.join([*names, *([vertex.details] if vertex.details else [])])})"

    def mention(self, index: int) -> str:
        """Return what a formula calls a vertex: its label, or the value or shape of an unnamed constant."""
        vertex = self.vertices[index]
        if vertex.kind == "group":
            return f"box {sum(other.kind == 'group' for other in self.vertices[: index + 1])}"
        return vertex.label or flat(vertex.value) or f"constant {format_shape(vertex.shape)}"


def trace(
    root: Tensor,
    *,
    values: bool = True,
    grads: Grads = True,
    gradient: Any = None,
    names: Mapping[str, Any] | None = None,
    max_nodes: int = 300,
    numbers: Replay | None = None,
) -> Trace:
    """Collect what a picture of `root`'s graph shows. The parameters are those of :func:`draw_graph`.

    With `numbers`, a replay of `root` that was made already, nothing is computed again.
    """
    given = Names(names or {})
    if root.node is None:
        value = format_value(root.data) if values else ()
        return Trace((Vertex("constant", root.name or given.of(root.data), tuple(root.shape), value),))

    order = reachable(root.node)
    if len(order) > max_nodes:
        raise ValueError(
            f"this graph has {len(order)} nodes, more than the {max_nodes} that a page can show: "
            "draw a smaller piece of it (fewer steps, fewer layers) or a summary (detail='modules'), or "
            "raise max_nodes="
        )
    if numbers is None:
        can_seed = gradient is not None or root.data.size == 1
        wants_flow = can_seed and (grads == "replay" or (grads is True and _has_run_backward(order)))
        numbers = replay(root, gradient, backward=wants_flow)
    vertices, index = _vertices(order, root, numbers, values, grads, given)
    return Trace(tuple(vertices), *_modules(order, vertices, index))


def _modules(
    order: list[Node], vertices: list[Vertex], index: dict[int, int]
) -> tuple[tuple[ModuleBox, ...], tuple[int, ...]]:
    """The boxes of the calls of modules, and in which of them each vertex stands."""
    calls = calls_in(order)
    if not calls:
        return (), ()
    readers: dict[int, list[int]] = {}
    for node in order:
        for source in vertices[index[node.id]].inputs:
            if vertices[source].kind == "constant":
                readers.setdefault(source, []).append(node.id)
    arrays = {c: ids for c, ids in readers.items() if vertices[c].shape and not vertices[c].label}
    of_nodes, of_arrays = owners(order, calls, arrays)
    stands = [-1] * len(vertices)
    for constant, ids in readers.items():
        if not vertices[constant].shape:  # a number has one reader, and belongs to it
            stands[constant] = of_nodes[ids[0]]
        else:
            stands[constant] = of_arrays.get(constant, -1)
    for node in order:
        stands[index[node.id]] = of_nodes[node.id]
    boxes = tuple(ModuleBox(call.kind, call.parent, index[call.end]) for call in calls)
    return boxes, tuple(stands)


def _vertices(
    order: list[Node], root: Tensor, numbers: Replay, values: bool, grads: Grads, given: Names
) -> tuple[list[Vertex], dict[int, int]]:
    """The vertices, and where each node is among them, by id."""
    taken = {node.name for node in order if node.name} | set(given.names())
    fresh = {"leaf": unused("x", taken), "result": unused("v", taken)}
    noise = noise_level(numbers)
    vertices: list[Vertex] = []
    index: dict[int, int] = {}  # node id, or id() of a constant array that the graph itself keeps alive
    for node in order:
        kind: Kind = "leaf" if node.op is None else "result"
        name = node.name or given.of(node) or next(fresh[kind])
        if node is root.node and root.name:
            name = root.name
        value = format_value(numbers.values[node.id]) if values else ()
        word, grad = _gradient_of(node, numbers, grads, noise)
        if node.op is None:
            vertices.append(Vertex("leaf", name, tuple(node.shape), value, grad, word))
        else:
            inputs = []
            positions = _drawn_arguments(node, numbers.vjps[node.id])
            for source in (node.inputs[position] for position in positions):
                if isinstance(source, Node):
                    inputs.append(index[source.id])
                else:
                    inputs.append(_constant(source, vertices, index, values, given))
            vertices.append(
                Vertex(
                    kind="result",
                    label=name,
                    shape=tuple(node.shape),
                    value=value,
                    grad=grad,
                    grad_word=word,
                    op=node.op.name,
                    symbol=_SYMBOLS.get(node.op.name, node.op.name.replace("_", " ")),
                    details=_details(node, positions),
                    inputs=tuple(inputs),
                    positions=positions,
                    ordered=len(inputs) > 1 and node.op.name not in _COMMUTATIVE,
                    line=node.line or "",
                )
            )
        index[node.id] = len(vertices) - 1
    return vertices, index


def _constant(source: Any, vertices: list[Vertex], index: dict[int, int], values: bool, given: Names) -> int:
    """Add a constant. An array that is used twice is one box; a plain number has a box at each use."""
    key = -id(source) - 1  # node ids are not negative
    shared = isinstance(source, np.ndarray) and source.ndim > 0
    if shared and key in index:
        return index[key]
    array = np.asarray(source)
    # A number is its own name: without it the box would be empty.
    value = format_value(array) if values or array.ndim == 0 else ()
    vertices.append(Vertex("constant", given.of(source), tuple(array.shape), value))
    if shared:
        index[key] = len(vertices) - 1
    return len(vertices) - 1


def noise_level(numbers: Replay) -> float:
    """Return the size up to which a cotangent is rounding error: what is left where larger ones cancel.

    They also differ from one processor to the next, and a page must not.
    """
    if not numbers.cotangents:
        return 0.0
    sizes = [np.max(np.abs(g), initial=0.0, where=np.isfinite(g)) for g in numbers.cotangents.values()]
    return float(64 * np.finfo(numbers.order[-1].dtype).eps * max(sizes))


def _gradient_of(node: Node, numbers: Replay, grads: Grads, noise: float) -> tuple[str, tuple[str, ...]]:
    if grads is False:
        return "grad", ()
    held = node.grad if grads is True else None
    flow = numbers.cotangents.get(node.id)
    word, array = ("g", flow) if held is None else ("grad", held)
    if array is None or (grads is True and held is None and node.op is None):
        return "grad", ()  # a leaf that backward did not reach has no gradient, and the picture says so
    array = np.asarray(getattr(array, "data", array) if isinstance(array, Tensor) else array)
    return word, format_value(array, noise) or (format_shape(array.shape),)


def _has_run_backward(order: list[Node]) -> bool:
    return any(node.grad is not None for node in order) or any(
        node.op is not None and node.vjps is None for node in order
    )


def _drawn_arguments(node: Node, vjps: Sequence[Any]) -> tuple[int, ...]:
    """Which arguments are variables; the rest (an index, an axis, a dtype) are written with the operator."""
    return tuple(
        position
        for position, (source, vjp) in enumerate(zip(node.inputs, vjps, strict=True))
        if isinstance(source, Node)
        or vjp is not None
        or (isinstance(source, np.ndarray) and not indexes(node))
    )


def indexes(node: Node) -> bool:
    """Whether an array among the inputs of a node's operator may be an index."""
    return node.op is not None and node.op.name in ("getitem", "scatter_add")


def _details(node: Node, drawn: tuple[int, ...]) -> str:
    """Return the options of a node's operator that are not its defaults, as one would write them."""
    parameters = inspect.signature(node.op.fn).parameters if node.op else {}
    positional = [p for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    parts = []
    for position, option in enumerate(node.inputs):
        if position in drawn:
            continue
        parameter = positional[position] if position < len(positional) else None
        if parameter is None or parameter.default is parameter.empty:
            parts.append(_option(option))
        elif not _is_default(option, parameter.default):
            parts.append(f"{parameter.name}={_option(option)}")
    for name, option in node.kwargs.items():
        if name not in parameters or not _is_default(option, parameters[name].default):
            parts.append(f"{name}={_option(option)}")
    return ", ".join(parts)


def _is_default(option: Any, default: Any) -> bool:
    return not isinstance(option, np.ndarray) and type(option) is type(default) and bool(option == default)


def _option(option: Any) -> str:
    """Return an index, a shape, an axis or a dtype as one would write it, shortened."""
    if isinstance(option, slice):
        ends = ["" if end is None else str(end) for end in (option.start, option.stop, option.step)]
        return ":".join(ends if option.step is not None else ends[:2])
    if isinstance(option, tuple) and any(isinstance(part, slice | type(...) | np.ndarray) for part in option):
        text = ", ".join(_option(part) for part in option)
    elif isinstance(option, np.ndarray):
        text = "".join(line.strip() for line in format_value(option)) or format_shape(option.shape)
    elif isinstance(option, np.dtype | type):
        text = np.dtype(option).name
    else:
        text = "…" if option is ... else str(option)
    text = re.sub(r"-(?=\d)", "−", text)
    return text if len(text) <= 20 else text[:19] + "…"


def unused(letter: str, taken: Collection[str | None]) -> Iterator[str]:
    """Yield ``x1``, ``x2``, … without those that are taken."""
    number = 1
    while True:
        if f"{letter}{number}" not in taken:
            yield f"{letter}{number}"
        number += 1


def flat(lines: tuple[str, ...]) -> str:
    """Return the lines of a small array on one line."""
    return ", ".join(line.strip() for line in lines)


class Names:
    """Names that the caller gives to things in the graph: Tensors, or arrays that went in as constants."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._entries: list[tuple[str, Any, Any]] = [
            (name, getattr(thing, "node", None), thing.data if isinstance(thing, Tensor) else thing)
            for name, thing in names.items()
        ]

    def names(self) -> Iterator[str]:
        """Yield the names that were given."""
        return (name for name, _, _ in self._entries)

    def of(self, thing: Any) -> str:
        """Return the name of a node or a constant, or an empty string."""
        for name, node, data in self._entries:
            if thing is node or thing is data or _same_memory(thing, data):
                return name
        return ""


def _same_memory(first: Any, second: Any) -> bool:
    """Whether two arrays are one view of the same memory, as ``t.data`` and ``np.asarray(t.data)`` are."""
    if not (isinstance(first, np.ndarray) and isinstance(second, np.ndarray)):
        return False
    return (
        first.size > 0
        and first.shape == second.shape
        and first.strides == second.strides
        and first.ctypes.data == second.ctypes.data
    )
