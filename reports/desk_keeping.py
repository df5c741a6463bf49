"""What charters in force put on the desk: decisions that are due or late, changes that are open, seats that
stand empty."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q
from django.urls import reverse

from assessment.result_words import first_lower
from charters.actions.succeeding import all_seats_left
from charters.document import to_date
from charters.keeping import standing_of
from charters.models import ChangeRequest, Charter, Revision, Signatory
from charters.queries import document_of
from charters.signoff import State
from reports.desk import Reader
from reports.duties import Delay, Duty
from ui import formats
from ui.words import in_words, listed, plural, sentence

AHEAD = timedelta(days=7)


@dataclass(frozen=True)
class Due:
    """A text in force with the day by which it is to be decided."""

    revision: Revision
    on: date
    owner: str
    mine: bool


def decisions_due(reader: Reader) -> list[Due]:
    """The texts in force whose time box ends within a week or has ended, the oldest first."""
    revisions = Revision.objects.filter(
        charter__organization=reader.organization, charter__archived_at=None, state=State.IN_FORCE
    ).select_related("charter")
    ending = [(row, day) for row in revisions if (day := _last_day(row)) and day <= reader.today + AHEAD]
    owners = _owners(reader, [row for row, _ in ending])
    found = [Due(row, day, *owners.get(row.pk, ("", False))) for row, day in ending]
    return sorted(found, key=lambda due: (due.on, due.revision.charter.code))


def _last_day(revision: Revision) -> date | None:
    fields = document_of(revision).get("fields", {})
    days = [day for name in ("time_end", "decision_on") if (day := to_date(str(fields.get(name, ""))))]
    return max(days) if days else None


def _owners(reader: Reader, revisions: list[Revision]) -> dict[object, tuple[str, bool]]:
    """Name of the outcome owner by revision, and whether it is the reader."""
    seats = Signatory.objects.filter(round__revision__in=revisions, round__state=State.IN_FORCE)
    seats = seats.filter(Q(seat="outcome_owner") | Q(seat__startswith="outcome_owner."))
    user = reader.user
    return {
        seat.round.revision_id: (
            seat.name,
            seat.user_id == user.pk if seat.user_id else seat.email == user.email,
        )
        for seat in seats.select_related("round")
    }


def waits(reader: Reader) -> list[Duty]:
    """Decisions of the reader, and for those who lead: successors to name, changes to bring to an end."""
    found = [_decide(due) for due in reader.once(decisions_due) if due.mine]
    if reader.leads:
        found += [*_successors(reader), *_changes(reader)]
    return found


def _decide(due: Due) -> Duty:
    charter = due.revision.charter
    return Duty(
        verb="Decide",
        what=f"Scale, iterate or stop: {_name(charter)}",
        url=reverse("charters:decision", args=[charter.pk]),
        detail=f"The time box ends on {formats.day(due.on)}. {standing_of(due.revision).verdict.why}",
        due=due.on,
        why=f"You own the outcome of {charter.code}.",
    )


def _successors(reader: Reader) -> list[Duty]:
    """One for each person who has left, with all the seats that stand empty."""
    busy = {change.charter_id for change in reader.once(open_changes)}
    by_person: dict[str, list[Signatory]] = defaultdict(list)
    for seat in all_seats_left(reader.organization):
        if seat.round.revision.charter_id not in busy:
            by_person[seat.email.lower() or seat.name].append(seat)
    return [_successor(seats) for seats in by_person.values()]


def _successor(seats: list[Signatory]) -> Duty:
    first = seats[0]
    charters = list(dict.fromkeys(_name(seat.round.revision.charter) for seat in seats))
    where = (
        charters[0]
        if len(charters) == 1
        else f"{charters[0]} and {plural(len(charters) - 1, 'other', 'others')}"
    )
    if len(seats) == 1:
        what, detail = "A successor", f"{first.role} stands empty since the account is gone."
    else:
        what = f"{sentence(in_words(len(seats)))} successors"
        roles = listed([first_lower(seat.role) for seat in seats[:3]])
        more = f" and {plural(len(seats) - 3, 'other seat', 'other seats')}" if len(seats) > 3 else ""
        detail = f"Empty since the account is gone: {roles}{more}. Begin with the first."
    return Duty(
        verb="Name",
        what=f"{what} for {first.name}, {where}",
        url=reverse("charters:successor", args=[first.round.revision.charter_id, first.seat]),
        detail=detail,
        why="You lead the charters of this organization.",
    )


def _changes(reader: Reader) -> list[Duty]:
    mine = [
        change
        for change in reader.once(open_changes)
        if change.opened_by_id == reader.user.pk and change.charter.state == State.DRAFT
    ]
    return [
        Duty(
            verb="Finish",
            what=f"Change request {change.number} of {_name(change.charter)}",
            url=reverse("charters:change", args=[change.charter_id, change.number]),
            detail=f"Revision {change.base.number} stays in force meanwhile.",
            since=reader.day_of(change.opened_at),
            why="You opened this change request.",
        )
        for change in mine
    ]


def open_changes(reader: Reader) -> list[ChangeRequest]:
    """The change requests of the reader's organization that are under way."""
    rows = ChangeRequest.objects.filter(
        charter__organization=reader.organization,
        charter__archived_at=None,
        state=ChangeRequest.State.OPEN,
    )
    return list(rows.select_related("charter", "base"))


def late(reader: Reader) -> list[Delay]:
    """POCs whose time box ended without a decision: for those who lead, and for their outcome owners."""
    return [
        Delay(
            days=(reader.today - due.on).days,
            what=f"Decision on {_name(due.revision.charter)}",
            url=reverse("charters:decision", args=[due.revision.charter_id]),
            kind="Scale, iterate or stop",
            who=f"Waits for {due.owner}" if due.owner else "Waits for the outcome owner",
            holds=f"Holds what comes after {due.revision.charter.code}.",
        )
        for due in reader.once(decisions_due)
        if due.on < reader.today and (reader.leads or due.mine)
    ]


def _name(charter: Charter) -> str:
    return charter.title or charter.code
