"""Say what is wrong with a wrong answer: compare it with known mistakes and with those anyone makes.

A diagnosis is given only if it explains the answer on every input that was tried: one symmetric matrix or one
array of length 1 must not make a wrong factor look like a wrong transpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np

from autograd_lab.graph import unbroadcast
from autograd_lab.selfcheck.exercise import Exercise
from autograd_lab.selfcheck.trial import Trial, try_answer


class _Pair(NamedTuple):
    """One part of what came back beside what should have, on one input."""

    mine: Any
    right: Any
    inputs: tuple[Any, ...]


_Pairs = list[_Pair]


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
        Ends with the first input that fails and both values, where the answer gave any.

    Examples
    --------
    >>> from autograd_lab.selfcheck import EXERCISES
    >>> bilinear = EXERCISES["matmul.bilinear"]
    >>> print(diagnose(try_answer(lambda a, W, b: -np.outer(a, b), bilinear), bilinear))
    the sign is wrong.
    on a = [1., 2.], W = [[1., 3.], [5., 2.]], b = [3., 5.]
      yours: [[ -3., -5.], [ -6., -10.]]
      right: [[ 3., 5.], [ 6., 10.]]
    """
    with np.errstate(all="ignore"):
        return _diagnose(mine, exercise)


def _diagnose(mine: Sequence[Trial], exercise: Exercise) -> str:
    right = try_answer(exercise.answer, exercise)
    mine = [_in_precision(_as_numbers(_as_one_array(a, b), b), b) for a, b in zip(mine, right, strict=True)]
    wrong = [i for i, (a, b) in enumerate(zip(mine, right, strict=True)) if not _agree(a, b, exercise)]
    if not wrong:
        # Right numbers, but something else is the matter.
        return next((trial.fault for trial in mine if trial.fault), "")
    first, aim = mine[wrong[0]], right[wrong[0]]
    if not first.on_this_input:
        return first.fault
    known = _known_mistake(mine, right, exercise)
    if first.results is None:
        return f"{known or first.fault}\non {_call(exercise, first)}"
    text = known or _number_of_results(first, aim) or _anyones_mistake(mine, right, first, exercise)
    lines = [text, f"on {_call(exercise, first)}", *_both_values(first, aim)]
    raising = next((trial for trial in mine if trial.results is None), None)
    if raising and not known:
        lines.append(f"on {_call(exercise, raising)}\n  {raising.fault}")
    return "\n".join(lines)


def _as_one_array(a: Trial, b: Trial) -> Trial:
    """A list or tuple of numbers is as good as an array, where one array is asked for."""
    if a.results is None or b.results is None or a.single or not b.single:
        return a
    if len({part.shape for part in a.results}) != 1:
        return a
    stacked = np.array(a.results)
    if stacked.shape != b.results[0].shape:
        return a
    return replace(a, results=(stacked,), single=True, plain=(all(a.plain),))


def _as_numbers(a: Trial, b: Trial) -> Trial:
    """An array of numbers is as good as a tuple or a list of them, where several are asked for."""
    if a.results is None or b.results is None or not a.single or b.single:
        return a
    if any(part.shape for part in b.results) or a.results[0].shape != (len(b.results),):
        return a
    return replace(
        a, results=tuple(map(np.asarray, a.results[0])), single=False, plain=a.plain * len(b.results)
    )


def _in_precision(a: Trial, b: Trial) -> Trial:
    """A number of Python's is as good as one in the precision that is asked for: it has none of its own."""
    if a.results is None or b.results is None or len(a.results) != len(b.results):
        return a
    results = tuple(
        x.astype(y.dtype) if plain and (x.dtype.kind, y.dtype.kind) in {("f", "f"), ("i", "f")} else x
        for x, y, plain in zip(a.results, b.results, a.plain, strict=True)
    )
    return replace(a, results=results)


def _agree(a: Trial, b: Trial, exercise: Exercise, in_precision: bool = True) -> bool:
    """The same numbers in the same shapes, and in the precision that is asked for."""
    if a.results is None or b.results is None or len(a.results) != len(b.results):
        return False
    return all(
        _same(x, y, exercise) and (_same_precision(x, y) or not in_precision)
        for x, y in zip(a.results, b.results, strict=True)
    )


def _same(x: Any, y: Any, exercise: Exercise) -> bool:
    if x.shape != y.shape:
        return False
    rtol = max(exercise.rtol, 1e-4 if y.dtype == np.float32 else 0.0)
    return bool(np.allclose(x, y, rtol=rtol, atol=exercise.atol, equal_nan=True))


def _same_precision(x: Any, y: Any) -> bool:
    """Where integers or booleans are asked for, any numbers will do."""
    return bool(y.dtype.kind != "f" or x.dtype == y.dtype)


def _known_mistake(mine: Sequence[Trial], right: Sequence[Trial], exercise: Exercise) -> str:
    """What an entry of the exercise says, if the answer does on all inputs what the entry does."""
    for says, mistake in exercise.mistakes.items():
        theirs = try_answer(mistake, exercise)
        same = [_agree(a, b, exercise, in_precision=False) for a, b in zip(mine, theirs, strict=True)]
        failing = [
            _kind_of_fault(a) == _kind_of_fault(b) and a.results is None and b.results is None
            for a, b in zip(mine, theirs, strict=True)
        ]
        if not all(s or f for s, f in zip(same, failing, strict=True)):
            continue
        # np.dot and @ word an error differently. Wrong numbers in common tell that it is the same mistake;
        # where there are none, the errors must be the same to the letter.
        wrong_alike = any(
            s and not _agree(b, c, exercise, in_precision=False)
            for s, b, c in zip(same, theirs, right, strict=True)
        )
        if wrong_alike or all(s or a.fault == b.fault for s, a, b in zip(same, mine, theirs, strict=True)):
            return says
    return ""


def _kind_of_fault(trial: Trial) -> str:
    return trial.fault.partition(":")[0]


def _number_of_results(mine: Trial, right: Trial) -> str:
    assert mine.results is not None
    assert right.results is not None
    got, wanted = len(mine.results), len(right.results)
    if got == wanted:
        return ""
    return f"it returns {_count(got)}, where {_count(wanted)} {'is' if wanted == 1 else 'are'} asked for."


def _count(n: int) -> str:
    return "one result" if n == 1 else f"{n} results"


def _anyones_mistake(mine: Sequence[Trial], right: Sequence[Trial], first: Trial, exercise: Exercise) -> str:
    """The first of the usual suspects that explains one of the results on every input.

    A list may have more results on one input than on another; those like the first that fails are looked at.
    """
    parts = list(_parts(mine, right, len(first.results or ())))
    if len(parts) > 1 and _exchanged(parts, exercise):
        return "the results are right, but in another order than asked for."
    texts = [_of_one_result(pairs, exercise) for pairs in parts]
    text = next(filter(None, texts), "")
    if len(parts) == 1:
        return text
    if texts.count(text) == len(parts):
        return f"{'both' if len(parts) == 2 else 'all'} results: {text}"
    return f"result {texts.index(text) + 1} of {len(parts)}: {text}"


def _of_one_result(pairs: _Pairs, exercise: Exercise) -> str:
    if all(_same(p.mine, p.right, exercise) and _same_precision(p.mine, p.right) for p in pairs):
        return ""
    return next(filter(None, (suspect(pairs, exercise) for suspect in SUSPECTS)), "")


def _parts(mine: Sequence[Trial], right: Sequence[Trial], count: int) -> Iterator[_Pairs]:
    """For each of count results its values on all inputs that have as many; failed ones are left out."""
    for part in range(count):
        yield [
            _Pair(a.results[part], b.results[part], a.inputs)
            for a, b in zip(mine, right, strict=True)
            if a.results is not None and b.results is not None and len(a.results) == len(b.results) == count
        ]


def _exchanged(parts: list[_Pairs], exercise: Exercise) -> bool:
    orders = permutations(range(len(parts)))
    next(orders)  # the one that was asked for
    return any(
        all(
            _same(p.mine, q.right, exercise)
            for part, other in enumerate(order)
            for p, q in zip(parts[part], parts[other], strict=True)
        )
        for order in orders
    )


def _everywhere(pairs: _Pairs, exercise: Exercise, undo: Callable[[Any, Any], Any]) -> bool:
    """Whether undoing one mistake makes all results right."""
    try:
        return all(_same(np.asarray(undo(p.mine, p.right)), p.right, exercise) for p in pairs)
    except (ValueError, IndexError, TypeError):
        return False


def _complex(pairs: _Pairs, exercise: Exercise) -> str:
    if any(p.mine.dtype.kind == "c" and p.right.dtype.kind != "c" for p in pairs):
        return "it is complex, where real numbers are asked for."
    return ""


def _precision(pairs: _Pairs, exercise: Exercise) -> str:
    if not all(_same(p.mine, p.right, exercise) for p in pairs):
        return ""
    x, y = next((p.mine, p.right) for p in pairs if not _same_precision(p.mine, p.right))
    spreads = " What NumPy makes of no array, as np.zeros(3) and np.sqrt(2.0), is float64, and spreads."
    return (
        f"the numbers are right, but in {x.dtype} where {y.dtype} is asked for: the inputs' precision stays."
        + spreads * ((x.dtype, y.dtype) == (np.float64, np.float32))
    )


def _sign(pairs: _Pairs, exercise: Exercise) -> str:
    return "the sign is wrong." if _everywhere(pairs, exercise, lambda x, y: -x) else ""


def _transposed(pairs: _Pairs, exercise: Exercise) -> str:
    if _everywhere(pairs, exercise, lambda x, y: x.T):
        return "it is the transpose of what is asked for."
    return ""


def _kept_axis(pairs: _Pairs, exercise: Exercise) -> str:
    if _everywhere(pairs, exercise, lambda x, y: x.reshape(y.shape)):
        x, y = next((p.mine, p.right) for p in pairs if p.mine.shape != p.right.shape)
        return f"the numbers are right, but in shape {x.shape} where {y.shape} is asked for."
    return ""


def _forgotten_sum(pairs: _Pairs, exercise: Exercise) -> str:
    if _everywhere(pairs, exercise, lambda x, y: unbroadcast(x, y.shape)):
        return (
            "the sum over the broadcast axis is missing. Broadcasting copied an entry, so the cotangents of "
            "its copies add up."
        )
    return ""


def _zero(pairs: _Pairs, exercise: Exercise) -> str:
    if not all(np.all(np.abs(p.mine) <= exercise.atol) for p in pairs):  # NaN is not
        return ""
    return f"it is zero everywhere{', but for round-off' if any(np.any(p.mine) for p in pairs) else ''}."


def _an_input(pairs: _Pairs, exercise: Exercise) -> str:
    for k, letter in enumerate(exercise.letters):
        given = [(p.mine, p.inputs[k]) for p in pairs]
        if all(isinstance(v, np.ndarray) and _same(x, v, exercise) for x, v in given):
            return f"it is the input {letter}, unchanged."
    return ""


def _factor(pairs: _Pairs, exercise: Exercise) -> str:
    """One factor for all entries of a result: the same on every input, or the length of an axis."""
    telling = [p for p in pairs if np.any(p.mine) or np.any(p.right)]
    factors = [f for p in telling if (f := _ratio(p.mine, p.right)) is not None]
    if len(factors) < len(telling) or not factors:
        return ""
    if np.allclose(factors, 1, rtol=1e-4):
        return "the numbers are near the right ones, but not as near as asked for."
    if np.allclose(factors, factors[0], rtol=1e-4):
        return f"every entry is {factors[0]:.4g} times what it should be."
    for length, lengths in _lengths(telling, exercise):
        if np.allclose(factors, lengths, rtol=1e-4):
            return f"a division is missing: every entry is too large by {length}."
        if np.allclose(factors, 1 / np.array(lengths), rtol=1e-4):
            return f"it divides once too often: every entry is too small by {length}."
    return ""


def _ratio(x: Any, y: Any) -> float | None:
    if x.shape != y.shape or not np.any(y) or "c" in (x.dtype.kind, y.dtype.kind):
        return None
    ratios = x[y != 0] / y[y != 0]
    same = np.allclose(ratios, ratios.flat[0], rtol=1e-4) and not np.any(x[y == 0])
    return float(ratios.flat[0]) if same and np.isfinite(ratios.flat[0]) else None


def _lengths(pairs: _Pairs, exercise: Exercise) -> Iterator[tuple[str, list[float]]]:
    """The length of each axis of each input, and the size of each input, on all inputs."""
    for k, letter in enumerate(exercise.letters):
        arrays = [p.inputs[k] for p in pairs]
        if not all(isinstance(a, np.ndarray) and a.size for a in arrays):
            continue
        for axis in range(min(a.ndim for a in arrays)):
            yield f"the length of {letter}'s axis {axis}", [float(a.shape[axis]) for a in arrays]
        yield f"the number of {letter}'s entries", [float(a.size) for a in arrays]


def _not_finite(pairs: _Pairs, exercise: Exercise) -> str:
    if any(not np.isfinite(p.mine).all() and np.isfinite(p.right).all() for p in pairs):
        return "it is not finite (NaN or infinity) where the right answer is."
    return ""


def _other_shape(pairs: _Pairs, exercise: Exercise) -> str:
    wrong = next((p for p in pairs if p.mine.shape != p.right.shape), None)
    if wrong is None:
        return ""
    text = f"{wrong.mine.shape}, where {wrong.right.shape} is asked for."
    if wrong is next(p for p in pairs if not _same(p.mine, p.right, exercise)):
        return f"it has shape {text}"
    return f"the numbers differ, and on other inputs the shape does: {text}"


def _other_numbers(pairs: _Pairs, exercise: Exercise) -> str:
    x, y = next((p.mine, p.right) for p in pairs if not _same(p.mine, p.right, exercise))
    # Entry by entry, as _same does it for all of them.
    differ = sum(not _same(a, b, exercise) for a, b in zip(x.reshape(-1, 1), y.reshape(-1, 1), strict=True))
    return "the numbers differ." if differ == x.size else f"{differ} of {x.size} entries differ."


SUSPECTS: Sequence[Callable[[_Pairs, Exercise], str]] = (
    _complex, _precision, _sign, _transposed, _kept_axis, _forgotten_sum, _zero, _an_input, _factor,
    _not_finite, _other_shape, _other_numbers,
)  # fmt: skip
"""What goes wrong everywhere, the most particular first; each says "" if it does not explain the results."""


def _call(exercise: Exercise, trial: Trial) -> str:
    return ", ".join(f"{n} = {_show(v)}" for n, v in zip(exercise.letters, trial.inputs, strict=True))


def _both_values(mine: Trial, right: Trial) -> Iterator[str]:
    for style in STYLES:
        yours, theirs = (", ".join(_show(r, **style) for r in t.results or ()) for t in (mine, right))
        if yours != theirs:
            break
    yield f"  yours: {yours}"
    yield f"  right: {theirs}"
    for x, y in zip(mine.results or (), right.results or (), strict=False):
        if x.shape == y.shape and x.size > SHOWN:  # else both lines are seen whole
            at = np.unravel_index(np.argmax(np.nan_to_num(np.abs(x - y), nan=np.inf)), x.shape)
            if not np.array_equal(x[at], y[at], equal_nan=True):
                entry = f"[{', '.join(map(str, at))}]"
                yield f"  furthest off at {entry}: yours {x[at]:.4g}, right {y[at]:.4g}"


SHOWN = 12
"""Arrays with more entries are shown as their shape."""

STYLES: Sequence[dict[str, Any]] = ({}, {"suppress_small": False}, {"suppress_small": False, "precision": 17})
"""How results are printed, until a wrong one and the right one look different."""


def _show(value: Any, precision: int = 4, suppress_small: bool = True) -> str:
    """A value on one line, cut short where it is large."""
    if not isinstance(value, np.ndarray | np.generic):
        return repr(value) if not callable(value) else getattr(value, "__name__", "a function")
    array = np.asarray(value)
    if array.size > SHOWN:
        return f"an array of shape {array.shape}"
    text = np.array2string(array, precision=precision, separator=", ", suppress_small=suppress_small)
    text = text.replace("\n", "")
    return " ".join(text.split()) + (f" ({array.dtype})" if array.dtype == np.float32 else "")
