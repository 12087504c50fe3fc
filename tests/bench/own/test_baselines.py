"""Classifiers of scikit-learn on data of the user's."""

from pathlib import Path

import pytest

import reports.__main__
from architectures.registry import BASELINES
from bench.executors.process import Runner
from reports.schema.record import Failed, Fitted
from tests.bench.own.files import ran
from tests.conftest import Suite


@pytest.mark.parametrize(
    ("data", "accuracy"), [("tabular", 0.7), ("image", 0.0), ("colours", 0.0), ("grey", 0.0)]
)
def test_baselines_are_held_against_them(
    runner: Runner, mine: Path, data: str, accuracy: float
) -> None:
    record = ran(
        runner,
        networks=["random_forest"],
        datasets=[f"mine.py:{data}"],
        backends=["sklearn"],
        executions=["default", "tuned"],
    )
    assert isinstance(record, Fitted), record
    assert (record.modality, record.kind, record.epochs) == ("own", "baseline", 0)
    assert (record.test["accuracy"] or 0) >= accuracy
    assert sum(map(sum, record.confusion)) == 30


@pytest.mark.parametrize("name", [baseline.name for baseline in BASELINES])
def test_each_baseline_fits_a_table(runner: Runner, mine: Path, name: str) -> None:
    record = ran(
        runner, networks=[name], datasets=["mine.py:tabular"], backends=["sklearn"], samples=40
    )
    assert isinstance(record, Fitted), record
    assert record.data.train_samples == 40


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("sequential", "has (60, 12) int64; x.astype('float32') says that they are a table"),
        ("films", "or pictures; mine.py:films has (60, 2, 12, 9, 3) uint8"),
        ("several", "or pictures; mine.py:several has several inputs"),
        ("unseen", "in mine.py:unseen no training sample is of class 2"),
    ],
)
def test_what_a_baseline_does_not_take_is_told(
    runner: Runner, mine: Path, data: str, says: str
) -> None:
    record = ran(
        runner, networks=["naive_bayes"], datasets=[f"mine.py:{data}"], backends=["sklearn"]
    )
    assert isinstance(record, Failed)
    assert says in record.reason


@pytest.mark.parametrize("name", ["random_forest", "kernel_svm", "naive_bayes"])
def test_a_class_that_was_not_drawn_is_not_another(runner: Runner, mine: Path, name: str) -> None:
    """Of three classes, two are drawn: their columns stand for themselves."""
    record = ran(
        runner, networks=[name], datasets=["mine.py:skewed"], backends=["sklearn"], samples=30
    )
    assert isinstance(record, Fitted), record
    assert sum(row[1] for row in record.confusion) == 0, "nothing is told to be what it never saw"
    assert sum(row[2] for row in record.confusion) > 0
    assert (record.test["accuracy"] or 0) > 0.8


def test_one_class_alone_is_refused(runner: Runner, mine: Path) -> None:
    record = ran(
        runner, networks=["kernel_svm"], datasets=["mine.py:rare"], backends=["sklearn"], samples=5
    )
    assert isinstance(record, Failed)
    assert "all of the 5 samples drawn of mine.py:rare are of class 0" in record.reason


def test_they_stand_beside_networks_in_a_report(suite: Suite, mine: Path) -> None:
    done = suite(
        *("--networks", "tabular_mlp,random_forest,gradient_boosting"),
        *("--datasets", f"{mine}/mine.py:tabular", "--backends", "jax,sklearn", "--epochs", "2"),
        *("--results-dir", str(mine / "records")),
    )
    assert done.returncode == 0, done.stdout
    assert reports.__main__.main(["render", str(mine / "records"), "-o", str(mine / "report")]) == 0
    told = (mine / "report" / "report.md").read_text()
    (quality,) = [part for part in told.split("\n#") if part.startswith("### Test metrics")]
    for name in ("tabular\\_mlp", "random\\_forest", "gradient\\_boosting"):
        assert name in quality, "in one table"
