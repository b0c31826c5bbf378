"""Numerical derivatives, and the check that compares them with what backward computes.

A gradient that is wrong often still trains. The check asks the function itself: it moves every input
entry a little, watches the output, and compares the slope with the gradient. For inputs with too many
entries it moves all of them at once, along a few random directions. It also looks at what a comparison
of numbers would miss: the gradient's dtype and shape, arrays shared or changed behind the caller's back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lab.errors import check_callable, check_number
from autograd_lab.graph import enable_grad, no_grad
from autograd_lab.tensor import Tensor, grad

Array = NDArray[Any]
Function = Callable[..., Tensor]
Index = tuple[int, ...]
Method = Literal["central", "complex"]
Inputs = Tensor | ArrayLike | Sequence[Tensor | ArrayLike]
TAYLOR_STEPS = (1e-1, 1e-2, 1e-3, 1e-4)
AGREES = 1e-6  # smaller differences are not told apart in a report


class GradcheckError(AssertionError):
    """A gradient that does not agree with the function; the message is the report.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> @ag.primitive
    ... def double(x):
    ...     return x * 2, lambda g: g * 3
    >>> try:
    ...     gradcheck(double, [1.0])
    ... except GradcheckError as error:
    ...     print(str(error).splitlines()[-1].strip())
    look at: a factor: analytic is 1.5 times numeric
    """


@dataclass(frozen=True)
class InputCheck:
    """The comparison for one input: its worst entry.

    Attributes
    ----------
    name : str
        The Tensor's name, or ``input 0``.
    shape, index : tuple of int
        Of the input, and where in it the worst entry stands.
    analytic, numeric : float
        The gradient there, from backward and from differences.
    error : float
        How far they are apart.
    passed : bool
        Whether that is within the tolerance.
    ratio : float or None
        ``analytic / numeric``, if it is the same wherever the two disagree.
    direction : int or None
        If all entries were moved at once: along which of the random directions, counted from 1, the
        slopes disagree most. Then `index` is empty, and the two values are slopes along it.

    Examples
    --------
    >>> print(InputCheck("x", (2,), (0,), 3.0, 2.0, 1.0, passed=False))
      WRONG x[0]: analytic 3, numeric 2, off by 1.0e+00
    """

    name: str
    shape: tuple[int, ...]
    index: tuple[int, ...]
    analytic: float
    numeric: float
    error: float
    passed: bool
    ratio: float | None = None
    direction: int | None = None

    def __str__(self) -> str:
        at = f"[{', '.join(map(str, self.index))}]" if self.index else ""
        if self.direction is not None:
            at = f" along direction {self.direction}"
        verdict = "ok   " if self.passed else "WRONG"
        values = f"analytic {self.analytic:.4g}, numeric {self.numeric:.4g}"
        return f"  {verdict} {self.name}{at}: {values}, {self._off_by()}"

    def _off_by(self) -> str:
        # The digits of an error that passes are round-off, and differ between machines.
        if self.passed and self.error < AGREES:
            return f"agree to {AGREES:.0e}"
        return f"off by {self.error:.1e}"


@dataclass(frozen=True)
class GradcheckReport:
    """What :func:`gradcheck` found.

    Attributes
    ----------
    inputs : tuple of InputCheck
        The worst entry of each input that requires a gradient.
    faults : tuple of str
        What is wrong beside the numbers: dtype, shape, sharing, mutation.
    eps : float
        The step h of the central difference.
    taylor_order : float
        The slope of log |f(x + h·d) − f(x) − h·∇f·d| over log h. A right gradient of a smooth function
        gives 2 or more, a wrong one gives 1, however noisy the difference. ``inf`` where the remainder
        is nothing but round-off, as for a linear function.
    directions : int or None
        How many random directions each input was moved along, or None if every entry was moved by itself.

    Examples
    --------
    >>> gradcheck_report(lambda x: (x * x).sum(), [[1.0, 2.0]]).faults
    ()
    """

    inputs: tuple[InputCheck, ...]
    faults: tuple[str, ...]
    eps: float
    taylor_order: float
    directions: int | None = None

    @property
    def passed(self) -> bool:
        """Whether all agrees.

        >>> gradcheck_report(Tensor.exp, [[1.0, 2.0]]).passed
        True
        """
        return not self.faults and all(check.passed for check in self.inputs)

    def __str__(self) -> str:
        linear = np.isinf(self.taylor_order)
        order = (
            "linear: no Taylor remainder" if linear else f"Taylor remainder of order {self.taylor_order:.1f}"
        )
        head = "gradcheck passed" if self.passed else "gradcheck FAILED"
        moved = "" if self.directions is None else f"{_counted(self.directions)}, "
        lines = [f"{head} (h = {self.eps:g}, {moved}{order})"]
        lines += [str(check) for check in self.inputs]
        lines += [f"  WRONG {fault}" for fault in self.faults]
        if not self.passed:
            lines += wrap(
                f"look at: {self._advice()}", width=76, initial_indent="  ", subsequent_indent="    "
            )
        return "\n".join(lines)

    def _advice(self) -> str:
        if self.faults:
            return (
                "what the formula and its VJPs write to and return; a VJP returns an array of its own and "
                "leaves every other array as it is"
            )
        wrong = [check for check in self.inputs if not check.passed]
        if not all(np.isfinite([check.analytic, check.numeric]).all() for check in wrong):
            return (
                "the point: something is not finite here. Check inside the function's domain, and if the "
                "value is finite there, look at the VJP"
            )
        if self.taylor_order > 1.7:
            return (
                "the tolerance or the step: the gradient has the right Taylor remainder, so the difference "
                "is noisy here (a steep function, or a kink within h)"
            )
        ratio = wrong[0].ratio
        if ratio is not None and all(c.ratio is not None and abs(c.ratio - ratio) < 1e-4 for c in wrong):
            factor = round(ratio, 4) + 0.0
            usual: dict[float, str] = {-1: "a sign", 0: "a path without gradient, or a kink within h"}
            what = usual.get(factor, "a factor")
            return f"{what}: analytic is {factor:g} times numeric"
        if self.directions is not None:
            return (
                "the operators between the input marked WRONG and the output, each by itself and entry by "
                "entry; a kink within h"
            )
        return "the VJP of the input marked WRONG: a factor, a transpose, a missing sum, or a kink within h"


def numerical_gradient(
    fn: Function,
    inputs: Inputs,
    cotangent: ArrayLike | None = None,
    *,
    method: Method = "central",
    eps: float | None = None,
) -> tuple[Array, ...]:
    """Gradient of ``(cotangent * fn(*inputs)).sum()`` from values of ``fn`` alone.

    Parameters
    ----------
    fn : function
        Takes Tensors, returns one Tensor.
    inputs : Tensor, array_like, or sequence of them
        Where to differentiate; never changed.
    cotangent : array_like, optional
        Of the output's shape; default: ones.
    method : {"central", "complex"}
        ``(f(x+h) − f(x−h)) / 2h``, with an error of order h² plus round-off of order 1e-16/h; or the
        complex step ``Im f(x+ih) / h`` (Squire and Trapp, 1998), which subtracts nothing and so is exact
        to round-off, for formulas that are analytic and take complex numbers.
    eps : float, optional
        The step h; default 1e-6, or 1e-20 for the complex step.

    Returns
    -------
    tuple of ndarray
        One for each input, float64, in its shape.

    Raises
    ------
    ValueError
        If the method is not known, the cotangent has not the output's shape, or an entry is so large (or
        not finite) that a step h does not change it.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> from autograd_lab.gradcheck import numerical_gradient
    >>> numerical_gradient(ag.exp, [[0.0, 1.0]], method="complex")
    (array([1.        , 2.71828183]),)
    """
    if method not in ("central", "complex"):
        raise ValueError(f"method must be 'central' or 'complex', not {method!r}")
    check_callable("numerical_gradient", fn)
    h = eps if eps is not None else 1e-20 if method == "complex" else 1e-6
    arrays = _arrays(_as_list(inputs))
    gradients = []
    with no_grad():
        for i, x in enumerate(arrays):
            g = np.zeros(x.shape)
            for index in np.ndindex(x.shape):
                slope = entry_slope(fn, arrays, i, index, h, method)
                g[index] = _weighted_sum(slope, cotangent)
            gradients.append(g)
    return tuple(gradients)


def entry_slope(
    fn: Function, inputs: Sequence[Array], i: int, index: Index, h: float, method: Method
) -> Array:
    """Slope of fn's outputs when one entry of input i moves by h.

    Parameters
    ----------
    fn : function
        Takes Tensors, returns one Tensor.
    inputs : sequence of ndarray
        Where to differentiate; never changed.
    i, index : int, tuple of int
        Which entry of which input.
    h : float
        The step.
    method : {"central", "complex"}
        As for :func:`numerical_gradient`.

    Returns
    -------
    ndarray
        Of the output's shape.

    Raises
    ------
    ValueError
        If the step does not change the entry.

    Examples
    --------
    >>> entry_slope(lambda x: x * x, [np.array([3.0, 5.0])], 0, (1,), 0.5, "central")
    array([ 0., 10.])
    """
    if method == "complex":
        return np.asarray(_value(fn, inputs, i, index, 1j * h).imag / h)
    up, down = (_value(fn, inputs, i, index, step) for step in (h, -h))
    return np.asarray((up - down) / (2 * h))


def numerical_slope(
    fn: Function,
    inputs: Inputs,
    direction: Inputs,
    cotangent: ArrayLike | None = None,
    *,
    eps: float = 1e-6,
) -> float:
    """Slope of ``(cotangent * fn(*inputs)).sum()`` along a direction d, from two of its values.

    All inputs move at once. For φ the weighted sum, ``(φ(x + h·d) − φ(x − h·d)) / 2h``: by the chain
    rule the inner product ⟨∇φ, d⟩, with an error of order h² plus round-off.

    Parameters
    ----------
    fn : function
        Takes Tensors, returns one Tensor.
    inputs : Tensor, array_like, or sequence of them
        Where to start; never changed.
    direction : array_like, or sequence of them
        One for each input, in its shape. An input whose direction is 0 everywhere stays where it is.
    cotangent : array_like, optional
        Of the output's shape; default: ones.
    eps : float
        The step h, in units of d.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If a direction or the cotangent has another shape than what it belongs to, or an entry is so large
        (or not finite) that its step does not change it.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> round(numerical_slope(ag.mul, ([2.0], [5.0]), ([1.0], [10.0])), 6)  # 5·1 + 2·10
    25.0
    """
    check_callable("numerical_slope", fn)
    arrays = _arrays(_as_list(inputs))
    along = [np.asarray(d.data if isinstance(d, Tensor) else d) for d in _as_list(direction)]
    if [a.shape for a in arrays] != [d.shape for d in along]:
        shapes = [d.shape for d in along], [a.shape for a in arrays]
        raise ValueError("the directions have the shapes {}, but the inputs {}".format(*shapes))
    with no_grad():
        ahead, behind = (fn(*_moved(arrays, along, h)).data for h in (eps, -eps))
    return float(_weighted_sum(ahead - behind, cotangent) / (2 * eps))


def agreement(analytic: Array, numeric: Array, atol: float, rtol: float) -> Array:
    """Where two gradients agree: |analytic − numeric| ≤ atol + rtol·|numeric|.

    Parameters
    ----------
    analytic, numeric : ndarray
        Of one shape.
    atol, rtol : float
        How far apart they may be, and how far in units of the numeric one.

    Returns
    -------
    ndarray of bool

    Examples
    --------
    >>> agreement(np.array([1000.5, 1.5, 5e-6]), np.array([1000.0, 1.0, 0.0]), 1e-5, 1e-3)
    array([ True, False,  True])
    """
    within = np.abs(analytic - numeric) <= atol + rtol * np.abs(numeric)
    # What is not finite proves nothing, except that infinities of one sign agree.
    return np.asarray(np.isfinite(numeric) & within | (analytic == numeric))


def gradcheck(
    fn: Function,
    inputs: Inputs,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    *,
    directions: int | None = None,
    seed: int = 0,
) -> Literal[True]:
    """Compare the gradient of ``fn`` with central differences, or raise.

    Parameters
    ----------
    fn : function
        Takes Tensors, returns one Tensor of any shape. It must give the same value each time.
    inputs : Tensor, array_like, or sequence of them
        Float64. Tensors that don't require gradients are held fixed (if none does, all are checked).
    eps : float
        The step h.
    atol, rtol : float
        Passed if \\|analytic − numeric\\| ≤ atol + rtol·\\|numeric\\| everywhere.
    directions : int, optional
        Move all entries of an input at once, along that many random directions d, and compare the slope
        ⟨gradient, d⟩. A direction costs two evaluations of ``fn`` for each input, however large it is, where
        the default costs two for each entry. PyTorch calls this ``fast_mode``.
    seed : int
        Of the random cotangent and directions.

    Returns
    -------
    True

    Raises
    ------
    GradcheckError
        With the worst entry, both values and what to look at.
    TypeError
        If an input is not float64, which central differences need, or if fn returns no Tensor.
        Or if ``directions`` is not a whole number.
    ValueError
        If there is no input, a step h is lost beside one of its entries, or ``directions`` is less than 1.

    Notes
    -----
    A vector-valued ``fn`` is projected on one random direction, which a wrong Jacobian survives with
    probability 0. See ``gradcheck_report`` for the numbers of a check that passes.

    What passes all the same: a wrong gradient where the right one is below ``atol``, an error of less
    than ``rtol``, a branch that is not taken at this point, and an operator whose cotangent is always
    the same because ``fn`` ends in a sum. Check operators by themselves, at several points.

    A gradient that is wrong by E has the wrong slope ⟨E, d⟩ along d: zero with probability 0, but below
    the tolerance with a probability that falls with each further direction. The tolerance grows with the
    slope of the *whole* input, so one wrong entry of many weighs less than in a check entry by entry.
    Entries of d have sizes from 0.5 to 1.5, so that none of them is left out.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> ag.gradcheck(ag.mul, ([1.0, 2.0], [3.0, 4.0]))
    True
    >>> ag.gradcheck(lambda w: ag.tanh(w @ w).mean(), ag.tensor(np.eye(50) / 2), directions=3)
    True
    """
    report = gradcheck_report(fn, inputs, eps, atol, rtol, directions=directions, seed=seed)
    if not report.passed:
        raise GradcheckError(str(report))
    return True


def gradcheck_report(
    fn: Function,
    inputs: Inputs,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    *,
    directions: int | None = None,
    seed: int = 0,
) -> GradcheckReport:
    """What :func:`gradcheck` compares, as a report to print. Parameters as there.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> print(ag.gradcheck.report(ag.log, [[2.0, 4.0]]))
    gradcheck passed (h = 1e-06, Taylor remainder of order 2.0)
      ok    input 0[0]: analytic -0.5685, numeric -0.5685, agree to 1e-06
    >>> print(ag.gradcheck.report(ag.log, [[2.0, 4.0]], directions=3))
    gradcheck passed (h = 1e-06, 3 directions, Taylor remainder of order 2.0)
      ok    input 0 along direction 1: analytic -0.5464, numeric -0.5464, agree to 1e-06
    """
    check_callable("gradcheck", fn)
    check_number("gradcheck", "eps", eps, 0, low_allowed=False)
    _check_directions(directions)
    given = _as_list(inputs)
    arrays = _arrays(given)
    if not arrays:
        raise ValueError("gradcheck needs at least one input")
    checked = _which(given, arrays)
    tensors = [Tensor(a, requires_grad=i in checked) for i, a in enumerate(arrays)]
    for i in checked:
        if arrays[i].dtype != np.float64:
            raise TypeError(
                f"gradcheck needs float64, but input {i} is {arrays[i].dtype}: in lower precision the "
                "difference of two values is mostly round-off"
            )
    with enable_grad():
        out = fn(*tensors)
    if not isinstance(out, Tensor):
        raise TypeError(f"gradcheck needs a function that returns one Tensor, not {type(out).__name__}")
    rng = np.random.default_rng(seed)
    cotangent = _random(rng, out.shape)
    kept = cotangent.copy()
    leaves, value = [tensors[i] for i in checked], out.data.copy()

    def backward(cotangent: Array) -> list[Array]:
        if out.requires_grad:
            found = grad(out, leaves, cotangent, retain_graph=True, allow_unused=True)
        else:  # a function that ignores its inputs, or cuts them off, has no gradient at all
            found = (None,) * len(leaves)
        return [np.zeros(x.shape) if g is None else g.data for x, g in zip(leaves, found, strict=True)]

    analytic = backward(cotangent)
    first = [g.copy() for g in analytic]
    faults = _faults(tensors, arrays, checked, analytic, cotangent, kept)
    if not np.array_equal(out.data, value, equal_nan=True):
        faults.append("the output was changed in place by a VJP")
    if not _same(backward(kept.copy()), first):
        faults.append("a second backward pass gives another gradient: a VJP changed what it had saved")
    elif not _same(backward(-2 * kept), [-2 * g for g in first]):  # exact: only sign and exponent change
        faults.append("the gradient is not proportional to the cotangent: a VJP is not linear in it")
    analytic = first

    def of_checked(*moved: Tensor) -> Tensor:
        return fn(*(moved[checked.index(i)] if i in checked else Tensor(a) for i, a in enumerate(arrays)))

    names = [getattr(given[i], "name", None) or f"input {i}" for i in checked]
    points = [arrays[i] for i in checked]
    if directions is None:
        numeric = numerical_gradient(of_checked, points, kept, eps=eps)
        checks = tuple(
            _compare(n, a, d, atol, rtol) for n, a, d in zip(names, analytic, numeric, strict=True) if a.size
        )
    else:
        drawn = [[_random(rng, x.shape) for _ in range(directions)] for x in points]
        slopes = _slopes(of_checked, points, drawn, kept, eps)
        checks = tuple(
            _compare_along(n, a, ds, s, atol, rtol)
            for n, a, ds, s in zip(names, analytic, drawn, slopes, strict=True)
            if a.size
        )
    order = _taylor_order(fn, arrays, checked, analytic, kept)
    return GradcheckReport(checks, tuple(faults), eps, order, directions)


gradcheck.report = gradcheck_report  # type: ignore[attr-defined]


def _as_list(inputs: Any) -> list[Any]:
    """The inputs one by one: a single Tensor or array stands for a list of one."""
    return [inputs] if isinstance(inputs, Tensor | np.ndarray | np.generic | float | int) else list(inputs)


def _arrays(given: list[Any]) -> list[Array]:
    """Private copies, so that a function that writes into its input can be caught."""
    return [np.array(x.data if isinstance(x, Tensor) else x) for x in given]


def _which(given: list[Any], arrays: list[Array]) -> list[int]:
    """The inputs to check: those that ask for a gradient, else those that could have one, else all."""
    asked = [i for i, x in enumerate(given) if isinstance(x, Tensor) and x.requires_grad]
    return asked or [i for i, a in enumerate(arrays) if a.dtype.kind == "f"] or list(range(len(arrays)))


def _check_directions(directions: Any) -> None:
    if directions is None:
        return
    if not isinstance(directions, int | np.integer) or isinstance(directions, bool):
        raise TypeError(f"gradcheck: directions must be a whole number, not {directions!r}")
    if directions < 1:
        raise ValueError(f"gradcheck needs at least one direction, not {directions}")


def _counted(directions: int) -> str:
    return "1 direction" if directions == 1 else f"{directions} directions"


def _random(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Random numbers of either sign, none of them near 0: an entry that is multiplied by one still counts."""
    return np.array(rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape))


def _slopes(
    fn: Function, points: list[Array], drawn: list[list[Array]], cotangent: Array, eps: float
) -> list[Array]:
    """For each input the numerical slopes along its directions; the other inputs stay where they are."""
    still = [np.zeros(x.shape) for x in points]
    return [
        np.array(
            [
                numerical_slope(fn, points, [*still[:i], d, *still[i + 1 :]], cotangent, eps=eps)
                for d in (ds if points[i].size else ())
            ]
        )
        for i, ds in enumerate(drawn)
    ]


def _moved(arrays: list[Array], along: list[Array], h: float) -> list[Tensor]:
    """The inputs, each moved by h times its direction."""
    moved = []
    for i, (a, d) in enumerate(zip(arrays, along, strict=True)):
        if not d.any():
            moved.append(Tensor(a))
            continue
        new = a + h * d
        lost = (d != 0) & ((new == a) | ~np.isfinite(new))
        if lost.any():
            raise _lost_step(h, a[lost][0], i)
        moved.append(Tensor(new))
    return moved


def _value(fn: Function, arrays: Sequence[Array], i: int, index: tuple[int, ...], step: complex) -> Array:
    """The value of fn with one entry of one input moved."""
    moved = arrays[i].astype(np.result_type(arrays[i], step) if isinstance(step, complex) else np.float64)
    moved[index] += step
    if moved[index] == arrays[i][index] or not np.isfinite(moved[index]):
        raise _lost_step(step, arrays[i][index], i)
    return fn(*[Tensor(moved if j == i else a) for j, a in enumerate(arrays)]).data


def _lost_step(step: complex, entry: Any, i: int) -> ValueError:
    return ValueError(
        f"a step of {abs(step):g} does not change the entry {entry} of input {i}: there is no numerical "
        "derivative here"
    )


def _weighted_sum(values: Array, cotangent: ArrayLike | None) -> Any:
    """⟨cotangent, values⟩, or the plain sum without a cotangent."""
    if cotangent is None:
        return np.sum(values)
    weights = np.asarray(cotangent)
    if weights.shape != values.shape:
        raise ValueError(f"the cotangent has shape {weights.shape}, but the output has shape {values.shape}")
    return np.sum(weights * values)


def _compare(name: str, analytic: Array, numeric: Array, atol: float, rtol: float) -> InputCheck:
    error = np.abs(analytic - numeric)
    agree = agreement(analytic, numeric, atol, rtol)
    # The worst entry is the largest error that fails. If none does, round-off must not choose one.
    if agree.all():
        score = np.where(np.isfinite(error) & (error >= AGREES), error, 0)
    else:
        score = np.where(agree, -1, np.where(np.isnan(error), np.inf, error))
    worst = tuple(int(k) for k in np.unravel_index(int(np.argmax(score)), error.shape))
    values = float(analytic[worst]), float(numeric[worst]), float(error[worst])
    ratio = _one_ratio(analytic[~agree], numeric[~agree])
    return InputCheck(name, error.shape, worst, *values, bool(agree.all()), ratio)


def _compare_along(
    name: str, gradient: Array, directions: list[Array], slopes: Array, atol: float, rtol: float
) -> InputCheck:
    """As for the entries of a gradient, for its slopes along directions."""
    analytic = np.array([np.sum(gradient * d) for d in directions])
    check = _compare(name, analytic, slopes, atol, rtol)
    return replace(check, shape=gradient.shape, index=(), direction=check.index[0] + 1)


def _one_ratio(analytic: Array, numeric: Array) -> float | None:
    """What all the wrong numbers are multiplied by, if it is one factor."""
    usable = np.isfinite(analytic) & np.isfinite(numeric) & (np.abs(numeric) > 1e-8)
    ratios = analytic[usable] / numeric[usable]
    if not ratios.size or not np.allclose(ratios, ratios[0], rtol=1e-4, atol=1e-4):
        return None
    ratio = float(ratios[0])
    # A single number is some multiple of any other: here only a simple factor means anything.
    simple = any(abs(k * ratio - round(k * ratio)) < 1e-4 for k in range(1, 11))
    simple = simple or (ratio != 0 and abs(1 / ratio - round(1 / ratio)) < 1e-4)
    return ratio if ratios.size > 1 or simple else None


def _faults(
    tensors: list[Tensor],
    arrays: list[Array],
    checked: list[int],
    analytic: list[Array],
    cotangent: Array,
    kept: Array,
) -> list[str]:
    """What a comparison of numbers would not see."""
    faults = []
    for i, (x, a) in enumerate(zip(tensors, arrays, strict=True)):
        if not np.array_equal(x.data, a, equal_nan=True):
            faults.append(f"input {i} was changed in place by the function or by its backward pass")
    if not np.array_equal(cotangent, kept):
        faults.append("the cotangent was changed in place by a VJP")
    for i, g in enumerate(analytic):
        if any(
            np.shares_memory(g, other) for other in (*analytic[:i], cotangent, *(x.data for x in tensors))
        ):
            faults.append(f"the gradient of input {checked[i]} shares memory with another array")
    return faults


def _same(gradients: list[Array], others: list[Array]) -> bool:
    """Whether two backward passes agree, but for round-off."""
    return all(
        np.allclose(g, other, rtol=1e-12, atol=1e-300, equal_nan=True)
        for g, other in zip(gradients, others, strict=True)
    )


def _taylor_order(
    fn: Function, arrays: list[Array], checked: list[int], analytic: list[Array], cotangent: Array
) -> float:
    """The order in h of f(x + h·d) − f(x) − h·∇f·d along one random direction d."""
    rng = np.random.default_rng(1)
    directions = {i: rng.standard_normal(arrays[i].shape) for i in checked}

    def along(h: float) -> Any:
        moved = [a + h * directions[i] if i in directions else a for i, a in enumerate(arrays)]
        return np.sum(cotangent * fn(*[Tensor(m) for m in moved]).data)

    slope = sum(np.sum(g * directions[i]) for i, g in zip(checked, analytic, strict=True))
    with no_grad(), np.errstate(all="ignore"):
        start = along(0.0)
        remainders = np.array([abs(along(h) - start - h * slope) for h in TAYLOR_STEPS])
    # Below this, a remainder is round-off and says nothing about the order.
    noise = 1e-13 * (1 + abs(start))
    usable = np.isfinite(remainders) & (remainders > noise)
    if usable.sum() < 2:
        return float("inf")
    return float(np.polyfit(np.log(np.array(TAYLOR_STEPS)[usable]), np.log(remainders[usable]), 1)[0])
