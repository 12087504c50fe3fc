"""Experiments on the workers of a Dask cluster: other machines, or processes of this one.

Of the classes here, `Cluster` lives in the process that runs pytest; `Service` and `serve` are
imported by Dask's workers. Experiments, facts and records cross the wire as msgpack, never as
pickled objects of this project.
"""

import contextlib
import functools
import getpass
import hashlib
import itertools
import logging
import os
import platform
import signal
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import distributed
import filelock
import msgspec
import psutil

from bench import backends
from bench.environment import usable_cores
from bench.experiment import (
    Experiment,
    Facts,
    Files,
    Progress,
    differences,
    facts,
    failure,
    now,
)
from bench.isolation import ROOT, Runner
from bench.pool import ExecutorError, Report
from bench.store import whole_file
from datasets import fetch, load
from datasets.registry import find
from datasets.spec import DATA_DIR, DataError, MissingDataError
from reports.record import Record

CONNECT_SECONDS = 15
"""How long a scheduler may take to answer."""
WORKERS_SECONDS = 60
"""How long the first worker may take to appear."""
SLOT_SECONDS = 0.05
"""Between two looks whether another experiment on this machine has ended."""
LOCAL = "local:"
ATTEMPTS = 5
"""How often an experiment is sent again that waited for its turn where workers died."""
CANCELLED = "cancelled: nobody waits for it"
OUTPUTS = ("predictions", "arrays")
"""The fields of `Files` that an experiment writes and the client wants."""
OWN_DATA_DIR = os.environ.get(DATA_DIR)
"""Of this worker's machine, before any client has named one."""


@functools.cache
def code() -> str:
    """Return a hash of this project's source as it was when this process first asked."""
    digest = hashlib.sha256()
    for package in ("architectures", "bench", "datasets", "reports"):
        for path in sorted((ROOT / package).rglob("*.py")):
            digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


@functools.cache
def versions() -> dict[str, dict[str, str]]:
    """Return the packages that compute, by backend."""
    return {backend.name: backends.packages(backend.name) for backend in backends.BACKENDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a worker has."""

    address: str
    machine: str
    cores: int
    """That it may use, of the machine's."""
    machine_cores: int
    code: str
    packages: dict[str, dict[str, str]]
    resources: dict[str, float]
    """Those that it was started with, such as ``GPU``, and those that `Service` added."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One experiment, with what a worker on another machine must know."""

    experiment: Experiment
    facts: Facts
    """What the client would measure: a worker that would measure something else refuses."""
    service: str
    topic: str
    """Of the events that tell of its progress."""
    data_dir: str | None
    token: str
    """A file beside the client's records: workers that see it share that disk."""
    began: float
    """When the client began, in seconds of the epoch: later checkpoints are of this run."""
    files: Files


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a worker answers."""

    record: Record
    files: dict[str, bytes]
    """What the experiment has written, by field of `Files`."""


class Service(distributed.WorkerPlugin):
    """On every worker, those that join later included: says what it can do, and does it.

    A worker takes one experiment at a time, and its machine so many as there are ``jobs``: each has
    a place, which is a locked file. With one job an experiment has all cores of its worker; with
    more, each place has a share of the machine's, unless the worker was bound to cores of its own.
    """

    idempotent = True  # several clients share it

    def __init__(self, *, packages: Mapping[str, Mapping[str, str]], jobs: int) -> None:
        self._packages = {name: dict(versions) for name, versions in packages.items()}
        self._code = code()
        self._jobs = jobs
        parts = msgspec.json.encode([self._packages, self._code, jobs], order="sorted")
        self.name = f"keras-bench-{hashlib.sha256(parts).hexdigest()[:12]}"

    async def setup(self, worker: Any) -> None:
        """Advertise the backends whose packages are those asked for."""
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

    def run(self, worker: Any, experiment: Experiment, report: Report, files: Files) -> Record:
        """Run an experiment as soon as this machine has room. Raises `InterruptedError`."""
        key = worker.get_current_task()
        with ExitStack() as stack:
            running = self._running[key] = _Running()
            stack.callback(self._running.pop, key)
            if worker.state.tasks[key].state != "executing":  # cancelled while the data were read
                raise InterruptedError(CANCELLED)
            cores = self._cores(self._slot(stack, running))
            if cores not in self._runners:
                self._runners[cores] = Runner(cores)
            runner = running.runner = self._runners[cores]

            def passed_on(progress: Progress) -> None:
                report(progress)
                if running.cancelled.is_set():  # before there was a process to interrupt
                    runner.interrupt()

            report(None)
            record = runner.run(experiment, passed_on, files)
            if running.cancelled.is_set():
                raise InterruptedError(CANCELLED)
        if record.environment and self._jobs > 1:
            environment = replace(record.environment, jobs=self._jobs)
            record = replace(record, environment=environment)
        return record

    def _slot(self, stack: ExitStack, running: "_Running") -> int:
        """Take a place on this machine, which the stack gives back; return its number."""
        folder = Path(tempfile.gettempdir(), f"keras-bench-{getpass.getuser()}")
        folder.mkdir(mode=0o700, exist_ok=True)
        while True:
            for slot in range(self._jobs):
                with contextlib.suppress(filelock.Timeout):
                    stack.enter_context(filelock.FileLock(folder / f"{slot}.lock", timeout=0))
                    return slot
            if running.cancelled.wait(SLOT_SECONDS):
                raise InterruptedError(CANCELLED)

    def _cores(self, slot: int) -> tuple[int, ...]:
        cores = usable_cores()
        if len(cores) < (psutil.cpu_count() or 1):
            return cores
        share = max(1, len(cores) // self._jobs)
        return cores[slot * share : (slot + 1) * share]


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
        files = _local_files(order, Path(folder), reference)
        service: Any = worker.plugins[order.service]
        record = service.run(worker, order.experiment, report, files)
        if record.status == "ok" and (other := differences(order.facts, record.facts or {})):
            reason = f"{worker.address} ({platform.node()}) has measured something else: {other}"
            record = failure(order.experiment, reason=reason, started_at=started_at)
        written = {
            name: path.read_bytes()
            for name in OUTPUTS
            if (value := getattr(files, name)) and (path := Path(value)).exists()
        }
    if record.status == "ok" and files.checkpoint and files.checkpoint != order.files.checkpoint:
        Path(files.checkpoint).unlink(missing_ok=True)  # the client deletes its own
    return msgspec.msgpack.encode(Outcome(record=record, files=written))


def _differs(order: Order) -> str:
    """Return what this machine would measure otherwise, once it has the data."""
    experiment = order.experiment
    shared = order.data_dir is not None and Path(order.data_dir).is_dir()
    data_dir = OWN_DATA_DIR or (order.data_dir if shared else None)
    if data_dir:
        os.environ[DATA_DIR] = data_dir
    dataset = find(experiment.dataset)
    prepare = functools.partial(
        load.prepare,
        dataset,
        embedded=experiment.embedded,
        train=experiment.train_samples,
        test=experiment.test_samples,
    )
    try:
        prepared = prepare()
    except MissingDataError:
        fetch.download(dataset)
        prepared = prepare()
    packages = backends.packages(experiment.backend)
    return differences(
        order.facts, facts(experiment, checksum=prepared.checksum, packages=packages)
    )


def _local_files(order: Order, folder: Path, reference: bytes | None) -> Files:
    """Return where an experiment reads and writes on this machine."""
    checkpoint, token, resume = order.files.checkpoint, Path(order.token), order.files.resume
    began = token.stat().st_mtime if token.exists() else order.began
    if checkpoint and not token.exists():  # no disk is shared with the client
        checkpoint = str(fetch.cache_dir() / "checkpoints" / Path(checkpoint).name)
    if checkpoint and Path(checkpoint).exists():  # of a worker that died, or of an earlier run
        resume = resume or Path(checkpoint).stat().st_mtime >= began
    if reference is not None:
        (folder / "reference.npz").write_bytes(reference)

    def path(name: str) -> str | None:
        return str(folder / f"{name}.npz") if getattr(order.files, name) else None

    return replace(
        order.files,
        checkpoint=checkpoint,
        resume=resume,
        predictions=path("predictions"),
        arrays=path("arrays"),
        reference=path("reference"),
    )


class Cluster:
    """Runs experiments on a Dask cluster: an `Executor`.

    ``address`` is a scheduler's (``tcp://host:8786``, ``tls://…``), the file that it wrote, or
    ``local:N`` for N workers on this machine, which nobody else can reach. Each machine runs so
    many experiments at a time as there are ``jobs``. ``resources`` are asked of Dask's workers
    besides: ``{"GPU": 1}``. ``folder`` is that of the records. ``task`` is what workers call with
    an encoded `Order` and the bytes of a reference.
    """

    def __init__(
        self,
        address: str,
        *,
        folder: Path,
        jobs: int = 1,
        resources: Mapping[str, float] | None = None,
        task: Callable[[bytes, bytes | None], bytes] = serve,
    ) -> None:
        self._address = address
        self._folder = folder.resolve()
        self._resources = dict(resources or {})
        self._task = task
        self._service = Service(packages=versions(), jobs=jobs)
        self._jobs = jobs
        self._session = uuid.uuid4().hex
        self._token = self._folder / f".cluster-{self._session}"
        self._stack = ExitStack()
        self._client: Any = None
        self._offers: list[Offer] = []
        self._sent: dict[str, _Sent] = {}
        """By Dask's key."""
        self._began = time.time()
        self._attempts = itertools.count()
        self._closing = False

    def warm_up(self, experiments: Sequence[Experiment]) -> list[str]:
        """Connect; return lines on the workers there are. Raises `ExecutorError`."""
        try:
            self._client = self._stack.enter_context(self._connect())
            self._client.wait_for_workers(1, timeout=WORKERS_SECONDS)
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            # Dask raises a TypeError where keys are missing. The rest is a stack's worth of text.
            reason = str(error).splitlines()[0] if str(error) else "no answer"
            raise ExecutorError(f"--cluster {self._address}: {reason}") from None
        found = self._client.run(find_spec, __name__.partition(".")[0], on_error="return")
        strangers = [address for address, spec in found.items() if not isinstance(spec, ModuleSpec)]
        # With strangers it raises, after it has done its work on the others.
        with contextlib.suppress(*[Exception] * bool(strangers)):
            self._client.register_plugin(self._service, name=self._service.name)
        self._client.subscribe_topic(self._session, self._progress)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._token.touch()
        self._stack.callback(self._token.unlink, missing_ok=True)
        answers = self._client.run(offer, workers=[a for a in found if a not in strangers])
        self._offers = [msgspec.msgpack.decode(each, type=Offer) for each in answers.values()]
        wanted = dict.fromkeys((e.backend, e.cores) for e in experiments)
        return [
            *self._machines(),
            *(
                f"REFUSED {address}: it does not find this project; start it in a checkout"
                for address in strangers
            ),
            *(
                f"REFUSED {each.address} ({each.machine}) for {backend}: {reason}"
                for each in self._offers
                for backend, cores in wanted
                if (reason := self._unable(each, backend, cores))
            ),
        ]

    def submit(
        self, experiment: Experiment, known: Facts, report: Report, files: Files
    ) -> Future[Record]:
        """Send an experiment to whichever worker is able and free."""
        future: Future[Record] = Future()
        reasons = [
            self._unable(each, experiment.backend, experiment.cores) for each in self._offers
        ]
        if all(reasons):
            why = "; ".join(dict.fromkeys(filter(None, reasons))) or "none finds this project"
            reason = f"no worker of the cluster can run this: {why}"
            future.set_result(failure(experiment, reason=reason, started_at=now()))
            return future
        order = Order(
            experiment=experiment,
            facts=known,
            service=self._service.name,
            topic=self._session,
            data_dir=os.environ.get(DATA_DIR),
            token=str(self._token),
            began=self._began,
            files=replace(
                files, checkpoint=files.checkpoint and str(Path(files.checkpoint).resolve())
            ),
        )
        self._send(_Sent(order=order, report=report, future=future))
        return future

    def close(self) -> None:
        """Cancel what waits and what runs."""
        self._closing = True
        with contextlib.suppress(Exception):  # the scheduler may be gone
            self._client.cancel([sent.dask for sent in self._sent.values() if sent.dask])
        self._stack.close()

    def _connect(self) -> Any:
        if self._address.startswith(LOCAL):
            with _uninterrupted():
                cluster = distributed.LocalCluster(
                    n_workers=self._jobs,
                    threads_per_worker=1,
                    memory_limit=0,  # experiments have processes of their own
                    dashboard_address="127.0.0.1:0",
                    security=True,  # keys of this run only: other users of the machine stay out
                    silence_logs=logging.ERROR,
                )
            return self._stack.enter_context(cluster).get_client()
        if "://" in self._address:
            return distributed.Client(self._address, timeout=CONNECT_SECONDS)
        file, deadline = Path(self._address), time.monotonic() + CONNECT_SECONDS
        while not file.is_file():  # a scheduler that has just been started writes it soon
            if file.suffix != ".json" or time.monotonic() > deadline:
                raise FileNotFoundError("no such file, and no address such as tcp://host:8786")
            time.sleep(0.1)
        return distributed.Client(scheduler_file=self._address, timeout=CONNECT_SECONDS)

    def _machines(self) -> list[str]:
        """Return a line on the workers, and one on those that will have to wait."""
        workers = Counter(each.machine for each in self._offers)
        cores = {each.machine: each.machine_cores for each in self._offers}
        names = ", ".join(
            f"{name} ({cores[name]} cores, {n} workers)" for name, n in workers.items()
        )
        lines = [f"cluster {self._address}: {names or 'no workers'}"]
        if crowded := [name for name, n in workers.items() if n > self._jobs]:
            lines.append(
                f"{', '.join(crowded)}: more workers than experiments at a time ({self._jobs}), "
                "the others wait; --jobs allows more, and their times are then not compared"
            )
        return lines

    def _unable(self, worker: Offer, backend: str, cores: int | None) -> str:
        """Return why a worker cannot run such experiments; empty if it can."""
        if worker.code != code():
            return "its source differs; update its checkout and start it again"
        here, there = versions()[backend], worker.packages.get(backend, {})
        reasons = [
            f"{name} is {there.get(name)} there and {here.get(name)} here"
            for name in sorted(here.keys() | there.keys())
            if here.get(name) != there.get(name)
        ]
        asked = {"cores": cores or 0, **self._resources}
        has = {**worker.resources, "cores": worker.cores}
        reasons += [
            f"{name}: it has {has.get(name, 0):g}, {number:g} asked for"
            for name, number in asked.items()
            if has.get(name, 0) < number
        ]
        return ", ".join(reasons)

    def _send(self, sent: "_Sent") -> None:
        experiment, files = sent.order.experiment, sent.order.files
        key = f"{experiment.id}-{self._session}-{next(self._attempts)}"
        self._sent[key] = sent
        try:
            sent.dask = self._client.submit(
                self._task,
                msgspec.msgpack.encode(sent.order),
                Path(files.reference).read_bytes() if files.reference else None,
                key=key,
                pure=False,
                resources={
                    "experiments": 1,
                    "cores": experiment.cores or 1,
                    self._service.ability(experiment.backend): 1,
                    **self._resources,
                },
            )
            sent.dask.add_done_callback(functools.partial(self._ended, key))
        except Exception as error:  # whatever Dask raises where there is no scheduler
            del self._sent[key]
            sent.future.set_exception(ExecutorError(f"{self._gone()} ({error})"))

    def _progress(self, event: tuple[float, dict[str, Any]]) -> None:
        message = event[1]
        if sent := self._sent.get(message["key"]):
            progress = msgspec.msgpack.decode(message["progress"], type=Progress | None)
            sent.starts += progress is None
            sent.report(progress)

    def _ended(self, key: str, dask: Any) -> None:
        """Pass on what came of an experiment; called by a thread of Dask's client."""
        sent = self._sent.pop(key)
        if self._closing:
            return
        experiment, files = sent.order.experiment, sent.order.files
        try:
            outcome = msgspec.msgpack.decode(dask.result(), type=Outcome)
            record = outcome.record
            with contextlib.suppress(OSError):  # the session misses what is not there
                for name, content in outcome.files.items():
                    with whole_file(Path(getattr(files, name))) as stream:
                        stream.write(content)
        except distributed.KilledWorker as error:
            # Dask counts the deaths of workers where it only waited for its turn, too.
            sent.attempts += 1
            if sent.starts <= error.allowed_failures and sent.attempts < ATTEMPTS:
                self._send(sent)
                return
            reason = f"{error.allowed_failures + 1} workers died that had it to run"
            record = failure(experiment, reason=reason, started_at=now())
        except CancelledError:
            sent.future.set_exception(ExecutorError(self._gone()))
            return
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            record = failure(experiment, reason=reason, started_at=now())
        sent.future.set_result(record)

    def _gone(self) -> str:
        return f"the scheduler {self._address} is gone; what was finished is kept"


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach: it is for the one that waits."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@dataclass(slots=True, kw_only=True)
class _Sent:
    """An experiment on its way."""

    order: Order
    report: Report
    future: Future[Record]
    dask: Any = None
    starts: int = 0
    """By workers, as far as they could tell."""
    attempts: int = 0
