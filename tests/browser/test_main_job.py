"""The main job in a real browser: three leaders answer, the facilitator closes and plans, two sign."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from assessment.question_bank import load_questionnaire
from assessment.scoring import AnswerValue, Respondent
from tests.assessment.reference import Reference, rounded
from tests.browser import charter, output, sheet, steps
from tests.browser.running import ROOT, Server, watch

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PEOPLE = [
    "Solveig Aasgaard, solveig@firm.example, Sponsor",
    "Rolf Tennfjord, rolf@firm.example, Business lead",
    "Priya Nandakumar, priya@firm.example, Practitioner",
]


def answer_on_a_phone(browser: Browser, server: Server) -> steps.Chosen:
    phone = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = steps.open_by_link(phone, server, "solveig@firm.example", "your answers to")
    seen = watch(page)
    chosen = steps.answer_all(page, "sponsor", choose=_tap)
    steps.hand_in(page)
    assert seen == []
    phone.close()
    return chosen


def _tap(page: Page, item: object, level: int | None) -> None:
    steps.click_choose(page, item, level)  # type: ignore[arg-type]


def answer_by_keyboard(browser: Browser, server: Server) -> steps.Chosen:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = steps.open_by_link(context, server, "rolf@firm.example", "your answers to")
    chosen = steps.answer_all(page, "business_lead", choose=steps.keyboard_choose)
    steps.hand_in(page)
    context.close()
    return chosen


def answer_without_connection(browser: Browser, server: Server) -> steps.Chosen:
    """Half-way the connection goes; what is chosen then is kept on the device and sent afterward."""
    context = browser.new_context(viewport={"width": 768, "height": 1024})
    page = steps.open_by_link(context, server, "priya@firm.example", "your answers to")
    kept: steps.Chosen = {}

    def lose_connection(number: int) -> None:
        if number != 4:
            return
        context.set_offline(True)
        kept.update(steps.answer_page(page, "practitioner", steps.click_choose))
        expect(page.locator("#offline")).to_be_visible()
        expect(page.locator("#offline")).to_contain_text("kept on this device")
        context.set_offline(False)
        expect(page.locator("#offline")).to_be_hidden(timeout=40_000)
        steps.wait_saved(page, kept)

    chosen = steps.answer_all(page, "practitioner", between=lose_connection)
    assert kept
    steps.hand_in(page)
    context.close()
    return chosen


def check_result(page: Page, figures: dict[str, Any], chosen: dict[str, steps.Chosen]) -> None:
    """Page, headless path and plain loops over the method give the same numbers for the same answers."""
    expect(page.get_by_role("heading", level=1)).to_have_text(
        f"All four pillars of Nordlys Valves are in phase {figures['phase']}"
    )
    for key, column in (("pillars", "title"), ("dimensions", "code")):
        text = page.request.get(f"{page.url}charts/{key}.csv").text().lstrip("\ufeff")
        shown = {row[0]: row for row in csv.reader(text.splitlines())}
        for figure in figures[key]:
            found = next(row for name, row in shown.items() if figure[column] in name)
            assert figure["value"] in [number(cell) for cell in found], (figure["key"], found)
    loops = reference_scores(chosen)
    assert {one["key"]: one["score"] for one in figures["dimensions"]} == loops


def number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def check_reports(page: Page, server: Server, figures: dict[str, Any], finding: str) -> None:
    readiness = output.report_text(page, server, "readiness")
    assert "Nordlys Valves" in readiness
    assert all(f"{one['title']} {one['score']}" in readiness for one in figures["pillars"])
    roadmap = output.report_text(page, server, "roadmap")
    assert finding.partition(",")[0] in roadmap
    signed = output.report_text(page, server, "charter")
    assert "Bearing failure warning" in signed
    assert "0.75" in signed
    assert all(name in signed for name in ("Marta Zielonka", "Rolf Tennfjord", "Priya Nandakumar"))
    assert "simple electronic signature" in signed


def reference_scores(chosen: dict[str, steps.Chosen]) -> dict[str, int | None]:
    questionnaire = load_questionnaire(ROOT / "fixtures" / "questionnaires" / "readiness.yaml")
    people = [Respondent(function, function) for function in chosen]
    answers = [
        AnswerValue(function, item, level, "dont_know" if level is None else "level")
        for function, levels in chosen.items()
        for item, level in levels.items()
    ]
    loops = Reference(questionnaire, people, answers)
    return {key: rounded(loops.dimension_score(one)) for key, one in questionnaire.dimensions.items()}


def test_main_job(browser: Browser, first_start: Server, tmp_path: Path) -> None:
    desk = browser.new_context(viewport={"width": 1440, "height": 900})
    page = desk.new_page()
    seen = watch(page)
    steps.create_organization(page, first_start)
    round_url = steps.open_round(page, first_start, PEOPLE)

    chosen = {
        "sponsor": answer_on_a_phone(browser, first_start),
        "business_lead": answer_by_keyboard(browser, first_start),
        "practitioner": answer_without_connection(browser, first_start),
    }
    assert all(len(answers) > 10 for answers in chosen.values())

    page.goto(round_url)
    assert page.locator("tbody").get_by_text("Handed in").count() == 3
    steps.move(page, "Start the review")
    steps.move(page, "Close the round")
    figures = sheet.assess(first_start, tmp_path, chosen)
    check_result(page, figures, chosen)
    finding = output.plan(page, first_start)
    assert finding.startswith("Phase 2 by ")
    address = charter.write(page, first_start, "Bearing failure warning")
    charter.send(page, address)
    for who in ("priya@firm.example", "rolf@firm.example"):
        guest = browser.new_context(viewport={"width": 390, "height": 800})
        text = steps.open_by_link(guest, first_start, who, "waits for your signature")
        charter.sign_by_link(text, first_start, who)
        guest.close()
    charter.sign_by_account(page, address)
    page.goto(address)
    expect(page.locator("main")).to_contain_text("Signed by all at the table, in force since")
    check_reports(page, first_start, figures, finding)
    assert first_start.audit_verifies()
    assert seen == []
    desk.close()
