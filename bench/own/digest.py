"""Hashes of what the user brought: another text of the code, or other data, is another experiment.

Of Python files comments, docstrings and layout do not count; what a file imports from its own
folder does.
"""

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

from bench.own.place import Place, parse

CHUNK = 2**20


def digest(place: Place) -> str:
    """Return ``sha256:…`` of a place: its source, or its bytes. Raises `PlaceError`, `OSError`."""
    hashed = hashlib.sha256()
    if place.attribute:
        root = Path(place.folder)
        for path in _sources(Path(place.path), root):
            hashed.update(f"{path.relative_to(root).as_posix()}\n".encode())
            hashed.update(ast.dump(_without_docstrings(parse(path))).encode())
        hashed.update(f"\n{place.attribute}".encode())
        return f"sha256:{hashed.hexdigest()}"
    path = Path(place.path)
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        if file != path:
            hashed.update(f"{file.relative_to(path).as_posix()}\n".encode())
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                hashed.update(chunk)
    return f"sha256:{hashed.hexdigest()}"


def _sources(start: Path, root: Path) -> list[Path]:
    """Return a file and what it imports from below a folder, again and again."""
    found, waiting = {start}, [start]
    while waiting:
        path = waiting.pop()
        for imported in _imported(path, root):
            if imported not in found:
                found.add(imported)
                waiting.append(imported)
    return sorted(found)


def _imported(path: Path, root: Path) -> Iterator[Path]:
    """Yield the files below a folder that a file imports."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files(root, alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = root if not node.level else path.parents[node.level - 1]
            if not base.is_relative_to(root):
                continue
            module = node.module or ""
            yield from _files(base, module)
            for alias in node.names:  # a name may be a module, too
                yield from _files(base, f"{module}.{alias.name}".lstrip("."))


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
