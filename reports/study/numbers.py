"""The study that the suite replicates: what it prints, and how a record departs from its recipe.

M. Pyšík, *Classification with neural networks in the Keras environment*, Brno University of
Technology, 2023. It made one run of each network, on TensorFlow.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reports.schema.record import Measured

SUITED = {"tabular": "mlp", "image": "cnn", "sequential": "rnn"}
"""Kind of network that is the intuitive choice for a kind of data: the one that has two networks
in its experiment (section 5.3)."""
WIDE_AND_DEEP = (("tabular_mlp", "tabular_mlpx"), ("sequential_rnn", "sequential_rnnx"))
"""Pairs of about equal size: wider layers against more layers."""
MATCH = 0.005
"""Test accuracies that differ by less are taken for equal (the study's "match", section 7.4)."""
DATASETS = {"tabular": "miniboone", "image": "fashion_mnist", "sequential": "imdb"}
"""Section 5.1."""
STANDS_IN = {"tabular": "magic"}
"""Not the study's: data of the same kind, by that kind, that its networks were scaled to."""
NETWORKS = {
    "tabular": ("tabular_mlp", "tabular_mlpx", "tabular_cnn", "tabular_rnn"),
    "image": ("image_mlp", "image_cnn", "image_cnnx", "image_rnn"),
    "sequential": ("sequential_mlp", "sequential_cnn", "sequential_rnn", "sequential_rnnx"),
}
"""Section 5.3."""
EPOCHS = {"tabular": 150, "image": 200, "sequential": 100}
"""Sections 7.1 to 7.3, as the batch sizes."""
BATCH_SIZE = {"tabular": 256, "image": 32, "sequential": 64}
OPTIMIZER = {"tabular": "adam", "image": "adam", "sequential": "rmsprop"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One number of the study."""

    network: str
    phase: Literal["train", "validation", "test"]
    epoch: int
    """Counted from 1."""
    metric: str
    value: float
    where: str
    """Table or section."""


def printed() -> tuple[Printed, ...]:
    """Return every number that the study prints for a stated epoch, from ``study.csv``."""
    with Path(__file__).with_name("study.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(
            Printed(
                network=row["network"],
                phase=row["phase"],  # type: ignore[arg-type]
                epoch=int(row["epoch"]),
                metric=row["metric"],
                value=float(row["value"]),
                where=row["where"],
            )
            for row in csv.DictReader(stream)
        )


def of_the_study(record: Measured) -> bool:
    """Return whether a record is of one of the study's networks on its data."""
    return _of_its_networks(record) and record.dataset == DATASETS[record.modality]


def stands_in(record: Measured) -> bool:
    """Return whether a record is of one of the study's networks on data that stand in for its."""
    return _of_its_networks(record) and record.dataset == STANDS_IN.get(record.modality)


def _of_its_networks(record: Measured) -> bool:
    if record.architecture not in NETWORKS.get(record.modality, ()):
        return False
    return record.architecture.removesuffix("x") == f"{record.modality}_{record.kind}"


def departures(record: Measured, *, epochs: int | None = None) -> list[str]:
    """Return how a record departs from the study's recipe; empty if it does not.

    ``epochs`` is how many are needed, if not all of them are.
    """
    reasons = []
    needed = epochs or EPOCHS[record.modality]
    if record.epochs < needed or (epochs is None and record.epochs > needed):
        reasons.append(f"{record.epochs} of {needed} epochs")
    if record.precision != "float32":
        reasons.append(f"computed in {record.precision}")
    if record.optimizer and record.optimizer != OPTIMIZER[record.modality]:
        reasons.append(f"optimizer {record.optimizer}, not {OPTIMIZER[record.modality]}")
    if record.batch_size != BATCH_SIZE[record.modality]:
        reasons.append(f"batches of {record.batch_size}, not {BATCH_SIZE[record.modality]}")
    data = record.data
    if data.synthetic:
        reasons.append("synthetic data")
    elif not data.published:
        reasons.append("other data than the published")
    elif data.train_samples < (data.whole_train_samples or 0):
        whole = data.whole_train_samples
        reasons.append(f"{data.train_samples:,} of {whole:,} training samples")
    return reasons
