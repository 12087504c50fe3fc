"""One experiment: a network, its data, a backend, a seed and a recipe, as plain data."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from architectures import registry, source
from bench import variables
from bench.execution import Execution, resolve
from bench.own.spec import KIND, Own
from bench.tasks import TaskName
from datasets import registry as datasets
from reports.schema.record import Provenance

FORMAT = 1
"""Of what is fingerprinted. Raised when measuring changes so much that no earlier record may be
reused; the schema of the record may grow without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """Everything that decides what is run. Equal experiments give equal results on one machine."""

    architecture: str
    dataset: str
    backend: str
    seed: int
    profile: str
    synthetic: bool
    """Synthetic data instead of the real files."""
    epochs: int
    batch_size: int
    optimizer: str
    """Name for `keras.optimizers.get`, with its default settings."""
    metrics: tuple[str, ...]
    """Recorded each epoch besides the loss; names of `reports.schema.metrics`."""
    train_samples: int | None
    """Drawn by a fixed seed; None is all."""
    test_samples: int | None
    cores: int | None = None
    """How many cores it may use; None is all that the suite may."""
    execution: str = "default"
    """How an epoch is executed: a name of `bench.execution`."""
    precision: str = "float32"
    """Name of a Keras dtype policy; for an equivalence, one of `bench.worker.equivalence`."""
    overrides: str = ""
    """What of the profile was asked for otherwise, in words: ``3 epochs, batches of 64``."""
    task: TaskName = "benchmark"
    """What is done with the network: a name of `bench.tasks`."""
    own: Own | None = None
    """Where network and data are, if they are the user's and of no registry."""

    @property
    def kind(self) -> str:
        """Kind of the network, for tables and for ``tuned``."""
        return KIND if self.own and self.own.network else registry.kind(self.architecture)

    @property
    def modality(self) -> str:
        """Kind of the data."""
        if self.own and self.dataset not in datasets.BY_NAME:
            return KIND
        return datasets.find(self.dataset).modality

    @property
    def recipe(self) -> str:
        """Profile and what of it was changed, as in its record."""
        return ", ".join(filter(None, (self.profile, self.overrides)))

    @property
    def test_id(self) -> str:
        """Id and what of the profile was changed: what outside tools may draw as one line."""
        return "-".join(
            filter(None, (self.id, self.overrides.replace(", ", "-").replace(" ", "_")))
        )

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


def provenance(
    experiment: Experiment,
    *,
    checksum: str,
    packages: dict[str, str],
    environ: Mapping[str, str] = os.environ,
) -> Provenance:
    """Return everything that could change the numbers, the machine apart, by name.

    ``checksum`` is that of the raw data (of the user's own, that of their files counts instead),
    ``packages`` the versions of what computes; environment variables count where they may change
    numbers (`bench.variables`). The names are those under which stored records were
    fingerprinted: they outlive the names of the fields.
    """
    facts: Provenance = {
        "schema": FORMAT,
        "architecture": experiment.architecture,
        "dataset": experiment.dataset,
        "backend": experiment.backend,
        "seed": experiment.seed,
        "profile": experiment.profile,
        "embedded": experiment.synthetic,
        "epochs": experiment.epochs,
        "batch_size": experiment.batch_size,
        "optimizer": experiment.optimizer,
        "metrics": " ".join(experiment.metrics),
        "train_samples": experiment.train_samples,
        "test_samples": experiment.test_samples,
        "cores": experiment.cores,
    }
    # At their usual values these were not there when the first records were written.
    if experiment.execution != "default":
        facts["execution"] = f"{experiment.execution}: {execution_of(experiment).name}"
    if experiment.precision != "float32":
        facts["precision"] = experiment.precision
    if experiment.task != "benchmark":
        facts["task"] = experiment.task
    if set_by_user := variables.fingerprinted(environ, experiment.backend):
        facts["variables"] = set_by_user
    if experiment.own:
        return {**facts, "data": checksum, **experiment.own.facts, **packages}
    if widths := _widths(experiment):
        facts["widths"] = widths
    return {
        **facts,
        "revision": registry.revision(experiment.architecture),
        "source": source.digest(experiment.architecture),
        "data": checksum,
        **packages,
    }


def _widths(experiment: Experiment) -> str:
    """Return the widths of a network that was scaled to other data than the study's."""
    network = registry.BY_NAME.get(experiment.architecture)
    if network is None:
        return ""
    dataset = datasets.find(experiment.dataset)
    scale = network.scale(dataset.encodings[network.encoding].shape, len(dataset.classes))
    return " ".join(f"{name}={width}" for name, width in scale.widths.items()) if scale else ""


def fingerprint(provenance: Provenance) -> str:
    """Return a hash: records that share it are repetitions of one experiment."""
    return hashlib.sha256(msgspec.json.encode(sorted(provenance.items()))).hexdigest()[:16]


def without_source(provenance: Provenance) -> Provenance:
    """Return what a record had that was written before the network's source was hashed.

    Such records count by the network's revision alone.
    """
    return {name: value for name, value in provenance.items() if name != "source"}


def differences(old: Provenance, new: Provenance) -> str:
    """Return what differs, for people; empty if nothing does."""
    return ", ".join(
        f"{name} was {old.get(name)} and is {new.get(name)}"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name) and (name != "source" or name in old)
    )


def execution_of(experiment: Experiment) -> Execution:
    """Return how the experiment's epochs are executed."""
    return resolve(experiment.execution, backend=experiment.backend, kind=experiment.kind)
