"""The study's claims on texts (section 7.3)."""

from reports.study.claim import Claim, Evidence, Runs, highest, lowest, within
from reports.study.numbers import MATCH, NETWORKS

SEQUENTIAL = NETWORKS["sequential"]


def _s1(runs: Runs) -> Evidence:
    numbers = {
        "training loss: rnnx − rnn": runs.last("sequential_rnnx", "train", "loss")
        - runs.last("sequential_rnn", "train", "loss"),
        "test loss: rnnx − rnn": runs.test("sequential_rnnx", "loss")
        - runs.test("sequential_rnn", "loss"),
    }
    return Evidence(holds=min(numbers.values()) > 0, numbers=numbers)


S1 = Claim(
    id="S1",
    title="RNN: cells before layers",
    section="7.3.1, 7.3.2",
    text="Cells before layers: sequential_rnnx is worse than sequential_rnn in training and in "
    "test loss.",
    networks=("sequential_rnn", "sequential_rnnx"),
    judge=_s1,
)


def _s2(runs: Runs) -> Evidence:
    losses = {name: runs.test(name, "loss") for name in SEQUENTIAL}
    accuracies = {name: runs.test(name, "accuracy") for name in SEQUENTIAL}
    validation = {name: runs.last(name, "validation", "loss") for name in SEQUENTIAL}
    return Evidence(
        holds=lowest(losses) == lowest(validation) == highest(accuracies) == "sequential_mlp",
        numbers={f"{name} loss": loss for name, loss in losses.items()}
        | {f"{name} accuracy": accuracy for name, accuracy in accuracies.items()},
    )


S2 = Claim(
    id="S2",
    title="MLP best",
    section="7.3.1",
    text="sequential_mlp has the best validation and test loss and the best test accuracy of "
    "the four.",
    networks=SEQUENTIAL,
    judge=_s2,
)


def _s3(runs: Runs) -> Evidence:
    accuracies = {name: runs.last(name, "validation", "accuracy") for name in SEQUENTIAL}
    spread = max(accuracies.values()) - min(accuracies.values())
    return Evidence(holds=within(spread, 0.01), numbers=accuracies)


S3 = Claim(
    id="S3",
    title="all four within 0.01",
    section="7.3.1",
    text="The four end within 0.01 of each other in validation accuracy.",
    networks=SEQUENTIAL,
    judge=_s3,
)


def _s4(runs: Runs) -> Evidence:
    biases = {name: abs(_bias(runs, name)) for name in SEQUENTIAL}
    return Evidence(
        holds=lowest(biases) == "sequential_mlp",
        numbers={f"{name} |FP − FN|": bias for name, bias in biases.items()},
    )


S4 = Claim(
    id="S4",
    title="MLP least biased",
    section="7.3.1",
    text="sequential_mlp is the least biased: it has the smallest |false positives − false "
    "negatives|.",
    networks=SEQUENTIAL,
    judge=_s4,
)


def _s5(runs: Runs) -> Evidence:
    false_positives, false_negatives = runs.errors("sequential_cnn")
    numbers = {"false negatives": false_negatives, "false positives": false_positives}
    if false_negatives <= 3 * false_positives:  # whatever the others do
        return Evidence(holds=False, numbers=numbers)
    try:
        biases = {name: abs(_bias(runs, name)) for name in SEQUENTIAL}
    except KeyError:  # the others may be more biased
        return Evidence(holds=None, numbers=numbers)
    return Evidence(
        holds=highest(biases) == "sequential_cnn",
        numbers=numbers | {f"{name} |FP − FN|": bias for name, bias in biases.items()},
    )


S5 = Claim(
    id="S5",
    title="CNN most biased, to negatives",
    section="7.3.1",
    text="sequential_cnn makes more than three times as many false negatives as false positives, "
    "and is the most biased of the four.",
    networks=SEQUENTIAL,
    judge=_s5,
)


def _s6(runs: Runs) -> Evidence:
    names = ("sequential_rnn", "sequential_rnnx")
    one, two = (_bias(runs, name) for name in names)
    return Evidence(
        holds=one > 0 > two and -two > one,
        numbers={f"{names[0]} FP − FN": one, f"{names[1]} FP − FN": two},
    )


S6 = Claim(
    id="S6",
    title="RNNs biased opposite ways",
    section="7.3.1",
    text="sequential_rnn leans to false positives, sequential_rnnx to false negatives and more so.",
    networks=("sequential_rnn", "sequential_rnnx"),
    judge=_s6,
)


def _s7(runs: Runs) -> Evidence:
    lead = runs.test("sequential_cnn", "accuracy") - runs.test("sequential_rnn", "accuracy")
    return Evidence(holds=within(lead, MATCH), numbers={"accuracy: cnn − rnn": lead})


S7 = Claim(
    id="S7",
    title="CNN and RNN alike",
    section="7.3.2",
    text="sequential_cnn and sequential_rnn agree in test accuracy within 0.005.",
    networks=("sequential_cnn", "sequential_rnn"),
    judge=_s7,
)


def _bias(runs: Runs, name: str) -> int:
    false_positives, false_negatives = runs.errors(name)
    return false_positives - false_negatives
