"""Questions and messages."""

from nicegui import ui


async def confirmed(question: str, loss: str, action: str) -> bool:
    """Ask before something is lost; Escape, Enter and a click beside it mean no."""
    with ui.dialog().props('aria-labelledby="question"') as dialog, ui.card().classes("max-w-md"):
        ui.label(question).classes("text-lg font-medium").props('id="question" role="heading"')
        ui.label(loss)
        with ui.row().classes("w-full justify-end"):
            ui.button("Cancel", on_click=lambda: dialog.submit(False)).props("flat autofocus")
            ui.button(action, on_click=lambda: dialog.submit(True)).props("color=negative")
    answer = await dialog
    dialog.delete()
    return bool(answer)


def tell(message: str, *, wrong: bool = False) -> None:
    """Show a message for a while, longer if something went wrong."""
    ui.notify(
        message,
        type="negative" if wrong else "positive",
        timeout=12_000 if wrong else 4_000,
        close_button="Close",
        multi_line=True,
        position="bottom",
    )
