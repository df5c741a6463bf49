"""Comments, guests, templates and rules by the API: the same rights and refusals, no link in any answer."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from charters.models import Charter, FieldComment, Guest, RuleChoice
from tests.charters.cast import Cast, build_cast, write_charter
from tests.charters.test_api import LIST, api

pytestmark = pytest.mark.django_db
RULES, TEMPLATES = "/api/v1/charter-rules/", "/api/v1/charter-templates/"


@pytest.fixture
def cast() -> Cast:
    return build_cast(with_signers=False)


def test_comments_are_made_settled_and_opened_again(cast: Cast) -> None:
    charter, other = write_charter(cast), write_charter(cast)
    max_, vera = api(cast, cast.max), api(cast, cast.vera)
    url = f"{LIST}{charter.pk}/comments/"
    made = vera.post(url, {"field": "criterion.c1", "words": "By whom?"}, format="json")
    assert made.status_code == 201, made.json()
    assert (made.json()["who"], made.json()["number"]) == ("Vera", 1)
    for odd in (
        {"field": "nothing", "words": "x"},
        {"field": "problem"},
        {"field": "problem", "words": "x", "by": 1},
    ):
        assert vera.post(url, odd, format="json").status_code in (400, 422), odd
    pk = made.json()["id"]
    assert max_.post(f"{LIST}{other.pk}/comments/{pk}/settle/").status_code == 404
    assert max_.post(f"{url}{pk}/settle/").status_code == 204
    assert max_.post(f"{url}{pk}/settle/").status_code == 409
    assert max_.get(url).json()[0]["is_open"] is False
    assert max_.post(f"{url}{pk}/reopen/").status_code == 204
    assert FieldComment.objects.get().settled_at is None
    reader = api(cast, cast.max, "charters:read")
    assert reader.get(url).status_code == 200
    assert reader.post(url, {"field": "problem", "words": "x"}, format="json").status_code == 403


def test_guests_are_listed_without_their_links(cast: Cast) -> None:
    charter = write_charter(cast)
    frida, url = api(cast, cast.frida), f"{LIST}{charter.pk}/guests/"
    assert api(cast, cast.max).get(url).status_code == 403
    elena = {"name": "Elena", "email": "elena@marinova.example"}
    made = frida.post(url, elena, format="json")
    assert made.status_code == 201, made.json()
    assert (
        frida.post(url, {"name": "Elena", "email": "elena@marinova.example"}, format="json").status_code
        == 409
    )
    shown = json.dumps(frida.get(url).json())
    assert "/l/" not in shown
    assert "token" not in shown
    assert frida.post(f"{url}{made.json()['id']}/revoke/").status_code == 204
    assert Guest.objects.get().revoked_at is not None


def test_templates_are_kept_begun_from_renamed_and_archived(cast: Cast) -> None:
    charter = write_charter(cast)
    frida = api(cast, cast.frida)
    made = frida.post(f"{LIST}{charter.pk}/template/", {"name": "Warnings"}, format="json")
    assert made.status_code == 201, made.json()
    pk = made.json()["id"]
    begun = frida.post(LIST, {"title": "New", "template": pk}, format="json")
    assert begun.status_code == 201, begun.json()
    assert begun.json()["document"]["fields"]["fallback"] == "The fixed interval of 300 days."
    copied = frida.post(LIST, {"copy_of": str(charter.pk), "replaces": True}, format="json")
    assert copied.status_code == 422
    Charter.objects.filter(pk=charter.pk).update(state="in_force", latest_number=0)
    assert frida.post(LIST, {"title": "x", "template": str(uuid4())}, format="json").status_code == 404
    renamed = frida.patch(f"{TEMPLATES}{pk}/", {"name": "Old"}, format="json")
    assert renamed.json()["name"] == "Old"
    assert api(cast, cast.max).delete(f"{TEMPLATES}{pk}/").status_code == 403
    assert frida.delete(f"{TEMPLATES}{pk}/").status_code == 204
    assert frida.get(TEMPLATES).json()["results"] == []


def test_rules_are_chosen_within_their_floor(cast: Cast) -> None:
    frida = api(cast, cast.frida)
    rows = {row["id"]: row for row in frida.get(RULES).json()}
    assert rows["charter.seat_missing"]["options"] == ["block"]
    url = f"{RULES}charter.time_box_too_long/"
    assert frida.patch(url, {"severity": "block"}, format="json").json()["severity"] == "block"
    assert RuleChoice.objects.get().chosen_by == cast.frida
    assert frida.patch(url, {"severity": None}, format="json").json()["severity"] == "advise"
    assert not RuleChoice.objects.exists()
    assert (
        frida.patch(f"{RULES}charter.seat_missing/", {"severity": "note"}, format="json").status_code == 422
    )
    assert frida.patch(f"{RULES}charter.nothing/", {"severity": "note"}, format="json").status_code == 404
    assert frida.patch(url, {"severity": "deny"}, format="json").status_code in (400, 422)
    assert api(cast, cast.max).patch(url, {"severity": "block"}, format="json").status_code == 403
