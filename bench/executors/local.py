"""Experiments side by side on this machine, each with cores of its own."""

import queue
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from bench.executors.executor import Notice, Report
from bench.executors.process import Runner
from bench.experiment import Experiment
from bench.machine import usable_cores
from bench.protocol import Paths
from reports.schema.record import Provenance, Record


class Pool:
    """Runs so many experiments at a time; with one, an experiment has all cores.

    Their cores do not overlap, but memory and caches are shared: records say how many there were,
    and their times are not compared.
    """

    def __init__(self, jobs: int = 1) -> None:
        cores = usable_cores()
        share = len(cores) // jobs
        self._runners = [Runner(cores[i * share : (i + 1) * share], jobs=jobs) for i in range(jobs)]
        self._free: queue.SimpleQueue[Runner] = queue.SimpleQueue()
        for runner in self._runners:
            self._free.put(runner)
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="experiment")

    def warm_up(self, experiments: Sequence[Experiment]) -> list[Notice]:
        """Start the workers of the first experiments, and do not wait for them."""
        for runner, experiment in zip(self._runners, experiments, strict=False):
            runner.start(experiment)
        return []

    def submit(
        self, experiment: Experiment, provenance: Provenance, report: Report, paths: Paths
    ) -> Future[Record]:
        """Run an experiment when a runner is free."""
        return self._threads.submit(self._run, experiment, report, paths)

    def interrupt(self) -> None:
        """End what runs now, as a failure; go on with what waits."""
        for runner in self._runners:
            runner.interrupt()

    def close(self) -> None:
        """Forget what waits, end what runs."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for runner in self._runners:
            runner.close()
        self._threads.shutdown()

    def _run(self, experiment: Experiment, report: Report, paths: Paths) -> Record:
        runner = self._free.get()
        report(None)
        try:
            return runner.run(experiment, report, paths)
        finally:
            self._free.put(runner)
