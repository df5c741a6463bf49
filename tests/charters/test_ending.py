"""How a charter stops: cancelled, replaced by another; and what becomes of people who leave in between."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.actions import add_member, remove_member
from accounts.models import Membership, Organization, OutgoingMail, User
from charters.actions import (
    Proof,
    cancel_charter,
    remind,
    save_fields,
    send_for_signature,
    start_revision,
    withdraw,
)
from charters.models import ChangeRequest, Charter, Revision, Signatory, Signature, SignoffEvent, SignoffRound
from charters.proof import check
from roadmap.use_case_actions import create_use_case
from tests.charters.cases import complete_fields
from tests.charters.cast import (
    ACCEPTED,
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
from tests.charters.test_pages import signed_in, stale
from tests.kept import kept
from ui.errors import Conflict, FreshSignInRequired, Invalid, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return build_cast()


@kept
def in_force(cast: Cast, **more: Any) -> Charter:
    charter = write_charter(cast, **without_a_vendor())
    Charter.objects.filter(pk=charter.pk).update(**more)
    charter.refresh_from_db()
    sign_all(cast, send_charter(cast, charter))
    charter.refresh_from_db()
    assert charter.state == "in_force"
    return charter


def intact(cast: Cast) -> list[str]:
    assert audit.verify([cast.organization]).intact
    return [str(item) for item in check([str(cast.organization.pk)])]


def test_cancelling_ends_what_is_in_force_and_tells_the_signers(cast: Cast) -> None:
    use_case = create_use_case(cast.organization, by=cast.frida, values={"title": "Bearings"})
    charter = in_force(cast, use_case=use_case)
    with pytest.raises(Invalid, match="needs a reason"):
        cancel_charter(charter, by=cast.frida, reason=" ", proof=fresh())
    old = Proof("account", "password", timezone.now() - dt.timedelta(minutes=6))
    with pytest.raises(FreshSignInRequired):
        cancel_charter(charter, by=cast.frida, reason="Sold", proof=old)
    cancel_charter(charter, by=cast.frida, reason="The works were sold.", proof=fresh())
    charter.refresh_from_db()
    use_case.refresh_from_db()
    assert (charter.state, Revision.objects.get().state, use_case.state) == (
        "cancelled", "cancelled", "stopped"
    )  # fmt: skip
    assert SignoffEvent.objects.get(kind="cancelled").words == "The works were sold."
    assert OutgoingMail.objects.filter(template="emails/charter_cancelled").count() == 9
    assert Signature.objects.count() == 9
    with pytest.raises(Conflict):
        cancel_charter(charter, by=cast.frida, reason="Again", proof=fresh())
    with pytest.raises(Conflict):
        start_revision(charter, by=cast.frida, reason="Go on")
    assert intact(cast) == []


def test_a_change_that_is_open_ends_with_the_charter(cast: Cast) -> None:
    charter = in_force(cast)
    start_revision(charter, by=cast.frida, reason="More time")
    save_fields(charter, by=cast.frida, changes={"fallback": ("Another", 1)})
    send_charter(cast, charter)
    with pytest.raises(Conflict, match="Withdraw it first"):
        cancel_charter(charter, by=cast.frida, reason="Stop", proof=fresh())
    withdraw(charter, by=cast.frida, reason="Stop")
    cancel_charter(charter, by=cast.frida, reason="Stop", proof=fresh())
    assert list(Revision.objects.order_by("number").values_list("state", flat=True)) == [
        "cancelled", "superseded"
    ]  # fmt: skip
    assert ChangeRequest.objects.get().state == "dropped"
    with pytest.raises(Conflict):
        send_for_signature(charter, by=cast.frida)
    assert intact(cast) == []


def test_who_may_cancel_by_page(cast: Cast) -> None:
    charter = in_force(cast)
    url = reverse("charters:cancel", args=[charter.pk])
    for user, status in ((cast.sten, 404), (cast.vera, 403), (cast.signers["legal"], 403)):
        assert signed_in(user).get(url).status_code == status
        assert signed_in(user).post(url, {"reason": "x"}).status_code == status
    assert Client().get(url).status_code == 302
    owner = signed_in(cast.signers["outcome_owner"])
    assert owner.get(url).status_code == 200
    assert owner.post(url, {"reason": ""}).status_code == 422
    again = stale(signed_in(cast.signers["outcome_owner"])).post(url, {"reason": "Sold"})
    assert "again" in again["Location"]
    assert Charter.objects.get(pk=charter.pk).state == "in_force"
    assert owner.post(url, {"reason": "Sold"}).status_code == 302
    assert Charter.objects.get(pk=charter.pk).state == "cancelled"


@pytest.mark.parametrize("changing", ["no", "draft", "out"])
def test_a_charter_in_force_replaces_another(cast: Cast, changing: str) -> None:
    old = in_force(cast)
    if changing != "no":
        start_revision(old, by=cast.frida, reason="More time")
        save_fields(old, by=cast.frida, changes={"fallback": ("Another", 1)})
    pending = send_charter(cast, old) if changing == "out" else None
    new = in_force(cast, replaces=old)
    old.refresh_from_db()
    assert (old.state, new.state) == ("superseded", "in_force")
    event = SignoffEvent.objects.filter(charter=old, revision__number=1, kind="superseded").get()
    assert event.words == f"Replaced by charter {new.code}, “{new.title}”."
    assert not Revision.objects.filter(charter=old, state__in=["in_force", "out"]).exists()
    assert OutgoingMail.objects.filter(template="emails/charter_replaced").count() == 9
    if pending is not None:
        with pytest.raises(Conflict, match="has ended"):
            sign_as(cast, pending, "legal")
    assert intact(cast) == []


def test_a_charter_of_another_organization_is_never_replaced(cast: Cast) -> None:
    other = build_other(cast)
    old = in_force(other)
    in_force(cast, replaces=old)
    old.refresh_from_db()
    assert old.state == "in_force"


def build_other(cast: Cast) -> Cast:
    """The same people in a second organization."""
    organization = Organization.objects.create(name="Other Works", slug="other")
    for user in [cast.frida, *cast.signers.values()]:
        add_member(organization, user=user, by=None, role="facilitator", functions=[], unit=None)
    return replace(cast, organization=organization)


@pytest.mark.parametrize("how", ["removed", "disabled"])
def test_who_leaves_signs_no_more_also_with_an_open_page(cast: Cast, how: str) -> None:
    security = complete_fields()["seat.legal"]
    round_ = send_charter(cast, write_charter(cast, **without_a_vendor(), seat__security=security))
    seat = Signatory.objects.get(round=round_, seat="legal")
    person = cast.signers["legal"]
    client = signed_in(person)
    assert client.get(reverse("charters:sign", args=[seat.pk])).status_code == 200
    if how == "removed":
        remove_member(Membership.objects.get(user=person), by=cast.olga)
    else:
        User.objects.filter(pk=person.pk).update(is_active=False)
    signing = {"sha256": round_.sha256, **ACCEPTED}
    for name, posted in (
        ("sign_submit", signing),
        ("decline", {"reason": "No"}),
        ("changes", {"reason": "No"}),
    ):
        answer = client.post(reverse(f"charters:{name}", args=[seat.pk]), posted)
        assert answer.status_code == 404, name
    with pytest.raises(NotAllowed):
        sign_as(cast, round_, "legal")
    assert not Signature.objects.exists()
    assert SignoffRound.objects.get(pk=round_.pk).state == "out"
    page = signed_in(cast.frida).get(reverse("charters:show", args=[round_.revision.charter_id]))
    shown = page.content.decode().partition('id="signatures"')
    # Once in the lede, though he holds two seats; and once at each of them.
    assert shown[0].count("Yusuf Adebayo has left the organization and cannot sign") == 1
    assert shown[2].count("Yusuf Adebayo has left the organization and cannot sign") == 2
    other = visitor(round_, "domain_expert")
    read = signed_in(cast.signers["domain_expert"]).get(reverse("charters:sign", args=[other.signatory.pk]))
    assert "Cannot sign any more" in read.content.decode()
    assert "has left" not in read.content.decode(), "who left is not for those who only sign"
    with pytest.raises(Conflict, match="has left"):
        remind(seat, by=cast.frida)


def test_the_seat_of_somebody_who_left_is_asked_by_link_when_sent_again(cast: Cast) -> None:
    charter = write_charter(cast, **without_a_vendor())
    send_charter(cast, charter)
    Membership.objects.filter(user=cast.signers["legal"]).delete()
    withdraw(charter, by=cast.frida, reason="Yusuf has left")
    again = send_for_signature(charter, by=cast.frida)
    seat = Signatory.objects.get(round=again, seat="legal")
    assert (seat.user, seat.email) == (None, cast.signers["legal"].email)
