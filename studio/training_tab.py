"""The tab for training: start, stop, go on; progress, curves and the log as they come."""

from nicegui import ui

from bench import progress
from reports import charts
from reports.schema.metrics import BY_NAME
from studio.run import BUSY, STATE_NAMES, Run
from studio.widgets import confirmed, heading, label_of, legend, set_text, tell
from studio.workspace import Workspace


class Card:
    """One network's training."""

    def __init__(self, workspace: Workspace, run: Run) -> None:
        self._workspace, self.run = workspace, run
        with ui.card().classes("w-full"):
            with ui.row().classes("w-full items-center justify-between no-wrap"):
                ui.label(run.network).classes("font-medium").props('role="heading" aria-level="3"')
                self._state = ui.badge().props('outline color=grey-7 role="status"')
            self._bar = ui.linear_progress(0, show_value=False, size="10px").props(
                f'aria-label="progress of {run.network}"'
            )
            self._text = ui.label().classes("text-sm progress-text")
            self._problem = ui.label().classes("warning").props('role="alert"')
            with ui.expansion("What it printed").classes("w-full") as self._trace:
                self._printed = ui.label().classes("log whitespace-pre-wrap")
            with ui.row().classes("gap-2"):
                self._go = ui.button(on_click=self._train).props("dense outline")
                self._stop = ui.button("Stop", on_click=self._ask_to_stop)
                self._stop.props("dense outline color=negative")
                self._anew = ui.button("From the beginning", on_click=self._ask_to_begin)
                self._anew.props("dense flat")
        for button, verb in ((self._go, "Train"), (self._stop, "Stop"), (self._anew, "Train")):
            button.props(f'aria-description="{verb} {run.network}"')

    def update(self) -> None:
        """Show how far it is."""
        run, epochs = self.run, self.run.experiment.epochs
        now = run.progress if run.state in BUSY else None
        share = float(run.epochs)
        if now and now.share < 1:
            share = now.epoch - 1 + now.share
        set_text(self._state, STATE_NAMES[run.state])
        self._bar.set_value(min(1.0, share / epochs))
        set_text(self._text, self._said())
        set_text(self._problem, run.problem or "")
        self._problem.set_visibility(bool(run.problem))
        set_text(self._printed, run.trace or "")
        self._trace.set_visibility(bool(run.trace))
        set_text(self._go, "Go on" if run.epochs else "Train")
        self._go.set_visibility(run.state in ("new", "stopped", "failed"))
        self._stop.set_visibility(run.state in BUSY)
        self._stop.set_enabled(run.state != "stopping")
        self._anew.set_visibility(run.state not in BUSY and run.epochs > 0)

    def _said(self) -> str:
        run, now = self.run, self.run.progress
        whole = f"{run.epochs} of {run.experiment.epochs} epochs"
        if run.state == "running" and now is None:
            return "starting its process, reading its data …"
        if run.state in ("running", "stopping") and now:
            parts = [f"epoch {now.epoch} of {now.epochs}"]
            if now.share < 1:
                parts.append(f"{now.share:.0%} of its batches")
            if now.seconds_left is not None:
                parts.append(f"{progress.clock(now.seconds_left)} left")
            return ", ".join(parts)
        last = [
            f"{BY_NAME[name].label} {BY_NAME[name].format.format(series[-1])}"
            for name, series in [*run.validation.items()]
            if series and series[-1] is not None and name in ("loss", "accuracy")
        ]
        return f"{whole}; validation: {', '.join(last)}" if last else whole

    def _train(self) -> None:
        self._workspace.queue.train(self.run)

    async def _ask_to_stop(self) -> None:
        if await may_stop([self.run]):
            self._workspace.queue.stop(self.run)

    async def _ask_to_begin(self) -> None:
        if await may_begin_anew([self.run]):
            self._workspace.queue.train(self.run, anew=True)


LOOKED_UP = "What there is of some networks is still looked up: train them in a moment."


class TrainingTab:
    """Everything about training."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._shown: list[Run] | None = None
        self._cards: list[Card] = []
        self._drawn: dict[str, tuple[object, ...]] = {}
        self._charts: dict[str, ui.echart] = {}
        self._log_seen: tuple[int, str] | None = None
        with ui.row().classes("gap-2"):
            ui.button("Train the active networks", icon="play_arrow", on_click=self._train)
            self._stop = ui.button("Stop all", icon="stop", on_click=self._ask_to_stop)
            self._stop.props("outline color=negative")
            ui.button("All from the beginning", on_click=self._ask_to_begin).props("flat")
        self._what = ui.label().classes("text-sm")
        self._others = ui.label().classes("note").props('role="status"')
        self._place = ui.element("div").classes("cards")
        heading("Curves")
        ui.label("Training is dashed, validation (on the test subset) solid.").classes("text-sm")
        self._legend = ui.element("ul").classes("legend")
        self._curves = ui.element("div").classes("charts")
        heading("Log")
        with ui.row().classes("gap-2"):
            ui.button("Save the log", icon="download", on_click=self._save_log).props("outline")
            ui.button("Clear", on_click=self._ask_to_clear).props("flat")
        self._log = ui.label().classes("log whitespace-pre-wrap w-full")
        self._log.props('role="log" tabindex="0" aria-label="Log"')

    def update(self) -> None:
        """Show what is so now."""
        runs = self._workspace.runs
        if runs != self._shown:
            self._shown = None
            self._place.clear()
            with self._place:
                self._cards = [Card(self._workspace, run) for run in runs]
                if not runs:
                    ui.label("No network is active: choose some under Networks.")
            colors = self._workspace.colors
            legend(self._legend, {run.network: colors[run.network] for run in runs})
            self._shown = runs
        for card in self._cards:
            card.update()
        choice = self._workspace.choice
        data = "synthetic data" if choice.synthetic else "real files"
        set_text(
            self._what,
            f"{self._workspace.title} ({data}), {choice.backend}, seed {choice.seed}, "
            f"{choice.epochs} epochs, batches of {choice.batch_size}, {choice.execution} execution",
        )
        elsewhere = [run for run in self._workspace.queue.busy if run not in runs]
        names = ", ".join(f"{run.experiment.id} ({STATE_NAMES[run.state]})" for run in elsewhere)
        set_text(self._others, f"By an earlier choice: {names}" if elsewhere else "")
        self._others.set_visibility(bool(elsewhere))
        self._stop.set_visibility(bool(self._workspace.queue.busy))
        self._update_curves(runs)
        self._update_log()

    def _update_curves(self, runs: list[Run]) -> None:
        chosen = "loss", *self._workspace.choice.metrics
        names = dict.fromkeys(
            name for run in runs for name in [*run.train] if run.experiment.own or name in chosen
        )
        wanted = [name for name in BY_NAME if name in names]
        wanted += [name for name in names if name not in BY_NAME]
        if wanted != list(self._charts):
            self._curves.clear()
            self._drawn.clear()
            with self._curves:
                self._charts = {
                    name: ui.echart({}, renderer="svg").classes("chart") for name in wanted
                }
                if not wanted:
                    ui.label("They begin with the end of the first epoch.")
        colors = self._workspace.colors
        for name, chart in self._charts.items():
            drawn: list[charts.Line] = []
            for run in runs:
                for what, series, dashed in (
                    ("training", run.train, True),
                    ("validation", run.validation, False),
                ):
                    points = list(enumerate(series.get(name, ()), 1))
                    if points:
                        label = f"{run.network} {what}"
                        drawn.append((label, colors[run.network], dashed, points))
            state = tuple((label, len(points), points[-1]) for label, _, _, points in drawn)
            if self._drawn.get(name) != state:
                self._drawn[name] = state
                chart.options.clear()
                chart.options.update(charts.lines(label_of(name), "epoch", drawn))
                chart.update()

    def _update_log(self) -> None:
        log = self._workspace.journal.log
        state = (len(log), log[-1] if log else "")
        if state != self._log_seen:
            self._log_seen = state
            self._log.set_text("\n".join(reversed(log)) or "Nothing has happened yet.")

    def _train(self) -> None:
        runs = self._workspace.runs
        sought = any(run.state == "unknown" for run in runs)
        waiting = [run for run in runs if run.state not in (*BUSY, "done", "unknown")]
        for run in waiting:
            self._workspace.queue.train(run)
        if sought:
            tell(LOOKED_UP)
        elif not waiting:
            tell("Nothing to train: every active network is trained, or being trained.")

    async def _ask_to_begin(self) -> None:
        if any(run.state == "unknown" for run in self._workspace.runs):
            tell(LOOKED_UP)
        idle = [run for run in self._workspace.runs if run.state not in (*BUSY, "unknown")]
        if await may_begin_anew(idle):
            for run in idle:
                self._workspace.queue.train(run, anew=True)

    async def _ask_to_stop(self) -> None:
        busy = self._workspace.queue.busy
        if await may_stop(busy):
            for run in reversed(self._workspace.queue.busy):
                self._workspace.queue.stop(run)

    async def _ask_to_clear(self) -> None:
        journal = self._workspace.journal
        if journal.log_saved or await confirmed(
            "Clear the log?", "Its lines were not saved.", "Clear"
        ):
            journal.clear_log()

    def _save_log(self) -> None:
        journal = self._workspace.journal
        journal.log_saved = True  # unless a line comes meanwhile
        ui.download("\n".join((*journal.log, "")).encode(), "studio.log")


async def may_stop(runs: list[Run]) -> bool:
    """Ask before the running epoch is lost, if there is one."""
    lost = [
        f"{run.network}: {run.progress.share:.0%} of epoch {run.progress.epoch}"
        for run in runs
        if run.state == "running" and run.progress and run.progress.share < 1
    ]
    running = [run.network for run in runs if run.state == "running"]
    if not running:
        return True
    at = f" ({', '.join(lost)})" if lost else ""
    return await confirmed(
        f"Stop {', '.join(running)}?",
        "Finished epochs are kept, and training can go on from there later. "
        f"The epoch in progress is lost{at}.",
        "Stop",
    )


async def may_begin_anew(runs: list[Run]) -> bool:
    """Ask before whole epochs are lost that were not saved under a name."""
    lost = [f"{run.network} ({run.epochs} epochs)" for run in runs if run.unsaved]
    if not lost:
        return True
    return await confirmed(
        "Train from the beginning?",
        f"This replaces weights that were not saved under a name: {', '.join(lost)}. "
        "Save them first under Files if you want to keep them.",
        "From the beginning",
    )
