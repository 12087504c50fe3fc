"""What changed over commits and versions: named where it is, and nothing where nothing is."""

import random
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from scipy import stats

from bench.store import Store
from reports.__main__ import main
from reports.gate import limits
from reports.schema.record import Trained
from reports.trend.changes import Change, changes, repeated
from reports.trend.series import labels, series
from tests.builders import build_record, on_many, replace

VERSIONS = ("3.9.2", "3.10.0", "3.11.3", "3.12.4", "3.13.2", "3.14.1")
GATE = limits.read()


def run(
    label: str,
    *,
    seed: int = 0,
    slow: float = 1.0,
    weights: str = "a",
    accuracy: float = 0.83,
    network: str = "tabular_mlp",
    commit: bool = False,
    day: int = 1,
) -> Trained:
    """Return a run of a version or commit whose times are ``slow`` times the usual ones."""
    base = on_many(build_record(seed=seed, architecture=network))
    packages = {**base.environment.packages, **({} if commit else {"keras": label})}
    durations = base.durations
    return replace(
        base,
        id=f"{network}-miniboone-jax-s{seed}",
        started_at=f"2026-{1 + day // 28:02}-{1 + day % 28:02}T03:04:05.000+00:00",
        weights="sha256:" + weights * 64,
        test={**base.test, "accuracy": accuracy},
        environment=replace(
            base.environment,
            packages=packages,
            commit=label * 4 if commit else base.environment.commit,
            dirty=False,
            other_load=0.0,
        ),
        durations=replace(
            durations,
            first_epoch_seconds=durations.first_epoch_seconds * slow,
            epoch_seconds=tuple(seconds * slow for seconds in durations.epoch_seconds),
            latency_seconds=tuple(seconds * slow for seconds in durations.latency_seconds),
            prediction_seconds=tuple(seconds * slow for seconds in durations.prediction_seconds),
        ),
    )


def found(records: list[Trained], over: str = "keras") -> list[Change]:
    return changes(series(records, over), GATE)


def test_a_sleep_from_one_release_on_is_named_there() -> None:
    chance = random.Random(0)
    records = [
        run(version, seed=seed, slow=chance.gauss(1, 0.02) * (1.5 if place >= 3 else 1))
        for place, version in enumerate(VERSIONS)
        for seed in range(3)
    ]
    named = {(change.metric, change.before, change.label) for change in found(records)}
    assert ("epoch_seconds", "3.11.3", "3.12.4") in named
    assert {(before, label) for _, before, label in named} == {("3.11.3", "3.12.4")}
    (epoch,) = (change for change in found(records) if change.metric == "epoch_seconds")
    assert epoch.change
    assert 1.4 < epoch.change.low < 1.5 < epoch.change.high < 1.6


def test_a_changed_epsilon_is_named_at_its_release_exactly() -> None:
    """Other weights, in one seed of three, and nothing else."""
    records = [
        run(version, seed=seed, weights="b" if place >= 2 and seed == 1 else "a")
        for place, version in enumerate(VERSIONS)
        for seed in range(3)
    ]
    (change,) = found(records)
    assert (change.metric, change.before, change.label) == (None, "3.10.0", "3.11.3")
    assert change.remark == "1 of 3 seeds"


def test_what_one_release_alone_does_is_named_twice() -> None:
    records = [run(v, weights="b" if v == "3.12.4" else "a") for v in VERSIONS]
    assert [change.label for change in found(records)] == ["3.12.4", "3.13.2"]


def test_versions_are_in_the_order_of_their_numbers_and_commits_of_time() -> None:
    (versions,) = series([run(version) for version in reversed(VERSIONS)], "keras")
    assert [point.label for point in versions.points] == list(VERSIONS)
    commits = [run("cafe1234567", commit=True, day=9), run("beef1234567", commit=True, day=3)]
    (ordered,) = series(commits, "commit")
    assert [point.label for point in ordered.points] == ["beef123456", "cafe123456"]


def test_series_of_unlike_versions_share_an_axis_in_order() -> None:
    one = [run(version) for version in VERSIONS if version != "3.11.3"]
    other = [run(version, network="tabular_cnn") for version in ("3.8.0", "3.11.3")]
    assert labels(series([*one, *other], "keras"), "keras") == ["3.8.0", *VERSIONS]


def test_a_worse_accuracy_is_told_by_seed() -> None:
    records = [
        run(version, seed=seed, accuracy=0.8 + seed / 100 - (0.02 if place >= 4 else 0))
        for place, version in enumerate(VERSIONS)
        for seed in range(3)
    ]
    (change,) = found(records)
    assert (change.metric, change.label) == ("accuracy", "3.13.2")
    assert change.change
    assert change.change.estimate == pytest.approx(-0.02)


def test_an_accuracy_on_other_data_is_neither_worse_nor_better() -> None:
    before = [run("3.10.0", seed=seed, accuracy=0.8 + seed * 1e-3) for seed in range(4)]
    after = [run("3.11.3", seed=seed, accuracy=0.9 + seed * 1e-3) for seed in range(4)]
    assert "accuracy" in {change.metric for change in found([*before, *after])}
    other = [replace(r, data=replace(r.data, checksum="sha256:0bad")) for r in after]
    assert "accuracy" not in {change.metric for change in found([*before, *other])}


def test_runs_of_other_machines_or_software_are_series_of_their_own() -> None:
    here = [run(version) for version in VERSIONS]
    elsewhere = [
        replace(r, environment=replace(r.environment, cpu="another"), weights="sha256:" + "c" * 64)
        for r in here
    ]
    older = [
        replace(r, environment=replace(r.environment, packages={"keras": v, "jax": "0.5.0"}))
        for r, v in zip(here, VERSIONS, strict=True)
    ]
    names = [one.name for one in series([*here, *elsewhere, *older], "keras")]
    assert len(set(names)) == 3
    assert not found([*here, *elsewhere, *older])


def test_runs_without_checksums_do_not_hide_a_change() -> None:
    records = [run("3.9.2"), replace(run("3.10.0"), weights=None), run("3.11.3", weights="b")]
    (change,) = found(records)
    assert (change.before, change.label) == ("3.9.2", "3.11.3")


def gaussian(chance: random.Random) -> float:
    return chance.lognormvariate(0, 0.12)


def heavy(chance: random.Random) -> float:
    """A run in ten takes half as long again, or more."""
    return chance.lognormvariate(0, 0.05) * (1 + chance.expovariate(2) * (chance.random() < 0.1))


def history(
    noise: Callable[[random.Random], float], points: int, chance: random.Random, late: float = 1
) -> list[Trained]:
    """Return a run of four networks at each commit; later ones ``late`` times as slow."""
    return [
        run(
            f"{place:010x}",
            commit=True,
            day=place,
            network=network,
            slow=noise(chance) * (late if place >= points // 2 else 1),
        )
        for place, network in product(range(points), ("mlp", "cnn", "rnn", "mlpx"))
    ]


@pytest.mark.parametrize("noise", [gaussian, heavy])
@pytest.mark.parametrize("points", [6, 20])
def test_no_alarm_in_99_of_100_histories_without_a_change(
    noise: Callable[[random.Random], float], points: int
) -> None:
    chance = random.Random(0)
    (one, *_) = series(history(noise, points, chance), "commit")
    assert len(one.points) == points
    alarms = [bool(found(history(noise, points, chance), "commit")) for _ in range(100)]
    assert sum(alarms) <= 1


def test_a_slowdown_by_half_is_found_at_its_commit() -> None:
    chance = random.Random(0)
    hits = 0
    for _ in range(20):
        labels = {
            change.label
            for change in found(history(gaussian, 20, chance, late=1.5), "commit")
            if change.metric == "epoch_seconds"
        }
        hits += f"{10:010x}" in labels
    assert hits >= 16, stats.binomtest(hits, 20).proportion_ci()


def test_the_command_writes_a_page_and_checks_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(tmp_path / "results")
    for place, version in enumerate(VERSIONS):
        for seed in range(3):
            slow, weights = (2.0, "b") if place >= 3 else (1.0 + seed / 100, "a")
            store.write(run(version, seed=seed, slow=slow, weights=weights, day=place))
    page = tmp_path / "page"
    arguments = ["trend", str(store.folder), "--over", "keras", "-o", str(page)]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "numerics CHANGED first at 3.12.4 (after 3.11.3; 3 of 3 seeds)" in said
    assert "epoch WORSE ×1.98" in said
    text = (page / "trend.md").read_text()
    assert "| 3.12.4 | 3.11.3 | tabular\\_mlp, miniboone, jax | epoch | ×1.98" in text
    assert (page / "figures" / "trend-epoch_seconds.svg").read_text().startswith("<?xml")
    assert main([*arguments, "--check"]) == 0
    (page / "trend.md").write_text(text.replace("×1.98", "×1.97"))
    assert main([*arguments, "--check"]) == 1
    assert "stale: " in capsys.readouterr().out


def test_numerics_are_those_of_the_last_point_that_had_the_seed() -> None:
    (one,) = series(
        [
            run("3.9.2", seed=0),
            run("3.10.0", seed=1),
            run("3.11.3", seed=0, weights="b"),
            run("3.12.4", seed=0, weights="b"),
        ],
        "keras",
    )
    (change,) = changes([one], GATE)
    assert (change.before, change.label, change.remark) == ("3.9.2", "3.11.3", "1 of 1 seeds")
    seeds = {"3.9.2": (0, 1), "3.10.0": (0,), "3.11.3": (0, 1)}
    for weights, before, first in (("abb", "3.9.2", "3.10.0"), ("aab", "3.10.0", "3.11.3")):
        of_version = dict(zip(seeds, weights, strict=True))
        (one,) = series(
            [
                run(version, seed=seed, weights=of_version[version])
                for version in seeds
                for seed in seeds[version]
            ],
            "keras",
        )
        (change,) = changes([one], GATE)  # once, after the last version without it
        assert (change.before, change.label) == (before, first)
    (apart,) = series([run("3.9.2", seed=0), run("3.10.0", seed=1)], "keras")
    assert not repeated(apart)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--over", "torch"], "no experiment was run at two versions of torch"),
        (["--check"], "--check needs -o DIR"),
    ],
)
def test_what_cannot_be_is_one_line(
    tmp_path: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Store(tmp_path).write(run("3.9.2"))
    assert main(["trend", str(tmp_path), *arguments]) == 2
    assert said in capsys.readouterr().err
