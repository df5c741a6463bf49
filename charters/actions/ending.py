"""How a text comes into force, and how it stops: it is cancelled, or another charter takes its place."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from charters.actions import events
from charters.actions.asking import revoke_links, tell
from charters.actions.changing import settle_change
from charters.actions.events import close_round, leave, lock, move_charter, move_revision
from charters.actions.observing import observe_in_force
from charters.actions.outcome import report_to_use_case
from charters.actions.sheets import request_sheet
from charters.actions.turns import Proof
from charters.models import ChangeRequest, Charter, Revision, SignoffRound
from charters.signoff import MOVES, IllegalMove, Move, State, next_state
from ui.errors import Conflict, FreshSignInRequired, Invalid

MOST_WORDS = 2000


def come_into_force(round_: SignoffRound, by: User | None, now: dt.datetime) -> None:
    """The last signature is there. The caller holds the lock of the charter and of the replaced one."""
    revision = round_.revision
    charter: Charter = revision.charter
    earlier = _in_force(charter)
    if earlier is not None:
        move_revision(earlier, Move.SUPERSEDE)
        leave("superseded", revision=earlier, by=by, data={"by_revision": revision.number})
    move_revision(revision, Move.COMPLETE, in_force_at=now)
    close_round(round_, Move.COMPLETE)
    move_charter(charter, State.OUT, State.IN_FORCE)
    leave("in_force", revision=revision, by=by, round_=round_, data={"round": round_.pk})
    events.tell("charter.change_in_force" if earlier else "charter.in_force", revision)
    _take_the_place(revision, by)
    report_to_use_case(charter, revision, "running", by=by)
    settle_change(revision)
    observe_in_force(charter, revision, by=by)
    revoke_links(round_, by=by)
    anchor = audit.anchor(charter.organization)
    tell(round_, by=by, template="emails/charter_in_force", anchor=anchor)
    request_sheet(round_, by=by)


def _in_force(charter: Charter) -> Revision | None:
    revision = Revision.objects.filter(charter=charter, state=State.IN_FORCE).first()
    if revision is not None:
        revision.charter = charter
    return revision


def _take_the_place(revision: Revision, by: User | None) -> None:
    """The charter that this one replaces is superseded, with whatever was being changed in it."""
    new = revision.charter
    if new.replaces_id is None:
        return
    old = (
        Charter.objects.select_for_update(of=("self",))
        .select_related("organization", "use_case")
        .filter(pk=new.replaces_id, organization_id=new.organization_id)
        .first()
    )
    ends = _in_force(old) if old is not None and old.pk != new.pk else None
    if old is None or ends is None:
        return
    words = f"Replaced by charter {new.code}, “{new.title}”."
    end_charter(
        ends, Move.SUPERSEDE, by=by, words=words, data={"by_charter": new.pk, "by_revision": revision.number}
    )
    if old.use_case_id != new.use_case_id:
        report_to_use_case(old, ends, "stopped", by=by)
    tell(_round_of(ends), by=by, template="emails/charter_replaced", new=new)


def end_charter(revision: Revision, move: Move, *, by: User | None, words: str, data: dict[str, Any]) -> None:
    """End the revision in force and with it its charter; a change that was being made ends as well."""
    charter = revision.charter
    _drop_change(charter, by, words)
    new = move_revision(revision, move)
    move_charter(charter, State(charter.state), new)
    kind = "superseded" if move is Move.SUPERSEDE else "cancelled"
    leave(kind, revision=revision, by=by, words=words, data=data)


def _drop_change(charter: Charter, by: User | None, words: str) -> None:
    """Put aside what was frozen or out beside the revision in force, and its change request."""
    state = State(charter.state)
    if (state, Move.SUPERSEDE) in MOVES and state is not State.IN_FORCE:
        latest = Revision.objects.get(charter=charter, number=charter.latest_number)
        latest.charter = charter
        for round_ in SignoffRound.objects.select_for_update().filter(revision=latest, state=State.OUT):
            round_.revision = latest
            close_round(round_, Move.SUPERSEDE)
            revoke_links(round_, by=by)
            tell(round_, by=by, template="emails/charter_voided")
        move_revision(latest, Move.SUPERSEDE)
        leave("superseded", revision=latest, by=by, data={}, words=words)
    ChangeRequest.objects.filter(charter=charter, state=ChangeRequest.State.OPEN).update(
        state=ChangeRequest.State.DROPPED, closed_at=timezone.now()
    )


def _round_of(revision: Revision) -> SignoffRound:
    round_ = SignoffRound.objects.get(revision=revision, state=State.IN_FORCE)
    round_.revision = revision
    return round_


@transaction.atomic
def cancel_charter(charter: Charter, *, by: User, reason: str, proof: Proof) -> None:
    """End a charter that is in force, with a reason and a fresh sign-in. Everybody who signed is told."""
    reason = reason.strip()[:MOST_WORDS]
    if not reason:
        raise Invalid("Cancelling needs a reason.", fields={"reason": ["Say why, for those who signed."]})
    age = (timezone.now() - proof.at).total_seconds()
    if proof.method != "account" or not 0 <= age < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        raise FreshSignInRequired("Confirm that it is you, then go on.")
    locked = lock(charter)
    revision = _in_force(locked)
    if revision is None:
        try:
            next_state(State(locked.state), Move.CANCEL)
        except IllegalMove as error:
            raise Conflict(str(error)) from error
        raise Conflict("No revision of this charter is in force, so there is nothing to cancel.")
    if locked.state == State.OUT:
        raise Conflict(
            f"Revision {locked.latest_number} is out for signature. Withdraw it first, then cancel."
        )
    round_ = _round_of(revision)
    end_charter(revision, Move.CANCEL, by=by, words=reason, data={"how": proof.how})
    report_to_use_case(locked, revision, "stopped", by=by)
    tell(round_, by=by, template="emails/charter_cancelled", reason=reason)
