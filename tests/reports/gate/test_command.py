"""``python -m reports compare``: exit statuses and texts."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reports import __main__ as command
from reports.gate import limits as gate
from reports.gate.compare import compare
from reports.gate.text import markdown, text
from reports.schema.record import Trained, encode
from tests.builders import ROOT, build_failed, replace
from tests.reports.gate.made import runs

GATE = gate.read()


def folder(path: Path, records: list[Trained]) -> str:
    path.mkdir()
    for number, record in enumerate(records):
        (path / f"{number}.json").write_bytes(encode(record))
    return str(path)


def test_exit_statuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base, slow = folder(tmp_path / "base", runs()), folder(tmp_path / "slow", runs(slower=1.5))
    other = folder(tmp_path / "other", runs(profile="quick"))
    assert command.main(["compare", base, base]) == 0
    assert command.main(["compare", base, slow]) == 1
    printed = capsys.readouterr().out
    assert "regressed" in printed
    assert "×1.50" in printed
    assert command.main(["compare", base, slow, "--advisory", "time"]) == 0
    assert command.main(["compare", base, slow, "--threshold", "epoch_seconds=100%"]) == 0
    assert command.main(["compare", base, other]) == 3
    assert command.main(["compare", base, str(tmp_path / "none")]) == 2
    two = [*runs(), *(replace(r, id=f"cnn-{r.id}", architecture="tabular_cnn") for r in runs())]
    more = folder(tmp_path / "more", two)
    assert command.main(["compare", more, base]) == 1
    assert command.main(["compare", more, base, "--allow-missing"]) == 0


@pytest.mark.parametrize(
    "limit",
    [
        *("speed=1", "=1", "", "accuracy", "accuracy=", "accuracy=%", "accuracy=much"),
        *("accuracy=nan", "accuracy=inf", "accuracy=-inf%", "accuracy=1e999", "accuracy=-1"),
        *("accuracy=5", "accuracy=100%", "throughput=100%", "epoch_seconds=inf%"),
    ],
)
def test_a_limit_that_would_switch_itself_off_is_refused(
    tmp_path: Path, limit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["compare", str(tmp_path), str(tmp_path), "--threshold", limit]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: ")
    assert printed.count("\n") == 1


@pytest.mark.parametrize(
    "effect",
    ["absolute = inf", "absolute = nan", "relative = -0.1", "absolute = '1'", "relativ = 1"],
)
def test_limits_of_the_file_are_checked_likewise(
    tmp_path: Path, effect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = tmp_path / "pyproject.toml"
    text = re.sub(r"accuracy = \{.*\}", f"accuracy = {{ {effect} }}", gate.PYPROJECT.read_text())
    changed.write_text(text)
    monkeypatch.setattr(gate, "PYPROJECT", changed)
    with pytest.raises(gate.GateError, match=r"finite number|unknown 'relativ'"):
        gate.read()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1:strict"])
def test_it_can_be_printed_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    base = folder(tmp_path / "base", runs())
    slow = folder(tmp_path / "sl\u00f6w \u4e2d", runs(slower=1.5))
    done = subprocess.run(
        [sys.executable, "-m", "reports", "compare", base, slow],
        cwd=ROOT,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )
    assert done.returncode == 1, done.stderr
    printed = done.stdout.decode(encoding.partition(":")[0])
    assert (r"\xd71.50" if encoding == "ascii" else "×1.50") in printed


def test_markdown_for_a_pull_request(tmp_path: Path) -> None:
    base, slow = folder(tmp_path / "base", runs()), folder(tmp_path / "slow", runs(slower=1.5))
    comment = tmp_path / "comment.md"
    assert command.main(["compare", base, slow, "--markdown", str(comment)]) == 1
    written = comment.read_text()
    notable, _, folded = written.partition("<details>")
    assert "| regressed | tabular\\_mlp-miniboone-jax (smoke) | epoch \\[s\\]" in notable
    assert "same" not in notable.partition("|")[2]
    assert "| same |" in folded
    assert "with 95% confidence" in notable


def test_what_is_large_but_unsure_is_shown() -> None:
    unsure = compare(runs(2), runs(2, slower=1.3), GATE)
    assert "epoch [s]" in text(unsure)
    assert "loss" not in text(unsure)
    assert "loss" in text(unsure, whole=True)


def test_nothing_from_a_record_becomes_markup() -> None:
    hostile = build_failed(reason="<script>|x")
    written = markdown(compare(runs(), [hostile], GATE), error=0.05)
    assert "<script>" not in written


def test_folders_from_json_too(tmp_path: Path, make_record: Callable[..., Trained]) -> None:
    from reports.schema.record import to_builtins

    path = tmp_path / "out.json"
    path.write_text(json.dumps({"benchmarks": [], "records": [to_builtins(r) for r in runs()]}))
    assert command.main(["compare", str(path), str(path)]) == 0
