"""What is measured against what: a commit, a package, a variable or a setting."""

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench import variables
from bench.duel import environments
from bench.duel.environments import EnvironmentFailedError
from bench.execution import NAMES as EXECUTIONS
from bench.executors.process import HERE, Installation
from bench.experiment import Experiment
from bench.machine import ROOT, git
from bench.own import recipe
from bench.own.digest import digest
from bench.own.place import Place, PlaceError
from bench.own.recipe import Recipe
from bench.own.spec import BATCH_SIZE, Own
from bench.plan import find_backend
from bench.profiles import RECIPES
from bench.protocol import KERAS_BACKEND, SET
from bench.selection import PRECISIONS, Selection

PIN = re.compile(r"[A-Za-z0-9][\w.-]*==\S+")
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*=")
AS_IT_IS = "."
"""This checkout with its changes."""
SETTINGS = {"execution": EXECUTIONS, "precision": PRECISIONS}
NOTHING = Selection()


class SideError(ValueError):
    """A side that there is not, or that cannot be made. The message is for the user."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing
        """Whether another time it may be made."""


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
    text: str,
    folder: Path,
    backends: Iterable[str],
    own: Sequence[Own] = (),
    selection: Selection = NOTHING,
) -> Iterator[Side]:
    """Make a side of what the user wrote; ``folder``, empty, is its own for as long as it lives.

    With networks or data of the user's ``own``, a commit is one of their repository, and the suite
    is as it is; their recipe, and whether they gave a batch size, is of the ``selection``. Raises
    `SideError`, and `PlanError` for a setting that there is not.
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
        with _commit_of(text, folder, own, selection) as change:
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
    reference: str, folder: Path, own: Sequence[Own], selection: Selection
) -> Iterator[Callable[[Experiment], Experiment]]:
    """Check out a commit of the user's repository; yield what leads an experiment there."""
    first = own[0].places[0]
    beside = Path(first.folder)
    top = git(beside, "rev-parse", "--show-toplevel")
    if top.returncode:
        raise SideError(f"{reference}: {first.path} is in no git repository")
    repository = Path(top.stdout.strip()).resolve()
    with _worktree(reference, folder, repository) as root:
        there = _Checkout(reference, repository, root.resolve())
        trained = there.recipe(selection)
        moved = {each: there.own(each, trained.compiling) for each in own}

        def change(experiment: Experiment) -> Experiment:
            if experiment.own is None:
                return experiment
            study = RECIPES.get(experiment.modality)
            usual = study.batch_size if study else BATCH_SIZE
            size = selection.batch_size or trained.batch_size or usual
            return replace(experiment, own=moved[experiment.own], batch_size=size)

        yield change


@dataclass(frozen=True, slots=True)
class _Checkout:
    """A commit of the user's repository; what is not in the repository stays where it is."""

    reference: str
    repository: Path
    root: Path

    def path(self, here: Path) -> Path:
        """Return where something is in it."""
        inside = here.is_relative_to(self.repository)
        return self.root / here.relative_to(self.repository) if inside else here

    def place(self, here: Place | None) -> Place | None:
        """Return where a network or data are in it."""
        if here is None:
            return None
        path = self.path(Path(here.path))
        if path == Path(here.path) or not (here.attribute or path.exists()):
            return here  # a file of data that is not committed
        return replace(here, path=str(path), folder=str(self.path(Path(here.folder))))

    def recipe(self, selection: Selection) -> Recipe:
        """Return how it trains what is the user's. Raises `SideError`.

        A file that was named and is not in it is the same there as here.
        """
        try:
            if not selection.recipe:
                return recipe.read(None, self.path(Path.cwd().resolve()))
            here = Path(selection.recipe).resolve()
            there = self.path(here)
            return recipe.read(there if there.exists() else here)
        except PlaceError as error:
            raise SideError(f"{self.reference}: {error}") from None

    def own(self, own: Own, compiling: str) -> Own:
        """Return a network and its data, trained in another way. Raises `SideError`."""
        network, data, objects = map(self.place, (own.network, own.data, own.custom_objects))
        before = own.network, own.data, own.custom_objects, own.compiling
        if (network, data, objects, compiling) == before:
            shown = ", ".join(place.shown for place in own.places)
            raise SideError(
                f"{self.reference}: {shown} would be the same there as here: not committed"
            )
        try:
            return replace(
                own,
                network=network,
                network_digest=digest(network) if network else own.network_digest,
                data=data,
                data_digest=digest(data) if data else own.data_digest,
                custom_objects=objects,
                custom_objects_digest=digest(objects) if objects else None,
                compiling=compiling,
            )
        except (PlaceError, OSError) as error:
            shown = own.places[0].shown
            raise SideError(f"{self.reference}: {shown} is not in it: {error}") from None


@contextlib.contextmanager
def _worktree(reference: str, folder: Path, repository: Path) -> Iterator[Path]:
    """Check out a commit of a repository beside it, and take it away in the end."""
    top = git(repository, "rev-parse", "--show-toplevel")
    if top.returncode or Path(top.stdout.strip()).resolve() != repository.resolve():
        raise SideError(
            f"{reference}: a commit needs a git checkout of the suite, and {repository} is none; "
            "with --networks file.py:build it is one of your network's repository"
        )
    found = git(repository, "rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}")
    if found.returncode:
        raise SideError(
            f"{reference}: no commit, branch or tag of this checkout; {AS_IT_IS} is the checkout "
            "as it is, keras==3.14.1 a package, XLA_FLAGS=… a variable, execution=tuned a setting"
        )
    root = folder / "checkout"
    git(repository, "worktree", "prune")  # those of duels that were killed
    add = ("worktree", "add", "--detach", "--force", str(root), found.stdout.strip())
    made = git(repository, *add)
    if made.returncode:
        raise SideError(f"{reference}: no worktree: {made.stderr.strip().splitlines()[-1]}")
    try:
        yield root
    finally:
        git(repository, "worktree", "remove", "--force", str(root))


def _python(name: str, requirements: Sequence[str]) -> Path:
    """Return the Python of an environment in which these hold."""
    try:
        return environments.make(requirements)
    except EnvironmentFailedError as error:
        raise SideError(f"{name}: cannot be installed: {error}", passing=error.passing) from None
