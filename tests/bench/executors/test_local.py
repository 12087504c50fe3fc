"""Experiments side by side: each its own cores, the same results, no times to compare."""

import sys
from pathlib import Path

import pytest

from bench import backends
from bench.machine import usable_cores
from reports.timing import disturbed
from tests.builders import read
from tests.conftest import Suite

TWO = ("--networks", "tabular_mlp,image_mlp", "--epochs", "2", "--samples", "300")


@pytest.mark.skipif(len(usable_cores()) < 2, reason="needs two cores")
def test_two_jobs_give_the_results_of_one(
    suite: Suite, inline_suite: Suite, tmp_path: Path
) -> None:
    backend = backends.installed()[0]
    alone = inline_suite(*TWO, "--backends", backend, "--cores", "1")
    assert alone.returncode == 0, alone.stdout
    first = {r.id.replace("-c1", ""): r for r in read(tmp_path / "out.json")}
    (tmp_path / "out.json").unlink()
    together = suite(*TWO, "--backends", backend, "--jobs", "2")
    assert together.returncode == 0, together.stdout
    second = {record.id: record for record in read(tmp_path / "out.json")}
    assert first.keys() == second.keys()
    affinities = set()
    for id, record in second.items():
        assert record.history == first[id].history
        assert record.weights == first[id].weights
        assert record.environment.jobs == 2
        assert record.environment.cores == len(usable_cores()) // 2
        assert disturbed(record)
        affinities.add(record.environment.affinity)
    assert "shared" in together.stdout
    assert "shared" not in alone.stdout
    if sys.platform == "linux":
        assert len(affinities) == 2
        assert not set.intersection(*(set(cores or ()) for cores in affinities))


def test_more_jobs_than_cores_are_refused(inline_suite: Suite) -> None:
    done = inline_suite("--jobs", "4096")
    assert done.returncode == 4
    assert "--jobs 4096 takes 4096 cores: this process may use" in done.stderr
