"""One run of the suite: its experiments, their data and their records so far."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from bench.experiment import Experiment, Progress, failure, now
from bench.isolation import Runner
from bench.store import Store
from datasets.registry import find
from datasets.spec import DATA_DIR, DataError
from reports.record import Record


class Session:
    """Runs each experiment at most once, whichever of its phases asks first."""

    def __init__(self, experiments: Iterable[Experiment], results_dir: Path) -> None:
        self.experiments = {experiment.id: experiment for experiment in experiments}
        self.records: dict[str, Record] = {}
        self._store = Store(results_dir)
        self._runner = Runner()
        self._unavailable: dict[str, str] = {}

    def prepare(self, chosen: Iterable[str]) -> list[str]:
        """Parse the data that the chosen experiments need; return a line for each missing set."""
        from datasets import load  # loads what downloads need: not for collecting tests

        prepared: set[tuple[object, ...]] = set()
        for experiment in (self.experiments[id] for id in chosen):
            dataset = find(experiment.dataset)
            wanted = (experiment.embedded, experiment.train_samples, experiment.test_samples)
            if (dataset.name, *wanted) in prepared or dataset.name in self._unavailable:
                continue
            try:
                load.prepare(
                    dataset,
                    embedded=experiment.embedded,
                    train=experiment.train_samples,
                    test=experiment.test_samples,
                )
                prepared.add((dataset.name, *wanted))
            except (DataError, OSError) as error:
                self._unavailable[dataset.name] = str(error)
        return list(self._unavailable.values())

    def record(self, id: str, report: Callable[[Experiment, Progress | None], None]) -> Record:
        """Return the record of an experiment, running it if it has not been run.

        ``report`` is told of the start (no progress yet) and of every epoch.
        """
        if id not in self.records:
            experiment = self.experiments[id]
            report(experiment, None)
            self.records[id] = self._run(experiment, report)
            self._store.write(self.records[id])
        return self.records[id]

    def close(self) -> None:
        """End the processes of a running experiment."""
        self._runner.close()

    def _run(
        self, experiment: Experiment, report: Callable[[Experiment, Progress | None], None]
    ) -> Record:
        if reason := self._unavailable.get(experiment.dataset):
            return failure(experiment, reason=reason, started_at=now())
        return self._runner.run(experiment, lambda progress: report(experiment, progress))


def use_data_dir(path: str | None) -> None:
    """Look for data files in ``path`` first, in this process and in those it starts.

    Raises `NotADirectoryError` if there is no such folder.
    """
    if path is None:
        return
    if not Path(path).is_dir():
        raise NotADirectoryError(f"--data-dir {path} is not a folder")
    os.environ[DATA_DIR] = str(Path(path).resolve())
