"""How long a training will take: judged by its latest epochs, whatever stopped one of them."""

from bench.protocol import Progress
from bench.training_state import TrainingState
from bench.worker.reporter import Reporter


def left(epoch_seconds: list[float], evaluation_seconds: list[float], epochs: int) -> float | None:
    """Return what is told to be left of so many epochs."""
    done = len(epoch_seconds)
    state = TrainingState(
        starts=[0],
        epoch_seconds=epoch_seconds,
        evaluation_seconds=evaluation_seconds,
        train=[{"loss": 1.0}] * done,
        validation=[{"loss": 1.0}] * done,
    )
    told: list[Progress] = []
    Reporter(epochs, state, told.append).ended(done - 1, None)
    return told[0].seconds_left


def test_compiling_and_a_pause_do_not_count() -> None:
    assert left([30, 2, 2, 2, 3600, 2], [9, 1, 1, 1, 500, 1], epochs=10) == 4 * 3
    assert left([30], [1], epochs=3) == 2 * 31
    assert left([30, 2], [1, 1], epochs=2) == 0


def test_what_changed_is_seen_after_a_few_epochs() -> None:
    assert left([9, *[2] * 50, *[5] * 9], [1] * 60, epochs=70) == 10 * 6
