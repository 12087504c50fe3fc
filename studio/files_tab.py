"""The tab for files: weights saved and loaded, models exported, the report of the session."""

import asyncio

from nicegui import events, ui

from studio.run import BUSY, Run
from studio.saved_files import MODEL, MOST_BYTES, WEIGHTS, FileNameError, rejection
from studio.widgets import confirmed, heading, set_text, tell
from studio.workspace import Workspace

REJECTED = "(files) => emit(files.map((each) => [each.failedPropValidation, each.file.name]))"
"""In the browser: which of its rules kept which file from being sent."""


class Row:
    """One network's weights."""

    def __init__(self, workspace: Workspace, run: Run) -> None:
        self._workspace, self.run = workspace, run
        with ui.card().classes("w-full"):
            ui.label(run.network).classes("font-medium").props('role="heading" aria-level="3"')
            self._uses = ui.label().classes("text-sm")
            self._problem = ui.label().classes("warning").props('role="alert"')
            with ui.row().classes("items-end gap-2 w-full"):
                self._file = ui.select([], label="Saved weights").classes("grow min-w-48")
                self._load = ui.button("Load", on_click=self._load_file).props("outline")
            with ui.row().classes("gap-2"):
                self._own = ui.button("Use its own again", on_click=self._unload).props("flat")
                self._export = ui.button(f"Export as {MODEL}", on_click=self._export_model)
                self._export.props("outline")

    def update(self, names: list[str]) -> None:
        """Show which weights it uses, and which files there are."""
        run = self.run
        weights = self._workspace.errands.weights(run)
        if run.loaded:
            uses = f"Uses the weights of {run.loaded.name}, for tests and exports."
        elif weights:
            saved = "saved" if run.saved else "not saved under a name"
            uses = f"Uses its own weights after {run.epochs} epochs, {saved}."
        else:
            uses = "Has no weights yet."
        set_text(self._uses, "testing …" if run.testing else uses)
        set_text(self._problem, run.problem or "")
        self._problem.set_visibility(bool(run.problem))
        self._own.set_visibility(bool(run.loaded))
        self._own.set_enabled(not run.testing)
        self._export.set_enabled(bool(weights))
        self._load.set_enabled(not run.testing and run.state not in (*BUSY, "unknown"))
        if self._file.options != names:
            self._file.set_options(names, value=self._file.value)

    def _load_file(self) -> None:
        if not self._file.value:
            tell("Choose a file of saved weights first.", wrong=True)
            return
        try:
            path = self._workspace.saved.file(str(self._file.value), WEIGHTS)
        except FileNameError as error:  # put there by other means
            tell(str(error), wrong=True)
        else:
            self._workspace.errands.load(self.run, path, self._workspace.choice.batch_size)

    def _unload(self) -> None:
        self._workspace.errands.unload(self.run)

    async def _export_model(self) -> None:
        run, errands = self.run, self._workspace.errands
        loaded = run.loaded
        try:
            with errands.held(run, loaded) as held:
                own = f"{run.experiment.id}-e{held.epochs}"
                name = loaded.name.removesuffix(WEIGHTS) if loaded else own
                path = self._workspace.saved.file(name, MODEL)
                if path.exists() and not await confirmed(
                    "Replace an exported model?", f"{path.name} is there already.", "Replace"
                ):
                    return
                tell(f"Exporting {run.network} …")
                problem = await asyncio.wrap_future(errands.export(run, held, path))
        except (FileNameError, OSError) as error:
            problem = str(error)
        if problem:
            tell(problem, wrong=True)
        else:
            ui.download(path)


class FilesTab:
    """Everything that is kept."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._shown: list[Run] | None = None
        self._rows: list[Row] = []
        self._seen: tuple[object, ...] | None = None
        heading("Weights of the active networks")
        ui.label(
            "Weights are kept with every epoch of each network. Saved under a name, no training "
            "touches them. Loaded weights are for tests and exports; a training always starts from "
            "its own seed, so that its record can be repeated."
        ).classes("text-sm max-w-prose")
        with ui.row().classes("items-end gap-2"):
            self._name = ui.input("Name", value=self._usual_name()).classes("min-w-64")
            ui.button("Save weights", icon="save", on_click=self._save)
        self._place = ui.element("div").classes("cards")
        heading("Saved files")
        sender = ui.upload(
            label=f"Send a {WEIGHTS} file from this device",
            max_file_size=MOST_BYTES,
            auto_upload=True,
            on_upload=self._receive,
        ).props(f'accept=".h5" flat bordered aria-label="Send a {WEIGHTS} file"')
        sender.classes("w-full max-w-md")
        sender.on("rejected", self._rejected, js_handler=REJECTED)
        # Whatever stays in its list cannot be sent once more.
        sender.on("uploaded", lambda: sender.run_method("removeUploadedFiles"), args=[])
        sender.on("failed", lambda: self._unsent(sender), args=[])
        self._files = ui.element("ul").classes("files")
        heading("Report")
        with ui.row().classes("items-center gap-4"):
            self._render = ui.button("Make the report of this session", on_click=self._report)
            self._link = ui.link("Open the report", "/report", new_tab=True)
            self._link.set_visibility(workspace.report_path.exists())

    def update(self) -> None:
        """Show what is so now."""
        runs = self._workspace.runs
        if runs != self._shown:
            self._shown = None
            self._name.set_value(self._usual_name())
            self._place.clear()
            with self._place:
                self._rows = [Row(self._workspace, run) for run in runs]
            self._shown = runs
        saved = self._workspace.saved.saved()
        names = [file.name for file in saved if file.name.endswith(WEIGHTS)]
        for row in self._rows:
            row.update(names)
        if tuple(saved) != self._seen:
            self._seen = None
            self._files.clear()
            with self._files:
                for file in saved:
                    with ui.element("li"):
                        ui.label(f"{file.name}, {file.size_bytes / 1e6:.1f} MB, {file.saved_at}")
                        ui.button(
                            "Download", on_click=lambda name=file.name: self._download(name)
                        ).props("dense flat").props["aria-label"] = f"Download {file.name}"
                if not saved:
                    ui.label("None yet.")
            self._seen = tuple(saved)

    def _usual_name(self) -> str:
        choice = self._workspace.choice
        dataset = self._workspace.experiment().dataset
        return f"{dataset}-{choice.backend}-s{choice.seed}"

    async def _save(self) -> None:
        errands, saved_files = self._workspace.errands, self._workspace.saved
        ready = [run for run in self._workspace.runs if errands.weights(run)]
        if not ready:
            tell("No active network has weights: train one first.", wrong=True)
            return
        try:
            names = {run.network: f"{self._name.value}-{run.network}" for run in ready}
            paths = {network: saved_files.file(name, WEIGHTS) for network, name in names.items()}
            there = [path.name for path in paths.values() if path.exists()]
            if there and not await confirmed(
                "Replace saved weights?", f"These are there already: {', '.join(there)}.", "Replace"
            ):
                return
            saved = [errands.save(run, names[run.network]).name for run in ready]
        except (FileNameError, OSError) as error:
            tell(str(error), wrong=True)
        else:
            tell(f"Saved {', '.join(saved)}")

    async def _receive(self, event: events.UploadEventArguments) -> None:
        name = event.file.name
        if event.file.size() > MOST_BYTES:  # the page refuses it too, unless it is not ours
            tell(rejection("max-file-size", name), wrong=True)
            return
        try:
            path = self._workspace.saved.receive(await event.file.read(), name)
        except (FileNameError, OSError) as error:
            tell(str(error), wrong=True)
        else:
            self._workspace.journal.say(f"{path.name} was sent")
            tell(f"{path.name} is here; Load says whether it fits.")

    def _rejected(self, event: events.GenericEventArguments) -> None:
        for reason, name in event.args:
            tell(rejection(str(reason), str(name)), wrong=True)

    def _unsent(self, sender: ui.upload) -> None:
        sender.reset()
        tell("The file could not be sent: the studio did not take it.", wrong=True)

    def _download(self, name: str) -> None:
        suffix = WEIGHTS if name.endswith(WEIGHTS) else MODEL
        try:
            ui.download(self._workspace.saved.file(name, suffix))
        except FileNameError as error:
            tell(str(error), wrong=True)

    async def _report(self) -> None:
        self._render.disable()
        try:
            await self._workspace.report()
        except (RuntimeError, OSError) as error:
            tell(str(error), wrong=True)
        else:
            self._link.set_visibility(True)
            tell("The report is ready.")
        finally:
            self._render.enable()
