"""``pytest bench/`` as a user runs it."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench import backends, plugin
from reports.load import load
from reports.schema.record import Failed, Fitted, Trained
from tests.builders import ROOT, planned, read
from tests.conftest import Suite
from tests.datasets.files import write_fashion_mnist, write_miniboone

PHASES = ("build", "train", "predict")
SMALL = ("--networks", "tabular_mlp,image_mlp", "--epochs", "2", "--samples", "512", "-q")


def contents(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "out.json").read_text())
    return content


def test_a_run_from_end_to_end(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BENCH_PEAKS")
    done = suite(*SMALL)
    assert done.returncode == 0, done.stdout + done.stderr
    installed = backends.installed()
    benchmarks = contents(tmp_path)["benchmarks"]
    assert len(benchmarks) == 2 * 3 * len(installed)
    assert contents(tmp_path)["records"] == []
    for entry in benchmarks:
        assert entry["params"] == {"experiment": entry["extra_info"]["id"]}
        durations = entry["extra_info"]["durations"]
        expected = {
            "test_build": [durations["build_seconds"]],
            "test_train": durations["epoch_seconds"],
            "test_predict": durations["latency_seconds"],
        }[entry["name"].partition("[")[0]]
        assert entry["stats"]["data"] == pytest.approx(expected)
    results = load([tmp_path / "out.json"])
    assert results.records == load([tmp_path / "records"]).records
    assert len(results.records) == 2 * len(installed)
    for record in read(tmp_path / "records"):
        peaks = record.environment.peaks
        assert peaks
        assert peaks.flops_per_second > 1e9
        assert peaks.bytes_per_second > 1e8
    assert "SYNTHETIC" in done.stdout
    assert re.search(r"tabular_mlp-miniboone-jax-s0 +7,801 +0\.\d{4}", done.stdout)
    assert re.search(
        r"\[1/\d\] tabular_mlp-miniboone-\w+-s0  accuracy 0\.\d+  2 epochs", done.stdout
    )


def test_collection_is_quick_and_imports_no_keras(tmp_path: Path) -> None:
    code = (
        "import sys, pytest; "
        # A plug-in that only this project's own tests need takes a tenth of a second.
        "status = pytest.main(['bench/', '--collect-only', '-q', '-p', 'no:hypothesispytest']); "
        "print('LOADED', *{'keras', 'tensorflow', 'jax'} & set(sys.modules)); sys.exit(status)"
    )
    bare, took = [], []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "pytest", "--version"], cwd=tmp_path, check=True)
        bare.append(time.perf_counter() - started)
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
        )
        took.append(time.perf_counter() - started)
        assert done.returncode == 0, done.stdout
        assert done.stdout.splitlines()[-1] == "LOADED"
    assert min(took) < max(1, 8 * min(bare)), "a second, or likewise on a slower machine"
    expected = sum(len(planned(backends=[name], datasets=[])) for name in backends.installed())
    assert len(re.findall(r"::test_train\[", done.stdout)) == expected


def test_k_selects_by_modality_and_backend(inline_suite: Suite) -> None:
    done = inline_suite("--collect-only", "-q", "-k", "image and jax")
    ids = re.findall(r"test_train\[(.*)\]", done.stdout)
    assert ids == [f"image_{kind}-fashion_mnist-jax-s0" for kind in ("mlp", "cnn", "cnnx", "rnn")]


def test_one_epoch_leaves_no_steady_one_to_report(inline_suite: Suite, tmp_path: Path) -> None:
    done = inline_suite(
        "--networks", "tabular_mlp", "--backends", "jax", "--epochs", "1", "--samples", "256"
    )
    assert done.returncode == 0, done.stdout
    names = [entry["name"].partition("[")[0] for entry in contents(tmp_path)["benchmarks"]]
    assert names == ["test_build", "test_predict"]
    assert read(tmp_path / "out.json")[0].durations.epoch_seconds == ()


def test_real_files_and_missing_ones(suite: Suite, tmp_path: Path) -> None:
    data = tmp_path / "data"
    for name in ("fashion-mnist", "miniboone", "imdb"):
        (data / name).mkdir(parents=True)
    write_fashion_mnist(data / "fashion-mnist", train=96, test=32)
    write_miniboone(data / "miniboone")
    done = suite(
        *("--profile", "quick", "--data-dir", str(data), "--backends", "jax", "--epochs", "2"),
        *("--networks", "tabular_mlp,image_mlp,sequential_mlp"),
    )
    assert done.returncode == 1
    announced = done.stdout.index("NO DATA imdb: imdb.npz is not in")
    assert announced < done.stdout.index("[1/3]")
    assert "python -m datasets prepare imdb" in done.stdout
    results = load([tmp_path / "out.json"])
    assert {record.dataset: type(record) for record in results.records} == {
        "miniboone": Trained,
        "fashion_mnist": Trained,
        "imdb": Failed,
    }
    assert "SYNTHETIC" not in done.stdout
    assert "3 failed, 6 passed" in done.stdout


def test_corrupt_data_are_a_reason(inline_suite: Suite, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "miniboone").mkdir(parents=True)
    path = write_miniboone(data / "miniboone")
    path.write_text(path.read_text().replace(" 10 30", " 99 30", 1))
    done = inline_suite(
        *("--profile", "quick", "--data-dir", str(data), "--backends", "jax"),
        *("--networks", "tabular_mlp"),
    )
    assert done.returncode == 1
    assert "announces 99 + 30 events, but 40 rows follow" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_all_failed_still_leaves_a_file(inline_suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = inline_suite(
        *("--profile", "quick", "--data-dir", str(tmp_path / "empty"), "--backends", "jax"),
        *("--networks", "sequential_mlp"),
    )
    assert done.returncode == 1
    (record,) = load([tmp_path / "out.json"]).records
    assert isinstance(record, Failed)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--backends", "tensorflw"], "unknown backend 'tensorflw'; did you mean tensorflow?"),
        (["--backends", "torch"], "unknown backend 'torch'"),
        (["--profile", "smok"], "unknown profile 'smok'; did you mean smoke?"),
        (["--networks", "image_cmm"], "did you mean image_mlp, image_cnn, image_cnnx?"),
        (["--datasets", "imbd"], "unknown data set 'imbd'; did you mean imdb?"),
        (["--epochs", "0"], "--epochs must be 1 or more, got 0"),
        (["--epochs", "ten"], "--epochs takes a whole number up to 1,000,000,000, got 'ten'"),
        (["--seeds", "0"], "--seeds takes a number of seeds, or A-B with"),
        (["--seeds", "5-3"], "with A no larger than B, got '5-3'"),
        (["--seeds=-1"], "with A no larger than B, got '-1'"),
        (["--seeds", "a-b"], "with A no larger than B, got 'a-b'"),
        (["--data-dir", "/no/such/folder"], "--data-dir /no/such/folder is not a folder"),
        (["--seeds", "99999999999"], "--seeds: at most 10,000 of them, from 0 to 4,294,967,295"),
        (["--seeds", "9" * 30], "--seeds: at most 10,000 of them, from 0 to 4,294,967,295"),
        (["--data-dir", "a" * 5000], "is not a folder"),
        (["--baseline", "a" * 5000], "--baseline: File name too long"),
        (["--seeds", "4294967295-4294967296"], "from 0 to 4,294,967,295, got 4,294,967,295 to"),
        (["--samples", "99999999999999"], "--samples takes a whole number up to 1,000,000,000"),
        (["--batch-size", "1" * 30], "--batch-size takes a whole number up to 1,000,000,000, got"),
        (["--epochs", "1e3"], "--epochs takes a whole number up to 1,000,000,000, got '1e3'"),
        (["--results-dir", "/dev/null/x"], "name a folder that can be written"),
        (["--benchmark-json", "/dev/null/x"], "it has to be a file that can be written"),
    ],
)
def test_bad_input_is_one_clear_line(inline_suite: Suite, options: list[str], message: str) -> None:
    done = inline_suite(*options)
    assert done.returncode == 4
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1
    assert lines[0].startswith("ERROR: ")
    assert message in lines[0]
    assert "Traceback" not in done.stdout


def test_precisions_as_they_are_typed(inline_suite: Suite, tmp_path: Path) -> None:
    usual = ("--networks", "tabular_mlp", "--epochs", "2", "--samples", "256")
    precisions = ("--precision", "float32,mixed_bfloat16,auto")
    done = inline_suite(*usual, "--backends", "jax,openvino", *precisions)
    assert done.returncode == 0, done.stdout
    assert {(r.backend, r.precision) for r in load([tmp_path / "out.json"]).records} == {
        *(("jax", "float32"), ("jax", "mixed_bfloat16")),
        *(("openvino", "float32"), ("openvino", "auto")),
    }


def test_benchmarks_may_not_run_side_by_side(suite: Suite) -> None:
    done = suite("-n", "2")
    assert done.returncode == 4
    assert "would not share the experiments" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_more_samples_than_there_are_is_all_of_them() -> None:
    (all,) = planned(profile="quick", networks=["tabular_mlp"], backends=["jax"])
    (more,) = planned(profile="quick", networks=["tabular_mlp"], backends=["jax"], samples=10**8)
    assert more == all
    (made,) = planned(profile="smoke", networks=["tabular_mlp"], backends=["jax"], samples=10**8)
    assert made.train_samples == 104_051


def test_beside_another_benchmark(inline_suite: Suite, tmp_path: Path) -> None:
    other = tmp_path / "test_mine.py"
    other.write_text("def test_mine(benchmark):\n    benchmark(lambda: None)\n")
    small = ("--networks", "tabular_mlp", "--backends", "jax", "--epochs", "2", "--samples", "512")
    done = inline_suite(str(other), *small)
    assert done.returncode == 0, done.stdout
    names = [entry["name"] for entry in contents(tmp_path)["benchmarks"]]
    assert names == [
        *(f"test_{p}[tabular_mlp-miniboone-jax-s0-2_epochs-512_samples]" for p in PHASES),
        "test_mine",
    ]
    results = load([tmp_path / "out.json"])
    assert [record.id for record in results.records] == ["tabular_mlp-miniboone-jax-s0"]
    again = inline_suite(str(other), *small, "--baseline", str(tmp_path / "out.json"))
    assert again.returncode in (0, 6), again.stdout


def test_records_are_written_where_benchmarks_are_switched_off(
    inline_suite: Suite, tmp_path: Path
) -> None:
    done = inline_suite(
        *("--networks", "tabular_mlp", "--backends", "jax", "--epochs", "2", "--samples", "256"),
        "--benchmark-disable",
    )
    assert done.returncode == 0, done.stdout
    assert len(read(tmp_path / "out.json")) == 1


def test_the_folder_of_the_file_is_made(inline_suite: Suite, tmp_path: Path) -> None:
    small = ("--networks", "tabular_mlp", "--backends", "jax", "--epochs", "2", "--samples", "256")
    done = inline_suite(*small, "--benchmark-json", str(tmp_path / "missing" / "out.json"))
    assert done.returncode == 0, done.stdout
    assert len(read(tmp_path / "missing" / "out.json")) == 1


def test_what_measures_this_process_is_refused() -> None:
    option = SimpleNamespace(numprocesses=None, codspeed=True)
    config = SimpleNamespace(option=option, args=["bench/"])
    with pytest.raises(pytest.UsageError, match="--codspeed measures the test's own process"):
        plugin.start(config)  # type: ignore[arg-type]


def test_tests_may_run_side_by_side() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/reports/schema/test_record.py", "-n", "2", "-q"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_baselines_pass_beside_networks(inline_suite: Suite, tmp_path: Path) -> None:
    done = inline_suite(
        *("--backends", "sklearn", "--networks", "decision_tree,naive_bayes", "-q"),
        *("--samples", "256"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    records = load([tmp_path / "records"]).records
    assert len(records) == 6
    assert {type(record) for record in records} == {Fitted}
