"""The examples give the same numbers with PyTorch and with JAX, and every name that the book tells exists.

What needs one of the two is skipped where it is not installed (``pip install .[oracle]``).
"""

from __future__ import annotations

import functools
import importlib
import inspect
import types
from typing import Any

import numpy as np
import pytest

import autograd_lab as ag
from autograd_lab.examples import classifier, regression
from autograd_lab.examples.names import ADDED, NAMES, NamesTable
from autograd_lab.examples.softplus import softplus, softplus_for_jax, softplus_for_torch

X = np.array([[-3.0, -0.5, 0.0], [0.25, 2.0, 40.0]])
U = np.array([[1.0, -2.0, 0.5], [3.0, 0.75, -1.5]])


def changed(module: types.ModuleType, **imports: str) -> Any:
    """The same program with other imports: from its source, with each line exchanged that is named."""
    source = inspect.getsource(module)
    for name, line in imports.items():
        (old,) = [
            text for text in source.split("\n") if text.endswith(f" as {name}") and "import" in text.split()
        ]
        source = source.replace(old, line)
    assert "autograd_lab as" not in source
    program = types.ModuleType("changed")
    exec(compile(source, "changed.py", "exec"), vars(program))
    return program


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch")


@pytest.fixture
def jax() -> Any:
    jax = pytest.importorskip("jax")
    importlib.import_module("jax.test_util")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", before)


# --- with our engine ---------------------------------------------------------------------------------------


def test_both_programs_learn() -> None:
    losses, _, share = classifier.train()
    assert losses[-1] < 0.1
    assert share > 0.98
    losses, _ = regression.train()
    assert losses[-1] < 0.02 < 0.3 < losses[0]


def test_softplus_to_second_order() -> None:
    f = functools.partial(softplus, beta=2.0)
    assert ag.gradcheck(f, X)
    (slope,) = ag.grad(f(x := ag.tensor(X, requires_grad=True)), x, U, create_graph=True)
    slope.sum().backward()
    s = 1 / (1 + np.exp(-2 * X))
    np.testing.assert_allclose(x.grad, 2 * U * s * (1 - s), atol=1e-14)


# --- with PyTorch ------------------------------------------------------------------------------------------


def test_the_classifier_gives_the_same_losses_and_parameters_with_torch(torch: Any) -> None:
    ours = classifier.train()
    theirs = changed(classifier, lib="import torch as lib").train()
    np.testing.assert_allclose(ours[0], theirs[0], rtol=0, atol=1e-9)
    for p, q in zip(ours[1], theirs[1], strict=True):
        assert isinstance(q, torch.Tensor)
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=0, atol=1e-9)
    assert ours[2] == theirs[2]


def test_softplus_in_torch(torch: Any) -> None:
    theirs = softplus_for_torch(torch)
    x = torch.tensor(X, requires_grad=True)
    theirs(x, 2.0).backward(torch.tensor(U))
    mine = ag.tensor(X, requires_grad=True)
    softplus(mine, 2.0).backward(U)
    np.testing.assert_allclose(mine.grad, x.grad.numpy(), atol=1e-15)
    assert torch.autograd.gradcheck(theirs, (torch.tensor(X, requires_grad=True), 2.0))


def test_what_torch_says_to_wrong_rules(torch: Any) -> None:
    """As the chapter tells it: a missing result is refused; a None is believed, and so is a wrong order."""

    def product_with(rule: Any) -> Any:
        class Product(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any, y: Any) -> Any:
                ctx.save_for_backward(x, y)
                return x * y

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                return rule(g, *ctx.saved_tensors)

        return Product.apply

    def slopes(rule: Any) -> list[float | None]:
        x, y = (torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in (2.0, 5.0))
        product_with(rule)(x, y).backward()
        return [leaf.grad if leaf.grad is None else leaf.grad.item() for leaf in (x, y)]

    assert slopes(lambda g, x, y: (g * y, g * x)) == [5.0, 2.0]
    with pytest.raises(RuntimeError, match="incorrect number of gradients"):
        slopes(lambda g, x, y: g * y)
    assert slopes(lambda g, x, y: (g * y, None)) == [5.0, None]
    assert slopes(lambda g, x, y: (g * x, g * y)) == [2.0, 5.0]
    inputs = (torch.tensor([a], dtype=torch.float64, requires_grad=True) for a in (2.0, 5.0))
    with pytest.raises(RuntimeError, match="Jacobian mismatch"):
        torch.autograd.gradcheck(product_with(lambda g, x, y: (g * x, g * y)), tuple(inputs))


def test_what_our_engine_says_to_them() -> None:
    @ag.primitive
    def half_done(x: Any, y: Any) -> Any:
        return x * y, lambda g: g * y

    y = ag.tensor(2.0, requires_grad=True)
    with pytest.raises(TypeError, match="has no derivative with respect to its input 1"):
        half_done(X, y)
    assert not softplus(X, y).requires_grad


def test_torch_returns_the_gradient_before_the_value(torch: Any) -> None:
    gradient, value = torch.func.grad_and_value(lambda x: x**2)(torch.tensor(3.0))
    assert (gradient.item(), value.item()) == (6.0, 9.0)


# --- with JAX ----------------------------------------------------------------------------------------------


def test_the_regression_gives_the_same_losses_and_parameters_with_jax(jax: Any) -> None:
    program = changed(regression, xp="import jax.numpy as xp", lib="import jax as lib")
    ours, theirs = regression.train(), program.train()
    np.testing.assert_allclose(ours[0], theirs[0], rtol=0, atol=1e-9)
    for p, q in zip(ours[1], theirs[1], strict=True):
        assert isinstance(q, jax.Array)
        np.testing.assert_allclose(p.data, np.asarray(q), rtol=0, atol=1e-9)
    primals, tangents = (*regression.start(), X[:, :1]), (*regression.start(), U[:, :1])
    value, pull = ag.func.vjp(regression.model, *primals)
    jax_value, jax_pull = jax.vjp(program.model, *primals)
    np.testing.assert_allclose(value.data, jax_value, atol=1e-14)
    for g, h in zip(pull(U[:, 1:2]), jax_pull(U[:, 1:2]), strict=True):
        np.testing.assert_allclose(g.data, h, atol=1e-14)
    _, along = ag.func.jvp(regression.model, primals, tangents)
    np.testing.assert_allclose(along.data, jax.jvp(program.model, primals, tangents)[1], atol=1e-14)


def test_softplus_in_jax(jax: Any) -> None:
    theirs = softplus_for_jax(jax)
    value, pull = jax.vjp(lambda x: theirs(x, 2.0), X)
    mine = ag.tensor(X, requires_grad=True)
    out = softplus(mine, 2.0)
    out.backward(U)
    np.testing.assert_allclose(out.data, value, atol=1e-15)
    np.testing.assert_allclose(mine.grad, pull(U)[0], atol=1e-15)
    jax.test_util.check_grads(lambda x: theirs(x, 2.0), (X,), order=2, modes=["rev"])


def test_what_jax_says_to_wrong_rules(jax: Any) -> None:
    """As the chapter tells it: a missing result is refused; a None is 0, and a wrong order is believed."""

    def product_with(rule: Any) -> Any:
        @jax.custom_vjp
        def product(x: Any, y: Any) -> Any:
            return x * y

        product.defvjp(lambda x, y: (x * y, (x, y)), lambda saved, g: rule(g, *saved))
        return product

    def slopes(rule: Any) -> list[float]:
        return [float(g) for g in jax.grad(product_with(rule), argnums=(0, 1))(2.0, 5.0)]

    def exchanged(g: Any, x: Any, y: Any) -> Any:
        return g * x, g * y

    assert slopes(lambda g, x, y: (g * y, g * x)) == [5.0, 2.0]
    with pytest.raises(TypeError, match="a tuple of length equal to the number of arguments"):
        slopes(lambda g, x, y: (g * y,))
    assert slopes(lambda g, x, y: (g * y, None)) == [5.0, 0.0]
    assert slopes(exchanged) == [2.0, 5.0]
    with pytest.raises(AssertionError):
        jax.test_util.check_grads(
            product_with(exchanged), (np.array([2.0]), np.array([5.0])), order=1, modes=["rev"]
        )


# --- names -------------------------------------------------------------------------------------------------


def look_up(name: str) -> Any:
    """What a full name stands for; modules on the way are imported."""
    first, *rest = name.split(".")
    module = {"ag": "autograd_lab"}.get(first, first)
    found = importlib.import_module(module)
    for part in rest:
        module = f"{module}.{part}"
        if not hasattr(found, part):
            importlib.import_module(module)
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("name", [row.ours for row in NAMES])
def test_our_names(name: str) -> None:
    assert look_up(name) is not None


@pytest.mark.parametrize("name", [row.torch for row in NAMES + ADDED if row.torch])
def test_names_in_torch(name: str, torch: Any) -> None:
    assert look_up(name) is not None


@pytest.mark.parametrize("name", [row.jax for row in NAMES + ADDED if row.jax])
def test_names_in_jax(name: str, jax: Any) -> None:
    assert look_up(name) is not None


def test_the_tables_have_a_row_for_each() -> None:
    table = NamesTable(NAMES)
    assert str(table).count("\n") == len(NAMES)
    assert table._repr_html_().count("<tr>") == len(NAMES) + 1
    assert str(NamesTable(ADDED, ours=False)).split("\n")[0].split() == ["for", "PyTorch", "JAX"]
    assert all(row.ours for row in NAMES)
    assert not any(row.ours for row in ADDED)
