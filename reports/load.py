"""Result files to records: pytest-benchmark JSON, single records, folders of either."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.gate.comparable import data_of, facts, same_data
from reports.grouping import machine_of, versions_of
from reports.schema import history
from reports.schema.reading import RecordError, from_builtins, read
from reports.schema.record import (
    Described,
    Evaluated,
    Failed,
    Observed,
    Predicted,
    Record,
    Trained,
)
from reports.schema.text import plain

MARKS = {"schema", "id", "started_at"}
"""Keys that every record has, and no other benchmark's `extra_info`."""
MOST_REASONS = 5
"""Told of one file, and of all that hold nothing."""


class LoadError(ValueError):
    """A path does not hold results that can be read. The message names it and says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What a report is made of."""

    records: tuple[Record, ...]
    """The latest of each experiment, recipe, machine, software and kind of data, sorted by id, of
    the newest revision and source of each network that has been run by that recipe, of the newest
    of the user's data, and of the newest facts that a row has (`reports.gate.comparable`)."""
    superseded: int
    """Older runs of the same, or otherwise, left out."""
    skipped: tuple[str, ...] = ()
    """Files of a folder, and entries of a file, that could not be read, and why."""
    folders: tuple[Path, ...] = ()
    """Where the predictions that belong to the records may be (`reports.schema.predictions`)."""


def load(paths: Iterable[Path]) -> Results:
    """Read and merge any number of files and folders.

    Raises `LoadError` for a file that holds no record. One inside a folder is left out and named,
    as is what is no record beside others in one file.
    """
    skipped: list[str] = []
    paths = list(paths)
    records = _read(paths, skipped)
    distinct = {_run(record): record for record in records}
    in_order = sorted(distinct.values(), key=lambda record: record.started_at)
    newest = _newest(in_order)
    observed = [record for record in in_order if isinstance(record, Observed)]
    data_now = {_of_data(record): data_of(record) for record in observed}
    current = [record for record in in_order if _is_current(record, newest, data_now)]
    facts_now = {_row(record): facts(record) for record in current if isinstance(record, Observed)}
    latest: dict[tuple[str, ...], Record] = {}
    for record in current:
        if not isinstance(record, Failed):  # makes good an earlier failure
            latest.pop((record.id, record.recipe, "", "", ""), None)
        if isinstance(record, Observed) and facts(record) != facts_now[_row(record)]:
            continue  # under a flag, say, that the newest had not
        data = record.data.kind if isinstance(record, Observed) else ""
        key = record.id, record.recipe, machine_of(record) or "", versions_of(record), data
        latest[key] = record
    return Results(
        records=tuple(latest[key] for key in sorted(latest)),
        superseded=len(distinct) - len(latest),
        skipped=tuple(skipped),
        folders=tuple(path if path.is_dir() else path.parent for path in paths),
    )


def load_history(paths: Iterable[Path]) -> Results:
    """Read likewise, with the history of each folder: every run that was ever made, by time."""
    skipped: list[str] = []
    paths = list(paths)
    kept = [path / history.FOLDER for path in paths if (path / history.FOLDER).is_dir()]
    current = [
        path for path in paths if path / history.FOLDER not in kept or any(path.glob("*.json"))
    ]
    distinct = {_run(record): record for record in _read([*current, *kept], skipped)}
    return Results(
        records=tuple(sorted(distinct.values(), key=lambda r: (r.started_at, r.id))),
        superseded=0,
        skipped=tuple(skipped),
        folders=tuple(path for path in paths if path.is_dir()),
    )


def _read(paths: Iterable[Path], skipped: list[str]) -> list[Record]:
    """Return all records of files and folders. Raises `LoadError` if there is none."""
    records = [record for path in paths for record in _records(path, skipped)]
    if not records and skipped:
        raise LoadError(_list(skipped))
    if not records:
        raise LoadError("no records in these files: nothing to report")
    return records


def _run(record: Record) -> tuple[str, ...]:
    """Return what no two runs have in common: an experiment, its software, a place, a moment."""
    software = versions_of(record)
    return record.id, record.recipe, record.started_at, machine_of(record) or "", software


def _newest(in_order: Iterable[Record]) -> dict[tuple[str, str, str], tuple[int, str | None]]:
    """Return the newest revision and source of each network, by data set and recipe."""
    newest: dict[tuple[str, str, str], tuple[int, str | None]] = {}
    for record in in_order:
        if isinstance(record, Failed):  # replaces no success
            continue
        key = record.architecture, record.dataset, record.recipe
        revision, source = newest.get(key, (0, None))
        newest[key] = max(revision, _revision(record)), _source(record) or source
    return newest


def _of_data(record: Observed) -> tuple[str, ...]:
    """Return whose data must be alike: a data set's, or what is generated for one network."""
    of = record.architecture if record.data.synthetic else ""
    return record.dataset, record.data.kind, record.recipe, of


def _is_current(
    record: Record,
    newest: Mapping[tuple[str, str, str], tuple[int, str | None]],
    data_now: Mapping[tuple[str, ...], Sequence[str]],
) -> bool:
    """Return whether it is of today's network, and of today's data where they are the user's."""
    if isinstance(record, Failed):
        return True
    revision, source = newest[record.architecture, record.dataset, record.recipe]
    if _revision(record) < revision or _source(record) not in (None, source):
        return False
    if not isinstance(record, Observed):
        return True
    own = "revision" not in (record.provenance or {"revision": 0})
    may_change = own or not record.data.published
    return not may_change or same_data(data_of(record), data_now[_of_data(record)])


def _row(record: Observed) -> tuple[str, ...]:
    """Return what the seeds of one row of a table share."""
    of = record.architecture, record.dataset, record.backend, record.settings, record.recipe
    return *of, machine_of(record) or "", versions_of(record), record.data.kind


def _source(record: Record) -> str | None:
    """Return what built and compiled the network; None for a record that does not tell."""
    facts = record.provenance or {}
    parts = [facts.get(name) for name in ("source", "custom_objects", "compiling")]
    return " ".join(str(part) for part in parts if part) if parts[0] else None


def _revision(record: Record) -> int:
    if isinstance(record, Trained | Predicted | Described | Evaluated):
        return record.network.revision
    return 0


def _records(path: Path, skipped: list[str]) -> Iterator[Record]:
    if not path.is_dir():
        yield from _file(path, skipped)
        return
    files = sorted(path.glob("*.json"))
    if not files:
        raise LoadError(f"{plain(str(path))}: no result files (*.json) in this folder")
    for file in files:
        try:
            yield from _file(file, skipped)
        except LoadError as error:
            skipped.append(f"left out {error}")


def _file(path: Path, skipped: list[str]) -> list[Record]:
    """Return the records of a file; what of several is none is left out and named.

    Raises `LoadError` where there is no record among what it holds.
    """
    shown = plain(str(path))
    try:
        values, others = _values(read(path))
    except RecordError as error:
        raise LoadError(f"{shown}: {error}") from None
    records, reasons = [], []
    for value in values:
        try:
            records.append(from_builtins(value))
        except RecordError as error:
            reasons.append(str(error))
    if others:
        none = "" if values else "no records of this suite, but "
        reasons.append(f"{none}other benchmarks: {others}")
    if not records and reasons:
        raise LoadError(f"{shown}: {_list(reasons)}")
    if reasons:
        skipped.append(f"left out of {shown}: {_list(reasons)}")
    return records


def _values(content: object) -> tuple[list[object], int]:
    """Return what should be records, and how many benchmarks of others are beside them.

    A file holds one record, or what pytest-benchmark writes of all benchmarks in a run of pytest.
    Raises `RecordError`.
    """
    if not isinstance(content, dict):
        raise RecordError(f"expected a JSON object, got {type(content).__name__}")
    if "benchmarks" not in content:
        return [content], 0
    benchmarks, beside = content["benchmarks"], content.get("records", [])
    if not isinstance(benchmarks, list) or not isinstance(beside, list):
        raise RecordError("damaged: its benchmarks are not those of pytest-benchmark")
    carried = [entry.get("extra_info") for entry in benchmarks if isinstance(entry, dict)]
    ours = [info for info in carried if isinstance(info, dict) and info.keys() >= MARKS]
    return [*ours, *beside], len(benchmarks) - len(ours)


def _list(reasons: Sequence[str]) -> str:
    """Return reasons in one line, each once; of very many the first."""
    distinct = list(dict.fromkeys(reasons))
    more = [f"{len(distinct) - MOST_REASONS} more"] if len(distinct) > MOST_REASONS else []
    return "; ".join([*distinct[:MOST_REASONS], *more])
