"""The whole report: as it was approved, byte for byte the same, and safe."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from reports import __main__ as command
from reports import timing
from reports.grouping import anchor
from reports.load import Results, load
from reports.markup import TEMPLATES
from reports.render import markdown, page, render, texts
from reports.report import Report, assemble
from reports.schema.record import Failed, Record, Trained, encode
from tests.builders import DATA, build_failed, build_record, replace

Make = Callable[..., Trained]
GOLDEN = Path(__file__).parent / "golden"


def sample() -> list[Record]:
    """Return what the golden report shows: two backends, two seeds, two data sets, a failure."""
    image = {
        "architecture": "image_cnn",
        "modality": "image",
        "kind": "cnn",
        "dataset": "fashion_mnist",
    }
    data = replace(DATA, whole_train_samples=60_000, target_accuracies=(0.85, 0.90))
    return [
        build_record(),
        build_record(
            id="tabular_mlp-miniboone-jax-s1", seed=1, test={"loss": 0.45, "accuracy": 0.81}
        ),
        build_record(id="tabular_mlp-miniboone-tensorflow-s0", backend="tensorflow"),
        build_record(id="image_cnn-fashion_mnist-jax-s0", profile="quick", data=data, **image),
        build_failed(
            id="image_cnn-fashion_mnist-tensorflow-s0",
            reason="the worker was killed by SIGKILL | <b>",
            **image,
        ),
    ]


def results(records: Sequence[Record]) -> Results:
    return Results(records=tuple(records), superseded=0)


@pytest.fixture(scope="module")
def report() -> Report:
    return assemble(results(sample()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report")
    render(results(sample()), path)
    return path


def test_golden_markdown(folder: Path) -> None:
    experiment = "experiments/tabular_mlp-miniboone-jax-smoke-e3-test-cpu-2-cores.md"
    for name in ("report.md", experiment, "tables/scope1-quality.csv", "tables/scope1-timing.csv"):
        written, approved = folder / name, GOLDEN / Path(name).name
        assert written.read_text() == approved.read_text(), (
            f"if the new form is meant: cp {written} {approved}"
        )


def test_golden_page(report: Report) -> None:
    html = re.sub(r'data:image/svg\+xml,[^"]+', "PICTURE", page(report))
    html = re.sub(r'(<script type="text/plain" id="echarts">)[^<]+', r"\1LIBRARY", html)
    for name in ("shared.css", "report.css", "report.js"):
        html = html.replace((TEMPLATES / name).read_text(), name)
    approved = GOLDEN / "report.html"
    if html != approved.read_text():
        written = approved.with_suffix(".new.html")
        written.write_text(html)
        raise AssertionError(f"if the new form is meant: mv {written} {approved}")


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    source = tmp_path / "records"
    source.mkdir()
    for number, record in enumerate(sample()):
        (source / f"{number}.json").write_bytes(encode(record))
    for name in ("one", "two"):
        assert command.main(["render", str(source), "-o", str(tmp_path / name)]) == 0
    files = [path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*")]
    assert len(files) >= 10
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_the_page_loads_nothing(report: Report) -> None:
    html = page(report)
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", html)
    assert html.count("<script") == html.count("</script") == 3


def test_every_link_leads_somewhere(report: Report, folder: Path) -> None:
    html = page(report)
    targets = re.findall(r'href="#([^"]+)"', html)
    assert len(targets) >= 6
    assert set(targets) <= set(re.findall(r'id="([^"]+)"', html))
    links = re.findall(r"\]\(([^)]+)\)", (folder / "report.md").read_text())
    assert any(link.startswith("experiments/") for link in links)
    for link in links:
        assert (folder / link).is_file(), link


def test_the_page_of_an_experiment_has_its_whole_history_and_environment(folder: Path) -> None:
    (path,) = (folder / "experiments").glob("tabular_mlp-miniboone-jax-*.md")
    text = path.read_text()
    assert "SYNTHETIC" in text
    assert "History of seed 1" in text
    assert "| 3 | 0.3000 | 0.8500 | 0.3500 | 0.8300 |" in text
    assert "abcdef0123456789" in text
    assert 'l0["Dense<br>batch × 150<br>7,650 parameters"]' in text
    assert "l0 --> l1" in text


def test_synthetic_data_are_called_so(report: Report) -> None:
    assert markdown(report).count("SYNTHETIC") >= 3
    assert page(report).count("SYNTHETIC") >= 3


def test_nothing_from_a_record_becomes_markup() -> None:
    hostile = '<script>alert("1")</script>|\n# x'
    network = build_record().network
    assert network
    layers = tuple(replace(layer, name=hostile, type=hostile) for layer in network.layers)
    good = build_record(
        id=hostile,
        architecture=hostile,
        network=replace(network, layers=layers),
        fingerprint=hostile,
    )
    bad = build_failed(id=hostile, reason=hostile)
    report = assemble(results([good, bad]))
    assert page(report).count("<script") == 3
    pages = {name: text for name, text in texts(report).items() if name.endswith(".md")}
    assert len(pages) == 2
    assert not [name for name, text in pages.items() if re.search(r"(?<!\\)<script", text)]
    rows = [line for line in markdown(report).splitlines() if line.count("alert") == 2]
    row = next(line for line in rows if line.startswith("|"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 4


def test_what_is_not_known_yet_is_shown_all_the_same(tmp_path: Path) -> None:
    """As a later version may write it, or another machine."""
    usual = build_record()
    history = replace(
        usual.history,
        train={**usual.history.train, "bleu": (0.1, 0.2, 0.3)},
        validation={**usual.history.validation, "bleu": (0.1, 0.2, 0.3)},
    )
    odd = build_record(
        modality="audio",
        kind="transformer",
        architecture="audio_transformer",
        dataset="x" * 100,
        overrides="metrics accuracy, " * 50,
        history=history,
        test={**usual.test, "bleu": 0.3},
        environment=replace(usual.environment, cpu="$a$ Ω " * 200, packages={"keras": "3" * 900}),
    )
    source = tmp_path / "records"
    source.mkdir()
    for number, record in enumerate((usual, odd)):
        (source / f"{number}.json").write_bytes(encode(record))
    assert command.main(["render", str(source), "-o", str(tmp_path / "out")]) == 0
    names = [path.name for path in (tmp_path / "out" / "experiments").iterdir()]
    assert len(names) == 2
    assert max(map(len, names)) < 255
    assert anchor(odd) != anchor(replace(odd, epochs=4)), "what is cut off is told apart"
    near = ("net", "Net", "my.net", "my-net", "my+net")
    assert len({anchor(build_record(architecture=name)) for name in near}) == len(near)


def test_records_without_results_make_a_report_too(tmp_path: Path) -> None:
    failed = [record for record in sample() if isinstance(record, Failed)]
    render(results(failed), tmp_path)
    assert "killed by SIGKILL" in (tmp_path / "report.md").read_text()


def test_load_and_render_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(encode(build_record()))
    assert render(load([tmp_path]), tmp_path / "out").is_file()


def test_a_stale_report_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, output = tmp_path / "records", tmp_path / "out"
    source.mkdir()
    (source / "a.json").write_bytes(encode(build_record()))
    arguments = ["render", str(source), "-o", str(output)]
    assert command.main([*arguments, "--check"]) == 1
    assert not output.exists()
    assert command.main(arguments) == 0
    assert command.main([*arguments, "--check"]) == 0
    capsys.readouterr()
    (source / "a.json").write_bytes(encode(build_record(test={"loss": 0.3, "accuracy": 0.9})))
    assert command.main([*arguments, "--check"]) == 1
    assert "report.md" in capsys.readouterr().out
    next((output / "figures").iterdir()).unlink()
    assert command.main([*arguments, "--check"]) == 1
    assert ".svg" in capsys.readouterr().out


def test_a_damaged_record_is_left_out_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "records"
    source.mkdir()
    (source / "good.json").write_bytes(encode(build_record()))
    (source / "torn.json").write_bytes(encode(build_record(id="other"))[:500])
    assert command.main(["render", str(source), "-o", str(tmp_path / "out")]) == 0
    assert "torn.json: not a JSON file, or cut off" in capsys.readouterr().err
    for name in ("report.md", "report.html"):
        assert "torn.json" in (tmp_path / "out" / name).read_text()
    (source / "good.json").unlink()
    assert command.main(["render", str(source), "-o", str(tmp_path / "out")]) == 2


def test_doubtful_times_are_marked() -> None:
    record = build_record()
    busy = replace(record, environment=replace(record.environment, other_load=0.5))
    unsteady = replace(record, durations=replace(record.durations, epoch_seconds=(1.0, 2.0, 9.0)))
    assert timing.noise(record) == []
    assert timing.noise(busy) == ["busy"]
    assert timing.noise(unsteady) == ["unsteady"]
    assert "| busy |" in markdown(assemble(results([busy])))


def test_settings_stand_apart() -> None:
    plain = build_record()
    tuned = build_record(id="tabular_mlp-miniboone-jax-tuned-s0", execution="tuned")
    report = assemble(Results(records=(plain, tuned), superseded=0))
    (found,) = report.answers
    assert found.matrix.ways == ("jax", "jax, tuned")
    anchors = {page.anchor for _, pages in report.pages for page in pages}
    assert len(anchors) == 2
    (table,) = (t for b in report.blocks() for t in b.tables if t.name == "quality")
    assert table.frame["backend"].tolist() == ["jax", "jax, tuned"]
