"""What happens inside the worker of a baseline: a scikit-learn classifier on a network's data."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special
from sklearn import metrics

from architectures import baselines
from architectures.spec import ENCODINGS
from bench import environment, measure
from bench.experiment import Experiment, Files, Progress, now
from datasets import load
from datasets import registry as datasets
from reports.predictions import Predictions
from reports.record import Durations, Record


def run(
    experiment: Experiment, report: Callable[[Progress], None], files: Files | None = None
) -> Record:
    """Fit, test and time one classifier; there are no epochs to report."""
    started_at, load_average = now(), environment.load_average()
    dataset = datasets.find(experiment.dataset)
    clock = time.perf_counter()
    split, checksum = load.load(
        dataset,
        encoding=ENCODINGS[dataset.modality],
        embedded=experiment.embedded,
        train=experiment.train_samples,
        test=experiment.test_samples,
    )
    name, modality = experiment.architecture, dataset.modality
    x_train, x_test = (
        baselines.inputs(name, modality, samples) for samples in (split.x_train, split.x_test)
    )
    data_seconds = time.perf_counter() - clock
    clock = time.perf_counter()
    classifier = baselines.build(name, modality, experiment.seed)
    build_seconds = time.perf_counter() - clock

    others = environment.LoadOfOthers()
    clock = time.perf_counter()
    classifier.fit(x_train, split.y_train)
    fit_seconds = time.perf_counter() - clock
    other_load = others.cores()

    predictions = Predictions(true=split.y_test, probabilities=scores(classifier, x_test))
    measure.keep(predictions, (files or Files()).predictions)
    passes = measure.timed(
        lambda _: classifier.predict(x_test),
        most=measure.PREDICTION_PASSES,
        seconds=measure.PREDICTION_SECONDS,
    )
    return Record(
        **measure.success(experiment, split, checksum=checksum, started_at=started_at),
        test=score(predictions, experiment.metrics, sure=hasattr(classifier, "predict_proba")),
        confusion=measure.confusion(split.y_test, predictions.classes, len(dataset.classes)),
        durations=Durations(
            data_seconds=data_seconds,
            build_seconds=build_seconds,
            first_epoch_seconds=None,
            fit_seconds=fit_seconds,
            epoch_seconds=(),
            fit_setup_seconds=(),
            first_evaluation_seconds=None,
            evaluation_seconds=(),
            first_prediction_seconds=None,
            prediction_seconds=tuple(passes),
            predicted_samples=len(split.y_test),
            latency_seconds=measure.latency(
                lambda row: classifier.predict(x_test[row : row + 1]), len(split.y_test)
            ),
        ),
        peak_memory_bytes=environment.peak_memory_bytes(),
        predictions=predictions.checksum,
        environment=environment.collect(
            experiment.backend,
            device="cpu",
            dtype_policy=None,
            jit_compile=None,
            steps_per_execution=None,
            load_average=load_average,
            other_load=other_load,
        ),
    )


def scores(classifier: Any, samples: Any) -> np.ndarray:
    """Return float32 ``(n, classes)``, or ``(n, 1)`` for two classes: probabilities, if it has any.

    Support vector machines have none: theirs are decision values through a sigmoid or softmax,
    which order the samples and the classes as the machine does.
    """
    if hasattr(classifier, "predict_proba"):
        found = classifier.predict_proba(samples)
        found = found[:, 1:] if found.shape[1] == 2 else found
    else:
        values = classifier.decision_function(samples)
        binary = values.ndim == 1
        found = special.expit(values[:, None]) if binary else special.softmax(values, axis=1)
    return np.asarray(found, np.float32)


def score(
    predictions: Predictions, names: tuple[str, ...], *, sure: bool
) -> dict[str, float | None]:
    """Return the test metrics; the loss is null where there are no probabilities.

    The area under the precision-recall curve is the average precision; Keras' sums over 200
    thresholds differ from it in the fourth digit.
    """
    true, found = predictions.true, predictions.classes
    positive = predictions.probabilities[:, -1]
    known: dict[str, Callable[[], float]] = {
        "accuracy": lambda: metrics.accuracy_score(true, found),
        "precision": lambda: metrics.precision_score(true, found, zero_division=0.0),
        "recall": lambda: metrics.recall_score(true, found),
        "auc_pr": lambda: metrics.average_precision_score(true, positive),
        "f1": lambda: metrics.f1_score(true, found),
    }
    loss = None
    if sure:
        columns = predictions.probabilities.astype(np.float64)
        if columns.shape[1] == 1:
            columns = np.hstack([1 - columns, columns])
        loss = float(metrics.log_loss(true, columns, labels=range(columns.shape[1])))
    return {"loss": loss, **{name: float(known[name]()) for name in names}}
