"""Opening a round of signatures, reminding, and withdrawing it."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from charters import signoff
from charters.actions.asking import (
    accounts_at,
    ask,
    ask_those_in_turn,
    link_signing_is_off,
    revoke_links,
    tell,
)
from charters.actions.events import close_round, leave, lock, move_charter, move_revision
from charters.actions.outcome import report_to_use_case
from charters.models import Charter, Revision, Signatory, SignoffRound
from charters.queries import in_turn
from charters.seats import blocked
from charters.signoff import IllegalMove, Move, Round, Seat, SeatState, State
from ui.errors import Conflict, Invalid

REMIND_AFTER = dt.timedelta(hours=20)


@transaction.atomic
def send_for_signature(charter: Charter, *, by: User, due_on: dt.date | None = None) -> SignoffRound:
    """Open a round over the latest revision and ask those who sign first."""
    locked = lock(charter)
    old = State(locked.state)
    if due_on is not None and due_on < timezone.localdate():
        raise Invalid("This day is over.", fields={"due_on": ["A day from today on."]})
    revision = Revision.objects.filter(charter=locked, number=locked.latest_number).first()
    if revision is None or locked.is_draft:
        raise Conflict("There is no frozen revision to send. Freeze the draft first.")
    revision.charter = locked
    plan = json.loads(revision.content)["sign_off"]
    planned = _planned(plan)
    move_revision(revision, Move.SEND)
    move_charter(locked, old, State.OUT)
    round_ = SignoffRound.objects.create(
        revision=revision,
        number=SignoffRound.objects.filter(revision=revision).count() + 1,
        sha256=revision.sha256,
        orders={str(step["step"]): step["order"] for step in plan},
        due_on=due_on,
        opened_by=by,
    )
    _seat(round_, planned)
    leave("sent", revision=revision, by=by, round_=round_, data={"round": round_.pk, "due_on": due_on})
    report_to_use_case(locked, revision, "planned", by=by)
    ask_those_in_turn(round_, by=by)
    return round_


@dataclass(frozen=True, slots=True)
class _Planned:
    """One seat of the frozen plan of signatures."""

    step: int
    position: int
    seat: str
    role: str
    name: str
    email: str


def _planned(plan: list[dict[str, Any]]) -> list[_Planned]:
    """The seats of a frozen plan. The pure module's own conditions are checked before anything is written."""
    planned = [
        _Planned(int(step["step"]), at, **seat) for step in plan for at, seat in enumerate(step["seats"])
    ]
    seats = tuple(Seat(item.seat, item.step, item.position, signer=item.email) for item in planned)
    try:
        signoff.send(Round(state=State.FROZEN, revision_hash="0" * 64), seats)
    except IllegalMove as error:
        raise Invalid(str(error)) from error
    return planned


def _seat(round_: SignoffRound, planned: list[_Planned]) -> None:
    organization = round_.revision.charter.organization
    accounts = accounts_at(organization, {item.email for item in planned})
    outside = sorted({item.name for item in planned if item.email not in accounts})
    if outside and link_signing_is_off():
        raise Conflict(
            f"{', '.join(outside)} would sign by a mailed link, and mail only goes to files here. "
            "Set up mail, or invite them as members first."
        )
    Signatory.objects.bulk_create(
        [
            Signatory(
                round=round_,
                seat=item.seat,
                role=item.role,
                name=item.name,
                email=item.email,
                user=accounts.get(item.email),
                step=item.step,
                position=item.position,
            )
            for item in planned
        ]
    )


@transaction.atomic
def remind(signatory: Signatory, *, by: User) -> None:
    """Mail a person again whose turn it is, at most once in 20 hours; a link is made afresh."""
    locked = SignoffRound.objects.select_for_update(of=("self",))
    round_ = locked.select_related("revision__charter__organization").get(pk=signatory.round_id)
    turn = in_turn(round_)
    seats = [row for row in Signatory.objects.filter(round=round_, email=signatory.email) if row.seat in turn]
    if not seats:
        raise Conflict(f"{signatory.name} is not asked now.")
    gone = blocked(seats, round_.revision.charter.organization_id)
    if gone:
        raise Conflict(next(iter(gone.values())))
    times = [at for row in seats for at in (row.reminded_at, row.asked_at, row.delegated_at) if at]
    if times and timezone.now() - max(times) < REMIND_AFTER:
        raise Conflict(f"{signatory.name} was asked less than a day ago.")
    if seats[0].user_id is None and not seats[0].delegated_at and link_signing_is_off():
        raise Conflict("Signing by link is off while mail only goes to files.")
    send_reminder(round_, seats, by=by)


def send_reminder(round_: SignoffRound, seats: list[Signatory], *, by: User | None) -> None:
    """Mail these seats of one person again and say so in the log; the caller holds the lock and the clock."""
    leave("reminded", revision=round_.revision, by=by, round_=round_, signatory=seats[0], data={})
    ask(seats, round_, by=by, again=True)


@transaction.atomic
def withdraw(charter: Charter, *, by: User, reason: str) -> None:
    """Take a revision back that is out for signature. Signatures given stay on record for that round."""
    if not reason.strip():
        raise Invalid("Withdrawing needs a reason.", fields={"reason": ["Say why, for those who signed."]})
    locked = lock(charter)
    round_ = (
        SignoffRound.objects.select_for_update().filter(revision__charter=locked, state=State.OUT).first()
    )
    if round_ is None or locked.state != State.OUT:
        raise Conflict("This charter is not out for signature.")
    revision = Revision.objects.get(pk=round_.revision_id)
    revision.charter = locked
    round_.revision = revision
    move_revision(revision, Move.WITHDRAW)
    close_round(round_, Move.WITHDRAW)
    move_charter(locked, State.OUT, State.WITHDRAWN)
    signed = Signatory.objects.filter(round=round_, state=SeatState.SIGNED).count()
    leave("withdrawn", revision=revision, by=by, round_=round_, data={"signed": signed}, words=reason.strip())
    report_to_use_case(locked, revision, "idea", by=by)
    revoke_links(round_, by=by)
    tell(round_, by=by, template="emails/charter_withdrawn", reason=reason.strip())
