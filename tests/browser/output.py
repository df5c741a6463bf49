"""Planning, and the three reports as files."""

from __future__ import annotations

import re
import time
from io import BytesIO

from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.running import Server


def plan(page: Page, server: Server) -> str:
    """Asks for a plan with the defaults, waits, publishes it; returns the title of its page."""
    page.goto(f"{server.url}/roadmap/new/")
    page.get_by_role("button", name="Make the plan").click()
    page.wait_for_url(re.compile(r"/roadmap/plans/"), timeout=90_000)
    page.get_by_role("link", name="Publish").first.click()
    page.get_by_role("button", name="Publish").click()
    page.wait_for_load_state()
    return page.get_by_role("heading", level=1).inner_text()


def report_text(page: Page, server: Server, kind: str) -> str:
    """Makes the newest report of a kind as PDF, downloads it, and returns its text."""
    page.goto(f"{server.url}/reports/")
    page.locator(f'main a[href^="/reports/{kind}/"]').first.click()
    page.wait_for_load_state()
    page.get_by_role("button", name="Make the PDF").click()
    download = page.get_by_role("link", name="Download the PDF")
    end = time.monotonic() + 60
    while not download.count():
        assert time.monotonic() < end, page.locator("main").inner_text()
        page.wait_for_timeout(500)
    expect(download).to_be_visible()
    answer = page.request.get(server.url + (download.get_attribute("href") or ""))
    assert answer.headers["content-type"] == "application/pdf"
    assert "attachment" in answer.headers["content-disposition"]
    reader = PdfReader(BytesIO(answer.body()))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    text = "\n".join(one.extract_text() for one in reader.pages)
    return re.sub(r"\s+", " ", text)
