"""What is measured against what: a commit, a package, a variable or a setting."""

import contextlib
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.duel import environments
from bench.duel.environments import EnvironmentFailedError
from bench.execution import NAMES as EXECUTIONS
from bench.executors.process import HERE, Installation
from bench.experiment import Experiment
from bench.machine import ROOT
from bench.plan import find_backend
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
def make(text: str, folder: Path, backends: Iterable[str]) -> Iterator[Side]:
    """Make a side of what the user wrote; ``folder``, empty, is its own for as long as it lives.

    Raises `SideError`, and `PlanError` for a setting that there is not.
    """
    pins = text.split(",")
    if text == AS_IT_IS:
        yield _side(text)
    elif all(map(PIN.fullmatch, pins)):
        yield _side(text, replace(HERE, python=_python(text, pins)))
    elif VARIABLE.match(text):
        name, _, value = text.partition("=")
        yield _side(text, replace(HERE, variables={name: value}))
    elif "=" in text:
        yield replace(_side(text), change=_setting(text))
    else:
        with _worktree(text, folder) as root:
            wanted = environments.unmet(root, backends)
            python = _python(text, wanted) if wanted else HERE.python
            yield _side(text, replace(HERE, root=root, python=python))


def _side(name: str, installation: Installation = HERE) -> Side:
    return Side(name=name, installation=installation, change=lambda experiment: experiment)


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
def _worktree(reference: str, folder: Path) -> Iterator[Path]:
    """Check out a commit beside this one, and take it away in the end."""
    found = _git("rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}")
    if found.returncode:
        raise SideError(
            f"{reference}: no commit, branch or tag of this checkout; {AS_IT_IS} is the checkout "
            "as it is, keras==3.14.1 a package, XLA_FLAGS=… a variable, execution=tuned a setting"
        )
    root = folder / "checkout"
    _git("worktree", "prune")  # those of duels that were killed
    made = _git("worktree", "add", "--detach", "--force", str(root), found.stdout.strip())
    if made.returncode:
        raise SideError(f"{reference}: no worktree: {made.stderr.strip().splitlines()[-1]}")
    try:
        if not (root / "bench" / "worker" / "turns.py").is_file():
            raise SideError(f"{reference}: it is older than duels, and cannot take turns")
        yield root
    finally:
        _git("worktree", "remove", "--force", str(root))


def _python(name: str, requirements: Sequence[str]) -> Path:
    """Return the Python of an environment in which these hold."""
    try:
        return environments.make(requirements)
    except EnvironmentFailedError as error:
        raise SideError(f"{name}: cannot be installed: {error}") from None


def _git(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True)
