"""Arithmetic in a low precision, one rounded operation after the other, and three ways to a softmax in it.

It is the experiment of Blanchard, Higham and Higham, "Accurately computing the log-sum-exp and softmax
functions" (IMA Journal of Numerical Analysis 41, 2021). A :class:`Format` is a set of floating-point numbers;
each operation is carried out in float64 and rounded to the format, which gives the same numbers as a machine
that computes in it. The theorems' numbers are the paper's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Format:
    """Binary floating-point numbers with p digits and exponents from 1 − emax to emax, rounded to nearest.

    As IEEE 754 has them: with zeros, infinities and, below ``smallest_normal``, numbers of fewer digits.

    Attributes
    ----------
    name : str
    precision : int
        p, the number of binary digits, the leading one included.
    emax : int
        The largest exponent.

    Examples
    --------
    >>> FLOAT16.u == 2**-11, FLOAT16.largest, BFLOAT16.precision
    (True, 65504.0, 8)
    """

    name: str
    precision: int
    emax: int

    @classmethod
    def of(cls, dtype: DTypeLike) -> Format:
        """The format of one of NumPy's real types, from ``np.finfo``.

        >>> Format.of(np.float32)
        Format(name='float32', precision=24, emax=127)
        """
        info = np.finfo(dtype)
        return cls(info.dtype.name, info.nmant + 1, int(info.maxexp) - 1)

    @property
    def u(self) -> float:
        """Unit roundoff. Rounding changes a number by at most u times its size."""
        return 2.0**-self.precision

    @property
    def largest(self) -> float:
        """The paper's r_max. What rounds to more than that becomes infinite."""
        return (2 - 2.0 ** (1 - self.precision)) * 2.0**self.emax

    @property
    def smallest_normal(self) -> float:
        """The smallest positive number with all p digits."""
        return 2.0 ** (1 - self.emax)

    @property
    def smallest(self) -> float:
        """The smallest positive number."""
        return self.smallest_normal * 2.0 ** (1 - self.precision)

    def round(self, x: ArrayLike) -> Rows:
        """The nearest number of this format to each entry of x; of two, the one whose last digit is 0.

        Parameters
        ----------
        x : array_like
            Anything that float64 holds.

        Returns
        -------
        ndarray of float64
            Numbers of this format, in the shape of x. Too large ones are infinite, NaN stays NaN.

        Examples
        --------
        >>> FLOAT16.round([0.1, 2049.0, 65519.0, 65520.0, 1e-8])
        array([9.99755859e-02, 2.04800000e+03, 6.55040000e+04,            inf,
               0.00000000e+00])
        """
        x = np.asarray(x, dtype=np.float64)
        _, exponent = np.frexp(x)  # |x| = m·2^exponent with m in [1/2, 1)
        last = np.maximum(
            exponent - self.precision, 2 - self.emax - self.precision
        )  # place of the last digit
        with np.errstate(over="ignore"):
            rounded = np.ldexp(np.rint(np.ldexp(x, -last)), last)
        return np.asarray(np.where(np.abs(rounded) > self.largest, np.copysign(np.inf, x), rounded))


FLOAT16 = Format.of(np.float16)
FLOAT32 = Format.of(np.float32)
FLOAT64 = Format.of(np.float64)
BFLOAT16 = Format("bfloat16", precision=8, emax=127)
"""The first half of a float32, with its exponents and a third of its digits. NumPy has no such type."""


def sum_in(fmt: Format, terms: Rows) -> Rows:
    """Sum over the last axis from left to right; each partial sum is rounded.

    Parameters
    ----------
    fmt : Format
    terms : ndarray, shape (..., n)
        Numbers of the format, n at least 1.

    Returns
    -------
    ndarray, shape (...)

    Examples
    --------
    >>> sum_in(FLOAT16, np.array([2048.0, 1.0, 1.0])), sum_in(FLOAT16, np.array([1.0, 1.0, 2048.0]))
    (array(2048.), array(2050.))
    """
    total = terms[..., 0]
    for i in range(1, terms.shape[-1]):
        total = fmt.round(total + terms[..., i])
    return np.asarray(total)


def unshifted(x: Rows, fmt: Format) -> Rows:
    """Softmax as it is defined (Algorithm 3.1).

    First-order bound, in units of u: each exponential is off by 1, so the sum, with n − 1 additions, by n;
    the quotient by 1 + n + 1. Theorem 3.3, eq. (3.6), has n + 3.

    Parameters
    ----------
    x : ndarray, shape (..., n)
        Numbers of the format.
    fmt : Format

    Returns
    -------
    ndarray, shape (..., n)
        With NaN, and NumPy's RuntimeWarning, or with only zeros in a row whose exponentials or their sum
        overflow.

    Examples
    --------
    >>> with np.errstate(invalid="ignore"):
    ...     unshifted(np.array([[2.0, 0.0], [12.0, 0.0], [11.0, 11.0]]), FLOAT16)
    array([[0.88085938, 0.11920166],
           [       nan, 0.        ],
           [0.        , 0.        ]])
    """
    e = fmt.round(np.exp(x))
    return fmt.round(e / sum_in(fmt, e)[..., None])


def shifted(x: Rows, fmt: Format) -> Rows:
    """Softmax after subtracting the maximum (Algorithm 4.1).

    The paper leaves the maximum's term, an exact 1, out of the sum and adds it last; here it has its place.

    First-order bound, in units of u, with r = max x − min x: a difference is off by at most r, so its
    exponential by r + 1, the sum by r + n, the quotient by (r + 1) + (r + n) + 1 = n + 2 + 2r. That is
    Theorem 4.3, eq. (4.11).

    Parameters
    ----------
    x : ndarray, shape (..., n)
        Numbers of the format.
    fmt : Format

    Returns
    -------
    ndarray, shape (..., n)

    Examples
    --------
    >>> shifted(np.array([[12.0, 0.0], [11.0, 11.0]]), FLOAT16)
    array([[1.00000000e+00, 6.13927841e-06],
           [5.00000000e-01, 5.00000000e-01]])
    """
    e = fmt.round(np.exp(fmt.round(x - x.max(axis=-1, keepdims=True))))
    return fmt.round(e / sum_in(fmt, e)[..., None])


def division_free(x: Rows, fmt: Format) -> Rows:
    """Softmax as exp(x − lse), with the shifted lse (Theorem 4.4).

    First-order bound, in units of u, with y = lse(x) and r = max x − min x: the sum is off by r + n, its
    logarithm by that and by y − max x for its own rounding, lse by |y| more, and x_j − lse by |x_j − y| more.
    All of these are absolute; the exponential makes them relative and adds 1. Together
    |y| + (y + n − min x) + max|x_j − y| + 1. The paper leaves out |y|, the rounding of lse's last addition.

    Parameters
    ----------
    x : ndarray, shape (..., n)
        Numbers of the format.
    fmt : Format

    Returns
    -------
    ndarray, shape (..., n)

    Examples
    --------
    >>> division_free(np.array([[1000.0, 1000.0]]), FLOAT16)
    array([[0.60644531, 0.60644531]])
    """
    a = x.max(axis=-1, keepdims=True)
    e = fmt.round(np.exp(fmt.round(x - a)))
    lse = fmt.round(a + fmt.round(np.log(sum_in(fmt, e)))[..., None])
    return fmt.round(np.exp(fmt.round(x - lse)))


def _lse(x: Rows) -> Rows:
    a = x.max(axis=-1)
    return np.asarray(a + np.log(np.exp(x - a[..., None]).sum(axis=-1)))


def unshifted_bound(x: Rows) -> Rows:
    """(n + 3) of Theorem 3.3, eq. (3.6), for each row.

    >>> unshifted_bound(np.zeros((2, 10)))
    array([13., 13.])
    """
    return np.full(x.shape[:-1], x.shape[-1] + 3.0)


def shifted_bound(x: Rows) -> Rows:
    """n + 2 + 2(max x − min x) of Theorem 4.3, eq. (4.11), for each row.

    >>> shifted_bound(np.array([[5.0, 0.0, 1.0]]))
    array([15.])
    """
    return np.asarray(x.shape[-1] + 2 + 2 * np.ptp(x, axis=-1))


def division_free_bound(x: Rows) -> Rows:
    """|y| + |y + n − min x| + max|x − y| + 1 with y = lse(x), for each row: Theorem 4.4, and |y|.

    >>> division_free_bound(np.array([[100.0, 100.0]])).round(4)
    array([105.0794])
    """
    y, n = _lse(x), x.shape[-1]
    return np.asarray(np.abs(y) + np.abs(y + n - x.min(axis=-1)) + np.abs(x - y[..., None]).max(axis=-1) + 1)


ALGORITHMS: dict[str, tuple[Callable[[Rows, Format], Rows], Callable[[Rows], Rows]]] = {
    "unshifted": (unshifted, unshifted_bound),
    "shifted": (shifted, shifted_bound),
    "division-free": (division_free, division_free_bound),
}
"""For each name softmax in a format, and the bound on its error in units of u."""


@dataclass(frozen=True)
class Outcome:
    """What one algorithm made of many rows.

    Attributes
    ----------
    softmax : ndarray, shape (N, n)
    lost : ndarray of bool, shape (N,)
        Rows that hold a NaN, or only zeros.
    error : ndarray, shape (N,)
        The largest error of a row over the largest entry of its exact softmax, in units of u; NaN where lost.
    bound : ndarray, shape (N,)
        What the first-order analysis allows, in the same units.

    Examples
    --------
    >>> outcome = compare([[12.0, 0.0], [3.0, 0.0]], FLOAT16)["unshifted"]
    >>> outcome.lost, outcome.bound
    (array([ True, False]), array([5., 5.]))
    """

    softmax: Rows
    lost: NDArray[np.bool_]
    error: Rows
    bound: Rows


def compare(x: ArrayLike, fmt: Format) -> dict[str, Outcome]:
    """Run the three algorithms on the same rows, and measure them against float64.

    As in the paper, the exact softmax is that of the rounded rows: how scores got into the format is no
    fault of what is done with them there.

    Parameters
    ----------
    x : array_like, shape (N, n)
        Scores, rounded to the format first.
    fmt : Format

    Returns
    -------
    dict of Outcome
        By the names in :data:`ALGORITHMS`.

    Raises
    ------
    ValueError
        If x is no table of finite numbers with at least one column, or overflows on its way into the format.

    Examples
    --------
    >>> outcomes = compare([[5.0, 2.0, 1.0]], BFLOAT16)
    >>> [bool(o.error[0] <= o.bound[0]) for o in outcomes.values()]
    [True, True, True]
    """
    rows = fmt.round(x)
    if rows.ndim != 2 or not rows.shape[1] or not np.isfinite(rows).all():
        raise ValueError(f"compare needs rows of finite scores that {fmt.name} can hold")
    exact = np.exp(rows - _lse(rows)[:, None])
    outcomes = {}
    for name, (algorithm, bound) in ALGORITHMS.items():
        with np.errstate(over="ignore", invalid="ignore"):
            p = algorithm(rows, fmt)
        lost = np.isnan(p).any(axis=1) | (p == 0).all(axis=1)
        error = np.abs(p - exact).max(axis=1) / exact.max(axis=1) / fmt.u
        outcomes[name] = Outcome(p, lost, np.where(lost, np.nan, error), bound(rows))
    return outcomes
