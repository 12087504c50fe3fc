"""The matrix of all ways to run each network, and what is said of it."""

from typing import Any

import pytest

from reports import summary
from reports.load import Results
from reports.report import Report, assemble
from reports.schema.record import Check, Record, Trained
from reports.tables.ways import Cell, Matrix, by_way, matrix
from tests.builders import (
    DATA,
    ENVIRONMENT,
    build_compared,
    build_failed,
    build_fitted,
    build_predicted,
    build_record,
    replace,
)


def runs(backend: str, *accuracies: float, epoch: float = 0.2, **changes: Any) -> list[Trained]:
    """Return a run for each accuracy, whose weights are told by it."""
    records = []
    for seed, accuracy in enumerate(accuracies):
        record = build_record(
            id=f"tabular_mlp-{backend}-s{seed}",
            backend=backend,
            seed=seed,
            test={"loss": 0.3, "accuracy": accuracy},
            weights=f"sha256:{round(accuracy * 1e4):x}",
            **changes,
        )
        durations = replace(record.durations, epoch_seconds=(epoch, epoch))
        records.append(replace(record, durations=durations))
    return records


def cells(found: Matrix) -> list[Cell]:
    ((_, row),) = found.rows
    return list(row)


def texts(*records: Trained, compared: tuple[Any, ...] = (), failed: tuple[Any, ...] = ()) -> Any:
    return [cell.text for cell in cells(matrix([*map(by_way, records)], failed, compared))]


def test_settings_are_ways_and_times_relative_to_the_fastest() -> None:
    plain = runs("jax", 0.8, epoch=0.4)
    tuned = runs("jax", 0.8, epoch=0.2, execution="tuned")
    found = matrix([by_way(record) for record in (*plain, *tuned)], (), ())
    assert found.ways == ("jax", "jax, tuned")
    assert [cell.text for cell in cells(found)] == ["2.00", "1.00 ="]
    assert [cell.shade for cell in cells(found)] == [2, 0]
    assert cells(found)[0].said == "0.4 s an epoch; reference"


@pytest.mark.parametrize(
    ("accuracies", "sign"),
    [
        ((0.80, 0.81, 0.82), "="),
        ((0.801, 0.811, 0.821), "?"),  # few runs that scatter
        ((0.80, 0.60, 0.61), "?"),  # one seed the same, the others not
        ((0.10, 0.11, 0.12), "≠"),
        ((0.8,), "="),
        ((0.9,), "?"),
    ],
)
def test_results_say_whether_it_is_the_same(accuracies: tuple[float, ...], sign: str) -> None:
    first = runs("jax", 0.80, 0.81, 0.82)
    assert texts(*first, *runs("tensorflow", *accuracies))[1] == f"1.00 {sign}"


def test_many_runs_that_agree_are_alike() -> None:
    near = [0.8 + 0.0001 * seed for seed in range(6)]
    other = [value + 0.00005 for value in near]
    assert texts(*runs("jax", *near), *runs("tensorflow", *other))[1] == "1.00 ≈"


def test_a_comparison_with_the_reference_counts_more() -> None:
    both = *runs("jax", 0.8), *runs("tensorflow", 0.8)
    fine = build_compared((), backend="tensorflow")
    check = Check(quantity="outputs", tensor="x", error=1.0, bound=0.1)
    broken = build_compared((check,), backend="tensorflow")
    assert texts(*both, compared=(fine,))[1] == "1.00 ="
    for order in ((fine, broken), (broken, fine)):
        assert texts(*both, compared=order)[1] == "1.00 ≠", "one that differs is enough"


def test_a_comparison_of_other_code_or_versions_says_nothing() -> None:
    both = *runs("jax", 0.8), *runs("tensorflow", 0.7)
    packages = {**ENVIRONMENT.packages, "keras": "3.14.1"}
    old = build_compared(
        (), backend="tensorflow", environment=replace(ENVIRONMENT, packages=packages)
    )
    assert texts(*both, compared=(old,))[1] == "1.00 ?"
    named = [replace(r, provenance={**(r.provenance or {}), "source": "new"}) for r in both]
    edited = build_compared((), backend="tensorflow", provenance={"source": "old"})
    assert texts(*named, compared=(edited,))[1] == "1.00 ?"
    same = build_compared((), backend="tensorflow", provenance={"source": "new"})
    assert texts(*named, compared=(edited, same))[1] == "1.00 ="


def test_what_failed_and_what_was_disturbed_is_marked() -> None:
    calm, slow = runs("jax", 0.8, epoch=0.4), runs("tensorflow", 0.8, epoch=0.1)
    busy = [replace(r, environment=replace(r.environment, other_load=1.0)) for r in slow]
    failure = build_failed(reason="no memory")
    assert texts(*calm, *busy) == ["1.00", "~0.25 ="], "a disturbed time is no measure"
    assert texts(*calm, failed=(failure,)) == ["1.00 !"]
    alone = matrix([], [failure], ())
    assert cells(alone)[0].text == "failed"
    assert cells(alone)[0].said == "a run failed: no memory"


def report(*records: Record) -> Report:
    return assemble(Results(records=tuple(records), superseded=0))


def test_a_comparison_counts_on_its_own_machine_only() -> None:
    elsewhere = replace(ENVIRONMENT, cpu="Another CPU")
    compared = build_compared((), id="compared", backend="tensorflow", environment=elsewhere)
    (found,) = report(*runs("jax", 0.8), *runs("tensorflow", 0.7), compared).answers
    assert cells(found.matrix)[1].text == "1.00 ?"


def test_a_failure_is_in_no_card_if_it_may_be_of_several() -> None:
    here = runs("jax", 0.8)
    there = [replace(r, environment=replace(ENVIRONMENT, cpu="Another CPU")) for r in here]
    failure = build_failed(id="tabular_rnn", architecture="tabular_rnn")
    (alone,) = report(*here, failure).answers
    assert "Failed" in dict(alone.sentences)
    both = report(*here, *there, failure)
    assert not any("Failed" in dict(found.sentences) for found in both.answers)
    assert not both.failures.frame.empty


def test_other_data_do_not_supersede_the_published(tmp_path: Any) -> None:
    from reports.load import load
    from reports.schema.record import encode

    published = replace(DATA, synthetic=False, origin="published")
    good = build_record(data=published)
    other = replace(good, data=replace(published, origin="other"), started_at="2027-01-01T00:00:00")
    for number, record in enumerate((good, other)):
        (tmp_path / f"{number}.json").write_bytes(encode(record))
    results = load([tmp_path])
    assert len(results.records) == 2
    anchors = [page.anchor for _, pages in assemble(results).pages for page in pages]
    assert len(set(anchors)) == 2, "each has a page of its own"


def test_nothing_is_said_of_what_is_not_there() -> None:
    assert summary.equal(matrix([build_fitted()], (), ())) == ""
    one = matrix(runs("jax", 0.8), (), ())
    assert summary.equal(one) == "One way to run each network: nothing to compare."
    predicted = [build_predicted(backend=name, id=name) for name in ("numpy", "openvino")]
    assert summary.equal(matrix(predicted, (), ())) == "Nothing could be compared."
