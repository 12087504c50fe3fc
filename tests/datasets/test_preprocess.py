"""Encodings against values worked out by hand."""

from typing import Any

import numpy as np
import pytest

from datasets import preprocess
from datasets.spec import Ragged, Split


def split(x_train: object, x_test: object) -> Split[Any]:
    samples = [x if isinstance(x, Ragged) else np.asarray(x) for x in (x_train, x_test)]
    classes = [np.arange(len(x), dtype=np.uint8) for x in samples]
    return Split(x_train=samples[0], y_train=classes[0], x_test=samples[1], y_test=classes[1])


def ragged(*sequences: list[int]) -> Ragged:
    return Ragged.of([np.array(s) for s in sequences])


def test_standardize_takes_its_estimates_from_training_alone() -> None:
    done = preprocess.standardize(split([[1.0, 5.0], [3.0, 5.0]], [[5.0, 7.0]]), missing=-999)
    assert done.x_train.tolist() == [[-1.0, 0.0], [1.0, 0.0]]
    assert done.x_test.tolist() == [[3.0, 2.0]]
    assert done.x_test.dtype == np.float32


def test_standardize_makes_a_feature_that_never_varies_0_however_many_samples() -> None:
    rows = np.full((104_051, 1), 0.1, np.float32)
    mean, deviation = rows.mean(axis=0), rows.std(axis=0)
    assert (mean != rows[0]).all()
    assert (deviation > 0).all(), "sums of float32 are not exact"
    done = preprocess.standardize(
        Split(x_train=rows, y_train=rows[:, 0], x_test=rows[:9], y_test=rows[:9, 0])
    )
    assert not done.x_train.any()
    assert not done.x_test.any()


def test_standardize_leaves_missing_values_out_and_sets_them_to_the_mean() -> None:
    done = preprocess.standardize(
        split([[1.0, -999], [3.0, -999], [-999, -999]], [[-999, 4.0]]), missing=-999
    )
    assert done.x_train.tolist() == [[-1, 0], [1, 0], [0, 0]]
    assert done.x_test.tolist() == [[0, 4]]


def test_scale() -> None:
    done = preprocess.scale(
        split(np.array([[[0, 255]]], np.uint8), np.array([[[51, 0]]], np.uint8))
    )
    assert done.x_train.tolist() == [[[0.0, 1.0]]]
    assert done.x_test[0, 0, 0] == pytest.approx(0.2)
    assert done.x_test.dtype == np.float32


def test_multi_hot() -> None:
    done = preprocess.multi_hot(split(ragged([1, 3, 3], [0]), ragged([2])), vocabulary=4)
    assert done.x_train.tolist() == [[0, 1, 0, 1], [1, 0, 0, 0]]
    assert done.x_test.tolist() == [[0, 0, 1, 0]]


def test_pad_keeps_the_first_tokens_and_fills_in_front() -> None:
    done = preprocess.pad(split(ragged([5, 6], [1, 2, 3, 4]), ragged([7])), length=3)
    assert done.x_train.tolist() == [[0, 5, 6], [1, 2, 3]]
    assert done.x_test.tolist() == [[0, 0, 7]]
    assert done.x_train.dtype == np.int32


def test_pad_agrees_with_keras() -> None:
    import keras

    random = np.random.default_rng(0)
    reviews = [random.integers(1, 99, size=size) for size in random.integers(1, 40, size=50)]
    done = preprocess.pad(split(Ragged.of(reviews), Ragged.of(reviews[:1])), length=20)
    expected = keras.utils.pad_sequences(reviews, maxlen=20, truncating="post")
    np.testing.assert_array_equal(done.x_train, expected)


def test_subset_keeps_samples_and_classes_together() -> None:
    whole = split(np.arange(100), ragged(*[[i] for i in range(50)]))
    part = preprocess.subset(whole, train=10, test=5)
    assert part.x_train.tolist() == part.y_train.tolist()
    assert isinstance(part.x_test, Ragged)
    assert part.x_test.values.tolist() == part.y_test.tolist()
    again = preprocess.subset(whole, train=10, test=5)
    assert again.y_train.tolist() == part.y_train.tolist()


def test_subset_of_more_than_there_is_is_all() -> None:
    whole = split(np.arange(3), np.arange(2))
    assert len(preprocess.subset(whole, train=10, test=None).y_train) == 3
