"""What an exercise is: a task, inputs to try, the right answer and the mistakes that people make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lab import func
from autograd_lab.tensor import Tensor

Answer = Callable[..., Any]
Inputs = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """A task that can be checked.

    Attributes
    ----------
    name : str
        As in ``check("matmul.vjp", ...)``: the subject, a dot, what is asked for.
    task : str
        One sentence: what the function takes and what it returns.
    answer : function
        The right one, written as a solution in the book would be.
    letters : sequence of str
        Names of the inputs, for messages.
    inputs : sequence of tuples
        What an answer is tried on, the smallest first; the first that fails is shown.
    mistakes : mapping of str to function
        Wrong answers that are known, by what to say to whoever gives one. What can go wrong everywhere
        (a sign, a factor, a shape, a precision, a changed input) needs no entry.
    fresh : bool
        Whether the result must be an array of its own, that shares no memory with the inputs.
    rtol, atol : float
        How close is right.

    Examples
    --------
    >>> bilinear = EXERCISES["matmul.bilinear"]
    >>> bilinear.letters, len(bilinear.inputs)
    (['a', 'W', 'b'], 4)
    """

    name: str
    task: str
    answer: Answer
    letters: Sequence[str]
    inputs: Sequence[Inputs]
    mistakes: Mapping[str, Answer]
    fresh: bool = False
    rtol: float = 1e-6
    atol: float = 1e-9


EXERCISES: dict[str, Exercise] = {}
"""Every exercise by name, in the order of the book."""


def exercise(
    name: str, task: str, letters: str, inputs: Sequence[Inputs], **more: Any
) -> Callable[[Answer], Answer]:
    """Enter the decorated function as the right answer of an exercise.

    Parameters
    ----------
    name, task : str
        As in :class:`Exercise`.
    letters : str
        Names of the inputs, with spaces between them.
    inputs : sequence of tuples
        Choose them as for a gradient check: no zeros, no equal entries, axes of different lengths, no
        symmetric matrix; one in float32. The first is shown most often: make it small, with numbers of one
        digit.
    **more
        ``mistakes``, ``fresh``, ``rtol`` and ``atol`` of :class:`Exercise`.

    Returns
    -------
    function
        A decorator that gives the function back.

    Raises
    ------
    ValueError
        If the name is taken.

    Examples
    --------
    >>> from autograd_lab.selfcheck import check
    >>> @exercise(
    ...     "demo.cube", "cube(x) returns the slope of x³.", "x", inputs=[(2.0,), (3.0,)],
    ...     mistakes={"this is the value, not the slope.": lambda x: x**3},
    ... )
    ... def _slope(x):
    ...     return 3 * x**2
    >>> check("demo.cube", lambda x: x * x * x)
    Not yet, demo.cube: this is the value, not the slope.
    on x = 2.0
      yours: 8.
      right: 12.
    >>> del EXERCISES["demo.cube"]
    """

    def enter(answer: Answer) -> Answer:
        if name in EXERCISES:
            raise ValueError(f"there is an exercise {name!r} already")
        more.setdefault("mistakes", {})
        EXERCISES[name] = Exercise(
            name=name, task=task, answer=answer, letters=letters.split(), inputs=inputs, **more
        )
        return answer

    return enter


def with_slopes(f: Callable[[Tensor], Tensor]) -> Callable[[Any], Any]:
    """A function of Tensors as an answer: its value, and the slope of each entry.

    Examples
    --------
    >>> value, slope = with_slopes(lambda x: x * x)(np.array([3.0]))
    >>> slope
    Tensor([6.])
    """

    def answer(x: Any) -> Any:
        value, pull = func.vjp(f, x)
        return value, pull(np.ones(value.shape))[0]

    return answer
