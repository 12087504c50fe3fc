"""What a duel came to: two sides measured in turns, pair by pair. A file of its own, as JSON.

Schema history:

1. Cells with their pairs, what both sides ran with, and what they learned.
2. Pairs tell of the import, too; those of 1 lack it.
3. Cells name accelerators: with some, times but for the import's are wall time. Those of 2 name
   none, and are by CPU time.
4. A release's names what was installed where it was measured; those of 3 do not.
"""

from pathlib import Path

import msgspec

from reports.schema.ranges import Hash, Moment, Name, Real, Some, Text
from reports.schema.reading import read_marked

DUEL = 4
"""Version of the schema."""


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """What one side ran with, and what it learned from one seed."""

    packages: dict[Text, Text]
    """Versions of what computes."""
    weights: Hash | None
    """``sha256:…`` over the weights at the end."""
    test: dict[str, Real | None]
    """On the test subset after the last epoch."""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """What a pair of processes says: logarithms of head over base; null where others disturbed it.

    Fields as in `bench.duel.pairs.Pair`.
    """

    cpu: Real | None
    wall: Real | None
    first: Real
    latency: Real | None
    memory: Real
    importing: Real | None = None


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One network on one backend."""

    architecture: Name
    dataset: Name
    backend: Name
    execution: Name
    precision: Name
    accelerators: tuple[Text, ...] = ()
    """That a side computed on; none: all was done by the CPU."""
    failure: Text | None
    """Why there is no more of it."""
    numerics: Text
    """Whether both sides learned the same, in words."""
    sides: tuple[Side, Side] | None
    """Base and head; null where they were not compared."""
    pairs: tuple[Pair, ...]
    """Void ones among them."""
    seeds: dict[str, tuple[tuple[Real, ...], tuple[Real, ...]]]
    """Where the numerics changed: by metric, a value for each seed of the base and of the head."""


class Duel(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison of two sides."""

    duel: Some = DUEL
    """Schema, and the mark of such a file."""
    started_at: Moment
    """UTC, ISO 8601."""
    base: Text
    """As the user wrote it; likewise the head."""
    head: Text
    machine: Text
    cores: Some
    """That both sides shared."""
    commit: Text | None
    """Of the suite that measured."""
    dirty: bool | None
    limit: Real
    """What matters, as a share."""
    failure: Text | None = None
    """Why nothing could be measured."""
    installed: dict[Text, Text] = {}
    """Versions of what computes, where a release was measured against it."""
    cells: tuple[Cell, ...]


def load(path: Path) -> Duel:
    """Return the duel that a file holds. Raises `RecordError`."""
    return read_marked(path, Duel, mark="duel", newest=DUEL)
