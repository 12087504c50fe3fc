"""The outcome of the study on one page: every number from the records."""

from pathlib import Path

import pytest

from reports.__main__ import main
from reports.schema.record import Trained
from reports.study import numbers, page, verdicts
from reports.study.replication import replication
from tests.builders import ROOT, replace
from tests.reports.study.worlds import world

SEEDS = 3


def worlds(seeds: int = SEEDS) -> list[Trained]:
    return [record for seed in range(seeds) for record in world(seed).values()]


def on_magic(record: Trained) -> Trained:
    return replace(record, dataset="magic", id=f"magic-{record.id}")


def test_a_world_of_the_study_reproduces_it() -> None:
    found = replication(worlds(6))
    assert {judged.verdict for judged in found.judged} == {"reproduced"}
    assert not any("not reproduced" in text for text in found.surprises)
    assert found.lacking.frame.empty
    assert len(found.done.frame) == 12
    assert found.board.frame["share of runs (95 %)"].str.startswith("1.00 (0.5").all()


def test_what_does_not_hold_is_a_surprise_and_what_is_far_off_too() -> None:
    records = [
        replace(r, test={**r.test, "accuracy": 0.5 + r.seed * 1e-4})
        if r.architecture == "sequential_mlp"
        else r
        for r in worlds(6)
    ]
    found = replication(records)
    assert found.surprises[0].startswith("S2, not reproduced: ")
    assert len(found.surprises) == 3
    assert found.further_surprises > 0
    few = [record for record in records if record.seed < 3]
    assert "S2" not in " ".join(replication(few).surprises), "not reproduced so far"
    only = replication([r for r in records if r.architecture == "sequential_mlp"])
    (text,) = only.surprises
    assert text.startswith("sequential_mlp (jax): test accuracy after epoch 100 is 0.8839 in the")


def test_the_loss_that_parts_most_is_named_for_each_network() -> None:
    def twice(record: Trained) -> Trained:
        if record.architecture != "sequential_rnn":
            return record
        losses = tuple(2 * loss for loss in record.history.train["loss"] if loss is not None)
        train = {**record.history.train, "loss": losses}
        return replace(record, history=replace(record.history, train=train))

    records = [*map(twice, worlds()), replace(worlds(1)[0], execution="tuned", id="another-way")]
    frame = replication(records).apart.frame
    assert len(frame) == frame["network"].nunique()
    first = frame.iloc[0].to_dict()
    assert first["network"] == "sequential_rnn"
    assert first["which loss"] == "train, epoch 100"
    assert first["study"] == "0.0877"
    assert first["relative difference"] == f"{float(first['ours']) / 0.0877 - 1:+.0%}"
    assert set(frame["n"]) == {SEEDS}


def test_texts_in_another_tokenisation_are_counted(tmp_path: Path) -> None:
    def tokenised(record: Trained) -> Trained:
        anew = record.modality == "sequential" and record.seed < 2
        origin = "known" if anew and record.seed == 0 else None  # older records do not tell
        checksum = "sha256:0a" if anew else record.data.checksum
        return replace(record, data=replace(record.data, origin=origin, checksum=checksum))

    text = page.files([*map(tokenised, worlds())], [tmp_path / "records"], tmp_path)[page.PAGE]
    assert "- 8 of 12 trainings on IMDB read the same reviews tokenised anew" in text
    assert "tokenised anew" not in page.files(worlds(), [tmp_path / "r"], tmp_path)[page.PAGE]


def test_only_runs_of_the_recipe_and_each_seed_once_count() -> None:
    (mlp,) = (r for r in worlds(1) if r.architecture == "image_mlp")
    odd = [
        replace(mlp, id="mixed", precision="mixed_bfloat16"),
        replace(mlp, id="elsewhere", environment=replace(mlp.environment, cpu="other")),
        replace(mlp, id="batches", batch_size=64),
    ]
    (row,) = replication([mlp, *odd]).done.frame.to_dict("records")
    assert row["n"] == 1
    lacking = replication([mlp, *odd]).lacking.frame
    assert lacking[lacking["network"] == "image_mlp"]["trainings"].tolist() == ["1 of 3"]


def test_without_a_run_it_says_so(tmp_path: Path) -> None:
    short = replace(worlds(1)[0], epochs=1, id="short")
    text = page.files([short], [tmp_path / "records"], tmp_path)[page.PAGE]
    assert "None yet: no run is of the study's length." in text
    assert "No run is of the study's length." in text


def test_what_is_lacking_is_told_with_its_hours() -> None:
    records = [r for r in worlds() if r.architecture != "image_rnn" or r.seed == 0]
    found = replication(records)
    (row,) = found.lacking.frame.to_dict("records")
    assert (row["network"], row["trainings"]) == ("image_rnn", "1 of 3")
    (command,) = found.commands
    assert command.endswith("--resume --networks image_rnn --backends jax")
    assert float(row["one takes [h]"]) >= 0


def test_networks_of_several_ways_answer_where_no_way_has_them_all() -> None:
    records = [
        replace(r, id=f"{r.id}-tuned", execution="tuned") if r.architecture == "image_cnn" else r
        for r in worlds()
        if r.architecture != "image_cnnx"
    ]
    answers = {line.partition(": ")[0]: line for line in replication(records).answers}
    several = " (networks of several machines or settings)"
    assert f"After 200 of 200 epochs{several}, fashion_mnist" in answers
    assert "After 100 of 100 epochs, imdb" in answers


def test_data_that_stand_in_decide_nothing() -> None:
    tabular = [on_magic(r) for r in worlds() if r.modality == "tabular"]
    judged = {each.claim.id: each for each in verdicts.judge(tabular)}
    assert judged["T4"].verdict == "not run"
    assert judged["T4"].elsewhere
    assert judged["T4"].elsewhere.startswith("magic: holds in 3 of 3 runs; tabular_mlp loss ")
    assert judged["I1"].elsewhere is None
    claims, quality = replication(tabular).stand_in
    assert claims.frame["claim"].tolist() == ["T1", "T2", "T3", "T4", "T5", "T6"]
    assert quality.frame["network"].nunique() == 4
    assert not replication(worlds()).stand_in
    both = {each.claim.id: each for each in verdicts.judge([*tabular, *worlds()])}
    alone = {each.claim.id: each for each in verdicts.judge(worlds())}
    assert all(both[name].verdict == alone[name].verdict for name in both)


def test_the_page_is_written_and_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    docs = tmp_path / "docs"
    typed = ["replication", str(ROOT / "docs" / "results" / "records"), "-o", str(docs)]
    assert main(typed) == 0
    assert (docs / "replication.svg").read_text().startswith("<?xml")
    text = (docs / "replication.md").read_text()
    assert "](replication.svg)" in text
    assert "| G1 |" in text
    assert main([*typed, "--check"]) == 0
    (docs / "replication.md").write_text(text.replace("0.8911", "0.8912"))
    assert main([*typed, "--check"]) == 1
    assert "stale: " in capsys.readouterr().out


def test_the_published_page_is_that_of_the_published_records(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["replication", "docs/results/records", "-o", "docs", "--check"]) == 0


def test_the_stand_in_is_a_data_set_of_its_kind() -> None:
    assert not {*numbers.STANDS_IN.values()} & {*numbers.DATASETS.values()}
