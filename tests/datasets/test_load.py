"""The cache of parsed arrays."""

import errno
import subprocess
import sys
import time
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from datasets import __main__ as command
from datasets import load
from datasets.registry import BY_NAME, DATASETS
from datasets.spec import DataError, Dataset, Ragged
from tests.builders import generate
from tests.datasets.files import write_miniboone

every_dataset = pytest.mark.parametrize(
    "dataset", [d for d in DATASETS if d.generate], ids=lambda d: d.name
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE_DIR", str(tmp_path / "cache"))


@every_dataset
def test_what_is_read_back_is_what_was_generated(dataset: Dataset) -> None:
    prepared = load.prepare(dataset, synthetic=True, train=30, test=10)
    stored, _ = load.raw(dataset, synthetic=True, train=30, test=10)
    fresh = generate(dataset, 30, 10, load.SEED)
    for name in ("x_train", "y_train", "x_test", "y_test"):
        left, right = getattr(stored, name), getattr(fresh, name)
        if isinstance(left, Ragged):
            np.testing.assert_array_equal(left.offsets, right.offsets)
            left, right = left.values, right.values
        np.testing.assert_array_equal(left, right)
        assert left.dtype == right.dtype
    with np.load(prepared.path, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


def test_the_second_time_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = BY_NAME["imdb"]
    first = load.prepare(dataset, synthetic=True, train=30, test=10)
    written = first.path.stat().st_mtime_ns
    assert load.prepare(dataset, synthetic=True, train=30, test=10) == first
    assert first.path.stat().st_mtime_ns == written
    assert load.prepare(dataset, synthetic=True, train=31, test=10) != first


@pytest.mark.parametrize("spoil", [b"", b"PK\x03\x04 half an archive"])
def test_a_damaged_cache_is_made_anew(spoil: bytes) -> None:
    dataset = BY_NAME["fashion_mnist"]
    first = load.prepare(dataset, synthetic=True, train=30, test=10)
    first.path.write_bytes(spoil)
    again = load.prepare(dataset, synthetic=True, train=30, test=10)
    assert again.checksum == first.checksum
    assert again.remarks == (f"{first.path} was damaged and has been made anew",)
    assert load.prepare(dataset, synthetic=True, train=30, test=10) == first
    split, _ = load.load(dataset, encoding="scaled", synthetic=True, train=30, test=10)
    assert len(split.x_train) == 30


@every_dataset
def test_no_changed_byte_of_the_cache_is_believed(dataset: Dataset) -> None:
    first = load.prepare(dataset, synthetic=True, train=30, test=10)
    whole = first.path.read_bytes()
    with np.load(first.path) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["y_test"] = 1 - arrays["y_test"]
    np.savez(first.path, **arrays)  # as an archive it is whole
    assert load.prepare(dataset, synthetic=True, train=30, test=10).remarks
    for place in np.random.default_rng(0).integers(0, len(whole), 40):
        spoilt = bytearray(whole)
        spoilt[place] ^= 1 << int(place) % 8
        first.path.write_bytes(spoilt)
        split, prepared = load.raw(dataset, synthetic=True, train=30, test=10)
        assert prepared.checksum == first.checksum
        fresh = generate(dataset, 30, 10, load.SEED)
        np.testing.assert_array_equal(split.y_test, fresh.y_test)


def test_a_cache_that_cannot_be_written_names_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("BENCH_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(DataError, match="set BENCH_CACHE_DIR to a folder that can be written"):
        load.prepare(BY_NAME["imdb"], synthetic=True, train=30, test=10)


def test_what_does_not_fit_on_the_disk_is_not_left_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(stream: BinaryIO, **arrays: object) -> None:
        stream.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(DataError, match="No space left on device"):
        load.prepare(BY_NAME["imdb"], synthetic=True, train=30, test=10)
    assert [path.suffix for path in (tmp_path / "cache" / "arrays").iterdir()] in ([], [".lock"])


def test_numbers_that_are_none_are_counted_and_other_files_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "miniboone"
    folder.mkdir()
    path = write_miniboone(folder)
    path.write_text(path.read_text().replace("-9.990000E+02", "nan", 3))
    monkeypatch.setenv("BENCH_DATA_DIR", str(tmp_path))
    prepared = load.prepare(BY_NAME["miniboone"], synthetic=False, train=None, test=None)
    assert prepared.origin == "other"  # 40 events, not 130,064
    assert prepared.remarks == (
        "3 values are not numbers and become the mean of their feature",
        "it has not the published number of samples",
    )


def test_samples_cut_real_and_synthetic_data_alike() -> None:
    split, prepared = load.load(
        BY_NAME["miniboone"], encoding="standardized", synthetic=True, train=40, test=20
    )
    assert (len(split.x_train), len(split.x_test)) == (40, 20)
    assert prepared.checksum.startswith("sha256:")
    assert prepared.origin is None


def test_real_data(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_DATA_DIR", str(real_data))
    for name, encoding in (("fashion_mnist", "scaled"), ("imdb", "padded")):
        load.prepare(BY_NAME[name], synthetic=False, train=None, test=None)
        started = time.perf_counter()
        split, _ = load.load(
            BY_NAME[name], encoding=encoding, synthetic=False, train=None, test=None
        )
        assert time.perf_counter() - started < 3  # well under a second where nothing else runs
        assert (len(split.y_train), len(split.y_test)) == BY_NAME[name].sizes
        assert np.ptp(np.bincount(split.y_test)) == 0  # balanced


def test_real_imdb_is_read_as_keras_reads_it(
    real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    path = real_data / "imdb" / "imdb.npz"
    # Its own download would be refused: the file at hand need not be the published one.
    monkeypatch.setattr("keras.src.datasets.imdb.get_file", lambda *_, **__: path)
    (x_train, _), _ = keras.datasets.imdb.load_data(num_words=10_000)
    split = BY_NAME["imdb"].read({"imdb.npz": path})
    assert isinstance(split.x_train, Ragged)
    ours = sorted(
        tuple(piece) for piece in np.split(split.x_train.values, split.x_train.offsets[1:-1])
    )
    assert ours == sorted(map(tuple, x_train))  # Keras shuffles the reviews


def test_verify_real_data(
    real_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BENCH_DATA_DIR", str(real_data))
    assert command.main(["verify", "fashion_mnist", "imdb"]) == 0
    printed = capsys.readouterr().out
    assert "fashion_mnist: 60,000 + 10,000 samples, as published" in printed
    assert "imdb: 25,000 + 25,000 samples" in printed


def test_the_package_imports_no_keras() -> None:
    code = "import sys, datasets.load, datasets.__main__; assert 'keras' not in sys.modules"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0
