"""The record of one experiment: the format that everything else writes and reads.

A record is one of several kinds, told apart by the tag ``outcome``; a header is common to them all.

Schema history:

1. The twelve networks: build, train, predict; quality, time, size and environment; execution and
   precision; checks against a reference. One kind for all outcomes.
2. A kind for each outcome. ``facts`` became ``provenance``, the budget's ``reference``
   ``budget_reference``, the machine's ``limits`` ``peaks``.

A reader accepts records of its own schema and older, and ignores fields that it does not know.
Absent values are null, never 0 and never left out; numbers are plain Python numbers; a loss that
is not finite is null.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from reports.schema import schema1
from reports.schema.durations import FitDurations, NetworkDurations, TrainingDurations
from reports.schema.environment import Environment

SCHEMA = 2

Provenance = dict[str, str | int | bool | None]
"""Everything that could change the numbers, the machine apart, by name."""
Scores = dict[str, float | None]
"""Metrics by name; null is not finite."""
Confusion = tuple[tuple[int, ...], ...]
"""Test samples: rows are true classes, columns predicted ones, in the order of the classes."""

Series = tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer of the network."""

    name: str
    type: str
    output_shape: tuple[int | None, ...]
    """The leading null is the batch."""
    parameters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Size of the network against its budget."""

    parameters: int
    budget_reference: int | None
    """Null where there is no budget, as the following."""
    budget: tuple[int, int] | None
    """Open interval for the parameters."""
    revision: int
    layers: tuple[Layer, ...]
    input_shape: tuple[int | None, ...] | None = None
    """The leading null is the batch."""

    @property
    def within_budget(self) -> bool:
        """Whether the parameters are, where there is a budget."""
        return self.budget is None or self.budget[0] < self.parameters < self.budget[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What the network was trained and tested on."""

    synthetic: bool
    """Says nothing about the real data set."""
    checksum: str
    """``sha256:…`` over the raw arrays."""
    classes: tuple[str, ...]
    train_samples: int
    test_samples: int
    whole_train_samples: int | None
    """Of the whole distribution; null for a record that did not tell."""
    target_accuracies: tuple[float, ...]
    """Validation accuracies whose time is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One value per epoch, by metric name."""

    train: dict[str, Series]
    """Running means over the epoch, with dropout on: what `keras.Model.fit` reports."""
    validation: dict[str, Series]
    """Test subset after the epoch, as in the study."""


Quantity = Literal["outputs", "loss", "confident", "gradient", "curve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One quantity of a network on a backend, against a float64 reference."""

    quantity: Quantity
    """``confident``: the loss where logits are in the tens and hundreds. ``curve``: the loss of an
    epoch of training."""
    tensor: str | None
    """Which gradient, which epoch; null where there is but one."""
    error: float | None
    """Euclidean norm of the difference over that of the reference; null if not finite."""
    bound: float
    """The largest error that counts as equal."""

    @property
    def holds(self) -> bool:
        """Whether the error is within its bound."""
        return self.error is not None and self.error <= self.bound


class Header(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome"):
    """What every record has: which experiment it is of.

    A `msgspec.Struct`, not a dataclass, since only these can be told apart by a tag.
    """

    schema: int = SCHEMA
    id: str
    """Stable name: ``tabular_mlp-miniboone-jax-s0``."""
    fingerprint: str | None
    """Hash of ``provenance``; null if the data could not be had."""
    provenance: Provenance | None = None
    """The recipe, the network's revision, the checksum of the data, the versions of what
    computes."""
    started_at: str
    """UTC, ISO 8601."""
    architecture: str
    modality: str
    kind: str
    dataset: str
    backend: str
    seed: int
    profile: str
    overrides: str = ""
    """What of the profile was asked for otherwise, in words."""
    epochs: int
    """0 for a baseline, and where nothing was trained."""
    batch_size: int
    optimizer: str
    """Empty likewise."""
    execution: str = "default"
    """How its epochs were executed: ``default`` is plain `keras.Model.fit`."""
    precision: str = "float32"
    """Keras dtype policy, in the words of its request."""
    cores: int | None = None
    """Asked for; null is all that the suite may use."""

    @property
    def recipe(self) -> str:
        """Profile and what of it was changed, which is another recipe: ``quick, 3 epochs``."""
        return ", ".join(filter(None, (self.profile, self.overrides)))

    @property
    def settings(self) -> str:
        """Execution, precision and cores, those left as usual not named: ``tuned, 1 core``."""
        named = [
            self.execution if self.execution != "default" else "",
            self.precision if self.precision != "float32" else "",
            f"{self.cores} cores" if (self.cores or 0) > 1 else "1 core" if self.cores else "",
        ]
        return ", ".join(filter(None, named))


class Trained(Header, frozen=True, kw_only=True, tag="trained"):
    """A network that was trained, tested and timed."""

    data: Data
    network: Network
    history: History
    test: Scores
    """On the test subset after the last epoch."""
    confusion: Confusion
    durations: TrainingDurations
    peak_memory_bytes: int | None
    """Highest resident set of the experiment's process, framework included; null where the system
    does not tell."""
    environment: Environment
    weights: str | None = None
    """``sha256:…`` over the weights at the end, in the network's order; null, as the following, for
    a record that did not tell."""
    predictions: str | None = None
    """``sha256:…`` over the test predictions (`reports.schema.predictions`), wherever they are."""


class Predicted(Header, frozen=True, kw_only=True, tag="predicted"):
    """An untrained network whose prediction was timed, on a backend that only predicts."""

    data: Data
    network: Network
    durations: NetworkDurations
    peak_memory_bytes: int | None
    environment: Environment


class Fitted(Header, frozen=True, kw_only=True, tag="fitted"):
    """A baseline that was fitted, tested and timed."""

    data: Data
    test: Scores
    confusion: Confusion
    durations: FitDurations
    peak_memory_bytes: int | None
    environment: Environment
    predictions: str | None = None


class Compared(Header, frozen=True, kw_only=True, tag="compared"):
    """A network compared with the float64 reference, or that reference; no speed is measured."""

    data: Data
    history: History | None
    """Of the short training; null on a backend that only predicts."""
    checks: tuple[Check, ...]
    """Empty for the reference itself."""
    environment: Environment


class Described(Header, frozen=True, kw_only=True, tag="described"):
    """A network that was built to be looked at, or written to a file."""

    network: Network


class Evaluated(Header, frozen=True, kw_only=True, tag="evaluated"):
    """Weights from a file that were tested; nothing was timed."""

    data: Data
    network: Network
    test: Scores
    confusion: Confusion
    weights: str
    predictions: str


class Failed(Header, frozen=True, kw_only=True, tag="failed"):
    """An experiment that gave no result."""

    reason: str
    """One line."""
    log: str | None
    """Ends of what the worker printed."""


Measured = Trained | Predicted | Fitted
"""Has durations."""
Observed = Trained | Predicted | Fitted | Compared
"""Has an environment."""
Scored = Trained | Fitted
"""Has qualities and durations."""
Record = Trained | Predicted | Fitted | Compared | Described | Evaluated | Failed


class RecordError(ValueError):
    """Not a record that this version can read. The message says what was found."""


def to_builtins(record: Record) -> dict[str, Any]:
    """Return the record as plain dictionaries, lists, numbers and strings."""
    plain: dict[str, Any] = msgspec.to_builtins(record)
    return plain


def encode(record: Record) -> bytes:
    """Return the record as JSON."""
    return msgspec.json.encode(record)


def from_builtins(value: object) -> Record:
    """Return the record of a decoded JSON object. Raises `RecordError`."""
    schema = value.get("schema") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(schema, int):
        raise RecordError("no record of this suite (it has no schema number)")
    if schema > SCHEMA:
        raise RecordError(
            f"a record of schema {schema}, written by a newer version; this one reads {SCHEMA}"
        )
    try:
        plain = schema1.upgraded(value) if schema == 1 else value
        record: Record = msgspec.convert(plain, Record)
    except msgspec.ValidationError as error:
        raise RecordError(f"a damaged record: {error}") from None
    return record


def finite(values: Iterable[float]) -> Series:
    """Return plain floats, with null for what is not finite."""
    return tuple(float(value) if math.isfinite(value) else None for value in values)
