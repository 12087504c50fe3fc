"""A network and data of the user's own in the studio."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.selection import PlanError
from studio.__main__ import main
from studio.choice import Choice, UserFiles
from studio.workspace import Workspace
from tests.bench.own.files import LOAD, LOGITS, MODEL
from tests.studio.acts import SLOW, card, choose, points, settle, state, tab
from tests.studio.conftest import Server, wait


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.py").write_text(MODEL.format(units=2, loss=LOGITS))
    (tmp_path / "data.py").write_text(LOAD)
    return tmp_path


def user(folder: Path) -> UserFiles:
    return UserFiles(networks=(f"{folder}/net.py:build",), data=f"{folder}/data.py:load")


def test_own_data_are_for_own_networks_and_own_networks_for_all(folder: Path) -> None:
    own = user(folder)
    choice = Choice.usual(own.data, synthetic=False, user=own)
    assert choice.available == choice.networks == own.networks
    experiment = choice.experiment(own.networks[0])
    assert (experiment.epochs, experiment.profile, experiment.overrides) == (3, "own", "")
    other = choice.on("fashion_mnist", synthetic=True)
    assert other.available[-1] == own.networks[0]
    assert len(other.available) == 5
    assert other.experiment(own.networks[0]).dataset == "fashion_mnist"
    back = other.on(own.data, synthetic=False)
    assert back == choice


def test_networks_of_the_suite_are_for_own_data_where_they_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = user(folder)
    own = UserFiles(networks=("tabular_mlp", *own.networks), data=own.data)
    choice = Choice.usual(own.data, synthetic=False, user=own)
    assert choice.available == own.networks
    kinds = [choice.experiment(name).kind for name in choice.networks]
    assert kinds == ["mlp", "own"]
    assert choice.on("fashion_mnist", synthetic=True).available.count("tabular_mlp") == 0
    for data in ([], ["--data", "miniboone"]):
        assert main(["--networks", "tabular_mlp", *data, "--no-browser"]) == 2
        assert "are for --data of your own" in capsys.readouterr().err


def test_a_file_that_is_being_edited_keeps_the_pages_alive(folder: Path) -> None:
    own = user(folder)
    workspace = Workspace(folder / "records", Choice.usual(own.data, synthetic=False, user=own))
    before = workspace.experiment()
    (folder / "net.py").write_text("def build(:\n")
    assert workspace.experiment() == before
    assert workspace.experiment() == before
    assert sum("net.py, line 1" in line for line in workspace.journal.log) == 1
    with pytest.raises(PlanError, match=r"net\.py, line 1"):
        workspace.turn_to("fashion_mnist", synthetic=True)
    assert workspace.choice.dataset == own.data
    assert [run.experiment for run in workspace.runs] == [before]
    (folder / "net.py").write_text(MODEL.format(units=3, loss=LOGITS))
    assert workspace.experiment() != before
    workspace.turn_to("fashion_mnist", synthetic=True)
    (folder / "net.py").unlink()
    assert len(workspace.colors) == 5
    workspace.close()
    with pytest.raises(PlanError, match="there is no file"):
        Workspace(folder / "records", Choice.usual(own.data, synthetic=False, user=own))


def test_what_is_not_there_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--networks", f"{folder}/nat.py:build", "--no-browser"]) == 2
    assert "did you mean net.py" in capsys.readouterr().err
    assert main(["--data", "data.py:load", "--no-browser"]) == 2
    assert "name the networks to train on it: --networks file.py:build" in capsys.readouterr().err


def test_it_is_in_the_lists_and_is_trained_tested_and_saved(
    serve: Callable[..., Server], page: Page, folder: Path
) -> None:
    own = UserFiles(networks=(f"{folder}/modèle.py:build",), data=f"{folder}/data.py:load")
    file, top = folder / "modèle.py", "sparse_top_k_categorical_accuracy"
    text = MODEL.format(units=2, loss=f'{LOGITS}, metrics=["accuracy", "{top}"]')
    file.write_text(text)
    server = serve("--networks", own.networks[0], "--data", own.data)
    page.goto(server.url)
    expect(page.get_by_text("read by the process that trains")).to_be_visible()
    tab(page, "Networks")
    settle(page, "Epochs", 4)
    mine = card(page, own.networks[0])
    mine.get_by_text("Layers").click(timeout=SLOW)
    expect(mine.get_by_role("cell", name="Dense").first).to_be_visible()
    expect(page.get_by_text("those that your network is compiled with")).to_be_visible()
    tab(page, "Training")
    page.get_by_role("button", name="Train the active networks").click()
    name = f"{folder.name}.modèle"
    state(page, name, "trained")
    wait(lambda: min(points(page, metric) for metric in ("loss", "accuracy", top)) >= 4, 60)
    tab(page, "Results")
    expect(page.get_by_role("columnheader", name=top).first).to_be_visible()
    expect(page.get_by_text("Confusion matrices")).to_be_visible()
    expect(page.get_by_text("Misclassified")).not_to_be_visible()
    (record,) = server.results.glob(f"{name}-{folder.name}.data-*.json")

    tab(page, "Files")
    page.get_by_role("button", name="Save weights").click()
    expect(page.get_by_text(f"{name}.weights.h5,")).to_be_visible()
    with page.expect_download(timeout=SLOW) as download:
        card(page, name).get_by_role("button", name="Export as .keras").click()
    assert download.value.suggested_filename == f"{record.stem.rpartition('-')[0]}-e4.keras"

    file.write_text("def build(:")
    tab(page, "Data")
    choose(page, "Data set", "Fashion-MNIST")
    expect(page.get_by_text("modèle.py, line 1: invalid syntax")).to_be_visible()
    expect(page.get_by_label("Data set", exact=True)).to_have_value(f"{own.data} (your own)")
    file.write_text(text.replace("Dense(2)", "Dense(10)"))
    choose(page, "Data set", "Fashion-MNIST")
    expect(page.get_by_text("Ankle boot").first).to_be_visible()
    tab(page, "Training")
    expect(card(page, "image_mlp")).to_be_visible()
    assert "Traceback" not in server.printed()
