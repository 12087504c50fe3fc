"""What the pages drive: trainings in a queue, tests, files and the log, whoever is looking."""

import asyncio
import itertools
import sys
import threading
from collections import deque
from collections.abc import Iterable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from bench import backends, checkpoint, progress
from bench.experiment import Experiment, Facts, Files, Progress, facts, fingerprint
from bench.pool import Pool
from bench.session import Session
from bench.store import Store
from reports import predictions
from reports.predictions import Predictions
from reports.record import Network, Record, Series, finite
from studio.files import Folder

State = Literal["unknown", "new", "queued", "running", "stopping", "stopped", "done", "failed"]
BUSY = ("queued", "running", "stopping")
LOG_LINES = 5000
"""Kept; earlier ones are forgotten."""


@dataclass(slots=True, kw_only=True, eq=False)
class Run:
    """One network by one choice: what is known of its training and its tests."""

    experiment: Experiment
    state: State = "unknown"
    """``unknown`` until the folder of results was looked into."""
    known: Facts | None = None
    problem: str | None = None
    """Why it failed, or why its data are not there."""
    trace: str | None = None
    """What a failed training printed."""
    progress: Progress | None = None
    """The latest."""
    epochs: int = 0
    """Whole epochs done."""
    train: dict[str, list[float | None]] = field(default_factory=dict)
    validation: dict[str, list[float | None]] = field(default_factory=dict)
    """One value an epoch, by metric."""
    record: Record | None = None
    """Of the whole training."""
    tested: Record | None = None
    """Of the last test with weights; it goes before ``record``."""
    testing: bool = False
    loaded: Path | None = None
    """Weights from a file, which tests and exports use instead of its own."""
    saved: bool = False
    """Whether the weights of its last epoch were saved under a name."""
    ticket: Future[None] | None = None
    session: Session | None = None

    @property
    def network(self) -> str:
        """Name of the network."""
        return self.experiment.architecture

    @property
    def result(self) -> Record | None:
        """What is shown of its qualities."""
        return self.tested or self.record

    @property
    def unsaved(self) -> bool:
        """Whether something would be lost if it was trained from the beginning."""
        return self.epochs > 0 and not self.saved

    def take(self, told: Progress) -> None:
        """Note how far its training is."""
        self.progress = told
        if told.share < 1:
            return
        if told.epoch <= self.epochs:  # it begins anew, or goes on and repeats what was
            self.forget(told.epoch - 1)
        self.epochs = told.epoch
        for series, scores in ((self.train, told.train), (self.validation, told.validation)):
            for name, value in scores.items():
                series.setdefault(name, []).append(value)

    def forget(self, epochs: int = 0) -> None:
        """Keep only so many epochs."""
        self.epochs = epochs
        for series in (*self.train.values(), *self.validation.values()):
            del series[epochs:]

    def adopt(
        self, train: Iterable[tuple[str, Series]], validation: Iterable[tuple[str, Series]]
    ) -> None:
        """Take the history of an earlier training."""
        self.train = {name: list(series) for name, series in train}
        self.validation = {name: list(series) for name, series in validation}
        self.epochs = max((len(series) for series in self.train.values()), default=0)


class Engine:
    """Trains one network after another, and does everything else beside it.

    Its methods return at once. ``version`` grows with every change that a page may show.
    """

    def __init__(self, results: Path) -> None:
        self.store = Store(results)
        self.folder = Folder(results / "saved")
        self.version = 0
        self._versions = itertools.count(1)
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        self.log_saved = True
        self._runs: dict[Experiment, Run] = {}
        self._session_files: dict[Experiment, Path] = {}
        self._pool = Pool()
        self._errands = Pool()
        """For what must not wait until a training has ended."""
        self._queue = ThreadPoolExecutor(1, thread_name_prefix="training")
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="errand")
        self._look_ups = ThreadPoolExecutor(1, thread_name_prefix="look-up")
        self._networks: dict[str, Future[Network]] = {}
        self._lock = threading.Lock()

    # What there is

    def run(self, experiment: Experiment) -> Run:
        """Return what is known of an experiment, which the folder of results may tell in time."""
        if experiment not in self._runs:
            self._runs[experiment] = run = Run(experiment=experiment)
            self._look_ups.submit(self._guarded, run, self._look_up, run)
        return self._runs[experiment]

    @property
    def busy(self) -> list[Run]:
        """Trainings that run or wait."""
        return [run for run in self._runs.values() if run.state in BUSY]

    def network(self, experiment: Experiment) -> Future[Network]:
        """Return the layers of its network, built once by a worker of its backend."""
        name = experiment.architecture
        known = self._networks.get(name)
        if known is None or (known.done() and known.exception()):
            self._networks[name] = self._beside.submit(self._describe, experiment)
        return self._networks[name]

    def predictions(self, record: Record) -> Predictions | None:
        """Return the predictions of a result, or None where they are missing or another's."""
        return predictions.find(record, (self.store.folder, self._tests))

    @property
    def session_files(self) -> list[Path]:
        """Records of this session, in the order of their ends."""
        return [path for path in self._session_files.values() if path.exists()]

    def changed(self) -> None:
        """Let the pages look again; called from any thread."""
        self.version = next(self._versions)

    def say(self, line: str) -> None:
        """Add a line to the log."""
        self.log.append(f"{datetime.now():%H:%M:%S}  {line}")
        self.log_saved = False
        self.changed()

    def clear_log(self) -> None:
        """Forget all lines."""
        self.log.clear()
        self.log_saved = True
        self.changed()

    # What can be done

    def train(self, run: Run, *, anew: bool = False) -> None:
        """Put a training into the queue: from its last whole epoch on, or from the beginning."""
        with self._lock:
            if run.state in BUSY:
                return
            run.state, run.problem, run.trace, run.progress = "queued", None, None, None
            run.ticket = self._queue.submit(self._train, run, anew)
        self.changed()

    def stop(self, run: Run) -> None:
        """Take a training out of the queue, or end it; whole epochs are kept."""
        with self._lock:
            if run.state == "queued" and run.ticket and run.ticket.cancel():
                run.state = self._resting(run)
            elif run.state in BUSY:
                run.state = "stopping"
                if run.session:
                    run.session.abandon()
                    self._pool.interrupt()
        self.changed()

    def test(self, run: Run, batch_size: int) -> None:
        """Score its weights on the test subset."""
        if not run.testing:
            run.testing = True
            self.changed()
            self._beside.submit(self._guarded, run, self._test, run, batch_size, run.loaded)

    def load(self, run: Run, path: Path, batch_size: int) -> None:
        """Use weights from a file, if it holds some for this network, and test them."""
        if not run.testing:
            run.testing = True
            self.changed()
            self._beside.submit(self._guarded, run, self._test, run, batch_size, path)

    def unload(self, run: Run) -> None:
        """Go back to the weights of its own training."""
        run.loaded = run.tested = None
        self.say(f"{run.experiment.id}  uses the weights of its own training again")

    def save(self, run: Run, name: str) -> Path:
        """Copy the weights in use under a name. Raises `FileNameError`, `OSError`."""
        source = self.weights(run)
        if source is None:
            raise FileNotFoundError(f"{run.network} has no weights yet: train it first")
        path = self.folder.keep(source, name)
        if run.loaded is None:
            run.saved = True
        self.say(f"{run.experiment.id}  weights saved as {path.name}")
        return path

    def export(self, run: Run, path: Path) -> "Future[str | None]":
        """Write the whole network as one file; the result says what went wrong."""
        return self._beside.submit(self._export, run, path)

    def weights(self, run: Run) -> Path | None:
        """Return the file of the weights in use, if there is one."""
        if run.loaded:
            return run.loaded
        if run.known is None or not run.epochs:
            return None
        finished = run.epochs == run.experiment.epochs
        path = self.store.weights(run.experiment, run.known, finished=finished)
        return path if path.exists() else None

    async def report(self) -> Path:
        """Render the records of this session. Raises `RuntimeError` saying what went wrong."""
        if not self.session_files:
            raise RuntimeError("nothing was trained in this session: there is nothing to report")
        output = self.report_path.parent
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "reports", "render"),
            *(map(str, self.session_files)),
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
        return self._tests / "report" / "report.html"

    def close(self) -> None:
        """End everything; whole epochs of what runs are kept."""
        for run in self.busy:
            self.stop(run)
        self._queue.shutdown(wait=False, cancel_futures=True)
        self._beside.shutdown(wait=False, cancel_futures=True)
        self._look_ups.shutdown(wait=False, cancel_futures=True)
        self._pool.close()
        self._errands.close()

    # In threads of the engine's own

    @property
    def _tests(self) -> Path:
        return self.store.folder / "studio"

    def _guarded(self, run: Run, action: object, *arguments: object) -> None:
        """Do something for a run; let no fault of it pass in silence."""
        assert callable(action)
        try:
            action(*arguments)
        except Exception as error:
            run.testing = False
            if run.state not in BUSY:
                run.state = "failed"
            run.problem = f"{type(error).__name__}: {error}"
            self.say(f"{run.experiment.id}  {run.problem}")
        self.changed()

    def _look_up(self, run: Run) -> None:
        session = Session([run.experiment], self.store, self._pool)
        missing = session.prepare(session.experiments)
        with self._lock:
            if run.state != "unknown":
                return  # it is being trained already
            if missing:
                run.state, run.problem = "failed", missing[0]
                return
            run.known = session.facts[run.experiment.id]
            self._find(run)
            run.state = self._resting(run)

    def _find(self, run: Run) -> None:
        """Take what the folder of results has: a record, or a checkpoint."""
        if run.known is None:
            return
        found = self.store.find(run.experiment, run.known)
        if not isinstance(found, Record):
            self._read_checkpoint(run)
            return
        run.record = found
        if found.history:
            run.adopt(found.history.train.items(), found.history.validation.items())

    def _read_checkpoint(self, run: Run) -> None:
        """Take what was kept of an unfinished training: it may be an epoch more than was told."""
        if run.known is None:
            return
        kept = checkpoint.measured(self.store.checkpoint(run.experiment, run.known))
        run.forget()
        run.train, run.validation = {}, {}
        for epochs, series in ((kept.train, run.train), (kept.validation, run.validation)):
            for scores in epochs:
                for name, value in scores.items():
                    series.setdefault(name, []).append(*finite([value]))
        run.epochs = len(kept.epoch_seconds)

    def _train(self, run: Run, anew: bool) -> None:
        with self._lock:
            if run.state != "queued":
                run.state = self._resting(run)
                return
            run.state = "running"
            run.session = session = Session(
                [run.experiment], self.store, self._pool, checkpoint_epochs=1, interactive=True
            )
        try:
            self._train_in(session, run, anew)
        except CancelledError:
            self._read_checkpoint(run)
            if not run.epochs:  # stopped before anything was replaced
                self._find(run)
            self.say(f"{run.experiment.id}  stopped after {run.epochs} whole epochs")
            run.state = self._resting(run)
        except Exception as error:  # the engine's own fault, not the training's
            run.state, run.problem = "failed", f"{type(error).__name__}: {error}"
            self.say(f"{run.experiment.id}  {run.problem}")
        run.session, run.progress = None, None
        self.changed()

    def _train_in(self, session: Session, run: Run, anew: bool) -> None:
        id = run.experiment.id
        self.say(f"{id}  {'starts from the beginning' if anew else 'starts'}")
        session.prepare([id])
        run.known = session.facts.get(id)
        if anew:
            session.start_anew([id])
        if not run.loaded:
            run.tested = None
        if anew or not run.epochs:
            run.record = None
            run.forget()

        def told(_: Experiment, news: Progress | None) -> None:
            if news is None:
                return
            news_of_old = news.share == 1 and news.epoch <= run.epochs  # it goes on, and repeats
            run.take(news)
            run.saved = run.saved and news.share < 1
            if run.state == "stopping":  # the process was not there yet when it was asked to end
                session.abandon()
                self._pool.interrupt()
            if news.note:
                self.say(f"{id}  {news.note}")
            if news.share == 1 and not news_of_old:
                self.say(progress.running(run.experiment, news))
            self.changed()

        record = session.record(id, told)
        self.say(progress.ended(record))
        if id in session.unsaved:
            self.say(f"{id}  NOT SAVED: {session.unsaved[id]}")
        if record.status == "failed":
            self._read_checkpoint(run)
            run.state, run.problem, run.trace = "failed", record.reason, record.log
            return
        run.record, run.tested, run.loaded, run.state = record, None, None, "done"
        self._session_files[run.experiment] = self.store.folder / f"{id}-{record.fingerprint}.json"

    def _test(self, run: Run, batch_size: int, loaded: Path | None) -> None:
        path = loaded or self.weights(run)
        if path is None or run.known is None:
            raise FileNotFoundError(f"{run.network} has no weights yet: train it first")
        experiment = replace(run.experiment, task="test", batch_size=batch_size)
        backend = experiment.backend
        known = facts(
            experiment, checksum=str(run.known["data"]), packages=backends.packages(backend)
        )
        target = predictions.path(self._tests, experiment.id, fingerprint(known))
        files = Files(weights=str(path), predictions=str(target))
        record = self._errands.submit(experiment, known, lambda _: None, files).result()
        run.testing = False
        if record.status == "failed":
            run.problem = (record.reason or "").removeprefix("WeightsError: ")
            self.say(f"{run.experiment.id}  test failed: {run.problem}")
            return
        run.tested, run.loaded, run.problem = record, loaded, None
        self.say(f"{run.experiment.id}  tested with {path.name}: {_scores(record)}")

    def _describe(self, experiment: Experiment) -> Network:
        experiment = replace(experiment, task="build")
        record = self._errands.submit(experiment, {}, lambda _: None, Files()).result()
        self.changed()
        if record.network is None:
            raise RuntimeError(record.reason)
        return record.network

    def _export(self, run: Run, path: Path) -> str | None:
        source = self.weights(run)
        if source is None:
            return f"{run.network} has no weights yet: train it first"
        experiment = replace(run.experiment, task="export")
        files = Files(weights=str(source), model=str(path))
        record = self._errands.submit(experiment, {}, lambda _: None, files).result()
        if record.status == "failed":
            return record.reason
        self.say(f"{run.experiment.id}  exported as {path.name}")
        return None

    def _resting(self, run: Run) -> State:
        """Return the state of a run that neither runs nor waits."""
        if run.record:
            return "done"
        return "stopped" if run.epochs else "new"


def _scores(record: Record) -> str:
    return ", ".join(
        f"{name} {'not finite' if value is None else f'{value:.4f}'}"
        for name, value in (record.test or {}).items()
    )
