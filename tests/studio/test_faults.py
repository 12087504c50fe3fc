"""One page without a browser: what goes wrong on it is told, and the rest goes on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from nicegui import Client, app, core, events, ui
from nicegui.page import page

from studio import training_tab, widgets
from studio.app import Page, serve
from studio.choice import Choice
from studio.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(app, "_exception_handlers", [])
    return Workspace(tmp_path, Choice.usual("miniboone", synthetic=True))


@asynccontextmanager
async def opened(workspace: Workspace) -> AsyncIterator[tuple[Page, Client]]:
    core.loop = asyncio.get_running_loop()
    client = Client(page("/faults"), request=None)
    try:
        with client:
            yield Page(workspace), client
    finally:
        if client.id in Client.instances:
            client.delete()
        workspace.close()


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run it in a thread of its own: the browser of other tests has a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(story())).result()


def told(client: Client) -> list[str]:
    """Return the messages that the browser was sent since the last look."""
    sent = [data["message"] for _, kind, data in client.outbox.messages if kind == "notify"]
    client.outbox.messages.clear()
    return sent


def click(client: Client, handler: Callable[[], object]) -> None:
    """Do what a click on a button with this handler does."""
    arguments = events.ClickEventArguments(sender=ui.button(), client=client)
    events.handle_event(handler, arguments)


def labels(tab: ui.element) -> list[str]:
    return [part.text for part in tab.descendants() if isinstance(part, ui.label)]


def test_a_tab_that_cannot_be_shown_is_told_and_the_others_are_shown(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def __init__(self, *_: object) -> None:
            raise ValueError("no card")

    async def story() -> None:
        async with opened(workspace) as (page, client):
            with monkeypatch.context() as broken:
                broken.setattr(training_tab, "Card", Broken)
                for _ in range(2):
                    workspace.journal.changed()
                    await page._look()
            assert told(client) == ["Training could not be shown: ValueError: no card"]
            for tab in (page._data, page._networks, page._results):
                assert labels(tab._body)
            assert labels(page._files._place)
            assert not labels(page._training._place)
            workspace.journal.changed()
            await page._look()
            assert "tabular_mlp" in labels(page._training._place)
            assert told(client) == []

    run(story)


def test_a_fault_of_a_button_is_told_on_every_page(workspace: Workspace) -> None:
    def fail() -> None:
        raise ValueError("no such button")

    async def fail_later() -> None:
        fail()

    async def story() -> None:
        async with opened(workspace) as (page, client):
            serve(workspace)
            for failing in (fail, fail_later):
                click(client, failing)
                await asyncio.sleep(0.1)
                await page._look()
                assert told(client) == ["a fault of the studio: ValueError: no such button"]
            assert sum("no such button" in line for line in workspace.journal.log) == 2

    run(story)


def test_leaving_a_page_answers_its_question_with_no(workspace: Workspace) -> None:
    answers = []

    async def ask() -> None:
        answers.append(await widgets.confirmed("Replace it?", "It is lost.", "Replace"))

    async def story() -> None:
        async with opened(workspace) as (_, client):
            serve(workspace)
            click(client, ask)
            await asyncio.sleep(0.1)
            client.delete()
            await asyncio.sleep(0.1)

    run(story)
    assert answers == [False]
    assert workspace.journal.faults == []
