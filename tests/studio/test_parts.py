"""The studio without a browser: choices, samples, files, mistakes."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest

from bench.own.spec import GENERATED
from bench.selection import PlanError
from datasets import registry as datasets
from reports.schema.predictions import Predictions
from reports.schema.writing import whole_path
from reports.tables.confusion import confusion
from studio import markup, results_tab, samples
from studio.choice import Choice, UserFiles, networks_of
from studio.results_tab import mistakes
from studio.saved_files import FileNameError, Folder, rejection
from studio.workspace import Workspace
from tests.bench.own.files import LOAD, LOGITS, MODEL


@pytest.mark.parametrize("dataset", datasets.BY_NAME)
def test_every_data_set_has_networks_and_a_usual_choice(dataset: str) -> None:
    synthetic = datasets.BY_NAME[dataset].generate is not None
    choice = Choice.usual(dataset, synthetic=synthetic)
    assert {f"{choice.networks[0].partition('_')[0]}_mlp"} <= set(choice.networks)
    for network in choice.networks:
        experiment = choice.experiment(network)
        assert experiment.overrides == ""  # the profile's own, so its records are comparable
        assert experiment.synthetic == synthetic


def test_changes_are_said_in_the_recipe() -> None:
    choice = Choice.usual("miniboone", synthetic=True)
    workspace = Workspace(Path("unused"), choice)
    workspace.change(epochs=7, metrics=("accuracy", "auc_roc"))
    experiment = workspace.choice.experiment("tabular_mlp")
    assert experiment.recipe == "smoke, 7 epochs, metrics accuracy auc_roc"
    with pytest.raises(PlanError):
        workspace.change(epochs=0)
    assert workspace.choice.epochs == 7
    workspace.close()


@pytest.mark.parametrize(
    "dataset", [d for d in datasets.DATASETS if d.generate], ids=lambda dataset: dataset.name
)
def test_samples_of_every_data_set_can_be_looked_at(dataset) -> None:  # type: ignore[no-untyped-def]
    found = samples.read(dataset.name, True, 300, 100)
    assert sum(found.balance()["training"]) == 300
    for row in found.rows(1, seed=0, count=5):
        assert found.split.y_train[row] == 1
        picture, text = found.picture("train", int(row)), found.text("train", int(row))
        assert (picture is None) == (dataset.modality != "image")
        assert (text is None) == (dataset.modality == "image")
    for column in range(len(found.columns)):
        edges, counts = found.histogram(column)
        assert counts.shape == (len(dataset.classes), len(edges) - 1)
        assert 0 < counts.sum() <= 300


def test_real_reviews_are_words(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_DATA_DIR", str(real_data))
    found = samples.read("imdb", False, 100, 100)
    words = (found.text("train", 0) or "").split()
    assert "the" in words
    assert not [word for word in words if word.startswith("#")]


def test_the_surest_mistakes_come_first() -> None:
    binary = Predictions(
        true=np.array([0, 1, 1, 0]), probabilities=np.array([[0.6], [0.9], [0.1], [0.2]])
    )
    rows, sure = mistakes(binary, None)
    assert rows.tolist() == [2, 0]
    assert sure.tolist() == [0.9, 0.6]
    assert mistakes(binary, 0)[0].tolist() == [0]
    several = Predictions(
        true=np.array([0, 2]), probabilities=np.array([[0.1, 0.7, 0.2], [0.2, 0.3, 0.5]])
    )
    assert [part.tolist() for part in mistakes(several, None)] == [[0], [0.7]]
    broken = Predictions(
        true=np.array([1, 1, 0]), probabilities=np.array([[np.nan], [0.1], [np.nan]])
    )
    assert mistakes(broken, None)[0].tolist() == [1, 0]
    assert results_tab.thresholds([(None, None, broken)], {}) == []  # type: ignore[list-item]


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "../up", "/root", "a/b", "a\\b", ".hidden", "a\0b", "a\nb", "C:x", "-a", "a."),
        *("a" * 221, "ü" * 111, "a\u202eb", "a\uff0fb", "\u0301a", "a\ud800"),
    ],
)
def test_a_name_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNameError):
        Folder(tmp_path).file(name, ".weights.h5")


@pytest.mark.parametrize(
    "name", ["modèle", "sítě", "мережа", "网络", "मॉडल", "c++ net_2", "a" * 220, "ü" * 110]
)
def test_a_file_may_be_called_in_any_language(tmp_path: Path, name: str) -> None:
    folder, source = Folder(tmp_path / "saved"), tmp_path / "source"
    source.write_bytes(b"1")
    path = folder.keep(source, unicodedata.normalize("NFD", name))
    assert path.name == f"{name}.weights.h5"
    assert [file.name for file in folder.saved()] == [path.name]
    assert folder.file(path.name, ".weights.h5") == path
    with whole_path(folder.file(name, ".keras"), ".partial.keras") as partial:
        partial.write_bytes(b"2")


@pytest.mark.parametrize("name", ["modèle", "c++", "n" * 90])
@pytest.mark.parametrize("data", ["generated", "čísla"])
def test_the_usual_names_of_own_networks_are_names_of_files(
    tmp_path: Path, name: str, data: str
) -> None:
    (tmp_path / f"{name}.py").write_text(MODEL.format(units=2, loss=LOGITS))
    (tmp_path / f"{data}.py").write_text(LOAD)
    own = UserFiles(
        networks=(f"{tmp_path}/{name}.py:build",),
        data=data if data == GENERATED else f"{tmp_path}/{data}.py:load",
    )
    choice = Choice.usual(own.data, synthetic=False, user=own)
    experiment = choice.experiment(own.networks[0])
    for usual in (
        f"{experiment.id}-e100000",
        f"{experiment.dataset}-tensorflow-s4294967295-{experiment.architecture}",
    ):
        assert Folder(tmp_path).file(usual, ".keras").name == f"{usual}.keras"


def test_a_file_that_was_sent_replaces_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    path = folder.receive(b"1", "mine.weights.h5")
    assert path == tmp_path / "mine.weights.h5"
    with pytest.raises(FileNameError, match="there already"):
        folder.receive(b"2", "mine.weights.h5")
    with pytest.raises(FileNameError, match="does not end"):
        folder.receive(b"2", "mine.exe")
    with pytest.raises(FileNameError):
        folder.receive(b"2", "../mine.weights.h5")
    assert path.read_bytes() == b"1"
    (tmp_path / "gone.weights.h5").symlink_to(tmp_path / "nothing")
    assert [file.name for file in folder.saved()] == ["mine.weights.h5"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("accept", "does not end with .weights.h5"),
        ("max-file-size", "larger than 512 MiB"),
        ("duplicate", "being sent already"),
        ("something new", "something new"),
    ],
)
def test_a_file_that_the_browser_does_not_send_is_said_with_its_reason(
    rule: str, said: str
) -> None:
    message = rejection(rule, "notes.txt")
    assert "'notes.txt'" in message
    assert said in message


def test_markup_escapes_what_is_put_into_it() -> None:
    html = markup.confusion(confusion("<img onerror=x>", [[3, 1], [0, 2]], ["<script>", "b"]))
    assert "<script>" not in html
    assert "<img" not in html
    assert "75.0%" in html


def test_networks_go_with_the_encodings_of_the_data() -> None:
    assert [n.name for n in networks_of(datasets.find("imdb"))] == [
        *("sequential_mlp", "sequential_cnn", "sequential_rnn", "sequential_rnnx")
    ]
