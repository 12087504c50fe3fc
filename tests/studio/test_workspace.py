"""The workspace without a page: what is kept when a training begins anew, and what a test says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.selection import PlanError
from studio import results_tab
from studio.choice import Choice
from studio.run import Run
from studio.workspace import Workspace
from tests.builders import replace
from tests.studio.conftest import wait

SECONDS = 120


CHOICE = Choice.usual("miniboone", synthetic=True)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path, CHOICE)
    yield workspace
    workspace.close()


def mlp(workspace: Workspace, epochs: int) -> Run:
    choice = replace(CHOICE, epochs=epochs)
    run = workspace.queue.run(choice.experiment("tabular_mlp"))
    wait(lambda: run.state != "unknown", SECONDS)
    return run


@pytest.mark.parametrize("anew", [False, True])
def test_nothing_is_trained_before_it_is_known_what_there_is(
    workspace: Workspace, anew: bool
) -> None:
    sought = Run(experiment=CHOICE.experiment("tabular_mlp"))
    workspace.queue.train(sought, anew=anew)
    assert sought.state == "unknown"
    assert not sought.ticket


def test_a_training_begun_anew_and_stopped_leaves_the_record_and_its_weights(
    workspace: Workspace, tmp_path: Path
) -> None:
    run = mlp(workspace, 150)
    workspace.queue.train(run)
    wait(lambda: run.state in ("done", "failed"), SECONDS)
    record = run.record
    assert record
    workspace.queue.train(run, anew=True)
    wait(lambda: run.state == "running" and 0 < run.epochs < 150, SECONDS)
    workspace.queue.stop(run)
    wait(lambda: run.state == "stopped", SECONDS)
    assert 0 < run.epochs < 150
    unfinished = workspace.errands.weights(run)
    assert unfinished
    assert "unfinished" in unfinished.name

    later = Workspace(tmp_path, CHOICE)
    found = mlp(later, 150)
    assert (found.state, found.record) == ("done", record)
    later.errands.test(found, found.experiment.batch_size)
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


def test_a_test_beside_a_training_says_of_which_epoch_its_weights_are(
    workspace: Workspace,
) -> None:
    run = mlp(workspace, 3000)
    workspace.queue.train(run)
    wait(lambda: run.epochs > 3, SECONDS)
    workspace.errands.test(run, run.experiment.batch_size)
    workspace.errands.unload(run)  # which it does not do while it is tested
    wait(lambda: run.tested or run.problem, SECONDS)
    tested, epochs = run.tested, run.tested_epochs
    assert tested
    assert not any("of its own training again" in line for line in workspace.journal.log)
    wait(lambda: run.epochs > epochs, SECONDS)
    loss = run.validation["loss"][epochs - 1]
    assert tested.test["loss"] == pytest.approx(loss)
    said = f"its own, after {epochs} of 3000 epochs"
    assert results_tab._source(run) == said
    wait(lambda: run.epochs > epochs + 1, SECONDS)
    assert results_tab._source(run) == said
    with workspace.errands.held(run, None) as held:
        kept = held.path.read_bytes()
        wait(lambda: run.epochs > held.epochs + 1, SECONDS)
        assert held.path.read_bytes() == kept
    assert not held.path.exists()


def test_stopping_before_the_first_epoch_changes_nothing(workspace: Workspace) -> None:
    run = mlp(workspace, 2)
    workspace.queue.train(run)
    wait(lambda: run.state == "done", SECONDS)
    workspace.queue.train(run, anew=True)
    workspace.queue.stop(run)
    wait(lambda: run.state not in ("queued", "running", "stopping"), SECONDS)
    assert run.state == "done"
    assert run.epochs == 2
    assert workspace.errands.weights(run)


def test_what_waits_leaves_the_queue_at_once(workspace: Workspace) -> None:
    first, second = mlp(workspace, 3000), mlp(workspace, 2)
    workspace.queue.train(first)
    workspace.queue.train(second)
    assert second.state == "queued"
    workspace.queue.stop(second)
    wait(lambda: second.state == "new", 30)
    workspace.queue.stop(first)
    wait(lambda: first.state in ("new", "stopped"), SECONDS)
    assert not workspace.queue.busy


def test_data_without_a_synthetic_form_are_not_chosen_so(workspace: Workspace) -> None:
    with pytest.raises(PlanError, match="magic: no synthetic data"):
        workspace.turn_to("magic", synthetic=True)
    assert workspace.choice == CHOICE
    workspace.turn_to("magic", synthetic=False)
    assert workspace.choice.available == tuple(
        f"tabular_{kind}" for kind in ("mlp", "mlpx", "cnn", "rnn")
    )
