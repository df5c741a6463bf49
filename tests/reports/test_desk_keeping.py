"""The desk on charters in force: decisions due and late, empty seats, open changes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Membership
from charters import actions
from charters.actions import start_revision
from charters.models import Charter, Revision, Signatory
from reports import desk_charters, desk_keeping
from reports.desk import Reader, reader_of
from tests.charters.cast import (
    Cast,
    build_cast,
    fresh,
    send_charter,
    visitor,
    without_a_vendor,
    write_charter,
)
from tests.charters.kept_cast import in_force
from tests.charters.test_pages import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return build_cast()


def reader(user: Any, day: dt.date | None = None) -> Reader:
    now = timezone.now()
    if day is not None:
        now = dt.datetime.combine(day, dt.time(12), dt.UTC)
    return reader_of(Membership.objects.select_related("organization", "user").get(user=user), now)


def test_orphans_are_late_for_leaders_and_their_owner(cast: Cast) -> None:
    in_force(cast)
    before, after = dt.date(2026, 12, 1), dt.date(2026, 12, 28)
    rolf = cast.signers["outcome_owner"]
    assert desk_keeping.late(reader(cast.frida, before)) == []
    for user in (cast.frida, cast.olga, rolf):
        (delay,) = desk_keeping.late(reader(user, after))
        assert (delay.days, delay.who) == (10, "Waits for Rolf Tennfjord")
        assert delay.url.endswith("/decision/")
    assert desk_keeping.late(reader(cast.max, after)) == []
    (duty,) = desk_keeping.waits(reader(rolf, dt.date(2026, 12, 14)))
    assert (duty.verb, duty.due) == ("Decide", dt.date(2026, 12, 18))
    assert desk_keeping.waits(reader(rolf, before)) == []
    Revision.objects.update(state="closed")
    assert desk_keeping.late(reader(cast.frida, after)) == []


def test_empty_seats_and_open_changes_wait_for_leaders(cast: Cast) -> None:
    charter, _ = in_force(cast)
    Membership.objects.filter(user=cast.signers["legal"]).delete()
    (duty,) = desk_keeping.waits(reader(cast.frida, dt.date(2026, 12, 1)))
    assert (duty.verb, duty.url) == ("Name", f"/charters/{charter.pk}/seats/legal/successor/")
    assert desk_keeping.waits(reader(cast.max, dt.date(2026, 12, 1))) == []
    start_revision(charter, by=cast.frida, reason="Yusuf has left")
    (duty,) = desk_keeping.waits(reader(cast.frida, dt.date(2026, 12, 1)))
    assert (duty.verb, duty.url) == ("Finish", f"/charters/{charter.pk}/changes/1/")
    assert desk_keeping.waits(reader(cast.olga, dt.date(2026, 12, 1))) == []


def test_one_who_left_with_three_seats_is_one_row(cast: Cast) -> None:
    charter, revision = in_force(cast)
    gone = Signatory.objects.get(round__revision=revision, seat="legal")
    others = Signatory.objects.filter(round__revision=revision, user__isnull=False).exclude(seat="legal")
    taken = [row.pk for row in others.exclude(user=cast.frida)[:2]]
    Signatory.objects.filter(pk__in=taken).update(user=gone.user, name=gone.name, email=gone.email)
    Membership.objects.filter(user=gone.user).delete()
    (duty,) = desk_keeping.waits(reader(cast.frida, dt.date(2026, 12, 1)))
    assert duty.what == f"Three successors for {gone.name}, Bearing failure warning"
    assert duty.url.startswith(f"/charters/{charter.pk}/seats/")
    assert "Begin with the first." in duty.detail
    Signatory.objects.filter(pk=taken[0]).update(name="Somebody Else", email="else@firm.example")
    assert len(desk_keeping.waits(reader(cast.frida, dt.date(2026, 12, 1)))) == 2


def test_a_text_sent_back_for_changes_waits_for_leaders(cast: Cast) -> None:
    charter, _ = in_force(cast)
    Charter.objects.filter(pk=charter.pk).update(state="changes")
    (duty,) = [duty for duty in desk_charters.waits(reader(cast.frida)) if duty.verb == "Change"]
    assert duty.url == f"/charters/{charter.pk}/"
    assert not [duty for duty in desk_charters.waits(reader(cast.max)) if duty.verb == "Change"]


def test_a_round_that_cannot_end_waits_for_leaders(cast: Cast) -> None:
    round_ = send_charter(cast, write_charter(cast, **without_a_vendor()))
    charter = round_.revision.charter
    assert not unblocking(cast.frida)
    for seat in ("legal", "security"):
        Membership.objects.filter(user=cast.signers[seat]).delete()
    for user in (cast.frida, cast.olga):
        (duty,) = unblocking(user)
        assert duty.url == f"/charters/{charter.pk}/#signatures"
        assert duty.what == "Signatures of Bearing failure warning"
        for seat in ("legal", "security"):
            assert f"{cast.signers[seat].name} has left the organization and cannot sign." in duty.detail
    assert not unblocking(cast.max)
    assert duty.detail.split(". ")[0] in signed_in(cast.frida).get("/").content.decode()
    actions.withdraw(charter, by=cast.frida, reason="Yusuf has left")
    assert not unblocking(cast.frida)


def test_a_disabled_account_holds_a_round_up_too(cast: Cast) -> None:
    send_charter(cast, write_charter(cast, **without_a_vendor()))
    cast.signers["legal"].is_active = False
    cast.signers["legal"].save()
    assert unblocking(cast.frida)


def test_a_seat_whose_delegate_left_waits_for_its_holder(cast: Cast) -> None:
    round_ = send_charter(cast, write_charter(cast, **without_a_vendor()))
    legal = cast.signers["legal"]
    actions.name_delegate(visitor(round_, "legal"), by=legal, to=cast.max, reason="Away", proof=fresh())
    Membership.objects.filter(user=cast.max).delete()
    (duty,) = unblocking(legal)
    assert (duty.verb, duty.url) == ("Take back", f"/charters/sign/{visitor(round_, 'legal').signatory.pk}/")
    assert duty.detail == "Max has left and cannot sign for you."
    assert "who can take the signature back" in unblocking(cast.frida)[0].detail
    actions.take_back(visitor(round_, "legal"), by=legal)
    assert not unblocking(cast.frida)
    assert [found.verb for found in desk_charters.waits(reader(legal))] == ["Sign"]


def unblocking(user: Any) -> list[Any]:
    return [duty for duty in desk_charters.waits(reader(user)) if duty.verb in ("Unblock", "Take back")]
