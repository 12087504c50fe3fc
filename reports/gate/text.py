"""Findings of a comparison for people: a line, a table, Markdown for a pull request."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from reports.gate.finding import Finding
from reports.markup import templates
from reports.schema.metrics import BY_NAME, Metric
from reports.tables import table as tables
from reports.tables.table import Table


def summary(findings: Sequence[Finding]) -> str:
    """Return how often each verdict was given."""
    counts = Counter(finding.verdict for finding in findings)
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items())


def notable(findings: Sequence[Finding]) -> list[Finding]:
    """Return what should be looked at: all but the same, and the unsure that is small."""
    quiet = ("same", "insufficient data")
    return [finding for finding in findings if finding.verdict not in quiet or _unsure(finding)]


def _unsure(finding: Finding) -> bool:
    return finding.verdict == "insufficient data" and finding.large


def table(findings: Sequence[Finding], *, title: str) -> Table:
    """Return one row per finding."""
    rows = [
        {
            "verdict": finding.verdict,
            "experiment": finding.experiment,
            "metric": metric.label + (f" [{metric.unit}]" if metric.unit else "") if metric else "",
            "base": _number(metric, finding.base),
            "head": _number(metric, finding.head),
            "change": _change(finding),
            "runs": f"{finding.runs[0]}, {finding.runs[1]}",
            "why": finding.reason or "",
        }
        for finding in findings
        for metric in [BY_NAME[finding.metric] if finding.metric else None]
    ]
    return Table(name="comparison", title=title, frame=pd.DataFrame(rows))


def text(findings: Sequence[Finding], *, whole: bool = False) -> str:
    """Return the summary and a table of what is notable, or of everything."""
    listed = list(findings) if whole else notable(findings)
    lines = [tables.text(table(listed, title=""))] if listed else []
    return "\n".join([*lines, f"{summary(findings)}."])


def markdown(findings: Sequence[Finding], *, error: float, software: Sequence[str] = ()) -> str:
    """Return the comparison as Markdown: what is notable, and the rest folded away."""
    return (
        templates(autoescape=False)
        .get_template("compare.md.j2")
        .render(
            summary=summary(findings),
            notable=table(notable(findings), title="Notable"),
            whole=table(findings, title="All"),
            error=error,
            software=software,
        )
    )


def _number(metric: Metric | None, value: float | None) -> str:
    return "" if metric is None or value is None else metric.format.format(value)


def _change(finding: Finding) -> str:
    """Return a difference of qualities or a ratio of times and sizes, with its interval."""
    if finding.base is None or finding.head is None or finding.metric is None:
        return ""
    quality = BY_NAME[finding.metric].kind == "quality"
    form = "{:+.4f}" if quality else "×{:.2f}"
    estimate = finding.head - finding.base if quality else finding.head / finding.base
    text = form.format(estimate)
    if finding.change is None:
        return text
    return f"{text} ({form.format(finding.change.low)} to {form.format(finding.change.high)})"
