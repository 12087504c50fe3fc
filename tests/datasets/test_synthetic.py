"""Synthetic data: like the originals where it is promised, and neither trivial nor hopeless."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from datasets import miniboone, synthetic
from datasets.registry import BY_NAME, DATASETS
from datasets.spec import Dataset, Ragged, Split
from tests.builders import generate

every_dataset = pytest.mark.parametrize(
    "dataset", [d for d in DATASETS if d.generate], ids=lambda d: d.name
)


def values(split: Split[Any]) -> list[np.ndarray]:
    fields = [getattr(split, field.name) for field in dataclasses.fields(split)]
    return [x.values if isinstance(x, Ragged) else x for x in fields]


@every_dataset
def test_equal_seeds_give_equal_data(dataset: Dataset) -> None:
    one, two, other = (generate(dataset, 50, 20, seed) for seed in (0, 0, 1))
    for left, right in zip(values(one), values(two), strict=True):
        np.testing.assert_array_equal(left, right)
    assert not np.array_equal(values(one)[1], values(other)[1])


@every_dataset
def test_sizes_and_encodings(dataset: Dataset) -> None:
    split = generate(dataset, 60, 30, 0)
    assert (len(split.y_train), len(split.y_test)) == (60, 30)
    assert split.y_train.max() < len(dataset.classes)
    for encoding in dataset.encodings.values():
        encoded = encoding.apply(split)
        assert isinstance(encoded.x_train, np.ndarray)
        assert encoded.x_train.shape == (60, *encoding.shape)
        assert encoded.x_test.dtype == encoding.dtype


def test_events_have_the_balance_and_the_gaps_of_the_original() -> None:
    split = synthetic.events(20_000, 10, 0)
    assert isinstance(split.x_train, np.ndarray)
    assert split.y_train.mean() == pytest.approx(0.2806, abs=0.01)
    gaps = split.x_train == miniboone.MISSING
    assert 0.002 < gaps.all(axis=1).mean() < 0.006
    assert 0.002 < gaps.mean() < 0.02
    spread = np.nanstd(np.where(gaps, np.nan, split.x_train), axis=0)
    assert spread.max() / spread.min() > 1e6


def test_garments_are_balanced_grey_images() -> None:
    split = synthetic.garments(1000, 10, 0)
    assert isinstance(split.x_train, np.ndarray)
    assert split.x_train.dtype == np.uint8
    assert split.x_train.shape == (1000, 28, 28)
    assert np.bincount(split.y_train).min() > 80
    assert split.x_train.max() > 250


def test_reviews_have_the_lengths_and_the_frequencies_of_the_original() -> None:
    split = synthetic.reviews(4000, 10, 0)
    assert isinstance(split.x_train, Ragged)
    lengths = split.x_train.lengths - 1  # without the start token
    assert lengths.min() >= 7
    assert lengths.max() <= 2494
    assert lengths.mean() == pytest.approx(234, rel=0.05)
    assert split.y_train.mean() == pytest.approx(0.5, abs=0.03)
    counts = np.bincount(split.x_train.values, minlength=10_000)
    assert counts[4] > 5 * counts[24] > 0  # Zipf: the commonest word against the twentieth after it
    assert counts[2] > 0  # words beyond the vocabulary


def logistic(encoding: str) -> Callable[[Dataset, Split[Any]], float]:
    def score(dataset: Dataset, split: Split[Any]) -> float:
        data = dataset.encodings[encoding].apply(split)
        assert isinstance(data.x_train, np.ndarray)
        assert isinstance(data.x_test, np.ndarray)
        flat = [x.reshape(len(x), -1) for x in (data.x_train, data.x_test)]
        model = LogisticRegression(max_iter=200, C=0.1).fit(flat[0], data.y_train)
        return float(model.score(flat[1], data.y_test))

    return score


@pytest.mark.parametrize(
    ("name", "encoding", "low", "high"),
    [
        ("miniboone", "standardized", 0.75, 0.93),
        ("fashion_mnist", "scaled", 0.40, 0.90),
        ("imdb", "multi_hot", 0.55, 0.90),
    ],
)
def test_a_linear_model_learns_some_of_it(
    name: str, encoding: str, low: float, high: float
) -> None:
    dataset = BY_NAME[name]
    accuracy = logistic(encoding)(dataset, generate(dataset, 1500, 1000, 0))
    assert low < accuracy < high


def test_events_hold_more_than_a_linear_model_sees() -> None:
    dataset = BY_NAME["miniboone"]
    split = generate(dataset, 6000, 3000, 0)
    data = dataset.encodings["standardized"].apply(split)
    with threadpool_limits(1):  # beside other tests, threads that wait for each other take long
        boosted = HistGradientBoostingClassifier(random_state=0).fit(data.x_train, data.y_train)
    linear = logistic("standardized")(dataset, split)
    assert linear + 0.02 < boosted.score(data.x_test, data.y_test) < 0.99


def test_word_order_carries_sentiment() -> None:
    split = synthetic.reviews(4000, 2000, 0)

    def accuracy(longest: int) -> float:
        counter = CountVectorizer(
            analyzer="word", token_pattern=r"\S+", ngram_range=(1, longest), min_df=5
        )
        texts = [documents(x) for x in (split.x_train, split.x_test)]
        model = LogisticRegression(max_iter=300, C=0.05)
        model.fit(counter.fit_transform(texts[0]), split.y_train)
        return float(model.score(counter.transform(texts[1]), split.y_test))

    assert accuracy(1) + 0.02 < accuracy(2) < 0.99


def documents(reviews: object) -> list[str]:
    assert isinstance(reviews, Ragged)
    pieces = np.split(reviews.values, reviews.offsets[1:-1])
    return [" ".join(map(str, piece)) for piece in pieces]
