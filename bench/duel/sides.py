"""What is measured against what: a commit, a package, a variable or a setting."""

import contextlib
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench import variables
from bench.duel import environments
from bench.duel.environments import EnvironmentFailedError
from bench.execution import NAMES as EXECUTIONS
from bench.executors.process import HERE, Installation
from bench.experiment import Experiment
from bench.machine import ROOT
from bench.own.digest import digest
from bench.own.place import Place, PlaceError
from bench.own.spec import Own
from bench.plan import find_backend
from bench.protocol import KERAS_BACKEND, SET
from bench.selection import PRECISIONS

PIN = re.compile(r"[A-Za-z0-9][\w.-]*==\S+")
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*=")
AS_IT_IS = "."
"""This checkout with its changes."""
SETTINGS = {"execution": EXECUTIONS, "precision": PRECISIONS}


class SideError(ValueError):
    """A side that there is not, or that cannot be made. The message is for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two."""

    name: str
    """As the user wrote it."""
    installation: Installation
    change: Callable[[Experiment], Experiment]
    """What it does to an experiment."""


@contextlib.contextmanager
def make(
    text: str, folder: Path, backends: Iterable[str], own: Sequence[Own] = ()
) -> Iterator[Side]:
    """Make a side of what the user wrote; ``folder``, empty, is its own for as long as it lives.

    With networks or data of the user's ``own``, a commit is one of their repository, and the suite
    is as it is. Raises `SideError`, and `PlanError` for a setting that there is not.
    """
    pins = text.split(",")
    if text == AS_IT_IS:
        yield _side(text)
    elif all(map(PIN.fullmatch, pins)):
        yield _side(text, replace(HERE, python=_python(text, pins)))
    elif VARIABLE.match(text):
        yield _side(text, replace(HERE, variables=_variable(text, backends)))
    elif "=" in text:
        yield replace(_side(text), change=_setting(text))
    elif own:
        with _commit_of(text, folder, own) as change:
            yield replace(_side(text), change=change)
    else:
        with _worktree(text, folder, ROOT) as root:
            if not (root / "bench" / "worker" / "turns.py").is_file():
                raise SideError(f"{text}: it is older than duels, and cannot take turns")
            wanted = environments.unmet(root, backends)
            python = _python(text, wanted) if wanted else HERE.python
            yield _side(text, replace(HERE, root=root, python=python))


def _side(name: str, installation: Installation = HERE) -> Side:
    return Side(name=name, installation=installation, change=lambda experiment: experiment)


def _variable(text: str, backends: Iterable[str]) -> dict[str, str]:
    """Return a variable with its value. Raises `SideError` for one that no worker would get."""
    name, _, value = text.partition("=")
    if name == KERAS_BACKEND:
        raise SideError(f"{text}: the suite sets it for each process; say backend={value}")
    if name in SET:
        raise SideError(f"{text}: the suite sets it for each process; both sides would be the same")
    if any(variables.effect(name, each) == "removed" for each in backends):
        raise SideError(f"{text}: it is kept from the experiments; both sides would be the same")
    return {name: value}


def _setting(text: str) -> Callable[[Experiment], Experiment]:
    name, _, value = text.partition("=")
    if name == "backend":
        backend = find_backend(value)
        return lambda experiment: replace(experiment, backend=backend)
    if name not in SETTINGS:
        known = ", ".join(f"{each}=…" for each in ("backend", *SETTINGS))
        raise SideError(f"{text}: no setting of that name; there are {known}")
    if value not in SETTINGS[name]:
        raise SideError(f"{text}: {name} is one of {', '.join(SETTINGS[name])}")
    changes = {name: value}
    return lambda experiment: replace(experiment, **changes)  # type: ignore[arg-type]


@contextlib.contextmanager
def _commit_of(
    reference: str, folder: Path, own: Sequence[Own]
) -> Iterator[Callable[[Experiment], Experiment]]:
    """Check out a commit of the user's repository; yield what leads an experiment there."""
    first = own[0].places[0]
    beside = Path(first.folder)
    top = _git(beside, "rev-parse", "--show-toplevel")
    if top.returncode:
        raise SideError(f"{reference}: {first.path} is in no git repository")
    repository = Path(top.stdout.strip()).resolve()
    with _worktree(reference, folder, repository) as root:
        moved = {each: _moved(each, reference, repository, root.resolve()) for each in own}
        yield lambda experiment: replace(
            experiment, own=moved[experiment.own] if experiment.own else None
        )


def _moved(own: Own, reference: str, repository: Path, root: Path) -> Own:
    """Return where a network and its data are in another checkout of their repository.

    What is not in the repository stays where it is. Raises `SideError`.
    """

    def there(place: Place | None) -> Place | None:
        if place is None or not Path(place.path).is_relative_to(repository):
            return place
        path, folder = (root / Path(p).relative_to(repository) for p in (place.path, place.folder))
        if not place.attribute and not path.exists():
            return place  # a file of data that is not committed
        return replace(place, path=str(path), folder=str(folder))

    network, data, objects = map(there, (own.network, own.data, own.custom_objects))
    if (network, data, objects) == (own.network, own.data, own.custom_objects):
        shown = ", ".join(place.shown for place in own.places)
        raise SideError(f"{reference}: {shown} would be the same there as here: not committed")
    try:
        return replace(
            own,
            network=network,
            network_digest=digest(network) if network else own.network_digest,
            data=data,
            data_digest=digest(data) if data else own.data_digest,
            custom_objects=objects,
            custom_objects_digest=digest(objects) if objects else None,
        )
    except (PlaceError, OSError) as error:
        raise SideError(f"{reference}: {own.places[0].shown} is not in it: {error}") from None


@contextlib.contextmanager
def _worktree(reference: str, folder: Path, repository: Path) -> Iterator[Path]:
    """Check out a commit of a repository beside it, and take it away in the end."""
    top = _git(repository, "rev-parse", "--show-toplevel")
    if top.returncode or Path(top.stdout.strip()).resolve() != repository.resolve():
        raise SideError(
            f"{reference}: a commit needs a git checkout of the suite, and {repository} is none; "
            "with --networks file.py:build it is one of your network's repository"
        )
    found = _git(repository, "rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}")
    if found.returncode:
        raise SideError(
            f"{reference}: no commit, branch or tag of this checkout; {AS_IT_IS} is the checkout "
            "as it is, keras==3.14.1 a package, XLA_FLAGS=… a variable, execution=tuned a setting"
        )
    root = folder / "checkout"
    _git(repository, "worktree", "prune")  # those of duels that were killed
    add = ("worktree", "add", "--detach", "--force", str(root), found.stdout.strip())
    made = _git(repository, *add)
    if made.returncode:
        raise SideError(f"{reference}: no worktree: {made.stderr.strip().splitlines()[-1]}")
    try:
        yield root
    finally:
        _git(repository, "worktree", "remove", "--force", str(root))


def _python(name: str, requirements: Sequence[str]) -> Path:
    """Return the Python of an environment in which these hold."""
    try:
        return environments.make(requirements)
    except EnvironmentFailedError as error:
        raise SideError(f"{name}: cannot be installed: {error}") from None


def _git(repository: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, capture_output=True, text=True)
