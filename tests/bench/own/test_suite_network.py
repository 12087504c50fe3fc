"""Networks of the suite on data of the user's."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from architectures.registry import ARCHITECTURES
from bench.duel import sides
from bench.duel.sides import SideError
from bench.execution import TUNED
from bench.executors.process import Runner
from bench.experiment import Experiment, execution_of, provenance
from bench.selection import PlanError
from reports.schema.record import Described, Failed, Predicted
from tests.bench.own.files import SUITED, TRAINERS, ran, trained
from tests.builders import planned, replace
from tests.conftest import Suite


def planned_on(*names: str, **wanted: object) -> tuple[Experiment, ...]:
    usual: dict[str, object] = {"networks": names, "datasets": ["mine.py:tabular"]}
    return planned(**{"backends": ["jax"]} | usual | wanted)


@pytest.mark.parametrize("network", [network.name for network in ARCHITECTURES])
def test_each_network_trains_on_data_of_its_kind(runner: Runner, mine: Path, network: str) -> None:
    modality = network.partition("_")[0]
    backend = TRAINERS[len(network) % len(TRAINERS)]
    record = trained(
        runner, networks=[network], datasets=[f"mine.py:{modality}"], backends=[backend]
    )
    assert (record.modality, record.kind) == ("own", network.partition("_")[2].removesuffix("x"))
    assert len(record.data.classes) == (3 if modality == "image" else 2)
    assert record.network.budget is None
    assert sum(map(sum, record.confusion)) == 30
    optimizer = "rmsprop" if modality == "sequential" else "adam"
    assert record.remarks[0].startswith(f"of the suite: trained with {optimizer} and ")
    name = next(name for name in record.test if "accuracy" in name)
    assert 0 <= (record.test[name] or 0) <= 1


@pytest.mark.parametrize("network", ["image_mlp", "image_cnn", "image_cnnx", "image_rnn"])
def test_pictures_may_have_colours(runner: Runner, mine: Path, network: str) -> None:
    """The same layers, but for what gives grey ones an axis: their first weights are more."""
    of_colours, of_grey = (
        trained(runner, networks=[network], datasets=[f"mine.py:{data}"]).network
        for data in ("colours", "image")
    )
    assert (of_colours.input_shape, of_grey.input_shape) == ((None, 12, 9, 3), (None, 12, 9))
    layers = [
        [(layer.name, layer.type) for layer in each.layers if layer.type != "Reshape"]
        for each in (of_colours, of_grey)
    ]
    assert layers[0] == layers[1]
    first, grey = (
        next(layer.parameters for layer in each.layers if layer.parameters)
        for each in (of_colours, of_grey)
    )
    assert first > grey


def test_what_is_estimated_is_that_of_the_training_samples(runner: Runner, mine: Path) -> None:
    """Features of mean 5 and deviation 3 are standardized: else eight epochs learn nothing."""
    record = trained(
        runner, networks=["tabular_mlp"], datasets=["mine.py:tabular"], epochs=8, batch_size=4
    )
    assert (record.test["accuracy"] or 0) > 0.8


@pytest.mark.parametrize(
    ("network", "data", "says"),
    [
        ("tabular_mlp", "regression", "tells classes apart: the targets of mine.py:regression"),
        ("tabular_mlp", "counted", "in mine.py:counted no training sample is of class 0"),
        ("tabular_mlp", "dear", "in mine.py:dear no training sample is of class 0"),
        ("tabular_mlp", "unseen", "in mine.py:unseen no training sample is of class 2"),
        ("tabular_mlp", "several", "takes one input; mine.py:several has several"),
        ("tabular_mlp", "image", "takes a table, (samples, features); mine.py:image has (60, 12,"),
        ("image_mlp", "films", "takes pictures, (samples, height, width) or with an axis of 1, 3"),
        ("image_cnn", "small", "or 4 channels, of at least 8 x 8; mine.py:small has (60, 12, 7) u"),
        ("sequential_cnn", "tabular", "takes word numbers, (samples, length) below 10,000, of a"),
        ("sequential_mlp", "many", "(samples, length) below 10,000; mine.py:many has (60, 400)"),
    ],
)
def test_data_that_do_not_fit_are_told(
    runner: Runner, mine: Path, network: str, data: str, says: str
) -> None:
    record = ran(runner, networks=[network], datasets=[f"mine.py:{data}"])
    assert isinstance(record, Failed)
    assert says in record.reason
    assert "bench/worker" not in (record.log or ""), "no lines of the suite"


def test_they_stand_beside_a_network_of_the_users(mine: Path) -> None:
    both = planned_on("tabular_cnn", "net.py:build", datasets=["mine.py:tabular", "data.py:load"])
    names = [(experiment.architecture, experiment.dataset) for experiment in both]
    assert names == [
        ("net", "mine.tabular"),
        ("net", "data"),
        ("tabular_cnn", "mine.tabular"),
        ("tabular_cnn", "data"),
    ]
    assert {(e.batch_size, e.epochs, e.profile) for e in both} == {(32, 3, "own")}
    tuned = [execution_of(replace(each, execution=TUNED)) for each in both]
    of_suite = execution_of(
        planned(networks=["tabular_cnn"], backends=["jax"], executions=[TUNED])[0]
    )
    assert tuned[2] == of_suite, "as its kind is, not as an own one"


def test_a_suite_data_set_is_beside_them_only_where_it_is_named(mine: Path) -> None:
    both = planned_on("image_mlp", datasets=["mine.py:image", "fashion_mnist"], profile="quick")
    assert [(e.dataset, e.profile) for e in both] == [
        ("mine.image", "own"),
        ("fashion_mnist", "quick"),
    ]


def test_another_text_of_the_data_is_another_experiment(mine: Path) -> None:
    (before,) = planned_on("tabular_mlp")
    (mine / "mine.py").write_text(SUITED.replace("default_rng(0)", "default_rng(1)"))
    (after,) = planned_on("tabular_mlp")
    facts = [provenance(each, checksum="", packages={}) for each in (before, after)]
    assert facts[0]["source"] == facts[1]["source"]
    assert facts[0] != facts[1]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"networks": []}, "mine.py:tabular: name the networks to train on it: --networks file.py"),
        ({"networks": ["naive_bayes"]}, "naive_bayes: of scikit-learn; add --backends sklearn"),
        ({"networks": ["tabular_mlp", "naive_bayes"]}, "naive_bayes: of scikit-learn; add --back"),
        (
            {"metrics": ["f1"]},
            "--metrics: cannot be used with data of your own; name others in a --recipe",
        ),
    ],
)
def test_what_there_is_not_is_said(mine: Path, wanted: dict[str, object], says: str) -> None:
    with pytest.raises(PlanError, match=says.replace("(", r"\(")):
        planned_on("tabular_mlp", **wanted)


def test_layers_and_predictions_are_as_for_others(runner: Runner, mine: Path) -> None:
    (experiment,) = planned_on("image_cnn", datasets=["mine.py:image"])
    described = runner.run(replace(experiment, task="build"))
    assert isinstance(described, Described)
    assert described.network.input_shape == (None, 12, 9)
    predicted = runner.run(replace(experiment, backend="numpy", epochs=0))
    assert isinstance(predicted, Predicted)


def test_backends_agree_on_them(suite: Suite, mine: Path) -> None:
    done = suite(
        *("bench/test_equivalence.py", "--networks", "image_cnn"),
        *("--datasets", f"{mine}/mine.py:image", "--backends", "jax,numpy"),
    )
    assert done.returncode == 0, done.stdout
    told = [line for line in done.stdout.splitlines() if line.split()[:1] == ["image_cnn"]]
    assert len(told) == 3, "jax, jax tuned, numpy"
    assert all(line.endswith("equal") for line in told)


def test_classes_are_those_of_all_samples_however_few_are_taken(runner: Runner, mine: Path) -> None:
    for samples in (60, 20):
        record = trained(
            runner, networks=["tabular_mlp"], datasets=["mine.py:rare"], samples=samples
        )
        assert record.data.classes == ("0", "1", "2")


def test_what_the_users_code_seeds_is_not_the_networks_seed(runner: Runner, mine: Path) -> None:
    weights = {
        trained(
            runner,
            networks=["tabular_mlp"],
            datasets=["mine.py:seeded"],
            seeds=range(seed, seed + 1),
            batch_size=60,
        ).history.train["loss"]
        for seed in (0, 1)
    }
    assert len(weights) == 2, "one batch an epoch: only weights and dropout differ"


@pytest.mark.parametrize("data", ["grey", "level"])
def test_unusual_values_keep_their_losses_small(runner: Runner, mine: Path, data: str) -> None:
    """Sixteen bits of brightness went in as up to 257, a constant's neighbour as a million."""
    network = "image_mlp" if data == "grey" else "tabular_mlp"
    record = trained(runner, networks=[network], datasets=[f"mine.py:{data}"])
    assert (record.history.validation["loss"][-1] or 1e9) < 2


def test_a_recipe_does_not_change_the_loss_of_logits(runner: Runner, mine: Path) -> None:
    (mine / "recipe.toml").write_text(
        'loss = "categorical_crossentropy"\noptimizer = "sgd"\nmetrics = ["mae"]\nepochs = 1\n'
    )
    record = trained(
        runner,
        networks=["tabular_mlp"],
        datasets=["mine.py:tabular"],
        recipe="recipe.toml",
        epochs=None,
    )
    assert record.epochs == 1
    assert record.remarks == ("of the suite: trained with sgd and binary_crossentropy",)


def test_a_folder_with_the_name_of_a_data_set_is_not_it(mine: Path) -> None:
    (mine / "imdb").mkdir()
    (experiment,) = planned(networks=["sequential_mlp"], datasets=["imdb"], backends=["jax"])
    assert experiment.own is None


def test_a_duel_with_a_commit_needs_something_that_is_in_it(mine: Path) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "net.py"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], check=True)
    np.savez(mine / "arrays.npz", x_train=0, y_train=0, x_test=0, y_test=0)
    (experiment,) = planned_on("tabular_mlp", datasets=["arrays.npz"])
    assert experiment.own
    with (
        pytest.raises(SideError, match=r"HEAD: arrays\.npz would be the same there as here"),
        sides.make("HEAD", mine, ["jax"], [experiment.own]),
    ):
        pass
