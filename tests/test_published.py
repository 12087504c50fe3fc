"""The report in docs/results is that of the records beside it."""

import pytest
from playwright.sync_api import Page

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


def test_the_page_is_small_and_quick(page: Page) -> None:
    records = len(load([RESULTS / "records"]).records)
    assert (RESULTS / "report.html").stat().st_size / records < 1.5e6 / 45
    painted = []
    for _ in range(3):  # what else runs here may hold up one
        page.goto((RESULTS / "report.html").as_uri())
        paint = "performance.getEntriesByName('first-contentful-paint')[0]"
        page.wait_for_function(paint)
        painted.append(page.evaluate(f"{paint}.startTime"))
    assert min(painted) < 1000
