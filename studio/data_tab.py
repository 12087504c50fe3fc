"""The tab for data: which set, its facts, its samples."""

from nicegui import run, ui

from bench.selection import PlanError
from datasets import fetch
from datasets import registry as datasets
from datasets.spec import DataError, Dataset
from reports import charts
from studio import samples
from studio.samples import Samples
from studio.widgets import heading, sample, tell
from studio.workspace import Workspace

SHOWN = 12
OWN = (
    "Your own data, or what is generated to fit your networks: read by the process that trains, "
    "and nowhere else. What your networks make of them stands under Results."
)


class DataTab:
    """Chooses the data and shows what they are."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._seen: tuple[str, bool] | None = None
        self._draw = 0
        own = workspace.choice.user
        titles = {own.data: f"{own.data} (your own)"} if own.networks else {}
        titles |= {dataset.name: dataset.title for dataset in datasets.DATASETS}
        with ui.row().classes("w-full items-end gap-6"):
            self._dataset = ui.select(
                titles,
                label="Data set",
                value=workspace.choice.dataset,
                on_change=self._chosen,
            ).classes("min-w-64")
            with ui.column().classes("gap-0"):
                ui.label("Samples").classes("text-sm opacity-80").props('id="origin"')
                self._origin = ui.radio(
                    {True: "synthetic data", False: "real files"},
                    value=workspace.choice.synthetic,
                    on_change=self._chosen,
                ).props('inline aria-labelledby="origin"')
        self._body = ui.column().classes("w-full gap-4")

    async def update(self) -> None:
        """Show the data that are chosen now, if they were not shown before."""
        choice = self._workspace.choice
        if self._seen == (choice.dataset, choice.synthetic):
            return
        self._seen = None
        self._dataset.set_value(choice.dataset)
        self._origin.set_value(choice.synthetic)
        self._body.clear()
        self._origin.set_visibility(self._workspace.dataset is not None)
        if self._workspace.dataset is None:
            with self._body:
                ui.label(OWN).classes("note")
            self._seen = choice.dataset, choice.synthetic
            return
        experiment = self._workspace.experiment()
        with self._body:
            waiting = ui.row().props('role="status"')
            with waiting:
                ui.spinner()
                ui.label("Reading the samples …")
        problem = "the studio is ending"
        try:
            shown = await run.io_bound(
                samples.read,
                choice.dataset,
                choice.synthetic,
                experiment.train_samples,
                experiment.test_samples,
            )
        except (DataError, OSError) as error:
            shown, problem = None, str(error)
        now = self._workspace.choice
        if (now.dataset, now.synthetic) != (choice.dataset, choice.synthetic):
            return  # the next look shows what was chosen meanwhile
        if self._body.is_deleted:
            return
        self._body.clear()
        with self._body:
            if shown is None:
                ui.label(problem).classes("warning").props('role="alert"')
            else:
                self._facts(shown)
                self._samples(shown)
        self._seen = choice.dataset, choice.synthetic

    def _chosen(self) -> None:
        choice = self._workspace.choice
        dataset, synthetic = str(self._dataset.value), bool(self._origin.value)
        if (dataset, synthetic) == (choice.dataset, choice.synthetic):
            return
        suite = datasets.BY_NAME.get(dataset)
        only_real = suite is not None and suite.generate is None
        if synthetic and only_real and dataset == choice.dataset:
            tell(f"{dataset} has no synthetic form.", wrong=True)
            self._origin.set_value(choice.synthetic)
            return
        synthetic = synthetic and not only_real
        try:
            if suite and not synthetic:
                try:
                    fetch.locate(suite)
                except DataError as error:
                    if only_real or dataset == choice.dataset:
                        raise
                    tell(str(error), wrong=True)
                    synthetic = True
            self._workspace.turn_to(dataset, synthetic=synthetic)
        except (DataError, PlanError) as error:
            tell(str(error), wrong=True)
        self._dataset.set_value(self._workspace.choice.dataset)
        self._origin.set_value(self._workspace.choice.synthetic)

    def _facts(self, shown: Samples) -> None:
        dataset, split = shown.dataset, shown.split
        if self._workspace.choice.synthetic:
            ui.label(
                "Generated samples of the same form: good for trying things out; their accuracies "
                "say nothing about the real data."
            ).classes("note")
        facts = {
            "kind of data": dataset.modality,
            "training samples": f"{len(split.y_train):,}",
            "test samples": f"{len(split.y_test):,}",
            "classes": ", ".join(dataset.classes),
            "inputs of the networks": _inputs(dataset),
            "licence of the real data": dataset.licence,
        }
        with ui.element("dl").classes("facts"):
            for name, value in facts.items():
                with ui.element("dt"):
                    ui.label(name)
                with ui.element("dd"):
                    ui.label(value)
        with ui.row().classes("w-full gap-4 items-stretch"):
            with ui.card().classes("grow basis-80"):
                ui.echart(
                    charts.bars(
                        "Samples of each class", dataset.classes, shown.balance(), stacked=False
                    ),
                    renderer="svg",
                ).classes("chart")
            with ui.card().classes("grow basis-80"):
                if len(shown.columns) > 1:
                    ui.select(
                        dict(enumerate(shown.columns)),
                        label="Distribution of",
                        value=0,
                        on_change=lambda event: self._histogram(shown, event.value),
                    ).classes("min-w-48")
                self._distribution = ui.echart({}, renderer="svg").classes("chart")
                self._histogram(shown, 0)

    def _histogram(self, shown: Samples, column: int) -> None:
        edges, counts = shown.histogram(column)
        drawn = dict(zip(shown.dataset.classes, (row.tolist() for row in counts), strict=True))
        middles = [f"{value:.3g}" for value in (edges[:-1] + edges[1:]) / 2]
        title = f"Training samples by {shown.columns[column]}"
        self._distribution.options.clear()
        self._distribution.options.update(charts.bars(title, middles, drawn, stacked=True))
        self._distribution.update()

    def _samples(self, shown: Samples) -> None:
        heading("Training samples")
        with ui.row().classes("items-end gap-4"):
            chosen = ui.select(
                {-1: "all", **dict(enumerate(shown.dataset.classes))}, label="Class", value=-1
            ).classes("min-w-40")
            other = ui.button("Show others").props("outline")
        grid = ui.element("ul").classes("samples")

        def show() -> None:
            number = None if chosen.value == -1 else int(chosen.value)
            grid.clear()
            with grid:
                for row in shown.rows(number, seed=self._draw, count=SHOWN):
                    sample(shown, "train", int(row))

        def again() -> None:
            self._draw += 1
            show()

        chosen.on_value_change(show)
        other.on_click(again)
        show()


def _inputs(dataset: Dataset) -> str:
    return "; ".join(
        f"{name}: {' × '.join(map(str, encoding.shape))} {encoding.dtype}"
        for name, encoding in dataset.encodings.items()
    )
