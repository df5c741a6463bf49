"""Ways in: the first link, password, mailed code, second factor; and what slows guessing down."""

import datetime as dt
import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail as outbox
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, AuditEvent, FirstLink, IdempotencyKey, Organization, User
from accounts.tasks import remove_outdated

pytestmark = pytest.mark.django_db


def printed_path(capsys):
    return re.search(r"http://[^/]+(/first/\S+/)", capsys.readouterr().out)[1]


def test_the_first_start(capsys):
    call_command("first_link")
    path, client = printed_path(capsys), Client()
    assert client.head(path).status_code == 405, "looking does not use it up"
    assert client.get(path)["Location"] == "/start/"
    data = {
        "your_name": "Solveig",
        "email": "Solveig@firm.example",
        "password": "a few words of mine",
        "name": "Halvorsen Pumps",
        "currency": "EUR",
        "time_zone": "Europe/Oslo",
        "functions": ["sponsor"],
    }
    assert client.post("/start/", {**data, "password": "short"}).status_code == 422
    assert client.post("/start/", data)["Location"] == "/"
    assert client.get("/people/").status_code == 200
    user = User.objects.get()
    assert (user.email, user.check_password("a few words of mine")) == ("solveig@firm.example", True)
    organization = Organization.objects.get()
    assert (organization.time_zone, organization.memberships.get().role) == ("Europe/Oslo", "owner")


def test_a_first_link_works_once_and_for_half_an_hour(capsys):
    call_command("first_link")
    path = printed_path(capsys)
    assert Client().get(path).status_code == 302
    assert Client().get(path).status_code == 410
    call_command("first_link")
    path = printed_path(capsys)
    FirstLink.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert Client().get(path).status_code == 410


def test_a_second_start_changes_nothing(capsys):
    call_command("first_link", quiet_if_used=True)
    Client().get(printed_path(capsys))
    before = (User.objects.count(), FirstLink.objects.count(), AuditEvent.objects.count())
    call_command("first_link", quiet_if_used=True)
    assert capsys.readouterr().out == ""
    assert before == (User.objects.count(), FirstLink.objects.count(), AuditEvent.objects.count())


def test_a_newer_first_link_replaces_the_older(capsys):
    call_command("first_link")
    old = printed_path(capsys)
    call_command("first_link")
    assert Client().get(old).status_code == 410
    assert Client().get(printed_path(capsys)).status_code == 302


def test_a_locked_out_owner_gets_a_link(cast, capsys):
    call_command("first_link")
    client = Client()
    client.get(printed_path(capsys))
    assert "alice@firm.example" in client.get("/settings/").content.decode()


def test_password(cast):
    client = Client()
    wrong = client.post("/sign-in/", {"login": "bob@firm.example", "password": "wrong"})
    assert wrong.status_code == 200
    assert client.get("/people/").status_code == 302
    client.post("/sign-in/", {"login": "Bob@Firm.example", "password": "bob-long-password"})
    assert client.get("/people/").status_code == 200
    assert AuditEvent.objects.filter(event="account.signed_in", actor=cast.bob).count() == 1


def test_guessing_passwords_is_slowed_down(cast):
    client = Client()
    for _ in range(12):
        client.post("/sign-in/", {"login": "bob@firm.example", "password": "wrong"})
    client.post("/sign-in/", {"login": "bob@firm.example", "password": "bob-long-password"})
    assert client.get("/people/").status_code == 302


def test_a_mailed_code(cast):
    client = Client()
    client.post("/sign-in/code/", {"email": "bob@firm.example"})
    code = outbox.outbox[0].subject.split()[0]
    assert client.post("/sign-in/code/confirm/", {"code": code}).status_code == 302
    assert client.get("/people/").status_code == 200


def test_an_unknown_address_looks_the_same(cast):
    pages = []
    for address in ("bob@firm.example", "nobody@firm.example"):
        client = Client()
        response = client.post("/sign-in/code/", {"email": address}, follow=True)
        pages.append((response.status_code, response.redirect_chain))
    assert pages[0] == pages[1]


def test_nobody_signs_up_alone():
    response = Client().post(
        "/sign-in/closed/", {"email": "x@y.example", "password1": "a long password here"}
    )
    assert "by invitation" in response.content.decode()
    assert not User.objects.exists()


def test_the_second_factor_is_asked_for_and_kept_encrypted(cast, django_capture_on_commit_callbacks):
    client = cast.client("bob")
    page = client.get("/sign-in/second-factor/on/")
    secret = page.context["form"].secret
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/sign-in/second-factor/on/", {"code": code}).status_code == 302
    assert outbox.outbox[-1].subject == "A second factor was turned on"
    assert secret not in str(Authenticator.objects.get(user=cast.bob, type="totp").data)
    assert AuditEvent.objects.filter(event="account.second_factor_added", actor=cast.bob).exists()
    fresh = Client()
    response = fresh.post("/sign-in/", {"login": "bob@firm.example", "password": "bob-long-password"})
    assert response["Location"].startswith("/sign-in/second-factor/")
    assert fresh.get("/people/").status_code == 302, "the password alone is not enough"
    recovery = client.get("/sign-in/recovery-codes/").context["unused_codes"][0]
    assert fresh.post("/sign-in/second-factor/", {"code": recovery}).status_code == 302
    assert fresh.get("/people/").status_code == 200


def test_signing_out_everywhere_else_acts_at_once(cast):
    here, there = Client(), Client()
    for client in (here, there):
        client.post("/sign-in/", {"login": "bob@firm.example", "password": "bob-long-password"})
    here.post("/sign-in/sessions/")
    assert here.get("/people/").status_code == 200
    assert there.get("/people/").status_code == 302


def test_a_token_on_the_console(cast, capsys):
    call_command("token", "bob@firm.example", org="halvorsen-pumps", scope=["assessments:read"])
    secret = capsys.readouterr().out.strip()
    assert secret.startswith("tl_")
    assert ApiToken.objects.get().scopes == ["assessments:read"]
    with pytest.raises(CommandError, match="no member"):
        call_command("token", "charlie@firm.example", org="halvorsen-pumps", scope=["assessments:read"])
    with pytest.raises(CommandError, match="scopes that exist"):
        call_command("token", "bob@firm.example", org="halvorsen-pumps", scope=["everything"])


def test_a_failed_try_is_logged_without_what_was_typed(cast, caplog):
    Client().post("/sign-in/", {"login": "bob@firm.example", "password": "a wrong password"})
    assert "A sign-in from 127.0.0.1 failed." in caplog.text
    assert "wrong password" not in caplog.text
    assert "bob@" not in caplog.text


def test_what_has_served_its_time_is_forgotten(cast, capsys):
    call_command("first_link")
    FirstLink.objects.update(expires_at=timezone.now() - dt.timedelta(days=3))
    keep = {"user": cast.bob, "organization": cast.organization, "request_hash": "x"}
    IdempotencyKey.objects.create(key="new", **keep)
    IdempotencyKey.objects.create(key="old", created_at=timezone.now() - dt.timedelta(days=3), **keep)
    remove_outdated()
    assert not FirstLink.objects.exists()
    assert [row.key for row in IdempotencyKey.objects.all()] == ["new"]


def test_who_belongs_nowhere_is_led_to_the_start(cast):
    cast.membership("bob").delete()
    client = cast.client("bob")
    assert client.get("/", follow=True).redirect_chain[-1][0] == "/start/"
    assert "Create the organization" in client.get("/start/").content.decode()
    assert client.get("/people/").status_code == 404
