"""The side of the process that runs pytest: sends experiments, takes what comes back."""

import contextlib
import functools
import itertools
import logging
import os
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
import msgspec

from bench.executors.dask import answers, local_cluster
from bench.executors.dask.address import LOCAL, read, shown
from bench.executors.dask.messages import Offer, Order, code, versions
from bench.executors.dask.service import Service, offer, serve
from bench.executors.executor import ExecutorError, Notice, Report
from bench.experiment import Experiment
from bench.outcome import failure, now, reason_of
from bench.protocol import Paths
from datasets.spec import DATA_DIR
from reports.schema.record import Provenance, Record
from reports.schema.text import plain
from reports.schema.writing import whole_file

CONNECT_SECONDS = 15
"""How long a scheduler may take to answer."""
WORKERS_SECONDS = 60
"""How long the first worker may take to appear."""
ATTEMPTS = 5
"""How often an experiment is sent again that waited for its turn where workers died."""


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
        self._service = Service(packages=versions(), jobs=jobs, alone=address.startswith(LOCAL))
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

    def warm_up(self, experiments: Sequence[Experiment]) -> list[Notice]:
        """Connect; return what there is to say on the workers there are. Raises `ExecutorError`."""
        try:
            self._client = self._stack.enter_context(self._connect())
            self._client.wait_for_workers(1, timeout=WORKERS_SECONDS)
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            # Dask raises a TypeError where keys are missing. The rest is a stack's worth of text.
            reason = str(error).splitlines()[0] if str(error) else "no answer"
            raise ExecutorError(f"--cluster {shown(self._address)}: {reason}") from None
        specs = self._client.run(find_spec, __name__.partition(".")[0], on_error="return")
        strangers = [address for address, spec in specs.items() if not isinstance(spec, ModuleSpec)]
        # With strangers it raises, after it has done its work on the others.
        try:
            self._client.register_plugin(self._service, name=self._service.name)
        except Exception:
            if not strangers:
                raise
        self._client.subscribe_topic(self._session, self._progress)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._token.touch()
        self._stack.callback(self._token.unlink, missing_ok=True)
        notices = [
            Notice(
                text=f"{address}: it does not find this project; start it in a checkout",
                refused=True,
            )
            for address in strangers
        ]
        notices += self._take_offers([address for address in specs if address not in strangers])
        machines = [Notice(text=line) for line in self._machines()]
        return [*machines, *notices, *self._refusals(experiments)]

    def _take_offers(self, addresses: Sequence[str]) -> Iterator[Notice]:
        """Ask workers what they have; yield a line for each whose answer is none."""
        self._offers = []
        sent = self._client.run(offer, workers=addresses, on_error="return")
        for address, payload in sent.items():
            try:
                self._offers.append(replace(answers.offer(payload), address=address))
            except answers.AnswerError as error:
                yield Notice(text=f"{address}: it sent {error}", refused=True)

    def _refusals(self, experiments: Sequence[Experiment]) -> Iterator[Notice]:
        """Yield a line for each worker and backend that do not go together."""
        for backend, cores in dict.fromkeys((e.backend, e.cores) for e in experiments):
            for each in self._offers:
                if reason := self._unable(each, backend, cores):
                    text = f"{each.address} ({each.machine}) for {backend}: {reason}"
                    yield Notice(text=text, refused=True)

    def submit(
        self, experiment: Experiment, provenance: Provenance, report: Report, paths: Paths
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
        data_dir = os.environ.get(DATA_DIR)
        order = Order(
            experiment=experiment,
            provenance=provenance,
            service=self._service.name,
            topic=self._session,
            data_dir=data_dir and str(Path(data_dir).resolve()),
            token=str(self._token),
            began=self._began,
            paths=replace(
                paths, checkpoint=paths.checkpoint and str(Path(paths.checkpoint).resolve())
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
            return self._stack.enter_context(local_cluster.start(self._jobs)).get_client()
        return distributed.Client(read(self._address), timeout=CONNECT_SECONDS)

    def _machines(self) -> list[str]:
        """Return a line on the workers, and one on those that will have to wait."""
        workers = Counter(each.machine for each in self._offers)
        cores = {each.machine: each.machine_cores for each in self._offers}
        names = ", ".join(
            f"{name} ({cores[name]} cores, {n} workers)" for name, n in workers.items()
        )
        lines = [f"cluster {shown(self._address)}: {names or 'no workers'}"]
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
        experiment, paths = sent.order.experiment, sent.order.paths
        key = f"{experiment.id}-{self._session}-{next(self._attempts)}"
        self._sent[key] = sent
        try:
            sent.dask = self._client.submit(
                self._task,
                msgspec.msgpack.encode(sent.order),
                Path(paths.reference).read_bytes() if paths.reference else None,
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
            sent.future.set_exception(self._lost(f" ({plain(reason_of(error))})"))

    def _progress(self, event: tuple[float, object]) -> None:
        try:
            key, progress = answers.progress(event[1])
        except answers.AnswerError:
            return  # what is shown meanwhile is no result
        if sent := self._sent.get(key):
            sent.starts += progress is None
            sent.report(progress)

    def _ended(self, key: str, dask: Any) -> None:
        """Pass on what came of an experiment; called by a thread of Dask's client."""
        sent = self._sent.pop(key)
        if self._closing:
            return
        experiment, paths = sent.order.experiment, sent.order.paths
        try:
            outcome = answers.outcome(dask.result(), sent.order)
            record = outcome.record
            with contextlib.suppress(OSError):  # the session misses what is not there
                for name, content in outcome.files.items():
                    with whole_file(Path(getattr(paths, name))) as stream:
                        stream.write(content)
        except answers.AnswerError as error:
            reason = f"its worker sent {error}"
            record = failure(experiment, reason=reason, started_at=now())
        except distributed.KilledWorker as error:
            # Dask counts the deaths of workers where it only waited for its turn, too.
            sent.attempts += 1
            if sent.starts <= error.allowed_failures and sent.attempts < ATTEMPTS:
                self._send(sent)
                return
            reason = f"{error.allowed_failures + 1} workers died that had it to run"
            record = failure(experiment, reason=reason, started_at=now())
        except CancelledError:
            sent.future.set_exception(self._lost())
            return
        except Exception as error:
            reason = plain(reason_of(error))
            record = failure(experiment, reason=reason, started_at=now())
        sent.future.set_result(record)

    def _lost(self, detail: str = "") -> ExecutorError:
        """Return what there is to say of a lost scheduler; Dask's own words are stacks."""
        for name in list(logging.Logger.manager.loggerDict):
            if name.partition(".")[0] == "distributed":
                logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        return ExecutorError(
            f"the scheduler {shown(self._address)} is gone; what was finished is kept{detail}"
        )
