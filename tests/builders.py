"""What tests make: records to vary, plans, small files in the real formats, processes to kill."""

import dataclasses
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import psutil
from msgspec import structs

from bench.comparisons import plan_comparisons
from bench.experiment import Experiment
from bench.plan import plan
from bench.protocol import Progress
from bench.selection import Selection
from datasets.spec import Dataset, Split
from reports.load import load
from reports.schema.durations import FitDurations, NetworkDurations, TrainingDurations
from reports.schema.environment import Environment
from reports.schema.record import (
    Check,
    Compared,
    Data,
    Failed,
    Fitted,
    History,
    Layer,
    Network,
    Predicted,
    Record,
    Trained,
)
from reports.study import numbers

T = TypeVar("T")
ROOT = Path(__file__).parents[1]

HEADER: dict[str, Any] = {
    "id": "tabular_mlp-miniboone-jax-s0",
    "fingerprint": "0123456789abcdef",
    "started_at": "2026-01-02T03:04:05.000+00:00",
    "architecture": "tabular_mlp",
    "modality": "tabular",
    "kind": "mlp",
    "dataset": "miniboone",
    "backend": "jax",
    "seed": 0,
    "profile": "smoke",
    "epochs": 3,
    "batch_size": 256,
    "optimizer": "adam",
}
DATA = Data(
    synthetic=True,
    checksum="sha256:00ff",
    classes=("background", "signal"),
    train_samples=400,
    test_samples=100,
    whole_train_samples=104_051,
    target_accuracies=(0.90, 0.93),
)
NETWORK = Network(
    parameters=7801,
    budget_reference=7500,
    budget=(6750, 8250),
    revision=1,
    layers=(
        Layer(name="dense", type="Dense", output_shape=(None, 150), parameters=7650),
        Layer(name="dense_1", type="Dense", output_shape=(None, 1), parameters=151),
    ),
)
HISTORY = History(
    train={"loss": (0.6, 0.4, 0.3), "accuracy": (0.7, 0.8, 0.85)},
    validation={"loss": (0.5, 0.4, 0.35), "accuracy": (0.75, 0.8, 0.83)},
)
DURATIONS = TrainingDurations(
    data_seconds=0.1,
    build_seconds=0.5,
    first_epoch_seconds=2.0,
    epoch_seconds=(0.2, 0.4),
    fit_setup_seconds=(0.01, 0.01, 0.01),
    first_evaluation_seconds=0.3,
    evaluation_seconds=(0.05, 0.07),
    first_prediction_seconds=0.2,
    prediction_seconds=(0.1,),
    predicted_samples=100,
    latency_seconds=(0.001, 0.002, 0.009),
)
ENVIRONMENT = Environment(
    python="3.11.7",
    platform="Linux",
    cpu="Test CPU",
    cores=2,
    memory_bytes=8_000_000_000,
    device="cpu",
    packages={"keras": "3.15.1", "jax": "0.10.2"},
    dtype_policy="float32",
    jit_compile=True,
    steps_per_execution=1,
    threads=5,
    variables={},
    load_average=0.5,
    commit="abcdef0123456789",
    dirty=False,
)
TRAINED = Trained(
    **HEADER,
    data=DATA,
    network=NETWORK,
    history=HISTORY,
    test={"loss": 0.35, "accuracy": 0.83},
    confusion=((60, 12), (5, 23)),
    durations=DURATIONS,
    peak_memory_bytes=450_000_000,
    environment=ENVIRONMENT,
    weights="sha256:01",
    predictions="sha256:02",
)


def replace(value: T, **changes: Any) -> T:
    """Return a record, or a part of one, with changes; as `copy.replace` will from Python 3.13."""
    if isinstance(value, msgspec.Struct):
        return structs.replace(value, **changes)
    return dataclasses.replace(value, **changes)  # type: ignore[type-var]


def build_record(**changes: Any) -> Trained:
    """Return the record of a small successful experiment, with changes."""
    return structs.replace(TRAINED, **changes)


def shortened(record: Trained, **changes: Any) -> Trained:
    """Return the record of a training of two epochs instead of three, with changes."""
    history = History(
        train={name: values[:2] for name, values in record.history.train.items()},
        validation={name: values[:2] for name, values in record.history.validation.items()},
    )
    durations = dataclasses.replace(
        record.durations,
        epoch_seconds=record.durations.epoch_seconds[:1],
        fit_setup_seconds=record.durations.fit_setup_seconds[:2],
        evaluation_seconds=record.durations.evaluation_seconds[:1],
    )
    return structs.replace(record, epochs=2, history=history, durations=durations, **changes)


def on_many(record: Trained, samples: int = 10_000) -> Trained:
    """Return a record whose accuracy moves in smaller steps than those of 100 test samples."""
    return structs.replace(record, data=dataclasses.replace(record.data, test_samples=samples))


def build_failed(**changes: Any) -> Failed:
    """Return the record of a failed experiment."""
    return Failed(**{**HEADER, "reason": "no reason", "log": None, **changes})


def build_fitted(**changes: Any) -> Fitted:
    """Return the record of a baseline."""
    fields: dict[str, Any] = {
        **HEADER,
        "id": "naive_bayes-miniboone-sklearn-s0",
        "architecture": "naive_bayes",
        "kind": "baseline",
        "backend": "sklearn",
        "epochs": 0,
        "optimizer": "",
        "data": DATA,
        "test": TRAINED.test,
        "confusion": TRAINED.confusion,
        "durations": FitDurations(
            data_seconds=0.1,
            build_seconds=0.01,
            fit_seconds=0.3,
            prediction_seconds=(0.1,),
            predicted_samples=100,
            latency_seconds=(0.001, 0.002, 0.009),
        ),
        "peak_memory_bytes": 300_000_000,
        "environment": ENVIRONMENT,
        "predictions": "sha256:03",
    }
    return Fitted(**{**fields, **changes})


def build_predicted(**changes: Any) -> Predicted:
    """Return the record of a network on a backend that only predicts."""
    fields: dict[str, Any] = {
        **HEADER,
        "id": "tabular_mlp-miniboone-numpy-s0",
        "backend": "numpy",
        "epochs": 0,
        "optimizer": "",
        "data": DATA,
        "network": NETWORK,
        "durations": NetworkDurations(
            data_seconds=0.1,
            build_seconds=0.5,
            first_prediction_seconds=0.2,
            prediction_seconds=(0.1,),
            predicted_samples=100,
            latency_seconds=(0.001, 0.002, 0.009),
        ),
        "peak_memory_bytes": 300_000_000,
        "environment": ENVIRONMENT,
    }
    return Predicted(**{**fields, **changes})


def build_compared(checks: tuple[Check, ...], **changes: Any) -> Compared:
    """Return the record of a comparison with the reference."""
    fields: dict[str, Any] = {**HEADER, "data": DATA, "history": None, "environment": ENVIRONMENT}
    return Compared(**{**fields, "checks": checks, **changes})


def selection(**wanted: Any) -> Selection:
    """Return what the user asks for; lists will do, and a number of seeds."""
    if isinstance(seeds := wanted.get("seeds"), int):
        wanted["seeds"] = range(seeds)
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in wanted.items()
    }
    return Selection(**fields)


STUDY = tuple(numbers.DATASETS.values())
"""Data sets that a test means where it names none: a network has one experiment, whatever is added
to the registry."""


def planned(**wanted: Any) -> tuple[Experiment, ...]:
    """Return the experiments of a `selection`."""
    return plan(selection(**{"datasets": STUDY} | wanted))


def planned_comparisons(**wanted: Any) -> tuple[Experiment, ...]:
    """Return the comparisons of a `selection`."""
    return plan_comparisons(selection(**{"datasets": STUDY} | wanted))


TINY: dict[str, Any] = {"epochs": 2, "train_samples": 256, "test_samples": 96, "batch_size": 64}


def tiny(network: str, backend: str, **changes: Any) -> Experiment:
    """Return an experiment that takes a moment."""
    (experiment,) = planned(profile="smoke", backends=[backend], networks=[network])
    return replace(experiment, **TINY | changes)


def kill_after(epoch: int, number: signal.Signals = signal.SIGKILL) -> Callable[[Progress], None]:
    """Return a listener that kills the experiment's process once it has reported an epoch."""

    def listen(progress: Progress) -> None:
        if progress.epoch == epoch:
            for worker in psutil.Process().children():
                for child in worker.children():
                    child.send_signal(number)

    return listen


def suite_command(folder: Path) -> list[str]:
    """Return the command of the suite with its outputs in ``folder``."""
    return [
        *(sys.executable, "-m", "pytest", "bench/", "-p", "no:cacheprovider"),
        *("--datasets", ",".join(STUDY)),
        *("--results-dir", str(folder / "records"), "--benchmark-json", str(folder / "out.json")),
    ]


def trained(record: Record) -> Trained:
    """Return a record that must be that of a training."""
    assert isinstance(record, Trained), getattr(record, "log", None) or record
    return record


def failed(record: Record) -> Failed:
    """Return a record that must be that of a failure."""
    assert isinstance(record, Failed), record.id
    return record


def read(*paths: Path) -> list[Trained]:
    """Return the records of files or folders, all of which must be those of trainings."""
    return [trained(record) for record in load(paths).records]


def generate(dataset: Dataset, train: int, test: int, seed: int) -> Split[Any]:
    """Return synthetic data of a data set that has some."""
    assert dataset.generate
    return dataset.generate(train, test, seed)
