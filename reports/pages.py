"""One page per experiment: what was run where, every number of every seed, and the network."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from reports.figures import network as drawing
from reports.figures.network import Box
from reports.grouping import anchor, groups
from reports.schema.metrics import BY_NAME
from reports.schema.record import History, Measured, Predicted, Scored, Trained
from reports.tables.confusion import confusion_table, confusions
from reports.tables.table import Table
from reports.timing import noises, times

MOST_SEEDS = 10
"""So many seeds are shown; the records have the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The seeds of one network on one backend."""

    anchor: str
    """Name of its file, and of its place in the HTML report."""
    title: str
    synthetic: bool
    tables: tuple[Table, ...]
    boxes: tuple[Box, ...]
    mermaid: str
    left_out: int
    """Seeds that are not shown."""


def pages(records: Sequence[Measured]) -> tuple[Page, ...]:
    """Return a page for each network, backend and number of epochs of one setup."""
    return tuple(_page(group) for group in groups(records))


def _page(group: Sequence[Measured]) -> Page:
    first, shown = group[0], group[:MOST_SEEDS]
    network = first.network if isinstance(first, Trained | Predicted) else None
    return Page(
        anchor=anchor(first),
        title=f"{first.architecture} on {first.dataset}, {first.backend}, "
        f"{f'{first.settings}, ' if first.settings else ''}{first.epochs} epochs",
        synthetic=first.data.synthetic,
        tables=(
            *(_runs(shown), _environment(group)),
            *_remarks(group),
            *(confusion_table(matrix) for matrix in confusions(group)),
            *(_history(record) for record in shown),
        ),
        boxes=drawing.boxes(network) if network else (),
        mermaid=drawing.mermaid(network) if network else "",
        left_out=len(group) - len(shown),
    )


def _runs(group: Sequence[Measured]) -> Table:
    rows = [
        {
            "seed": record.seed,
            "started (UTC)": record.started_at[:19],
            **_test(record),
            **times(record),
            "noise": noises([record]),
            "training": record.history.divergence if isinstance(record, Trained) else None,
            "fingerprint": record.fingerprint,
        }
        for record in group
    ]
    frame = pd.DataFrame(rows).dropna(axis="columns", how="all")
    return Table(name="runs", title="Runs", frame=frame)


def _test(record: Measured) -> dict[str, float | None]:
    if not isinstance(record, Scored):
        return {}
    return {name: value for name, value in record.test.items() if name in BY_NAME}


def _remarks(group: Sequence[Measured]) -> Iterator[Table]:
    """Yield what the user should know of the network, if anything."""
    told = dict.fromkeys(t for r in group if isinstance(r, Trained) for t in r.remarks)
    if told:
        frame = pd.DataFrame([{"remark": text} for text in told])
        yield Table(name="remarks", title="Remarks", frame=frame)


def _environment(group: Sequence[Measured]) -> Table:
    """Return the facts of the runs, one row each, with all values that there are."""
    facts: dict[str, dict[str, None]] = {}
    for record in group:
        for name, value in _facts(record).items():
            facts.setdefault(name, {})[value] = None
    rows = [{"fact": name, "value": "; ".join(values)} for name, values in facts.items()]
    return Table(name="environment", title="Recipe and environment", frame=pd.DataFrame(rows))


def _facts(record: Measured) -> dict[str, str]:
    facts: dict[str, str] = {
        name: str(value)
        for name, value in (record.provenance or {}).items()
        if name not in ("seed", "schema", "architecture", "dataset", "backend")
    }
    environment = record.environment
    return facts | {
        "machine": environment.machine,
        **({"begun on": ", ".join(environment.elsewhere)} if environment.elsewhere else {}),
        "platform": environment.platform,
        "memory": f"{environment.memory_bytes / 1e9:.1f} GB",
        "python": environment.python,
        "dtype policy": environment.dtype_policy or "none",
        "jit_compile": {True: "on", False: "off", None: "none"}[environment.jit_compile],
        "steps_per_execution": str(environment.steps_per_execution or "none"),
        "rewritten layers": ", ".join(environment.rewrites) or "none",
        "variables": " ".join(f"{k}={v}" for k, v in environment.variables.items()),
        "commit": f"{environment.commit}{' with changes' if environment.dirty else ''}",
    }


def _history(record: Measured) -> Table:
    rows = []
    if isinstance(record, Trained):
        epochs = len(record.history.train["loss"])
        rows = [_epoch(record.history, place) for place in range(epochs)]
    return Table(
        name=f"history-s{record.seed}",
        title=f"History of seed {record.seed}",
        frame=pd.DataFrame(rows),
    )


def _epoch(history: History, place: int) -> dict[str, object]:
    """Return all metrics of an epoch, counted from 0, as texts."""
    row: dict[str, object] = {"epoch": place + 1}
    for phase, series in (("training", history.train), ("validation", history.validation)):
        for name, values in series.items():
            metric, value = BY_NAME.get(name), values[place]  # own networks have others
            form = metric.format if metric else "{:.4g}"
            text = None if value is None else form.format(value)
            row[f"{phase} {metric.label if metric else name}"] = text
    return row
