"""What every table is: numbers unrounded, with a form for people."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports import statistics
from reports.schema.metrics import BY_NAME
from reports.schema.record import Header

FORMULA = re.compile(r"\s*[=@+-]")
"""How a spreadsheet's formula begins."""
DIFFERENCE = re.compile(r"[+-]\d[\d.]*( to [+-]\d[\d.]*|%)?")
"""What of ours begins so."""

ABSENT = "–"
NUMBER = re.compile(
    r"[~×+−-]?\d[\d.,]*(e[+-]\d+)?( ?%)?( (to|of|and) [+−-]?\d[\d.,]*)?( \(.*\))?( [=≈≠?])?"
)
"""A number, a share, an interval, or a number with a remark in brackets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with a name for its file and a title for people."""

    name: str
    title: str
    frame: pd.DataFrame
    """Columns named as in `reports.schema.metrics` hold numbers of that metric."""
    links: tuple[str, ...] = ()
    """Of each row, the page of its experiment (`reports.pages`); empty where there is none."""

    @property
    def heads(self) -> list[str]:
        """Column heads with unit and, for what is judged, the better direction."""
        return [_head(column) for column in self.frame.columns]

    @property
    def cells(self) -> list[list[str]]:
        """Rows of texts; what is absent is a dash."""
        return [
            [_cell(column, value) for column, value in zip(self.frame.columns, row, strict=True)]
            for row in self.frame.itertuples(index=False)
        ]

    @property
    def numeric(self) -> list[bool]:
        """Whether each column is to be set flush right: all that stands in it are numbers."""
        cells = self.cells
        return [
            all(row[place] == ABSENT or NUMBER.fullmatch(row[place]) for row in cells)
            for place in range(len(self.frame.columns))
        ]


def text(table: Table) -> str:
    """Return a table in plain text."""
    frame = pd.DataFrame(table.cells, columns=table.heads)
    return str(frame.to_string(index=False))


def csv_text(table: Table) -> str:
    """Return a table as CSV, in which nothing is a formula to a spreadsheet."""
    frame = table.frame.map(_inert).rename(columns=_inert)
    return str(frame.to_csv(index=False))


def _inert(value: object) -> object:
    """Return a text that would be computed with an apostrophe before it, which makes it a text."""
    if isinstance(value, str) and FORMULA.match(value) and not DIFFERENCE.fullmatch(value):
        return f"'{value}"
    return value


def without_empty(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows without the columns in which nothing stands."""
    return pd.DataFrame(rows).dropna(axis="columns", how="all")


def with_dataset_where_several(frame: pd.DataFrame, records: Sequence[Header]) -> pd.DataFrame:
    """Return a frame without its column *data set* where all records are of one."""
    several = len({record.dataset for record in records}) > 1
    return frame if several else frame.drop(columns="data set", errors="ignore")


def over(values: Iterable[float | None], average: Callable[[list[float]], float]) -> float | None:
    """Return an average of the values that are there, None if none is."""
    present = [value for value in values if value is not None]
    return average(present) if present else None


def typical(values: Iterable[float | None]) -> float | None:
    """Return the geometric mean of what several runs took, as intervals of times are around it.

    Of the values that are there; None if none is.
    """
    present = [value for value in values if value is not None]
    if len(set(present)) == 1:
        return present[0]
    return statistics.geometric_mean(present) if present else None


def _head(column: str) -> str:
    metric = BY_NAME.get(column)
    if metric is None:
        return column
    unit = f" [{metric.unit}]" if metric.unit else ""
    arrow = "" if metric.name == "parameters" else {"lower": " ↓", "higher": " ↑"}[metric.better]
    return f"{metric.label}{unit}{arrow}"


def _cell(column: str, value: object) -> str:
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return ABSENT
    if column in BY_NAME:
        number = int(value) if column == "parameters" else value  # type: ignore[call-overload]
        return BY_NAME[column].format.format(number)
    return str(value)
