"""The benchmark of one network, from arrays to record."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import keras

from bench import machine
from bench.experiment import Experiment
from bench.outcome import HeaderFields, header, now
from bench.protocol import Paths, Progress
from bench.training_state import TrainingState
from bench.worker import environment, operations, scoring, setup, weights, workload
from bench.worker.prediction import Predicting, predict
from bench.worker.training import Training
from bench.worker.workload import Workload
from reports.schema.durations import NetworkDurations, TrainingDurations
from reports.schema.environment import Environment
from reports.schema.predictions import Predictions
from reports.schema.record import (
    History,
    Network,
    Predicted,
    Provenance,
    Series,
    Trained,
    finite,
)


def run(
    experiment: Experiment,
    report: Callable[[Progress], None],
    paths: Paths | None = None,
) -> Trained | Predicted:
    """Build, train, test and time one network; call ``report`` after every epoch.

    On a backend that only predicts, an untrained network is built and its prediction timed.

    The process must have started with ``KERAS_BACKEND`` set to the experiment's backend. Raises
    whatever goes wrong: `datasets.spec.DataError`, `architectures.layers.BudgetError`, …
    """
    if keras.backend.backend() != experiment.backend:
        raise RuntimeError(f"this process runs {keras.backend.backend()}, not {experiment.backend}")
    paths = paths or Paths()
    started_at, load_average = now(), machine.load_average()
    setup.begin(experiment)
    built = _build(experiment, started_at)
    if not experiment.epochs:
        return _predicted(built, load_average)
    return _trained(built, report, paths, load_average)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Built:
    """A network with its data, before anything is trained."""

    experiment: Experiment
    fields: HeaderFields
    provenance: Provenance
    workload: Workload


def _build(experiment: Experiment, started_at: str) -> _Built:
    variables = dict(os.environ)  # those of the user's code are not what was asked for
    built = workload.of(experiment, compiled=experiment.epochs > 0)
    provenance = scoring.provenance(experiment, built.data, variables)
    return _Built(
        experiment=experiment,
        fields=header(experiment, started_at=started_at, provenance=provenance),
        provenance=provenance,
        workload=built,
    )


def _predicted(built: _Built, load_average: float | None) -> Predicted:
    load_of_others = environment.LoadOfOthers()
    work = built.workload
    predicting = predict(work.predictor, work.x_test, built.experiment.batch_size)
    return Predicted(
        **built.fields,
        data=work.data,
        network=work.network,
        durations=NetworkDurations(
            data_seconds=work.data_seconds,
            build_seconds=work.build_seconds,
            first_prediction_seconds=predicting.first_seconds,
            prediction_seconds=predicting.pass_seconds,
            predicted_samples=work.data.test_samples,
            latency_seconds=predicting.latency_seconds,
        ),
        peak_memory_bytes=environment.peak_memory_bytes(),
        environment=_environment(built, load_average, load_of_others.cores()),
    )


def _trained(
    built: _Built,
    report: Callable[[Progress], None],
    paths: Paths,
    load_average: float | None,
) -> Trained:
    experiment, work = built.experiment, built.workload
    state = Training(
        work,
        experiment,
        report,
        paths,
        keep=lambda epochs: _keep_weights(paths, work.model, experiment, built.provenance, epochs),
    ).run()
    predicting = predict(work.predictor, work.x_test, experiment.batch_size)
    predictions = None
    if work.true is not None:
        probabilities = work.probabilities(predicting.outputs)
        predictions = Predictions(true=work.true, probabilities=probabilities)
        scoring.keep(predictions, paths.predictions)
    names = _recorded(state) if work.metrics is None else work.metrics
    history = History(
        train=_series(state.train, names), validation=_series(state.validation, names)
    )
    peak = max(state.peak_memory_bytes, environment.peak_memory_bytes() or 0)
    moved = tuple(name for name in dict.fromkeys(state.machines) if name != state.machines[-1])
    return Trained(
        **built.fields,
        data=work.data,
        history=history,
        test={name: series[-1] for name, series in history.validation.items()},
        confusion=scoring.confusion_of(predictions, work.classes),
        durations=_durations(state, predicting, work),
        peak_memory_bytes=peak or None,
        environment=replace(
            _environment(built, load_average, state.other_load), jobs=state.jobs, elsewhere=moved
        ),
        weights=weights.checksum(work.model),
        predictions=predictions.checksum if predictions else None,
        remarks=work.remarks,
        network=_with_operations(experiment, work),  # after all that is measured
    )


def _with_operations(experiment: Experiment, work: Workload) -> Network:
    """Return what is said of a network, with the operations of an own one, whose layers say less.

    Nothing of them where its step cannot be traced, or elsewhere than on JAX.
    """
    if not experiment.own or experiment.backend != "jax":
        return work.network
    try:
        flops = operations.of_step(work.model, work.x_train, work.y_train, experiment.batch_size)
    except Exception:  # whatever a user's step does that only `fit` can
        return work.network
    return replace(work.network, step_flops=flops or None)


def _environment(
    built: _Built, load_average: float | None, other_load: float | None
) -> Environment:
    trained, work = built.experiment.epochs > 0, built.workload
    return environment.collect(
        built.experiment.backend,
        dtype_policy=work.model.dtype_policy.name,
        jit_compile=work.model.jit_compile if trained else None,
        steps_per_execution=work.model.steps_per_execution if trained else None,
        rewrites=work.rewrites,
        program=work.execution.program if trained else None,
        load_average=load_average,
        other_load=other_load,
    )


def _keep_weights(
    paths: Paths, model: keras.Model, experiment: Experiment, provenance: Provenance, epochs: int
) -> str | None:
    """Write the weights where they are asked for; return what went wrong."""
    path = paths.unfinished if epochs < experiment.epochs else paths.weights
    if not path:
        return None
    try:
        weights.save(Path(path), model, experiment, provenance, epochs=epochs)
    except OSError as error:
        return f"no weights: cannot write {error.filename or path}: {error.strerror or error}"
    return None


def _durations(state: TrainingState, predicting: Predicting, work: Workload) -> TrainingDurations:
    """Return the durations, first, steady and resumed epochs told apart."""
    resumed = state.starts[1:]
    steady = [epoch for epoch in range(1, len(state.epoch_seconds)) if epoch not in resumed]

    def at(epochs: list[int], seconds: list[float]) -> tuple[float, ...]:
        return tuple(seconds[epoch] for epoch in epochs)

    return TrainingDurations(
        data_seconds=work.data_seconds,
        build_seconds=work.build_seconds,
        first_epoch_seconds=state.epoch_seconds[0],
        epoch_seconds=at(steady, state.epoch_seconds),
        fit_setup_seconds=tuple(state.fit_setup_seconds),
        first_evaluation_seconds=state.evaluation_seconds[0],
        evaluation_seconds=at(steady, state.evaluation_seconds),
        resumed_epochs=tuple(epoch + 1 for epoch in resumed),
        resumed_epoch_seconds=at(resumed, state.epoch_seconds),
        resumed_evaluation_seconds=at(resumed, state.evaluation_seconds),
        first_prediction_seconds=predicting.first_seconds,
        prediction_seconds=predicting.pass_seconds,
        predicted_samples=work.data.test_samples,
        latency_seconds=predicting.latency_seconds,
    )


def _recorded(state: TrainingState) -> tuple[str, ...]:
    """Return what both phases told of, the loss apart."""
    return tuple(name for name in state.train[0] if name in state.validation[0] and name != "loss")


def _series(epochs: list[dict[str, float]], metrics: Iterable[str]) -> dict[str, Series]:
    return {name: finite(epoch[name] for epoch in epochs) for name in ("loss", *metrics)}
