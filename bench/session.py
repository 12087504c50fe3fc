"""One run of the suite: its experiments, their data and their records so far."""

import os
import queue
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bench import backends, tasks
from bench.executors.executor import Executor, Notice
from bench.experiment import Experiment, fingerprint, provenance
from bench.outcome import failure, now
from bench.protocol import Paths, Progress
from bench.store import Missing, Store
from datasets.registry import BY_NAME, find
from datasets.spec import DATA_DIR, DataError, Dataset
from reports.schema.record import Failed, Fitted, Provenance, Record, Trained
from reports.schema.writing import clear

if TYPE_CHECKING:
    from datasets.load import Prepared

Event = tuple[Experiment, Progress | None]
"""The start of an experiment (no progress yet), or an epoch of it."""


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
        self._events: queue.Queue[Event | None] = queue.Queue()
        """For whoever waits: starts and epochs, from any thread; None when something has ended."""
        self._kept: dict[str, Future[None]] = {}
        self._closing = False
        self.provenance: dict[str, Provenance] = {}
        """Of the experiments that `prepare` found the data of, by id."""
        self.remarks: dict[str, None] = {}
        """What `prepare` found that the user should know of the data, a line each."""
        self._unavailable: dict[str, str] = {}

    def warm_up(self, chosen: Iterable[str]) -> list[Notice]:
        """Start what will run the chosen experiments; return what the user should know of it."""
        return self._executor.warm_up([self.experiments[id] for id in chosen])

    def prepare(self, chosen: Iterable[str]) -> list[str]:
        """Parse the data that the chosen experiments need; return a line for each missing set."""
        from datasets import load  # loads what downloads need: not for collecting tests

        chosen = list(chosen)
        checksums: dict[tuple[object, ...], str] = {}
        packages = backends.versions()
        wanted = [self.experiments[id] for id in chosen]
        wanted += [self._reference_of(e) for e in wanted if tasks.BY_NAME[e.task].needs_reference]
        for experiment in wanted:
            if experiment.dataset not in BY_NAME:  # the user's: the worker reads them
                self.provenance[experiment.id] = provenance(
                    experiment, checksum="", packages=packages[experiment.backend]
                )
                continue
            dataset = find(experiment.dataset)
            sizes = {"train": experiment.train_samples, "test": experiment.test_samples}
            key = dataset.name, experiment.synthetic, *sizes.values()
            if dataset.name in self._unavailable:
                continue
            try:
                if key not in checksums:
                    prepared = load.prepare(dataset, synthetic=experiment.synthetic, **sizes)
                    checksums[key] = prepared.checksum
                    self.remarks |= dict.fromkeys(_remarks(dataset, prepared))
            except (DataError, OSError) as error:
                self._unavailable[dataset.name] = str(error)
                continue
            self.provenance[experiment.id] = provenance(
                experiment, checksum=checksums[key], packages=packages[experiment.backend]
            )
        return list(self._unavailable.values())

    def reuse(self, chosen: Iterable[str]) -> dict[str, str]:
        """Take the records that are stored already; return why each of the others must be run.

        `prepare` comes first: what would be measured is known only with the data.
        """
        reasons = {}
        for id in chosen:
            if id not in self.provenance:
                reasons[id] = "its data are not there"
                continue
            stored = self.store.find(self.experiments[id], self.provenance[id])
            if isinstance(stored, Missing):
                reasons[id] = stored.reason
            else:
                self.records[id] = stored
        return reasons

    def start_anew(self, chosen: Iterable[str]) -> list[str]:
        """Train these from the beginning; return those that could have gone on.

        A checkpoint of theirs stays until the new training writes its own.
        """
        self._anew = set(chosen)
        return [id for id in sorted(self._anew) if self._has_checkpoint(id)]

    def submit(self, chosen: Iterable[str]) -> None:
        """Hand these to the executor at once, instead of one by one as their records are asked for.

        Those whose record is there are left out. Those with a checkpoint come first: what was begun
        is finished before more is.
        """
        for id in sorted(chosen, key=lambda id: id in self._anew or not self._has_checkpoint(id)):
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

    def _has_checkpoint(self, id: str) -> bool:
        provenance = self.provenance.get(id)
        return bool(provenance and self.store.checkpoint(self.experiments[id], provenance).exists())

    def _submitted(self, id: str) -> Future[None]:
        """Return what is done when the record is there and stored."""
        if id not in self._kept:
            kept = self._kept[id] = Future()

            def keep(future: Future[Record]) -> None:
                if future.cancelled() or self._closing:
                    kept.cancel()  # what was interrupted is no result
                    return
                try:
                    self._keep(self._with_provenance(future.result()))
                except BaseException as error:  # the executor's own: whoever waits shall have it
                    kept.set_exception(error)
                else:
                    kept.set_result(None)

            self._run(self.experiments[id]).add_done_callback(keep)
        return self._kept[id]

    def _run(self, experiment: Experiment) -> Future[Record]:
        if reason := self._unavailable.get(experiment.dataset):
            return _ended(failure(experiment, reason=reason, started_at=now()))
        try:
            paths = self._paths(experiment)
        except RuntimeError as error:
            return _ended(failure(experiment, reason=str(error), started_at=now()))
        return self._executor.submit(
            experiment,
            self.provenance[experiment.id],
            lambda progress: self._events.put((experiment, progress)),
            paths,
        )

    def _paths(self, experiment: Experiment) -> Paths:
        """Return where an experiment reads and writes.

        Raises `RuntimeError` if the reference that it needs cannot be had.
        """
        task, provenance = tasks.BY_NAME[experiment.task], self.provenance[experiment.id]
        if task.needs_reference:
            reference = self._compute_reference(self._reference_of(experiment))
            return Paths(reference=str(reference))
        if not task.trains:
            return Paths()
        paths = Paths(
            predictions=str(self.store.predictions(experiment, provenance)),
            checkpoint=str(self.store.checkpoint(experiment, provenance)),
            resume=experiment.id not in self._anew,
            checkpoint_epochs=self._checkpoint_epochs,
        )
        if not self._interactive:
            return paths
        return replace(
            paths,
            weights=str(self.store.weights(experiment, provenance)),
            unfinished=str(self.store.weights(experiment, provenance, finished=False)),
            report_batches=True,
        )

    def _reference_of(self, compared: Experiment) -> Experiment:
        """Return the float64 run that an experiment is compared with."""
        (reference,) = (
            experiment
            for experiment in self.experiments.values()
            if experiment.task == "reference"
            and (experiment.architecture, experiment.dataset, experiment.cores)
            == (compared.architecture, compared.dataset, compared.cores)
        )
        return reference

    def _compute_reference(self, experiment: Experiment) -> Path:
        """Return the arrays of a float64 run, computing them if they are not there."""
        provenance = self.provenance[experiment.id]
        path = self.store.reference(experiment, provenance)
        if not path.exists():
            record = self._executor.submit(
                experiment, provenance, lambda _: None, Paths(arrays=str(path))
            ).result()
            if not path.exists():
                reason = record.reason if isinstance(record, Failed) else f"cannot write {path}"
                raise RuntimeError(f"no reference: {reason}")
        return path

    def _with_provenance(self, record: Record) -> Record:
        """Return a failed record with what it was about, which its process could not tell."""
        provenance = self.provenance.get(record.id)
        if provenance is None or not isinstance(record, Failed):
            return record
        return msgspec.structs.replace(
            record, provenance=provenance, fingerprint=fingerprint(provenance)
        )

    def _keep(self, record: Record) -> None:
        self.records[record.id] = record
        try:
            self.store.write(record)
        except OSError as error:
            self.unsaved[record.id] = f"{error.filename or self.store.folder}: {error.strerror}"
            return
        if record.provenance is None or not isinstance(record, Trained | Fitted):
            return
        experiment = self.experiments[record.id]
        clear(self.store.checkpoint(experiment, record.provenance))
        clear(self.store.weights(experiment, record.provenance, finished=False))
        path = self.store.predictions(experiment, record.provenance)
        if record.predictions and not path.exists():
            self.unsaved[record.id] = f"{path}: its record is safe, its predictions are not"


def _remarks(dataset: Dataset, prepared: "Prepared") -> list[str]:
    remarks = [f"{dataset.name}: {remark}" for remark in prepared.remarks]
    if prepared.origin == "other":
        remarks.append(
            f"{dataset.name}: OTHER DATA than the published: kept out of the study's tables and "
            "claims"
        )
    return remarks


def _ended(record: Record) -> Future[Record]:
    future: Future[Record] = Future()
    future.set_result(record)
    return future


def use_data_dir(path: str | None) -> None:
    """Look for data files in ``path`` first, in this process and in those it starts.

    Raises `NotADirectoryError` if there is no such folder.
    """
    if path is None:
        return
    try:
        there = Path(path).is_dir()
    except OSError:  # of a name that is too long, say
        there = False
    if not there:
        raise NotADirectoryError(f"--data-dir {path[:200]} is not a folder")
    os.environ[DATA_DIR] = str(Path(path).resolve())
