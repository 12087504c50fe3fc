"""The study's claims on tabular data (section 7.1)."""

from reports.study.claim import Claim, Evidence, Runs, highest, lowest
from reports.study.numbers import NETWORKS

TABULAR = NETWORKS["tabular"]
EARLY = 20
"""Epochs."""
RESAMPLED = (
    "the study drew its test subset anew after training (7.1.1), so it probably holds training rows"
)


def _t1(runs: Runs) -> Evidence:
    best = {
        phase: min(max(runs.series(name, phase, "accuracy")[:EARLY]) for name in TABULAR)
        for phase in ("train", "validation")
    }
    return Evidence(
        holds=best["train"] >= 0.875 and best["validation"] >= 0.90,
        numbers={f"lowest of the best {phase} accuracies": best[phase] for phase in best},
    )


T1 = Claim(
    id="T1",
    title="all four learn within 20 epochs",
    section="7.1.1",
    text="Every tabular network reaches 0.875 training and 0.90 validation accuracy within "
    "20 epochs.",
    networks=TABULAR,
    judge=_t1,
    epochs=EARLY,
)


def _t2(runs: Runs) -> Evidence:
    gaps = {
        f"{name} validation − training loss": runs.last(name, "validation", "loss")
        - runs.last(name, "train", "loss")
        for name in TABULAR
    }
    below = sum(gap < 0 for gap in gaps.values())
    return Evidence(holds=below > len(gaps) / 2, numbers=gaps)


T2 = Claim(
    id="T2",
    title="validation loss below training loss",
    section="7.1.1",
    text="Most tabular networks (three or more of four) end with a validation loss below their "
    "training loss.",
    networks=TABULAR,
    judge=_t2,
)


def _t3(runs: Runs) -> Evidence:
    leads = {
        metric: runs.test("tabular_mlp", metric) - runs.test("tabular_mlpx", metric)
        for metric in ("loss", "accuracy", "precision", "recall", "auc_pr", "f1")
    }
    better = [lead < 0 if metric == "loss" else lead > 0 for metric, lead in leads.items()]
    return Evidence(
        holds=all(better),
        numbers={f"{metric}: mlp − mlpx": lead for metric, lead in leads.items()},
    )


T3 = Claim(
    id="T3",
    title="MLP: width before depth",
    section="7.1.2",
    text="Width before depth: tabular_mlp beats tabular_mlpx in test loss and every metric.",
    networks=("tabular_mlp", "tabular_mlpx"),
    judge=_t3,
    caveat=RESAMPLED,
)


def _t4(runs: Runs) -> Evidence:
    losses = {name: runs.test(name, "loss") for name in TABULAR}
    accuracies = {name: runs.test(name, "accuracy") for name in TABULAR}
    return Evidence(
        holds=highest(losses) == lowest(accuracies) == "tabular_cnn",
        numbers={f"{name} loss": loss for name, loss in losses.items()}
        | {f"{name} accuracy": accuracy for name, accuracy in accuracies.items()},
    )


T4 = Claim(
    id="T4",
    title="CNN worst",
    section="7.1.1",
    text="tabular_cnn has the worst test loss and accuracy of the four.",
    networks=TABULAR,
    judge=_t4,
    caveat=RESAMPLED,
)


def _t5(runs: Runs) -> Evidence:
    losses = {name: runs.test(name, "loss") for name in TABULAR}
    leads = {
        f"{metric}: mlp − rnn": runs.test("tabular_mlp", metric) - runs.test("tabular_rnn", metric)
        for metric in ("accuracy", "precision", "recall", "auc_pr", "f1")
    }
    return Evidence(
        holds=lowest(losses) == "tabular_rnn" and min(leads.values()) > 0,
        numbers={f"{name} loss": loss for name, loss in losses.items()} | leads,
    )


T5 = Claim(
    id="T5",
    title="RNN has the lowest loss, MLP wins the rest",
    section="7.1.1",
    text="tabular_rnn has the lowest test loss, yet tabular_mlp is better than it in every other "
    "metric.",
    networks=TABULAR,
    judge=_t5,
    caveat=RESAMPLED,
)


def _t6(runs: Runs) -> Evidence:
    shares, true = {}, 0.0
    for name in TABULAR:
        (tn, fp), (fn, tp) = runs.binary(name)
        total = tn + fp + fn + tp
        shares[name] = (fp + tp) / total
        true = (fn + tp) / total
    above = [name for name, share in shares.items() if share > true]
    return Evidence(
        holds=above == ["tabular_rnn"] and lowest(shares) == "tabular_mlpx",
        numbers={f"{name} predicted positive": share for name, share in shares.items()}
        | {"true positive share": true},
    )


T6 = Claim(
    id="T6",
    title="only RNN predicts too many positives",
    section="7.1.1",
    text="Only tabular_rnn predicts more positives than there are; tabular_mlpx predicts the "
    "fewest.",
    networks=TABULAR,
    judge=_t6,
    caveat=RESAMPLED,
)
