"""Functions in, derivatives out: the transforms of ``torch.func`` on plain functions of Tensors.

Each transform takes a function of Tensors (or arrays) and gives back a function or a value. They nest:
``grad(grad(f))`` is the second derivative. Floats keep their dtype, integers become float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograd_lab.errors import check_callable
from autograd_lab.graph import enable_grad, topological_order
from autograd_lab.tensor import Tensor, stack
from autograd_lab.tensor import grad as _grad

Function = Callable[..., Tensor]
Argnums = int | tuple[int, ...]


def grad(fn: Function, argnums: Argnums = 0) -> Callable[..., Any]:
    """The gradient of a function with one number as its value.

    Parameters
    ----------
    fn : function
        Takes Tensors, returns a Tensor with a single entry.
    argnums : int or tuple of int
        Which arguments to differentiate with respect to.

    Returns
    -------
    function
        Takes the same arguments; returns the gradient, a Tensor of the argument's shape and dtype, or a
        tuple of them if ``argnums`` is a tuple.

    Raises
    ------
    ValueError
        When called, if the value is not a single number or an argument does not exist.
    TypeError
        When called, if ``fn`` does not return a Tensor.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> cube = lambda x: x**3
    >>> ag.func.grad(cube)(2.0).item(), ag.func.grad(ag.func.grad(cube))(2.0).item()
    (12.0, 12.0)
    """
    both = value_and_grad(fn, argnums)

    def gradient(*args: Any) -> Any:
        return both(*args)[1]

    return gradient


def value_and_grad(fn: Function, argnums: Argnums = 0) -> Callable[..., tuple[Tensor, Any]]:
    """A function's value and gradient from one forward pass. Parameters and errors as for :func:`grad`.

    Returns
    -------
    function
        Takes the same arguments; returns ``(value, gradient)`` (``torch.func.grad_and_value`` has them
        the other way round).

    Examples
    --------
    >>> import autograd_lab as ag
    >>> ag.func.value_and_grad(lambda x: (x * x).sum())([1.0, 2.0])
    (Tensor(5.), Tensor([2., 4.]))
    """

    def both(*args: Any) -> tuple[Tensor, Any]:
        which = (argnums,) if isinstance(argnums, int) else argnums
        out, variables = _call(fn, args, which)
        if out.size != 1:
            raise ValueError(
                f"grad needs a function whose value is one number, but the value has shape {out.shape}; "
                "see func.jacobian and func.vjp"
            )
        gradients, value = _pull(out, variables, np.ones(out.shape, out.dtype))
        return value, gradients[0] if isinstance(argnums, int) else gradients

    return both


def vjp(fn: Function, *primals: Any) -> tuple[Tensor, Callable[[Any], tuple[Tensor, ...]]]:
    """A function's value, and the map from a cotangent v to vᵀJ (the report's VJP, section 1).

    Parameters
    ----------
    fn : function
        Takes Tensors, returns a Tensor of any shape.
    *primals : Tensor or array_like
        Where to evaluate.

    Returns
    -------
    value : Tensor
    pull : function
        From a cotangent of the value's shape to a tuple with one gradient for each primal. It can be
        called many times.

    Raises
    ------
    TypeError
        If ``fn`` does not return a Tensor.
    ValueError
        When ``pull`` is called with a cotangent of another shape.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> value, pull = ag.func.vjp(ag.mul, [1.0, 2.0], [3.0, 4.0])
    >>> pull([1.0, 0.0])
    (Tensor([3., 0.]), Tensor([1., 0.]))
    """
    out, variables = _call(fn, primals, tuple(range(len(primals))))

    def pull(cotangent: Any) -> tuple[Tensor, ...]:
        return _pull(out, variables, cotangent, keep=True)[0]

    return _value(out, variables), pull


def jvp(fn: Function, primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Tensor, Tensor]:
    """A function's value, and J·t for a direction t in its inputs.

    Parameters
    ----------
    fn : function
        Takes Tensors, returns a Tensor.
    primals, tangents : tuple of Tensor or array_like
        Where to evaluate, and a direction of the same shape for each.

    Returns
    -------
    value, product : Tensor
        Both of the value's shape.

    Raises
    ------
    ValueError
        If the numbers or the shapes of primals and tangents differ.
    TypeError
        If ``fn`` does not return a Tensor.

    Notes
    -----
    A VJP is linear in its cotangent, with Jᵀ as matrix; so the VJP *of the VJP* has J. This costs two
    reverse passes where forward mode needs one pass.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> ag.func.jvp(ag.exp, ([0.0, 1.0],), ([1.0, 0.0],))[1]
    Tensor([1., 0.])
    """
    if len(primals) != len(tangents):
        raise ValueError(f"jvp got {len(primals)} primals but {len(tangents)} tangents")
    for i, (p, t) in enumerate(zip(primals, tangents, strict=True)):
        if np.shape(p) != np.shape(t):
            raise ValueError(f"tangent {i} has shape {np.shape(t)}, but its primal has shape {np.shape(p)}")
    out, variables = _call(fn, primals, tuple(range(len(primals))))
    value = _value(out, variables)
    if not out.requires_grad:
        return value, Tensor(np.zeros_like(out.data))
    with enable_grad():
        cotangent = Tensor(np.zeros(out.shape), requires_grad=True, dtype=out.dtype)
        pulled = _grad(out, variables, cotangent, create_graph=True, allow_unused=True)
        used = [(g, t) for g, t in zip(pulled, tangents, strict=True) if g is not None and g.requires_grad]
        if not used:
            return value, Tensor(np.zeros_like(out.data))
        outputs, directions = zip(*used, strict=True)
        outer = _depends_on_others(out, variables) or any(_requires_grad(t) for t in directions)
        (product,) = _grad(outputs, cotangent, directions, create_graph=outer)
    assert product is not None
    return value, product


def jacobian(fn: Function, argnums: Argnums = 0) -> Callable[..., Any]:
    """The Jacobian of a function, row by row: one VJP for each entry of the value.

    Parameters
    ----------
    fn : function
        Takes Tensors, returns a Tensor.
    argnums : int or tuple of int
        Which arguments to differentiate with respect to.

    Returns
    -------
    function
        Takes the same arguments; returns a Tensor of shape ``value.shape + argument.shape`` (or a tuple),
        as ``torch.func.jacrev``.

    Raises
    ------
    ValueError
        When called, if an argument does not exist.
    TypeError
        When called, if ``fn`` does not return a Tensor.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> ag.func.jacobian(lambda x: x * x)([1.0, 2.0])
    Tensor([[2., 0.],
            [0., 4.]])
    """

    def of(*args: Any) -> Any:
        which = (argnums,) if isinstance(argnums, int) else argnums
        out, variables = _call(fn, args, which)
        rows = [_pull(out, variables, row, keep=True)[0] for row in _basis(out)]
        blocks = tuple(
            stack([row[i] for row in rows]).reshape(out.shape + x.shape)
            if rows
            else Tensor(np.zeros(out.shape + x.shape, x.dtype))
            for i, x in enumerate(variables)
        )
        return blocks[0] if isinstance(argnums, int) else blocks

    return of


def hessian(fn: Function, argnums: int = 0) -> Callable[..., Tensor]:
    """The matrix of second derivatives of a function with one value.

    Parameters
    ----------
    fn : function
        Takes Tensors, returns a Tensor with a single entry.
    argnums : int
        Which argument to differentiate with respect to.

    Returns
    -------
    function
        Takes the same arguments; returns a Tensor of shape ``argument.shape + argument.shape``.

    Raises
    ------
    ValueError, TypeError
        When called, as for :func:`grad`.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> ag.func.hessian(lambda x: (x**3).sum())([1.0, 2.0])
    Tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacobian(grad(fn, argnums), argnums)


def hvp(fn: Function, primal: Any, tangent: Any) -> Tensor:
    """Hessian times vector, without ever forming the Hessian.

    Parameters
    ----------
    fn : function
        Takes one Tensor, returns a Tensor with a single entry.
    primal, tangent : Tensor or array_like
        Where to evaluate, and the vector, of the same shape.

    Returns
    -------
    Tensor of that shape

    Raises
    ------
    ValueError
        If the shapes differ or the value is not a single number.
    TypeError
        If ``fn`` does not return a Tensor.

    Notes
    -----
    The gradient of ∇f(x)·v, by two reverse passes. Pearlmutter (1994) has the whole product at the price
    of a few gradients by differentiating ∇f along v.

    Examples
    --------
    >>> import autograd_lab as ag
    >>> ag.func.hvp(lambda x: (x**3).sum(), [1.0, 2.0], [1.0, 1.0])
    Tensor([ 6., 12.])
    """
    x, v = np.shape(primal), np.shape(tangent)
    if x != v:
        raise ValueError(f"the vector has shape {v}, but x has shape {x}")
    _, pull = vjp(grad(fn), primal)
    return pull(tangent)[0]


def _call(fn: Function, args: tuple[Any, ...], which: tuple[int, ...]) -> tuple[Tensor, list[Tensor]]:
    """Evaluate fn with the chosen arguments replaced by variables of its own."""
    check_callable("differentiation", fn)
    for i in which:
        if not -len(args) <= i < len(args):
            raise ValueError(f"there is no argument {i}: the function was called with {len(args)}")
    given: list[Any] = list(args)
    with enable_grad():
        variables = []
        for i in which:
            given[i] = _variable(given[i])
            variables.append(given[i])
        out = fn(*given)
    if not isinstance(out, Tensor):
        raise TypeError(f"a function of Tensors must return one Tensor, not {type(out).__name__}")
    return out, variables


def _variable(x: Tensor | ArrayLike) -> Tensor:
    """A Tensor that nobody else holds, so that differentiating by it means this argument and no other.

    Inside another transform it stays connected to the outer variable.
    """
    if isinstance(x, Tensor) and x.requires_grad:
        return x.astype(x.dtype)
    array = x.data if isinstance(x, Tensor) else np.asarray(x)
    return Tensor(array.astype(float) if array.dtype.kind in "biu" else array, requires_grad=True)


def _requires_grad(x: Any) -> bool:
    return isinstance(x, Tensor) and x.requires_grad


def _depends_on_others(out: Tensor, variables: list[Tensor]) -> bool:
    """Whether an outer transform, or a leaf that fn closes over, may want to differentiate the result."""
    if out.node is None:
        return False
    own = {x.node for x in variables}
    return any(node.op is None and node not in own for node in topological_order(out.node))


def _pull(
    out: Tensor, variables: list[Tensor], cotangent: Any, keep: bool = False
) -> tuple[tuple[Tensor, ...], Tensor]:
    """Gradients for one cotangent, and the value as the caller may have it."""
    outer = _depends_on_others(out, variables) or _requires_grad(cotangent)
    value = _value(out, variables)
    if not out.requires_grad:
        return tuple(Tensor(np.zeros_like(x.data)) for x in variables), value
    with enable_grad():
        found = _grad(
            out, variables, (cotangent,), retain_graph=keep or outer, create_graph=outer, allow_unused=True
        )
    gradients = (
        Tensor(np.zeros_like(x.data)) if g is None else g for x, g in zip(variables, found, strict=True)
    )
    return tuple(gradients), value


def _value(out: Tensor, variables: list[Tensor]) -> Tensor:
    """The value, connected to outer variables only."""
    return out if _depends_on_others(out, variables) else out.detach()


def _basis(out: Tensor) -> list[Any]:
    """One cotangent for each entry of a value: 1 there, 0 elsewhere."""
    rows = np.eye(out.size, dtype=out.dtype)
    return [row.reshape(out.shape) for row in rows]
