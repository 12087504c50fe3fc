"""What happens inside the worker: one experiment, from arrays to record."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from architectures import registry
from architectures.layers import check_budget, layers
from architectures.spec import Architecture
from bench import backends, checkpoint, environment, measure, programs, weights
from bench.checkpoint import Trained
from bench.experiment import Experiment, Facts, Files, Progress, execution_of, facts, now
from bench.watch import Watch
from datasets import load
from datasets import registry as datasets
from datasets.spec import Split
from reports.predictions import Predictions
from reports.record import Durations, History, Layer, Network, Record, finite


def run(
    experiment: Experiment,
    report: Callable[[Progress], None],
    files: Files | None = None,
) -> Record:
    """Build, train, test and time one network; call ``report`` after every epoch.

    On a backend that only predicts, an untrained network is built and its prediction timed.

    The process must have started with ``KERAS_BACKEND`` set to the experiment's backend. Raises
    whatever goes wrong: `datasets.spec.DataError`, `architectures.layers.BudgetError`, …
    """
    if keras.backend.backend() != experiment.backend:
        raise RuntimeError(f"this process runs {keras.backend.backend()}, not {experiment.backend}")
    files = files or Files()
    started_at, load_average = now(), environment.load_average()
    architecture = registry.find(experiment.architecture)
    dataset = datasets.find(experiment.dataset)
    backends.compute_in(experiment.backend, experiment.precision)
    if experiment.precision != "auto":
        keras.config.set_dtype_policy(experiment.precision)
    keras.utils.set_random_seed(experiment.seed)

    clock = time.perf_counter()
    split, checksum = load.load(
        dataset,
        encoding=architecture.encoding,
        embedded=experiment.embedded,
        train=experiment.train_samples,
        test=experiment.test_samples,
    )
    data_seconds = time.perf_counter() - clock

    clock = time.perf_counter()
    model = architecture.build()
    if experiment.epochs:
        compile_model(model, experiment, classes=len(dataset.classes))
    build_seconds = time.perf_counter() - clock
    network = describe(architecture, model)

    done = Trained()
    if experiment.epochs:
        known = facts(experiment, checksum=checksum, packages=backends.packages(experiment.backend))

        def keep(epochs: int) -> str | None:
            return _keep_weights(files, model, experiment, known, epochs)

        done = train(model, split, experiment, len(dataset.classes), report, files, keep)
    others = environment.LoadOfOthers()
    predicting = predict(model, split, experiment.batch_size)
    other_load = done.other_core_seconds / done.measured_seconds if done.train else others.cores()
    results: dict[str, Any] = {}
    if experiment.epochs:
        history = History(
            train=_series(done.train, experiment.metrics),
            validation=_series(done.validation, experiment.metrics),
        )
        predictions = Predictions(true=split.y_test, probabilities=predicting.probabilities)
        measure.keep(predictions, files.predictions)
        results = {
            "history": history,
            "test": {name: series[-1] for name, series in history.validation.items()},
            "confusion": measure.confusion(split.y_test, predictions.classes, len(dataset.classes)),
            "weights": weights.checksum(model),
            "predictions": predictions.checksum,
        }
    return Record(
        **measure.success(experiment, split, checksum=checksum, started_at=started_at),
        network=network,
        **results,
        durations=Durations(
            data_seconds=data_seconds,
            build_seconds=build_seconds,
            **durations(done),
            first_prediction_seconds=predicting.first_seconds,
            prediction_seconds=predicting.pass_seconds,
            predicted_samples=len(split.y_test),
            latency_seconds=predicting.latency_seconds,
        ),
        peak_memory_bytes=max(done.peak_memory_bytes, environment.peak_memory_bytes() or 0) or None,
        environment=environment.collect(
            experiment.backend,
            device=backends.device(experiment.backend),
            dtype_policy=model.dtype_policy.name,
            jit_compile=model.jit_compile if experiment.epochs else None,
            steps_per_execution=model.steps_per_execution if experiment.epochs else None,
            load_average=load_average,
            other_load=other_load,
        ),
    )


def describe(architecture: Architecture, model: keras.Model) -> Network:
    """Return what a record says of a network. Raises `architectures.layers.BudgetError`."""
    rows = layers(model)
    return Network(
        parameters=check_budget(architecture, rows),
        reference=architecture.reference,
        revision=architecture.revision,
        input_shape=tuple(model.input_shape),
        layers=tuple(
            Layer(
                name=row.name,
                type=row.type,
                output_shape=row.output_shape,
                parameters=row.parameters,
            )
            for row in rows
        ),
    )


def compile_model(model: keras.Model, experiment: Experiment, *, classes: int) -> None:
    """Attach optimizer, loss and metrics, all of them on logits.

    With probabilities instead, the same loss name means two functions: TensorFlow recovers the
    logits behind the last activation, JAX clips the probabilities.
    """
    if classes == 2:
        loss: keras.losses.Loss = keras.losses.BinaryCrossentropy(from_logits=True)
        known = {
            "accuracy": lambda: keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0),
            "precision": lambda: keras.metrics.Precision(name="precision", thresholds=0.0),
            "recall": lambda: keras.metrics.Recall(name="recall", thresholds=0.0),
            "auc_pr": lambda: keras.metrics.AUC(name="auc_pr", curve="PR", from_logits=True),
            "auc_roc": lambda: keras.metrics.AUC(name="auc_roc", from_logits=True),
        }
    else:
        loss = keras.losses.CategoricalCrossentropy(from_logits=True)
        known = {
            "accuracy": lambda: keras.metrics.CategoricalAccuracy(name="accuracy"),
            "f1": lambda: keras.metrics.F1Score(name="f1", average="macro"),
        }
    wanted = dict.fromkeys(experiment.metrics)
    if classes == 2 and "f1" in wanted:  # made of these two by `with_f1`
        wanted = dict.fromkeys([n for n in wanted if n != "f1"] + ["precision", "recall"])
    execution = execution_of(experiment)
    model.compile(
        optimizer=keras.optimizers.get(experiment.optimizer),
        loss=loss,
        metrics=[known[name]() for name in wanted],
        jit_compile=execution.jit_compile,
        steps_per_execution=execution.steps_per_execution,
    )


def batch_order(seed: int, epoch: int, samples: int) -> np.ndarray:
    """Return the order of the training samples, ``(samples,)``, the same on every backend."""
    return np.random.default_rng([seed, epoch]).permutation(samples)


def train(
    model: keras.Model,
    split: Split[np.ndarray],
    experiment: Experiment,
    classes: int,
    report: Callable[[Progress], None],
    files: Files,
    keep: Callable[[int], str | None] = lambda epochs: None,
) -> Trained:
    """Train epoch by epoch, each on the samples in its own order, then scored.

    Where ``files`` say so, go on after the last checkpoint. ``keep`` writes the weights after so
    many epochs, or returns why it could not.
    """
    path = Path(files.checkpoint) if files.checkpoint else None
    targets_train, targets_test = one_hot(split.y_train, classes), one_hot(split.y_test, classes)
    done, note = Trained(), None
    if path and files.resume:
        try:
            done = checkpoint.restore(path, model)
        except ValueError as error:
            note = f"{error}; training starts again"
    start_epoch = len(done.epoch_seconds)
    if start_epoch:
        note = f"goes on after epoch {start_epoch}"
    done.starts.append(start_epoch)
    others = environment.LoadOfOthers(done.other_core_seconds, done.measured_seconds)
    watch = Watch(experiment.epochs, done, report)
    for epoch in range(start_epoch):
        watch.ended(epoch, note)
        note = None
    start = time.perf_counter()
    train_epoch = programs.trainer(
        model,
        split.x_train,
        targets_train,
        batch_size=experiment.batch_size,
        execution=execution_of(experiment),
        watch=watch.batch if files.watched else None,
    )
    once_seconds = time.perf_counter() - start
    for epoch in range(start_epoch, experiment.epochs):
        watch.begins(epoch)
        trained = train_epoch(epoch, batch_order(experiment.seed, epoch, len(split.y_train)))
        done.fit_setup_seconds.append(trained.setup_seconds + once_seconds)
        done.epoch_seconds.append(trained.seconds)
        done.train.append(with_f1(trained.scores))
        once_seconds = 0.0  # putting the data on the device counts for the first epoch
        start = time.perf_counter()
        scores = model.evaluate(
            split.x_test,
            targets_test,
            batch_size=experiment.batch_size,
            verbose=0,
            return_dict=True,
        )
        done.evaluation_seconds.append(time.perf_counter() - start)
        done.validation.append(with_f1(scores))
        left = experiment.epochs - epoch - 1
        every = files.checkpoint_epochs
        if path and left and every and (epoch + 1) % every == 0:
            _take_stock(done, others)
            note = _save(path, model, done) or keep(epoch + 1) or note
        watch.ended(epoch, note)
        note = None
    _take_stock(done, others)
    if note := keep(experiment.epochs):
        watch.ended(experiment.epochs - 1, note)
    return done


def _keep_weights(
    files: Files, model: keras.Model, experiment: Experiment, known: Facts, epochs: int
) -> str | None:
    """Write the weights where they are asked for; return what went wrong, as `_save` does."""
    path = files.unfinished if epochs < experiment.epochs else files.weights
    if not path:
        return None
    try:
        weights.save(Path(path), model, experiment, known, epochs=epochs)
    except OSError as error:
        return f"no weights: cannot write {error.filename or path}: {error.strerror}"
    return None


def _take_stock(done: Trained, others: environment.LoadOfOthers) -> None:
    """Note what has to be known of this process when it has ended."""
    done.peak_memory_bytes = max(done.peak_memory_bytes, environment.peak_memory_bytes() or 0)
    done.other_core_seconds, done.measured_seconds = others.read()


def _save(path: Path, model: keras.Model, done: Trained) -> str | None:
    """Write a checkpoint; return what went wrong, which does not stop the training."""
    try:
        checkpoint.save(path, model, done)
    except OSError as error:
        return f"no checkpoint: cannot write {error.filename or path}: {error.strerror}"
    return None


def durations(done: Trained) -> dict[str, Any]:
    """Return the part of `Durations` that training measured: first, steady and resumed epochs."""
    resumed = done.starts[1:]
    later = [epoch for epoch in range(1, len(done.epoch_seconds)) if epoch not in resumed]
    return {
        "first_epoch_seconds": next(iter(done.epoch_seconds), None),
        "epoch_seconds": tuple(done.epoch_seconds[epoch] for epoch in later),
        "fit_setup_seconds": tuple(done.fit_setup_seconds),
        "first_evaluation_seconds": next(iter(done.evaluation_seconds), None),
        "evaluation_seconds": tuple(done.evaluation_seconds[epoch] for epoch in later),
        "resumed_epochs": tuple(epoch + 1 for epoch in resumed),
        "resumed_epoch_seconds": tuple(done.epoch_seconds[epoch] for epoch in resumed),
        "resumed_evaluation_seconds": tuple(done.evaluation_seconds[epoch] for epoch in resumed),
    }


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicting:
    """What `predict` measured."""

    probabilities: np.ndarray
    """Of the test samples, ``(test samples, 1 or classes)``."""
    first_seconds: float
    pass_seconds: tuple[float, ...]
    latency_seconds: tuple[float, ...]


def predictor_of(model: keras.Model) -> keras.Model:
    """Return a network that gives probabilities where ``model`` gives logits."""
    activation = keras.layers.Activation("sigmoid" if model.output_shape[-1] == 1 else "softmax")
    return keras.Model(model.inputs, activation(model.outputs[0]))


def predict(model: keras.Model, split: Split[np.ndarray], batch_size: int) -> Predicting:
    """Predict the test subset at the recipe's batch size and single samples, from host to host."""
    predictor = predictor_of(model)
    samples = split.x_test
    start = time.perf_counter()
    predictor.predict(samples[:batch_size], verbose=0)
    first_seconds = time.perf_counter() - start
    if ragged := len(samples) % batch_size:
        predictor.predict(samples[:ragged], batch_size=batch_size, verbose=0)

    outputs: list[np.ndarray] = []

    def whole_pass(_: int) -> None:
        outputs.append(predictor.predict(samples, batch_size=batch_size, verbose=0))

    passes = tuple(
        measure.timed(
            whole_pass, most=measure.PREDICTION_PASSES, seconds=measure.PREDICTION_SECONDS
        )
    )
    latencies = measure.latency(
        lambda row: predictor.predict_on_batch(samples[row : row + 1]), len(samples)
    )
    return Predicting(
        probabilities=outputs[0],
        first_seconds=first_seconds,
        pass_seconds=passes,
        latency_seconds=latencies,
    )


def _series(
    epochs: list[dict[str, float]], metrics: tuple[str, ...]
) -> dict[str, tuple[float | None, ...]]:
    return {name: finite(epoch[name] for epoch in epochs) for name in ("loss", *metrics)}
