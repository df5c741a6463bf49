"""Writing a charter as a person does: section by section, then the criteria, one form each."""

from __future__ import annotations

import re
from datetime import date, timedelta

from playwright.sync_api import Page, expect

from tests.browser.running import Server

TODAY = date.today()


def day(offset: int) -> str:
    return (TODAY + timedelta(days=offset)).isoformat()


def sections() -> dict[str, dict[str, str | bool]]:
    """An internal POC; one person holds two seats, three people sign in two steps."""
    outcome = {"owner": "Rolf Tennfjord", "on": day(84)}
    return {
        "problem": {
            "problem": "Every six weeks about 20 pumps stop without warning; a line stands for nine hours.",
            "why_ml": "The fixed interval finds 36 % of failures.",
            "intended_use": "A list of pumps to visit, every morning.",
            "users": "Service planners",
        },
        "route": {"route": "internal"},
        "parties": {
            "order_1": "parallel",
            "order_2": "parallel",
            **_seat("decision_maker", "Marta Zielonka", "marta@firm.example", "sponsor", "2"),
            **_seat("outcome_owner", "Rolf Tennfjord", "rolf@firm.example", "business_lead", "1"),
            **_seat("domain_expert", "Priya Nandakumar", "priya@firm.example", "practitioner", "1"),
            **_seat("project_lead", "Priya Nandakumar", "priya@firm.example", "practitioner", "1"),
        },
        "team": {"team.1.role": "data_scientist", "team.1.name": "Priya Nandakumar", "team.1.share": "60"},
        "deliverables": {
            "deliverable.1.text": "A model with code and tests",
            "deliverable.1.kind": "code",
            "deliverable.1.receiver": "Rolf Tennfjord",
        },
        "time": {
            "time_start": day(7),
            "time_end": day(77),
            "decision_on": day(84),
            "budget_external": "8000",
            "funded_by": "Service, cost center 4100",
            "funded_until": day(200),
        },
        "errors": {
            "cost_of_wrong": "380 for a visit in vain",
            "bearer": "Service",
            "accepted_share": "one in four",
            "fallback": "The fixed interval of 300 days.",
            "changing_data": "A missing sensor takes the pump off the list.",
        },
        "risk": {"risk_class": "minimal", "told_by": "Rolf Tennfjord", "told_on": day(1)},
        "next": {
            "informs_journey": "Whether visits are planned by condition.",
            "owner_after": "Rolf Tennfjord",
            "pathway.scale.condition": "All musts met",
            "pathway.scale.reserved": "60,000 and two people",
            "pathway.iterate.condition": "Recall of 0.65 or more",
            "pathway.stop.condition": "Anything else",
            **{f"pathway.{step}.{k}": v for step in ("scale", "iterate", "stop") for k, v in outcome.items()},
        },
        "communication": {"update_day": "monday", "recipients": "All at the table", "reply_days": "2"},
    }


def _seat(party: str, name: str, email: str, function: str, step: str) -> dict[str, str | bool]:
    values = {"name": name, "email": email, "function": function, "step": step, "table": "working"}
    return {f"seat.{party}.{field}": value for field, value in values.items()}


CRITERIA: list[dict[str, str | bool]] = [
    {
        "kind": "tracked_metric",
        "name": "Failures announced 14 days ahead",
        "must": True,
        "metric_key": "recall_score",
        "comparator": "at_least",
        "target": "0.75",
        "unit": "fraction",
        "baseline": "0.36",
        "baseline_method": "The service interval of last year",
        "measured_by": "Priya Nandakumar",
        "by": day(70),
    },
    {
        "kind": "learning_question",
        "name": "What planners need to trust the list",
        "must": True,
        "question": "Would planners follow the list without a second opinion?",
        "answered_by": "Rolf Tennfjord",
        "evidence": "Notes of three weeks in which planners kept both lists.",
        "measured_by": "Rolf Tennfjord",
        "by": day(70),
    },
]


def fill(page: Page, values: dict[str, str | bool]) -> None:
    for name, value in values.items():
        field = page.locator(f'[name="{name}"]').first
        kind = field.evaluate("element => element.tagName + ':' + element.type")
        if isinstance(value, bool):
            field.set_checked(value)
        elif kind.startswith("SELECT"):
            field.select_option(value)
        else:
            field.fill(value)


def write(page: Page, server: Server, title: str) -> str:
    """A use case, its charter, every section and two criteria; returns the charter's address."""
    page.goto(f"{server.url}/roadmap/use-cases/new/")
    fill(page, {"title": title, "description": "Stops are seen too late.", "outcome_owner": "Rolf Tennfjord"})
    for name in ("buy_in", "data_rich", "beyond_rules", "labor", "return", "complexity", "tolerance"):
        page.locator(f'[name="level.{name}"][value="3"]').check()
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_load_state()
    page.goto(f"{server.url}/charters/new/")
    page.locator('[name="use_case"]').select_option(label=title)
    page.get_by_role("button", name="Begin the charter").click()
    page.wait_for_load_state()
    address = re.sub(r"(/charters/[0-9a-f-]+/).*", r"\1", page.url)
    for section, values in sections().items():
        page.goto(f"{address}write/{section}/")
        fill(page, values)
        _save(page)
        if section == "route":
            _settle_clauses(page, f"{address}write/{section}/")
    for values in CRITERIA:
        _write_criterion(page, address, values)
    return address


def send(page: Page, address: str) -> None:
    """Freezes the revision and asks for signatures."""
    page.goto(f"{address}review/")
    page.get_by_role("button", name=re.compile("Freeze revision 1")).click()
    page.wait_for_load_state()
    page.goto(f"{address}send/")
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_load_state()


def sign_by_link(page: Page, server: Server, address: str) -> None:
    """By personal link: the text is on the page, a code is mailed to the address that the revision froze."""
    page.get_by_role("button", name=re.compile("code", re.IGNORECASE)).first.click()
    page.wait_for_load_state()
    page.locator('[name="code"]').fill(server.code_in_mail(address))
    _decide(page)


def _decide(page: Page) -> None:
    for choice in page.locator("#sign-form input[type=radio][value=accept]").all():
        choice.check()
    page.locator("#sign-form").get_by_role("button", name="Sign revision 1").click()
    page.wait_for_load_state()
    expect(page.get_by_text("You have signed this text")).to_be_visible()


def sign_by_account(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="Read and sign revision 1").first.click()
    page.wait_for_load_state()
    _decide(page)


def _save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_load_state()
    expect(page.locator(".error-summary")).to_have_count(0)


def _settle_clauses(page: Page, address: str) -> None:
    page.goto(address)
    for field in page.locator('[name^="clause."]').all():
        if field.get_attribute("type") == "date":
            field.fill(day(30))
        else:
            field.fill("Agreed with everybody named, in writing.")
    _save(page)


def _write_criterion(page: Page, address: str, values: dict[str, str | bool]) -> None:
    page.goto(f"{address}criteria/new/")
    closed = page.locator("main details:not([open]) > summary")
    while closed.count():
        closed.first.click()
    prefix = page.locator('[name$=".kind"]').get_attribute("name") or ""
    stem = prefix.removesuffix(".kind")
    page.locator(f'[name="{stem}.kind"]').select_option(str(values["kind"]))
    fill(page, {f"{stem}.{name}": value for name, value in values.items() if name != "kind"})
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_load_state()
