"""The desk on charters in force: decisions due and late, empty seats, open changes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Membership
from charters.actions import start_revision
from charters.models import Charter, Revision
from reports import desk_charters, desk_keeping
from reports.desk import Reader, reader_of
from tests.charters.cast import Cast, build_cast
from tests.charters.kept_cast import in_force

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


def test_a_text_sent_back_for_changes_waits_for_leaders(cast: Cast) -> None:
    charter, _ = in_force(cast)
    Charter.objects.filter(pk=charter.pk).update(state="changes")
    (duty,) = [duty for duty in desk_charters.waits(reader(cast.frida)) if duty.verb == "Change"]
    assert duty.url == f"/charters/{charter.pk}/"
    assert not [duty for duty in desk_charters.waits(reader(cast.max)) if duty.verb == "Change"]
