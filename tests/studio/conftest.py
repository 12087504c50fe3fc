"""A studio of its own for each test, and a real browser to drive it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Server:
    """A studio in a process of its own."""

    def __init__(self, results: Path, *options: str, root: Path = ROOT) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = ""
        """As it is printed, with the token."""
        self.results = results
        self.log = results.parent / f"studio-{self.port}.log"
        environment = {**os.environ, "PYTHONPATH": str(root)}
        # NiceGUI goes by these, and is not being tested by its own plugin.
        for name in ("PYTEST_CURRENT_TEST", "NICEGUI_SCREEN_TEST_PORT"):
            environment.pop(name, None)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-X", "importtime", "-X", "faulthandler"),
                    *("-m", "studio", "--no-browser"),
                    *("--port", str(self.port), "--results-dir", str(results), *options),
                ],
                cwd=root,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait(self._answers, 90)
        (self.url,) = re.findall(r"^studio: (http://\S+)  ", self.printed(), re.M)

    def imported(self) -> set[str]:
        """Return the modules that the server has imported."""
        lines = self.log.read_text(errors="replace").splitlines()
        return {
            line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")
        }

    def printed(self) -> str:
        """Return what it has printed, imports apart."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(line for line in lines if not line.startswith("import time:"))

    def stop(self) -> int:
        """End it as Ctrl-C does; return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.ended()

    def ended(self) -> int:
        """Wait for its end; return its exit status."""
        try:
            return self.process.wait(90)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)  # prints where each thread is
            self.process.wait(10)
            raise AssertionError(f"it does not end:\n{self.printed()}") from None

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.printed()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def wait(condition: Callable[[], object], seconds: float) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Return a function that starts a studio on ``tmp_path/records``."""
    servers: list[Server] = []

    def start(*options: str, root: Path = ROOT) -> Server:
        servers.append(Server(tmp_path / "records", *options, root=root))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
