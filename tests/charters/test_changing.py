"""Change requests: opened with a reason, signed by the same roles, dropped back to the text in force."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.test import Client

from accounts import audit
from accounts.models import AuditEvent, Membership, OutgoingMail
from charters.actions import (
    drop_change,
    freeze_revision,
    name_successor,
    send_for_signature,
    sign,
    start_revision,
)
from charters.actions.succeeding import seats_left
from charters.models import ChangeRequest, Charter, Revision
from charters.queries import (
    charter_document,
    current_document,
    draft_of,
    in_turn,
    revision_in_force,
)
from tests.charters.cast import ALL_LIMITS, Cast, build_cast, fresh, send_charter, visitor, write_charter
from tests.charters.kept_cast import INTERNAL, change_fields, in_force, sign_all
from ui.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return build_cast()


def page(user: Any, path: str, status: int = 200) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(path)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return html.unescape(answer.content.decode())


def test_a_change_is_opened_signed_and_in_force(cast: Cast) -> None:
    charter, first = in_force(cast)
    start_revision(charter, by=cast.frida, reason="Bergen is closed")
    change = ChangeRequest.objects.get(charter=charter)
    assert (change.number, change.state, change.reason, change.base) == (1, "open", "Bergen is closed", first)
    change_fields(cast, charter, criterion__c1={"target": "0.7"}, time_end="2026-12-28")
    text = page(cast.vera, f"/charters/{charter.pk}/changes/1/")
    assert "one criterion loosened" in text
    assert "+2 weeks" in text
    assert "<del" in text
    assert "Taken away: " in text
    assert "Must: Failures announced 14 days ahead (recall_score) is at least 0.75 on holdout.csv." in text
    round_ = send_charter(cast, charter)
    assert revision_in_force(charter) == first
    sign_all(cast, round_)
    change.refresh_from_db()
    assert (change.state, change.revision) == ("in_force", Revision.objects.get(charter=charter, number=2))
    assert change.closed_at is not None
    old = page(cast.vera, f"/charters/{charter.pk}/revisions/1/")
    assert "for revision 1" in old
    assert charter_document(change.revision).criteria_changes == 1
    assert AuditEvent.objects.filter(event="charter.change_opened").count() == 1
    assert audit.verify().intact


def test_a_change_without_reason_is_refused(cast: Cast) -> None:
    charter, _ = in_force(cast)
    with pytest.raises(Invalid, match="needs a reason"):
        start_revision(charter, by=cast.frida, reason="  ")
    assert not ChangeRequest.objects.exists()


def test_the_first_revisions_are_no_change_requests(cast: Cast) -> None:
    charter = write_charter(cast, **INTERNAL)
    freeze_revision(charter, by=cast.frida)
    start_revision(charter, by=cast.frida, reason="Typos")
    assert not ChangeRequest.objects.exists()


def test_a_change_that_leaves_out_a_role_is_not_frozen(cast: Cast) -> None:
    charter, _ = in_force(cast)
    start_revision(charter, by=cast.frida, reason="Faster")
    change_fields(
        cast,
        charter,
        seat__operator={"name": "", "email": "", "reason": "Later", "filled_by": "Eirik",
                        "filled_until": "2026-12-18", "accepted_by": "Rolf"},
    )  # fmt: skip
    with pytest.raises(Invalid, match="Without a seat now: Operator"):
        freeze_revision(charter, by=cast.frida)
    assert "Roles are missing." in page(cast.frida, f"/charters/{charter.pk}/changes/1/")
    change_fields(
        cast, charter, seat__operator={"name": "Lotte Brenninck", "email": "lotte@halvorsen.example"}
    )
    assert freeze_revision(charter, by=cast.frida).number == 2


def test_a_dropped_change_leaves_the_text_in_force(cast: Cast) -> None:
    charter, first = in_force(cast)
    before = draft_of(charter).values
    start_revision(charter, by=cast.frida, reason="More")
    change_fields(cast, charter, problem="Another", criterion__c2={}, data__9={"name": "Extra"})
    round_ = send_charter(cast, charter)
    seat = sorted(in_turn(round_))[0]
    row = visitor(round_, seat)
    sign(row, by=row.signatory.user, shown_hash=round_.sha256, proof=fresh(), accepted=ALL_LIMITS)
    drop_change(charter, by=cast.frida, reason="Not worth it")
    charter.refresh_from_db()
    assert charter.state == "in_force"
    assert revision_in_force(charter) == first
    assert current_document(charter)["revision"] == 1
    after = {name: value for name, value in draft_of(charter).values.items() if value}
    assert after == {name: value for name, value in before.items() if value}
    states = dict(Revision.objects.filter(charter=charter).values_list("number", "state"))
    assert states == {1: "in_force", 2: "superseded"}
    assert ChangeRequest.objects.get().state == "dropped"
    assert OutgoingMail.objects.filter(template="emails/charter_change_dropped").exists()
    with pytest.raises(Conflict):
        sign(row, by=row.signatory.user, shown_hash=round_.sha256, proof=fresh(), accepted=ALL_LIMITS)
    with pytest.raises(Conflict, match="no open change"):
        drop_change(charter, by=cast.frida, reason="Again")
    shown = page(cast.frida, f"/charters/{charter.pk}/")
    assert "revision 1" in shown
    assert audit.verify().intact
    start_revision(charter, by=cast.frida, reason="Another try")
    assert [row.number for row in ChangeRequest.objects.order_by("number")] == [1, 2]
    assert charter_document(first).criteria_changes == 0


def test_what_was_dropped_and_taken_in_again_has_changed_twice(cast: Cast) -> None:
    charter, _ = in_force(cast)
    kept = draft_of(charter).values["criterion.c2"]
    for value in ({}, kept):
        start_revision(charter, by=cast.frida, reason="Stops are counted anew")
        change_fields(cast, charter, criterion__c2=value)
        sign_all(cast, send_charter(cast, charter))
        charter.refresh_from_db()
    third = revision_in_force(charter)
    assert third is not None
    assert third.number == 3
    assert charter_document(third).criteria_changes == 2


def test_a_change_that_was_declined_stays_open_for_another_text(cast: Cast) -> None:
    charter, first = in_force(cast)
    start_revision(charter, by=cast.frida, reason="More weeks")
    change_fields(cast, charter, fallback="By hand")
    freeze_revision(charter, by=cast.frida)
    start_revision(charter, by=cast.frida, reason="A typo")
    assert ChangeRequest.objects.get().state == "open"
    change_fields(cast, charter, fallback="By hand, as today")
    sign_all(cast, send_charter(cast, charter))
    change = ChangeRequest.objects.get()
    assert (change.state, change.revision.number) == ("in_force", 3)  # type: ignore[union-attr]
    assert change.base == first


def test_somebody_who_left_gets_a_successor(cast: Cast) -> None:
    charter, revision = in_force(cast)
    rolf = cast.signers["outcome_owner"]
    assert seats_left(revision) == []
    Membership.objects.filter(user=rolf).delete()
    assert [seat.seat for seat in seats_left(revision)] == ["outcome_owner"]
    shown = page(cast.frida, f"/charters/{charter.pk}/")
    assert "Rolf Tennfjord, Outcome owner, is no longer here." in shown
    assert f"/charters/{charter.pk}/seats/outcome_owner/successor/" in shown
    assert "Name a successor" not in page(cast.max, f"/charters/{charter.pk}/")
    change = name_successor(charter, "outcome_owner", successor=cast.max, by=cast.frida)
    assert (change.kind, change.reason) == ("successor", "Rolf Tennfjord has left; Max takes the seat.")
    values = draft_of(charter).values
    assert values["seat.outcome_owner"]["name"] == "Max"  # type: ignore[index]
    assert values["pathway.scale"]["owner"] == "Max"  # type: ignore[index]
    assert "takes the seat Outcome owner from Rolf Tennfjord" in page(
        cast.vera, f"/charters/{charter.pk}/changes/1/"
    )
    round_ = send_charter(cast, charter)
    sign_all(cast, round_)
    assert seats_left(revision_in_force(charter)) == []  # type: ignore[arg-type]


def test_a_disabled_account_leaves_its_seat_and_strangers_cannot_take_it(cast: Cast) -> None:
    charter, revision = in_force(cast)
    legal = cast.signers["legal"]
    legal.is_active = False
    legal.save()
    assert [seat.seat for seat in seats_left(revision)] == ["legal"]
    with pytest.raises(Invalid, match="Choose a member"):
        name_successor(charter, "legal", successor=cast.sten, by=cast.frida)
    with pytest.raises(Conflict, match="holds nobody"):
        name_successor(charter, "vendor", successor=cast.max, by=cast.frida)
    client = Client()
    client.force_login(cast.frida)
    path = f"/charters/{charter.pk}/seats/legal/successor/"
    assert client.get(path).status_code == 200
    answer = client.post(path, {"successor": str(cast.sten.pk)})
    assert answer.status_code == 422
    answer = client.post(path, {"successor": str(cast.max.pk), "also_work": "on"})
    assert answer.status_code == 302
    assert client.get(f"/charters/{charter.pk}/seats/nobody/successor/").status_code == 404


def test_pages_of_a_change(cast: Cast) -> None:
    charter, _ = in_force(cast)
    client = Client()
    client.force_login(cast.frida)
    answer = client.post(f"/charters/{charter.pk}/revise/", {"reason": "New plant"})
    assert answer.status_code == 302
    assert client.get(f"/charters/{charter.pk}/changes/2/").status_code == 404
    drop = f"/charters/{charter.pk}/changes/1/drop/"
    assert client.get(drop).status_code == 200
    assert client.post(drop, {"reason": ""}).status_code == 422
    assert client.post(drop, {"reason": "No"}).status_code == 302
    assert client.post(drop, {"reason": "No"}).status_code == 409
    shown = page(cast.vera, f"/charters/{charter.pk}/history/")
    assert "The change of revision 1 was dropped" in shown
    assert Charter.objects.get(pk=charter.pk).draft_reason == ""


def test_a_round_can_be_sent_after_a_dropped_change(cast: Cast) -> None:
    charter, _ = in_force(cast)
    start_revision(charter, by=cast.frida, reason="One")
    freeze_revision(charter, by=cast.frida)
    drop_change(charter, by=cast.frida, reason="No")
    with pytest.raises(Conflict):
        send_for_signature(charter, by=cast.frida)
