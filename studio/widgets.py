"""Pieces of a page that several tabs show: headings, legends, samples, questions and messages."""

from nicegui import ui

from reports.schema.metrics import BY_NAME
from studio.samples import Samples


def heading(text: str) -> ui.label:
    """Show a heading of a part of a tab."""
    return ui.label(text).classes("text-lg font-medium").props('role="heading" aria-level="2"')


def set_text(element: ui.label | ui.button | ui.badge, text: str) -> None:
    """Change a text only if it is another: screen readers say every change."""
    if element.text != text:
        element.set_text(text)


def legend(place: ui.element, colors: dict[str, str]) -> None:
    """Show once which colour is whose, for all charts beside each other."""
    place.clear()
    with place:
        for name, color in colors.items():
            with ui.element("li"):
                ui.element("span").style(f"background: {color}").props("aria-hidden=true")
                ui.label(name)


def sample(shown: Samples, subset: str, row: int, *, remark: str = "") -> None:
    """Show one sample as an item of a list, with its class and what is to be said of it."""
    labels = shown.split.y_test if subset == "test" else shown.split.y_train
    name = shown.dataset.classes[labels[row]]
    with ui.element("li"):
        if url := shown.picture(subset, row):
            ui.element("img").props["src"] = url
            ui.context.slot.children[-1].props["alt"] = f"a sample of the class {name}"
        if text := shown.text(subset, row):
            ui.label(text).classes("text-sm")
        ui.label(name).classes("font-medium")
        if remark:
            ui.label(remark).classes("text-sm")


def label_of(metric: str) -> str:
    """Return how a metric is called: one of the user's own as it is recorded."""
    return BY_NAME[metric].label if metric in BY_NAME else metric


async def confirmed(question: str, loss: str, action: str) -> bool:
    """Ask before something is lost; Escape, Enter, a click beside it and leaving mean no."""
    with ui.dialog().props('aria-labelledby="question"') as dialog, ui.card().classes("max-w-md"):
        ui.label(question).classes("text-lg font-medium").props('id="question" role="heading"')
        ui.label(loss)
        with ui.row().classes("w-full justify-end"):
            ui.button("Cancel", on_click=lambda: dialog.submit(False)).props("flat autofocus")
            ui.button(action, on_click=lambda: dialog.submit(True)).props("color=negative")
    answer = await dialog
    if not dialog.is_deleted:  # with its page
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
