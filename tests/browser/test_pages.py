"""Every page of the demo, as a person opens it: no errors, no sideways scrolling, nothing that axe finds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext

from tests.browser.running import Server, enter_demo, watch

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]

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


@pytest.fixture(scope="module")
def facilitator(browser: Browser, demo: Server) -> Iterator[BrowserContext]:
    context = enter_demo(browser, demo, "Nils Haavik")
    yield context
    context.close()


@pytest.mark.parametrize("name", PATHS)
def test_page(facilitator: BrowserContext, demo: Server, name: str) -> None:
    page = facilitator.new_page()
    seen = watch(page)
    for step in PATHS[name]:
        if step.startswith("a:"):
            page.get_by_role("link", name=step[2:]).first.click()
            page.wait_for_load_state()
        else:
            page.goto(demo.url + step)
    assert page.locator("h1").count() == 1
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        for width, height in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            too_wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert too_wide <= 0, f"{name} scrolls sideways by {too_wide} px at {width} px"
        violations = Axe().run(page).response["violations"]
        assert not violations, [
            (one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in violations
        ]
    assert seen == []
    page.close()
