"""One test for each way to a verdict."""

import math
from typing import Any

import pytest

from reports.load import Results
from reports.render import markdown
from reports.report import assemble
from reports.schema.record import Trained
from reports.study import claims
from reports.study import verdicts as judging
from reports.study.claim import Runs
from tests.builders import DATA, build_record, replace
from tests.reports.study.worlds import World, change, change_training, world, worse_everywhere


def verdicts(*worlds: World) -> dict[str, judging.Judged]:
    records = [record for found in worlds for record in found.values()]
    return {found.claim.id: found for found in judging.judge(records)}


def test_six_runs_that_agree_decide_and_three_say_so_far() -> None:
    found = verdicts(*map(world, range(6)))
    assert {judged.verdict for judged in found.values()} == {"reproduced"}
    assert found["I2"].reason == (
        "holds in 6 of 6 runs; best training accuracy 0.9968 (0.9968 to 0.9968)"
    )
    found = verdicts(*map(world, range(3)))
    assert {judged.verdict for judged in found.values()} == {"reproduced so far"}
    assert found["I2"].reason.startswith(
        "holds in 3 of 3 runs; 3 more that agree would settle it; best"
    )
    others = [world(seed) for seed in range(6)]
    for other in others:
        change_training("image_cnnx", accuracy=0.98)(other)
    assert verdicts(*others)["I2"].verdict == "not reproduced"
    assert verdicts(*others[:3])["I2"].verdict == "not reproduced so far"


def test_backends_are_runs_of_their_own() -> None:
    records = [
        replace(record, backend=backend, seed=seed)
        for backend in ("jax", "tensorflow")
        for seed in range(3)
        for record in world().values()
    ]
    assert {judged.verdict for judged in judging.judge(records)} == {"reproduced"}


def test_two_runs_or_disagreement_are_undecided() -> None:
    two = verdicts(world(0), world(1))["S7"]
    assert two.verdict == "undecided"
    assert two.reason.startswith("holds in 2 of 2 runs; 4 more that agree would settle it; ")
    odd = world(2)
    change("sequential_cnn", accuracy=0.9)(odd)
    found = verdicts(world(0), world(1), odd)["S7"]
    assert found.verdict == "undecided"
    assert found.reason.startswith("holds in 2 of 3 runs; 6 more that agree would settle it; ")
    found = verdicts(odd, *map(world, [0, 1, *range(3, 9)]))["S7"]
    assert found.verdict == "reproduced", "one dissenter of nine"


@pytest.mark.parametrize(
    ("share", "verdict", "least", "most"),
    [
        (0.95, "reproduced", 0.91, 1),
        (0.05, "not reproduced", 0.91, 1),
        (0.5, "reproduced", 0, 0.0125),
        (0.5, "not reproduced", 0, 0.0125),
    ],
)
def test_what_nearly_always_holds_is_settled_by_ten_runs_and_a_coin_is_not(
    share: float, verdict: str, least: float, most: float
) -> None:
    settled = sum(
        math.comb(10, holding) * share**holding * (1 - share) ** (10 - holding)
        for holding in range(11)
        if judging._verdict(holding, 10 - holding, 0) == verdict
    )
    assert least <= settled <= most


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": 99},
        {"batch_size": 128},
        {"optimizer": "sgd"},
        {"precision": "mixed_bfloat16"},
        {"data": replace(DATA, synthetic=False, train_samples=9)},
    ],
)
def test_other_recipes_do_not_count(changes: dict[str, Any]) -> None:
    name = "sequential_cnn"
    worlds = [world(seed) for seed in range(3)]
    for found in worlds:
        found[name] = replace(found[name], dataset="imdb", **changes)
    assert verdicts(*worlds)["S5"].verdict == "not run"


def test_what_short_runs_say_is_told() -> None:
    short = {name: replace(record, epochs=20) for name, record in world().items()}
    found = verdicts(short)
    assert found["T1"].verdict == "undecided", "twenty epochs are all that it is about"
    assert found["S7"].verdict == "not run"
    assert "profile thesis (20 of 100 epochs) it holds in 1 of 1 runs" in found["S7"].reason


def test_it_is_told_how_many_trainings_there_are_of_those_that_three_runs_take() -> None:
    found = [*world(0).values(), *world(1).values(), world(2)["image_cnn"], world(3)["image_mlp"]]
    records = [replace(record, backend="tensorflow") for record in found]
    records += [replace(record, backend="jax") for record in world(0).values()]
    told = {judged.claim.id: judged.trainings for judged in judging.judge(records)}
    assert told["I3"] == "5 of 6 (tensorflow)"
    assert told["I4"] == "9 of 12 (tensorflow)"
    assert told["G1"] == "25 of 36 (tensorflow)"
    assert {j.trainings for j in judging.judge([])} == {
        f"0 of {3 * len(claim.networks)}" for claim in claims.CLAIMS
    }


def test_synthetic_data_never_count() -> None:
    worlds = [world(seed) for seed in range(3)]
    for found in worlds:
        for name, record in found.items():
            found[name] = replace(record, data=replace(record.data, synthetic=True))
    judged = verdicts(*worlds)
    assert {found.verdict for found in judged.values()} == {"not run"}
    assert judged["G1"].reason == "no run has all of its networks"


def test_a_loss_that_is_not_finite_decides_nothing() -> None:
    found = world()
    found["image_cnnx"] = replace(found["image_cnnx"], test={"loss": None, "accuracy": None})
    judged = verdicts(found)
    assert (judged["I3"].verdict, judged["I3"].share) == ("undecided", None)
    assert judged["I3"].reason == (
        "holds in 0 of 0 runs, and 1 more lack what it takes to tell (accuracy of image_cnnx is "
        "not a finite number); 8 more that agree would settle it"
    )
    assert judging.told(judged["I3"])
    assert judged["I1"].verdict == "undecided", "decided by epochs, which it has"
    lone = verdicts({"image_cnnx": found["image_cnnx"]})
    assert lone["I3"].verdict == "not run", "the other network was not trained"


def test_one_experiment_is_enough_for_the_general_claim_and_three_to_deny_it() -> None:
    images = {name: record for name, record in world().items() if record.modality == "image"}
    assert claims.CLAIMS[-1].judge(Runs(images.values())).holds
    worse_everywhere(full := world())
    images = {name: record for name, record in full.items() if record.modality == "image"}
    assert claims.CLAIMS[-1].judge(Runs(images.values())).holds is None


def test_a_seed_repeated_with_other_settings_counts_once() -> None:
    repeated = [
        replace(record, execution=execution)
        for record in world().values()
        for execution in ("default", "tuned", "epoch")
    ]
    assert {judged.verdict for judged in judging.judge(repeated)} == {"undecided"}
    assert all(len(judged.runs) == 1 for judged in judging.judge(repeated))


def test_networks_of_several_machines_are_taken_together_where_none_has_all() -> None:
    there = replace(build_record().environment, cpu="another")
    found = {
        name: replace(record, environment=there, execution="epoch") if "rnn" in name else record
        for name, record in world().items()
    }
    judged = verdicts(found)
    assert judged["I4"].verdict == "undecided"
    assert judged["I4"].reason.startswith(
        "holds in 1 of 1 runs (1 with networks of several machines or settings); "
        "5 more that agree would settle it; "
    )
    assert "several machines" not in judged["I3"].reason, "its networks are of one machine"
    alone = [*found.values(), *world().values()]
    assert "several machines" not in " ".join(j.reason for j in judging.judge(alone))


def test_precisions_are_not_mixed_in_what_is_told_of_short_runs() -> None:
    short = {
        name: replace(record, epochs=20, precision="mixed_bfloat16" if "rnn" in name else "float32")
        for name, record in world().items()
    }
    assert verdicts(short)["I4"].reason == "no run has all of its networks"


def test_of_one_network_repeated_in_one_way_the_newest_counts() -> None:
    old = {n: replace(r, started_at="2026-01-01T00:00:00+00:00") for n, r in world().items()}
    new = {n: replace(r, started_at="2026-02-01T00:00:00+00:00") for n, r in world().items()}
    change_training("image_cnnx", accuracy=0.5)(new)
    for records in ([*old.values(), *new.values()], [*new.values(), *old.values()]):
        (found,) = [j for j in judging.judge(records) if j.claim.id == "I2"]
        assert found.reason.startswith("holds in 0 of 1 runs")


def test_runs_that_cannot_tell_leave_the_general_claim_undecided() -> None:
    runs = []
    for seed in range(7):
        networks = world(seed)
        if seed > 3:
            worse_everywhere(networks)
        runs += [record for record in networks.values() if record.modality == "image"]
    general = judging.judge(runs)[-1]
    assert general.claim.id == "G1"
    assert general.verdict == "undecided"
    assert "4 of 4 runs, and 3 more lack" in general.reason
    assert general.share
    assert general.share.text == "0.57 to 1.00 (0.18 to 1.00)", (
        "those that cannot tell may be either"
    )
    (lead,) = [words for words in general.reason.split("; ") if words.startswith("image: best")]
    lowest = float(lead.split("(")[1].split()[0])
    assert lowest < -0.005, "the numbers of runs in which nothing keeps up are told, too"


def test_a_run_that_cannot_tell_is_none_in_which_a_claim_fails() -> None:
    alone = world()["sequential_cnn"]
    assert verdicts({"sequential_cnn": alone})["S5"].reason == judging.NOTHING
    short = {
        name: replace(record, id=f"{name}-short", profile="quick", epochs=5)
        for name, record in world().items()
        if record.modality == "sequential"
    }
    told = judging.judge([alone, *short.values()])
    (reason,) = [judgement.reason for judgement in told if judgement.claim.id == "S5"]
    assert reason.startswith("in runs of profile quick (5 of 100 epochs) it holds in 1 of 1 runs")


def test_other_data_and_other_networks_are_not_the_study() -> None:
    """A second tabular set made the claim T3 on MiniBooNE *not reproduced*."""
    worlds = [world(seed) for seed in range(3)]
    own = [record for networks in worlds for record in networks.values()]
    strange = []
    for networks in worlds:
        worse_everywhere(networks)
        tabular = [record for record in networks.values() if record.modality == "tabular"]
        strange += [replace(record, dataset="magic") for record in tabular]
    added = [replace(worlds[0]["image_mlp"], architecture="image_new")]
    assert _outcomes([*own, *strange, *added]) == _outcomes(own)


def _outcomes(records: list[Trained]) -> list[tuple[str, str, str]]:
    return [(j.claim.id, j.verdict, j.reason) for j in judging.judge(records)]


@pytest.mark.parametrize(
    ("origin", "counts"),
    [("published", True), ("known", True), ("structure", True), (None, True), ("other", False)],
)
def test_only_the_published_data_count(origin: Any, counts: bool) -> None:
    worlds = [
        {n: replace(r, data=replace(r.data, origin=origin)) for n, r in world(seed).items()}
        for seed in range(3)
    ]
    verdict = "reproduced so far" if counts else "not run"
    assert {judged.verdict for judged in verdicts(*worlds).values()} == {verdict}
    record = build_record(data=replace(DATA, synthetic=False, origin=origin))
    report = assemble(Results(records=(record,), superseded=0))
    assert report.other is not counts
    assert ("OTHER DATA" in markdown(report)) is not counts
    tables = {table.name for block in report.blocks() for table in block.tables}
    assert ("study" in tables) is counts
