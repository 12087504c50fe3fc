"""The job of docs/ci.md, as a runner would run it."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.builders import ROOT

STEP = re.compile(r"- name: duel\n.*?run: \|\n(.*?)\n      - ", re.DOTALL)


def test_the_job_writes_its_summary_and_its_artifact(tmp_path: Path) -> None:
    (script,) = STEP.findall((ROOT / "docs" / "ci.md").read_text())
    clone, summary = tmp_path / "clone", tmp_path / "summary.md"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    step = tmp_path / "step.sh"
    step.write_text(script)
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(step)],
        cwd=clone,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "BASE": "HEAD",
            "DUEL": "--networks tabular_mlp --backends jax --budget 0.3m",
            "GITHUB_STEP_SUMMARY": str(summary),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tabular_mlp, miniboone, jax: pair 1" in summary.read_text()
    assert "numerics" in summary.read_text()
    assert {path.name for path in (clone / "results").iterdir()} >= {"duel.jsonl", "duel.txt"}


def test_the_job_fails_where_the_duel_does(tmp_path: Path) -> None:
    (script,) = STEP.findall((ROOT / "docs" / "ci.md").read_text())
    (tmp_path / "step.sh").write_text(script)
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.touch(mode=0o755)
    for status in range(5):
        python.write_text(f"#!/bin/sh\nexit {status}\n")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "step.sh"],
            cwd=tmp_path,
            env={
                "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
                "BASE": "HEAD",
                "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            },
        )
        assert (done.returncode == 0) == (status in (0, 3)), status
