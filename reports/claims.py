"""What the study claims: each sentence a predicate on one run of its networks.

Sections are those of the study (`reports.study`); thresholds that it does not print are named here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from reports import study
from reports.record import Record


class NotFiniteError(ValueError):
    """A number that a claim is about is missing or not finite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one run says of a claim."""

    holds: bool | None
    """None where it takes more networks than the run has to tell."""
    numbers: Mapping[str, float]
    """Those that decide it, by what they are."""


class Runs:
    """The networks of one backend and seed, by name; a missing one raises `KeyError`."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records = {record.architecture: record for record in records}

    def __getitem__(self, name: str) -> Record:
        return self._records[name]

    def of(self, modality: str) -> list[Record]:
        """Return all networks of an experiment."""
        return [record for record in self._records.values() if record.modality == modality]

    def test(self, name: str, metric: str) -> float:
        """Return a test metric."""
        return _number((self[name].test or {}).get(metric), name, metric)

    def last(self, name: str, phase: str, metric: str) -> float:
        """Return a metric after the last epoch."""
        return self.series(name, phase, metric)[-1]

    def series(self, name: str, phase: str, metric: str) -> list[float]:
        """Return a metric after each epoch, ``train`` or ``validation``."""
        history = self[name].history
        if history is None:
            raise NotFiniteError(f"{name} has no history")
        values = {"train": history.train, "validation": history.validation}[phase]
        return [_number(value, name, metric) for value in values.get(metric, (None,))]

    def errors(self, name: str) -> tuple[int, int]:
        """Return false positives and false negatives of a binary task."""
        (_, false_positives), (false_negatives, _) = self.confusion(name)
        return false_positives, false_negatives

    def confusion(self, name: str) -> tuple[tuple[int, ...], ...]:
        """Return the confusion matrix."""
        counts = self[name].confusion
        if counts is None:
            raise NotFiniteError(f"{name} has no confusion matrix")
        return counts


def _number(value: float | None, name: str, metric: str) -> float:
    if value is None:
        raise NotFiniteError(f"{metric} of {name} is not a finite number")
    return value


TABULAR = ("tabular_mlp", "tabular_mlpx", "tabular_cnn", "tabular_rnn")
IMAGE = ("image_mlp", "image_cnn", "image_cnnx", "image_rnn")
SEQUENTIAL = ("sequential_mlp", "sequential_cnn", "sequential_rnn", "sequential_rnnx")


def _t1(runs: Runs) -> Evidence:
    best = {
        phase: min(max(runs.series(name, phase, "accuracy")[:EARLY]) for name in TABULAR)
        for phase in ("train", "validation")
    }
    return Evidence(
        holds=best["train"] >= 0.875 and best["validation"] >= 0.90,
        numbers={f"lowest of the best {phase} accuracies": best[phase] for phase in best},
    )


EARLY = 20


def _t2(runs: Runs) -> Evidence:
    gaps = {
        f"{name} validation − training loss": runs.last(name, "validation", "loss")
        - runs.last(name, "train", "loss")
        for name in TABULAR
    }
    return Evidence(holds=max(gaps.values()) < 0, numbers=gaps)


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


def _t4(runs: Runs) -> Evidence:
    losses = {name: runs.test(name, "loss") for name in TABULAR}
    accuracies = {name: runs.test(name, "accuracy") for name in TABULAR}
    return Evidence(
        holds=max(losses, key=losses.__getitem__)
        == min(accuracies, key=accuracies.__getitem__)
        == "tabular_cnn",
        numbers={f"{name} loss": loss for name, loss in losses.items()}
        | {f"{name} accuracy": accuracy for name, accuracy in accuracies.items()},
    )


def _t5(runs: Runs) -> Evidence:
    losses = {name: runs.test(name, "loss") for name in TABULAR}
    leads = {
        f"{metric}: mlp − rnn": runs.test("tabular_mlp", metric) - runs.test("tabular_rnn", metric)
        for metric in ("accuracy", "precision", "recall", "auc_pr", "f1")
    }
    return Evidence(
        holds=min(losses, key=losses.__getitem__) == "tabular_rnn" and min(leads.values()) >= 0,
        numbers={f"{name} loss": loss for name, loss in losses.items()} | leads,
    )


def _t6(runs: Runs) -> Evidence:
    shares, true = {}, 0.0
    for name in TABULAR:
        (tn, fp), (fn, tp) = runs.confusion(name)
        total = tn + fp + fn + tp
        shares[name] = (fp + tp) / total
        true = (fn + tp) / total
    above = [name for name, share in shares.items() if share > true]
    return Evidence(
        holds=above == ["tabular_rnn"] and min(shares, key=shares.__getitem__) == "tabular_mlpx",
        numbers={f"{name} predicted positive": share for name, share in shares.items()}
        | {"true positive share": true},
    )


SEVERAL = 3.0
"""How many times its own minimum the loss must reach to be "several times" it."""


def _i1(runs: Runs) -> Evidence:
    train = runs.last("image_cnnx", "train", "loss")
    validation = runs.series("image_cnnx", "validation", "loss")
    growth = validation[-1] / min(validation)
    return Evidence(
        holds=train < 0.05 and growth >= SEVERAL,
        numbers={"training loss": train, "validation loss over its minimum": growth},
    )


def _i2(runs: Runs) -> Evidence:
    best = max(runs.series("image_cnnx", "train", "accuracy"))
    return Evidence(holds=best >= 0.99, numbers={"best training accuracy": best})


def _i3(runs: Runs) -> Evidence:
    lead = runs.test("image_cnnx", "accuracy") - runs.test("image_cnn", "accuracy")
    return Evidence(holds=abs(lead) <= 0.01, numbers={"accuracy: cnnx − cnn": lead})


def _i4(runs: Runs) -> Evidence:
    losses = {name: runs.last(name, "validation", "loss") for name in IMAGE}
    accuracies = {name: runs.last(name, "validation", "accuracy") for name in IMAGE}
    return Evidence(
        holds=min(losses, key=losses.__getitem__)
        == max(accuracies, key=accuracies.__getitem__)
        == "image_cnn",
        numbers={f"{name} loss": loss for name, loss in losses.items()}
        | {f"{name} accuracy": accuracy for name, accuracy in accuracies.items()},
    )


def _i5(runs: Runs) -> Evidence:
    ratios = {
        f"{phase} loss: rnn over mlp": runs.last("image_rnn", phase, "loss")
        / runs.last("image_mlp", phase, "loss")
        for phase in ("train", "validation")
    }
    train, validation = ratios.values()
    return Evidence(holds=0.4 <= train <= 0.6 and 1.0 < validation <= 1.2, numbers=ratios)


def _i6(runs: Runs) -> Evidence:
    accuracies = {name: runs.test(name, "accuracy") for name in IMAGE}
    spread = max(accuracies.values()) - min(accuracies.values())
    return Evidence(
        holds=spread <= 0.015 and min(accuracies, key=accuracies.__getitem__) == "image_mlp",
        numbers=accuracies,
    )


def _i7(runs: Runs) -> Evidence:
    numbers: dict[str, float] = {}
    holds = True
    for name in IMAGE:
        data = runs[name].data
        assert data
        recalls = {
            label: row[place] / sum(row)
            for place, (label, row) in enumerate(
                zip(data.classes, runs.confusion(name), strict=True)
            )
        }
        (shirt,) = [label for label in recalls if label.lower() == "shirt"]
        others = min(recall for label, recall in recalls.items() if label != shirt)
        holds = holds and recalls[shirt] < others
        numbers |= {f"{name} shirt": recalls[shirt], f"{name} next lowest": others}
    return Evidence(holds=holds, numbers=numbers)


def _s1(runs: Runs) -> Evidence:
    numbers = {
        "training loss: rnnx − rnn": runs.last("sequential_rnnx", "train", "loss")
        - runs.last("sequential_rnn", "train", "loss"),
        "test loss: rnnx − rnn": runs.test("sequential_rnnx", "loss")
        - runs.test("sequential_rnn", "loss"),
    }
    return Evidence(holds=min(numbers.values()) > 0, numbers=numbers)


def _s2(runs: Runs) -> Evidence:
    losses = {name: runs.test(name, "loss") for name in SEQUENTIAL}
    accuracies = {name: runs.test(name, "accuracy") for name in SEQUENTIAL}
    validation = {name: runs.last(name, "validation", "loss") for name in SEQUENTIAL}
    return Evidence(
        holds=min(losses, key=losses.__getitem__)
        == min(validation, key=validation.__getitem__)
        == max(accuracies, key=accuracies.__getitem__)
        == "sequential_mlp",
        numbers={f"{name} loss": loss for name, loss in losses.items()}
        | {f"{name} accuracy": accuracy for name, accuracy in accuracies.items()},
    )


def _s3(runs: Runs) -> Evidence:
    accuracies = {name: runs.last(name, "validation", "accuracy") for name in SEQUENTIAL}
    spread = max(accuracies.values()) - min(accuracies.values())
    return Evidence(holds=spread <= 0.01, numbers=accuracies)


def _s4(runs: Runs) -> Evidence:
    biases = {name: abs(_bias(runs, name)) for name in SEQUENTIAL}
    return Evidence(
        holds=min(biases, key=biases.__getitem__) == "sequential_mlp",
        numbers={f"{name} |FP − FN|": bias for name, bias in biases.items()},
    )


def _s5(runs: Runs) -> Evidence:
    false_positives, false_negatives = runs.errors("sequential_cnn")
    return Evidence(
        holds=false_negatives >= 3 * false_positives,
        numbers={"false negatives": false_negatives, "false positives": false_positives},
    )


def _s6(runs: Runs) -> Evidence:
    names = ("sequential_rnn", "sequential_rnnx")
    one, two = (_bias(runs, name) for name in names)
    return Evidence(
        holds=one > 0 > two, numbers={f"{names[0]} FP − FN": one, f"{names[1]} FP − FN": two}
    )


def _bias(runs: Runs, name: str) -> int:
    false_positives, false_negatives = runs.errors(name)
    return false_positives - false_negatives


def _s7(runs: Runs) -> Evidence:
    lead = runs.test("sequential_cnn", "accuracy") - runs.test("sequential_rnn", "accuracy")
    return Evidence(holds=abs(lead) <= 0.005, numbers={"accuracy: cnn − rnn": lead})


def _g1(runs: Runs) -> Evidence:
    """Judge by the experiments that are there: one is enough to hold, three are needed to fail."""
    leads = {}
    for modality, names in (("tabular", TABULAR), ("image", IMAGE), ("sequential", SEQUENTIAL)):
        accuracy = {
            r.architecture: runs.test(r.architecture, "accuracy") for r in runs.of(modality)
        }
        if accuracy.keys() < set(names):
            continue
        kinds = {record.architecture: record.kind for record in runs.of(modality)}
        suited = max(accuracy[name] for name in names if kinds[name] == study.SUITED[modality])
        other = max(accuracy[name] for name in names if kinds[name] != study.SUITED[modality])
        leads[f"{modality}: best other − best suited"] = other - suited
    holds = any(lead >= -study.MATCH for lead in leads.values())
    if not leads:
        raise KeyError("a whole experiment")
    return Evidence(holds=holds if holds or len(leads) == 3 else None, numbers=leads)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One sentence of the study as a predicate on a run of its networks."""

    id: str
    section: str
    text: str
    judge: Callable[[Runs], Evidence]
    """Raises `KeyError` for a network that is not there, `NotFiniteError` for a number."""
    epochs: int | None = None
    """How many it is about; None for the whole of the recipe."""


CLAIMS = (
    Claim(
        id="T1",
        section="7.1.1",
        text="Every tabular network reaches 0.875 training and 0.90 validation accuracy within "
        "20 epochs.",
        judge=_t1,
        epochs=EARLY,
    ),
    Claim(
        id="T2",
        section="7.1.1",
        text="Every tabular network ends with a validation loss below its training loss.",
        judge=_t2,
    ),
    Claim(
        id="T3",
        section="7.1.2",
        text="Width before depth: tabular_mlp beats tabular_mlpx in test loss and every metric.",
        judge=_t3,
    ),
    Claim(
        id="T4",
        section="7.1.1",
        text="tabular_cnn has the worst test loss and accuracy of the four.",
        judge=_t4,
    ),
    Claim(
        id="T5",
        section="7.1.1",
        text="tabular_rnn has the lowest test loss, yet tabular_mlp is at least as good as it in "
        "every other metric.",
        judge=_t5,
    ),
    Claim(
        id="T6",
        section="7.1.1",
        text="Only tabular_rnn predicts more positives than there are; tabular_mlpx predicts the "
        "fewest.",
        judge=_t6,
    ),
    Claim(
        id="I1",
        section="7.2.1",
        text="image_cnnx overfits: its training loss ends below 0.05, its validation loss at "
        "several times (3 or more) its own minimum.",
        judge=_i1,
    ),
    Claim(
        id="I2",
        section="7.2.1",
        text="image_cnnx reaches 0.99 training accuracy.",
        judge=_i2,
    ),
    Claim(
        id="I3",
        section="7.2.2",
        text="Yet its test accuracy stays within 0.01 of that of image_cnn.",
        judge=_i3,
    ),
    Claim(
        id="I4",
        section="7.2.1",
        text="image_cnn ends with the lowest validation loss and the highest validation accuracy "
        "of the four.",
        judge=_i4,
    ),
    Claim(
        id="I5",
        section="7.2.1",
        text="image_rnn trains to about half the training loss of image_mlp (0.4 to 0.6) for about "
        "10 % more validation loss (up to 20 %).",
        judge=_i5,
    ),
    Claim(
        id="I6",
        section="7.2.1",
        text="The four test accuracies lie within 0.015 of each other, image_mlp lowest.",
        judge=_i6,
    ),
    Claim(
        id="I7",
        section="7.2.1",
        text="Shirts have the lowest recall with every network.",
        judge=_i7,
    ),
    Claim(
        id="S1",
        section="7.3.1, 7.3.2",
        text="Cells before layers: sequential_rnnx is worse than sequential_rnn in training and in "
        "test loss.",
        judge=_s1,
    ),
    Claim(
        id="S2",
        section="7.3.1",
        text="sequential_mlp has the best validation and test loss and the best test accuracy of "
        "the four.",
        judge=_s2,
    ),
    Claim(
        id="S3",
        section="7.3.1",
        text="The four end within 0.01 of each other in validation accuracy.",
        judge=_s3,
    ),
    Claim(
        id="S4",
        section="7.3.1",
        text="sequential_mlp is the least biased: it has the smallest |false positives − false "
        "negatives|.",
        judge=_s4,
    ),
    Claim(
        id="S5",
        section="7.3.1",
        text="sequential_cnn makes at least three times as many false negatives as false "
        "positives.",
        judge=_s5,
    ),
    Claim(
        id="S6",
        section="7.3.1",
        text="sequential_rnn leans to false positives, sequential_rnnx to false negatives.",
        judge=_s6,
    ),
    Claim(
        id="S7",
        section="7.3.2",
        text="sequential_cnn and sequential_rnn agree in test accuracy within 0.005.",
        judge=_s7,
    ),
    Claim(
        id="G1",
        section="7.4",
        text="In at least one experiment a network of another kind matches (within 0.005 test "
        "accuracy) or beats the best of the suited kind.",
        judge=_g1,
    ),
)
