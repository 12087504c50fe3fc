"""What a duel measured, a line each, written at once: whatever comes, it is kept, and can go on."""

import hashlib
import importlib.metadata
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bench.duel.cell import Cell
from bench.duel.pairs import Pair
from bench.duel.quality import Quality
from bench.duel.sides import Side
from bench.experiment import Experiment
from bench.machine import cpu_name
from bench.outcome import now


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
        self._of = identity(sides, cores, experiments)

    def begin(self) -> None:
        """Start anew: what was measured of these sides before is another duel."""
        self._write({"begins": now()})

    def pair(self, cell: Cell, pair: Pair, *, fresh: bool) -> None:
        """Keep a pair."""
        self._write({"cell": cell.name, "fresh": fresh, **msgspec.to_builtins(pair)})

    def quality(self, cell: Cell) -> None:
        """Keep what is known of a cell's quality."""
        self._write({"cell": cell.name, "quality": msgspec.to_builtins(cell.quality)})

    def restore(self, cells: Iterable[Cell]) -> int:
        """Give cells what was measured in them; return how many pairs that is."""
        by_name = {cell.name: cell for cell in cells}
        pairs = 0
        for line in self._lines():
            cell = by_name.get(str(line.get("cell")))
            if cell is None:
                continue
            if "quality" in line:
                cell.quality = msgspec.convert(line["quality"], Quality)
                continue
            (cell.fresh if line["fresh"] else cell.pairs).append(msgspec.convert(line, Pair))
            pairs += 1
        return pairs

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


def identity(sides: Sequence[Side], cores: int, experiments: Sequence[Experiment] = ()) -> str:
    """Return a hash of all that pairs of one duel have in common: sides, software, machine.

    And the files of networks that are the user's own.
    """
    parts = [cpu_name(), str(cores)]
    parts += sorted(f"{d.name}=={d.version}" for d in importlib.metadata.distributions())
    for side in sides:
        where = side.installation
        parts += [side.name, str(where.python), str(sorted(where.variables.items()))]
        parts += [_git(where.root, "rev-parse", "HEAD"), _git(where.root, "diff", "HEAD")]
        own = [side.change(experiment).own for experiment in experiments if experiment.own]
        parts += [str(sorted(each.facts.items())) for each in own if each]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, errors="replace").stdout
