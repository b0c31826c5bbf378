"""PyTorch as a second opinion: every operator, and thousands of random expressions, value and gradient.

Skipped where PyTorch is not installed (``pip install .[oracle]``).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from gradient_checks import assert_close, cotangent, run
from op_cases import CASES

import autograd_lab as ag
from autograd_lab import Tensor
from autograd_lab.ops import PRIMITIVES

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.filterwarnings("ignore:var.*degrees of freedom")

COMPARED = [case for case in CASES if case.torch is not None]
NOT_IN_TORCH = {"scatter_add"}  # an operator for the inside of a VJP


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_every_operator_is_compared():
    missing = set(PRIMITIVES) - {case.op for case in COMPARED}
    assert missing == NOT_IN_TORCH


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("case", COMPARED, ids=str)
def test_operators(case, dtype):
    inputs, u = case.inputs(dtype), cotangent(case)
    ours, tensors = run(case, case.operator(), inputs, u)
    leaves = [torch.tensor(x, requires_grad=True) for x in inputs]
    theirs = case.torch(torch, *leaves)
    theirs.backward(torch.tensor(u, dtype=theirs.dtype))
    tolerance = 1e-12 if dtype is np.float64 else 1e-5
    assert_close(ours.data, theirs.detach().numpy(), tolerance, f"{case}: value")
    assert str(theirs.dtype) == f"torch.{ours.dtype}"
    for i, (t, leaf) in enumerate(zip(tensors, leaves, strict=True)):
        assert_close(t.grad, leaf.grad.numpy(), tolerance, f"{case}: gradient {i}")
        assert str(leaf.grad.dtype) == f"torch.{t.grad.dtype}"


@pytest.mark.parametrize(
    ("ours", "theirs", "data"),
    [
        (ag.relu, lambda x: x.relu(), [-1.0, 0.0, 1.0]),
        (ag.abs, lambda x: x.abs(), [-1.0, 0.0, 1.0]),
        (ag.max, lambda x: x.amax(), [2.0, 2.0, 1.0]),
        (ag.min, lambda x: x.amin(), [2.0, 1.0, 1.0]),
        (lambda x: ag.maximum(x, 1.0), lambda x: torch.maximum(x, torch.ones(())), [0.0, 1.0, 2.0]),
        (lambda x: ag.minimum(x, 1.0), lambda x: torch.minimum(x, torch.ones(())), [0.0, 1.0, 2.0]),
        (lambda x: ag.clip(x, 0.0, 1.0), lambda x: x.clamp(0.0, 1.0), [-1.0, 0.0, 0.5, 1.0, 2.0]),
        (lambda x: x**0, lambda x: x**0, [0.0, 1.0]),
        (lambda x: x**2, lambda x: x**2, [0.0, -1.0]),
        (lambda x: x**0.5, lambda x: x**0.5, [0.0, 1.0]),
        (lambda x: 0.0**x, lambda x: 0.0**x, [0.0, 1.0, 2.0]),
        (lambda x: x**x, lambda x: x**x, [0.0, 1.0, 2.0]),
        (ag.sqrt, lambda x: x.sqrt(), [0.0, 1.0]),
        (ag.log, lambda x: x.log(), [0.0, 1.0]),
        (ag.logsumexp, lambda x: x.logsumexp(0), [-np.inf, 0.0]),
        (ag.softmax, lambda x: x.softmax(0), [-np.inf, 0.0, 1e300]),
    ],
)
def test_kinks_and_edges(ours, theirs, data):
    x, leaf = Tensor(data, requires_grad=True), torch.tensor(data, dtype=torch.float64, requires_grad=True)
    with np.errstate(all="ignore"):
        y = ours(x)
        y.backward(np.ones(y.shape))
    z = theirs(leaf)
    z.backward(torch.ones_like(z))
    np.testing.assert_allclose(y.data, z.detach().numpy())
    np.testing.assert_allclose(x.grad, leaf.grad.numpy())


def test_second_order_agrees_through_a_network():
    rng = np.random.default_rng(0)
    X, W, V, target = (
        rng.normal(size=(5, 3)),
        rng.normal(size=(3, 4)),
        rng.normal(size=(4, 2)),
        [0, 1, 1, 0, 1],
    )
    w, v = Tensor(W, requires_grad=True), Tensor(V, requires_grad=True)
    loss = ag.cross_entropy(ag.tanh(Tensor(X) @ w) @ v, target)
    first = ag.grad(loss, (w, v), create_graph=True)
    ag.add((first[0] ** 2).sum(), (first[1] ** 2).sum()).backward()
    tw, tv = torch.tensor(W, requires_grad=True), torch.tensor(V, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(torch.tanh(torch.tensor(X) @ tw) @ tv, torch.tensor(target))
    first = torch.autograd.grad(loss, (tw, tv), create_graph=True)
    ((first[0] ** 2).sum() + (first[1] ** 2).sum()).backward()
    assert_close(w.grad, tw.grad.numpy(), 1e-12, "w")
    assert_close(v.grad, tv.grad.numpy(), 1e-12, "v")


# --- random expressions ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One operation of a random program: what it is called, which earlier values it reads, and how."""

    name: str
    reads: tuple[int, ...]
    how: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}({', '.join([f'v{i}' for i in self.reads] + [repr(h) for h in self.how])})"


@dataclass
class Program:
    """Leaves v0, v1, … and steps after them, each one value; the last value is the result."""

    leaves: list[np.ndarray]
    steps: list[Step] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"v{i} = leaf, shape {x.shape}" for i, x in enumerate(self.leaves)]
        return "\n".join(lines + [f"v{len(self.leaves) + i} = {s}" for i, s in enumerate(self.steps)])


# For every operation: how we compute it, and how PyTorch does.
OPERATIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "add": (lambda x, y: x + y, lambda x, y: x + y),
    "sub": (lambda x, y: x - y, lambda x, y: x - y),
    "mul": (lambda x, y: x * y, lambda x, y: x * y),
    "div": (lambda x, y: x / (y * y + 1), lambda x, y: x / (y * y + 1)),
    "pow": (lambda x, y: (ag.abs(x) + 0.5) ** ag.tanh(y), lambda x, y: (x.abs() + 0.5) ** y.tanh()),
    "maximum": (ag.maximum, lambda x, y: torch.maximum(x, y)),
    "minimum": (ag.minimum, lambda x, y: torch.minimum(x, y)),
    "where": (
        lambda x, y: ag.where(np.arange(max(x.shape[-1:] + y.shape[-1:], default=1)) % 2 == 0, x, y),
        lambda x, y: torch.where(torch.arange(max(*x.shape[-1:], *y.shape[-1:], 1)) % 2 == 0, x, y),
    ),
    "scale": (lambda x: 0.5 * x - 1, lambda x: 0.5 * x - 1),
    "square": (lambda x: x**2, lambda x: x**2),
    "neg": (lambda x: -x, lambda x: -x),
    "exp": (lambda x: ag.exp(ag.tanh(x)), lambda x: x.tanh().exp()),
    "log": (lambda x: ag.log(x * x + 1), lambda x: (x * x + 1).log()),
    "sqrt": (lambda x: ag.sqrt(x * x + 1), lambda x: (x * x + 1).sqrt()),
    "abs": (ag.abs, lambda x: x.abs()),
    "tanh": (ag.tanh, lambda x: x.tanh()),
    "sigmoid": (ag.sigmoid, lambda x: x.sigmoid()),
    "relu": (ag.relu, lambda x: x.relu()),
    "sin": (ag.sin, lambda x: x.sin()),
    "cos": (ag.cos, lambda x: x.cos()),
    "clip": (lambda x: ag.clip(x, -0.7, 0.9), lambda x: x.clamp(-0.7, 0.9)),
    "sum": (lambda x, a, k: x.sum(axis=a, keepdims=k), lambda x, a, k: x.sum(dim=a, keepdim=k)),
    "mean": (lambda x, a, k: x.mean(axis=a, keepdims=k), lambda x, a, k: x.mean(dim=a, keepdim=k)),
    "max": (lambda x, a, k: x.max(axis=a, keepdims=k), lambda x, a, k: x.amax(dim=a, keepdim=k)),
    "min": (lambda x, a, k: x.min(axis=a, keepdims=k), lambda x, a, k: x.amin(dim=a, keepdim=k)),
    "var": (lambda x, a, k: x.var(axis=a, keepdims=k), lambda x, a, k: x.var(dim=a, correction=0, keepdim=k)),
    "logsumexp": (
        lambda x, a, k: x.logsumexp(axis=a, keepdims=k),
        lambda x, a, k: x.logsumexp(dim=a, keepdim=k),
    ),
    "softmax": (lambda x, a: x.softmax(axis=a), lambda x, a: x.softmax(dim=a)),
    "log_softmax": (lambda x, a: x.log_softmax(axis=a), lambda x, a: x.log_softmax(dim=a)),
    "reshape": (lambda x, s: x.reshape(s), lambda x, s: x.reshape(s)),
    "transpose": (lambda x, p: x.transpose(p), lambda x, p: x.permute(p)),
    "swapaxes": (lambda x, a, b: x.swapaxes(a, b), lambda x, a, b: x.swapaxes(a, b)),
    "expand_dims": (lambda x, a: x.expand_dims(a), lambda x, a: x.unsqueeze(a)),
    "squeeze": (lambda x: x.squeeze(), lambda x: x.squeeze()),
    "broadcast_to": (lambda x, s: x.broadcast_to(s), lambda x, s: x.broadcast_to(s)),
    "row": (lambda x, i: x[i], lambda x, i: x[i]),
    "slice": (lambda x, a, b: x[..., a:b], lambda x, a, b: x[..., a:b]),
    "take": (lambda x, i: x[list(i)], lambda x, i: x[list(i)]),
    "mask": (lambda x: x[x > 0], lambda x: x[x > 0]),
    "concatenate": (
        lambda *xs: ag.concatenate([x.reshape(-1) for x in xs]),
        lambda *xs: torch.cat([x.reshape(-1) for x in xs]),
    ),
    "stack": (lambda x, y: ag.stack([x, y], axis=-1), lambda x, y: torch.stack([x, y], dim=-1)),
    "matmul": (lambda x, y: x @ y, lambda x, y: x @ y),
    "gram": (lambda x: x @ x.mT, lambda x: x @ x.mT),
    "einsum": (
        lambda x, y: ag.einsum("...i,...i->...", x, y),
        lambda x, y: torch.einsum("...i,...i->...", x, y),
    ),
}
UNARY = (
    "scale",
    "square",
    "neg",
    "exp",
    "log",
    "sqrt",
    "abs",
    "tanh",
    "sigmoid",
    "relu",
    "sin",
    "cos",
    "clip",
)
BINARY = ("add", "sub", "mul", "mul", "add", "div", "pow", "maximum", "minimum", "where")
AXIS = ("sum", "mean", "max", "min", "var", "logsumexp")
SHAPES = ((), (1,), (3,), (2, 3), (3, 1), (1, 3), (2, 1), (3, 3), (2, 3, 3), (4, 1, 3))


def fits(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether the shapes broadcast, to something small."""
    try:
        return int(np.prod(np.broadcast_shapes(x.shape, y.shape))) <= 64
    except ValueError:
        return False


def random_step(rng: np.random.Generator, values: list[np.ndarray]) -> Step | None:
    """A step that is legal on some of the values, or None where the draw found none."""
    # Later values are likelier, so that graphs grow deep; any may be taken again, so that parts are shared.
    i = len(values) - 1 - min(int(rng.geometric(0.4)) - 1, len(values) - 1)
    kinds = ["unary", "binary", "axis", "shape", "index", "join", "linear", "softmax"]
    x, kind = values[i], rng.choice(kinds, p=[0.2, 0.3, 0.12, 0.12, 0.1, 0.06, 0.06, 0.04])
    partners = [j for j, y in enumerate(values) if fits(x, y)]
    j = int(rng.choice(partners or [i]))
    y, axis = values[j], int(rng.integers(-x.ndim, x.ndim)) if x.ndim else None
    if kind == "unary":
        return Step(str(rng.choice(UNARY)), (i,))
    if kind == "binary":
        name = str(rng.choice(BINARY))
        lengths = {n for s in (x.shape[-1:], y.shape[-1:]) for n in s}
        return Step(name, (i, j) if rng.random() < 0.5 else (j, i)) if name != "where" or lengths else None
    if kind == "axis" and x.ndim:
        axes = axis if rng.random() < 0.6 else tuple(range(x.ndim))
        return Step(str(rng.choice(AXIS)), (i,), (axes, bool(rng.random() < 0.5)))
    if kind == "softmax" and x.ndim:
        return Step(str(rng.choice(["softmax", "log_softmax"])), (i,), (axis,))
    if kind == "shape":
        name = str(rng.choice(["reshape", "transpose", "swapaxes", "expand_dims", "squeeze", "broadcast_to"]))
        if name == "reshape":
            return Step(name, (i,), ((-1,) if rng.random() < 0.5 else x.shape[::-1],))
        if name == "transpose":
            return Step(name, (i,), (tuple(map(int, rng.permutation(x.ndim))),))
        if name == "swapaxes" and x.ndim:
            return Step(name, (i,), (axis, int(rng.integers(x.ndim))))
        if name == "expand_dims" and x.ndim < 4:
            return Step(name, (i,), (int(rng.integers(x.ndim + 1)),))
        if name == "squeeze":
            return Step(name, (i,))
        if name == "broadcast_to" and x.size <= 20 and x.ndim < 4:
            return Step(name, (i,), ((int(rng.integers(1, 3)), *x.shape),))
    if kind == "index" and x.ndim:
        name = str(rng.choice(["row", "slice", "take", "mask"]))
        n, last = x.shape[0], x.shape[-1]
        if name == "row":
            return Step(name, (i,), (int(rng.integers(-n, n)),))
        if name == "slice":
            start = int(rng.integers(last))
            return Step(name, (i,), (start, int(rng.integers(start + 1, last + 1))))
        if name == "take":
            return Step(name, (i,), (tuple(map(int, rng.integers(-n, n, size=3))),))
        return Step(name, (i,)) if (x > 0).any() and np.abs(x).min() > 1e-6 else None
    if kind == "join":
        if x.shape == y.shape and x.ndim < 4 and rng.random() < 0.5:
            return Step("stack", (i, j))
        return Step("concatenate", (i, j)) if x.size + y.size <= 64 else None
    if kind == "linear" and x.ndim:
        if x.ndim > 1 and rng.random() < 0.3:
            return Step("gram", (i,))
        right = [
            k for k, v in enumerate(values) if v.ndim and v.shape[-2 if v.ndim > 1 else 0] == x.shape[-1]
        ]
        right = [k for k in right if x.ndim < 3 and values[k].ndim < 3]
        if right and rng.random() < 0.6:
            return Step("matmul", (i, int(rng.choice(right))))
        return Step("einsum", (i, j)) if y.ndim and x.shape[-1] == y.shape[-1] else None
    return None


def random_program(seed: int, dtype: Any = np.float64) -> Program:
    rng = np.random.default_rng(seed)
    shapes = [SHAPES[k] for k in rng.integers(len(SHAPES), size=rng.integers(1, 4))]
    program = Program([np.asarray(rng.normal(size=s)).astype(dtype) for s in shapes])
    values, length = [x.astype(np.float64) for x in program.leaves], int(rng.integers(3, 14))
    while len(program.steps) < length:
        step = random_step(rng, values)
        if step is None:
            continue
        program.steps.append(step)
        values.append(apply_ours(step, [Tensor(v) for v in values]).data)
        if np.abs(values[-1]).max(initial=0.0) > 5:  # so that nothing overflows
            program.steps.append(Step("tanh", (len(values) - 1,)))
            values.append(np.tanh(values[-1]))
    return program


def apply_ours(step: Step, values: list[Tensor], operations: dict[str, Any] | None = None) -> Tensor:
    ours = (operations or {}).get(step.name) or OPERATIONS[step.name][0]
    return ours(*(values[i] for i in step.reads), *step.how)


def difference(
    program: Program, operations: dict[str, Any] | None = None, tolerance: float = 1e-9
) -> str | None:
    """What the two libraries disagree in, or None."""
    ours: list[Any] = [Tensor(x, requires_grad=True) for x in program.leaves]
    theirs: list[Any] = [torch.tensor(x, requires_grad=True) for x in program.leaves]
    leaves = list(zip(ours, theirs, strict=True))
    for step in program.steps:
        ours.append(apply_ours(step, ours, operations))
        theirs.append(OPERATIONS[step.name][1](*(theirs[i] for i in step.reads), *step.how))
    try:
        assert_close(ours[-1].data, theirs[-1].detach().numpy(), tolerance, "value")
        assert str(theirs[-1].dtype) == f"torch.{ours[-1].dtype}", "dtype"
        u = np.random.default_rng(1).normal(size=ours[-1].shape).astype(ours[-1].dtype)
        ours[-1].backward(u)
        theirs[-1].backward(torch.tensor(u))
        for i, (t, leaf) in enumerate(leaves):
            assert (t.grad is None) == (leaf.grad is None), f"gradient of v{i} is {t.grad}, not {leaf.grad}"
            if t.grad is not None:
                assert t.grad.dtype == t.dtype, f"gradient of v{i} is {t.grad.dtype}"
                assert_close(t.grad, leaf.grad.numpy(), tolerance, f"gradient of v{i}")
    except AssertionError as error:
        return str(error)
    return None


def shrunk(program: Program, fails: Callable[[Program], bool]) -> Program:
    """A smaller program that fails too: cut the end off, drop steps, replace a step by what it reads."""

    def still_fails(candidate: Program) -> bool:
        try:
            return bool(candidate.steps) and fails(candidate)
        except Exception:  # not legal any more
            return False

    def without(p: Program, k: int, stand_in: int) -> Program:
        """Step k is gone, and who read its value reads another one."""
        gone = len(p.leaves) + k

        def renamed(i: int) -> int:
            i = stand_in if i == gone else i
            return i - (i > gone)

        steps = [Step(s.name, tuple(map(renamed, s.reads)), s.how) for n, s in enumerate(p.steps) if n != k]
        return Program(p.leaves, steps)

    progress = True
    while progress:
        progress = False
        candidates = [Program(program.leaves, program.steps[:n]) for n in range(1, len(program.steps))]
        candidates += [
            without(program, k, i) for k, s in enumerate(program.steps) for i in dict.fromkeys(s.reads)
        ]
        for candidate in candidates:
            if still_fails(candidate):
                program, progress = candidate, True
                break
    return program


BLOCKS = 40
PER_BLOCK = 100


@pytest.mark.parametrize("block", range(BLOCKS))
def test_random_expressions(block):
    for seed in range(block * PER_BLOCK, (block + 1) * PER_BLOCK):
        compare(seed, np.float64, 1e-9)


@pytest.mark.parametrize("block", range(5))
def test_random_expressions_in_float32(block):
    """A loose comparison, for its many roundings; what it watches is the dtype."""
    for seed in range(100_000 + block * PER_BLOCK, 100_000 + (block + 1) * PER_BLOCK):
        compare(seed, np.float32, 2e-2)


def compare(seed: int, dtype: Any, tolerance: float) -> None:
    program = random_program(seed, dtype)
    found = difference(program, tolerance=tolerance)
    if found is not None:
        small = shrunk(program, lambda p: difference(p, tolerance=tolerance) is not None)
        pytest.fail(
            f"seed {seed} ({np.dtype(dtype)}): {found}\n{program}\n\n"
            f"shrunk: {difference(small, tolerance=tolerance)}\n{small}"
        )


def test_random_expressions_use_every_operation():
    used = {step.name for seed in range(500) for step in random_program(seed).steps}
    assert used == set(OPERATIONS)


def test_random_expressions_share_parts():
    programs = [random_program(seed) for seed in range(100)]
    sharing = sum(
        len([i for s in p.steps for i in s.reads]) > len({i for s in p.steps for i in s.reads})
        for p in programs
    )
    assert sharing > 50


@pytest.mark.parametrize("name", ["mul", "sum", "take", "maximum", "matmul", "softmax"])
def test_a_wrong_gradient_is_found_and_shrunk_to_one_step(name):
    """The oracle can fail: plant a wrong VJP and see it reduced to the operation that has it."""
    right = OPERATIONS[name][0]

    @ag.primitive
    def leaky(x: Any) -> Any:
        return x * 1.0, lambda g: g * 1.01

    wrong = {name: lambda *args: leaky(right(*args))}
    programs = (random_program(seed) for seed in range(400))
    caught = next(p for p in programs if len(p.steps) > 4 and difference(p, wrong) is not None)
    small = shrunk(caught, functools.partial(lambda p: difference(p, wrong) is not None))
    assert [step.name for step in small.steps] == [name], str(small)
