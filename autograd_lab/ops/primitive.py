"""What makes a formula an operator of the engine: a name and an entry in one table.

An operator is a function on plain NumPy arrays that returns its value and one vector-Jacobian
product (VJP) per positional input, in order::

    @primitive
    def mul(x, y):
        return x * y, lambda g: g * y, lambda g: g * x

``None`` in place of a VJP marks an input that has no derivative (a condition, an index).

Three conventions let one formula serve every purpose:

* a VJP closes over what it needs and nothing else: that is all the engine keeps for backward;
* inside a VJP the letters of the signature are the inputs and ``out`` is the value, so that the engine
  can put Tensors in their place and differentiate the VJP itself;
* a VJP returns a gradient in the *output's* broadcast shape; summing it back to the input's shape,
  the dtype and the accumulation are the engine's work.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

Formula = TypeVar("Formula", bound=Callable[..., Any])
VJP = Callable[[Any], Any]


class Primitive:
    """One operator: its name, its formula and the letters of its inputs.

    Parameters
    ----------
    fn : function
        As for :func:`primitive`.

    Attributes
    ----------
    name : str
        That of the function.
    fn : function
        The formula, on plain arrays.
    inputs : tuple of str
        The letters of its positional inputs.
    variadic : str or None
        The letter of ``*inputs``, if there is one.

    Examples
    --------
    >>> from autograd_lab.ops import PRIMITIVES
    >>> PRIMITIVES["mul"], PRIMITIVES["mul"].inputs, PRIMITIVES["stack"].variadic
    (<primitive mul>, ('x', 'y'), 'xs')
    """

    __slots__ = ("fn", "inputs", "name", "variadic")

    def __init__(self, fn: Callable[..., Any]) -> None:
        parameters = inspect.signature(fn).parameters.values()
        self.name: str = fn.__name__
        self.fn = fn
        self.inputs: tuple[str, ...] = tuple(
            p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        )
        self.variadic: str | None = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


PRIMITIVES: dict[str, Primitive] = {}
"""Every operator by name, in the order of definition."""


def primitive(fn: Formula) -> Formula:
    """Enter a formula into the table of operators and hand it back unchanged.

    Parameters
    ----------
    fn : function
        Takes arrays, returns ``(value, vjp, ...)`` with one VJP (or ``None``) per positional input.

    Returns
    -------
    function
        ``fn`` itself, still a function on plain arrays.

    Raises
    ------
    ValueError
        If another formula has that name already.

    Examples
    --------
    >>> from autograd_lab import ops
    >>> value, vjp_x, vjp_y = ops.mul(3.0, 4.0)
    >>> value, vjp_x(1.0), vjp_y(1.0)
    (12.0, 4.0, 3.0)
    """
    name = fn.__name__
    known = PRIMITIVES.get(name)
    # The same function met twice is a module being reloaded; another one is a clash.
    if known is not None and known.fn.__module__ != fn.__module__:
        raise ValueError(f"an operator named {name!r} exists already, in {known.fn.__module__}")
    PRIMITIVES[name] = Primitive(fn)
    return fn


def as_float(x: Any) -> Any:
    """Integers and booleans as float64, so that a difference below zero can't wrap around; else x itself.

    Parameters
    ----------
    x : array_like
        Of any shape.

    Returns
    -------
    ndarray
        Of that shape.

    Examples
    --------
    >>> import numpy as np
    >>> as_float(np.uint8([1, 2])) - 2
    array([-1.,  0.])
    """
    x = np.asanyarray(x)  # a subclass may count operations, see autograd_lab.counting
    return x.astype(np.float64) if x.dtype.kind in "biu" else x


def evaluate(fn: Callable[..., Any], x: Any, *args: Any, **kwargs: Any) -> Any:
    """Use an operator inside another one's VJP.

    On an array this is the plain value; on a Tensor (when a VJP is itself differentiated) the
    operator records itself.

    Parameters
    ----------
    fn : function
        A formula entered with :func:`primitive`.
    x : ndarray or Tensor
        Its first input, which decides.
    *args, **kwargs
        The rest, passed on.

    Returns
    -------
    ndarray or Tensor
        The value, of the kind of ``x``.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd_lab import ops
    >>> evaluate(ops.exp, np.zeros(2))
    array([1., 1.])
    """
    if isinstance(x, np.ndarray | np.generic):
        return fn(x, *args, **kwargs)[0]
    return x.apply_operator(fn, *args, **kwargs)
