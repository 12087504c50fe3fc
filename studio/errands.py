"""What is asked of a network besides training, and does not wait for one that runs."""

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A file of weights that no training changes."""

    path: Path
    epochs: int
    """Whole epochs of its own training that they are of; 0 for weights from a file."""


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
        if run.testing:  # perhaps with weights that are being loaded
            return
        run.loaded = run.tested = None
        self.journal.say(f"{run.experiment.id}  uses the weights of its own training again")

    def save(self, run: Run, name: str) -> Path:
        """Copy the weights in use under a name. Raises `FileNameError`, `OSError`."""
        source = self.weights(run)
        if source is None:
            raise FileNotFoundError(f"{run.network} has no weights yet: train it first")
        epochs = run.epochs
        path = self.saved.keep(source, name)
        if source != run.loaded:
            run.saved = run.epochs == epochs  # a training goes on meanwhile
        self.journal.say(f"{run.experiment.id}  weights saved as {path.name}")
        return path

    def export(self, run: Run, held: Held, path: Path) -> "Future[str | None]":
        """Write the whole network as one file; the result says what went wrong."""
        return self._thread.submit(self._export, run, held, path)

    @contextmanager
    def held(self, run: Run, loaded: Path | None) -> Iterator[Held]:
        """Give a file, or a copy of its own weights as they are now.

        Raises `OSError`, also where there are none.
        """
        if loaded:
            yield Held(path=loaded, epochs=0)
            return
        epochs, goes_on, path = run.epochs, run.state in BUSY, self.weights(run)
        if path is None:
            raise FileNotFoundError(f"{run.network} has no weights yet: train it first")
        with tempfile.TemporaryDirectory(prefix="studio-") as folder:
            copy = Path(folder, path.name)
            shutil.copyfile(path, copy)
            yield Held(path=copy, epochs=_epochs(copy) if goes_on else epochs)

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
            with self.held(run, loaded) as held:
                self._test(run, batch_size, held, loaded)
        except Exception as error:
            run.testing = False
            if run.state not in BUSY:
                run.state = "failed"
            run.problem = f"{type(error).__name__}: {error}"
            self.journal.say(f"{run.experiment.id}  {run.problem}")
        self.journal.changed()

    def _test(self, run: Run, batch_size: int, held: Held, loaded: Path | None) -> None:
        if run.provenance is None:
            raise FileNotFoundError(f"the data of {run.network} are not there")
        experiment = replace(run.experiment, task="test", batch_size=batch_size)
        backend = experiment.backend
        facts = provenance(
            experiment, checksum=str(run.provenance["data"]), packages=backends.packages(backend)
        )
        target = predictions.path(self.folder, experiment.id, fingerprint(facts))
        paths = Paths(weights=str(held.path), predictions=str(target))
        record = self._pool.submit(experiment, facts, lambda _: None, paths).result()
        run.testing = False
        if isinstance(record, Failed):
            run.problem = record.reason.removeprefix("WeightsError: ")
            self.journal.say(f"{run.experiment.id}  test failed: {run.problem}")
            return
        assert isinstance(record, Evaluated)
        run.loaded, run.tested_epochs, run.tested, run.problem = loaded, held.epochs, record, None
        self.journal.say(f"{run.experiment.id}  tested with {held.path.name}: {_scores(record)}")

    def _describe(self, experiment: Experiment) -> Network:
        experiment = replace(experiment, task="build")
        record = self._pool.submit(experiment, {}, lambda _: None, Paths()).result()
        self.journal.changed()
        if isinstance(record, Failed):
            raise RuntimeError(record.reason)
        assert isinstance(record, Described)
        return record.network

    def _export(self, run: Run, held: Held, path: Path) -> str | None:
        experiment = replace(run.experiment, task="export")
        paths = Paths(weights=str(held.path), model=str(path))
        record = self._pool.submit(experiment, {}, lambda _: None, paths).result()
        if isinstance(record, Failed):
            problem = record.reason.removeprefix("WeightsError: ")
            self.journal.say(f"{run.experiment.id}  export failed: {problem}")
            return problem
        self.journal.say(f"{run.experiment.id}  exported as {path.name}")
        return None


def _epochs(path: Path) -> int:
    """Return the epochs of weights just written, which are there before their epoch is told."""
    import h5py  # the first page need not wait for it

    with h5py.File(path) as file:
        return int(file.attrs["epochs"])


def _scores(record: Evaluated) -> str:
    return ", ".join(
        f"{name} {'not finite' if value is None else f'{value:.4f}'}"
        for name, value in record.test.items()
    )
