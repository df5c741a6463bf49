"""Leaves an event and its sealed entry, and does compare-and-set moves of revisions and rounds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent, User
from charters.models import Charter, Revision, Signatory, SignoffEvent, SignoffRound
from charters.signoff import MOVES, IllegalMove, Move, State, next_state
from jobs import outbox
from ui.errors import Conflict

# What is told to webhooks and in digests; what else comes into force or out of it is told where it happens.
TOLD = {"sent", "declined", "withdrawn", "change_opened", "change_dropped", "cancelled", "decided"}
FASTER = "Somebody was faster: this has changed since the page was opened. Look at it again."


def leave(
    kind: str,
    *,
    revision: Revision,
    by: User | None,
    data: Mapping[str, Any],
    round_: SignoffRound | None = None,
    signatory: Signatory | None = None,
    words: str = "",
    personal: Mapping[str, str] | None = None,
    at: datetime | None = None,
) -> AuditEvent:
    """One event of a revision with its entry in the organization's chain; `words` are what somebody wrote."""
    said = {"words": words} if words else {}
    entry = audit.record(
        organization=revision.charter.organization,
        actor=by,
        event=f"charter.{kind}",
        subject=revision,
        data={"charter": revision.charter_id, "number": revision.number, "sha256": revision.sha256, **data},
        personal={**(personal or {}), **said} or None,
    )
    SignoffEvent.objects.create(
        charter=revision.charter,
        revision=revision,
        round=round_,
        signatory=signatory,
        kind=kind,
        by=by,
        words=words,
        at=at or entry.created_at,
        audit=entry,
    )
    if kind in TOLD:
        tell(f"charter.{kind}", revision, **{key: data[key] for key in ("change", "outcome") if key in data})
    return entry


def tell(kind: str, revision: Revision, **data: Any) -> None:
    """An event of a charter for those outside."""
    charter = revision.charter
    outbox.publish(
        kind,
        organization=charter.organization,
        about=charter,
        data={"charter": charter.code, "revision": revision.number, **data},
    )


def lock(charter: Charter) -> Charter:
    """The charter under lock: moves of one charter happen one after the other."""
    found = Charter.objects.select_for_update(of=("self",)).select_related("organization", "use_case")
    locked = found.get(pk=charter.pk)
    if locked.archived_at:
        raise Conflict("This charter is archived.")
    return locked


def move_charter(charter: Charter, old: State, new: State) -> None:
    changed = Charter.objects.filter(pk=charter.pk, state=old).update(state=new, changed_at=timezone.now())
    if not changed:
        raise Conflict(FASTER)
    charter.state = new


def move_revision(revision: Revision, move: Move, **changes: Any) -> State:
    """Take a revision along one row of the table; Conflict when it is not where it was thought to be."""
    try:
        new = next_state(State(revision.state), move)
    except IllegalMove as error:
        raise Conflict(str(error)) from error
    if not Revision.objects.filter(pk=revision.pk, state=revision.state).update(state=new, **changes):
        raise Conflict(FASTER)
    revision.state = new
    return new


def close_round(round_: SignoffRound, move: Move) -> None:
    """End an open round the way its revision ends."""
    new = MOVES[State.OUT, move]
    open_rounds: QuerySet[SignoffRound] = SignoffRound.objects.filter(pk=round_.pk, state=State.OUT)
    if not open_rounds.update(state=new, closed_at=timezone.now()):
        raise Conflict(FASTER)
    round_.state = new
