"""From an experiment to the header of its record, and to the record of its failure."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import TypedDict

import msgspec

from architectures import registry
from bench.experiment import Experiment, fingerprint
from datasets import registry as datasets
from reports.schema.record import Failed, Observed, Provenance, Record


class HeaderFields(TypedDict):
    """The fields of `reports.schema.record.Header`."""

    id: str
    fingerprint: str | None
    provenance: Provenance | None
    started_at: str
    architecture: str
    modality: str
    kind: str
    dataset: str
    backend: str
    seed: int
    profile: str
    overrides: str
    epochs: int
    batch_size: int
    optimizer: str
    execution: str
    precision: str
    cores: int | None


def header(
    experiment: Experiment, *, started_at: str, provenance: Provenance | None = None
) -> HeaderFields:
    """Return what a record says of its experiment; ``provenance`` is None without data."""
    return {
        "id": experiment.id,
        "fingerprint": fingerprint(provenance) if provenance else None,
        "provenance": provenance,
        "started_at": started_at,
        "architecture": experiment.architecture,
        "modality": datasets.find(experiment.dataset).modality,
        "kind": registry.kind(experiment.architecture),
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


def failure(
    experiment: Experiment, *, reason: str, started_at: str, log: str | None = None
) -> Failed:
    """Return the record of an experiment that gave no result."""
    return Failed(**header(experiment, started_at=started_at), reason=reason, log=log)


def beside(record: Record, jobs: int) -> Record:
    """Return a record that says how many experiments ran side by side."""
    if not isinstance(record, Observed):
        return record
    return msgspec.structs.replace(record, environment=replace(record.environment, jobs=jobs))


def now() -> str:
    """Return the time as a record keeps it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
