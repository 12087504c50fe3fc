"""One odd file is one line: in a folder that is reported, and in a store that is resumed from."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.store import Damaged, Store
from reports import __main__ as command
from reports.load import LoadError, load
from reports.schema import reading
from reports.schema.reading import RecordError, from_builtins
from reports.schema.record import encode, to_builtins
from tests.builders import (
    build_compared,
    build_failed,
    build_fitted,
    build_predicted,
    build_record,
    shortened,
)

GOOD = encode(build_record(id="good"))
OTHER = encode(build_record(id="other"))


def flipped(path: Path) -> None:
    path.write_bytes(OTHER.replace(b"Test CPU", b"Test \xc3PU"))


def grown(path: Path) -> None:
    """Write a file too large without using the disk."""
    with path.open("wb") as stream:
        stream.truncate(reading.LARGEST_BYTES + 1)


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "not UTF-8": (flipped, "not UTF-8"),
    "not text": (lambda path: path.write_bytes(bytes(range(256)) * 9), "not a JSON file|not UTF-8"),
    "brackets": (lambda path: path.write_bytes(b"[" * 200_000), "brackets without end"),
    "braces": (lambda path: path.write_bytes(b'{"a":' * 200_000), "brackets without end"),
    "cut off": (lambda path: path.write_bytes(OTHER[:-1]), "cut off"),
    "half a pair": (lambda path: path.write_bytes(OTHER.replace(b"jax", b"\\ud800")), "not a JSON"),
    "digits": (lambda path: path.write_bytes(OTHER.replace(b'"seed":0', b'"seed":' + b"9" * 5000)),
               "JSON|damaged"),
    "a pipe": (os.mkfifo, "no regular file"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "no regular file"),
    "a folder": (lambda path: path.mkdir(), "Is a directory|no result files"),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), "No such file"),
    "a link to itself": (lambda path: path.symlink_to(path), "symbolic links"),
    "too large": (grown, "too large"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "message"), ODD.values(), ids=ODD)
def test_one_odd_file_is_left_out_and_named(
    tmp_path: Path,
    make: Callable[[Path], object],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "good.json").write_bytes(GOOD)
    odd = tmp_path / "odd.json"
    make(odd)
    results = load([tmp_path])
    assert [record.id for record in results.records] == ["good"]
    (skipped,) = results.skipped
    with pytest.raises(LoadError, match=f"odd.json: .*({message})"):
        load([odd])
    assert skipped.startswith(f"left out {odd}: ")
    assert len(skipped.splitlines()) == 1
    found = {path.name: record for path, record in Store(tmp_path).records()}
    damaged = found["odd.json"]
    assert isinstance(damaged, Damaged)
    assert not isinstance(found["good.json"], Damaged)
    assert Store(tmp_path).failed() == set()
    for arguments in (["compare", str(odd), str(tmp_path)], ["selftest", str(odd), str(tmp_path)]):
        assert command.main(arguments) == 2
        assert capsys.readouterr().err.count("\n") == 1


def changed(path: str, value: object) -> dict[str, Any]:
    """Return a record with another value at ``durations.build_seconds``, say."""
    plain = json.loads(encode(build_record()))
    *outer, last = path.split(".")
    inner = plain
    for name in outer:
        inner = inner[name]
    inner[last] = value
    return dict(plain)


CONTRADICTIONS = [
    ("network.budget_reference", 0),
    ("network.budget", [8250, 6750]),
    ("network.budget", None),
    ("history.train", {}),
    ("history.train.loss", []),
    ("history.validation.accuracy", [0.5]),
    ("history.train.f1", [0.1, 0.2, 0.3]),
    ("history.train.loss", [1e308, 1e308, 1e308]),
    ("test.accuracy", 83),
    ("test.loss", -1e308),
    ("confusion", []),
    ("confusion", [[60, 12], [5]]),
    ("confusion", [[60, -12], [5, 23]]),
    ("confusion", [[60, 12, 0], [5, 23, 0], [0, 0, 0]]),
    ("epochs", 4),
    ("epochs", 2**63),
    ("seed", -1),
    ("batch_size", 0),
    ("durations.epoch_seconds", [0.2]),
    ("durations.epoch_seconds", [0.0, 0.2]),
    ("durations.epoch_seconds", [5e-324, 1e308]),
    ("durations.fit_setup_seconds", []),
    ("durations.build_seconds", -0.1),
    ("durations.resumed_epochs", [2]),
    ("durations.predicted_samples", 0),
    ("data.classes", []),
    ("data.classes", ["a"] * 2000),
    ("data.train_samples", 0),
    ("data.target_accuracies", [90.0]),
    ("environment.cores", 0),
    ("environment.memory_bytes", 2**70),
    ("environment.peaks", {"flops_per_second": 0, "bytes_per_second": 1}),
    ("peak_memory_bytes", 10**400),
    ("provenance", {"epochs": 10**40}),
    ("started_at", "yesterday"),
    ("id", "../../x"),
    ("id", "a/b"),
    ("id", ".."),
    ("id", "x" * 101),
    ("id", "x\n"),
    ("id", ""),
    ("dataset", "a b/c"),
    ("fingerprint", "../x"),
    ("architecture", "_"),
    ("backend", "=1+1"),
    ("environment.cpu", "x" * 3000),
    ("schema", True),
    ("schema", 0),
    ("outcome", "dreamt"),
    ("outcome", "x" * 10**6),
]


@pytest.mark.parametrize(
    ("path", "value"), CONTRADICTIONS, ids=lambda part: str(part)[:30].replace("\n", " ")
)
def test_what_cannot_be_meant_is_refused_with_the_reason(path: str, value: object) -> None:
    with pytest.raises(RecordError, match=r"damaged record: .|no record of this suite") as caught:
        from_builtins(changed(path, value))
    assert len(str(caught.value)) < 300


def test_what_the_suite_writes_is_read() -> None:
    for record in (
        build_record(),
        shortened(build_record()),
        build_fitted(),
        build_predicted(),
        build_failed(log="two\nlines"),
        build_compared(()),
    ):
        assert from_builtins(to_builtins(record)) == record


@pytest.mark.parametrize("reference", ["7500", [7500], 0, -1, 0.5, None, True])
def test_an_odd_reference_of_schema_1_is_damage(reference: object) -> None:
    old = {**to_builtins(build_record()), "schema": 1}
    old["network"]["reference"] = reference
    if reference is None:
        assert from_builtins(old)
    else:
        with pytest.raises(RecordError, match="budget_reference"):
            from_builtins(old)


def test_another_benchmark_in_the_file_is_left_out_and_counted(tmp_path: Path) -> None:
    ours = to_builtins(build_record())
    foreign: list[Any] = [
        {"name": "mine"},
        {"name": "mine", "extra_info": {}},
        {"name": "mine", "extra_info": {"schema": "of my own", "ratio": float("nan")}},
        None,
    ]
    entries = [*foreign, {"extra_info": ours}, {"extra_info": {**ours, "seed": -1}}]
    path = tmp_path / "out.json"
    path.write_text(json.dumps({"benchmarks": entries}))
    results = load([path])
    assert len(results.records) == 1
    (skipped,) = results.skipped
    assert "other benchmarks: 4" in skipped
    assert "seed" in skipped
    path.write_text(json.dumps({"benchmarks": foreign}))
    with pytest.raises(LoadError, match=r"no records of this suite, but other benchmarks: 4$"):
        load([path])


def test_a_file_is_not_read_beyond_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"{}")
    with pytest.raises(RecordError, match="too large"):
        reading.file_bytes(path, most=1)
    if Path("/proc/self/stat").exists():  # the system calls it empty
        with pytest.raises(RecordError, match="grew"):
            reading.file_bytes(Path("/proc/self/stat"))
