"""Opening a project from a charter in force or from an initiative, and closing it."""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.models import Membership, Organization, User
from charters.document import CharterText, read
from charters.models import Charter, Revision
from charters.signoff import State
from jobs import outbox
from projects.models import Milestone, Project, ProjectMember
from roadmap.actions import record_progress
from roadmap.models import ItemProgress
from roadmap.queries import catalogue_of, progress_of, today_of
from roadmap.use_case_models import UseCase
from ui.errors import Conflict

SLUG_LENGTH = 30


@transaction.atomic
def open_from_charter(charter: Charter, *, by: User) -> Project:
    """A project with the charter's time box, parties, team and deliverables; a charter opens one only."""
    locked = Charter.objects.select_for_update(of=("self",)).select_related("organization", "use_case")
    charter = locked.get(pk=charter.pk)
    revision = Revision.objects.filter(charter=charter, state=State.IN_FORCE).first()
    if revision is None:
        raise Conflict(f"Charter {charter.code} is not in force. A project opens when all have signed.")
    if Project.objects.filter(charter=charter).exists():
        raise Conflict(f"Charter {charter.code} has its project already.")
    text = read(json.loads(revision.content))
    owner = text.seat("outcome_owner")
    project = _create(
        charter.organization,
        by=by,
        name=charter.title or charter.code,
        purpose=text.text("problem"),
        charter=charter,
        use_case=charter.use_case,
        initiative=charter.plan_item,
        starts_on=text.day("time_start"),
        ends_on=text.day("time_end"),
        sponsor_name=owner.name if owner else "",
        sponsor_email=owner.email if owner else "",
        checkin_day=_WEEKDAYS.get(text.text("update_day"), 4),
        escalate_after=min(max(int(text.text("reply_days") or 5), 1), 60),
    )
    _add_people(project, text, by=by)
    Milestone.objects.bulk_create(
        [
            Milestone(project=project, title=item.text, deliverable=item.key, due_on=project.ends_on)
            for item in text.deliverables
            if item.text
        ]
    )
    return project


_WEEKDAYS = {"monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4}


@dataclass(frozen=True, slots=True)
class Start:
    """What a project begins with beside its name: the owner of the outcome, the lead, days, milestones."""

    purpose: str = ""
    owner: str = ""
    owner_email: str = ""
    lead: Membership | None = None
    share: int | None = None
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    milestones: Sequence[tuple[str, dt.date | None]] = ()
    use_case: UseCase | None = None


@transaction.atomic
def open_from_initiative(
    organization: Organization, *, by: User, initiative: str, name: str, start: Start | None = None
) -> Project:
    """A project for an initiative of the roadmap; it needs no experiments and no charter.

    An initiative has one project that is not closed. What has begun by now is running on the roadmap too.
    """
    start = start or Start()
    open_ones = Organization.objects.select_for_update().filter(pk=organization.pk, archived_at=None)
    if open_ones.first() is None:
        raise Conflict(f"{organization.name} is archived. Nothing can be changed until it is restored.")
    running = Project.objects.filter(organization=organization, initiative=initiative, archived_at=None)
    if running.exclude(state=Project.State.CLOSED).exists():
        raise Conflict("This initiative has its project already.")
    lead = start.lead.user if start.lead is not None else by
    project = _create(
        organization,
        by=by,
        name=name,
        initiative=initiative,
        purpose=start.purpose,
        use_case=start.use_case,
        starts_on=start.starts_on,
        ends_on=start.ends_on,
        sponsor_name=start.owner,
        sponsor_email=start.owner_email,
    )
    _add(
        project,
        name=lead.get_full_name(),
        email=lead.email,
        role=ProjectMember.Role.LEAD,
        **({"share": start.share} if start.share is not None else {}),
    )
    if start.owner:
        _add(project, name=start.owner, email=start.owner_email, role=ProjectMember.Role.VIEWER)
    Milestone.objects.bulk_create(
        [Milestone(project=project, title=title, due_on=due) for title, due in start.milestones]
    )
    _begin_on_roadmap(project, by)
    return project


def _begin_on_roadmap(project: Project, by: User) -> None:
    """The roadmap says that it runs, unless it said so before or the first day is still to come."""
    organization, key = project.organization, project.initiative
    if key not in catalogue_of(organization).by_key:
        return
    row = progress_of(organization).get(key)
    begun = row is not None and row.state != ItemProgress.State.PLANNED
    today = today_of(organization)
    if begun or project.starts_on is None or project.starts_on > today:
        return
    record_progress(
        organization,
        key,
        by=by,
        state=ItemProgress.State.RUNNING,
        started_on=project.starts_on,
        expected_on=project.ends_on if project.ends_on and project.ends_on >= today else None,
    )


def _create(organization: Organization, *, by: User, name: str, **values: Any) -> Project:
    stem = slug_of(name)
    for slug in (stem, f"{stem}-{secrets.token_hex(3)}"):
        try:
            with transaction.atomic():
                project = Project.objects.create(
                    organization=organization, slug=slug, name=name, created_by=by, **values
                )
        except IntegrityError:
            continue
        audit.record(
            organization=organization,
            actor=by,
            event="project.opened",
            subject=project,
            data={
                "slug": slug,
                "charter": project.charter_id,
                "initiative": project.initiative,
                "use_case": project.use_case_id,
            },
        )
        outbox.publish("project.opened", organization=organization, about=project, data={"slug": slug})
        return project
    raise Conflict("Somebody has just opened this project. Look at the list of projects.")


def slug_of(name: str) -> str:
    """A short name for addresses: a to z, digits and hyphens, 1 to 30 characters."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return words[:SLUG_LENGTH].strip("-") or f"project-{secrets.token_hex(3)}"


def _add_people(project: Project, text: CharterText, *, by: User) -> None:
    """The team as contributors, the parties as viewers, the opener as lead; one row for each address."""
    addresses = {
        row.user.get_full_name(): row.user.email
        for row in Membership.objects.filter(organization=project.organization).select_related("user")
    }
    _add(project, name=by.get_full_name(), email=by.email, role=ProjectMember.Role.LEAD)
    for member in text.team:
        if member.name:
            _add(
                project,
                name=member.name,
                email=addresses.get(member.name, ""),
                role=ProjectMember.Role.CONTRIBUTOR,
                works_as=member.role,
                share=min(member.share, 100) if member.share is not None else None,
            )
    for seat in text.seats:
        if seat.is_filled:
            _add(project, name=seat.name, email=seat.email, role=ProjectMember.Role.VIEWER, seat=seat.key)


def _add(project: Project, *, name: str, email: str, role: str, **values: Any) -> None:
    """Add a person, or fill in what the row of the same address (or name, without one) does not say yet."""
    key = {"email": email} if email else {"name": name}
    row = ProjectMember.objects.filter(project=project, left_at=None, **key).first()
    if row is None:
        membership = (
            Membership.objects.filter(organization=project.organization, user__email=email).first()
            if email
            else None
        )
        ProjectMember.objects.create(
            project=project,
            name=name,
            email=email,
            role=role,
            user_id=membership.user_id if membership else None,
            **values,
        )
        return
    for field, value in values.items():
        if not getattr(row, field):
            setattr(row, field, value)
    if values:
        row.save(update_fields=list(values))
