"""What charters keep of an erased person: nothing in comments, guests, drafts and unused delegations."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from accounts import actions as accounts
from accounts import audit
from accounts.models import AuditClearText, Membership, OutgoingMail, User
from charters.actions import name_delegate, record_learning, save_fields, sign
from charters.actions.commenting import add_comment, settle_comment
from charters.actions.guests import invite_guest
from charters.actions.templates import save_template
from charters.models import (
    CharterTemplate,
    DraftField,
    FieldComment,
    FieldEdit,
    Guest,
    Learning,
    Signatory,
    Signature,
    SignoffEvent,
)
from tests.charters.cast import (
    ALL_LIMITS,
    Cast,
    build_cast,
    fresh,
    send_charter,
    visitor,
    without_a_vendor,
    write_charter,
)
from tests.charters.kept_cast import in_force
from tests.charters.test_erasing import holders
from tests.charters.test_guests import link_in_mail
from tests.charters.test_pages import signed_in

pytestmark = pytest.mark.django_db
NAME, ADDRESS = "Elena Lindqvist", "elena@lindqvist.example"


@pytest.fixture
def cast() -> Cast:
    return build_cast()


@pytest.fixture
def elena(cast: Cast) -> User:
    """A member who is also a guest of charters, as somebody who changed sides would be."""
    user = User.objects.create_user(ADDRESS, "correct horse battery", name=NAME)
    accounts.add_member(cast.organization, user=user, by=None, role="member", functions=[], unit=None)
    return user


def test_comments_lose_who_said_them_and_whom_they_name(cast: Cast, elena: User) -> None:
    charter = write_charter(cast)
    add_comment(charter, field="problem", words="Ask the works council first.", by=elena)
    add_comment(charter, field="problem", words=f"{NAME} should measure this", by=cast.max)
    add_comment(charter, field="problem", words="elena\n LINDQVIST knows\nthe plant", by=cast.max)
    settle_comment(add_comment(charter, field="team", words=ADDRESS, by=cast.max), by=elena)
    accounts.erase_person(elena, by=elena)
    assert holders(NAME, ADDRESS, "lindqvist") == set()
    words = list(FieldComment.objects.order_by("at").values_list("words", flat=True))
    assert words == [
        "Ask the works council first.",
        "Erased person should measure this",
        "Erased person knows\nthe plant",
        "Erased person",
    ]
    page = signed_in(cast.max).get(f"/charters/{charter.pk}/write/problem/").content.decode()
    assert "<b>Erased person</b> on" in page
    assert "Lindqvist" not in page
    assert audit.verify().intact


def test_letters_beyond_english_are_found_in_either_case(cast: Cast) -> None:
    person = User.objects.create_user("oe@firm.example", "correct horse battery", name="Øyvind Ås")
    accounts.add_member(cast.organization, user=person, by=None, role="member", functions=[], unit=None)
    add_comment(write_charter(cast), field="problem", words="øyvind  ås has it", by=cast.max)
    accounts.erase_person(person, by=person)
    assert FieldComment.objects.get().words == "Erased person has it"


def test_a_guest_is_nobody_and_gets_in_no_more(
    cast: Cast, elena: User, django_capture_on_commit_callbacks: Any
) -> None:
    charter = write_charter(cast)
    with django_capture_on_commit_callbacks(execute=True):
        guest = invite_guest(charter, name=NAME, email=ADDRESS, company=NAME, by=cast.frida)
    client = Client()
    client.get(link_in_mail(ADDRESS))
    assert client.get(f"/charters/guest/{guest.pk}/").status_code == 200
    add_comment(charter, field="time_end", words="Two weeks are too short.", guest=guest)
    accounts.erase_person(elena, by=elena)
    guest.refresh_from_db()
    assert (guest.name, guest.email, guest.company) == ("Erased person", "", "Erased person")
    assert guest.revoked_at is not None
    for path in ("", "charter.docx"):
        assert client.get(f"/charters/guest/{guest.pk}/{path}").status_code == 404
    assert FieldComment.objects.get().words == "Two weeks are too short."
    assert not OutgoingMail.objects.filter(to=ADDRESS).exists()
    assert holders(NAME, ADDRESS) == set()
    page = signed_in(cast.frida).get(f"/charters/{charter.pk}/").content.decode()
    assert "Two weeks are too short." in page
    assert NAME not in page


def test_two_erased_guests_of_one_charter_do_not_collide(cast: Cast, elena: User) -> None:
    charter = write_charter(cast)
    other = User.objects.create_user("o@marinova.example", "correct horse battery", name="Oto Lind")
    accounts.add_member(cast.organization, user=other, by=None, role="member", functions=[], unit=None)
    for user in (elena, other):
        invite_guest(charter, name=user.name, email=user.email, by=cast.frida)
    accounts.erase_person(elena, by=elena)
    accounts.erase_person(other, by=other)
    assert list(Guest.objects.values_list("name", "email")) == [("Erased person", "")] * 2


def test_who_left_before_is_erased_as_guest_and_delegate_all_the_same(cast: Cast, elena: User) -> None:
    round_ = send_charter(cast, write_charter(cast, **without_a_vendor()))
    charter = round_.revision.charter
    legal = cast.signers["legal"]
    name_delegate(visitor(round_, "legal"), by=legal, to=elena, reason="Away", proof=fresh())
    invite_guest(charter, name=NAME, email=ADDRESS, by=cast.frida)
    accounts.remove_member(Membership.objects.get(user=elena), by=cast.olga)
    accounts.erase_person(elena, by=elena)
    assert not {name for name in holders(NAME, ADDRESS) if name.startswith("charters.")}
    seat = Signatory.objects.get(round=round_, seat="legal")
    assert (seat.delegate_name, seat.delegate_email) == ("Erased person", "")
    assert SignoffEvent.objects.get(kind="delegated").words.startswith("Erased person signs: ")
    assert "Erased person has left and cannot sign for" in signed_in(cast.frida).get("/").content.decode()
    assert audit.verify().intact


def test_a_delegate_who_signed_stays_in_what_was_signed_and_nowhere_else(cast: Cast, elena: User) -> None:
    round_ = send_charter(cast, write_charter(cast, **without_a_vendor()))
    legal = cast.signers["legal"]
    name_delegate(visitor(round_, "legal"), by=legal, to=elena, reason=f"{NAME} knows it", proof=fresh())
    sign(visitor(round_, "legal"), by=elena, shown_hash=round_.sha256, proof=fresh(), accepted=ALL_LIMITS)
    accounts.erase_person(elena, by=elena)
    signature = Signature.objects.get()
    assert (signature.delegate_name, signature.delegate_email) == (NAME, ADDRESS)
    assert holders(NAME, ADDRESS) <= {"charters.signature", "charters.signatory", "accounts.auditevent"}
    assert Signatory.objects.get(round=round_, seat="legal").delegate_reason == "Erased person knows it"
    assert audit.verify().intact


def test_drafts_their_history_templates_and_lessons_lose_the_name(cast: Cast, elena: User) -> None:
    charter = write_charter(cast)
    version = DraftField.objects.get(charter=charter, name="seat.legal").version
    save_fields(
        charter,
        by=elena,
        changes={
            "seat.legal": ({"name": NAME, "email": ADDRESS}, version),
            "fallback": (f"Call {NAME}, {ADDRESS}", DraftField.objects.get(name="fallback").version),
        },
    )
    save_template(charter, name=f"As {NAME} does it", by=elena)
    kept, _ = in_force(cast)
    record_learning(kept, by=cast.frida, learned=f"Ask {NAME} early", evidence=ADDRESS)
    accounts.erase_person(elena, by=elena)
    assert holders(NAME, ADDRESS) == set()
    held = DraftField.objects.get(charter=charter, name="seat.legal")
    assert (held.value["name"], held.value["email"], held.version) == ("Erased person", "", version + 2)
    assert (
        DraftField.objects.get(charter=charter, name="fallback").value == "Call Erased person, erased address"
    )
    assert NAME not in json.dumps(list(FieldEdit.objects.values_list("value", flat=True)))
    assert CharterTemplate.objects.get().name == "As Erased person does it"
    assert Learning.objects.get().learned == "Ask Erased person early"
    assert not AuditClearText.objects.filter(value__icontains=NAME).exists()
    assert audit.verify().intact
