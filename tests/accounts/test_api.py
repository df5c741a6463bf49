"""The API of accounts: tokens, scopes, one organization, repeated requests."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.models import ApiToken, Invitation

pytestmark = pytest.mark.django_db


def api(cast, who="owner", scopes=("organization:write", "audit:read"), organization=None):
    _, secret = actions.create_token(
        organization or cast.organization, by=cast.person(who), name="test", scopes=list(scopes)
    )
    return Client(headers={"Authorization": f"Bearer {secret}"})


def error(response):
    return response.json()["error"]


def test_without_a_token_nothing(cast):
    response = Client().get("/api/v1/organizations/")
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert (
        Client(headers={"Authorization": "Bearer tl_nonsense"}).get("/api/v1/organizations/").status_code
        == 401
    )
    assert Client(headers={"Authorization": "Bearer"}).get("/api/v1/organizations/").status_code == 401


@pytest.mark.parametrize(
    "end",
    [
        lambda token: ApiToken.objects.update(revoked_at=timezone.now()),
        lambda token: ApiToken.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1)),
        lambda token: token.organization.memberships.filter(user=token.user).delete(),
        lambda token: type(token.user).objects.filter(pk=token.user_id).update(is_active=False),
    ],
)
def test_a_token_ends_at_once(cast, end):
    client = api(cast, "bob")
    assert client.get("/api/v1/members/").status_code == 200
    end(ApiToken.objects.get())
    assert client.get("/api/v1/members/").status_code == 401


def test_a_token_is_kept_as_a_hash_and_notes_its_use(cast):
    token, secret = actions.create_token(cast.organization, by=cast.bob, name="x", scopes=["audit:read"])
    assert secret not in str(vars(token))
    assert secret.startswith(token.prefix)
    Client(headers={"Authorization": f"Bearer {secret}"}).get("/api/v1/audit/")
    token.refresh_from_db()
    assert token.last_used_at is not None


def test_scopes_bound_what_a_role_allows(cast):
    reader = api(cast, "owner", scopes=["organization:read"])
    assert reader.get("/api/v1/members/").status_code == 200
    refused = reader.post(
        "/api/v1/invitations/", {"email": "x@firm.example"}, content_type="application/json"
    )
    assert (refused.status_code, refused.json()["error"]["message"]) == (
        403,
        "The scopes of this token do not allow this.",
    )
    assert reader.get("/api/v1/audit/").status_code == 403
    assert api(cast, "victor").get("/api/v1/audit/").status_code == 403, "scopes add nothing to a role"


def test_a_token_opens_its_own_organization_only(cast):
    actions.add_member(cast.other, user=cast.alice, by=cast.charlie, role="owner", functions=[], unit=None)
    client = api(cast, "alice")
    listed = client.get("/api/v1/organizations/").json()["results"]
    assert [row["id"] for row in listed] == [str(cast.organization.pk)]
    assert client.get(f"/api/v1/organizations/{cast.other.pk}/").status_code == 404
    elsewhere = cast.other.memberships.get(user=cast.charlie)
    assert client.get(f"/api/v1/members/{elsewhere.pk}/").status_code == 404


def test_settings(cast):
    client, path = api(cast), f"/api/v1/organizations/{cast.organization.pk}/"
    changed = client.patch(path, {"currency": "EUR"}, content_type="application/json")
    assert changed.json()["currency"] == "EUR"
    for bad in ({"currency": "euro"}, {"time_zone": "Mars/Base"}, {"name": ""}, {"name": "x" * 500}):
        refused = client.patch(path, bad, content_type="application/json")
        assert refused.status_code in (400, 422)
        assert set(error(refused)["fields"]) == set(bad)


def test_members(cast):
    client = api(cast, "frank")
    rows = client.get("/api/v1/members/").json()["results"]
    assert {row["email"] for row in rows} == {
        f"{name}@firm.example" for name in ("alice", "frank", "bob", "victor")
    }
    assert {row["email"] for row in api(cast, "victor").get("/api/v1/members/").json()["results"]} == {""}
    path = f"/api/v1/members/{cast.membership('bob').pk}/"
    changed = client.patch(path, {"functions": ["sponsor"]}, content_type="application/json")
    assert changed.json()["functions"] == ["sponsor"]
    for bad in ({"role": "owner", "functions": []}, {"functions": ["chief"]}, {"functions": "sponsor"}, {}):
        assert client.patch(path, bad, content_type="application/json").status_code in (400, 422)
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_invitations_and_the_same_request_twice(cast):
    client = api(cast)
    body = {"email": "mia@firm.example", "functions": ["sponsor"]}

    def send(payload, key):
        return client.post(
            "/api/v1/invitations/", payload, content_type="application/json", headers={"Idempotency-Key": key}
        )

    first, again = send(body, "k1"), send(body, "k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again["Idempotent-Replay"] == "true"
    assert Invitation.objects.count() == 1
    assert send({**body, "email": "ole@firm.example"}, "k1").status_code == 409
    assert send(body, "k2").status_code == 422, "invited already"
    row = first.json()
    assert client.delete(f"/api/v1/invitations/{row['id']}/").status_code == 204
    assert client.get(f"/api/v1/invitations/{row['id']}/").json()["state"] == "revoked"


@pytest.mark.parametrize(
    "body",
    [
        {"email": "nonsense"},
        {"email": "x@firm.example", "role": "owner"},
        {"email": "x@firm.example", "unit": "Mars"},
        {"email": "x@firm.example", "surprise": 1},
        {"email": None},
        [],
        "text",
        {"email": "x@firm.example\x00"},
    ],
)
def test_bad_invitations_are_answered(cast, body):
    response = api(cast).post("/api/v1/invitations/", body, content_type="application/json")
    assert response.status_code in (400, 422)
    assert error(response)["message"]


def test_the_log(cast):
    rows = api(cast).get("/api/v1/audit/?about=member").json()["results"]
    assert [row["event"] for row in rows] == ["member.added"] * 3
    assert "bob@firm.example" not in str(rows)


def test_a_browser_session_may_read_too_but_needs_the_forgery_token(cast):
    assert cast.client("bob").get("/api/v1/members/").status_code == 200
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    path = f"/api/v1/members/{cast.membership('bob').pk}/"
    assert strict.delete(path).status_code == 403
