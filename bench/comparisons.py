"""The experiments that compare every backend with a float64 reference."""

from collections.abc import Iterator
from dataclasses import replace

from architectures.registry import BASELINES_BY_NAME
from bench.backends import installed
from bench.execution import TUNED
from bench.experiment import Experiment, execution_of
from bench.own.planning import is_data, is_network
from bench.plan import find_backend, plan
from bench.selection import NO_BACKEND, PlanError, Selection

SHORT = {"tabular": (600, 256), "image": (72, 64), "sequential": (136, 64)}
"""Training and test samples of a comparison: two whole batches of the recipe and a ragged one."""
SHORT_OWN = 2.25, 64
"""Of an own network: batches for training, and test samples."""


def plan_comparisons(selection: Selection) -> tuple[Experiment, ...]:
    """Return the references, then the comparisons of the selected networks and backends.

    Two epochs on synthetic data, without dropout; where ``tuned`` rewrites layers of a kind of
    network, it takes part, too. Backends that only predict take part where they are installed. The
    reference is JAX's if it can be: TensorFlow's optimizers are at fault where words repeat
    (docs/upstream.md). Profile and settings of the selection do not count; its recipe does, for
    networks of the user's. Raises `PlanError`.
    """
    trainers = sorted(installed(), key=lambda name: name != "jax")
    if not trainers:
        raise PlanError(NO_BACKEND)
    chosen = [find_backend(name) for name in selection.backends]
    own = any(map(is_network, selection.networks)) or any(map(is_data, selection.datasets))
    networks = tuple(name for name in selection.networks if name not in BASELINES_BY_NAME)
    if selection.networks and not networks:
        raise PlanError(f"{', '.join(selection.networks)}: of scikit-learn; networks are compared")
    planned = plan(
        Selection(
            profile="smoke",
            backends=(trainers[0],),
            networks=networks,
            datasets=selection.datasets,
            custom_objects=selection.custom_objects,
            recipe=selection.recipe,
            batch_size=selection.batch_size if own else None,
            epochs=2,
            cores=selection.cores,
            jobs=selection.jobs,
            remote=selection.remote,
        )
    )
    short = [_shortened(experiment) for experiment in planned]
    return (
        *(replace(experiment, task="reference", precision="float64") for experiment in short),
        *(
            compared
            for experiment in short
            for compared in _compared(experiment, trainers)
            if not chosen or compared.backend in chosen
        ),
    )


def _compared(experiment: Experiment, trainers: list[str]) -> Iterator[Experiment]:
    for backend, precision in _ways(trainers):
        compared = replace(experiment, task="equivalence", backend=backend, precision=precision)
        yield compared
        tuned = replace(compared, execution=TUNED)
        if precision == "float32" and execution_of(tuned).rewrites:
            yield tuned


def _ways(trainers: list[str]) -> list[tuple[str, str]]:
    """Return backends and precisions; the first trainer's float64 is the reference."""
    predictors = installed(trains=False)
    return [
        *((name, "float32") for name in (*trainers, *predictors)),
        *((name, "float64") for name in trainers[1:]),
        *((name, "auto") for name in predictors if name == "openvino"),
    ]


def _shortened(experiment: Experiment) -> Experiment:
    if experiment.own:
        batches, test = SHORT_OWN
        train = int(batches * experiment.batch_size)
    else:
        train, test = SHORT[experiment.modality]
    return replace(
        experiment,
        profile="equivalence",
        metrics=() if experiment.own else ("accuracy",),
        train_samples=train,
        test_samples=test,
    )
