"""The tab for results: tests, confusion, thresholds, what was taken for what, and earlier runs."""

from typing import Any

import numpy as np
from nicegui import run as threads
from nicegui import ui

from bench.store import Damaged, Store
from datasets.spec import DataError
from reports import charts
from reports.charts import Line
from reports.schema.predictions import Predictions
from reports.schema.record import Evaluated, Scored, Trained
from reports.schema.text import plain
from reports.tables.confusion import confusion
from studio import markup, samples
from studio.run import Run
from studio.samples import Samples
from studio.widgets import heading, label_of, legend, sample, tell
from studio.workspace import Workspace

SHOWN = 12
FACTS = ("network", "weights", "started (UTC)", "backend", "seed", "recipe", "epochs")
"""Of a table of results: all else are qualities."""
Results = list[tuple[Run, Trained | Evaluated, Predictions]]
Curves = list[tuple[str, str, list[Line]]]
"""Title, axis, lines."""


class ResultsTab:
    """Everything about the qualities of trained networks."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._seen: tuple[object, ...] | None = None
        self._past_seen: tuple[object, ...] | None = None
        with ui.row().classes("items-end gap-4"):
            self._batch = ui.number(
                "Batch size of the test", value=workspace.choice.batch_size, min=1, precision=0
            ).classes("w-40")
            ui.button("Test the active networks", icon="fact_check", on_click=self._test)
            self._waiting = ui.label().props('role="status"')
        self._body = ui.column().classes("w-full gap-4")
        heading("Earlier runs of this data set")
        ui.label(
            "All records of the results folder. Compare numbers of one recipe only: other epochs, "
            "samples or batches are another experiment."
        ).classes("text-sm")
        self._past = ui.column().classes("w-full")

    async def update(self) -> None:
        """Show what is so now."""
        runs = self._workspace.runs
        testing = [run.network for run in runs if run.testing]
        self._waiting.set_text(f"testing {', '.join(testing)} …" if testing else "")
        state: tuple[object, ...] = tuple((run.network, id(run.result)) for run in runs)
        if state != self._seen:
            self._seen = None
            await self._show(runs)
            self._seen = state
        choice = self._workspace.choice
        ended = tuple(run.record.started_at for run in runs if run.record)
        past = (choice.dataset, choice.synthetic, ended, len(self._workspace.queue.session_files))
        if past != self._past_seen:
            self._past_seen = None
            await self._show_past()
            self._past_seen = past

    async def _show(self, runs: list[Run]) -> None:
        """Show the results of some runs as they are now, however long reading takes."""
        choice, colors = self._workspace.choice, self._workspace.colors
        tested = [(run, run.result, _source(run)) for run in runs if run.result and run.result.test]
        experiment = self._workspace.experiment()

        def read() -> tuple[Samples | None, Results]:
            results: Results = [
                (run, record, kept)
                for run, record, _ in tested
                if record and (kept := self._workspace.predictions(record))
            ]
            if choice.suite_dataset is None:
                return None, results  # the user's own, which the worker alone reads
            try:
                return samples.read(
                    choice.dataset,
                    choice.synthetic,
                    experiment.train_samples,
                    experiment.test_samples,
                ), results
            except (DataError, OSError):
                return None, results

        shown, results = (await threads.io_bound(read) if tested else None) or (None, [])
        curves = await threads.io_bound(thresholds, results, colors)
        if self._body.is_deleted:
            return
        self._body.clear()
        with self._body:
            if not tested:
                ui.label("Nothing to show yet: train a network, or load weights under Files.")
                return
            heading("Metrics on the test subset")
            _table([_row(record, "weights", source) for _, record, source in tested if record])
            if any(record and record.confusion for _, record, _ in tested):
                heading("Confusion matrices")
            with ui.element("div").classes("matrices"):
                for run, record, _ in tested:
                    if record and record.confusion:
                        matrix = confusion(run.network, record.confusion, record.data.classes)
                        ui.html(markup.confusion(matrix), sanitize=False)
            _show_curves(curves or [], results)
            if shown and results:
                self._mistakes(shown, results)

    def _mistakes(self, shown: Samples, results: Results) -> None:
        heading("Misclassified test samples, the surest mistakes first")
        classes = shown.dataset.classes
        kept = {run.network: predictions for run, _, predictions in results}
        with ui.row().classes("items-end gap-4"):
            network = ui.select(list(kept), label="Network", value=next(iter(kept)))
            network.classes("min-w-48")
            true = ui.select(
                {-1: "all", **dict(enumerate(classes))}, label="True class", value=-1
            ).classes("min-w-40")
            more = ui.button("Show more").props("outline")
        said = ui.label().classes("text-sm").props('role="status"')
        grid = ui.element("ul").classes("samples")
        place = {"first": 0}

        def show(first: int = 0) -> None:
            predictions = kept[network.value]
            rows, sure = mistakes(predictions, None if true.value == -1 else int(true.value))
            place["first"] = first if first < len(rows) else 0
            part = slice(place["first"], place["first"] + SHOWN)
            grid.clear()
            said.set_text(
                f"{len(rows):,} of {len(predictions.true):,} test samples; "
                f"{place['first'] + 1 if len(rows) else 0} to {min(part.stop, len(rows))} here"
            )
            with grid:
                for row, probability in zip(rows[part], sure[part], strict=True):
                    taken = f"{classes[predictions.classes[row]]} ({_sure(probability)})"
                    sample(shown, "test", int(row), remark=f"taken for {taken}")

        network.on_value_change(lambda: show())
        true.on_value_change(lambda: show())
        more.on_click(lambda: show(place["first"] + SHOWN))
        show()

    async def _show_past(self) -> None:
        read = await threads.io_bound(
            past,
            self._workspace.store,
            self._workspace.experiment().dataset,
            synthetic=self._workspace.choice.synthetic,
        )
        records, damaged = read or ([], [])  # nothing when the server is ending
        if self._past.is_deleted:
            return
        self._past.clear()
        with self._past:
            if damaged:
                ui.label(f"Left out: {'; '.join(damaged)}").classes("warning")
            if not records:
                ui.label("There are none.")
                return
            when = [record.started_at[:16].replace("T", " ") for record in records]
            _table([_row(r, "started (UTC)", at) for r, at in zip(records, when, strict=True)])

    def _test(self) -> None:
        ready = [run for run in self._workspace.runs if self._workspace.errands.weights(run)]
        size = self._batch.value
        if not ready:
            tell("No active network has weights: train one, or load some under Files.", wrong=True)
        elif not size or size < 1:
            tell("The batch size of the test is a whole number from 1 on.", wrong=True)
        else:
            for run in ready:
                self._workspace.errands.test(run, int(size))


def mistakes(predictions: Predictions, true: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of misclassified samples and how sure they were: the surest first, NaN last.

    ``true`` limits them to samples of that class. Both are ``(mistakes,)``.
    """
    wrong = predictions.classes != predictions.true
    if true is not None:
        wrong &= predictions.true == true
    rows = np.flatnonzero(wrong)
    given = predictions.probabilities[rows]
    sure = np.maximum(given[:, 0], 1 - given[:, 0]) if given.shape[1] == 1 else given.max(axis=1)
    order = np.argsort(-sure, kind="stable")
    return rows[order], sure[order]


def past(store: Store, dataset: str, *, synthetic: bool) -> tuple[list[Scored], list[str]]:
    """Return the tested records of a data set, the latest first, and what could not be read."""
    scored: list[Scored] = []
    damaged: list[str] = []
    for path, record in store.records():
        if isinstance(record, Damaged):
            damaged.append(f"{plain(path.name)} is {record.reason}")
            continue
        if not isinstance(record, Scored) or record.dataset != dataset:
            continue
        if record.data.synthetic == synthetic:
            scored.append(record)
    return sorted(scored, key=lambda record: record.started_at, reverse=True), damaged


def thresholds(results: Results, colors: dict[str, str]) -> Curves:
    """Return the ROC and the precision-recall curves of binary tasks: title, axis, lines."""
    binary = [(run, kept) for run, _, kept in results if not kept.no_curve]
    if not binary:
        return []
    from sklearn import metrics  # takes a second, which the first page need not wait for

    roc: list[Line] = []
    recall: list[Line] = []
    for run, kept in binary:
        name, color, score = run.network, colors[run.network], kept.probabilities[:, 0]
        false_positives, true_positives, _ = metrics.roc_curve(kept.true, score)
        roc.append((name, color, False, _points(false_positives, true_positives)))
        precision, recalled, _ = metrics.precision_recall_curve(kept.true, score)
        recall.append((name, color, False, _points(recalled, precision)))
    return [
        ("ROC: true positive rate", "false positive rate", roc),
        ("Precision", "recall", recall),
    ]


def _points(x: np.ndarray, y: np.ndarray) -> list[list[float]]:
    points: list[list[float]] = np.round(np.stack(charts.thin(x, y), axis=1), 4).tolist()
    return points


def _show_curves(curves: Curves, results: Results) -> None:
    """Show the threshold curves, and say of which network there is none."""
    if curves:
        heading("Thresholds")
        colors = {name: color for name, color, *_ in curves[0][2]}
        legend(ui.element("ul").classes("legend"), colors)
        with ui.element("div").classes("charts"):
            for title, axis, drawn in curves:
                options = charts.lines(title, axis, drawn, unit=True)
                ui.echart(options, renderer="svg").classes("chart")
    for run, record, kept in results:
        if len(record.data.classes) == 2 and kept.no_curve:
            ui.label(f"No threshold curve of {run.network}: {kept.no_curve}.")


def _sure(probability: float) -> str:
    return "no number" if np.isnan(probability) else f"{probability:.0%}"


def _source(run: Run) -> str:
    if run.loaded:
        return f"of {run.loaded.name}"
    epochs = run.tested_epochs if run.tested else run.experiment.epochs
    return f"its own, after {epochs} of {run.experiment.epochs} epochs"


def _row(record: Scored | Evaluated, name: str, value: str) -> dict[str, Any]:
    scores = {
        label_of(name): None if value is None else f"{value:.4f}"
        for name, value in record.test.items()
    }
    return {
        "network": record.architecture,
        name: value,
        "backend": record.backend,
        "seed": record.seed,
        "recipe": record.recipe,
        "epochs": record.epochs,
        **scores,
    }


def _table(rows: list[dict[str, Any]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = [
        {
            "name": name,
            "label": name,
            "field": name,
            "sortable": True,
            "align": "left" if name in FACTS else "right",
        }
        for name in names
    ]
    numbered = [{"id": number, **row} for number, row in enumerate(rows)]
    table = ui.table(rows=numbered, columns=columns, pagination=15).props("dense flat")
    table.classes("w-full")
    if len(rows) <= 15:
        table.props("hide-pagination")
