"""``pytest bench/ --against BASE`` as it is typed."""

from pathlib import Path

import pytest

from tests.conftest import Suite

SMALL = ("--networks", "tabular_mlp", "--backends", "jax", "--epochs", "1", "--samples", "512")


def test_a_run_ends_with_the_verdicts_of_a_duel(suite: Suite, tmp_path: Path) -> None:
    done = suite(*SMALL, "--against", "HEAD", "--against-minutes", ".3", "--seeds", "2")
    assert done.returncode in (0, 6), done.stdout + done.stderr
    assert "in turns with HEAD" in done.stdout
    verdict = "not settled" if done.returncode else "(faster|not slower)"
    assert done.stdout.count("tabular_mlp, miniboone, jax: numerics equal, to the bit") == 1
    lines = done.stdout.partition("in turns with HEAD")[2].splitlines()
    (row,) = [line for line in lines if line.strip().startswith("tabular_mlp, miniboone, jax")]
    assert any(word in row for word in verdict.strip("()").split("|")), row
    assert (tmp_path / "duel.jsonl").exists()


@pytest.mark.parametrize("base", ["XLA_FLAGS=--xla_cpu_enable_fast_math=true", "execution=tuned"])
def test_a_run_against_a_flag_and_a_setting(suite: Suite, base: str) -> None:
    done = suite(*SMALL, "--against", base, "--against-minutes", ".3")
    assert done.returncode in (0, 1, 6), done.stdout + done.stderr
    assert f"in turns with {base}" in done.stdout
    assert "tabular_mlp, miniboone, jax: numerics " in done.stdout


@pytest.mark.parametrize("base", ["no-such-branch", "speed=high"])
def test_a_base_that_there_is_not_ends_it_before_anything_is_run(
    inline_suite: Suite, base: str
) -> None:
    done = inline_suite(*SMALL, "--against", base)
    assert done.returncode == 4
    assert f"--against {base}: no " in done.stderr
    assert "epoch" not in done.stdout


@pytest.mark.parametrize(
    "chosen",
    [
        ("--networks", "random_forest", "--backends", "sklearn"),
        ("--networks", "tabular_mlp", "--backends", "numpy"),
    ],
)
@pytest.mark.parametrize("base", ["HEAD", "no-such-branch"])
def test_what_does_not_train_is_said_before_anything_is_run(
    inline_suite: Suite, chosen: tuple[str, ...], base: str
) -> None:
    done = inline_suite(*chosen, "--against", base)
    assert done.returncode == 4
    assert f"--against {base}: nothing that was chosen trains a network" in done.stderr
    assert "passed" not in done.stdout


def test_a_duel_that_is_left_out_is_said(inline_suite: Suite, tmp_path: Path) -> None:
    net = tmp_path / "net.py"
    net.write_text("def build():\n    return 1 / 0\n\n\nother = build\n")
    networks = ("--networks", f"{net}:build,{net}:other", "--datasets", "miniboone")
    done = inline_suite(*networks, "--backends", "jax", "--against", "execution=tuned", "-x")
    assert done.returncode == 1
    assert "in turns with execution=tuned" in done.stdout
    assert "left out: not all that was chosen was run" in done.stdout


@pytest.mark.parametrize("minutes", ["0", "-1", "soon", ""])
def test_minutes_that_are_none_are_said(inline_suite: Suite, minutes: str) -> None:
    done = inline_suite(*SMALL, f"--against-minutes={minutes}")
    assert done.returncode == 4
    assert "--against-minutes takes a number above 0" in done.stderr
