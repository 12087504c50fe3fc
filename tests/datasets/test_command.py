"""``python -m datasets``: its words, and what it says of what is not there."""

from pathlib import Path

import pytest

from datasets import __main__ as command
from datasets.registry import DATASETS


@pytest.fixture(autouse=True)
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("BENCH_DATA_DIR", "BENCH_CACHE_DIR", "KERAS_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))


def test_list_and_unknown_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["list"]) == 0
    assert capsys.readouterr().out.count("\n") == len(DATASETS)
    assert command.main(["verify", "fashion-mnist"]) == 2
    assert "did you mean fashion_mnist" in capsys.readouterr().err


def test_options_may_stand_anywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_DATA_DIR", "")
    for words in (
        ["list", "--data-dir", str(tmp_path), "imdb"],
        ["--data-dir", str(tmp_path), "list", "imdb"],
        ["list", "imdb", "--data-dir", str(tmp_path)],
    ):
        assert command.main(words) == 0
        assert capsys.readouterr().out.startswith("imdb: ")


def test_verify_of_missing_data_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["verify", "miniboone"]) == 1
    assert capsys.readouterr().err.startswith("error: miniboone: MiniBooNE_PID.txt is not in")
