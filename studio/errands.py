"""What is asked of a network besides training, and does not wait for one that runs."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from bench import backends
from bench.executors.local import Pool
from bench.experiment import Experiment, fingerprint, provenance
from bench.protocol import Paths
from bench.store import Store
from reports.schema import predictions
from reports.schema.record import Described, Evaluated, Failed, Network
from studio.journal import Journal
from studio.run import BUSY, Run
from studio.saved_files import Folder


class Errands:
    """Describes networks; tests, loads, saves and exports weights, one at a time.

    ``folder`` is for the predictions of tests. Its methods return at once.
    """

    def __init__(self, store: Store, journal: Journal, saved: Folder, folder: Path) -> None:
        self.store, self.journal, self.saved, self.folder = store, journal, saved, folder
        self._networks: dict[str, Future[Network]] = {}
        self._pool = Pool()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="errand")

    def network(self, experiment: Experiment) -> Future[Network]:
        """Return the layers of its network, built once by a worker of its backend."""
        own = experiment.own.facts if experiment.own else ""
        name = f"{experiment.architecture}-{experiment.dataset}-{own}"
        building = self._networks.get(name)
        if building is None or (building.done() and building.exception()):
            self._networks[name] = self._thread.submit(self._describe, experiment)
        return self._networks[name]

    def test(self, run: Run, batch_size: int) -> None:
        """Score its weights on the test subset."""
        if not run.testing:
            run.testing = True
            self.journal.changed()
            self._thread.submit(self._guarded, run, batch_size, run.loaded)

    def load(self, run: Run, path: Path, batch_size: int) -> None:
        """Use weights from a file, if it holds some for this network, and test them."""
        if not run.testing:
            run.testing = True
            self.journal.changed()
            self._thread.submit(self._guarded, run, batch_size, path)

    def unload(self, run: Run) -> None:
        """Go back to the weights of its own training."""
        run.loaded = run.tested = None
        self.journal.say(f"{run.experiment.id}  uses the weights of its own training again")

    def save(self, run: Run, name: str) -> Path:
        """Copy the weights in use under a name. Raises `FileNameError`, `OSError`."""
        source = self.weights(run)
        if source is None:
            raise FileNotFoundError(f"{run.network} has no weights yet: train it first")
        path = self.saved.keep(source, name)
        if run.loaded is None:
            run.saved = True
        self.journal.say(f"{run.experiment.id}  weights saved as {path.name}")
        return path

    def export(self, run: Run, path: Path) -> "Future[str | None]":
        """Write the whole network as one file; the result says what went wrong."""
        return self._thread.submit(self._export, run, path)

    def weights(self, run: Run) -> Path | None:
        """Return the file of the weights in use, if there is one."""
        if run.loaded:
            return run.loaded
        if run.provenance is None or not run.epochs:
            return None
        finished = run.epochs == run.experiment.epochs
        path = self.store.weights(run.experiment, run.provenance, finished=finished)
        return path if path.exists() else None

    def close(self) -> None:
        """End everything."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._pool.close()

    # In a thread of its own

    def _guarded(self, run: Run, batch_size: int, loaded: Path | None) -> None:
        """Test weights; let no fault of it pass in silence."""
        try:
            self._test(run, batch_size, loaded)
        except Exception as error:
            run.testing = False
            if run.state not in BUSY:
                run.state = "failed"
            run.problem = f"{type(error).__name__}: {error}"
            self.journal.say(f"{run.experiment.id}  {run.problem}")
        self.journal.changed()

    def _test(self, run: Run, batch_size: int, loaded: Path | None) -> None:
        path = loaded or self.weights(run)
        if path is None or run.provenance is None:
            raise FileNotFoundError(f"{run.network} has no weights yet: train it first")
        experiment = replace(run.experiment, task="test", batch_size=batch_size)
        backend = experiment.backend
        facts = provenance(
            experiment, checksum=str(run.provenance["data"]), packages=backends.packages(backend)
        )
        target = predictions.path(self.folder, experiment.id, fingerprint(facts))
        paths = Paths(weights=str(path), predictions=str(target))
        record = self._pool.submit(experiment, facts, lambda _: None, paths).result()
        run.testing = False
        if isinstance(record, Failed):
            run.problem = record.reason.removeprefix("WeightsError: ")
            self.journal.say(f"{run.experiment.id}  test failed: {run.problem}")
            return
        assert isinstance(record, Evaluated)
        run.tested, run.loaded, run.problem = record, loaded, None
        self.journal.say(f"{run.experiment.id}  tested with {path.name}: {_scores(record)}")

    def _describe(self, experiment: Experiment) -> Network:
        experiment = replace(experiment, task="build")
        record = self._pool.submit(experiment, {}, lambda _: None, Paths()).result()
        self.journal.changed()
        if isinstance(record, Failed):
            raise RuntimeError(record.reason)
        assert isinstance(record, Described)
        return record.network

    def _export(self, run: Run, path: Path) -> str | None:
        source = self.weights(run)
        if source is None:
            return f"{run.network} has no weights yet: train it first"
        experiment = replace(run.experiment, task="export")
        paths = Paths(weights=str(source), model=str(path))
        record = self._pool.submit(experiment, {}, lambda _: None, paths).result()
        if isinstance(record, Failed):
            return record.reason.removeprefix("WeightsError: ")
        self.journal.say(f"{run.experiment.id}  exported as {path.name}")
        return None


def _scores(record: Evaluated) -> str:
    return ", ".join(
        f"{name} {'not finite' if value is None else f'{value:.4f}'}"
        for name, value in record.test.items()
    )
