"""Times and memory."""

from collections.abc import Sequence
from statistics import median

from reports import statistics, two_sides
from reports.grouping import anchor, groups
from reports.schema.record import Measured, Scored, Trained
from reports.tables.table import Table, typical, with_dataset_where_several, without_empty
from reports.timing import TIMING, noises, seconds_to, times, undisturbed


def timing(records: Sequence[Measured]) -> Table:
    """Return durations and memory: medians over epochs and calls, geometric means over seeds.

    Those of the runs that others left alone; of all where they disturbed every run.
    """
    rows = []
    sides = two_sides.by_key(groups(records))
    for group in groups(records):
        told = undisturbed(group)
        run_times = [times(record) for record in told]
        rows.append(
            {
                "network": group[0].architecture,
                "data set": group[0].dataset,
                "backend": group[0].backend,
                "n": len(group),
                **{name: typical(run[name] for run in run_times) for name in TIMING},
                "epoch, 95 %": _epoch_interval(told),
                "epoch, × base (95 %)": two_sides.epoch(group, sides),
                "noise": noises(told),
            }
        )
    return Table(
        name="timing",
        title="Time and memory",
        frame=with_dataset_where_several(without_empty(rows), records),
        links=tuple(anchor(group[0]) for group in groups(records)),
    )


def time_to_accuracy(records: Sequence[Measured]) -> tuple[Table, str]:
    """Return the seconds of training until validation first reached each target.

    Geometric means over the runs that others left alone, if one of them reached it. A target that
    no run of a row reached is no row: the sentence beside the table counts them.
    """
    rows = []
    missed = 0
    for group in groups([record for record in records if isinstance(record, Scored)]):
        for target in group[0].data.target_accuracies:
            trained = [record for record in group if isinstance(record, Trained)]
            reached = [r for r in trained if seconds_to(r, target, compilation=True) is not None]
            if not reached:
                missed += bool(trained)
                continue
            told = undisturbed(reached)
            seconds = {
                compiled: [seconds_to(record, target, compilation=compiled) for record in told]
                for compiled in (True, False)
            }
            rows.append(
                {
                    "network": group[0].architecture,
                    "data set": group[0].dataset,
                    "backend": group[0].backend,
                    "epochs": group[0].epochs,
                    "target accuracy": f"{target:.2f}",
                    "reached": f"{len(reached)} of {len(group)}",
                    "with compilation [s]": _seconds(seconds[True]),
                    "without compilation [s]": _seconds(seconds[False]),
                    "noise": noises(told),
                }
            )
    table = Table(
        name="time-to-accuracy",
        title="Time to accuracy",
        frame=with_dataset_where_several(without_empty(rows), records),
    )
    return table, f"No run reached the target accuracy in {missed} further cases." * (missed > 0)


def _epoch_interval(group: Sequence[Measured]) -> str | None:
    """Return the interval of a row's typical run, or of its only run's typical epoch."""
    runs = [
        record.durations.epoch_seconds
        for record in group
        if isinstance(record, Trained) and record.durations.epoch_seconds
    ]
    if len(runs) == 1:
        interval, remark = statistics.median_interval(runs[0]), " (one run)"
    else:
        interval, remark = statistics.typical_interval([median(run) for run in runs]), ""
    return f"{interval.low:.3f} to {interval.high:.3f}{remark}" if interval else None


def _seconds(values: Sequence[float | None]) -> str | None:
    seconds = typical(values)
    return None if seconds is None else f"{seconds:.1f}"
