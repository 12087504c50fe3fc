"""One run of the suite: its experiments, their data and their records so far."""

import dataclasses
import os
import queue
from collections.abc import Callable, Iterable
from concurrent.futures import Future
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
from bench.pool import Executor
from bench.store import Store
from datasets.registry import find
from datasets.spec import DATA_DIR, DataError
from reports.record import Record


class Session:
    """Runs each experiment at most once, whichever of its phases asks first."""

    def __init__(
        self,
        experiments: Iterable[Experiment],
        store: Store,
        executor: Executor,
        *,
        checkpoint_epochs: int = 0,
        interactive: bool = False,
    ) -> None:
        self.experiments = {experiment.id: experiment for experiment in experiments}
        self.records: dict[str, Record] = {}
        self.unsaved: dict[str, str] = {}
        """Why a record could not be stored, by id."""
        self.store = store
        self._checkpoint_epochs = checkpoint_epochs
        self._interactive = interactive  # keep weights, and tell progress within epochs
        self._anew: set[str] = set()
        self._executor = executor
        self._events: queue.Queue[tuple[Experiment, Progress | None] | None] = queue.Queue()
        """For whoever waits: starts and epochs, from any thread; None when something has ended."""
        self._kept: dict[str, Future[None]] = {}
        self._closing = False
        self.facts: dict[str, Facts] = {}
        """Of the experiments that `prepare` found the data of, by id."""
        self._unavailable: dict[str, str] = {}

    def warm_up(self, chosen: Iterable[str]) -> list[str]:
        """Start what will run the chosen experiments; return lines on it for the user."""
        return self._executor.warm_up([self.experiments[id] for id in chosen])

    def prepare(self, chosen: Iterable[str]) -> list[str]:
        """Parse the data that the chosen experiments need; return a line for each missing set."""
        from datasets import load  # loads what downloads need: not for collecting tests

        chosen = list(chosen)
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
            self.facts[experiment.id] = facts(
                experiment, checksum=checksums[key], packages=packages[experiment.backend]
            )
        return list(self._unavailable.values())

    def reuse(self, chosen: Iterable[str]) -> dict[str, str]:
        """Take the records that are stored already; return why each of the others must be run.

        `prepare` comes first: what would be measured is known only with the data.
        """
        reasons = {}
        for id in chosen:
            if id not in self.facts:
                reasons[id] = "its data are not there"
                continue
            found = self.store.find(self.experiments[id], self.facts[id])
            if isinstance(found, Record):
                self.records[id] = found
            else:
                reasons[id] = found
        return reasons

    def start_anew(self, chosen: Iterable[str]) -> list[str]:
        """Train these from the beginning; return those that could have gone on.

        A checkpoint of theirs stays until the new training writes its own.
        """
        self._anew = set(chosen)
        return [
            id
            for id in sorted(self._anew & self.facts.keys())
            if self.store.checkpoint(self.experiments[id], self.facts[id]).exists()
        ]

    def submit(self, chosen: Iterable[str]) -> None:
        """Hand these to the executor at once, instead of one by one as their records are asked for.

        Those whose record is there are left out.
        """
        for id in chosen:
            if id not in self.records:
                self._submitted(id)

    def record(self, id: str, report: Callable[[Experiment, Progress | None], None]) -> Record:
        """Return the record of an experiment, running it if it has not been run.

        Meanwhile ``report`` is told of every experiment that starts (no progress yet), and of every
        epoch. Raises `concurrent.futures.CancelledError` once it was stopped.
        """
        if id not in self.records:
            future = self._submitted(id)
            future.add_done_callback(lambda _: self._events.put(None))
            while not future.done() or not self._events.empty():
                if event := self._events.get():
                    report(*event)
            future.result()
        return self.records[id]

    def close(self) -> None:
        """End the running experiments, and run no more."""
        self._closing = True
        self._executor.close()

    def abandon(self) -> None:
        """Keep no further record; `record` raises `concurrent.futures.CancelledError`."""
        self._closing = True

    def _submitted(self, id: str) -> Future[None]:
        """Return what is done when the record is there and stored."""
        if id not in self._kept:
            kept = self._kept[id] = Future()

            def keep(future: Future[Record]) -> None:
                if future.cancelled() or self._closing:
                    kept.cancel()  # what was interrupted is no result
                    return
                try:
                    self._keep(self._with_facts(id, future.result()))
                except BaseException as error:  # the executor's own: whoever waits shall have it
                    kept.set_exception(error)
                else:
                    kept.set_result(None)

            self._run(self.experiments[id]).add_done_callback(keep)
        return self._kept[id]

    def _run(self, experiment: Experiment) -> Future[Record]:
        if reason := self._unavailable.get(experiment.dataset):
            return _done(failure(experiment, reason=reason, started_at=now()))
        known = self.facts[experiment.id]
        if experiment.task == "equivalence":
            try:
                files = Files(reference=str(self._reference(experiment)))
            except RuntimeError as error:
                return _done(failure(experiment, reason=str(error), started_at=now()))
        else:
            files = Files(
                predictions=str(self.store.predictions(experiment, known)),
                checkpoint=str(self.store.checkpoint(experiment, known)),
                resume=experiment.id not in self._anew,
                checkpoint_epochs=self._checkpoint_epochs,
            )
            if self._interactive:
                weights, unfinished = (
                    str(self.store.weights(experiment, known, finished=finished))
                    for finished in (True, False)
                )
                files = dataclasses.replace(
                    files, weights=weights, unfinished=unfinished, watched=True
                )
        return self._executor.submit(
            experiment, known, lambda progress: self._events.put((experiment, progress)), files
        )

    def _reference(self, compared: Experiment) -> Path:
        """Return the arrays to compare with, computing them if they are not there.

        Raises `RuntimeError` if they cannot be had.
        """
        (experiment,) = (
            experiment
            for experiment in self.experiments.values()
            if experiment.task == "reference" and experiment.architecture == compared.architecture
        )
        known = self.facts[experiment.id]
        path = self.store.folder / "references" / f"{experiment.id}-{fingerprint(known)}.npz"
        if not path.exists():
            record = self._executor.submit(
                experiment, known, lambda _: None, Files(arrays=str(path))
            ).result()
            if record.status == "failed":
                raise RuntimeError(f"no reference: {record.reason}")
        return path

    def _with_facts(self, id: str, record: Record) -> Record:
        """Return a failed record with what it was about, which its process could not tell."""
        known = self.facts.get(id)
        if record.status == "ok" or known is None:
            return record
        return dataclasses.replace(record, facts=known, fingerprint=fingerprint(known))

    def _keep(self, record: Record) -> None:
        self.records[record.id] = record
        try:
            self.store.write(record)
        except OSError as error:
            self.unsaved[record.id] = f"{error.filename or self.store.folder}: {error.strerror}"
            return
        if record.status == "ok" and record.facts and record.checks is None:
            experiment = self.experiments[record.id]
            self.store.checkpoint(experiment, record.facts).unlink(missing_ok=True)
            self.store.weights(experiment, record.facts, finished=False).unlink(missing_ok=True)
            path = self.store.predictions(experiment, record.facts)
            if not path.exists():
                self.unsaved[record.id] = f"{path}: its record is safe, its predictions are not"


def _done(record: Record) -> Future[Record]:
    future: Future[Record] = Future()
    future.set_result(record)
    return future


def use_data_dir(path: str | None) -> None:
    """Look for data files in ``path`` first, in this process and in those it starts.

    Raises `NotADirectoryError` if there is no such folder.
    """
    if path is None:
        return
    if not Path(path).is_dir():
        raise NotADirectoryError(f"--data-dir {path} is not a folder")
    os.environ[DATA_DIR] = str(Path(path).resolve())
