"""Tables against values worked out by hand."""

from collections.abc import Callable

import pytest

from reports import timing
from reports.grouping import groups
from reports.markup import templates
from reports.schema.record import Check, Trained
from reports.tables import equivalence
from reports.tables.budget import budget
from reports.tables.confusion import confusion_table, confusions
from reports.tables.front import front
from reports.tables.overview import failures, overview
from reports.tables.quality import quality
from reports.tables.settings import settings
from reports.tables.timing import timing as timing_table
from reports.tables.ways import matrix
from tests.builders import build_compared, build_failed, build_record, replace

Make = Callable[..., Trained]


def test_times_are_medians_in_their_units(make_record: Make) -> None:
    times = timing.times(make_record())
    assert times["epoch_seconds"] == pytest.approx(0.3)
    assert times["latency_milliseconds"] == pytest.approx(2.0)
    assert times["throughput"] == pytest.approx(1000)
    assert times["peak_memory_megabytes"] == pytest.approx(450)


def test_quality_is_the_mean_over_seeds(make_record: Make) -> None:
    seeds = [make_record(id=f"s{s}", seed=s, test={"loss": s, "accuracy": 0.8}) for s in range(3)]
    frame = quality([*seeds, make_record(backend="tensorflow", test={"loss": 9.0})]).frame
    assert frame["n"].tolist() == [3, 1]
    assert frame["loss"].tolist() == [1.0, 9.0]
    assert "f1" not in frame


def test_other_epochs_are_another_row(make_record: Make) -> None:
    frame = quality([make_record(), make_record(epochs=5)]).frame
    assert frame["epochs"].tolist() == [3, 5]


def test_what_is_absent_is_a_dash(make_record: Make) -> None:
    row = overview([make_record(), build_failed()]).cells[1]
    assert row[1:5] == ["–"] * 4
    assert row[-1] == "failed"


def test_heads_carry_unit_and_direction(make_record: Make) -> None:
    heads = timing_table([make_record()]).heads
    assert "epoch [s] ↓" in heads
    assert "throughput [samples/s] ↑" in heads


def test_budget(make_record: Make) -> None:
    table = budget([make_record(), make_record(backend="tensorflow")])
    assert table.cells == [["tabular_mlp", "7,801", "7,500", "+4.0%", "6,750 to 8,250", "yes"]]


def test_a_network_on_two_data_sets_has_two_budgets(make_record: Make) -> None:
    small = replace(make_record().network, parameters=99, budget_reference=90, budget=(81, 99))
    records = [make_record(), make_record(dataset="magic", network=small)]
    assert [row[1::5] for row in budget(records).cells] == [["miniboone", "yes"], ["magic", "NO"]]


def test_comparisons_on_two_data_sets_have_two_rows() -> None:
    good, bad = (
        build_compared((Check(quantity="outputs", tensor=None, error=e, bound=1e-5),), dataset=name)
        for e, name in ((1e-7, "miniboone"), (1e-2, "magic"))
    )
    for records in ([good, bad], [bad, good]):
        cells = {row[1]: row[-1] for row in equivalence.matrix(records).cells}
        assert cells == {"miniboone": "equal", "magic": "DIFFERENT: outputs"}
    elsewhere = replace(good, environment=replace(good.environment, device="a GPU"))
    assert len(equivalence.matrix([good, elsewhere]).cells) == 2
    assert [row[1] for row in equivalence.errors([good, elsewhere]).cells] == [
        good.environment.machine,
        elsewhere.environment.machine,
    ]


def test_failures_keep_their_reason(make_record: Make) -> None:
    failed = build_failed(reason="killed by SIGKILL")
    assert failures([make_record(), failed]).frame["reason"].tolist() == ["killed by SIGKILL"]


def test_one_baseline_on_several_data_sets_has_several_rows() -> None:
    records = [
        build_record(
            architecture="decision_tree",
            kind="baseline",
            backend="sklearn",
            dataset=dataset,
            epochs=0,
        )
        for dataset in ("miniboone", "fashion_mnist", "imdb")
    ]
    assert [len(group) for group in groups(records)] == [1, 1, 1]


def test_the_data_set_is_told_wherever_there_are_several() -> None:
    """Its kind of data may have but one each: no name of a network tells which."""
    tabular = build_record(dataset="magic")
    tree = {"architecture": "decision_tree", "kind": "baseline", "modality": "image"}
    records = [tabular, build_record(dataset="fashion_mnist", **tree)]
    for table in (quality, timing_table):
        assert table(records).frame["data set"].tolist() == ["magic", "fashion_mnist"]
        assert "data set" not in table([tabular]).frame


def test_what_is_not_of_classes_has_no_confusion_matrix() -> None:
    record = build_record()
    of_numbers = replace(record, data=replace(record.data, classes=()), confusion=())
    assert confusions([of_numbers]) == ()
    assert confusions([record])


def test_a_confusion_matrix_of_several_runs_says_so(make_record: Make) -> None:
    seeds = [make_record(seed=seed) for seed in range(3)]
    (one,), (three,) = confusions(seeds[:1]), confusions(seeds)
    assert confusion_table(one).title == "Confusion matrix"
    assert confusion_table(three).title == "Confusion matrix, sum of 3 runs"
    template = templates(autoescape=True).get_template("confusion.html.j2").make_module()
    captions = [template.matrix(found).partition("</caption>")[0] for found in (one, three)]  # type: ignore[attr-defined]
    assert captions[0].endswith("predicted class (columns)")
    assert captions[1].endswith("predicted class (columns), sum of 3 runs")


def test_tables_and_the_matrix_tell_the_same_time(make_record: Make) -> None:
    """One slow run of three: the median would lie off the middle of its own interval."""
    records = []
    for seed, seconds in enumerate((1.0, 1.1, 2.0)):
        record = make_record(seed=seed)
        durations = replace(record.durations, epoch_seconds=(seconds, seconds))
        records.append(replace(record, durations=durations))
    typical = (1.0 * 1.1 * 2.0) ** (1 / 3)
    (row,) = timing_table(records).frame.to_dict("records")
    assert row["epoch_seconds"] == pytest.approx(typical)
    low, high = map(float, row["epoch, 95 %"].split(" to "))
    assert low * high == pytest.approx(typical**2, rel=1e-3)
    ((_, (cell,)),) = matrix(records, (), ()).rows
    assert cell.seconds == pytest.approx(typical)
    assert settings(records).frame["epoch_seconds"].tolist() == pytest.approx([typical])
    whole = timing_table(records).frame["training_seconds"].tolist()
    assert front(records).frame["training_seconds"].tolist() == whole
    (alone,) = timing_table(records[2:]).frame["epoch_seconds"]
    assert alone == 2.0, "that of one run is as it was recorded"
