"""Every run that a folder remembers, one line each: ``python -m reports history``."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion

from reports.grouping import machine_of, version_of
from reports.load import LoadError, load_history
from reports.schema.history import keep
from reports.schema.metrics import BY_NAME
from reports.schema.record import Evaluated, Failed, Measured, Observed, Record, Scored, Trained
from reports.timing import times

SHOWN = ("accuracy", "loss", "epoch_seconds", "peak_memory_megabytes")
"""Metrics of the list for people; ``--json`` has all that the report has."""
HASH = 12
"""Characters of a checksum in the list for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which runs are asked for; what is empty or None asks for all."""

    networks: Sequence[str] = ()
    backends: Sequence[str] = ()
    versions: Sequence[str] = ()
    """Requirements, ``keras>=3.13``: all must be met by what computed."""
    since: date | None = None
    until: date | None = None
    """The last day that counts."""

    def chosen(self, records: Iterable[Record]) -> Iterator[Record]:
        """Yield the runs that are asked for. Raises `LoadError` for what is no requirement."""
        requirements = [_requirement(text) for text in self.versions]
        for record in records:
            day = datetime.fromisoformat(record.started_at).date()
            if (
                (not self.networks or record.architecture in self.networks)
                and (not self.backends or record.backend in self.backends)
                and (self.since is None or day >= self.since)
                and (self.until is None or day <= self.until)
                and all(_met(requirement, record) for requirement in requirements)
            ):
                yield record


def add(paths: Iterable[Path], folder: Path) -> int:
    """Put the runs of other files and folders into a folder's history; return how many.

    Raises `LoadError`, `OSError`.
    """
    runs = load_history(paths).records
    for record in runs:
        keep(folder, record)
    return len(runs)


def row(record: Record) -> dict[str, Any]:
    """Return what there is to say of a run; absent is None."""
    environment = record.environment if isinstance(record, Observed) else None
    scores = dict(record.test) if isinstance(record, Scored | Evaluated) else {}
    measured = times(record) if isinstance(record, Measured) else {}
    return {
        "started_at": record.started_at,
        "id": record.id,
        "recipe": record.recipe,
        "outcome": msgspec.to_builtins(record)["outcome"],
        "reason": record.reason if isinstance(record, Failed) else None,
        "commit": environment.commit if environment else None,
        "dirty": environment.dirty if environment else None,
        "packages": environment.packages if environment else {},
        "machine": machine_of(record),
        "metrics": {**scores, **measured},
        "weights": record.weights if isinstance(record, Trained | Evaluated) else None,
        "predictions": record.predictions if isinstance(record, Scored | Evaluated) else None,
    }


def text(records: Iterable[Record]) -> str:
    """Return a table in plain text."""
    import pandas as pd

    frame = pd.DataFrame([_short(row(record)) for record in records])
    return str(frame.to_string(index=False, na_rep="–"))


def json(records: Iterable[Record]) -> str:
    """Return the same as JSON, unrounded: a list of what `row` says of each run."""
    return msgspec.json.format(msgspec.json.encode([row(record) for record in records])).decode()


def _short(run: Mapping[str, Any]) -> dict[str, str]:
    """Return what the table has of a run."""
    commit = f"{run['commit'][:10]}{'+' if run['dirty'] else ''}" if run["commit"] else "–"
    metrics = {
        BY_NAME[name].label: BY_NAME[name].format.format(value)
        if (value := run["metrics"].get(name)) is not None
        else "–"
        for name in SHOWN
    }
    software = ", ".join(f"{name} {version}" for name, version in sorted(run["packages"].items()))
    return {
        "started": run["started_at"][:19],
        "experiment": f"{run['id']} ({run['recipe']})",
        "outcome": run["outcome"],
        "commit": commit,
        "software": software or "–",
        "machine": run["machine"] or "–",
        **metrics,
        "weights": (run["weights"] or "–").removeprefix("sha256:")[:HASH],
    }


def _requirement(text: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement:
        raise LoadError(f"--version {text}: expected a package and a range, keras>=3.13") from None


def _met(requirement: Requirement, record: Record) -> bool:
    version = version_of(record, requirement.name)
    if version is None:
        return False
    try:
        return requirement.specifier.contains(version, prereleases=True)
    except InvalidVersion:  # of another's record
        return False
