"""Result files to records: pytest-benchmark JSON, single records, folders of either."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from reports.grouping import machine_of, versions_of
from reports.schema.record import (
    Described,
    Evaluated,
    Failed,
    Predicted,
    Record,
    RecordError,
    Trained,
    from_builtins,
)


class LoadError(ValueError):
    """A path does not hold results that can be read. The message names it and says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What a report is made of."""

    records: tuple[Record, ...]
    """The latest of each experiment, recipe, machine and software, sorted by id, of the newest
    revision and source of each network that has been run by that recipe."""
    superseded: int
    """Older runs of the same, left out."""
    skipped: tuple[str, ...] = ()
    """Files of a folder that could not be read, and why."""
    folders: tuple[Path, ...] = ()
    """Where the predictions that belong to the records may be (`reports.schema.predictions`)."""


def load(paths: Iterable[Path]) -> Results:
    """Read and merge any number of files and folders.

    Raises `LoadError` for a file that cannot be read; one inside a folder is left out and named.
    """
    skipped: list[str] = []
    paths = list(paths)
    records = [record for path in paths for record in _records(path, skipped)]
    if not records and skipped:
        raise LoadError("; ".join(skipped))
    if not records:
        raise LoadError("no records in these files: nothing to report")
    distinct = {(record.id, record.recipe, record.started_at): record for record in records}
    in_order = sorted(distinct.values(), key=lambda record: record.started_at)
    newest = _newest(in_order)
    latest: dict[tuple[str, ...], Record] = {}
    for record in in_order:
        if not isinstance(record, Failed):  # makes good an earlier failure
            latest.pop((record.id, record.recipe, "", ""), None)
            revision, source = newest[record.architecture, record.recipe]
            if _revision(record) < revision or _source(record) not in (None, source):
                continue
        key = record.id, record.recipe, machine_of(record) or "", versions_of(record)
        latest[key] = record
    return Results(
        records=tuple(latest[key] for key in sorted(latest)),
        superseded=len(distinct) - len(latest),
        skipped=tuple(skipped),
        folders=tuple(path if path.is_dir() else path.parent for path in paths),
    )


def _newest(in_order: Iterable[Record]) -> dict[tuple[str, str], tuple[int, str | None]]:
    """Return the newest revision and source of each network, by recipe."""
    newest: dict[tuple[str, str], tuple[int, str | None]] = {}
    for record in in_order:
        key = record.architecture, record.recipe
        revision, source = newest.get(key, (0, None))
        newest[key] = max(revision, _revision(record)), _source(record) or source
    return newest


def _source(record: Record) -> str | None:
    """Return the hash of what built the network; None for a record that does not tell."""
    source = (record.provenance or {}).get("source")
    return str(source) if source else None


def _revision(record: Record) -> int:
    if isinstance(record, Trained | Predicted | Described | Evaluated):
        return record.network.revision
    return 0


def _records(path: Path, skipped: list[str]) -> Iterator[Record]:
    if path.is_dir():
        files = sorted(path.glob("*.json"))
        if not files:
            raise LoadError(f"{path}: no result files (*.json) in this folder")
        for file in files:
            try:
                yield from list(_file(file))
            except LoadError as error:
                skipped.append(f"left out {error}")
        return
    yield from _file(path)


def _file(path: Path) -> Iterator[Record]:
    try:
        content = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise LoadError(f"{path}: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise LoadError(f"{path}: not a JSON file, or cut off: {error}") from None
    for value in _values(path, content):
        try:
            yield from_builtins(value)
        except RecordError as error:
            raise LoadError(f"{path}: {error}") from None


def _values(path: Path, content: object) -> list[object]:
    """Return what should be records: a file's only value, or those in pytest-benchmark's JSON."""
    if not isinstance(content, dict):
        raise LoadError(f"{path}: expected a JSON object, got {type(content).__name__}")
    if "benchmarks" not in content:
        return [content]
    try:
        carried = [entry["extra_info"] for entry in content["benchmarks"]]
        return [*carried, *content.get("records", [])]
    except (TypeError, KeyError):
        raise LoadError(
            f"{path}: damaged: its benchmarks are not those of pytest-benchmark"
        ) from None
