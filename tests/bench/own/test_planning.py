"""Networks and data of the user's own, from what is typed to experiments: nothing of it is run."""

import os
import re
from pathlib import Path

import pytest

from bench.experiment import Experiment, provenance
from bench.own import planning, recipe
from bench.own.digest import Digest, digest
from bench.own.place import Place, PlaceError, find, name_of
from bench.own.planning import is_data, is_network
from bench.selection import PlanError
from tests.builders import planned

MODEL = "import helper\n\ndef build():\n    raise SystemExit('planning must not call it')\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(MODEL)
    (tmp_path / "helper.py").write_text("UNITS = 3\n")
    (tmp_path / "data.py").write_text("def load():\n    raise SystemExit('nor this')\n")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("raise SystemExit('nor import it')\n")
    (tmp_path / "package" / "module.py").write_text("from . import parts\n\nbuild = parts.make\n")
    (tmp_path / "package" / "parts.py").write_text("make = 1\n")
    return tmp_path


def own(**wanted: object) -> tuple[Experiment, ...]:
    usual: dict[str, object] = {"networks": ["net.py:build"], "datasets": [], "backends": ["jax"]}
    return planned(**{"profile": "smoke"} | usual | wanted)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("net.py:build", "net"),
        ("package.module:build", "package.module"),
        ("package/module.py:build", "package.module"),
    ],
)
def test_a_place_has_a_name(text: str, name: str) -> None:
    assert is_network(text)
    assert name_of(find(text, example="build")) == name


def test_a_name_is_never_that_of_the_suite(folder: Path) -> None:
    (folder / "image_cnn.py").write_text("def build(): ...\n")
    assert name_of(find("image_cnn.py:build", example="build")) == "image_cnn.build"


def test_two_long_names_of_any_language_name_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (file := Path("сеть" * 20 + ".py")).write_text("def build(): ...")
    name = name_of(find(f"{file}:build", example="build"))
    assert name.endswith("сеть")
    Path(f"{name}-{name}-tensorflow-tuned-mixed_bfloat16-s0-{'0' * 16}.failed.json").touch()


def test_names_of_the_suite_are_no_places() -> None:
    assert not is_network("image_cnn")
    assert not is_data("imdb")
    assert is_data("arrays.npz")
    assert is_data("package")


@pytest.mark.parametrize(
    ("networks", "datasets", "says"),
    [
        (["nat.py:build"], [], "there is no file nat.py; did you mean net.py, data.py?"),
        (["net.py"], [], "name what in it to call, as net.py:build"),
        (["net.py:biuld"], [], "net.py defines no biuld; it has build"),
        (["package:"], [], "expected file.py:build, package.module:build, or a .keras file"),
        (["packages.module:build"], [], "there is no module packages,"),
        (["package.modules:build"], [], "there is no module package.modules,"),
        (["missing.keras"], [], "there is no file missing.keras"),
        (
            [],
            ["data.py:load"],
            "data.py:load: name the networks to train on it: --networks file.py",
        ),
        (["net.py:build"], ["none.npz"], "there is no file none.npz"),
        (["net.py:build"], ["mnist"], "unknown data set 'mnist'"),
        (["package/module.py:build", "nets"], [], "unknown network 'nets'"),
    ],
)
def test_what_there_is_not_is_said_in_a_line(
    networks: list[str], datasets: list[str], says: str
) -> None:
    with pytest.raises(PlanError, match=re.escape(says)) as caught:
        planned(profile="smoke", networks=networks, datasets=datasets, backends=["jax"])
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_python(folder: Path) -> None:
    (folder / "broken.py").write_text("def build(:\n")
    with pytest.raises(PlanError, match=r"broken.py, line 1: invalid syntax"):
        own(networks=["broken.py:build"])


def test_two_files_of_one_name(folder: Path) -> None:
    for name in ("one", "two"):
        (folder / name / "same").mkdir(parents=True)
        (folder / name / "same" / "net.py").write_text("def build(): ...\n")
    both = own(networks=["one/same/net.py:build", "two/same/net.py:build"])
    assert [e.architecture for e in both] == ["one.same.net", "two.same.net"]
    os.chdir(folder / "package")
    with pytest.raises(PlanError, match=r"would both be called same\.net"):
        own(networks=["../one/same/net.py:build", "../two/same/net.py:build"])


def test_no_two_experiments_have_one_id(folder: Path) -> None:
    for name in ("cnn.py", "cnn-big.py", "cnn_big.py"):
        (folder / name).write_text("def build(): ...\n")
    for name in ("data.npz", "big-data.npz"):
        (folder / name).write_bytes(b"1")
    networks, data = ["cnn.py:build", "cnn-big.py:build"], ["data.npz", "big-data.npz"]
    assert sorted(e.id for e in own(networks=networks, datasets=data)) == [
        *("cnn-big_data.npz-jax-s0", "cnn-data.npz-jax-s0"),
        *("cnn_big-big_data.npz-jax-s0", "cnn_big-data.npz-jax-s0"),
    ]
    with pytest.raises(PlanError, match="would both be called cnn_big"):
        own(networks=["cnn-big.py:build", "cnn_big.py:build"])


def test_data_and_settings_are_crossed() -> None:
    found = own(datasets=["data.py:load"], executions=["default", "tuned"], seeds=range(2))
    assert [e.id for e in found] == [
        f"net-data-jax-{way}s{seed}" for seed in (0, 1) for way in ("", "tuned-")
    ]
    assert {e.profile for e in found} == {"own"}
    (alone,) = own()
    assert (alone.dataset, alone.synthetic, alone.train_samples) == ("generated", True, 1024)


def test_with_data_of_the_suite_it_takes_the_place_of_a_network() -> None:
    (found,) = own(datasets=["fashion_mnist"])
    (usual,) = planned(profile="smoke", networks=["image_mlp"], backends=["jax"])
    assert (found.train_samples, found.epochs, found.modality) == (
        usual.train_samples,
        usual.epochs,
        "image",
    )
    with pytest.raises(PlanError, match="--metrics"):
        own(metrics=["f1"])


def fingerprinted() -> dict[str, object]:
    (found,) = own(datasets=["data.py:load"])
    return dict(provenance(found, checksum="", packages={"keras": "3.15.1"}))


def test_a_change_is_another_experiment_and_a_comment_is_none(folder: Path) -> None:
    before = fingerprinted()
    (folder / "net.py").write_text(f'"""Says more."""\n{MODEL}# and more\n')
    assert fingerprinted() == before
    (folder / "helper.py").write_text("UNITS = 4\n")
    helped = fingerprinted()
    assert helped["source"] != before["source"]
    assert helped["data"] == before["data"]
    (folder / "data.py").write_text("def load():\n    return 1\n")
    assert fingerprinted()["data"] != before["data"]


def test_a_package_is_hashed_with_what_it_imports(folder: Path) -> None:
    place = find("package.module:build", example="build")
    before = digest(place)
    (folder / "package" / "parts.py").write_text("make = 2\n")
    assert digest(place) != before


def test_only_files_that_were_there_count_again(folder: Path) -> None:
    place = find("data.py:load", example="load")
    (folder / "data.py").write_text("def load():\n    return open('a.csv'), open('b.csv')\n")
    (folder / "a.csv").write_text("1")
    before = digest(place)
    (folder / "b.csv").write_text("1")
    assert digest(place, before.named) == before
    assert digest(place) != before
    (folder / "a.csv").write_text("2")
    assert digest(place, before.named) != before
    (folder / "a.csv").unlink()
    assert digest(place, before.named) != before


def test_everything_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[Place] = []

    def counted(place: Place) -> Digest:
        hashed.append(place)
        return digest(place)

    monkeypatch.setattr(planning, "digest", counted)
    found = own(datasets=["data.py:load"], seeds=range(5), backends=["jax", "numpy"])
    assert len(found) == 10
    assert [place.shown for place in hashed] == ["net.py:build", "data.py:load"]


def test_pictures_and_arrays_are_hashed_by_content(folder: Path) -> None:
    (folder / "arrays.npz").write_bytes(b"1")
    (folder / "pictures" / "cats").mkdir(parents=True)
    (folder / "pictures" / "cats" / "a.png").write_bytes(b"1")
    names = [["arrays.npz"], ["pictures"]]

    def now() -> list[object]:
        found = [own(datasets=name)[0] for name in names]
        return [e.own.data_digest for e in found if e.own]

    before = now()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.own.digest.TICK_NANOSECONDS", 0)
        assert before == now() == now(), "whether they are read again or not"
    (folder / "arrays.npz").write_bytes(b"2")
    (folder / "pictures" / "cats" / "a.png").rename(folder / "pictures" / "cats" / "b.png")
    assert not set(before) & set(now())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("epoch = 3", "unknown key 'epoch'; did you mean epochs?"),
        ("epochs = 0", "epochs must be a whole number of 1 or more, got 0"),
        ("epochs = true", "epochs must be a whole number"),
        ("loss = 3", "loss must be a text or a table, got 3"),
        ("optimizer = {learning_rate = 0.1}", "optimizer needs a name"),
        ("= 3", "--recipe r.toml: "),
    ],
)
def test_a_wrong_recipe(folder: Path, text: str, says: str) -> None:
    (folder / "r.toml").write_text(text)
    with pytest.raises(PlaceError, match=re.escape(says)):
        recipe.read(Path("r.toml"))


def test_an_entry_that_is_no_table(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool]\nkeras-bench = 3\n")
    with pytest.raises(PlaceError, match=r"pyproject\.toml: keras-bench must be a table, got 3"):
        recipe.read(None)


def test_a_recipe_counts_and_is_part_of_the_experiment(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(
        '[tool.keras-bench.recipe]\nloss = "mse"\nepochs = 7\nbatch_size = 8\n'
    )
    (found,) = own()
    assert (found.epochs, found.batch_size, found.overrides) == (7, 8, "7 epochs, batches of 8")
    assert found.own
    assert found.own.compiling == '{"loss": "mse"}'
    (folder / "r.toml").write_text('loss = "mae"')
    (other,) = own(recipe="r.toml")
    assert other.own
    assert other.own.compiling == '{"loss": "mae"}'
    assert other.epochs == 3
