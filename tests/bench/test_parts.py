"""The small parts: store, replaying timer, progress line."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from bench.progress import ProgressLine, clock, ended
from bench.protocol import Progress
from bench.replay import ReplayTimer
from bench.store import Store
from reports.load import load
from reports.schema.record import Record, Trained
from tests.builders import build_failed, planned

Make = Callable[..., Trained]


def test_the_store_keeps_one_file_an_experiment(tmp_path: Path, make_record: Make) -> None:
    store = Store(tmp_path / "deep" / "down")
    store.write(make_record())
    path = store.write(make_record(seed=5))
    other = store.write(make_record(profile="quick", fingerprint="ff"))
    assert sorted(store.folder.glob("*.*")) == sorted([path, other])
    assert load([path]).records == (make_record(seed=5),)


def test_the_timer_replays_rounds() -> None:
    timer = ReplayTimer()
    timer.load([0.25, 0.5])
    readings = [timer() for _ in range(4)]
    assert [readings[1] - readings[0], readings[3] - readings[2]] == [0.25, 0.5]
    with pytest.raises(IndexError):
        timer()
    assert "0x" not in repr(timer)


class Screen:
    """Remembers what is written."""

    def __init__(self, *, isatty: bool) -> None:
        self.isatty = isatty
        self.lines = io.StringIO()

    def rewrite(self, line: str, erase: bool = False) -> None:
        self.lines.write(f"\r{line}")

    def write_line(self, line: str) -> None:
        self.lines.write(f"{line}\n")


class Open:
    """Captures nothing."""

    def global_and_fixture_disabled(self) -> AbstractContextManager[None]:
        return nullcontext()


PROGRESS = Progress(
    epoch=2, epochs=8, train={"loss": 0.5}, validation={"accuracy": 0.8125}, seconds_left=95
)


def follow(screen: Screen, record: Record) -> str:
    (experiment,) = planned(profile="smoke", backends=["jax"], networks=["tabular_mlp"])
    line = ProgressLine(screen, Open(), [record.id, *map(str, range(11))])
    line.update(experiment, None)
    line.update(experiment, PROGRESS)
    line.end(record)
    return screen.lines.getvalue()


def test_a_terminal_follows_the_epochs(make_record: Make) -> None:
    seen = follow(Screen(isatty=True), make_record())
    assert (
        "[ 1/12] tabular_mlp-miniboone-jax-s0  epoch 2/8  loss 0.5000  "
        "val. accuracy 0.8125  1:35 min left"
    ) in seen


def test_a_log_gets_one_line(make_record: Make) -> None:
    assert follow(Screen(isatty=False), make_record()) == (
        "[ 1/12] tabular_mlp-miniboone-jax-s0  accuracy 0.8300  3 epochs in 2.6 s\n"
    )


def test_several_at_a_time_share_the_line(make_record: Make) -> None:
    screen = Screen(isatty=True)
    one, two = planned(profile="smoke", backends=["jax"], networks=["tabular_mlp", "tabular_cnn"])
    line = ProgressLine(screen, Open(), [one.id, two.id])
    line.update(one, None)
    line.update(two, None)
    assert "tabular_mlp-miniboone-jax-s0  starting  and 1 more" in screen.lines.getvalue()
    line.end(make_record(id=one.id))
    line.end(make_record(id=one.id))  # its next phase
    line.update(two, PROGRESS)
    assert screen.lines.getvalue().count("3 epochs in 2.6 s") == 1
    assert screen.lines.getvalue().endswith("1:35 min left")
    assert "[2/2] tabular_cnn" in screen.lines.getvalue()


def test_a_failure_says_why(make_record: Make) -> None:
    assert ended(build_failed(reason="no data")).endswith("FAILED: no data")
    assert ended(build_failed(reason="\x1b[31m\nno")).endswith("FAILED: \ufffd[31m no")


def test_clock() -> None:
    assert clock(59.6) == "1:00 min"
    assert clock(3600) == "1:00 h"
    assert clock(90_061) == "25:01 h"
