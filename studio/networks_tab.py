"""The tab for networks and settings: which are active, how they are trained, their layers."""

from concurrent.futures import Future
from functools import partial
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.value_element import ValueElement

from architectures.registry import BY_NAME as BY_NAME_OF_SUITE
from architectures.spec import Architecture
from bench.backends import installed
from bench.execution import NAMES as EXECUTIONS
from bench.selection import SEEDS, PlanError
from datasets.spec import Dataset
from reports.figures import network as drawing
from reports.schema.metrics import BY_NAME, recordable
from reports.schema.record import Network
from studio import markup
from studio.choice import Choice
from studio.widgets import heading, tell
from studio.workspace import Workspace


class NetworksTab:
    """Chooses networks and settings, and shows each network's layers."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._seen: tuple[object, ...] | None = None
        self._fields: dict[str | tuple[str, str], ValueElement[Any]] = {}
        """By the name of a setting, or of a set and what may be in it."""
        self._followed: Choice | None = None
        self._waiting: dict[str, tuple[Future[Network], ui.column]] = {}
        self._body = ui.column().classes("w-full gap-4")

    def update(self) -> None:
        """Follow the choice, whoever made it; fill in layers that have come."""
        choice = self._workspace.choice
        own = [self._workspace.planned(name).own for name in choice.available]  # as edited last
        state = choice.dataset, choice.synthetic, own
        if self._seen != state:
            self._seen = None
            self._body.clear()
            self._waiting.clear()
            self._fields.clear()
            with self._body:
                self._settings()
                self._networks()
            self._seen = state
        elif self._followed is not choice:
            self._follow()
        self._followed = choice
        for name, (built, place) in [*self._waiting.items()]:
            if built.done():
                del self._waiting[name]
                place.clear()
                with place:
                    if error := built.exception():
                        ui.label(f"It could not be built: {error}").props('role="alert"')
                    else:
                        _layers(name, built.result())

    def _settings(self) -> None:
        choice, change = self._workspace.choice, self._change
        heading("How they are trained")
        with ui.row().classes("w-full gap-4 items-start"):
            self._fields["backend"] = ui.select(
                list(installed()),
                label="Backend",
                value=choice.backend,
                on_change=lambda event: change(backend=event.value),
            ).classes("min-w-40")
            self._number("Seed", "seed", choice.seed, least=0, most=SEEDS - 1)
            self._number("Epochs", "epochs", choice.epochs)
            self._number("Batch size", "batch_size", choice.batch_size)
            execution = ui.select(
                list(EXECUTIONS),
                label="Execution",
                value=choice.execution,
                on_change=lambda event: change(execution=event.value),
            ).classes("min-w-40")
            execution.tooltip(
                "default is plain model.fit; tuned is the program of an epoch that was fastest for "
                "most of the suite's networks on this backend, with the same loss curve"
            )
            self._fields["execution"] = execution
        with ui.row().classes("items-center gap-2").props('role="group" aria-label="Metrics"'):
            ui.label("Recorded besides the loss, for training and validation:")
            dataset = self._workspace.dataset
            if dataset is None:
                ui.label("those that your network is compiled with.")
            for name in recordable(len(dataset.classes)) if dataset else ():
                box = ui.checkbox(BY_NAME[name].label, value=name in choice.metrics)
                if name == "accuracy":
                    box.set_value(True)
                    box.props("disable")
                else:
                    self._fields["metrics", name] = box
                    box.on_value_change(
                        lambda event, name=name: self._toggle("metrics", name, event.value)
                    )

    def _networks(self) -> None:
        choice = self._workspace.choice
        heading("Networks")
        with ui.element("div").classes("cards"):
            for name in choice.available:
                with ui.card().classes("w-full"):
                    self._fields["networks", name] = ui.checkbox(
                        name,
                        value=name in choice.networks,
                        on_change=lambda event, name=name: self._toggle(
                            "networks", name, event.value
                        ),
                    ).classes("font-medium")
                    _budget(BY_NAME_OF_SUITE.get(name), self._workspace.dataset)
                    place = ui.column().classes("w-full")
                    with place:
                        ui.label("Building it …").classes("text-sm").props('role="status"')
                    built = self._workspace.errands.network(self._workspace.planned(name))
                    self._waiting[name] = built, place

    def _number(
        self, label: str, name: str, value: int, *, least: int = 1, most: int | None = None
    ) -> None:
        def changed(text: object) -> None:
            if not _whole(text, least, most):
                self._change(**{name: int(float(str(text)))})

        self._fields[name] = ui.number(
            label,
            value=value,
            min=least,
            max=most,
            precision=0,
            validation=partial(_whole, least=least, most=most),
            on_change=lambda event: changed(event.value),
        ).classes("w-28")

    def _toggle(self, field: str, name: str, chosen: bool) -> None:
        chosen_now = getattr(self._workspace.choice, field)
        if (name in chosen_now) == chosen:
            return
        now = [other for other in chosen_now if other != name]
        self._change(**{field: (*now, name) if chosen else tuple(now)})

    def _change(self, **changes: object) -> None:
        choice = self._workspace.choice
        if all(getattr(choice, name) == value for name, value in changes.items()):
            return
        try:
            self._workspace.change(**changes)
        except PlanError as error:
            tell(str(error), wrong=True)
            self._follow()

    def _follow(self) -> None:
        """Show the settings that are in force, whatever was refused or chosen in another tab."""
        choice = self._workspace.choice
        for name, field in self._fields.items():
            if isinstance(name, tuple):
                field.set_value(name[1] in getattr(choice, name[0]))
            else:
                field.set_value(getattr(choice, name))


def _budget(network: Architecture | None, dataset: Dataset | None) -> None:
    """Show a network's parameters within its budget, where it has one for these data."""
    if network is None or dataset is None:
        own = "your own" if network is None else f"{network.kind.upper()}, on your own data"
        ui.label(f"{own}; it has no budget").classes("text-sm")
        return
    scale = network.scale(dataset.encodings[network.encoding].shape, len(dataset.classes))
    if scale is None:
        ui.label(f"{network.kind.upper()}; no budget for data of this shape").classes("text-sm")
        return
    share = scale.parameters / scale.budget_reference
    ui.label(
        f"{network.kind.upper()}, {scale.parameters:,} parameters; budget "
        f"{scale.budget_reference:,} ± 10 %: {share - 1:+.1%}"
    ).classes("text-sm")
    ui.html(markup.budget(share), sanitize=False).classes("w-full")


def _whole(value: object, least: int, most: int | None = None) -> str | None:
    """Return what is wrong with a number that was typed."""
    try:
        right = float(str(value)) == int(float(str(value))) >= least
        right = right and (most is None or float(str(value)) <= most)
    except (ValueError, OverflowError):
        right = False
    if right:
        return None
    return f"a whole number from {least} " + ("on" if most is None else f"to {most:,}")


def _layers(name: str, network: Network) -> None:
    rows = [
        {
            "layer": layer.type,
            "output": " × ".join("batch" if n is None else f"{n:,}" for n in layer.output_shape),
            "parameters": f"{layer.parameters:,}",
        }
        for layer in network.layers
    ]
    with ui.expansion("Layers").classes("w-full"):
        ui.table(
            rows=rows,
            columns=[
                {"name": "layer", "label": "Layer", "field": "layer", "align": "left"},
                {"name": "output", "label": "Output", "field": "output", "align": "left"},
                {"name": "parameters", "label": "Parameters", "field": "parameters"},
            ],
            row_key="layer",
        ).props("dense flat hide-pagination :rows-per-page-options=[0]").classes("w-full")
    with ui.expansion("Plot").classes("w-full"):
        ui.html(markup.network(drawing.boxes(network), name), sanitize=False)
