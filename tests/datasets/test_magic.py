"""MAGIC on small files in the real on-disk format, whole and damaged, and the real file."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datasets import magic
from datasets.registry import BY_NAME
from datasets.spec import DataError
from tests.datasets.files import BACKGROUND, SIGNAL, write_magic


def test_magic(tmp_path: Path) -> None:
    features, classes = magic.parse(write_magic(tmp_path))
    assert features.shape == (40, 10)
    assert features.dtype == np.float32
    assert features[1, 0] == pytest.approx(10 / 7, abs=1e-4)
    assert classes.tolist() == [0] * SIGNAL + [1] * BACKGROUND
    split = magic.read({magic.FILENAME: tmp_path / magic.FILENAME})
    assert (len(split.y_train), len(split.y_test)) == (32, 8)
    assert (split.y_train.sum(), split.y_test.sum()) == (24, 6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace(",h", ",x", 1), "event 1: expected g .* got 'x'"),
        (lambda text: text.replace(",h", "", 1), "not a table of numbers"),
        (
            lambda text: text.replace(",h", "").replace(",g", ""),
            "expected 10 numbers and a letter a row, got",
        ),
        (lambda text: text.replace("0.1429", "much", 1), "not a table of numbers"),
        (lambda text: text.replace("0.1429", "-inf", 1), "event 1, number 2: infinite"),
        (lambda text: text.replace("0.1429", "1e39", 1), "too large for float32"),
        (lambda text: text.replace("g", "h"), "too few of g"),
        (lambda text: "", "expected 10 numbers and a letter a row, got"),
        (lambda text: text[: len(text) // 2 - 3], "not a table of numbers"),
    ],
)
def test_magic_damaged(tmp_path: Path, change: Any, message: str) -> None:
    path = write_magic(tmp_path)
    path.write_text(change(path.read_text()))
    with pytest.raises(DataError, match=message):
        magic.parse(path)


def test_the_real_magic(real_data: Path) -> None:
    path = real_data / "magic" / magic.FILENAME
    if not path.exists():
        pytest.skip(f"{path} is not here")
    split = magic.read({magic.FILENAME: path})
    sizes = len(split.y_train), len(split.y_test)
    assert sizes == BY_NAME["magic"].sizes
    assert int(split.y_train.sum() + split.y_test.sum()) == 12_332  # gamma rays
