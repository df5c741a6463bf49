"""Who may answer for a seat now: the proof of the person, the round under lock, and the seats in turn."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.models import Membership, PersonalLink, User
from charters.access import Visitor, decides
from charters.actions.asking import link_signing_is_off
from charters.actions.events import lock
from charters.models import Charter, Signatory, Signature, SignoffRound
from charters.queries import in_turn
from charters.seats import why_not_yet
from charters.signoff import SeatState, State
from ui.errors import Conflict, FreshSignInRequired, NotAllowed

ENDED = "This round has ended; nothing can be signed in it any more."
NOT_YOURS = "This seat is somebody else’s."
LEFT = "You are not a member of this organization any more, so you cannot answer here."


@dataclass(frozen=True, slots=True)
class Proof:
    """How a person has just shown who they are: `method` account or link, `how` in detail, and when."""

    method: str
    how: str
    at: dt.datetime


def require_proof(visitor: Visitor, by: User | None, proof: Proof) -> None:
    """Raises unless the proof is fresh and proves the person whose seat this is, or their delegate."""
    age = (timezone.now() - proof.at).total_seconds()
    if not 0 <= age < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        raise FreshSignInRequired("Confirm that it is you, then go on.")
    if proof.method == Signature.Method.ACCOUNT:
        if by is None or not by.is_active:
            raise NotAllowed(NOT_YOURS)
    elif by is not None or visitor.link is None or visitor.link.address != visitor.signatory.email:
        raise NotAllowed(NOT_YOURS)
    elif link_signing_is_off():
        raise Conflict("Signing by link is off while mail only goes to files: a code would prove nothing.")


def lock_round(visitor: Visitor, by: User | None) -> tuple[SignoffRound, list[Signatory]]:
    """The open round under lock, with all seats of the holder as they stand now."""
    charter = _lock_charters(visitor.signatory.round.revision.charter)
    round_ = (
        SignoffRound.objects.select_for_update(of=("self",))
        .select_related("revision")
        .get(pk=visitor.signatory.round_id)
    )
    round_.revision.charter = charter
    if round_.state != State.OUT or charter.state != State.OUT:
        raise Conflict(ENDED)
    require_standing(visitor, by, charter)
    return round_, list(Signatory.objects.filter(round=round_, email=visitor.email))


def _lock_charters(charter: Charter) -> Charter:
    """The charter under lock, after the one that it is to replace if that comes first: one order for all."""
    pks = [pk for pk in (charter.pk, charter.replaces_id) if pk is not None]
    list(Charter.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk"))
    return lock(charter)


def require_standing(visitor: Visitor, by: User | None, charter: Charter) -> None:
    """Raises unless the account is still a member, or the link still holds; read now.

    Called once more after the answer's entry in the log: ending a membership takes the same log, so from then
    on it has to wait for this answer, and one that was quicker is seen.
    """
    if by is not None:
        if not is_member(by, charter.organization_id):
            raise NotAllowed(LEFT)
        return
    held = PersonalLink.objects.filter(revoked_at=None, expires_at__gt=timezone.now())
    if visitor.link is None or not held.filter(pk=visitor.link.pk).exists():
        raise NotAllowed("This link does not work any more.")


def is_member(user: User, organization_id: UUID) -> bool:
    held = Membership.objects.filter(user_id=user.pk, organization_id=organization_id, user__is_active=True)
    return held.exists()


def seats_in_turn(visitor: Visitor, by: User | None) -> tuple[SignoffRound, list[Signatory]]:
    """The round under lock with those seats of this visitor whose turn it is; raises where there are none."""
    round_, mine = lock_round(visitor, by)
    own = [seat for seat in mine if decides(seat, by)]
    if not own:
        raise NotAllowed(_why_not_theirs(mine, by))
    turn = in_turn(round_)
    seats = [seat for seat in own if seat.seat in turn]
    if seats:
        return round_, seats
    waiting = [seat for seat in own if seat.state == SeatState.WAITING]
    raise Conflict(why_not_yet(round_, waiting[0]) if waiting else "You have signed already.")


def _why_not_theirs(seats: list[Signatory], by: User | None) -> str:
    for seat in seats:
        if seat.delegated_at is not None and (by is None or seat.delegate_id != by.pk):
            return f"{seat.delegate_name} signs in your place. Take that back to answer yourself."
    return NOT_YOURS
