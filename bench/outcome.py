"""From an experiment to the header of its record, and to the record of its failure."""

import re
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from bench.experiment import Experiment, fingerprint
from reports.schema.record import Failed, Provenance
from reports.schema.text import plain, plain_lines

ANSI = re.compile(r"\x1b\[[0-9;]*m")
"""What colours a terminal."""
LONGEST = 2000
"""Characters of a line that are told."""
INSIDE = re.compile(r"\{\{function_node [^}]*\}\} *")
"""What TensorFlow begins an error with: where in its own program it was."""
REPEATED = re.compile(r"([^:]+: )\1+")
"""What JAX does with an error that passes several of its threads."""
MEMORY = re.compile(r"out of memory|\bOOM\b|MemoryError|bad_alloc", re.IGNORECASE)
LACKING = "out of memory: "


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
        "modality": experiment.modality,
        "kind": experiment.kind,
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
    return Failed(
        **header(experiment, started_at=started_at),
        reason=plain(reason),
        log=None if log is None else plain_lines(log),
    )


def reason_of(error: BaseException) -> str:
    """Return an exception in one line: the decisive one, where Keras tells first where it was.

    One that says nothing is told by what it came of, or by its place. That memory was lacking,
    backends hide behind names of their own: it is said first.
    """
    told = _told(error)
    if LACKING in told or not MEMORY.search(told):
        return told
    return LACKING + told


def _told(error: BaseException) -> str:
    lines = [line.strip() for line in ANSI.sub("", str(error)).splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].startswith("Exception encountered when calling"):
        lines = [f"{lines[1]} ({lines[0].rstrip('.')})"]
    name = type(error).__name__
    if lines:
        line = REPEATED.sub(r"\1", INSIDE.sub("", lines[0])[:LONGEST])
        return f"{name}: {line}"
    if earlier := error.__cause__ or error.__context__:
        return f"{name}, after {reason_of(earlier)}"
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return name
    return f"{name} in {Path(frames[-1].filename).name}, {frames[-1].name}: {frames[-1].line}"


def now() -> str:
    """Return the time as a record keeps it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
