"""The fresh sign-in before what matters; what was typed goes on by itself."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail as outbox

from accounts.models import ApiToken, AuditEvent

pytestmark = pytest.mark.django_db
TOKEN = {"name": "nightly", "scopes": ["audit:read"], "days": "30"}


def held_back(client):
    """Ask for a token with a stale sign-in; the address of the page that asks again."""
    response = client.post("/settings/tokens/new/", TOKEN)
    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/again/?next=")
    assert not ApiToken.objects.exists()
    page = client.get(response["Location"])
    return {"next": page.context["next"], "resume": page.context["resume"]}


def test_a_fresh_sign_in_needs_nothing_more(cast):
    assert cast.client("bob").post("/settings/tokens/new/", TOKEN).status_code == 200
    assert ApiToken.objects.count() == 1


def test_with_the_password_the_form_goes_on(cast):
    client = cast.client("bob", fresh=False)
    where = held_back(client)
    assert client.post("/sign-in/again/password/", {**where, "p-password": "wrong"}).status_code == 422
    page = client.post("/sign-in/again/password/", {**where, "p-password": "bob-long-password"})
    assert "Copy the token now" in page.content.decode()
    assert ApiToken.objects.get().name == "nightly"
    client.post("/sign-in/again/password/", {**where, "p-password": "bob-long-password"})
    assert ApiToken.objects.count() == 1, "what was held back goes on once"


def test_without_a_password_a_code_is_mailed(cast):
    cast.bob.set_unusable_password()
    cast.bob.save()
    client = cast.client("bob", fresh=False)
    where = held_back(client)
    page = client.post("/sign-in/again/code/send/", where)
    assert "bob@firm.example" in page.content.decode()
    code = outbox.outbox[0].subject.split()[0]
    wrong = "000000" if code != "000000" else "111111"
    assert client.post("/sign-in/again/code/", {**where, "c-code": wrong}).status_code == 422
    assert (
        client.post("/sign-in/again/code/", {**where, "c-code": f" {code[:3]} {code[3:]}"}).status_code == 200
    )
    assert ApiToken.objects.count() == 1


def test_with_a_second_factor_a_mailbox_is_not_enough(cast):
    secret = generate_totp_secret()
    TOTP.activate(cast.bob, secret)
    client = cast.client("bob", fresh=False)
    where = held_back(client)
    client.post("/sign-in/again/code/send/", where)
    assert not outbox.outbox
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    client.post("/sign-in/again/second-factor/", {**where, "s-code": code})
    assert ApiToken.objects.count() == 1
    assert Authenticator.objects.get(user=cast.bob, type="totp").last_used_at is not None


def test_a_code_of_another_session_does_not_count(cast):
    here, there = cast.client("bob", fresh=False), cast.client("bob", fresh=False)
    where = held_back(here)
    here.post("/sign-in/again/code/send/", where)
    code = outbox.outbox[0].subject.split()[0]
    assert there.post("/sign-in/again/code/", {"c-code": code}).status_code == 422


def test_guessing_a_code_ends(cast):
    client = cast.client("bob", fresh=False)
    client.post("/sign-in/again/code/send/")
    code = outbox.outbox[0].subject.split()[0]
    for number in range(6):
        client.post("/sign-in/again/code/", {"c-code": f"{(int(code) + number + 1) % 1000000:06d}"})
    assert client.post("/sign-in/again/code/", {"c-code": code}).status_code == 429


def test_the_right_is_asked_again_when_the_form_goes_on(cast):
    client = cast.client("owner", fresh=False)
    bob = cast.membership("bob")
    response = client.post(f"/people/{bob.pk}/role/", {"role": "facilitator"})
    where = client.get(response["Location"]).context
    data = {"next": where["next"], "resume": where["resume"], "p-password": "alice-long-password"}
    cast.membership("frank").__class__.objects.filter(user=cast.alice).update(role="viewer")
    assert client.post("/sign-in/again/password/", data).status_code == 403
    bob.refresh_from_db()
    assert bob.role == "member"


def test_a_form_held_back_for_one_person_is_not_sent_by_the_next(cast):
    client = cast.client("owner", fresh=False)
    bob = cast.membership("bob")
    response = client.post(f"/people/{bob.pk}/role/", {"role": "facilitator"})
    resume = client.get(response["Location"]).context["resume"]
    session = client.session
    session["accounts.suspended"] = {**session["accounts.suspended"], "user": str(cast.frank.pk)}
    session.save()
    client.post("/sign-in/again/password/", {"resume": resume, "p-password": "alice-long-password"})
    bob.refresh_from_db()
    assert bob.role == "member"


def test_passwords_are_never_held_back(cast):
    client = cast.client("bob", fresh=False)
    client.post(
        "/sign-in/password/change/", {"oldpassword": "x", "password1": "secret words", "password2": "x"}
    )
    assert "secret words" not in str(dict(client.session))


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_way_back_stays_on_the_site(cast, target):
    client = cast.client("bob", fresh=False)
    response = client.post("/sign-in/again/password/", {"next": target, "p-password": "bob-long-password"})
    assert response["Location"] == "/"


def test_five_minutes(cast):
    client = cast.client("bob")
    session = client.session
    for age, fresh in ((290, True), (310, False), (-60, False)):
        session["account_authentication_methods"] = [{"method": "password", "at": time.time() - age}]
        session.save()
        asked = client.post("/settings/address/", {"email": "bobby@firm.example"})["Location"]
        assert asked.startswith("/settings/address/code/") is fresh


def test_moving_to_another_address_takes_its_code(cast):
    client = cast.client("bob")
    client.post("/settings/address/", {"email": "Bobby@firm.example"})
    code = outbox.outbox[0].subject.split()[0]
    assert outbox.outbox[0].to == ["bobby@firm.example"]
    assert client.post("/settings/address/code/", {"code": code}).status_code == 302
    cast.bob.refresh_from_db()
    assert cast.bob.email == "bobby@firm.example"
    event = AuditEvent.objects.get(event="account.address_changed")
    assert "bobby" not in str(event.data) + str(event.personal)


def test_an_address_that_is_taken_is_told_to_its_reader_only(cast):
    client = cast.client("bob")
    assert client.post("/settings/address/", {"email": "alice@firm.example"}).status_code == 302
    code = outbox.outbox[0].subject.split()[0]
    assert client.post("/settings/address/code/", {"code": code}).status_code == 409


def test_changing_a_role_needs_it(cast):
    bob = cast.membership("bob")
    cast.client("owner", fresh=False).post(f"/people/{bob.pk}/role/", {"role": "facilitator"})
    bob.refresh_from_db()
    assert bob.role == "member"
    cast.client("owner").post(f"/people/{bob.pk}/role/", {"role": "facilitator"})
    bob.refresh_from_db()
    assert bob.role == "facilitator"
