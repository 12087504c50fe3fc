"""The record of one experiment: the format that everything else writes and reads.

A record is one of several kinds, told apart by the tag ``outcome``; a header is common to them all.

Schema history:

1. The twelve networks: build, train, predict; quality, time, size and environment; execution and
   precision; checks against a reference. One kind for all outcomes.
2. A kind for each outcome. ``facts`` became ``provenance``, the budget's ``reference``
   ``budget_reference``, the machine's ``limits`` ``peaks``.

A reader accepts records of its own schema and older, and ignores fields that it does not know. It
refuses numbers out of range (`reports.schema.ranges`) and fields that contradict each other
(`reports.schema.agreement`).
Absent values are null, never 0 and never left out; numbers are plain Python numbers; a loss that
is not finite is null.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from reports.schema.check import Check as Check
from reports.schema.check import Quantity as Quantity
from reports.schema.durations import FitDurations, NetworkDurations, TrainingDurations
from reports.schema.environment import Environment
from reports.schema.network import Layer as Layer
from reports.schema.network import Network as Network
from reports.schema.ranges import (
    LARGEST,
    Classes,
    Count,
    Hash,
    Moment,
    Name,
    NameOrNone,
    Real,
    Share,
    Some,
    Text,
    Whole,
)

SCHEMA = 2

Provenance = dict[str, str | Whole | bool | None]
"""Everything that could change the numbers, the machine apart, by name."""
Scores = dict[str, Real | None]
"""Metrics by name; null is not finite."""
Confusion = tuple[tuple[Count, ...], ...]
"""Test samples: rows are true classes, columns predicted ones, in the order of the classes."""

Series = tuple[Real | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What the network was trained and tested on."""

    synthetic: bool
    """Says nothing about the real data set."""
    checksum: Hash
    """``sha256:…`` over the raw arrays."""
    origin: Literal["published", "known", "structure", "other"] | None = None
    """Of the files, as `datasets.spec.Origin`; null for synthetic data, and for a record that did
    not tell."""
    classes: Classes
    """Empty where the task is not of classes."""
    train_samples: Some
    test_samples: Some
    whole_train_samples: Some | None
    """Of the whole distribution; null for a record that did not tell."""
    target_accuracies: tuple[Share, ...]
    """Validation accuracies whose time is told."""

    @property
    def published(self) -> bool:
        """Whether they are the public data set, as far as is known."""
        return not self.synthetic and self.origin != "other"

    @property
    def kind(self) -> str:
        """What they are, for people."""
        if self.synthetic:
            return "SYNTHETIC data"
        return "real data" if self.published else "data OTHER than the published"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One value per epoch, by metric name."""

    train: dict[str, Series]
    """Running means over the epoch, with dropout on: what `keras.Model.fit` reports."""
    validation: dict[str, Series]
    """Test subset after the epoch, as in the study."""

    @property
    def divergence(self) -> str | None:
        """What there is to say of a loss that was not finite, and in which epoch first."""
        train, validation = self.train["loss"], self.validation["loss"]
        if None in train:
            what = "diverged" if train[-1] is None else "training loss not finite"
            return f"{what} in epoch {train.index(None) + 1}"
        if None in validation:
            return f"validation loss not finite in epoch {validation.index(None) + 1}"
        return None


class Header(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome"):
    """What every record has: which experiment it is of.

    A `msgspec.Struct`, not a dataclass, since only these can be told apart by a tag.
    """

    schema: Some = SCHEMA
    id: Name
    """Stable name: ``tabular_mlp-miniboone-jax-s0``."""
    fingerprint: Hash | None
    """Hash of ``provenance``; null if the data could not be had."""
    provenance: Provenance | None = None
    """The recipe, the network's revision, the checksum of the data, the versions of what
    computes."""
    started_at: Moment
    """UTC, ISO 8601."""
    architecture: Name
    modality: Name
    kind: Name
    dataset: Name
    backend: Name
    seed: Count
    profile: Name
    overrides: Text = ""
    """What of the profile was asked for otherwise, in words."""
    epochs: Count
    """0 for a baseline, and where nothing was trained."""
    batch_size: Some
    optimizer: NameOrNone
    """Empty likewise."""
    execution: Name = "default"
    """How its epochs were executed: ``default`` is plain `keras.Model.fit`."""
    precision: Name = "float32"
    """Keras dtype policy, in the words of its request."""
    cores: Some | None = None
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
    """Empty where the task is not of classes."""
    durations: TrainingDurations
    peak_memory_bytes: Count | None
    """Highest resident set of the experiment's process, framework included; null where the system
    does not tell."""
    environment: Environment
    weights: Hash | None = None
    """``sha256:…`` over the weights at the end, in the network's order; null, as the following, for
    a record that did not tell."""
    predictions: Hash | None = None
    """``sha256:…`` over the test predictions (`reports.schema.predictions`), wherever they are;
    null where the task is not of classes."""
    remarks: tuple[Text, ...] = ()
    """What its user should know, a line each."""


class Predicted(Header, frozen=True, kw_only=True, tag="predicted"):
    """An untrained network whose prediction was timed, on a backend that only predicts."""

    data: Data
    network: Network
    durations: NetworkDurations
    peak_memory_bytes: Count | None
    environment: Environment


class Fitted(Header, frozen=True, kw_only=True, tag="fitted"):
    """A baseline that was fitted, tested and timed."""

    data: Data
    test: Scores
    confusion: Confusion
    durations: FitDurations
    peak_memory_bytes: Count | None
    environment: Environment
    predictions: Hash | None = None


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
    weights: Hash
    predictions: Hash | None
    """Null where the task is not of classes."""


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


def to_builtins(record: Record) -> dict[str, Any]:
    """Return the record as plain dictionaries, lists, numbers and strings."""
    plain: dict[str, Any] = msgspec.to_builtins(record)
    return plain


def encode(record: Record) -> bytes:
    """Return the record as JSON."""
    return msgspec.json.encode(record)


def finite(values: Iterable[float]) -> Series:
    """Return plain floats, with null for what is not finite, or beyond the range of a record."""
    return tuple(float(value) if abs(value) < LARGEST else None for value in values)
