"""The benchmark of a baseline: a scikit-learn classifier on a network's data."""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import special
from sklearn import metrics

from architectures import baselines
from architectures.spec import Modality
from bench import machine
from bench.experiment import Experiment
from bench.outcome import header, now
from bench.protocol import Paths, Progress
from bench.worker import environment, scoring, setup, timing
from datasets import registry as datasets
from datasets.spec import Split
from reports.schema.durations import FitDurations
from reports.schema.predictions import Predictions
from reports.schema.record import Data, Fitted

Score = Callable[[Predictions], float]

BINARY: Mapping[str, Score] = {
    "accuracy": lambda p: metrics.accuracy_score(p.true, p.classes),
    "precision": lambda p: metrics.precision_score(p.true, p.classes, zero_division=0.0),
    "recall": lambda p: metrics.recall_score(p.true, p.classes),
    # The average precision; Keras' sums over 200 thresholds differ from it in the fourth digit.
    "auc_pr": lambda p: metrics.average_precision_score(p.true, p.probabilities[:, 0]),
    "auc_roc": lambda p: metrics.roc_auc_score(p.true, p.probabilities[:, 0]),
    "f1": lambda p: metrics.f1_score(p.true, p.classes),
}
"""By name of `reports.schema.metrics`."""
MULTICLASS: Mapping[str, Score] = {
    "accuracy": lambda p: metrics.accuracy_score(p.true, p.classes),
    "f1": lambda p: metrics.f1_score(p.true, p.classes, average="macro"),
}

USUAL = ("accuracy",)
"""On data of the user's: as the networks of the suite have there."""


def run(
    experiment: Experiment, report: Callable[[Progress], None], paths: Paths | None = None
) -> Fitted:
    """Fit, test and time one classifier; there are no epochs to report."""
    variables = dict(os.environ)
    read = _reader(experiment)
    started_at, load_average = now(), machine.load_average()
    clock = time.perf_counter()
    split, data, modality = read(experiment)
    name, scores = experiment.architecture, experiment.metrics or USUAL
    x_train, x_test = (
        baselines.inputs(name, modality, samples) for samples in (split.x_train, split.x_test)
    )
    data_seconds = time.perf_counter() - clock
    clock = time.perf_counter()
    classifier = baselines.build(name, modality, experiment.seed)
    build_seconds = time.perf_counter() - clock

    load_of_others = environment.LoadOfOthers()
    clock = time.perf_counter()
    classifier.fit(x_train, split.y_train)
    fit_seconds = time.perf_counter() - clock
    other_load = load_of_others.cores()

    columns = probabilities(classifier, x_test, len(data.classes))
    predictions = Predictions(true=split.y_test, probabilities=columns)
    scoring.keep(predictions, (paths or Paths()).predictions)
    provenance = scoring.provenance(experiment, data, variables)
    return Fitted(
        **header(experiment, started_at=started_at, provenance=provenance),
        data=data,
        test=score(predictions, scores, sure=hasattr(classifier, "predict_proba")),
        confusion=scoring.confusion(split.y_test, predictions.classes, len(data.classes)),
        durations=FitDurations(
            data_seconds=data_seconds,
            build_seconds=build_seconds,
            fit_seconds=fit_seconds,
            prediction_seconds=timing.passes(lambda _: classifier.predict(x_test)),
            predicted_samples=data.test_samples,
            latency_seconds=timing.latency(
                lambda row: classifier.predict(x_test[row : row + 1]), data.test_samples
            ),
        ),
        peak_memory_bytes=environment.peak_memory_bytes(),
        predictions=predictions.checksum,
        environment=environment.collect(
            experiment.backend, load_average=load_average, other_load=other_load
        ),
    )


Reader = Callable[[Experiment], tuple[Split[np.ndarray], Data, Modality]]
"""Returns encoded arrays, what a record says of them, and what kind of data they are."""


def _reader(experiment: Experiment) -> Reader:
    """Return what reads the data of an experiment, when all that it needs is imported."""
    if experiment.own is None:
        return lambda wanted: (*scoring.arrays(wanted), datasets.find(wanted.dataset).modality)
    setup.admit_keras()
    from bench.worker.own import baseline, workload

    workload.check_all(experiment.own)
    return baseline.arrays


def probabilities(classifier: Any, samples: Any, classes: int) -> np.ndarray:
    """Return float32 ``(n, classes)``, or ``(n, 1)`` for two classes: probabilities, if it has any.

    Support vector machines have none: theirs are decision values through a sigmoid or softmax,
    which order the samples and the classes as the machine does. A class that it has not seen has
    the probability 0.
    """
    if hasattr(classifier, "predict_proba"):
        seen = classifier.predict_proba(samples)
    else:
        values = classifier.decision_function(samples)
        binary = values.ndim == 1
        seen = special.expit(values[:, None]) if binary else special.softmax(values, axis=1)
        seen = np.hstack([1 - seen, seen]) if binary else seen
    columns = np.zeros((len(seen), classes), np.float32)
    columns[:, classifier.classes_] = seen
    return columns[:, 1:] if classes == 2 else columns


def score(
    predictions: Predictions, names: tuple[str, ...], *, sure: bool
) -> dict[str, float | None]:
    """Return the test metrics; the loss is null where there are no probabilities."""
    loss = None
    if sure:
        columns = predictions.probabilities.astype(np.float64)
        if columns.shape[1] == 1:
            columns = np.hstack([1 - columns, columns])
        columns /= columns.sum(axis=1, keepdims=True)  # float32 shares do so to seven digits only
        loss = float(metrics.log_loss(predictions.true, columns, labels=range(columns.shape[1])))
    scores = BINARY if predictions.probabilities.shape[1] == 1 else MULTICLASS
    if missing := [name for name in names if name not in scores]:
        table = "BINARY" if scores is BINARY else "MULTICLASS"
        raise ValueError(f"{', '.join(missing)}: not in {table} of bench/worker/baseline.py")
    return {"loss": loss, **{name: float(scores[name](predictions)) for name in names}}
