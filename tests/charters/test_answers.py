"""The answers to a text beside signing it: limits that are refused, changes asked for, a seat handed over."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from accounts import audit
from accounts.models import Membership, OutgoingMail, PersonalLink, User
from charters.access import Visitor
from charters.actions import (
    Proof,
    decline,
    name_delegate,
    request_changes,
    send_for_signature,
    sign,
    start_revision,
    take_back,
)
from charters.limits import FOR_ALL
from charters.models import Charter, Revision, Signatory, Signature, SignoffEvent, SignoffRound
from charters.proof import check
from charters.queries import charter_document, in_turn, waiting_for
from charters.seats import why_not_yet
from tests.charters.cast import (
    ALL_LIMITS,
    Cast,
    build_cast,
    fresh,
    send_charter,
    sign_all,
    sign_as,
    visitor,
    without_a_vendor,
    write_charter,
)
from ui.errors import Conflict, FreshSignInRequired, Invalid, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return build_cast()


@pytest.fixture
def round_(cast: Cast) -> SignoffRound:
    return send_charter(cast, write_charter(cast, **without_a_vendor()))


def hand_over(cast: Cast, round_: SignoffRound, seat: str, to: User, **more: Any) -> None:
    name_delegate(
        visitor(round_, seat), by=cast.signers[seat], to=to, reason="On leave", proof=fresh(), **more
    )


def intact(cast: Cast) -> bool:
    return audit.verify([cast.organization]).intact and not list(check([str(cast.organization.pk)]))


def test_nothing_is_signed_before_every_limit_is_accepted(cast: Cast, round_: SignoffRound) -> None:
    asked = {"by": cast.signers["legal"], "shown_hash": round_.sha256, "proof": fresh()}
    for accepted in ((), FOR_ALL[:3], FOR_ALL, ("made_up",)):
        with pytest.raises(Invalid, match="Not signed") as refused:
            sign(visitor(round_, "legal"), **asked, accepted=accepted)
        assert set(refused.value.details["limits"]).isdisjoint(accepted)
    assert not Signature.objects.exists()
    signature = sign(visitor(round_, "legal"), **asked, accepted=ALL_LIMITS)[0]
    keys = [entry["key"] for entry in signature.confirmed]
    assert keys[:4] == list(FOR_ALL)
    assert {"who_bears", "law_may_change"} <= set(keys)
    assert signature.audit.data["confirmed"] == signature.confirmed
    assert intact(cast)


def test_a_limit_that_is_not_acceptable_ends_the_round_and_stays_on_record(
    cast: Cast, round_: SignoffRound
) -> None:
    sign_as(cast, round_, "security")
    decline(
        visitor(round_, "legal"),
        by=cast.signers["legal"],
        reason="Nobody may bear that.",
        proof=fresh(),
        limits=["cost_of_wrong"],
    )
    seat = Signatory.objects.get(round=round_, seat="legal")
    assert (seat.state, seat.limits, seat.reason) == ("declined", ["cost_of_wrong"], "Nobody may bear that.")
    refused = SignoffEvent.objects.get(kind="limits_refused")
    assert refused.words == "What a wrong answer costs, and who bears it"
    assert SignoffEvent.objects.filter(kind="declined").exists()
    told = OutgoingMail.objects.filter(template="emails/charter_declined")
    assert set(told.values_list("to", flat=True)) == {
        cast.signers[key].email
        for key in (
            "domain_expert",
            "data_owner",
            "legal",
            "security",
            "affected_staff",
            "project_lead",
            "operator",
        )
    }
    assert intact(cast)


def test_a_limit_that_was_not_asked_cannot_be_refused(cast: Cast, round_: SignoffRound) -> None:
    with pytest.raises(Invalid, match="not part"):
        decline(
            visitor(round_, "legal"), by=cast.signers["legal"], reason="No", proof=fresh(), limits=["nothing"]
        )
    assert SignoffRound.objects.get(pk=round_.pk).state == "out"


def test_changes_are_asked_for_and_the_same_text_is_sent_again(cast: Cast, round_: SignoffRound) -> None:
    charter = round_.revision.charter
    sign_as(cast, round_, "security")
    with pytest.raises(Invalid, match="needs words"):
        request_changes(visitor(round_, "legal"), by=cast.signers["legal"], reason=" ", proof=fresh())
    request_changes(
        visitor(round_, "legal"), by=cast.signers["legal"], reason="Name the basis.", proof=fresh()
    )
    assert Charter.objects.get(pk=charter.pk).state == "changes"
    assert Signature.objects.filter(round=round_).count() == 1
    with pytest.raises(Conflict, match="has ended"):
        sign_as(cast, round_, "data_owner")
    again = send_for_signature(charter, by=cast.frida)
    assert (again.number, again.sha256) == (2, round_.sha256)
    assert {"security", "legal"} <= in_turn(again)
    letter = OutgoingMail.objects.filter(template="emails/charter_sign").latest("created_at")
    assert letter.subject
    asked = OutgoingMail.objects.filter(template="emails/charter_sign", created_at__gte=again.opened_at)
    assert all("Name the basis." in mail.text for mail in asked if mail.text)
    sign_all(cast, again)
    assert Revision.objects.get().state == "in_force"
    assert intact(cast)


def test_changes_are_answered_by_a_new_revision(cast: Cast, round_: SignoffRound) -> None:
    charter = round_.revision.charter
    request_changes(visitor(round_, "legal"), by=cast.signers["legal"], reason="Basis", proof=fresh())
    start_revision(charter, by=cast.frida, reason="Basis added")
    charter.refresh_from_db()
    assert charter.state == "draft"
    assert Revision.objects.get().state == "superseded"
    assert SignoffRound.objects.get().state == "changes"
    assert intact(cast)


def test_a_delegate_signs_for_the_holder_and_every_record_says_so(cast: Cast, round_: SignoffRound) -> None:
    hand_over(cast, round_, "legal", cast.max)
    assert [seat.seat for seat in waiting_for(cast.max, cast.organization)] == ["legal"]
    assert waiting_for(cast.signers["legal"], cast.organization) == []
    with pytest.raises(NotAllowed, match="Max signs in your place"):
        sign_as(cast, round_, "legal")
    signature = sign_as(cast, round_, "legal", by=cast.max)[0]
    assert (signature.name, signature.delegate_name) == ("Yusuf Adebayo", "Max")
    assert signature.audit.data["delegate_email"] == cast.max.email
    seat = next(row for row in charter_document(round_.revision).seats if row.seat == "legal")
    assert (seat.name, seat.delegate) == ("Yusuf Adebayo", "Max")
    with pytest.raises(Conflict, match="answered already"):
        take_back(visitor(round_, "legal"), by=cast.signers["legal"])
    asked = OutgoingMail.objects.filter(to=cast.max.email, template="emails/charter_sign")
    assert asked.count() == 1
    assert not PersonalLink.objects.filter(address=cast.max.email).exists()
    assert intact(cast)


def test_who_may_be_named_and_by_whom(cast: Cast, round_: SignoffRound) -> None:
    with pytest.raises(Invalid, match="not a member"):
        hand_over(cast, round_, "legal", cast.sten)
    with pytest.raises(Invalid, match="own holder"):
        hand_over(cast, round_, "legal", cast.signers["legal"])
    with pytest.raises(NotAllowed):
        name_delegate(visitor(round_, "legal"), by=cast.olga, to=cast.max, reason="x", proof=fresh())
    with pytest.raises(Invalid, match="needs a reason"):
        name_delegate(
            visitor(round_, "legal"), by=cast.signers["legal"], to=cast.max, reason="", proof=fresh()
        )
    stale = Proof("account", "password", timezone.now() - dt.timedelta(minutes=6))
    with pytest.raises(FreshSignInRequired):
        name_delegate(
            visitor(round_, "legal"), by=cast.signers["legal"], to=cast.max, reason="x", proof=stale
        )
    hand_over(cast, round_, "legal", cast.max)
    with pytest.raises(NotAllowed, match="hand this seat over"):
        name_delegate(visitor(round_, "legal"), by=cast.max, to=cast.vera, reason="x", proof=fresh())
    with pytest.raises(Conflict, match="already"):
        hand_over(cast, round_, "legal", cast.vera)
    assert intact(cast)


def test_a_seat_that_is_taken_back_is_its_holders_again(cast: Cast, round_: SignoffRound) -> None:
    hand_over(cast, round_, "legal", cast.max)
    opened = Visitor(visitor(round_, "legal").signatory, user=cast.max)
    take_back(visitor(round_, "legal"), by=cast.signers["legal"])
    with pytest.raises(NotAllowed):
        sign(opened, by=cast.max, shown_hash=round_.sha256, proof=fresh(), accepted=ALL_LIMITS)
    sign_as(cast, round_, "legal")
    assert Signature.objects.get().delegate_name == ""
    assert OutgoingMail.objects.filter(to=cast.max.email, template="emails/charter_taken_back").exists()
    assert intact(cast)


def test_a_delegate_is_asked_when_the_turn_comes(cast: Cast, round_: SignoffRound) -> None:
    hand_over(cast, round_, "outcome_owner", cast.max)
    assert not OutgoingMail.objects.filter(to=cast.max.email, template="emails/charter_sign").exists()
    for seat in sorted(in_turn(round_)):
        sign_as(cast, round_, seat)
    assert OutgoingMail.objects.filter(to=cast.max.email, template="emails/charter_sign").count() == 1


def test_one_person_never_signs_for_everybody(cast: Cast, round_: SignoffRound) -> None:
    """Of nine seats eight may be handed to one person; the ninth may not, whoever asks."""
    seats = list(Signatory.objects.filter(round=round_).values_list("seat", flat=True))
    for seat in seats[:-1]:
        hand_over(cast, round_, seat, cast.max)
    with pytest.raises(Invalid, match="At least two people"):
        hand_over(cast, round_, seats[-1], cast.max)
    sign_all_but_last = seats[:-1]
    for seat in sign_all_but_last:
        sign_as(cast, round_, seat, by=cast.max)
    sign_as(cast, round_, seats[-1])
    assert Revision.objects.get().state == "in_force"
    assert intact(cast)


def test_a_round_needs_two_people(cast: Cast) -> None:
    alone = {
        f"seat__{seat}": {"name": "Rolf Tennfjord", "email": "rolf@halvorsen.example", "function": "sponsor"}
        for seat in ("decision_maker", "outcome_owner", "domain_expert", "data_owner", "legal", "security",
                     "affected_staff", "project_lead", "operator")
    }  # fmt: skip
    charter = write_charter(cast, **(without_a_vendor() | alone))
    with pytest.raises(Invalid, match="one person holds every seat"):
        send_charter(cast, charter)


def test_why_it_is_not_ones_turn_is_said_with_names(cast: Cast, round_: SignoffRound) -> None:
    for seat in sorted(in_turn(round_) - {"legal", "security"}):
        sign_as(cast, round_, seat)
    owner = Signatory.objects.get(round=round_, seat="outcome_owner")
    words = why_not_yet(round_, owner)
    assert "Yusuf Adebayo (Legal) and Hanneke Voss (Security) sign first" in words
    with pytest.raises(Conflict, match="Yusuf Adebayo"):
        sign_as(cast, round_, "outcome_owner")
    assert why_not_yet(round_, Signatory.objects.get(round=round_, seat="legal")) == ""


def test_a_removed_delegate_signs_nothing(cast: Cast, round_: SignoffRound) -> None:
    hand_over(cast, round_, "legal", cast.max)
    Membership.objects.filter(user=cast.max).delete()
    with pytest.raises(NotAllowed, match="not a member"):
        sign_as(cast, round_, "legal", by=cast.max)
    take_back(visitor(round_, "legal"), by=cast.signers["legal"])
    sign_as(cast, round_, "legal")
