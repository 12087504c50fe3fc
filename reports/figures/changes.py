"""What has changed between two sides, each change with its interval."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from reports.charts import COLORS
from reports.figures.picture import Picture, label, style, svg
from reports.gate.finding import Finding
from reports.schema.metrics import BY_NAME

MOST = 60
"""Rows: those to look at first."""
BLUE, ORANGE, GREEN, *_ = COLORS
VERDICTS = {"regressed": ORANGE, "improved": GREEN, "same": BLUE}


def forest(findings: Sequence[Finding], kind: str) -> Picture | None:
    """Draw the changes of one kind of metric: differences of qualities, ratios of times.

    None where no question of the kind has an interval.
    """
    drawn = [f for f in findings if f.change and f.metric and BY_NAME[f.metric].kind == kind][:MOST]
    if not drawn:
        return None
    with style():
        figure = Figure((8.0, 0.8 + 0.22 * len(drawn)), layout="constrained")
        panel = figure.subplots()
        for row, finding in enumerate(drawn):
            change = finding.change
            assert change
            assert finding.metric
            color = VERDICTS.get(finding.verdict, "0.5")
            panel.plot([change.low, change.high], [row, row], color=color, lw=1.5)
            panel.plot([change.estimate], [row], color=color, marker="o", ms=4)
        panel.axvline(0 if kind == "quality" else 1, color="0.4", lw=1)
        panel.set_yticks(
            range(len(drawn)),
            [f"{label(f.experiment)}, {BY_NAME[f.metric or ''].label}: {f.verdict}" for f in drawn],
            fontsize=7,
        )
        panel.invert_yaxis()
        if kind == "quality":
            panel.set_xlabel("head − base, paired by seed")
        else:
            panel.set_xscale("log")
            panel.set_xlabel("head over base")
        return Picture(
            name=f"changes-{kind}",
            title="Differences of qualities since the base, with their intervals"
            if kind == "quality"
            else "Times as multiples of the base's, with their intervals",
            svg=svg(figure),
        )
