"""The IDX reader gives the right array or a DataError, in bounded time and memory, whatever a file holds."""

import contextlib
import gzip
import io
import os
import pickle
import struct
import time
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograd_lab.data import DataError, read_idx
from autograd_lab.data.idx import MAX_BYTES, parse_idx

# Written out again, so that a slip in the reader's own table shows.
CODES = {"uint8": 0x08, "int8": 0x09, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}


def header(code, *sizes):
    return struct.pack(f">BBBB{len(sizes)}i", 0, 0, code, len(sizes), *sizes)


def idx_bytes(array):
    array = np.asarray(array)
    big_endian = array.astype(array.dtype.newbyteorder(">"))
    return header(CODES[array.dtype.name], *array.shape) + big_endian.tobytes()


def read(content, **options):
    return parse_idx(io.BytesIO(content), len(content), "memory", **options)


def outcome(content):
    """Return the array, or None where the content is refused. Any other exception is a failure."""
    try:
        return read(content)
    except DataError:
        return None


# ------------------------------------------------------------ what is read

arrays = st.sampled_from(sorted(CODES)).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5))
)


@given(array=arrays, compress=st.booleans())
def test_round_trip(array, compress):
    content = idx_bytes(array)
    result = read(gzip.compress(content) if compress else content)
    assert result.dtype == array.dtype
    assert result.dtype.isnative
    assert result.shape == array.shape
    assert result.tobytes() == array.tobytes()  # bit for bit: NaNs and signed zeros too
    assert result.flags.c_contiguous
    assert result.flags.writeable
    assert result.flags.owndata


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\0\0\x08\1\0\0\0\2\x00\xff", np.array([0, 255], np.uint8)),
        (b"\0\0\x09\1\0\0\0\2\x80\x7f", np.array([-128, 127], np.int8)),
        (b"\0\0\x0b\1\0\0\0\2\x01\x02\xff\xfe", np.array([258, -2], np.int16)),
        (b"\0\0\x0c\1\0\0\0\1\x01\x02\x03\x04", np.array([16909060], np.int32)),
        (b"\0\0\x0d\1\0\0\0\1\xc0\x20\x00\x00", np.array([-2.5], np.float32)),
        (b"\0\0\x0e\1\0\0\0\1\x3f\xf8\0\0\0\0\0\0", np.array([1.5], np.float64)),
        (b"\0\0\x08\2\0\0\0\2\0\0\0\3\1\2\3\4\5\6", np.array([[1, 2, 3], [4, 5, 6]], np.uint8)),
        (b"\0\0\x08\3\0\0\0\0\0\0\0\x1c\0\0\0\x1c", np.zeros((0, 28, 28), np.uint8)),
    ],
    ids=["uint8", "int8", "int16", "int32", "float32", "float64", "rows-first", "no-images"],
)
def test_bytes_written_by_hand(content, expected, tmp_path):
    path = tmp_path / "data"
    for stored in (content, gzip.compress(content)):
        path.write_bytes(stored)
        for result in (read_idx(path), read_idx(str(path))):
            np.testing.assert_array_equal(result, expected, strict=True)


def test_compression_is_seen_from_the_content_not_the_name(tmp_path):
    array = np.arange(6, dtype=np.int16).reshape(2, 3)
    (tmp_path / "plain.gz").write_bytes(idx_bytes(array))
    (tmp_path / "packed.idx").write_bytes(gzip.compress(idx_bytes(array)))
    for name in ("plain.gz", "packed.idx"):
        np.testing.assert_array_equal(read_idx(tmp_path / name), array, strict=True)


@pytest.mark.parametrize("level", [0, 1, 9])
def test_data_larger_than_one_chunk(level):
    array = np.random.default_rng(0).integers(0, 256, (3, 700, 701), np.uint8)
    array[1] = 7  # a stretch that compresses a thousandfold
    assert (read(gzip.compress(idx_bytes(array), level)) == array).all()


def test_header_flags_of_gzip_are_understood():
    content = idx_bytes(np.arange(9, dtype=np.uint8))
    buffer = io.BytesIO()
    with gzip.GzipFile("a name that gzip stores", "wb", fileobj=buffer, mtime=1) as file:
        file.write(content)
    assert (read(buffer.getvalue()) == np.arange(9)).all()


def test_a_stream_that_delivers_single_bytes():
    class Dripping(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 1))

    content = idx_bytes(np.arange(12, dtype=np.int32).reshape(3, 4))
    assert (parse_idx(Dripping(content), len(content), "slow") == np.arange(12).reshape(3, 4)).all()


def test_max_bytes_is_exact():
    content = idx_bytes(np.zeros((10, 10), np.float64))
    assert read(content, max_bytes=800).shape == (10, 10)
    with pytest.raises(DataError, match=r"at most 799 bytes.*max_bytes"):
        read(content, max_bytes=799)


# ------------------------------------------------------------ what is refused

DIGITS = np.random.default_rng(1).integers(0, 256, (20, 28, 28), np.uint8)
GOOD = idx_bytes(DIGITS)
PACKED = gzip.compress(GOOD, mtime=0)
MEGABYTES = 64 * 2**20
BIG = 2**31 - 1


def repacked(content):
    return gzip.compress(content, mtime=0)


def flipped(content, position):
    changed = bytearray(content)
    changed[position] ^= 0x55
    return bytes(changed)


def bomb(start):
    """Compress `start` and 64 MB of zeros after it, without ever holding those."""
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(2**20)
    parts = [packer.compress(start)] + [packer.compress(zeros) for _ in range(MEGABYTES // len(zeros))]
    return b"".join([*parts, packer.flush()])


HOSTILE = {
    # not IDX at all
    "empty": (b"", "an empty file"),
    "one-byte": (b"\0", "two zero bytes.*found the bytes 00"),
    "three-bytes": (GOOD[:3], "found the bytes 00 00 08"),
    "text": (b"5,0,4,1,9,2,1,3", "two zero bytes"),
    "web-page": (b"<!DOCTYPE html><html>404", "a web page"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(50), "PNG"),
    "zip": (b"PK\3\4" + bytes(50), "a zip archive"),
    "bzip2": (b"BZh91AY&SY" + bytes(50), "bzip2"),
    "xz": (b"\xfd7zXZ\0" + bytes(50), "xz data"),
    "npy": (b"\x93NUMPY\1\0v\0{'descr'", "NumPy"),
    "lfs-pointer": (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
    "little-endian-magic": (GOOD[3::-1] + GOOD[4:], "two zero bytes"),
    "first-byte-wrong": (flipped(GOOD, 0), "two zero bytes"),
    "second-byte-wrong": (flipped(GOOD, 1), "two zero bytes"),
    "magic-from-another-offset": (GOOD[1:], "two zero bytes.*found the bytes 00 08 03 00"),
    # a wrong header
    "type-0": (header(0x00, 1) + b"1", "type codes.*found 00"),
    "type-0a": (header(0x0A, 1) + b"1", "type codes.*found 0a"),
    "type-0f": (header(0x0F, 1) + b"1", "type codes.*found 0f"),
    "type-ff": (header(0xFF, 1) + b"1", "type codes.*found ff"),
    "no-dimensions": (header(0x08) + b"1", "1 to 32 dimensions, found 0"),
    "33-dimensions": (header(0x08, *[1] * 33) + b"1", "1 to 32 dimensions, found 33"),
    "255-dimensions": (header(0x08, *[1] * 255) + b"1", "1 to 32 dimensions, found 255"),
    "no-sizes": (GOOD[:4], "12 bytes, found only 0"),
    "sizes-cut": (GOOD[:15], "12 bytes, found only 11"),
    "size-minus-one": (header(0x08, -1, 28, 28) + DIGITS.tobytes(), r"zero or more.*\(-1, 28, 28\)"),
    "size-most-negative": (header(0x08, -(2**31)) + b"1", "zero or more"),
    "two-negative-sizes": (header(0x08, -20, -28, 28) + DIGITS.tobytes(), "zero or more"),
    # a header that promises too much
    "huge-vector": (header(0x08, BIG) + b"1", "at most 1,073,741,824 bytes"),
    "huge-doubles": (header(0x0E, BIG // 8) + b"1", "at most 1,073,741,824 bytes"),
    "product-overflows-64-bits": (header(0x08, 2**16, 2**16, 2**16, 2**16), "at most 1,073,741,824 bytes"),
    "product-wraps-to-0": (header(0x0D, 2**30, 2**30, 2**4), "at most 1,073,741,824 bytes"),
    "32-huge-sizes": (header(0x0E, *[BIG] * 32), "at most 1,073,741,824 bytes"),
    "zero-hides-huge-sizes": (header(0x08, 0, BIG, BIG, BIG), "at most 1,073,741,824 bytes"),
    "large-but-allowed": (header(0x08, MAX_BYTES) + b"1", "1,073,741,832 bytes.*found 9 bytes.*truncated"),
    # plain files of a wrong length
    "header-only": (GOOD[:16], "15,696 bytes.*found 16 bytes.*truncated"),
    "last-byte-missing": (GOOD[:-1], "found 15,695 bytes.*truncated"),
    "half": (GOOD[: len(GOOD) // 2], "truncated"),
    "trailing-byte": (GOOD + b"\0", "found 15,697 bytes.*do not belong"),
    "trailing-newline": (GOOD + b"\r\n", "do not belong"),
    "twice": (GOOD + GOOD, "do not belong"),
    "newlines-translated": (GOOD.replace(b"\n", b"\r\n"), "do not belong"),
    "decoded-as-text": (GOOD.decode("latin-1").encode(), "type codes|do not belong|zero or more"),
    "empty-but-trailing": (header(0x08, 0) + b"1", "do not belong"),
    # gzip data that are damaged
    "gzip-magic-only": (PACKED[:2], "breaks off"),
    "gzip-header-only": (PACKED[:10], "breaks off"),
    "gzip-cut-in-the-middle": (PACKED[: len(PACKED) // 2], "breaks off.*truncated"),
    "gzip-trailer-missing": (PACKED[:-8], "breaks off"),
    "gzip-last-byte-missing": (PACKED[:-1], "breaks off"),
    "gzip-checksum-wrong": (flipped(PACKED, -8), "damaged data.*data check"),
    "gzip-length-wrong": (flipped(PACKED, -1), "damaged data.*length check"),
    "gzip-body-altered": (flipped(PACKED, len(PACKED) // 2), "damaged data|breaks off"),
    "gzip-method-unknown": (flipped(PACKED, 2), "damaged data"),
    "gzip-flags-reserved": (PACKED[:3] + b"\xe0" + PACKED[4:], "damaged data"),
    "gzip-zeros": (b"\x1f\x8b" + bytes(100), "damaged data"),
    "gzip-endless-name": (PACKED[:3] + b"\x08" + PACKED[4:10] + b"a" * 100_000, "breaks off"),
    "gzip-trailing-byte": (PACKED + b"1", "one gzip member"),
    "gzip-zero-padding": (PACKED + bytes(1000), "one gzip member"),
    "gzip-two-members": (PACKED + PACKED, "one gzip member"),
    "gzip-many-empty-members": (PACKED + repacked(b"") * 10_000, "one gzip member"),
    # gzip data that are intact, around something wrong
    "gzip-of-nothing": (repacked(b""), "an empty file"),
    "gzip-of-text": (repacked(b"5,0,4"), "two zero bytes"),
    "gzip-of-gzip": (repacked(PACKED), "compressed twice"),
    "gzip-type-unknown": (repacked(header(0x0A, 1) + b"1"), "type codes"),
    "gzip-negative-size": (repacked(header(0x08, -1) + b"1"), "zero or more"),
    "gzip-sizes-cut": (repacked(GOOD[:9]), "only 5 bytes"),
    "gzip-data-missing": (repacked(GOOD[:-1]), "15,680 bytes of data.*found only 15,679.*truncated"),
    "gzip-data-in-excess": (repacked(GOOD + b"1"), "nothing after 15,680 bytes"),
    "gzip-data-twice": (repacked(GOOD + GOOD), "nothing after 15,680 bytes"),
    "gzip-empty-but-trailing": (repacked(header(0x08, 0) + b"1"), "nothing after 0 bytes"),
    "gzip-huge-header": (repacked(header(0x08, BIG) + b"1"), "at most 1,073,741,824 bytes"),
    "gzip-cannot-hold-it": (repacked(header(0x08, MAX_BYTES) + b"1"), "which cannot hold so much"),
    # decompression bombs: 64 MB from 64 KB
    "bomb-of-zeros": (bomb(b""), "type codes"),
    "bomb-after-one-number": (bomb(header(0x08, 1)), "nothing after 1 bytes"),
    "bomb-after-an-image": (bomb(GOOD), "nothing after 15,680 bytes"),
    "bomb-of-dimensions": (bomb(b"\0\0\x08\xff"), "1 to 32 dimensions"),
}


@pytest.mark.parametrize(("content", "message"), HOSTILE.values(), ids=HOSTILE)
def test_refused_in_bounded_time_and_memory(content, message, tmp_path):
    path = tmp_path / "digits"
    path.write_bytes(content)
    tracemalloc.start()
    begin = time.perf_counter()
    try:
        with pytest.raises(DataError, match=f"(?s){message}") as caught:
            read_idx(path)
        seconds = time.perf_counter() - begin
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * 2**20
    assert seconds < 2
    error = caught.value
    assert error.file == str(path)
    for part in (error.file, error.expected, error.found, error.remedy):
        assert part
        assert part in str(error)
    assert error.remedy.endswith(".")
    assert len(str(error)) < 1000 + len(str(path))


def test_good_files_of_the_corpus_are_good():
    # Otherwise the cases above could be refused for another reason than the one they name.
    for content in (GOOD, PACKED):
        assert (read(content) == DIGITS).all()


SMALL = idx_bytes(np.arange(-6, 6, dtype=np.int16).reshape(3, 4))


def test_every_prefix_is_refused():
    for content in (SMALL, repacked(SMALL)):
        for end in range(len(content)):
            assert outcome(content[:end]) is None, end


@given(extra=st.binary(min_size=1, max_size=50), compress=st.booleans())
def test_every_extension_is_refused(extra, compress):
    assert outcome(SMALL + extra) is None
    assert outcome((repacked(SMALL) if compress else SMALL) + extra) is None


def test_any_changed_byte_of_a_gzip_file_is_refused_or_means_nothing():
    content, array = repacked(SMALL), read(SMALL)
    accepted = set()
    for position in range(len(content)):
        for value in range(256):
            result = outcome(content[:position] + bytes([value]) + content[position + 1 :])
            if result is not None and value != content[position]:
                accepted.add(position)
                assert result.dtype == array.dtype
                assert result.tolist() == array.tolist()
    # Text flag, time stamp, effort and operating system say nothing about the content; the rest is covered.
    assert accepted == set(range(3, 10))


@given(
    magic=st.sampled_from([b"", b"\0\0", b"\0\0\x08\1", b"\0\0\x0d\2", b"\x1f\x8b\x08\0"]),
    rest=st.binary(max_size=60),
)
def test_random_bytes_never_end_in_another_error(magic, rest):
    content = magic + rest
    result = outcome(content)
    if result is not None and not content.startswith(b"\x1f\x8b"):
        assert (
            content
            == header(CODES[result.dtype.name], *result.shape)
            + result.astype(result.dtype.newbyteorder(">")).tobytes()
        )


@pytest.mark.parametrize("compress", [False, True])
def test_a_file_that_shrinks_while_it_is_read(compress):
    content = repacked(GOOD[:9000]) if compress else GOOD[:9000]
    with pytest.raises(DataError, match=r"found only 8,984.*truncated"):
        parse_idx(io.BytesIO(content), len(GOOD), "shrinking")


def test_a_plain_file_that_grows_while_it_is_read():
    with pytest.raises(DataError, match="nothing after 15,680 bytes"):
        parse_idx(io.BytesIO(GOOD + b"1"), len(GOOD), "growing")


def test_a_gzip_file_over_the_limit_is_not_inflated():
    content = repacked(header(0x08, 1) + b"1") + bytes(200)
    with pytest.raises(DataError, match="at most 100 bytes"):
        read(content, max_bytes=100)


# ------------------------------------------------------------ paths


def test_missing_file(tmp_path):
    with pytest.raises(DataError, match="nothing-here: expected an IDX file, found no file of that name"):
        read_idx(tmp_path / "nothing-here")


def test_folder(tmp_path):
    with pytest.raises(DataError, match="a folder or a device"):
        read_idx(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="a folder or a device"):
        read_idx(tmp_path / "pipe")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
def test_an_endless_device_is_refused():
    with pytest.raises(DataError, match="a folder or a device"):
        read_idx("/dev/zero")


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000])
def test_impossible_paths(name):
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(name)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path):
    path = tmp_path / "secret"
    path.write_bytes(GOOD)
    path.chmod(0)
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(path)


def test_the_reader_closes_the_file(tmp_path, recwarn):
    path = tmp_path / "digits"
    for content in (GOOD, PACKED, GOOD[:-1], PACKED[:-1]):
        path.write_bytes(content)
        with contextlib.suppress(DataError):
            read_idx(path)
        path.rename(path)  # Windows refuses this while a file is open
    assert not [w for w in recwarn if issubclass(w.category, ResourceWarning)]


def test_error_is_a_value_error_and_survives_pickling():
    # Another process hands its errors back in pickled form.
    error = DataError("f", "this", "that", "Do it.")
    assert isinstance(error, ValueError)
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error) == "f: expected this, found that. Do it."
