"""What is asked of a network besides training: its layers, a test of weights, a file of it all."""

import os
from collections.abc import Callable
from pathlib import Path

import keras

from bench.experiment import Experiment
from bench.outcome import header, now
from bench.protocol import Paths, Progress
from bench.worker import description, scoring, setup, weights, workload
from bench.worker.compilation import with_f1
from bench.worker.prediction import predictor_of
from reports.schema.predictions import Predictions
from reports.schema.record import Described, Evaluated, finite
from reports.schema.writing import whole_path

Report = Callable[[Progress], None]
"""Never called: nothing here takes epochs."""


def describe(experiment: Experiment, report: Report, paths: Paths) -> Described:
    """Build the network and describe it; data are needed for a user's own alone."""
    if experiment.own:
        network = workload.of(experiment).network
    else:
        network = description.describe(experiment, description.build(experiment))
    return Described(**header(experiment, started_at=now()), network=network)


def test(experiment: Experiment, report: Report, paths: Paths) -> Evaluated:
    """Score weights from a file on the test subset, as after an epoch of training; time nothing.

    Raises `bench.worker.weights_file.WeightsError`, `datasets.spec.DataError`.
    """
    started_at, variables = now(), dict(os.environ)
    setup.begin(experiment)
    built = workload.of(experiment)
    _load(built.model, experiment, paths)
    scores = with_f1(
        built.model.evaluate(
            built.x_test,
            built.y_test,
            batch_size=experiment.batch_size,
            verbose=0,
            return_dict=True,
        )
    )
    names = ("loss", *built.metrics) if built.metrics is not None else tuple(scores)
    predictions = None
    if built.true is not None:
        outputs = built.predictor.predict(built.x_test, experiment.batch_size, verbose=0)
        predictions = Predictions(true=built.true, probabilities=built.probabilities(outputs))
        scoring.keep(predictions, paths.predictions)
    provenance = scoring.provenance(experiment, built.data, variables)
    return Evaluated(
        **header(experiment, started_at=started_at, provenance=provenance),
        data=built.data,
        network=built.network,
        test={name: finite([scores[name]])[0] for name in names},
        confusion=scoring.confusion_of(predictions, built.classes),
        weights=weights.checksum(built.model),
        predictions=predictions.checksum if predictions else None,
    )


def export(experiment: Experiment, report: Report, paths: Paths) -> Described:
    """Write the network with its weights as ``.keras``, giving probabilities instead of logits.

    A user's own is written as it is.
    """
    own = workload.of(experiment) if experiment.own else None
    model = own.model if own else description.build(experiment)
    as_it_is = experiment.own is not None and experiment.own.network is not None
    _load(model, experiment, paths)
    assert paths.model
    path = Path(paths.model)
    with whole_path(path, f".partial{path.suffix}") as partial:
        (model if as_it_is else predictor_of(model)).save(partial)
    network = own.network if own else description.describe(experiment, model)
    return Described(**header(experiment, started_at=now()), network=network)


def _load(model: keras.Model, experiment: Experiment, paths: Paths) -> None:
    assert paths.weights
    weights.load(Path(paths.weights), model, experiment.architecture)
