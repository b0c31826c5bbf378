"""What all layers and models have in common: parameters that are found, saved and loaded by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lab.errors import describe
from autograd_lab.graph import next_id
from autograd_lab.tensor import Tensor


class Parameter(Tensor):
    """A Tensor that a module learns: it always requires a gradient.

    Parameters
    ----------
    data : array_like
        Floating point; copied.
    name : str, optional
        Shown in graphs and error messages.

    Raises
    ------
    TypeError
        If the data are not floating point.

    Examples
    --------
    >>> Parameter([1.0, 2.0]).requires_grad
    True
    """

    __slots__ = ()

    def __init__(self, data: ArrayLike | Tensor, name: str | None = None) -> None:
        super().__init__(data, requires_grad=True, name=name)

    def requires_grad_(self, requires_grad: bool = True) -> Parameter:
        """Switch the gradient on or off, and mark the leaf as a parameter's in the graph.

        >>> Parameter([1.0]).requires_grad_(False).requires_grad
        False
        """
        super().requires_grad_(requires_grad)
        if (node := self._node) is not None:
            node.modules = (("Parameter", node.id - 1),)
        return self


class Module:
    """Base of all layers and models: finds the parameters in its attributes, also in nested modules.

    A subclass sets parameters and modules as attributes (or in lists and dicts) and defines ``forward``.

    Examples
    --------
    >>> from autograd_lab.nn import Linear, ReLU, Sequential
    >>> model = Sequential(Linear(2, 3, rng=0), ReLU(), Linear(3, 1, rng=1))
    >>> [name for name, _ in model.named_parameters()]
    ['0.weight', '0.bias', '2.weight', '2.bias']
    """

    training: bool = True

    def forward(self, *args: Any) -> Tensor:
        """What the module computes; to be defined by each module.

        Raises
        ------
        NotImplementedError
            If a subclass has not defined it.

        Examples
        --------
        >>> class Double(Module):
        ...     def forward(self, x):
        ...         return 2 * x
        >>> Double()(Tensor([1.0, 2.0]))
        Tensor([2., 4.])
        """
        raise NotImplementedError(f"{type(self).__name__} does not define forward()")

    def __call__(self, *args: Any) -> Tensor:
        """Apply the module, and mark its output as such in the graph."""
        start = next_id()
        out = self.forward(*args)
        node = out.node if isinstance(out, Tensor) else None
        if node is not None and node.id > start:
            node.modules += ((type(self).__name__, start),)
        return out

    def _children(self) -> Iterable[tuple[str, Any]]:
        """What this module is made of, by name."""
        return vars(self).items()

    def _walk(self) -> Iterator[tuple[str, Module | Parameter]]:
        """Every module and parameter with its dotted name, each once, in order of attribute."""
        seen: set[int] = set()
        stack: list[tuple[str, Any]] = [("", self)]
        while stack:
            name, value = stack.pop()
            if isinstance(value, Module):
                children: Any = value._children()
            elif isinstance(value, dict):
                children = value.items()
            elif isinstance(value, list | tuple):
                children = enumerate(value)
            else:
                children = ()
            if id(value) in seen:
                continue
            if isinstance(value, Module | Parameter):
                yield name, value
            if not isinstance(value, Module | Parameter | dict | list | tuple):
                continue
            seen.add(id(value))
            stack += reversed([(f"{name}.{key}" if name else str(key), child) for key, child in children])

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Dotted name and parameter, each parameter once.

        >>> from autograd_lab.nn import Linear
        >>> [(name, p.shape) for name, p in Linear(2, 3).named_parameters()]
        [('weight', (2, 3)), ('bias', (3,))]
        """
        return ((name, value) for name, value in self._walk() if isinstance(value, Parameter))

    def parameters(self) -> Iterator[Parameter]:
        """The parameters, each once.

        >>> from autograd_lab.nn import Linear
        >>> sum(p.size for p in Linear(784, 300).parameters())
        235500
        """
        return (value for _, value in self.named_parameters())

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """Dotted name and module, this one (with the name "") and all inside it.

        >>> from autograd_lab.nn import ReLU, Sequential
        >>> [name for name, _ in Sequential(ReLU(), ReLU()).named_modules()]
        ['', '0', '1']
        """
        return ((name, value) for name, value in self._walk() if isinstance(value, Module))

    def modules(self) -> Iterator[Module]:
        """This module and all inside it.

        >>> from autograd_lab.nn import ReLU, Sequential
        >>> list(Sequential(ReLU()).modules())
        [Sequential(ReLU()), ReLU()]
        """
        return (value for _, value in self.named_modules())

    def zero_grad(self) -> None:
        """Forget the gradients: set each to None, as PyTorch does by default.

        >>> from autograd_lab.nn import Linear
        >>> layer = Linear(2, 1, rng=0)
        >>> layer([1.0, 2.0]).backward()
        >>> layer.zero_grad()
        >>> layer.bias.grad is None
        True
        """
        for parameter in self.parameters():
            parameter.grad = None

    def train(self, mode: bool = True) -> Module:
        """Switch this module and all inside it to training (or evaluation), and return it.

        >>> from autograd_lab.nn import Dropout
        >>> Dropout(0.5).train(False).training
        False
        """
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Switch this module and all inside it to evaluation, and return it.

        >>> from autograd_lab.nn import Dropout
        >>> Dropout(0.5).eval()(Tensor([1.0, 1.0]))
        Tensor([1., 1.])
        """
        return self.train(False)

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """Copies of all parameter arrays by dotted name.

        Examples
        --------
        >>> from autograd_lab.nn import Linear
        >>> sorted(Linear(2, 3).state_dict())
        ['bias', 'weight']
        """
        return {name: parameter.data.copy() for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, ArrayLike]) -> None:
        """Set all parameters from arrays by name; all of them, or none.

        Parameters
        ----------
        state : mapping of str to array_like
            As :meth:`state_dict` returns it; copied.

        Raises
        ------
        KeyError
            If a name is missing or not known.
        ValueError
            If a shape or the dtype differs. Nothing has been changed then.
        TypeError
            If it is no dict.

        Examples
        --------
        >>> from autograd_lab.nn import Linear
        >>> layer, other = Linear(2, 1, rng=0), Linear(2, 1, rng=1)
        >>> other.load_state_dict(layer.state_dict())
        >>> bool((other.weight == layer.weight).all())
        True
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"load_state_dict takes a dict of arrays by name, not {describe(state)}")
        parameters = dict(self.named_parameters())
        missing, unknown = parameters.keys() - state.keys(), state.keys() - parameters.keys()
        if missing or unknown:
            raise KeyError(f"state_dict does not fit: missing {sorted(missing)}, not known {sorted(unknown)}")
        arrays = {name: np.array(value) for name, value in state.items()}
        for name, parameter in parameters.items():
            if (arrays[name].shape, arrays[name].dtype) != (parameter.shape, parameter.dtype):
                raise ValueError(
                    f"state_dict does not fit: {name} is {parameter.dtype} of shape {parameter.shape}, "
                    f"but the array given is {arrays[name].dtype} of shape {arrays[name].shape}"
                )
        for name, parameter in parameters.items():
            np.copyto(parameter.data, arrays[name])
