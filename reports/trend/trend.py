"""All that is known of some histories."""

import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass

from reports.gate.limits import Gate
from reports.load import LoadError
from reports.schema.record import Record
from reports.trend.changes import Change, changes, metrics_of
from reports.trend.series import COMMIT, Series, labels, series


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """What is known of some histories."""

    over: str
    series: tuple[Series, ...]
    changes: tuple[Change, ...]
    metrics: tuple[str, ...]
    """That have a picture."""

    @property
    def what(self) -> str:
        """What the points are."""
        return _what(self.over)

    @property
    def points(self) -> list[str]:
        """Labels of all series, in order."""
        return labels(self.series, self.over)


def _what(over: str) -> str:
    return "commits" if over == COMMIT else f"versions of {over}"


def trend(records: Iterable[Record], over: str, gate: Gate) -> Trend:
    """Return the trend. Raises `LoadError` where nothing has two points."""
    if not importlib.util.find_spec("ruptures"):
        raise LoadError("ruptures is not installed: python -m pip install ruptures (Python < 3.14)")
    found = series(records, over)
    if not found:
        raise LoadError(f"no experiment was run at two {_what(over)}: nothing to draw")
    return Trend(
        over=over,
        series=found,
        changes=tuple(changes(found, gate)),
        metrics=tuple(metrics_of(found, gate)),
    )
