"""``python -m tools.page_pictures PAGE DIR``: pictures of a report's page, as people see it.

Wide, on a phone, dark, printed, and as with deuteranopia, the commonest colour blindness. Needs
playwright and Chromium on the PATH.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

WIDE, PHONE = (1280, 1000), (360, 1400)
PICTURES: dict[str, tuple[tuple[int, int], dict[str, Any]]] = {
    "wide": (WIDE, {}),
    "phone": (PHONE, {}),
    "dark": (WIDE, {"color_scheme": "dark"}),
    "print": ((1000, 1400), {"media": "print"}),
    "deuteranopia": (WIDE, {}),
}
"""Of each its size in pixels, and what is emulated."""
DRAWN = "[...document.querySelectorAll('.card figure')].some(f => f.dataset.drawn)"


def take(browser: Browser, address: str, name: str, path: Path) -> None:
    """Write a picture of the first screen."""
    (width, height), media = PICTURES[name]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.emulate_media(**media)
    if name == "deuteranopia":
        vision = {"type": "deuteranopia"}
        context.new_cdp_session(page).send("Emulation.setEmulatedVisionDeficiency", vision)
    page.goto(address)
    page.wait_for_function(DRAWN)
    page.wait_for_timeout(500)
    page.screenshot(path=path)
    context.close()


def main() -> None:
    """Write all pictures."""
    page, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        sys.exit("no chromium on the PATH; apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name in PICTURES:
            take(browser, page.as_uri(), name, folder / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
