"""Every page of the demo, as a person opens it: no errors, no sideways scrolling, nothing that axe finds."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.accessibility import found_by_axe
from tests.browser.running import Server, beside, enter_demo, watch, with_session

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.xdist_group("demo")]

# What a facilitator can open from the desk in one or two steps; each is a link on the page before it.
PATHS = {
    "desk": ["/"],
    "assessments": ["/assessments/"],
    "result": ["/assessments/", "a:Readiness round 2"],
    "create a round": ["/assessments/new/"],
    "people of a round": ["/assessments/", "a:Plant Bergen"],
    "invite to a round": ["/assessments/", "a:Plant Bergen", "a:Add people"],
    "one of a round": ["/assessments/", "a:Plant Bergen", "a:Leila Hamidi"],
    "questionnaires": ["/assessments/", "a:Questionnaires"],
    "evidence": ["/evidence/"],
    "add an asset": ["/evidence/assets/new/"],
    "import assets": ["/evidence/assets/import/"],
    "an asset": ["/evidence/", "a:Test bench recordings"],
    "roster": ["/evidence/roster/"],
    "add to the roster": ["/evidence/roster/new/"],
    "import the roster": ["/evidence/roster/import/"],
    "roadmap": ["/roadmap/"],
    "plan": ["/roadmap/new/"],
    "history of plans": ["/roadmap/history/"],
    "initiatives": ["/roadmap/initiatives/"],
    "own initiative": ["/roadmap/initiatives/new/"],
    "an initiative": ["/roadmap/initiatives/poc_3_collaborative/"],
    "use cases": ["/roadmap/use-cases/"],
    "add a use case": ["/roadmap/use-cases/new/"],
    "charters": ["/charters/"],
    "reports": ["/reports/"],
    "a report": ["/reports/", "a:Readiness report, Readiness round 2"],
    "people": ["/people/"],
    "invite people": ["/people/invite/"],
    "outbox": ["/people/mail/"],
    "verify": ["/verify/"],
    "settings": ["/settings/"],
    "address": ["/settings/address/"],
    "tokens": ["/settings/tokens/"],
    "settings of the organization": ["/settings/organization/"],
    "units": ["/settings/units/"],
    "another organization": ["/organizations/new/"],
    "second factor": ["/sign-in/second-factor/settings/"],
    "devices": ["/sign-in/sessions/"],
    "confirm who you are": ["/sign-in/again/"],
    "audit": ["/audit/"],
    "reference of the API": ["/api/v1/docs/"],
    "style guide": ["/styleguide/"],
}
SIZES = {390: 800, 768: 1024, 1440: 900}


# States that need more than the demo; the pages of each are in tests/browser/scenes.py.
SCENES = ("the demo", "projects", "told", "planning", "drafts", "rounds", "kept", "empty", "ugly", "deployed")
SLOW = 90_000
PASSED: set[str] = set()


class Tab:
    """One that goes from page to page, as a person's does; a new one for each would start a process each."""

    def __init__(self, context: BrowserContext) -> None:
        self.page = context.new_page()
        self.page.set_default_timeout(SLOW)
        self.seen = watch(self.page)

    def faults(self) -> list[str]:
        """What is wrong with the page as it stands, and what was seen on the way to it."""
        found = faults_of(self.page) + self.seen
        self.seen.clear()
        return found


@pytest.fixture(scope="module")
def facilitator(browser: Browser, demo: Server) -> Iterator[Tab]:
    context = enter_demo(browser, demo, "Nils Haavik")
    yield Tab(context)
    context.close()


@pytest.fixture(scope="module")
def scenes(demo: Server) -> Any:
    return beside(demo, "scenes", THROUGHLINE_DEMO="1")


def faults_of(page: Page) -> list[str]:
    """What is wrong with the page as it stands: too wide at some width, or found by axe in a theme."""
    found = [] if page.locator("h1").count() == 1 else ["not one h1"]
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        for width, height in SIZES.items() if scheme == "light" else ():
            page.set_viewport_size({"width": width, "height": height})
            too_wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            if too_wide > 0:
                found.append(f"scrolls sideways by {too_wide} px at {width} px")
        # The dark theme has other colors and nothing else.
        found += [f"{scheme}: {one}" for one in found_by_axe(page, PASSED, whole=scheme == "light")]
    return found


@pytest.mark.parametrize("name", PATHS)
def test_page(facilitator: Tab, demo: Server, name: str) -> None:
    page = facilitator.page
    for step in PATHS[name]:
        if step.startswith("a:"):
            page.get_by_role("link", name=step[2:]).first.click()
            page.wait_for_load_state()
        else:
            page.goto(demo.url + step)
    assert facilitator.faults() == []


@pytest.mark.parametrize("group", SCENES)
def test_scenes(browser: Browser, demo: Server, scenes: Any, group: str) -> None:
    faults: dict[str, list[str]] = {}
    tabs: dict[str, Tab] = {}
    for name, (who, path) in scenes["groups"][group].items():
        # Whoever comes by link comes with nothing else.
        tab = tabs.get(who) or Tab(_context(browser, demo, scenes["sessions"].get(who)))
        if who:
            tabs[who] = tab
        answer = tab.page.goto(demo.url + path)
        assert answer
        wrong = tab.faults() + ([] if answer.ok else [f"answered {answer.status}"])
        if wrong:
            faults[name] = wrong
        if not who:
            tab.page.context.close()
    for tab in tabs.values():
        tab.page.context.close()
    assert faults == {}


def _context(browser: Browser, demo: Server, session: str | None) -> BrowserContext:
    return with_session(browser, demo, session) if session else browser.new_context()


def test_verify_pages(browser: Browser, demo: Server, scenes: Any) -> None:
    """What /verify/ says of a sheet that is intact, one that is not, and an address on a sheet."""
    inside = with_session(browser, demo, scenes["sessions"]["nils"])
    outside = browser.new_context()
    page = outside.new_page()
    page.set_default_timeout(SLOW)
    sheet = _sealed_sheet(inside, f"{demo.url}{scenes['sheet']}")
    for content, title in (
        (sheet, "This sheet is intact"),
        (sheet[:-1], "This file was changed after it was sealed"),
        (b"no paper", "This is not a PDF"),
    ):
        page.goto(f"{demo.url}/verify/")
        file = {"name": "sheet.pdf", "mimeType": "application/pdf", "buffer": content}
        page.locator("#file").set_input_files(file)  # type: ignore[arg-type]
        page.get_by_role("button", name="Check the file").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(title, timeout=SLOW)
        assert faults_of(page) == [], title
    charter = inside.request.get(f"{demo.url}{scenes['sheet'].partition('revisions/')[0]}").text()
    own = re.search(r"/verify/[0-9a-f]{32}/", charter)
    assert own
    page.goto(f"{demo.url}{own[0]}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Revision 1 of HP-03 has a sealed sheet")
    assert faults_of(page) == []
    inside.close()
    outside.close()


def _sealed_sheet(context: BrowserContext, address: str) -> bytes:
    """The worker seals it while the demo starts; it is asked for until it is there."""
    end = time.monotonic() + SLOW / 1000
    while time.monotonic() < end:
        answer = context.request.get(address)
        if answer.ok:
            return answer.body()
        time.sleep(0.5)
    raise AssertionError("no sheet was sealed")
