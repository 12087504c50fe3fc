"""The page: a frame around the tabs, which looks again and again whether anything has changed."""

import inspect
import logging
from collections.abc import Awaitable, Callable

from fastapi import Response
from fastapi.responses import FileResponse
from nicegui import app, ui

from bench.machine import ROOT
from studio.data_tab import DataTab
from studio.files_tab import FilesTab
from studio.networks_tab import NetworksTab
from studio.results_tab import ResultsTab
from studio.run import STATE_NAMES
from studio.training_tab import TrainingTab
from studio.widgets import set_text, tell
from studio.workspace import Workspace

SECONDS = 0.2
"""Between two looks."""
STYLES = (ROOT / "reports" / "templates" / "shared.css", ROOT / "studio" / "style.css")
STYLE = "\n".join(path.read_text("utf-8") for path in STYLES)
NO_SCRIPTS = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def serve(workspace: Workspace) -> None:
    """Register the pages; tell on them whatever a button does not do."""
    app.on_exception(workspace.journal.fault)

    @ui.page("/", title="Keras bench: studio")
    async def index() -> None:
        Page(workspace)

    @app.get("/report")
    def report() -> Response:
        path = workspace.report_path
        if not path.exists():
            return Response("No report has been made in this results folder.", status_code=404)
        return FileResponse(path, headers={"content-security-policy": NO_SCRIPTS})


class Page:
    """One browser tab."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._version = -1
        self._updating = False
        self._told = len(workspace.journal.faults)
        self._faults: dict[str, str] = {}
        """Of the parts of the page, as they were told."""
        ui.add_css(STYLE)
        ui.colors(primary="#0b5c9e", negative="#b3261e")
        dark = ui.dark_mode(None)
        with ui.header().classes("items-center justify-between gap-2 py-2"):
            ui.label("Keras bench: studio").classes("text-lg font-medium").props(
                'role="heading" aria-level="1"'
            )
            self._status = ui.label().classes("text-sm").props('role="status"')
            ui.button(icon="contrast", on_click=lambda: dark.set_value(not dark.value)).props(
                'flat round color=white aria-label="Light or dark"'
            )
        with ui.tabs().classes("w-full") as tabs:
            names = ("Data", "Networks", "Training", "Results", "Files")
            panels = {name: ui.tab(name) for name in names}
        with ui.tab_panels(tabs, value=panels["Data"], animated=False, keep_alive=True).classes(
            "w-full max-w-7xl mx-auto bg-transparent"
        ):
            with ui.tab_panel(panels["Data"]):
                self._data = DataTab(workspace)
            with ui.tab_panel(panels["Networks"]):
                self._networks = NetworksTab(workspace)
            with ui.tab_panel(panels["Training"]):
                self._training = TrainingTab(workspace)
            with ui.tab_panel(panels["Results"]):
                self._results = ResultsTab(workspace)
            with ui.tab_panel(panels["Files"]):
                self._files = FilesTab(workspace)
        ui.timer(SECONDS, self._look)

    async def _look(self) -> None:
        """Show what has changed since the last look; one look at a time."""
        version = self._workspace.journal.version
        if self._updating or self._version == version:
            return
        self._updating, self._version = True, version
        parts = {
            "Status": self._show_status,
            "Networks": self._networks.update,
            "Training": self._training.update,
            "Files": self._files.update,
            "Data": self._data.update,
            "Results": self._results.update,
        }
        try:
            for name, update in parts.items():
                await self._update(name, update)
        finally:
            self._updating = False

    async def _update(self, name: str, update: Callable[[], Awaitable[None] | None]) -> None:
        """Bring one part of the page up to date; tell a fault of it, and go on with the others."""
        try:
            if inspect.isawaitable(waiting := update()):
                await waiting
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            if self._status.is_deleted or self._faults.get(name) == problem:
                return
            self._faults[name] = problem
            logging.getLogger("studio").exception("%s could not be shown", name)
            tell(f"{name} could not be shown: {problem}", wrong=True)
        else:
            self._faults.pop(name, None)

    def _show_status(self) -> None:
        """Say in the head of the page what runs; tell the faults of buttons as they come."""
        busy, faults = self._workspace.queue.busy, self._workspace.journal.faults
        text = ", ".join(f"{run.network} {STATE_NAMES[run.state]}" for run in busy[:2])
        more = f" and {len(busy) - 2} more" if len(busy) > 2 else ""
        set_text(self._status, f"{text}{more}" or "ready")
        for problem in faults[self._told :]:
            tell(problem, wrong=True)
        self._told = len(faults)
