"""Which data sets a network takes: by kind of data, encoding, shape and number of tokens."""

import dataclasses
from typing import Any

import pytest

from architectures.registry import BY_NAME
from bench.compatibility import accepted_by_baselines, accepts
from datasets.registry import BY_NAME as DATASETS
from datasets.spec import Dataset
from reports.study import numbers


def changed(dataset: str, encoding: str, **changes: Any) -> Dataset:
    """Return a data set with one of its encodings changed."""
    known = DATASETS[dataset]
    other = dataclasses.replace(known.encodings[encoding], **changes)
    return dataclasses.replace(known, encodings={encoding: other})


def test_each_network_of_the_study_takes_the_data_of_its_experiment() -> None:
    for modality, networks in numbers.NETWORKS.items():
        for network in networks:
            taken = [d for d in numbers.DATASETS.values() if accepts(BY_NAME[network], DATASETS[d])]
            assert taken == [numbers.DATASETS[modality]]


@pytest.mark.parametrize(
    ("network", "dataset", "taken"),
    [
        ("tabular_cnn", changed("miniboone", "standardized", shape=(10,)), True),
        ("tabular_cnn", changed("miniboone", "standardized", shape=(3,)), False),
        ("tabular_mlp", changed("miniboone", "standardized", shape=(1,)), True),
        ("tabular_mlp", changed("miniboone", "standardized", shape=(5, 5)), False),
        ("image_cnn", changed("fashion_mnist", "scaled", shape=(32, 32)), True),
        ("image_cnn", changed("fashion_mnist", "scaled", shape=(7, 28)), False),
        ("image_cnn", changed("fashion_mnist", "scaled", shape=(28, 28, 3)), False),
        ("sequential_rnn", changed("imdb", "padded", shape=(80,)), True),
        ("sequential_rnn", changed("imdb", "padded", tokens=10_001), False),
        ("sequential_rnn", changed("imdb", "padded", tokens=None), False),
        ("sequential_rnn", changed("imdb", "multi_hot"), False),
    ],
)
def test_encoding_shape_and_tokens_are_asked(network: str, dataset: Dataset, taken: bool) -> None:
    assert accepts(BY_NAME[network], dataset) == taken


def test_baselines_need_the_encoding_of_the_mlps() -> None:
    assert accepted_by_baselines(DATASETS["imdb"])
    assert not accepted_by_baselines(changed("imdb", "padded"))
