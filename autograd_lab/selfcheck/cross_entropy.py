"""Exercises of the chapter on cross entropy."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise

_rng = np.random.default_rng(14)


def _log_softmax(x: Any, axis: int = -1) -> Any:
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def _softmax(x: Any, axis: int = -1) -> Any:
    return np.exp(_log_softmax(x, axis))


def _scores(*shape: int, dtype: Any = np.float64) -> Any:
    return (2 * _rng.normal(size=shape)).round(2).astype(dtype)


def _log_p(*shape: int, dtype: Any = np.float64) -> Any:
    return _log_softmax(_scores(*shape)).astype(dtype)


def _picked(log_p: Any, y: Any) -> Any:
    return log_p[np.arange(len(y)), y]


@exercise(
    "nll.loss",
    "nll(log_p, y) returns the mean over the batch of −log_p at the true classes y, which are indices.",
    letters="log_p y",
    inputs=[
        (np.array([[-0.5, -1.0], [-2.0, -0.25]]), np.array([1, 0])),
        (_log_p(3, 3), np.array([2, 0, 1])),
        (_log_p(4, 5), np.array([3, 1, 1, 0])),
        (_log_p(3, 4, dtype=np.float32), np.array([2, 1, 0])),
    ],
    mistakes={
        "it is the sum over the batch. The mean divides it by the number of rows.": (
            lambda log_p, y: -_picked(log_p, y).sum()
        ),
        "it divides by the number of entries. The mean runs over the rows: each has one true class.": (
            lambda log_p, y: -_picked(log_p, y).sum() / log_p.size
        ),
        "it divides by the number of classes, not by the number of rows.": (
            lambda log_p, y: -_picked(log_p, y).sum() / log_p.shape[1]
        ),
        "log_p[:, y] takes the columns y of every row. Pair each row with its own class.": (
            lambda log_p, y: -log_p[:, y].mean()
        ),
        "there is one number for each row; their mean is asked for.": lambda log_p, y: -_picked(log_p, y),
        "log_p holds logarithms already, and here the logarithm is taken again.": (
            lambda log_p, y: -np.log(_picked(log_p, y)).mean()
        ),
        "a softmax is taken, but log_p has been through it already: the loss takes log_p as it is.": (
            lambda log_p, y: -_picked(_log_softmax(log_p), y).mean()
        ),
        "it takes one class too far to the left: the classes count from 0.": (
            lambda log_p, y: -_picked(log_p, y - 1).mean()
        ),
        "log_p[y] takes whole rows: y names columns, one for each row.": lambda log_p, y: -log_p[y].mean(),
        "these are the probabilities of the true classes. The loss takes their logarithms.": (
            lambda log_p, y: -np.exp(_picked(log_p, y)).mean()
        ),
        "it takes the most probable class of each row. The loss asks what the true one got.": (
            lambda log_p, y: -log_p.max(axis=1).mean()
        ),
        "it is the mean over all entries. Only the true class of each row counts.": (
            lambda log_p, y: -log_p.mean()
        ),
        "all entries of a row are summed. Only the true class of each row counts.": (
            lambda log_p, y: -log_p.sum(axis=1).mean()
        ),
        "row and column are exchanged: the row number comes first, then the class, log_p[np.arange(N), y].": (
            lambda log_p, y: -log_p[y, np.arange(len(y))].mean()
        ),
        "it multiplies by the indices. They say which entry to take, not how often.": (
            lambda log_p, y: -(y[:, None] * log_p).sum(axis=1).mean()
        ),
        "it takes one class too far to the right: the classes count from 0.": (
            lambda log_p, y: -_picked(log_p, y + 1).mean()
        ),
        "that is the mean of 1 − p, not of −log p.": (
            lambda log_p, y: (1 - np.exp(_picked(log_p, y))).mean()
        ),
        "the logarithm is taken of the mean probability. The loss is the mean of the logarithms.": (
            lambda log_p, y: -np.log(np.exp(_picked(log_p, y)).mean())
        ),
        "that is the share of mistakes. The loss asks how probable the true class was, not whether it won.": (
            lambda log_p, y: (log_p.argmax(axis=1) != y).mean()
        ),
    },
)
def _nll(log_p: Any, y: Any) -> Any:
    return -_picked(log_p, y).mean()


def _minus_one_hot(change: Any, over: Any = len) -> Any:
    """The right answer but for where 1 is subtracted, or for what the result is divided by."""

    def answer(x: Any, y: Any) -> Any:
        p = _softmax(x)
        change(p, y)
        return p / np.asarray(over(p)).astype(p.dtype)

    return answer


def _subtract(p: Any, y: Any) -> None:
    p[np.arange(len(y)), y] -= 1


def _one_further(p: Any, y: Any) -> None:
    p[np.arange(len(y)), y - 1] -= 1


def _columns(p: Any, y: Any) -> None:
    p[:, y] -= 1


def _whole_rows(p: Any, y: Any) -> None:
    p[y] -= 1


def _likeliest(p: Any, y: Any) -> None:
    p[np.arange(len(y)), p.argmax(axis=1)] -= 1


def _add(p: Any, y: Any) -> None:
    p[np.arange(len(y)), y] += 1


def _nothing(p: Any, y: Any) -> None:
    pass


def _the_index(p: Any, y: Any) -> None:
    p -= y[:, None].astype(p.dtype)


def _true_class_alone(p: Any, y: Any) -> None:
    p *= np.eye(p.shape[1], dtype=p.dtype)[y]
    _subtract(p, y)


def _through_division(x: Any, y: Any) -> Any:
    p = _softmax(x)
    g = -np.eye(p.shape[1], dtype=p.dtype)[y] / p
    return p * (g - (g * p).sum(axis=1, keepdims=True)) / p.dtype.type(len(y))


def _shifted_by(shift: Any) -> Any:
    def answer(x: Any, y: Any) -> Any:
        e = np.exp(x - shift(x))
        p = e / e.sum(axis=1, keepdims=True)
        _subtract(p, y)
        return p / p.dtype.type(len(y))

    return answer


_unshifted = _shifted_by(lambda x: 0)


def _cut_off(x: Any, y: Any) -> Any:
    return _unshifted(np.clip(x, -80, 80), y)


def _from_p(gradient: Any) -> Any:
    """A gradient made of softmax and one-hot rows, not yet divided by N."""

    def answer(x: Any, y: Any) -> Any:
        p = _softmax(x)
        return gradient(p, np.eye(p.shape[1], dtype=p.dtype)[y]) / p.dtype.type(len(y))

    return answer


def _true_entries(x: Any, y: Any) -> Any:
    return _picked(_gradient(x, y), y)


def _only_one_hot_over_n(x: Any, y: Any) -> Any:
    p = _softmax(x)
    p[np.arange(len(y)), y] -= p.dtype.type(1 / len(y))
    return p


def _one_to_the_right(p: Any, y: Any) -> None:
    p -= np.roll(np.eye(p.shape[1], dtype=p.dtype)[y], 1, axis=1)


def _sum_of_all(x: Any, y: Any) -> Any:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum()
    _subtract(p, y)
    return p / p.dtype.type(len(y))


def _not_divided(x: Any, y: Any) -> Any:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    _subtract(e, y)
    return e / e.dtype.type(len(y))


def _scores_for_p(x: Any, y: Any) -> Any:
    p = x.copy()
    _subtract(p, y)
    return p / p.dtype.type(len(y))


def _twice(x: Any, y: Any) -> Any:
    p = _softmax(_softmax(x))
    _subtract(p, y)
    return p / p.dtype.type(len(y))


def _down(x: Any, y: Any) -> Any:
    p = _softmax(x, axis=0)
    _subtract(p, y)
    return p / p.dtype.type(len(y))


@exercise(
    "cross_entropy.gradient",
    "gradient(x, y) returns ∂L/∂x of the mean cross entropy of scores x (N, C) and class indices y (N,).",
    letters="x y",
    inputs=[
        (np.array([[2.0, 1.0], [0.0, 3.0]]), np.array([0, 0])),
        (_scores(3, 3), np.array([2, 0, 1])),
        (_scores(4, 5), np.array([3, 1, 1, 0])),
        (np.array([[800.0, 0.0, 1.0], [0.0, 2.0, 1.0]]), np.array([1, 2])),
        (np.array([[801.0, 800.0, 1.0], [-801.0, -802.0, -800.0]]), np.array([1, 0])),
        (np.array([[800.0, -800.0, -799.0], [799.0, -799.0, 800.0]]), np.array([1, 2])),
        (_scores(3, 4, dtype=np.float32), np.array([2, 1, 0])),
    ],
    mistakes={
        "the 1/N of the mean over the batch is missing.": _minus_one_hot(_subtract, over=lambda p: 1),
        "it divides by the number of entries. The mean runs over the rows, so divide by N.": (
            _minus_one_hot(_subtract, over=lambda p: p.size)
        ),
        "it divides by the number of classes, not by the number of rows.": (
            _minus_one_hot(_subtract, over=lambda p: p.shape[1])
        ),
        "1 is subtracted one column too far to the left: the classes count from 0.": _minus_one_hot(
            _one_further
        ),
        "p[:, y] -= 1 changes the columns y of every row. Pair each row with its own class.": (
            _minus_one_hot(_columns)
        ),
        "p[y] -= 1 changes whole rows: y names columns, one for each row.": _minus_one_hot(_whole_rows),
        "1 is subtracted at the most probable class, not at the true one.": _minus_one_hot(_likeliest),
        "1 is added at the true class. That would push its score down.": _minus_one_hot(_add),
        "nothing is subtracted at the true class: this is the softmax over N.": _minus_one_hot(_nothing),
        "y itself is subtracted from each row. These are indices: subtract 1 at the true class.": (
            _minus_one_hot(_the_index)
        ),
        "only the true class has a gradient here. The others are in the denominator, and have p.": (
            _minus_one_hot(_true_class_alone)
        ),
        "it goes through −1/p, which is infinite where p has rounded to 0. On paper the p cancels: p − y.": (
            _through_division
        ),
        "one shift serves all rows. A row far below the largest score has only zeros left, and 0/0 is NaN.": (
            _shifted_by(lambda x: x.max())
        ),
        "it subtracts the mean. A score far above the mean overflows all the same: subtract the maximum.": (
            _shifted_by(lambda x: x.mean(axis=1, keepdims=True))
        ),
        "it subtracts the minimum. That makes the exponents larger, where they should be at most 0.": (
            _shifted_by(lambda x: x.min(axis=1, keepdims=True))
        ),
        "it subtracts the largest size, |x|. Where all scores are negative, every exponential may round to 0 "
        "and 0/0 is NaN: subtract the maximum, sign included.": (
            _shifted_by(lambda x: np.abs(x).max(axis=1, keepdims=True))
        ),
        "what was NaN is set to 0 afterwards, and with it the gradient of a whole row. On paper the p that "
        "it is divided by cancels: p − y.": lambda x, y: np.nan_to_num(_through_division(x, y)),
        "the true class is subtracted from the scores. Take their softmax first: the gradient is p − y.": (
            _scores_for_p
        ),
        "the exponentials are not divided by their sum: p is missing, and the rows do not sum to 0.": (
            _not_divided
        ),
        "the exponentials are divided by the sum of the whole table: sum over the last axis, and keep it.": (
            _sum_of_all
        ),
        "there is only the entry of the true class for each row. The other classes have a gradient too, p.": (
            _true_entries
        ),
        "p is not divided by N, only the 1 of the true class is. The mean divides both.": (
            _only_one_hot_over_n
        ),
        "1 is subtracted one column too far to the right: the classes count from 0.": (
            _minus_one_hot(_one_to_the_right)
        ),
        "that is the gradient for the log-probabilities, −y/N. It has not gone through log-softmax yet.": (
            _from_p(lambda p, y: -y)
        ),
        "that is the gradient for the probabilities, −y/p. It has not gone through softmax yet.": (
            _from_p(lambda p, y: -y / p)
        ),
        "the winner's 1 stands where p should: the gradient has the probabilities, not the decision.": (
            _from_p(lambda p, y: np.eye(p.shape[1], dtype=p.dtype)[p.argmax(axis=1)] - y)
        ),
        "that is the gradient of the squared error of p. Cross entropy is asked for, with p − y.": (
            _from_p(lambda p, y: 2 * p * (p - y - ((p - y) * p).sum(axis=1, keepdims=True)))
        ),
        "the softmax is not shifted, so it is NaN where a score is large.": _unshifted,
        "scores of large size are cut off, so the largest of a row are no longer told apart. Shift them.": (
            _cut_off
        ),
        "softmax is applied twice: x are scores, and the loss contains one softmax.": _twice,
        "the softmax runs down the columns, over the batch. The classes stand along the last axis.": _down,
    },
)
def _gradient(x: Any, y: Any) -> Any:
    p = _softmax(x)
    p[np.arange(len(y)), y] -= 1
    return p / p.dtype.type(len(y))


def _sigmoid(x: Any) -> Any:
    return np.exp(-np.logaddexp(0, -x))


def _through_sigma(x: Any, y: Any) -> Any:
    s = 1 / (1 + np.exp(-x))
    return -y * np.log(s) - (1 - y) * np.log(1 - s), s - y


def _with_epsilon(x: Any, y: Any) -> Any:
    s, tiny = _sigmoid(x), 1e-12
    return -y * np.log(s + tiny) - (1 - y) * np.log(1 - s + tiny), s - y


def _with_gradient(gradient: Any) -> Any:
    return lambda x, y: (np.logaddexp(0, x) - y * x, gradient(x, y))


def _with_loss(loss: Any) -> Any:
    return lambda x, y: (loss(x, y), _sigmoid(x) - y)


@exercise(
    "cross_entropy.binary",
    "binary(x, y) returns loss and slope of −y log σ(x) − (1 − y) log(1 − σ(x)), entry by entry, for any x.",
    letters="x y",
    inputs=[
        (np.array([2.0, -1.0]), np.array([1.0, 0.25])),
        (_scores(2, 3), _rng.uniform(0.1, 0.9, size=(2, 3)).round(2)),
        (np.array([-800.0, 800.0, 60.0]), np.array([1.0, 0.0, 0.5])),
        (_scores(4, dtype=np.float32), np.array([0.5, 0.25, 1.0, 0.0], dtype=np.float32)),
    ],
    mistakes={
        "it takes logarithms of σ, which has rounded to 0 or to 1 at large x. Simplify until no σ is left.": (
            _through_sigma
        ),
        "1 − y and its term are missing: the entry also costs −(1 − y) log(1 − σ(x)).": (
            lambda x, y: (y * np.logaddexp(0, -x), -y * _sigmoid(-x))
        ),
        "something small is added inside the logarithms. That caps the loss, where it should go on growing "
        "with x: simplify until no σ is left.": _with_epsilon,
        "loss and slope are asked for entry by entry, without a mean.": (
            lambda x, y: ((np.logaddexp(0, x) - y * x).mean(), (_sigmoid(x) - y) / x.dtype.type(x.size))
        ),
        "the loss is asked for entry by entry, without a mean.": (
            _with_loss(lambda x, y: (np.logaddexp(0, x) - y * x).mean())
        ),
        "log(1 + exp(x)) overflows for large x; np.logaddexp(0, x) does not.": (
            _with_loss(lambda x, y: np.log(1 + np.exp(x)) - y * x)
        ),
        "the − y x is missing in the loss.": _with_loss(lambda x, y: np.logaddexp(0, x)),
        "the sign of y x is wrong: log σ(x) = x − log(1 + exp(x)), and it comes with −y.": (
            _with_loss(lambda x, y: np.logaddexp(0, x) + y * x)
        ),
        "that is right for y = 1 only: log(1 + exp(x)) − x. In general x is multiplied by y.": (
            _with_loss(lambda x, y: np.logaddexp(0, -x))
        ),
        "loss and slope are right for y = 1 only: in general x is multiplied by y, and y is subtracted.": (
            lambda x, y: (np.logaddexp(0, -x), _sigmoid(x) - 1)
        ),
        "y and 1 − y are exchanged: y belongs to log σ(x).": (
            lambda x, y: (np.logaddexp(0, x) - (1 - y) * x, _sigmoid(x) - (1 - y))
        ),
        "y and 1 − y are exchanged in the loss: y belongs to log σ(x).": (
            _with_loss(lambda x, y: np.logaddexp(0, x) - (1 - y) * x)
        ),
        "−log σ(x) is log(1 + exp(−x)), and stands here for log(1 + exp(x)): subtract y x from the latter.": (
            _with_loss(lambda x, y: np.logaddexp(0, -x) - y * x)
        ),
        "what was NaN is made a number afterwards. The loss is |x| there: simplify until no σ is left.": (
            lambda x, y: tuple(np.nan_to_num(r) for r in _through_sigma(x, y))
        ),
        "1 − y and its term are missing in the slope: it is −y (1 − σ) + (1 − y) σ, which is σ − y.": (
            _with_gradient(lambda x, y: -y * _sigmoid(-x))
        ),
        "the derivative of y x by x is y, without the x.": _with_gradient(lambda x, y: _sigmoid(x) - y * x),
        "that is the slope of σ, σ (1 − σ). The slope of the loss is asked for.": (
            _with_gradient(lambda x, y: _sigmoid(x) * _sigmoid(-x))
        ),
        "the slope has σ(−x), which is 1 − σ(x). The derivative of log(1 + exp(x)) is σ(x).": (
            _with_gradient(lambda x, y: _sigmoid(-x) - y)
        ),
        "the slope has the wrong sign: it is prediction minus target.": (
            _with_gradient(lambda x, y: y - _sigmoid(x))
        ),
        "the slope is that for σ, not for x: the factor σ (1 − σ) is missing, and cancels the denominator.": (
            _with_gradient(lambda x, y: (_sigmoid(x) - y) / (_sigmoid(x) * _sigmoid(-x)))
        ),
        "the slope has a factor σ (1 − σ) too many: the derivative of the logarithm cancels it.": (
            _with_gradient(lambda x, y: (_sigmoid(x) - y) * _sigmoid(x) * _sigmoid(-x))
        ),
        "the slope is σ alone: the derivative of − y x is missing.": _with_gradient(lambda x, y: _sigmoid(x)),
        "the slope is NaN where exp(x) is infinite: write σ as 1 / (1 + exp(−x)).": (
            _with_gradient(lambda x, y: np.exp(x) / (1 + np.exp(x)) - y)
        ),
    },
)
def _binary(x: Any, y: Any) -> Any:
    # log σ = x − log(1 + eˣ) and log(1 − σ) = −log(1 + eˣ), so the loss is log(1 + eˣ) − y x.
    return np.logaddexp(0, x) - y * x, _sigmoid(x) - y
