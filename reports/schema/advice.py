"""What `python -m bench advise` came to, for one network. A file of its own, as JSON."""

from pathlib import Path

import msgspec

from reports.schema.ranges import Count, Moment, Name, Real, Seconds, Some, Text
from reports.schema.reading import read_marked

ADVICE = 1
"""Version of the schema, and the mark of such a file."""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """A backend with an execution, as it was measured."""

    backend: Name
    execution: Name
    failure: Text | None
    """Why there is no more of it."""
    finalist: bool
    seconds: Seconds | None
    """Of a turn, typical: ``samples`` trained on."""
    over_fastest: tuple[Real, Real, Real] | None
    """How many times the fastest's time, and the ends of its interval (95 % for all together);
    null for the fastest and for those that were left behind."""
    over_plain: tuple[Real, Real, Real] | None
    """Likewise of plain `keras.Model.fit` on its backend; null for that itself."""
    compile_seconds: Seconds | None
    """What the first turn of a process takes beyond a steady one."""
    import_cpu_seconds: Seconds | None
    latency_seconds: Seconds | None
    """Predicting a single sample."""
    memory_bytes: Count | None


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """How close a backend comes to the float64 reference."""

    backend: Name
    execution: Name
    precision: Name
    equal: bool
    worst: dict[Text, Real | None]
    """Largest relative error by quantity; null is not finite."""
    first_layer: Text | None
    """The first layer whose output differs by more than it may."""
    failure: Text | None = None


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """The answer for one network."""

    advice: Some = ADVICE
    started_at: Moment
    """UTC, ISO 8601."""
    network: Name
    dataset: Name
    machine: Text
    cores: Some
    packages: dict[Text, Text]
    parameters: Count | None
    samples: Some | None
    """Of a turn; null where no way was measured."""
    batch_size: Some
    generations: Count
    """Fresh processes of each finalist: the unit of every interval."""
    settled: bool
    ways: tuple[Way, ...]
    """Finalists first, fastest first."""
    agreement: tuple[Agreement, ...]
    step_flops: Count | None
    """Operations of a training step, counted in its program; null where nothing could be."""
    peak_flops_per_second: Real | None
    remarks: tuple[Text, ...]
    """What there is to know of the network itself."""


def load(path: Path) -> Advice:
    """Return the advice that a file holds. Raises `RecordError`."""
    return read_marked(path, Advice, mark="advice", newest=ADVICE)
