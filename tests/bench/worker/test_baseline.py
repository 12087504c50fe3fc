"""Classifiers that are not networks: in the same records, on the same data."""

from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from architectures.registry import BASELINES
from bench.executors.process import Runner
from bench.experiment import Experiment
from bench.protocol import Paths
from bench.selection import PlanError
from bench.store import Store
from reports.schema import predictions
from reports.schema.record import Fitted
from tests.builders import STUDY, planned

GRID = planned(profile="smoke", backends=["sklearn"], samples=300)
CHANCE = {"miniboone": 0.72, "fashion_mnist": 0.1, "imdb": 0.4}


def test_every_baseline_meets_every_data_set() -> None:
    assert len(GRID) == len(BASELINES) * len(STUDY)
    assert GRID[0].id == "logistic_regression-miniboone-sklearn-s0"


def test_baselines_run_where_they_are_asked_for() -> None:
    assert not [e for e in planned(profile="smoke", backends=["jax"]) if e.backend == "sklearn"]
    both = planned(profile="smoke", backends=["jax", "sklearn"], datasets=["imdb"])
    assert {e.backend for e in both} == {"jax", "sklearn"}
    with pytest.raises(PlanError, match="add --backends sklearn"):
        planned(profile="smoke", networks=["random_forest"])


def test_where_all_samples_are_out_of_reach_there_are_fewer() -> None:
    (experiment,) = planned(
        profile="quick", backends=["sklearn"], networks=["kernel_svm"], datasets=["imdb"]
    )
    assert experiment.train_samples == 5_000


QUICK = [e for e in GRID if e.dataset == "miniboone" or e.architecture != "gradient_boosting"]
"""Boosting takes a quarter of a minute on pixels or words, however few samples."""


@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.id)
def test_a_baseline_leaves_a_whole_record(runner: Runner, case: Experiment, tmp_path: Path) -> None:
    record = runner.run(case)
    assert isinstance(record, Fitted), record
    path = Store(tmp_path).predictions(case, record.provenance or {})
    again = runner.run(case, paths=Paths(predictions=str(path)))
    assert isinstance(again, Fitted)
    assert again.test == record.test
    assert record.kind == "baseline"
    assert record.durations.fit_seconds
    assert "keras" not in record.environment.packages

    kept = predictions.find(record, [tmp_path])
    assert kept
    assert record.test
    accuracy = record.test["accuracy"] or 0
    assert accuracy == metrics.accuracy_score(kept.true, kept.classes)
    assert accuracy > CHANCE[case.dataset]
    counts = np.array(record.confusion)
    assert accuracy == pytest.approx(np.trace(counts) / counts.sum())
    assert (record.test["loss"] is None) == case.architecture.endswith("_svm")
