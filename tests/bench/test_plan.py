"""From wishes to experiments."""

import dataclasses
import importlib
from pathlib import Path
from typing import Any

import pytest

from architectures.registry import ARCHITECTURES
from bench import backends
from bench.compatibility import accepts
from bench.experiment import Experiment, fingerprint, provenance
from bench.plan import _each_once, plan_trainings
from bench.profiles import PROFILES, RECIPES
from bench.selection import PlanError
from datasets.registry import BY_NAME as DATASETS_BY_NAME
from datasets.registry import DATASETS
from reports.study import numbers
from tests.builders import planned, planned_comparisons, selection


def test_everything_is_each_network_on_each_data_set_that_it_takes() -> None:
    experiments = planned(profile="smoke", backends=["jax"], datasets=[])
    pairs = {
        (a.name, d.name) for a in ARCHITECTURES for d in DATASETS if d.generate and accepts(a, d)
    }
    assert {(experiment.architecture, experiment.dataset) for experiment in experiments} == pairs
    assert len({experiment.id for experiment in experiments}) == len(experiments) == len(pairs)
    assert experiments[0].id == "tabular_mlp-miniboone-jax-s0"
    assert all(experiment.synthetic for experiment in experiments)


def test_backends_of_one_network_follow_each_other() -> None:
    ids = [e.id for e in planned(profile="smoke", backends=["jax", "tensorflow"], seeds=2)]
    assert [id.split("-")[2:] for id in ids[:4]] == [
        ["jax", "s0"],
        ["tensorflow", "s0"],
        ["jax", "s1"],
        ["tensorflow", "s1"],
    ]


def test_the_thesis_profile_is_that_of_the_study() -> None:
    profile = PROFILES["thesis"]
    assert profile.epochs == numbers.EPOCHS, "else no full run would be one"
    assert {name: each.batch_size for name, each in RECIPES.items()} == numbers.BATCH_SIZE
    assert {name: each.optimizer for name, each in RECIPES.items()} == numbers.OPTIMIZER
    assert profile.epochs == {"tabular": 150, "image": 200, "sequential": 100}
    assert {name: recipe.batch_size for name, recipe in RECIPES.items()} == {
        "tabular": 256,
        "image": 32,
        "sequential": 64,
    }
    assert {name: recipe.optimizer for name, recipe in RECIPES.items()} == {
        "tabular": "adam",
        "image": "adam",
        "sequential": "rmsprop",
    }
    assert set(RECIPES["tabular"].metrics) == {"accuracy", "precision", "recall", "auc_pr", "f1"}


def test_overrides_are_recorded() -> None:
    (experiment,) = planned(
        profile="thesis",
        backends=["jax"],
        networks=["image_rnn"],
        epochs=2,
        batch_size=8,
        samples=64,
    )
    assert (experiment.epochs, experiment.batch_size, experiment.train_samples) == (2, 8, 64)
    assert experiment.test_samples is None


def test_seeds_may_start_anywhere() -> None:
    found = planned(profile="smoke", backends=["jax"], networks=["tabular_mlp"], seeds=range(3, 6))
    assert [experiment.seed for experiment in found] == [3, 4, 5]


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"profile": "quik"}, "unknown profile 'quik'; did you mean quick"),
        ({"backends": ["tensorflw"]}, "unknown backend 'tensorflw'; did you mean tensorflow"),
        ({"backends": ["torch"]}, "unknown backend 'torch'"),
        ({"networks": ["image_cn"]}, "unknown network 'image_cn'; did you mean image_cnn"),
        ({"datasets": ["imbd"]}, "unknown data set 'imbd'; did you mean imdb"),
        ({"epochs": 0}, "--epochs must be 1 or more, got 0"),
        ({"batch_size": -1}, "--batch-size must be 1 or more, got -1"),
        ({"samples": 0}, "--samples must be 1 or more, got 0"),
        ({"seeds": 0}, "--seeds must be 1 or more, got 0"),
        ({"networks": ["image_cnn"], "datasets": ["imdb"]}, "nothing to run"),
        ({"backends": ["tensorflow"], "executions": ["pool"]}, "tensorflow: cannot run with pool"),
    ],
)
def test_bad_wishes(wishes: dict[str, Any], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        planned(**{"profile": "smoke", "backends": ["jax"]} | wishes)


def test_a_backend_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.plan.installed", lambda *, trains=True: ("jax",) * trains)
    with pytest.raises(PlanError, match=r"not installed; python -m pip install '\.\[tensorflow\]'"):
        planned(profile="smoke", backends=["tensorflow"])
    assert {e.backend for e in planned(profile="smoke")} == {"jax"}
    monkeypatch.setattr("bench.plan.installed", lambda *, trains=True: ())
    with pytest.raises(PlanError, match="no backend is installed"):
        planned(profile="smoke")


def example(**changes: Any) -> Experiment:
    (experiment,) = planned(profile="smoke", backends=["jax"], networks=["tabular_mlp"])
    return dataclasses.replace(experiment, **changes)


def digest(experiment: Experiment, checksum: str = "a", **packages: str) -> str:
    return fingerprint(
        provenance(experiment, checksum=checksum, packages={"keras": "3", **packages})
    )


def test_the_fingerprint_knows_what_could_change_the_numbers() -> None:
    same = digest(example())
    assert same == digest(example())
    changed = [
        digest(example(seed=1)),
        digest(example(epochs=9)),
        digest(example(batch_size=9)),
        digest(example(train_samples=9)),
        digest(example(synthetic=False)),
        digest(example(profile="quick")),
        digest(example(), checksum="b"),
        digest(example(), keras="4"),
    ]
    assert len({same, *changed}) == 9


def test_the_fingerprint_knows_the_network_s_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    from architectures.registry import BY_NAME

    before = digest(example())
    revised = dataclasses.replace(BY_NAME["tabular_mlp"], revision=99)
    monkeypatch.setitem(BY_NAME, "tabular_mlp", revised)
    assert digest(example()) != before


def test_versions_are_read_without_importing() -> None:
    packages = backends.packages("jax")
    assert {"keras", "jax", "numpy"} == set(packages)
    assert all(packages.values())


def test_what_compiles_is_named_where_its_version_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records of before told nothing of it: with the usual version they stay what they are."""
    usual = backends.packages("jax")

    def install(name: str, version: str) -> None:
        folder = tmp_path / f"{name}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )

    install("jax-cuda13-plugin", usual["jax"])
    monkeypatch.syspath_prepend(tmp_path)
    assert backends.packages("jax") == usual
    install("jaxlib", "0.0.1")
    importlib.invalidate_caches()
    for backend in ("jax", "numpy"):
        assert backends.packages(backend) == backends.versions()[backend]
        assert backends.packages(backend)["jaxlib"] == "0.0.1"
    other = digest(example(), **backends.packages("jax"))
    assert other != digest(example(), **usual)


def test_settings_are_an_axis_and_part_of_the_id() -> None:
    found = planned(
        profile="smoke",
        backends=["jax", "sklearn"],
        networks=["tabular_mlp", "decision_tree"],
        datasets=["miniboone"],
        executions=["default", "tuned"],
        precisions=["float32", "mixed_bfloat16"],
    )
    assert [e.id for e in found] == [
        "tabular_mlp-miniboone-jax-s0",
        "tabular_mlp-miniboone-jax-mixed_bfloat16-s0",
        "tabular_mlp-miniboone-jax-tuned-s0",
        "tabular_mlp-miniboone-jax-tuned-mixed_bfloat16-s0",
        "decision_tree-miniboone-sklearn-s0",
    ]


def test_usual_settings_leave_the_fingerprint_as_it_was() -> None:
    usual, tuned = planned(
        profile="smoke", backends=["jax"], networks=["image_cnn"], executions=["default", "tuned"]
    )
    known = provenance(usual, checksum="sha256:00", packages={})
    assert not {"execution", "precision"} & known.keys()
    assert provenance(tuned, checksum="sha256:00", packages={})["execution"] == "tuned: step"


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"executions": ["tuend"]}, "unknown execution 'tuend'; did you mean tuned"),
        ({"precisions": ["bfloat16"]}, "unknown precision 'bfloat16'; did you mean mixed_bfloat16"),
    ],
)
def test_an_unknown_setting_is_named(wish: dict[str, Any], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        planned(profile="smoke", backends=["jax"], **wish)


def test_a_data_set_without_synthetic_data_is_for_real_profiles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bare = dataclasses.replace(DATASETS_BY_NAME["miniboone"], generate=None)
    monkeypatch.setitem(DATASETS_BY_NAME, "miniboone", bare)
    with pytest.raises(PlanError, match=r"miniboone: no synthetic data.*--profile quick, or"):
        planned(networks=["tabular_mlp"], datasets=["miniboone"])
    assert planned(profile="quick", networks=["tabular_mlp"], datasets=["miniboone"])


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"networks": ["random_forest"], "backends": ["jax"]}, "random_forest: of scikit-learn; a"),
        (
            {"networks": ["tabular_mlp", "random_forest"], "backends": ["numpy"]},
            "random_forest: of scikit-learn; add --backends sklearn",
        ),
        (
            {"networks": ["tabular_mlp", "random_forest"], "backends": ["sklearn"]},
            "tabular_mlp: networks do not run on sklearn; add one of tensorflow, jax, numpy, open",
        ),
        ({"networks": ["tabular_mpl"], "backends": ["sklearn"]}, "tabular_mpl.*tabular_mlp"),
    ],
)
def test_what_no_named_backend_runs_is_told(wishes: dict[str, Any], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        planned(**wishes)


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        (
            {"networks": ["tabular_mlp", "random_forest"], "backends": ["jax", "sklearn"]},
            "random_forest: of scikit-learn; this is for networks",
        ),
        ({"networks": ["tabular_mlp"], "backends": ["numpy"]}, "none of these backends trains"),
    ],
)
def test_what_trains_no_network_is_told(wishes: dict[str, Any], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        plan_trainings(selection(**wishes))


def test_an_id_is_that_of_one_experiment() -> None:
    (one,) = planned(networks=["tabular_mlp"], backends=["jax", "jax"])
    apart = [
        dataclasses.replace(one, architecture=network, dataset=data)
        for network, data in (("a-b", "c"), ("a", "b-c"))
    ]
    assert _each_once(apart[:1] * 2) == (apart[0],)
    with pytest.raises(PlanError, match="two different experiments would both be called a-b-c-jax"):
        _each_once(apart)


def test_networks_alone_are_compared_with_the_reference() -> None:
    both = {"backends": ["jax", "sklearn"]}
    compared = planned_comparisons(networks=["tabular_mlp", "random_forest"], **both)
    assert {experiment.architecture for experiment in compared} == {"tabular_mlp"}
    with pytest.raises(PlanError, match="random_forest: of scikit-learn; networks are compared"):
        planned_comparisons(networks=["random_forest"], **both)


def test_epochs_that_were_asked_for_part_no_table() -> None:
    every = planned(
        networks=["tabular_mlp", "random_forest"],
        datasets=["miniboone"],
        backends=["jax", "numpy", "sklearn"],
        epochs=7,
    )
    assert [(e.backend, e.epochs) for e in every] == [("jax", 7), ("numpy", 0), ("sklearn", 0)]
    assert len({experiment.recipe for experiment in every}) == 1
