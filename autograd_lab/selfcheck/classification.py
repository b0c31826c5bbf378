"""Exercises of the chapter on softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise

_rng = np.random.default_rng(13)


def _scores(*shape: int, scale: float = 1.0, dtype: Any = np.float64) -> Any:
    return (scale * _rng.normal(size=shape)).round(2).astype(dtype)


def _softmax(x: Any, axis: int = -1) -> Any:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def _by_shift(shift: Any) -> Any:
    """The right answer but for the shift, a function of x, T and x/T."""

    def answer(x: Any, T: Any) -> Any:
        z = x / T
        e = np.exp(z - shift(x, T, z))
        return e / e.sum(axis=-1, keepdims=True)

    return answer


def _cut_off(x: Any, T: Any) -> Any:
    e = np.exp(np.minimum(x / T, 700))
    return e / e.sum(axis=-1, keepdims=True)


def _logarithms(x: Any, T: Any) -> Any:
    z = x / T - (x / T).max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def _power(x: Any, T: Any) -> Any:
    powers = _softmax(x) ** (1 / T)
    return powers / powers.sum(axis=-1, keepdims=True)


def _shifted_above_the_bar(x: Any, T: Any) -> Any:
    z = x / T
    return np.exp(z - z.max(axis=-1, keepdims=True)) / np.exp(z).sum(axis=-1, keepdims=True)


def _axis_not_kept(x: Any, T: Any) -> Any:
    z = x / T
    e = np.exp(z - z.max(axis=-1))
    return e / e.sum(axis=-1)


def _divided_by_the_maximum(x: Any, T: Any) -> Any:
    z = x / T
    e = np.exp(z / z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _not_divided(x: Any, T: Any) -> Any:
    z = x / T
    return np.exp(z - z.max(axis=-1, keepdims=True))


def _sum_of_all(x: Any, T: Any) -> Any:
    z = x / T
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum()


@exercise(
    "softmax.tempered",
    "tempered(x, T) returns softmax(x / T) over the last axis of x, also where x / T is large.",
    letters="x T",
    inputs=[
        (np.array([[2.0, 1.0], [0.0, 3.0]]), 2.0),
        (_scores(2, 3), 0.5),
        (np.array([[1.0, 2.0, 4.0]]), 0.001),
        (np.array([[1.0, 1.001, 0.998]]), 0.001),
        (np.array([[-950.0, -948.0, -949.5], [-2.0, -1.0, -3.0]]), 1.0),
        (np.array([[450.0, 449.0, 448.0], [448.0, 449.5, 450.0]]), 0.5),
        (np.array([[950.0, 949.0, 1.0], [1.0, 2.0, 0.5]]), 1.0),
        (_scores(4, 3, dtype=np.float32), 0.25),
    ],
    mistakes={
        "nothing is subtracted, so the exponentials overflow where x / T is large.": (
            _by_shift(lambda x, T, z: 0)
        ),
        "one shift serves all rows. A row far below the largest score has only zeros left, and 0/0 is NaN.": (
            _by_shift(lambda x, T, z: z.max())
        ),
        "the shift is max x, but the numbers in the exponential are x / T: subtract their maximum.": (
            _by_shift(lambda x, T, z: x.max(axis=-1, keepdims=True))
        ),
        "it subtracts the mean. A score far above the mean overflows all the same: subtract the maximum.": (
            _by_shift(lambda x, T, z: z.mean(axis=-1, keepdims=True))
        ),
        "it subtracts the minimum. That makes the exponents larger, where they should be at most 0.": (
            _by_shift(lambda x, T, z: z.min(axis=-1, keepdims=True))
        ),
        "it subtracts the largest size, |x / T|. Where all scores are negative, every exponential may round "
        "to 0, and 0/0 is NaN: subtract the maximum, sign included.": (
            _by_shift(lambda x, T, z: np.abs(z).max(axis=-1, keepdims=True))
        ),
        "scores that are too large are cut off, so the largest of a row are no longer told apart. "
        "Subtract the maximum: that changes nothing.": _cut_off,
        "it raises the probabilities of softmax(x) to the power 1/T. On paper that is the same, but they "
        "have been rounded by then, and their powers may all be 0: divide the scores.": _power,
        "these are the logarithms of the probabilities.": _logarithms,
        "it multiplies by T, where x / T is asked for.": lambda x, T: _softmax(x * T),
        "the exponentials are divided by the sum of the whole table: sum over the last axis, and keep it.": (
            _sum_of_all
        ),
        "the softmax runs down the columns, axis 0. The classes of a sample stand along the last axis.": (
            lambda x, T: _softmax(x / T, axis=0)
        ),
        "the shift stands above the bar only. Subtract it below as well: the exponentials overflow there, "
        "and a factor cancels only if both have it.": _shifted_above_the_bar,
        "the exponentials are not divided by their sum, so the rows do not sum to 1.": _not_divided,
        "the axis is not kept: without keepdims=True a row's number is taken for a column's.": (
            _axis_not_kept
        ),
        "it divides by the maximum, which changes the probabilities. Subtract it: that changes nothing.": (
            _divided_by_the_maximum
        ),
        "what was NaN is set to 0 afterwards. The largest score's probability is lost with it: subtract the "
        "maximum, and nothing is NaN.": lambda x, T: np.nan_to_num(_by_shift(lambda x, T, z: 0)(x, T)),
        "that is softmax(x), as if T were 1. (Subtracting T does the same: it is a shift.) Divide x by T.": (
            lambda x, T: _softmax(x)
        ),
        "this is a 1 for each row's largest score, the limit for T → 0. At any T above 0 all have a share.": (
            lambda x, T: np.eye(x.shape[1], dtype=x.dtype)[x.argmax(axis=-1)]
        ),
        "the scores themselves are divided by their sum. Take exponentials first: those are positive.": (
            lambda x, T: x / x.sum(axis=-1, keepdims=True)
        ),
        "softmax is taken twice. Divide the scores themselves by T, then take it once.": (
            lambda x, T: _softmax(_softmax(x) / T)
        ),
        "T divides the probabilities. It belongs to the scores.": lambda x, T: _softmax(x) / T,
    },
)
def _tempered(x: Any, T: Any) -> Any:
    return _softmax(x / T)


def _tempered_vjps(mean: Any = None, T_part: Any = None) -> Any:
    """The right answer but for the mean cotangent, or for what becomes of the gradient for T."""

    def answer(g: Any, x: Any, T: Any) -> Any:
        p = _softmax(x / T)
        m = (g * p).sum(axis=-1, keepdims=True) if mean is None else mean(g, p)
        gz = p * (g - m)
        gT = -(gz * x).sum() / T**2 if T_part is None else T_part(gz, x, T, g, p)
        return gz / T, gT

    return answer


def _T_forgotten(g: Any, x: Any, T: Any) -> Any:
    p = _softmax(x / T)
    gz = p * (g - (g * p).sum(axis=-1, keepdims=True))
    return gz, -(gz * x).sum() / T**2


def _own_score_alone(g: Any, x: Any, T: Any) -> Any:
    p = _softmax(x / T)
    gz = p * (1 - p) * g
    return gz / T, -(gz * x).sum() / T**2


def _no_p_in_front(g: Any, x: Any, T: Any) -> Any:
    gz = g - (g * _softmax(x / T)).sum(axis=-1, keepdims=True)
    return gz / T, -(gz * x).sum() / T**2


def _times_T(g: Any, x: Any, T: Any) -> Any:
    gx, gT = _tempered_vjp(g, x, T)
    return gx * T**2, gT


def _at_x(g: Any, x: Any, T: Any) -> Any:
    p = _softmax(x)
    gz = p * (g - (g * p).sum(axis=-1, keepdims=True))
    return gz / T, -(gz * x).sum() / T**2


def _from(gz: Any) -> Any:
    """Both gradients, from another cotangent of x / T."""

    def answer(g: Any, x: Any, T: Any) -> Any:
        at_z = gz(g, _softmax(x / T))
        return at_z / T, -(at_z * x).sum() / T**2

    return answer


@exercise(
    "softmax.tempered_vjp",
    "vjp(g, x, T) returns the gradients for x and for the number T of softmax(x / T), given the cotangent g.",
    letters="g x T",
    inputs=[
        (np.array([[1.0, 3.0]]), np.array([[2.0, 1.0]]), 2.0),
        (_scores(2, 3), _scores(2, 3), 0.5),
        (_scores(3, 2), _scores(3, 2), 1.5),
        (_scores(1, 4), _scores(1, 4), 3.0),
    ],
    mistakes={
        "the 1/T is missing in the gradient for x: a step in x is a step in x / T that is 1/T as long.": (
            _T_forgotten
        ),
        "the mean cotangent is not weighted: each g counts as much as its probability.": (
            _tempered_vjps(mean=lambda g, p: g.mean(axis=-1, keepdims=True))
        ),
        "the cotangents are summed without their probabilities.": (
            _tempered_vjps(mean=lambda g, p: g.sum(axis=-1, keepdims=True))
        ),
        "no mean cotangent is subtracted: that is each score's path to its own probability alone.": (
            _tempered_vjps(mean=lambda g, p: 0)
        ),
        "that is the derivative of each probability for its own score alone, p (1 − p). Every score also "
        "acts on the others, through the sum.": _own_score_alone,
        "the p in front is missing: what arrives at x / T is p (g − Σ g p).": _no_p_in_front,
        "the gradient for x is multiplied by T. A step in x is a step in x / T that is 1/T as long.": (
            _times_T
        ),
        "the mean cotangent is that of the whole table. Each row has its own: sum over the last axis.": (
            _tempered_vjps(mean=lambda g, p: (g * p).sum())
        ),
        "the probabilities are those of softmax(x), not of softmax(x / T).": _at_x,
        "the mean cotangent is divided by the number of classes: Σ g p is a mean already, as Σ p = 1.": (
            _tempered_vjps(mean=lambda g, p: (g * p).mean(axis=-1, keepdims=True))
        ),
        "Σ g p runs down the columns. Each row is a sample with its own mean: sum over the last axis.": (
            _tempered_vjps(mean=lambda g, p: (g * p).sum(axis=0))
        ),
        "that is the VJP of log-softmax, g − p Σ g. Here g is the cotangent of p: p (g − Σ g p).": _from(
            lambda g, p: g - p * g.sum(axis=-1, keepdims=True)
        ),
        "p itself is subtracted from g, as for cross entropy. What is subtracted is the mean Σ g p.": (
            _from(lambda g, p: p * (g - p))
        ),
        "for T, no mean cotangent is subtracted: what arrives at x / T is p (g − Σ g p) there too.": (
            _tempered_vjps(T_part=lambda gz, x, T, g, p: -(g * p * x).sum() / T**2)
        ),
        "the gradient for T is that of a factor 1/T. It is a divisor: the derivative of x / T is −x / T².": (
            _tempered_vjps(T_part=lambda gz, x, T, g, p: (gz * x).sum() / T)
        ),
        "T has one gradient for each row. There is one T for all rows: add them up.": (
            _tempered_vjps(T_part=lambda gz, x, T, g, p: -(gz * x).sum(axis=-1) / T**2)
        ),
        "the gradient for T is not summed at all. T is one number, copied to every entry: add up.": (
            _tempered_vjps(T_part=lambda gz, x, T, g, p: -(gz * x) / T**2)
        ),
        "the sign of the gradient for T is wrong: the derivative of x / T for T is −x / T².": (
            _tempered_vjps(T_part=lambda gz, x, T, g, p: (gz * x).sum() / T**2)
        ),
        "the derivative of x / T for T is −x / T²: one more division by T.": (
            _tempered_vjps(T_part=lambda gz, x, T, g, p: -(gz * x).sum() / T)
        ),
        "the gradient for T is divided by T once too often: the gradient for x has a 1/T in it already.": (
            _tempered_vjps(T_part=lambda gz, x, T, g, p: -(gz * x).sum() / T**3)
        ),
        "the x is missing in the gradient for T: the derivative of x / T for T is −x / T².": (
            _tempered_vjps(T_part=lambda gz, x, T, g, p: -gz.sum() / T**2)
        ),
        "for T, the cotangent has not gone through the softmax: it arrives at x / T as p (g − Σ g p).": (
            _tempered_vjps(T_part=lambda gz, x, T, g, p: -(g * x).sum() / T**2)
        ),
    },
)
def _tempered_vjp(g: Any, x: Any, T: Any) -> Any:
    # With z = x/T: ∂z/∂x = 1/T, ∂z/∂T = −x/T², and T reaches every entry of every row.
    p = _softmax(x / T)
    gz = p * (g - (g * p).sum(axis=-1, keepdims=True))
    return gz / T, -(gz * x).sum() / T**2


def _merged(first: Any, second: Any) -> Any:
    """The right maximum, and A and B multiplied by a function each of a, b and the maximum."""

    def answer(a: Any, A: Any, b: Any, B: Any) -> Any:
        m = np.maximum(a, b)
        return m, A * first(a, b, m) + B * second(a, b, m)

    return answer


def _through_the_sums(a: Any, A: Any, b: Any, B: Any) -> Any:
    m = np.maximum(a, b)
    return m, (A * np.exp(a) + B * np.exp(b)) / np.exp(m)


def _one_maximum(a: Any, A: Any, b: Any, B: Any) -> Any:
    m = max(a.max(), b.max())
    return m, A * np.exp(a - m) + B * np.exp(b - m)


def _smaller_maximum(a: Any, A: Any, b: Any, B: Any) -> Any:
    m = np.minimum(a, b)
    return m, A * np.exp(a - m) + B * np.exp(b - m)


def _larger_part(a: Any, A: Any, b: Any, B: Any) -> Any:
    return np.maximum(a, b), np.where(a > b, A, B)


def _logarithm_of_the_sum(a: Any, A: Any, b: Any, B: Any) -> Any:
    m, total = _merge(a, A, b, B)
    return m, np.log(total)


def _scalar_maximum(a: Any, A: Any, b: Any, B: Any) -> Any:
    m = max(a, b)
    return m, A * np.exp(a - m) + B * np.exp(b - m)


def _lse_of_both(a: Any, A: Any, b: Any, B: Any) -> Any:
    m, total = _merge(a, A, b, B)
    return m, m + np.log(total)


@exercise(
    "softmax.merge",
    "merge(a, A, b, B) returns max and shifted sum of a row of scores, given those of its two parts.",
    letters="a A b B",
    inputs=[
        (np.array([1.0]), np.array([1.5]), np.array([3.0]), np.array([2.0])),
        (
            np.array([2.0, -1.0, 0.5]),
            np.array([1.5, 2.0, 1.0]),
            np.array([0.5, 1.0, 0.25]),
            np.array([1.25, 3.0, 2.5]),
        ),
        (np.array([900.0, -900.0]), np.array([1.5, 2.0]), np.array([902.0, -903.0]), np.array([1.25, 3.0])),
    ],
    mistakes={
        "the sums are added as they stand. Each belongs to its own maximum: rescale both to the new one.": (
            _merged(lambda a, b, m: 1, lambda a, b, m: 1)
        ),
        "the factors are the wrong way round. A was divided by the exponential of a, and is to be divided by "
        "that of m: multiply by exp(a − m).": _merged(
            lambda a, b, m: np.exp(m - a), lambda a, b, m: np.exp(m - b)
        ),
        "it goes through the unshifted sums, which overflow. Only differences may enter an exponential.": (
            _through_the_sums
        ),
        "only the first sum is rescaled. The second part's maximum can be the smaller one.": (
            _merged(lambda a, b, m: np.exp(a - m), lambda a, b, m: 1)
        ),
        "only the second sum is rescaled. The first part's maximum can be the smaller one.": (
            _merged(lambda a, b, m: 1, lambda a, b, m: np.exp(b - m))
        ),
        "one maximum serves all rows. Each row has its own: np.maximum compares entry by entry.": (
            _one_maximum
        ),
        "the second sum alone is rescaled, by the distance of the maxima. It is the sum of the part with the "
        "smaller maximum that shrinks, and that can be either.": (
            _merged(lambda a, b, m: 1, lambda a, b, m: np.exp(-np.abs(a - b)))
        ),
        "both sums are rescaled by the same factor. The part with the larger maximum keeps its sum.": (
            _merged(*[lambda a, b, m: np.exp(np.minimum(a, b) - m)] * 2)
        ),
        "each sum is rescaled by the other's maximum.": (
            _merged(lambda a, b, m: np.exp(b - m), lambda a, b, m: np.exp(a - m))
        ),
        "the second result is the log-sum-exp. The shifted sum is asked for, its logarithm comes later.": (
            _lse_of_both
        ),
        "the maximum is the smaller of the two, so that an exponent is positive and may overflow.": (
            _smaller_maximum
        ),
        "only the part with the larger maximum is kept. The other one's exponentials count too, if less.": (
            _larger_part
        ),
        "the second result is the logarithm of the shifted sum. The sum itself is asked for.": (
            _logarithm_of_the_sum
        ),
        "max and if compare two numbers, and here are arrays: np.maximum and np.where go entry by entry.": (
            _scalar_maximum
        ),
        "the second sum is multiplied by exp(b − a), which is right only where a is the larger maximum. "
        "Where b is, its sum stays and the first one shrinks.": _merged(
            lambda a, b, m: 1, lambda a, b, m: np.exp(b - a)
        ),
        "the first sum is always rescaled, the second never. It is the sum of the part with the smaller "
        "maximum that shrinks, and that can be either.": _merged(
            lambda a, b, m: np.exp(-np.abs(a - b)), lambda a, b, m: 1
        ),
        "the sums are multiplied by exp(a) and exp(b), which overflow. Only differences may enter an "
        "exponential: a − m and b − m.": _merged(lambda a, b, m: np.exp(a), lambda a, b, m: np.exp(b)),
        "the sums are multiplied by exp(−m), as if they were not shifted: A has its exp(−a) already.": (
            _merged(lambda a, b, m: np.exp(-m), lambda a, b, m: np.exp(-m))
        ),
        "the maximum of the row is the larger of the two, not their sum.": lambda a, A, b, B: (a + b, A + B),
    },
)
def _merge(a: Any, A: Any, b: Any, B: Any) -> Any:
    # A = Σ exp(x − a) over the first part, so Σ exp(x − m) = A exp(a − m), and no exponent is positive.
    m = np.maximum(a, b)
    return m, A * np.exp(a - m) + B * np.exp(b - m)
