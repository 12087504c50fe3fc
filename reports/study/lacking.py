"""What the study still takes: networks without three full trainings, how long, which commands."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reports import statistics
from reports.grouping import groups
from reports.schema.record import Trained
from reports.study.numbers import DATASETS, EPOCHS, NETWORKS, of_the_study
from reports.tables.table import Table, without_empty
from reports.tables.ways import by_way
from reports.timing import disturbed, undisturbed, whole_epoch

HOUR = 3600
COMMAND = "pytest bench/ --profile thesis --seeds 3 --resume"
Lacking = Mapping[str, Sequence[Trained]]
"""By network, the full trainings that there are in the way that has most of them."""


def lacking(full: Sequence[Trained]) -> Lacking:
    """Return the networks of the study that have not three full trainings in one way."""
    found = {}
    for network in itertools.chain(*NETWORKS.values()):
        of_network = [r for r in full if r.architecture == network and of_the_study(r)]
        most = max(groups(of_network), key=len, default=[])
        if len(most) < statistics.FEWEST:
            found[network] = most
    return found


def table(lacking: Lacking, mine: Sequence[Trained]) -> Table:
    """Return what one training of each would take, from runs of any length (`by_way`)."""
    modality = {network: kind for kind, names in NETWORKS.items() for network in names}
    rows = []
    for network, most in lacking.items():
        hours, way = _fastest([r for r in mine if r.architecture == network])
        rows.append(
            {
                "network": network,
                "data set": DATASETS[modality[network]],
                "trainings": f"{len(most)} of {statistics.FEWEST}",
                "one takes [h]": hours,
                "with": way and "; ".join(way),
            }
        )
    return Table(name="lacking", title="What is lacking", frame=without_empty(rows))


def commands(lacking: Lacking, alike: Sequence[Trained]) -> Iterator[str]:
    """Yield what trains the rest, each network in the way that was begun, else in the fastest.

    ``alike`` are runs of any length as they were made.
    """
    options = {by_way(r).backend: _options(r) for r in alike}
    networks: dict[str, list[str]] = {}
    for network, most in lacking.items():
        _, way = _fastest([by_way(r) for r in alike if r.architecture == network])
        chosen = most[0].backend if most else way and way[0]
        networks.setdefault(options[chosen] if chosen else "", []).append(network)
    for words, names in networks.items():
        yield f"{COMMAND} --networks {','.join(names)}{words}"


def _options(record: Trained) -> str:
    execution = f" --execution {record.execution}" * (record.execution != "default")
    return f" --backends {record.backend}{execution}"


def _fastest(records: Sequence[Trained]) -> tuple[str | None, tuple[str, str] | None]:
    """Return the hours of a full training in the fastest way that was measured, and that way.

    The way is a backend with its settings, and a machine.

    Where others disturbed every run of it, it takes no longer than that.
    """
    measured = [
        (
            statistics.geometric_mean(seconds),
            all(map(disturbed, group)),
            (way, f"{machine}, {cores_of(group)} used"),
        )
        for (way, machine), group in _by_machine(records).items()
        if (seconds := [each for r in undisturbed(group) if (each := whole_epoch(r))])
    ]
    if not measured:
        return None, None
    shortest, troubled, way = min(measured)
    hours = shortest * EPOCHS[records[0].modality] / HOUR
    return f"{'at most ' * troubled}{hours:.1f}", way


def cores_of(group: Iterable[Trained]) -> str:
    """Return on how many cores each training of a group ran."""
    return " or ".join(map(str, sorted({record.environment.cores for record in group})))


def _by_machine(records: Iterable[Trained]) -> dict[tuple[str, str], list[Trained]]:
    """Return runs of one network on the study's data by their way and machine."""
    found: dict[tuple[str, str], list[Trained]] = {}
    for record in filter(of_the_study, records):
        found.setdefault((record.backend, record.environment.machine), []).append(record)
    return found
