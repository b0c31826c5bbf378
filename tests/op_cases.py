"""The one table of operator cases: what each operator is called with, and what NumPy and PyTorch say.

Every entry of ``autograd_lab.ops.PRIMITIVES`` has rows here. A row calls the operator it is handed, so the
same row checks the real operator and one with a planted mistake.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_lab as ag
from autograd_lab.ops import PRIMITIVES

Array = NDArray[Any]
Shape = tuple[int, ...]
Domain = Callable[[np.random.Generator, tuple[Shape, ...]], tuple[Array, ...]]


def normal(rng: np.random.Generator, shapes: tuple[Shape, ...]) -> tuple[Array, ...]:
    """Any real number."""
    return tuple(np.asarray(rng.normal(size=s)) for s in shapes)


def positive(rng: np.random.Generator, shapes: tuple[Shape, ...]) -> tuple[Array, ...]:
    """Away from zero, on its right."""
    return tuple(np.asarray(rng.uniform(0.5, 2.0, size=s)) for s in shapes)


def nonzero(rng: np.random.Generator, shapes: tuple[Shape, ...]) -> tuple[Array, ...]:
    """Away from zero, on both sides."""
    return tuple(np.asarray(rng.choice([-1, 1], size=s) * rng.uniform(0.5, 2.0, size=s)) for s in shapes)


def distinct(rng: np.random.Generator, shapes: tuple[Shape, ...]) -> tuple[Array, ...]:
    """All entries of all inputs differ by at least 1/4; none is within 1/8 of a multiple of 1/4."""
    sizes = [int(np.prod(s)) for s in shapes]
    values = (rng.permutation(sum(sizes)) - sum(sizes) // 2 + 0.5) / 4
    parts = np.split(values, np.cumsum(sizes)[:-1])
    return tuple(p.reshape(s) for p, s in zip(parts, shapes, strict=True))


def base_and_exponent(rng: np.random.Generator, shapes: tuple[Shape, ...]) -> tuple[Array, ...]:
    return positive(rng, shapes[:1]) + normal(rng, shapes[1:])


def scores_and_probabilities(rng: np.random.Generator, shapes: tuple[Shape, ...]) -> tuple[Array, ...]:
    return normal(rng, shapes[:1]) + positive(rng, shapes[1:])


def plain_call(operator: Callable[..., Any], *inputs: Any) -> Any:
    return operator(*inputs)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row: an operator on inputs of certain shapes, all of them differentiable.

    ``call(operator, *inputs)`` applies the operator, adding what it takes beside them (axes, indices).
    ``reference(*arrays)`` is the same in NumPy alone; on complex arrays too where ``analytic``.
    ``torch(torch, *tensors)`` is the same in PyTorch, or None. ``smooth``: has a second derivative.
    """

    op: str
    label: str
    shapes: tuple[Shape, ...]
    reference: Callable[..., Any]
    call: Callable[..., Any] = plain_call
    torch: Callable[..., Any] | None = None
    domain: Domain = normal
    analytic: bool = True
    smooth: bool = True
    result_dtype: Any = None

    def __str__(self) -> str:
        shapes = " ".join("x".join(map(str, s)) or "0d" for s in self.shapes)
        return f"{self.op}[{self.label + ' ' if self.label else ''}{shapes}]"

    @property
    def rng(self) -> np.random.Generator:
        return np.random.default_rng(zlib.crc32(str(self).encode()))

    def inputs(self, dtype: Any = np.float64) -> tuple[Array, ...]:
        return tuple(x.astype(dtype) for x in self.domain(self.rng, self.shapes))

    def operator(self) -> Callable[..., Any]:
        return ag.primitive(PRIMITIVES[self.op].fn)

    def value(self, *inputs: Any) -> Array:
        """The operator's value on plain arrays."""
        return self.call(self.operator(), *(ag.Tensor(x) for x in inputs)).data


SHAPES: tuple[Shape, ...] = ((), (1,), (3,), (2, 3), (3, 3), (2, 1, 3), (0,), (0, 3))
PAIRS: tuple[tuple[Shape, Shape], ...] = (
    ((), ()), ((1,), (1,)), ((3,), (3,)), ((2, 3), (2, 3)), ((3, 3), (3, 3)),  # equal shapes
    ((3,), ()), ((), (3,)), ((2, 3), ()), ((2, 3), (3,)), ((3,), (2, 3)), ((1,), (2, 3)), ((2, 3), (1,)),
    ((2, 1), (1, 3)), ((2, 1), (3,)), ((2, 1, 3), (4, 1)), ((4, 1), (2, 1, 3)), ((1, 1), (3,)),
    ((3,), (1, 1)),
    ((0, 3), (3,)), ((3,), (0, 3)), ((0, 3), (1, 1)), ((), (0,)), ((0,), (1,)),
)  # fmt: skip


def unary(op: str, reference: Any, torch: Any = None, **flags: Any) -> Iterator[Case]:
    for shape in SHAPES:
        yield Case(op=op, label="", shapes=(shape,), reference=reference, torch=torch, **flags)


def binary(op: str, reference: Any, torch: Any = None, **flags: Any) -> Iterator[Case]:
    for pair in PAIRS:
        yield Case(op=op, label="", shapes=pair, reference=reference, torch=torch, **flags)


def rows(op: str, *table: tuple[Any, ...], **flags: Any) -> Iterator[Case]:
    """Rows (label, shapes, call, reference[, torch])."""
    for label, shapes, call, reference, *torch in table:
        shapes = shapes if not shapes or isinstance(shapes[0], tuple) else (shapes,)
        yield Case(
            op=op, label=label, shapes=shapes or ((),), call=call, reference=reference,
            torch=torch[0] if torch else None, **flags,
        )  # fmt: skip


# --- elementwise ----------------------------------------------------------------------------------------


def elementwise() -> Iterator[Case]:
    yield from binary("add", np.add, lambda torch, x, y: x + y)
    yield from binary("sub", np.subtract, lambda torch, x, y: x - y)
    yield from binary("mul", np.multiply, lambda torch, x, y: x * y)
    yield from binary("div", np.true_divide, lambda torch, x, y: x / y, domain=nonzero)
    yield from binary("pow", np.power, lambda torch, x, y: x**y, domain=base_and_exponent)
    yield from unary("neg", np.negative, lambda torch, x: -x)
    yield from unary("exp", np.exp, lambda torch, x: x.exp())
    yield from unary("log", np.log, lambda torch, x: x.log(), domain=positive)
    yield from unary("sqrt", np.sqrt, lambda torch, x: x.sqrt(), domain=positive)
    yield from unary("tanh", np.tanh, lambda torch, x: x.tanh())
    yield from unary("sigmoid", lambda x: 1 / (1 + np.exp(-x)), lambda torch, x: x.sigmoid())
    yield from unary("sin", np.sin, lambda torch, x: x.sin())
    yield from unary("cos", np.cos, lambda torch, x: x.cos())
    kinked = {"domain": distinct, "analytic": False, "smooth": False}
    yield from unary("abs", np.abs, lambda torch, x: x.abs(), **kinked)
    yield from unary("relu", lambda x: np.maximum(x, 0), lambda torch, x: x.relu(), **kinked)
    yield from binary("maximum", np.maximum, lambda torch, x, y: torch.maximum(x, y), **kinked)
    yield from binary("minimum", np.minimum, lambda torch, x, y: torch.minimum(x, y), **kinked)
    yield from constant_operands()
    yield from powers()
    yield from clips()
    yield from wheres()


def constant_operands() -> Iterator[Case]:
    """One input a number or an array that needs no gradient."""
    for op, symbol in (("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("div", np.true_divide)):
        yield from rows(
            op,
            ("const right", (2, 3), lambda f, x: f(x, 2.5), lambda x, s=symbol: s(x, 2.5)),
            ("const left", (2, 3), lambda f, x: f(2.5, x), lambda x, s=symbol: s(2.5, x)),
            ("int array", (2, 1), lambda f, x: f(x, np.int8([1, 2, 3])),
             lambda x, s=symbol: s(x, np.array([1.0, 2, 3]))),
            domain=nonzero,
        )  # fmt: skip


def powers() -> Iterator[Case]:
    for exponent in (0, 1, 2, 3, -1, -2, 2.0, 0.0):
        yield from rows(
            "pow",
            (f"x^{exponent}", (2, 3), lambda f, x, e=exponent: f(x, e), lambda x, e=exponent: x**e,
             lambda torch, x, e=exponent: x**e),
            domain=nonzero,
        )  # fmt: skip
    yield from rows(
        "pow",
        ("x^0.5", (3,), lambda f, x: f(x, 0.5), lambda x: x**0.5, lambda torch, x: x**0.5),
        ("x^-1.5", (3, 3), lambda f, x: f(x, -1.5), lambda x: x**-1.5, lambda torch, x: x**-1.5),
        ("2^x", (2, 3), lambda f, x: f(2.0, x), lambda x: 2.0**x, lambda torch, x: 2.0**x),
        ("array^x", (2, 1), lambda f, x: f(np.array([1.5, 2.0, 0.5], x.dtype), x),
         lambda x: np.array([1.5, 2.0, 0.5]) ** x),
        ("x^array", (2, 1), lambda f, x: f(x, np.int8([3, 0, 1])), lambda x: x ** np.array([3.0, 0.0, 1.0])),
        ("x^bools", (2, 1), lambda f, x: f(x, np.array([True, False])), lambda x: x ** np.array([1.0, 0.0])),
        domain=positive,
    )  # fmt: skip


def clips() -> Iterator[Case]:
    for shape in SHAPES:
        yield from rows(
            "clip",
            ("both", shape or ((),), lambda f, x: f(x, -0.5, 0.5), lambda x: np.clip(x, -0.5, 0.5),
             lambda torch, x: x.clamp(-0.5, 0.5)),
            ("min", shape or ((),), lambda f, x: f(x, min=0.0), lambda x: np.maximum(x, 0),
             lambda torch, x: x.clamp(min=0.0)),
            ("max", shape or ((),), lambda f, x: f(x, max=0.25), lambda x: np.minimum(x, 0.25),
             lambda torch, x: x.clamp(max=0.25)),
            domain=distinct, analytic=False, smooth=False,
        )  # fmt: skip
    yield from rows(
        "clip",
        ("array", (2, 3), lambda f, x: f(x, np.array([-0.5, 0.0, 0.5], x.dtype), 1.0),
         lambda x: np.clip(x, [-0.5, 0.0, 0.5], 1.0)),
        ("broadcasting array", (3,), lambda f, x: f(x, np.array([[-0.5], [0.25]], x.dtype), None),
         lambda x: np.clip(x, [[-0.5], [0.25]], None)),
        domain=distinct, analytic=False, smooth=False,
    )  # fmt: skip


def wheres() -> Iterator[Case]:
    def condition(x: Any, y: Any) -> Array:
        shape = np.broadcast_shapes(tuple(x.shape), tuple(y.shape))
        return np.asarray(np.arange(int(np.prod(shape))) % 3 != 1).reshape(shape)

    yield from binary(
        "where",
        lambda x, y: np.where(condition(x, y), x, y),
        lambda torch, x, y: torch.where(torch.tensor(condition(x, y)), x, y),
        call=lambda f, x, y: f(condition(x, y), x, y),
    )
    mask = np.array([[True], [False]])
    yield from rows(
        "where",
        (
            "broadcasting condition",
            ((3,), (1,)),
            lambda f, x, y: f(mask, x, y),
            lambda x, y: np.where(mask, x, y),
        ),
        ("number", (2, 3), lambda f, x: f(mask, x, 0.0), lambda x: np.where(mask, x, 0.0)),
        (
            "tensor condition",
            (2, 3),
            lambda f, x: f(ag.Tensor(mask), 1.0, x),
            lambda x: np.where(mask, 1.0, x),
        ),
    )


# --- reductions -----------------------------------------------------------------------------------------

AXES: tuple[tuple[Shape, Any], ...] = (
    ((), None), ((), ()), ((1,), None), ((3,), None), ((3,), 0), ((3,), -1), ((2, 3), None), ((2, 3), 0),
    ((2, 3), 1), ((2, 3), -2), ((2, 3), (0, 1)), ((2, 3), ()), ((3, 3), 0), ((3, 3), 1), ((2, 3, 4), 1),
    ((2, 3, 4), (0, 2)), ((2, 3, 4), (-1, 0)), ((2, 3, 4), (1,)), ((2, 1, 3), 1), ((0, 3), 1),
)  # fmt: skip
AXIS_OF_A_NUMBER: tuple[tuple[Shape, Any], ...] = (((), 0), ((), -1))  # NumPy: not for mean and var
EMPTY_AXES: tuple[tuple[Shape, Any], ...] = (((0,), None), ((0, 3), 0), ((0, 3), None), ((2, 0), -1))


def reduction(
    op: str, reference: Any, torch: Any, axes: Any = AXES, label: str = "", **flags: Any
) -> Iterator[Case]:
    """Rows for one reduction: ``reference(x, axis, keepdims)``, ``torch(torch, x, dim, keepdim)``."""
    options = flags.pop("options", {})
    for shape, axis in axes:
        for keepdims in (False, True):
            # An empty tuple is no axis in NumPy, every axis in PyTorch.
            comparable = torch is not None and axis != ()
            dims = tuple(range(len(shape))) if axis is None else axis
            yield Case(
                op=op,
                label=f"{label}axis={axis}{' keepdims' * keepdims}",
                shapes=(shape,),
                call=lambda f, x, a=axis, k=keepdims: f(x, axis=a, keepdims=k, **options),
                reference=lambda x, a=axis, k=keepdims: reference(x, a, k),
                torch=(lambda t, x, d=dims, k=keepdims: torch(t, x, d, k)) if comparable else None,
                **flags,
            )


def variance(ddof: int) -> Any:
    def reference(x: Any, axis: Any, keepdims: bool) -> Any:
        axes = range(x.ndim) if axis is None else np.atleast_1d(axis).astype(int)
        n = np.prod([x.shape[a] for a in axes])
        total = ((x - x.mean(axis=axis, keepdims=True)) ** 2).sum(axis=axis, keepdims=keepdims)
        return total / (n - ddof)

    return reference


def reductions() -> Iterator[Case]:
    def torch_sum(torch: Any, x: Any, dim: Any, keepdim: bool) -> Any:
        return x.sum(dim=dim, keepdim=keepdim) if x.ndim else x.sum()

    def torch_mean(torch: Any, x: Any, dim: Any, keepdim: bool) -> Any:
        return x.mean(dim=dim, keepdim=keepdim) if x.ndim else x.mean()

    yield from reduction(
        "sum", lambda x, a, k: np.sum(x, axis=a, keepdims=k), torch_sum, AXES + EMPTY_AXES + AXIS_OF_A_NUMBER
    )
    yield from reduction("mean", lambda x, a, k: np.mean(x, axis=a, keepdims=k), torch_mean)
    some = AXES + AXIS_OF_A_NUMBER
    kinked = {"domain": distinct, "analytic": False, "smooth": False, "axes": some}
    yield from reduction(
        "max",
        lambda x, a, k: np.max(x, axis=a, keepdims=k),
        lambda t, x, d, k: x.amax(dim=d, keepdim=k),
        **kinked,
    )
    yield from reduction(
        "min",
        lambda x, a, k: np.min(x, axis=a, keepdims=k),
        lambda t, x, d, k: x.amin(dim=d, keepdim=k),
        **kinked,
    )
    yield from reduction(
        "var", variance(0), lambda t, x, d, k: x.var(dim=d, correction=0, keepdim=k) if x.ndim else x * 0
    )
    several = tuple(
        (s, a) for s, a in AXES if a != () and 3 in s and s[-1] != 1 and s != (2, 1, 3) and 0 not in s
    )
    yield from reduction(
        "var", variance(1), lambda t, x, d, k: x.var(dim=d, correction=1, keepdim=k), several, "ddof=1 ",
        options={"ddof": 1},
    )  # fmt: skip
    yield from reduction(
        "logsumexp",
        lambda x, a, k: np.log(np.sum(np.exp(x), axis=a, keepdims=k)),
        lambda t, x, d, k: t.logsumexp(x, dim=d, keepdim=k) if x.ndim else x,
        some,
    )
    yield from rows(
        "sum",
        ("positional axis", (2, 3), lambda f, x: f(x, 1), lambda x: x.sum(1)),
        ("NumPy axis", (2, 3), lambda f, x: f(x, axis=np.int64(1)), lambda x: x.sum(1)),
    )
    yield from rows(
        "mean",
        ("positional axis", (2, 3), lambda f, x: f(x, 1), lambda x: x.mean(1)),
        ("NumPy axis", (2, 3), lambda f, x: f(x, axis=np.int64(1)), lambda x: x.mean(1)),
    )


# --- classification -------------------------------------------------------------------------------------


def classification() -> Iterator[Case]:
    def softmax(x: Any, axis: Any) -> Any:
        return np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)

    for shape, axis in (
        ((3,), -1), ((1,), 0), ((2, 3), -1), ((2, 3), 0), ((3, 3), 1), ((2, 3, 4), 1), ((2, 3), (0, 1)),
        ((2, 3), None), ((0, 3), -1), ((2, 1), -1),
    ):  # fmt: skip
        one = isinstance(axis, int)
        flags = {"op": "softmax", "label": f"axis={axis}", "shapes": (shape,)}
        flags["call"] = lambda f, x, a=axis: f(x, axis=a)
        yield Case(
            **flags,
            reference=lambda x, a=axis: softmax(x, a),
            torch=(lambda t, x, a=axis: t.softmax(x, a)) if one else None,
        )
        yield Case(
            **flags | {"op": "log_softmax"},
            reference=lambda x, a=axis: np.log(softmax(x, a)),
            torch=(lambda t, x, a=axis: t.log_softmax(x, a)) if one else None,
        )
    yield from losses()


def losses() -> Iterator[Case]:
    def reduce(values: Any, how: str) -> Any:
        return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[how](values)

    def log_softmax(x: Any) -> Any:
        return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))

    def identity(x: Any) -> Any:
        return x

    for how in ("mean", "sum", "none"):
        for shape in ((3,), (1,), (4, 3), (3, 3), (2, 4, 3), (0, 3))[: 5 if how == "mean" else 6]:
            index = np.arange(int(np.prod(shape[:-1]))).reshape(shape[:-1]) * 2 % shape[-1]
            one_hot = np.eye(shape[-1])[index]
            for op, log_p in (("nll_loss", identity), ("cross_entropy", log_softmax)):
                yield Case(
                    op=op,
                    label=f"index {how}",
                    shapes=(shape,),
                    call=lambda f, x, i=index, r=how: f(x, i, reduction=r),
                    reference=lambda x, y=one_hot, p=log_p, r=how: reduce(-(y * p(x)).sum(-1), r),
                    torch=None
                    if len(shape) > 2
                    else lambda t, x, i=index, r=how, o=op: getattr(t.nn.functional, o)(
                        x, t.tensor(i), reduction=r
                    ),
                )
                yield Case(
                    op=op,
                    label=f"probabilities {how}",
                    shapes=(shape, shape),
                    domain=scores_and_probabilities,
                    call=lambda f, x, y, r=how: f(x, y, reduction=r),
                    reference=lambda x, y, p=log_p, r=how: reduce(-(y * p(x)).sum(-1), r),
                    torch=None
                    if op == "nll_loss" or len(shape) > 2
                    else lambda t, x, y, r=how: t.nn.functional.cross_entropy(x, y, reduction=r),
                )
        for shape in SHAPES[: -2 if how == "mean" else None]:
            yield Case(
                op="mse_loss",
                label=how,
                shapes=(shape, shape),
                call=lambda f, x, y, r=how: f(x, y, reduction=r),
                reference=lambda x, y, r=how: reduce((x - y) ** 2, r),
                torch=lambda t, x, y, r=how: t.nn.functional.mse_loss(x, y, reduction=r),
            )


# --- linear algebra -------------------------------------------------------------------------------------


def linear_algebra() -> Iterator[Case]:
    for pair in (
        ((2, 3), (3, 4)), ((3, 3), (3, 3)), ((1, 1), (1, 1)), ((3,), (3,)), ((1,), (1,)), ((2, 3), (3,)),
        ((3,), (3, 4)), ((3, 3), (3,)), ((3,), (3, 3)), ((5, 2, 3), (5, 3, 4)), ((2, 3), (5, 3, 4)),
        ((5, 2, 3), (3, 4)), ((1, 2, 3), (5, 3, 4)), ((5, 2, 3), (1, 3, 4)), ((5, 1, 2, 3), (4, 3, 2)),
        ((3,), (5, 3, 4)), ((5, 2, 3), (3,)), ((2, 4, 2, 3), (3,)), ((3,), (2, 2, 3, 4)), ((1, 3), (3, 1)),
        ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((0,), (0,)), ((0, 2, 3), (3, 2)), ((2, 3, 3), (2, 3, 3)),
    ):  # fmt: skip
        yield Case(op="matmul", label="", shapes=pair, reference=np.matmul, torch=lambda t, x, y: x @ y)
    fixed = np.arange(6.0).reshape(3, 2)
    yield from rows(
        "matmul",
        ("const right", (2, 3), lambda f, x: f(x, fixed.astype(x.dtype)), lambda x: x @ fixed),
        ("const left", (2, 3), lambda f, x: f(fixed.astype(x.dtype), x), lambda x: fixed @ x),
    )
    for n in (3, 1, 0):
        yield Case(op="dot", label="", shapes=((n,), (n,)), reference=np.dot, torch=lambda t, x, y: x.dot(y))
    for subscripts, *shapes in (
        ("ij,jk->ik", (2, 3), (3, 4)), ("ij,jk", (2, 3), (3, 4)), ("ij,jk->ik", (3, 3), (3, 3)),
        ("ij->ji", (2, 3)), ("ij->ij", (3, 3)), ("ij->", (2, 3)), ("ij->i", (2, 3)), ("ij->j", (3, 3)),
        ("ji", (2, 3)),
        ("i,j->ij", (3,), (3,)), ("ij,ij->", (2, 3), (2, 3)), ("i,i->i", (3,), (3,)), ("i,i", (3,), (3,)),
        ("bij,bjk->bik", (5, 2, 3), (5, 3, 4)), ("...ij,...jk->...ik", (5, 2, 3), (3, 4)),
        ("...ij,...jk->...ik", (2, 1, 2, 3), (4, 3, 2)), ("...ij,...jk", (5, 2, 3), (1, 3, 4)),
        ("...i->...", (2, 3)), ("i...->...", (2, 3)), ("i...->i...", (3,)), ("ijk,k", (2, 3, 4), (4,)),
        ("ij,j,i->", (2, 3), (3,), (2,)), ("ij,ij,jk->ik", (2, 3), (2, 3), (3, 2)),
        ("i,ij,j->", (3,), (3, 3), (3,)),
        ("ij,kl->jk", (2, 3), (2, 3)), ("ij,ij->ij", (1, 3), (2, 3)), ("ij,ij->", (1, 3), (2, 3)),
        (",i->i", (), (3,)),
        (",->", (), ()), ("i,i->", (1,), (3,)), ("ij,jk->ik", (2, 1), (3, 4)), ("ij,jk->ik", (0, 3), (3, 2)),
        ("ij , jk -> ik", (2, 3), (3, 2)), ("ij,jk->ki", (2, 3), (3, 4)),
        ("abc,cd,bd->a", (2, 3, 2), (2, 3), (3, 3)),
    ):  # fmt: skip
        yield Case(
            op="einsum",
            label=subscripts.replace(" ", "_"),
            shapes=tuple(shapes),
            call=lambda f, *xs, s=subscripts: f(s, *xs),
            reference=lambda *xs, s=subscripts: np.einsum(s, *xs),
            torch=lambda t, *xs, s=subscripts: t.einsum(s, *xs),
        )
    yield from rows(
        "einsum",
        (
            "constant factor",
            (2, 3),
            lambda f, x: f("ij,jk->ik", x, fixed.astype(x.dtype)),
            lambda x: x @ fixed,
        ),
    )


# --- shape ----------------------------------------------------------------------------------------------


def shape_changes() -> Iterator[Case]:
    yield from rows(
        "reshape",
        ("tuple", (6,), lambda f, x: f(x, (2, 3)), lambda x: x.reshape(2, 3), lambda t, x: x.reshape(2, 3)),
        ("numbers", (2, 3), lambda f, x: f(x, 3, 2), lambda x: x.reshape(3, 2), lambda t, x: x.reshape(3, 2)),
        ("flat", (3, 3), lambda f, x: f(x, -1), lambda x: x.reshape(-1), lambda t, x: x.reshape(-1)),
        ("list", (2, 3), lambda f, x: f(x, [1, 6]), lambda x: x.reshape(1, 6)),
        ("to 0-d", (1, 1), lambda f, x: f(x, ()), lambda x: x.reshape(()), lambda t, x: x.reshape(())),
        ("from 0-d", (), lambda f, x: f(x, (1, 1)), lambda x: x.reshape(1, 1), lambda t, x: x.reshape(1, 1)),
        ("empty", (0, 3), lambda f, x: f(x, (3, 0)), lambda x: x.reshape(3, 0), lambda t, x: x.reshape(3, 0)),
    )
    yield from rows(
        "transpose",
        ("", (2, 3), lambda f, x: f(x), np.transpose, lambda t, x: x.T),
        ("square", (3, 3), lambda f, x: f(x), np.transpose, lambda t, x: x.T),
        ("reversed", (2, 3, 4), lambda f, x: f(x), np.transpose, lambda t, x: x.permute(2, 1, 0)),
        ("vector", (3,), lambda f, x: f(x), np.transpose),
        ("0-d", (), lambda f, x: f(x), np.transpose),
        ("tuple", (2, 3, 4), lambda f, x: f(x, (1, 2, 0)), lambda x: x.transpose(1, 2, 0),
         lambda t, x: x.permute(1, 2, 0)),
        ("numbers", (2, 3, 4), lambda f, x: f(x, 2, 0, 1), lambda x: x.transpose(2, 0, 1),
         lambda t, x: x.permute(2, 0, 1)),
        ("negative", (2, 3, 4), lambda f, x: f(x, (-1, 0, -2)), lambda x: x.transpose(-1, 0, -2)),
        ("list", (2, 3), lambda f, x: f(x, [1, 0]), lambda x: x.T),
        ("empty", (0, 3), lambda f, x: f(x), np.transpose),
    )  # fmt: skip
    yield from rows(
        "swapaxes",
        ("", (2, 3, 4), lambda f, x: f(x, 0, 2), lambda x: x.swapaxes(0, 2), lambda t, x: x.transpose(0, 2)),
        ("negative", (2, 3, 4), lambda f, x: f(x, -1, -2), lambda x: x.swapaxes(-1, -2),
         lambda t, x: x.transpose(-1, -2)),
        ("square", (3, 3), lambda f, x: f(x, 0, 1), lambda x: x.swapaxes(0, 1),
         lambda t, x: x.transpose(0, 1)),
        ("same", (2, 3), lambda f, x: f(x, 1, 1), lambda x: x, lambda t, x: x * 1),
    )  # fmt: skip
    yield from rows(
        "expand_dims",
        ("0", (3,), lambda f, x: f(x, 0), lambda x: x[None], lambda t, x: x.unsqueeze(0)),
        ("-1", (2, 3), lambda f, x: f(x, -1), lambda x: x[..., None], lambda t, x: x.unsqueeze(-1)),
        ("tuple", (2, 3), lambda f, x: f(x, (0, 2)), lambda x: x[None, :, None]),
        ("0-d", (), lambda f, x: f(x, 0), lambda x: x[None], lambda t, x: x.unsqueeze(0)),
        ("square", (3, 3), lambda f, x: f(x, axis=1), lambda x: x[:, None], lambda t, x: x.unsqueeze(1)),
        ("empty", (0,), lambda f, x: f(x, 1), lambda x: x[:, None], lambda t, x: x.unsqueeze(1)),
    )
    yield from rows(
        "squeeze",
        ("all", (1, 3, 1), lambda f, x: f(x), np.squeeze, lambda t, x: x.squeeze()),
        ("one", (1, 3, 1), lambda f, x: f(x, 0), lambda x: x[0], lambda t, x: x.squeeze(0)),
        ("tuple", (1, 3, 1), lambda f, x: f(x, axis=(0, -1)), np.squeeze),
        ("none", (2, 3), lambda f, x: f(x), np.squeeze, lambda t, x: x.squeeze() * 1),
        ("to 0-d", (1, 1), lambda f, x: f(x), np.squeeze, lambda t, x: x.squeeze()),
        ("square", (3, 1, 3), lambda f, x: f(x, 1), lambda x: x[:, 0], lambda t, x: x.squeeze(1)),
    )
    for old, new in (
        ((), (3,)), ((), ()), ((3,), (2, 3)), ((2, 1), (2, 3)), ((1, 3), (4, 2, 3)), ((2, 3), (2, 3)),
        ((3, 3), (2, 3, 3)),
        ((1,), (1, 1)), ((3,), (0, 3)), ((1,), (0,)), ((2, 1), (2, 0)),
    ):  # fmt: skip
        yield Case(
            op="broadcast_to",
            label=f"to {new}",
            shapes=(old,),
            call=lambda f, x, s=new: f(x, s),
            reference=lambda x, s=new: np.broadcast_to(x, s),
            torch=lambda t, x, s=new: t.broadcast_to(x, s),
        )
    yield from indexing()
    yield from joining()
    yield from rows(
        "astype",
        ("float64", (2, 3), lambda f, x: f(x, np.float64), lambda x: x, lambda t, x: x.to(t.float64)),
        ("square", (3, 3), lambda f, x: f(x, "float64"), lambda x: x),
        ("0-d", (), lambda f, x: f(x, np.float64), lambda x: x),
        result_dtype=np.float64,
    )
    yield from rows(
        "astype",
        ("longdouble", (2, 3), lambda f, x: f(x, np.longdouble), lambda x: x),
        result_dtype=np.longdouble,
    )


INDICES: tuple[tuple[Any, Shape, bool], ...] = (  # index, shape, whether PyTorch understands it
    (0, (3,), True), (-1, (2, 3), True), ((1, 2), (2, 3), True), (slice(1, None), (3,), True),
    (slice(None, None, 2), (3, 3), True), (slice(None, None, -1), (3, 3), False), (slice(0, 0), (3,), True),
    (None, (3,), True), ((Ellipsis, 0), (2, 3, 4), True), ((slice(None), None, slice(1, 3)), (2, 3), True),
    ((), (), True), (Ellipsis, (2, 3), True), ((0, slice(None), -1), (2, 3, 4), True), ((0, 0), (3, 3), True),
    (np.array([2, 0, 2]), (3,), True), ([0, 0, 0], (3, 3), True), (np.array([[0, 1], [1, 1]]), (3,), True),
    ((np.array([0, 1, 0]), np.array([2, 2, 2])), (2, 3), True), ((slice(None), [1, 1]), (2, 3), True),
    (([0, 1], slice(None), [1, 1]), (2, 3, 4), True), (np.array([True, False, True]), (3,), True),
    (np.array([[True, False, True], [False, True, True]]), (2, 3), True), (np.array([-1, 2]), (3,), True),
    ((np.array([[0], [1]]), np.array([[0, 2]])), (2, 3), True), (np.array([], dtype=int), (3,), True),
    (np.array([False, False]), (2, 3), True), (np.int64(1), (2, 3), True),
    ((slice(None), np.int64(0)), (3, 3), True),
    ((None, [2, 2], None), (3, 3), True), (True, (2,), False), (([1, 0],), (2, 3), True),
)  # fmt: skip


def indexing() -> Iterator[Case]:
    for index, shape, understood in INDICES:
        yield Case(
            op="getitem",
            label=describe_index(index),
            shapes=(shape,),
            call=lambda f, x, i=index: f(x, i),
            reference=lambda x, i=index: x[i],
            torch=(lambda t, x, i=index: x[torch_index(t, i)]) if understood else None,
        )
    yield from rows(
        "scatter_add",
        ("repeated", (2,), lambda f, x: f(x, [1, 1], (3,)),
         lambda x: np.stack([x[0] * 0, x[0] + x[1], x[0] * 0])),
        ("slice", (2,), lambda f, x: f(x, slice(1, 3), (3,)), lambda x: np.concatenate([x[:1] * 0, x])),
        ("row", (3,), lambda f, x: f(x, 1, (2, 3)), lambda x: np.stack([x * 0, x])),
        ("square", (3, 3), lambda f, x: f(x, [2, 0, 2], (3, 3)),
         lambda x: np.stack([x[1], x[0] * 0, x[0] + x[2]])),
        ("mask", (2,), lambda f, x: f(x, np.array([True, False, True]), (3,)),
         lambda x: np.stack([x[0], x[0] * 0, x[1]])),
    )  # fmt: skip


def describe_index(index: Any) -> str:
    if isinstance(index, tuple):
        return "(" + ",".join(describe_index(i) for i in index) + ")"
    if isinstance(index, slice):
        return ":".join("" if v is None else str(v) for v in (index.start, index.stop, index.step))
    return "..." if index is Ellipsis else str(np.asarray(index).tolist()) if index is not None else "None"


def torch_index(torch: Any, index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple(torch_index(torch, i) for i in index)
    if isinstance(index, np.integer):
        return int(index)
    return torch.tensor(index) if isinstance(index, np.ndarray | list) else index


def joining() -> Iterator[Case]:
    for axis, *shapes in (
        (0, (3,), (3,)), (0, (2, 3), (1, 3)), (1, (2, 3), (2, 2)), (-1, (3, 3), (3, 3)), (0, (2, 3)),
        (0, (3,), (0,), (2,)), (-2, (2, 3, 2), (2, 1, 2), (2, 2, 2)), (1, (0, 3), (0, 2)),
    ):  # fmt: skip
        yield Case(
            op="concatenate",
            label=f"axis={axis}",
            shapes=tuple(shapes),
            call=lambda f, *xs, a=axis: f(*xs, axis=a),
            reference=lambda *xs, a=axis: np.concatenate(xs, axis=a),
            torch=lambda t, *xs, a=axis: t.cat(xs, dim=a),
        )
    for axis, shape, count in (
        (0, (3,), 2), (1, (3,), 3), (-1, (2, 3), 2), (-2, (3, 3), 2), (0, (), 3), (0, (2, 3), 1),
        (2, (2, 3), 2), (0, (0,), 2),
    ):  # fmt: skip
        yield Case(
            op="stack",
            label=f"axis={axis}",
            shapes=(shape,) * count,
            call=lambda f, *xs, a=axis: f(*xs, axis=a),
            reference=lambda *xs, a=axis: np.stack(xs, axis=a),
            torch=lambda t, *xs, a=axis: t.stack(xs, dim=a),
        )
    three = np.arange(3.0)
    yield from rows(
        "concatenate",
        (
            "with a constant",
            (2,),
            lambda f, x: f(x, three.astype(x.dtype)),
            lambda x: np.concatenate([x, three]),
        ),
    )
    yield from rows(
        "stack",
        ("with a constant", (3,), lambda f, x: f(x, three.astype(x.dtype)), lambda x: np.stack([x, three])),
    )


CASES: list[Case] = [*elementwise(), *reductions(), *classification(), *linear_algebra(), *shape_changes()]
COUNTS = Counter(case.op for case in CASES)
SMALL = [case for case in CASES if all(np.prod(s) for s in case.shapes)]
