"""How much a turn is: long against what the scheduler does, whatever an epoch begins with."""

import pytest

from bench.duel import pairs
from bench.duel.contender import Contender
from bench.protocol import Ready, Slice, Turn


class Side(Contender):
    """A side whose epochs take a known time, the first of them more."""

    def __init__(self, seconds: float, *, first: float, batch_size: int = 64) -> None:
        self._ready = Ready(pid=0, samples=640, batch_size=batch_size)
        self._seconds, self._first = seconds, first

    def take(self, turn: Turn) -> Slice:
        share = turn.samples / 640 * turn.repeat
        seconds, self._first = self._seconds * share + self._first, 0.0
        return Slice(
            wall_seconds=seconds, cpu_seconds=seconds, involuntary_switches=0, peak_memory_bytes=1
        )


@pytest.mark.parametrize(
    ("devices", "clock"),
    [
        (("cpu", "cpu"), "cpu"),
        (("cpu", "NVIDIA H100"), "wall"),
        (("NVIDIA H100",), "wall"),
        ((), "cpu"),
    ],
)
def test_the_clock_is_one_that_sees_all_work(devices: tuple[str, ...], clock: str) -> None:
    """A side of an older version does not tell what it computes on."""
    assert pairs.clock(devices) == clock


@pytest.mark.parametrize("first", [0.0, 0.9, 5.0])
@pytest.mark.parametrize("seconds", [0.003, 0.1, 0.4])
def test_a_turn_lasts_as_long_as_it_should(seconds: float, first: float) -> None:
    side = Side(seconds, first=first)
    turn = pairs._training(side, side)
    assert side.take(turn).wall_seconds == pytest.approx(pairs.SLICE_SECONDS, rel=0.5)


@pytest.mark.parametrize(("batch_size", "samples"), [(32, 128), (128, 128), (96, 192), (63, 640)])
def test_a_turn_is_of_whole_batches_of_both_sides(batch_size: int, samples: int) -> None:
    """Batches that a turn cuts short are none of an epoch's."""
    base, head = Side(0.5, first=0), Side(0.5, first=0, batch_size=batch_size)
    assert pairs._training(base, head).samples == samples
