"""The function transforms: analytic results, PyTorch's results, nesting, and what must stay untouched."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numerical import central_difference

import autograd_lab as ag
from autograd_lab import Tensor, func
from autograd_lab.gradcheck import numerical_gradient

X = np.array([[0.3, -1.2, 2.0], [1.5, 0.7, -0.4]])
V = np.array([0.8, 1.7, -0.6])
A = np.array([[2.0, 0.5, -1.0], [0.0, 1.5, 0.3], [0.7, -0.2, 1.0]])


def close(actual: Any, expected: Any, tolerance: float = 1e-12) -> None:
    assert isinstance(actual, Tensor)
    expected = np.asarray(expected)
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual.data, expected, rtol=tolerance, atol=tolerance)


# --- analytic results -----------------------------------------------------------------------------------


def test_grad_of_known_functions():
    close(func.grad(lambda x: (x * x).sum())(V), 2 * V)
    close(func.grad(lambda x: (A @ x).sum())(V), A.sum(axis=0))
    close(func.grad(lambda x: x @ A @ x)(V), (A + A.T) @ V)
    close(func.grad(lambda x: x.logsumexp())(V), np.exp(V) / np.exp(V).sum())
    close(func.grad(lambda x: x.sin())(0.5), math.cos(0.5))
    close(func.grad(lambda x: x.sum(keepdims=True))(X), np.ones((2, 3)))


def test_value_and_grad():
    value, gradient = func.value_and_grad(lambda x: (x * x).sum())(V)
    close(value, (V * V).sum())
    close(gradient, 2 * V)
    assert not value.requires_grad
    assert not gradient.requires_grad


def test_nested_grad_gives_higher_derivatives():
    derivative, x = (lambda x: x.sin() * x), 0.7
    s, c = math.sin(x), math.cos(x)
    for expected in (x * s, s + x * c, 2 * c - x * s, -3 * s - x * c, -4 * c + x * s, 5 * s + x * c):
        close(derivative(Tensor(x)), expected, 1e-11)
        derivative = func.grad(derivative)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_nested_grad_of_a_power_down_to_zero(n):
    derivative = lambda x: x**n  # noqa: E731
    for k in range(n + 3):
        close(derivative(Tensor(1.5)), math.prod(range(n - k + 1, n + 1)) * 1.5 ** max(n - k, 0))
        derivative = func.grad(derivative)


# --- perturbation confusion: which variable a derivative belongs to -------------------------------------


def test_perturbation_confusion():
    """d/dx x·(d/dy (x + y)) = 1, and d/dx x·(d/dy x·y) = d/dx x² = 2x."""
    plus = func.grad(lambda x: x * func.grad(lambda y: x + y)(1.0))
    times = func.grad(lambda x: x * func.grad(lambda y: x * y)(1.0))
    close(plus(1.5), 1.0)
    close(times(1.5), 3.0)
    close(func.grad(times)(1.5), 2.0)
    close(func.grad(func.grad(times))(1.5), 0.0)


def test_inner_and_outer_variable_with_one_value():
    """The inner function is differentiated at the outer variable itself."""
    close(func.grad(lambda x: func.grad(lambda y: x * y * y)(x))(1.5), 6.0)  # 2x·x, so 4x
    close(func.grad(lambda x: x * func.grad(lambda y: y**3)(x))(1.5), 9 * 1.5**2)
    close(func.grad(lambda x: func.grad(lambda y: x**3)(x))(1.5), 0.0)


def test_a_transform_inside_every_other():
    def sin_slope(x: Any) -> Tensor:
        return func.grad(lambda y: (y.sin() * x).sum())(x)  # x·cos x, with x outside held fixed

    close(sin_slope(Tensor(V)), V * np.cos(V))
    slope = np.cos(V) - V * np.sin(V)
    close(func.grad(lambda x: sin_slope(x).sum())(V), slope)
    close(func.jacobian(sin_slope)(V), np.diag(slope))
    close(func.jvp(sin_slope, (V,), (np.ones(3),))[1], slope)
    close(func.vjp(sin_slope, V)[1](np.ones(3))[0], slope)
    close(func.grad(lambda x: func.jacobian(lambda y: y * y * x)(x).sum())(V), 4 * V)
    close(func.grad(lambda x: func.hessian(lambda y: (y**3 * x).sum())(x).sum())(V), 12 * V)
    close(func.grad(lambda x: func.jvp(lambda y: y**3, (x,), (V,))[1].sum())(V), 6 * V * V)
    close(func.grad(lambda x: func.hvp(lambda y: (y**4).sum(), x, V).sum())(V), 24 * V * V)
    close(func.grad(lambda x: func.vjp(lambda y: y**3, x)[1](V)[0].sum())(V), 6 * V * V)


def test_derivative_with_respect_to_a_direction():
    """jvp, vjp and hvp are linear in the direction: its derivative is the matrix that they multiply by."""
    close(func.grad(lambda t: func.jvp(ag.exp, (V,), (t,))[1].sum())(V), np.exp(V))
    close(func.jacobian(lambda t: func.jvp(lambda x: A @ x, (V,), (t,))[1])(V), A)
    close(func.jacobian(lambda u: func.vjp(lambda x: A @ x, V)[1](u)[0])(V), A.T)
    close(func.jacobian(lambda t: func.hvp(lambda x: x @ A @ x, V, t))(V), A + A.T)
    t = Tensor(V, requires_grad=True)
    func.jvp(ag.exp, (V,), (t,))[1].sum().backward()
    np.testing.assert_allclose(t.grad, np.exp(V))


# --- closures -------------------------------------------------------------------------------------------


def test_closure_over_a_leaf():
    """The gradient by x can be differentiated by w afterwards, and differentiating leaves no trace in w."""
    w = Tensor(V, requires_grad=True)
    value, gradient = func.value_and_grad(lambda x: (x * x * w).sum())(V)
    assert w.grad is None
    close(gradient, 2 * V * V)
    gradient.sum().backward()
    np.testing.assert_allclose(w.grad, 2 * V)
    w.grad = None
    value.backward()
    np.testing.assert_allclose(w.grad, V * V)


@pytest.mark.parametrize(
    "transform",
    [
        lambda f: func.grad(lambda x: f(x).sum())(V),
        lambda f: func.value_and_grad(lambda x: f(x).sum())(V),
        lambda f: func.vjp(f, V)[1](V),
        lambda f: func.jvp(f, (V,), (V,)),
        lambda f: func.jacobian(f)(V),
        lambda f: func.hessian(lambda x: f(x).sum())(V),
        lambda f: func.hvp(lambda x: f(x).sum(), V, V),
    ],
    ids=["grad", "value_and_grad", "vjp", "jvp", "jacobian", "hessian", "hvp"],
)
def test_no_transform_writes_a_grad_or_frees_a_graph_outside(transform):
    w = Tensor(V, requires_grad=True)
    w.grad = np.array([1.0, 2.0, 3.0])
    z = (w * w).exp()
    before = w.grad.copy(), w.data.copy(), z.data.copy()
    transform(lambda x: x.sin() * z * w)
    for now, then in zip((w.grad, w.data, z.data), before, strict=True):
        assert np.array_equal(now, then)
    w.grad = None
    z.sum().backward()
    np.testing.assert_allclose(w.grad, 2 * V * np.exp(V * V))


def test_an_argument_that_is_a_leaf_gets_no_grad_and_stays_connected():
    x = Tensor(V, requires_grad=True)
    gradient = func.grad(lambda x: (x**3).sum())(x)
    close(gradient, 3 * V**2)
    assert x.grad is None
    gradient.sum().backward()
    np.testing.assert_allclose(x.grad, 6 * V)


def test_without_outer_variables_the_results_are_constants():
    results = [
        func.grad(lambda x: (x * x).sum())(V),
        *func.jvp(ag.exp, (V,), (V,)),
        func.jacobian(ag.exp)(V),
        func.hessian(lambda x: (x**3).sum())(V),
        func.hvp(lambda x: (x**3).sum(), V, V),
        func.vjp(ag.exp, V)[0],
        func.vjp(ag.exp, V)[1](V)[0],
    ]
    assert not any(r.requires_grad for r in results)


def test_inside_no_grad():
    with ag.no_grad():
        close(func.grad(lambda x: (x**3).sum())(V), 3 * V**2)
        close(func.grad(func.grad(lambda x: x**3))(2.0), 12.0)
        close(func.jacobian(lambda x: A @ x)(V), A)
        close(func.jvp(ag.exp, (V,), (V,))[1], V * np.exp(V))
        close(func.hvp(lambda x: (x**3).sum(), V, V), 6 * V * V)
        _, pull = func.vjp(ag.exp, V)
        close(pull(V)[0], V * np.exp(V))
        assert not ag.is_grad_enabled()
    assert ag.is_grad_enabled()


def test_no_grad_inside_the_function_is_obeyed():
    def fn(x: Tensor) -> Tensor:
        with ag.no_grad():
            scale = x * 2
        return (x * scale).sum()

    close(func.grad(fn)(V), 2 * V)
    close(func.grad(lambda x: x.detach() * x)(3.0), 3.0)


# --- arguments ------------------------------------------------------------------------------------------


def test_argnums():
    fn = lambda x, y, z: (x * y * y * z).sum()  # noqa: E731
    x, y, z = V, V + 2, V - 1
    close(func.grad(fn)(x, y, z), y * y * z)
    close(func.grad(fn, 1)(x, y, z), 2 * x * y * z)
    close(func.grad(fn, -1)(x, y, z), x * y * y)
    both = func.grad(fn, (2, 0))(x, y, z)
    assert isinstance(both, tuple)
    close(both[0], x * y * y)
    close(both[1], y * y * z)
    (only,) = func.grad(fn, (1,))(x, y, z)
    close(only, 2 * x * y * z)
    value, (gx, gz) = func.value_and_grad(fn, (0, 2))(x, y, z)
    close(value, (x * y * y * z).sum())
    close(gx, y * y * z)
    close(gz, x * y * y)
    jx, jy = func.jacobian(lambda x, y: x * y.sum(), (0, 1))(x, y)
    close(jx, np.eye(3) * y.sum())
    close(jy, np.outer(x, np.ones(3)))
    close(func.hessian(fn, 1)(x, y, z), np.diag(2 * x * z))


def test_other_arguments_arrive_as_they_are():
    seen = []

    def fn(x: Tensor, flag: bool, table: dict[str, float]) -> Tensor:
        seen.append((flag, table))
        return x * table["scale"] if flag else x

    table = {"scale": 4.0}
    close(func.grad(fn)(2.0, True, table), 4.0)
    assert seen == [(True, table)]
    assert seen[0][1] is table


@pytest.mark.parametrize(
    "x",
    [2, 2.0, np.float64(2), np.int8(2), True + 1, Tensor(2), Tensor(2.0), [2.0], [2], (2,), np.array([2])],
)
def test_inputs_that_are_no_tensors(x):
    gradient = func.grad(lambda x: (x**3).sum())(x)
    close(gradient, np.full(np.shape(x), 12.0))
    assert gradient.dtype == np.float64


def test_float32_is_kept():
    x = V.astype(np.float32)
    fn = lambda x: (x.sin() * x).sum()  # noqa: E731
    results = [
        *func.value_and_grad(fn)(x),
        func.grad(fn)(x),
        *func.jvp(ag.exp, (x,), (V,)),
        func.jacobian(ag.exp)(x),
        func.jacobian(lambda x: x[:0])(x),
        func.jacobian(lambda x, y: Tensor(x), 1)(x, x),
        func.hessian(fn)(x),
        func.hvp(fn, x, V),
        func.hvp(lambda x: x.sum(), x, V),
        func.vjp(ag.exp, x)[0],
        func.vjp(ag.exp, x)[1](V)[0],
    ]
    assert [r.dtype for r in results] == [np.dtype(np.float32)] * len(results)


def test_inputs_and_directions_are_unchanged():
    x, t = V.copy(), (V + 1).copy()
    x.flags.writeable = t.flags.writeable = False
    tensor = Tensor(V)
    fn = lambda x: (x**3).sum()  # noqa: E731
    func.value_and_grad(fn)(x)
    func.jvp(ag.exp, (x,), (t,))
    func.vjp(ag.exp, x)[1](t)
    func.hvp(fn, x, t)
    func.hessian(fn)(tensor)
    assert np.array_equal(x, V)
    assert np.array_equal(t, V + 1)
    assert np.array_equal(tensor.data, V)
    assert not tensor.requires_grad


def test_results_share_no_memory():
    x, u = Tensor(V), V.copy()
    gx, gy = func.grad(lambda x, y: (x + y).sum(), (0, 1))(x, x)
    _, pull = func.vjp(lambda x: 1.0 * x, x)
    (g,) = pull(u)
    jacobian = func.jacobian(lambda x: 1.0 * x)(x)
    arrays = [gx.data, gy.data, g.data, jacobian.data, x.data, u]
    for i, a in enumerate(arrays):
        assert all(not np.shares_memory(a, b) for b in arrays[:i])


# --- vjp, jvp -------------------------------------------------------------------------------------------


def mixed(x: Any, v: Any) -> Tensor:
    return ag.tanh(x @ A) * v + x.exp()


def test_vjp_against_differences_and_many_pulls():
    value, pull = func.vjp(mixed, X, V)
    close(value, np.tanh(X @ A) * V + np.exp(X))
    for seed in range(3):
        u = np.random.default_rng(seed).normal(size=(2, 3))
        expected = numerical_gradient(mixed, (X, V), u)
        for g, e in zip(pull(u), expected, strict=True):
            close(g, e, 1e-7)
        for g, again in zip(pull(u), pull(u), strict=True):
            assert np.array_equal(g.data, again.data)


@pytest.mark.parametrize("seed", range(5))
def test_jvp_is_the_directional_derivative_and_agrees_with_vjp(seed):
    rng = np.random.default_rng(seed)
    tx, tv, u = rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=(2, 3))
    value, product = func.jvp(mixed, (X, V), (tx, tv))
    close(value, mixed(Tensor(X), Tensor(V)).data)
    along = lambda h: mixed(Tensor(X + h * tx), Tensor(V + h * tv)).data  # noqa: E731
    h = 1e-4
    close(product, (8 * (along(h) - along(-h)) - along(2 * h) + along(-2 * h)) / (12 * h), 1e-9)
    gx, gv = func.vjp(mixed, X, V)[1](u)
    assert (u * product.data).sum() == pytest.approx((gx.data * tx).sum() + (gv.data * tv).sum(), rel=1e-12)


def test_jvp_of_linear_constant_and_partly_used_functions():
    close(func.jvp(lambda x: A @ x, (V,), (V + 1,))[1], A @ (V + 1))
    close(func.jvp(lambda x: Tensor([1.0, 2.0]), (V,), (V,))[1], np.zeros(2))
    close(func.jvp(lambda x, y: 2 * y, (V, V), (V, V + 1))[1], 2 * (V + 1))
    close(func.jvp(lambda x: x[:0], (V,), (V,))[1], np.zeros(0))
    close(func.jvp(lambda x: x, (V,), (V + 1,))[1], V + 1)


# --- jacobian, hessian, hvp -----------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (1,), (0,), (2, 0)])
@pytest.mark.parametrize("value_shape", [(), (4,), (2, 1), (0,)])
def test_jacobian_has_the_value_shape_and_then_the_argument_shape(shape, value_shape):
    x = np.random.default_rng(0).normal(size=shape)
    weights = np.random.default_rng(1).normal(size=value_shape + shape)
    axes = tuple(range(len(value_shape), len(value_shape) + len(shape)))
    jacobian = func.jacobian(lambda x: (x * weights).sum(axis=axes))(x)
    close(jacobian, weights)


def test_jacobian_of_a_nonlinear_function():
    jacobian = func.jacobian(lambda x: mixed(x, V))(X)
    assert jacobian.shape == (2, 3, 2, 3)
    for index in np.ndindex(2, 3):
        u = np.zeros((2, 3))
        u[index] = 1
        rows = central_difference(lambda x: mixed(Tensor(x), V).data, [X], 0, u)
        close(jacobian[index], rows, 1e-8)


def test_hessian_is_symmetric_and_hvp_multiplies_by_it():
    def fn(x: Tensor) -> Tensor:
        return (x.sin() * x[::-1]).sum() * (x * x).logsumexp()

    hessian = func.hessian(fn)(V)
    assert hessian.shape == (3, 3)
    close(hessian, hessian.data.T, 1e-13)
    numeric = [central_difference(lambda x: func.grad(fn)(x).data, [V], 0, row) for row in np.eye(3)]
    close(hessian, numeric, 1e-8)
    for t in (*np.eye(3), np.array([0.3, -2.0, 1.1])):
        close(func.hvp(fn, V, t), hessian.data @ t, 1e-12)


def test_hessian_of_a_matrix_argument():
    hessian = func.hessian(lambda x: (x**3).sum() + x[0, 0] * x[1, 2])(X)
    assert hessian.shape == (2, 3, 2, 3)
    expected = np.diag(6 * X.ravel()).reshape(2, 3, 2, 3)
    expected[0, 0, 1, 2] = expected[1, 2, 0, 0] = 1
    close(hessian, expected)
    t = np.random.default_rng(0).normal(size=(2, 3))
    close(func.hvp(lambda x: (x**3).sum() + x[0, 0] * x[1, 2], X, t), np.tensordot(expected, t, 2))


def test_second_order_of_functions_that_have_none():
    for fn in (lambda x: x.sum(), lambda x: (A @ x).sum(), lambda x: Tensor(1.0), lambda x: x.relu().sum()):
        close(func.hessian(fn)(V), np.zeros((3, 3)))
        close(func.hvp(fn, V, V), np.zeros(3))


# --- errors ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "kind", "says"),
    [
        (lambda: func.grad(ag.exp)(V), ValueError, r"one number, but the value has shape \(3,\)"),
        (lambda: func.value_and_grad(ag.exp)(V[:0]), ValueError, r"shape \(0,\)"),
        (lambda: func.hessian(ag.exp)(V), ValueError, "one number"),
        (lambda: func.hvp(ag.exp, V, V), ValueError, "one number"),
        (lambda: func.grad(ag.exp, 1)(1.0), ValueError, "no argument 1: .* called with 1"),
        (lambda: func.grad(ag.exp, -2)(1.0), ValueError, "no argument -2"),
        (lambda: func.grad(ag.mul, (0, 2))(1.0, 1.0), ValueError, "no argument 2"),
        (lambda: func.grad(ag.exp)(), ValueError, "called with 0"),
        (lambda: func.jacobian(ag.exp, 3)(V), ValueError, "no argument 3"),
        (lambda: func.jvp(ag.mul, (V, V), (V,)), ValueError, "2 primals but 1 tangents"),
        (lambda: func.jvp(ag.exp, (V,), (X,)), ValueError, r"tangent 0 has shape \(2, 3\)"),
        (lambda: func.hvp(lambda x: x.sum(), V, X), ValueError, r"the vector has shape \(2, 3\)"),
        (lambda: func.vjp(ag.exp, V)[1](X), ValueError, r"cotangent has shape \(2, 3\)"),
        (lambda: func.grad(lambda x: 3.0)(1.0), TypeError, "must return one Tensor, not float"),
        (lambda: func.grad(lambda x: (x, x))(1.0), TypeError, "not tuple"),
        (lambda: func.vjp(lambda x: x.data, 1.0), TypeError, "not ndarray"),
        (lambda: func.jvp(lambda x: None, (1.0,), (1.0,)), TypeError, "not NoneType"),
        (lambda: func.grad(lambda x: x * x)(1 + 2j), TypeError, "complex"),
        (lambda: func.grad(lambda x: x * x)("abc"), TypeError, "numbers"),
        (lambda: func.grad(lambda x: x * x)(None), TypeError, "numbers"),
    ],
)
def test_errors(call, kind, says):
    with pytest.raises(kind, match=says):
        call()


def test_an_error_in_the_function_comes_through_and_restores_the_state():
    def fails(x: Tensor) -> Tensor:
        raise KeyError("mine")

    with ag.no_grad():
        for call in (lambda: func.grad(fails)(1.0), lambda: func.jvp(fails, (1.0,), (1.0,))):
            with pytest.raises(KeyError, match="mine"):
                call()
        assert not ag.is_grad_enabled()


# --- against PyTorch ------------------------------------------------------------------------------------

SCALAR = {  # functions that both libraries understand, of a vector and with one number as their value
    "polynomial": lambda x: (x**3 - 2 * x * x + x).sum(),
    "waves": lambda x: (x.sin() * x.exp() / (x.cos() + 2)).sum(),
    "squashed": lambda x: (x.tanh() * x.sigmoid()).sum(),
    "quadratic form": lambda x: x @ (x * x) + (x @ x) ** 2,
    "outer": lambda x: ((x.reshape(3, 1) * x.reshape(1, 3)).exp().sum(0) + 1).log().sum(),
    "indexing": lambda x: x[0] * x[1] * x[[2, 2, 0]].sum() + x[1:].exp().sum(),
    "softmax": lambda x: (x.softmax(-1) * x).sum(),
    "norm": lambda x: ((x * x).sum() + 1).sqrt(),
    "kinked": lambda x: (x.relu() * x + x.abs() ** 3).sum(),
    "variance": lambda x: (x - x.mean()).exp().mean(),
}
VECTOR = {
    "exp": lambda x: x.exp() * x,
    "matrix": lambda x: x.reshape(3, 1) * x.sin().reshape(1, 3),
    "softmax": lambda x: x.softmax(-1),
    "number": lambda x: (x * x * x).sum(),
    "part": lambda x: x[:2] * x[2],
}


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch")


def both(torch: Any, x: Any) -> Any:
    return torch.tensor(x, dtype=torch.float64)


@pytest.mark.parametrize("name", SCALAR)
def test_scalar_functions_agree_with_torch(torch, name):
    fn, t = SCALAR[name], np.array([0.4, -1.1, 0.9])
    x, direction = both(torch, V), both(torch, t)
    close(func.grad(fn)(V), torch.func.grad(fn)(x).numpy())
    close(func.hessian(fn)(V), torch.func.hessian(fn)(x).numpy(), 1e-11)
    expected = torch.autograd.functional.hvp(fn, x, direction)[1].numpy()
    close(func.hvp(fn, V, t), expected, 1e-11)
    gradient, value = torch.func.grad_and_value(fn)(x)
    close(func.value_and_grad(fn)(V)[0], value.numpy())
    close(func.value_and_grad(fn)(V)[1], gradient.numpy())
    third = lambda lib: lib.grad(lambda x: (lib.grad(lambda x: (lib.grad(fn)(x) ** 2).sum())(x)).sum())  # noqa: E731
    close(third(func)(V), third(torch.func)(x).numpy(), 1e-10)


@pytest.mark.parametrize("name", VECTOR)
def test_vector_functions_agree_with_torch(torch, name):
    fn, t = VECTOR[name], np.array([0.4, -1.1, 0.9])
    x, direction = both(torch, V), both(torch, t)
    close(func.jacobian(fn)(V), torch.func.jacrev(fn)(x).numpy())
    value, product = func.jvp(fn, (V,), (t,))
    their_value, their_product = torch.func.jvp(fn, (x,), (direction,))
    close(value, their_value.numpy())
    close(product, their_product.numpy())
    u = np.random.default_rng(0).normal(size=value.shape)
    value, pull = func.vjp(fn, V)
    _, their_pull = torch.func.vjp(fn, x)
    close(value, their_value.numpy())
    close(pull(u)[0], their_pull(both(torch, u))[0].numpy())
    close(func.jacobian(func.jacobian(fn))(V), torch.func.jacrev(torch.func.jacrev(fn))(x).numpy(), 1e-11)


def test_two_arguments_agree_with_torch(torch):
    fn = lambda x, v: ((x * v).tanh() * x.exp()).sum()  # noqa: E731
    arguments = both(torch, X), both(torch, V)
    for argnums in (0, 1, (0, 1), (1, 0)):
        ours = func.grad(fn, argnums)(Tensor(X), Tensor(V))
        theirs = torch.func.grad(fn, argnums)(*arguments)
        for g, e in zip(*(r if isinstance(r, tuple) else (r,) for r in (ours, theirs)), strict=True):
            close(g, e.numpy())
    confusion = lambda lib: lib.grad(lambda x: x * lib.grad(lambda y: x * y * y)(x))  # noqa: E731
    close(confusion(func)(1.5), confusion(torch.func)(both(torch, 1.5)).numpy())
