"""Pictures of one's own become what MNIST would have made of them; files that are no pictures are refused."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from autograd_lab.data import DataError, load_mnist
from autograd_lab.data.pictures import MAX_PIXELS, as_digit, read_picture

Image = pytest.importorskip("PIL.Image")

DIGITS = load_mnist()[1].images[:60].reshape(-1, 28, 28)


def page(
    digit: np.ndarray, scale: int, top: int, left: int, dark: bool, shape: tuple[int, int]
) -> np.ndarray:
    """A digit somewhere on a larger page, as grey values."""
    side = 28 * scale
    large = np.asarray(Image.fromarray(np.uint8(255 * digit)).resize((side, side), Image.Resampling.BICUBIC))
    ink = np.zeros(shape)
    ink[top : top + side, left : left + side] = large / 255
    return ink if dark else 1 - 0.8 * ink  # grey ink on white paper, white ink on black


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("scale", "shape"), [(1, (40, 60)), (3, (100, 90)), (8, (300, 400))])
def test_digits_of_mnist_come_back(dark, scale, shape):
    off = []
    for digit in DIGITS:
        found = as_digit(page(digit, scale, 7, 5, dark, shape))
        assert found.shape == (28, 28)
        assert 0 <= found.min() <= found.max() <= 1
        off.append(np.abs(found - digit).mean())
        rows, columns = np.arange(28), np.arange(28)
        assert abs((found.sum(axis=1) @ rows) / found.sum() - 14) < 1.5
        assert abs((found.sum(axis=0) @ columns) / found.sum() - 14) < 1.5
    assert np.median(off) < 0.04  # a shift of all by one pixel gives 0.06
    assert max(off) < 0.12


def test_where_the_digit_is_does_not_matter():
    one, other = (as_digit(page(DIGITS[0], 4, *place, False, (300, 300))) for place in ((0, 0), (180, 120)))
    np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize(("shape", "box"), [((200, 10), (20, 1)), ((10, 200), (1, 20)), ((3, 3), (20, 20))])
def test_proportions_are_kept(shape, box):
    paper = np.ones((300, 300))
    paper[50 : 50 + shape[0], 50 : 50 + shape[1]] = 0
    found = as_digit(paper) > 0.5
    assert (found.any(axis=1).sum(), found.any(axis=0).sum()) == box


@pytest.mark.parametrize(
    ("grey", "says"),
    [
        (np.ones((5, 5)), "nothing on this picture"),
        (np.zeros((5, 5)), "nothing on this picture"),
        (np.ones((0, 5)), "shape"),
        (np.ones(5), "shape"),
        (np.full((5, 5), np.nan), "shape"),
    ],
)
def test_no_digit_is_told(grey, says):
    with pytest.raises(ValueError, match=says):
        as_digit(grey)


# --- files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["png", "bmp", "gif", "tiff", "webp"])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_formats_and_modes(tmp_path, kind, mode):
    picture = Image.fromarray(np.uint8([[0, 255, 255], [0, 0, 255]])).convert(mode)
    file = tmp_path / f"a.{kind}"
    picture.save(file, **({"lossless": True} if kind == "webp" else {}))
    np.testing.assert_allclose(read_picture(file), [[0, 1, 1], [0, 0, 1]], atol=0.01)


def test_what_is_transparent_is_paper(tmp_path):
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png").min() == 1


def test_sixteen_bits_a_pixel(tmp_path):
    Image.fromarray(np.array([[0, 65535], [32768, 0]], np.uint16)).save(tmp_path / "a.png")
    np.testing.assert_allclose(read_picture(tmp_path / "a.png"), [[0, 1], [0.5, 0]], atol=1e-3)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(columns: int, rows: int, content: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(content))
        + chunk(b"IEND", b"")
    )


def whole_png() -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.uint8(255 * DIGITS[0])).save(content, format="png")
    return content.getvalue()


WHOLE = whole_png()
HOSTILE = {
    "empty": b"",
    "text": b"hello",
    "web page": b"<!doctype html>",
    "vector": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "huge": png(2**31 - 1, 2**31 - 1),
    "large": png(100_000, 100_000),
    "above the limit": png(10_000, MAX_PIXELS // 10_000 + 1),
    "no pixels": png(3, 3),
    "zero size": png(0, 3),
    "bomb": png(60_000, 60_000, bytes(10**7)),
    **{f"cut at {n}": WHOLE[:n] for n in range(1, len(WHOLE) - 20, 20)},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_other_files_are_refused(tmp_path: Path, name: str):
    file = tmp_path / "a.png"
    file.write_bytes(HOSTILE[name])
    with pytest.raises(DataError, match=r"a\.png: expected"):
        read_picture(file)


def test_missing_files_are_that(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_picture(tmp_path / "a.png")
