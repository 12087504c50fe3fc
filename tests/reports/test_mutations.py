"""Whatever happens to a file, only the suite's own errors come out."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.builders import ROOT


def test_mutations_of_real_records_end_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.reports.mutations", "300", "1", "24"],
        cwd=ROOT,
        env={**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = re.search(r"(\d+) files were read, (\d+) rendered", done.stdout)
    assert found
    assert int(found[1]) >= 24, "too few of the mutations can be meant"
    assert int(found[2]) == 24
