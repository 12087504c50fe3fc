"""Trains one network after another; knows every run that a page has asked for."""

import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

from bench import progress, training_state
from bench.executors.local import Pool
from bench.experiment import Experiment
from bench.protocol import Progress
from bench.session import Session
from bench.store import Store
from reports.schema.record import Failed, Trained, finite
from studio.journal import Journal
from studio.run import BUSY, Run


class TrainingQueue:
    """Its methods return at once; what they begin is told to the journal."""

    def __init__(self, store: Store, journal: Journal) -> None:
        self.store, self.journal = store, journal
        self._runs: dict[Experiment, Run] = {}
        self._session_files: dict[Experiment, Path] = {}
        self._pool = Pool()
        self._queue = ThreadPoolExecutor(1, thread_name_prefix="training")
        self._look_ups = ThreadPoolExecutor(1, thread_name_prefix="look-up")
        self._lock = threading.Lock()

    def run(self, experiment: Experiment) -> Run:
        """Return what is known of an experiment, which the folder of results may tell in time."""
        if experiment not in self._runs:
            self._runs[experiment] = run = Run(experiment=experiment)
            self._look_ups.submit(self._look_up_guarded, run)
        return self._runs[experiment]

    @property
    def busy(self) -> list[Run]:
        """Trainings that run or wait."""
        return [run for run in self._runs.values() if run.state in BUSY]

    @property
    def session_files(self) -> list[Path]:
        """Records of this session, in the order of their ends."""
        return [path for path in [*self._session_files.values()] if path.exists()]

    def train(self, run: Run, *, anew: bool = False) -> None:
        """Put a training into the queue: from its last whole epoch on, or from the beginning.

        Not before it is known what there is of it.
        """
        with self._lock:
            if run.state in (*BUSY, "unknown"):
                return
            run.state, run.problem, run.trace, run.progress = "queued", None, None, None
            run.ticket = self._queue.submit(self._train, run, anew)
        self.journal.changed()

    def stop(self, run: Run) -> None:
        """Take a training out of the queue, or end it; whole epochs are kept."""
        with self._lock:
            if run.state == "queued" and run.ticket and run.ticket.cancel():
                run.state = run.resting_state
            elif run.state in BUSY:
                run.state = "stopping"
                if run.session:
                    run.session.abandon()
                    self._pool.interrupt()
        self.journal.changed()

    def close(self) -> None:
        """End everything; whole epochs of what runs are kept."""
        for run in self.busy:
            self.stop(run)
        self._queue.shutdown(wait=False, cancel_futures=True)
        self._look_ups.shutdown(wait=False, cancel_futures=True)
        self._pool.close()

    # In threads of its own

    def _look_up_guarded(self, run: Run) -> None:
        try:
            self._look_up(run)
        except Exception as error:  # whatever is wrong with the folder: the page shall show it
            run.state = "failed"
            run.problem = f"{type(error).__name__}: {error}"
            self.journal.say(f"{run.experiment.id}  {run.problem}")
        self.journal.changed()

    def _look_up(self, run: Run) -> None:
        session = Session([run.experiment], self.store, self._pool)
        missing = session.prepare(session.experiments)
        with self._lock:
            if missing:
                run.state, run.problem = "failed", missing[0]
                return
            run.provenance = session.provenance[run.experiment.id]
            self._find(run)
            run.state = run.resting_state

    def _find(self, run: Run) -> None:
        """Take what the folder of results has: a record, or a checkpoint."""
        if run.provenance is None:
            return
        stored = self.store.find(run.experiment, run.provenance)
        if not isinstance(stored, Trained):
            self._read_checkpoint(run)
            return
        run.record = stored
        run.adopt(stored.history.train.items(), stored.history.validation.items())

    def _read_checkpoint(self, run: Run) -> None:
        """Take what was kept of an unfinished training: it may be an epoch more than was told."""
        if run.provenance is None:
            return
        kept = training_state.read(self.store.checkpoint(run.experiment, run.provenance))
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
                run.state = run.resting_state
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
            self.journal.say(f"{run.experiment.id}  stopped after {run.epochs} whole epochs")
            run.state = run.resting_state
        except Exception as error:  # the queue's own fault, not the training's
            run.state, run.problem = "failed", f"{type(error).__name__}: {error}"
            self.journal.say(f"{run.experiment.id}  {run.problem}")
        run.session, run.progress = None, None
        self.journal.changed()

    def _train_in(self, session: Session, run: Run, anew: bool) -> None:
        id = run.experiment.id
        self.journal.say(f"{id}  {'starts from the beginning' if anew else 'starts'}")
        session.prepare([id])
        run.provenance = session.provenance.get(id)
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
                self.journal.say(f"{id}  {news.note}")
            if news.share == 1 and not news_of_old:
                self.journal.say(progress.running(run.experiment, news))
            self.journal.changed()

        record = session.record(id, told)
        self.journal.say(progress.ended(record))
        if id in session.unsaved:
            self.journal.say(f"{id}  NOT SAVED: {session.unsaved[id]}")
        if isinstance(record, Failed):
            self._read_checkpoint(run)
            run.state, run.problem, run.trace = "failed", record.reason, record.log
            return
        assert isinstance(record, Trained)
        run.record, run.tested, run.loaded, run.state = record, None, None, "done"
        self._session_files[run.experiment] = self.store.folder / f"{id}-{record.fingerprint}.json"
