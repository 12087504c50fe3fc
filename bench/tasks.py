"""What can be done with a network: one row for each task of an experiment."""

from dataclasses import dataclass
from typing import Literal

TaskName = Literal[
    "benchmark", "equivalence", "reference", "build", "test", "export", "turns", "count"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing that an experiment may be about."""

    name: TaskName
    program: str
    """What does it to a network: ``module:function`` in `bench.worker`."""
    baseline_program: str | None = None
    """Likewise, to a baseline; None where baselines have nothing of the kind."""
    timed: bool = False
    """Whether its durations are kept, so that the machine's peaks are worth measuring."""
    trains: bool = False
    """Whether it has a training to checkpoint, and predictions to keep."""
    needs_reference: bool = False
    """Whether the arrays of a float64 run must be there first."""


TASKS = (
    Task(
        name="benchmark",
        program="benchmark:run",
        baseline_program="baseline:run",
        timed=True,
        trains=True,
    ),
    Task(name="equivalence", program="equivalence:run", needs_reference=True),
    Task(name="reference", program="equivalence:run"),  # the float64 run itself
    Task(name="build", program="weight_tasks:describe"),  # to be looked at
    Task(name="test", program="weight_tasks:test"),  # with weights from a file
    Task(name="export", program="weight_tasks:export"),  # to a file, with weights
    Task(name="turns", program="turns:run"),  # one side of a duel
    Task(name="count", program="operations:run"),  # the operations of a step
)

BY_NAME: dict[str, Task] = {task.name: task for task in TASKS}
