"""The record of one experiment: the format that everything else writes and reads.

Schema history:

1. The twelve networks: build, train, predict; quality, time, size and environment; execution and
   precision; checks against a reference.

A reader accepts records of its own schema and older, and ignores fields that it does not know.
Absent values are null, never 0 and never left out; numbers are plain Python numbers; a loss that
is not finite is null.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

SCHEMA = 1

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
    reference: int
    revision: int
    layers: tuple[Layer, ...]
    input_shape: tuple[int | None, ...] | None = None
    """The leading null is the batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What the network was trained and tested on."""

    synthetic: bool
    """Generated stand-in: says nothing about the real data set."""
    checksum: str
    """``sha256:…`` over the raw arrays."""
    classes: tuple[str, ...]
    train_samples: int
    test_samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One value per epoch, by metric name."""

    train: dict[str, Series]
    """Running means over the epoch, with dropout on: what `keras.Model.fit` reports."""
    validation: dict[str, Series]
    """Test subset after the epoch, as in the source study."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """Wall-clock seconds of each phase; a clock stops when the result is on the host."""

    data_seconds: float
    """Loading and encoding the arrays from the cache."""
    build_seconds: float
    """Constructing and compiling the model object; no tracing, no XLA."""
    first_epoch_seconds: float | None
    """Includes tracing and compilation of the training step; null for a baseline."""
    fit_seconds: float | None = None
    """Whole fit of a baseline, which knows no epochs; null for a network."""
    epoch_seconds: tuple[float, ...]
    """Each later epoch: steps alone, without validation and without the set-up of `fit`."""
    fit_setup_seconds: tuple[float, ...]
    """Per epoch: time inside `fit` before its first and after its last step."""
    first_evaluation_seconds: float | None
    evaluation_seconds: tuple[float, ...]
    """Each later pass over the test subset."""
    resumed_epochs: tuple[int, ...] = ()
    """Epochs, counted from 1, that were the first of a new process, which went on from a
    checkpoint. They trace and compile anew, so they are not among ``epoch_seconds``."""
    resumed_epoch_seconds: tuple[float, ...] = ()
    """Duration of each of these."""
    resumed_evaluation_seconds: tuple[float, ...] = ()
    """Of the pass over the test subset after each of these."""
    first_prediction_seconds: float | None
    """First batch of recipe size: tracing and compilation of the prediction."""
    prediction_seconds: tuple[float, ...]
    """Each pass over ``predicted_samples`` at the recipe's batch size."""
    predicted_samples: int
    latency_seconds: tuple[float, ...]
    """Prediction of a batch of one, host to host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the machine can do, measured on the experiment's cores before the first experiment."""

    flops_per_second: float
    """Of a float32 matrix product, 2,048 × 2,048: two operations a term."""
    bytes_per_second: float
    """Read and written, copying 256 MiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where and with what it ran: the facts that decide speed."""

    python: str
    platform: str
    cpu: str
    cores: int
    """Logical cores that the process may use (affinity)."""
    usable_cores: int | None = None
    """Of the machine, by the suite; null where that is the same."""
    memory_bytes: int
    device: str
    """What the backend computes on: ``cpu``, or the name of an accelerator."""
    packages: dict[str, str]
    """Versions of what computes: keras, the backend, numpy."""
    dtype_policy: str | None
    """Null where Keras does not compute, as the following two."""
    jit_compile: bool | None
    """As resolved by Keras from ``auto``."""
    steps_per_execution: int | None
    threads: int
    """Threads of the process at its end, of whatever library."""
    variables: dict[str, str]
    """Environment variables that backends and their thread pools read."""
    affinity: tuple[int, ...] | None = None
    """Numbers of these cores, where the system can bind a process to some."""
    load_average: float | None
    """Runnable processes over the last minute, at the start; a run's own last experiment counts."""
    other_load: float | None = None
    """Mean number of these cores that others took during training: other processes, and other
    machines of the same host (steal)."""
    jobs: int = 1
    """Experiments that ran side by side on this machine, each on cores of its own."""
    limits: Limits | None = None
    """Null where they were not measured."""
    commit: str | None
    """Git commit of this suite."""
    dirty: bool | None
    """Whether the checkout had uncommitted changes."""

    @property
    def machine(self) -> str:
        """What it ran on, for people and for telling machines apart."""
        device = "" if self.device == "cpu" else f", {self.device}"
        return f"{self.cpu}, {self.usable_cores or self.cores} cores{device}"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One finished or failed experiment."""

    schema: int = SCHEMA
    id: str
    """Stable name: ``tabular_mlp-miniboone-jax-s0``."""
    fingerprint: str | None
    """Hash of ``facts``; null if the data could not be had."""
    facts: dict[str, str | int | bool | None] | None = None
    """Everything that could change the numbers, the machine apart: the recipe, the network's
    revision, the checksum of the data, the versions of what computes."""
    status: Literal["ok", "failed"]
    reason: str | None
    """One line: why it failed."""
    log: str | None
    """Ends of what the worker printed, for a failed experiment."""
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
    data: Data | None = None
    network: Network | None = None
    history: History | None = None
    test: dict[str, float | None] | None = None
    """Metrics on the test subset after the last epoch, by name."""
    confusion: tuple[tuple[int, ...], ...] | None = None
    """Test samples: rows are true classes, columns predicted ones, in the order of the classes."""
    durations: Durations | None = None
    peak_memory_bytes: int | None = None
    """Highest resident set of the experiment's process, framework included."""
    environment: Environment | None = None
    weights: str | None = None
    """``sha256:…`` over the weights at the end, in the network's order."""
    predictions: str | None = None
    """``sha256:…`` over the test predictions (`reports.predictions`), wherever they are kept."""
    checks: tuple[Check, ...] | None = None
    """Of an experiment that compares a backend with a reference and measures no speed."""

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
            f"{self.cores} core{'s' * (self.cores > 1)}" if self.cores else "",
        ]
        return ", ".join(filter(None, named))


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
    if not isinstance(schema, int):
        raise RecordError("no record of this suite (it has no schema number)")
    if schema > SCHEMA:
        raise RecordError(
            f"a record of schema {schema}, written by a newer version; this one reads {SCHEMA}"
        )
    try:
        return msgspec.convert(value, Record)
    except msgspec.ValidationError as error:
        raise RecordError(f"a damaged record: {error}") from None


def finite(values: Iterable[float]) -> Series:
    """Return plain floats, with null for what is not finite."""
    return tuple(float(value) if math.isfinite(value) else None for value in values)
