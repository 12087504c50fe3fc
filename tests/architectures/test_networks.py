"""Every entry of the registry under the same contract."""

import re

import numpy as np
import pytest

from architectures import __main__ as command
from architectures.layers import BudgetError, Layer, check_budget, layers
from architectures.registry import ARCHITECTURES, BY_NAME, find
from architectures.spec import Architecture
from datasets.registry import DATASETS

COUNTS = {
    "tabular_mlp": 7_801,
    "tabular_mlpx": 7_701,
    "tabular_cnn": 7_829,
    "tabular_rnn": 7_435,
    "image_mlp": 252_570,
    "image_cnn": 241_546,
    "image_cnnx": 241_546,
    "image_rnn": 257_140,
    "sequential_mlp": 361_405,
    "sequential_cnn": 343_105,
    "sequential_rnn": 373_301,
    "sequential_rnnx": 377_201,
}
"""Derived by hand from the layer sizes of the source study."""

every_network = pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda a: a.name)


def test_the_registry_holds_the_counted_networks() -> None:
    assert {a.name: a.parameters for a in ARCHITECTURES} == COUNTS


@every_network
def test_counts_and_budget(architecture: Architecture) -> None:
    rows = layers(architecture.build())
    assert check_budget(architecture, rows) == architecture.parameters
    assert 0.9 * architecture.reference < architecture.parameters < 1.1 * architecture.reference


@every_network
def test_it_takes_an_encoding_of_its_data_and_returns_logits(architecture: Architecture) -> None:
    dataset = next(d for d in DATASETS if d.modality == architecture.modality)
    encoding = dataset.encodings[architecture.encoding]
    model = architecture.build()
    outputs = 1 if len(dataset.classes) == 2 else len(dataset.classes)
    assert model.input_shape == (None, *encoding.shape)
    assert model.output_shape == (None, outputs)
    assert model.layers[-1].activation.__name__ == "linear"
    assert model.name == architecture.name
    batch = np.ones((2, *encoding.shape), encoding.dtype)
    assert model.predict(batch, verbose=0).shape == (2, outputs)


def test_only_cnnx_among_the_image_networks_has_no_dropout() -> None:
    def dropouts(name: str) -> int:
        return sum(row.type == "Dropout" for row in layers(BY_NAME[name].build()))

    assert dropouts("image_cnnx") == 0
    assert all(dropouts(a.name) for a in ARCHITECTURES if a.name != "image_cnnx")


def row(parameters: int) -> Layer:
    return Layer(name="wide", type="Dense", output_shape=(None, 1), parameters=parameters)


@pytest.mark.parametrize("parameters", [6_751, 7_500, 8_249])
def test_inside_the_open_interval(parameters: int) -> None:
    assert check_budget(BY_NAME["tabular_mlp"], [row(parameters)]) == parameters


@pytest.mark.parametrize("parameters", [0, 6_750, 8_250, 10_000])
def test_outside_the_open_interval_lists_the_layers(parameters: int) -> None:
    with pytest.raises(BudgetError, match=r"tabular_mlp .* more than 6,750 and less than 8,250"):
        check_budget(BY_NAME["tabular_mlp"], [row(parameters)])
    with pytest.raises(BudgetError, match=r"wide 10,000"):
        check_budget(BY_NAME["tabular_mlp"], [row(10_000)])


def test_an_unknown_network_has_near_matches() -> None:
    with pytest.raises(
        ValueError, match=re.escape("unknown network 'image_cn'; did you mean image_cnn")
    ):
        find("image_cn")


def test_summary_prints_shapes_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["summary", "image_cnn"]) == 0
    printed = capsys.readouterr().out
    assert "241,546 trainable parameters, reference 240,000" in printed
    assert re.search(r"Conv2D +\(batch, 28, 28, 32\) +320", printed)


def test_summary_of_an_unknown_network_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["summary", "tabular"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
