"""The backward pass as a list of steps: which operator fires, with what, what it sends, and why now.

The numbers come from :func:`~autograd_lab.viz.replay.replay`, which runs the operators' own formulas; the
words beside them come from the first paragraph of the operators' docstrings, in which the letters are
replaced by the names that things have in this graph. Nothing here knows a derivative.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from autograd_lab.graph import Node
from autograd_lab.ops import Primitive
from autograd_lab.ops.classification import as_target, mean_over
from autograd_lab.viz.replay import Contribution, Replay
from autograd_lab.viz.replay import Step as Fired
from autograd_lab.viz.text import format_number, format_shape, format_value
from autograd_lab.viz.trace import Trace, flat, noise_level

__all__ = ["Arrival", "BackwardStep", "Equation", "backward_steps", "vjp_formulas"]

Array = NDArray[Any]
_LONGEST = 78  # characters of a formula in numbers; a longer one is left out, and its result says enough
_FUNCTIONS = {"log", "exp", "sin", "cos", "tanh", "sign", "softmax", "σ", "where", "else"}


@dataclass(frozen=True)
class Equation:
    """One quantity and, equal to one another, what it is made of: a formula, numbers, a result.

    Attributes
    ----------
    left : str
    right : tuple of str
    remark : str
        What becomes of it; may be empty.
    """

    left: str
    right: tuple[str, ...]
    remark: str = ""


@dataclass(frozen=True, eq=False)
class Arrival:
    """What one VJP sends to one input.

    Attributes
    ----------
    to : str
        The input's name in the drawing.
    vertex, argument : int
        Its place among the drawing's vertices, and which of the operator's drawn arguments it is.
    formula, numbers : str
        The VJP in names and in numbers; ``numbers`` is empty where they would not fit on a line.
    value : ndarray
        What is sent, in the input's shape: of the formula's value, the sum over what broadcasting copied.
    summed : tuple of int
        The axes of that sum; none for most inputs.
    before : ndarray or None
        What had arrived there already, to which this is added; None for the first to arrive.
    after : ndarray
        What is there now.
    number, of : int
        It is contribution ``number`` of the ``of`` that the input will receive.
    """

    to: str
    vertex: int
    argument: int
    formula: str
    numbers: str
    value: Array
    summed: tuple[int, ...]
    before: Array | None
    after: Array
    number: int
    of: int


@dataclass(frozen=True, eq=False)
class BackwardStep:
    """One frame of the backward pass.

    Attributes
    ----------
    kind : {"start", "operator", "end"}
        The seed at the output, an operator that fires, the gradients of the leaves.
    title : str
        What happens, in a few words.
    question, why : str
        Why it happens, and why now: the answer, and the question before it (empty for the last frame).
    equations : tuple of Equation
        What is computed.
    notes : tuple of str
        What else there is to say: inputs that need no gradient, what a letter stands for.
    spoken : str
        The step in one or two sentences, for a screen reader.
    vertex : int
        The drawing's vertex that it is about; for the last frame, the output's.
    op : str
        The operator's name, empty for the first and the last frame.
    g : ndarray or None
        The complete cotangent that comes in; None for the last frame.
    arrivals : tuple of Arrival
        What the operator sends, one for each input that needs a gradient.
    """

    kind: Literal["start", "operator", "end"]
    title: str
    question: str
    why: str
    equations: tuple[Equation, ...]
    notes: tuple[str, ...]
    spoken: str
    vertex: int
    op: str = ""
    g: Array | None = None
    arrivals: tuple[Arrival, ...] = ()


def backward_steps(trace: Trace, numbers: Replay, *, given: bool = False) -> list[BackwardStep]:
    """Tell a replayed backward pass step by step.

    Parameters
    ----------
    trace : Trace
        What the drawing of the same graph shows; it has the names.
    numbers : Replay
        The replay, with its backward pass.
    given : bool
        Whether the cotangent at the output was chosen by the caller.

    Returns
    -------
    list of BackwardStep
        The seed, one step for each operator from the newest to the oldest, the gradients of the leaves.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> from autograd_lab.viz.replay import replay
    >>> from autograd_lab.viz.trace import trace
    >>> y = ag.tensor(3.0, requires_grad=True, name="x").exp() * 2
    >>> [step.title for step in backward_steps(trace(y), replay(y))]
    ['Start at the output v2', '× fires: v2 = v1 × 2', 'exp fires: v1 = exp(x)', 'The gradient of the leaf']
    """
    return list(_Teller(trace, numbers).tell(given))


def vjp_formulas(op: Primitive) -> dict[str, str]:
    """Return an operator's VJPs as its docstring states them, by the letter of the input.

    Parameters
    ----------
    op : Primitive

    Returns
    -------
    dict of str to str
        Empty if the docstring has none. All inputs of ``*xs`` share the letter ``xᵢ``.

    Examples
    --------
    >>> from autograd_lab.ops import PRIMITIVES
    >>> vjp_formulas(PRIMITIVES["mul"])
    {'x': 'g·y', 'y': 'g·x'}
    """
    first = (inspect.getdoc(op.fn) or "").partition("\n\n")[0]
    pieces = re.split(r"∂L/∂(log p|\w+)", " ".join(first.split("\n")))[1:]
    formulas: dict[str, str] = {}
    for letter, text in zip(pieces[::2], pieces[1::2], strict=True):
        text = text.strip().removeprefix("=").strip(" ;,.")
        if text == "likewise":  # the same with the two letters exchanged
            other = next(iter(formulas))
            text = _fill(formulas[other], {other: letter, letter: other})
        formulas[letter.replace("log p", "log_p")] = text
    return formulas


class _Teller:
    """Finds the words for each step."""

    def __init__(self, trace: Trace, numbers: Replay) -> None:
        self.trace = trace
        self.numbers = numbers
        self.noise = noise_level(numbers)
        # Constants stand between the nodes' vertices, which are in the order of the nodes.
        places = (i for i, vertex in enumerate(trace.vertices) if vertex.kind != "constant")
        self.vertex = {node.id: place for node, place in zip(numbers.order, places, strict=True)}
        self.labels = {vertex.label for vertex in trace.vertices}
        self.users: dict[int, list[Fired]] = {}  # who sends a cotangent to a node, in order, with repeats
        self.sums: dict[int, list[Contribution]] = {}
        for fired in numbers.steps:
            for sent in fired.contributions:
                self.users.setdefault(sent.target, []).append(fired)
                self.sums.setdefault(sent.target, []).append(sent)

    # Words ------------------------------------------------------------------------------------------------

    def name(self, node_id: int) -> str:
        return self.trace.vertices[self.vertex[node_id]].label

    def symbol(self, node: Node) -> str:
        return self.trace.vertices[self.vertex[node.id]].symbol

    def text(self, array: Array) -> str:
        """Return an array on one line, or its shape if it is too large."""
        shown = flat(format_value(array, self.noise))
        return shown or f"an array of shape {format_shape(np.shape(array))}"

    def small(self, array: Array) -> str:
        return flat(format_value(array, self.noise))

    # Steps ------------------------------------------------------------------------------------------------

    def tell(self, given: bool) -> Iterator[BackwardStep]:
        yield self._start(given)
        reached = dict.fromkeys((self.numbers.order[-1].id,), 1)  # how many contributions have arrived
        for place, fired in enumerate(self.numbers.steps):
            yield self._fire(place, fired, reached)
        yield self._end()

    def _start(self, given: bool) -> BackwardStep:
        root = self.numbers.order[-1]
        name, seed = self.name(root.id), self.numbers.cotangents[root.id]
        shown = self.text(seed)
        if given:
            why = (
                f"This cotangent was given. It makes a number of {name}, L = Σ gradient · {name}, and the "
                "pass finds the gradient of L."
            )
        elif name == "L":
            why = "The slope of a number with respect to itself is 1."
        else:
            why = f"L is {name} itself, and the slope of a number with respect to itself is 1."
        if self.numbers.steps:
            why += (
                " From here operators fire from the newest to the oldest: what uses a value was made after "
                "it, so each finds its cotangent g complete."
            )
        return BackwardStep(
            kind="start",
            title=f"Start at the output {name}",
            question="Why this?" if given else "Why 1?",
            why=why,
            equations=(Equation(f"∂L/∂{name}", (shown,), "given" if given else "the seed"),),
            notes=(),
            spoken=f"Start at the output {name}, with g {shown}.",
            vertex=self.vertex[root.id],
            g=seed,
        )

    def _fire(self, place: int, fired: Fired, reached: dict[int, int]) -> BackwardStep:
        node, name = fired.node, self.name(fired.node.id)
        vertex = self.trace.vertices[self.vertex[node.id]]
        why = " ".join([self._why(node), *self._others(place, reached)])
        words = _Words(self, fired)
        arrivals = []
        for sent in fired.contributions:
            reached[sent.target] = reached.get(sent.target, 0) + 1
            arrivals.append(self._arrival(fired, sent, words, reached[sent.target]))
        symbol = self.symbol(node)
        shown = self.text(fired.g)
        said = " ".join(map(self._say, arrivals))
        return BackwardStep(
            kind="operator",
            title=f"{symbol} fires: {name} = {self.trace.formula(vertex)}",
            question="Why now?",
            why=why,
            equations=(
                Equation(f"g = ∂L/∂{name}", (shown,)),
                *(self._equation(fired, arrival) for arrival in arrivals),
            ),
            notes=words.notes(),
            spoken=f"{vertex.op.replace('_', ' ').capitalize()} fires at {name}, with g {shown}. {said}",
            vertex=self.vertex[node.id],
            op=vertex.op,
            g=fired.g,
            arrivals=tuple(arrivals),
        )

    def _why(self, node: Node) -> str:
        name = self.name(node.id)
        users = self.users.get(node.id)
        if not users:
            return f"{name} is the output: the seed is all of its g."
        ops = list(dict.fromkeys(user.node.id for user in users))
        steps = {user.node.id: user.node for user in users}
        made = [f"{self.symbol(steps[i])} (which made {self.name(i)})" for i in ops]
        if len(users) == 1:
            return f"Only {made[0]} uses {name}, and it has fired: g is complete."
        if len(ops) == 1:
            return f"Only {made[0]} uses {name}, {_times(len(users))}, and it has fired: g is complete."
        have = "both have" if len(ops) == 2 else f"all {len(ops)} have"
        return f"{_listed(made)} use {name}, and {have} fired: g is complete."

    def _others(self, place: int, reached: Mapping[int, int]) -> Iterator[str]:
        """Say who else could fire now, and who must wait although something has arrived."""
        ready: list[Node] = []
        waiting: list[Node] = []
        for later in self.numbers.steps[place + 1 :]:
            count = reached.get(later.node.id, 0)
            if count:
                (ready if count == len(self.users[later.node.id]) else waiting).append(later.node)
        if ready:
            names = _listed([f"{self.symbol(node)} (for {self.name(node.id)})" for node in ready[:3]])
            verb = "is" if len(ready) == 1 else "are"
            yield f"{names} {verb} ready too; the newest goes first."
        for node in waiting[:2]:
            # Ids descend, so that whoever has an id of at most this node's has yet to fire.
            missing = [u.node for u in self.users[node.id] if u.node.id <= self.numbers.steps[place].node.id]
            names = _listed(list(dict.fromkeys(f"{self.symbol(n)} (for {self.name(n.id)})" for n in missing)))
            have = "has" if len(set(missing)) == 1 else "have"
            yield f"{self.name(node.id)} must wait: {names} {have} yet to send."

    def _arrival(self, fired: Fired, sent: Contribution, words: _Words, number: int) -> Arrival:
        earlier = self.sums[sent.target][: number - 1]
        before = _total([c.value for c in earlier]) if earlier else None
        source = fired.node.inputs[sent.position]
        formula, in_numbers = words.formula(sent.position)
        return Arrival(
            to=self.name(sent.target),
            vertex=self.vertex[sent.target],
            argument=self.trace.vertices[self.vertex[fired.node.id]].positions.index(sent.position),
            formula=formula,
            numbers="" if in_numbers == self.small(sent.raw) else in_numbers,
            value=sent.value,
            summed=_summed_axes(sent.raw.shape, source.shape),
            before=before,
            after=sent.value if before is None else np.asarray(before + sent.value),
            number=number,
            of=len(self.sums[sent.target]),
        )

    def _equation(self, fired: Fired, arrival: Arrival) -> Equation:
        right = [arrival.formula, arrival.numbers, self.text(arrival.value)]
        if arrival.summed:
            position = self.trace.vertices[self.vertex[fired.node.id]].positions[arrival.argument]
            raw = next(self.small(c.raw) for c in fired.contributions if c.position == position)
            axes = "axis" if len(arrival.summed) == 1 else "axes"
            where = f" over {axes} {_listed(list(map(str, arrival.summed)))}, which broadcasting copied"
            sums = [f"Σ {_grouped(text)}" for text in (arrival.formula, arrival.numbers, raw) if text]
            right = [sums[0] + where, *sums[1:], right[-1]]
        return Equation(
            f"∂L/∂{arrival.to}", tuple(line for line in dict.fromkeys(right) if line), self._remark(arrival)
        )

    def _remark(self, arrival: Arrival) -> str:
        if arrival.before is None:
            return f"arrives at {arrival.to}" + (f", the first of {arrival.of}" if arrival.of > 1 else "")
        place = "last" if arrival.number == arrival.of else f"{_ordinal(arrival.number)}"
        sums = f": {self._sum(arrival)}" if self._sum(arrival) else ", entry by entry"
        return f"adds at {arrival.to}, the {place} of {arrival.of}{sums}"

    def _sum(self, arrival: Arrival) -> str:
        assert arrival.before is not None
        parts = [self.small(arrival.before), self.small(arrival.value), self.small(arrival.after)]
        text = f"{parts[0]} + {_bracketed(parts[1])} = {parts[2]}"
        return text if all(parts) and len(text) <= _LONGEST else ""

    def _say(self, arrival: Arrival) -> str:
        value = self.text(arrival.value)
        if arrival.before is None:
            return f"{arrival.to} receives {value}."
        return f"{arrival.to} receives {value} more, which makes {self.text(arrival.after)}."

    def _end(self) -> BackwardStep:
        equations, missed, said = [], [], []
        leaves = [node for node in self.numbers.order if node.op is None]
        for leaf in leaves:
            name, total = self.name(leaf.id), self.numbers.cotangents.get(leaf.id)
            if total is None:
                missed.append(f"{name} received nothing: no path of derivatives leads to it.")
                continue
            shown = self.text(total)
            parts = [self.small(sent.value) for sent in self.sums.get(leaf.id, [])]
            added = " + ".join([*parts[:1], *map(_bracketed, parts[1:])]) if all(parts) else ""
            right = [added] if len(parts) > 1 and added and len(added) <= _LONGEST else []
            equations.append(Equation(f"∂L/∂{name}", (*right, shown)))
            said.append(f"The gradient of {name} is {shown}.")
        return BackwardStep(
            kind="end",
            title="The gradient of the leaf" if len(leaves) == 1 else "The gradients of the leaves",
            question="",
            why="Every operator has fired, so every sum is complete. This is what backward() adds to .grad.",
            equations=tuple(equations),
            notes=tuple(missed),
            spoken=" ".join(["Every operator has fired.", *said]),
            vertex=len(self.trace.vertices) - 1,
        )


class _Words:
    """The formulas of one operator in this graph: its letters as names, and as numbers."""

    def __init__(self, teller: _Teller, fired: Fired) -> None:
        node, self.teller = fired.node, teller
        assert node.op is not None
        self.node, self.op = node, node.op
        self.formulas = vjp_formulas(node.op)
        self.vjps = teller.numbers.vjps[node.id]
        vertex = teller.trace.vertices[teller.vertex[node.id]]
        self.drawn = dict(zip(vertex.positions, vertex.inputs, strict=True))
        self.names: dict[str, str] = {}
        self.values: dict[str, str] = {"g": teller.small(fired.g)}
        self.said: list[str] = []
        self.all_in_numbers = True
        for position, source in enumerate(node.inputs):
            letter = self.letter(position)
            if letter != "xᵢ":
                self._explain(position, letter, source)
        for option, value in node.kwargs.items():
            if _is_number(value) and option != "axis":
                self.names[option] = self.values[option] = format_number(value)
        self.counts = _counts(node, teller.numbers)

    def letter(self, position: int) -> str:
        known = self.op.inputs
        letter = known[position] if position < len(known) else "xᵢ"
        return "xᵢ" if self.op.variadic and position >= len(known) else letter

    def _explain(self, position: int, letter: str, source: Any) -> None:
        """Find a name and a value for one letter of the formula."""
        shown = letter.replace("_", " ")
        value = self._value(position, source)
        if value is not None:
            self.values[shown] = flat(format_value(value))
        if position not in self.drawn:
            if _is_number(source) and letter != "axis":
                self.names[shown] = format_number(source)
            return
        label = self.teller.trace.vertices[self.drawn[position]].label
        if _is_target(self.node, position) and np.asarray(source).dtype.kind in "iu":
            target = label or flat(format_value(source)) or "the target"
            whose = "its one-hot rows" if target == shown else f"the one-hot rows of {target}"
            self.said.append(f"{shown} stands for {whose}.")
        elif label:
            self.names[shown] = label
        elif value is not None and 0 < len(self.values[shown]) <= 16:
            self.names[shown] = self.values[shown]
        elif value is not None:
            self.said.append(f"{shown} is the constant of shape {format_shape(np.shape(value))}.")

    def _value(self, position: int, source: Any) -> Array | None:
        if isinstance(source, Node):
            return self.teller.numbers.values[source.id]
        if _is_target(self.node, position):
            scores = self.node.inputs[0]
            known = self.teller.numbers.values[scores.id] if isinstance(scores, Node) else np.asarray(scores)
            rows = as_target(source, known)
            return rows.astype(int) if rows.dtype == bool else np.asarray(rows)
        return np.asarray(source) if isinstance(source, np.ndarray) or _is_number(source) else None

    def formula(self, position: int) -> tuple[str, str]:
        """Return the VJP of one argument, in names and in numbers (or an empty text for the latter)."""
        stated = self.formulas.get(self.letter(position), "")
        if not stated:
            return f"the VJP of {self.op.name} for argument {position + 1}, applied to g", ""
        names = {**self.names, "xᵢ": self.teller.name(self.node.inputs[position].id)}
        in_numbers = self._in_numbers(stated)
        self.all_in_numbers &= bool(in_numbers)
        return _fill(stated, names), in_numbers

    def _in_numbers(self, stated: str) -> str:
        head = re.split(r", (?:which|where|copied|shared)\b", stated)[0]
        if head == "g":
            return ""
        values = {**self.values, **{letter: format_number(n) for letter, n in self.counts.items()}}
        for letter in re.findall(r"[A-Za-zα-ω]+", head.replace("log p", "p")):
            letter = "log p" if letter == "p" and "log p" in head else letter
            if letter not in _FUNCTIONS and not values.get(letter):
                return ""  # a letter without a short value, or a formula in words
        text = _fill(head, {letter: value for letter, value in values.items() if value})
        return text if len(text) <= _LONGEST else ""

    def notes(self) -> tuple[str, ...]:
        notes = list(self.said)
        used = " ".join(self.formulas.values())
        for letter, count in self.counts.items():
            if re.search(rf"\b{letter}\b", used) and not self.all_in_numbers:
                notes.append(f"{letter} = {format_number(count)}.")
        silent = [
            self._constant(self.drawn[position])
            for position, source in enumerate(self.node.inputs)
            if position in self.drawn and not isinstance(source, Node) and self.vjps[position] is not None
        ]
        silent = list(dict.fromkeys(silent))
        if len(silent) == 1:
            notes.append(f"{silent[0]} needs no gradient: its VJP is never called.")
        elif silent:
            notes.append(f"{_listed(silent)} need no gradient: their VJPs are never called.")
        return tuple(notes)

    def _constant(self, index: int) -> str:
        vertex = self.teller.trace.vertices[index]
        if vertex.label or not vertex.shape:
            return self.teller.trace.mention(index)
        return f"The constant {flat(vertex.value) or f'of shape {format_shape(vertex.shape)}'}"


def _is_target(node: Node, position: int) -> bool:
    """Whether an argument is a loss's target, which may be given as class indices."""
    return node.op is not None and node.op.name in ("nll_loss", "cross_entropy") and position == 1


def _counts(node: Node, numbers: Replay) -> dict[str, int]:
    """Return what n and N stand for in a formula: how many entries or rows a mean is taken over."""
    name = node.op.name if node.op else ""
    source = node.inputs[0] if node.inputs else None
    if not isinstance(source, Node):
        return {}
    reduction = node.kwargs.get("reduction", node.inputs[2] if len(node.inputs) > 2 else "mean")
    if name in ("nll_loss", "cross_entropy"):
        return {"N": mean_over(numbers.values[source.id], reduction)}
    if name == "mse_loss":
        return {"n": math.prod(source.shape) if reduction == "mean" else 1}
    if name in ("mean", "var"):
        return {"n": math.prod(source.shape) // max(math.prod(node.shape), 1)}
    return {}


def _fill(formula: str, meaning: Mapping[str, str]) -> str:
    """Replace the letters of a formula, all at once, wherever they stand alone."""
    if not meaning:
        return formula
    letters = "|".join(re.escape(letter) for letter in sorted(meaning, key=len, reverse=True))
    find = rf"(?<![A-Za-z_σ])(?:{letters})(?![A-Za-z_0-9ᵢ])"

    def replace(match: re.Match[str]) -> str:
        text, before, after = meaning[match[0]], formula[: match.start()], formula[match.end() :]
        # 1·(−3), (−3)^2, −(−3) and cos (−3), but −3·2 and "where −3 > 0"
        operand = before.endswith(("·", "/", "−", "− ", "+ ", "^", "Σ ", "√")) or (
            re.search("[a-z] $", before) and not before.endswith(("where ", "else "))
        )
        raised = after.startswith(("^", "⁻", "²"))
        return f"({text})" if text.startswith("−") and (operand or raised) else text

    return re.sub(find, replace, formula)


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("−") else text


def _total(values: Sequence[Array]) -> Array:
    total = values[0]
    for value in values[1:]:
        total = np.asarray(total + value)
    return total


def _summed_axes(raw: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    new = len(raw) - len(shape)
    stretched = (new + i for i, n in enumerate(shape) if n == 1 and raw[new + i] != 1)
    return (*range(new), *stretched)


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def _ordinal(count: int) -> str:
    words = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
    return words[count - 1] if count <= len(words) else f"number {count}"


def _grouped(text: str) -> str:
    """Bracket what a Σ in front of it would not reach: all but products and arrays."""
    outside = re.sub(r"\[[^\[\]]*\]", "", re.sub(r"\[[^\[\]]*\]", "", text))  # a matrix has two levels
    return f"({text})" if re.search(r"[−+\s]", outside) else text


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
