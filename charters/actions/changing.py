"""Changes of a charter in force: opened with a reason, dropped, or in force once the same roles signed."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from charters.actions.asking import revoke_links, tell
from charters.actions.drafting import put_back
from charters.actions.events import FASTER, close_round, leave, lock, move_charter, move_revision
from charters.actions.outcome import report_to_use_case
from charters.change_rules import missing_roles
from charters.content import content
from charters.document import fields_of
from charters.fields import Value
from charters.models import ChangeRequest, Charter, Revision, SignoffRound
from charters.queries import document_of, draft_of
from charters.signoff import Move, State
from ui.errors import Conflict, Invalid
from ui.words import listed

MOST_WORDS = 2000


def open_change(
    charter: Charter, base: Revision, *, by: User, reason: str, kind: str = ChangeRequest.Kind.AMENDMENT
) -> ChangeRequest:
    """Number a change of the revision in force. The caller holds the charter's lock and opens the draft."""
    number = ChangeRequest.objects.filter(charter=charter).count() + 1
    change = ChangeRequest.objects.create(
        charter=charter, number=number, kind=kind, reason=reason, base=base, opened_by=by
    )
    leave("change_opened", revision=base, by=by, data={"change": number, "kind": kind}, words=reason)
    return change


def open_change_of(charter: Charter) -> ChangeRequest | None:
    found = ChangeRequest.objects.filter(charter=charter, state=ChangeRequest.State.OPEN)
    return found.select_related("base", "revision", "opened_by").first()


def refuse_missing_roles(charter: Charter, plan: list[dict[str, Any]]) -> None:
    """Raises Invalid that names every role that signed the text in force and is not asked by the new one."""
    change = open_change_of(charter)
    if change is None:
        return
    missing = missing_roles(document_of(change.base)["sign_off"], plan)
    if missing:
        raise Invalid(
            f"A change is signed by the same roles as the text in force. Without a seat now: "
            f"{listed(missing)}. The seat may go to another person.",
            fields={"seat": [f"{role}: name who signs." for role in missing]},
            problems=["charter.change_role_missing"],
        )


def note_frozen(charter: Charter, revision: Revision) -> None:
    """The open change is asked of this revision from now on."""
    ChangeRequest.objects.filter(charter=charter, state=ChangeRequest.State.OPEN).update(revision=revision)


def settle_change(revision: Revision) -> None:
    """Close the change request whose revision has just come into force."""
    ChangeRequest.objects.filter(charter_id=revision.charter_id, state=ChangeRequest.State.OPEN).update(
        state=ChangeRequest.State.IN_FORCE, revision=revision, closed_at=timezone.now()
    )


@transaction.atomic
def drop_change(charter: Charter, *, by: User, reason: str) -> ChangeRequest:
    """Give a change up: what was asked of people is void, and the draft is the text in force again."""
    reason = reason.strip()[:MOST_WORDS]
    if not reason:
        raise Invalid("Dropping a change needs a reason.", fields={"reason": ["Say why, for those asked."]})
    locked = lock(charter)
    change = open_change_of(locked)
    if change is None:
        raise Conflict("There is no open change request to drop.")
    _void_revision(locked, by, reason)
    put_back(locked, _as_in_force(locked, document_of(change.base)), by=by)
    move_charter(locked, State(locked.state), State.IN_FORCE)
    title = str(document_of(change.base)["fields"].get("title", ""))
    Charter.objects.filter(pk=locked.pk).update(draft_reason="", title=title)
    closed = ChangeRequest.objects.filter(pk=change.pk, state=ChangeRequest.State.OPEN)
    if not closed.update(state=ChangeRequest.State.DROPPED, closed_at=timezone.now()):
        raise Conflict(FASTER)
    change.refresh_from_db()
    change.base.charter = locked
    leave("change_dropped", revision=change.base, by=by, data={"change": change.number}, words=reason)
    report_to_use_case(locked, change.base, "running", by=by)
    return change


def _as_in_force(charter: Charter, document: dict[str, Any]) -> dict[str, Value]:
    """The fields of the text in force, and beside them what was written for other routes."""
    base, held = fields_of(document), draft_of(charter).values
    seen = content().of_route({**held, "route": base.get("route", "")})
    return {**{name: value for name, value in held.items() if name not in seen}, **base}


def _void_revision(charter: Charter, by: User, reason: str) -> None:
    """Supersede the frozen text of the change, if there is one, with its round."""
    revision = Revision.objects.filter(charter=charter, number=charter.latest_number).first()
    if charter.is_draft or revision is None or revision.state in (State.IN_FORCE, State.SUPERSEDED):
        return
    revision.charter = charter
    if revision.state == State.OUT:
        round_ = SignoffRound.objects.select_for_update().get(revision=revision, state=State.OUT)
        round_.revision = revision
        close_round(round_, Move.SUPERSEDE)
        revoke_links(round_, by=by)
        tell(round_, by=by, template="emails/charter_change_dropped", reason=reason)
    move_revision(revision, Move.SUPERSEDE)
    leave("superseded", revision=revision, by=by, data={}, words=reason)
