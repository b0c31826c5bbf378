"""The Tensor: a NumPy array that remembers how it was computed.

Here arrays and graph meet. :func:`primitive` turns a formula of :mod:`autograd_lab.ops` into an operator
that takes Tensors; the class gives it to the user as a method; :func:`grad` and :meth:`Tensor.backward`
walk the graph.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import CellType, FunctionType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from autograd_lab import ops
from autograd_lab.errors import describe, explain
from autograd_lab.graph import NO_KWARGS, Node, backpropagate, recording
from autograd_lab.ops import PRIMITIVES, VJP, Primitive

Array = NDArray[Any]
Operator = Callable[..., "Tensor"]
_NUMBERS = "biufc"  # NumPy's kinds: booleans, integers with and without sign, floating point, complex


@functools.cache
def primitive(fn: Callable[..., Any]) -> Operator:
    """Make a formula an operator on Tensors.

    Parameters
    ----------
    fn : function
        Takes plain arrays (and numbers) and returns ``(value, vjp, ...)``: the value and, for each
        positional input in order, a function from the cotangent of the value to that of the input, or
        None where there is no derivative. A VJP may return its gradient in the value's shape where the
        input was broadcast; it is summed back.

    Returns
    -------
    function
        Takes Tensors, arrays and numbers and returns a Tensor. It is recorded if an input requires a
        gradient and recording is on. ``__wrapped__`` is ``fn``.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> @ag.primitive
    ... def cube(x):
    ...     return x**3, lambda g: g * 3 * x**2
    >>> x = ag.tensor([2.0], requires_grad=True)
    >>> cube(x).backward()
    >>> x.grad
    array([12.])
    """
    if not inspect.isfunction(fn):
        raise TypeError(f"primitive takes a function from arrays to (value, vjp, ...), not {describe(fn)}")
    known = PRIMITIVES.get(fn.__name__)
    op = known if known is not None and known.fn is fn else Primitive(fn)

    @functools.wraps(fn)
    def operator(*args: Any, **kwargs: Any) -> Tensor:
        raw: list[Any] = []
        nodes: list[Node | None] = []
        try:
            if kwargs:
                args, kwargs = _in_places(fn, args, kwargs)
            for a in args:
                if isinstance(a, Tensor):
                    raw.append(a._data)
                    nodes.append(a._node)
                else:
                    raw.append(a if type(a) is np.ndarray else _plain(a))
                    nodes.append(None)
            if raw and type(raw[0]) is not np.ndarray:
                raw = _numbers_as_arrays(raw)
            result = fn(*raw, **kwargs)
            if type(result) is not tuple:
                raise TypeError(f"its formula must return (value, vjp, ...), not {describe(result)}")
            value, *vjps = result
        except Exception as said:
            raise explain(op.name, [*raw, *args[len(raw) :]], kwargs, said) from said
        out = _wrap(value)
        if any(nodes) and (mode := recording()):
            node = out._node = _record(op, raw, nodes, kwargs, vjps, out._data)
            if mode is not True and node is not None:
                mode(node, args, value)
        elif out._data.dtype.kind not in _NUMBERS:
            error = TypeError(f"it gives {out.dtype}, and a Tensor holds numbers")
            raise explain(op.name, raw, kwargs, error)
        return out

    return operator


def _record(
    op: Primitive,
    inputs: list[Any],
    nodes: list[Node | None],
    kwargs: dict[str, Any],
    vjps: list[VJP | None],
    value: Array,
) -> Node | None:
    """The node of a value that has just been computed, or None if no gradient can pass."""
    if len(vjps) != len(nodes):
        _match_vjps(op, nodes, vjps)
    for i, node in enumerate(nodes):
        if node is None:  # nobody needs this VJP: drop it, and with it all that only it had saved
            vjps[i] = None
        elif vjps[i] is not None:
            inputs[i] = node
    if not any(vjps):
        return None
    dtype = value.dtype
    if dtype.kind != "f":
        raise TypeError(
            f"{op.name} gives {dtype}, and gradients are for real floating-point numbers only; use "
            "detach() for an input that needs none"
        )
    return Node(op, tuple(inputs), kwargs or NO_KWARGS, vjps, value.shape, dtype)


def _in_places(fn: Callable[..., Any], args: Any, kwargs: Any) -> tuple[Any, Any]:
    """Arguments with Tensors given by keyword moved to their places, where they can get a gradient."""
    if not any(isinstance(value, Tensor) for value in kwargs.values()):
        return args, kwargs
    bound = inspect.signature(fn).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.args, bound.kwargs


def _match_vjps(op: Primitive, nodes: list[Node | None], vjps: list[VJP | None]) -> None:
    """One VJP for each input; an input that needs a gradient and has no VJP is an error."""
    for place, node in enumerate(nodes[len(vjps) :], len(vjps)):
        if node is not None:
            raise TypeError(
                f"{op.name} has no derivative with respect to its input {place}, which requires a gradient; "
                "pass its detach() if it is a constant"
            )
        vjps.append(None)
    del vjps[len(nodes) :]


def _plain(value: Any) -> Any:
    """An input that is no Tensor, as the formulas take it."""
    if isinstance(value, np.generic):
        return value.item()  # as weak as a Python number: float32 stays float32 beside np.float64(2)
    return np.asarray(value) if isinstance(value, list) else value


def _numbers_as_arrays(raw: list[Any]) -> list[Any]:
    """Python numbers among themselves as arrays, so that NumPy computes and not Python's endless integers."""
    if any(isinstance(a, np.ndarray) for a in raw):
        return raw
    arrays = [np.asarray(a) if isinstance(a, int | float | complex) else a for a in raw]
    if any(isinstance(a, np.ndarray) and a.dtype == object for a in arrays):
        raise OverflowError("a whole number beyond 64 bits")
    return arrays


def _wrap(value: Any) -> Tensor:
    """A Tensor around a computed value, with no copy and no checks."""
    out = Tensor.__new__(Tensor)
    out._data = value if isinstance(value, np.ndarray) else np.asarray(value)
    out._node = None
    out._name = None
    return out


def _handle(value: Any, node: Node) -> Tensor:
    """A Tensor for a value that is known to be the one that ``node`` stands for."""
    out = _wrap(value)
    out._node = node
    return out


def _reversed(operator: Operator) -> Operator:
    def swapped(self: Any, other: Any) -> Tensor:
        return operator(other, self)

    return swapped


def _on_data(name: str, ufunc: Any, x: Tensor, other: Any, **kwargs: Any) -> Any:
    """A ufunc on the arrays alone, recorded nowhere; its errors name what was done."""
    value = other._data if isinstance(other, Tensor) else _plain(other)
    try:
        return ufunc(x._data, value, **kwargs)
    except Exception as error:
        raise explain(name, [x._data, value], {}, error) from error


def _comparison(ufunc: Any) -> Callable[[Any, Any], Any]:
    """A comparison is a constant, so its result is a plain array of booleans."""

    def compare(self: Tensor, other: Any) -> Any:
        return _on_data(ufunc.__name__, ufunc, self, other)

    return compare


def _in_place(ufunc: Any, symbol: str) -> Callable[[Any, Any], Any]:
    """``x += y`` on a Tensor outside every graph; on a recorded one an error, not a wrong gradient."""

    def update(self: Tensor, other: Any) -> Tensor:
        self._refuse_in_place(f"x {symbol}= y", f"x = x {symbol} y")
        _on_data(f"in-place {ufunc.__name__}", ufunc, self, other, out=self._data)
        return self

    return update


class Tensor:
    """A NumPy array that remembers how it was computed, so that gradients can flow back through it.

    Parameters
    ----------
    data : array_like
        Numbers; copied, so that no later change from outside reaches the Tensor.
    requires_grad : bool
        Whether gradients with respect to this Tensor are wanted. Floating point only.
    dtype : dtype, optional
        As for ``np.array``; Python floats become float64.
    name : str, optional
        Shown in graphs and error messages.

    Raises
    ------
    TypeError
        If the data are not numbers, or if ``requires_grad`` is asked of integers or booleans.
    ValueError
        If the rows differ in length.

    Notes
    -----
    Operators and methods have NumPy's meaning: shapes broadcast, ``axis`` and ``keepdims`` select axes,
    dtypes follow NumPy's promotion with Python *and* NumPy scalars weak. Comparisons return plain arrays.

    What an operator saves for backward are the arrays themselves, not copies. An array of yours that took
    part (or ``x.data``) must not be changed before backward has run, or the gradient is that of other
    numbers; :func:`autograd_lab.debug.detect_anomaly` finds such a change.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    array([2., 4., 6.])
    """

    __slots__ = ("__weakref__", "_data", "_name", "_node")
    _data: Array
    _node: Node | None
    _name: str | None

    def __init__(
        self,
        data: ArrayLike | Tensor,
        requires_grad: bool = False,
        dtype: DTypeLike | None = None,
        name: str | None = None,
    ) -> None:
        array = np.array(data._data if isinstance(data, Tensor) else data, dtype=dtype)
        if array.dtype.kind not in _NUMBERS:
            raise TypeError(f"a Tensor holds numbers, not {array.dtype}: {data!r:.60}")
        self._data = array
        self._node = None
        self._name = name
        if requires_grad:
            self.requires_grad_()

    # --- data and description -------------------------------------------------------------------------

    @property
    def data(self) -> Array:
        """The array itself, not a copy. What is assigned must have the same shape and dtype.

        Raises
        ------
        ValueError
            If an array of another shape or dtype is assigned.
        RuntimeError
            If the Tensor was computed: its gradients would belong to the old data.

        Examples
        --------
        >>> Tensor([1.0, 2.0]).data
        array([1., 2.])
        """
        return self._data

    @data.setter
    def data(self, value: ArrayLike) -> None:
        array = np.asarray(value)
        if array is self._data:  # p.data -= ... ends here
            return
        if array.shape != self._data.shape or array.dtype != self._data.dtype:
            raise ValueError(
                f"data is a {self.dtype} array of shape {self.shape}; can't be replaced by a {array.dtype} "
                f"array of shape {array.shape}. Make a new Tensor instead."
            )
        if self._node is not None:
            if self._node.op is not None:
                raise RuntimeError(
                    f"the data of a computed Tensor (by {self._node.op.name}) can't be replaced: gradients "
                    "would belong to the old data. Make a new Tensor instead."
                )
            self._node.data = array
        self._data = array

    @property
    def node(self) -> Node | None:
        """The graph node this value belongs to, or None for a constant.

        >>> (2 * Tensor(3.0, requires_grad=True)).node.op, Tensor(3.0).node
        (<primitive mul>, None)
        """
        return self._node

    @property
    def name(self) -> str | None:
        """The name that graphs show; None if there is none.

        >>> Tensor(1.0, name="w").name
        'w'
        """
        return self._node.name if self._node else self._name

    @name.setter
    def name(self, value: str | None) -> None:
        self._name = value
        if self._node:
            self._node.name = value

    @property
    def grad(self) -> Array | None:
        """The gradient accumulated by :meth:`backward`: shape and dtype of the data, or None.

        Raises
        ------
        ValueError
            If an array of another shape or dtype is assigned.
        RuntimeError
            If one is assigned to a Tensor that requires no gradient.

        Examples
        --------
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> x.sum().backward()
        >>> x.grad
        array([1., 1.])
        """
        return self._node.grad if self._node else None

    @grad.setter
    def grad(self, value: ArrayLike | None) -> None:
        if self._node is None:
            if value is not None:
                raise RuntimeError("a Tensor that does not require a gradient has none to set")
            return
        if value is not None:
            value = np.asarray(value)
            if value.shape != self.shape or value.dtype != self.dtype:
                raise ValueError(
                    f"grad must be a {self.dtype} array of shape {self.shape}, "
                    f"not a {value.dtype} array of shape {value.shape}"
                )
        self._node.grad = value

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to or through this Tensor.

        >>> x = Tensor(3.0, requires_grad=True)
        >>> (x * 2).requires_grad, Tensor(3.0).requires_grad
        (True, False)
        """
        return self._node is not None

    @property
    def is_leaf(self) -> bool:
        """Whether the user made it, and did not compute it from Tensors that require gradients.

        >>> x = Tensor(3.0, requires_grad=True)
        >>> x.is_leaf, (x * 2).is_leaf
        (True, False)
        """
        return self._node is None or self._node.op is None

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis.

        >>> Tensor([[1.0, 2.0, 3.0]]).shape
        (1, 3)
        """
        return self._data.shape

    @property
    def ndim(self) -> int:
        """Number of axes.

        >>> Tensor([[1.0, 2.0, 3.0]]).ndim
        2
        """
        return self._data.ndim

    @property
    def size(self) -> int:
        """Number of entries (as in NumPy; PyTorch has ``numel()``).

        >>> Tensor([[1.0, 2.0, 3.0]]).size
        3
        """
        return self._data.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy dtype of the entries.

        >>> Tensor([1.0]).dtype, Tensor([1]).dtype
        (dtype('float64'), dtype('int64'))
        """
        return self._data.dtype

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        text = np.array2string(self._data, prefix="Tensor(", separator=", ")
        if self._data.dtype not in (np.float64, np.int64, np.bool_):
            text += f", dtype={self._data.dtype}"
        if self._node is not None:
            text += f", op={self._node.op.name}" if self._node.op else ", requires_grad=True"
        return f"Tensor({text})"

    def item(self) -> Any:
        """The only entry, as a Python number.

        Raises
        ------
        ValueError
            If there is not exactly one.

        Examples
        --------
        >>> Tensor([[2.5]]).item()
        2.5
        """
        if self._data.size != 1:
            raise ValueError(f"item() needs exactly one entry, but the shape is {self.shape}")
        return self._data.item()

    def tolist(self) -> Any:
        """The entries as nested lists of Python numbers; a single number if there are no axes.

        >>> Tensor([[1.0, 2.0]]).tolist(), Tensor(3.0).tolist()
        ([[1.0, 2.0]], 3.0)
        """
        return self._data.tolist()

    def numpy(self) -> Array:
        """The array itself, sharing memory.

        Raises
        ------
        RuntimeError
            If the Tensor requires a gradient, which the array could not carry; write
            ``x.detach().numpy()`` or ``x.data``.

        Examples
        --------
        >>> Tensor([1.0, 2.0]).numpy()
        array([1., 2.])
        """
        if self._node is not None:
            raise RuntimeError(
                "numpy() of a Tensor that requires a gradient would cut it off the graph unseen; "
                "write x.detach().numpy() to say that this is meant"
            )
        return self._data

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        return bool(self._data)

    def __iter__(self) -> Iterator[Tensor]:
        if not self.ndim:
            raise TypeError("a Tensor with a single number and no axes can't be iterated over")
        return (self[i] for i in range(len(self)))

    # --- gradients ------------------------------------------------------------------------------------

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Ask for gradients with respect to this Tensor (or no longer), and return it.

        Parameters
        ----------
        requires_grad : bool

        Returns
        -------
        Tensor
            This one.

        Raises
        ------
        TypeError
            For a dtype that is not floating point.
        RuntimeError
            If it is switched off for a computed Tensor; ``detach()`` gives one that is cut off.

        Examples
        --------
        >>> Tensor([1.0]).requires_grad_()
        Tensor([1.], requires_grad=True)
        """
        if requires_grad and self._node is None:
            if self._data.dtype.kind != "f":
                raise TypeError(
                    f"requires_grad=True needs floating-point data, not {self.dtype}: a derivative asks for "
                    "small changes, which integers don't have. Write 1.0 instead of 1, or pass dtype=float."
                )
            node = Node(None, (), NO_KWARGS, (), self._data.shape, self._data.dtype)
            node.data, node.name = self._data, self._name
            self._node = node
        elif not requires_grad and self._node is not None:
            if self._node.op is not None:
                raise RuntimeError("requires_grad of a computed Tensor can't be switched off; use detach()")
            self._node = None
        return self

    def detach(self) -> Tensor:
        """The same data, cut off the graph; memory is shared.

        >>> Tensor([1.0], requires_grad=True).detach()
        Tensor([1.])
        """
        return _wrap(self._data)

    def retain_grad(self) -> None:
        """Let :meth:`backward` keep the gradient of this computed Tensor too.

        Raises
        ------
        RuntimeError
            If it requires no gradient.

        Examples
        --------
        >>> x = Tensor(3.0, requires_grad=True)
        >>> square = x * x
        >>> square.retain_grad()
        >>> (5 * square).backward()
        >>> square.grad, x.grad
        (array(5.), array(30.))
        """
        if self._node is None:
            raise RuntimeError("a Tensor that does not require a gradient can't retain one")
        self._node.retains = True

    def backward(self, gradient: ArrayLike | Tensor | None = None, retain_graph: bool = False) -> None:
        """Add ∂L/∂x to the ``grad`` of every leaf x that this Tensor L was computed from.

        Parameters
        ----------
        gradient : array_like, optional
            The cotangent to start from, of this Tensor's shape. A single number needs none: it starts
            from 1. Never changed.
        retain_graph : bool
            Keep what was saved, so that backward can run again.

        Raises
        ------
        RuntimeError
            If this Tensor requires no gradient, if it has more than one entry and ``gradient`` is
            missing, or if the graph has been freed by an earlier backward. No ``grad`` is changed then.
        ValueError
            If ``gradient`` has another shape.

        Notes
        -----
        The report's section 1: back-to-front accumulation of vector-Jacobian products.

        Examples
        --------
        >>> import autograd_lab as ag
        >>> x = ag.tensor(3.0, requires_grad=True)
        >>> (x * x + x).backward()
        >>> x.grad
        array(7.)
        """
        seed = _cotangent(self, gradient)
        assert self._node is not None
        for node, g in backpropagate(self._node, seed._data, retain_graph=retain_graph).items():
            node.grad = g if node.grad is None else np.asarray(node.grad + g)

    # --- operators --------------------------------------------------------------------------------------

    add = __add__ = primitive(ops.add)
    sub = __sub__ = primitive(ops.sub)
    mul = __mul__ = primitive(ops.mul)
    div = __truediv__ = primitive(ops.div)
    pow = __pow__ = primitive(ops.pow)
    matmul = __matmul__ = primitive(ops.matmul)
    neg = __neg__ = primitive(ops.neg)
    abs = __abs__ = primitive(ops.abs)
    __radd__, __rsub__, __rmul__ = _reversed(add), _reversed(sub), _reversed(mul)
    __rtruediv__, __rpow__, __rmatmul__ = _reversed(div), _reversed(pow), _reversed(matmul)

    exp = primitive(ops.exp)
    log = primitive(ops.log)
    sqrt = primitive(ops.sqrt)
    maximum = primitive(ops.maximum)
    minimum = primitive(ops.minimum)
    clip = primitive(ops.clip)
    tanh = primitive(ops.tanh)
    sigmoid = primitive(ops.sigmoid)
    relu = primitive(ops.relu)
    sin = primitive(ops.sin)
    cos = primitive(ops.cos)

    sum = primitive(ops.sum)
    mean = primitive(ops.mean)
    max = primitive(ops.max)
    min = primitive(ops.min)
    var = primitive(ops.var)
    logsumexp = primitive(ops.logsumexp)

    reshape = primitive(ops.reshape)
    transpose = primitive(ops.transpose)
    swapaxes = primitive(ops.swapaxes)
    expand_dims = primitive(ops.expand_dims)
    squeeze = primitive(ops.squeeze)
    broadcast_to = primitive(ops.broadcast_to)
    astype = primitive(ops.astype)

    dot = primitive(ops.dot)
    softmax = primitive(ops.softmax)
    log_softmax = primitive(ops.log_softmax)
    nll_loss = primitive(ops.nll_loss)
    cross_entropy = primitive(ops.cross_entropy)
    mse_loss = primitive(ops.mse_loss)

    def getitem(self, index: Any) -> Tensor:
        """The entries ``x[index]``, with NumPy's basic and advanced indexing.

        Parameters
        ----------
        index : int, slice, None, Ellipsis, array, Tensor, list, or tuple of them
            Arrays and lists of integers or booleans.

        Returns
        -------
        Tensor
            Of the shape that NumPy gives ``x.data[index]``, and the dtype of x.

        Raises
        ------
        IndexError
            For an index out of range, one too many, or one that is no index.

        Examples
        --------
        >>> x = Tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> x[1], x[:, 0], x[x > 1.5]
        (Tensor([3., 4.]), Tensor([1., 3.]), Tensor([2., 3., 4.]))
        """
        return _getitem(self, _plain_index(index))

    __getitem__ = getitem

    def where(self, condition: Any, other: Any) -> Tensor:
        """This Tensor where the condition holds, ``other`` elsewhere (as ``torch.Tensor.where``).

        Parameters
        ----------
        condition, other : Tensor, array_like
            Broadcast with this Tensor. The condition has no gradient.

        Returns
        -------
        Tensor
            Of the broadcast shape and NumPy's promoted dtype.

        Raises
        ------
        ValueError
            If the shapes don't broadcast.

        Examples
        --------
        >>> Tensor([1.0, 2.0]).where([True, False], 0.0)
        Tensor([1., 0.])
        """
        return where(condition, self, other)

    @property
    def T(self) -> Tensor:
        """The axes in reverse order.

        >>> Tensor([[1.0, 2.0]]).T
        Tensor([[1.],
                [2.]])
        """
        return self.transpose()

    @property
    def mT(self) -> Tensor:
        """The last two axes exchanged, which is the transpose of a matrix, or of each in a batch.

        Raises
        ------
        IndexError
            If there are fewer than two axes.

        Examples
        --------
        >>> Tensor([[[1.0, 2.0]]]).mT.shape
        (1, 2, 1)
        """
        return self.swapaxes(-1, -2)

    __eq__ = _comparison(np.equal)
    __ne__ = _comparison(np.not_equal)
    __lt__, __le__ = _comparison(np.less), _comparison(np.less_equal)
    __gt__, __ge__ = _comparison(np.greater), _comparison(np.greater_equal)
    __hash__ = object.__hash__

    def argmax(self, axis: int | None = None) -> Any:
        """Index of the largest entry over an axis: a plain array, for an index has no derivative.

        Parameters
        ----------
        axis : int, optional
            None counts through all entries in row-major order.

        Returns
        -------
        ndarray of integers, or a single one
            The first such index where entries are equal; x.shape without the axis.

        Raises
        ------
        ValueError
            If there is nothing to choose from.
        IndexError
            If there is no such axis (NumPy's AxisError).

        Examples
        --------
        >>> Tensor([[1.0, 5.0], [7.0, 2.0]]).argmax(axis=1)
        array([1, 0])
        """
        try:
            return self._data.argmax(axis=axis)
        except Exception as error:
            raise explain("argmax", [self._data], {"axis": axis}, error) from error

    # --- changing data in place -------------------------------------------------------------------------

    __iadd__, __isub__ = _in_place(np.add, "+"), _in_place(np.subtract, "-")
    __imul__, __itruediv__ = _in_place(np.multiply, "*"), _in_place(np.true_divide, "/")

    def __setitem__(self, index: Any, value: Any) -> None:
        self._refuse_in_place("x[i] = y", "ag.where(mask, y, x)")
        value = value._data if isinstance(value, Tensor) else value
        try:
            self._data[_plain_index(index)] = value
        except Exception as error:
            raise explain("setitem", [self._data, index, value], {}, error) from error

    def _refuse_in_place(self, what: str, instead: str) -> None:
        if self._node is None or (self._node.op is None and not recording()):
            return
        raise RuntimeError(
            f"{what} would change data that the graph may have saved, and make gradients wrong without a "
            f"word. Write {instead}, or, to update a parameter, do it inside no_grad()."
        )

    # --- NumPy's functions on Tensors ---------------------------------------------------------------------

    def apply_operator(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Tensor:
        """Apply a formula of :mod:`autograd_lab.ops` with this Tensor as its first input.

        Parameters
        ----------
        fn : function
            A formula, as for :func:`primitive`.
        *args, **kwargs
            Its other inputs and options.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> Tensor([1.0, 2.0]).apply_operator(ops.mul, 3.0)
        Tensor([3., 6.])
        """
        return primitive(fn)(self, *args, **kwargs)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs:
            if ufunc in _UFUNCS:
                return _UFUNCS[ufunc](*inputs)
            if ufunc in _CONSTANT_UFUNCS:
                return ufunc(*(a._data if isinstance(a, Tensor) else a for a in inputs))
        what = ufunc.__name__ + ("" if method == "__call__" else f".{method}")
        with_out = f" with {', '.join(kwargs)}=" if kwargs else ""
        raise TypeError(
            f"np.{what}{with_out} does not work on Tensors. Supported are "
            f"{', '.join(sorted(f'np.{u.__name__}' for u in _UFUNCS))}; for plain numbers use x.data."
        )

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func not in _FUNCTIONS:
            raise TypeError(
                f"np.{func.__name__} does not work on Tensors. Supported are "
                f"{', '.join(sorted(f'np.{f.__name__}' for f in _FUNCTIONS))}; for plain numbers use x.data."
            )
        return _FUNCTIONS[func](*args, **kwargs)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        if self._node is not None:
            raise TypeError(
                "a Tensor that requires a gradient can't become a NumPy array unseen; write x.data for its "
                "numbers, or ag.stack([...]) to join Tensors"
            )
        return np.array(self._data, dtype=dtype, copy=copy)


_getitem = primitive(ops.getitem)
where = primitive(ops.where)
_concatenate, _stack, _einsum = primitive(ops.concatenate), primitive(ops.stack), primitive(ops.einsum)


def _plain_index(index: Any) -> Any:
    """An index as NumPy takes it: Tensors replaced by their arrays."""
    if isinstance(index, tuple):
        return tuple(_plain_index(i) for i in index)
    if isinstance(index, list) and not index:
        return np.empty(0, dtype=np.intp)
    return index._data if isinstance(index, Tensor) else index


@functools.wraps(ops.concatenate)
def concatenate(tensors: Sequence[Any], axis: int = 0) -> Tensor:  # noqa: D103 - it is the formula's
    return _concatenate(*_several("concatenate", tensors, axis), axis=axis)


@functools.wraps(ops.stack)
def stack(tensors: Sequence[Any], axis: int = 0) -> Tensor:  # noqa: D103 - it is the formula's
    return _stack(*_several("stack", tensors, axis), axis=axis)


def _several(name: str, tensors: Any, axis: Any) -> Any:
    """What is to be joined, if it can be."""
    if not isinstance(tensors, Iterable) or (isinstance(tensors, Tensor) and not tensors.ndim):
        raise TypeError(f"{name} takes a sequence of Tensors, not {describe(tensors)}")
    if axis is None:
        raise TypeError(f"{name} needs an axis; reshape(-1) makes each Tensor one row first")
    return tensors


@functools.wraps(ops.einsum)
def einsum(subscripts: str, *tensors: Any) -> Tensor:  # noqa: D103 - it is the formula's
    return _einsum(subscripts, *tensors)


def tensor(
    data: ArrayLike | Tensor,
    requires_grad: bool = False,
    dtype: DTypeLike | None = None,
    name: str | None = None,
) -> Tensor:
    """Make a Tensor, as ``torch.tensor`` does: the data are copied. Parameters as for :class:`Tensor`.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> ag.tensor([1.0, 2.0])
    Tensor([1., 2.])
    """
    return Tensor(data, requires_grad=requires_grad, dtype=dtype, name=name)


_UFUNCS: dict[Any, Operator] = {
    np.add: Tensor.add, np.subtract: Tensor.sub, np.multiply: Tensor.mul, np.true_divide: Tensor.div,
    np.negative: Tensor.neg, np.power: Tensor.pow, np.exp: Tensor.exp, np.log: Tensor.log,
    np.sqrt: Tensor.sqrt, np.absolute: Tensor.abs, np.maximum: Tensor.maximum, np.minimum: Tensor.minimum,
    np.tanh: Tensor.tanh, np.sin: Tensor.sin, np.cos: Tensor.cos, np.matmul: Tensor.matmul,
}  # fmt: skip
# Piecewise constant: their derivative is 0 wherever there is one, so they give plain arrays.
_CONSTANT_UFUNCS = {
    np.sign, np.floor, np.ceil, np.rint, np.isnan, np.isfinite, np.isinf, np.signbit, np.equal, np.not_equal,
    np.less, np.less_equal, np.greater, np.greater_equal,
}  # fmt: skip
_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: where, np.clip: Tensor.clip, np.sum: Tensor.sum, np.mean: Tensor.mean, np.max: Tensor.max,
    np.min: Tensor.min, np.var: Tensor.var, np.reshape: Tensor.reshape, np.transpose: Tensor.transpose,
    np.swapaxes: Tensor.swapaxes, np.expand_dims: Tensor.expand_dims, np.squeeze: Tensor.squeeze,
    np.broadcast_to: Tensor.broadcast_to, np.concatenate: concatenate, np.stack: stack, np.dot: Tensor.dot,
    np.einsum: einsum, np.argmax: Tensor.argmax, np.shape: lambda x: x.shape, np.ndim: lambda x: x.ndim,
    np.size: lambda x: x.size,
}  # fmt: skip


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """Gradients of ``outputs`` with respect to ``inputs``, returned rather than accumulated.

    Parameters
    ----------
    outputs : Tensor or sequence of Tensors
        What is differentiated; gradients of several are added up.
    inputs : Tensor or sequence of Tensors
        Leaves or computed Tensors. Only paths to them are walked.
    grad_outputs : array_like, Tensor, or tuple of them, optional
        A cotangent for each output, of its shape; a single number needs none.
    retain_graph : bool, optional
        Keep what was saved. Default: the value of ``create_graph``.
    create_graph : bool
        Record the backward pass itself, so that the gradients can be differentiated again.
    allow_unused : bool
        Return None for an input that the outputs don't depend on, instead of raising.

    Returns
    -------
    tuple of Tensor
        One for each input, with its shape and dtype (as ``torch.autograd.grad``).

    Raises
    ------
    RuntimeError
        If an output or input requires no gradient, if an input is not used, if a cotangent is missing,
        or if the graph has been freed.
    ValueError
        If a cotangent has another shape than its output, or their numbers differ.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> x = ag.tensor(2.0, requires_grad=True)
    >>> (slope,) = ag.grad(x**3, x, create_graph=True)
    >>> (curvature,) = ag.grad(slope, x)
    >>> slope.item(), curvature.item()
    (12.0, 12.0)
    """
    outs = (outputs,) if isinstance(outputs, Tensor) or not isinstance(outputs, Iterable) else tuple(outputs)
    ins = (inputs,) if isinstance(inputs, Tensor) or not isinstance(inputs, Iterable) else tuple(inputs)
    for x in (*outs, *ins):
        if not isinstance(x, Tensor):
            raise TypeError(f"grad takes Tensors as outputs and inputs, not {type(x).__name__}")
    given = (
        (grad_outputs,)
        if isinstance(outputs, Tensor) and not isinstance(grad_outputs, tuple)
        else grad_outputs
    )
    given = (None,) * len(outs) if given is None else tuple(given)
    if len(given) != len(outs) or not outs:
        raise ValueError(f"grad got {len(outs)} outputs but {len(given)} grad_outputs")
    seeds = [_cotangent(out, g) for out, g in zip(outs, given, strict=True)]
    targets = []
    for i, x in enumerate(ins):
        if x._node is None:
            raise RuntimeError(
                f"input {i} of grad does not require a gradient; make it with requires_grad=True"
            )
        targets.append(x._node)
    # One root above all outputs: its VJPs hand each output the cotangent it starts from.
    starts = tuple(_constant(seed, create_graph) for seed in seeds)
    root = Node(None, tuple(out._node for out in outs), NO_KWARGS, starts, (), None)
    found = backpropagate(
        root,
        seeds[0],
        targets,
        retain_graph=create_graph if retain_graph is None else retain_graph,
        vjps_of=_vjps_on_tensors if create_graph else None,
    )
    for i, (x, node) in enumerate(zip(ins, targets, strict=True)):
        if node not in found and not allow_unused:
            raise RuntimeError(
                f"input {i} of grad ({x.name or 'unnamed'}, shape {x.shape}) is not part of the graph of the "
                "outputs; pass allow_unused=True to get None for it"
            )
    gradients = (found.get(node) for node in targets)
    return tuple(g if g is None or isinstance(g, Tensor) else _wrap(g) for g in gradients)


def _constant(seed: Tensor, create_graph: bool) -> VJP:
    return lambda _: seed if create_graph else seed._data


def _cotangent(output: Tensor, gradient: Any) -> Tensor:
    """The cotangent that a backward pass from ``output`` starts with, checked."""
    if output._node is None:
        raise RuntimeError(
            "this Tensor was not computed from one with requires_grad=True (or was computed inside "
            "no_grad()), so there is nothing to differentiate"
        )
    if gradient is None:
        if output.size != 1:
            raise RuntimeError(
                f"backward from a Tensor of shape {output.shape} needs a cotangent of that shape: reduce it "
                "to one number, for example with sum(), or pass gradient="
            )
        return _wrap(np.ones(output.shape, output.dtype))
    if not isinstance(gradient, Tensor):
        gradient = _wrap(np.asarray(gradient))
    if gradient.dtype.kind not in "fiub":
        raise TypeError(f"the cotangent must hold real numbers, not {gradient.dtype}")
    if gradient.shape != output.shape:
        raise ValueError(f"the cotangent has shape {gradient.shape}, but the output has shape {output.shape}")
    seed: Tensor = gradient if gradient.dtype == output.dtype else gradient.astype(output.dtype)
    return seed


def _vjps_on_tensors(node: Node) -> list[VJP | None]:
    """A node's VJPs with Tensors in the place of the arrays that they close over.

    A VJP is a small function whose letters are the inputs of its operator, and ``out``. Called on
    Tensors, its arithmetic is recorded like any other: the formula differentiates itself.
    """
    if node.op is None:
        return list(node.vjps or ())
    return [_on_tensors(vjp, node, node.op) if vjp else None for vjp in node.vjps or ()]


# Two functions of the module rather than two closures that know each other: that would be a reference cycle.
def _on_tensors(vjp: Any, node: Node, op: Primitive) -> VJP:
    """The same code with other values in place of those it closes over."""
    code = vjp.__code__
    cells = zip(code.co_freevars, vjp.__closure__ or (), strict=True)
    values = (_as_tensor(k, c.cell_contents, node, op) for k, c in cells)
    more = vjp.__name__, vjp.__defaults__, tuple(map(CellType, values))
    return FunctionType(code, vjp.__globals__, *more)


def _as_tensor(name: str, value: Any, node: Node, op: Primitive) -> Any:
    """What stands for ``value`` in a recorded VJP that calls it ``name``."""
    if name == "out":
        return _handle(value, node)
    if name == op.variadic:
        rest = node.inputs[len(op.inputs) :]
        return tuple(_handle(v, n) if isinstance(n, Node) else v for v, n in zip(value, rest, strict=True))
    if isinstance(value, FunctionType):
        return _on_tensors(value, node, op)
    letters: dict[str, Any] = dict(zip(op.inputs, node.inputs, strict=False))
    if isinstance(letters.get(name), Node):
        return _handle(value, letters[name])
    if name not in letters and isinstance(value, np.ndarray | np.floating) and value.dtype.kind == "f":
        raise NotImplementedError(
            f"{op} can't be differentiated twice: its VJP closes over {name!r}, which is neither one of its "
            f"inputs {op.inputs} nor 'out'"
        )
    return value
