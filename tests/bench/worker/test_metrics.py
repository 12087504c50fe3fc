"""One table says which metrics there are; whatever computes them has every one."""

from pathlib import Path

import numpy as np
import pytest

from bench.worker import baseline
from bench.worker.compilation import keras_metrics, with_f1
from reports.load import load
from reports.schema.metrics import recordable
from reports.schema.predictions import Predictions
from reports.schema.record import Fitted
from tests.conftest import Suite


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_keras_computes_every_metric(classes: int) -> None:
    metrics = keras_metrics(recordable(classes), classes=classes)
    scores = with_f1({metric.name: 0.5 for metric in metrics})
    assert set(recordable(classes)) == scores.keys()


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_scikit_learn_computes_every_metric(classes: int) -> None:
    random = np.random.default_rng(0)
    true = np.arange(40).astype(np.uint8) % classes
    shares = random.dirichlet(np.ones(classes), 40).astype(np.float32)
    predictions = Predictions(true=true, probabilities=shares[:, 1:] if classes == 2 else shares)
    scores = baseline.score(predictions, recordable(classes), sure=True)
    assert scores.keys() == {"loss", *recordable(classes)}
    assert all((score or 0) >= 0 for score in scores.values())


def test_a_baseline_records_what_is_asked_for(inline_suite: Suite, tmp_path: Path) -> None:
    done = inline_suite(
        *("--backends", "sklearn", "--networks", "decision_tree", "--samples", "256"),
        *("--metrics", "auc_roc,f1"),
    )
    assert done.returncode == 0, done.stdout
    recorded = {}
    for record in load([tmp_path / "records"]).records:
        assert isinstance(record, Fitted)
        recorded[record.dataset] = set(record.test)
    assert recorded == {
        "miniboone": {"loss", "accuracy", "auc_roc", "f1"},
        "imdb": {"loss", "accuracy", "auc_roc", "f1"},
        "fashion_mnist": {"loss", "accuracy", "f1"},
    }


def test_a_metric_without_computation_names_the_table_that_lacks_it() -> None:
    with pytest.raises(ValueError, match=r"shape: not in MULTICLASS of bench/worker/compilation"):
        keras_metrics(("accuracy", "shape"), classes=3)
    few = Predictions(true=np.array([0, 1]), probabilities=np.array([[0.2], [0.7]], np.float32))
    with pytest.raises(ValueError, match=r"shape: not in BINARY of bench/worker/baseline"):
        baseline.score(few, ("shape",), sure=True)
