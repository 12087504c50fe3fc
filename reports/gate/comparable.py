"""Which records may be compared: qualities of one recipe, times of one machine and settings."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from reports.schema.environment import Environment
from reports.schema.record import Header, Observed, Provenance, Record

R = TypeVar("R", bound=Observed)

VERSIONS = frozenset(
    {
        *("keras", "numpy", "jax", "tensorflow", "tensorflow-cpu"),
        *("jaxlib", "jax-cuda12-plugin", "jax-cuda13-plugin"),
        *("openvino", "scikit-learn", "scipy"),
    }
)
FREE = VERSIONS | {"seed", "cores", "schema", "source", "custom_objects"}
"""Of the provenance: what may differ between comparable qualities, since one compares it."""
SETTINGS = (
    *("machine", "cores", "dtype_policy", "jit_compile", "steps_per_execution", "rewrites"),
    "variables",
)
"""Of the environment: where one differs, times and sizes are not comparable."""


def like(records: Sequence[R], model: R | None) -> list[R]:
    """Return the successes that share the recipe of a record, or of the latest, oldest first.

    On whatever machine: that decides which times are compared, and no quality.
    """
    good = sorted(records, key=lambda record: record.started_at)
    if not good:
        return []
    return [r for r in good if not recipe_difference(r, model or good[-1])]


def recipe_difference(base: Header, head: Header) -> str:
    """Return what of the recipe differs, for people; empty if the qualities are comparable."""
    differing = _differing(facts(base), facts(head))
    old, new = data_of(base), data_of(head)
    if (old or new) and not same_data(old, new):
        was, now = (hashes[-1] if hashes else None for hashes in (old, new))
        differing.append(f"data was {was} and is {now}")
    return ", ".join(differing)


def _differing(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    return [
        f"{name} was {old.get(name)} and is {new.get(name)}"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def facts(record: Header) -> Provenance:
    """Return what two records must share besides their data, by name."""
    return {k: v for k, v in (record.provenance or {}).items() if k not in FREE and k != "data"}


def data_of(record: Header) -> tuple[str, ...]:
    """Return the hashes of what the data came from, and of the arrays, as far as it tells."""
    source = (record.provenance or {}).get("data")
    arrays = record.data.checksum if isinstance(record, Observed) else None
    return tuple(str(each) for each in (source, arrays) if each)


def same_data(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether two records are of the same data.

    One's own may come from a file that the network is in, too, which may change; and the arrays may
    be another draw for each seed, or as large as the network's input.
    """
    return not set(one).isdisjoint(other)


def version_differences(base: Iterable[Record], head: Iterable[Record]) -> list[str]:
    """Return what of the software differs between two sides, a line for each backend."""
    before, after = (
        {
            record.backend: record.environment.packages
            for record in side
            if isinstance(record, Observed)
        }
        for side in (base, head)
    )
    lines = []
    for backend in sorted(before.keys() & after.keys()):
        changes = ", ".join(_differing(before[backend], after[backend]))
        lines += [f"{backend}: {changes}"] if changes else []
    return lines


def settings_of(environment: Environment) -> tuple[str, ...]:
    """Return the settings, as texts: runs are compared in time and size if they are equal."""
    return tuple(_text(getattr(environment, name)) for name in SETTINGS)


def settings_difference(base: Environment, head: Environment) -> str:
    """Return what of the settings differs, likewise, if times and sizes are comparable."""
    return ", ".join(
        f"{name} was {_text(before)} and is {_text(after)}"
        for name in SETTINGS
        if (before := getattr(base, name)) != (after := getattr(head, name))
    )


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key}={item}" for key, item in sorted(value.items())) or "none"
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value)
