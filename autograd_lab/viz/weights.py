"""A small network as text: each weight in twelve bits, which are two characters of a page."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from autograd_lab.nn import Linear, Module, ReLU, Sequential

__all__ = ["BITS", "Layer", "from_text", "rounded", "to_text"]

BITS = 12
# Those of base64, in the order of what they stand for.
_DIGITS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", np.uint8)
_VALUES = np.zeros(256, np.int64)
_VALUES[_DIGITS] = np.arange(64)


class Layer(TypedDict):
    """A layer as JSON can hold it; an affine one has everything, a ReLU has its kind alone."""

    kind: str
    shape: list[int]  # (in, out)
    weight: str  # two characters an entry, row after row
    scale: str  # base64 of little-endian float32: what a unit's whole numbers are multiplied with
    bias: str  # base64 of little-endian float32


def rounded(model: Module, bits: int = BITS) -> Sequential:
    """The same network with its weights rounded to `bits` bits, as a page carries it.

    The weights of a unit, a column of ``weight``, become whole numbers times one scale,
    ``w ≈ scale · q`` with ``|q| ≤ 2^(bits−1) − 1``; the largest weight of the unit keeps its value. Scales
    and biases are rounded to float32.

    Parameters
    ----------
    model : Sequential
        Of ``Linear`` and ``ReLU``; stays as it is.
    bits : int
        From 2 to 24.

    Returns
    -------
    Sequential
        A new one, with parameters in float64.

    Raises
    ------
    TypeError
        If the model is made of anything else.
    ValueError
        If a weight is not finite, or `bits` is out of range.

    Examples
    --------
    >>> model = Sequential(Linear(2, 1, rng=0))
    >>> model[0].weight.data = np.array([[1.0], [-0.3]])
    >>> rounded(model, bits=3)[0].weight.data.round(4)  # thirds
    array([[ 1.    ],
           [-0.3333]])
    """
    if not isinstance(bits, int | np.integer) or not 2 <= bits <= 24:
        raise ValueError(f"rounded takes 2 to 24 bits, not {bits!r}")
    layers: list[Module] = []
    for layer in _checked(model):
        if isinstance(layer, ReLU):
            layers.append(ReLU())
        else:
            whole, scale, bias = _round(layer, bits)
            layers.append(_linear(whole * scale.astype(np.float64), bias))
    return Sequential(*layers)


def to_text(model: Module) -> list[Layer]:
    """The layers of ``rounded(model)`` as text that JSON holds and a script in a page reads.

    Parameters and errors as for :func:`rounded`, with 12 bits.

    Returns
    -------
    list of Layer

    Examples
    --------
    >>> model = Sequential(Linear(1, 2, rng=0), ReLU())
    >>> model[0].weight.data = np.array([[0.0, -1.0]])
    >>> to_text(model)[0]["weight"]
    'gAAB'
    """
    return [_layer(layer) for layer in _checked(model)]


def from_text(layers: list[Layer]) -> Sequential:
    """The network that :func:`to_text` has written: ``rounded(model)`` again, to the last bit.

    Parameters
    ----------
    layers : list of Layer

    Returns
    -------
    Sequential

    Examples
    --------
    >>> model = Sequential(Linear(3, 4, rng=0), ReLU(), Linear(4, 2, rng=1))
    >>> again = from_text(to_text(model))
    >>> bool(np.all(again[2].weight.data == rounded(model)[2].weight.data))
    True
    """
    return Sequential(*map(_module, layers))


def _checked(model: Module) -> Iterator[Linear | ReLU]:
    layers = list(model) if isinstance(model, Sequential) else [model]
    if not layers or not all(isinstance(layer, Linear | ReLU) for layer in layers):
        raise TypeError(f"a page can carry a Sequential of Linear and ReLU, not {model!r}")
    affine = [layer for layer in layers if isinstance(layer, Linear)]
    for first, second in pairwise(affine):
        if first.out_features != second.in_features:
            raise ValueError(f"{second!r} does not take what {first!r} gives")
    for layer in affine:
        if not all(np.isfinite(p.data).all() for p in layer.parameters()):
            raise ValueError(f"{layer!r} has weights that are not finite")
    yield from layers  # type: ignore[misc]


def _round(layer: Linear, bits: int) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[Any]]:
    """Whole numbers (in, out), a scale for each column, and the bias."""
    weight = layer.weight.data.astype(np.float64)
    most = 2 ** (bits - 1) - 1
    scale = (np.abs(weight).max(axis=0) / most).astype(np.float32)
    # A column of zeros has the scale zero, and no unit to divide by.
    whole = np.rint(weight / np.where(scale > 0, scale, 1).astype(np.float64)).astype(np.int64)
    bias = np.zeros(layer.out_features) if layer.bias is None else layer.bias.data
    return np.clip(whole, -most, most), scale, bias.astype(np.float32)


def _linear(weight: NDArray[Any], bias: NDArray[Any]) -> Linear:
    layer = Linear(*weight.shape, rng=0)
    layer.weight.data = weight
    assert layer.bias is not None
    layer.bias.data = bias.astype(np.float64)
    return layer


def _layer(layer: Linear | ReLU) -> Layer:
    if isinstance(layer, ReLU):
        return Layer(kind="relu", shape=[], weight="", scale="", bias="")
    whole, scale, bias = _round(layer, BITS)
    codes = whole.ravel() + 2 ** (BITS - 1)
    characters = _DIGITS[np.stack([codes >> 6, codes & 63], axis=1)]
    return Layer(
        kind="linear",
        shape=list(whole.shape),
        weight=characters.tobytes().decode("ascii"),
        scale=_floats_to_text(scale),
        bias=_floats_to_text(bias),
    )


def _module(layer: Layer) -> Module:
    if layer["kind"] == "relu":
        return ReLU()
    pairs = _VALUES[np.frombuffer(layer["weight"].encode("ascii"), np.uint8)].reshape(-1, 2)
    whole = (pairs[:, 0] * 64 + pairs[:, 1] - 2 ** (BITS - 1)).reshape(layer["shape"])
    return _linear(whole * _floats_from_text(layer["scale"]), _floats_from_text(layer["bias"]))


def _floats_to_text(numbers: NDArray[Any]) -> str:
    return base64.b64encode(numbers.astype("<f4").tobytes()).decode("ascii")


def _floats_from_text(text: str) -> NDArray[np.float64]:
    return np.frombuffer(base64.b64decode(text), "<f4").astype(np.float64)
