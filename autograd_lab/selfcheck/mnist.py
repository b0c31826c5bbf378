"""Exercises of the chapter on MNIST."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise

_rng = np.random.default_rng(15)


def _numbers(*shape: int, dtype: Any = np.float64) -> Any:
    """Halves and wholes, none of them zero, so that a mistake shows and can be followed by hand."""
    return (_rng.choice([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0], size=shape) / 2).astype(dtype)


@exercise(
    "mnist.accuracy",
    "accuracy(scores, labels) returns the fraction of samples whose largest score is that of their label.",
    letters="scores labels",
    inputs=[
        (np.array([[1.0, 3.0], [2.0, 0.5]]), np.array([1, 1])),
        (np.array([[0.0, 2.0, 1.0], [4.0, 1.0, 2.0], [1.0, 3.0, 9.0]]), np.array([1, 2, 2])),
        (
            np.array([[3.0, 1.0, 0.0], [0.0, 1.0, 2.0], [2.0, 5.0, 3.0], [7.0, 8.0, 6.0], [1.0, 0.0, -1.0]]),
            np.array([0, 2, 1, 0, 0]),
        ),
        (np.array([[1.0, 0.5, -1.0], [0.0, 2.0, 3.0]]), np.array([0, 2])),
    ],
    mistakes={
        "argmax runs over the batch, axis 0. The classes of a sample stand along axis 1.": (
            lambda scores, labels: np.mean(scores.argmax(axis=0) == labels)
        ),
        "argmax has no axis, so it is one place in the whole table and not one for each sample.": (
            lambda scores, labels: np.mean(scores.argmax() == labels)
        ),
        "it compares the largest score itself with the label, where its place is asked for.": (
            lambda scores, labels: np.mean(scores.max(axis=1) == labels)
        ),
        "it is the share of wrong answers.": lambda scores, labels: np.mean(scores.argmax(axis=1) != labels),
        "it divides by the number of classes, not by the number of samples.": (
            lambda scores, labels: np.sum(scores.argmax(axis=1) == labels) / scores.shape[1]
        ),
        "it divides by 10. Divide by the number of samples, len(labels).": (
            lambda scores, labels: np.sum(scores.argmax(axis=1) == labels) / 10
        ),
        "it is 1 if all answers are right and 0 if not, as np.all or // gives it. Take the mean.": (
            lambda scores, labels: int(np.all(scores.argmax(axis=1) == labels))
        ),
        "it says for each sample whether it is right. Take the mean of that.": (
            lambda scores, labels: scores.argmax(axis=1) == labels
        ),
        "these are the answers. Compare them with the labels, and take the mean.": (
            lambda scores, labels: scores.argmax(axis=1)
        ),
        "it looks for the lowest score; the answer is the class with the highest.": (
            lambda scores, labels: np.mean(scores.argmin(axis=1) == labels)
        ),
        "it is the mean score of the labels. Ask of each sample whether that score is its highest.": (
            lambda scores, labels: np.mean(scores[np.arange(len(labels)), labels])
        ),
    },
)
def _accuracy(scores: Any, labels: Any) -> Any:
    return np.mean(scores.argmax(axis=1) == labels)


def _layer(d: int, m: int, lr: float, dtype: Any = np.float64) -> tuple[Any, ...]:
    shapes = (d, m), (m,), (d, m), (m,)
    return *(_numbers(*shape, dtype=dtype) for shape in shapes), lr


@exercise(
    "mnist.sgd_step",
    "sgd_step(w, b, gw, gb, lr) returns new w and b after one step of gradient descent; no input changes.",
    letters="w b gw gb lr",
    inputs=[_layer(1, 1, 0.5), _layer(2, 2, 0.25), _layer(2, 3, 0.125), _layer(3, 2, 0.125, np.float32)],
    fresh=True,
    mistakes={
        "it goes uphill: the gradient points to where the loss grows, so it is subtracted.": (
            lambda w, b, gw, gb, lr: (w + lr * gw, b + lr * gb)
        ),
        "the learning rate is missing.": lambda w, b, gw, gb, lr: (w - gw, b - gb),
        "it returns what is to be subtracted, where the new parameters are asked for.": (
            lambda w, b, gw, gb, lr: (lr * gw, lr * gb)
        ),
        "it returns minus the step, where the new parameters are asked for: add the old ones.": (
            lambda w, b, gw, gb, lr: (-lr * gw, -lr * gb)
        ),
        "it divides by the number of rows of w; the gradients have their 1/N already.": (
            lambda w, b, gw, gb, lr: (w - lr * gw / len(w), b - lr * gb / len(w))
        ),
        "it divides by the learning rate, so that a smaller rate makes larger steps.": (
            lambda w, b, gw, gb, lr: (w - gw / lr, b - gb / lr)
        ),
        "w moves, but b stays where it was.": lambda w, b, gw, gb, lr: (w - lr * gw, b.copy()),
        "the learning rate is always 0.1, as in the chapter; here it is lr.": lambda w, b, gw, gb, lr: (
            w - 0.1 * gw,
            b - 0.1 * gb,
        ),
        "gb has been summed over the batch already, when backward made it.": lambda w, b, gw, gb, lr: (
            w - lr * gw,
            b - lr * gb.sum(axis=0),
        ),
        "the learning rate multiplies the gradient alone, not the parameter as well.": (
            lambda w, b, gw, gb, lr: (lr * (w - gw), lr * (b - gb))
        ),
        "parameters and gradients have changed places.": lambda w, b, gw, gb, lr: (gw - lr * w, gb - lr * b),
    },
)
def _sgd_step(w: Any, b: Any, gw: Any, gb: Any, lr: Any) -> Any:
    return w - lr * gw, b - lr * gb


def _two_layers(n: int, d: int, h: int, m: int, dtype: Any = np.float64) -> tuple[Any, ...]:
    # An eighth in b1 keeps x @ w1 + b1 away from ReLU's kink.
    b1 = _rng.choice([-0.125, 0.125], size=h).astype(dtype)
    return (
        _numbers(n, m, dtype=dtype), _numbers(n, d, dtype=dtype), _numbers(d, h, dtype=dtype), b1,
        _numbers(h, m, dtype=dtype),
    )  # fmt: skip


def _hidden(x: Any, w1: Any, b1: Any) -> tuple[Any, Any]:
    a = x @ w1 + b1
    return a, np.maximum(a, 0)


def _wrong_mask(mask: Any) -> Any:
    """The right backward but for its mask, a function of a = x @ w1 + b1, of h and of ∂L/∂h."""

    def answer(g: Any, x: Any, w1: Any, b1: Any, w2: Any) -> Any:
        a, h = _hidden(x, w1, b1)
        gh = g @ w2.T
        ga = gh * mask(a, h, gh)
        return x.T @ ga, ga.sum(axis=0), h.T @ g, g.sum(axis=0)

    return answer


def _biases(along: Any) -> Any:
    """The right backward but for what becomes of the two bias gradients."""

    def answer(g: Any, x: Any, w1: Any, b1: Any, w2: Any) -> Any:
        a, h = _hidden(x, w1, b1)
        ga = g @ w2.T * (a > 0)
        return x.T @ ga, along(ga), h.T @ g, along(g)

    return answer


def _before_relu(g: Any, x: Any, w1: Any, b1: Any, w2: Any) -> Any:
    a, _ = _hidden(x, w1, b1)
    ga = g @ w2.T * (a > 0)
    return x.T @ ga, ga.sum(axis=0), a.T @ g, g.sum(axis=0)


def _without_b1(g: Any, x: Any, w1: Any, b1: Any, w2: Any) -> Any:
    return _linear_relu_backward(g, x, w1, np.zeros_like(b1), w2)


def _w2_as_it_is(g: Any, x: Any, w1: Any, b1: Any, w2: Any) -> Any:
    a, h = _hidden(x, w1, b1)
    ga = g @ w2 * (a > 0)
    return x.T @ ga, ga.sum(axis=0), h.T @ g, g.sum(axis=0)


def _x_as_it_is(g: Any, x: Any, w1: Any, b1: Any, w2: Any) -> Any:
    a, h = _hidden(x, w1, b1)
    ga = g @ w2.T * (a > 0)
    return x @ ga, ga.sum(axis=0), h @ g, g.sum(axis=0)


def _masked_output(g: Any, x: Any, w1: Any, b1: Any, w2: Any) -> Any:
    _, h = _hidden(x, w1, b1)
    return _linear_relu_backward(g * (h @ w2 > 0), x, w1, b1, w2)


def _without_w2(g: Any, x: Any, w1: Any, b1: Any, w2: Any) -> Any:
    a, h = _hidden(x, w1, b1)
    ga = g * (a > 0)
    return x.T @ ga, ga.sum(axis=0), h.T @ g, g.sum(axis=0)


def _mask_before_b1(g: Any, x: Any, w1: Any, b1: Any, w2: Any) -> Any:
    _, h = _hidden(x, w1, b1)
    ga = g @ w2.T * (x @ w1 > 0)
    return x.T @ ga, ga.sum(axis=0), h.T @ g, g.sum(axis=0)


def _instead(**new: Any) -> Any:
    """The right backward but for one result or two, which are functions of g, x, ga and ∂L/∂h."""

    def answer(g: Any, x: Any, w1: Any, b1: Any, w2: Any) -> Any:
        right = dict(zip(("w1", "b1", "w2", "b2"), _linear_relu_backward(g, x, w1, b1, w2), strict=True))
        gh = g @ w2.T
        ga = gh * (_hidden(x, w1, b1)[0] > 0)
        return tuple((right | {name: of(g, x, ga, gh) for name, of in new.items()}).values())

    return answer


@exercise(
    "mnist.linear_relu_backward",
    "backward(g, x, w1, b1, w2) returns ∂L/∂w1, ∂L/∂b1, ∂L/∂w2, ∂L/∂b2 of relu(x @ w1 + b1) @ w2 + b2.",
    letters="g x w1 b1 w2",
    inputs=[
        _two_layers(2, 2, 2, 2),
        _two_layers(3, 3, 3, 3),
        _two_layers(5, 3, 4, 2),
        _two_layers(6, 2, 5, 3),
        _two_layers(5, 3, 4, 2, np.float32),
    ],
    mistakes={
        "ReLU is missing on the way back, or its mask is always true. Where x @ w1 + b1 is negative, it lets "
        "nothing through.": (_wrong_mask(lambda a, h, gh: np.ones_like(a))),
        "the mask comes from the cotangent. It is where the input of ReLU, x @ w1 + b1, is positive.": (
            _wrong_mask(lambda a, h, gh: gh > 0)
        ),
        "the mask is the wrong way round: the units that are on let the cotangent pass.": (
            _wrong_mask(lambda a, h, gh: a <= 0)
        ),
        "it multiplies by the output of ReLU, where its derivative, 0 or 1, is asked for.": (
            _wrong_mask(lambda a, h, gh: h)
        ),
        "the bias gradients are not summed over the batch: every sample added the same b.": (
            _biases(lambda g: g)
        ),
        "the bias gradients are means over the batch; g has the 1/N of the loss already, so they are sums.": (
            _biases(lambda g: g.mean(axis=0))
        ),
        "the bias gradients are sums over the units, axis 1; every sample added the same b, so the sum runs "
        "over the samples, axis 0.": _biases(lambda g: g.sum(axis=1)),
        "the bias gradients are the first sample's alone.": _biases(lambda g: g[0].copy()),
        "∂L/∂w2 is made with what goes into ReLU. The second layer saw what came out of it.": _before_relu,
        "b1 is missing: what goes into ReLU is x @ w1 + b1.": _without_b1,
        "w2 is not transposed on the way back to the hidden units.": _w2_as_it_is,
        "x and h are not transposed in the gradients of the weights.": _x_as_it_is,
        "the mask is missing for b1. Its way back leads through the same ReLU as that of w1.": _instead(
            b1=lambda g, x, ga, gh: gh.sum(axis=0)
        ),
        "g is masked as well, but no ReLU follows the second layer.": _masked_output,
        "w2 is missing on the way back to the hidden units: ∂L/∂h is g @ w2.T.": _without_w2,
        "the mask is taken before b1 is added. It is where x @ w1 + b1 is positive.": _mask_before_b1,
        "∂L/∂w2 is made with x. What the second layer was given is relu(x @ w1 + b1).": _instead(
            w2=lambda g, x, ga, gh: x.T @ g
        ),
        "∂L/∂b2 is made with the cotangent of the first layer. b2 was added in the second: sum g.": _instead(
            b2=lambda g, x, ga, gh: ga.sum(axis=0)
        ),
        "a bias has the slope 1, and that is still multiplied by the cotangent of each sample.": _instead(
            b1=lambda g, x, ga, gh: np.ones_like(ga[0]), b2=lambda g, x, ga, gh: np.ones_like(g[0])
        ),
        "the bias gradients are summed over everything. There is one for each unit: sum over axis 0.": (
            _instead(b1=lambda g, x, ga, gh: ga.sum(), b2=lambda g, x, ga, gh: g.sum())
        ),
    },
)
def _linear_relu_backward(g: Any, x: Any, w1: Any, b1: Any, w2: Any) -> Any:
    a, h = _hidden(x, w1, b1)
    ga = g @ w2.T * (a > 0)
    return x.T @ ga, ga.sum(axis=0), h.T @ g, g.sum(axis=0)
