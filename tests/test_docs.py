"""What the documents and docstrings name is there: files, anchors, commands, options, modules."""

import ast
import configparser
import importlib.util
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import ROOT

DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "docs/results/README.md")),
    *sorted(p for p in (ROOT / "docs").rglob("*.md") if "results" not in p.parts),
]
FOLDERS = ("architectures", "bench", "datasets", "docs", "reports", "studio", "tests", "tools")
OURS = ("architectures", "bench", "datasets", "reports", "studio", "tools", "tests")
SOURCES = sorted(
    [*(path for name in OURS for path in (ROOT / name).rglob("*.py")), ROOT / "conftest.py"]
)
WRITTEN = {"results/bench-jax/report.html", "results/records", "results/"}
"""What a run leaves."""


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of every indented command and every command in backticks."""
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    found = [line.strip() for line in lines if line.startswith("    ")]
    found += re.findall(r"`([^`\n]+)`", text)
    for line in found:
        for part in re.split(r"&&|\|\||;|\||&(?!\S)", line):
            try:
                words = shlex.split(part, comments=True)
            except ValueError:
                continue
            while words and re.fullmatch(r"\w+=\S*", words[0]):
                words = words[1:]
            module = words[:2] == ["python", "-m"] and len(words) > 2
            if module or (words and words[0] in ("pytest", "tox")):
                yield words


@pytest.fixture(scope="module")
def options() -> set[str]:
    """Return the options that pytest knows here."""
    listing = subprocess.run(
        [sys.executable, "-m", "pytest", "--help"], cwd=ROOT, capture_output=True, text=True
    )
    return set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", listing.stdout)) | {"-k", "-n"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_files_that_are_named_are_there(path: Path) -> None:
    text = path.read_text()
    named = set(re.findall(rf"(?<![\w/.-])((?:{'|'.join(FOLDERS)})/[\w./-]*\w)", text))
    gone = {name for name in named if not (ROOT / name).exists()}
    assert not gone


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        file, _, anchor = target.partition("#")
        if "://" in target:
            continue
        linked = (path.parent / file).resolve() if file else path
        assert linked.exists(), target
        heads = re.findall(r"^#+ (.*)$", linked.read_text(), flags=re.M) if anchor else []
        slugs = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
        assert not anchor or anchor in slugs, target


def expanded(section: str) -> Iterator[str]:
    """Yield the names that a section of tox.ini is for: ``a-{b,c}`` is a-b and a-c."""
    if not (found := re.search(r"\{([^}]*)\}", section)):
        yield section
        return
    for value in found[1].split(","):
        yield from expanded(section.replace(found[0], value, 1))


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_commands_can_be_typed(path: Path, options: set[str]) -> None:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini")
    environments = {name for section in tox.sections() for name in expanded(section)}
    for words in commands(path.read_text()):
        if words[0] == "tox":
            for name in words[words.index("-e") + 1].split(","):
                assert f"testenv:{name}" in environments, words
            continue
        module = words[2] if words[0] == "python" else "pytest"
        assert module == "pip" or importlib.util.find_spec(module), words
        if module != "pytest":
            continue
        for word in words[1:]:
            if re.match(r"--?[a-z]", word):
                assert word.partition("=")[0] in options, words
            if re.match(r"(bench|tests)/", word):
                assert (ROOT / word.partition("::")[0]).exists(), words


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_docstrings_name_what_is_there(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        text = node.value
        for module in re.findall(r"``python -m ([\w.]+)", text):
            assert importlib.util.find_spec(module), module
        for file in re.findall(r"(?<![\w/.])((?:docs|bench|reports|tests)/[\w/-]+\.\w+)", text):
            assert (ROOT / file).exists(), file
        for name in re.findall(rf"(?<!`)`((?:{'|'.join(OURS)})(?:\.\w+)+)`(?!`)", text):
            assert _exists(name), name


def _exists(name: str) -> bool:
    """Return whether a dotted name is a module of ours, or something at the top of one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        file = ROOT.joinpath(*parts[:length])
        source = file.with_suffix(".py") if not file.is_dir() else file / "__init__.py"
        if not source.exists():
            continue
        rest = parts[length:]
        return (
            not rest
            or re.search(rf"^(class |def |){rest[0]}\b", source.read_text(), flags=re.M) is not None
        )
    return False


def test_names_that_are_gone_are_found() -> None:
    assert _exists("bench.worker.training.Training")
    assert not _exists("bench.cell.train")
    assert not _exists("bench.worker.training.fit")
    assert [*commands("`python -m bench tune` and\n\n    pytest bench/ --nothing\n")] == [
        ["pytest", "bench/", "--nothing"],
        ["python", "-m", "bench", "tune"],
    ]
