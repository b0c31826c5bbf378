"""Exercises of the chapter on optimisers."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lab.selfcheck.exercise import exercise

_rng = np.random.default_rng(16)


def _numbers(*shape: int, dtype: Any = np.float64) -> Any:
    """Halves and wholes without zeros, all of different sizes."""
    size = int(np.prod(shape))
    numbers = _rng.permutation(np.arange(1, size + 1)) * _rng.choice([-1, 1], size)
    return (numbers / 2).reshape(shape).astype(dtype)


def _heavy_ball(n: int, lr: float, mu: float, dtype: Any = np.float64) -> tuple[Any, ...]:
    return *(_numbers(n, dtype=dtype) for _ in range(3)), lr, mu


@exercise(
    "optimisers.momentum_step",
    "momentum_step(w, v, g, lr, mu) returns the new w and v of one heavy-ball step in PyTorch's form.",
    letters="w v g lr mu",
    inputs=[
        (np.array([1.0, -2.0]), np.array([2.0, 4.0]), np.array([3.0, 1.0]), 0.5, 0.75),
        _heavy_ball(3, 0.25, 0.5),
        _heavy_ball(4, 0.125, 0.875),
        _heavy_ball(3, 0.25, 0.75, np.float32),
    ],
    fresh=True,
    mistakes={
        "the step is along the old velocity. Update v first, then step along the new one.": (
            lambda w, v, g, lr, mu: (w - lr * v, mu * v + g)
        ),
        "the velocity is right, but the step is along g alone, as if there were no momentum.": (
            lambda w, v, g, lr, mu: (w - lr * g, mu * v + g)
        ),
        "the learning rate stands inside the velocity. In PyTorch's form v holds gradients only.": (
            lambda w, v, g, lr, mu: (w - (mu * v + lr * g), mu * v + lr * g)
        ),
        "the gradient is weighted by 1 − μ, as in Adam's average. The heavy ball adds all of it.": (
            lambda w, v, g, lr, mu: (w - lr * (mu * v + (1 - mu) * g), mu * v + (1 - mu) * g)
        ),
        "μ multiplies the new gradient. It is the old velocity that fades.": (
            lambda w, v, g, lr, mu: (w - lr * (v + mu * g), v + mu * g)
        ),
        "the old velocity does not fade: μ is missing.": lambda w, v, g, lr, mu: (w - lr * (v + g), v + g),
        "this is Nesterov's step, along g + μv. The heavy ball steps along v.": (
            lambda w, v, g, lr, mu: (w - lr * (g + mu * (mu * v + g)), mu * v + g)
        ),
        "it goes uphill: the velocity is made of gradients, so it is subtracted.": (
            lambda w, v, g, lr, mu: (w + lr * (mu * v + g), mu * v + g)
        ),
        "it returns what is to be subtracted, where the new w is asked for.": (
            lambda w, v, g, lr, mu: (lr * (mu * v + g), mu * v + g)
        ),
        "the velocity is a displacement, lr and minus sign included. In PyTorch's form v holds gradients, "
        "and the step is w − lr·v.": lambda w, v, g, lr, mu: (w + mu * v - lr * g, mu * v - lr * g),
        "the sign is inside the velocity, which adds up −g. Let v add up g, and subtract lr·v from w.": (
            lambda w, v, g, lr, mu: (w + lr * (mu * v - g), mu * v - g)
        ),
        "g is subtracted from the velocity, and the velocity from w: two minus signs. v adds up g.": (
            lambda w, v, g, lr, mu: (w - lr * (mu * v - g), mu * v - g)
        ),
        "it steps along the old velocity and returns it unchanged. First v ← μv + g, then step along it.": (
            lambda w, v, g, lr, mu: (w - lr * v, v.copy())
        ),
        "w is right, but the second result is the old velocity: return the new one, for the next step.": (
            lambda w, v, g, lr, mu: (w - lr * (mu * v + g), v.copy())
        ),
        "the velocity is right, but lr is missing in the step.": (
            lambda w, v, g, lr, mu: (w - (mu * v + g), mu * v + g)
        ),
        "the velocity is right, but the step takes μv with the wrong sign, and without lr: it is w − lr·v.": (
            lambda w, v, g, lr, mu: (w - lr * g + mu * v, mu * v + g)
        ),
        "the velocity is right, but the step is lr·g + μv with the new v, which contains both. It is lr·v.": (
            lambda w, v, g, lr, mu: (w - lr * g - mu * (mu * v + g), mu * v + g)
        ),
        "the velocity is right, but the step has μ once more: v has faded already.": (
            lambda w, v, g, lr, mu: (w - lr * mu * (mu * v + g), mu * v + g)
        ),
        "the velocity is right, but in the step the old one has not faded: step along the new v.": (
            lambda w, v, g, lr, mu: (w - lr * (v + g), mu * v + g)
        ),
        "μ multiplies g as well. Only the old velocity fades: v ← μv + g.": (
            lambda w, v, g, lr, mu: (w - lr * mu * (v + g), mu * (v + g))
        ),
        "μ and 1 − μ weigh new and old, as in an average. The heavy ball adds up: v ← μv + g.": (
            lambda w, v, g, lr, mu: (w - lr * ((1 - mu) * v + mu * g), (1 - mu) * v + mu * g)
        ),
        "it subtracts a displacement that has its minus sign already, and goes uphill. Let v add up g.": (
            lambda w, v, g, lr, mu: (w - (mu * v - lr * g), mu * v - lr * g)
        ),
    },
)
def _momentum_step(w: Any, v: Any, g: Any, lr: Any, mu: Any) -> Any:
    v = mu * v + g
    return w - lr * v, v


def _moments(n: int, t: int, beta1: float, beta2: float, eps: float, dtype: Any = np.float64) -> Any:
    w, m, g = (_numbers(n, dtype=dtype) for _ in range(3))
    return w, m, np.abs(_numbers(n, dtype=dtype)), g, t, 0.5, beta1, beta2, eps


def _adam(correct_m: Any = None, correct_v: Any = None, **change: Any) -> Any:
    """Adam's step with something changed: a correction, what is averaged, the divisor, what is returned."""

    def answer(w: Any, m: Any, v: Any, g: Any, t: Any, lr: Any, beta1: Any, beta2: Any, eps: Any) -> Any:
        if change.get("exchanged"):
            beta1, beta2 = beta2, beta1
        square = change.get("square", np.square)
        weights = change.get("weights", lambda beta: (beta, 1 - beta))
        old_m, old_v = m, v
        m = weights(beta1)[0] * m + change.get("new_in_m", lambda beta: weights(beta)[1])(beta1) * g
        v = weights(beta2)[0] * v + weights(beta2)[1] * square(m if change.get("square_of") == "m" else g)
        along, size = {"old": (old_m, old_v), "g": (g, v)}.get(change.get("along", "m"), (m, v))
        beta = beta1 if change.get("beta2_in_correction") == "beta1" else beta2
        m_hat = along / (1 - beta1**t if correct_m is None else correct_m(beta1, t))
        v_hat = size / (1 - beta**t if correct_v is None else correct_v(beta, t))
        divisor = change.get("divisor", lambda v_hat, eps: np.sqrt(v_hat) + eps)(v_hat, eps)
        new = w + change.get("sign", -1) * lr * m_hat / divisor
        if "result" in change:
            new = change["result"](w, new, lr, eps)
        kept = change.get("keeps_corrected", "")
        return new, m_hat if "m" in kept else m, v_hat if "v" in kept else v

    return answer


def _one(beta: Any, t: Any) -> Any:
    return 1.0


def _adam_with_early_eps(
    w: Any, m: Any, v: Any, g: Any, t: Any, lr: Any, beta1: Any, beta2: Any, eps: Any
) -> Any:
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    rate = lr * (1 - beta2**t) ** 0.5 / (1 - beta1**t)
    return w - rate * m / (np.sqrt(v) + eps), m, v


@exercise(
    "optimisers.adam_step",
    "adam_step(w, m, v, g, t, lr, beta1, beta2, eps) returns the new w, m and v of Adam's step number t.",
    letters="w m v g t lr beta1 beta2 eps",
    inputs=[
        (np.array([1.0, -2.0]), np.array([2.0, 4.0]), np.array([4.0, 1.0]), np.array([3.0, -1.0]),
         2, 0.5, 0.5, 0.75, 0.25),
        _moments(3, 3, 0.5, 0.25, 0.125),
        _moments(4, 1, 0.75, 0.875, 0.5),
        _moments(3, 2, 0.5, 0.75, 0.125, np.float32),
    ],
    fresh=True,
    mistakes={
        "the bias correction is missing: m and v begin at zero, so they are too small at first.": (
            _adam(_one, _one)
        ),
        "m is not corrected, only v.": _adam(correct_m=_one),
        "v is not corrected, only m.": _adam(correct_v=_one),
        "the corrections are 1 − β without the exponent t, as if every step were the first.": (
            _adam(lambda beta, t: 1 - beta, lambda beta, t: 1 - beta)
        ),
        "the exponent is one too large: steps are counted from 1, not from 0.": (
            _adam(lambda beta, t: 1 - beta ** (t + 1), lambda beta, t: 1 - beta ** (t + 1))
        ),
        "it returns the corrected averages. The next step must go on from the uncorrected ones.": (
            _adam(keeps_corrected="mv")
        ),
        "it returns the corrected m. The next step must go on from the uncorrected one.": (
            _adam(keeps_corrected="m")
        ),
        "it multiplies by the corrections. The averages are too small, so they are divided by 1 − β**t.": (
            _adam(lambda beta, t: 1 / (1 - beta**t), lambda beta, t: 1 / (1 - beta**t))
        ),
        "the correction has (1 − β)**t, where 1 − β**t is asked for: the power binds first.": (
            _adam(lambda beta, t: (1 - beta) ** t, lambda beta, t: (1 - beta) ** t)
        ),
        "the root is taken of v, and the correction divides the root. Correct v first, then take the root.": (
            _adam(correct_v=lambda beta, t: (1 - beta**t) ** 2)
        ),
        "ε is added to the new w: a pair of brackets around √v̂ + ε is missing.": (
            _adam(divisor=lambda v_hat, eps: np.sqrt(v_hat), result=lambda w, new, lr, eps: new + eps)
        ),
        "the learning rate is missing.": _adam(result=lambda w, new, lr, eps: w + (new - w) / lr),
        "it returns what is to be subtracted, where the new w is asked for.": (
            _adam(result=lambda w, new, lr, eps: w - new)
        ),
        "v averages the squares of m, where those of g are asked for.": _adam(square_of="m"),
        "for m, 1 − β₁ is missing: without it m is a sum, not an average.": (
            _adam(new_in_m=lambda beta: 1.0)
        ),
        "v adds up the squares of all entries. Each coordinate has its own.": (
            _adam(square=lambda g: np.sum(g**2))
        ),
        "v averages the sizes of the gradients, where their squares are asked for.": _adam(square=np.abs),
        "the root is missing: it divides by v̂ itself, so that the step shrinks as the gradient grows.": (
            _adam(divisor=lambda v_hat, eps: v_hat + eps)
        ),
        "ε stands under the root. It is added after the root is taken.": (
            _adam(divisor=lambda v_hat, eps: np.sqrt(v_hat + eps))
        ),
        "ε is missing: without it a gradient of 0 makes the step 0/0.": (
            _adam(divisor=lambda v_hat, eps: np.sqrt(v_hat))
        ),
        "ε is added to the root of the uncorrected v. Correct v first, then take the root, then add ε.": (
            _adam_with_early_eps
        ),
        "β and 1 − β are exchanged: β belongs to the old average, 1 − β to what is new.": (
            _adam(weights=lambda beta: (1 - beta, beta))
        ),
        "1 − β is missing: without it m and v are sums, not averages.": _adam(weights=lambda beta: (beta, 1)),
        "the exponent is one too small: at the first step t is 1, and the correction is 1 − β.": (
            _adam(lambda beta, t: 1 - beta ** (t - 1), lambda beta, t: 1 - beta ** (t - 1))
        ),
        "the correction has β·t, where β to the power t is asked for: β**t.": (
            _adam(lambda beta, t: 1 - beta * t, lambda beta, t: 1 - beta * t)
        ),
        "the step is made of the old m and v. First update both, then step.": _adam(along="old"),
        "g itself is divided by √v̂ + ε. The step is along m̂, which averages the gradients.": (
            _adam(_one, along="g")
        ),
        "β₁ and β₂ are exchanged: β₁ belongs to m.": _adam(exchanged=True),
        "both corrections have β₁. That of v has β₂, as its average has.": _adam(beta2_in_correction="beta1"),
        "it goes uphill: the step is subtracted.": _adam(sign=1),
    },
)  # fmt: skip
def _adam_step(w: Any, m: Any, v: Any, g: Any, t: Any, lr: Any, beta1: Any, beta2: Any, eps: Any) -> Any:
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


def _bowl(n: int, dtype: Any = np.float64) -> tuple[Any, ...]:
    """A positive definite matrix and a point."""
    root = _rng.integers(-2, 3, size=(n, n)).astype(float)
    return (root @ root.T + np.diag(np.arange(1.0, n + 1))).astype(dtype), _numbers(n, dtype=dtype)


@exercise(
    "optimisers.line_search",
    "line_search(A, w) returns the rate lr for which L(w − lr·g) is least, where L(w) = ½ wᵀA w and g = A w.",
    letters="A w",
    inputs=[
        (np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0])),
        _bowl(3),
        _bowl(4),
        _bowl(3, np.float32),
    ],
    mistakes={
        "it is upside down: this is the curvature along g, and the best rate is one over it.": (
            lambda A, w: (A @ w) @ A @ (A @ w) / ((A @ w) @ (A @ w))
        ),
        "this is the best rate along w. The step goes along the gradient g = A w.": (
            lambda A, w: (w @ w) / (w @ A @ w)
        ),
        "the numerator is right. Below it stands the curvature along w, where that along g is asked for.": (
            lambda A, w: (A @ w) @ (A @ w) / (w @ A @ w)
        ),
        "this is 2/λ_max, where descent stops being stable. It does not ask where w is.": (
            lambda A, w: 2 / np.linalg.eigvalsh(A)[-1]
        ),
        "this is 2/(λ_min + λ_max), the best fixed rate. It does not ask where w is.": (
            lambda A, w: 2 / (np.linalg.eigvalsh(A)[0] + np.linalg.eigvalsh(A)[-1])
        ),
        "this rate makes the next gradient as short as it can be. The next loss is asked for.": (
            lambda A, w: (A @ w) @ A @ (A @ w) / ((A @ A @ w) @ (A @ A @ w))
        ),
        "this is 1 at every w. If gᵀA w stands below the line, that is gᵀg again; the curvature along g is "
        "gᵀA g.": (lambda A, w: (A @ w) @ (A @ w) / ((A @ w) @ A @ w)),
        "above the line stands gᵀw. How fast the loss falls along g at first is gᵀg.": (
            lambda A, w: (A @ w) @ w / ((A @ w) @ A @ (A @ w))
        ),
        "above the line stands wᵀw. How fast the loss falls along g at first is gᵀg.": (
            lambda A, w: w @ w / ((A @ w) @ A @ (A @ w))
        ),
        "this is twice the best rate: there the loss is as high as at w. Where does the parabola turn?": (
            lambda A, w: 2 * (A @ w) @ (A @ w) / ((A @ w) @ A @ (A @ w))
        ),
        "this is half of the best rate. The term ½ lr²·gᵀA g has a derivative without the ½.": (
            lambda A, w: 0.5 * (A @ w) @ (A @ w) / ((A @ w) @ A @ (A @ w))
        ),
        "this is 1/λ_max, safe at every point. It does not ask where w is.": (
            lambda A, w: 1 / np.linalg.eigvalsh(A)[-1]
        ),
        "above the line stands the length of g, where its square gᵀg is asked for: a root is too many.": (
            lambda A, w: np.linalg.norm(A @ w) / ((A @ w) @ A @ (A @ w))
        ),
        "above the line stands 1. How fast the loss falls along g at first is gᵀg.": (
            lambda A, w: 1 / ((A @ w) @ A @ (A @ w))
        ),
        "this is wᵀA w over gᵀg. Put w − lr·g into L: the slope at lr = 0 is −gᵀg, the curvature gᵀA g.": (
            lambda A, w: w @ A @ w / ((A @ w) @ (A @ w))
        ),
        "above the line stands the loss at w. How fast it falls along g at first is gᵀg.": (
            lambda A, w: 0.5 * w @ A @ w / ((A @ w) @ A @ (A @ w))
        ),
        "this is wᵀw over gᵀg. Put w − lr·g into L: the slope at lr = 0 is −gᵀg, the curvature gᵀA g.": (
            lambda A, w: w @ w / ((A @ w) @ (A @ w))
        ),
        "it returns the least loss, where the rate is asked for.": (
            lambda A, w: 0.5 * (w @ A @ w - ((A @ w) @ (A @ w)) ** 2 / ((A @ w) @ A @ (A @ w)))
        ),
        "* is entry by entry. The curvature along g is a product of matrices, g @ A @ g.": (
            lambda A, w: (A @ w) @ (A @ w) / np.sum((A @ w) * A * (A @ w))
        ),
        "the products are entry by entry. Add them up: the best rate is one number.": (
            lambda A, w: (A @ w) ** 2 / ((A @ w) @ A @ (A @ w))
        ),
        "it returns the new w, where the rate is asked for.": (
            lambda A, w: w - (A @ w) @ (A @ w) / ((A @ w) @ A @ (A @ w)) * (A @ w)
        ),
    },
)
def _line_search(A: Any, w: Any) -> Any:
    # d/d lr of L(w − lr·g) = −gᵀg + lr·gᵀA g, which is zero at the answer.
    g = A @ w
    return g @ g / (g @ A @ g)
