"""Operators over shapes and values that nobody chose: broadcasting, axes, indices."""

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from gradient_checks import assert_close, assert_independent
from hypothesis import given
from numerical import central_difference, complex_step

import autograd_lab as ag
from autograd_lab import Tensor

ELEMENTS = st.floats(0.5, 2.0, width=16)
two_shapes = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3, min_side=0)


def draw_arrays(data, shapes):
    return [data.draw(hnp.arrays(np.float64, s, elements=ELEMENTS)) for s in shapes]


def cotangent_for(out):
    return np.random.default_rng(out.size).normal(size=out.shape)


def compare(fn, reference, arrays, analytic=True):
    tensors = [Tensor(a, requires_grad=True) for a in arrays]
    out = fn(*tensors)
    expected = np.asarray(reference(*arrays))
    assert_close(out.data, expected, 1e-13, "value")
    assert out.dtype == expected.dtype
    u = cotangent_for(out)
    kept = u.copy()
    out.backward(u)
    for i, t in enumerate(tensors):
        assert t.grad.dtype == np.float64
        if analytic:
            assert_close(t.grad, complex_step(reference, arrays, i, u), 1e-12, f"gradient {i}")
        else:
            assert_close(t.grad, central_difference(reference, arrays, i, u), 1e-7, f"gradient {i}")
    assert_independent([t.grad for t in tensors], [t.data for t in tensors] + [u], "gradients")
    assert np.array_equal(u, kept)


@pytest.mark.parametrize(
    ("fn", "reference"),
    [
        (ag.add, np.add),
        (ag.sub, np.subtract),
        (ag.mul, np.multiply),
        (ag.div, np.true_divide),
        (ag.pow, np.power),
        (lambda x, y: ag.where(np.array(True), x, y), lambda x, y: np.broadcast_arrays(x, y)[0]),
        (lambda x, y: x * y + x / y - y, lambda x, y: x * y + x / y - y),
    ],
    ids=["add", "sub", "mul", "div", "pow", "where", "composed"],
)
@given(shapes=two_shapes, data=st.data())
def test_broadcasting(fn, reference, shapes, data):
    compare(fn, reference, draw_arrays(data, shapes.input_shapes))


@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3), data=st.data())
def test_broadcasting_of_three(shapes, data):
    compare(lambda x, y, z: x * y + ag.exp(y - z) / x, lambda x, y, z: x * y + np.exp(y - z) / x,
            draw_arrays(data, shapes.input_shapes))  # fmt: skip


@given(
    shapes=hnp.mutually_broadcastable_shapes(signature=np.matmul.signature, max_dims=4, max_side=3),
    data=st.data(),
)
def test_matmul(shapes, data):
    compare(ag.matmul, np.matmul, draw_arrays(data, shapes.input_shapes))


@given(shape=hnp.array_shapes(min_dims=0, max_dims=4, max_side=3), data=st.data())
@pytest.mark.parametrize("name", ["sum", "mean", "var", "logsumexp", "max", "min"])
def test_axes(name, shape, data):
    axes = st.none() | hnp.valid_tuple_axes(len(shape))
    if shape:
        axes |= st.integers(-len(shape), len(shape) - 1)
    axis, keepdims = data.draw(axes), data.draw(st.booleans())

    def reference(x):
        if name == "logsumexp":
            return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))
        if name == "var":
            return np.mean((x - np.mean(x, axis=axis, keepdims=True)) ** 2, axis=axis, keepdims=keepdims)
        return getattr(np, name)(x, axis=axis, keepdims=keepdims)

    if name in ("max", "min"):  # no ties: those have tests of their own
        arrays = [np.random.default_rng(0).permutation(int(np.prod(shape))).reshape(shape) / 4]
    else:
        arrays = draw_arrays(data, [shape])
    compare(
        lambda x: getattr(ag, name)(x, axis=axis, keepdims=keepdims),
        reference,
        arrays,
        name not in ("max", "min"),
    )


@given(shape=hnp.array_shapes(min_dims=1, max_dims=3, max_side=4), data=st.data())
def test_softmax_along_any_axis(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    arrays = draw_arrays(data, [shape])
    compare(
        lambda x: ag.softmax(x, axis=axis),
        lambda x: np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True),
        arrays,
    )


@given(shape=hnp.array_shapes(min_dims=1, max_dims=4, max_side=4), data=st.data())
def test_basic_indexing(shape, data):
    index = data.draw(hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True))
    compare(lambda x: x[index], lambda x: x[index], draw_arrays(data, [shape]))


@given(shape=hnp.array_shapes(min_dims=1, max_dims=3, max_side=3), data=st.data())
def test_advanced_indexing(shape, data):
    index = data.draw(
        hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=4))
        | hnp.arrays(bool, shape)
        | hnp.arrays(bool, shape[:1])
    )
    compare(lambda x: x[index], lambda x: x[index], draw_arrays(data, [shape]))


@given(shape=hnp.array_shapes(min_dims=0, max_dims=4, max_side=3), data=st.data())
def test_transposes_and_reshapes(shape, data):
    order = data.draw(st.permutations(range(len(shape))))

    def fn(x):
        return ag.reshape(ag.transpose(x, tuple(order)), -1)

    compare(fn, lambda x: np.transpose(x, order).reshape(-1), draw_arrays(data, [shape]))


@given(
    shapes=hnp.mutually_broadcastable_shapes(num_shapes=1, base_shape=(2, 1, 3), max_dims=3, max_side=3),
    data=st.data(),
)
def test_broadcast_to(shapes, data):
    (shape,), result = shapes.input_shapes, shapes.result_shape
    compare(
        lambda x: ag.broadcast_to(x, result), lambda x: np.broadcast_to(x, result), draw_arrays(data, [shape])
    )


@given(st.integers(1, 4), st.integers(-2, 1), st.data())
def test_concatenate(count, axis, data):
    rows = data.draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    shapes = [(n, 2) if axis in (0, -2) else (2, n) for n in rows]
    compare(
        lambda *xs: ag.concatenate(xs, axis=axis),
        lambda *xs: np.concatenate(xs, axis=axis),
        draw_arrays(data, shapes),
    )


@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=0, max_dims=2), elements=st.floats(-50, 50, width=32)),
    st.sampled_from(
        ["exp", "tanh", "sigmoid", "softmax", "log_softmax", "logsumexp", "relu", "abs", "sin", "var"]
    ),
)
def test_finite_scores_give_finite_float32_gradients(array, name):
    if name in ("softmax", "log_softmax") and not array.ndim:
        array = array.reshape(1)
    x = Tensor(array, requires_grad=True)
    out = getattr(ag, name)(x)
    out.sum().backward()
    assert out.dtype == x.grad.dtype == np.float32
    assert np.isfinite(out.data).all()
    assert np.isfinite(x.grad).all()
