"""The n-th call of the database fails, for every n: all of it is done or nothing, and the answer says so."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from assessment.actions import start_review
from assessment.evidence import sheets
from charters.models import Signatory
from tests.assessment import cast as assessing
from tests.charters import cast as chartering
from tests.faults.watching import TIMES, failing, intact, rows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass
class Move:
    """One request that is tried again and again."""

    client: Client
    address: str
    body: Callable[[], dict[str, Any]]

    def send(self) -> Any:
        return self.client.post(self.address, **self.body())


def save_answer() -> Move:
    round_ = assessing.make_round(assessing.make_cast(), people=7)
    person = assessing.respondent_of(round_)
    client = assessing.open_link(person)
    answer = {"choice": "2", "confidence": "guess", "base_revision": 0}
    return Move(
        client,
        reverse("answer:save_item", args=[person.pk, assessing.GATE_ITEM]),
        lambda: {"data": answer, "content_type": "application/json"},
    )


def close_round() -> Move:
    cast = assessing.make_cast()
    round_ = assessing.make_round(cast, people=3)
    assessing.answer_all(round_)
    start_review(round_, by=cast.fay)
    return Move(cast.client(cast.fay), reverse("assessment:close", args=[round_.pk]), dict)


def import_roster() -> Move:
    cast = assessing.make_cast()
    content = sheets.roster_template()
    return Move(
        cast.client(cast.fay),
        reverse("evidence:roster_import"),
        lambda: {"data": {"file": SimpleUploadedFile("roster.xlsx", content)}},
    )


def sign_charter() -> Move:
    cast = chartering.build_cast()
    round_ = chartering.send_charter(cast, chartering.write_charter(cast))
    seat = Signatory.objects.get(round=round_, seat="legal")
    client = signed_in(cast.signers["legal"])
    address = reverse("charters:sign_submit", args=[seat.pk])
    return Move(client, address, lambda: {"data": {"sha256": round_.sha256, **chartering.ACCEPTED}})


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


@pytest.mark.parametrize("make", [save_answer, close_round, import_roster, sign_charter])
def test_all_or_nothing_whichever_call_fails(make: Callable[[], Move], flushed: Callable[[], None]) -> None:
    move = make()
    before = rows()
    with failing(at=0) as counted:
        assert move.send().status_code in (200, 302)
    whole = rows() - before
    assert whole, "the move writes something"
    intact()
    print(f"{make.__name__}: {counted.calls} calls")  # shown with pytest -rP
    step = max(1, counted.calls // TIMES)
    fresh = False
    for at in range(1, counted.calls + 1, step):
        if not fresh:
            flushed()
            move = make()
            move.client.raise_request_exception = False
            before = rows()
        with failing(at) as fault:
            answer = move.send()
        assert fault.calls >= at, "the fault was met"
        written = rows() - before
        assert written in (whole, type(whole)()), f"call {at} of {counted.calls}: half done, {written}"
        assert answer.status_code in (200, 302, 503), (at, answer.status_code, answer.content[:300])
        if answer.status_code == 503:
            assert answer["Retry-After"] == "5"
            assert b"database does not answer" in answer.content
        else:
            assert written == whole, f"call {at}: said to be done, and is not"
        intact()
        fresh = not written


@pytest.fixture
def flushed(transactional_db: None) -> Callable[[], None]:
    """Empties the tables in the middle of a test."""
    from django.core.management import call_command

    return lambda: call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)
