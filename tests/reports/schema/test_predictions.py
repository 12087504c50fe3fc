"""Predictions beside their records."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reports import charts
from reports.figures import thresholds
from reports.schema.predictions import Predictions, find, path
from reports.schema.record import Trained
from tests.builders import replace

Make = Callable[..., Trained]


def example(samples: int = 400, seed: int = 0) -> Predictions:
    random = np.random.default_rng(seed)
    true = random.integers(0, 2, samples).astype(np.uint8)
    score = np.clip(0.5 + 0.4 * (true - 0.5) + random.normal(0, 0.2, samples), 0, 1)
    return Predictions(true=true, probabilities=score.astype(np.float32)[:, None])


def keep(predictions: Predictions, folder: Path, record: Trained) -> Path:
    file = path(folder, record.id, record.fingerprint)
    file.parent.mkdir(exist_ok=True)
    with file.open("wb") as stream:
        predictions.save(stream)
    return file


def test_they_are_found_again(tmp_path: Path, make_record: Make) -> None:
    kept = example(100)
    record = make_record(predictions=kept.checksum)
    keep(kept, tmp_path, record)
    found = find(record, [tmp_path / "elsewhere", tmp_path])
    assert found
    assert np.array_equal(found.probabilities, kept.probabilities)
    assert np.array_equal(found.true, kept.true)


def test_those_of_another_run_and_damaged_ones_are_not_used(
    tmp_path: Path, make_record: Make
) -> None:
    kept = example(100)
    file = keep(kept, tmp_path, make_record())
    assert find(make_record(predictions=example(100, seed=1).checksum), [tmp_path]) is None
    file.write_bytes(file.read_bytes()[:-100])
    assert find(make_record(predictions=kept.checksum), [tmp_path]) is None


def flipped(content: bytes, member: bytes) -> bytes:
    """Return a file with a byte changed amid the compressed bytes of one of its arrays."""
    place = content.index(member) + len(member) + 40
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


def bomb(content: bytes) -> bytes:
    """Return a file of the same arrays, and some that unpack to a thousand times as much."""
    stream = io.BytesIO(content)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as members:
        members.writestr("zeros.npy", bytes(10**7))
    return stream.getvalue()


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda content: content[:-100],
    "empty": lambda content: b"",
    "flipped in true": lambda content: flipped(content, b"true.npy"),
    "flipped in probabilities": lambda content: flipped(content, b"probabilities.npy"),
    "another format": lambda content: b"\x93NUMPY" + content,
    "a pickle": lambda content: b"\x80\x04K\x01.",
    "one array": lambda content: content.replace(b"true.npy", b"trve.npy"),
    "another way of packing": lambda content: content.replace(b"\x08\x00", b"\x63\x00"),
    "a bomb": bomb,
    "too large": lambda content: content + bytes(10**6),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_of_whatever_kind_is_none(
    tmp_path: Path, make_record: Make, damage: Callable[[bytes], bytes]
) -> None:
    kept = example(100)
    record = make_record(predictions=kept.checksum)
    file = keep(kept, tmp_path, record)
    assert find(record, [tmp_path])
    file.write_bytes(damage(file.read_bytes()))
    assert find(record, [tmp_path]) is None
    file.unlink()
    os.mkfifo(file)
    assert find(record, [tmp_path]) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"true": np.zeros(99, np.uint8)},
        {"true": np.zeros((100, 1), np.uint8)},
        {"true": np.full(100, 2, np.uint8)},
        {"true": np.full(100, -1)},
        {"true": np.zeros(100)},
        {"true": np.array(["a"] * 100)},
        {"true": np.array(0)},
        {"probabilities": np.zeros((99, 1), np.float32)},
        {"probabilities": np.zeros(100, np.float32)},
        {"probabilities": np.zeros((100, 2), np.float32)},
        {"probabilities": np.zeros((100, 1), np.uint8)},
        {"probabilities": np.zeros((100, 1), np.complex64)},
    ],
)
def test_what_does_not_fit_its_record_is_none(
    tmp_path: Path, make_record: Make, changes: dict[str, np.ndarray]
) -> None:
    """Although the checksum is right, as only another program would write it."""
    kept = replace(example(100), **changes)
    record = make_record(predictions=kept.checksum)
    keep(kept, tmp_path, record)
    assert find(record, [tmp_path]) is None


def test_the_same_predictions_are_the_same_file() -> None:
    files = []
    for _ in range(2):
        stream = io.BytesIO()
        example().save(stream)
        files.append(stream.getvalue())
    assert files[0] == files[1]


def test_classes() -> None:
    two = Predictions(true=np.zeros(3), probabilities=np.array([[0.2], [0.5], [0.7]]))
    assert two.classes.tolist() == [0, 0, 1]
    three = Predictions(
        true=np.zeros(2), probabilities=np.array([[0.2, 0.5, 0.3], [0.8, 0.1, 0.1]])
    )
    assert three.classes.tolist() == [1, 0]


def test_threshold_curves_are_for_binary_tasks(make_record: Make) -> None:
    record = make_record()
    looks = charts.looks([record])
    assert thresholds.thresholds([record], {}, looks) is None
    picture = thresholds.thresholds([record], {(record.id, record.backend): example()}, looks)
    assert picture
    assert "true positive rate" in picture.svg
    assert len(picture.svg) < 60_000, "as many points as can be seen"


def test_thinning_keeps_the_ends() -> None:
    x, y = np.linspace(0, 1, 5000), np.linspace(0, 1, 5000) ** 2
    thin_x, thin_y = charts.thin(x, y)
    assert len(thin_x) <= charts.POINTS
    assert (thin_x[0], thin_x[-1], thin_y[-1]) == (0, 1, 1)
