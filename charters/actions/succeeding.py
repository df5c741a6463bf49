"""A successor for somebody who signed a charter in force and has left: a change request, prefilled."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Membership, Organization, User
from charters.actions.changing import open_change_of
from charters.actions.drafting import save_fields
from charters.actions.events import FASTER, lock
from charters.actions.revising import start_revision
from charters.change_rules import hand_over
from charters.models import ChangeRequest, Charter, Revision, Signatory
from charters.queries import document_of, draft_of, revision_in_force
from charters.signoff import SeatState, State
from ui.errors import Conflict, Invalid


def seats_left(revision: Revision) -> list[Signatory]:
    """The seats of a text in force whose person had an account here and is no longer an active member."""
    return _gone(revision.charter.organization, Signatory.objects.filter(round__revision=revision))


def all_seats_left(organization: Organization) -> list[Signatory]:
    """The same over all texts in force of an organization, with their charters."""
    seats = Signatory.objects.filter(
        round__revision__charter__organization=organization,
        round__revision__charter__archived_at=None,
        round__revision__state=State.IN_FORCE,
    )
    return _gone(organization, seats.select_related("round__revision__charter"))


def _gone(organization: Organization, seats: QuerySet[Signatory]) -> list[Signatory]:
    active = Membership.objects.filter(organization=organization, user__is_active=True)
    signed = seats.filter(state=SeatState.SIGNED, round__state=State.IN_FORCE)
    left = ~Q(user=None) & ~Q(user__in=active.values("user")) | Q(user=None, signature__method="account")
    return list(signed.filter(left))


@transaction.atomic
def name_successor(
    charter: Charter, seat: str, *, successor: User, by: User, reason: str = "", also_work: bool = True
) -> ChangeRequest:
    """Open a change request that gives a seat of the text in force to a member, ready to be frozen.

    With `also_work` the successor stands wherever the leaver was named for work: who measures, who owns a
    next step. The signatures of the same roles bring it into force, as with every change.
    """
    locked = lock(charter)
    base = revision_in_force(locked)
    held = document_of(base).get("seat", {}).get(seat) if base else None
    if base is None or not held or not held.get("name"):
        raise Conflict("This seat holds nobody in the text in force.")
    organization = locked.organization
    member = Membership.objects.filter(organization=organization, user=successor, user__is_active=True)
    if not member.exists():
        raise Invalid("Choose a member.", fields={"successor": ["A member of this organization."]})
    name = successor.get_full_name() or successor.email
    words = reason.strip() or f"{held['name']} has left; {name} takes the seat."
    start_revision(locked, by=by, reason=words, kind=ChangeRequest.Kind.SUCCESSOR)
    _seat_successor(locked, seat, held, name, successor.email, by=by, also_work=also_work)
    change = open_change_of(locked)
    if change is None:
        raise Conflict(FASTER)
    return change


def _seat_successor(
    charter: Charter,
    seat: str,
    held: dict[str, Any],
    name: str,
    email: str,
    *,
    by: User,
    also_work: bool,
) -> None:
    draft = draft_of(charter)
    changes: dict[str, Any] = {f"seat.{seat}": {**held, "name": name, "email": email}}
    if also_work:
        changes |= hand_over(draft.values, str(held["name"]), name)
    save_fields(
        charter,
        by=by,
        changes={field: (value, draft.version(field)) for field, value in changes.items()},
    )
