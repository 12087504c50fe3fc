"""Networks against their parameter budgets."""

from collections.abc import Sequence

import pandas as pd

from reports.schema.record import Measured, Predicted, Trained
from reports.tables.table import Table, with_dataset_where_several


def budget(records: Sequence[Measured]) -> Table:
    """Return each network's trainable parameters against its budget."""
    rows = []
    for record in _one_each(records):
        network = record.network
        if network.budget is None or network.budget_reference is None:
            continue
        low, high = network.budget
        rows.append(
            {
                "network": record.architecture,
                "data set": record.dataset,
                "parameters": network.parameters,
                "reference X": f"{network.budget_reference:,}",
                "of X": f"{network.parameters / network.budget_reference - 1:+.1%}",
                "budget": f"{low:,} to {high:,}",
                "held": "yes" if network.within_budget else "NO",
            }
        )
    frame = with_dataset_where_several(pd.DataFrame(rows), records)
    return Table(name="budget", title="Parameter budget", frame=frame)


def _one_each(records: Sequence[Measured]) -> list[Trained | Predicted]:
    """Return one record per network and data set, in the order given."""
    networks = [record for record in records if isinstance(record, Trained | Predicted)]
    found = {(record.architecture, record.dataset): record for record in reversed(networks)}
    return list(found.values())[::-1]
