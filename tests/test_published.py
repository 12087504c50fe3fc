"""The report in docs/results is that of the records beside it."""

from pathlib import Path

import pytest

from reports import __main__ as command
from tests.builders import ROOT

RESULTS = ROOT / "docs" / "results"


def test_the_published_report_is_not_stale(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["render", str(RESULTS / "records"), "-o", str(RESULTS), "--check"]
    status = command.main(arguments)
    assert status == 0, capsys.readouterr().out


def test_published_records_are_of_real_data_and_whole() -> None:
    texts = [path.read_text() for path in sorted(Path(RESULTS, "records").glob("*.json"))]
    assert texts
    assert not [text for text in texts if '"synthetic":true' in text or '"status":"failed"' in text]
