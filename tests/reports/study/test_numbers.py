"""The study's numbers beside ours, and what kinds of network are worth."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from reports import summary
from reports.schema.record import History, Trained
from reports.study import comparison, kinds
from reports.study import numbers as study
from reports.study.verdicts import judge
from tests.builders import replace
from tests.reports.study.worlds import change, world

Make = Callable[..., Trained]


def test_every_printed_number_is_there() -> None:
    found = study.printed()
    assert len(found) == len({(n.network, n.phase, n.epoch, n.metric) for n in found}) == 82
    assert sum(number.phase == "test" for number in found) == 4 * 6 + 8 * 2
    last = {n.network: n.value for n in found if n.phase == "test" and n.metric == "accuracy"}
    assert last["image_cnn"] == 0.90315002
    assert len(last) == 12


@pytest.mark.parametrize(
    ("changes", "departure"),
    [
        ({"epochs": 10}, ["10 of 150 epochs"]),
        ({"epochs": 150, "batch_size": 32}, ["batches of 32, not 256"]),
        ({"epochs": 150}, []),
    ],
)
def test_departures(changes: dict[str, Any], departure: list[str]) -> None:
    record = world()["tabular_mlp"]
    assert study.departures(replace(record, **changes)) == departure


def test_synthetic_and_fewer_samples_are_departures(make_record: Make) -> None:
    record = make_record(epochs=150)
    assert study.departures(record) == ["synthetic data"]
    few = replace(record, data=replace(record.data, synthetic=False))
    assert study.departures(few) == ["400 of 104,051 training samples"]


def test_the_same_numbers_differ_by_nothing() -> None:
    frame = comparison.original(list(world().values())).frame
    tests = frame[frame["metric"].str.startswith("test")]
    assert set(tests["difference"]) == {"+0.0000"}
    assert "recipe differs in" not in frame


def test_what_is_told_of_an_epoch_is_compared_at_that_epoch() -> None:
    record = world()["image_cnn"]
    losses = tuple(1 / epoch for epoch in range(1, 61))
    history = History(train={"loss": losses}, validation={"loss": losses})
    frame = comparison.original([replace(record, epochs=60, history=history)]).frame
    row = frame[frame["epoch"] == 49].iloc[0]
    assert (row["metric"], row["study"], row["ours"]) == ("validation loss", "0.2326", "0.0204")
    assert pd.isna(row["recipe differs in"]), "49 epochs were there"
    assert "validation accuracy" not in set(frame["metric"]), "told of epoch 200"
    assert set(frame[frame["epoch"] == 60]["recipe differs in"]) == {"60 of 200 epochs"}


def test_three_seeds_give_an_interval() -> None:
    records = [world(seed)["image_mlp"] for seed in range(3)]
    records = [
        replace(r, test={"loss": 0.42950425 + 0.01 * r.seed, "accuracy": 0.9}) for r in records
    ]
    frame = comparison.original(records).frame
    row = frame[frame["metric"] == "test loss"].iloc[0]
    assert row["n"] == 3
    assert row["difference"] == "+0.0100"
    assert row["95 % for one run"] == "-0.0397 to +0.0597"


def test_other_kinds_against_the_suited_one() -> None:
    worlds = [world(seed) for seed in range(3)]
    frame = kinds.suited([r for found in worlds for r in found.values()]).frame
    row = frame[frame["other"] == "sequential_mlp"].iloc[0]
    assert row["suited"] == "sequential_rnnx", "the best of its kind"
    assert (row["difference"], row["outcome"]) == ("+0.0038", "matches or beats it")
    row = frame[frame["other"] == "image_mlp"].iloc[0]
    assert row["outcome"] == "falls behind"


def test_a_difference_that_is_printed_as_a_match_need_not_be_one() -> None:
    for lead, keeps_up in ((-0.00504, False), (-0.005, True), (0.0001, True)):
        suited, other = (
            replace(record, test={"accuracy": accuracy})
            for record, accuracy in (
                (world()["sequential_rnn"], 0.88),
                (world()["sequential_mlp"], 0.88 + lead),
            )
        )
        (found,) = kinds.leads([suited, other])
        assert found.keeps_up == keeps_up
        assert f"in {keeps_up:d} of 1 comparisons" in summary.kept_up([suited, other])


def test_width_against_depth() -> None:
    frame = kinds.width(list(world().values())).frame
    assert frame[["wide", "deep", "difference", "outcome"]].to_numpy().tolist() == [
        ["tabular_mlp", "tabular_mlpx", "-0.0093", "too few runs"],
        ["sequential_rnn", "sequential_rnnx", "+0.0009", "too few runs"],
    ]


def test_sentences_follow_the_records() -> None:
    records = [record for seed in range(3) for record in world(seed).values()]
    images = [replace(r, dataset="fashion_mnist") for r in records if r.modality == "image"]
    for number, record in enumerate(images):
        assert record.test
        accuracy = (record.test["accuracy"] or 0) + 0.0001 * (number % 5)
        images[number] = replace(record, test=record.test | {"accuracy": accuracy})
    best = summary.best(images)
    assert best.startswith("image_cnn (jax): test accuracy 0.")
    assert "n = 3" in best
    assert "in 1 of 2 comparisons" in summary.kept_up(images)
    assert "21 have runs in full, and 0 are settled: 21 reproduced so far (" in summary.claims(
        judge(records)
    )
    coarse = [
        replace(
            r,
            test={"accuracy": 0.875 if "cnn" in r.architecture else 0.875 - 1 / 128},
            data=replace(r.data, test_samples=128),
        )
        for r in images
        if r.architecture in ("image_cnn", "image_mlp")
    ]
    assert "surely" not in summary.best(coarse), "one test sample of 128, of seeds that are equal"
    other = world()
    change("image_mlp", accuracy=0.95)(other)
    best = summary.best([r for r in other.values() if r.modality == "image"])
    assert best.startswith("image_mlp (jax): test accuracy 0.9500")
    assert best.endswith("the highest so far; three runs of each would make a ranking.")


def test_the_faster_backend_is_named_where_intervals_part(make_record: Make) -> None:
    def runs(backend: str, *seconds: float) -> list[Trained]:
        made = []
        for seed, value in enumerate(seconds):
            record = make_record(backend=backend, seed=seed)
            durations = replace(record.durations, epoch_seconds=(value,) * 3)
            made.append(replace(record, durations=durations))
        return made

    def said(*records: list[Trained]) -> str:
        return summary.fastest([record for group in records for record in group])

    slow = runs("tensorflow", 2.0, 2.1, 2.2)
    assert said(runs("jax", 1.0, 1.1, 1.05), slow) == ("jax for tabular_mlp (×2.00 over the next).")
    assert said(runs("jax", 1.9, 2.1, 2.0), slow) == "Not told apart: tabular_mlp."
    assert said(runs("jax", 1.0), slow) == (
        "Ahead so far, by fewer than three runs of each: jax for tabular_mlp (×2.10 over the next)."
    )
