"""Second and third derivatives: the same VJPs, differentiated themselves."""

import numpy as np
import pytest
from gradient_checks import assert_close, cotangent
from numerical import central_difference
from op_cases import CASES, SMALL

import autograd_lab as ag
from autograd_lab import Tensor

SECOND = 1e-7


def directions(case):
    return [np.asarray(np.random.default_rng(7 + i).normal(size=s)) for i, s in enumerate(case.shapes)]


def projected_gradient(case, tensors, u, create_graph):
    """Σ w·∂L/∂x over all inputs x: one number that depends on the inputs and on the cotangent."""
    out = case.call(case.operator(), *tensors)
    gradients = ag.grad(out, tensors, u, create_graph=create_graph)
    terms = [(g * w).sum() for g, w in zip(gradients, directions(case), strict=True)]
    return sum(terms[1:], terms[0])


@pytest.mark.parametrize("case", SMALL, ids=str)
def test_second_order(case):
    """Against central differences of the first order, by each input and by the cotangent."""

    def first_order(*arrays):
        *inputs, u = (Tensor(a, requires_grad=True) for a in arrays)
        return projected_gradient(case, inputs, u, create_graph=False).data

    arrays = [*case.inputs(), cotangent(case)]
    *tensors, u = leaves = [Tensor(a, requires_grad=True) for a in arrays]
    value = projected_gradient(case, tensors, u, create_graph=True)
    second = ag.grad(value, leaves, allow_unused=True)
    for i, (g, a) in enumerate(zip(second, arrays, strict=True)):
        numeric = central_difference(first_order, arrays, i, np.ones(()))
        assert_close(np.zeros(a.shape) if g is None else g.data, numeric, SECOND, f"{case}: by input {i}")


@pytest.mark.parametrize("case", [c for c in SMALL if c.smooth and max(map(len, c.shapes)) < 3][::3], ids=str)
def test_third_order(case):
    """Against central differences of the second order."""

    def second_order(tensors, u, create_graph):
        value = projected_gradient(case, tensors, u, create_graph=True)
        second = ag.grad(value, tensors, create_graph=create_graph, allow_unused=True)
        return sum(((g * g).sum() for g in second if g is not None), Tensor(0.0))

    def on_arrays(*arrays):
        tensors = [Tensor(a, requires_grad=True) for a in arrays]
        return second_order(tensors, Tensor(cotangent(case), requires_grad=True), False).data

    arrays = case.inputs()
    tensors = [Tensor(a, requires_grad=True) for a in arrays]
    value = second_order(tensors, Tensor(cotangent(case), requires_grad=True), True)
    third = ag.grad(value, tensors, allow_unused=True) if value.requires_grad else [None] * len(tensors)
    for i, (g, a) in enumerate(zip(third, arrays, strict=True)):
        numeric = central_difference(on_arrays, arrays, i, np.ones(()))
        assert_close(np.zeros(a.shape) if g is None else g.data, numeric, 1e-6, f"{case}: by input {i}")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_second_order_keeps_float32_and_shapes(case):
    if case.result_dtype is not None:
        pytest.skip("an operator that changes the precision on purpose")
    tensors = [Tensor(x, requires_grad=True) for x in case.inputs(np.float32)]
    u = Tensor(cotangent(case).astype(np.float32), requires_grad=True)
    out = case.call(case.operator(), *tensors)
    first = ag.grad(out, tensors, u, create_graph=True)
    assert all(g.dtype == np.float32 and g.shape == t.shape for g, t in zip(first, tensors, strict=True))
    total = sum((g.sum() for g in first[1:]), first[0].sum())
    for g, t in zip(ag.grad(total, [*tensors, u], allow_unused=True), [*tensors, u], strict=True):
        assert g is None or (g.dtype == np.float32 and g.shape == t.shape)


@pytest.mark.parametrize("case", SMALL, ids=str)
def test_recording_the_backward_pass_does_not_change_its_result(case):
    tensors = [Tensor(x, requires_grad=True) for x in case.inputs()]
    u = cotangent(case)
    plain = ag.grad(case.call(case.operator(), *tensors), tensors, u)
    recorded = ag.grad(case.call(case.operator(), *tensors), tensors, u, create_graph=True)
    for p, r in zip(plain, recorded, strict=True):
        assert_close(r.data, p.data, 1e-15, str(case))


def derivatives(f, x, n):
    x = ag.tensor(x, requires_grad=True)
    y, values = f(x), []
    for _ in range(n):
        (y,) = ag.grad(y, x, create_graph=True)
        values.append(y.item())
    return values


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (lambda x: x**3, 2.0, [12.0, 12.0, 6.0]),
        (lambda x: x**3, 0.0, [0.0, 0.0, 6.0]),
        (lambda x: x * x * x, -2.0, [12.0, -12.0, 6.0]),
        (lambda x: ag.exp(2 * x), 0.0, [2.0, 4.0, 8.0, 16.0, 32.0]),
        (lambda x: ag.sin(x), 0.0, [1.0, 0.0, -1.0, 0.0, 1.0]),
        (lambda x: ag.cos(x), 0.0, [0.0, -1.0, 0.0, 1.0, 0.0]),
        (lambda x: ag.log(x), 1.0, [1.0, -1.0, 2.0, -6.0, 24.0]),
        (lambda x: 1 / x, 1.0, [-1.0, 2.0, -6.0, 24.0]),
        (lambda x: ag.tanh(x), 0.0, [1.0, 0.0, -2.0, 0.0, 16.0]),
        (lambda x: ag.sigmoid(x), 0.0, [0.25, 0.0, -0.125, 0.0, 0.25]),
        (lambda x: ag.sqrt(x), 1.0, [0.5, -0.25, 0.375]),
        (lambda x: x**x, 1.0, [1.0, 2.0, 3.0]),
        (lambda x: ag.relu(x) * x, 3.0, [6.0, 2.0]),
    ],
)
def test_known_derivatives(f, x, expected):
    assert derivatives(f, x, len(expected)) == pytest.approx(expected, abs=1e-12)


def test_hessian_of_logsumexp_is_that_of_a_softmax():
    x = ag.tensor([0.5, -1.0, 2.0], requires_grad=True)
    (p,) = ag.grad(ag.logsumexp(x), x, create_graph=True)
    rows = [ag.grad(p[i], x, retain_graph=True)[0].data for i in range(3)]
    assert np.stack(rows) == pytest.approx(np.diag(p.data) - np.outer(p.data, p.data))


def test_hessian_of_a_quadratic_form():
    A = np.random.default_rng(0).normal(size=(4, 4))
    x = ag.tensor(np.ones(4), requires_grad=True)
    (g,) = ag.grad(x @ A @ x, x, create_graph=True)
    rows = [ag.grad(g[i], x, retain_graph=True)[0].data for i in range(4)]
    assert np.stack(rows) == pytest.approx(A + A.T)


def test_gradient_of_a_gradient_norm_reaches_the_parameters():
    """A gradient penalty, as in training with one: through a layer, a loss and back."""
    rng = np.random.default_rng(0)
    W0, X, t = rng.normal(size=(3, 4)), rng.normal(size=(5, 3)), np.array([0, 1, 3, 2, 1])

    def penalty(W, create_graph):
        W = Tensor(W, requires_grad=True)
        loss = ag.cross_entropy(ag.tanh(Tensor(X) @ W), t)
        (g,) = ag.grad(loss, W, create_graph=create_graph)
        return W, (g * g).sum()

    W, value = penalty(W0, True)
    value.backward()
    numeric = central_difference(lambda w: penalty(w, False)[1].data, [W0], 0, np.ones(()))
    assert_close(W.grad, numeric, SECOND, "gradient penalty")


def test_without_create_graph_the_gradient_is_a_constant():
    x = ag.tensor(2.0, requires_grad=True)
    (g,) = ag.grad(x**3, x)
    assert not g.requires_grad
    with pytest.raises(RuntimeError, match="nothing to differentiate"):
        ag.grad(g, x)


def test_create_graph_keeps_the_first_graph():
    x = ag.tensor(2.0, requires_grad=True)
    y = x**3
    ag.grad(y, x, create_graph=True)
    assert ag.grad(y, x)[0].item() == 12.0


def test_a_vjp_that_saves_something_derived_says_that_it_cannot_go_twice():
    @ag.primitive
    def cube(x):
        square = x * x
        return square * x, lambda g: g * 3 * square

    x = ag.tensor([2.0], requires_grad=True)
    (g,) = ag.grad(cube(x), x, np.ones(1))
    assert g.data.tolist() == [12.0]
    with pytest.raises(NotImplementedError, match=r"cube.*twice.*square"):
        ag.grad(cube(x), x, np.ones(1), create_graph=True)
