"""The report in docs/results is that of the records beside it."""

import pytest

from reports import __main__ as command
from reports.load import load
from reports.schema.record import Measured
from tests.builders import ROOT

RESULTS = ROOT / "docs" / "results"


def test_the_published_report_is_not_stale(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["render", str(RESULTS / "records"), "-o", str(RESULTS), "--check"]
    status = command.main(arguments)
    assert status == 0, capsys.readouterr().out


def test_published_records_are_of_real_data_and_whole() -> None:
    records = load([RESULTS / "records"])
    assert records.records
    assert not records.skipped
    for record in records.records:
        assert isinstance(record, Measured), record.id
        assert not record.data.synthetic, record.id
