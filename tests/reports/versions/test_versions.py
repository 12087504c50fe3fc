"""Which release made what slower or different: named where it is, and nothing where nothing is."""

import random
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from reports.__main__ import main
from reports.schema.duel import Cell, Duel, Pair, Side
from reports.versions import releases, steps
from reports.versions.page import NOTHING, exact, files, sentences

VERSIONS = ("3.10.0", "3.11.3", "3.12.4", "3.13.2", "3.14.1")


def duel(
    version: str,
    chance: random.Random,
    *,
    slow: float = 0.0,
    weights: str = "a",
    networks: tuple[str, ...] = ("tabular_mlp", "tabular_rnn"),
    failure: str | None = None,
) -> Duel:
    """Return the duel of a release, a logarithm ``slow`` slower than the newest, with it."""
    sides = tuple(
        Side(packages={"keras": v, "jax": "0.10.2"}, weights=f"sha256:{w}", test={"accuracy": 0.8})
        for v, w in ((version, weights * 64), ("3.15.1", "a" * 64))
    )

    def noise() -> float:
        return chance.gauss(0, 0.02) * (3 if chance.random() < 0.1 else 1)

    pairs = [
        Pair(cpu=noise() - slow, wall=noise(), first=noise(), latency=noise(), memory=noise() / 5)
        for _ in networks
        for _ in range(6)
    ]
    cells = tuple(
        Cell(
            architecture=name,
            dataset="miniboone",
            backend="jax",
            execution="default",
            precision="float32",
            failure=None,
            numerics="equal, to the bit",
            sides=(sides[0], sides[1]),
            pairs=tuple(pairs[6 * place : 6 * place + 6]),
            seeds={},
        )
        for place, name in enumerate(networks)
    )
    return Duel(
        started_at="2026-11-26T12:00:00.000+00:00",
        base=f"keras=={version}",
        head=".",
        machine="Test CPU, 2 cores",
        cores=1,
        commit=None,
        dirty=None,
        limit=0.1,
        failure=failure,
        cells=() if failure else cells,
    )


def written(folder: Path, duels: Mapping[str, Duel]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, each in duels.items():
        (folder / f"{name}.json").write_bytes(msgspec.json.encode(each))
    return folder


def test_a_sleep_in_one_release_is_named_where_it_comes_and_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(0)
    duels = {v: duel(v, chance, slow=0.3 if v == "3.12.4" else 0.0) for v in VERSIONS}
    duels["3.9.2"] = duel("3.9.2", chance, failure="keras==3.9.2: cannot be installed: no")
    folder = written(tmp_path / "versions", duels)
    assert main(["versions", str(folder)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 3, said
    for when, change in (
        ("keras 3.12.4, steady epoch on jax: more than with 3.11.3: ", "×1.3"),
        ("keras 3.13.2, steady epoch on jax: less than with 3.12.4: ", "×0.7"),
    ):
        (line,) = (line for line in said if line.startswith(when))
        assert f"tabular_mlp {change}" in line
        assert f"tabular_rnn {change}" in line
    text = (folder / "README.md").read_text()
    assert "keras 3.9.2: keras==3.9.2: cannot be installed: no" in text
    assert (folder / "versions-keras.svg").read_text().startswith("<?xml")
    assert main(["versions", str(folder), "--check"]) == 0
    (folder / "README.md").write_text(text.replace("×1.3", "×1.2"))
    assert main(["versions", str(folder), "--check"]) == 1


def test_on_an_accelerator_steady_epochs_are_by_wall_time(tmp_path: Path) -> None:
    """Of these duels CPU time alone is more."""
    chance = random.Random(0)
    duels = {v: duel(v, chance, slow=0.3 if v == "3.12.4" else 0.0) for v in VERSIONS}
    for version, each in duels.items():
        cells = tuple(
            msgspec.structs.replace(cell, accelerators=("NVIDIA H100",)) for cell in each.cells
        )
        duels[version] = msgspec.structs.replace(each, cells=cells)
    found = releases.read(written(tmp_path / "versions", duels))
    assert sentences(found) == [NOTHING]
    assert "CPU time on one core (wall time where NVIDIA H100 computed" in files(found)["README.md"]


def test_a_changed_epsilon_is_named_exactly(tmp_path: Path) -> None:
    chance = random.Random(0)
    duels = {v: duel(v, chance, weights="b" if v < "3.12" else "a") for v in VERSIONS}
    folder = written(tmp_path / "versions", duels)
    assert main(["versions", str(folder)]) == 0
    said = (folder / "README.md").read_text()
    assert (
        "tabular\\_rnn on jax: the weights of one seed changed at 3.12.4 (after 3.11.3)\n" in said
    )


def of_jax(version: str, chance: random.Random, *, beside: str = "", weights: str = "a") -> Duel:
    """Return the duel of a release of JAX, measured with another Keras beside on both sides."""
    keras = beside.partition("==")[2] or "3.15.1"
    made = duel(version, chance)
    sides = tuple(
        Side(packages={"keras": keras, "jax": v}, weights=f"sha256:{w}", test={"accuracy": 0.8})
        for v, w in ((version, weights * 64), ("0.10.2", "a" * 64))
    )
    cells = tuple(msgspec.structs.replace(c, sides=(sides[0], sides[1])) for c in made.cells)
    base = f"jax=={version}{f',{beside}' if beside else ''}"
    return msgspec.structs.replace(made, base=base, cells=cells)


def test_a_release_with_another_keras_beside_stands_with_the_others(tmp_path: Path) -> None:
    chance = random.Random(0)
    old = of_jax("0.5.3", chance, beside="keras==3.12.4", weights="b")
    later = msgspec.structs.replace(old, started_at="2026-11-27T12:00:00.000+00:00")
    for name, first in (("first", old), ("last", later)):
        duels = {"0.5.3": first, **{v: of_jax(v, chance) for v in ("0.7.2", "0.8.3")}}
        found = releases.read(written(tmp_path / name, duels))
        assert not found.failed
        assert {len(line.releases) for line in found.lines} == {3}
        assert exact(found)[0].endswith("weights of one seed are the same in the 3 of 4 that tell")
    alone = releases.read(written(tmp_path / "alone", {"0.5.3": old}))
    assert exact(alone)[0].endswith("the weights of one seed are not known of two that stand alone")


def test_what_changed_with_the_newest_is_named_there(tmp_path: Path) -> None:
    chance = random.Random(0)
    duels = {v: duel(v, chance, slow=0.2, weights="b") for v in VERSIONS}
    folder = written(tmp_path / "versions", duels)
    assert main(["versions", str(folder)]) == 0
    said = (folder / "README.md").read_text()
    assert "the weights of one seed changed at 3.15.1 (after 3.14.1)" in said
    assert "keras 3.15.1, steady epoch on jax: less than with 3.14.1: tabular\\_" in said


def test_a_cause_stands_beside_what_it_changed_and_nowhere_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(0)
    folder = written(tmp_path / "versions", {v: duel(v, chance, slow=0.2) for v in VERSIONS})
    cause = """
    [[cause]]
    package = "keras"
    version = "3.15.1"
    measure = "steady epoch"
    backend = "{}"
    text = "batches wait no more"
    source = "https://github.com/keras-team/keras/pull/1"
    """
    (folder / "causes.toml").write_text(cause.format("jax") + cause.format("tensorflow"))
    assert main(["versions", str(folder)]) == 0
    said = capsys.readouterr()
    assert "(batches wait no more: https://github.com/keras-team/keras/pull/1)" in said.out
    assert said.err.count("no change is told: batches wait no more") == 1
    page = (folder / "README.md").read_text()
    assert page.count("Why: batches wait no more (https://github.com/keras-team/keras/pull/1)") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [("[[cause]]\npackage = 3", "package"), ("cause = [", "causes.toml"), ("x = 1", "`x`")],
)
def test_causes_that_cannot_be_read_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    folder = written(tmp_path / "versions", {"3.10.0": duel("3.10.0", random.Random(0))})
    (folder / "causes.toml").write_text(text)
    assert main(["versions", str(folder)]) == 2
    assert said in capsys.readouterr().err


def test_equal_releases_raise_no_alarm_in_99_of_100(tmp_path: Path) -> None:
    chance, alarms = random.Random(0), 0
    for _ in range(100):
        duels = {v: duel(v, chance) for v in VERSIONS}
        found = releases.read(written(tmp_path / "versions", duels))
        alarms += not sentences(found)[0].startswith("No release")
    assert alarms <= 1


def test_what_is_no_duel_is_named_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = written(tmp_path / "versions", {"3.10.0": duel("3.10.0", random.Random(0))})
    (folder / "other.json").write_text("{}")
    assert main(["versions", str(folder)]) == 0
    assert "other.json: no duel of this suite" in capsys.readouterr().err
    (folder / "3.10.0.json").unlink()
    assert main(["versions", str(folder)]) == 2
    assert "no releases in it" in capsys.readouterr().err


def test_what_was_measured_against_something_else_is_on_no_line(tmp_path: Path) -> None:
    chance = random.Random(0)
    duels = {v: duel(v, chance) for v in VERSIONS}
    earlier = "2026-11-20T12:00:00.000+00:00"
    moved = duel("3.8.0", chance, slow=0.5, weights="b")
    duels["3.8.0"] = msgspec.structs.replace(
        moved, machine="Other CPU, 2 cores", started_at=earlier
    )
    found = releases.read(written(tmp_path / "versions", duels))
    assert sentences(found) == [NOTHING]
    assert "3.8.0" not in releases.versions(found.lines)
    assert found.failed[0] == (
        "keras 3.8.0, tabular_mlp on jax",
        "was measured against Other CPU, 2 cores, the latest against Test CPU, 2 cores: they do "
        "not stand on one line, so measure it again",
    )


def test_a_release_after_the_installed_one_stands_after_it(tmp_path: Path) -> None:
    chance = random.Random(0)
    duels = {v: duel(v, chance) for v in VERSIONS}
    duels["3.16.0"] = duel("3.16.0", chance, slow=0.3, weights="b")
    found = releases.read(written(tmp_path / "versions", duels))
    (slower,) = sentences(found)
    assert slower.startswith("keras 3.16.0, steady epoch on jax: more than with 3.15.1: ")
    (changed, *_) = steps.numerics(found.lines[0])
    assert (changed.before, changed.version) == ("3.15.1", "3.16.0")
