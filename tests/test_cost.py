"""What tools.cost says of records, whatever happened while they were made."""

import json
from typing import Any

import pytest

from bench.plugin import UNDECIDED
from reports.schema.record import Trained
from tests.builders import build_record, replace, tiny
from tools import cost


def trained(execution: str, *, factor: float = 1.0, load: float = 0.0, **changes: Any) -> Trained:
    record = build_record(execution=execution, **changes)
    seconds = tuple(factor * value for value in record.durations.epoch_seconds)
    return build_record(
        execution=execution,
        durations=replace(record.durations, epoch_seconds=seconds),
        environment=replace(record.environment, other_load=load),
        **changes,
    )


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_what_a_script_without_the_suite_would_do_is_timed(backend: str) -> None:
    experiment = tiny("tabular_mlp", backend)
    cost.plain("run", experiment)
    seconds = json.loads(cost.plain("turns", experiment))
    assert len(seconds["suite"]) == len(seconds["plain"]) > 0
    assert min(*seconds["suite"], *seconds["plain"]) > 0


def test_tuned_is_compared_with_default_without_the_runs_that_others_disturbed() -> None:
    calm = [trained("default", factor=2), trained("tuned")]
    rows, summary = cost.tuned([*calm, trained("tuned", factor=9, load=0.9)])
    assert [row["times as fast"] for row in rows] == ["2.00"]
    assert "MLPs 2.00, all 1 2.00; least 2.00; 1 of 3 trainings left out" in summary

    other = [replace(record, architecture="tabular_cnn") for record in calm]
    assert cost.tuned(other)[1].endswith("geometric mean: all 1 2.00; least 2.00")


@pytest.mark.parametrize(
    ("records", "status"),
    [
        ([], 1),
        ([trained("default")], 1),
        ([trained("default"), trained("tuned", load=0.9)], UNDECIDED),
        ([trained("default", load=0.9), trained("tuned", load=0.9)], UNDECIDED),
    ],
    ids=["none", "one way", "one side disturbed", "all disturbed"],
)
def test_where_no_pair_is_left_a_sentence_says_why(
    records: list[Trained], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cost.tuned(records)
    assert ended.value.code == status
    told = capsys.readouterr().err
    assert told.startswith("no network was trained both default and tuned; ")
    assert f"of {len(records)} trainings" in told
