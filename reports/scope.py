"""Which experiments may stand in one table: those of one recipe, machine and kind of data."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from reports.charts import Looks, looks
from reports.schema.record import Compared, Measured, Record
from reports.tables.ways import by_way

KINDS_OF_DATA = (REAL, OTHER, SYNTHETIC) = (
    "real data",
    "data OTHER than the published",
    "SYNTHETIC data",
)
"""As `reports.schema.record.Data.kind` has them, in the order of the report."""
MODALITIES = ("tabular", "image", "sequential")
KINDS = ("mlp", "cnn", "rnn", "baseline")
"""In the order of the study; others, which a later version may have, come after them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Experiments whose numbers may stand in one table."""

    slug: str
    """How the names of its files begin."""
    recipe: str
    machine: str
    data: str
    """Of what kind (`reports.schema.record.Data.kind`)."""
    records: tuple[Measured, ...] = field(repr=False)
    """As they were made, in the order of tables."""
    ways: tuple[Measured, ...] = field(repr=False)
    """The same with their settings in the name of their backend (`reports.tables.ways.by_way`)."""
    looks: Looks = field(repr=False)
    """Of the networks and ways of the whole report."""

    @property
    def title(self) -> str:
        """What they have in common."""
        return f"Profile {self.recipe}, {self.data}, {self.machine}"

    @property
    def mark(self) -> str:
        """What has to stand beside the data set's name; empty for what is published."""
        return "" if self.data == REAL else f" ({self.data})"

    def datasets(self) -> Iterator[tuple[str, list[Measured]]]:
        """Yield each data set with its records, named by their way."""
        for name in dict.fromkeys(record.dataset for record in self.ways):
            yield name, [record for record in self.ways if record.dataset == name]


def scopes(records: Iterable[Record]) -> tuple[Scope, ...]:
    """Return the scopes: published data first, and of those what has most networks and ways."""
    measured = [record for record in records if isinstance(record, Measured)]
    found: dict[tuple[int, str, str], list[Measured]] = {}
    for record in measured:
        data = KINDS_OF_DATA.index(record.data.kind)
        key = data, record.recipe, record.environment.machine
        found.setdefault(key, []).append(record)

    def order(key: tuple[int, str, str]) -> tuple[object, ...]:
        cells = {(r.architecture, r.dataset, r.backend, r.settings) for r in found[key]}
        return key[0], -len(cells), *key[1:]

    # Networks before other classifiers: theirs are the first colours.
    ways = sorted(map(by_way, measured), key=lambda r: (r.kind == "baseline", table_order(r)))
    shown = looks(ways)
    return tuple(
        _scope(f"scope{number}", key, found[key], shown)
        for number, key in enumerate(sorted(found, key=order), 1)
    )


def _scope(
    slug: str, key: tuple[int, str, str], records: Sequence[Measured], shown: Looks
) -> Scope:
    data, recipe, machine = key
    ways = [by_way(record) for record in records]
    return Scope(
        slug=slug,
        recipe=recipe,
        machine=machine,
        data=KINDS_OF_DATA[data],
        records=tuple(sorted(records, key=table_order)),
        ways=tuple(sorted(ways, key=table_order)),
        looks=shown,
    )


def table_order(record: Measured | Compared) -> tuple[object, ...]:
    """Return what sorts records as tables have them: by data, kind, network, backend, seed."""
    return (
        *_place(MODALITIES, record.modality),
        *_place(KINDS, record.kind),
        record.architecture,
        record.backend,
        record.seed,
    )


def _place(order: Sequence[str], name: str) -> tuple[int, str]:
    """Return what sorts a name by an order, and unknown ones by their letters behind it."""
    return (order.index(name), name) if name in order else (len(order), name)
