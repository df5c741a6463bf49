"""Reminders that go out by themselves, for rounds that have a day by which answers are needed."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.localize import zone_of
from charters.actions.asking import link_signing_is_off, of_one_person
from charters.actions.rounds import send_reminder
from charters.models import Signatory, SignoffRound
from charters.queries import in_turn
from charters.reminders import BEFORE, is_due
from charters.signoff import SeatState, State


def remind_all(now: dt.datetime | None = None) -> int:
    """Remind everybody who is due in any open round; returns how many mails that were.

    Safe to run twice or in two processes: each round is looked at again under its lock, and what was sent is
    written there.
    """
    now = now or timezone.now()
    soon = now.date() + BEFORE + dt.timedelta(days=1)
    rounds = SignoffRound.objects.filter(
        state=State.OUT,
        due_on__lte=soon,
        revision__charter__archived_at=None,
        revision__charter__organization__archived_at=None,
    )
    return sum(_remind_round(pk, now) for pk in rounds.order_by("due_on").values_list("pk", flat=True))


@transaction.atomic
def _remind_round(pk: UUID, now: dt.datetime) -> int:
    locked = SignoffRound.objects.select_for_update(of=("self",))
    round_ = locked.select_related("revision__charter__organization", "opened_by").get(pk=pk)
    if round_.state != State.OUT:
        return 0
    turn = in_turn(round_)
    rows = Signatory.objects.filter(round=round_, state=SeatState.WAITING, seat__in=turn)
    local = timezone.localtime(now, zone_of(round_.revision.charter.organization))
    sent = 0
    for seats in of_one_person(rows):
        if is_due(local, round_.due_on, _mailed_on(seats, local)) and not _would_be_link(seats[0]):
            send_reminder(round_, seats, by=None)
            sent += 1
    return sent


def _mailed_on(seats: list[Signatory], local: dt.datetime) -> dt.date | None:
    times = [at for seat in seats for at in (seat.asked_at, seat.reminded_at, seat.delegated_at) if at]
    return timezone.localtime(max(times), local.tzinfo).date() if times else None


def _would_be_link(seat: Signatory) -> bool:
    """A link that could not be used is not mailed."""
    return seat.user_id is None and seat.delegated_at is None and link_signing_is_off()
