"""The pad to draw on, without a browser: what rounding does, what the page carries, and what is refused."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from autograd_lab import nn
from autograd_lab.data import Split, load_mnist
from autograd_lab.train import scores
from autograd_lab.viz import digit_pad, read_network, rounded
from autograd_lab.viz.weights import from_text, to_text


def network(seed: int = 0, hidden: int = 30) -> nn.Sequential:
    rng = np.random.default_rng(seed)
    model = nn.Sequential(nn.Linear(784, hidden, rng=rng), nn.ReLU(), nn.Linear(hidden, 10, rng=rng))
    for layer in (model[0], model[2]):
        layer.bias.data = rng.standard_normal(layer.bias.shape)
    return model


def weights(model: nn.Sequential) -> list[np.ndarray]:
    return [p.data for p in model.parameters()]


# Rounding --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [2, 8, 12, 24])
def test_a_weight_moves_by_at_most_half_a_step(bits: int) -> None:
    model = network()
    for before, after in zip(weights(model), weights(rounded(model, bits)), strict=True):
        assert after.dtype == np.float64
        if before.ndim == 2:
            step = np.abs(before).max(axis=0) / (2 ** (bits - 1) - 1)
            slack = 1e-6 * np.abs(before).max(axis=0)  # the scale is rounded to float32
            assert np.all(np.abs(after - before) <= step / 2 + slack)
        else:
            assert np.all(after == before.astype(np.float32))


def test_the_model_itself_is_left_alone() -> None:
    model = network()
    before = [p.copy() for p in weights(model)]
    again = rounded(model)
    again[0].weight.data[:] = 0.0
    assert all(np.array_equal(a, b) for a, b in zip(before, weights(model), strict=True))


def test_text_gives_back_the_rounded_network_to_the_last_bit() -> None:
    model = network()
    model[0].weight.data[:, 3] = 0.0  # a unit with no weights has no scale
    model[0].weight.data[:, 4] *= 1e-30
    layers = json.loads(json.dumps(to_text(model)))
    pairs = zip(weights(rounded(model)), weights(from_text(layers)), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    assert not weights(rounded(model))[0][:, 3].any()
    assert len(layers[0]["weight"]) == 2 * 784 * 30


def test_without_bias_and_in_float32() -> None:
    model = nn.Sequential(nn.Linear(784, 10, bias=False, rng=0, dtype=np.float32))
    again = rounded(model)
    assert np.array_equal(again[0].bias.data, np.zeros(10))
    assert np.allclose(again[0].weight.data, model[0].weight.data, atol=1e-4)


@pytest.mark.parametrize("bits", [1, 25, 8.0, "8"])
def test_bits_out_of_range(bits: object) -> None:
    with pytest.raises(ValueError, match="2 to 24 bits"):
        rounded(network(), bits)


# What a page can carry -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        nn.Sequential(nn.Linear(784, 10, rng=0), nn.Tanh()),
        nn.Sequential(nn.Sequential(nn.Linear(784, 10, rng=0))),
        nn.Sequential(),
        nn.ReLU,
        "model",
    ],
)
def test_other_layers_are_refused(model: object) -> None:
    with pytest.raises(TypeError, match="a Sequential of Linear and ReLU, not"):
        digit_pad(model)


def test_other_sizes_and_broken_weights_are_refused() -> None:
    with pytest.raises(ValueError, match="from 784 pixels to 10 scores"):
        digit_pad(nn.Sequential(nn.Linear(784, 11, rng=0)))
    with pytest.raises(ValueError, match="from 784 pixels to 10 scores"):
        digit_pad(nn.Sequential(nn.ReLU()))
    with pytest.raises(ValueError, match=r"Linear\(21, 10\) does not take what Linear\(784, 20\) gives"):
        digit_pad(nn.Sequential(nn.Linear(784, 20, rng=0), nn.Linear(21, 10, rng=0)))
    model = network()
    model[2].bias.data[4] = np.nan
    with pytest.raises(ValueError, match=r"Linear\(30, 10\) has weights that are not finite"):
        digit_pad(model)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 28, 28)), [0, 1], "images of shape"),
        (np.zeros((2, 784)), [0], "with N labels"),
        (np.full((1, 784), 255.0), [0], "from 0"),
        (np.full((1, 784), np.nan), [0], "from 0"),
    ],
)
def test_examples_that_are_none(images: np.ndarray, labels: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        digit_pad(network(), Split(images, np.array(labels)))


# The page --------------------------------------------------------------------------------------------------


def test_the_page_carries_network_and_examples() -> None:
    _, test = load_mnist(dtype=np.float64)
    model = network()
    pad = digit_pad(model, Split(test.images[:2], test.labels[:2]))
    again = read_network(f"<p>before</p>{pad._repr_html_()}<p>after</p>")
    pairs = zip(weights(pad.model), weights(again), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    assert np.array_equal(scores(again, test.images[:5]), scores(rounded(model), test.images[:5]))
    assert '"examples":[{"label":7,' in pad._repr_html_()


def test_a_page_without_a_pad() -> None:
    with pytest.raises(ValueError, match="no pad"):
        read_network("<script>1</script>")


def test_the_markup_is_sound_and_asks_nobody() -> None:
    html = digit_pad(network(), title="<&> Draw")._repr_html_()
    root = ET.fromstring(re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL))
    assert root.get("aria-label") == "<&> Draw"
    assert [element for element in root.iter() if element.get("id")] == []
    code = re.sub(r'<script type="application/json">.*?</script>', "", html)
    assert not re.search(r"https?:|//\w|\bsrc=|\bhref=|\bon\w+=|fetch\(|import\(|eval\(", code)
    assert all(picture.get("aria-label") for picture in root.iter("canvas"))
    assert len(root.findall(".//tbody/tr")) == 10


def test_a_network_of_the_book_stays_below_600_kilobytes() -> None:
    rng = np.random.default_rng(0)
    sizes = [(784, 300), (300, 100), (100, 10)]
    first, second, third = (nn.Linear(*size, rng=rng) for size in sizes)
    _, test = load_mnist(dtype=np.float64)
    pad = digit_pad(
        nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), third), Split(test.images[:12], test.labels[:12])
    )
    assert len(pad._repr_html_().encode()) < 600_000


def test_saved_as_a_page(tmp_path: Path) -> None:
    page = digit_pad(network()).save(tmp_path / "pad.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert read_network(page)[2].weight.shape == (30, 10)
    with pytest.raises(ValueError, match=r"a pad is saved as \.html, not as 'pad\.txt'"):
        digit_pad(network()).save(tmp_path / "pad.txt")
