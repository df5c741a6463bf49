"""Every operation of the API answers whatever it is sent; none with a 5xx, none leaves a broken record."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve, reverse

from accounts.actions import create_token
from accounts.scopes import SCOPES
from assessment import actions as rounds
from assessment.evidence.actions import save_asset
from assessment.invitees import Invitee
from charters.models import Charter
from roadmap.use_case_actions import create_use_case
from tests import bad_values as bad
from tests.assessment.cast import GATE_ITEM, make_round
from tests.bad_watch import (  # noqa: F401
    COUNT,
    Watch,
    junk_addresses,
    junk_mixtures,
    junk_queries,
    look_around,
    some,
    unstorable,
    watching,
)
from tests.charters.cases import complete_fields
from tests.urls_table import ROWS

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SCHEMA = json.loads((Path(__file__).parents[1] / "docs" / "openapi.json").read_text())
COMPONENTS = SCHEMA["components"]["schemas"]
OPERATIONS = [f"{verb.upper()} {path}" for path, verbs in SCHEMA["paths"].items() for verb in verbs]


def by_token(cast: Any) -> Client:
    _, secret = create_token(cast.organization, by=cast.alice, name="bad input", scopes=list(SCOPES))
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})


def _own_answer(cast: Any) -> dict[str, Any]:
    assessment = make_round(Facilitated(cast))
    rounds.invite_respondents(assessment, [Invitee("Alice", cast.alice.email, "practitioner")], by=cast.frank)
    return {
        "respondent": str(assessment.respondents.get(address=cast.alice.email).pk),
        "item": GATE_ITEM,
        "choice": "2",
        "value": None,
        "confidence": "guess",
    }


class Facilitated:
    """The cast as the helpers of assessment want it."""

    def __init__(self, cast: Any) -> None:
        self.organization, self.fay = cast.organization, cast.frank


def _asset_ids(cast: Any) -> list[str]:
    return [str(save_asset(cast.organization, {"name": "Tickets"}, by=cast.frank).pk)]


# What a fitting body needs beside what the schema says of it.
FITTING: dict[str, Any] = {
    "POST /api/v1/answers/": _own_answer,
    "POST /api/v1/respondents/": lambda cast: {
        "assessment": str(make_round(Facilitated(cast)).pk),
        "people": [{"name": "Nora", "address": "nora@firm.example", "function": "practitioner"}],
    },
    "POST /api/v1/use-cases/": lambda cast: {
        "unit": None,
        "problem_type": "",
        "data_origin": "",
        "touches": [],
        "horizon": "m6",
        "levels": {"value": 2},
        "assets": _asset_ids(cast),
    },
    "PATCH /api/v1/use-cases/{id}/": lambda cast: {
        "unit": None,
        "problem_type": "",
        "data_origin": "",
        "touches": [],
        "horizon": "m6",
        "levels": {"value": {"level": 2, "note": "x"}},
        "assets": [],
        "revision": 1,
    },
    "POST /api/v1/charters/": lambda cast: {
        "use_case": str(create_use_case(cast.organization, by=cast.frank, values={"title": "X"}).pk)
    },
    "PATCH /api/v1/organizations/{id}/": lambda cast: {"currency": "EUR", "time_zone": "Europe/Oslo"},
    "PATCH /api/v1/respondents/{id}/": lambda cast: {"function": "practitioner"},
}


def _filled(path: str) -> str:
    """An address of this operation, for finding its name: any value that its pattern takes."""
    known = {"number": "1", "key": "x", "id": "charter.no_must" if "charter-rules" in path else bad.NOBODY}
    return re.sub(r"{(\w+)}", lambda found: known.get(found[1], bad.NOBODY), path)


@pytest.mark.parametrize("operation", some(OPERATIONS))
def test_an_operation_of_the_api_answers_whatever_it_is_sent(cast, watch, operation):
    verb, path = operation.split()
    name = resolve(_filled(path)).view_name
    assert name in ROWS, f"{name} has no row in tests/urls_table.py"
    row = ROWS[name]
    arguments = row.make(cast) if row.make else []
    address = reverse(name, args=arguments)
    described = SCHEMA["paths"][path][verb.lower()]
    watch.client, browser = by_token(cast), watch.client
    junk_addresses(watch, verb, address, arguments)
    if verb == "GET":
        names = [q["name"] for q in described.get("parameters", [])]
        junk_queries(watch, address, [*names, "ordering"])
        junk_mixtures(watch, address, [*names, "ordering", "page_size", "cursor", "format"], COUNT)
    else:
        schema = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        fitting = bad.sample(schema, COMPONENTS) if schema else {}
        fitting |= FITTING.get(operation, lambda cast: {})(cast)
        created = _storm(watch, verb, address, bad.bodies(fitting, COUNT, operation))
        if verb == "POST" and path.count("{") == 0:
            for pk in created:
                watch.send("GET", f"{path}{pk}/")
    look_around(watch, browser, name, arguments)
    watch.done()


def _storm(watch: Watch, verb: str, address: str, sent: list[tuple[bytes, str]]) -> list[str]:
    """Sends all of it; returns ids of some that were made."""
    made: list[str] = []
    for body, kind in sent:
        response = watch.send(verb, address, about=body, data=body, content_type=kind)
        if response.status_code == 201 and len(made) < 5 and "id" in (content := response.json()):
            made.append(content["id"])
        if response.status_code in (400, 422):
            assert response.json()["error"]["message"], body[:200]
    return made


def test_a_field_of_a_charter_takes_no_poison(cast, watch):
    address = reverse("charter-detail", args=ROWS["charter-detail"].make(cast))
    browser, watch.client = watch.client, by_token(cast)
    charter = Charter.objects.get()
    for name, value in complete_fields().items():
        wrong = [bad.put(value, path, junk) for path in bad.places(value) for junk in bad.VALUES]
        random.Random(name).shuffle(wrong)
        for junk in wrong[: max(5, COUNT // 5)]:
            versions = watch.client.get(address).json().get("versions", {})
            body = {"fields": {name: {"value": junk, "version": versions.get(name, 0)}}}
            watch.send("PATCH", address, data=body, content_type="application/json")
        for other in ("charter-detail", "charter-problems"):
            watch.send("GET", reverse(other, args=[charter.pk]), about=name)
        _look_around_charter(watch, browser, charter, name)
    assert unstorable() == []
    watch.done()


def _look_around_charter(watch: Watch, browser: Client, charter: Charter, about: str) -> None:
    api, watch.client = watch.client, browser
    for page in ("charters:show", "charters:review"):
        watch.send("GET", reverse(page, args=[charter.pk]), about=about)
    watch.client = api
