"""What a duel came to, for people and for a job: a table with sentences, and an exit status."""

import math
from collections.abc import Iterator

import pandas as pd

from bench.duel.cell import Cell
from bench.duel.contest import MEASURES, Outcome
from bench.duel.ending import FAILED, FINE, NOT_SETTLED, SLOWER
from bench.duel.verdict import ERROR, FEWEST, LOOKS, Estimate
from bench.machine import commit_info, described
from reports.schema import duel


def status(outcome: Outcome) -> int:
    """Return the exit status."""
    slower = any(outcome.confirmed(cell) for cell in outcome.cells)
    together = any(each.verdict == "slower" for each in outcome.together.values())
    if slower or together or outcome.heavier() or outcome.worse():
        return SLOWER
    if any(cell.failure for cell in outcome.cells):
        return FAILED
    unsettled = any(_open(outcome, cell) or _untrained(cell) for cell in outcome.cells)
    return NOT_SETTLED if unsettled else FINE


def record(outcome: Outcome, base: str, head: str, *, cores: int, started_at: str) -> duel.Duel:
    """Return what it came to as it is kept."""
    commit, dirty = commit_info()
    return duel.Duel(
        started_at=started_at,
        base=base,
        head=head,
        machine=described(),
        cores=cores,
        commit=commit,
        dirty=dirty,
        limit=outcome.limit,
        cells=tuple(map(_cell, outcome.cells)),
    )


def _cell(cell: Cell) -> duel.Cell:
    wanted, quality = cell.experiment, cell.quality
    names = duel.Pair.__struct_fields__
    return duel.Cell(
        architecture=wanted.architecture,
        dataset=wanted.dataset,
        backend=wanted.backend,
        execution=wanted.execution,
        precision=wanted.precision,
        accelerators=cell.accelerators,
        failure=cell.failure,
        numerics=quality.numerics,
        sides=quality.sides,
        pairs=tuple(
            duel.Pair(**{name: getattr(pair, name) for name in names}) for pair in cell.pairs
        ),
        seeds={
            metric: (tuple(values), tuple(quality.head[metric]))
            for metric, values in quality.base.items()
        },
    )


def text(outcome: Outcome) -> str:
    """Return the verdicts."""
    return "\n".join([_steady(outcome), *_sentences(outcome)])


def _steady(outcome: Outcome) -> str:
    rows = [
        {
            "network, backend": cell.name,
            "verdict": _verdict(outcome, cell),
            "CPU time": _change(outcome.cpu[cell.name]),
            "wall time": _change(outcome.wall[cell.name]),
            "pairs": f"{len(cell.sound)}" + _void(len(cell.pairs) - len(cell.sound)),
            **{measure: _short(outcome.besides[measure, cell.name]) for measure in MEASURES},
            "numerics": cell.quality.numerics,
        }
        for cell in outcome.cells
    ]
    return pd.DataFrame(rows).to_string(index=False)


def _sentences(outcome: Outcome) -> list[str]:
    lines = ["", *_by_wall_time(outcome)]
    for backend, each in outcome.together.items():
        lines.append(f"{backend}, all networks together: {each.verdict}, {_change(each)}")
    for measure, name in outcome.heavier():
        found = outcome.besides[measure, name]
        lines.append(f"{name}: MORE {measure}: {_change(found)}, and fresh pairs say so, too")
    for (metric, name), found in outcome.quality.items():
        lines.append(
            f"{name}: {metric} over {found.pairs} seeds: {_QUALITY[found.verdict]}, "
            f"change for the worse {found.change:+z.4f}{_between(found)}"
        )
    for cell in outcome.cells:
        if cell.quality.broken:
            lines.append(f"{cell.name}: WORSE: {cell.quality.broken}")
        if _untrained(cell):
            lines.append(
                f"{cell.name}: numerics changed, and the time was up after training with "
                f"{cell.quality.seeds} of {FEWEST} seeds: whether it learns worse is not known"
            )
    lines.append(
        f"Steady epochs, head over base; slower: surely, and by {outcome.limit / 2:.0%} or more; "
        f"not slower: surely by less than {outcome.limit:.0%}. The chance of any alarm between "
        f"equal versions is {ERROR:.0%} at most."
    )
    if any(_open(outcome, cell) for cell in outcome.cells):
        lines.append(
            f"Not settled: more pairs (to {LOOKS[-1]}; --resume, --budget) or a quieter machine "
            "would tell."
        )
    return lines


def _by_wall_time(outcome: Outcome) -> Iterator[str]:
    """Yield which cells are judged by wall time, and why."""
    for device in dict.fromkeys(name for cell in outcome.cells for name in cell.accelerators):
        cells = "; ".join(cell.name for cell in outcome.cells if device in cell.accelerators)
        yield f"By wall time, since CPU time does not see what {device} does: {cells}"


_QUALITY = {
    "slower": "WORSE",
    "faster": "better",
    "not slower": "not worse",
    "not settled": "not settled",
}


def _verdict(outcome: Outcome, cell: Cell) -> str:
    if cell.failure:
        return "failed"
    found = outcome.steady[cell.name].verdict
    return "not settled" if found == "slower" and not outcome.confirmed(cell) else found


def _open(outcome: Outcome, cell: Cell) -> bool:
    return _verdict(outcome, cell) == "not settled"


def _untrained(cell: Cell) -> bool:
    """Return whether numerics changed, and too few seeds were trained to tell what it matters."""
    quality = cell.quality
    few = quality.seeds < FEWEST and not quality.broken and not cell.failure
    return quality.changed and few


def _void(number: int) -> str:
    return f" and {number} void" if number else ""


def _change(found: Estimate) -> str:
    if found.pairs == 0:
        return "–"
    high = "…" if found.high > 9 else f"{found.high:+.1%}"
    low = "…" if found.low <= -1 else f"{found.low:+.1%}"
    return f"{found.change:+.1%} ({low} to {high})"


def _short(found: Estimate) -> str:
    return "–" if found.pairs == 0 else f"{found.change:+.1%}"


def _between(found: Estimate) -> str:
    if not math.isfinite(found.high):
        return ""
    return f" ({found.low:+z.4f} to {found.high:+z.4f})"
