"""Releases in words, tables and pictures: ``python -m reports versions``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from reports.figures.versions import picture
from reports.markup import templates
from reports.statistics import Interval
from reports.tables.table import Table
from reports.versions.causes import Cause
from reports.versions.releases import MEASURES, Releases, versions
from reports.versions.steps import ERROR, Step, numerics, steps, typical, weights_of

PAGE = "README.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one release changed in one measure on one backend."""

    text: str
    causes: tuple[Cause, ...]
    """What in the release did it, as far as somebody found out."""


def changes(found: Releases, causes: Sequence[Cause] = ()) -> list[Change]:
    """Return what releases changed, that of the largest step first."""
    together: dict[tuple[str, ...], list[Step]] = {}
    for step in steps(found.lines):
        more = "more" if step.change.estimate > 1 else "less"
        line = step.line
        key = line.package, step.version, step.before, step.measure, line.backend, more
        together.setdefault(key, []).append(step)
    return [
        Change(
            text=f"{package} {version}, {measure} on {backend}: {more} than with {before}: "
            + ", ".join(f"{step.line.network} {_ratio(step.change)}" for step in group),
            causes=tuple(cause for cause in causes if cause.explains(group[0])),
        )
        for (package, version, before, measure, backend, more), group in together.items()
    ]


NOTHING = "No release surely changed what anything takes by five percent or more."


def sentences(found: Releases, causes: Sequence[Cause] = ()) -> list[str]:
    """Return what releases changed, a line each, and why where that is known."""
    return [
        " ".join([change.text, *(f"({cause.text}: {cause.source})" for cause in change.causes)])
        for change in changes(found, causes)
    ] or [NOTHING]


def exact(found: Releases) -> list[str]:
    """Return where numerics changed, a sentence for each network and backend of a package."""
    said = []
    for line in found.lines:
        changed = [f"{one.version} (after {one.before})" for one in numerics(line)]
        known, all_of_it = len(weights_of(line)), len({*versions([line])})
        which = "all" if known == all_of_it else f"the {known} of {all_of_it} that tell"
        what = f"changed at {', '.join(changed)}" if changed else f"are the same in {which}"
        if known < 2:
            what = "are not known of two that stand alone"
        said.append(f"{line.package}, {line.name}: the weights of one seed {what}")
    return said


def table(found: Releases, package: str) -> Table:
    """Return what each release of a package takes, as a multiple of the newest."""
    rows = [
        {
            package: release.version + (f" ({release.beside})" if release.beside else ""),
            "network": line.network,
            "backend": line.backend,
            "pairs": len(release.logs("steady epoch")),
            **{measure: _ratio(typical(release, measure)) for measure in MEASURES},
            "accuracy": release.accuracy,
            "numerics": release.cell.numerics,
        }
        for line in found.of(package)
        for release in line.releases
    ]
    title = f"Releases of {package} over {found.of(package)[0].newest}"
    return Table(name=f"versions-{package}", title=title, frame=pd.DataFrame(rows))


def _ratio(found: Interval | None) -> str | None:
    return f"×{found.estimate:.2f} ({found.low:.2f} to {found.high:.2f})" if found else None


def files(found: Releases, causes: Sequence[Cause] = ()) -> Mapping[str, str]:
    """Return the page and its pictures by file name."""
    drawn = {package: picture(found.of(package)) for package in found.packages}
    text = (
        templates(autoescape=False)
        .get_template("versions.md.j2")
        .render(
            found=found,
            changes=changes(found, causes),
            nothing=NOTHING,
            exact=exact(found),
            error=ERROR,
            machines=list(dict.fromkeys(duel.machine for duel in found.duels)),
            parts=[(table(found, name), drawn[name]) for name in found.packages],
        )
    )
    return {PAGE: text, **{f"{each.name}.svg": each.svg for each in drawn.values()}}
