"""What Dask's workers run: they say what they can do, and do it. Imports no Keras."""

import contextlib
import functools
import getpass
import hashlib
import os
import platform
import tempfile
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import distributed
import filelock
import msgspec
import psutil

from bench import backends
from bench.executors.dask import nanny
from bench.executors.dask.messages import CANCELLED, OUTPUTS, Offer, Order, Outcome, code, versions
from bench.executors.executor import Report
from bench.executors.process import Runner
from bench.experiment import Experiment, differences, provenance
from bench.machine import affinity, usable_cores
from bench.outcome import failure, now
from bench.protocol import Paths, Progress
from datasets import fetch, load
from datasets.registry import BY_NAME as DATASETS
from datasets.spec import DATA_DIR, DataError, MissingDataError
from reports.schema.record import Failed, Record
from reports.schema.writing import clear

SLOT_SECONDS = 0.05
"""Between two looks whether another experiment on this machine has ended."""
OWN_DATA_DIR = os.environ.get(DATA_DIR)
"""Of this worker's machine, before any client has named one."""


def offer(dask_worker: Any) -> bytes:
    """Return the `Offer` of the worker that this is run on."""
    return msgspec.msgpack.encode(
        Offer(
            address=dask_worker.address,
            machine=platform.node(),
            cores=len(usable_cores()),
            machine_cores=psutil.cpu_count() or 1,
            code=code(),
            packages=versions(),
            resources=dict(dask_worker.state.total_resources),
        )
    )


class Service(distributed.WorkerPlugin):
    """On every worker, those that join later included: says what it can do, and does it.

    A worker takes one experiment at a time, and its machine so many as there are ``jobs``, and
    cores for them: each has a place, which is a locked file. With one job an experiment has all
    cores of its worker; with more, each place has a share of the machine's, unless the worker was
    bound to cores of its own.
    Workers of one run ``alone`` are bound to what that run is: they share it.
    """

    idempotent = True  # several clients share it

    def __init__(
        self, *, packages: Mapping[str, Mapping[str, str]], jobs: int, alone: bool = False
    ) -> None:
        self._packages = {name: dict(versions) for name, versions in packages.items()}
        self._code = code()
        self._jobs = jobs
        self._alone = alone
        parts = msgspec.json.encode([self._packages, self._code, jobs, alone], order="sorted")
        self.name = f"keras-bench-{hashlib.sha256(parts).hexdigest()[:12]}"

    async def setup(self, worker: Any) -> None:
        """Advertise the backends whose packages are those asked for."""
        if worker.nanny:
            nanny.forget()
        self._runners: dict[tuple[int, ...], Runner] = {}
        self._running: dict[object, _Running] = {}
        own = versions()
        able = [name for name, wanted in self._packages.items() if own[name] == wanted]
        if code() == self._code:
            await worker.set_resources(
                experiments=1,
                cores=len(self._cores(0)),
                **{self.ability(name): 1 for name in able},
            )
            # The scheduler looks for tasks that waited for such a worker when one begins to run,
            # not when it learns of resources.
            worker.status = distributed.Status.paused
            worker.status = distributed.Status.running

    def teardown(self, worker: Any) -> None:
        """End what runs, and do not wait for it."""
        for runner in self._runners.values():
            threading.Thread(target=runner.close, daemon=True).start()

    def ability(self, backend: str) -> str:
        """Return the name of the resource that stands for a backend in the right versions."""
        return f"{self.name}-{backend}"

    def transition(self, key: object, start: str, finish: str, **_: object) -> None:
        """End the process of an experiment that nobody waits for any longer."""
        if start == "executing" and finish == "released" and (running := self._running.get(key)):
            running.cancel()

    def run(self, worker: Any, experiment: Experiment, report: Report, paths: Paths) -> Record:
        """Run an experiment as soon as this machine has room. Raises `InterruptedError`."""
        key = worker.get_current_task()
        with ExitStack() as stack:
            running = self._running[key] = _Running()
            stack.callback(self._running.pop, key)
            if worker.state.tasks[key].state != "executing":  # cancelled while the data were read
                raise InterruptedError(CANCELLED)
            cores = self._cores(self._slot(stack, running))
            if cores not in self._runners:
                self._runners[cores] = Runner(cores, jobs=self._places())
            runner = running.runner = self._runners[cores]

            def passed_on(progress: Progress) -> None:
                report(progress)
                if running.cancelled.is_set():  # before there was a process to interrupt
                    runner.interrupt()

            report(None)
            record = runner.run(experiment, passed_on, paths)
            if running.cancelled.is_set():
                raise InterruptedError(CANCELLED)
        return record

    def _slot(self, stack: ExitStack, running: "_Running") -> int:
        """Take a place on this machine, which the stack gives back; return its number."""
        folder = Path(tempfile.gettempdir(), f"keras-bench-{getpass.getuser()}")
        folder.mkdir(mode=0o700, exist_ok=True)
        while True:
            for slot in range(self._places()):
                with contextlib.suppress(filelock.Timeout):
                    stack.enter_context(filelock.FileLock(folder / f"{slot}.lock", timeout=0))
                    return slot
            if running.cancelled.wait(SLOT_SECONDS):
                raise InterruptedError(CANCELLED)

    def _places(self) -> int:
        """Return how many experiments this machine takes: no more than it has cores to give."""
        return self._jobs if self._is_bound() else min(self._jobs, len(usable_cores()))

    def _cores(self, slot: int) -> tuple[int, ...]:
        cores = usable_cores()
        if self._is_bound():
            return cores
        share = len(cores) // self._places()
        return cores[slot * share : (slot + 1) * share]

    def _is_bound(self) -> bool:
        """Return whether somebody gave this worker cores of its own."""
        return not self._alone and len(affinity() or usable_cores()) < (psutil.cpu_count() or 1)


class _Running:
    """An experiment on a worker, from the moment that it is asked for."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self.runner: Runner | None = None

    def cancel(self) -> None:
        self.cancelled.set()
        if self.runner:
            self.runner.interrupt()


def serve(payload: bytes, reference: bytes | None) -> bytes:
    """Run one `Order` on a worker; return its `Outcome`. What goes wrong is a failed record."""
    order = msgspec.msgpack.decode(payload, type=Order)
    worker = distributed.get_worker()
    key = str(worker.get_current_task())

    def report(progress: Progress | None) -> None:
        encoded = msgspec.msgpack.encode(progress)
        worker.log_event(order.topic, {"key": key, "progress": encoded})

    started_at = now()
    try:
        refused = _differs(order)
    except (DataError, OSError) as error:
        refused = str(error)
    if refused:
        reason = f"refused by {worker.address} ({platform.node()}): {refused}"
        record = failure(order.experiment, reason=reason, started_at=started_at)
        return msgspec.msgpack.encode(Outcome(record=record, files={}))
    with tempfile.TemporaryDirectory(prefix="keras-bench-") as folder:
        paths = _local_paths(order, Path(folder), reference)
        service: Any = worker.plugins[order.service]
        record = service.run(worker, order.experiment, report, paths)
        if not isinstance(record, Failed) and (
            other := differences(order.provenance, record.provenance or {})
        ):
            reason = f"{worker.address} ({platform.node()}) has measured something else: {other}"
            record = failure(order.experiment, reason=reason, started_at=started_at)
        written = {
            name: path.read_bytes()
            for name in OUTPUTS
            if (value := getattr(paths, name)) and (path := Path(value)).exists()
        }
    succeeded = not isinstance(record, Failed)
    if succeeded and paths.checkpoint and paths.checkpoint != order.paths.checkpoint:
        clear(Path(paths.checkpoint))  # the client deletes its own
    return msgspec.msgpack.encode(Outcome(record=record, files=written))


def _differs(order: Order) -> str:
    """Return what this machine would measure otherwise, once it has the data."""
    experiment = order.experiment
    # The user's own data the worker reads, as on the client, and checks their hash.
    checksum = _prepared(order) if experiment.dataset in DATASETS else ""
    packages = backends.packages(experiment.backend)
    return differences(
        order.provenance, provenance(experiment, checksum=checksum, packages=packages)
    )


def _prepared(order: Order) -> str:
    """Return the checksum of the suite's data, which are downloaded where they are missing."""
    experiment = order.experiment
    shared = order.data_dir is not None and Path(order.data_dir).is_dir()
    data_dir = OWN_DATA_DIR or (order.data_dir if shared else None)
    if data_dir:
        os.environ[DATA_DIR] = data_dir
    dataset = DATASETS[experiment.dataset]
    prepare = functools.partial(
        load.prepare,
        dataset,
        synthetic=experiment.synthetic,
        train=experiment.train_samples,
        test=experiment.test_samples,
    )
    try:
        return prepare().checksum
    except MissingDataError:
        fetch.download(dataset)
        return prepare().checksum


def _local_paths(order: Order, folder: Path, reference: bytes | None) -> Paths:
    """Return where an experiment reads and writes on this machine."""
    checkpoint, token, resume = order.paths.checkpoint, Path(order.token), order.paths.resume
    began = token.stat().st_mtime if token.exists() else order.began
    if checkpoint and not token.exists():  # no disk is shared with the client
        checkpoint = str(fetch.cache_dir() / "checkpoints" / Path(checkpoint).name)
    if checkpoint and Path(checkpoint).exists():  # of a worker that died, or of an earlier run
        resume = resume or Path(checkpoint).stat().st_mtime >= began
    if reference is not None:
        (folder / "reference.npz").write_bytes(reference)

    def path(name: str) -> str | None:
        return str(folder / f"{name}.npz") if getattr(order.paths, name) else None

    return replace(
        order.paths,
        checkpoint=checkpoint,
        resume=resume,
        predictions=path("predictions"),
        arrays=path("arrays"),
        reference=path("reference"),
    )
