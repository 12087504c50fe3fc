"""What is asked of a network besides training: its layers, a test of weights, a file of it all."""

from collections.abc import Callable
from pathlib import Path

import keras

from bench.experiment import Experiment
from bench.outcome import header, now
from bench.protocol import Paths, Progress
from bench.worker import description, scoring, weights, workload
from bench.worker.compilation import with_f1
from bench.worker.prediction import predictor_of
from reports.schema.predictions import Predictions
from reports.schema.record import Described, Evaluated, finite
from reports.schema.writing import whole_path

Report = Callable[[Progress], None]
"""Never called: nothing here takes epochs."""


def describe(experiment: Experiment, report: Report, paths: Paths) -> Described:
    """Build the network and describe it; its data are not needed."""
    model = description.build(experiment)
    return Described(
        **header(experiment, started_at=now()),
        network=description.describe(experiment, model),
    )


def test(experiment: Experiment, report: Report, paths: Paths) -> Evaluated:
    """Score weights from a file on the test subset, as after an epoch of training; time nothing.

    Raises `bench.worker.weights_file.WeightsError`, `datasets.spec.DataError`.
    """
    started_at = now()
    built = workload.of(experiment)
    model = built.model
    _load(model, experiment, paths)
    scores = with_f1(
        model.evaluate(
            built.x_test,
            built.y_test,
            batch_size=experiment.batch_size,
            verbose=0,
            return_dict=True,
        )
    )
    assert built.true is not None
    outputs = built.predictor.predict(built.x_test, experiment.batch_size, verbose=0)
    predictions = Predictions(true=built.true, probabilities=built.probabilities(outputs))
    scoring.keep(predictions, paths.predictions)
    provenance = scoring.provenance(experiment, built.data)
    return Evaluated(
        **header(experiment, started_at=started_at, provenance=provenance),
        data=built.data,
        network=built.network,
        test={name: finite([scores[name]])[0] for name in ("loss", *experiment.metrics)},
        confusion=scoring.confusion(built.true, predictions.classes, built.classes),
        weights=weights.checksum(model),
        predictions=predictions.checksum,
    )


def export(experiment: Experiment, report: Report, paths: Paths) -> Described:
    """Write the network with its weights as ``.keras``, giving probabilities instead of logits."""
    model = description.build(experiment)
    _load(model, experiment, paths)
    assert paths.model
    path = Path(paths.model)
    with whole_path(path, f".partial{path.suffix}") as partial:
        predictor_of(model).save(partial)
    return describe(experiment, report, paths)


def _load(model: keras.Model, experiment: Experiment, paths: Paths) -> None:
    assert paths.weights
    weights.load(Path(paths.weights), model, experiment.architecture)
