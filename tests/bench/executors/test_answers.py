"""What workers send: anything but the answer to the order is a failed record that says so."""

import io
import zipfile
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from bench.executors.dask import answers
from bench.executors.dask.answers import AnswerError
from bench.executors.dask.client import Cluster, _Sent
from bench.executors.dask.messages import Order, Outcome
from bench.experiment import provenance
from bench.outcome import failure, header, now
from bench.protocol import Paths
from reports.schema.predictions import Predictions
from reports.schema.record import Failed, Record, Trained
from tests.builders import (
    DATA,
    build_failed,
    build_fitted,
    build_predicted,
    build_record,
    planned,
    replace,
)

PREDICTIONS = Predictions(
    true=np.zeros(100, np.uint8), probabilities=np.zeros((100, 1), np.float32)
)
(EXPERIMENT,) = planned(
    profile="smoke",
    networks=["tabular_mlp"],
    datasets=["miniboone"],
    backends=["jax"],
    epochs=3,
    metrics=["accuracy"],
)
KNOWN = provenance(EXPERIMENT, checksum=DATA.checksum, packages={"keras": "3.15.1"})
ORDER = Order(
    experiment=EXPERIMENT,
    provenance=KNOWN,
    service="s",
    topic="t",
    data_dir=None,
    token="token",
    began=0.0,
    paths=Paths(predictions="predictions.npz", checkpoint="checkpoint.npz", weights="w.h5"),
)
RECORD: Trained = build_record(
    **header(EXPERIMENT, started_at=now(), provenance=KNOWN), predictions=PREDICTIONS.checksum
)


def npz(predictions: Predictions = PREDICTIONS) -> bytes:
    stream = io.BytesIO()
    predictions.save(stream)
    return stream.getvalue()


FILES = {"predictions": npz()}


def packed(record: Record, files: dict[str, bytes] | None = None) -> bytes:
    return msgspec.msgpack.encode(Outcome(record=record, files=FILES if files is None else files))


def refusal(payload: object, order: Order = ORDER) -> str:
    """Return why an answer is refused."""
    with pytest.raises(AnswerError) as caught:
        answers.outcome(payload, order)
    line = str(caught.value)
    assert line.isprintable()
    assert len(line) < 400
    return line


def test_the_answer_to_the_order_is_taken_as_it_is() -> None:
    taken = answers.outcome(packed(RECORD), ORDER)
    assert (taken.record, taken.files) == (RECORD, FILES)
    assert answers.outcome(packed(RECORD, {}), ORDER).record == RECORD


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "../../evil"},
        {"id": "tabular_mlp-miniboone-jax-s1"},
        {"fingerprint": "../../evil"},
        {"fingerprint": None},
        {"fingerprint": "0123456789abcdef"},
        {"provenance": None},
        {"provenance": {**KNOWN, "data": "sha256:other"}},
        {"provenance": {**KNOWN, "further": 1}},
        {"provenance": {}},
        {"architecture": "tabular_cnn"},
        {"dataset": "magic"},
        {"backend": "tensorflow"},
        {"seed": 1},
        {"profile": "thesis"},
        {"overrides": "99 epochs"},
        {"epochs": 4},
        {"batch_size": 1},
        {"optimizer": "sgd"},
        {"execution": "tuned"},
        {"precision": "mixed_bfloat16"},
        {"cores": 1},
        {"modality": "image"},
        {"kind": "cnn"},
        {"schema": 1},
        {"schema": 99},
        {"started_at": "yesterday"},
        {"data": replace(DATA, checksum="sha256:other")},
        {"data": replace(DATA, synthetic=False)},
        {"network": replace(RECORD.network, revision=99)},
        {"test": {"loss": 0.1}},
        {"test": {"accuracy": 0.1}},
        {"history": replace(RECORD.history, train={"loss": (0.1, 0.1, 0.1)})},
        {"durations": replace(RECORD.durations, prediction_seconds=())},
        {"durations": replace(RECORD.durations, build_seconds=float("nan"))},
        {"durations": replace(RECORD.durations, build_seconds=float("inf"))},
    ],
    ids=str,
)
def test_a_record_of_something_else(changes: dict[str, Any]) -> None:
    refusal(packed(replace(RECORD, **changes)))


@pytest.mark.parametrize("build", [build_fitted, build_predicted])
def test_a_record_of_another_kind(build: Any) -> None:
    record = build(**header(EXPERIMENT, started_at=now(), provenance=KNOWN))
    assert "expected Trained" in refusal(packed(record))


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (None, "NoneType"),
        ("text", "str"),
        (Outcome(record=RECORD, files={}), "Outcome"),
        (b"", "no message"),
        (b"\xc1", "no message"),
        (b"\x91" * 100_000, "no message"),
        (msgspec.msgpack.encode({"record": {}, "files": {}}), "no message"),
        (msgspec.msgpack.encode({"record": {"outcome": "great"}, "files": {}}), "no message"),
        (packed(RECORD)[:-9], "no message"),
    ],
    ids=["None", "text", "object", "empty", "odd", "deep", "no record", "no kind", "cut off"],
)
def test_what_is_no_answer_at_all(payload: object, said: str) -> None:
    assert said in refusal(payload)


def test_an_answer_of_any_size_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MOST_BYTES", 100)
    assert "bytes, more than 100" in refusal(packed(RECORD, {}))


def archive(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(f"{name}.npy", content)
    return stream.getvalue()


def array(value: np.ndarray, *, pickled: bool = False) -> bytes:
    stream = io.BytesIO()
    np.save(stream, value, allow_pickle=pickled)
    return stream.getvalue()


TRUE, PROBABILITIES = array(PREDICTIONS.true), array(PREDICTIONS.probabilities)


@pytest.mark.parametrize(
    "files",
    [
        {"__module__": b"evil"},
        {"__class__": b"evil"},
        {"../../evil": b"evil"},
        {"checkpoint": b"evil"},  # goes by the disk, if it is shared
        {"weights": b"evil"},
        {"arrays": npz()},  # was not asked for
        {"\x1b[31m": b""},
        {"predictions": b""},
        {"predictions": b"none"},
        {"predictions": npz()[:-30]},
        {"predictions": archive(true=TRUE)},
        {"predictions": archive(true=TRUE, probabilities=array(np.ones((100, 1), np.float32)))},
        {"predictions": archive(true=TRUE, probabilities=array(np.zeros((1, 100), np.float32)))},
        {"predictions": archive(true=TRUE, probabilities=array(np.zeros((9, 1), np.float32)))},
        {"predictions": archive(true=TRUE, probabilities=array(np.array([{}]), pickled=True))},
        {"predictions": archive(true=TRUE, probabilities=b"no array")},
        {"predictions": archive(true=TRUE, probabilities=PROBABILITIES[:-1])},
        {"predictions": archive(true=TRUE[:40], probabilities=PROBABILITIES)},
        {"predictions": array(PREDICTIONS.true)},
    ],
    ids=lambda files: next(iter(files)),
)
def test_files_that_were_not_ordered_or_are_not_what_they_are_called(
    files: dict[str, bytes],
) -> None:
    refusal(packed(RECORD, files))


def test_an_archive_is_looked_at_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = archive(true=TRUE, probabilities=bytes(2**20))
    monkeypatch.setattr(answers, "MOST_BYTES", 2**19)
    assert "1,048," in refusal(packed(RECORD, {"predictions": bomb}))
    # What its header says is larger than what it has.
    header = TRUE.replace(b"(100,), }", b"(9999999999999,), }")
    refusal(packed(RECORD, {"predictions": archive(true=header, probabilities=PROBABILITIES)}))


def test_a_failure_brings_no_files_and_is_one_line() -> None:
    known = failure(
        EXPERIMENT, reason="a\nb\x1b[31m" + "c" * 5000, started_at=now(), log="d\n" * 99_999
    )
    taken = answers.outcome(packed(known, {"__module__": b"evil"}), ORDER)
    assert taken.files == {}
    assert isinstance(taken.record, Failed)
    assert taken.record.reason.isprintable()
    assert len(taken.record.reason) == answers.REASON_CHARACTERS
    assert len(taken.record.log or "") < answers.LOG_CHARACTERS + 10
    other = build_failed(**header(EXPERIMENT, started_at=now()), log=None)
    refusal(packed(replace(other, id="../../evil")))
    refusal(packed(replace(other, fingerprint="../../evil")))


class Answered:
    """A future of Dask's with a result."""

    def __init__(self, payload: object) -> None:
        self.payload = payload

    def result(self) -> object:
        if isinstance(self.payload, Exception):
            raise self.payload
        return self.payload


def ended(folder: Path, payload: object) -> Record:
    """Return the record that the client makes of an answer."""
    cluster = Cluster("tcp://127.0.0.1:1", folder=folder)
    future: Future[Record] = Future()
    paths = Paths(predictions=str(folder / "predictions.npz"))
    order = replace(ORDER, paths=paths)
    cluster._sent["key"] = _Sent(order=order, report=lambda progress: None, future=future)
    cluster._progress((0.0, {"key": "key"}))
    cluster._ended("key", Answered(payload))
    return future.result(0)


def test_a_hostile_worker_gives_a_failed_record_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    hostile, error = replace(RECORD, id="../../evil"), OSError("a\nb")
    for payload in (
        packed(hostile),
        packed(RECORD, {"__module__": b"evil"}),
        None,
        error,
    ):
        record = ended(tmp_path / "records", payload)
        assert isinstance(record, Failed)
        assert record.id == EXPERIMENT.id
        assert record.reason.startswith("OSError: a" if payload is error else "its worker sent ")
        assert record.reason.isprintable()
    assert not list(tmp_path.rglob("*"))
    assert ended(tmp_path / "records", packed(RECORD)) == RECORD
    assert [path.name for path in tmp_path.rglob("*.*")] == ["predictions.npz"]
    assert (tmp_path / "records" / "predictions.npz").read_bytes() == npz()
