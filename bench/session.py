"""One run of the suite: its experiments, their data and their records so far."""

import dataclasses
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from bench import backends
from bench.experiment import (
    Experiment,
    Facts,
    Files,
    Progress,
    facts,
    failure,
    fingerprint,
    now,
)
from bench.isolation import Runner
from bench.store import Store
from datasets.registry import find
from datasets.spec import DATA_DIR, DataError
from reports.record import Record


class Session:
    """Runs each experiment at most once, whichever of its phases asks first."""

    def __init__(
        self, experiments: Iterable[Experiment], store: Store, *, checkpoint_epochs: int = 0
    ) -> None:
        self.experiments = {experiment.id: experiment for experiment in experiments}
        self.records: dict[str, Record] = {}
        self.unsaved: dict[str, str] = {}
        """Why a record could not be stored, by id."""
        self.store = store
        self._checkpoint_epochs = checkpoint_epochs
        self._runner = Runner()
        self._facts: dict[str, Facts] = {}
        self._unavailable: dict[str, str] = {}

    def prepare(self, chosen: Iterable[str]) -> list[str]:
        """Parse the data that the chosen experiments need; return a line for each missing set.

        Meanwhile the first worker imports Keras.
        """
        from datasets import load  # loads what downloads need: not for collecting tests

        chosen = list(chosen)
        self._runner.start(self.experiments[chosen[0]])

        checksums: dict[tuple[object, ...], str] = {}
        packages = {backend.name: backends.packages(backend.name) for backend in backends.BACKENDS}
        wanted = [self.experiments[id] for id in chosen]
        compared = {e.architecture for e in wanted if e.task == "equivalence"}
        wanted += [
            e
            for e in self.experiments.values()
            if e.task == "reference" and e.architecture in compared
        ]
        for experiment in wanted:
            dataset = find(experiment.dataset)
            sizes = {"train": experiment.train_samples, "test": experiment.test_samples}
            key = dataset.name, experiment.embedded, *sizes.values()
            if dataset.name in self._unavailable:
                continue
            try:
                if key not in checksums:
                    prepared = load.prepare(dataset, embedded=experiment.embedded, **sizes)
                    checksums[key] = prepared.checksum
            except (DataError, OSError) as error:
                self._unavailable[dataset.name] = str(error)
                continue
            self._facts[experiment.id] = facts(
                experiment, checksum=checksums[key], packages=packages[experiment.backend]
            )
        return list(self._unavailable.values())

    def reuse(self, chosen: Iterable[str]) -> dict[str, str]:
        """Take the records that are stored already; return why each of the others must be run.

        `prepare` comes first: what would be measured is known only with the data.
        """
        reasons = {}
        for id in chosen:
            if id not in self._facts:
                reasons[id] = "its data are not there"
                continue
            found = self.store.find(self.experiments[id], self._facts[id])
            if isinstance(found, Record):
                self.records[id] = found
            else:
                reasons[id] = found
        return reasons

    def discard_checkpoints(self, chosen: Iterable[str]) -> None:
        """Forget where earlier trainings stopped, so that these start from the beginning."""
        for id in chosen:
            if known := self._facts.get(id):
                self.store.checkpoint(self.experiments[id], known).unlink(missing_ok=True)

    def record(self, id: str, report: Callable[[Experiment, Progress | None], None]) -> Record:
        """Return the record of an experiment, running it if it has not been run.

        ``report`` is told of the start (no progress yet) and of every epoch.
        """
        if id not in self.records:
            experiment = self.experiments[id]
            report(experiment, None)
            self.records[id] = self._run(experiment, report)
            self._keep(self.records[id])
        return self.records[id]

    def _reference(
        self, compared: Experiment, report: Callable[[Experiment, Progress | None], None]
    ) -> Path:
        """Return the arrays to compare with, computing them if they are not there.

        Raises `RuntimeError` if they cannot be had.
        """
        (experiment,) = (
            experiment
            for experiment in self.experiments.values()
            if experiment.task == "reference" and experiment.architecture == compared.architecture
        )
        known = self._facts[experiment.id]
        path = self.store.folder / "references" / f"{experiment.id}-{fingerprint(known)}.npz"
        if not path.exists():
            files = Files(arrays=str(path))
            record = self._runner.run(experiment, lambda p: report(experiment, p), files)
            if record.status == "failed":
                raise RuntimeError(f"no reference: {record.reason}")
        return path

    def close(self) -> None:
        """End the processes of a running experiment."""
        self._runner.close()

    def _run(
        self, experiment: Experiment, report: Callable[[Experiment, Progress | None], None]
    ) -> Record:
        if reason := self._unavailable.get(experiment.dataset):
            return failure(experiment, reason=reason, started_at=now())
        known = self._facts[experiment.id]
        every = self._checkpoint_epochs
        if experiment.task == "equivalence":
            try:
                files = Files(reference=str(self._reference(experiment, report)))
            except RuntimeError as error:
                return failure(experiment, reason=str(error), started_at=now())
            return self._with_facts(
                self._runner.run(experiment, lambda p: report(experiment, p), files), known
            )
        files = Files(
            predictions=str(self.store.predictions(experiment, known)),
            checkpoint=str(self.store.checkpoint(experiment, known)) if every else None,
            checkpoint_epochs=every,
        )
        record = self._runner.run(experiment, lambda progress: report(experiment, progress), files)
        return self._with_facts(record, known)

    def _with_facts(self, record: Record, known: Facts) -> Record:
        """Return a failed record with what it was about, which its process could not tell."""
        if record.status == "ok":
            return record
        return dataclasses.replace(record, facts=known, fingerprint=fingerprint(known))

    def _keep(self, record: Record) -> None:
        try:
            self.store.write(record)
        except OSError as error:
            self.unsaved[record.id] = f"{error.filename or self.store.folder}: {error.strerror}"
            return
        if record.status == "ok" and record.facts and record.checks is None:
            experiment = self.experiments[record.id]
            self.store.checkpoint(experiment, record.facts).unlink(missing_ok=True)
            path = self.store.predictions(experiment, record.facts)
            if not path.exists():
                self.unsaved[record.id] = f"{path}: its record is safe, its predictions are not"


def use_data_dir(path: str | None) -> None:
    """Look for data files in ``path`` first, in this process and in those it starts.

    Raises `NotADirectoryError` if there is no such folder.
    """
    if path is None:
        return
    if not Path(path).is_dir():
        raise NotADirectoryError(f"--data-dir {path} is not a folder")
    os.environ[DATA_DIR] = str(Path(path).resolve())
