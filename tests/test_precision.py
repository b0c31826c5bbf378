"""Rounding to a format is NumPy's where NumPy has it, and the three softmaxes keep to their bounds."""

import numpy as np
import pytest

from autograd_lab.precision import (
    ALGORITHMS,
    BFLOAT16,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    Format,
    compare,
    division_free,
    shifted,
    sum_in,
    unshifted,
)
from autograd_lab.viz import plot_rounding_errors

rng = np.random.default_rng(0)


def halves():
    """Every finite float16, and for each two neighbours the point half-way and the float64s next to it."""
    every = np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float64)
    every = np.unique(every[np.isfinite(every)])
    middle = (every[1:] + every[:-1]) / 2
    return np.concatenate([every, middle, np.nextafter(middle, np.inf), np.nextafter(middle, -np.inf)])


EDGES = np.array(
    [0.0, -0.0, np.inf, -np.inf, 65519.0, 65520.0, -65520.0, 1e300, 5e-324, 2.0**-25, 3 * 2.0**-26]
)


@pytest.mark.parametrize("x", [halves(), EDGES], ids=["all", "edges"])
def test_float16_is_numpys(x):
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(FLOAT16.round(x), x.astype(np.float16).astype(np.float64))
    assert np.array_equal(np.signbit(FLOAT16.round(x)), np.signbit(x))


@pytest.mark.parametrize("fmt", [FLOAT32, FLOAT64])
def test_the_wider_formats_are_numpys(fmt):
    x = np.concatenate([EDGES, rng.normal(size=1000) * 10.0 ** rng.integers(-50, 50, 1000)])
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(fmt.round(x), x.astype(fmt.name).astype(np.float64))


def test_bfloat16_is_a_float32_with_the_second_half_rounded_away():
    x = np.concatenate(
        [rng.normal(size=1000) * 10.0 ** rng.integers(-40, 38, 1000), [3.4e38, -3.4e38, 1e-40]]
    )
    bits = x.astype(np.float32).view(np.uint32).astype(np.uint64)
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000  # to nearest, ties to even
    expected = bits.astype(np.uint32).view(np.float32).astype(np.float64)
    np.testing.assert_array_equal(BFLOAT16.round(x.astype(np.float32)), expected)


def test_nan_stays_and_shapes_are_kept():
    assert np.isnan(BFLOAT16.round(np.nan))
    assert BFLOAT16.round(np.ones((2, 0, 3))).shape == (2, 0, 3)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_parameters_are_finfos(dtype):
    fmt, info = Format.of(dtype), np.finfo(dtype)
    assert (fmt.u, fmt.largest) == (info.eps / 2, info.max)
    assert (fmt.smallest_normal, fmt.smallest) == (info.smallest_normal, info.smallest_subnormal)


def test_parameters_of_bfloat16():
    assert (BFLOAT16.u, BFLOAT16.smallest) == (2**-8, 2**-133)
    assert np.float32(BFLOAT16.largest).view(np.uint32) == 0x7F7F0000


def as_numpy_does(name, x):
    """The three algorithms in NumPy's own float16, one entry after the other."""
    half, p = np.float16, np.empty(x.shape, dtype=np.float16)

    def exp(v):
        return half(np.exp(np.float64(v)))

    for out, row in zip(p, x.astype(half), strict=True):
        a = row.max()
        e = [exp(v if name == "unshifted" else v - a) for v in row]
        total = e[0]
        for term in e[1:]:
            total = total + term
        if name == "division-free":
            lse = a + half(np.log(np.float64(total)))
            out[:] = [exp(v - lse) for v in row]
        else:
            out[:] = [term / total for term in e]
    return p.astype(np.float64)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_float16_step_by_step_is_what_numpy_computes(name):
    x = FLOAT16.round(rng.normal(scale=6, size=(200, 10)))
    with np.errstate(all="ignore"):
        expected = as_numpy_does(name, x)
        p = ALGORITHMS[name][0](x, FLOAT16)
    np.testing.assert_array_equal(p, expected)


def test_the_sum_runs_from_left_to_right():
    assert sum_in(BFLOAT16, np.array([256.0, 1.0, 1.0])) == 256
    assert sum_in(BFLOAT16, np.array([1.0, 1.0, 256.0])) == 258
    assert sum_in(BFLOAT16, np.ones((3, 1))).shape == (3,)


@pytest.mark.parametrize("fmt", [FLOAT16, BFLOAT16])
@pytest.mark.parametrize("scale", [0.1, 2.0, 8.0])
@pytest.mark.parametrize("offset", [0.0, -4.0, 30.0])
def test_errors_keep_to_their_bounds(fmt, scale, offset):
    outcomes = compare(rng.normal(scale=scale, size=(300, 10)) + offset, fmt)
    for name in ("shifted", "division-free"):
        assert not outcomes[name].lost.any()
        assert (outcomes[name].error <= outcomes[name].bound).all(), name
    if (scale, offset) != (8.0, -4.0) and not outcomes["unshifted"].lost.all():
        kept = ~outcomes["unshifted"].lost
        assert (outcomes["unshifted"].error[kept] <= 13).all()


def test_without_the_rounding_of_the_last_addition_the_bound_would_be_too_small():
    """For scores of 1000 the paper's Theorem 4.4 allows about 16 u; lse is rounded to a multiple of 1/2."""
    x = np.full((1, 10), 1000.0)
    outcome = compare(x, FLOAT16)["division-free"]
    y = 1000 + np.log(10)
    published = abs(y + 10 - 1000) + abs(1000 - y) + 1
    assert published < outcome.error[0] <= outcome.bound[0]


def test_shifting_the_scores_changes_the_shifted_softmax_by_nothing():
    x = FLOAT16.round(rng.normal(scale=4, size=(50, 10)))
    x = FLOAT16.round(x * 16) / 16  # so that adding 64 is exact
    x = np.round(x)
    np.testing.assert_array_equal(shifted(x + 64, FLOAT16), shifted(x, FLOAT16))
    assert (division_free(x + 64, FLOAT16) != division_free(x, FLOAT16)).any()


def test_what_is_lost():
    x = np.array([[12.0, 0.0], [11.0, 11.0], [-20.0, -20.0], [5.0, 0.0]])
    outcome = compare(x, FLOAT16)["unshifted"]
    assert outcome.lost.tolist() == [True, True, True, False]
    assert np.isnan(outcome.error).tolist() == outcome.lost.tolist()
    np.testing.assert_allclose(unshifted(x, BFLOAT16)[1], 0.5)  # bfloat16 reaches further


def test_the_figure_leaves_out_what_is_lost_and_what_is_exact():
    x = np.concatenate([rng.normal(scale=5, size=(40, 10)), np.zeros((1, 1)) + 20 * np.eye(10)[:1]])
    outcomes = {"float16": compare(x, FLOAT16), "bfloat16": compare(x, BFLOAT16)}
    figure = plot_rounding_errors(outcomes)
    assert [axes.get_title(loc="left") for axes in figure.axes[:3]] == list(ALGORITHMS)
    for axes, outcome in zip(
        figure.axes, [o for row in outcomes.values() for o in row.values()], strict=True
    ):
        dots, line = axes.lines
        assert len(line.get_ydata()) == np.sum(~outcome.lost)
        assert (np.diff(line.get_ydata()) >= 0).all()
        assert np.nansum(dots.get_ydata()) == pytest.approx(np.nansum(outcome.error))
    with pytest.raises(ValueError, match="no outcomes"):
        plot_rounding_errors({})


@pytest.mark.parametrize("x", [[1.0, 2.0], [[np.nan, 1.0]], [[1e6, 0.0]], np.ones((3, 0))])
def test_compare_wants_rows_that_fit(x):
    with pytest.raises(ValueError, match="rows of finite scores that float16 can hold"):
        compare(x, FLOAT16)
