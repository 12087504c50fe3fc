"""Optimizer, loss and metrics of a network, all of them on logits."""

from collections.abc import Callable, Mapping

import keras
import numpy as np

from bench.experiment import Experiment, execution_of

BINARY: Mapping[str, Callable[[], keras.metrics.Metric]] = {
    "accuracy": lambda: keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0),
    "precision": lambda: keras.metrics.Precision(name="precision", thresholds=0.0),
    "recall": lambda: keras.metrics.Recall(name="recall", thresholds=0.0),
    "auc_pr": lambda: keras.metrics.AUC(name="auc_pr", curve="PR", from_logits=True),
    "auc_roc": lambda: keras.metrics.AUC(name="auc_roc", from_logits=True),
}
"""By name of `reports.schema.metrics`; F1 is made of precision and recall by `with_f1`."""
MULTICLASS: Mapping[str, Callable[[], keras.metrics.Metric]] = {
    "accuracy": lambda: keras.metrics.CategoricalAccuracy(name="accuracy"),
    "f1": lambda: keras.metrics.F1Score(name="f1", average="macro"),
}


def compile_model(
    model: keras.Model,
    experiment: Experiment,
    *,
    classes: int,
    optimizer: keras.optimizers.Optimizer | None = None,
) -> None:
    """Attach optimizer (None: the experiment's), loss and metrics.

    With probabilities instead of logits, the same loss name means two functions: TensorFlow
    recovers the logits behind the last activation, JAX clips the probabilities.
    """
    execution = execution_of(experiment)
    model.compile(
        optimizer=optimizer or keras.optimizers.get(experiment.optimizer),
        loss=keras.losses.BinaryCrossentropy(from_logits=True)
        if classes == 2
        else keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=keras_metrics(experiment.metrics, classes=classes),
        jit_compile=execution.jit_compile,
        steps_per_execution=execution.steps_per_execution,
    )


def keras_metrics(names: tuple[str, ...], *, classes: int) -> list[keras.metrics.Metric]:
    """Return Keras' metrics that give those asked for, the work of `with_f1` included."""
    makers = BINARY if classes == 2 else MULTICLASS
    if missing := [name for name in names if name not in makers and name != "f1"]:
        table = "BINARY" if classes == 2 else "MULTICLASS"
        raise ValueError(f"{', '.join(missing)}: not in {table} of bench/worker/compilation.py")
    if classes != 2:
        return [MULTICLASS[name]() for name in names]
    wanted = dict.fromkeys(name for name in names if name != "f1")
    if "f1" in names:
        wanted |= dict.fromkeys(("precision", "recall"))
    return [BINARY[name]() for name in wanted]


def one_hot(classes: np.ndarray, count: int) -> np.ndarray:
    """Return float32 targets: ``(n, count)`` one-hot, or ``(n, 1)`` for two classes."""
    if count == 2:
        return classes.astype(np.float32)[:, None]
    targets: np.ndarray = np.eye(count, dtype=np.float32)[classes]
    return targets


def with_f1(scores: dict[str, float]) -> dict[str, float]:
    """Add F1, the harmonic mean of precision and recall, where both are there.

    `keras.metrics.F1Score` takes no threshold of 0, so it cannot read logits; and by default it
    calls every sample of a one-unit network positive.
    """
    if not {"precision", "recall"} <= scores.keys():
        return scores
    total = scores["precision"] + scores["recall"]
    return scores | {"f1": 2 * scores["precision"] * scores["recall"] / total if total else 0.0}
