"""What a person sees while the experiments run."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from bench.experiment import Experiment
from bench.protocol import Progress
from reports.schema.record import Compared, Failed, Fitted, Predicted, Record, Trained
from reports.schema.text import plain


class Terminal(Protocol):
    """The part of pytest's terminal reporter that is used here."""

    isatty: bool

    def rewrite(self, line: str, erase: bool = False) -> None:
        """Replace the current line."""

    def write_line(self, line: str) -> None:
        """Write one line."""


class Capture(Protocol):
    """The part of pytest's capture manager that is used here."""

    def global_and_fixture_disabled(self) -> AbstractContextManager[None]:
        """Let output through for a while."""


class ProgressLine:
    """A line that follows what runs, on a terminal; one line for each experiment that has ended."""

    def __init__(self, terminal: Terminal, capture: Capture, ids: Iterable[str]) -> None:
        self._terminal = terminal
        self._capture = capture
        self._left = set(ids)
        self._total = len(self._left)
        self._running: dict[str, str] = {}

    def update(self, experiment: Experiment, progress: Progress | None) -> None:
        """Show the start of an experiment (no progress yet) or one more epoch."""
        self._running[experiment.id] = running(experiment, progress)
        if progress and progress.note:
            self._write(f"{experiment.id}  {progress.note}")
        if self._terminal.isatty:
            with self._capture.global_and_fixture_disabled():
                self._terminal.rewrite(f"{self._place()} {self._shown()}", erase=True)

    def end(self, record: Record, unsaved: str | None = None) -> None:
        """Show once how an experiment ended, and why its record could not be stored."""
        if record.id not in self._left:
            return
        self._running.pop(record.id, None)
        self._write(ended(record))
        if unsaved:
            self._write(f"{record.id}  NOT SAVED: cannot write {unsaved}")
        self._left.remove(record.id)

    def _shown(self) -> str:
        first, *further = self._running.values()
        return f"{first}  and {len(further)} more" if further else first

    def _write(self, line: str) -> None:
        with self._capture.global_and_fixture_disabled():
            if self._terminal.isatty:
                self._terminal.rewrite("", erase=True)
                self._terminal.rewrite("")
            self._terminal.write_line(f"{self._place()} {line}")

    def _place(self) -> str:
        place = self._total - len(self._left) + 1
        return f"[{place:{len(str(self._total))}}/{self._total}]"


def running(experiment: Experiment, progress: Progress | None) -> str:
    """Return the state of a running experiment."""
    if progress is None:
        return f"{experiment.id}  starting"
    parts = [f"{experiment.id}  epoch {progress.epoch}/{progress.epochs}"]
    if progress.share < 1:
        parts.append(f"{progress.share:.0%}")
    else:
        parts.append(f"loss {_number(progress.train['loss'])}")
        name = "accuracy" if "accuracy" in progress.validation else "loss"
        parts.append(f"val. {name} {_number(progress.validation[name])}")
    if progress.seconds_left is not None:
        parts.append(f"{clock(progress.seconds_left)} left")
    return "  ".join(parts)


def ended(record: Record) -> str:
    """Return the outcome of an experiment in one line."""
    if isinstance(record, Failed):
        return f"{record.id}  FAILED: {plain(record.reason)}"
    if isinstance(record, Compared):
        different = sum(not check.holds for check in record.checks)
        outcome = f"DIFFERENT in {different}" if different else "equal in all"
        return f"{record.id}  {outcome} of {len(record.checks)} quantities"
    if isinstance(record, Predicted):
        best = min(record.durations.prediction_seconds)
        return (
            f"{record.id}  {record.durations.predicted_samples} samples predicted in {best:.2f} s"
        )
    if isinstance(record, Fitted):
        what, seconds = "fit", record.durations.fit_seconds
    else:
        assert isinstance(record, Trained), "a session runs nothing else"
        what, seconds = f"{record.epochs} epochs", _epochs_seconds(record)
    name = "accuracy" if "accuracy" in record.test else "loss"
    ended = f"{name} {_number(record.test[name])}  {what} in {seconds:.1f} s"
    divergence = record.history.divergence if isinstance(record, Trained) else None
    return "  ".join(filter(None, (record.id, divergence, ended)))


def _epochs_seconds(record: Trained) -> float:
    durations = record.durations
    resumed = durations.resumed_epoch_seconds
    return sum((durations.first_epoch_seconds, *durations.epoch_seconds, *resumed))


def clock(seconds: float) -> str:
    """Return a duration as minutes and seconds, or hours and minutes from one hour on."""
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"


def _number(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.4f}"
