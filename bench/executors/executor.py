"""Where experiments run: what every executor offers."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from bench.experiment import Experiment
from bench.protocol import Paths, Progress
from reports.schema.record import Provenance, Record

Report = Callable[[Progress | None], None]
"""Told of the start of an experiment (no progress yet) and of every epoch."""


class ExecutorError(Exception):
    """Nothing can be run, or nothing any longer. The message is for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A line for the user."""

    text: str
    refused: bool = False
    """Whether it tells of a worker that cannot be used."""


class Executor(Protocol):
    """Runs experiments, here or on other machines."""

    def warm_up(self, experiments: Sequence[Experiment]) -> list[Notice]:
        """Start what the first experiments will need. Raises `ExecutorError`."""

    def submit(
        self, experiment: Experiment, provenance: Provenance, report: Report, paths: Paths
    ) -> Future[Record]:
        """Run an experiment as soon as there is room; ``report`` is called from any thread.

        ``provenance`` is what its record must have. Where it cannot be run for no fault of its
        own, the future raises `ExecutorError`.
        """

    def close(self) -> None:
        """End everything, running experiments included."""
