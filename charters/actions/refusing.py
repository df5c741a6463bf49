"""The two other answers to a text: declining it and asking for changes. Both say why and end the round."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from charters import signoff
from charters.access import Visitor
from charters.actions.asking import revoke_links, tell
from charters.actions.events import FASTER, close_round, leave, move_charter, move_revision
from charters.actions.outcome import report_to_use_case
from charters.actions.turns import Proof, require_proof, require_standing, seats_in_turn
from charters.models import Signatory, SignoffRound
from charters.queries import round_of
from charters.seats import limits_for, signs_as
from charters.signoff import MOVES, IllegalMove, Move, Round, SeatState, State
from ui.errors import Conflict, Invalid
from ui.words import listed

MOST_WORDS = 2000


@transaction.atomic
def decline(
    visitor: Visitor, *, by: User | None, reason: str, proof: Proof, limits: Collection[str] = ()
) -> None:
    """Say no, with a reason. The round ends; the revision is declined.

    `limits` holds the keys of the honest limits that are not acceptable, where that is why.
    """
    reason = _reason(reason, "Declining needs a reason.")
    require_proof(visitor, by, proof)
    round_, seats = seats_in_turn(visitor, by)
    refused = [item for item in limits_for(round_.revision, seats) if item.key in limits]
    if len(refused) != len(set(limits)):
        raise Invalid("These limits are not part of what you are asked.", fields={"limits": ["Unknown."]})
    keys = [item.key for item in refused]
    _end(round_, seats, Move.DECLINE, reason, signoff.decline, limits=keys)
    words = listed([item.title for item in refused])
    if refused:
        leave(
            "limits_refused",
            revision=round_.revision,
            by=by,
            round_=round_,
            signatory=seats[0],
            words=words,
            data={"limits": keys, "seats": [seat.seat for seat in seats]},
        )
    _leave_answer("declined", round_, seats, by, proof, reason, limits=keys)
    require_standing(visitor, by, round_.revision.charter)
    _tell_all(round_, seats, by, "emails/charter_declined", reason, refused=words)


@transaction.atomic
def request_changes(visitor: Visitor, *, by: User | None, reason: str, proof: Proof) -> None:
    """Ask for another text. The round ends with what was signed in it; it can be answered by a new revision,
    or the same text can be sent again."""
    reason = _reason(reason, "Asking for changes needs words.")
    require_proof(visitor, by, proof)
    round_, seats = seats_in_turn(visitor, by)
    _end(round_, seats, Move.REQUEST_CHANGES, reason, signoff.request_changes)
    _leave_answer("changes_requested", round_, seats, by, proof, reason)
    require_standing(visitor, by, round_.revision.charter)
    _tell_all(round_, seats, by, "emails/charter_changes", reason)


def _reason(reason: str, error: str) -> str:
    reason = reason.strip()[:MOST_WORDS]
    if not reason:
        raise Invalid(error, fields={"reason": ["Say what would have to change."]})
    return reason


def _end(
    round_: SignoffRound,
    seats: list[Signatory],
    move: Move,
    reason: str,
    pure: Callable[[Round, str, str], Round],
    *,
    limits: Collection[str] = (),
) -> None:
    """Take round, revision and charter along the move, as the pure table has it."""
    try:
        pure(round_of(round_), seats[0].seat, reason)
    except IllegalMove as error:
        raise Conflict(str(error)) from error
    answer = SeatState.DECLINED if move is Move.DECLINE else SeatState.CHANGES
    for seat in seats:
        changed = Signatory.objects.filter(pk=seat.pk, state=SeatState.WAITING)
        if not changed.update(state=answer, reason=reason, limits=list(limits), answered_at=timezone.now()):
            raise Conflict(FASTER)
    move_revision(round_.revision, move)
    close_round(round_, move)
    move_charter(round_.revision.charter, State.OUT, MOVES[State.OUT, move])


def _leave_answer(
    kind: str,
    round_: SignoffRound,
    seats: list[Signatory],
    by: User | None,
    proof: Proof,
    reason: str,
    **data: object,
) -> None:
    first = seats[0]
    delegate = {"delegate": first.delegate_name, "delegate_address": first.delegate_email}
    leave(
        kind,
        revision=round_.revision,
        by=by,
        round_=round_,
        signatory=first,
        words=reason,
        data={
            "round": round_.pk,
            "seats": [seat.seat for seat in seats],
            "method": proof.method,
            "delegated": first.delegated_at is not None,
            **data,
        },
        personal={
            "name": first.name,
            "address": first.email,
            **(delegate if first.delegated_at else {}),
        },
    )
    report_to_use_case(round_.revision.charter, round_.revision, "idea", by=by)
    revoke_links(round_, by=by)


def _tell_all(
    round_: SignoffRound,
    seats: list[Signatory],
    by: User | None,
    template: str,
    reason: str,
    **context: Any,
) -> None:
    roles = listed([seat.role for seat in seats])
    tell(round_, by=by, template=template, who=signs_as(seats[0]), role=roles, reason=reason, **context)
