"""Every entry of the registry under the same contract."""

import re

import keras
import numpy as np
import pytest

from architectures import __main__ as command
from architectures.layers import BudgetError, Layer, check_budget, layers
from architectures.registry import ARCHITECTURES, BY_NAME, find
from architectures.spec import Architecture
from bench.compatibility import accepts
from datasets.registry import DATASETS
from reports.study import numbers

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
"""Derived by hand from the layer sizes of the study."""

SCALED = {
    ("tabular_mlp", (10,)): 10 * 125 + 125 + 125 + 1,
    ("tabular_mlpx", (10,)): 10 * 24 + 24 + 2 * (24 * 24 + 24) + 24 + 1,
    ("tabular_cnn", (10,)): 3 * 32 + 32 + 4 * 32 * 10 + 10 + 10 + 1,
    ("tabular_rnn", (10,)): 4 * (18 * (1 + 18) + 18) + 18 + 1,
}
"""Likewise, for data that the study does not have, by the shape of a sample."""

MLP = BY_NAME["tabular_mlp"].scales[0]

every_network = pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda a: a.name)


def test_the_registry_holds_the_counted_networks() -> None:
    assert {a.name: a.scales[0].parameters for a in ARCHITECTURES} == COUNTS
    assert {
        (a.name, scale.shape): scale.parameters for a in ARCHITECTURES for scale in a.scales[1:]
    } == SCALED


@every_network
def test_counts_and_budgets(architecture: Architecture) -> None:
    for scale in architecture.scales:
        model = architecture.build(scale.shape, scale.classes)
        assert check_budget(architecture.name, layers(model), scale) == scale.parameters
        low, high = scale.budget
        assert low * 10 == 9 * scale.budget_reference
        assert high * 10 == 11 * scale.budget_reference


@every_network
def test_it_takes_data_of_another_shape_and_then_has_no_budget(architecture: Architecture) -> None:
    shape = tuple(extent + 3 for extent in architecture.least_shape)
    for classes, outputs in ((2, 1), (3, 3)):
        model = architecture.build(shape, classes)
        assert model.output_shape == (None, outputs)
        assert architecture.scale(shape, classes) is None


@every_network
def test_its_least_shape_is_the_least(architecture: Architecture) -> None:
    architecture.build(architecture.least_shape, 2)
    if max(architecture.least_shape) > 1:
        with pytest.raises(ValueError):  # noqa: PT011  # whatever Keras says
            architecture.build(tuple(extent - 1 for extent in architecture.least_shape), 2)


@every_network
def test_it_takes_an_encoding_of_its_data_and_returns_logits(architecture: Architecture) -> None:
    accepted = [dataset for dataset in DATASETS if accepts(architecture, dataset)]
    assert accepted
    for dataset in accepted:
        encoding = dataset.encodings[architecture.encoding]
        model = architecture.build(encoding.shape, len(dataset.classes))
        outputs = 1 if len(dataset.classes) == 2 else len(dataset.classes)
        assert model.input_shape == (None, *encoding.shape)
        assert model.output_shape == (None, outputs)
        assert model.layers[-1].activation.__name__ == "linear"
        assert model.name == architecture.name
        batch = np.ones((2, *encoding.shape), encoding.dtype)
        assert model.predict(batch, verbose=0).shape == (2, outputs)


def test_only_cnnx_among_the_networks_of_the_study_has_no_dropout() -> None:
    def dropouts(name: str) -> int:
        return sum(row.type == "Dropout" for row in layers(_built(name)))

    assert [name for name in sum(numbers.NETWORKS.values(), ()) if not dropouts(name)] == [
        "image_cnnx"
    ]


def _built(name: str) -> keras.Model:
    study = BY_NAME[name].scales[0]
    return BY_NAME[name].build(study.shape, study.classes)


def row(parameters: int) -> Layer:
    return Layer(name="wide", type="Dense", output_shape=(None, 1), parameters=parameters)


@pytest.mark.parametrize("parameters", [6_751, 7_500, 8_249])
def test_inside_the_open_interval(parameters: int) -> None:
    assert check_budget("tabular_mlp", [row(parameters)], MLP) == parameters


@pytest.mark.parametrize("parameters", [0, 6_750, 8_250, 10_000])
def test_outside_the_open_interval_lists_the_layers(parameters: int) -> None:
    with pytest.raises(BudgetError, match=r"tabular_mlp .* more than 6,750 and less than 8,250"):
        check_budget("tabular_mlp", [row(parameters)], MLP)
    with pytest.raises(BudgetError, match=r"wide 10,000"):
        check_budget("tabular_mlp", [row(10_000)], MLP)


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
