"""Steps of the main job, as people do them in the browser."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.running import Server

Chosen = dict[str, int | None]
Choose = Callable[[Page, Locator, int | None], None]


def level_of(function: str, item: str) -> int | None:
    """What a function answers to an item in these tests: a level, or None for "I don't know"."""
    number = hashlib.sha256(f"{function}/{item}".encode()).digest()[0]
    return None if number % 17 == 0 else number % 5


def create_organization(page: Page, server: Server) -> None:
    page.goto(server.first_link)
    page.get_by_label("Your name").fill("Marta Zielonka")
    page.get_by_label("E-mail address").fill("marta@firm.example")
    page.get_by_label("Name of the organization").fill("Nordlys Valves")
    page.get_by_role("button", name="Create the organization").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def open_round(page: Page, server: Server, people: list[str]) -> str:
    """Creates a round, adds people line by line, opens it; returns its address."""
    page.goto(f"{server.url}/assessments/")
    page.get_by_role("link", name="Create a round").first.click()
    page.get_by_label("Title").fill("Readiness round 1")
    page.get_by_role("button", name="Create the round").click()
    page.get_by_label("People to ask").fill("\n".join(people))
    page.get_by_role("button", name="Add these people").click()
    move(page, "Open the round")
    return page.url


def move(page: Page, label: str) -> None:
    """A button that asks first: the link, then the button of the question."""
    page.get_by_role("link", name=label).first.click()
    page.get_by_role("button", name=label).click()
    page.wait_for_load_state()


def click_choose(page: Page, item: Locator, level: int | None) -> None:
    sentences = item.locator("label.sentence")
    if level is None:
        sentences.filter(has_text="I don’t know").click()
    else:
        sentences.nth(level).click()


def keyboard_choose(page: Page, item: Locator, level: int | None) -> None:
    """Keys alone: the focus is put by Tab, the sentence chosen by its number."""
    for _ in range(60):
        inside = item.evaluate("element => element.contains(document.activeElement)")
        if inside:
            break
        page.keyboard.press("Tab")
    else:
        raise AssertionError("the question cannot be reached with Tab")
    page.keyboard.press("0" if level is None else str(level + 1))


def answer_page(page: Page, function: str, choose: Choose) -> Chosen:
    """Answers each maturity question of the open dimension; other kinds stay open."""
    chosen: Chosen = {}
    for item in page.locator("[data-item][data-kind=maturity]").all():
        key = item.get_attribute("data-item") or ""
        if not item.is_visible():
            continue
        level = level_of(function, key)
        choose(page, item, level)
        chosen[key] = level
    return chosen


def wait_saved(page: Page, chosen: Chosen) -> None:
    for key in chosen:
        saved = page.locator(f'[data-item="{key}"] [data-saved]')
        expect(saved).to_have_text(re.compile(r"Saved \d\d:\d\d"), timeout=15_000)


def answer_all(
    page: Page, function: str, *, choose: Choose = click_choose, between: Callable[[int], None] | None = None
) -> Chosen:
    """From the first page to the review of the own answers; returns what was chosen."""
    everything: Chosen = {}
    page.get_by_role("button", name=re.compile("Begin with")).click()
    for number in range(40):
        page.wait_for_load_state()
        if "/review/" in page.url:
            return everything
        if between:
            between(number)
        chosen = answer_page(page, function, choose)
        wait_saved(page, chosen)
        everything |= chosen
        page.locator("[data-go]").click()
        page.wait_for_load_state()
    raise AssertionError("the questions do not end")


def hand_in(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Hand in")).click()
    expect(page.get_by_role("heading", name="Your answers are handed in")).to_be_visible()


def open_by_link(context: BrowserContext, server: Server, address: str, subject: str) -> Page:
    """The personal link from the mail leads to an address without token."""
    link = server.link_in_mail(address, subject)
    page = context.new_page()
    page.goto(link)
    token = link.rstrip("/").rsplit("/", 1)[-1]
    assert token not in page.url
    return page
