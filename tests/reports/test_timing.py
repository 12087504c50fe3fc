"""Durations to what they mean, against values worked out by hand."""

from collections.abc import Callable

import pandas as pd
import pytest

from reports.charts import looks
from reports.figures import tradeoff
from reports.schema.record import History, Measured, Trained
from reports.tables import ranking
from reports.tables.front import front
from reports.tables.timing import time_to_accuracy
from reports.timing import disturbed, elapsed, noise, seconds_to, whole_epoch
from tests.builders import build_fitted, build_record, replace

Make = Callable[..., Trained]


def test_elapsed_with_and_without_compilation(make_record: Make) -> None:
    durations = make_record().durations
    assert durations
    assert elapsed(durations, compilation=True) == pytest.approx([2.51, 2.72, 3.13])
    assert elapsed(durations, compilation=False) == pytest.approx([0.31, 0.52, 0.93])
    quick = replace(durations, first_epoch_seconds=0.1)  # less than the later, by chance
    assert elapsed(quick, compilation=False) == pytest.approx([0.11, 0.32, 0.73])


def test_an_epoch_that_compiled_anew_counts_as_a_steady_one(make_record: Make) -> None:
    durations = make_record().durations
    assert durations
    resumed = replace(
        durations, epoch_seconds=(0.4,), resumed_epochs=(2,), resumed_epoch_seconds=(5.0,)
    )
    assert elapsed(resumed, compilation=True) == pytest.approx([2.51, 2.92, 3.33])
    assert elapsed(resumed, compilation=False) == pytest.approx([0.41, 0.82, 1.23])


def test_an_epoch_in_which_training_stood_still_counts_as_a_steady_one(make_record: Make) -> None:
    calm = _with_epochs(make_record(), (0.2,) * 10)
    paused = _with_epochs(make_record(), (*(0.2,) * 8, 5400.0, 0.9))
    for compilation in (True, False):
        told = [elapsed(r.durations, compilation=compilation)[-1] for r in (calm, paused)]
        assert told[1] - told[0] == pytest.approx(0.7)  # the one that was slow, but not stopped
    assert noise(calm) == []
    assert noise(paused) == ["stalled"]


def test_of_two_steady_epochs_one_may_have_stalled(make_record: Make) -> None:
    record = _with_epochs(make_record(), (84.0, 3684.0))
    assert noise(record) == ["unsteady", "stalled"] or noise(record) == ["stalled"]
    assert disturbed(record)
    calm = _with_epochs(make_record(), (84.0, 84.0))
    for compilation in (True, False):
        told = [elapsed(r.durations, compilation=compilation) for r in (calm, record)]
        assert told[0] == pytest.approx(told[1])
    compiled_twice = _with_epochs(make_record(), (3.0, 0.1, 0.1, 0.1))  # Keras 3.10 on JAX
    assert not disturbed(compiled_twice)
    brief = _with_epochs(make_record(), (0.01, 0.3))  # many small things take a third of a second
    assert not disturbed(brief)


def test_a_pause_between_two_epochs_is_no_training(make_record: Make) -> None:
    for epochs in (2, 5):
        calm = _with_epochs(make_record(), (2.0,) * epochs)
        setups = (*calm.durations.fit_setup_seconds[:-1], 3600.0)
        paused = replace(calm, durations=replace(calm.durations, fit_setup_seconds=setups))
        for compilation in (True, False):
            told = [elapsed(r.durations, compilation=compilation)[-1] for r in (calm, paused)]
            assert told[0] == pytest.approx(told[1])


def _with_epochs(record: Trained, seconds: tuple[float, ...]) -> Trained:
    setups = (0.01,) * (len(seconds) + 1)
    durations = replace(record.durations, epoch_seconds=seconds, fit_setup_seconds=setups)
    return replace(record, epochs=len(setups), durations=durations)


def test_times_are_of_the_runs_that_others_left_alone(make_record: Make) -> None:
    history = History(train={"loss": (1.0,)}, validation={"accuracy": (0.7, 0.91, 0.94)})
    calm = replace(make_record(seed=0), history=history)
    slow = replace(calm.durations, first_epoch_seconds=500.0)
    load = replace(calm.environment, other_load=0.9)
    busy = replace(calm, seed=1, durations=slow, environment=load)
    for records, seconds, mark in (
        ([calm], 3.13, None),
        ([calm, busy], 3.13, None),
        ([busy], 501.13, "yes"),
    ):
        (row,) = front(records).frame.to_dict("records")
        assert row["training_seconds"] == pytest.approx(seconds, abs=0.2)
        assert row.get("disturbed") == mark
        table, _ = time_to_accuracy(records)
        assert [float(cells[5]) for cells in table.cells][-1] == pytest.approx(seconds, abs=0.2)
        drawn = tradeoff.picture(records, looks(records))
        assert drawn
        assert ("stroke-dasharray: 1" in drawn.svg) is bool(mark)


def test_time_to_accuracy(make_record: Make) -> None:
    record = make_record()
    assert seconds_to(record, 0.8, compilation=True) == pytest.approx(2.72)
    assert seconds_to(record, 0.75, compilation=False) == pytest.approx(0.31)
    assert seconds_to(record, 0.99, compilation=True) is None
    history = History(train={"loss": (1.0,)}, validation={"accuracy": (None, 0.91, 0.94)})
    good = replace(record, history=history)
    table, remark = time_to_accuracy([record, good])
    rows = table.cells
    assert not remark
    assert [row[3:5] for row in rows] == [["0.90", "1 of 2"], ["0.93", "1 of 2"]]
    assert rows[1][5:] == ["3.1", "0.9"]
    table, remark = time_to_accuracy([record])
    assert table.frame.empty
    assert remark == "No run reached the target accuracy in 2 further cases."


def make_group(make_record: Make, name: str, *accuracies: float) -> list[Trained]:
    return [
        make_record(architecture=name, seed=seed, test={"loss": 0.3, "accuracy": accuracy})
        for seed, accuracy in enumerate(accuracies)
    ]


def test_from_one_epoch_to_the_next_there_is_validation(make_record: Make) -> None:
    record = make_record()
    durations = replace(
        record.durations,
        epoch_seconds=(84.0, 84.0),
        fit_setup_seconds=(9.0, 25.0, 26.0),
        evaluation_seconds=(35.0, 35.0),
    )
    assert whole_epoch(replace(record, durations=durations)) == pytest.approx(84 + 25.5 + 35)


def test_ties_share_a_rank(make_record: Make) -> None:
    records = [
        *make_group(make_record, "tabular_rnn", 0.80, 0.81, 0.82),
        *make_group(make_record, "tabular_mlp", 0.91, 0.92, 0.93),
        *make_group(make_record, "tabular_cnn", 0.912, 0.921, 0.931),
    ]
    frame = ranking.ranking(records).frame
    assert frame["network"].tolist() == ["tabular_cnn", "tabular_mlp", "tabular_rnn"]
    assert frame["rank"].tolist() == [1, 1, 3]
    assert frame["not told apart from"].tolist()[:2] == ["tabular_mlp", "tabular_cnn"]
    assert pd.isna(frame["not told apart from"][2])


def test_two_runs_give_no_ranking(make_record: Make) -> None:
    records = [
        *make_group(make_record, "tabular_rnn", 0.80, 0.81),
        *make_group(make_record, "tabular_mlp", 0.91, 0.92),
    ]
    assert ranking.ranking(records).frame.empty


def test_the_front(make_record: Make) -> None:
    def timed(name: str, accuracy: float, factor: float) -> Trained:
        (record,) = make_group(make_record, name, accuracy)
        seconds = tuple(value * factor for value in record.durations.epoch_seconds)
        return replace(record, durations=replace(record.durations, epoch_seconds=seconds))

    records = [timed("a", 0.9, 1), timed("b", 0.95, 100), timed("c", 0.89, 50)]
    frame = front(records).frame
    assert frame["on the front"].tolist() == ["yes", "yes", "no"]
    assert tradeoff.picture(records, looks(records))

    busy = replace(records[0].environment, other_load=0.9)
    frame = front([records[1], records[2], replace(records[0], environment=busy)]).frame
    told = dict(zip(frame["network"], frame["on the front"].fillna("–"), strict=True))
    assert told == {"a": "–", "b": "yes", "c": "yes"}, "what others disturbed beats nothing"


def test_baselines_are_drawn_beside_networks() -> None:
    """Their size is unknown, which pandas makes not a number."""
    records: list[Measured] = [*(build_record(seed=s) for s in range(3)), build_fitted()]
    drawn = tradeoff.picture(records, looks(records))
    assert drawn
    assert "nan" not in drawn.svg.lower()
    assert "naive_bayes" in drawn.svg
