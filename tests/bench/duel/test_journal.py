"""What was measured is kept, and found again by the duel that it is of."""

import dataclasses
import random
from pathlib import Path

import pytest

from bench.duel.cell import Cell
from bench.duel.journal import Journal
from bench.duel.quality import Quality
from bench.duel.sides import Side
from bench.executors.process import HERE
from bench.experiment import Experiment
from reports.schema import duel
from reports.schema.reading import RecordError
from tests.bench.duel.test_report import SIDE, pair
from tests.builders import tiny


def cells() -> list[Cell]:
    return [Cell(experiment=tiny(name, "jax")) for name in ("tabular_mlp", "tabular_cnn")]


def changing(experiment: Experiment) -> Side:
    return dataclasses.replace(SIDE, change=lambda _: experiment)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return the log of a duel of one pair, one fresh pair and one quality."""
    random.seed(0)
    log = tmp_path / "log.jsonl"
    journal, (first, second) = Journal(log, (SIDE, SIDE), 1), cells()
    journal.begin()
    journal.pair(first, pair(), fresh=False)
    journal.pair(second, pair(cpu=None), fresh=True)
    side = duel.Side(packages={"keras": "3.15.1"}, weights="sha256:01", test={"loss": None})
    second.quality = Quality(
        numerics="CHANGED, first in epoch 1", changed=True, seeds=1, sides=(side, side)
    )
    second.quality.base["loss"] = [0.5]
    journal.quality(second)
    return log


def test_what_was_measured_is_found_again(log: Path) -> None:
    first, second = found = cells()
    assert Journal(log, (SIDE, SIDE), 1).restore(found) == 2
    assert len(first.pairs) == len(second.fresh) == 1
    assert second.fresh[0].cpu is None
    assert second.quality.base == {"loss": [0.5]}
    assert second.quality.sides
    assert second.quality.sides[0].packages == {"keras": "3.15.1"}


def test_other_sides_cores_and_variables_are_other_duels(log: Path) -> None:
    flag = dataclasses.replace(HERE, variables={"XLA_FLAGS": "--x"})
    for sides, cores in (
        ((SIDE, dataclasses.replace(SIDE, name="main")), 1),
        ((SIDE, dataclasses.replace(SIDE, installation=flag)), 1),
        ((SIDE, SIDE), 2),
    ):
        assert Journal(log, sides, cores).restore(cells()) == 0


def test_other_batches_samples_epochs_and_variables_are_other_pairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On either side; of a network beside others, whichever these are."""
    log, mlp, cnn = tmp_path / "log.jsonl", tiny("tabular_mlp", "jax"), tiny("tabular_cnn", "jax")
    Journal(log, (SIDE, SIDE), 1, [mlp]).pair(Cell(experiment=mlp), pair(), fresh=False)

    def restored(head: Side, *experiments: Experiment) -> int:
        found = [Cell(experiment=each) for each in experiments]
        return Journal(log, (SIDE, head), 1, experiments).restore(found)

    assert restored(SIDE, mlp, cnn) == 1
    for changes in ({"batch_size": 8}, {"train_samples": 99}, {"test_samples": 9}, {"epochs": 7}):
        other = dataclasses.replace(mlp, **changes)  # type: ignore[arg-type]
        assert restored(SIDE, other) == 0, changes
        assert restored(changing(other), mlp) == 0, changes
    for name, value in (("OMP_PROC_BIND", "close"), ("JAX_ENABLE_X64", "1"), ("JAX_NEW", "1")):
        with monkeypatch.context() as set_by_user:
            set_by_user.setenv(name, value)
            assert restored(SIDE, mlp) == 0, name
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    assert restored(SIDE, mlp) == 1, "of the other backend"


def test_a_duel_that_begins_anew_does_not_count_what_was_before(log: Path) -> None:
    journal = Journal(log, (SIDE, SIDE), 1)
    journal.begin()
    assert journal.restore(cells()) == 0
    journal.pair(cells()[0], pair(), fresh=False)
    assert journal.restore(cells()) == 1


def test_a_line_that_was_cut_off_is_none(log: Path) -> None:
    content = log.read_bytes()
    for cut in range(1, 200, 7):
        log.write_bytes(content[:-cut])
        assert Journal(log, (SIDE, SIDE), 1).restore(cells()) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", "no duel of this suite"),
        ('{"duel": true}', "no duel of this suite"),
        ('{"duel": 99}', "a newer version"),
        ('{"duel": 1}', "damaged duel"),
    ],
)
def test_what_is_no_duel_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "duel.json"
    path.write_text(content)
    with pytest.raises(RecordError, match=said):
        duel.load(path)
