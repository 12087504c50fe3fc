"""Advice on a network, in words and one table (`reports.schema.advice`)."""

import math
from collections.abc import Iterator, Sequence

import pandas as pd

from reports.markup import templates
from reports.schema.advice import Advice, Agreement, Way
from reports.tables import table as tables
from reports.tables.table import Table

MEANS = {
    "epoch": "epoch: the data stay on the device, and one program loops over the train steps.",
    "step": "step: the data stay on the device, and each train step is one program.",
    "jit": "jit: compile(jit_compile=True).",
    "multistep": "multistep: compile(steps_per_execution=32).",
    "tuned": "tuned: step or epoch, and layers computed another way (docs/speed.md).",
}
"""What to do about an execution."""
QUANTITIES = {
    "outputs": "outputs",
    "layer": "layers",
    "loss": "loss",
    "gradient": "gradients",
    "confident": "loss of sure predictions",
    "curve": "two epochs' losses",
}
WORTH = 0.5
"""Seconds of compiling that are worth a word."""
SMALL = 0.05
"""Share of the machine's matrix product below which overhead, not arithmetic, is the limit."""


def text(advice: Advice) -> str:
    """Return the answer for a terminal: one screen."""
    found = [title(advice), "", *verdict(advice), "", tables.text(table(advice)), "", *rest(advice)]
    return "\n".join(found)


def page(advices: Sequence[Advice]) -> str:
    """Return the answers for several networks as Markdown."""
    sections = [
        {
            "title": title(each),
            "verdict": list(verdict(each)),
            "table": table(each),
            "rest": list(rest(each)),
        }
        for each in advices
    ]
    template = templates(autoescape=False).get_template("advice.md.j2")
    return template.render(sections=sections)


def title(advice: Advice) -> str:
    """Return what was measured, and where."""
    versions = ", ".join(f"{name} {version}" for name, version in advice.packages.items())
    return (
        f"{advice.network} on {advice.dataset}, batches of {advice.batch_size}; "
        f"{advice.machine}; {versions}"
    )


def table(advice: Advice) -> Table:
    """Return every way to train it, fastest first."""
    frame = pd.DataFrame([_row(advice, way) for way in advice.ways])
    return Table(name="advice", title="Ways to train it", frame=frame)


def rest(advice: Advice) -> Iterator[str]:
    """Yield what there is to know besides speed."""
    yield from (f"Agreement: {line}" for line in _agreement(advice))
    yield from _payback(advice)
    yield from _limit(advice)
    yield from (f"Note: {remark}." for remark in advice.remarks)


def _row(advice: Advice, way: Way) -> dict[str, object]:
    return {
        "backend": way.backend,
        "execution": way.execution,
        f"{advice.samples:,} samples [ms]" if advice.samples else "a turn [ms]": _number(
            way.seconds, 1000
        ),
        "times the fastest's (95 %)": "fastest" if _is_first(advice, way) else _ratio(way),
        "compile [s]": _number(way.compile_seconds),
        "one prediction [ms]": _number(way.latency_seconds, 1000),
        "memory [MB]": f"{way.memory_bytes / 1e6:,.0f}" if way.memory_bytes else None,
        "note": "failed" if way.failure else None if way.finalist else "left behind",
    }


def _is_first(advice: Advice, way: Way) -> bool:
    return way is advice.ways[0] and way.finalist


def _number(value: float | None, times: float = 1) -> str | None:
    """Return a number with three digits, or all before the point."""
    if value is None:
        return None
    value *= times
    digits = max(0, 2 - math.floor(math.log10(value))) if value > 0 else 0
    return f"{value:,.{min(digits, 4)}f}"


def _ratio(way: Way) -> str | None:
    if way.over_fastest is None:
        return None
    estimate, low, high = way.over_fastest
    return f"{estimate:.2f} ({low:.2f} to {high:.2f})"


def verdict(advice: Advice) -> Iterator[str]:
    """Yield what to use, and how sure that is."""
    ready = [way for way in advice.ways if way.finalist and not way.failure]
    if not ready:
        yield "Nothing could be measured."
    else:
        yield from _choice(ready)
        if not advice.settled:
            yield (
                f"Not settled after {advice.generations} fresh processes of each: others on this "
                "machine, or too close; --minutes gives it longer."
            )
    for way in advice.ways:
        if way.failure:
            yield f"Left out: {way.backend}, {way.execution}: {way.failure}"


def _choice(ready: list[Way]) -> Iterator[str]:
    first, *others = ready
    tied = [w for w in others if w.over_fastest and w.over_fastest[1] <= 1]
    plain = [w for w in tied if w.execution == "default" and first.execution != "default"]
    chosen = plain[0] if plain else first
    if plain:
        yield (
            f"Use {_named(chosen)}: nothing is surely faster ({_named(first)} came in first, "
            f"{_told(chosen)})."
        )
    else:
        yield f"Use {_named(first)}{_against_plain(first)}."
    close = [way for way in tied if way is not chosen]
    if close:
        it = _named(first) if plain else "it"
        yield f"Not told apart from {it}: {'; '.join(map(_named, close))}."
    for way in others:
        away = way.backend != first.backend and way not in tied
        if way.execution == "default" and away and way.over_fastest:
            its = f"that of {_named(first)}" if plain else "its time"
            yield f"{_named(way)} takes {_told(way)} {its}."
    if text := MEANS.get(chosen.execution):
        yield text


def _named(way: Way) -> str:
    return f"{way.backend}, {'plain fit' if way.execution == 'default' else way.execution}"


def _told(way: Way) -> str:
    assert way.over_fastest
    estimate, low, high = way.over_fastest
    return f"{estimate:.2f} times ({low:.2f} to {high:.2f})"


def _against_plain(way: Way) -> str:
    if way.over_plain is None:
        return ""
    estimate, low, high = (1 / value for value in way.over_plain)
    return f": {estimate:.2f} times as fast as plain fit there ({high:.2f} to {low:.2f})"


def _agreement(advice: Advice) -> Iterator[str]:
    """Yield a line for each backend on how close it comes to the reference."""
    for found in advice.agreement:
        name = f"{found.backend}, {found.precision}"
        if found.execution != "default":
            name += f", {found.execution}"
        if found.failure:
            yield f"{name}: could not be compared: {found.failure}"
        elif not found.worst:
            yield f"{name}: nothing was compared"
        else:
            yield f"{name}: {'equal' if found.equal else 'DIFFERENT'} ({_digits(found)})"


def _digits(found: Agreement) -> str:
    parts = [f"{QUANTITIES[name]} {_places(error)}" for name, error in found.worst.items()]
    digits = f"digits: {', '.join(parts)}"
    return f"{digits}; first in the layer {found.first_layer}" if found.first_layer else digits


def _places(error: float | None) -> str:
    if error is None:
        return "none"
    return "all" if error == 0 else f"{max(0, math.floor(-math.log10(error)))}"


def _payback(advice: Advice) -> Iterator[str]:
    """Yield after how much training the fastest way has earned what it compiles longer."""
    first = advice.ways[0] if advice.ways else None
    if not (first and first.seconds and advice.samples) or first.compile_seconds is None:
        return
    for other in advice.ways[1:]:
        plain = other.execution == "default" and other.backend == first.backend
        if not plain or other.compile_seconds is None or not other.seconds:
            continue
        longer, saved = first.compile_seconds - other.compile_seconds, other.seconds - first.seconds
        if longer > WORTH and saved > 0:
            samples = math.ceil(longer / saved) * advice.samples
            yield (
                f"Compiling: {_named(first)} compiles {longer:.1f} s longer than {_named(other)}: "
                f"earned after some {samples:,} samples."
            )


def _limit(advice: Advice) -> Iterator[str]:
    """Yield how much of the machine's arithmetic the fastest way uses, and what to try."""
    first = advice.ways[0] if advice.ways else None
    if not (first and first.seconds and advice.samples):
        return
    if not (advice.step_flops and advice.peak_flops_per_second):
        return
    steps = advice.samples / advice.batch_size
    share = advice.step_flops * steps / first.seconds / advice.peak_flops_per_second
    milliseconds = first.seconds / steps * 1000
    line = (
        f"Limit: a step of {milliseconds:.2g} ms does {advice.step_flops / 1e6:,.3g} million "
        f"operations, {share:.1%} of what this machine's matrix product reaches"
    )
    yield line + (
        "; most of it is overhead: larger batches (--batch-size) cost little more."
        if share < SMALL
        else "."
    )
