"""What a project would begin with: of an initiative as the plan has it, of a charter as it was signed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from accounts.models import Organization
from charters.document import read
from charters.models import Charter
from charters.queries import document_of, revision_in_force
from roadmap.catalogue import Initiative
from roadmap.models import NextStep
from roadmap.plan_page import view_of
from roadmap.plan_view import PlanView
from roadmap.queries import latest_plan, today_of
from roadmap.standard import role_names
from roadmap.use_case_models import UseCase
from ui.errors import Conflict

LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What the text in force gives to its project; `people` are (name, role, share in percent or None)."""

    owner: str
    starts_on: dt.date | None
    ends_on: dt.date | None
    people: tuple[tuple[str, str, int | None], ...]
    milestones: tuple[str, ...]


def foreseen(charter: Charter) -> Foreseen:
    """Read from the revision in force. Raises Conflict where there is none."""
    revision = revision_in_force(charter)
    if revision is None:
        raise Conflict(f"Charter {charter.code} is not in force. A project opens when all have signed.")
    text = read(document_of(revision))
    owner = text.seat("outcome_owner")
    roles = role_names()
    people = {m.name: (m.name, roles.get(m.role, m.role), m.share) for m in text.team if m.name}
    for seat in text.seats:
        if seat.is_filled:
            people.setdefault(seat.name, (seat.name, "At the table", None))
    return Foreseen(
        owner=owner.name if owner else "",
        starts_on=text.day("time_start"),
        ends_on=text.day("time_end"),
        people=tuple(people.values()),
        milestones=tuple(item.text for item in text.deliverables if item.text),
    )


@dataclass(frozen=True, slots=True)
class Proposal:
    """`ends_on` is the last day of work; each milestone is what will be there, and on which day."""

    name: str
    purpose: str
    owner: str
    starts_on: dt.date
    ends_on: dt.date
    milestones: tuple[tuple[str, dt.date | None], ...]
    use_case: UseCase | None
    source: str


def proposal_of(organization: Organization, initiative: Initiative) -> Proposal:
    """From the plan that the organization works by; without one from the catalogue, beginning today."""
    plan = latest_plan(organization)
    view = view_of(plan) if plan else None
    item = view.by_key.get(initiative.key) if view else None
    step = NextStep.objects.filter(organization=organization, key=initiative.key).first()
    starts = item.start if item else today_of(organization)
    ends = item.last_day if item else starts + dt.timedelta(weeks=initiative.duration_weeks, days=-1)
    return Proposal(
        name=(item.title if item else initiative.title)[:LONGEST_TITLE],
        purpose=initiative.why,
        owner=step.owner if step else "",
        starts_on=starts,
        ends_on=max(ends, starts),
        milestones=_milestones(initiative, view if item else None, max(ends, starts)),
        use_case=item.use_case if item else None,
        source=f"plan {plan.number}" if plan and item else "the catalogue",
    )


def _milestones(
    initiative: Initiative, view: PlanView | None, ends: dt.date
) -> tuple[tuple[str, dt.date | None], ...]:
    """The gates that it closes with the day on which they hold, then what says that it is done."""
    gates = [gate for phase in view.phases for gate in phase.gates] if view else []
    found = [
        (f"Holds: {gate.title}"[:LONGEST_TITLE], gate.holds_on)
        for gate in gates
        if gate.closed_by_key == initiative.key
    ]
    found.append((initiative.done_when[:LONGEST_TITLE], ends))
    if initiative.kind == "poc":
        found.append(("Decision: scale, iterate or stop", ends))
    return tuple(found)
