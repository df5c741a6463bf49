"""Takes the pictures of the README anew, from the demo as a person sees it.

python -m tests.browser.screenshots FOLDER
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser import running
from tests.browser.running import CHROMIUM, CHROMIUM_ARGS, start_server

# An outcome owner: some things wait for him, one of them is late.
WHO = "Continue as Rolf Tennfjord"
SIZE = {"width": 1440, "height": 1500}
# The live page down to its figures.
LONG = {"width": 1440, "height": 2100}
# The demo trains and deploys in the background after the start, and nothing here is measured.
PATIENCE = 900


def take(page: Page, url: str, folder: Path) -> None:
    """Desk, result, and the live page of what the demo has deployed."""
    page.goto(f"{url}/demo/")
    page.get_by_role("button", name=WHO).click()
    deployed = page.get_by_role("link", name="Bearing failure warning for H-series pumps")
    end = time.monotonic() + PATIENCE
    page.goto(f"{url}/deployments/?state=live")
    while not deployed.count():
        if time.monotonic() > end:
            raise SystemExit("The demo has deployed nothing; its page says why.")
        time.sleep(5)
        page.reload()
    deployed.first.click()
    page.get_by_role("link", name="30 days").click()
    page.wait_for_url("**/*span=30d")
    page.set_viewport_size(LONG)  # type: ignore[arg-type]
    page.screenshot(path=folder / "live.png")
    page.set_viewport_size(SIZE)  # type: ignore[arg-type]
    page.goto(url)
    page.screenshot(path=folder / "desk.png")
    page.goto(f"{url}/assessments/")
    page.get_by_role("link", name="Readiness round 2").click()
    page.screenshot(path=folder / "result.png")


def main(folder: Path) -> None:
    running.START_SECONDS = PATIENCE
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        with start_server(Path(data), "--demo", gates=True) as server:
            take(browser.new_page(viewport=SIZE), server.url, folder)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
