"""All that crosses the boundary between a worker and whoever waits for it."""

from dataclasses import dataclass, field

from bench.experiment import Experiment
from reports.schema.record import Record, Scores

CORES = "BENCH_CORES"
"""Environment variable of a worker: numbers of the cores that it binds itself to, with commas."""
USABLE_CORES = "BENCH_USABLE_CORES"
"""Likewise: how many the suite may use."""
JOBS = "BENCH_JOBS"
"""Likewise: how many experiments run side by side on this machine."""
FORK = "BENCH_FORK"
"""Likewise: 0 makes each experiment import Keras anew instead of being forked."""
PEAKS = "BENCH_PEAKS"
"""Likewise: 0 leaves the machine's peaks unmeasured, which saves two seconds for each backend."""
FOLDER = "BENCH_FOLDER"
"""Likewise: a folder that is deleted after it, for whatever a worker leaves that is killed."""
KERAS_BACKEND = "KERAS_BACKEND"
"""Keras' own: which backend it runs on."""
SET = (KERAS_BACKEND, CORES, USABLE_CORES, JOBS, FOLDER, "PYTHONPATH")
"""What a worker gets from the suite, whatever anybody else says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Where an experiment keeps what its record has no room for; None: nowhere."""

    predictions: str | None = None
    """For `reports.schema.predictions`."""
    checkpoint: str | None = None
    """State of the training (`bench.training_state`)."""
    resume: bool = True
    """Whether training goes on from the checkpoint, if there is one."""
    checkpoint_epochs: int = 1
    """Epochs between two checkpoints; 0: none are written."""
    reference: str | None = None
    """Arrays that an equivalence compares with."""
    arrays: str | None = None
    """Where a reference writes them."""
    weights: str | None = None
    """``.weights.h5`` (`bench.worker.weights`): written at the end of training, read by a test and
    an export."""
    unfinished: str | None = None
    """Likewise, written with each checkpoint."""
    model: str | None = None
    """``.keras``: where an export writes the whole model."""
    turns: str | None = None
    """Socket of who asks for turns of training."""
    report_batches: bool = False
    """Whether progress is told within an epoch, too: an epoch of JAX then takes some 3 % longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is known of a running experiment, in an epoch or after it."""

    epoch: int
    """Counted from 1."""
    epochs: int
    share: float = 1.0
    """Of the epoch's batches that are done; 1: the epoch has ended and was scored."""
    train: Scores = field(default_factory=dict)
    """Loss and metrics of the epoch, once it has ended; null is not finite."""
    validation: Scores = field(default_factory=dict)
    seconds_left: float | None
    """Of this experiment's training, judged by the epochs so far; None: there was none yet."""
    note: str | None = None
    """Something that the user should know, in one line."""


TURNS = 1
"""Version of what the sides of a duel and its judge say to each other: of the next three."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What one side of a duel says once it is built, one JSON value a line on its socket."""

    pid: int
    samples: int
    """That there are to train on."""
    batch_size: int
    version: int = 0
    """That it knows of `TURNS`; the first had none."""
    import_cpu_seconds: float | None = None
    """What importing Keras and its backend took; null from a version that did not tell."""
    device: str | None = None
    """``cpu``, or the accelerator's name; null from a version that did not tell."""
    in_force: str | None = None
    """How it trains, after all: program, settings and rewritten layers, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What it is asked to do, again and again, likewise."""

    samples: int
    """To train on, the same every time; more than there are are gone through again and again."""
    repeat: int
    """How often."""
    predict: bool = False
    """Single samples, one call for each, ``repeat`` of them, instead of training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What a turn took, likewise."""

    wall_seconds: float
    cpu_seconds: float
    """Of all threads of the process."""
    involuntary_switches: int
    """How often somebody else got the core."""
    peak_memory_bytes: int
    """Of the process, since it began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a worker is asked to do, one JSON value a line on its standard input."""

    experiment: Experiment
    paths: Paths
    log: str
    """File for whatever the experiment prints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a worker answers on its standard output, likewise: one of the fields is set."""

    progress: Progress | None = None
    record: Record | None = None
    exit: int | None = None
    """Exit status of the experiment's process; negative, the signal that killed it."""
