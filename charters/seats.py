"""What there is to say of the seats of a round: who signs them, what they confirm, what holds them up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from accounts.models import Membership
from charters import signoff
from charters.document import read
from charters.limits import Limit, limits_of
from charters.models import Charter, Revision, Signatory, SignoffEvent, SignoffRound
from charters.queries import document_of, round_of
from charters.signoff import SeatState, State
from ui import formats
from ui.words import listed

MOST_NAMES = 3


def signs_as(seat: Signatory) -> str:
    """Gives "Lotte Brenninck", or "Dagny Moe for Lotte Brenninck" where the seat was handed over."""
    if seat.delegated_at is None or not seat.delegate_name:
        return seat.name
    return f"{seat.delegate_name} for {seat.name}"


def limits_for(revision: Revision, seats: Iterable[Signatory]) -> tuple[Limit, ...]:
    """The honest limits that these seats of one person confirm before they sign this text."""
    parties = dict.fromkeys(seat.seat.partition(".")[0] for seat in seats)
    return limits_of(read(document_of(revision)), parties, day=formats.day)


def why_not_yet(round_: SignoffRound, seat: Signatory) -> str:
    """Why it is not this seat's turn, with the names of those who sign before it; empty when it is."""
    rows = {row.seat: row for row in Signatory.objects.filter(round=round_)}
    before = signoff.ahead_of(round_of(round_, rows.values()), seat.seat)
    if not before:
        return ""
    people = list(dict.fromkeys(f"{signs_as(rows[item.key])} ({rows[item.key].role})" for item in before))
    shown = people if len(people) <= MOST_NAMES else people[: MOST_NAMES - 1]
    more = [] if len(people) <= MOST_NAMES else [f"{len(people) - len(shown)} more"]
    verb = "signs" if len(people) == 1 else "sign"
    return (
        f"Others sign before you: {listed([*shown, *more])} {verb} first. You are told when it is your turn."
    )


def blocked(rows: Sequence[Signatory], organization_id: UUID) -> dict[UUID, str]:
    """Waiting seats that nobody can sign any more, with the reason in words, by id.

    The seat of a member who has left stays with that person: no link goes out in its place. Sending the text
    again asks the frozen address by link.
    """
    waiting = [row for row in rows if row.state == SeatState.WAITING and _by_account(row)]
    signing = {row.pk: _account_of(row) for row in waiting}
    members = set(
        Membership.objects.filter(
            organization_id=organization_id,
            user_id__in={user for user in signing.values() if user},
            user__is_active=True,
        ).values_list("user_id", flat=True)
    )
    return {row.pk: _gone(row) for row in waiting if signing[row.pk] not in members}


def _account_of(row: Signatory) -> object:
    return row.delegate_id if row.delegated_at is not None else row.user_id


def _by_account(row: Signatory) -> bool:
    return row.delegated_at is not None or row.user_id is not None


def _gone(row: Signatory) -> str:
    if row.delegated_at is not None:
        who = row.delegate_name or "The person who was to sign for it"
        return f"{who} has left and cannot sign for {row.name}, who can take the signature back."
    return (
        f"{row.name} has left the organization and cannot sign. Withdraw this round, then send the text "
        "again to ask the same address by personal link, or begin a revision with somebody else in this seat."
    )


def asked_changes(charter: Charter) -> list[SignoffEvent]:
    """What people wanted changed, or why they declined, since a text was last in force; latest first."""
    events = SignoffEvent.objects.filter(charter=charter).select_related("signatory", "revision")
    kinds = ("changes_requested", "declined", "in_force")
    asked: list[SignoffEvent] = []
    for event in events.filter(kind__in=kinds).order_by("-at", "-audit__number"):
        if event.kind == SignoffEvent.Kind.IN_FORCE:
            break
        asked.append(event)
    return asked


def holds_up(round_: SignoffRound) -> list[str]:
    """What keeps an open round from ending by itself, in sentences: people who have left."""
    if round_.state != State.OUT:
        return []
    rows = list(Signatory.objects.filter(round=round_))
    return list(dict.fromkeys(blocked(rows, round_.revision.charter.organization_id).values()))
