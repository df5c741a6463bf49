"""Freezing a draft into a revision, and opening a new draft over an earlier one."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from charters.actions.asking import revoke_links, tell
from charters.actions.changing import note_frozen, open_change, refuse_missing_roles
from charters.actions.events import FASTER, close_round, leave, lock, move_charter, move_revision
from charters.canonical import canonical, digest_of_bytes
from charters.completeness import Problem
from charters.content import content
from charters.document import CharterText, Seat, read
from charters.models import ChangeRequest, Charter, Revision, SignoffRound
from charters.queries import current_revision, draft_document, problems_of
from charters.signoff import STATE_WORDS, Move, Order, State
from ui.errors import Conflict, Invalid


@transaction.atomic
def freeze_revision(charter: Charter, *, by: User) -> Revision:
    """Freeze the draft as the next revision. Raises Invalid with the problems that stand in the way."""
    locked = lock(charter)
    if not locked.is_draft:
        raise Conflict(
            f"This charter is {STATE_WORDS[State(locked.state)].lower()}; there is no draft to freeze."
        )
    document = draft_document(locked)
    refuse_incomplete(problems_of(locked, document))
    document["sign_off"] = sign_off_plan(read(document))
    refuse_missing_roles(locked, document["sign_off"])
    if locked.draft_reason:
        document["reason"] = locked.draft_reason
    content_bytes = canonical(document)
    revision = Revision.objects.create(
        charter=locked,
        number=locked.next_number,
        content=content_bytes.decode(),
        sha256=digest_of_bytes(content_bytes),
        reason=locked.draft_reason,
        frozen_by=by,
    )
    changed = Charter.objects.filter(pk=locked.pk, state=State.DRAFT).update(
        state=State.FROZEN,
        latest_number=revision.number,
        draft_reason="",
        title=str(document["fields"].get("title", "")),
        changed_at=timezone.now(),
    )
    if not changed:
        raise Conflict(FASTER)
    note_frozen(locked, revision)
    leave("frozen", revision=revision, by=by, data={}, words=revision.reason)
    return revision


def refuse_incomplete(problems: list[Problem]) -> None:
    """Raises Invalid that names every blocking problem."""
    blocking = [problem for problem in problems if problem.blocks]
    if not blocking:
        return
    fields: dict[str, list[str]] = {}
    for problem in blocking:
        fields.setdefault(problem.field, []).append(problem.sentence)
    raise Invalid(
        "This charter is not complete: " + " ".join(problem.sentence for problem in blocking),
        fields=fields,
        problems=[problem.id for problem in blocking],
    )


def sign_off_plan(text: CharterText) -> list[dict[str, Any]]:
    """Who signs in which step and order, as it becomes part of the frozen text."""
    known = content()
    order = list(known.parties)
    by_step: dict[int, list[Seat]] = {}
    for seat in text.seats:
        if seat.is_filled:
            by_step.setdefault(known.step_of(seat.party, seat.step), []).append(seat)
    for seats in by_step.values():
        seats.sort(
            key=lambda seat: (order.index(seat.party) if seat.party in order else len(order), seat.key)
        )
    return [
        {
            "step": step,
            "order": text.text(f"order_{step}") or Order.PARALLEL.value,
            "seats": [
                {"seat": seat.key, "role": known.name_of(seat.party), "name": seat.name, "email": seat.email}
                for seat in seats
            ],
        }
        for step, seats in sorted(by_step.items())
    ]


@transaction.atomic
def start_revision(
    charter: Charter, *, by: User, reason: str = "", kind: str = ChangeRequest.Kind.AMENDMENT
) -> Charter:
    """Open a draft over the latest revision. What is out is superseded with its signatures.

    A revision in force stays in force until the next one is; its change is a change request of this `kind`.
    A reason is needed once somebody was asked.
    """
    locked = lock(charter)
    if locked.is_draft:
        raise Conflict("This charter is a draft already.")
    old = State(locked.state)
    revision = current_revision(locked)
    if revision is None:
        raise Conflict(FASTER)
    if old is not State.FROZEN and not reason.strip():
        raise Invalid("A change needs a reason.", fields={"reason": ["Say why the text must change."]})
    if old is State.OUT:
        _void(revision, by)
    if old is State.IN_FORCE:
        open_change(locked, revision, by=by, reason=reason.strip()[:2000], kind=kind)
    else:
        move_revision(revision, Move.SUPERSEDE)
        leave("superseded", revision=revision, by=by, data={}, words=reason.strip())
    move_charter(locked, old, State.DRAFT)
    Charter.objects.filter(pk=locked.pk).update(draft_reason=reason.strip()[:2000])
    locked.draft_reason = reason.strip()[:2000]
    return locked


def _void(revision: Revision, by: User) -> None:
    round_ = SignoffRound.objects.select_for_update().get(revision=revision, state=State.OUT)
    round_.revision = revision
    close_round(round_, Move.SUPERSEDE)
    revoke_links(round_, by=by)
    tell(round_, by=by, template="emails/charter_voided", only_answered=True)
