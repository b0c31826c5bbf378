"""The backward pass as a player: ``step_backward(loss)`` at the end of a cell shows one operator at a time.

A player is one piece of HTML: the drawing, the controls, and all steps as an ordered list. Its script shows
one step of the list and the matching state of the drawing; without a script (in print, on GitHub, in a
notebook that Jupyter does not trust) the list stays as it is, and the drawing shows the end of the pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

from autograd_lab.tensor import Tensor
from autograd_lab.viz.backward import BackwardStep, Equation, backward_steps
from autograd_lab.viz.page import save_page, script
from autograd_lab.viz.replay import Replay, reachable, replay
from autograd_lab.viz.svg import Direction, Drawing, Motion, Phase, draw
from autograd_lab.viz.text import format_shape, format_value
from autograd_lab.viz.theme import PLAYER_CSS
from autograd_lab.viz.trace import Trace, noise_level, trace

__all__ = ["BackwardSteps", "step_backward"]

# What fits inside the player on a book page.
_COLUMN = 720.0


class BackwardSteps:
    """The backward pass of a graph, step by step, made by :func:`step_backward`.

    A notebook shows it as a player; ``print`` writes the same steps as text.

    Attributes
    ----------
    steps : list of BackwardStep
        The seed, one step for each operator, the gradients of the leaves.
    gradients : dict of str to ndarray
        The gradient of each leaf that the pass reaches, by the leaf's name in the drawing.
    trace : Trace
        What the drawing shows, as data.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> steps = step_backward(ag.tensor(3.0, requires_grad=True, name="x") * 2)
    >>> steps
    <BackwardSteps of v1: 3 steps>
    >>> print(steps)
    Backward pass of v1 = x × 2, in 3 steps
    <BLANKLINE>
    1. Start at the output v1
       ∂L/∂v1 = 1                                the seed
       Why 1? L is v1 itself, and the slope of a number with respect to itself is 1. From here operators
       fire from the newest to the oldest: what uses a value was made after it, so each finds its
       cotangent g complete.
    2. × fires: v1 = x × 2
       g = ∂L/∂v1 = 1
       ∂L/∂x = g·2
             = 1·2
             = 2                                 arrives at x
       Why now? v1 is the output: the seed is all of its g.
       2 needs no gradient: its VJP is never called.
    3. The gradient of the leaf
       ∂L/∂x = 2
       Every operator has fired, so every sum is complete. This is what backward() adds to .grad.
    """

    # Only HTML beside the short text/plain: a strict comparison of notebooks then sees each player once.

    def __init__(
        self, picture: Trace, numbers: Replay, given: bool, direction: Direction, title: str | None
    ) -> None:
        self.trace = picture
        self.steps: list[BackwardStep] = backward_steps(picture, numbers, given=given)
        output = picture.output
        formula = f" = {picture.formula(output)}" if output.kind == "result" else ""
        self.title = title or f"Backward pass of {output.label}{formula}"
        self.direction = direction
        leaves = (node for node in numbers.order if node.op is None)
        names = (vertex.label for vertex in picture.vertices if vertex.kind == "leaf")
        self.gradients: dict[str, NDArray[Any]] = {
            name: numbers.cotangents[leaf.id]
            for name, leaf in zip(names, leaves, strict=True)
            if leaf.id in numbers.cotangents
        }
        self._drawing: Drawing = draw(
            picture,
            direction=direction,
            name=self.title,
            description=" ".join([f"{picture.summary().capitalize()}.", *picture.sentences()]),
            motions=_motions(picture, self.steps, noise_level(numbers)),
        )

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the drawing in CSS pixels.

        >>> import autograd_lab as ag
        >>> width, height = step_backward(ag.tensor(3.0, requires_grad=True) * 2).size
        >>> width > height
        True
        """
        return self._drawing.width, self._drawing.height

    def __repr__(self) -> str:
        return f"<BackwardSteps of {self.trace.output.label}: {len(self.steps)} steps>"

    def __len__(self) -> int:
        return len(self.steps)

    def __str__(self) -> str:
        lines = [f"{self.title}, in {len(self.steps)} steps", ""]
        for number, step in enumerate(self.steps, 1):
            mark = f"{number}. "
            lines.append(mark + step.title)
            lines += [(" " * len(mark) + line).rstrip() for line in _text_lines(step)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        name = escape(self.title)
        steps = "\n".join(map(_item, self.steps))
        return (
            # Focusable by a click, so that the arrow keys work wherever in the player one has clicked.
            f'<div class="ag-player" role="group" aria-label="{name}" tabindex="-1" '
            f'data-lm-suppress-shortcuts="true">\n<style>{PLAYER_CSS}</style>\n'
            f'<p class="ag-heading">{name}</p>\n<div class="ag-{self.direction}">\n'
            f'<div class="ag-frame"{self._drawing.frame_attributes(f"{self.title}, drawing")}>\n'
            f'{self._drawing.markup}\n</div>\n<div class="ag-side">\n{_CONTROLS}\n'
            f'<ol class="ag-steps">\n{steps}\n</ol>\n</div>\n</div>\n'
            f"<script>{script('stepper.js')}</script>\n</div>"
        )

    def save(self, path: str | Path) -> Path:
        """Write the player to a page of its own, which a browser opens with no network.

        Parameters
        ----------
        path : str or Path
            Ends in ``.html``.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ValueError
            If the ending is another one.

        Examples
        --------
        >>> import tempfile
        >>> import autograd_lab as ag
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     y = ag.tensor(3.0, requires_grad=True).exp()
        ...     step_backward(y).save(Path(folder, "exp.html")).name
        'exp.html'
        """
        return save_page(path, self.title, self._repr_html_(), "a player")


def step_backward(
    tensor: Tensor,
    *,
    gradient: Any = None,
    names: Mapping[str, Any] | None = None,
    direction: Literal["auto", "right", "down"] = "auto",
    title: str | None = None,
    max_nodes: int = 60,
) -> BackwardSteps:
    """Play the backward pass of `tensor` step by step, on the drawing of its graph.

    Each step shows which operator fires and why now, the cotangent ``g`` that comes in, what each of its
    VJPs makes of it, as a formula and in numbers, and where contributions add up. Nothing is changed: no
    ``.grad`` is written, and the graph may have been used by ``backward()`` already.

    The method is that of the report's section 1: from the output back to the leaves, each cotangent
    is multiplied by the Jacobian of one operator at the point where that was computed (a VJP), and the
    contributions to a value that was used more than once are added. The gradients at the end are those of
    ``backward()``.

    Parameters
    ----------
    tensor : Tensor
        The output of the computation, of any shape and floating-point dtype.
    gradient : array_like, optional
        The cotangent to start from, in the shape of `tensor` and converted to its dtype. A `tensor` with one
        entry starts from 1.
    names : mapping of str to Tensor or ndarray, optional
        Names for this player alone. A constant remembers no name of its own: ``names={"x": x}`` labels it.
    direction : {"auto", "right", "down"}
        Where forward leads. "auto" is right if that fits in a page's column, else whichever is narrower.
    title : str, optional
        The heading.
    max_nodes : int
        Refuse graphs with more nodes than this.

    Returns
    -------
    BackwardSteps
        A notebook shows it as a player with previous, next, play and a slider; the arrow keys, Home and End
        work too. ``print`` writes the steps as a list, ``.steps`` has them as data.

    Raises
    ------
    TypeError
        If `tensor` is not a Tensor.
    ValueError
        If there is no graph behind it, if it has more than one entry and no `gradient` is given or one of
        another shape, if the graph is too large, or for an unknown `direction`.

    Notes
    -----
    Values and cotangents are computed anew from the leaves as they are now (see :func:`replay`).
    Contributions below the rounding error of the largest cotangent are shown as 0. The player needs no
    network and no kernel, and without JavaScript it is an ordered list.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> a = ag.tensor([2.0, 3.0], requires_grad=True, name="a")
    >>> b = ag.tensor([4.0, -5.0], requires_grad=True, name="b")
    >>> steps = step_backward((a * b + a).relu().sum())
    >>> [step.title for step in steps.steps]  # doctest: +NORMALIZE_WHITESPACE
    ['Start at the output v4', 'Σ fires: v4 = sum(v3)', 'relu fires: v3 = relu(v2)', '+ fires: v2 = v1 + a',
     '× fires: v1 = a × b', 'The gradients of the leaves']
    >>> steps.steps[4].equations[1].remark
    'adds at a, the last of 2: [1, 0] + [4, 0] = [5, 0]'
    >>> steps.gradients["a"]
    array([5., 0.])
    >>> a.grad is None
    True
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"step_backward steps through the graph of a Tensor, not of {type(tensor).__name__}")
    if direction not in ("auto", "right", "down"):
        raise ValueError(f"direction must be 'auto', 'right' or 'down', not {direction!r}")
    if tensor.node is not None and (size := len(reachable(tensor.node))) > max_nodes:
        raise ValueError(
            f"this graph has {size} nodes, more than the {max_nodes} whose backward pass can be followed "
            "step by step: take a smaller piece of it (fewer steps, fewer layers), or raise max_nodes="
        )
    numbers = replay(tensor, gradient)
    picture = trace(tensor, grads=False, names=names, max_nodes=max_nodes, numbers=numbers)
    given = gradient is not None
    if direction != "auto":
        return BackwardSteps(picture, numbers, given, direction, title)
    across = BackwardSteps(picture, numbers, given, "right", title)
    if across.size[0] <= _COLUMN:
        return across
    down = BackwardSteps(picture, numbers, given, "down", title)
    return down if down.size[0] < across.size[0] else across


# The drawing's frames --------------------------------------------------------------------------------------


def _motions(picture: Trace, steps: list[BackwardStep], noise: float) -> list[Motion]:
    """Say for each vertex what its strip shows when, and in which frame its operator fires."""
    arrivals: dict[int, list[tuple[int, NDArray[Any], NDArray[Any]]]] = {}  # frame, what came, the sum
    fires: dict[int, int] = {}
    sends: dict[int, tuple[int, ...]] = {}
    for frame, step in enumerate(steps):
        if step.kind == "start" and step.g is not None:
            arrivals[step.vertex] = [(frame, step.g, step.g)]
        if step.kind == "operator":
            fires[step.vertex] = frame
            sends[step.vertex] = tuple(arrival.argument for arrival in step.arrivals)
        for arrival in step.arrivals:
            arrivals.setdefault(arrival.vertex, []).append((frame, arrival.value, arrival.after))
    return [
        Motion()
        if vertex.kind == "constant"
        else Motion(
            phases=tuple(_phases(arrivals.get(index, []), vertex.shape, len(steps) - 1, noise)),
            fires=fires.get(index),
            sends=sends.get(index, ()),
            receives=tuple(dict.fromkeys(frame for frame, _, _ in arrivals.get(index, []))),
        )
        for index, vertex in enumerate(picture.vertices)
    ]


def _phases(
    arrivals: list[tuple[int, NDArray[Any], NDArray[Any]]], shape: tuple[int, ...], last: int, noise: float
) -> Iterator[Phase]:
    """Yield what a strip shows from one arrival to the next.

    Up to three contributions of one line each are written below one another and added up, as one adds on
    paper; otherwise the strip shows the sum so far, with a question mark for what is still to come.
    """
    shown = [format_value(value, noise) for _, value, _ in arrivals]
    on_paper = 1 < len(arrivals) <= 3 and all(len(lines) == 1 for lines in shown)
    height = len(arrivals) + 1 if on_paper else max([1, *map(len, shown)])
    # A frame in which two contributions arrive (x * x) shows both.
    starts = dict.fromkeys(frame for frame, _, _ in arrivals)
    bounds = [0, *(frame for frame in starts if frame > 0), last + 1]
    for first, stop in pairwise(bounds):
        here = [number for number, (frame, _, _) in enumerate(arrivals) if frame <= first]
        state: Literal["wait", "part", "full"] = (
            "wait" if not here else "full" if len(here) == len(arrivals) else "part"
        )
        if on_paper:
            column = [shown[n][0] if n in here else "?" for n in range(len(arrivals))]
            total = format_value(arrivals[-1][2], noise)[0] if state == "full" else "?"
            lines = [f"{'+' if n else 'g'} {text}" for n, text in enumerate(column)] + [f"= {total}"]
        else:
            now = format_value(arrivals[here[-1]][2], noise) or (format_shape(shape),) if here else ("?",)
            lines = [("  " if n else "g ") + line for n, line in enumerate(now)]
            lines[-1] += " + ?" if state == "part" else ""
            lines += [""] * (height - len(lines))
        yield Phase(first, stop - 1, state, tuple(lines))


# Text ------------------------------------------------------------------------------------------------------

_REMARKS = 42  # the column in which the remarks begin
_WIDTH = 100


def _text_lines(step: BackwardStep) -> Iterator[str]:
    for equation in step.equations:
        for number, right in enumerate(equation.right):
            left = " " * len(equation.left) if number else equation.left
            line = f"{left} = {right}"
            last = number == len(equation.right) - 1
            beside = f"{line:<{_REMARKS - 2}}  {equation.remark}"
            if not equation.remark or not last:
                yield line
            elif len(beside) <= _WIDTH:
                yield beside
            else:
                yield line
                yield from (" " * (len(left) + 3) + more for more in _wrapped(equation.remark))
    yield from _wrapped(f"{step.question} {step.why}".lstrip())
    for note in step.notes:
        yield from _wrapped(note)


def _wrapped(text: str) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > _WIDTH:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


# HTML ------------------------------------------------------------------------------------------------------

_CONTROLS = """\
<div class="ag-controls" hidden="">
<button type="button"><svg viewBox="0 0 12 12" aria-hidden="true"><path d="M10 0v12L1 6z"/></svg>\
<span>Previous</span></button>
<button type="button" class="ag-play">\
<svg viewBox="0 0 12 12" aria-hidden="true"><path d="M2 0v12l9-6z"/></svg>\
<span>Play</span></button>
<button type="button"><span>Next</span>\
<svg viewBox="0 0 12 12" aria-hidden="true"><path d="M2 0v12l9-6z"/></svg></button>
<input type="range" min="0" value="0" aria-label="Step of the backward pass"/>
<span class="ag-count" aria-hidden="true"></span>
<span class="ag-say" aria-live="polite"></span>
</div>"""


def _item(step: BackwardStep) -> str:
    equations = "\n".join(map(_equation, step.equations))
    notes = "".join(f'\n<p class="ag-note">{escape(note)}</p>' for note in step.notes)
    question = f"<b>{escape(step.question)}</b> " if step.question else ""
    return (
        f'<li data-title="{escape(step.title)}" data-say="{escape(step.spoken)}">\n'
        f'<p class="ag-title">{escape(step.title)}</p>\n<dl>\n{equations}\n</dl>\n'
        f'<p class="ag-why">{question}{escape(step.why)}</p>{notes}\n</li>'
    )


def _equation(equation: Equation) -> str:
    # The signs are text and each row a block: the list is read without its style sheet too.
    rows = [f"<div>= {escape(right)}</div>" for right in equation.right]
    rows[-1] = rows[-1].replace("<div>", '<div class="ag-result">', 1)
    remark, colon, total = escape(equation.remark).partition(": ")
    # A long sum breaks before its signs, not within an array.
    total = re.sub(r" ([+=]) ", r"</b> <b>\1 ", f"<b>{total}</b>") if total else ""
    remark = f"<em>{remark}{colon}{total}</em>" if remark else ""
    return f"<dt>{escape(equation.left)}</dt><dd>{''.join(rows)}{remark}</dd>"
