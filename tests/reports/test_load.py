"""Paths of every kind, merged; and files that are not ours."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reports import __main__ as command
from reports.gate.comparable import recipe_difference, version_differences
from reports.grouping import with_versions_where_several
from reports.load import LoadError, load
from reports.render import markdown
from reports.report import assemble
from reports.schema.record import SCHEMA, Failed, Record, Trained, to_builtins
from tests.builders import build_failed, build_record, replace, shortened

Make = Callable[..., Trained]


def benchmark_json(path: Path, *records: Record, failed: tuple[Record, ...] = ()) -> Path:
    """Write what pytest-benchmark writes, each record in three phases."""
    benchmarks = [{"name": "x", "extra_info": to_builtins(r), "stats": {}} for r in records * 3]
    path.write_text(
        json.dumps({"benchmarks": benchmarks, "records": [to_builtins(r) for r in failed]})
    )
    return path


def test_the_phases_of_one_experiment_are_one_record(tmp_path: Path, make_record: Make) -> None:
    record, failed = make_record(), build_failed(id="other")
    results = load([benchmark_json(tmp_path / "a.json", record, failed=(failed,))])
    assert results.records == (failed, record)
    assert results.superseded == 0


def test_files_and_folders_merge(tmp_path: Path, make_record: Make) -> None:
    jax, tensorflow = make_record(), make_record(id="b", backend="tensorflow")
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "one.json").write_text(json.dumps(to_builtins(tensorflow)))
    results = load([benchmark_json(tmp_path / "a.json", jax), tmp_path / "records"])
    assert {record.backend for record in results.records} == {"jax", "tensorflow"}


def test_the_latest_run_wins(tmp_path: Path, make_record: Make) -> None:
    old, new = make_record(), make_record(started_at="2026-02-01T00:00:00.000+00:00", seed=7)
    files = [benchmark_json(tmp_path / "new.json", new), benchmark_json(tmp_path / "old.json", old)]
    results = load(files)
    assert results.records == (new,)
    assert results.superseded == 1


def test_other_machines_and_profiles_do_not_supersede(tmp_path: Path, make_record: Make) -> None:
    one = make_record()
    other_machine = make_record(
        started_at="2026-02-01T00:00:00.000+00:00",
        environment=replace(one.environment, cpu="Other CPU"),
    )
    other_profile = make_record(started_at="2026-03-01T00:00:00.000+00:00", profile="quick")
    results = load([benchmark_json(tmp_path / "a.json", one, other_machine, other_profile)])
    assert len(results.records) == 3


def test_other_recipes_do_not_supersede_but_newer_revisions_do(
    tmp_path: Path, make_record: Make
) -> None:
    whole = make_record()
    shorter = shortened(whole, overrides="2 epochs", started_at="2026-02-01T00:00:00+00:00")
    other_seed = make_record(id="tabular_mlp-miniboone-jax-s1", seed=1)
    revised = replace(other_seed, network=replace(whole.network, revision=2))
    found = load([benchmark_json(tmp_path / "a.json", whole, shorter)])
    assert found.records == (whole, shorter)
    found = load([benchmark_json(tmp_path / "b.json", whole, shorter, revised)])
    assert found.records == (shorter, revised)  # seeds of two revisions are not one row
    assert found.superseded == 1


def test_success_makes_good_an_earlier_failure_only(tmp_path: Path, make_record: Make) -> None:
    success = make_record()
    before = build_failed(started_at="2026-01-01T00:00:00.000+00:00")
    after = build_failed(started_at="2026-02-01T00:00:00.000+00:00")
    assert load([benchmark_json(tmp_path / "a.json", before, success)]).records == (success,)
    both = load([benchmark_json(tmp_path / "b.json", success, after)]).records
    assert {type(record) for record in both} == {Failed, Trained}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"benchmarks": [', "not a JSON file, or cut off"),
        ("", "not a JSON file, or cut off"),
        ("[1, 2]", "expected a JSON object, got list"),
        ('{"some": "thing"}', "no record of this suite"),
        ('{"benchmarks": [{"name": "x"}]}', "no records of this suite, but other benchmarks: 1"),
        ('{"benchmarks": {"name": "x"}}', "not those of pytest-benchmark"),
        (
            '{"benchmarks": [{"extra_info": {}}]}',
            "no records of this suite, but other benchmarks: 1",
        ),
        ('{"benchmarks": []}', "nothing to report"),
        (json.dumps({"schema": SCHEMA + 1}), "written by a newer version"),
    ],
)
def test_what_is_not_ours(
    tmp_path: Path, content: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(LoadError, match=message):
        load([path])
    assert command.main(["render", str(path), "-o", str(tmp_path / "out")]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: ")
    assert printed.count("\n") == 1


def test_missing_files_and_empty_folders(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="No such file"):
        load([tmp_path / "none.json"])
    with pytest.raises(LoadError, match="no result files"):
        load([tmp_path])


def test_another_version_does_not_supersede_and_has_rows_of_its_own(tmp_path: Path) -> None:
    old, new = (
        build_record(
            started_at=f"2026-0{month}-01T00:00:00.000+00:00",
            environment=replace(
                build_record().environment, packages={"keras": version, "jax": "0.10.2"}
            ),
        )
        for month, version in ((1, "3.14.0"), (2, "3.15.1"))
    )
    results = load([benchmark_json(tmp_path / "a.json", old, new)])
    assert len(results.records) == 2
    assert results.superseded == 0
    named = with_versions_where_several(results.records)
    assert [record.backend for record in named] == ["jax, keras 3.14.0", "jax, keras 3.15.1"]
    assert with_versions_where_several([new]) == (new,)
    away = replace(new, environment=replace(new.environment, cpu="another"))
    assert with_versions_where_several([old, away]) == (old, away), "no table has both"
    assert version_differences([old], [new]) == ["jax: keras was 3.14.0 and is 3.15.1"]
    assert "jax, keras 3.14.0" in markdown(assemble(results))


def test_a_changed_network_supersedes_whatever_its_revision(tmp_path: Path) -> None:
    runs = [
        build_record(
            seed=seed,
            id=f"m-s{seed}",
            started_at=f"2026-01-0{seed + 1}T00:00:00",
            provenance={"source": source},
        )
        for seed, source in ((0, "aaa"), (1, "aaa"), (2, "bbb"))
    ]
    assert load([benchmark_json(tmp_path / "a.json", *runs)]).records == (runs[2],)


def test_a_failure_supersedes_no_other_backend(tmp_path: Path) -> None:
    good = [
        build_record(id=f"m-{backend}", backend=backend, provenance={"source": "aaa"})
        for backend in ("jax", "tensorflow")
    ]
    failed = build_failed(
        id="m-jax", started_at="2027-01-01T00:00:00+00:00", provenance={"source": "bbb"}
    )
    results = load([benchmark_json(tmp_path / "a.json", *good, failed)])
    assert results.records == (failed, *good)


@pytest.mark.parametrize("fact", ["variables", "compiling", "custom_objects"])
def test_seeds_that_ran_otherwise_are_no_repetitions(tmp_path: Path, fact: str) -> None:
    def run(seed: int, month: int, **facts: str) -> Trained:
        known = {"source": "aaa", "seed": seed, **facts}
        moment = f"2026-0{month}-01T00:00:00+00:00"
        return build_record(id=f"m-s{seed}", seed=seed, provenance=known, started_at=moment)

    before = [run(seed, 1) for seed in range(3)]
    again = run(0, 2, **{fact: "changed"})
    results = load([benchmark_json(tmp_path / "a.json", *before, again)])
    assert results.records == (again,)
    assert results.superseded == 3


def test_data_of_ones_own_that_have_changed_are_superseded_on_every_backend(
    tmp_path: Path,
) -> None:
    real = replace(build_record().data, synthetic=False)
    before = [
        build_record(id=f"m-{backend}", backend=backend, data=real, provenance={"source": "aaa"})
        for backend in ("jax", "tensorflow")
    ]
    now = replace(
        before[0],
        started_at="2027-01-01T00:00:00+00:00",
        data=replace(real, checksum="sha256:0bad"),
    )
    assert load([benchmark_json(tmp_path / "a.json", *before, now)]).records == (now,)


def test_draws_and_sizes_of_the_same_data_are_no_change(tmp_path: Path) -> None:
    def run(name: str, seed: int, source: str, arrays: str) -> Trained:
        known = {"source": "aaa", "data": source}
        data = replace(build_record().data, synthetic=False, checksum=f"sha256:{arrays}")
        at = f"2026-01-0{seed + 1}T00:00:00+00:00"
        changes = {"seed": seed, "provenance": known, "data": data, "started_at": at}
        return build_record(id=f"{name}-s{seed}", architecture=name, dataset="photos", **changes)

    drawn = [run("net", seed, "sha256:f1", f"a{seed}") for seed in range(3)]
    other = run("small", 0, "sha256:f1", "b0")
    found = load([benchmark_json(tmp_path / "a.json", *drawn, other)])
    assert found.records == (*drawn, other)
    edited = replace(drawn[2], started_at="2027-01-01T00:00:00+00:00")
    edited = replace(edited, provenance={"source": "aaa", "data": "sha256:f2"})
    found = load([benchmark_json(tmp_path / "b.json", *drawn[2:], edited)])
    assert found.records == (edited,), "of the same arrays"
    new = replace(edited, data=replace(edited.data, checksum="sha256:c0"))
    found = load([benchmark_json(tmp_path / "c.json", *drawn, other, new)])
    assert found.records == (new,)


@pytest.mark.parametrize("split", ["file", "arrays"])
def test_equal_files_or_equal_arrays_are_the_same_data(split: str) -> None:
    one = build_record(provenance={"data": "sha256:f1"})
    other = replace(one, data=replace(one.data, checksum="sha256:0bad"))
    if split == "arrays":
        other = replace(one, provenance={"data": "sha256:f2"})
    assert not recipe_difference(one, other)
    neither = replace(
        other, provenance={"data": "sha256:f2"}, data=replace(one.data, checksum="x:1")
    )
    assert recipe_difference(one, neither) == "data was sha256:00ff and is x:1"


def test_runs_on_data_that_have_changed_are_superseded_but_for_the_published(
    tmp_path: Path,
) -> None:
    def written(name: str, **changes: object) -> list[Record]:
        folder = tmp_path / name
        folder.mkdir()
        for seed, checksum, day in ((0, "bb", 9), (1, "aa", 1), (2, "aa", 1)):
            record = build_record(id=f"net-own-jax-s{seed}", dataset="own", seed=seed)
            data = replace(record.data, checksum=f"sha256:{checksum * 2}", **changes)
            moment = f"2026-01-0{day}T00:00:00+00:00"
            found = replace(record, data=data, started_at=moment)
            (folder / f"{seed}.json").write_text(json.dumps(to_builtins(found)))
        return list(load([folder]).records)

    assert [r.seed for r in written("own", synthetic=False, origin="other")] == [0]
    assert [r.seed for r in written("made", synthetic=True, origin=None)] == [0]
    assert [r.seed for r in written("public", synthetic=False, origin="known")] == [0, 1, 2]
