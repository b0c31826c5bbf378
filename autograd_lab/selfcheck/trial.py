"""Trying an answer: what a function returns for an exercise's inputs, and what it does to them meanwhile."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import Answer, Exercise, Inputs
from autograd_lab.tensor import Tensor

# NumPy's words for it begin "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc".
MATMUL_LENGTHS = re.compile(r"matmul: .*gufunc signature.*\(size (\d+) is different from (\d+)\)")

UNWRITTEN = "it is not written yet."


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One call of an answer.

    Attributes
    ----------
    inputs : tuple
        As they were before the call.
    results : tuple of ndarray, or None
        What came back, each part as an array; None where nothing usable did.
    single : bool
        Whether it came back as one thing rather than as a tuple or a list.
    plain : tuple of bool
        Which of the results came back as numbers of Python's own, or lists of them. Those have no precision
        of their own: in an expression they take that of the arrays that they meet.
    fault : str
        What went wrong before any number could be compared, or "".
    on_this_input : bool
        Whether the fault has to do with the inputs. That nothing is written yet has not.

    Examples
    --------
    >>> from autograd_lab.selfcheck import EXERCISES
    >>> trial = try_answer(lambda g, x, w: g @ w.T, EXERCISES["matmul.vjp"])[0]
    >>> len(trial.results), trial.single, trial.fault
    (1, True, '')
    """

    inputs: Inputs
    results: tuple[Any, ...] | None = None
    single: bool = True
    plain: tuple[bool, ...] = ()
    fault: str = ""
    on_this_input: bool = True


def try_answer(answer: Answer, exercise: Exercise) -> list[Trial]:
    """Call an answer on every input of an exercise; each call gets copies of its own.

    Parameters
    ----------
    answer : function
    exercise : Exercise

    Returns
    -------
    list of Trial
        One for each of ``exercise.inputs``. What the answer raises is a fault of the trial.

    Examples
    --------
    >>> from autograd_lab.selfcheck import EXERCISES
    >>> try_answer(lambda g, x, w: None, EXERCISES["matmul.vjp"])[0].fault
    'it returns None. Is the last line a return?'
    """
    return [_try(answer, exercise, inputs) for inputs in exercise.inputs]


def _try(answer: Answer, exercise: Exercise, inputs: Inputs) -> Trial:
    given = copy.deepcopy(inputs)
    try:
        with np.errstate(all="ignore"):
            out = answer(*given)
    except NotImplementedError:
        return Trial(inputs=inputs, fault=UNWRITTEN, on_this_input=False)
    except Exception as error:
        if isinstance(error, TypeError) and not _takes(answer, inputs):
            count = "1 input" if len(inputs) == 1 else f"{len(inputs)} inputs"
            takes = f"it must take {count}, ({', '.join(exercise.letters)})."
            return Trial(inputs=inputs, fault=takes, on_this_input=False)
        return Trial(inputs=inputs, fault=_raised(error))
    for letter, before, after in zip(exercise.letters, inputs, given, strict=True):
        if not _unchanged(before, after):
            kind = "list" if isinstance(before, list) else "array"
            fault = f"it changes its input {letter} in place. The caller still needs it: make a new {kind}."
            return Trial(inputs=inputs, fault=fault)
    if out is None:
        return Trial(inputs=inputs, fault="it returns None. Is the last line a return?")
    single = not isinstance(out, tuple | list)
    parts = (out,) if single else tuple(out)
    if any(part is ... for part in parts):
        return Trial(inputs=inputs, fault=UNWRITTEN, on_this_input=False)
    try:
        results = tuple(np.asarray(p.data if isinstance(p, Tensor) else p) for p in parts)
    except (ValueError, TypeError) as error:
        return Trial(inputs=inputs, fault=f"what it returns is no array: {_first_line(error)}")
    for number, (part, result) in enumerate(zip(parts, results, strict=True), start=1):
        if result.dtype.kind not in "biufc":
            which = "it returns" if single else f"result {number} of {len(parts)} is"
            what = "None" if part is None else f"a {type(part).__name__}"
            return Trial(inputs=inputs, fault=f"{which} {what}, where numbers are asked for.")
    fault = ""
    if exercise.fresh and (letter := _shared(results, given, exercise)):
        fault = (
            f"the numbers are right, but the result shares memory with its input {letter}: whoever changes "
            "one of them later changes both. Return a copy."
        )
    plain = tuple(map(_is_plain, parts))
    return Trial(inputs=inputs, results=results, single=single, plain=plain, fault=fault)


def _is_plain(value: Any) -> bool:
    """Whether a value is a number of Python's own, or lists of nothing else."""
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return type(value) in (int, float)


def _takes(answer: Answer, inputs: Inputs) -> bool:
    try:
        inspect.signature(answer).bind(*inputs)
    except TypeError:
        return False
    except ValueError:  # a builtin without a signature
        pass
    return True


def _raised(error: Exception) -> str:
    return f"it raises {type(error).__name__}: {_first_line(error)}".removesuffix(": ")


def _first_line(error: Exception) -> str:
    text = str(error).strip().partition("\n")[0]
    if lengths := MATMUL_LENGTHS.fullmatch(text):
        return "the axes that a matrix product sums over have lengths {1} and {0}".format(*lengths.groups())
    return text


def _unchanged(before: Any, after: Any) -> bool:
    """Whether two inputs are still the same; lists and dictionaries of arrays are looked into."""
    if isinstance(before, Tensor):
        before, after = before.data, after.data
    if isinstance(before, np.ndarray):
        return np.array_equal(before, after, equal_nan=before.dtype.kind in "fc")
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(_unchanged(v, after[k]) for k, v in before.items())
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(_unchanged, before, after))
    if isinstance(before, int | float | complex | str):  # in a list: a sorted one has others in its places
        return bool(before is after or before == after)
    return True


def _shared(results: tuple[Any, ...], given: Inputs, exercise: Exercise) -> str:
    for letter, value in zip(exercise.letters, given, strict=True):
        if any(np.shares_memory(r, array) for r in results for array in _arrays(value)):
            return letter
    return ""


def _arrays(value: Any) -> Iterator[Any]:
    if isinstance(value, Tensor):
        yield value.data
    elif isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _arrays(part)
