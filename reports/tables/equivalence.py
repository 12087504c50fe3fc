"""Records to answers on whether backends compute the same: arithmetic first, then results."""

from collections.abc import Sequence

import pandas as pd

from reports import statistics
from reports.grouping import groups
from reports.schema.record import Check, Compared, Measured, Trained
from reports.tables.front import accuracies_of
from reports.tables.table import Table, with_dataset_where_several

QUANTITIES = {
    "outputs": "outputs",
    "loss": "batch loss",
    "confident": "confident loss",
    "gradient": "worst gradient",
    "curve": "worst epoch's loss",
    "layer": "worst layer",
}
NAMED = ("gradient", "layer")
"""Quantities of which the worst is told by name."""
MARGIN = 0.005
"""Difference in mean test accuracy that does not matter: that of the study, and of the gate."""


def verdict(record: Compared) -> str:
    """Return whether a network on a backend equals its reference, and by what it does not."""
    different = [check for check in record.checks if not check.holds]
    if not different:
        return "equal"
    names = dict.fromkeys(QUANTITIES[check.quantity].removeprefix("worst ") for check in different)
    return f"DIFFERENT: {', '.join(names)}"


def matrix(records: Sequence[Compared]) -> Table:
    """Return network × backend: whether each equals the float64 reference."""
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for record in records:
        way = f"{record.backend}, {_computes_in(record)}"
        key = record.architecture, record.dataset, record.environment.machine
        rows.setdefault(key, {})[way] = verdict(record)
    named = [
        {"network": network, "data set": dataset, "machine": machine, **cells}
        for (network, dataset, machine), cells in rows.items()
    ]
    frame = _where_several(pd.DataFrame(named), records)
    return Table(name="equivalence", title="Equal to the reference?", frame=frame)


def _where_several(frame: pd.DataFrame, records: Sequence[Compared]) -> pd.DataFrame:
    """Return a frame without the columns that are the same in every row."""
    if len({record.environment.machine for record in records}) < 2:
        frame = frame.drop(columns="machine", errors="ignore")
    return with_dataset_where_several(frame, records)


def errors(records: Sequence[Compared]) -> Table:
    """Return the largest error of each quantity, relative to the float64 reference."""
    rows = []
    told = {check.quantity for record in records for check in record.checks}
    for record in records:
        row: dict[str, str | None] = {
            "network": record.architecture,
            "data set": record.dataset,
            "machine": record.environment.machine,
            "backend": record.backend,
            "computes in": _computes_in(record),
        }
        for quantity, label in QUANTITIES.items():
            if quantity == "layer" and quantity not in told:
                continue  # of own networks alone
            row[label] = _worst([c for c in record.checks if c.quantity == quantity])
        rows.append({**row, "verdict": verdict(record)})
    frame = _where_several(pd.DataFrame(rows), records)
    return Table(name="errors", title="Errors against the reference", frame=frame)


def _computes_in(record: Compared) -> str:
    """Return the precision, and the execution where it is not the usual one."""
    usual = record.execution == "default"
    return record.precision if usual else f"{record.precision}, {record.execution}"


def _worst(checks: Sequence[Check]) -> str | None:
    if not checks:
        return None
    check = max(checks, key=lambda c: float("inf") if c.error is None else c.error)
    error = "not finite" if check.error is None else f"{check.error:.0e}"
    mark = "" if check.holds else f" > {check.bound:.0e}"
    return f"{error}{mark}" + (f" ({check.tensor})" if check.quantity in NAMED else "")


def quality(records: Sequence[Measured]) -> Table:
    """Return whether the test accuracies of two backends are equivalent, over seeds.

    Two one-sided tests at 5 %: *equivalent* if the 90 % interval of the difference of means lies
    within the margin (D. J. Schuirmann, 1987), *different* if it lies wholly beyond it, and else
    *undecided*, as with fewer than three seeds. Seeds of two backends have nothing in common but
    the order of the batches, so they are not paired.
    """
    by_network: dict[tuple[str, str, int], dict[str, list[float]]] = {}
    for group in groups([record for record in records if isinstance(record, Trained)]):
        if accuracies := accuracies_of(group):
            key = group[0].architecture, group[0].dataset, group[0].epochs
            by_network.setdefault(key, {})[group[0].backend] = accuracies
    rows = []
    for (network, dataset, epochs), backends in by_network.items():
        first, *further = sorted(backends)
        for other in further:
            one, two = backends[first], backends[other]
            interval = statistics.difference(one, two, confidence=0.90)
            rows.append(
                {
                    "network": network,
                    "data set": dataset,
                    "epochs": epochs,
                    "backends": f"{other} − {first}",
                    "n": f"{len(two)} and {len(one)}",
                    "difference": f"{sum(two) / len(two) - sum(one) / len(one):+.4f}",
                    "90 %": f"{interval.low:+.4f} to {interval.high:+.4f}" if interval else None,
                    f"within {MARGIN}?": equivalent(interval),
                }
            )
    return Table(
        name="backend-quality",
        title="Same accuracy on both backends?",
        frame=with_dataset_where_several(pd.DataFrame(rows), records),
    )


def equivalent(interval: statistics.Interval | None) -> str:
    """Return what the 90 % interval of a difference of accuracies says of the margin."""
    if interval is None:
        return "undecided: fewer than three seeds"
    if interval.low > -MARGIN and interval.high < MARGIN:
        return "equivalent"
    if interval.low > MARGIN or interval.high < -MARGIN:
        return "different"
    return "undecided"
