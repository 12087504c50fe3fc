"""docs/record.md tells of every field that a record has, and of no other."""

import dataclasses
import json
import re
from pathlib import Path

import pytest

from reports.schema.durations import TrainingDurations
from reports.schema.environment import Environment, Peaks
from reports.schema.network import Network
from reports.schema.record import Data, History, Trained, encode
from tests.builders import ROOT, build_failed, build_record, replace

TEXT = (ROOT / "docs" / "record.md").read_text()
PARTS = (Data, Network, History, TrainingDurations, Environment, Peaks)


def test_every_field_is_told_and_no_other() -> None:
    fields = {*Trained.__struct_fields__, "outcome"}
    fields |= {field.name for part in PARTS for field in dataclasses.fields(part)}
    named = set(re.findall(r"`([a-z_]+)`", TEXT))
    assert not fields - named
    rows = re.findall(r"^\| (`.*?) \|", TEXT, flags=re.M)
    assert not {name for row in rows for name in re.findall(r"`(\w+)`", row)} - fields


def test_its_program_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("results", "records")
    folder.mkdir(parents=True)
    record = build_record()
    (folder / "0.json").write_bytes(encode(record))
    (folder / "1.json").write_bytes(encode(build_failed()))
    once = replace(record, id="once", durations=replace(record.durations, epoch_seconds=()))
    (folder / "2.json").write_bytes(encode(once))
    (program,) = re.findall(r"```python\n(.*?)```", TEXT, flags=re.S)
    exec(compile(program, "docs/record.md", "exec"), {})
    printed = sorted(capsys.readouterr().out.splitlines(), key=len)
    assert printed[0].startswith("once ")
    assert printed[0].endswith(" None")
    assert printed[1].startswith(f"{record.id} {json.loads(encode(record))['test']} 0.3")
