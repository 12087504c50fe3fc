"""What counts as a change: ``[tool.keras-bench.gate]`` in pyproject.toml."""

import math
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
class Effect:
    """The change of a metric that is to be found: the larger of the two."""

    relative: float
    """Share of the base value; 0 for none."""
    absolute: float
    """In the metric's unit; 0 for none."""

    def of(self, base: float) -> float:
        """Return the effect on a base value, in the metric's unit."""
        return max(self.absolute, self.relative * abs(base))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """All that decides verdicts."""

    error: float
    """Chance that a whole comparison of unchanged code calls anything changed: one half for the
    qualities, one for times and sizes."""
    tolerated: float
    """Share of an effect up to which a change counts as none. What is to be found must be larger
    than what is tolerated, or no number of runs tells them apart."""
    gross: float
    """How many effects a change must reach to be believed from fewer than three runs."""
    effects: Mapping[str, Effect]
    """By metric; metrics without one are not judged."""

    def confidence(self, questions: int) -> float:
        """Return the confidence of each interval where so many of one half are asked.

        By C. E. Bonferroni's inequality, which holds however the questions depend on each other.
        """
        return 1 - self.error / 2 / max(questions, 1)


def read(changes: Iterable[str] = ()) -> Gate:
    """Return the gate of pyproject.toml with ``METRIC=NUMBER`` or ``METRIC=NUMBER%`` changed.

    Raises `GateError`.
    """
    table = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["keras-bench"]["gate"]
    gate = Gate(
        error=table["error"],
        tolerated=table["tolerated"],
        gross=table["gross"],
        effects={name: _effect(name, value) for name, value in table["effects"].items()},
    )
    for change in changes:
        gate = replace(gate, effects={**gate.effects, **_change(change, gate.effects)})
    return gate


def _effect(name: str, value: Mapping[str, Any]) -> Effect:
    """Return the effect of one line of the table."""
    if name not in BY_NAME:
        raise GateError(f"unknown metric {name!r}; there are {', '.join(BY_NAME)}")
    if unknown := sorted(value.keys() - {"absolute", "relative"}):
        raise GateError(f"{name}: unknown {unknown[0]!r}; there are absolute and relative")
    return Effect(
        **{
            field: _limit(name, value.get(field, 0.0), field, f"{name} {field}")
            for field in ("relative", "absolute")
        }
    )


def _change(text: str, effects: Mapping[str, Effect]) -> dict[str, Effect]:
    name, _, number = text.partition("=")
    if name not in effects:
        raise GateError(f"no limit for {name!r}; there are limits for {', '.join(effects)}")
    percent = number.endswith("%")
    field = "relative" if percent else "absolute"
    try:
        value = float(number.removesuffix("%")) / (100 if percent else 1)
    except ValueError:
        raise GateError(f"expected METRIC=NUMBER or METRIC=NUMBER%, got {text!r}") from None
    return {name: replace(effects[name], **{field: _limit(name, value, field, text)})}


def _limit(name: str, value: Any, field: str, text: str) -> float:
    """Return a limit that some change can reach, or else nothing would be judged, unsaid."""
    if not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise GateError(f"a limit is a finite number, 0 or more, got {text!r}")
    metric = BY_NAME[name]
    if value >= 1 and metric.better == "higher" and (field == "relative" or metric.is_share):
        raise GateError(f"{name} cannot fall so far that {text!r} is ever reached")
    return float(value)
