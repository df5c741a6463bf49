"""Charters by the API: the same rights, the same refusals, and no way to sign."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import get_resolver
from rest_framework.test import APIClient

from accounts.actions import create_token
from charters.actions import create_charter, decline, name_delegate
from charters.models import Charter, Revision
from charters.queries import draft_of
from tests.charters.cast import Cast, build_cast, fresh, send_charter, visitor, write_charter
from tests.charters.test_actions import without_vendor  # noqa: F401

pytestmark = pytest.mark.django_db
LIST = "/api/v1/charters/"


@pytest.fixture
def cast() -> Cast:
    return build_cast()


def api(cast: Cast, user: Any, *scopes: str) -> APIClient:
    """A client with a token of this person."""
    _, secret = create_token(
        by=user, organization=cast.organization, name="t", scopes=list(scopes) or ["charters:write"]
    )
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def test_a_charter_is_written_checked_and_frozen(cast: Cast) -> None:
    source = write_charter(cast)
    values = draft_of(source).values
    client = api(cast, cast.frida)
    made = client.post(LIST, {"title": "By API"}, format="json")
    assert made.status_code == 201, made.json()
    url = f"{LIST}{made.json()['id']}/"
    refused = client.post(f"{url}freeze/", format="json")
    assert refused.status_code == 422
    assert "charter.no_must" in refused.json()["error"]["details"]["problems"]
    changes = {name: {"value": value, "version": 0} for name, value in values.items() if name != "title"}
    written = client.patch(url, {"fields": changes}, format="json")
    assert written.status_code == 200, written.json()
    assert written.json()["versions"]["problem"] == 1
    assert [p for p in client.get(f"{url}problems/").json() if p["severity"] == "block"] == []
    frozen = client.post(f"{url}freeze/", format="json")
    assert frozen.status_code == 201, frozen.json()
    detail = client.get(f"{url}revisions/1/").json()
    assert detail["sha256"] == frozen.json()["sha256"]
    assert detail["document"]["fields"]["title"] == "By API"
    assert client.get(f"{url}events/").json()[0]["sentence"] == "Revision 1 was frozen"


def test_a_stale_write_answers_with_both_values(cast: Cast) -> None:
    charter = create_charter(cast.organization, by=cast.frida, title="T")
    url = f"{LIST}{charter.pk}/"
    frida, other = api(cast, cast.frida), api(cast, cast.max)
    other.patch(url, {"fields": {"problem": {"value": "Max", "version": 0}}}, format="json")
    answer = frida.patch(
        url,
        {"fields": {"problem": {"value": "Frida", "version": 0}, "why_ml": {"value": "Rules", "version": 0}}},
        format="json",
    )
    assert answer.status_code == 409
    details = answer.json()["error"]["details"]
    assert details["saved"] == {"why_ml": 1}
    assert (details["conflicts"][0]["theirs"], details["conflicts"][0]["mine"]) == ("Max", "Frida")
    assert draft_of(charter).values["problem"] == "Max"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"fields": {}},
        {"fields": []},
        {"fields": {"problem": "x"}},
        {"fields": {"problem": {"value": "x", "version": -1}}},
        {"fields": {"problem": {"value": "x", "version": 10**12}}},
        {"fields": {"problem": {"value": {"a": 1}, "version": 0}}},
        {"fields": {"budget_external": {"value": 1e300, "version": 0}}},
        {"fields": {"criterion.c1": {"value": {"target": "NaN"}, "version": 0}}},
        {"fields": {"criterion.c1": {"value": {"nope": 1}, "version": 0}}},
        {"fields": {"__class__": {"value": 1, "version": 0}}},
        {"fields": {"x" * 5000: {"value": 1, "version": 0}}},
        {"unknown": 1},
        [],
        "text",
    ],
)
def test_bad_input_gets_an_answer(cast: Cast, body: Any) -> None:
    charter = create_charter(cast.organization, by=cast.frida, title="T")
    answer = api(cast, cast.frida).patch(f"{LIST}{charter.pk}/", body, format="json")
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]
    assert set(draft_of(charter).values) == {"title"}


def test_rights_and_scopes(cast: Cast) -> None:
    charter = write_charter(cast)
    url = f"{LIST}{charter.pk}/"
    stranger = APIClient()
    stranger.force_authenticate(cast.sten)
    assert stranger.get(url).status_code == 404
    assert stranger.post(f"{url}freeze/").status_code == 404
    viewer = api(cast, cast.vera)
    assert viewer.get(url).status_code == 200
    assert (
        viewer.patch(url, {"fields": {"problem": {"value": "x", "version": 1}}}, format="json").status_code
        == 403
    )
    assert api(cast, cast.max).post(f"{url}freeze/", format="json").status_code == 403
    reader = api(cast, cast.frida, "charters:read")
    assert reader.get(url).status_code == 200
    assert reader.post(f"{url}freeze/", format="json").status_code == 403
    assert api(cast, cast.frida, "roadmap:write").get(url).status_code == 403
    assert APIClient().get(url).status_code in (401, 403)
    assert Charter.objects.get(pk=charter.pk).state == "draft"


def test_nothing_signs_or_shows_a_link(cast: Cast, without_vendor: dict[str, object]) -> None:  # noqa: F811
    round_ = send_charter(cast, write_charter(cast, **without_vendor))
    names = {str(key) for key in get_resolver("config.api").reverse_dict if isinstance(key, str)}
    assert not {
        name for name in names if name.startswith("charter") and ("sign" in name or "decline" in name)
    }
    charter = round_.revision.charter
    client = api(cast, cast.olga)
    for path in ("", "revisions/1/", "events/"):
        text = client.get(f"{LIST}{charter.pk}/{path}").content.decode()
        assert "/link/" not in text
    seats = client.get(f"{LIST}{charter.pk}/revisions/1/").json()["rounds"][0]["seats"]
    assert [seat["in_turn"] for seat in seats].count(True) == 7


def test_sending_withdrawing_and_revising(cast: Cast, without_vendor: dict[str, object]) -> None:  # noqa: F811
    charter = write_charter(cast, **without_vendor)
    url = f"{LIST}{charter.pk}/"
    client = api(cast, cast.frida)
    assert client.post(f"{url}send/", {}, format="json").status_code == 409
    client.post(f"{url}freeze/", format="json")
    assert client.post(f"{url}send/", {"due_on": "2001-01-01"}, format="json").status_code == 422
    assert client.post(f"{url}send/", {}, format="json").status_code == 201
    assert client.post(f"{url}withdraw/", {}, format="json").status_code == 400
    assert client.post(f"{url}withdraw/", {"reason": "Wrong"}, format="json").status_code == 200
    assert client.post(f"{url}revise/", {"reason": "Better"}, format="json").json()["state"] == "draft"
    assert Revision.objects.get().state == "superseded"


def test_a_seat_shows_its_delegate_and_the_limits_it_refused(
    cast: Cast,
    without_vendor: dict[str, object],  # noqa: F811
) -> None:
    round_ = send_charter(cast, write_charter(cast, **without_vendor))
    expert = visitor(round_, "domain_expert")
    holder = cast.signers["domain_expert"]
    name_delegate(expert, by=holder, to=cast.max, reason="Away", proof=fresh())
    legal = cast.signers["legal"]
    decline(visitor(round_, "legal"), by=legal, reason="Who pays?", proof=fresh(), limits=["cost_of_wrong"])
    path = f"{LIST}{round_.revision.charter_id}/revisions/1/"
    seats = {seat["seat"]: seat for seat in api(cast, cast.olga).get(path).json()["rounds"][0]["seats"]}
    assert seats["legal"]["limits"] == ["cost_of_wrong"]
    assert seats["legal"]["delegate"] is None
    delegate = seats["domain_expert"]["delegate"]
    assert (delegate["name"], delegate["reason"]) == (cast.max.get_full_name(), "Away")
