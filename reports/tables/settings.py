"""Records to the answer which backend and settings run a network fastest."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from reports import statistics, two_sides
from reports.grouping import anchor
from reports.schema.record import Measured, Trained
from reports.tables.table import Table, typical, with_dataset_where_several, without_empty
from reports.timing import calm_epochs, noises, times, undisturbed

DEFAULT = "default"
Way = tuple[str, str]
"""Backend and settings."""


def settings(records: Sequence[Measured]) -> Table:
    """Return one row for each network, backend and settings: what a choice between them needs.

    All of one machine, profile and kind of data. *fastest* is told only where the 95 % interval of
    the ratio of epochs to each rival's leaves no doubt, which needs three undisturbed runs of each.
    """
    rows: list[dict[str, Any]] = []
    by_network: dict[tuple[str, str, int], dict[Way, list[Measured]]] = {}
    for record in records:
        if record.kind != "baseline":
            key = record.architecture, record.dataset, record.epochs
            ways = by_network.setdefault(key, {})
            ways.setdefault((record.backend, record.settings or DEFAULT), []).append(record)
    for ways in by_network.values():
        runs = {
            way: calm_epochs(group) for way, group in ways.items() if any(map(step_seconds, group))
        }
        rows += [_row(way, group, runs) for way, group in ways.items()]
    return Table(
        name="settings",
        title="Which backend and settings?",
        frame=with_dataset_where_several(without_empty(rows), records),
        links=tuple(anchor(group[0]) for ways in by_network.values() for group in ways.values()),
    )


def _row(way: Way, group: Sequence[Measured], runs: Mapping[Way, list[float]]) -> dict[str, Any]:
    """Return the row of one way; ``runs`` are the epochs of all, disturbed ones left out."""
    backend, setting = way
    told = undisturbed(group)
    run_times = [times(record) for record in told]
    plain, mine = runs.get((backend, DEFAULT)), runs.get(way, [])
    return {
        "network": group[0].architecture,
        "data set": group[0].dataset,
        "backend": backend,
        "settings": setting,
        "n": len(group),
        "epochs": group[0].epochs or None,
        "step [ms] ↓": _format(_steps(told), "{:.3f}"),
        **{
            name: typical(run[name] for run in run_times)
            for name in ("epoch_seconds", "latency_milliseconds", "throughput")
        },
        "epoch, × default ↓": two_sides.ratio(plain or (), mine) if setting != DEFAULT else None,
        "compile [s] ↓": _format(_compile(told), "{:.2f}"),
        "per fit [ms] ↓": _format(_per_fit(told), "{:.1f}"),
        "peak_memory_megabytes": typical(run["peak_memory_megabytes"] for run in run_times),
        "fastest": "yes" if mine and _beats_all(way, runs) else None,
        "noise": noises(told),
    }


def step_seconds(record: Measured) -> float | None:
    """Return the median steady epoch over its steps, a ragged last one included."""
    if not isinstance(record, Trained) or not record.durations.epoch_seconds:
        return None
    steps = -(-record.data.train_samples // record.batch_size)
    return median(record.durations.epoch_seconds) / steps


def _steps(group: Sequence[Measured]) -> float | None:
    seconds = typical(map(step_seconds, group))
    return seconds * 1e3 if seconds else None


def _compile(group: Sequence[Measured]) -> float | None:
    """Return how much longer the first epoch was than the steady ones.

    None where that is less than the width of their middle half: long epochs hide it.
    """
    differences, spreads = [], []
    for record in group:
        if isinstance(record, Trained) and (d := record.durations).epoch_seconds:
            differences.append(d.first_epoch_seconds - median(d.epoch_seconds))
            spreads.append((statistics.spread(d.epoch_seconds) or 0) * median(d.epoch_seconds))
    return median(differences) if differences and median(differences) > median(spreads) else None


def _per_fit(group: Sequence[Measured]) -> float | None:
    """Return what each epoch's call costs besides its steps, the first call's left out."""
    seconds = [
        median(record.durations.fit_setup_seconds[1:])
        for record in group
        if isinstance(record, Trained) and len(record.durations.fit_setup_seconds) > 1
    ]
    return median(seconds) * 1e3 if seconds else None


def _beats_all(way: Way, runs: Mapping[Way, list[float]]) -> bool:
    """Return whether every rival is surely slower; one whose runs were all disturbed may not be."""
    rivals = [other for other in runs if other != way]
    ratios = [
        statistics.ratio(runs[way], runs[rival], confidence=0.95)
        if runs[way] and runs[rival]
        else None
        for rival in rivals
    ]
    return bool(ratios) and all(ratio is not None and ratio.low > 1 for ratio in ratios)


def _format(value: float | None, form: str) -> str | None:
    return None if value is None else form.format(value)
