"""One experiment: a network, its data, a backend, a seed and a recipe, as plain data."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from architectures import registry
from bench.execution import Execution, resolve
from datasets import registry as datasets
from reports.record import SCHEMA, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """Everything that decides what is run. Equal experiments give equal results on one machine."""

    architecture: str
    dataset: str
    backend: str
    seed: int
    profile: str
    embedded: bool
    """Generated data instead of the real files."""
    epochs: int
    batch_size: int
    optimizer: str
    """Name for `keras.optimizers.get`, with its default settings."""
    metrics: tuple[str, ...]
    """Recorded each epoch besides the loss; names of `reports.metrics`."""
    train_samples: int | None
    """Drawn by a fixed seed; None is all."""
    test_samples: int | None
    cores: int | None = None
    """How many cores it may use; None is all that the suite may."""
    execution: str = "default"
    """How an epoch is executed: a name of `bench.execution`."""
    precision: str = "float32"
    """Name of a Keras dtype policy; for an equivalence, one of `bench.equivalence`."""
    overrides: str = ""
    """What of the profile was asked for otherwise, in words: ``3 epochs, batches of 64``."""
    task: Literal["benchmark", "equivalence", "reference", "build", "test", "export"] = "benchmark"
    """What is done with the network: trained and timed; compared, or compared with; built to be
    looked at; tested with weights from a file, or written to a file with them."""

    @property
    def recipe(self) -> str:
        """Profile and what of it was changed, as `Record.recipe`."""
        return ", ".join(filter(None, (self.profile, self.overrides)))

    @property
    def id(self) -> str:
        """Name for people and for history: stable over profiles, versions and machines."""
        settings = [
            value
            for value, usual in (
                (self.task, "benchmark"),
                (self.execution, "default"),
                (self.precision, "float32"),
            )
            if value != usual
        ]
        settings += [f"c{self.cores}"] if self.cores else []
        names = (self.architecture, self.dataset, self.backend, *settings, f"s{self.seed}")
        return "-".join(names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where an experiment keeps what its record has no room for; None: nowhere."""

    predictions: str | None = None
    """For `reports.predictions`."""
    checkpoint: str | None = None
    """State of the training."""
    resume: bool = True
    """Whether training goes on from the checkpoint, if there is one."""
    checkpoint_epochs: int = 1
    """Epochs between two checkpoints; 0: none are written."""
    reference: str | None = None
    """Arrays that an equivalence compares with."""
    arrays: str | None = None
    """Where a reference writes them."""
    weights: str | None = None
    """``.weights.h5`` (`bench.weights`): written at the end of training, read by a test and an
    export."""
    unfinished: str | None = None
    """Likewise, written with each checkpoint."""
    model: str | None = None
    """``.keras``: where an export writes the whole model."""
    watched: bool = False
    """Whether progress is told within an epoch, too: an epoch of JAX then takes some 3 % longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is known of a running experiment, in an epoch or after it."""

    epoch: int
    """Counted from 1."""
    epochs: int
    share: float = 1.0
    """Of the epoch's batches that are done; 1: the epoch has ended and was scored."""
    train: dict[str, float | None] = field(default_factory=dict)
    """Loss and metrics of the epoch, once it has ended; null is not finite."""
    validation: dict[str, float | None] = field(default_factory=dict)
    seconds_left: float | None
    """Of this experiment's training, judged by the epochs so far; None: there was none yet."""
    note: str | None = None
    """Something that the user should know, in one line."""


Facts = dict[str, str | int | bool | None]


def facts(experiment: Experiment, *, checksum: str, packages: dict[str, str]) -> Facts:
    """Return everything that could change the numbers, the machine apart, by name.

    ``checksum`` is that of the raw data, ``packages`` the versions of what computes.
    """
    recipe = msgspec.to_builtins(experiment)
    del recipe["overrides"]  # a text on what stands there anyway
    # At their usual values the settings of speed and precision leave earlier records comparable.
    if experiment.execution == "default":
        del recipe["execution"]
    else:
        recipe["execution"] = f"{experiment.execution}: {execution_of(experiment).name}"
    if experiment.precision == "float32":
        del recipe["precision"]
    if experiment.task == "benchmark":
        del recipe["task"]
    return {
        "schema": SCHEMA,
        **recipe,
        "metrics": " ".join(experiment.metrics),
        "revision": registry.revision(experiment.architecture),
        "data": checksum,
        **packages,
    }


def fingerprint(facts: Facts) -> str:
    """Return a hash of the facts: records that share it are repetitions of one experiment."""
    return hashlib.sha256(msgspec.json.encode(sorted(facts.items()))).hexdigest()[:16]


def differences(old: Facts, new: Facts) -> str:
    """Return what differs, for people; empty if nothing does."""
    return ", ".join(
        f"{name} was {old.get(name)} and is {new.get(name)}"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    )


def failure(
    experiment: Experiment, *, reason: str, started_at: str, log: str | None = None
) -> Record:
    """Return the record of an experiment that gave no result."""
    return Record(
        **identity(experiment),
        fingerprint=None,
        status="failed",
        reason=reason,
        log=log,
        started_at=started_at,
    )


def execution_of(experiment: Experiment) -> Execution:
    """Return how the experiment's epochs are executed."""
    network = registry.BY_NAME.get(experiment.architecture)
    kind = network.kind if network else "baseline"
    return resolve(experiment.execution, backend=experiment.backend, kind=kind)


def identity(experiment: Experiment) -> dict[str, Any]:
    """Return the fields of a `Record` that are known before anything has run."""
    network = registry.BY_NAME.get(experiment.architecture)
    return {
        "id": experiment.id,
        "architecture": experiment.architecture,
        "modality": datasets.find(experiment.dataset).modality,
        "kind": network.kind if network else "baseline",
        "dataset": experiment.dataset,
        "backend": experiment.backend,
        "seed": experiment.seed,
        "profile": experiment.profile,
        "overrides": experiment.overrides,
        "epochs": experiment.epochs,
        "batch_size": experiment.batch_size,
        "optimizer": experiment.optimizer,
        "execution": experiment.execution,
        "precision": experiment.precision,
        "cores": experiment.cores,
    }


def now() -> str:
    """Return the time as a `Record` keeps it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
