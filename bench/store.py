"""Where records are kept: one JSON file each, written whole or not at all, and a history of all."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.experiment import Experiment, differences, fingerprint, without_source
from reports.schema import history, predictions
from reports.schema.reading import RecordError, from_builtins, read
from reports.schema.record import Failed, Provenance, Record, encode
from reports.schema.text import plain
from reports.schema.writing import whole_file


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no record to reuse."""

    reason: str
    """One line."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """A file that holds no record."""

    reason: str


class Store:
    """A folder of records, each in a file named by its experiment and fingerprint.

    A repetition of an experiment replaces its record, and a failure never replaces a success; what
    was replaced is in the history (`reports.schema.history`). Several processes may use one folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, record: Record) -> Path:
        """Write one record and return its path. Raises `OSError`, with nothing half written."""
        name = f"{record.id}-{record.fingerprint or 'nodata'}"
        failed = self.folder / f"{name}.failed.json"
        path = failed if isinstance(record, Failed) else self.folder / f"{name}.json"
        for _, before in self.records(path.name):  # of a folder that had no history yet
            if not isinstance(before, Damaged):
                history.keep(self.folder, before)
        history.keep(self.folder, record)
        with whole_file(path) as stream:
            stream.write(encode(record))
        if not isinstance(record, Failed):
            failed.unlink(missing_ok=True)
        return path

    def checkpoint(self, experiment: Experiment, provenance: Provenance) -> Path:
        """Return the path of the experiment's checkpoint, which need not exist."""
        folder = self.folder.absolute() / "checkpoints"  # workers have another working directory
        older = folder / f"{experiment.id}-{fingerprint(without_source(provenance))}.npz"
        return (
            older if older.exists() else folder / f"{experiment.id}-{fingerprint(provenance)}.npz"
        )

    def weights(
        self, experiment: Experiment, provenance: Provenance, *, finished: bool = True
    ) -> Path:
        """Return the path of the experiment's weights, which need not exist.

        Those of its checkpoint are not ``finished``: they leave those of its record alone.
        """
        end = ".weights.h5" if finished else "-unfinished.weights.h5"
        name = f"{experiment.id}-{fingerprint(provenance)}{end}"
        return self.folder.absolute() / "weights" / name

    def reference(self, experiment: Experiment, provenance: Provenance) -> Path:
        """Return the path of the arrays of a float64 run, which need not exist."""
        name = f"{experiment.id}-{fingerprint(provenance)}.npz"
        return self.folder.absolute() / "references" / name

    def predictions(self, experiment: Experiment, provenance: Provenance) -> Path:
        """Return the path of the experiment's predictions, which need not exist."""
        return predictions.path(self.folder.absolute(), experiment.id, fingerprint(provenance))

    def find(self, experiment: Experiment, provenance: Provenance) -> Record | Missing:
        """Return the success with this provenance, or why there is none."""
        wanted, older = fingerprint(provenance), fingerprint(without_source(provenance))
        unlike: list[Record] = []
        damaged: list[str] = []
        for path, record in self.records(f"{experiment.id}-*.json"):
            if isinstance(record, Damaged):
                damaged.append(f"{plain(path.name)} is {record.reason}")
            elif record.fingerprint in (wanted, older) and not isinstance(record, Failed):
                return record
            else:
                unlike.append(record)
        if self.checkpoint(experiment, provenance).exists():
            return Missing("was not finished, and goes on from its checkpoint")
        mine = [other for other in unlike if other.profile == experiment.profile]
        if not mine:
            return Missing("; ".join(damaged) or "was not run")
        latest = max(mine, key=lambda record: record.started_at)
        if isinstance(latest, Failed):
            return Missing(f"failed: {latest.reason}")
        return Missing(differences(latest.provenance or {}, provenance))

    def failed(self) -> set[tuple[str, str]]:
        """Return id and recipe of the experiments whose latest record is a failure."""
        latest: dict[tuple[str, str], Record] = {}
        for _, record in self.records("*.json"):
            if not isinstance(record, Damaged):
                key = record.id, record.recipe
                latest[key] = max(latest.get(key, record), record, key=lambda r: r.started_at)
        return {key for key, record in latest.items() if isinstance(record, Failed)}

    def records(self, pattern: str = "*.json") -> Iterator[tuple[Path, Record | Damaged]]:
        """Yield every record, or what is wrong with its file."""
        for path in sorted(self.folder.glob(pattern)):
            try:
                yield path, from_builtins(read(path))
            except RecordError as error:
                yield path, Damaged(f"damaged ({error})")
