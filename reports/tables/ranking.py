"""Which network is best, as far as its runs tell."""

from collections.abc import Sequence
from statistics import fmean

import pandas as pd

from reports import statistics
from reports.grouping import groups
from reports.schema.record import Measured, Scored
from reports.tables.front import accuracies_of, step_of
from reports.tables.table import Table


def ranking(records: Sequence[Measured]) -> Table:
    """Return the networks by mean test accuracy, with ties where the runs do not tell them apart.

    A network's rank is one more than the number of networks that are surely better. There is none
    below three runs of each, or where one of them has another number of epochs.
    """
    rows = []
    experiments: dict[tuple[str, str, int], list[list[Scored]]] = {}
    for group in groups([record for record in records if isinstance(record, Scored)]):
        key = group[0].dataset, group[0].backend, group[0].epochs
        experiments.setdefault(key, []).append(group)
    for (dataset, backend, epochs), networks in experiments.items():
        measured = [group for group in networks if accuracies_of(group)]
        names = [group[0].architecture for group in measured]
        samples = [accuracies_of(group) for group in measured]
        apart = statistics.told_apart(samples, resolution=step_of(measured))
        if apart is None:
            continue
        means = [fmean(sample) for sample in samples]
        for i in sorted(range(len(names)), key=lambda i: -means[i]):
            ties = [names[j] for j in range(len(names)) if j != i and not apart[i, j]]
            rows.append(
                {
                    "data set": dataset,
                    "backend": backend,
                    "epochs": epochs,
                    "rank": 1 + sum(apart[i, j] and means[j] > means[i] for j in range(len(names))),
                    "network": names[i],
                    "accuracy": means[i],
                    "n": len(samples[i]),
                    "not told apart from": ", ".join(ties) or None,
                }
            )
    return Table(name="ranking", title="Ranking", frame=pd.DataFrame(rows))
