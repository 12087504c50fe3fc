"""Experiments side by side on this machine, each with cores of its own."""

import queue
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol

from bench.environment import usable_cores
from bench.experiment import Experiment, Facts, Files, Progress
from bench.isolation import Runner
from reports.record import Record

Report = Callable[[Progress | None], None]
"""Told of the start of an experiment (no progress yet) and of every epoch."""


class ExecutorError(Exception):
    """Nothing can be run, or nothing any longer. The message is for the user."""


class Executor(Protocol):
    """Where experiments run: here, or on other machines."""

    def warm_up(self, experiments: Sequence[Experiment]) -> list[str]:
        """Start what the first experiments will need; return lines for the user.

        Raises `ExecutorError`.
        """

    def submit(
        self, experiment: Experiment, known: Facts, report: Report, files: Files
    ) -> Future[Record]:
        """Run an experiment as soon as there is room; ``report`` is called from any thread.

        ``known`` are the facts that its record must have. Where it cannot be run for no fault of
        its own, the future raises `ExecutorError`.
        """

    def close(self) -> None:
        """End everything, running experiments included."""


class Pool:
    """Runs so many experiments at a time; with one, an experiment has all cores.

    Their cores do not overlap, but memory and caches are shared: records say how many there were,
    and their times are not compared.
    """

    def __init__(self, jobs: int = 1) -> None:
        cores = usable_cores()
        share = len(cores) // jobs
        self._jobs = jobs
        self._runners = [Runner(cores[i * share : (i + 1) * share]) for i in range(jobs)]
        self._free: queue.SimpleQueue[Runner] = queue.SimpleQueue()
        for runner in self._runners:
            self._free.put(runner)
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="experiment")

    def warm_up(self, experiments: Sequence[Experiment]) -> list[str]:
        """Start the workers of the first experiments, and do not wait for them."""
        for runner, experiment in zip(self._runners, experiments, strict=False):
            runner.start(experiment)
        return []

    def submit(
        self, experiment: Experiment, known: Facts, report: Report, files: Files
    ) -> Future[Record]:
        """Run an experiment when a runner is free."""
        return self._threads.submit(self._run, experiment, report, files)

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

    def _run(self, experiment: Experiment, report: Report, files: Files) -> Record:
        runner = self._free.get()
        report(None)
        try:
            record = runner.run(experiment, report, files)
        finally:
            self._free.put(runner)
        if record.environment and self._jobs > 1:
            environment = replace(record.environment, jobs=self._jobs)
            record = replace(record, environment=environment)
        return record
