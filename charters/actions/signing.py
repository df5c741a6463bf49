"""Signing, by the person whose turn it is or their delegate, and nobody else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.sign_in import BY_DEMO_DOOR
from charters import signoff
from charters.access import Visitor
from charters.actions.asking import ask_those_in_turn
from charters.actions.ending import come_into_force
from charters.actions.events import FASTER, leave
from charters.actions.turns import Proof, require_proof, require_standing, seats_in_turn
from charters.canonical import digest_of_bytes
from charters.limits import Limit, missing, worded
from charters.models import Revision, Signatory, Signature, SignoffRound
from charters.queries import round_of
from charters.seats import limits_for
from charters.signoff import IllegalMove, Move, SeatState
from ui.errors import Conflict, Invalid
from ui.words import listed

STATEMENT = "I agree to this text and to how its success is measured."
CHANGED = "The text has changed since it was shown. Read it again before you sign."


@transaction.atomic
def sign(
    visitor: Visitor, *, by: User | None, shown_hash: str, proof: Proof, accepted: Collection[str]
) -> list[Signature]:
    """Sign every seat of this visitor whose turn it is. The last signature brings the revision into force.

    `accepted` holds the keys of the honest limits that were accepted. Refused when the proof is older than
    five minutes, when the hash that was shown is not that of the text, when the turn has not come, when the
    round has ended, and when a limit is not accepted.
    """
    require_proof(visitor, by, proof)
    round_, seats = seats_in_turn(visitor, by)
    _require_same_text(round_, shown_hash)
    limits = limits_for(round_.revision, seats)
    _require_limits(limits, accepted)
    now = timezone.now()
    signatures = [_sign_one(seat, round_, by, proof, now, limits) for seat in seats]
    require_standing(visitor, by, round_.revision.charter)
    state = _checked_against_table(round_)
    if signoff.is_complete(state):
        come_into_force(round_, by, now)
    else:
        ask_those_in_turn(round_, by=by, state=state)
    return signatures


def _require_same_text(round_: SignoffRound, shown_hash: str) -> None:
    revision = Revision.objects.get(pk=round_.revision_id)
    stored = digest_of_bytes(revision.content.encode())
    if not shown_hash == stored == revision.sha256 == round_.sha256:
        raise Conflict(CHANGED)


def _require_limits(limits: Sequence[Limit], accepted: Collection[str]) -> None:
    open_limits = missing(limits, accepted)
    if open_limits:
        raise Invalid(
            f"Not signed. These limits are not accepted yet: {listed([item.title for item in open_limits])}.",
            fields={f"limit_{item.key}": ["Say whether you accept this."] for item in open_limits},
            limits=[item.key for item in open_limits],
        )


def _sign_one(
    seat: Signatory,
    round_: SignoffRound,
    by: User | None,
    proof: Proof,
    now: dt.datetime,
    limits: Sequence[Limit],
) -> Signature:
    changed = Signatory.objects.filter(pk=seat.pk, state=SeatState.WAITING, delegate_id=seat.delegate_id)
    if not changed.update(state=SeatState.SIGNED, answered_at=now):
        raise Conflict(FASTER)
    kept, is_evidence = _as_signed(seat, proof, now, limits), _is_evidence(proof)
    # Names and addresses stand in the entry itself: a signature keeps them as signed, also after an erasure.
    facts = {
        "round": round_.pk,
        "seat": seat.seat,
        "address": seat.email,
        "how": proof.how,
        "evidence": is_evidence,
        **kept,
    }
    entry = leave(
        "signed", revision=round_.revision, by=by, round_=round_, signatory=seat, data=facts, at=now
    )
    try:
        with transaction.atomic():
            return Signature.objects.create(
                signatory=seat,
                round=round_,
                seat=seat.seat,
                sha256=round_.sha256,
                email=seat.email,
                user=by,
                authenticated=proof.how[:40],
                is_evidence=is_evidence,
                audit=entry,
                **kept,
            )
    except IntegrityError as error:
        raise Conflict(FASTER) from error


def _as_signed(seat: Signatory, proof: Proof, now: dt.datetime, limits: Sequence[Limit]) -> dict[str, Any]:
    """What the signature and its entry in the log both hold."""
    return {
        "role": seat.role,
        "name": seat.name,
        "method": proof.method,
        "statement": STATEMENT,
        "signed_at": now,
        "confirmed": worded(limits),
        "delegate_name": seat.delegate_name if seat.delegated_at else "",
        "delegate_email": seat.delegate_email if seat.delegated_at else "",
    }


def _is_evidence(proof: Proof) -> bool:
    """In the demo codes go to files and its door asks for no password: neither says who somebody is."""
    by_account = proof.method == Signature.Method.ACCOUNT
    return proof.how != BY_DEMO_DOOR if by_account else not settings.DEMO


def _checked_against_table(round_: SignoffRound) -> signoff.Round:
    """The round as stored. It must be one the pure table can reach; otherwise nothing of this is kept."""
    state = round_of(round_)
    try:
        signoff.next_state(state.state, Move.SIGN)
        if signoff.is_complete(state):
            signoff.refuse_one_person(state.seats)
    except IllegalMove as error:
        raise Conflict(str(error)) from error
    wrong = [
        seat
        for seat in state.seats
        if seat.state is SeatState.SIGNED and seat.signed_hash != state.revision_hash
    ]
    if wrong:
        raise Conflict(CHANGED)
    return state
