"""``python -m reports compare``: exit statuses and texts."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reports import __main__ as command
from reports.gate import limits as gate
from reports.gate.compare import compare
from reports.gate.text import markdown, text
from reports.schema.record import Trained, encode
from tests.builders import build_failed
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
    for wrong in ("speed=1", "accuracy=much", "accuracy=-1", "accuracy=nan", "accuracy"):
        assert command.main(["compare", base, base, "--threshold", wrong]) == 2
        assert capsys.readouterr().err.startswith("error: ")


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
