"""Trying an answer: what a function returns for an exercise's inputs, and what it does to them meanwhile."""

from __future__ import annotations

import copy
import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import Answer, Exercise, Inputs
from autograd_lab.tensor import Tensor


@dataclass(frozen=True)
class Trial:
    """One call of an answer.

    Attributes
    ----------
    inputs : tuple
        As they were before the call.
    results : tuple of ndarray, or None
        What came back, each part as an array; None where nothing usable did.
    single : bool
        Whether it came back as one thing rather than as a tuple.
    fault : str
        What went wrong before any number could be compared, or "".
    """

    inputs: Inputs
    results: tuple[Any, ...] | None
    single: bool = True
    fault: str = ""


def try_answer(answer: Answer, exercise: Exercise) -> list[Trial]:
    """Call an answer on every input of an exercise; each call gets copies of its own."""
    return [_try(answer, exercise, inputs) for inputs in exercise.inputs]


def _try(answer: Answer, exercise: Exercise, inputs: Inputs) -> Trial:
    given = copy.deepcopy(inputs)
    try:
        with np.errstate(all="ignore"):
            out = answer(*given)
    except Exception as error:
        return Trial(inputs, None, fault=_raised(error, answer, exercise, inputs))
    for letter, before, after in zip(exercise.letters, inputs, given, strict=True):
        if isinstance(before, np.ndarray) and not np.array_equal(before, after, equal_nan=True):
            fault = f"it changes its input {letter} in place. The caller still needs it: make a new array."
            return Trial(inputs, None, fault=fault)
    if out is None:
        return Trial(inputs, None, fault="it returns None. Is the last line a return?")
    single = not isinstance(out, tuple | list)
    parts = (out,) if single else tuple(out)
    try:
        results = tuple(np.asarray(p.data if isinstance(p, Tensor) else p) for p in parts)
    except (ValueError, TypeError) as error:
        return Trial(inputs, None, fault=f"what it returns is no array: {error}")
    if any(r.dtype.kind not in "biufc" for r in results):
        return Trial(inputs, None, fault=f"it returns {type(out).__name__}, where numbers are asked for.")
    if exercise.fresh and (letter := _shared(results, given, exercise)):
        fault = (
            f"the numbers are right, but the result shares memory with its input {letter}: whoever changes "
            "one of them later changes both. Return a copy."
        )
        return Trial(inputs, results, single, fault)
    return Trial(inputs, results, single)


def _raised(error: Exception, answer: Answer, exercise: Exercise, inputs: Inputs) -> str:
    if isinstance(error, NotImplementedError):
        return "it is not written yet."
    if isinstance(error, TypeError):
        try:
            inspect.signature(answer).bind(*inputs)
        except TypeError:
            return f"it must take {len(inputs)} inputs, ({', '.join(exercise.letters)})."
        except ValueError:  # a builtin without a signature
            pass
    return f"it raises {type(error).__name__}: {error}"


def _shared(results: tuple[Any, ...], given: Inputs, exercise: Exercise) -> str:
    for letter, value in zip(exercise.letters, given, strict=True):
        if isinstance(value, np.ndarray) and any(np.shares_memory(r, value) for r in results):
            return letter
    return ""
