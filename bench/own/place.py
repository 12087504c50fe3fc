"""Where something of the user's is: ``file.py:name``, ``package.module:name`` or a file of data.

Nothing here imports what it names: files are found, parsed and hashed.
"""

import ast
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path

from architectures import registry as architectures
from datasets import registry as datasets

IN_MODULE = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*|\*)")
"""``package.module:name``."""
WHOLE = "*"
"""In the place of a name: all of a module."""
NOT_IN_NAMES = re.compile(r"[^\w.+]+")
"""A hyphen least of all: it joins the parts of an id."""
USUAL = ("build", "load")
"""Names of functions that go without saying."""
LONGEST = 60
"""Bytes of a name: ids hold two of them, and name files."""


class PlaceError(ValueError):
    """There is nothing, or nothing usable, where the user says. The message is for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a worker needs to find it again."""

    path: str
    """Of the file or folder, absolute."""
    attribute: str = ""
    """Name in a module; empty for a file of data."""
    module: str = ""
    """Dotted name, where it was given by one; else the file is loaded by its path."""
    folder: str
    """What the module's own imports are looked for in: beside it, or where its package is."""

    @property
    def shown(self) -> str:
        """How people know it: ``mymodel.py:build``."""
        name = self.module or Path(self.path).name
        return f"{name}:{self.attribute}" if self.attribute else name


def looks_like_place(text: str, *suffixes: str) -> bool:
    """Return whether a text is no name of a registry: it has a colon, a slash or a known ending."""
    return ":" in text or "/" in text or "\\" in text or text.endswith((".py", *suffixes))


def find(text: str, *, suffixes: tuple[str, ...] = (), example: str) -> Place:
    """Return the place that a text means. Raises `PlaceError`.

    ``suffixes`` are those of files that are taken as they are; ``example`` is the usual name of
    what is looked for.
    """
    file, colon, attribute = text.rpartition(":")
    if colon and file.endswith(".py"):
        path = _file(file)
        _require_name(path, attribute)
        return Place(path=str(path), attribute=attribute, folder=str(path.parent))
    if text.endswith(".py"):
        raise PlaceError(f"{text}: name what in it to call, as {text}:{example}")
    if text.endswith(suffixes) if suffixes else False:
        path = _file(text)
        return Place(path=str(path), folder=str(path.parent))
    if match := IN_MODULE.fullmatch(text):
        return _in_module(match[1], match[2])
    endings = "".join(f", or a {suffix} file" for suffix in suffixes)
    raise PlaceError(f"{text}: expected file.py:{example}, package.module:{example}{endings}")


def name_of(place: Place) -> str:
    """Return a short name for ids: the file below the working directory, and what is in it.

    A function of the `USUAL` name is not told; no name is one of the registries'.
    """
    if place.module:
        parts = [*place.module.split("."), place.attribute]
    else:
        path = Path(place.path)
        try:
            inside = path.relative_to(Path.cwd())
        except ValueError:
            inside = Path(*path.parts[-2:])
        if place.attribute:
            inside = inside.with_suffix("")
        parts = [*inside.parts, place.attribute]
    short = parts[:-1] if parts[-1] in USUAL else parts
    name = _joined(short)
    known = {*architectures.BY_NAME, *architectures.BASELINES_BY_NAME, *datasets.BY_NAME}
    return _joined(parts) if name in known else name


def _joined(parts: list[str]) -> str:
    name = NOT_IN_NAMES.sub("_", ".".join(filter(None, parts))).lstrip("_.+")
    return name.encode()[-LONGEST:].decode(errors="ignore").lstrip("_.+") or "own"


def _file(text: str) -> Path:
    path = Path(text).expanduser()
    try:
        if path.is_file():
            return path.resolve()
        near = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    except OSError as error:
        raise PlaceError(f"{text[:200]}: {error.strerror}") from None
    if path.is_dir():
        raise PlaceError(f"{text} is a folder; a file is needed")
    close = difflib.get_close_matches(path.name, near, n=3)
    hint = f"; did you mean {', '.join(close)}?" if close else ""
    raise PlaceError(f"there is no file {text}{hint}")


def _in_module(module: str, attribute: str) -> Place:
    """Find a module's file without importing it, nor the packages around it."""
    search: list[str] | None = [str(Path.cwd())]
    for number in range(1, module.count(".") + 2):
        part = ".".join(module.split(".")[:number])
        spec = PathFinder.find_spec(part, search) or (
            PathFinder.find_spec(part) if number == 1 else None
        )
        if spec is None:
            raise PlaceError(f"there is no module {part}, here or among what is installed")
        search = list(spec.submodule_search_locations or ())
    if not spec or not spec.origin or not spec.origin.endswith(".py"):
        raise PlaceError(f"{module}: its source cannot be found")
    path = Path(spec.origin).resolve()
    _require_name(path, attribute)
    depth = module.count(".") + (1 if path.name == "__init__.py" else 0)
    return Place(
        path=str(path), attribute=attribute, module=module, folder=str(path.parents[depth])
    )


def _require_name(path: Path, attribute: str) -> None:
    """Make sure that a file is Python and defines a name, as far as its text tells."""
    tree = parse(path)
    if attribute == WHOLE or any(
        isinstance(node, ast.ImportFrom) and _is_star(node) for node in ast.walk(tree)
    ):
        return
    known = set(_defined(tree))
    if attribute not in known:
        near = difflib.get_close_matches(attribute, known, n=3) or sorted(
            name for name in known if not name.startswith("_")
        )
        raise PlaceError(
            f"{path.name} defines no {attribute or 'name after the colon'}; "
            f"it has {', '.join(near[:8]) or 'nothing'}"
        )


def parse(path: Path) -> ast.Module:
    """Return a file's syntax tree. Raises `PlaceError` for what is no Python."""
    try:
        return ast.parse(path.read_bytes(), filename=path.name)
    except SyntaxError as error:
        raise PlaceError(f"{path.name}, line {error.lineno}: {error.msg}") from None
    except (ValueError, OSError, RecursionError, MemoryError) as error:
        raise PlaceError(f"{path.name} cannot be read: {error}") from None


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)


def _is_star(node: ast.ImportFrom) -> bool:
    return any(alias.name == "*" for alias in node.names)
