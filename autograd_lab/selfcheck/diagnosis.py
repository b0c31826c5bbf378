"""Say what is wrong with a wrong answer: compare it with known mistakes and with those anyone makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lab.graph import unbroadcast
from autograd_lab.selfcheck.exercise import Exercise
from autograd_lab.selfcheck.trial import Trial, try_answer

Pairs = list[tuple[Any, Any]]  # what came back beside what should have, over all inputs and parts


def diagnose(mine: Sequence[Trial], exercise: Exercise) -> str:
    """What is wrong with an answer, in the reader's terms; "" if nothing is.

    Parameters
    ----------
    mine : sequence of Trial
        The answer on every input of the exercise.
    exercise : Exercise

    Returns
    -------
    str
        Ends with the smallest input that fails and both values, unless it failed before there were any.
    """
    right = try_answer(exercise.answer, exercise)
    wrong = [i for i, (a, b) in enumerate(zip(mine, right, strict=True)) if not _agree(a, b, exercise)]
    if not wrong:
        # Right numbers, but something else is the matter.
        return next((trial.fault for trial in mine if trial.fault), "")
    first = wrong[0]
    known = _known_mistake(mine, exercise)
    if mine[first].results is None:
        return known or f"{mine[first].fault}\non {_call(exercise, mine[first])}"
    text = known or _number_of_results(mine[first], right[first]) or _anyones_mistake(mine, right, exercise)
    return f"{text}\n{_both_values(mine[first], right[first], exercise)}"


def _agree(a: Trial, b: Trial, exercise: Exercise) -> bool:
    """The same numbers in the same shapes; precision is looked at apart."""
    if a.results is None or b.results is None or len(a.results) != len(b.results):
        return False
    return all(
        x.shape == y.shape and _close(x, y, exercise) and (y.dtype.kind != "f" or x.dtype == y.dtype)
        for x, y in zip(a.results, b.results, strict=True)
    )


def _close(x: Any, y: Any, exercise: Exercise) -> bool:
    rtol = max(exercise.rtol, 1e-4 if y.dtype == np.float32 else 0.0)
    return bool(np.allclose(x, y, rtol=rtol, atol=exercise.atol, equal_nan=True))


def _known_mistake(mine: Sequence[Trial], exercise: Exercise) -> str:
    """What an entry of the exercise says, if the answer does on all inputs what the entry does."""
    for says, mistake in exercise.mistakes.items():
        theirs = try_answer(mistake, exercise)
        if all(
            _agree(a, b, exercise) or (a.results is None and b.results is None and a.fault == b.fault)
            for a, b in zip(mine, theirs, strict=True)
        ):
            return says
    return ""


def _number_of_results(mine: Trial, right: Trial) -> str:
    assert mine.results is not None
    assert right.results is not None
    got, wanted = len(mine.results), len(right.results)
    if got == wanted:
        return ""
    return f"it returns {_count(got)}, where {_count(wanted)} {'is' if wanted == 1 else 'are'} asked for."


def _count(n: int) -> str:
    return "one result" if n == 1 else f"{n} results"


def _anyones_mistake(mine: Sequence[Trial], right: Sequence[Trial], exercise: Exercise) -> str:
    """The first of the usual suspects that explains one of the results on every input."""
    parts = len(right[0].results or ())
    for part in range(parts):
        pairs = [
            (a.results[part], b.results[part])
            for a, b in zip(mine, right, strict=True)
            if a.results is not None and b.results is not None and len(a.results) == parts
        ]
        if all(_same(x, y, exercise) and x.dtype == y.dtype for x, y in pairs):
            continue
        where = f"Result {part + 1} of {parts}: " if parts > 1 else ""
        for suspect in SUSPECTS:
            if text := suspect(pairs, exercise):
                return where + text
    return ""


def _same(x: Any, y: Any, exercise: Exercise) -> bool:
    return x.shape == y.shape and _close(x, y, exercise)


def _everywhere(pairs: Pairs, exercise: Exercise, undo: Callable[[Any, Any], Any]) -> bool:
    """Whether undoing one mistake makes all results right."""
    try:
        return all(_same(np.asarray(undo(x, y)), y, exercise) for x, y in pairs)
    except (ValueError, IndexError):
        return False


def _precision(pairs: Pairs, exercise: Exercise) -> str:
    if not all(_same(x, y, exercise) for x, y in pairs):
        return ""
    x, y = next((x, y) for x, y in pairs if x.dtype != y.dtype)
    return (
        f"the numbers are right, but in {x.dtype} where {y.dtype} is asked for: the inputs' precision stays."
    )


def _sign(pairs: Pairs, exercise: Exercise) -> str:
    return "the sign is wrong." if _everywhere(pairs, exercise, lambda x, y: -x) else ""


def _forgotten_sum(pairs: Pairs, exercise: Exercise) -> str:
    if _everywhere(pairs, exercise, lambda x, y: unbroadcast(x, y.shape)):
        return (
            "the sum over the broadcast axis is missing. Broadcasting copied an entry, so the cotangents of "
            "its copies add up."
        )
    return ""


def _transposed(pairs: Pairs, exercise: Exercise) -> str:
    if _everywhere(pairs, exercise, lambda x, y: x.T):
        return "it is the transpose of what is asked for."
    return ""


def _kept_axis(pairs: Pairs, exercise: Exercise) -> str:
    if all(x.size == y.size and x.shape != y.shape for x, y in pairs) and _everywhere(
        pairs, exercise, lambda x, y: x.reshape(y.shape)
    ):
        x, y = pairs[0]
        return f"the numbers are right, but in shape {x.shape} where {y.shape} is asked for."
    return ""


def _zero(pairs: Pairs, exercise: Exercise) -> str:
    if all(not np.any(x) for x, _ in pairs) and any(np.any(y) for _, y in pairs):
        return "it is zero everywhere."
    return ""


def _factor(pairs: Pairs, exercise: Exercise) -> str:
    """One factor for all entries of a result: the same on every input, or the length of an axis."""
    factors = [f for f in (_ratio(x, y) for x, y in pairs) if f is not None]
    if not factors or len(factors) < sum(bool(np.any(y)) for _, y in pairs):
        return ""
    if np.allclose(factors, factors[0], rtol=1e-4):
        return f"every entry is {factors[0]:.4g} times what it should be."
    whole = [f if f > 1 else 1 / f for f in factors]
    if all(f > 0 for f in factors) and np.allclose(whole, np.round(whole), rtol=1e-4):
        if all(f >= 1 for f in factors):
            return "a division is missing: entries are too large by a whole number that grows with the input."
        return "it divides once too often: entries are too small by a whole number that grows with the input."
    return ""


def _ratio(x: Any, y: Any) -> float | None:
    if x.shape != y.shape or not np.any(y):
        return None
    ratios = x[y != 0] / y[y != 0]
    same = np.allclose(ratios, ratios.flat[0], rtol=1e-4) and not np.any(x[y == 0])
    return float(ratios.flat[0]) if same and np.isfinite(ratios.flat[0]) else None


def _not_finite(pairs: Pairs, exercise: Exercise) -> str:
    if any(not np.isfinite(x).all() and np.isfinite(y).all() for x, y in pairs):
        return "it is not finite (NaN or infinity) where the right answer is."
    return ""


def _other_shape(pairs: Pairs, exercise: Exercise) -> str:
    wrong = next(((x, y) for x, y in pairs if x.shape != y.shape), None)
    return f"it has shape {wrong[0].shape}, where {wrong[1].shape} is asked for." if wrong else ""


def _other_numbers(pairs: Pairs, exercise: Exercise) -> str:
    return "the numbers differ."


SUSPECTS: Sequence[Callable[[Pairs, Exercise], str]] = (
    _precision, _sign, _transposed, _kept_axis, _forgotten_sum, _zero, _factor, _not_finite, _other_shape,
    _other_numbers,
)  # fmt: skip


def _call(exercise: Exercise, trial: Trial) -> str:
    return ", ".join(f"{n} = {_show(v)}" for n, v in zip(exercise.letters, trial.inputs, strict=True))


def _both_values(mine: Trial, right: Trial, exercise: Exercise) -> str:
    lines = [f"on {_call(exercise, mine)}"]
    lines += [f"  yours: {_show_all(mine)}", f"  right: {_show_all(right)}"]
    return "\n".join(lines)


def _show_all(trial: Trial) -> str:
    return ", ".join(_show(r) for r in trial.results or ())


def _show(value: Any) -> str:
    """A value on one line, cut short where it is large."""
    if not isinstance(value, np.ndarray | np.generic):
        return repr(value) if not callable(value) else getattr(value, "__name__", "a function")
    array = np.asarray(value)
    if array.size > 12:
        return f"an array of shape {array.shape}"
    text = np.array2string(array, precision=4, separator=", ", suppress_small=True).replace("\n", "")
    return " ".join(text.split()) + (f" ({array.dtype})" if array.dtype == np.float32 else "")
