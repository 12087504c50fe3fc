"""What is asked of a network besides training: its layers, a test of weights, a file of it all."""

from collections.abc import Callable
from pathlib import Path

import keras

from architectures import registry
from bench import cell, measure, weights
from bench.experiment import Experiment, Files, Progress, identity, now
from bench.store import whole_path
from datasets import load
from datasets import registry as datasets
from reports.predictions import Predictions
from reports.record import Record, finite


def run(experiment: Experiment, report: Callable[[Progress], None], files: Files) -> Record:
    """Do what the experiment's task says; the record has only what that gives.

    ``build``: the network. ``test``: that and the qualities of weights from ``files``. ``export``:
    the network with its weights, and the last activation, to one file. Raises whatever goes wrong:
    `bench.weights.WeightsError`, `datasets.spec.DataError`, …
    """
    return {"build": build, "test": test, "export": export}[experiment.task](experiment, files)


def build(experiment: Experiment, files: Files) -> Record:
    """Build the network and describe it; its data are not needed."""
    architecture = registry.find(experiment.architecture)
    return Record(
        **identity(experiment),
        fingerprint=None,
        status="ok",
        reason=None,
        log=None,
        started_at=now(),
        network=cell.describe(architecture, architecture.build()),
    )


def test(experiment: Experiment, files: Files) -> Record:
    """Score weights from a file on the test subset, as after an epoch of training; time nothing."""
    started_at = now()
    architecture = registry.find(experiment.architecture)
    classes = len(datasets.find(experiment.dataset).classes)
    split, checksum = load.load(
        datasets.find(experiment.dataset),
        encoding=architecture.encoding,
        embedded=experiment.embedded,
        train=experiment.train_samples,
        test=experiment.test_samples,
    )
    model = _with_weights(experiment, files)
    cell.compile_model(model, experiment, classes=classes)
    scores = cell.with_f1(
        model.evaluate(
            split.x_test,
            cell.one_hot(split.y_test, classes),
            batch_size=experiment.batch_size,
            verbose=0,
            return_dict=True,
        )
    )
    predictor = cell.predictor_of(model)
    predictions = Predictions(
        true=split.y_test,
        probabilities=predictor.predict(split.x_test, experiment.batch_size, verbose=0),
    )
    measure.keep(predictions, files.predictions)
    return Record(
        **measure.success(experiment, split, checksum=checksum, started_at=started_at),
        network=cell.describe(architecture, model),
        test={name: finite([scores[name]])[0] for name in ("loss", *experiment.metrics)},
        confusion=measure.confusion(split.y_test, predictions.classes, classes),
        weights=weights.checksum(model),
        predictions=predictions.checksum,
    )


def export(experiment: Experiment, files: Files) -> Record:
    """Write the network with its weights as ``.keras``, giving probabilities instead of logits."""
    model = _with_weights(experiment, files)
    assert files.model
    path = Path(files.model)
    with whole_path(path, f".partial{path.suffix}") as partial:
        cell.predictor_of(model).save(partial)
    return build(experiment, files)


def _with_weights(experiment: Experiment, files: Files) -> keras.Model:
    assert files.weights
    model = registry.find(experiment.architecture).build()
    weights.load(Path(files.weights), model, experiment.architecture)
    return model
