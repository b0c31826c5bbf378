"""``check``: try a reader's function on an exercise and say what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from textwrap import fill
from typing import Any

from autograd_lab.errors import describe
from autograd_lab.selfcheck.diagnosis import diagnose
from autograd_lab.selfcheck.exercise import EXERCISES
from autograd_lab.selfcheck.trial import try_answer


@dataclass(frozen=True)
class Verdict:
    """What :func:`check` found; true if the answer is right. A notebook shows it as text.

    Attributes
    ----------
    exercise : str
        Its name.
    right : bool
    text : str
        What is wrong, or "" if nothing is.

    Examples
    --------
    >>> verdict = check("matmul.vjp", lambda g, x, w: (x.T @ g, g @ w.T))
    >>> bool(verdict)
    False
    >>> verdict.text.splitlines()[0]
    'the two results are exchanged: the gradient for x comes first.'
    """

    exercise: str
    right: bool
    text: str

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        if self.right:
            return f"Right: {self.exercise}."
        says, line_end, values = self.text.partition("\n")
        # As wide as a page's column; the values below stay on their lines.
        words = fill(f"Not yet, {self.exercise}: {says}", 76, break_long_words=False, break_on_hyphens=False)
        return words + line_end + values


SCORE: dict[str, bool] = {}
"""The exercises tried so far, and whether the last answer to each was right."""


def check(name: str, answer: Callable[..., Any]) -> Verdict:
    """Try an answer to an exercise, and say what is wrong with it if something is.

    Parameters
    ----------
    name : str
        The exercise; :data:`EXERCISES` lists them.
    answer : function
        Takes the exercise's inputs, as its task says.

    Returns
    -------
    Verdict
        True if right. Printed, it says in words what is wrong, and shows the first input on which the answer
        fails, with both values.

    Raises
    ------
    KeyError
        If there is no such exercise; the message names similar ones.
    TypeError
        If ``answer`` is no function, for example the result of one.

    Examples
    --------
    >>> check("matmul.vjp", lambda g, x, w: (g @ w.T, x.T @ g))
    Right: matmul.vjp.
    >>> check("matmul.bilinear", lambda a, W, b: W @ b)
    Not yet, matmul.bilinear: this is the gradient for a. The one for W has the shape of W.
    on a = [1., 2.], W = [[1., 3.], [5., 2.]], b = [3., 5.]
      yours: [18., 25.]
      right: [[ 3., 5.], [ 6., 10.]]
    """
    if name not in EXERCISES:
        near = get_close_matches(name, EXERCISES, n=3, cutoff=0.4)
        raise KeyError(
            f"there is no exercise {name!r}" + (f"; near it are {', '.join(near)}" if near else "")
        )
    if not callable(answer):
        raise TypeError(
            f"check takes the function itself, without brackets behind its name, not {describe(answer)}"
        )
    exercise = EXERCISES[name]
    text = diagnose(try_answer(answer, exercise), exercise)
    SCORE[name] = not text
    return Verdict(name, not text, text)


def score(*names: str) -> str:
    """Count the exercises whose last answer in this session was right.

    Parameters
    ----------
    *names : str
        The exercises to count. Default: those tried.

    Returns
    -------
    str
        The count, and which are not right yet.

    Examples
    --------
    >>> SCORE.clear()
    >>> check("matmul.vjp", lambda g, x, w: (g @ w.T, x.T @ g))
    Right: matmul.vjp.
    >>> score()
    '1 of 1 exercises right'
    >>> score("matmul.vjp", "matmul.gram")
    '1 of 2 exercises right; not yet: matmul.gram'
    """
    counted = names or tuple(SCORE)
    left = [name for name in counted if not SCORE.get(name)]
    text = f"{len(counted) - len(left)} of {len(counted)} exercises right"
    return f"{text}; not yet: {', '.join(left)}" if left else text
