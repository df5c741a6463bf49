"""Answering in a real browser: saved answers, keys, a lost connection, two devices, a lost session."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from accounts import links
from assessment.models import Answer, Respondent
from tests.assessment.cast import make_cast, make_round, respondent_of
from tests.browser.accessibility import found_by_axe

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.once,
    pytest.mark.django_db(transaction=True),
]
ON_CALL = "team.production_ownership.on_call"
PASSED: set[str] = set()


@pytest.fixture
def respondent(live_server: Any, settings: Any) -> Respondent:
    settings.ALLOWED_HOSTS = ["localhost"]
    return respondent_of(make_round(make_cast()))


@pytest.fixture
def link(live_server: Any, respondent: Respondent) -> str:
    path = links.issue(
        purpose="answer",
        organization=respondent.assessment.organization,
        subject=respondent,
        address="",
        expires=datetime(2099, 1, 1, tzinfo=UTC),
        by=None,
    )
    return f"{live_server.url}{path}"


@pytest.fixture
def device(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


def questions(context: BrowserContext, link: str, code: str = "T3") -> Page:
    page = context.new_page()
    page.goto(link)
    page.goto(f"{page.url}dimensions/{code}/")
    return page


def first(page: Page) -> Locator:
    return page.locator(f'[data-item="{ON_CALL}"]')


def choose(item: Locator, level: int) -> None:
    item.locator(f'input[type=radio][value="{level}"]').check()


def says(item: Locator, text: str) -> None:
    expect(item.locator("[data-saved]")).to_contain_text(text)


def stored() -> int | None:
    return Answer.objects.get(item=ON_CALL).level


def test_keys_choose_save_and_go_on(device: BrowserContext, link: str) -> None:
    page = questions(device, link)
    page.keyboard.press("2")
    says(first(page), "Saved ")
    assert stored() == 1
    expect(page.locator("#link-progress")).to_contain_text("1 of")
    page.keyboard.press("Enter")
    page.keyboard.press("0")
    second = page.locator("[data-item]").nth(1)
    says(second, "Saved ")
    expect(second.get_by_label("Who would know?")).to_be_visible()
    second.get_by_label("Who would know?").fill("Eirik")
    says(second, "Saved ")
    page.keyboard.press("Tab")
    page.locator("[data-go]").click()
    page.wait_for_url("**/dimensions/T4/")


def test_without_a_connection_answers_wait_and_go_out_later(device: BrowserContext, link: str) -> None:
    page = questions(device, link)
    device.set_offline(True)
    choose(first(page), 3)
    says(first(page), "Kept on this device")
    expect(page.locator("#offline")).to_contain_text("1 answer is kept on this device")
    page.close()
    device.set_offline(False)
    assert not Answer.objects.exists()
    questions(device, link, "T4")
    other = questions(device, link)
    says(first(other), "Saved ")
    assert stored() == 3


def test_one_can_go_on_without_a_connection(device: BrowserContext, link: str) -> None:
    page = questions(device, link)
    with page.expect_response(lambda response: response.url.endswith("/dimensions/T5/")):
        choose(first(page), 3)
        says(first(page), "Saved ")
    device.set_offline(True)
    page.locator("[data-go]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cross-functional working")
    there = page.locator("[data-item]").first
    choose(there, 1)
    says(there, "Kept on this device")
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Production (MLOps) ownership")
    expect(first(page).locator('input[value="3"]:checked')).to_have_count(1)
    device.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden(timeout=15_000)
    page.go_back()
    says(page.locator("[data-item]").first, "Saved ")
    assert Answer.objects.count() == 2


def test_two_devices_see_both_versions(device: BrowserContext, browser: Browser, link: str) -> None:
    page = questions(device, link)
    other = browser.new_context()
    choose(first(other_page := questions(other, link)), 4)
    says(first(other_page), "Saved ")
    choose(first(page), 1)
    expect(first(page).locator(".conflict")).to_contain_text("The person who built it is called.")
    expect(first(page).locator(".conflict")).to_contain_text("Every model has an owner")
    assert stored() == 4
    page.reload()
    first(page).get_by_role("button", name="Keep mine").click()
    says(first(page), "Saved ")
    assert stored() == 1
    choose(first(other_page), 0)
    first(other_page).get_by_role("button", name="Keep the saved one").click()
    expect(first(other_page).locator('input[value="1"]:checked')).to_have_count(1)
    assert stored() == 1
    other.close()


def test_signed_out_in_the_middle_loses_nothing(device: BrowserContext, link: str) -> None:
    page = questions(device, link)
    device.clear_cookies()
    choose(first(page), 2)
    expect(page.locator("[data-signed-out]")).to_contain_text("kept on this device")
    page = questions(device, link)
    says(first(page), "Saved ")
    assert stored() == 2


def test_handing_in_wipes_the_device(device: BrowserContext, link: str) -> None:
    page = questions(device, link)
    choose(first(page), 2)
    says(first(page), "Saved ")
    page.evaluate("localStorage.setItem('other', '1')")
    page.goto(page.url.replace("dimensions/T3/", "review/"))
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your answers are handed in")
    assert page.evaluate("Object.keys(localStorage)") == ["other"]
    kept = page.evaluate("Object.keys(sessionStorage)")
    assert [key for key in kept if key.startswith("throughline")] == []


def test_it_works_without_scripts(browser: Browser, link: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = questions(context, link)
    choose(first(page), 2)
    page.locator("[data-go]").click()
    assert page.url.endswith("/dimensions/T4/")
    assert stored() == 2
    context.close()


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1440, "dark")])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser, link: str, width: int, theme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=theme)  # type: ignore[arg-type]
    page = questions(context, link)
    choose(first(page), 2)
    says(first(page), "Saved ")
    for path in ("dimensions/T3/", "", "review/", "rest/", "function/"):
        page.goto(
            page.url.split("/answer/")[0] + f"/answer/{page.url.split('/answer/')[1].split('/')[0]}/{path}"
        )
        assert found_by_axe(page, PASSED) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
