"""Networks against their parameter budgets."""

from collections.abc import Sequence

import pandas as pd

from reports.schema.record import Measured, Predicted, Trained
from reports.tables.table import Table


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
                "parameters": network.parameters,
                "reference X": f"{network.budget_reference:,}",
                "of X": f"{network.parameters / network.budget_reference - 1:+.1%}",
                "budget": f"{low:,} to {high:,}",
                "held": "yes" if network.within_budget else "NO",
            }
        )
    return Table(name="budget", title="Parameter budget", frame=pd.DataFrame(rows))


def _one_each(records: Sequence[Measured]) -> list[Trained | Predicted]:
    """Return one record per network, in the order given."""
    networks = [record for record in records if isinstance(record, Trained | Predicted)]
    return list({record.architecture: record for record in reversed(networks)}.values())[::-1]
