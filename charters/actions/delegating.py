"""Handing a seat over: its holder names a member who signs in their place, and can take it back."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import mail
from accounts.models import User
from charters import signoff
from charters.access import Visitor, is_seat_of
from charters.actions.asking import ask
from charters.actions.events import FASTER, leave
from charters.actions.turns import Proof, is_member, lock_round, require_proof, require_standing
from charters.models import Signatory, SignoffRound
from charters.queries import in_turn, round_of
from charters.signoff import IllegalMove, SeatState
from ui.errors import Conflict, Invalid, NotAllowed

MOST_WORDS = 2000


@transaction.atomic
def name_delegate(visitor: Visitor, *, by: User | None, to: User, reason: str, proof: Proof) -> None:
    """Let a member with an account sign all waiting seats of this holder, until it is taken back.

    The frozen text keeps its holder; signature, log and papers say who signed for whom. A delegate signs by
    account only, so no link ever goes to an address that the text does not name.
    """
    reason = reason.strip()[:MOST_WORDS]
    if not reason:
        raise Invalid(
            "Naming somebody needs a reason.", fields={"reason": ["Say why you cannot sign yourself."]}
        )
    require_proof(visitor, by, proof)
    round_, mine = lock_round(visitor, by)
    seats = _waiting(mine, by)
    if any(seat.delegated_at is not None for seat in seats):
        raise Conflict(f"{seats[0].delegate_name} signs in your place already. Take that back first.")
    _refuse_same_person(to, seats[0])
    _hand_over(round_, seats, to, reason)
    _leave(round_, seats, by, proof.method, to=to, words=f"{to.get_full_name()} signs: {reason}")
    require_standing(visitor, by, round_.revision.charter)
    if not is_member(to, round_.revision.charter.organization_id):
        raise Invalid(
            "This person is not a member with an account.", fields={"delegate": ["Choose one from the list."]}
        )
    turn = in_turn(round_)
    asked = list(Signatory.objects.filter(pk__in=[seat.pk for seat in seats], seat__in=turn))
    if asked:
        ask(asked, round_, by=by)


@transaction.atomic
def take_back(visitor: Visitor, *, by: User | None) -> None:
    """The holder signs in person again. What was signed meanwhile stays signed."""
    round_, mine = lock_round(visitor, by)
    seats = [seat for seat in _waiting(mine, by) if seat.delegated_at is not None]
    if not seats:
        raise Conflict("Nobody is to sign in your place.")
    told = seats[0].delegate_email if seats[0].asked_at else ""
    name = seats[0].delegate_name
    _hand_over(round_, seats, None)
    _leave(round_, seats, by, "", to=None, words="Signs in person again.")
    if told:
        _tell_released(round_, seats[0], told, name, by)


def _waiting(mine: list[Signatory], by: User | None) -> list[Signatory]:
    """The waiting seats of this holder; a delegate holds none and so cannot hand on."""
    if by is not None and not any(is_seat_of(seat, by) for seat in mine):
        raise NotAllowed("Only the person whom the text names can hand this seat over.")
    seats = [seat for seat in mine if seat.state == SeatState.WAITING]
    if not seats:
        raise Conflict("You have answered already.")
    return seats


def _refuse_same_person(to: User, seat: Signatory) -> None:
    if is_seat_of(seat, to) or to.email == seat.email:
        raise Invalid("This is the seat’s own holder.", fields={"delegate": ["Choose somebody else."]})


def _hand_over(round_: SignoffRound, seats: list[Signatory], to: User | None, reason: str = "") -> None:
    keys = {seat.seat for seat in seats}
    try:
        signoff.hand_over(round_of(round_), keys, to.email if to else seats[0].email)
    except IllegalMove as error:
        raise Invalid(
            str(error), fields={"delegate": ["Choose somebody who signs no other seat."]}
        ) from error
    rows = Signatory.objects.filter(pk__in=[seat.pk for seat in seats], state=SeatState.WAITING)
    changed = rows.update(
        delegate=to,
        delegate_name=to.get_full_name()[:300] if to else "",
        delegate_email=to.email if to else "",
        delegate_reason=reason,
        delegated_at=timezone.now() if to else None,
    )
    if changed != len(seats):
        raise Conflict(FASTER)


def _leave(
    round_: SignoffRound, seats: list[Signatory], by: User | None, method: str, *, to: User | None, words: str
) -> None:
    names = {"name": seats[0].name, "address": seats[0].email}
    if to is not None:
        names |= {"delegate": to.get_full_name(), "delegate_address": to.email}
    leave(
        "delegated",
        revision=round_.revision,
        by=by,
        round_=round_,
        signatory=seats[0],
        words=words,
        data={
            "round": round_.pk,
            "seats": [seat.seat for seat in seats],
            "to": to.pk if to else None,
            "method": method,
        },
        personal=names,
    )


def _tell_released(round_: SignoffRound, seat: Signatory, to: str, name: str, by: User | None) -> None:
    charter = round_.revision.charter
    mail.send(
        organization=charter.organization,
        to=to,
        template="emails/charter_taken_back",
        by=by,
        context={
            "charter": charter,
            "revision": round_.revision,
            "name": name,
            "holder": seat.name,
            "link": mail.absolute(reverse("charters:show", args=[charter.pk])),
        },
    )
