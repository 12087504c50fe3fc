"""How it ends."""

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from playwright.sync_api import Page, expect

from studio.address import write_page
from tests.studio.acts import SLOW, only, said, settle, tab
from tests.studio.conftest import Server, wait


def test_ctrl_c_twice_ends_a_training_and_prints_no_stack(
    serve: Callable[..., Server], page: Page, tmp_path: Path
) -> None:
    server = serve()
    start = tmp_path / "open.html"
    write_page(start, server.url)
    page.goto(start.as_uri())
    page.wait_for_url(re.compile("^http"))
    page.wait_for_load_state()
    assert page.url == server.url.partition("?")[0]  # the token is kept, and not shown
    only(page, "tabular_mlp")
    settle(page, "Epochs", 100_000)
    tab(page, "Training")
    page.get_by_role("button", name="Train the active networks").click()
    expect(said(page, "tabular_mlp")).to_contain_text(re.compile(r"epoch \d+ of"), timeout=SLOW)
    workers = psutil.Process(server.process.pid).children(recursive=True)
    assert workers
    for _ in range(2):
        os.killpg(server.process.pid, signal.SIGINT)
        time.sleep(0.05)
    assert server.ended() == 0
    wait(lambda: not [worker for worker in workers if worker.is_running()], 60)
    assert "goes on next time" in server.printed()
    assert "Traceback" not in server.printed()
