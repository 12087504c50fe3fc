"""What is known of one network by one choice: its training, its results, its tests."""

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bench.experiment import Experiment
from bench.protocol import Progress
from bench.session import Session
from reports.schema.record import Evaluated, Provenance, Series, Trained

State = Literal["unknown", "new", "queued", "running", "stopping", "stopped", "done", "failed"]
BUSY = ("queued", "running", "stopping")
STATE_NAMES = {
    "unknown": "looking it up",
    "new": "not trained",
    "queued": "waiting",
    "running": "training",
    "stopping": "stopping",
    "stopped": "stopped",
    "done": "trained",
    "failed": "failed",
}
"""As they are shown."""


@dataclass(slots=True, kw_only=True, eq=False)
class Run:
    """One network by one choice: what is known of its training and its tests."""

    experiment: Experiment
    state: State = "unknown"
    """``unknown`` until the folder of results was looked into."""
    provenance: Provenance | None = None
    problem: str | None = None
    """Why it failed, or why its data are not there."""
    trace: str | None = None
    """What a failed training printed."""
    progress: Progress | None = None
    """The latest."""
    epochs: int = 0
    """Whole epochs done."""
    train: dict[str, list[float | None]] = field(default_factory=dict)
    validation: dict[str, list[float | None]] = field(default_factory=dict)
    """One value an epoch, by metric."""
    record: Trained | None = None
    """Of the whole training."""
    tested: Evaluated | None = None
    """Of the last test with weights; it goes before ``record``."""
    tested_epochs: int = 0
    """Whole epochs that its own weights had in that test."""
    testing: bool = False
    loaded: Path | None = None
    """Weights from a file, which tests and exports use instead of its own."""
    saved: bool = False
    """Whether the weights of its last epoch were saved under a name."""
    ticket: Future[None] | None = None
    session: Session | None = None

    @property
    def network(self) -> str:
        """Name of the network."""
        return self.experiment.architecture

    @property
    def result(self) -> Trained | Evaluated | None:
        """What is shown of its qualities."""
        return self.tested or self.record

    @property
    def unsaved(self) -> bool:
        """Whether something would be lost if it was trained from the beginning."""
        return self.epochs > 0 and not self.saved

    @property
    def resting_state(self) -> State:
        """State of a run that neither runs nor waits."""
        if self.record:
            return "done"
        return "stopped" if self.epochs else "new"

    def take(self, told: Progress) -> None:
        """Note how far its training is."""
        self.progress = told
        if told.share < 1:
            return
        if told.epoch <= self.epochs:  # it begins anew, or goes on and repeats what was
            self.forget(told.epoch - 1)
        self.epochs = told.epoch
        for series, scores in ((self.train, told.train), (self.validation, told.validation)):
            for name, value in scores.items():
                series.setdefault(name, []).append(value)

    def forget(self, epochs: int = 0) -> None:
        """Keep only so many epochs."""
        self.epochs = epochs
        for series in (*self.train.values(), *self.validation.values()):
            del series[epochs:]

    def adopt(
        self, train: Iterable[tuple[str, Series]], validation: Iterable[tuple[str, Series]]
    ) -> None:
        """Take the history of an earlier training."""
        self.train = {name: list(series) for name, series in train}
        self.validation = {name: list(series) for name, series in validation}
        self.epochs = max((len(series) for series in self.train.values()), default=0)
