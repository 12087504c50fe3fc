"""What the user asks for, and what of it cannot be."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from bench.execution import NAMES as EXECUTIONS
from bench.machine import usable_cores
from bench.profiles import PROFILES
from reports.schema.metrics import RECORDABLE

PRECISIONS = ("float32", "mixed_bfloat16", "auto")
MOST_SEEDS = 10_000
SEEDS = 2**32
"""Numbers that NumPy and Keras take for a seed."""
NO_BACKEND = "no backend is installed; python -m pip install '.[jax]' or '.[tensorflow]'"


class PlanError(ValueError):
    """The user asked for something that does not exist or cannot be. The message is for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What the user asks for; nothing named means everything there is."""

    profile: str = "smoke"
    backends: tuple[str, ...] = ()
    """Baselines run where ``sklearn`` is named, backends that only predict where they are."""
    networks: tuple[str, ...] = ()
    """Names of the registry; and the user's own, ``file.py:build``, as data sets."""
    datasets: tuple[str, ...] = ()
    custom_objects: str | None = None
    """Module with the classes of an own ``.keras`` file."""
    recipe: str | None = None
    """TOML file that says how own networks are trained."""
    seeds: range = range(1)
    epochs: int | None = None
    """Instead of the profile's, as the following two."""
    batch_size: int | None = None
    samples: int | None = None
    """The largest number of training samples."""
    cores: tuple[int, ...] = ()
    """How many may be used by each of so many ``jobs`` side by side; none is all."""
    jobs: int = 1
    remote: bool = False
    """Whether they run on other machines, of which it is not known how many cores they have."""
    executions: tuple[str, ...] = ("default",)
    precisions: tuple[str, ...] = ("float32",)
    metrics: tuple[str, ...] = ()
    """Instead of the recipe's, accuracy apart, where the classes of a data set admit them."""


def check(selection: Selection) -> None:
    """Raise `PlanError` for what can be told from the selection alone."""
    require_known("profile", selection.profile, PROFILES)
    first, end = selection.seeds.start, selection.seeds.stop
    if end - first > MOST_SEEDS or end > SEEDS:
        raise PlanError(
            f"--seeds: at most {MOST_SEEDS:,} of them, from 0 to {SEEDS - 1:,}, got {first:,} to "
            f"{end - 1:,}"
        )
    most = max(selection.cores, default=1)
    for name, value in (
        ("seeds", len(selection.seeds)),
        ("epochs", selection.epochs),
        ("batch-size", selection.batch_size),
        ("samples", selection.samples),
        ("cores", min(selection.cores, default=None)),
        ("jobs", selection.jobs),
    ):
        if value is not None and value < 1:
            raise PlanError(f"--{name} must be 1 or more, got {value}")
    usable = len(usable_cores())
    if most * selection.jobs > usable and not selection.remote:
        asked = [("cores", most), ("jobs", selection.jobs)]
        what = " ".join(f"--{name} {number}" for name, number in asked if number > 1)
        raise PlanError(
            f"{what} takes {most * selection.jobs} cores: this process may use {usable}"
        )
    for name in selection.executions:
        require_known("execution", name, EXECUTIONS)
    for name in selection.precisions:
        require_known("precision", name, PRECISIONS)
    for name in selection.metrics:
        require_known("metric", name, RECORDABLE)


def require_known(what: str, name: str, names: Iterable[str]) -> None:
    """Raise `PlanError`, with near matches, for a name that is none of the known ones."""
    known = list(names)
    if name not in known:
        begun = [each for each in known if name and each.startswith(name)]
        near = [*dict.fromkeys([*begun, *difflib.get_close_matches(name, known, n=3)])]
        hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(known)}"
        raise PlanError(f"unknown {what} {name!r}; {hint}")
