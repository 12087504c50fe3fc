"""Two sides in one report, and what of it fits into a comment."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from reports import __main__ as command
from reports.schema.record import Trained, encode
from tests.builders import build_record, replace


def runs(accuracies: Sequence[float], epoch: float) -> list[Trained]:
    """Return a run for each accuracy; times differ a little from run to run."""
    records = []
    for seed, accuracy in enumerate(accuracies):
        record = build_record(
            id=f"tabular_mlp-miniboone-jax-s{seed}",
            seed=seed,
            test={"loss": 0.3, "accuracy": accuracy},
            weights=f"sha256:{int(accuracy * 1e6):x}",
        )
        seconds = (epoch * (1 + seed / 200),) * 2
        records.append(replace(record, durations=replace(record.durations, epoch_seconds=seconds)))
    return records


def folder(path: Path, records: Sequence[Trained]) -> str:
    path.mkdir(parents=True)
    for record in records:
        (path / f"{record.id}.json").write_bytes(encode(record))
    return str(path)


@pytest.fixture
def sides(tmp_path: Path) -> tuple[str, str]:
    before = runs([0.80, 0.81, 0.82, 0.83], 0.2)
    after = runs([0.85, 0.86, 0.87, 0.88], 0.4)
    return folder(tmp_path / "before", before), folder(tmp_path / "after", after)


def test_both_sides_are_in_every_table_and_figure(sides: tuple[str, str], tmp_path: Path) -> None:
    base, head = sides
    arguments = ["render", base, head, "--against", base, "-o", str(tmp_path / "out")]
    assert command.main(arguments) == 0
    markdown = (tmp_path / "out" / "report.md").read_text()
    page = (tmp_path / "out" / "report.html").read_text()
    for text in (markdown, page):
        assert "Changed since" in text
        assert "What changed?" in text
        assert re.search(r"\+0\.0500 \(\+0\.04\d\d to \+0\.05\d\d\)", text), (
            "accuracy, seed by seed"
        )
        assert "×2.00" in text
    assert "| jax, base | 4 | 3 |" in markdown
    assert "| jax, head | 4 | 3 |" in markdown
    assert re.search(r"2\.00 \(1\.9\d to 2\.0\d\)", markdown), "epoch, over the base's"
    assert "**Best** tabular\\_mlp (jax, head)" in markdown, "the answers are for what is now"
    assert "| tabular\\_mlp | 1.00 | 2.00 ≠ |" in markdown
    figures = tmp_path / "out" / "figures"
    assert (figures / "changes-quality.svg").is_file()
    for name in ("changes-time", "scope1-learning-miniboone", "scope1-tradeoff-miniboone"):
        drawing = (figures / f"{name}.svg").read_text()
        assert "jax" in drawing
    for side in ("jax, base", "jax, head"):
        assert f">{side}<" in (figures / "scope1-learning-miniboone.svg").read_text()
    assert (tmp_path / "out" / "tables" / "changes.csv").is_file()
    assert command.main([*arguments, "--check"]) == 0


def test_the_base_need_not_be_named_twice(sides: tuple[str, str], tmp_path: Path) -> None:
    base, head = sides
    for number, paths in enumerate(([base, head], [head])):
        out = str(tmp_path / str(number))
        assert command.main(["render", *paths, "--against", base, "-o", out]) == 0
    texts = [(tmp_path / str(number) / "report.md").read_text() for number in range(2)]
    assert texts[0] == texts[1]


def test_a_base_alone_is_one_line(
    sides: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["render", sides[0], "--against", sides[0]]) == 2
    said = f"error: --against {sides[0]}: name the later results, too\n"
    assert capsys.readouterr().err == said
    assert command.main(["brief", sides[0], "--against", "nowhere"]) == 2


def test_a_brief_fits_into_a_comment(
    sides: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base, head = sides
    out = tmp_path / "out"
    assert command.main(["brief", head, "--against", base, "-o", str(out)]) == 0
    assert capsys.readouterr().out == f"brief: {out / 'brief.md'}\n"
    text = (out / "brief.md").read_text()
    assert text.startswith("### Benchmarks: 8 experiments\n")
    for said in ("SYNTHETIC DATA", "**Changed since", "regressed", "**Best**", "| 2.00 ≠ |"):
        assert said in text
    (picture,) = (out / "figures").iterdir()
    assert f"](figures/{picture.name})" in text
    many = [
        replace(record, id=f"{n}-{record.id}", dataset=f"data_{n}", architecture="x" * 60 + str(n))
        for n in range(150)
        for record in runs([0.8], 0.2)
    ]
    crowded = folder(tmp_path / "many", many)
    assert command.main(["brief", crowded, "-o", str(out)]) == 0
    text = (out / "brief.md").read_text()
    assert 30_000 < len(text) < 60_000
    assert " more are in the report." in text
    assert text.count("![") == 3


def test_what_the_gate_cannot_compare_has_no_difference_in_other_tables(tmp_path: Path) -> None:
    before, after = runs([0.80, 0.81, 0.82], 0.2), runs([0.85, 0.86, 0.87], 0.4)
    other_data = [replace(r, data=replace(r.data, checksum="sha256:01")) for r in after]
    flags = replace(after[0].environment, variables={"XLA_FLAGS": "--x"})
    for name, head, told in (
        ("data", other_data, ()),
        ("flags", [replace(r, environment=flags) for r in after], ("+0.0500 (",)),
    ):
        base, now = (folder(tmp_path / name / side, r) for side, r in (("a", before), ("b", head)))
        out = tmp_path / name / "out"
        assert command.main(["render", now, "--against", base, "-o", str(out)]) == 0
        text = (out / "report.md").read_text()
        assert "not comparable" in text
        assert "× base" not in text
        assert ("+0.0500 (" in text) == bool(told), name
