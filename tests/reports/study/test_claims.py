"""Every claim holds on histories made from the study's own numbers, and fails on others."""

import contextlib
from collections.abc import Callable

import pytest

from reports.study import claims
from reports.study.claim import Claim, Runs, within
from tests.reports.study.worlds import (
    World,
    change,
    change_counts,
    change_training,
    garments,
    world,
    worse_everywhere,
    worse_validation,
)

BREAKS: dict[str, tuple[Callable[[World], None], ...]] = {
    "T1": (change_training("tabular_cnn", accuracy=0.87), change("tabular_cnn", accuracy=0.89)),
    "T2": (worse_validation("tabular_rnn", "tabular_mlp"),),
    "T3": (change("tabular_mlp", recall=0.85), change("tabular_mlp", loss=0.2)),
    "T4": (change("tabular_mlpx", accuracy=0.92), change("tabular_mlpx", loss=0.21)),
    "T5": (
        change("tabular_mlp", loss=0.14),
        change("tabular_rnn", f1=0.9),
        change("tabular_rnn", accuracy=0.93885189),
    ),
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
    "I7": (
        change_counts("image_rnn", tuple((100,) * 8 for _ in range(8))),
        change_counts("image_mlp", garments(coat=950)),
        change_counts("image_cnnx", garments(coat=600)),
    ),
    "S1": (change_training("sequential_rnnx", loss=0.05), change("sequential_rnnx", loss=0.4)),
    "S2": (change("sequential_cnn", loss=0.3), change("sequential_cnn", accuracy=0.89)),
    "S3": (change("sequential_rnn", accuracy=0.87),),
    "S4": (change_counts("sequential_rnn", ((11000, 1500), (1500, 11000))),),
    "S5": (
        change_counts("sequential_cnn", ((11750, 750), (2250, 10250))),
        change_counts("sequential_rnnx", ((12000, 500), (2300, 10200))),
    ),
    "S6": (
        change_counts("sequential_rnn", ((11300, 1200), (1800, 10700))),
        change_counts("sequential_rnnx", ((10800, 1700), (1320, 11180))),
        change_counts("sequential_rnnx", ((11300, 1500), (1800, 10700))),
    ),
    "S7": (change("sequential_cnn", accuracy=0.885),),
    "G1": (worse_everywhere,),
}
CASES = [(id, number) for id, found in BREAKS.items() for number in range(len(found))]


def test_every_claim_is_tested_both_ways() -> None:
    assert list(BREAKS) == [claim.id for claim in claims.CLAIMS]


@pytest.mark.parametrize("claim", claims.CLAIMS, ids=lambda claim: claim.id)
def test_a_claim_holds_on_the_numbers_it_was_made_from(claim: Claim) -> None:
    assert claim.judge(Runs(world().values())).holds


@pytest.mark.parametrize("other", ["tabular_mlp", "tabular_rnn"])
def test_no_network_is_the_worst_of_two_that_are_alike(other: str) -> None:
    networks = world()
    (t4,) = [claim for claim in claims.CLAIMS if claim.id == "T4"]
    worst = networks["tabular_cnn"].test["accuracy"]
    assert worst
    change(other, accuracy=worst)(networks)
    assert not t4.judge(Runs(networks.values())).holds


@pytest.mark.parametrize("claim", claims.CLAIMS[:-1], ids=lambda claim: claim.id)
def test_a_claim_is_about_its_networks_and_no_others(claim: Claim) -> None:
    found = world()
    own = [found[name] for name in claim.networks]
    assert claim.judge(Runs(own)).holds
    for left_out in own:
        with contextlib.suppress(KeyError):
            rest = Runs(record for record in own if record is not left_out)
            assert claim.judge(rest).holds is None  # nothing is told for lack of one


def test_a_difference_that_rounding_makes_larger_is_within() -> None:
    assert within(0.9147 - 0.9047, 0.01)  # 0.010000000000000009
    assert not within(0.9148 - 0.9047, 0.01)


@pytest.mark.parametrize(("id", "number"), CASES)
def test_a_claim_fails_on_others(id: str, number: int) -> None:
    (claim,) = [claim for claim in claims.CLAIMS if claim.id == id]
    found = world()
    BREAKS[id][number](found)
    assert not claim.judge(Runs(found.values())).holds
