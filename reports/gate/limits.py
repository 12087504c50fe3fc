"""What counts as a change: the limits of ``[tool.keras-bench.gate]`` in pyproject.toml."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reports.schema.metrics import BY_NAME

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


class GateError(ValueError):
    """A limit that makes no sense. The message is for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The smallest change of a metric that matters: it must reach both."""

    relative: float
    """Share of the base value; 0 for none."""
    absolute: float
    """In the metric's unit; 0 for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """All that decides verdicts."""

    confidence: float
    """Of the intervals: 0.99 lets one cell in a hundred through by chance."""
    gross: float
    """How many limits a change must reach to be believed from fewer than three runs."""
    limits: Mapping[str, Limit]
    """By metric; metrics without one are not judged."""


def read(changes: Iterable[str] = ()) -> Gate:
    """Return the gate of pyproject.toml with ``METRIC=NUMBER`` or ``METRIC=NUMBER%`` changed.

    Raises `GateError`.
    """
    table = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["keras-bench"]["gate"]
    gate = Gate(
        confidence=table["confidence"],
        gross=table["gross"],
        limits={name: _limit(name, value) for name, value in table["limits"].items()},
    )
    for change in changes:
        gate = replace(gate, limits={**gate.limits, **_change(change, gate.limits)})
    return gate


def _limit(name: str, value: Any) -> Limit:
    if name not in BY_NAME:
        raise GateError(f"unknown metric {name!r}; there are {', '.join(BY_NAME)}")
    return Limit(relative=value.get("relative", 0.0), absolute=value.get("absolute", 0.0))


def _change(text: str, limits: Mapping[str, Limit]) -> dict[str, Limit]:
    name, _, number = text.partition("=")
    if name not in limits:
        raise GateError(f"no limit for {name!r}; there are limits for {', '.join(limits)}")
    try:
        value = float(number.removesuffix("%"))
    except ValueError:
        raise GateError(f"expected METRIC=NUMBER or METRIC=NUMBER%, got {text!r}") from None
    if not value >= 0:
        raise GateError(f"a limit is 0 or more, got {text!r}")
    field = {"relative": value / 100} if number.endswith("%") else {"absolute": value}
    return {name: replace(limits[name], **field)}
