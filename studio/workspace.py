"""What all pages share, and what outlives every page: trainings, files, the log, the choice."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.experiment import Experiment
from bench.store import Store
from datasets import registry as datasets
from datasets.spec import Dataset
from reports.charts import COLORS
from reports.schema import predictions
from reports.schema.predictions import Predictions
from reports.schema.record import Evaluated, Fitted, Trained
from studio.choice import Choice, networks_of
from studio.errands import Errands
from studio.journal import Journal
from studio.run import Run
from studio.saved_files import Folder
from studio.training_queue import TrainingQueue


class Workspace:
    """One user's work, in however many browser tabs."""

    def __init__(self, results: Path, choice: Choice) -> None:
        self.choice = choice
        self.store = Store(results)
        self._folder = results / "studio"
        self.saved = Folder(results / "saved")
        self.journal = Journal()
        self.queue = TrainingQueue(self.store, self.journal)
        self.errands = Errands(self.store, self.journal, self.saved, self._folder)

    @property
    def dataset(self) -> Dataset:
        """The chosen data set."""
        return datasets.find(self.choice.dataset)

    @property
    def runs(self) -> list[Run]:
        """What is known of each active network by this choice, in the order of the registry."""
        return [self.queue.run(self.choice.experiment(name)) for name in self.active]

    @property
    def active(self) -> list[str]:
        """Active networks, in the order of the registry."""
        return [n.name for n in networks_of(self.dataset) if n.name in self.choice.networks]

    @property
    def colors(self) -> dict[str, str]:
        """Colour of each network of the data set."""
        names = [network.name for network in networks_of(self.dataset)]
        return {name: COLORS[place % len(COLORS)] for place, name in enumerate(names)}

    def experiment(self) -> Experiment:
        """Return an experiment of the choice, for what is the same for all its networks."""
        return self.choice.experiment(networks_of(self.dataset)[0].name)

    def change(self, **changes: Any) -> None:
        """Choose otherwise. Raises `bench.selection.PlanError`, with the choice as it was."""
        wanted = replace(self.choice, **changes)
        for name in networks_of(datasets.find(wanted.dataset)):
            wanted.experiment(name.name)
        self.choice = wanted
        self.journal.changed()

    def turn_to(self, dataset: str, *, synthetic: bool) -> None:
        """Choose other data, with their usual recipe; what runs goes on."""
        self.choice = self.choice.on(dataset, synthetic=synthetic)
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
            cwd=Path(__file__).parents[1],
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
