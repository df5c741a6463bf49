"""What the other browser tests rely on: axe finds what is wrong, also after a page that was right."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.accessibility import found_by_axe

pytestmark = [pytest.mark.browser, pytest.mark.once]
PAGE = """<!doctype html><html lang="en"><title>Page</title><body style="background: white; color: black">
<main><h1>Page</h1>{}</main></body></html>"""
GOOD = PAGE.format("<p>Read me</p><p hidden style='color: silver'>Not yet</p>")


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("<p style='color: silver'>Read me</p>", "color-contrast"),
        ("<div style='background: dimgray'><p>Read me</p></div>", "color-contrast"),
        ("<div style='opacity: 0.3'><p>Read me</p></div>", "color-contrast"),
        ("<p>Read me</p><p style='color: silver'>Not yet</p>", "color-contrast"),
        ("<img src='data:,' width='30' height='30'>", "image-alt"),
        (
            "<p style='font: 9px/10px serif'><a href='#a'>One</a><br><a href='#b'>Two</a><br>"
            "<a href='#c'>Three</a></p>",
            "target-size",
        ),
    ],
)
def test_what_is_wrong_is_found_after_what_was_right(browser: Browser, body: str, rule: str) -> None:
    page, passed = browser.new_page(), set[str]()
    page.set_content(GOOD)
    assert found_by_axe(page, passed) == []
    page.set_content(PAGE.format(body))
    found = found_by_axe(page, passed)
    assert rule in " ".join(found), found
    # What is wrong stays wrong, however often it is looked at.
    assert found_by_axe(page, passed, whole=rule != "color-contrast") == found
    page.close()
