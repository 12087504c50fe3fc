"""Runs that differ in nothing but their commit, or the version of one package, in order."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from reports.gate.comparable import settings_of
from reports.grouping import distributions, machine_of, version_of, version_order
from reports.schema.metrics import BY_NAME
from reports.schema.record import Record, Scored, Trained
from reports.timing import disturbed, times

COMMIT = "commit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The runs of one commit or version."""

    label: str
    """``3.15.1``, or ten digits of a commit, with ``+`` where there were uncommitted changes."""
    runs: tuple[Scored, ...] = field(repr=False)

    def values(self, metric: str) -> list[float]:
        """Return one value a run, those that have one; times only of runs that were left alone."""
        if BY_NAME[metric].kind == "quality":
            found = [run.test.get(metric) for run in self.runs]
        else:
            calm = BY_NAME[metric].kind != "time"
            found = [times(run).get(metric) for run in self.runs if calm or not disturbed(run)]
        return [value for value in found if value is not None]

    def by_seed(self, metric: str) -> dict[int, float]:
        """Return the latest test score of each seed."""
        found = {run.seed: run.test.get(metric) for run in self.runs}
        return {seed: value for seed, value in found.items() if value is not None}

    def weights(self) -> dict[int, set[str]]:
        """Return the checksums of the weights that each seed ended with."""
        found: dict[int, set[str]] = {}
        for run in self.runs:
            if isinstance(run, Trained) and run.weights:
                found.setdefault(run.seed, set()).add(run.weights)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One network on one data set and backend, in one way, by one recipe, on one machine."""

    name: str
    """What its runs have in common, in words."""
    architecture: str
    backend: str
    points: tuple[Point, ...]
    """Two or more, commits by the time of their first run, versions by their number."""

    def typical(self, metric: str) -> list[tuple[str, float]]:
        """Return each point's label and its median run, of the points that have one."""
        found = [(point.label, point.values(metric)) for point in self.points]
        return [(label, median(values)) for label, values in found if values]


def series(records: Iterable[Record], over: str) -> tuple[Series, ...]:
    """Return every series of two points or more; ``over`` is `COMMIT` or the name of a package."""
    found: dict[tuple[str, ...], dict[str, list[Scored]]] = {}
    for record in records:
        if isinstance(record, Scored) and (label := _label(record, over)):
            found.setdefault(_key(record, over), {}).setdefault(label, []).append(record)
    names = _names([key for key, points in found.items() if len(points) > 1])
    return tuple(
        Series(
            name=names[key],
            architecture=key[0],
            backend=key[2],
            points=tuple(
                Point(label=label, runs=tuple(sorted(runs, key=lambda run: run.started_at)))
                for label, runs in sorted(found[key].items(), key=_order(over))
            ),
        )
        for key in sorted(names)
    )


def labels(all_series: Iterable[Series], over: str) -> list[str]:
    """Return the labels of all points of some series, in order."""
    runs: dict[str, list[Scored]] = {}
    for one in all_series:
        for point in one.points:
            runs.setdefault(point.label, []).extend(point.runs)
    return [label for label, _ in sorted(runs.items(), key=_order(over))]


def _order(over: str) -> Callable[[tuple[str, Sequence[Scored]]], tuple[object, ...]]:
    return _by_moment if over == COMMIT else _by_version


def _label(record: Scored, over: str) -> str | None:
    environment = record.environment
    if over == COMMIT:
        dirty = "+" if environment.dirty else ""
        return f"{environment.commit[:10]}{dirty}" if environment.commit else None
    return version_of(record, over)


def _key(record: Scored, over: str) -> tuple[str, ...]:
    """Return what all runs of a series have in common, the names of its network first."""
    varying = distributions(over)
    packages = sorted(record.environment.packages.items())
    return (
        *(record.architecture, record.dataset, record.backend, record.settings, record.recipe),
        *(record.data.kind, machine_of(record) or ""),
        ", ".join(f"{name} {version}" for name, version in packages if name not in varying),
        *settings_of(record.environment),
    )


def _names(keys: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """Return a name for each: the network, data set and backend, and what tells it from others."""
    shown = [place for place in range(3, 8) if len({key[place] for key in keys}) > 1]
    names = {
        key: ", ".join(filter(None, [*key[:3], *(key[place] for place in shown)])) for key in keys
    }
    taken: dict[str, int] = {}
    for key, name in names.items():  # they differ in a setting that few know
        taken[name] = taken.get(name, 0) + 1
        names[key] = name if taken[name] == 1 else f"{name} ({taken[name]})"
    return names


def _by_moment(item: tuple[str, Sequence[Scored]]) -> tuple[object, ...]:
    return (min(run.started_at for run in item[1]),)


def _by_version(item: tuple[str, Sequence[Scored]]) -> tuple[object, ...]:
    return version_order(item[0])
