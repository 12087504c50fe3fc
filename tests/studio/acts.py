"""What a person does on the page, and what is seen there."""

from playwright.sync_api import Locator, Page, expect

SLOW = 90_000
"""Milliseconds that a training may take on a busy machine."""


def visit(page: Page, url: str) -> None:
    """Open a page, and wait until it has its data: before, it may reload itself."""
    page.goto(url)
    expect(page.get_by_text("Samples of each class")).to_be_visible()


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def card(page: Page, network: str) -> Locator:
    """Return the card of a network on the tab that is shown."""
    return page.locator(".q-card:visible").filter(has=page.get_by_text(network, exact=True))


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).locator("visible=true").click()
    page.get_by_role("option", name=option).click()


def only(page: Page, *networks: str) -> None:
    """Leave only these networks active."""
    tab(page, "Networks")
    expect(page.get_by_role("checkbox", name=networks[0], exact=True)).to_be_visible()
    for box in page.locator(".q-card:visible").get_by_role("checkbox").all():
        wanted = box.inner_text().strip() in networks
        if (box.get_attribute("aria-checked") == "true") != wanted:
            box.click()


def settle(page: Page, label: str, value: int) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(str(value))
    field.press("Tab")


def state(page: Page, network: str, text: str, *, timeout: float = SLOW) -> None:
    expect(card(page, network).locator(".q-badge")).to_have_text(text, timeout=timeout)


def said(page: Page, network: str) -> Locator:
    """Return the line under the bar of a network's card."""
    return card(page, network).locator(".progress-text")


def points(page: Page, metric: str) -> int:
    """Return how many points the chart of a metric has drawn."""
    chart = page.locator(".chart").filter(has=page.get_by_text(metric, exact=True)).first
    return chart.locator("svg path[d]").count()
