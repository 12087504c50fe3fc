"""Which records belong together, and what they are called for people."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

from msgspec import structs
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from reports.schema.record import Header, Measured, Observed, Record

R = TypeVar("R", bound=Header)
LONGEST_ANCHOR = 200
"""Characters of an anchor, a hash apart."""
PLAIN = re.compile(r"[a-z0-9_]*")
"""Names that differ still do where case and punctuation are gone."""


def groups(records: Sequence[R]) -> list[list[R]]:
    """Return the records that differ in nothing but their seed."""
    by_key: dict[tuple[str, str, str, int], list[R]] = {}
    for record in records:
        key = (record.architecture, record.dataset, record.backend, record.epochs)
        by_key.setdefault(key, []).append(record)
    return list(by_key.values())


def machine_of(record: Record) -> str | None:
    """Return where a record was measured; None for one that tells nothing of it."""
    return record.environment.machine if isinstance(record, Observed) else None


def distributions(package: str) -> tuple[str, ...]:
    """Return the distributions that go by the name of a package, however it is spelled."""
    name = canonicalize_name(package)
    return ("tensorflow", "tensorflow-cpu") if name == "tensorflow" else (name,)


def version_of(record: Record, package: str) -> str | None:
    """Return which version of a package computed a record; None where it took no part."""
    packages = record.environment.packages if isinstance(record, Observed) else {}
    return next(filter(None, map(packages.get, distributions(package))), None)


def version_order(version: str) -> tuple[object, ...]:
    """Return what sorts versions, those that are none first."""
    try:
        return 1, Version(version)
    except InvalidVersion:
        return 0, version


def versions_of(record: Record) -> str:
    """Return what computed a record, with versions; empty for one that does not tell."""
    packages = record.environment.packages if isinstance(record, Observed) else {}
    return ", ".join(f"{name} {version}" for name, version in sorted(packages.items()))


def with_versions_where_several(records: Iterable[Record]) -> tuple[Record, ...]:
    """Return records whose backend is named with its versions if there are several on a machine.

    Then each is a row of its own wherever backends are; other machines have tables of their own,
    but for comparisons with the reference, which have one. Only what differs is named; so is it
    where some runs of a network in one way had layers rewritten and others had not.
    """
    records = tuple(records)
    packages: dict[tuple[str, str], dict[str, set[str]]] = {}
    rewrites: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for record in records:
        if isinstance(record, Observed):
            rewrites.setdefault(_way(record), set()).add(record.environment.rewrites)
            for name, version in record.environment.packages.items():
                packages.setdefault(_place(record), {}).setdefault(name, set()).add(version)

    def named(record: Record) -> Record:
        if not isinstance(record, Observed):
            return record
        varying = [
            f"{name} {record.environment.packages.get(name, 'absent')}"
            for name, versions in sorted(packages[_place(record)].items())
            if len(versions) > 1
        ]
        if len(rewrites[_way(record)]) > 1:
            varying.append(f"rewritten {', '.join(record.environment.rewrites) or 'nothing'}")
        backend = ", ".join([record.backend, *varying])
        return structs.replace(record, backend=backend) if varying else record

    return tuple(map(named, records))


def _place(record: Observed) -> tuple[str, str]:
    return record.backend, record.environment.machine if isinstance(record, Measured) else ""


def _way(record: Record) -> tuple[str, ...]:
    return record.architecture, record.dataset, record.backend, record.settings


def _of_other_data(record: Measured) -> bool:
    """Return whether it is of files in the place of the published ones."""
    return not (record.data.published or record.data.synthetic)


def anchor(record: Record) -> str:
    """Return the name of the page that a record is on: letters, digits and hyphens.

    It is part of a file name, which may have 255 bytes and ignore case; a hash tells apart what is
    cut off, and names that the letters of registries are not enough for.
    """
    parts = (
        *(record.architecture, record.dataset, record.backend),
        *([record.settings] if record.settings else []),
        record.recipe,
        *(["other-data"] if isinstance(record, Measured) and _of_other_data(record) else []),
    )
    name = "-".join([*parts, f"e{record.epochs}", machine_of(record) or ""])
    short = re.sub(r"\W+", "-", name, flags=re.ASCII).strip("-").lower()
    plain = PLAIN.fullmatch(record.architecture + record.dataset)
    if plain and len(short) <= LONGEST_ANCHOR:
        return short
    return f"{short[:LONGEST_ANCHOR]}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
