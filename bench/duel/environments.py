"""An environment for a side: what is installed here, but for the packages that must differ."""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import re
import shutil
import site
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterable, Sequence
from pathlib import Path

import filelock
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bench import backends
from datasets.fetch import cache_dir

UNREACHED = re.compile(
    r"connection (broken|reset|refused|aborted|error)|timed out|max retries|could not fetch"
    r"|failed to fetch|error sending request|dns error",
    re.IGNORECASE,
)
"""What pip and uv say where a package index does not answer."""


class EnvironmentFailedError(RuntimeError):
    """What was asked for cannot be installed. The message is for the user."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing
        """Whether another time it may be: the package index did not answer."""


def unmet(root: Path, extras: Iterable[str]) -> list[str]:
    """Return which requirements of a checkout what is installed here does not meet."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project.get("optional-dependencies", {})
    texts = [*project.get("dependencies", ()), *(t for e in extras for t in optional.get(e, ()))]
    return [text for text in texts if not _met(Requirement(text))]


def _met(requirement: Requirement) -> bool:
    if requirement.marker and not requirement.marker.evaluate():
        return True
    found = _installed(requirement.name).values()
    return any(requirement.specifier.contains(version, prereleases=True) for version in found)


def _installed(package: str) -> dict[str, str]:
    """Return versions of what is here of a package, by name: ``tensorflow-cpu`` is TensorFlow."""
    name = canonicalize_name(package)
    families = [each.distributions for each in backends.BACKENDS if each.keras]
    names = next((family for family in families if name in family), (name,))
    found = {}
    for each in names:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[each] = importlib.metadata.version(each)
    return found


def make(requirements: Sequence[str]) -> Path:
    """Return the Python of an environment in which these hold too; made once, and kept.

    It sees all that is installed here, behind what is its own: pip installs there only what the
    requirements, and what they need in turn, make differ. Raises `EnvironmentFailedError`.
    """
    requirements = [_as_installed(text) for text in requirements]
    kept = cache_dir() / "duel"
    kept.mkdir(parents=True, exist_ok=True)
    folder = kept / _key(requirements)
    with filelock.FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            making = Path(f"{folder}.partial")
            shutil.rmtree(making, ignore_errors=True)
            _fill(making, requirements)
            making.rename(folder)
    return _python(folder)


def _key(requirements: Iterable[str]) -> str:
    """Return a name that changes with the requirements and with all that is installed here."""
    here = sorted(f"{d.name}=={d.version}" for d in importlib.metadata.distributions())
    text = "\n".join([sys.version, sys.prefix, *sorted(requirements), "", *here])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _as_installed(requirement: str) -> str:
    """Return a requirement under the name that its package has here: ``tensorflow-cpu``, say."""
    name = Requirement(requirement).name
    return requirement.replace(name, next(iter(_installed(name)), name), 1)


def _python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _fill(folder: Path, requirements: Sequence[str]) -> None:
    venv.create(folder, with_pip=False, symlinks=sys.platform != "win32")
    (own,) = site.getsitepackages([str(folder)])[:1]
    lines = [f"import site; site.addsitedir({path!r})" for path in site.getsitepackages()]
    (Path(own) / "what_is_installed_here.pth").write_text("\n".join(lines) + "\n", encoding="utf-8")
    ended = subprocess.run(
        [*_installer(_python(folder)), *requirements], capture_output=True, text=True
    )
    if ended.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        lines = [line.strip() for line in ended.stderr.strip().splitlines()]
        errors = [line for line in lines if line.lower().startswith("error")]
        last = (errors or lines or ["the installer failed"])[-1]
        said = last.removeprefix("ERROR: ")
        if UNREACHED.search(ended.stderr):
            raise EnvironmentFailedError(f"{said} (a package index did not answer)", passing=True)
        raise EnvironmentFailedError(said)


def _installer(python: Path) -> list[str]:
    """Return the command that installs into an environment: pip's, or else uv's."""
    if importlib.util.find_spec("pip"):
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install"]
        return [*pip, "--quiet", "--disable-pip-version-check", "--no-warn-conflicts"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--python", str(python)]
    raise EnvironmentFailedError("there is neither pip nor uv to install it with")
