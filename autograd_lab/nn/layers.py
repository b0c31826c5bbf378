"""Layers: modules that compute one thing, and Sequential, which chains them. PyTorch's names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd_lab.nn import functional as F
from autograd_lab.nn.init import Seed, he_normal
from autograd_lab.nn.module import Module, Parameter
from autograd_lab.tensor import Tensor


class Linear(Module):
    """The affine map y = x @ weight + bias, the report's y = xw (section 1.3) with a bias.

    Parameters
    ----------
    in_features, out_features : int
        D and M: x has shape (..., D), y has shape (..., M).
    bias : bool
        Whether a bias of shape (M,), starting at 0, is added.
    rng : int, Generator or None
        Seed or generator for the weight of shape (D, M), which starts as :func:`init.he_normal`.
    dtype : dtype
        Of the parameters.

    Raises
    ------
    ValueError
        If a size is not positive, or when called with rows of another length than D.

    Notes
    -----
    The weight is stored (in, out), the transpose of PyTorch's, and PyTorch starts from another
    distribution (uniform, of variance 1/(3D)).

    Examples
    --------
    >>> import numpy as np
    >>> Linear(784, 300, rng=0)(np.zeros((5, 784))).shape
    (5, 300)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        rng: Seed = None,
        dtype: DTypeLike = np.float64,
    ) -> None:
        sizes = (in_features, out_features)
        if not all(isinstance(n, int | np.integer) for n in sizes):
            raise TypeError(f"Linear needs whole numbers as sizes, not {sizes}")
        if min(sizes) < 1:
            raise ValueError(f"Linear needs positive sizes, not ({in_features}, {out_features})")
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(he_normal((in_features, out_features), rng, dtype), name="weight")
        self.bias = Parameter(np.zeros(out_features, dtype), name="bias") if bias else None

    def forward(self, x: Any) -> Tensor:
        """Map rows of D features, shape (..., D), to rows of M, shape (..., M).

        Raises
        ------
        ValueError
            If the last axis of x is not D.
        """
        shape = x.shape if isinstance(x, Tensor) else np.shape(x)
        if not shape or shape[-1] != self.in_features:
            raise ValueError(
                f"{self!r} takes rows of {self.in_features} features, so x must have shape "
                f"(..., {self.in_features}), but it has shape {shape}"
            )
        return F.linear(x, self.weight, self.bias)

    def __repr__(self) -> str:
        return f"Linear({self.in_features}, {self.out_features}{', bias=False' if self.bias is None else ''})"


class ReLU(Module):
    """max(x, 0), entry by entry (report, eq. 5).

    Examples
    --------
    >>> import autograd_lab as ag
    >>> ReLU()(ag.tensor([-1.0, 2.0]))
    Tensor([0., 2.])
    """

    def forward(self, x: Any) -> Tensor:
        """Apply it to x of any shape."""
        return F.relu(x)

    def __repr__(self) -> str:
        return "ReLU()"


class Tanh(Module):
    """The hyperbolic tangent, entry by entry.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> Tanh()(ag.tensor([0.0]))
    Tensor([0.])
    """

    def forward(self, x: Any) -> Tensor:
        """Apply it to x of any shape."""
        return F.tanh(x)

    def __repr__(self) -> str:
        return "Tanh()"


class Sigmoid(Module):
    """1/(1 + e⁻ˣ), entry by entry.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> Sigmoid()(ag.tensor([0.0]))
    Tensor([0.5])
    """

    def forward(self, x: Any) -> Tensor:
        """Apply it to x of any shape."""
        return F.sigmoid(x)

    def __repr__(self) -> str:
        return "Sigmoid()"


class Dropout(Module):
    """Set entries to zero at random while training, and scale the others up to keep the mean.

    Parameters
    ----------
    p : float
        Probability of an entry to be dropped, 0 ≤ p < 1.
    rng : int, Generator or None
        Seed or generator of the masks.

    Raises
    ------
    ValueError
        If p is out of range.

    Notes
    -----
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), in the inverted form of PyTorch:
    nothing remains to be done after ``eval()``.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> Dropout(0.5, rng=0)(ag.tensor([1.0, 1.0, 1.0, 1.0]))
    Tensor([2., 0., 0., 0.])
    >>> Dropout(0.5).eval()(ag.tensor([1.0, 1.0]))
    Tensor([1., 1.])
    """

    def __init__(self, p: float = 0.5, *, rng: Seed = None) -> None:
        F.check_dropout(p)
        self.p, self.rng = p, np.random.default_rng(rng)

    def forward(self, x: Any) -> Tensor:
        """Drop entries of x, of any shape, while training; else hand it on."""
        return F.dropout(x, self.p, self.training, self.rng)

    def __repr__(self) -> str:
        return f"Dropout({self.p})"


class Sequential(Module):
    """Modules applied one after the other.

    Parameters
    ----------
    *layers : Module
        The first takes the input, each other one the output of the one before.

    Examples
    --------
    >>> Sequential(Linear(784, 300), ReLU(), Linear(300, 10))
    Sequential(Linear(784, 300), ReLU(), Linear(300, 10))
    """

    def __init__(self, *layers: Module) -> None:
        for i, layer in enumerate(layers):
            if not isinstance(layer, Module):
                raise TypeError(f"Sequential takes modules, but argument {i} is a {type(layer).__name__}")
        self._layers = layers

    def _children(self) -> Iterable[tuple[str, Any]]:
        # PyTorch's names: "0.weight", with no attribute in front.
        others = {name: value for name, value in vars(self).items() if name != "_layers"}
        return [(str(i), layer) for i, layer in enumerate(self._layers)] + list(others.items())

    def forward(self, x: Any) -> Tensor:
        """Apply all layers in order; each takes what the one before gives."""
        for layer in self._layers:
            x = layer(x)
        return x  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(self._layers)

    def __getitem__(self, index: int) -> Module:
        return self._layers[index]

    def __iter__(self) -> Iterator[Module]:
        return iter(self._layers)

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self._layers))})"
