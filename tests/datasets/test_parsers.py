"""Each parser on small files in the real on-disk format, whole and damaged."""

import gzip
import io
import os
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datasets import fashion_mnist, imdb, miniboone
from datasets.spec import DataError, Ragged
from tests.datasets.files import (
    BACKGROUND,
    REVIEWS,
    SIGNAL,
    write_fashion_mnist,
    write_imdb,
    write_miniboone,
)


def test_miniboone(tmp_path: Path) -> None:
    features, classes = miniboone.parse(write_miniboone(tmp_path))
    assert features.shape == (40, 50)
    assert features.dtype == np.float32
    assert classes.tolist() == [1] * SIGNAL + [0] * BACKGROUND
    assert features[1, 0] == pytest.approx(50 / 7)
    assert (features[3] == miniboone.MISSING).all()


def test_miniboone_split_keeps_the_balance(tmp_path: Path) -> None:
    split = miniboone.read({miniboone.FILENAME: write_miniboone(tmp_path)})
    assert (len(split.y_train), len(split.y_test)) == (32, 8)
    assert (split.y_train.sum(), split.y_test.sum()) == (8, 2)
    assert {*split.x_train[:, 0], *split.x_test[:, 0]} == {
        *miniboone.parse(tmp_path / miniboone.FILENAME)[0][:, 0]
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda text: text.replace(" 10 30", " 10 31", 1),
            "announces 10 \\+ 31 events, but 40 rows",
        ),
        (lambda text: text.replace(" 10 30", " 10", 1), "expected two counts"),
        (lambda text: text.replace(" 10 30", " 0 40", 1), "both classes need events"),
        (lambda text: text[: len(text) // 2].rpartition("\n")[0], "truncated"),
        (lambda text: text.replace("-9.99", "much", 1), "not a table of numbers"),
        (lambda text: "10 30\n1 2 3\n4 5 6\n", "expected 50 numbers a row, got 3"),
        (lambda text: "", "expected two counts"),
        (lambda text: text.replace("-9.990000E+02", "inf", 1), "event 4, number 1: infinite"),
        (lambda text: text.replace("-9.990000E+02", "1e39", 1), "too large for float32"),
        (lambda text: text.replace("-9.99", "# 9", 1), "not a table of numbers"),
        (lambda text: " 10 30\n", "expected 50 numbers a row, got 1"),
        (lambda text: " 10 30\n" + "1 " * 51 + "\n" + text, "not a table|expected 50"),
    ],
)
def test_miniboone_damaged(tmp_path: Path, change: Any, message: str) -> None:
    path = write_miniboone(tmp_path)
    path.write_text(change(path.read_text()))
    with pytest.raises(DataError, match=message):
        miniboone.parse(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (gzip.compress, None),
        (lambda content: gzip.compress(content)[:-9], "not a whole gzip file"),
        (lambda content: content.decode().encode("utf-16"), "expected two counts"),
        (lambda content: b"PK\x03\x04" + content, "a ZIP archive; put the text file"),
        (lambda content: os.urandom(4096), "expected two counts|not a whole gzip file"),
        (lambda content: content[:-20] + b"\xff\xfe" + content[-20:], "not a table of numbers"),
        (lambda content: content.replace(b" 10 30", b" 10 " + b"9" * 5000), "expected two counts"),
    ],
    ids=["gzip", "cut gzip", "UTF-16", "ZIP", "binary", "no ASCII", "huge count"],
)
def test_miniboone_in_other_forms(tmp_path: Path, change: Any, message: str | None) -> None:
    path = write_miniboone(tmp_path)
    path.write_bytes(change(path.read_bytes()))
    if message is None:
        assert miniboone.parse(path)[0].shape == (40, 50)
        return
    with pytest.raises(DataError, match=message):
        miniboone.parse(path)


def test_what_is_unpacked_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.content.MOST_BYTES", 10_000)
    files = write_fashion_mnist(tmp_path)
    with pytest.raises(DataError, match=r"images.*holds more than 10,000 bytes"):
        fashion_mnist.read(files)
    monkeypatch.setattr("datasets.imdb.MOST_BYTES", 100)
    with pytest.raises(DataError, match=r"x_train.npy holds more than 100 bytes"):
        imdb.parse(write_imdb(tmp_path))


def test_fashion_mnist_unpacked(tmp_path: Path) -> None:
    files = write_fashion_mnist(tmp_path)
    expected = fashion_mnist.read(files)
    for path in files.values():
        path.write_bytes(gzip.decompress(path.read_bytes()))
    np.testing.assert_array_equal(fashion_mnist.read(files).x_train, expected.x_train)


def test_fashion_mnist(tmp_path: Path) -> None:
    split = fashion_mnist.read(write_fashion_mnist(tmp_path))
    assert split.x_train.shape == (20, 28, 28)
    assert split.x_test.dtype == np.uint8
    assert split.y_test.tolist() == list(range(10))
    assert split.x_train[0, 0, 0] == np.random.default_rng(0).integers(0, 256, dtype=np.uint8)


def repack(path: Path, change: Any) -> None:
    path.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes()))))


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("train-images-idx3-ubyte.gz", lambda c: c[:-1], "needs 15,696 bytes, got 15,695"),
        ("train-images-idx3-ubyte.gz", lambda c: b"\0\0\x0d" + c[3:], "not an IDX file of bytes"),
        ("train-images-idx3-ubyte.gz", lambda c: b"", "not an IDX file of bytes"),
        ("train-images-idx3-ubyte.gz", lambda c: c[:6], "header needs 16 bytes, got 6"),
        ("train-images-idx3-ubyte.gz", lambda c: c[:3] + b"\xff" + c[4:], "dimensions, got 255"),
        ("train-images-idx3-ubyte.gz", lambda c: c[:3] + b"\0" + c[4:], "dimensions, got 0"),
        ("train-images-idx3-ubyte.gz", lambda c: c[:4] + b"\xff" * 12 + c[16:], "needs 79,228,1"),
        ("train-images-idx3-ubyte.gz", lambda c: c[:4] + b"\x80\0\0\0" * 3 + c[16:], "needs 9,9"),
        ("train-labels-idx1-ubyte.gz", lambda c: c[:-1] + b"\x0a", "class 10, but there are 10"),
        (
            "train-labels-idx1-ubyte.gz",
            lambda c: struct.pack(">ii", 2049, 19) + c[9:],
            r"\(19,\) labels for 20 images",
        ),
        (
            "train-images-idx3-ubyte.gz",
            lambda c: struct.pack(">iiii", 2051, 20, 14, 56) + c[16:],
            "expected images of 28 x 28",
        ),
    ],
)
def test_fashion_mnist_damaged(tmp_path: Path, name: str, change: Any, message: str) -> None:
    files = write_fashion_mnist(tmp_path)
    repack(files[name], change)
    with pytest.raises(DataError, match=message):
        fashion_mnist.read(files)


def test_fashion_mnist_cut_off(tmp_path: Path) -> None:
    files = write_fashion_mnist(tmp_path)
    path = files["t10k-images-idx3-ubyte.gz"]
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"t10k-images.*not a whole gzip file"):
        fashion_mnist.read(files)


def sequences(ragged: Any) -> list[list[int]]:
    assert isinstance(ragged, Ragged)
    return [ragged[np.array([i])].values.tolist() for i in range(len(ragged))]


def test_imdb(tmp_path: Path) -> None:
    split = imdb.read({imdb.FILENAME: write_imdb(tmp_path)})
    assert sequences(split.x_train) == [
        [1, 4, 5, 9_999, 2, 7],
        [1, 6],
        [1, *range(4, 43)],
    ]
    assert split.y_train.tolist() == [1, 0, 1]
    assert split.y_train.dtype == np.uint8
    assert len(split.x_test) == 2


@pytest.mark.parametrize("protocol", [2, 4])
def test_imdb_of_any_pickle_protocol(tmp_path: Path, protocol: int) -> None:
    path = write_imdb(tmp_path)
    array = np.empty(3, np.object_)
    array[:] = REVIEWS
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, np.lib.format.header_data_from_array_1_0(array))
    pickle.dump(array, stream, protocol=protocol)
    replace_member(path, "x_train.npy", stream.getvalue())
    assert imdb.parse(path)["x_train"].tolist() == REVIEWS


def replace_member(path: Path, member: str, content: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, old in contents.items():
            archive.writestr(name, content if name == member else old)


class Hostile:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        """Ask the unpickler for `os.system`."""
        return os.system, (self.command,)


def test_imdb_runs_nothing(tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    path = write_imdb(tmp_path, x_train=[Hostile(f"touch {proof}"), [1], [2]])
    with pytest.raises(DataError, match=r"asks for \w+\.system"):
        imdb.parse(path)
    assert not proof.exists()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"y_train": [1, 0]}, "3 reviews but 2 labels"),
        ({"y_test": [0, 2]}, "y_test holds labels other than 0 and 1"),
        ({"x_test": [[0, 1], [2]]}, "review 1: word indexes are from 1 to 10,000,000, got 0 to 1"),
        ({"x_test": [[4], [2**31 - 1]]}, "review 2: word indexes are from 1 .* to 2147483647"),
        ({"x_test": [[4], [2**70]]}, "review 2 is not a list of word indexes"),
        ({"x_test": [["a"], [2]]}, "review 1 is not a list of word indexes"),
        ({"x_test": [[1.5], [2]]}, "review 1 is not a list of word indexes"),
        ({"x_test": [[[1]], [2]]}, "review 1 is not a list of word indexes"),
        ({"x_test": [{1: 2}, [2]]}, "review 1 is not a list of word indexes: it is of type dict"),
        ({"y_test": [[0, 1], [1, 0]]}, r"y_test has shape \(2, 2\), expected one label each"),
    ],
)
def test_imdb_damaged(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        imdb.read({imdb.FILENAME: write_imdb(tmp_path, **arrays)})


@pytest.mark.parametrize("method", [99, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("encrypted", [False, True])
def test_imdb_in_an_archive_that_cannot_be_unpacked(
    tmp_path: Path, method: int, encrypted: bool
) -> None:
    path = write_imdb(tmp_path)
    whole = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = whole.find(mark)
        struct.pack_into("<HH", whole, place + flags, int(encrypted), method)
    path.write_bytes(whole)
    with pytest.raises(DataError, match=r"imdb\.npz: damaged"):
        imdb.parse(path)


def test_imdb_of_a_size_that_is_only_claimed(tmp_path: Path) -> None:
    path = write_imdb(tmp_path)
    stream = io.BytesIO()
    header = {"descr": "<i8", "fortran_order": False, "shape": (10**12,)}
    np.lib.format.write_array_header_1_0(stream, header)
    replace_member(path, "x_train.npy", stream.getvalue() + b"\0" * 80)
    with pytest.raises(DataError, match=r"imdb\.npz: damaged"):
        imdb.parse(path)


def test_imdb_cut_off(tmp_path: Path) -> None:
    path = write_imdb(tmp_path)
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(DataError, match=r"imdb\.npz: damaged"):
        imdb.parse(path)


def test_imdb_without_a_member(tmp_path: Path) -> None:
    path = tmp_path / imdb.FILENAME
    np.savez(path, x_train=np.zeros(1))
    with pytest.raises(DataError, match="not the review archive"):
        imdb.parse(path)


def test_imdb_with_a_cut_member(tmp_path: Path) -> None:
    path = write_imdb(tmp_path)
    with zipfile.ZipFile(path) as archive:
        content = archive.read("x_train.npy")
    replace_member(path, "x_train.npy", content[:-20])
    with pytest.raises(DataError, match=r"imdb\.npz"):
        imdb.parse(path)
