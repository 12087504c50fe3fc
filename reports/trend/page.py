"""A trend in words and pictures: ``python -m reports trend``."""

from collections.abc import Mapping

import pandas as pd

from reports.figures.trend import picture
from reports.markup import templates
from reports.schema.metrics import BY_NAME
from reports.tables.table import Table
from reports.trend.changes import ERROR, Change, repeated, unsteady
from reports.trend.trend import Trend

PAGE = "trend.md"


def table(shown: Trend) -> Table:
    """Return the changes, a row each."""
    rows = [
        {
            "from": change.label,
            "after": change.before,
            "experiment": change.series.name,
            "what": "numerics" if change.metric is None else BY_NAME[change.metric].label,
            "change": said(change),
            "of": change.remark,
        }
        for change in shown.changes
    ]
    columns = ["from", "after", "experiment", "what", "change", "of"]
    frame = pd.DataFrame(rows, columns=columns)
    return Table(name="changes", title="What changed", frame=frame)


def said(change: Change) -> str:
    """Return by how much, with its interval."""
    if change.metric is None:
        return "other weights"
    assert change.change
    low, middle, high = change.change.low, change.change.estimate, change.change.high
    if BY_NAME[change.metric].kind == "quality":
        return f"{middle:+.4f} ({low:+.4f} to {high:+.4f})"
    return f"×{middle:.2f} ({low:.2f} to {high:.2f})"


def sentences(shown: Trend) -> list[str]:
    """Return what there is to say, numerics first."""
    lines = []
    for one in shown.series:
        exact = [c for c in shown.changes if c.series is one and c.metric is None]
        told = repeated(one)
        if exact:
            lines += [
                f"{one.name}: numerics CHANGED first at {c.label} (after {c.before}; {c.remark})"
                for c in exact[:1]
            ]
            lines += [f"{one.name}: and again at {c.label} ({c.remark})" for c in exact[1:]]
        elif len(told) > 1:
            lines.append(
                f"{one.name}: numerics the same from {told[0]} to {told[-1]}, "
                "where seeds are shared"
            )
        if wavering := unsteady(one):
            lines.append(f"{one.name}: equal seeds differ within {', '.join(wavering)}")
    for change in shown.changes:
        if change.metric is not None:
            lines.append(
                f"{change.series.name}: {BY_NAME[change.metric].label} {_verb(change)} "
                f"{said(change)} from {change.label} on ({change.remark})"
            )
    lines.append(
        f"A history without change raises any alarm with a chance of {ERROR:.0%} at most, if what "
        "differs between its points is chance; a machine that became slower is no chance, and "
        "duels see through it (docs/gate.md)."
    )
    return lines


def _verb(change: Change) -> str:
    assert change.metric
    assert change.change
    metric, neutral = BY_NAME[change.metric], 0 if BY_NAME[change.metric].kind == "quality" else 1
    worse = (change.change.estimate > neutral) == (metric.better == "lower")
    return "WORSE" if worse else "better"


def files(shown: Trend) -> Mapping[str, str]:
    """Return the page and its pictures by file name."""
    drawn = [picture(shown, metric) for metric in shown.metrics]
    text = (
        templates(autoescape=False)
        .get_template("trend.md.j2")
        .render(
            trend=shown,
            sentences=sentences(shown),
            table=table(shown),
            pictures=drawn,
        )
    )
    return {PAGE: text, **{f"figures/{each.name}.svg": each.svg for each in drawn}}
