"""What a network is built by, as a hash: a change without a new revision is found out.

Read from the files, so that Keras need not be imported. Comments, docstrings and layout do not
count, nor that a number has become an argument that has this number if nobody gives another.
"""

import ast
import functools
import hashlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from architectures import registry

BUILDERS = "BUILDERS"
"""Name of the table of the baselines."""


@functools.cache
def digest(name: str) -> str:
    """Return a hash of a builder and of what it uses in its module."""
    network = registry.BY_NAME.get(name)
    module = Path(__file__).with_name(f"{network.modality if network else 'baselines'}.py")
    return digest_of(module.read_text(encoding="utf-8"), name, baseline=network is None)


def digest_of(source: str, name: str, *, baseline: bool = False) -> str:
    """Return the hash of a builder in the text of its module."""
    tree = ast.parse(source)
    named = {target: node for node in tree.body for target in _targets(node)}
    root = _entry(named[BUILDERS], name) if baseline else named[name]
    parts = {name: root}
    waiting = [root]
    while waiting:
        for used in sorted(_names(waiting.pop())):
            if used in named and used not in parts and used != BUILDERS:
                parts[used] = named[used]
                waiting.append(named[used])
    text = "\n".join(dumped(_plain(parts[part])) for part in sorted(parts))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def dumped(node: ast.AST) -> str:
    """Return a tree as text that is the same whatever Python reads the source.

    Python 3.12 added type parameters, and 3.13 leaves out what is empty unless it is asked for.
    """
    options: dict[str, bool] = {"show_empty": True} if sys.version_info >= (3, 13) else {}
    return ast.dump(node, **options).replace(", type_params=[]", "")


def _targets(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement of a module defines."""
    if isinstance(node, ast.FunctionDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def _entry(table: ast.AST, name: str) -> ast.AST:
    """Return the value of one key of a table that is written out."""
    for node in ast.walk(table):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == name:
                    return value
    raise KeyError(name)


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _plain(node: ast.AST) -> ast.AST:
    """Return a function without docstring and keyword-only arguments that have a default."""
    if not isinstance(node, ast.FunctionDef):
        return node
    if ast.get_docstring(node) is not None:
        node.body = node.body[1:]
    given = [*zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)]
    usual = {each.arg: value for each, value in given if isinstance(value, ast.Constant)}
    node.args.kwonlyargs = [each for each, _ in given if each.arg not in usual]
    node.args.kw_defaults = [value for each, value in given if each.arg not in usual]
    return _Usual(usual).visit(node) if usual else node


class _Usual(ast.NodeTransformer):
    """Puts the defaults of arguments in their places."""

    def __init__(self, usual: Mapping[str, ast.Constant]) -> None:
        self._usual = usual

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._usual.get(node.id, node)
