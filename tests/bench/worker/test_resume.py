"""A training that was stopped goes on as if it had not been."""

import random
from pathlib import Path

import numpy as np
import pytest

from bench import backends, training_state
from bench.executors.process import Runner
from bench.machine import usable_cores
from bench.protocol import Paths, Progress
from reports import timing
from tests.builders import failed, kill_after, tiny, trained


@pytest.mark.parametrize("backend", backends.installed())
@pytest.mark.parametrize("network", ["tabular_mlp", "tabular_cnn", "tabular_rnn"])
def test_a_resumed_training_ends_with_the_same_history_and_weights(
    runner: Runner, network: str, backend: str, tmp_path: Path
) -> None:
    """Dropout, convolutions and LSTMs; bit for bit."""
    experiment = tiny(network, backend, epochs=7)
    whole = trained(runner.run(experiment))
    paths = Paths(checkpoint=str(tmp_path / "state.npz"), checkpoint_epochs=2)
    for stop in sorted(random.sample(range(1, 7), 2)):
        killed = failed(runner.run(experiment, kill_after(stop), paths))
        assert "SIGKILL" in killed.reason, f"stopped after epoch {stop}"
    seen: list[Progress] = []
    resumed = trained(runner.run(experiment, seen.append, paths))
    assert resumed.history == whole.history
    assert resumed.weights == whole.weights
    assert resumed.confusion == whole.confusion
    assert resumed.test == whole.test
    assert [progress.epoch for progress in seen] == [*range(1, 8)]  # those before it, too
    assert [progress.train["loss"] for progress in seen] == [*whole.history.train["loss"]]
    went_on = resumed.durations.resumed_epochs[-1] - 1
    assert [p.note for p in seen] == [f"goes on after epoch {went_on}", *[None] * 6]
    epochs = (
        resumed.durations.first_epoch_seconds,
        *resumed.durations.epoch_seconds,
        *resumed.durations.resumed_epoch_seconds,
    )
    assert len(epochs) == 7
    assert len(resumed.durations.fit_setup_seconds) == 7
    assert resumed.environment.elsewhere == ()


@pytest.mark.parametrize("before", [["another, 8 cores"], []], ids=["told", "not recorded"])
def test_what_was_begun_on_another_machine_is_told(
    runner: Runner, tmp_path: Path, before: list[str]
) -> None:
    (backend, *_) = backends.installed()
    experiment, path = tiny("tabular_mlp", backend, epochs=4), tmp_path / "state.npz"
    runner.run(experiment, kill_after(2), Paths(checkpoint=str(path)))
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    state = training_state.decode(arrays[training_state.ARRAY])
    assert len(state.machines) == 1
    state.machines = before
    np.savez(path, **arrays | {training_state.ARRAY: training_state.encode(state)})
    record = trained(runner.run(experiment, paths=Paths(checkpoint=str(path))))
    assert record.environment.elsewhere == (*(before or ["a machine that was not recorded"]),)
    assert "moved" in timing.noise(record)
    assert timing.calm_epochs([record]) == []


def test_without_resume_training_starts_again_and_without_saving_leaves_the_checkpoint(
    runner: Runner, tmp_path: Path
) -> None:
    (backend, *_) = backends.installed()
    experiment, path = tiny("tabular_mlp", backend, epochs=3), tmp_path / "state.npz"
    runner.run(experiment, kill_after(1), Paths(checkpoint=str(path)))
    saved = path.read_bytes()
    seen: list[Progress] = []
    runner.run(
        experiment, seen.append, Paths(checkpoint=str(path), resume=False, checkpoint_epochs=0)
    )
    assert seen[0].epoch == 1
    assert path.read_bytes() == saved
    on = trained(
        runner.run(experiment, seen.append, Paths(checkpoint=str(path), checkpoint_epochs=0))
    )
    assert on.durations.resumed_epochs == (2,)


def test_a_damaged_checkpoint_is_said_and_not_used(runner: Runner, tmp_path: Path) -> None:
    (backend, *_) = backends.installed()
    experiment = tiny("tabular_mlp", backend, epochs=3)
    whole = trained(runner.run(experiment))
    path = tmp_path / "state.npz"
    paths = Paths(checkpoint=str(path), checkpoint_epochs=2)
    runner.run(experiment, kill_after(2), paths)
    path.write_bytes(path.read_bytes()[:-200])
    seen: list[Progress] = []
    again = trained(runner.run(experiment, seen.append, paths))
    assert again.history == whole.history
    assert seen[0].epoch == 1
    assert seen[0].note
    assert "state.npz is damaged" in seen[0].note


def test_a_checkpoint_that_cannot_be_written_does_not_stop_the_training(
    runner: Runner, tmp_path: Path
) -> None:
    (backend, *_) = backends.installed()
    (tmp_path / "file").touch()
    seen: list[Progress] = []
    trained(
        runner.run(
            tiny("tabular_mlp", backend, epochs=3),
            seen.append,
            Paths(checkpoint=str(tmp_path / "file" / "state.npz"), checkpoint_epochs=1),
        )
    )
    assert seen[0].note
    assert seen[0].note.startswith("no checkpoint: cannot write")


def test_a_checkpoint_holds_all_state(runner: Runner, tmp_path: Path) -> None:
    """Weights, Adam's two moments, its counters and the generators of dropout."""
    (backend, *_) = backends.installed()
    path = tmp_path / "state.npz"
    experiment = tiny("tabular_mlp", backend, epochs=3)
    runner.run(experiment, kill_after(1), Paths(checkpoint=str(path), checkpoint_epochs=1))
    with np.load(path, allow_pickle=False) as arrays:
        sizes = [arrays[name].size for name in arrays if name != "trained"]
    assert sum(sizes) > 3 * 7_801
    assert 2 in sizes  # a generator: seed and counter


@pytest.mark.skipif(len(usable_cores()) < 2, reason="needs two cores")
def test_what_ran_beside_others_before_it_was_stopped_is_told(tmp_path: Path) -> None:
    (backend, *_) = backends.installed()
    experiment, paths = (
        tiny("tabular_mlp", backend, epochs=4),
        Paths(checkpoint=str(tmp_path / "s")),
    )
    with Runner(usable_cores()[:1], jobs=2) as half:
        half.run(experiment, kill_after(2), paths)
    with Runner() as runner:
        record = trained(runner.run(experiment, paths=paths))
    assert record.environment.jobs == 2
    (before,) = record.environment.elsewhere
    assert "1 used" in before
    assert {"shared", "moved"} <= {*timing.noise(record)}


def test_what_others_took_while_training_stood_still_does_not_count() -> None:
    calm = [(0.2, 10.0)] * 6
    state = training_state.TrainingState(
        epoch_seconds=[9.0] * 7, starts=[0], others=[(1.0, 30.0), *calm[:3], (9e3, 5e3), *calm[4:]]
    )
    assert state.other_load == pytest.approx((1.0 + 0.2 * 5) / (30.0 + 10.0 * 5))
    state.others = state.others[3:]  # those of an older checkpoint were not kept
    assert state.other_load == pytest.approx(0.02)
    assert training_state.TrainingState().other_load is None
