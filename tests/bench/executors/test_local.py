"""Experiments side by side: each its own cores, the same results, no times to compare."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench import backends
from bench.machine import usable_cores
from reports.timing import disturbed
from tests.builders import ROOT, read, suite_command
from tests.conftest import Suite

KINDS = ("--networks", "tabular_mlp,tabular_cnn,tabular_rnn", "--epochs", "2", "--samples", "300")
"""On every backend."""
FIRST = backends.installed()[0]


@pytest.mark.skipif(len(usable_cores()) < 2, reason="needs two cores")
def test_side_by_side_they_give_the_results_of_one_after_the_other(
    suite: Suite, inline_suite: Suite, tmp_path: Path
) -> None:
    alone = inline_suite(*KINDS, "--cores", "1")
    assert alone.returncode == 0, alone.stdout
    assert "shared" not in alone.stdout
    first = {r.id.replace("-c1", ""): r for r in read(tmp_path / "out.json")}
    assert len(first) == 3 * len(backends.installed())
    two = ("--jobs", "2", "--networks", "tabular_mlp,tabular_cnn", "--backends", FIRST)
    for together in (two, ("--cluster", "local:2")):
        (tmp_path / "out.json").unlink()
        done = suite(*KINDS, *together)
        assert done.returncode == 0, done.stdout + done.stderr
        assert ("2 workers)" in done.stdout) == ("--cluster" in together)
        second = {record.id: record for record in read(tmp_path / "out.json")}
        assert len(second) == (len(first) if "--cluster" in together else 2)
        for id, record in second.items():
            assert record.history == first[id].history
            assert record.weights == first[id].weights
            assert record.predictions == first[id].predictions
            assert record.environment.jobs == 2
            assert record.environment.cores == len(usable_cores()) // 2
            assert disturbed(record)
        assert (tmp_path / "records" / "predictions").is_dir()
        assert "shared" in done.stdout
        if sys.platform == "linux":
            affinities = {record.environment.affinity for record in second.values()}
            assert len(affinities) == 2
            assert not set.intersection(*(set(cores or ()) for cores in affinities))
    again = suite(*KINDS, "--cluster", "local:2", "--resume")
    assert again.stdout.count("reused") == len(first), again.stdout


@pytest.mark.skipif(len(usable_cores()) < 2, reason="needs two cores")
def test_what_was_begun_goes_on_before_more_is_begun(suite: Suite, tmp_path: Path) -> None:
    long = ("--backends", FIRST, "--epochs", "120", "--samples", "300", "--checkpoint-epochs", "5")
    last = [*suite_command(tmp_path), *long, "--networks", "tabular_cnn"]
    with subprocess.Popen(last, cwd=ROOT, stdout=subprocess.DEVNULL) as first:
        deadline = time.monotonic() + 180
        while not list((tmp_path / "records" / "checkpoints").glob("*.npz")):
            if first.poll() is not None or time.monotonic() > deadline:
                break
            time.sleep(0.01)
        first.terminate()
    assert not list((tmp_path / "records").glob("*.json")), "it was ended in the middle"
    three = ("--networks", "tabular_mlp,tabular_mlpx,tabular_cnn", "--jobs", "2", "--resume")
    done = suite(*long, *three)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\[1/3\] tabular_cnn\S+ +goes on after epoch \d+", done.stdout), done.stdout


def test_more_jobs_than_cores_are_refused(inline_suite: Suite) -> None:
    done = inline_suite("--jobs", "4096")
    assert done.returncode == 4
    assert "--jobs 4096 takes 4096 cores: this process may use" in done.stderr
