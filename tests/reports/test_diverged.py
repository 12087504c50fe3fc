"""A training whose loss is lost is a result: it is said, and ends nothing."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import test_phases as phases
from bench.progress import ended
from reports import __main__ as command
from reports.load import load
from reports.render import markdown, page
from reports.report import assemble
from reports.schema.predictions import Predictions
from reports.schema.record import Record, Trained, encode
from reports.tables import overview
from tests.builders import TRAINED, build_failed, build_fitted, build_record, replace
from tests.reports.schema.test_predictions import keep

N = float("nan")


def lost(
    train: Any = (0.6, 0.4, 0.3), validation: Any = (0.5, 0.4, 0.35), **changes: Any
) -> Trained:
    """Return a record with other losses; NaN is null, as it is written."""
    history = replace(
        TRAINED.history,
        train={**TRAINED.history.train, "loss": tuple(None if x != x else x for x in train)},
        validation={
            **TRAINED.history.validation,
            "loss": tuple(None if x != x else x for x in validation),
        },
    )
    return build_record(history=history, **changes)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (lost((0.6, N, N), (0.5, N, N)), "diverged in epoch 2"),
        (lost((N, N, N), (N, N, N)), "diverged in epoch 1"),
        (lost((0.6, N, 0.4)), "training loss not finite in epoch 2"),
        (lost(validation=(0.5, 0.4, N)), "validation loss not finite in epoch 3"),
        (lost(), None),
    ],
)
def test_what_is_said_of_it(record: Trained, said: str | None) -> None:
    assert record.history.divergence == said
    assert ended(record) == "  ".join(
        filter(None, (record.id, said, "accuracy 0.8300  3 epochs in 2.6 s"))
    )
    (row,) = overview.overview([record]).cells
    assert row[-1] == (said or "ok")
    if said and not said.startswith("validation"):
        with pytest.raises(AssertionError, match=said):
            phases.test_train(lambda phase: record)
    else:
        phases.test_train(lambda phase: record)


NOTHING = {"loss": None, "accuracy": None}


def folder(path: Path, *records: Record) -> Path:
    path.mkdir()
    for record in records:
        (path / f"{record.id}.json").write_bytes(encode(record))
    return path


def test_reports_say_it_and_take_the_other_runs(tmp_path: Path) -> None:
    runs = [
        lost((0.6, N, N), (0.5, N, N), id="s0", test=NOTHING),
        *(build_record(id=f"s{seed}", seed=seed) for seed in (1, 2, 3)),
        *(build_record(id=f"cnn-s{s}", seed=s, architecture="tabular_cnn") for s in range(3)),
    ]
    report = assemble(load([folder(tmp_path / "a", *runs)]))
    for text in (markdown(report).replace("\\", ""), page(report)):
        assert "not finite: tabular_mlp (jax), 3 epochs: seed 0 diverged in epoch 2." in text
        assert re.search(r"seed 0 diverged in epoch 2 *(\||$)", text, re.M)
        assert "test accuracy 0.8300" in text
    ((_, found),) = report.pages
    (experiment,) = [page for page in found if page.title.startswith("tabular_mlp")]
    assert "diverged in epoch 2" in experiment.tables[0].cells[0]
    tables = {table.name: table for block in report.blocks() for table in block.tables}
    ranking = tables["ranking"].frame
    assert ranking["n"].tolist() == [3, 3], "what has no accuracy is no run of accuracy 0"


def test_nothing_but_nulls_makes_a_report_too(tmp_path: Path) -> None:
    """Real data and the study's recipe, so that every table and claim looks at them."""
    data = replace(TRAINED.data, synthetic=False)
    never = {
        name: dict.fromkeys(("loss", "accuracy"), (None, None, None))
        for name in ("train", "validation")
    }
    runs: list[Record] = [
        build_record(
            id=f"{name}-s{seed}",
            architecture=name,
            kind=name.partition("_")[2].rstrip("x"),
            seed=seed,
            data=data,
            test=NOTHING,
            history=replace(TRAINED.history, **never),
        )
        for name in ("tabular_mlp", "tabular_mlpx", "tabular_cnn", "tabular_rnn")
        for seed in range(3)
    ]
    runs.append(build_fitted(data=data, test=NOTHING))
    source = str(folder(tmp_path / "a", *runs))
    assert command.main(["render", source, "-o", str(tmp_path / "out")]) == 0
    assert command.main(["compare", source, source]) in (0, 3)
    assert command.main(["selftest", source, source]) == 0
    good = str(folder(tmp_path / "b", *(replace(run, test=TRAINED.test) for run in runs)))
    assert command.main(["compare", good, source]) == 1


def test_the_comparison_says_in_which_epoch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = folder(tmp_path / "a", build_record())
    after = folder(
        tmp_path / "b", lost((0.6, N, N), (0.5, N, N), test={**NOTHING, "accuracy": 0.1})
    )
    assert command.main(["compare", str(before), str(after)]) == 1
    said = capsys.readouterr().out
    assert "no longer a finite number: seed 0 diverged in epoch 2" in said


def test_predictions_that_are_no_numbers_leave_out_their_curve_only(tmp_path: Path) -> None:
    true = np.arange(100, dtype=np.uint8) % 2
    score = np.linspace(0, 1, 100, dtype=np.float32)[:, None]
    sound = Predictions(true=true, probabilities=score)
    broken = Predictions(true=true, probabilities=np.full_like(score, np.nan))
    lonely = Predictions(true=np.zeros_like(true), probabilities=score)
    runs = [
        build_record(id=f"s{seed}", seed=seed, predictions=kept.checksum)
        for seed, kept in enumerate((sound, broken, lonely))
    ]
    source = folder(tmp_path / "a", *runs)
    for run, kept in zip(runs, (sound, broken, lonely), strict=True):
        keep(kept, source, run)
    report = assemble(load([source]))
    (block,) = (b for b in report.blocks() if "learning-miniboone" in {p.name for p in b.pictures})
    assert "thresholds-miniboone" in [picture.name for picture in block.pictures]
    assert block.remarks[1:] == (
        "No threshold curve of s1, jax: its predictions are not all finite numbers.",
        "No threshold curve of s2, jax: its test samples are all of one class.",
    )
    for text in (markdown(report), page(report)):
        assert block.remarks[1] in text


def test_failures_alone_are_no_crash(tmp_path: Path) -> None:
    source = str(folder(tmp_path / "a", build_failed()))
    assert command.main(["selftest", source, source]) == 0
    assert command.main(["compare", source, source]) == 3
