"""The engine without a page: what is kept when a training begins anew, and what a test says."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from studio.choice import Choice
from studio.engine import Engine, Run
from tests.studio.conftest import wait

SECONDS = 120


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine(tmp_path)
    yield engine
    engine.close()


def mlp(engine: Engine, epochs: int) -> Run:
    choice = replace(Choice.usual("miniboone", embedded=True), epochs=epochs)
    run = engine.run(choice.experiment("tabular_mlp"))
    wait(lambda: run.state != "unknown", SECONDS)
    return run


def test_a_training_begun_anew_and_stopped_leaves_the_record_and_its_weights(
    engine: Engine, tmp_path: Path
) -> None:
    run = mlp(engine, 150)
    engine.train(run)
    wait(lambda: run.state in ("done", "failed"), SECONDS)
    record = run.record
    assert record
    engine.train(run, anew=True)
    wait(lambda: run.state == "running" and 0 < run.epochs < 150, SECONDS)
    engine.stop(run)
    wait(lambda: run.state == "stopped", SECONDS)
    assert 0 < run.epochs < 150
    unfinished = engine.weights(run)
    assert unfinished
    assert "unfinished" in unfinished.name

    later = Engine(tmp_path)
    found = mlp(later, 150)
    assert (found.state, found.record) == ("done", record)
    later.test(found, found.experiment.batch_size)
    wait(lambda: found.tested or found.problem, SECONDS)
    later.close()
    assert found.tested
    assert found.tested.weights == record.weights
    assert found.tested.test
    assert record.test
    assert found.tested.test["accuracy"] == pytest.approx(record.test["accuracy"])
    kept = later.predictions(found.tested)
    assert kept is not None
    assert kept.checksum == record.predictions


def test_stopping_before_the_first_epoch_changes_nothing(engine: Engine) -> None:
    run = mlp(engine, 2)
    engine.train(run)
    wait(lambda: run.state == "done", SECONDS)
    engine.train(run, anew=True)
    engine.stop(run)
    wait(lambda: run.state not in ("queued", "running", "stopping"), SECONDS)
    assert run.state == "done"
    assert run.epochs == 2
    assert engine.weights(run)


def test_what_waits_leaves_the_queue_at_once(engine: Engine) -> None:
    first, second = mlp(engine, 3000), mlp(engine, 2)
    engine.train(first)
    engine.train(second)
    assert second.state == "queued"
    engine.stop(second)
    wait(lambda: second.state == "new", 1)
    engine.stop(first)
    wait(lambda: first.state in ("new", "stopped"), SECONDS)
    assert not engine.busy
