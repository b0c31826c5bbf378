"""``check``: try a reader's function on an exercise and say what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from autograd_lab.errors import check_callable
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
    """

    exercise: str
    right: bool
    text: str

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return f"Right: {self.exercise}." if self.right else f"Not yet, {self.exercise}: {self.text}"


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
        True if right; printed, it says what is wrong in words: a known mistake by its name, else the smallest
        input on which the answer fails, with both values.

    Raises
    ------
    KeyError
        If there is no such exercise; the message names similar ones.
    TypeError
        If ``answer`` is no function.

    Examples
    --------
    >>> check("mul.vjp", lambda g, x, y: (g * y, g * x))
    Right: mul.vjp.
    """
    if name not in EXERCISES:
        near = get_close_matches(name, EXERCISES, n=3, cutoff=0.4)
        raise KeyError(
            f"there is no exercise {name!r}" + (f"; near it are {', '.join(near)}" if near else "")
        )
    check_callable("check", answer)
    exercise = EXERCISES[name]
    text = diagnose(try_answer(answer, exercise), exercise)
    SCORE[name] = not text
    return Verdict(name, not text, text)


def score() -> str:
    """How many of the exercises tried in this session are right."""
    return f"{sum(SCORE.values())} of {len(SCORE)} exercises right"
