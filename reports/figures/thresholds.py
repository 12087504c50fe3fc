"""Predictions to the trade-offs of a threshold."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from reports.charts import Looks, thin
from reports.figures.picture import (
    PANEL_INCHES,
    Picture,
    backends_of,
    label,
    legend,
    style,
    svg,
)
from reports.schema.predictions import Predictions
from reports.schema.record import Measured


def thresholds(
    records: Sequence[Measured],
    predictions: Mapping[tuple[str, str], Predictions],
    looks: Looks,
) -> Picture | None:
    """Draw the ROC curve and the precision-recall curve of a binary task, a line for each run.

    ``predictions`` are by the records' id and backend. None where of none a curve can be drawn.
    """
    drawn = [
        record
        for record in records
        if (found := predictions.get((record.id, record.backend))) and not found.no_curve
    ]
    if not drawn:
        return None
    from sklearn import metrics  # takes a second, which reports without predictions need not wait

    backends = backends_of(drawn)
    networks = looks.of((r.architecture, r.backend) for r in drawn).colors
    width, _ = PANEL_INCHES
    with style():
        figure = Figure((width * len(backends) + 1.4, 2 * width), layout="constrained")
        panels = figure.subplots(2, len(backends), squeeze=False, sharex=True, sharey=True)
        for record in drawn:
            column, color = backends.index(record.backend), networks[record.architecture]
            kept = predictions[record.id, record.backend]
            true, score = kept.true, kept.probabilities[:, 0]
            false_positives, true_positives, _ = metrics.roc_curve(true, score)
            panels[0, column].plot(*thin(false_positives, true_positives), color=color, lw=1)
            precision, recall, _ = metrics.precision_recall_curve(true, score)
            panels[1, column].plot(*thin(recall, precision), color=color, lw=1)
        for column, backend in enumerate(backends):
            panels[0, column].set_title(label(backend))
            panels[0, column].set_xlabel("false positive rate")
            panels[1, column].set_xlabel("recall")
        panels[0, 0].set_ylabel("true positive rate (ROC)")
        panels[1, 0].set_ylabel("precision")
        legend(figure, networks, {})
        dataset = drawn[0].dataset
        return Picture(
            name=f"thresholds-{dataset}",
            title=f"ROC and precision-recall curves of each network on {dataset}",
            svg=svg(figure),
        )
