"""Hashes of what the user brought: another text of the code, or other data, is another experiment.

Of Python files comments, docstrings and layout do not count; what a file imports from its own
folder does, and so do the files below it that it names, as ``"train.csv"``. What the user's code
itself writes there later is no other data: which files counted is kept beside the hash.
"""

import ast
import contextlib
import functools
import hashlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from architectures.source import dumped
from bench.own.place import Place, PlaceError, parse

TICK_NANOSECONDS = 2_000_000_000
"""What changes twice within a tick of a file system, some of whose are so long, has one time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What something was when it was hashed."""

    text: str
    """``sha256:…``; of what is the suite's or generated, its name and version."""
    named: tuple[str, ...] = ()
    """Files that its code names and that were there, relative to its folder."""


def digest(place: Place, named: Iterable[str] | None = None) -> Digest:
    """Hash a place: its source, or its bytes. Raises `PlaceError`, `OSError`.

    Of the files that its code names, those that are there count, or only those in ``named``.
    """
    hashed = hashlib.sha256()
    if place.attribute:
        root = Path(place.folder)
        sources = _sources(place)
        for path in sources:
            hashed.update(f"{path.relative_to(root).as_posix()}\n".encode())
            hashed.update(_dumped(path).encode())
        there = {path.relative_to(root).as_posix(): path for path in _read_by(sources, root)}
        counted = [name for name in there if named is None or name in named]
        for name in counted:
            hashed.update(f"{name}\n{_of_file(there[name])}\n".encode())
        hashed.update(f"\n{place.attribute}".encode())
        return Digest(text=f"sha256:{hashed.hexdigest()}", named=tuple(counted))
    path = Path(place.path)
    if not path.is_dir():
        return Digest(text=f"sha256:{_of_file(path)}")
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        hashed.update(f"{file.relative_to(path).as_posix()}\n{_of_file(file)}\n".encode())
    return Digest(text=f"sha256:{hashed.hexdigest()}")


def _of_file(path: Path) -> str:
    """Hash a file, once for each version of it: the studio asks again and again."""
    found = path.stat()
    changed = max(found.st_mtime_ns, found.st_ctime_ns)
    if time.time_ns() - changed < TICK_NANOSECONDS:
        return _hashed(path)
    return _kept(path, found.st_ino, found.st_size, changed)


@functools.lru_cache(maxsize=100_000)
def _kept(path: Path, *_version: int) -> str:
    return _hashed(path)


def _hashed(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _dumped(path: Path) -> str:
    try:
        return dumped(_without_docstrings(parse(path)))
    except RecursionError:
        raise PlaceError(f"{path.name} is nested too deeply to be read") from None


def _read_by(sources: Iterable[Path], root: Path) -> list[Path]:
    """Return the files below a folder that constants of some sources name: ``"train.csv"``."""
    found = set()
    for source in sources:
        for node in ast.walk(parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
                with contextlib.suppress(OSError, ValueError):  # no name of a file
                    path = (root / node.value).resolve()
                    if path.is_relative_to(root) and path.is_file():
                        found.add(path)
    return sorted(found - set(sources))


def _sources(place: Place) -> list[Path]:
    """Return a file and what it imports from its folder, again and again.

    Of what is installed, only its own package counts: the versions of others are in the record.
    """
    root = Path(place.folder)
    installed = "site-packages" in root.parts
    only = place.module.partition(".")[0] if installed else ""
    found: set[Path] = set()
    waiting = [Path(place.path), *_files(root, place.module)]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imported(path, root, only)
    return sorted(found)


def _imported(path: Path, root: Path, only: str) -> Iterator[Path]:
    """Yield the files below a folder that a file imports."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if not only or alias.name.partition(".")[0] == only:
                    yield from _files(root, alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = root if not node.level else path.parents[node.level - 1]
            module = node.module or ""
            if not base.is_relative_to(root) or (
                only and not node.level and module.partition(".")[0] != only
            ):
                continue
            around = ".".join((*base.relative_to(root).parts, module)).rstrip(".")
            yield from _files(root, around)
            for alias in node.names:  # a name may be a module, too
                yield from _files(root, f"{around}.{alias.name}".lstrip("."))


def _files(folder: Path, module: str) -> Iterator[Path]:
    """Yield the file of a dotted name below a folder, and those of the packages around it."""
    here = folder
    for part in filter(None, module.split(".")):
        here = here / part
        for candidate in (here.with_suffix(".py"), here / "__init__.py"):
            if candidate.is_file():
                yield candidate.resolve()


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module)
            and ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:]
    return tree
