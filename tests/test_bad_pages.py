"""Every page answers whatever is posted to it; none with a 5xx, none leaves a broken record."""

from __future__ import annotations

import random
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts import links
from assessment.models import Respondent
from charters.models import Signatory
from tests import bad_values as bad
from tests.assessment.cast import FAR, open_link
from tests.bad_watch import (  # noqa: F401
    FEW,
    Watch,
    junk_addresses,
    look_around,
    some,
    watching,
)
from tests.urls_table import ROWS

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
QUERY_NAMES = [
    "page",
    "item",
    "metric",
    "plan",
    "theme",
    "use_case",
    "next",
    "resume",
    "a",
    "b",
    "pillar",
    "phase",
    "state",
    "find",
    "q",
    "person",
    "area",
    "since",
    "until",
]
PAGES = sorted(name for name in ROWS if "-" not in name and name not in ("api_schema", "healthz", "favicon"))


class _Forms(HTMLParser):
    """The forms of a page: where they go and the fields they hold with what stands in them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form" and (given.get("method") or "").lower() == "post":
            self.forms.append((given.get("action") or "", {}))
        elif tag in ("input", "select", "textarea", "button") and given.get("name") and self.forms:
            self.forms[-1][1].setdefault(given["name"] or "", given.get("value") or "")


def visitor(cast: Any, name: str, arguments: list[Any]) -> Client:
    """Who may fill in the form: the owner, or the person with the personal link."""
    if name.startswith("answer:") and name != "answer:join":
        return open_link(Respondent.objects.get(pk=arguments[0]))
    if name in ("charters:sign", "charters:sign_submit", "charters:sign_code", "charters:decline"):
        seat = Signatory.objects.get(pk=arguments[0])
        path = links.issue(
            purpose="sign",
            organization=cast.organization,
            subject=seat,
            address=seat.email,
            expires=FAR,
            by=None,
        )
        client = Client()
        client.get(path, follow=True)
        return client
    return cast.client("owner")


@pytest.mark.parametrize("name", some(PAGES))
def test_a_page_answers_whatever_is_posted(cast, watch, name):
    row = ROWS[name]
    arguments = row.make(cast) if row.make else []
    watch.client = visitor(cast, name, arguments)
    watch.client.raise_request_exception = False
    address = reverse(name, args=arguments)
    junk_addresses(watch, row.method, address, arguments)
    _junk_queries_some(watch, address, name)
    for action, fields in [*_forms(watch, address), (address, {**row.data, "x": ""})]:
        _junk_form(watch, action, fields, name)
    look_around(watch, watch.client, name, arguments)
    watch.done()


def _junk_queries_some(watch: Watch, address: str, seed: str) -> None:
    """Wrong values for each name that the page looks at, also where it does so because of another."""
    chance = random.Random(seed)
    values = {name: chance.sample(bad.QUERIES, FEW // 2) for name in QUERY_NAMES}
    watch.looked_at.clear()
    watch.send("GET", f"{address}?x=1")
    while due := [name for name in values if not watch.looked_at.isdisjoint((name, "*"))]:
        for value in values.pop(due[0]):
            watch.send("GET", f"{address}?{due[0]}={value}")


def _forms(watch: Watch, address: str) -> list[tuple[str, dict[str, str]]]:
    page = watch.send("GET", address)
    if page.status_code != 200 or "html" not in page.headers.get("Content-Type", "") or page.streaming:
        return []
    parser = _Forms()
    parser.feed(page.content.decode())
    leaving = ("/sign-in/out", "leave", "switch", "/discard", "/remove", "/archive")
    return [(a or address, f) for a, f in parser.forms if not any(word in a for word in leaving)][:4]


def _junk_form(watch: Watch, action: str, fields: dict[str, str], seed: str) -> None:
    chance = random.Random(seed + action)
    if watch.send("POST", action).status_code == 405:
        return
    for name in chance.sample(list(fields), min(FEW * 2, len(fields))):
        for junk in chance.sample(bad.TEXTS, FEW):
            watch.send("POST", action, data={**fields, name: junk})
    for junk in chance.sample(bad.TEXTS, FEW // 2):
        watch.send("POST", action, data=dict.fromkeys(fields, junk))
        watch.send("POST", action, data={name: [junk] * 50 for name in fields})
        watch.send("POST", action, data={name: SimpleUploadedFile("a.txt", b"\xff\x00") for name in fields})
    body = "&".join(f"{name}=%FF%00%ED%A0%80" for name in fields).encode()
    for raw, kind in ((body, "application/x-www-form-urlencoded"), *bad.BODIES[-FEW:]):
        watch.send("POST", action, about=raw, data=raw, content_type=kind)


HUGE_AT = [
    "accounts:settings",
    "accounts:profile",
    "account_login",
    "assessment:create",
    "use_cases:new",
    "answer-list",
    "charter-list",
    "use_case-list",
    "accounts:invite",
    "evidence:asset_import",
    "questionnaires:import",
]


@pytest.mark.parametrize("name", HUGE_AT)
def test_bodies_too_large_are_refused(cast, watch, name):
    row = ROWS[name]
    address = reverse(name, args=row.make(cast) if row.make else [])
    for body, kind in bad.HUGE:
        response = watch.send("POST", address, about=(name, kind), data=body, content_type=kind)
        assert 400 <= response.status_code < 500 or response.status_code == 200
    watch.done()


@pytest.mark.parametrize(
    "name", ["evidence:asset_import", "evidence:roster_import", "questionnaires:import", "assessment:invite"]
)
@pytest.mark.parametrize("kind", ["zip bomb", "no workbook", "empty", "cut short"])
def test_a_workbook_that_is_none_is_refused_with_a_sentence(cast, watch, name, kind):
    bomb = bad.zip_bomb()
    content = {
        "zip bomb": bomb,
        "no workbook": b"PK\x03\x04nonsense",
        "empty": b"",
        "cut short": bomb[:5000],
    }[kind]
    row = ROWS[name]
    address = reverse(name, args=row.make(cast) if row.make else [])
    file = SimpleUploadedFile("a.xlsx", content, content_type="application/vnd.ms-excel")
    response = watch.send("POST", address, about=kind, data={"file": file})
    watch.done()
    assert response.status_code in (200, 400, 422)


@pytest.mark.parametrize("sent", ["", "x", "a\x00b", "é" * 32, "x" * 64])
def test_a_wrong_csrf_token_is_403(cast, sent):
    client = cast.client("owner")
    checking = Client(enforce_csrf_checks=True, raise_request_exception=False)
    checking.cookies = client.cookies
    for name in ("accounts:profile", "account_login", "assessment:create", "use_case-list"):
        answer = checking.post(reverse(name), {"csrfmiddlewaretoken": sent, "name": "x"})
        assert answer.status_code == 403, name
