"""Calls the user's code, and tells what goes wrong in it by the user's own lines."""

import contextlib
import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.machine import ROOT
from bench.outcome import reason_of
from bench.own.digest import Digest, digest
from bench.own.place import WHOLE, Place

SUITE = ("architectures", "bench", "datasets", "reports", "studio", "tests", "tools")
"""Top-level packages of this checkout, whose names others use, too."""


class OwnError(Exception):
    """Something of the user's is not what it should be. The message is for them."""

    def __init__(self, message: str, trace: str | None = None) -> None:
        super().__init__(message)
        self.trace = trace or message
        """Traceback, shortened to the user's lines; the message where there is none."""


def check(place: Place, expected: Digest) -> None:
    """Raise `OwnError` where something is no longer what it was when the run was planned.

    Files that its code names and that were not there then are its own work.
    """
    try:
        now = digest(place, expected.named)
    except (ValueError, OSError) as error:
        raise OwnError(f"{place.shown}: {error}") from None
    if now != expected:
        raise OwnError(f"{place.shown} has changed since the run was planned; start it again")


def load(place: Place) -> Any:
    """Return what a place names: a function, or for all of it the module. Raises `OwnError`."""
    module = guarded(place, lambda: _module(place), "importing it")
    if place.attribute == WHOLE:
        return module
    try:
        found = getattr(module, place.attribute)
    except AttributeError:
        raise OwnError(f"{place.shown}: the module has no {place.attribute}") from None
    if not callable(found):
        raise OwnError(f"{place.shown} is of type {type(found).__name__}; expected a function")
    return found


def call(place: Place, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of the user's. Raises `OwnError`."""
    return guarded(place, lambda: function(*arguments), f"calling {place.attribute}()")


def names(module: ModuleType) -> dict[str, Any]:
    """Return the classes and functions of a module, by name: what Keras may have to look up."""
    return {
        name: value
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", "").partition(".")[0] != "keras"
    }


def guarded(place: Place, action: Callable[[], Any], doing: str) -> Any:
    """Do something with the user's code, the suite's own packages out of its way.

    Raises `OwnError` whatever it raises, an attempt to exit included.
    """
    try:
        with _on_its_own(place):
            return action()
    except (Exception, SystemExit) as error:
        raise _told(place, error, doing) from None


def settle(places: Sequence[Place]) -> None:
    """Let the user's code find what is beside it until this process ends, in the first's folder.

    It is run by `fit`, `evaluate` and `predict`, which import modules of their own meanwhile: what
    is installed comes before it, and the suite's packages, which are loaded, after it.
    """
    folders = [place.folder for place in places]
    sys.path[:] = [*_without_suite(sys.path), *dict.fromkeys(folders), str(ROOT)]
    if folders:
        os.chdir(folders[0])


def by_user(place: Place, error: Exception, doing: str) -> Exception:
    """Return an error as one of the user's code, where a line of it was being run."""
    frames = traceback.extract_tb(error.__traceback__)
    return _told(place, error, doing) if _mine(place, frames) else error


def _module(place: Place) -> ModuleType:
    if place.module:
        return importlib.import_module(place.module)
    name = Path(place.path).stem
    if name in sys.modules:
        loaded = getattr(sys.modules[name], "__file__", None)
        if loaded and os.path.realpath(loaded) == place.path:
            return sys.modules[name]
        name = f"own_{name}"
    spec = importlib.util.spec_from_file_location(name, place.path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def _on_its_own(place: Place) -> Iterator[None]:
    """Let imports find what is beside the user's code, and not this suite's packages.

    What is called ``datasets`` there, or by somebody else, is another.
    """
    suite = {
        name: sys.modules.pop(name)
        for name in list(sys.modules)
        if name.partition(".")[0] in SUITE and _of_suite(sys.modules[name])
    }
    path = list(sys.path)
    sys.path[:] = [place.folder, *_without_suite(path)]
    here = Path.cwd()
    os.chdir(place.folder)  # where "train.csv" is
    try:
        yield
    finally:
        os.chdir(here)
        sys.path[:] = path
        sys.modules.update(suite)


def _without_suite(path: list[str]) -> list[str]:
    return [folder for folder in path if os.path.realpath(folder) != os.path.realpath(ROOT)]


def _of_suite(module: ModuleType) -> bool:
    files = [getattr(module, "__file__", None), *list(getattr(module, "__path__", []))]
    return any(file and Path(file).is_relative_to(ROOT) for file in files)


def _mine(place: Place, frames: Sequence[traceback.FrameSummary]) -> list[traceback.FrameSummary]:
    """Return those frames that are in the user's files, an environment beside them apart."""
    return [
        frame
        for frame in frames
        if Path(frame.filename).is_relative_to(place.folder)
        and "site-packages" not in Path(frame.filename).parts
    ]


def _told(place: Place, error: BaseException, doing: str) -> OwnError:
    """Return an error as its user would see it: where in their lines, and what."""
    if isinstance(error, OwnError):
        return error
    frames = traceback.extract_tb(error.__traceback__)
    mine = _mine(place, frames)
    what = reason_of(error)
    if isinstance(error, ModuleNotFoundError) and "hidden from this process" in str(error):
        what = f"imports {error.name}, which only a process of that backend has"
    elif isinstance(error, SystemExit):
        what = f"it ends the process (sys.exit({error.code!r}))"
    where = place.shown
    if mine:
        where = f"{Path(mine[-1].filename).name}, line {mine[-1].lineno}, in {mine[-1].name}"
    trace = "".join(traceback.format_list(mine)) + "".join(
        traceback.format_exception_only(type(error), error)
    )
    return OwnError(f"{where} ({doing}): {what}", trace)
