"""Starting values for weights, stored (in, out) as :class:`autograd_lab.nn.Linear` has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Seed = int | np.random.Generator | None


def he_normal(
    shape: tuple[int, int],
    rng: Seed = None,
    dtype: DTypeLike = np.float64,
) -> NDArray[Any]:
    """Normal numbers of variance 2/fan_in, which keeps the size of signals
    through ReLU layers.

    Parameters
    ----------
    shape : (fan_in, fan_out)
    rng : int, Generator or None
        Seed or generator.
    dtype : dtype
        The numbers are drawn in float64 and rounded, so that a seed means the same in every precision.

    Returns
    -------
    ndarray of that shape and dtype

    Notes
    -----
    He, Zhang, Ren and Sun (2015), eq. 10; ``torch.nn.init.kaiming_normal_``.

    Examples
    --------
    >>> he_normal((784, 300), rng=0).std().round(2)
    np.float64(0.05)
    """
    return _scaled_normal(shape, lambda fan_in, _: 2.0 / fan_in, rng, dtype)


def glorot_normal(shape: tuple[int, int], rng: Seed = None, dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """Normal numbers of variance 2/(fan_in + fan_out), for tanh and sigmoid layers.

    Parameters and result as for :func:`he_normal`. Glorot and Bengio (2010), eq. 16;
    ``torch.nn.init.xavier_normal_``.

    Examples
    --------
    >>> glorot_normal((300, 100), rng=0).shape
    (300, 100)
    """
    return _scaled_normal(shape, lambda fan_in, fan_out: 2.0 / (fan_in + fan_out), rng, dtype)


def lecun_normal(shape: tuple[int, int], rng: Seed = None, dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """Normal numbers of variance 1/fan_in.

    Parameters and result as for :func:`he_normal`. LeCun, Bottou, Orr and Müller (1998), section 4.6.

    Examples
    --------
    >>> lecun_normal((300, 100), rng=0).shape
    (300, 100)
    """
    return _scaled_normal(shape, lambda fan_in, _: 1.0 / fan_in, rng, dtype)


def _scaled_normal(
    shape: tuple[int, int], variance: Callable[[int, int], float], rng: Seed, dtype: DTypeLike
) -> NDArray[Any]:
    if np.shape(shape) != (2,):
        raise ValueError(f"a weight has the shape (fan_in, fan_out), not {shape!r}")
    if min(shape) < 1:
        raise ValueError(f"a weight needs a fan_in and a fan_out of at least 1, not {shape}")
    numbers: NDArray[Any] = np.random.default_rng(rng).standard_normal(shape) * np.sqrt(variance(*shape))
    return numbers.astype(dtype)
