"""Predictions beside their records."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np

from reports.figures import thresholds
from reports.schema.predictions import Predictions, find, path
from reports.schema.record import Trained

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
    assert thresholds.thresholds([record], {}) is None
    picture = thresholds.thresholds([record], {record.id: example()})
    assert picture
    assert "true positive rate" in picture.svg
    assert len(picture.svg) < 60_000, "as many points as can be seen"


def test_thinning_keeps_the_ends() -> None:
    x, y = np.linspace(0, 1, 5000), np.linspace(0, 1, 5000) ** 2
    thin_x, thin_y = thresholds.thin(x, y)
    assert len(thin_x) <= thresholds.POINTS
    assert (thin_x[0], thin_x[-1], thin_y[-1]) == (0, 1, 1)
