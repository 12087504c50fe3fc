"""The report in docs/results is that of the records beside it."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from reports import __main__ as command
from reports.load import load
from reports.schema.record import Measured
from tests.builders import ROOT

RESULTS = ROOT / "docs" / "results"


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    assert command.main(["render", str(RESULTS / "records"), "-o", str(folder)]) == 0
    return folder


def test_the_published_report_is_that_of_its_records(rendered: Path) -> None:
    """As ``python -m reports render --check`` finds it."""
    files = [path.relative_to(rendered) for path in rendered.rglob("*.*")]
    texts = [file for file in files if file.suffix in (".md", ".csv")]
    assert len(texts) > 50
    for file in texts:
        assert (RESULTS / file).read_text() == (rendered / file).read_text(), file
    for file in (file for file in files if file.suffix == ".svg"):
        assert (RESULTS / file).is_file(), file


def test_the_published_page_of_releases_is_that_of_its_duels(
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = RESULTS / "versions"
    assert command.main(["versions", str(folder), "--check"]) == 0, capsys.readouterr().out
    assert not capsys.readouterr().err, "a cause of nothing, or a file that is no duel"
    measured = [path.stem for path in folder.glob("*.json")]
    assert len(measured) >= 10, measured


def test_published_records_are_of_real_data_and_whole() -> None:
    records = load([RESULTS / "records"])
    assert records.records
    assert not records.skipped
    for record in records.records:
        assert isinstance(record, Measured), record.id
        assert not record.data.synthetic, record.id


def test_the_page_is_small_and_quick(rendered: Path, page: Page) -> None:
    records = load([RESULTS / "records"]).records
    epochs = sum(record.epochs for record in records)  # each a row of a page
    assert (rendered / "report.html").stat().st_size < 25_000 * len(records) + 350 * epochs
    painted = []
    for _ in range(3):  # what else runs here may hold up one
        page.goto((rendered / "report.html").as_uri())
        paint = "performance.getEntriesByName('first-contentful-paint')[0]"
        page.wait_for_function(paint)
        painted.append(page.evaluate(f"{paint}.startTime"))
    assert min(painted) < 1000
