"""Where records are kept: one JSON file each, written whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from bench.experiment import Experiment, Facts, differences, fingerprint
from reports import predictions
from reports.record import Record, RecordError, encode, from_builtins


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that appears under its name only when it is complete and on the disk.

    Raises `OSError`; nothing is left behind then.
    """
    with whole_path(path) as partial, partial.open("wb") as stream:
        yield stream


@contextlib.contextmanager
def whole_path(path: Path, suffix: str = ".partial") -> Iterator[Path]:
    """Give a path to write to; what was written appears under ``path`` as `whole_file` says.

    ``suffix`` is how its name ends, for a writer that goes by that.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}{suffix}")
    try:
        yield partial
        with partial.open("r+b") as stream:
            os.fsync(stream.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


class Store:
    """A folder of records, each in a file named by its experiment and fingerprint.

    A repetition of an experiment replaces its record; a failure never replaces a success. Several
    processes may use one folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def check(self) -> None:
        """Make sure that records can be written here. Raises `OSError`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self.folder) as probe:
            probe.write(b"{}")

    def write(self, record: Record) -> Path:
        """Write one record and return its path. Raises `OSError`, with nothing half written."""
        name = f"{record.id}-{record.fingerprint or 'nodata'}"
        failed = self.folder / f"{name}.failed.json"
        path = failed if record.status == "failed" else self.folder / f"{name}.json"
        with whole_file(path) as stream:
            stream.write(encode(record))
        if record.status == "ok":
            failed.unlink(missing_ok=True)
        return path

    def checkpoint(self, experiment: Experiment, facts: Facts) -> Path:
        """Return the path of the experiment's checkpoint, which need not exist."""
        return self.folder / "checkpoints" / f"{experiment.id}-{fingerprint(facts)}.npz"

    def weights(self, experiment: Experiment, facts: Facts, *, finished: bool = True) -> Path:
        """Return the path of the experiment's weights, which need not exist.

        Those of its checkpoint are not ``finished``: they leave those of its record alone.
        """
        end = ".weights.h5" if finished else "-unfinished.weights.h5"
        return self.folder / "weights" / f"{experiment.id}-{fingerprint(facts)}{end}"

    def predictions(self, experiment: Experiment, facts: Facts) -> Path:
        """Return the path of the experiment's predictions, which need not exist."""
        return predictions.path(self.folder, experiment.id, fingerprint(facts))

    def find(self, experiment: Experiment, facts: Facts) -> Record | str:
        """Return the success with these facts, or a line that says why there is none."""
        wanted = fingerprint(facts)
        others: list[Record] = []
        damaged: list[str] = []
        for path, record in self.records(f"{experiment.id}-*.json"):
            if isinstance(record, str):
                damaged.append(f"{path.name} is {record}")
            elif record.status == "ok" and record.fingerprint == wanted:
                return record
            else:
                others.append(record)
        if self.checkpoint(experiment, facts).exists():
            return "was not finished, and goes on from its checkpoint"
        mine = [other for other in others if other.profile == experiment.profile]
        if not mine:
            return "; ".join(damaged) or "was not run"
        latest = max(mine, key=lambda record: record.started_at)
        if latest.status == "failed":
            return f"failed: {latest.reason}"
        return differences(latest.facts or {}, facts)

    def failed(self) -> set[tuple[str, str]]:
        """Return id and recipe of the experiments whose latest record is a failure."""
        latest: dict[tuple[str, str], Record] = {}
        for _, record in self.records("*.json"):
            if isinstance(record, Record):
                key = record.id, record.recipe
                latest[key] = max(latest.get(key, record), record, key=lambda r: r.started_at)
        return {key for key, record in latest.items() if record.status == "failed"}

    def records(self, pattern: str = "*.json") -> Iterator[tuple[Path, Record | str]]:
        """Yield every record, or what is wrong with its file."""
        for path in sorted(self.folder.glob(pattern)):
            try:
                yield path, from_builtins(msgspec.json.decode(path.read_bytes()))
            except (msgspec.DecodeError, RecordError, OSError) as error:
                yield path, f"damaged ({error})"
