"""The study that the suite replicates: what it prints, and how a record departs from its recipe.

M. Pyšík, *Classification with neural networks in the Keras environment*, Brno University of
Technology, 2023. It made one run of each network, on TensorFlow.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from reports import statistics
from reports.record import Record, Series
from reports.tables import Table, groups

SUITED = {"tabular": "mlp", "image": "cnn", "sequential": "rnn"}
"""Kind of network that is the intuitive choice for a kind of data: the one that has two networks
in its experiment (section 5.3)."""
WIDE_AND_DEEP = (("tabular_mlp", "tabular_mlpx"), ("sequential_rnn", "sequential_rnnx"))
"""Pairs of about equal size: wider layers against more layers."""
EPOCHS = {"tabular": 150, "image": 200, "sequential": 100}
"""Sections 7.1 to 7.3, as the batch sizes."""
BATCH_SIZE = {"tabular": 256, "image": 32, "sequential": 64}
OPTIMIZER = {"tabular": "adam", "image": "adam", "sequential": "rmsprop"}
TRAIN_SAMPLES = {"miniboone": 104_051, "fashion_mnist": 60_000, "imdb": 25_000}
"""Section 5.1; four fifths of MiniBooNE, since the study does not tell its share."""


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


def departures(record: Record, *, epochs: int | None = None) -> list[str]:
    """Return how a record departs from the study's recipe; empty if it does not.

    ``epochs`` is how many are needed, if not all of them are.
    """
    found = []
    needed = epochs or EPOCHS[record.modality]
    if record.epochs < needed or (epochs is None and record.epochs > needed):
        found.append(f"{record.epochs} of {needed} epochs")
    if record.precision != "float32":
        found.append(f"computed in {record.precision}")
    if record.optimizer and record.optimizer != OPTIMIZER[record.modality]:
        found.append(f"optimizer {record.optimizer}, not {OPTIMIZER[record.modality]}")
    if record.batch_size != BATCH_SIZE[record.modality]:
        found.append(f"batches of {record.batch_size}, not {BATCH_SIZE[record.modality]}")
    if record.data and record.data.synthetic:
        found.append("synthetic data")
    elif record.data and record.data.train_samples < TRAIN_SAMPLES.get(record.dataset, 0):
        whole = TRAIN_SAMPLES[record.dataset]
        found.append(f"{record.data.train_samples:,} of {whole:,} training samples")
    return found


def original(records: Sequence[Record]) -> Table:
    """Return the study's numbers beside ours, at the same epoch of each.

    What it printed for an epoch that a run did not reach is left out; so that short runs are seen
    at all, its test metrics stand beside those after a run's last epoch, marked.
    """
    rows = []
    everything = printed()
    for group in groups(records):
        first = group[0]
        for number in everything:
            if number.network != first.architecture:
                continue
            if number.phase != "test" and number.epoch > first.epochs:
                continue
            values = [value for record in group if (value := _ours(record, number)) is not None]
            if not values:
                continue
            found = statistics.mean_interval([value - number.value for value in values])
            difference = sum(values) / len(values) - number.value
            rows.append(
                {
                    "network": number.network,
                    "backend": first.backend,
                    "metric": f"{number.phase} {number.metric}",
                    "epoch": number.epoch if number.phase != "test" else first.epochs,
                    "study": f"{number.value:.4f}",
                    "ours": f"{sum(values) / len(values):.4f}",
                    "n": len(values),
                    "difference": f"{difference:+.4f}",
                    "95 %": f"{found.low:+.4f} to {found.high:+.4f}" if found else None,
                    "departs in": "; ".join(departures(first, epochs=number.epoch)) or None,
                    "source": number.where,
                }
            )
    return Table(name="study", title="The study's numbers and ours", frame=pd.DataFrame(rows))


def _ours(record: Record, number: Printed) -> float | None:
    if number.phase == "test":
        return (record.test or {}).get(number.metric)
    if record.history is None:
        return None
    phases: dict[str, dict[str, Series]] = {
        "train": record.history.train,
        "validation": record.history.validation,
    }
    return phases[number.phase].get(number.metric, (None,) * number.epoch)[number.epoch - 1]


def suited(records: Sequence[Record]) -> Table:
    """Return, for each network of another kind, its test accuracy less that of the suited one.

    Paired by seed; of several suited networks the one of highest mean accuracy stands.
    """
    rows = []
    for (dataset, backend, epochs), group in _experiments(records).items():
        kind = SUITED[group[0].modality]
        suited = [found for found in groups(group) if found[0].kind == kind]
        if not suited:
            continue
        best = max(suited, key=_accuracy)
        rows += [
            {
                "data set": dataset,
                "backend": backend,
                "epochs": epochs,
                "suited": best[0].architecture,
                "other": other[0].architecture,
                **_against(best, other),
            }
            for other in groups(group)
            if other[0].kind != kind
        ]
    return Table(
        name="suited", title="Other kinds of network against the suited one", frame=_frame(rows)
    )


def width(records: Sequence[Record]) -> Table:
    """Return, for each pair of equal size, the deep network's accuracy less the wide one's."""
    rows = []
    for (dataset, backend, epochs), group in _experiments(records).items():
        by_name = {found[0].architecture: found for found in groups(group)}
        rows += [
            {
                "data set": dataset,
                "backend": backend,
                "epochs": epochs,
                "wide": wide,
                "deep": deep,
                **_against(by_name[wide], by_name[deep]),
            }
            for wide, deep in WIDE_AND_DEEP
            if wide in by_name and deep in by_name
        ]
    return Table(name="width", title="Width against depth", frame=_frame(rows))


MATCH = 0.005
"""Test accuracies that differ by less are taken for equal (the study's "match", section 7.4)."""


def _against(base: Sequence[Record], other: Sequence[Record]) -> dict[str, object]:
    """Return the difference of two networks' accuracies, with its interval and what it means."""
    before = {record.seed: (record.test or {}).get("accuracy") for record in base}
    after = {record.seed: (record.test or {}).get("accuracy") for record in other}
    pairs = [
        (old, new)
        for seed, old in before.items()
        if old is not None and (new := after.get(seed)) is not None
    ]
    if not pairs:
        return {"n": 0, "difference": None, "95 %": None, "outcome": "no seed in common"}
    differences = [new - old for old, new in pairs]
    mean = sum(differences) / len(pairs)
    found = statistics.mean_interval(differences)
    return {
        "n": len(pairs),
        "difference": f"{mean:+.4f}",
        "95 %": f"{found.low:+.4f} to {found.high:+.4f}" if found else None,
        "outcome": _outcome(found),
    }


def _outcome(found: statistics.Interval | None) -> str:
    if found is None:
        return "too few runs"
    if found.low > MATCH:
        return "beats it"
    if found.low > -MATCH:
        return "matches or beats it"
    if found.high < -MATCH:
        return "falls behind"
    return "undecided"


def _accuracy(group: Sequence[Record]) -> float:
    values = [(record.test or {}).get("accuracy") or 0.0 for record in group]
    return sum(values) / len(values)


def _experiments(records: Sequence[Record]) -> dict[tuple[str, str, int], list[Record]]:
    found: dict[tuple[str, str, int], list[Record]] = {}
    for record in records:
        if record.status == "ok" and record.modality in SUITED:
            found.setdefault((record.dataset, record.backend, record.epochs), []).append(record)
    return found


def _frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(rows)
