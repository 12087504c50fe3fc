"""The study's claims on images (section 7.2)."""

from reports.study.claim import Claim, Evidence, NotFiniteError, Runs, highest, lowest, within
from reports.study.numbers import NETWORKS

IMAGE = NETWORKS["image"]
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


I1 = Claim(
    id="I1",
    title="CNN without dropout overfits",
    section="7.2.1",
    text="image_cnnx overfits: its training loss ends below 0.05, its validation loss at "
    "several times (3 or more) its own minimum.",
    networks=("image_cnnx",),
    judge=_i1,
)


def _i2(runs: Runs) -> Evidence:
    best = max(runs.series("image_cnnx", "train", "accuracy"))
    return Evidence(holds=best >= 0.99, numbers={"best training accuracy": best})


I2 = Claim(
    id="I2",
    title="… to 0.99 training accuracy",
    section="7.2.1",
    text="image_cnnx reaches 0.99 training accuracy.",
    networks=("image_cnnx",),
    judge=_i2,
)


def _i3(runs: Runs) -> Evidence:
    lead = runs.test("image_cnnx", "accuracy") - runs.test("image_cnn", "accuracy")
    return Evidence(holds=within(lead, 0.01), numbers={"accuracy: cnnx − cnn": lead})


I3 = Claim(
    id="I3",
    title="… yet keeps its test accuracy",
    section="7.2.2",
    text="Yet its test accuracy stays within 0.01 of that of image_cnn.",
    networks=("image_cnn", "image_cnnx"),
    judge=_i3,
)


def _i4(runs: Runs) -> Evidence:
    losses = {name: runs.last(name, "validation", "loss") for name in IMAGE}
    accuracies = {name: runs.last(name, "validation", "accuracy") for name in IMAGE}
    return Evidence(
        holds=lowest(losses) == highest(accuracies) == "image_cnn",
        numbers={f"{name} loss": loss for name, loss in losses.items()}
        | {f"{name} accuracy": accuracy for name, accuracy in accuracies.items()},
    )


I4 = Claim(
    id="I4",
    title="CNN best in validation",
    section="7.2.1",
    text="image_cnn ends with the lowest validation loss and the highest validation accuracy "
    "of the four.",
    networks=IMAGE,
    judge=_i4,
)


def _i5(runs: Runs) -> Evidence:
    ratios = {
        f"{phase} loss: rnn over mlp": runs.last("image_rnn", phase, "loss")
        / runs.last("image_mlp", phase, "loss")
        for phase in ("train", "validation")
    }
    train, validation = ratios.values()
    return Evidence(holds=0.4 <= train <= 0.6 and 1.0 < validation <= 1.2, numbers=ratios)


I5 = Claim(
    id="I5",
    title="RNN: half the training loss of MLP",
    section="7.2.1",
    text="image_rnn trains to about half the training loss of image_mlp (0.4 to 0.6) for about "
    "10 % more validation loss (up to 20 %).",
    networks=("image_mlp", "image_rnn"),
    judge=_i5,
)


def _i6(runs: Runs) -> Evidence:
    accuracies = {name: runs.test(name, "accuracy") for name in IMAGE}
    spread = max(accuracies.values()) - min(accuracies.values())
    return Evidence(
        holds=within(spread, 0.015) and lowest(accuracies) == "image_mlp",
        numbers=accuracies,
    )


I6 = Claim(
    id="I6",
    title="all four within 0.015, MLP lowest",
    section="7.2.1",
    text="The four test accuracies lie within 0.015 of each other, image_mlp lowest.",
    networks=IMAGE,
    judge=_i6,
)


def _i7(runs: Runs) -> Evidence:
    worst = {"cnn": {"shirt"}, "mlp": {"shirt", "coat"}, "rnn": {"shirt", "coat"}}
    numbers: dict[str, float] = {}
    holds = True
    for name in IMAGE:
        data = runs[name].data
        if not {"shirt", "coat"} < {label.lower() for label in data.classes}:
            raise NotFiniteError(f"{name} was tested on no shirts and coats")
        recalls = {
            label: row[place] / sum(row)
            for place, (label, row) in enumerate(
                zip(data.classes, runs.confusion(name), strict=True)
            )
        }
        named = [label for label in recalls if label.lower() in worst[runs[name].kind]]
        lowest_other = min(recall for label, recall in recalls.items() if label not in named)
        holds = holds and max(recalls[label] for label in named) < lowest_other
        numbers |= {f"{name} {label.lower()}": recalls[label] for label in named}
        numbers[f"{name} next lowest"] = lowest_other
    return Evidence(holds=holds, numbers=numbers)


I7 = Claim(
    id="I7",
    title="shirts recognised worst",
    section="7.2.1",
    text="Shirts have the lowest recall with both CNNs, shirts and coats the two lowest with "
    "image_mlp and image_rnn.",
    networks=IMAGE,
    judge=_i7,
    caveat="it speaks of problems with shirts, and with shirts and coats; that their recalls are "
    "the lowest is our reading",
)
