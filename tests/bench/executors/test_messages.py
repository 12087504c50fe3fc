"""What workers tell before they answer: their progress, and what they have."""

import msgspec
import pytest

from bench.executors.dask import answers
from bench.executors.dask.answers import AnswerError
from bench.executors.dask.messages import Offer
from bench.protocol import Progress
from tests.builders import replace


@pytest.mark.parametrize(
    "message",
    [
        None,
        {},
        [],
        {"key": "k"},
        {"key": 1, "progress": b"\xc0"},
        {"key": "k", "progress": None},
        {"key": "k", "progress": b""},
        *(
            {"key": "k", "progress": msgspec.msgpack.encode(told)}
            for told in (
                Progress(epoch=2, epochs=1, seconds_left=None, share=0.5),
                Progress(epoch=0, epochs=1, seconds_left=None, share=0.5),
                Progress(epoch=1, epochs=1, seconds_left=None, share=7.0),
                Progress(epoch=1, epochs=1, seconds_left=None, share=float("nan")),
                Progress(epoch=1, epochs=1, seconds_left=-1.0, share=0.5),
                Progress(epoch=1, epochs=1, seconds_left=1e300, share=0.5),
                Progress(epoch=1, epochs=1, seconds_left=None),
                Progress(epoch=1, epochs=1, seconds_left=None, train={"loss": 1.0}),
            )
        ),
    ],
    ids=repr,
)
def test_progress_that_is_none(message: object) -> None:
    with pytest.raises(AnswerError):
        answers.progress(message)


def test_progress_and_offers_are_for_the_eyes() -> None:
    scores = {"train": {"loss": 1.0}, "validation": {"loss": 1.0, "accuracy": None}}
    told = Progress(epoch=1, epochs=1, seconds_left=float("inf"), note="a\x1b[31m\nb", **scores)  # type: ignore[arg-type]
    key, read = answers.progress({"key": "k", "progress": msgspec.msgpack.encode(told)})
    assert (key, read and read.seconds_left) == ("k", None)
    assert read
    assert (read.note or "").isprintable()
    assert answers.progress({"key": "k", "progress": msgspec.msgpack.encode(None)}) == ("k", None)
    has = Offer(
        address="a",
        machine="m\x1b[31m",
        cores=1,
        machine_cores=1,
        code="c",
        packages={},
        resources={"GPU": 1.0},
    )
    assert answers.offer(msgspec.msgpack.encode(has)).machine.isprintable()
    for payload in (None, b"", RuntimeError(), msgspec.msgpack.encode(replace(has, cores="1"))):
        with pytest.raises(AnswerError):
            answers.offer(payload)
    with pytest.raises(AnswerError):
        answers.offer(msgspec.msgpack.encode(replace(has, resources={"GPU": float("nan")})))
