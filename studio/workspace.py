"""What all pages share, and what outlives every page: trainings, files, the log, the choice."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.experiment import Experiment
from bench.machine import ROOT
from bench.selection import PlanError
from bench.store import Store
from datasets.spec import Dataset
from reports.charts import COLORS
from reports.schema import predictions
from reports.schema.predictions import Predictions
from reports.schema.record import Evaluated, Fitted, Trained
from studio.choice import Choice
from studio.errands import Errands
from studio.journal import Journal
from studio.run import Run
from studio.saved_files import Folder
from studio.training_queue import TrainingQueue


class Workspace:
    """One user's work, in however many browser tabs.

    Raises `bench.selection.PlanError` where a network of the choice cannot be planned.
    """

    def __init__(self, results: Path, choice: Choice) -> None:
        self._planned = _plans(choice)
        self.choice = choice
        self.store = Store(results)
        self._folder = results / "studio"
        self.saved = Folder(results / "saved")
        self.journal = Journal()
        self._broken: dict[str, str] = {}
        """Networks of the user's whose files are broken now, and how."""
        self.queue = TrainingQueue(self.store, self.journal)
        self.errands = Errands(self.store, self.journal, self.saved, self._folder)

    @property
    def dataset(self) -> Dataset | None:
        """The chosen data set, where it is one of the suite's."""
        return self.choice.suite_dataset

    @property
    def title(self) -> str:
        """What the chosen data are called."""
        return self.dataset.title if self.dataset else self.choice.dataset

    @property
    def runs(self) -> list[Run]:
        """What is known of each active network by this choice, in the order of the registry."""
        return [self.queue.run(self.planned(name)) for name in self.active]

    @property
    def active(self) -> list[str]:
        """Active networks, in the order of the registry."""
        return [name for name in self.choice.available if name in self.choice.networks]

    @property
    def colors(self) -> dict[str, str]:
        """Colour of each network of the data set, by its name in records."""
        names = [self.planned(name).architecture for name in self.choice.available]
        return {name: COLORS[place % len(COLORS)] for place, name in enumerate(names)}

    def planned(self, network: str) -> Experiment:
        """Return what training a network means; of a file that is broken now, what it meant before.

        The user edits their own files while the studio is open.
        """
        try:
            self._planned[network] = self.choice.experiment(network)
        except PlanError as error:
            if self._broken.get(network) != str(error):
                self.journal.say(f"{network}  {error}")
            self._broken[network] = str(error)
        else:
            self._broken.pop(network, None)
        return self._planned[network]

    def experiment(self) -> Experiment:
        """Return an experiment of the choice, for what is the same for all its networks."""
        return self.planned(self.choice.available[0])

    def change(self, **changes: Any) -> None:
        """Choose otherwise. Raises `bench.selection.PlanError`, with the choice as it was."""
        self._turn(replace(self.choice, **changes))

    def turn_to(self, dataset: str, *, synthetic: bool) -> None:
        """Choose other data, with their usual recipe; what runs goes on.

        Raises `bench.selection.PlanError`, with the choice as it was.
        """
        self._turn(self.choice.on(dataset, synthetic=synthetic))

    def _turn(self, wanted: Choice) -> None:
        self._planned = _plans(wanted)
        self.choice = wanted
        self._broken.clear()
        self.journal.changed()

    def predictions(self, record: Trained | Fitted | Evaluated) -> Predictions | None:
        """Return the predictions of a result, or None where they are missing or another's."""
        return predictions.find(record, (self.store.folder, self._folder))

    async def report(self) -> Path:
        """Render the records of this session. Raises `RuntimeError` saying what went wrong."""
        files = self.queue.session_files
        if not files:
            raise RuntimeError("nothing was trained in this session: there is nothing to report")
        output = self.report_path.parent
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "reports", "render"),
            *(map(str, files)),
            *("-o", str(output)),
            cwd=ROOT,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        _, errors = await process.communicate()
        if process.returncode:
            last = errors.decode(errors="replace").strip().rpartition("\n")[2]
            raise RuntimeError(f"the report could not be made: {last}")
        return self.report_path

    @property
    def report_path(self) -> Path:
        """Return where the report of a session is, once it was made."""
        return self._folder / "report" / "report.html"

    @property
    def start_page(self) -> Path:
        """Return where the page is that leads a browser here."""
        return self._folder / "open.html"

    def close(self) -> None:
        """End everything; whole epochs of what runs are kept."""
        self.errands.close()
        self.queue.close()


def _plans(choice: Choice) -> dict[str, Experiment]:
    """Return what training each network means. Raises `bench.selection.PlanError`."""
    return {name: choice.experiment(name) for name in choice.available}
