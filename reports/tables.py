"""Records to tables: pure functions, numbers unrounded; `Table.cells` is the form for people."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

import pandas as pd

from reports import statistics
from reports.metrics import BY_NAME
from reports.record import Record
from reports.timing import TARGETS, TIMING, noise, seconds_to, times

QUALITY = ("loss", "accuracy", "precision", "recall", "auc_pr", "auc_roc", "f1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with a name for its file and a title for people."""

    name: str
    title: str
    frame: pd.DataFrame
    """Columns named as in `reports.metrics` hold numbers of that metric."""
    links: tuple[str, ...] = ()
    """Of each row, the page of its experiment (`reports.pages`); empty where there is none."""

    @property
    def heads(self) -> list[str]:
        """Column heads with unit and, for what is judged, the better direction."""
        return [_head(column) for column in self.frame.columns]

    @property
    def cells(self) -> list[list[str]]:
        """Rows of texts; what is absent is a dash."""
        return [
            [_cell(column, value) for column, value in zip(self.frame.columns, row, strict=True)]
            for row in self.frame.itertuples(index=False)
        ]

    @property
    def numeric(self) -> list[bool]:
        """Whether each column is to be set flush right."""
        return [column in BY_NAME or column in ("n", "epochs") for column in self.frame.columns]


def budget(records: Sequence[Record]) -> Table:
    """Return each network's trainable parameters against its budget."""
    rows = []
    for record in _one_each(records):
        network = record.network
        if network is None:
            continue
        rows.append(
            {
                "network": record.architecture,
                "parameters": network.parameters,
                "reference X": f"{network.reference:,}",
                "of X": f"{network.parameters / network.reference - 1:+.1%}",
                "budget": f"{network.reference * 9 // 10:,} to {network.reference * 11 // 10:,}",
                "held": "yes"
                if abs(network.parameters - network.reference) * 10 < network.reference
                else "NO",
            }
        )
    return Table(name="budget", title="Parameter budget", frame=pd.DataFrame(rows))


def quality(records: Sequence[Record]) -> Table:
    """Return test metrics after the last epoch: means over the seeds."""
    rows = []
    for group in groups(records):
        tests = [record.test for record in group if record.test]
        rows.append(
            {
                "network": group[0].architecture,
                "backend": group[0].backend,
                "n": len(group),
                "epochs": group[0].epochs,
                **{name: _over([test.get(name) for test in tests], fmean) for name in QUALITY},
                "accuracy, 95 %": _interval([test.get("accuracy") for test in tests]),
            }
        )
    return Table(
        name="quality",
        title="Test metrics",
        frame=_without_empty(rows),
        links=tuple(anchor(group[0]) for group in groups(records)),
    )


def timing(records: Sequence[Record]) -> Table:
    """Return durations and memory: medians over epochs, calls and seeds."""
    rows = []
    for group in groups(records):
        found = [times(record) for record in group]
        marks = sorted({mark for record in group for mark in noise(record)})
        rows.append(
            {
                "network": group[0].architecture,
                "backend": group[0].backend,
                "n": len(group),
                **{name: _over([run[name] for run in found], median) for name in TIMING},
                "epoch, 95 %": _epoch_interval(group),
                "noise": ", ".join(marks) or None,
            }
        )
    return Table(
        name="timing",
        title="Time and memory",
        frame=_without_empty(rows),
        links=tuple(anchor(group[0]) for group in groups(records)),
    )


def _interval(values: Sequence[float | None]) -> str | None:
    """Return the interval of a mean over seeds as a text, or None below three of them."""
    present = [value for value in values if value is not None]
    found = statistics.mean_interval(present)
    return f"{found.low:.4f} to {found.high:.4f}" if found else None


def _epoch_interval(group: Sequence[Record]) -> str | None:
    """Return the interval of a row's typical run, or of its only run's typical epoch."""
    runs = [
        record.durations.epoch_seconds
        for record in group
        if record.durations and record.durations.epoch_seconds
    ]
    if len(runs) == 1:
        found, remark = statistics.median_interval(runs[0]), " (one run)"
    else:
        found, remark = statistics.typical_interval([median(run) for run in runs]), ""
    return f"{found.low:.3f} to {found.high:.3f}{remark}" if found else None


def time_to_accuracy(records: Sequence[Record]) -> Table:
    """Return the seconds of training until validation first reached each target: medians."""
    rows = []
    for group in groups(records):
        for target in TARGETS.get(group[0].dataset, ()):
            seconds = {
                compiled: [seconds_to(record, target, compilation=compiled) for record in group]
                for compiled in (True, False)
            }
            reached = sum(value is not None for value in seconds[True])
            rows.append(
                {
                    "network": group[0].architecture,
                    "backend": group[0].backend,
                    "epochs": group[0].epochs,
                    "target accuracy": f"{target:.2f}",
                    "reached": f"{reached} of {len(group)}",
                    "with compilation [s]": _seconds(seconds[True]),
                    "without compilation [s]": _seconds(seconds[False]),
                }
            )
    return Table(name="time-to-accuracy", title="Time to accuracy", frame=_without_empty(rows))


def _seconds(values: Sequence[float | None]) -> str | None:
    found = _over(values, median)
    return None if found is None else f"{found:.1f}"


def failures(records: Iterable[Record]) -> Table:
    """Return the experiments that gave no result, with the reason."""
    rows = [
        {"experiment": record.id, "profile": record.recipe, "reason": record.reason}
        for record in records
        if record.status == "failed"
    ]
    return Table(name="failures", title="Failed", frame=pd.DataFrame(rows))


def environments(records: Sequence[Record]) -> Table:
    """Return what each backend ran with, one row for each difference."""
    rows = {}
    for record in records:
        environment = record.environment
        if environment is None:
            continue
        row = {
            "backend": record.backend,
            "versions": ", ".join(f"{k} {v}" for k, v in sorted(environment.packages.items())),
            "python": environment.python,
            "dtype policy": environment.dtype_policy,
            "jit_compile": {True: "on", False: "off", None: None}[environment.jit_compile],
            "device": environment.device,
            "variables": ", ".join(f"{k}={v}" for k, v in environment.variables.items()) or "none",
            "commit": f"{(environment.commit or 'unknown')[:10]}"
            + (" with changes" if environment.dirty else ""),
        }
        rows[tuple(row.values())] = row
    frame = pd.DataFrame([rows[key] for key in sorted(rows)])
    return Table(name="environments", title="Software", frame=frame)


def overview(records: Sequence[Record]) -> Table:
    """Return one row per experiment: the table at the end of a run."""
    rows = [
        {
            "experiment": record.id,
            "parameters": record.network.parameters if record.network else None,
            "accuracy": (record.test or {}).get("accuracy"),
            **{
                name: times(record)[name]
                for name in ("epoch_seconds", "latency_milliseconds", "peak_memory_megabytes")
            },
            "noise": ", ".join(noise(record)),
            "status": record.status,
        }
        for record in records
    ]
    return Table(name="overview", title="Experiments", frame=pd.DataFrame(rows))


def text(table: Table) -> str:
    """Return a table in plain text."""
    frame = pd.DataFrame(table.cells, columns=table.heads)
    return str(frame.to_string(index=False))


def _one_each(records: Sequence[Record]) -> list[Record]:
    """Return one record with results per network, in the order given."""
    return list({r.architecture: r for r in reversed(records) if r.status == "ok"}.values())[::-1]


def anchor(record: Record) -> str:
    """Return the name of the page that a record is on: letters, digits and hyphens."""
    machine = record.environment.machine if record.environment else ""
    parts = (
        *(record.architecture, record.dataset, record.backend),
        *([record.settings] if record.settings else []),
        record.recipe,
    )
    name = "-".join([*parts, f"e{record.epochs}", machine])
    return re.sub(r"\W+", "-", name).strip("-").lower()


def groups(records: Sequence[Record]) -> list[list[Record]]:
    """Return the records with results that differ in nothing but their seed."""
    groups: dict[tuple[str, str, str, int], list[Record]] = {}
    for record in records:
        if record.status == "ok":
            key = (record.architecture, record.dataset, record.backend, record.epochs)
            groups.setdefault(key, []).append(record)
    return list(groups.values())


def _without_empty(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows).dropna(axis="columns", how="all")


def _over(values: Iterable[float | None], average: Callable[[list[float]], float]) -> float | None:
    present = [value for value in values if value is not None]
    return average(present) if present else None


def _head(column: str) -> str:
    metric = BY_NAME.get(column)
    if metric is None:
        return column
    unit = f" [{metric.unit}]" if metric.unit else ""
    arrow = "" if metric.name == "parameters" else {"lower": " ↓", "higher": " ↑"}[metric.better]
    return f"{metric.label}{unit}{arrow}"


def _cell(column: str, value: object) -> str:
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return "–"
    if column in BY_NAME:
        number = int(value) if column == "parameters" else value  # type: ignore[call-overload]
        return BY_NAME[column].format.format(number)
    return str(value)
