"""``pytest bench/ --against BASE``: what a run measured, in turns with another version of it."""

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.duel import ending, report
from bench.duel.arena import Arena, arena
from bench.duel.contest import Contest
from bench.duel.sides import AS_IT_IS, SideError
from bench.executors.executor import ExecutorError
from bench.experiment import Experiment
from bench.machine import usable_cores
from bench.plan import plan
from bench.selection import PlanError, Selection
from bench.writable import require_file
from reports.schema.text import plain

LOG = "duel.jsonl"
"""Beside the folder of the records."""


class Against:
    """A duel of what is chosen of a run: ready before it begins, fought when it has ended."""

    def __init__(self, base: str, selection: Selection, folder: Path) -> None:
        self.base, self._selection = base, selection
        self._log = folder.parent / LOG
        self._stack = contextlib.ExitStack()
        self._arena: Arena | None = None
        self._cells: list[Experiment] = []
        self.text = ""
        """Its verdicts once it was fought, or why it was not."""
        self.undecided = False

    def open(self, chosen: Iterable[Experiment]) -> None:
        """Make both sides. Raises `pytest.UsageError`."""
        try:
            self._open(chosen)
        except (SideError, PlanError, OSError) as error:
            raise pytest.UsageError(f"--against {error}") from None

    def _open(self, chosen: Iterable[Experiment]) -> None:
        wanted = {_cell(experiment) for experiment in chosen}
        planned = plan(
            replace(
                self._selection,
                profile="smoke",
                seeds=range(1),
                epochs=2,
                samples=None,
                cores=(1,),
                jobs=1,
                remote=False,
            )
        )
        self._cells = [one for one in planned if one.epochs and _cell(one) in wanted]
        if not self._cells:
            raise PlanError(f"{self.base}: nothing that was chosen trains a network")
        require_file("log", self._log)
        self._arena = self._stack.enter_context(
            arena(
                self.base,
                AS_IT_IS,
                self._cells,
                cores=usable_cores()[-1:],
                selection=self._selection,
            )
        )

    def lost(self, minutes: float, say: Callable[[str], None]) -> bool:
        """Measure; return whether this checkout is slower, heavier or worse, or a side failed.

        Ctrl-C ends it with what there is by then.
        """
        assert self._arena
        try:
            contest = Contest(self._arena, self._cells, log=self._log, say=say)
            outcome = contest.run(minutes * 60)
        except (ExecutorError, OSError) as error:
            self.text = f"it ended without a verdict: {plain(str(error))}"
            return True
        status, self.text = report.status(outcome), report.text(outcome)
        self.undecided = status == ending.NOT_SETTLED
        return status not in (ending.FINE, ending.NOT_SETTLED)

    def close(self) -> None:
        """Leave nothing behind."""
        self._stack.close()


def _cell(experiment: Experiment) -> tuple[str, ...]:
    """Return what a duel and a run have in common."""
    return (
        experiment.architecture,
        experiment.dataset,
        experiment.backend,
        experiment.execution,
        experiment.precision,
    )
