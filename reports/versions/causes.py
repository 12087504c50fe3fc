"""What in a release did it: written by people, beside the duels, in ``causes.toml``."""

from pathlib import Path
from typing import Annotated

import msgspec

from reports.load import LoadError
from reports.schema.text import plain
from reports.versions.steps import Step

FILE = "causes.toml"
Filled = Annotated[str, msgspec.Meta(min_length=1)]


class Cause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One change of a release; told only where what was measured changed, too."""

    package: Filled
    version: Filled
    """The first measured release with it."""
    measure: Filled
    backend: Filled
    text: Filled
    """What changed, a clause."""
    source: Annotated[str, msgspec.Meta(pattern="^https://")]
    """Address of the change: a pull request, or release notes."""

    def explains(self, step: Step) -> bool:
        """Return whether a step is of this release, measure and backend."""
        line = step.line
        mine = self.package, self.version, self.measure, self.backend
        return mine == (line.package, step.version, step.measure, line.backend)


class _Causes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    cause: tuple[Cause, ...] = ()


def read(folder: Path) -> tuple[Cause, ...]:
    """Return what is written there; nothing where there is no such file. Raises `LoadError`."""
    path = folder / FILE
    if not path.exists():
        return ()
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_Causes).cause
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise LoadError(f"{plain(str(path))}: {plain(str(error))}") from None
