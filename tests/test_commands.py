"""What the documents tell people to type is run here as they would type it, at a small size."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest

import datasets.__main__
import reports.__main__
from bench.executors.process import Runner
from reports.schema.record import encode
from tests.builders import ROOT, build_record, replace
from tests.conftest import Inline
from tests.datasets.files import write_fashion_mnist, write_imdb, write_magic, write_miniboone
from tests.test_docs import DOCUMENTS, commands

ELSEWHERE = {
    "tox": ".ci/run calls it; its commands are those that are run here",
    "python -m pip": "installs",
    "python -m venv": "makes an environment",
    "python -m pytest": "the tests themselves",
    "python -m studio": "tests/studio drives it in a browser",
    "python -m bench": "tests/bench/{duel,advise}, test_versions.py, worker/test_environment.py",
    "pytest --bench-model": "tests/keras_bench types it in an empty folder",
    "python -m reports versions": "tests/reports/versions",
    "python -m architectures": "tests/architectures/test_networks.py",
    "python -m distributed.cli": "tests/bench/executors/test_dask.py starts them",
    "pytest bench/test_equivalence.py": "tests/bench/worker/test_equivalence.py runs it so",
    "pytest bench/ --against": "tests/bench/duel/test_against.py",
    "pytest bench/ --cluster": "tests/bench/executors runs it on real schedulers and workers",
    "python -m tools.cost epochs": "takes minutes, on a machine that does nothing else",
    "python -m tools.cost grid": "likewise",
    "python -m tools.cost jobs": "likewise",
    "python -m tools.cluster_cost": "likewise",
    "python -m tools.duel_trials": "an hour; tests/bench/duel/test_trials.py runs it for a pair",
    "python -m tools.advice_trials": "an hour; tests/bench/advise/test_trials.py runs it",
    "pytest bench/ --profile thesis --seeds 3 --resume --networks": "docs/study.md has it without",
    "python -m tools.profile_step": "tests/bench/worker/test_profile.py",
    "python -m tools.scale": "10,000 records: a minute",
    "python -m tools.page_pictures": "needs Chromium: tests/reports/test_page.py has one",
}
"""Commands that are not run here, by how they begin, and why."""
VARIABLES = {
    "$seeds": ("0-1", "2-2"),
    "$i": ("10", "11"),
    "DIR": ("data",),
    "NAME": ("miniboone",),
}
"""What is put for a placeholder: each value in turn."""
PATHS = ("--results-dir", "--benchmark-json", "--baseline", "--data-dir")
RNN = {"id": "tabular_rnn-miniboone-jax-s0", "architecture": "tabular_rnn", "kind": "rnn"}
FOLDERS = ("results/records", "docs/results/records", "base", "head", "equivalence")
"""Where the documents have results from earlier."""
FINE = {0, 4, 6}
"""Exit statuses: 4 and 6 say that others disturbed the comparison."""
ALSO_FINE = {
    "--rerun-failed": 5,  # nothing has failed
    "verify": 1,  # 40 events are not MiniBooNE
}


def reason(words: list[str]) -> str | None:
    """Return why a command is not run here."""
    line = " ".join(words)
    if words[:3] == ["python", "-m", "reports"] and len(words) == 4:
        return "names the command, without what it needs"
    return next((why for start, why in ELSEWHERE.items() if line.startswith(start)), None)


def expanded(words: list[str]) -> Iterator[list[str]]:
    """Yield a command with every value of its placeholders."""
    used = [name for name in VARIABLES if any(name in word.split("/") for word in words)]
    for values in product(*(VARIABLES[name] for name in used)):
        chosen = dict(zip(used, values, strict=True))
        yield ["/".join(chosen.get(part, part) for part in word.split("/")) for word in words]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with data of all sets in their real forms, and some results."""
    folder = tmp_path_factory.mktemp("typed")
    for name in ("fashion-mnist", "imdb", "miniboone", "magic"):
        (folder / "data" / name).mkdir(parents=True)
    write_fashion_mnist(folder / "data" / "fashion-mnist", train=96, test=32)
    write_imdb(folder / "data" / "imdb")
    write_miniboone(folder / "data" / "miniboone")
    write_magic(folder / "data" / "magic")
    for place in ("out", "one", "other", *(f"{name}/one" for name in FOLDERS)):
        path = folder / f"{place}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        # Of a network that no command here trains, so that nothing is compared with it.
        path.write_bytes(encode(build_record(**RNN)))
    before = build_record().environment  # at another commit, and of another version
    packages = {**before.packages, "keras": "3.14.1"}
    for month, other in enumerate(
        (replace(before, commit="0123456789"), replace(before, packages=packages)), 1
    ):
        moment = f"2025-{month:02}-01T00:00:00.000+00:00"
        record = build_record(**RNN, started_at=moment, environment=other)
        (folder / "results" / "records" / f"{month}.json").write_bytes(encode(record))
    return folder


@pytest.fixture(scope="module")
def runner(cache_dir: Path, folder: Path) -> Iterator[Runner]:
    """Return what runs the experiments: processes that know where the data are."""
    with pytest.MonkeyPatch.context() as context:
        context.setenv("BENCH_DATA_DIR", str(folder / "data"))
        with Runner() as runner:
            yield runner


def small(words: list[str], folder: Path) -> list[str]:
    """Return the arguments of ``pytest bench/`` for a moment's work, with outputs in a folder."""
    arguments = list(words)
    for place, word in enumerate(arguments):
        if word == "--networks" and arguments[place + 1] == "miniboone":  # NAME
            arguments[place + 1] = "tabular_mlpx"
        if word == "--seeds" and arguments[place + 1].isdigit():
            arguments[place + 1] = "2"
        if word in PATHS:
            arguments[place + 1] = str(folder / arguments[place + 1])
        elif word.startswith("--benchmark-json="):
            arguments[place] = f"--benchmark-json={folder / word.partition('=')[2]}"
    several = "-k" in words or "fashion_mnist,imdb" in words
    defaults = {
        "--results-dir": str(folder / "results" / "records"),
        "--backends": "jax",
        "--networks": "tabular_mlp,image_mlp,sequential_mlp" if several else "tabular_mlp",
    }
    for option, value in defaults.items():
        arguments += [] if option in words else [option, value]
    return [*arguments, "-q", "-p", "no:cacheprovider", "--epochs", "2", "--samples", "64"]


def test_what_the_documents_say_can_be_typed(
    folder: Path, inline: Inline, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [words for path in DOCUMENTS for words in commands(path.read_text())]
    typed = {" ".join(w): w for words in said if not reason(words) for w in expanded(words)}
    for line, words in typed.items():  # some stand in several documents
        status = run(words, folder, inline, monkeypatch)
        fine = FINE | {code for word, code in ALSO_FINE.items() if word in words}
        assert status in fine, f"{line}: {status}"


def run(
    words: list[str], folder: Path, inline: Inline, monkeypatch: pytest.MonkeyPatch
) -> int | str:
    """Return the exit status of a command, with what it printed if that is bad."""
    if words[0] == "pytest":
        done = inline(*small(words[1:], folder))
        told = done.returncode in {*FINE, 5}
        return done.returncode if told else done.stdout + done.stderr
    mains: dict[str, Callable[[list[str]], int]] = {
        "reports": reports.__main__.main,
        "datasets": datasets.__main__.main,
    }
    arguments = [match for word in words[3:] for match in matches(word, folder)]
    if main := mains.get(words[2]):
        with monkeypatch.context() as context:
            context.chdir(folder)
            context.setenv("BENCH_DATA_DIR", str(folder / "data"))  # which --data-dir changes
            return main(arguments)
    command = [sys.executable, *words[1:3], *arguments]
    environment = {"PYTHONPATH": str(ROOT), "PATH": str(Path(sys.executable).parent)}
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return ended.returncode if ended.returncode in FINE else ended.stdout + ended.stderr


def matches(word: str, folder: Path) -> list[str]:
    """Return what a shell makes of a word."""
    return sorted(str(path) for path in folder.glob(word)) if "*" in word else [word]


def test_every_reason_is_one_of_a_command_that_is_documented() -> None:
    said = [" ".join(words) for path in DOCUMENTS for words in commands(path.read_text())]
    for start in ELSEWHERE:
        assert any(line.startswith(start) for line in said), start
    assert sum(reason(line.split()) is None for line in said) > 30
