"""Optimisers: rules that turn gradients into steps, with PyTorch's names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lab.errors import check_number, describe
from autograd_lab.tensor import Tensor

Array = NDArray[Any]


class Optimizer:
    """Base of the optimisers: holds the parameters and forgets their gradients.

    Parameters
    ----------
    params : iterable of Tensor
        Leaves that require gradients, for example ``model.parameters()``.
    lr : float
        Learning rate.

    Raises
    ------
    ValueError
        If there are no parameters, if one is given twice, or if ``lr`` is not positive.
    TypeError
        If a parameter is not a leaf Tensor that requires a gradient.

    Examples
    --------
    A rule of one's own says what to subtract from a parameter p with the gradient g: here lr times its signs.

    >>> class Signs(Optimizer):
    ...     def _change(self, i, p, g):
    ...         return self.lr * np.sign(g)
    >>> w = Tensor([3.0, -5.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> Signs([w], lr=0.5).step()
    >>> w
    Tensor([ 2.5, -4.5], requires_grad=True)
    """

    def __init__(self, params: Iterable[Tensor], lr: float) -> None:
        name = type(self).__name__
        if not isinstance(params, Iterable):
            raise TypeError(f"{name} takes the parameters as an iterable of Tensors, not {describe(params)}")
        self.params = list(params)
        self.lr = lr
        if not self.params:
            raise ValueError(f"{name} got no parameters")
        for p in self.params:
            if not (isinstance(p, Tensor) and p.requires_grad and p.is_leaf):
                raise TypeError(f"{name} moves leaf Tensors that require gradients, not {p!r:.60}")
        if len({id(p) for p in self.params}) < len(self.params):
            raise ValueError(f"{name} got a parameter twice; it would move it twice a step")
        check_number(name, "lr", lr, 0, low_allowed=False)

    def zero_grad(self) -> None:
        """Forget the gradients: set each to None.

        >>> w = Tensor([1.0], requires_grad=True)
        >>> w.sum().backward()
        >>> SGD([w], lr=0.1).zero_grad()
        >>> w.grad is None
        True
        """
        for p in self.params:
            p.grad = None

    def step(self) -> None:
        """Move each parameter that has a gradient, in place; a gradient itself is never changed.

        >>> w = Tensor([1.0], requires_grad=True)
        >>> w.sum().backward()
        >>> SGD([w], lr=0.25).step()
        >>> w.data, w.grad
        (array([0.75]), array([1.]))
        """
        for i, p in enumerate(self.params):
            if p.grad is not None:
                np.subtract(p.data, self._change(i, p, p.grad), out=p.data)

    def _change(self, i: int, p: Tensor, g: Array) -> Array:
        """What to subtract from parameter number i."""
        raise NotImplementedError

    def _memory(self) -> dict[str, list[Any]]:
        """What the rule remembers from step to step: its lists with one entry a parameter."""
        return {name: value for name, value in vars(self).items() if name[0] == "_" and type(value) is list}

    def state_dict(self) -> dict[str, Array]:
        """Copies of all that the rule remembers from step to step, by name and number of the parameter.

        Settings such as the learning rate are not among them: they belong to who makes the optimiser.

        Returns
        -------
        dict of str to ndarray
            For momentum ``velocity.0``, ``velocity.1``, ...; nothing for plain gradient descent.

        Examples
        --------
        >>> w = Tensor([1.0], requires_grad=True)
        >>> optimizer = SGD([w], lr=0.1, momentum=0.9)
        >>> w.sum().backward()
        >>> optimizer.step()
        >>> optimizer.state_dict()
        {'velocity.0': array([1.])}
        """
        return {
            f"{name[1:]}.{i}": np.array(entry)
            for name, entries in self._memory().items()
            for i, entry in enumerate(entries)
            if entry is not None
        }

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        """Remember what another optimiser of the same kind, for parameters of the same shapes, remembered.

        Parameters
        ----------
        state : mapping of str to ndarray
            As :meth:`state_dict` returns it; copied.

        Raises
        ------
        TypeError
            If it is no dict.
        KeyError
            If a name is not known to this kind of optimiser, or one that it needs is missing.
        ValueError
            If a shape or dtype does not fit its parameter. Nothing has been changed then.

        Examples
        --------
        >>> w = Tensor([1.0], requires_grad=True)
        >>> optimizer = SGD([w], lr=0.1, momentum=0.9)
        >>> optimizer.load_state_dict({"velocity.0": np.array([1.0])})
        >>> w.sum().backward()
        >>> optimizer.step()
        >>> w
        Tensor([0.81], requires_grad=True)
        """
        name = type(self).__name__
        if not isinstance(state, Mapping):
            raise TypeError(f"{name}: load_state_dict takes a dict of arrays by name, not {describe(state)}")
        memory = self._memory()
        known = {f"{key[1:]}.{i}": (key, i) for key, entries in memory.items() for i in range(len(entries))}
        needed = {key for key, (owner, i) in known.items() if memory[owner][i] is not None}
        missing, unknown = needed - state.keys(), state.keys() - known.keys()
        if missing or unknown:
            raise KeyError(
                f"{name}: the state does not fit: missing {sorted(missing)}, not known {sorted(unknown)}"
            )
        copies = {key: np.array(value) for key, value in state.items()}
        for key, given in copies.items():
            owner, i = known[key]
            p, counts = self.params[i], isinstance(memory[owner][i], int)
            if counts and (given.shape != () or given.dtype.kind != "i"):
                raise ValueError(
                    f"{name}: the state does not fit: {key} is a count, but it is {describe(given)}"
                )
            if not counts and (given.shape, given.dtype) != (p.shape, p.dtype):
                raise ValueError(
                    f"{name}: the state does not fit: {key} belongs to a parameter that is {p.dtype} of "
                    f"shape {p.shape}, but it is {describe(given)}"
                )
        for key, given in copies.items():
            owner, i = known[key]
            memory[owner][i] = int(given) if isinstance(memory[owner][i], int) else given


class SGD(Optimizer):
    """Stochastic gradient descent, w ← w − lr·g (the report's section 2, with lr = 0.1).

    Parameters
    ----------
    params : iterable of Tensor
        Leaves that require gradients, for example ``model.parameters()``.
    lr : float
        Learning rate.
    momentum : float
        μ of v ← μv + g, w ← w − lr·v (PyTorch's form, which multiplies v rather than g by lr).
    weight_decay : float
        λ of g ← g + λw.
    nesterov : bool
        Step along g + μv instead of v.

    Raises
    ------
    ValueError
        If there are no parameters, if one is given twice, or if a number is out of range.
    TypeError
        If a parameter is not a leaf Tensor that requires a gradient.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> w = ag.tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([0.8], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(params, lr)
        check_number("SGD", "momentum", momentum, 0)
        check_number("SGD", "weight_decay", weight_decay, 0)
        if nesterov and momentum == 0:
            raise ValueError("nesterov=True needs a momentum greater than 0")
        self.momentum, self.weight_decay, self.nesterov = momentum, weight_decay, nesterov
        self._velocity: list[Array | None] = [None] * len(self.params)

    def _change(self, i: int, p: Tensor, g: Array) -> Array:
        if self.weight_decay:
            g = g + self.weight_decay * p.data
        if self.momentum:
            v = self._velocity[i]
            v = g.copy() if v is None else self.momentum * v + g
            self._velocity[i] = v
            g = g + self.momentum * v if self.nesterov else v
        return self.lr * g


class Adam(Optimizer):
    """Adam: steps of about lr along each coordinate, whatever the size of its gradient.

    m ← β₁m + (1−β₁)g and v ← β₂v + (1−β₂)g², corrected for their start at zero by m̂ = m/(1−β₁ᵗ) and
    v̂ = v/(1−β₂ᵗ); then w ← w − lr·m̂/(√v̂ + ε).

    Parameters
    ----------
    params : iterable of Tensor
        Leaves that require gradients.
    lr : float
        Learning rate.
    betas : (float, float)
        β₁ and β₂, each in [0, 1).
    eps : float
        ε, positive.
    weight_decay : float
        λ of g ← g + λw; for decay that is apart from the gradient see :class:`AdamW`.

    Raises
    ------
    ValueError
        If there are no parameters, if one is given twice, or if a number is out of range.
    TypeError
        If a parameter is not a leaf Tensor that requires a gradient.

    Notes
    -----
    Kingma and Ba (2015), algorithm 1.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> w = ag.tensor([1.0, 100.0], requires_grad=True)
    >>> optimizer = Adam([w], lr=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([ 0.5, 99.5], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr)
        name = type(self).__name__
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise TypeError(f"{name} takes betas as a pair of numbers, not {describe(betas)}")
        for beta in betas:
            check_number(name, "betas", beta, 0, 1)
        check_number(name, "eps", eps, 0, low_allowed=False)
        check_number(name, "weight_decay", weight_decay, 0)
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay
        self._steps = [0] * len(self.params)
        self._m = [np.zeros_like(p.data) for p in self.params]
        self._v = [np.zeros_like(p.data) for p in self.params]

    def _change(self, i: int, p: Tensor, g: Array) -> Array:
        if self.weight_decay:
            g = g + self.weight_decay * p.data
        return self._adam(i, g)

    def _adam(self, i: int, g: Array) -> Array:
        beta1, beta2 = self.betas
        self._steps[i] += 1
        t = self._steps[i]
        m = self._m[i] = beta1 * self._m[i] + (1 - beta1) * g
        v = self._v[i] = beta2 * self._v[i] + (1 - beta2) * g * g
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        step: Array = self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
        return step


class AdamW(Adam):
    """Adam with decoupled weight decay: w ← w − lr·(m̂/(√v̂ + ε) + λw).

    Parameters and errors as for :class:`Adam`; ``weight_decay`` is λ and 0.01 by default, as in PyTorch.

    Notes
    -----
    Loshchilov and Hutter (2019), algorithm 2.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> w = ag.tensor([1.0], requires_grad=True)
    >>> optimizer = AdamW([w], lr=0.5, weight_decay=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([0.45], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)

    def _change(self, i: int, p: Tensor, g: Array) -> Array:
        return self._adam(i, g) + self.lr * self.weight_decay * p.data
