"""Which records may be compared: the same recipe, machine and settings."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from reports.grouping import machine_of
from reports.schema.environment import Environment
from reports.schema.record import Observed, Record

R = TypeVar("R", bound=Observed)

VERSIONS = frozenset(
    {
        *("keras", "numpy", "jax", "tensorflow", "tensorflow-cpu"),
        *("openvino", "scikit-learn", "scipy"),
    }
)
FREE = VERSIONS | {"seed", "cores", "schema"}
"""Of the provenance: what may differ between comparable qualities, since one compares it."""
SETTINGS = ("machine", "cores", "dtype_policy", "jit_compile", "steps_per_execution", "variables")
"""Of the environment: where one differs, times and sizes are not comparable."""


def like(records: Sequence[R], model: R | None) -> list[R]:
    """Return the successes that share recipe and machine with a record, or with the latest."""
    good = sorted(records, key=lambda record: record.started_at)
    if not good:
        return []
    latest = good[-1]
    if model is not None:
        alike = [record for record in good if not recipe_difference(record, model)]
        near = [record for record in alike if machine_of(record) == machine_of(model)]
        if not alike:
            return []
        latest = (near or alike)[-1]
    return [
        record
        for record in good
        if not recipe_difference(record, latest) and machine_of(record) == machine_of(latest)
    ]


def recipe_difference(base: Record, head: Record) -> str:
    """Return what of the recipe differs, for people; empty if the qualities are comparable."""
    before, after = base.provenance or {}, head.provenance or {}
    return ", ".join(
        f"{name} was {before.get(name)} and is {after.get(name)}"
        for name in sorted((before.keys() | after.keys()) - FREE)
        if before.get(name) != after.get(name)
    )


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
    return str(value)
