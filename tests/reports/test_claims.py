"""Every claim holds on histories made from the study's own numbers, and fails on others."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reports import claims, judging, study
from reports.record import Data, History, Record
from tests.conftest import build_record

World = dict[str, Record]

CLASSES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Bag")
TRAIN = {
    "tabular_mlp": (0.1774, 0.920),
    "tabular_mlpx": (0.2093, 0.910),
    "tabular_cnn": (0.2535, 0.892),
    "tabular_rnn": (0.1635, 0.935),
    "image_mlp": (0.198, 0.930),
    "image_cnn": (0.215, 0.920),
    "image_cnnx": (0.021, 0.9968),
    "image_rnn": (0.0961, 0.9643),
    "sequential_mlp": (0.13, 0.9446),
    "sequential_cnn": (0.0834, 0.9706),
    "sequential_rnn": (0.0877, 0.9716),
    "sequential_rnnx": (0.13, 0.96),
}
"""Loss and accuracy after the last epoch; where the study prints none, in its order."""
COUNTS = {
    "tabular_mlp": ((6919, 297), (314, 2470)),
    "tabular_mlpx": ((6944, 272), (625, 2159)),
    "tabular_cnn": ((6893, 323), (439, 2345)),
    "tabular_rnn": ((6860, 356), (300, 2484)),
    "sequential_mlp": ((11050, 1450), (1453, 11047)),
    "sequential_cnn": ((11750, 750), (2264, 10236)),
    "sequential_rnn": ((10800, 1700), (1320, 11180)),
    "sequential_rnnx": ((11300, 1200), (1800, 10700)),
}
TEST: dict[str, dict[str, float]] = {}
for number in study.printed():
    if number.phase == "test":
        TEST.setdefault(number.network, {})[number.metric] = number.value


def world(seed: int = 0) -> World:
    """Return one run of all twelve networks as the study tells of it."""
    return {name: _record(name, seed) for name in TRAIN}


def _record(name: str, seed: int) -> Record:
    modality, _, kind = name.partition("_")
    epochs = study.EPOCHS[modality]
    loss, accuracy = TRAIN[name]
    test = TEST[name]
    half = epochs // 2
    return build_record(
        id=f"{name}-s{seed}",
        architecture=name,
        modality=modality,
        kind=kind.removesuffix("x"),
        seed=seed,
        profile="thesis",
        epochs=epochs,
        batch_size=study.BATCH_SIZE[modality],
        optimizer=study.OPTIMIZER[modality],
        data=Data(
            synthetic=False,
            checksum="sha256:00ff",
            classes=CLASSES if modality == "image" else ("no", "yes"),
            train_samples=10**6,
            test_samples=10_000,
        ),
        history=History(
            train={
                "loss": (*[loss * 2] * half, *[loss] * (epochs - half)),
                "accuracy": (accuracy,) * epochs,
            },
            validation={
                "loss": (*[0.25] * half, *[test["loss"]] * (epochs - half)),
                "accuracy": (test["accuracy"],) * epochs,
            },
        ),
        test=test,
        confusion=COUNTS.get(name) or _garments(),
    )


def _garments() -> tuple[tuple[int, ...], ...]:
    recall = {"Shirt": 650}
    return tuple(
        tuple(
            recall.get(true, 900) if true == seen else (1000 - recall.get(true, 900)) // 7
            for seen in CLASSES
        )
        for true in CLASSES
    )


def change(name: str, **test: float) -> Callable[[World], None]:
    """Return a change of a network's test metrics, and of its validation after every epoch."""

    def apply(found: World) -> None:
        record = found[name]
        assert record.history
        assert record.test
        validation = {
            metric: tuple(test.get(metric, value) for value in values)
            for metric, values in record.history.validation.items()
        }
        history = replace(record.history, validation=validation)
        found[name] = replace(record, test={**record.test, **test}, history=history)

    return apply


def change_training(name: str, **train: float) -> Callable[[World], None]:
    """Return a change of a network's training metrics after every epoch."""

    def apply(found: World) -> None:
        record = found[name]
        assert record.history
        changed = {
            metric: tuple(train.get(metric, value) for value in values)
            for metric, values in record.history.train.items()
        }
        found[name] = replace(record, history=replace(record.history, train=changed))

    return apply


def change_counts(name: str, counts: Any) -> Callable[[World], None]:
    def apply(found: World) -> None:
        found[name] = replace(found[name], confusion=counts)

    return apply


def worse_everywhere(found: World) -> None:
    """Let the suited kind win every experiment by a point or more."""
    for name in ("tabular_rnn", "tabular_cnn", "image_mlp", "image_rnn", "sequential_mlp"):
        change(name, accuracy=0.8)(found)
    change("sequential_cnn", accuracy=0.8)(found)


BREAKS: dict[str, tuple[Callable[[World], None], ...]] = {
    "T1": (change_training("tabular_cnn", accuracy=0.87), change("tabular_cnn", accuracy=0.89)),
    "T2": (change("tabular_rnn", loss=0.17),),
    "T3": (change("tabular_mlp", recall=0.85), change("tabular_mlp", loss=0.2)),
    "T4": (change("tabular_mlpx", accuracy=0.92), change("tabular_mlpx", loss=0.21)),
    "T5": (change("tabular_mlp", loss=0.14), change("tabular_rnn", f1=0.9)),
    "T6": (
        change_counts("tabular_mlp", ((6000, 1216), (0, 2784))),
        change_counts("tabular_cnn", ((7216, 0), (2784, 0))),
    ),
    "I1": (change_training("image_cnnx", loss=0.06), change("image_cnnx", loss=0.3)),
    "I2": (change_training("image_cnnx", accuracy=0.98),),
    "I3": (change("image_cnnx", accuracy=0.89),),
    "I4": (change("image_rnn", loss=0.2), change("image_cnnx", accuracy=0.92)),
    "I5": (change_training("image_rnn", loss=0.19), change("image_rnn", loss=0.42)),
    "I6": (change("image_mlp", accuracy=0.88), change("image_mlp", accuracy=0.9)),
    "I7": (change_counts("image_rnn", tuple((100,) * 8 for _ in range(8))),),
    "S1": (change_training("sequential_rnnx", loss=0.05), change("sequential_rnnx", loss=0.4)),
    "S2": (change("sequential_cnn", loss=0.3), change("sequential_cnn", accuracy=0.89)),
    "S3": (change("sequential_rnn", accuracy=0.87),),
    "S4": (change_counts("sequential_rnn", ((11000, 1500), (1500, 11000))),),
    "S5": (change_counts("sequential_cnn", ((11750, 750), (2000, 10500))),),
    "S6": (
        change_counts("sequential_rnn", ((11300, 1200), (1800, 10700))),
        change_counts("sequential_rnnx", ((10800, 1700), (1320, 11180))),
    ),
    "S7": (change("sequential_cnn", accuracy=0.885),),
    "G1": (worse_everywhere,),
}
CASES = [(id, number) for id, found in BREAKS.items() for number in range(len(found))]


def verdicts(*worlds: World) -> dict[str, judging.Judged]:
    records = [record for found in worlds for record in found.values()]
    return {found.claim.id: found for found in judging.judge(records)}


def test_every_claim_is_tested_both_ways() -> None:
    assert list(BREAKS) == [claim.id for claim in claims.CLAIMS]


@pytest.mark.parametrize("claim", claims.CLAIMS, ids=lambda claim: claim.id)
def test_a_claim_holds_on_the_numbers_it_was_made_from(claim: claims.Claim) -> None:
    assert claim.judge(claims.Runs(world().values())).holds


@pytest.mark.parametrize(("id", "number"), CASES)
def test_a_claim_fails_on_others(id: str, number: int) -> None:
    (claim,) = [claim for claim in claims.CLAIMS if claim.id == id]
    found = world()
    BREAKS[id][number](found)
    assert not claim.judge(claims.Runs(found.values())).holds


def test_three_runs_of_one_mind_decide() -> None:
    found = verdicts(world(0), world(1), world(2))
    assert {judged.verdict for judged in found.values()} == {"reproduced"}
    assert found["I2"].reason == (
        "holds in 3 of 3; best training accuracy 0.9968 (0.9968 to 0.9968)"
    )
    others = [world(seed) for seed in range(3)]
    for other in others:
        change_training("image_cnnx", accuracy=0.98)(other)
    assert verdicts(*others)["I2"].verdict == "not reproduced"


def test_backends_are_runs_of_their_own() -> None:
    records = [
        replace(record, backend=backend, seed=seed)
        for backend, seed in (("jax", 0), ("jax", 1), ("tensorflow", 0))
        for record in world().values()
    ]
    assert {judged.verdict for judged in judging.judge(records)} == {"reproduced"}


def test_two_runs_or_disagreement_are_undecided() -> None:
    assert verdicts(world(0), world(1))["S7"].reason.startswith(
        "holds in 2 of 2: fewer than 3 runs"
    )
    odd = world(2)
    change("sequential_cnn", accuracy=0.9)(odd)
    found = verdicts(world(0), world(1), odd)["S7"]
    assert found.verdict == "undecided"
    assert "holds in 2 of 3: runs disagree" in found.reason


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": 99},
        {"batch_size": 128},
        {"optimizer": "sgd"},
        {"precision": "mixed_bfloat16"},
        {"data": Data(synthetic=False, checksum="", classes=(), train_samples=9, test_samples=9)},
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
    assert "profile thesis it holds in 1 of 1" in found["S7"].reason


def test_generated_data_never_count() -> None:
    worlds = [world(seed) for seed in range(3)]
    for found in worlds:
        for name, record in found.items():
            assert record.data
            found[name] = replace(record, data=replace(record.data, synthetic=True))
    judged = verdicts(*worlds)
    assert {found.verdict for found in judged.values()} == {"not run"}
    assert judged["G1"].reason == "no run has all of its networks"


def test_a_loss_that_is_not_finite_decides_nothing() -> None:
    found = world()
    found["image_cnnx"] = replace(found["image_cnnx"], test={"loss": None, "accuracy": None})
    assert verdicts(found)["I3"].verdict == "not run"


def test_one_experiment_is_enough_for_the_general_claim_and_three_to_deny_it() -> None:
    images = {name: record for name, record in world().items() if record.modality == "image"}
    assert claims.CLAIMS[-1].judge(claims.Runs(images.values())).holds
    worse_everywhere(full := world())
    images = {name: record for name, record in full.items() if record.modality == "image"}
    assert claims.CLAIMS[-1].judge(claims.Runs(images.values())).holds is None


def test_a_seed_repeated_with_other_settings_counts_once() -> None:
    repeated = [
        replace(record, execution=execution)
        for record in world().values()
        for execution in ("default", "tuned", "epoch")
    ]
    assert {judged.verdict for judged in judging.judge(repeated)} == {"undecided"}
    assert all(len(judged.runs) == 1 for judged in judging.judge(repeated))


def test_runs_that_cannot_tell_leave_the_general_claim_undecided() -> None:
    runs = []
    for seed in range(5):
        networks = world(seed)
        if seed > 2:
            worse_everywhere(networks)
        runs += [record for record in networks.values() if record.modality == "image"]
    general = judging.judge(runs)[-1]
    assert general.claim.id == "G1"
    assert general.verdict == "undecided"
    assert "3 of 5" in general.reason
