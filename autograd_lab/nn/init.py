"""Starting values for weights, stored (in, out) as :class:`autograd_lab.nn.Linear` has them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Seed = int | np.random.Generator | None


def he_normal(shape: tuple[int, int], rng: Seed = None, dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """Normal numbers of variance 2/fan_in, which keeps the size of signals through ReLU layers.

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
    return _scaled_normal(shape, 2.0 / max(shape[0], 1), rng, dtype)


def glorot_normal(shape: tuple[int, int], rng: Seed = None, dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """Normal numbers of variance 2/(fan_in + fan_out), for tanh and sigmoid layers.

    Parameters and result as for :func:`he_normal`. Glorot and Bengio (2010), eq. 16;
    ``torch.nn.init.xavier_normal_``.

    Examples
    --------
    >>> glorot_normal((300, 100), rng=0).shape
    (300, 100)
    """
    return _scaled_normal(shape, 2.0 / max(sum(shape), 1), rng, dtype)


def lecun_normal(shape: tuple[int, int], rng: Seed = None, dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """Normal numbers of variance 1/fan_in.

    Parameters and result as for :func:`he_normal`. LeCun, Bottou, Orr and Müller (1998), section 4.6.

    Examples
    --------
    >>> lecun_normal((300, 100), rng=0).shape
    (300, 100)
    """
    return _scaled_normal(shape, 1.0 / max(shape[0], 1), rng, dtype)


def _scaled_normal(shape: tuple[int, int], variance: float, rng: Seed, dtype: DTypeLike) -> NDArray[Any]:
    numbers: NDArray[Any] = np.random.default_rng(rng).standard_normal(shape) * np.sqrt(variance)
    return numbers.astype(dtype)
