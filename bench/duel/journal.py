"""What a duel measured, a line each, written at once: whatever comes, it is kept, and can go on."""

import hashlib
import importlib.metadata
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bench.duel.cell import Cell
from bench.duel.pairs import Pair
from bench.duel.quality import Quality
from bench.duel.sides import Side
from bench.experiment import Experiment, provenance
from bench.machine import cpu_name, git
from bench.outcome import now
from bench.variables import recorded


class Journal:
    """The log of duels; several may be in one file, and are told apart by what they compare."""

    def __init__(
        self,
        path: Path,
        sides: Sequence[Side],
        cores: int,
        experiments: Sequence[Experiment] = (),
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._names = [side.name for side in sides]
        self._of = identity(sides, cores)
        self._settings = {Cell(experiment=one).name: settings(sides, one) for one in experiments}

    def begin(self) -> None:
        """Start anew: what was measured of these sides before is another duel."""
        self._write({"begins": now()})

    def pair(self, cell: Cell, pair: Pair, *, fresh: bool) -> None:
        """Keep a pair."""
        self._write({**self._cell(cell), "fresh": fresh, **msgspec.to_builtins(pair)})

    def quality(self, cell: Cell) -> None:
        """Keep what is known of a cell's quality."""
        self._write({**self._cell(cell), "quality": msgspec.to_builtins(cell.quality)})

    def restore(self, cells: Iterable[Cell]) -> int:
        """Give cells what was measured in them; return how many pairs that is."""
        by_name = {cell.name: cell for cell in cells}
        pairs = 0
        for line in self._lines():
            cell = by_name.get(str(line.get("cell")))
            if cell is None or line.get("settings") != self._settings.get(cell.name):
                continue
            if "quality" in line:
                cell.quality = msgspec.convert(line["quality"], Quality)
                continue
            (cell.fresh if line["fresh"] else cell.pairs).append(msgspec.convert(line, Pair))
            pairs += 1
        return pairs

    def _cell(self, cell: Cell) -> dict[str, Any]:
        return {"cell": cell.name, "settings": self._settings.get(cell.name)}

    def _write(self, line: dict[str, Any]) -> None:
        with self.path.open("ab") as stream:
            stream.write(
                msgspec.json.encode({"of": self._of, "sides": self._names, **line}) + b"\n"
            )

    def _lines(self) -> Iterator[dict[str, Any]]:
        """Yield the lines of the latest duel of these sides; one that was cut off is none."""
        found: list[dict[str, Any]] = []
        content = self.path.read_bytes() if self.path.exists() else b""
        for text in content.splitlines():
            try:
                line = msgspec.json.decode(text)
            except msgspec.DecodeError:
                continue
            if isinstance(line, dict) and line.get("of") == self._of:
                found = [] if "begins" in line else [*found, line]
        yield from found


def identity(sides: Sequence[Side], cores: int) -> str:
    """Return a hash of all that pairs of one duel have in common: sides, software, machine."""
    parts = [cpu_name(), str(cores)]
    parts += sorted(f"{d.name}=={d.version}" for d in importlib.metadata.distributions())
    for side in sides:
        where = side.installation
        parts += [side.name, str(where.python), str(sorted(where.variables.items()))]
        parts += [git(where.root, "rev-parse", "HEAD").stdout]
        parts += [git(where.root, "diff", "HEAD").stdout]
    return _hash(parts)


def settings(sides: Sequence[Side], experiment: Experiment) -> str:
    """Return a hash of what pairs of one cell have in common besides, on each side.

    All that could change the numbers, what is the user's own included, and variables that change
    times.
    """
    parts = []
    for side in sides:
        changed = side.change(experiment)
        environ = {**os.environ, **side.installation.variables}
        facts = provenance(changed, checksum="", packages={}, environ=environ)
        parts += [str(sorted(facts.items())), str(recorded(environ, changed.backend))]
    return _hash(parts)


def _hash(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
