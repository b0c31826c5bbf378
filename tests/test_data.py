"""MNIST as shipped, other folders with the same four files, and mini-batches."""

import gzip
import hashlib
import re
import shutil
import struct
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lab.data.mnist as mnist
from autograd_lab.data import DataError, DataLoader, Split, load_mnist, read_idx

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


# ------------------------------------------------------------ MNIST as shipped


@pytest.fixture(scope="module")
def digits():
    return load_mnist()


def test_shapes_and_types(digits):
    train, test = digits
    for split, count in ((train, 60_000), (test, 10_000)):
        assert isinstance(split, Split)
        assert split.images.shape == (count, 784)
        assert split.images.dtype == np.float32
        assert split.labels.shape == (count,)
        assert split.labels.dtype == np.int64
        for array in split:
            assert array.flags.writeable
            assert array.flags.c_contiguous


def test_label_histograms(digits):
    train, test = digits
    assert np.bincount(train.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


def test_pixels(digits):
    train, test = digits
    for images in (train.images, test.images):
        assert images.min() == 0
        assert images.max() == 1
    # The two numbers that everybody normalises MNIST with.
    assert train.images.mean(dtype=np.float64) == pytest.approx(0.1306604, abs=1e-7)
    assert train.images.std(dtype=np.float64) == pytest.approx(0.3081078, abs=1e-7)


@pytest.mark.parametrize("dtype", [np.float32, "float64"])
def test_pixels_are_the_bytes_over_255(dtype):
    _, test = load_mnist(dtype=dtype, flatten=False)
    raw = gzip.decompress((files("autograd_lab.data") / "mnist" / f"{TEST_IMAGES}.gz").read_bytes())[16:]
    expected = np.frombuffer(raw, np.uint8).reshape(10_000, 28, 28).astype(dtype) / np.dtype(dtype).type(255)
    np.testing.assert_array_equal(test.images, expected, strict=True)


def test_flat_images_are_rows_of_pixels(digits):
    _, test = load_mnist(flatten=False)
    assert (test.images.reshape(-1, 784) == digits[1].images).all()
    # Image 0 is a seven: a bar at the top, ink at the lower left of the middle, none at the lower right.
    seven = test.images[0]
    assert seven[8, 8] > 0.5
    assert seven[25, 11] > 0.5
    assert seven[25, 20] == 0


def test_each_call_gives_new_arrays(digits):
    again = load_mnist()
    for old, new in zip(digits, again, strict=True):
        assert not np.shares_memory(old.images, new.images)
        assert not np.shares_memory(old.labels, new.labels)


def test_split_unpacks_and_has_a_short_repr(digits):
    (x, y), test = digits
    assert x is digits[0].images
    assert y is digits[0].labels
    assert repr(test) == "Split(images: float32 (10000, 784), labels: int64 (10000,))"


@pytest.mark.parametrize("name", NAMES)
def test_checksums(name):
    path = files("autograd_lab.data") / "mnist" / f"{name}.gz"
    content = path.read_bytes()
    expected = mnist.SHIPPED[name]
    assert len(content) == expected.size
    assert hashlib.sha256(content).hexdigest() == expected.sha256
    assert hashlib.md5(gzip.decompress(content), usedforsecurity=False).hexdigest() == expected.md5


def test_canonical_md5():
    # As published with the data set, so not merely equal to whatever was put into the package.
    assert [mnist.SHIPPED[name].md5 for name in NAMES] == [
        "6bbc9ace898e44ae57da46a324031adb",
        "a25bea736e30d166cdddb491f175f624",
        "2646ac647ad5339dbf082846283269ea",
        "27ae3e4e09519cfbb04c329615203637",
    ]


def test_readme_states_origin_licence_and_checksums():
    text = (files("autograd_lab.data") / "mnist" / "README.md").read_text(encoding="utf-8")
    for word in ("LeCun", "Cortes", "Burges", "CC BY-SA 3.0"):
        assert word in text
    for name, expected in mnist.SHIPPED.items():
        assert f"`{name}.gz` | {expected.size:,} | `{expected.sha256}`" in text
        assert re.search(rf"`{name}` \| [\d,]+ \| `{expected.md5}`", text)


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Return a copy of the package's data that a test may damage."""
    folder = tmp_path / "mnist"
    shutil.copytree(str(mnist._SHIPPED_FOLDER), folder)
    monkeypatch.setattr(mnist, "_SHIPPED_FOLDER", folder)
    return folder


def replace_byte(path, position, value):
    content = bytearray(path.read_bytes())
    content[position] = value
    path.write_bytes(content)


DAMAGE = {
    "missing": (lambda path: path.unlink(), "found no such file"),
    "a-folder": (lambda path: (path.unlink(), path.mkdir()), "found an unreadable one"),
    "empty": (lambda path: path.write_bytes(b""), "found 0 bytes"),
    "truncated": (lambda path: path.write_bytes(path.read_bytes()[:-1]), r"found [\d,]+ bytes with SHA-256"),
    "extended": (lambda path: path.write_bytes(path.read_bytes() + b"\0"), "found a longer one"),
    "one-byte-altered": (lambda path: replace_byte(path, -20, 0), r"found [\d,]+ bytes with SHA-256"),
    "meaningless-byte-altered": (lambda path: replace_byte(path, 4, 1), r"found [\d,]+ bytes with SHA-256"),
    "repacked": (
        lambda path: path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 1)),
        "found a longer one",
    ),
    "foreign": (lambda path: shutil.copy(path.with_name(f"{TRAIN_LABELS}.gz"), path), "found 28,857 bytes"),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGE.values(), ids=DAMAGE)
def test_damaged_package(shipped, damage, message):
    path = shipped / f"{TRAIN_IMAGES}.gz"
    damage(path)
    with pytest.raises(DataError, match=message) as caught:
        load_mnist()
    assert caught.value.file == str(path)
    assert mnist.SHIPPED[TRAIN_IMAGES].sha256 in caught.value.expected
    assert "install the package again" in caught.value.remedy


@pytest.mark.parametrize("name", NAMES[1:])
def test_every_file_of_the_package_is_checked(shipped, name):
    replace_byte(shipped / f"{name}.gz", -20, 0)
    with pytest.raises(DataError, match=f"{name}.gz: expected the shipped file"):
        load_mnist()


@pytest.mark.parametrize("dtype", [np.uint8, int, np.float16, ">f4", complex, object])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(TypeError, match="float32 or float64"):
        load_mnist(dtype=dtype)


# ------------------------------------------------------------ a folder of one's own


def write_idx(path, array, code=0x08):
    content = struct.pack(f">BBBB{array.ndim}i", 0, 0, code, array.ndim, *array.shape) + array.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.fixture
def own():
    rng = np.random.default_rng(0)
    return {
        TRAIN_IMAGES: rng.integers(0, 256, (30, 5, 4), np.uint8),
        TRAIN_LABELS: rng.integers(0, 10, 30, np.uint8),
        TEST_IMAGES: rng.integers(0, 256, (20, 5, 4), np.uint8),
        TEST_LABELS: rng.integers(0, 10, 20, np.uint8),
    }


def write_folder(folder, arrays, suffix=".gz"):
    for name, array in arrays.items():
        write_idx(folder / (name + suffix), array)


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("as_type", [str, lambda path: path])
def test_own_folder(own, tmp_path, suffix, as_type):
    write_folder(tmp_path, own, suffix)
    train, test = load_mnist(as_type(tmp_path))
    assert train.images.shape == (30, 20)
    assert test.images.shape == (20, 20)
    assert (train.images == own[TRAIN_IMAGES].reshape(30, 20).astype(np.float32) / np.float32(255)).all()
    assert (test.images == own[TEST_IMAGES].reshape(20, 20).astype(np.float32) / np.float32(255)).all()
    assert (train.labels == own[TRAIN_LABELS]).all()
    assert (test.labels == own[TEST_LABELS]).all()
    assert load_mnist(tmp_path, flatten=False)[0].images.shape == (30, 5, 4)


def test_the_compressed_file_wins(own, tmp_path):
    write_folder(tmp_path, own)
    (tmp_path / TRAIN_IMAGES).write_bytes(b"something else")
    assert len(load_mnist(tmp_path)[0].images) == 30


def test_no_such_folder(tmp_path):
    with pytest.raises(DataError, match=r"nowhere: expected a folder.*no such folder"):
        load_mnist(tmp_path / "nowhere")


def test_a_file_instead_of_a_folder(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="no such folder"):
        load_mnist(tmp_path / "file")


@pytest.mark.parametrize("name", NAMES)
def test_missing_in_own_folder(own, tmp_path, name):
    write_folder(tmp_path, own)
    (tmp_path / f"{name}.gz").unlink()
    with pytest.raises(
        DataError, match=f"{name}.gz: expected this file, or {name} without .gz, found neither"
    ):
        load_mnist(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_truncated_in_own_folder(own, tmp_path, name):
    write_folder(tmp_path, own)
    path = tmp_path / f"{name}.gz"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(DataError, match=rf"{name}.gz: expected .*truncated"):
        load_mnist(tmp_path)


def changed(name, change):
    return lambda arrays: {**arrays, name: change(arrays[name])}


INCONSISTENT = {
    "labels-too-few": (changed(TRAIN_LABELS, lambda a: a[:-1]), TRAIN_LABELS, r"30 labels.*found 29"),
    "labels-too-many": (
        changed(TEST_LABELS, lambda a: np.append(a, a[:1])),
        TEST_LABELS,
        r"20 labels.*found 21",
    ),
    "labels-none": (changed(TEST_LABELS, lambda a: a[:0]), TEST_LABELS, r"20 labels.*found 0"),
    "labels-of-the-other-set": (
        lambda arrays: {**arrays, TRAIN_LABELS: arrays[TEST_LABELS], TEST_LABELS: arrays[TRAIN_LABELS]},
        TRAIN_LABELS,
        r"30 labels.*found 20",
    ),
    "label-ten": (
        changed(TEST_LABELS, lambda a: np.append(a[:-1], np.uint8(10))),
        TEST_LABELS,
        r"labels from 0 to 9, found 10 at position 19 \(1 such",
    ),
    "labels-in-two-dimensions": (changed(TRAIN_LABELS, lambda a: a[:, None]), TRAIN_LABELS, r"\(30, 1\)"),
    "images-and-labels-exchanged": (
        lambda arrays: {**arrays, TRAIN_IMAGES: arrays[TRAIN_LABELS], TRAIN_LABELS: arrays[TRAIN_IMAGES]},
        TRAIN_IMAGES,
        r"uint8 images.*found uint8 data of shape \(30,\).*not labels",
    ),
    "images-twice": (
        lambda arrays: {**arrays, TRAIN_LABELS: arrays[TRAIN_IMAGES]},
        TRAIN_LABELS,
        r"whole-number labels.*not images",
    ),
    "images-flat": (changed(TRAIN_IMAGES, lambda a: a.reshape(30, 20)), TRAIN_IMAGES, r"\(30, 20\)"),
    "images-none": (changed(TRAIN_IMAGES, lambda a: a[:0]), TRAIN_IMAGES, r"at least one.*\(0, 5, 4\)"),
    "images-without-pixels": (changed(TRAIN_IMAGES, lambda a: a[:, :0]), TRAIN_IMAGES, r"\(30, 0, 4\)"),
    "images-of-another-size": (
        changed(TEST_IMAGES, lambda a: a[:, :4]),
        TEST_IMAGES,
        "5 × 4 pixels.*found 4 × 4",
    ),
    "images-narrower": (changed(TEST_IMAGES, lambda a: a[:, :, :3]), TEST_IMAGES, "found 5 × 3"),
    "images-turned": (changed(TEST_IMAGES, lambda a: a.transpose(0, 2, 1)), TEST_IMAGES, "found 4 × 5"),
}


@pytest.mark.parametrize(("change", "name", "message"), INCONSISTENT.values(), ids=INCONSISTENT)
def test_files_that_do_not_fit_together(own, tmp_path, change, name, message):
    write_folder(tmp_path, change(own))
    with pytest.raises(DataError, match=message) as caught:
        load_mnist(tmp_path)
    assert caught.value.file == str(tmp_path / f"{name}.gz")


@pytest.mark.parametrize(
    ("name", "array", "code"),
    [
        (TRAIN_IMAGES, np.zeros((30, 5, 4), ">f4"), 0x0D),
        (TRAIN_IMAGES, np.zeros((30, 5, 4), np.int8), 0x09),
        (TRAIN_LABELS, np.zeros(30, ">f4"), 0x0D),
        (TRAIN_LABELS, np.full(30, -1, ">i4"), 0x0C),
    ],
    ids=["float-images", "signed-images", "float-labels", "negative-labels"],
)
def test_files_of_another_type(own, tmp_path, name, array, code):
    write_folder(tmp_path, own)
    write_idx(tmp_path / f"{name}.gz", array, code)
    with pytest.raises(
        DataError, match=f"{name}.gz: expected (uint8 images|whole-number labels|labels from 0)"
    ):
        load_mnist(tmp_path)


def test_wider_labels_and_more_classes(own, tmp_path):
    write_folder(tmp_path, own)
    labels = np.arange(30, dtype=">i4")
    write_idx(tmp_path / f"{TRAIN_LABELS}.gz", labels, 0x0C)
    with pytest.raises(DataError, match=r"found 10 at position 10 \(20 such labels in all\).*`classes`"):
        load_mnist(tmp_path)
    with pytest.raises(DataError, match="labels from 0 to 28, found 29"):
        load_mnist(tmp_path, classes=29)
    train, _ = load_mnist(tmp_path, classes=30)
    assert train.labels.dtype == np.int64
    assert train.labels.tolist() == list(range(30))


def test_pixels_of_a_folder_are_limited(own, tmp_path):
    # 512 MiB of zeros compress to half a megabyte and would become 4 GiB of float64.
    write_folder(tmp_path, own)
    header = struct.pack(">BBBB3i", 0, 0, 0x08, 3, 2**29 // 784 + 1, 28, 28)
    (tmp_path / f"{TRAIN_IMAGES}.gz").write_bytes(gzip.compress(header) + bytes(600_000))
    with pytest.raises(DataError, match="at most 268,435,456 bytes"):
        load_mnist(tmp_path)


def test_the_package_itself_as_a_folder(digits):
    _, test = load_mnist(str(mnist._SHIPPED_FOLDER))
    assert (test.images == digits[1].images).all()
    assert (test.labels == digits[1].labels).all()


def test_read_idx_gives_the_stored_bytes(digits):
    raw = read_idx(str(mnist._SHIPPED_FOLDER / f"{TEST_LABELS}.gz"))
    assert raw.dtype == np.uint8
    assert (raw == digits[1].labels).all()


# ------------------------------------------------------------ mini-batches


def numbered(count):
    """Return samples that can be told apart, with their number as the label."""
    return np.arange(count)[:, None] * np.array([1.0, 10.0], np.float32), np.arange(count)


def epoch(loader):
    return [y.tolist() for _, y in loader]


def flat(batches):
    return [label for batch in batches for label in batch]


sizes = st.integers(1, 60)


@given(count=sizes, batch_size=st.integers(1, 70), shuffle=st.booleans(), seed=st.integers(0, 2**64))
def test_each_sample_exactly_once_per_epoch(count, batch_size, shuffle, seed):
    x, y = numbered(count)
    loader = DataLoader(x, y, batch_size, shuffle, seed)
    for _ in range(2):
        batches = list(loader)
        assert len(batches) == len(loader)
        assert [len(labels) for _, labels in batches[:-1]] == [batch_size] * (len(batches) - 1)
        assert len(batches[-1][1]) == (count % batch_size or batch_size)
        order = np.concatenate([labels for _, labels in batches])
        assert sorted(order) == list(range(count))
        assert shuffle or order.tolist() == list(range(count))
        for images, labels in batches:
            np.testing.assert_array_equal(images, x[labels], strict=True)


@given(count=sizes, batch_size=st.integers(1, 70), shuffle=st.booleans(), seed=st.integers(0, 100))
def test_drop_last(count, batch_size, shuffle, seed):
    data = numbered(count)
    if count < batch_size:
        with pytest.raises(ValueError, match=f"no batch of {batch_size} from {count} samples"):
            DataLoader(*data, batch_size, shuffle, seed, drop_last=True)
        return
    kept = epoch(DataLoader(*data, batch_size, shuffle, seed, drop_last=True))
    everything = epoch(DataLoader(*data, batch_size, shuffle, seed))
    assert kept == everything[: count // batch_size]
    assert all(len(batch) == batch_size for batch in kept)
    assert len(DataLoader(*data, batch_size, drop_last=True)) == len(kept)


@given(count=st.integers(20, 200), batch_size=st.integers(1, 30), seed=st.integers(0, 2**32))
def test_epochs_differ_and_the_seed_repeats_them(count, batch_size, seed):
    data = numbered(count)
    first, second = (DataLoader(*data, batch_size, seed=seed) for _ in range(2))
    epochs = [epoch(first) for _ in range(3)]
    assert epochs == [epoch(second) for _ in range(3)]
    # Two of 20! orders agree by chance with probability 4e-19.
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]
    assert epochs[0] != epoch(DataLoader(*data, batch_size, seed=seed + 1))


def test_the_order_of_a_seed_is_fixed_for_good():
    # Printed numbers in the book rest on it: a change here changes every training run.
    order = np.random.Generator(np.random.PCG64(0)).permutation(10)
    assert flat(epoch(DataLoader(*numbered(10), 4, seed=0))) == order.tolist()
    assert order.tolist() == [4, 6, 2, 7, 3, 5, 9, 0, 8, 1]


def test_without_a_seed_runs_differ():
    data = numbered(50)
    assert epoch(DataLoader(*data)) != epoch(DataLoader(*data))


def test_global_random_state_is_neither_used_nor_changed():
    loader = DataLoader(*numbered(30), 7, seed=5)
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    first = epoch(loader)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    assert epoch(DataLoader(*numbered(30), 7, seed=5)) == first


def test_a_generator_is_used_as_it_is():
    rng = np.random.default_rng(3)
    loader = DataLoader(*numbered(30), 7, seed=rng)
    assert loader.rng is rng
    assert epoch(loader) == epoch(DataLoader(*numbered(30), 7, seed=3))


def test_a_saved_random_state_repeats_an_epoch():
    loader = DataLoader(*numbered(30), 7, seed=0)
    epoch(loader)
    state = loader.rng.bit_generator.state
    third = epoch(loader)
    loader.rng.bit_generator.state = state
    assert epoch(loader) == third


def test_epochs_may_overlap():
    loader = DataLoader(*numbered(30), 7, seed=0)
    expected = [epoch(DataLoader(*numbered(30), 7, seed=0))]
    one, two = iter(loader), iter(loader)
    late = [y.tolist() for _, y in two]
    early = [y.tolist() for _, y in one]
    assert [early] == expected  # the epoch that was begun first has the first order
    assert early != late
    assert sorted(flat(early)) == sorted(flat(late)) == list(range(30))


def test_breaking_off_an_epoch_costs_nothing():
    whole, broken = (DataLoader(*numbered(30), 7, seed=0) for _ in range(2))
    epoch(whole)
    next(iter(broken))
    assert epoch(whole) == epoch(broken)


@pytest.mark.parametrize("shuffle", [True, False])
def test_batches_share_memory_with_nothing(shuffle):
    x, y = numbered(20)
    batches = list(DataLoader(x, y, 5, shuffle, seed=0))
    arrays = [x, y, *(array for batch in batches for array in batch)]
    for i, array in enumerate(arrays):
        assert array.flags.writeable
        assert not any(np.shares_memory(array, other) for other in arrays[:i])
    for images, labels in batches:
        images += 1
        labels += 1
    np.testing.assert_array_equal(x, numbered(20)[0])
    np.testing.assert_array_equal(y, numbered(20)[1])


def test_a_held_batch_keeps_its_values():
    loader = iter(DataLoader(*numbered(20), 5, seed=0))
    x, y = next(loader)
    copies = x.copy(), y.copy()
    for _ in loader:
        pass
    assert (x == copies[0]).all()
    assert (y == copies[1]).all()


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, bool])
@pytest.mark.parametrize("shape", [(12,), (12, 3), (12, 4, 5), (12, 1, 2, 3)])
def test_dtype_and_shape_are_kept(shuffle, dtype, shape):
    x = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    for images, labels in DataLoader(x, np.arange(12), 5, shuffle, seed=0):
        np.testing.assert_array_equal(images, x[labels], strict=True)
        assert images.flags.c_contiguous


@pytest.mark.parametrize("shuffle", [True, False])
def test_awkward_arrays(shuffle):
    x = np.arange(60.0).reshape(20, 3)
    readonly = x.copy()
    readonly.flags.writeable = False
    for awkward in (np.asfortranarray(x), x.repeat(2, axis=0)[::2], x[::-1][::-1], readonly, x.tolist()):
        loader = DataLoader(awkward, range(20), 6, shuffle, seed=1)
        assert loader.images.flags.c_contiguous  # or `take` would copy the whole of it for every batch
        for images, labels in loader:
            assert (images == x[labels]).all()
            assert images.flags.writeable


def test_data_are_not_copied():
    x, y = numbered(20)
    loader = DataLoader(x, y)
    assert np.shares_memory(loader.images, x)
    assert np.shares_memory(loader.labels, y)


def test_labels_may_be_probabilities():
    targets = np.eye(10)[np.arange(30) % 10]
    for x, target in DataLoader(np.arange(30), targets, 8, seed=0):
        assert (target == targets[x]).all()


def test_mnist_epoch(digits):
    train, _ = digits
    loader = DataLoader(*train, batch_size=100, seed=0)
    assert len(loader) == 600
    counts = np.zeros(10, int)
    ink = 0.0
    for x, y in loader:
        assert x.shape == (100, 784)
        assert x.dtype == np.float32
        counts += np.bincount(y, minlength=10)
        ink += x.sum(dtype=np.float64)
    assert counts.tolist() == np.bincount(train.labels).tolist()
    assert ink == pytest.approx(train.images.sum(dtype=np.float64), rel=1e-12)


@pytest.mark.parametrize(
    ("images", "labels", "options", "error", "message"),
    [
        (
            np.zeros((3, 2)),
            np.zeros(4),
            {},
            ValueError,
            r"3 images but 4 labels \(shapes \(3, 2\) and \(4,\)\)",
        ),
        (np.zeros((3, 2)), np.zeros(0), {}, ValueError, "3 images but 0 labels"),
        (np.zeros((0, 2)), np.zeros(0), {}, ValueError, "no samples"),
        ([], [], {}, ValueError, "no samples"),
        (np.zeros(()), np.zeros(3), {}, ValueError, "images must have one sample in each row"),
        (np.zeros(3), 3, {}, ValueError, "labels must have one sample in each row"),
        (np.zeros(3), np.zeros(3), {"batch_size": 0}, ValueError, "batch_size must be at least 1, not 0"),
        (np.zeros(3), np.zeros(3), {"batch_size": -5}, ValueError, "batch_size must be at least 1, not -5"),
        (
            np.zeros(3),
            np.zeros(3),
            {"batch_size": 2.0},
            TypeError,
            r"batch_size must be a whole number, not 2\.0",
        ),
        (
            np.zeros(3),
            np.zeros(3),
            {"batch_size": "2"},
            TypeError,
            "batch_size must be a whole number, not '2'",
        ),
        (
            np.zeros(3),
            np.zeros(3),
            {"batch_size": None},
            TypeError,
            "batch_size must be a whole number, not None",
        ),
        (np.zeros(3), np.zeros(3), {"drop_last": True}, ValueError, "no batch of 100 from 3 samples"),
        ("digits", np.zeros(6), {}, TypeError, "images must be an array of numbers, not str"),
        ([object()] * 3, np.zeros(3), {}, TypeError, "images must be an array of numbers"),
        (np.zeros(3), ["a", "b", "c"], {}, TypeError, "labels must be an array of numbers, not list"),
        (np.zeros(3), None, {}, TypeError, "labels must be an array of numbers, not NoneType"),
    ],
)
def test_loader_refuses(images, labels, options, error, message):
    with pytest.raises(error, match=f"DataLoader: .*{message}"):
        DataLoader(images, labels, **options)


def test_numpy_integers_are_whole_numbers():
    assert len(DataLoader(*numbered(10), batch_size=np.int32(4))) == 3


def test_repr():
    assert (
        repr(DataLoader(*numbered(10), 4))
        == "DataLoader(10 samples, batch_size=4, shuffle=True, drop_last=False)"
    )
