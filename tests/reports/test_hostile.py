"""A record with a hostile text in every field: nothing of it is active, wherever it is shown."""

import csv
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page, expect

from reports import __main__ as command
from reports.markup import TEMPLATES
from reports.render import packed_library
from reports.schema.environment import Peaks
from reports.schema.reading import RecordError, from_builtins
from reports.schema.record import Check, Record, Trained, encode
from reports.schema.text import OBEYED
from tests.builders import (
    TRAINED,
    build_compared,
    build_failed,
    build_fitted,
    build_predicted,
    build_record,
    replace,
)

HOSTILE = (
    '=1+1$h$<script>alert("1")</script><img src=x onerror=y>|\n# x\r\n- [a](javascript:b) ![c](d)'
    " `e` *f* _g_ ~~h~~ &lt; https://evil.example www.evil.example"
    " \x1b[31m \x1b]0;t\x07 \x9b31m \u202e \u2028 \x7f \x00 {{ 7*191 }}"
)
NAMES = {
    *("outcome", "id", "fingerprint", "started_at", "architecture", "modality", "kind", "dataset"),
    *("backend", "profile", "optimizer", "execution", "precision", "weights", "predictions"),
    *("data.checksum", "checks.quantity"),
}
"""Fields that refuse it: they are parts of file names, or of a few words."""


def places(value: Any, path: str = "") -> Iterator[tuple[Any, Any, str]]:
    """Yield where each text of a record is, and of which field, the places of lists left out."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        name = f"{path}.{key}".strip(".") if isinstance(value, dict) else path
        if isinstance(value[key], str):
            yield value, key, name
        elif isinstance(value[key], dict | list):
            yield from places(value[key], name)


def hostile(record: Record) -> tuple[dict[str, Any], set[str]]:
    """Return a record with the text in every field that takes it, and those that do not."""
    plain = json.loads(encode(record))
    refused = set()
    for inner, key, name in list(places(plain)):
        usual = inner[key]
        inner[key] = HOSTILE
        try:
            from_builtins(plain)
        except RecordError:
            inner[key] = usual
            refused.add(name)
    for inner in (plain.get("provenance"), *map(plain.get("environment", {}).get, DICTIONARIES)):
        if inner:
            inner[HOSTILE] = HOSTILE
    return plain, refused


DICTIONARIES = ("packages", "variables")


def records() -> list[Record]:
    """Return one record of each kind that a report shows, every field set."""
    environment = replace(
        TRAINED.environment,
        variables={"XLA_FLAGS": "x"},
        peaks=Peaks(flops_per_second=1e11, bytes_per_second=1e10),
    )
    network = replace(TRAINED.network, input_shape=(None, 50))
    usual: dict[str, Any] = {
        "environment": environment,
        "provenance": {"data": "x"},
        "overrides": "3 epochs",
    }
    check = Check(quantity="gradient", tensor="dense/kernel", error=1.0, bound=0.1)
    trained: dict[str, Any] = {**usual, "network": network}
    return [
        build_record(**trained),
        build_record(**{**trained, "id": "diverged", "seed": 1, "history": diverged(TRAINED)}),
        build_fitted(**usual),
        build_predicted(**trained),
        build_compared((check,), **usual, id="compared"),
        build_failed(id="failed", log="x"),
    ]


def diverged(record: Trained) -> Any:
    nothing = {"loss": (0.6, None, None), "accuracy": (0.5, 0.5, 0.5)}
    return replace(record.history, train=nothing)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("records")
    for record in records():
        plain, _ = hostile(record)
        (folder / f"{record.id}.json").write_text(json.dumps(plain))
    odd = HOSTILE.replace("/", "").replace("\0", "")
    (folder / f"{odd}.json").write_text(json.dumps({"schema": 2, "outcome": HOSTILE}))
    return folder


@pytest.fixture(scope="module")
def report(source: Path) -> Path:
    folder = source / "report"
    assert command.main(["render", str(source), "-o", str(folder)]) == 0
    return folder


def test_only_names_refuse_it() -> None:
    for record in records():
        plain, refused = hostile(record)
        assert refused <= NAMES
        assert from_builtins(plain) != record


def test_it_does_nothing_to_a_terminal(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["compare", str(source), str(source), "--all"]) in (0, 1)
    other = tmp_path / "other"
    other.mkdir()
    changed, _ = hostile(replace(build_record(), provenance={"data": "other"}))
    (other / "a.json").write_text(json.dumps({**changed, "provenance": {HOSTILE: HOSTILE * 2}}))
    comment = tmp_path / "comment.md"
    command.main(["compare", str(source), str(other), "--all", "--markdown", str(comment)])
    command.main(["compare", str(tmp_path / HOSTILE.replace("\0", "")), str(source)])
    printed = capsys.readouterr()
    assert not OBEYED.search(printed.out + printed.err)
    assert "script" in printed.out
    for line in printed.err.splitlines():
        assert line.startswith(("warning: ", "error: "))
    check_markdown(comment.read_text())


def check_markdown(text: str) -> None:
    for label in re.findall(r"^    l\d+\[(.*)\]$", text, flags=re.M):
        assert re.fullmatch(r'"[\w .×,-]+<br>[\w .×,-]+(<br>[\d,]+ parameters)?"', label)
    shown = re.sub(r"\]\([\w./-]+\)", "]()", text)  # our own links
    shown = re.sub(r"^```mermaid\n.*?^```$", "", shown, flags=re.M | re.S)
    active = r"<script|<img|</script|\[a\]|!\[c|`e|\*f\\?\*|_g\\?_|~~h|\$h|&lt"
    assert not OBEYED.search(shown)
    assert not re.search(rf"(?<!\\)({active})", shown)
    assert not re.search(r"https://evil|www\.evil", shown)
    assert not re.search(r"^\W*# x", shown, flags=re.M)


def test_it_is_no_markdown(report: Path) -> None:
    files = [report / "report.md", *(report / "experiments").iterdir()]
    assert len(files) >= 4
    for file in files:
        assert len(file.name.encode()) < 255
        assert "script" in file.read_text()
        check_markdown(file.read_text())


class Tags(HTMLParser):
    """Collects the tags of a page and what may lead elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.leads: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.leads |= {v or "" for k, v in attrs if k in ("href", "src") or k.startswith("on")}


def test_it_is_no_html(report: Path) -> None:
    page, tags = (report / "report.html").read_text(), Tags()
    page = page.replace(packed_library(), "").replace((TEMPLATES / "report.js").read_text(), "")
    tags.feed(page)
    assert tags.scripts == 3, "the charts, what draws them, and what the page can do"
    assert all(lead.startswith(("#", "data:image/svg+xml,")) for lead in tags.leads)
    embedded = page.partition('id="charts">')[2].partition("</script>")[0]
    assert "script" in embedded
    assert not re.search("[<>&\u2028\u2029]", embedded)
    assert json.loads(embedded)
    assert "&lt;script&gt;" in page
    assert not OBEYED.search(page)
    assert "1337" not in page, "no template is filled in twice"


def test_it_is_a_text_of_a_picture(report: Path) -> None:
    files = list((report / "figures").iterdir())
    assert len(files) >= 3
    texts = []
    for file in files:
        tree = ElementTree.fromstring(file.read_text())
        names = {element.tag.rpartition("}")[2] for element in tree.iter()}
        assert not names & {"script", "a", "foreignObject"}
        leads = [v for e in tree.iter() for k, v in e.attrib.items() if k.endswith("href")]
        assert all(lead.startswith(("#", "data:image/png;base64,")) for lead in leads)
        texts += [element.text or "" for element in tree.iter() if element.tag.endswith("text")]
    assert any("tabular_mlp" in text for text in texts)
    assert not any("script" in text for text in texts), "only names, which no record has so"


def test_it_is_no_formula(report: Path) -> None:
    cells = 0
    for file in (report / "tables").iterdir():
        with file.open(newline="") as stream:
            for row in csv.reader(stream):
                for cell in row:
                    cells += "=1+1" in cell
                    assert not re.match(r"\s*[=@]|[+-](?!\d)", cell), cell
    assert cells >= 5


def test_it_does_nothing_in_a_browser(report: Path, page: Page) -> None:
    """The page fixture lets no error pass, and no request elsewhere."""
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.goto((report / "report.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    for figure in page.locator("figure[data-chart]").all():
        figure.scroll_into_view_if_needed()
        expect(figure).to_have_attribute("data-drawn", "yes")
    for button in page.locator("th button:visible").all()[:20]:
        button.click()
    assert page.evaluate("document.scripts.length") == 3 + 1, "ECharts, unpacked, is the fourth"
    assert page.locator("img:not(figure img), iframe, a[href^=http], [onerror]").count() == 0
    assert "<script>" in page.locator("main").inner_text(), "it is shown as what it is"
