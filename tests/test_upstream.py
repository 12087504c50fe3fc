"""The faults of docs/upstream.md are still there: an entry that is not is to be taken out."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.builders import ROOT

TEXT = (ROOT / "docs" / "upstream.md").read_text(encoding="utf-8")
SCRIPTS = [
    pytest.param(code, id=f"{heading.strip()} {number}")
    for heading, body in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE)
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", body, re.DOTALL), 1)
]


@pytest.mark.parametrize("code", SCRIPTS)
def test_the_fault_is_there(code: str) -> None:
    for name in ("tensorflow", "jax", "openvino"):
        if name in code and find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    # Compiled as users compile: how long it takes is part of a fault.
    environment = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_entry_has_a_script() -> None:
    assert len(SCRIPTS) >= len(re.findall("^## ", TEXT, re.MULTILINE)) > 3
