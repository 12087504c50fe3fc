"""Accuracy against parameters and time."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from reports.charts import Looks
from reports.figures.picture import Picture, label_sparsely, legend_of_points, style, svg
from reports.schema.record import Measured
from reports.tables import front


def picture(records: Sequence[Measured], looks: Looks) -> Picture | None:
    """Draw test accuracy of one data set against training time; filled where nothing dominates.

    Areas grow with the parameters; bars are 95 % intervals over three seeds or more; edges are
    dotted where others disturbed every run.
    """
    rows = front.rows(records)
    if not rows:
        return None
    shown = looks.of((row["network"], row["backend"]) for row in rows)
    disturbed = [row["disturbed"] for row in rows]
    largest = max(row["parameters"] or 0 for row in rows) or 1
    with style():
        figure = Figure((7.2, 3.8), layout="constrained")
        panel = figure.subplots()
        for row in rows:
            at, color = row["training_seconds"], shown.colors[row["network"]]
            if interval := row["interval"]:
                panel.plot([at, at], [interval.low, interval.high], color=color, lw=1)
            panel.scatter(
                [at],
                [row["accuracy"]],
                s=20 + 60 * (row["parameters"] or 0) / largest,
                marker=shown.shapes[row["backend"]].marker,
                facecolor=color if row["on the front"] == "yes" else "white",
                edgecolor=color,
                linestyle=":" if row["disturbed"] else "-",
                zorder=3,
            )
        panel.set_xscale("log")
        panel.set_xlabel("training time [s]")
        panel.set_ylabel("test accuracy")
        label_sparsely(panel.xaxis)
        legend_of_points(figure, shown, "filled: on the front")
        dataset = records[0].dataset
        return Picture(
            name=f"tradeoff-{dataset}",
            title=f"Test accuracy of each network on {dataset} against training time; filled: "
            "no other is better in one of accuracy, time and parameters and nowhere worse"
            + "; dotted: others disturbed every run" * any(disturbed)
            + f"; {shown.legend}",
            svg=svg(figure),
        )
