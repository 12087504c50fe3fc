"""What workers send, held against what was asked of them: none of it is taken at its word."""

import io
import zipfile
from typing import Any

import msgspec
import numpy as np

from bench.backends import BY_NAME as BACKENDS
from bench.executors.dask.messages import OUTPUTS, Offer, Order, Outcome
from bench.experiment import Experiment
from bench.outcome import header
from bench.protocol import Progress
from reports.schema.predictions import Predictions
from reports.schema.reading import RecordError, from_builtins
from reports.schema.record import (
    Compared,
    Described,
    Evaluated,
    Failed,
    Fitted,
    Measured,
    Predicted,
    Provenance,
    Record,
    Scored,
    Trained,
    encode,
)
from reports.schema.text import plain, plain_values

MOST_BYTES = 2**29
"""Of an answer, and of the arrays in a file that comes with it."""
REASON_CHARACTERS = 1000
LOG_CHARACTERS = 20_000
DECODING = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""What decoding raises."""


class AnswerError(ValueError):
    """An answer to something else, or none at all. The message is one line."""


def outcome(payload: object, order: Order) -> Outcome:
    """Return what a worker made of an order, its record under the order's names.

    Raises `AnswerError`.
    """
    answer = _decoded(payload, Outcome)
    record = _record(answer.record)
    if isinstance(record, Failed):
        _check_header(record, order)
        return Outcome(record=_bounded(record), files={})
    _check_header(record, order)
    _check_content(record, order)
    for name, content in answer.files.items():
        if name not in OUTPUTS or getattr(order.paths, name) is None:
            raise AnswerError(f"a file {plain(name)!r} that was not asked for")
        _check_file(name, content, record)
    return Outcome(record=record, files=answer.files)


def progress(message: object) -> tuple[str, Progress | None]:
    """Return of which key an event tells, and what. Raises `AnswerError`."""
    if not isinstance(message, dict) or not isinstance(message.get("key"), str):
        raise AnswerError("an event without a key")
    told = _plain(_decoded(message.get("progress"), Progress | None), Progress | None)
    if told is not None:
        if not (1 <= told.epoch <= told.epochs and 0 <= told.share <= 1):
            raise AnswerError("progress beyond the last epoch")
        if told.share == 1 and not ("loss" in told.train and "loss" in told.validation):
            raise AnswerError("progress of an epoch without its scores")
        if told.seconds_left is not None and not 0 <= told.seconds_left < 1e9:
            raise AnswerError("progress that never ends")
    return message["key"], told


def offer(payload: object) -> Offer:
    """Return what a worker has. Raises `AnswerError`."""
    found: Offer = _plain(_decoded(payload, Offer), Offer)
    return found


def _decoded(payload: object, kind: Any) -> Any:
    if not isinstance(payload, bytes):
        raise AnswerError(f"a value of type {type(payload).__name__}, expected bytes")
    if len(payload) > MOST_BYTES:
        raise AnswerError(f"{len(payload):,} bytes, more than {MOST_BYTES:,}")
    try:
        return msgspec.msgpack.decode(payload, type=kind)
    except DECODING as error:
        raise AnswerError(f"no message of this suite: {plain(str(error))}") from None


def _plain(value: Any, kind: Any) -> Any:
    """Return a message whose texts a terminal shows as they are, and whose numbers are finite."""
    try:
        return msgspec.convert(plain_values(msgspec.json.decode(msgspec.json.encode(value))), kind)
    except DECODING as error:
        raise AnswerError(f"no message of this suite: {plain(str(error))}") from None


def _record(record: Record) -> Record:
    """Return a record as it would be read once it has been stored."""
    try:
        return from_builtins(plain_values(msgspec.json.decode(encode(record))))
    except (RecordError, *DECODING) as error:
        raise AnswerError(plain(str(error))) from None


def _check_header(record: Record, order: Order) -> None:
    """Raise `AnswerError` for a record of another experiment."""
    known: Provenance | None = order.provenance
    if isinstance(record, Failed) and (record.provenance, record.fingerprint) == (None, None):
        known = None  # its process could not tell
    wanted = header(order.experiment, started_at=record.started_at, provenance=known)
    for name, value in wanted.items():
        if (is_so := getattr(record, name)) != value:
            raise AnswerError(
                f"a record whose {name} is {plain(repr(is_so))[:100]}, expected "
                f"{plain(repr(value))[:100]}"
            )


def _check_content(record: Record, order: Order) -> None:
    """Raise `AnswerError` for a record of something else than was ordered, under its name."""
    experiment, known = order.experiment, order.provenance
    wanted = _kind(experiment)
    if not isinstance(record, wanted):
        raise AnswerError(f"a record of kind {type(record).__name__}, expected {wanted.__name__}")
    said: dict[str, object] = {}
    if isinstance(record, Measured | Compared | Evaluated):
        said["embedded"] = record.data.synthetic
    # What the user brought is known by its files, whose hashes the worker compares.
    if not experiment.own and isinstance(record, Measured | Compared | Evaluated):
        said["data"] = record.data.checksum
    if not experiment.own and isinstance(record, Trained | Predicted | Described | Evaluated):
        said["revision"] = record.network.revision
    for name, value in said.items():
        if value != known.get(name):
            raise AnswerError(f"a record with {name} {value!r}, expected {known.get(name)!r}")
    if isinstance(record, Measured) and not record.durations.prediction_seconds:
        raise AnswerError("a record without durations of its predictions")
    metrics = {"loss", *experiment.metrics}
    scores = [set(record.test)] if isinstance(record, Scored | Evaluated) else []
    scores += [set(record.history.train)] if isinstance(record, Trained) else []
    for names in scores:
        if missing := sorted(metrics - names):
            raise AnswerError(f"a record without {', '.join(missing)}")


def _kind(experiment: Experiment) -> type[Record]:
    """Return which kind of record an experiment has if it succeeds."""
    if experiment.task == "benchmark":
        backend = BACKENDS[experiment.backend]
        return (Trained if backend.trains else Predicted) if backend.keras else Fitted
    if experiment.task in ("equivalence", "reference"):
        return Compared
    return Evaluated if experiment.task == "test" else Described


def _check_file(name: str, content: bytes, record: Record) -> None:
    """Raise `AnswerError` for a file that is not what its record says."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MOST_BYTES:
            raise AnswerError(f"{name} of {size:,} bytes, more than {MOST_BYTES:,}")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            values = dict(arrays)
        if name == "predictions":
            _check_predictions(values, record)
    except AnswerError:
        raise
    except Exception as error:  # NumPy and zipfile have many for what they cannot read
        reason = plain(f"{type(error).__name__}: {error}")[:200]
        raise AnswerError(f"{name} that cannot be read ({reason})") from None


def _check_predictions(arrays: dict[str, np.ndarray], record: Record) -> None:
    if not isinstance(record, Scored | Evaluated):
        raise AnswerError("predictions with a record that has none")
    kept = Predictions(true=arrays["true"], probabilities=arrays["probabilities"])
    classes = len(record.data.classes)
    shapes = kept.true.shape, kept.probabilities.shape
    samples, columns = record.data.test_samples, 1 if classes == 2 else classes
    if shapes != ((samples,), (samples, columns)) or kept.checksum != record.predictions:
        raise AnswerError("predictions that are not those of its record")


def _bounded(record: Failed) -> Failed:
    """Return a failed record that is no longer than one of this machine would be."""
    log, half = record.log, LOG_CHARACTERS // 2
    if log and len(log) > LOG_CHARACTERS:
        log = f"{log[:half]}\n[…]\n{log[-half:]}"
    return msgspec.structs.replace(record, reason=record.reason[:REASON_CHARACTERS], log=log)
