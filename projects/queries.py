"""Reading projects: the list of an organization, and what stands on the overview of one."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from accounts.models import Membership, Organization, User
from charters.models import Decision
from projects.models import Ask, CheckIn, Project, ProjectMember, Task
from projects.waiting import Span, blocked_days, median_reply_days
from projects.weeks import asked_weeks


@dataclass(frozen=True, slots=True)
class TimeBox:
    """The agreed time in calendar days: all of it, what is used, and what of that was spent waiting."""

    total: int
    elapsed: int
    blocked: int

    @property
    def used(self) -> int:
        """Days used for work: those that went by, less those that were blocked."""
        return self.elapsed - self.blocked


def projects_of(organization: Organization, user: User | None = None) -> QuerySet[Project]:
    """The projects on the list: newest check-in, open asks, open tasks; in one query.

    With `user` only those that the person is on.
    """
    found = with_health(Project.objects.filter(organization=organization, archived_at=None)).annotate(
        open_asks=Count("asks", filter=Q(asks__answered_at=None, asks__withdrawn_at=None), distinct=True),
        open_tasks=Count(
            "tasks", filter=~Q(tasks__column="done") & Q(tasks__archived_at=None), distinct=True
        ),
    )
    if user is not None:
        found = found.filter(members__user=user, members__left_at=None)
    return found.select_related("charter").order_by("state", "ends_on", "name", "pk")


def with_health(rows: QuerySet[Project]) -> QuerySet[Project]:
    """Each project with the `health` of its newest answered check-in, None without one."""
    answered = CheckIn.objects.filter(project=OuterRef("pk")).exclude(health="").order_by("-week")
    return rows.annotate(health=Subquery(answered.values("health")[:1]))


def of_initiative(organization: Organization, key: str) -> QuerySet[Project]:
    """The projects of an initiative: opened for it, or carried on because a decision called for it."""
    decided = Decision.objects.filter(
        plan_item=key, revision__charter__organization=organization, outcome__in=["scale", "iterate"]
    )
    mine = Q(initiative=key) | Q(charter__in=decided.values("revision__charter"))
    return Project.objects.filter(mine, organization=organization, archived_at=None)


def asks_waiting_for(membership: Membership) -> QuerySet[Ask]:
    """Open asks of projects under way that name this member or the member's unit, the oldest first."""
    user = membership.user
    mine = Q(of_email__iexact=user.email) | Q(of_email="", of_name__iexact=user.get_full_name())
    if membership.unit is not None:
        mine |= Q(department__iexact=membership.unit.name)
    return Ask.objects.filter(
        mine,
        project__organization_id=membership.organization_id,
        project__archived_at=None,
        project__state__in=[Project.State.ACTIVE, Project.State.PAUSED],
        answered_at=None,
        withdrawn_at=None,
    ).order_by("since", "pk")


def open_asks_of(organization: Organization) -> QuerySet[Ask]:
    """What the organization's projects wait for, the oldest first."""
    return Ask.objects.filter(
        project__organization=organization,
        project__archived_at=None,
        answered_at=None,
        withdrawn_at=None,
    ).order_by("since", "pk")


@dataclass(frozen=True, slots=True)
class ReplyTime:
    """Median days from asked to answered of one department (or person without one), and of how many."""

    party: str
    days: float
    count: int


def reply_times(organization: Organization) -> list[ReplyTime]:
    """The slowest first, over all projects of the organization."""
    answered = Ask.objects.filter(project__organization=organization).exclude(answered_at=None)
    wanted = answered.only("since", "answered_at", "department", "of_name")
    spans = spans_of(wanted, dt.date.max)
    count = Counter(span.party for span in spans)
    found = [ReplyTime(party, days, count[party]) for party, days in median_reply_days(spans).items()]
    return sorted(found, key=lambda time: (-time.days, time.party))


def people_on(project: Project) -> list[ProjectMember]:
    """Those on the project now, leads first."""
    order = {"lead": 0, "contributor": 1, "viewer": 2}
    rows = ProjectMember.objects.filter(project=project, left_at=None)
    return sorted(rows, key=lambda row: (order[row.role], row.name.casefold()))


def open_asks(project: Project) -> list[Ask]:
    return list(Ask.objects.filter(project=project, answered_at=None, withdrawn_at=None))


def task_counts(project: Project) -> dict[str, int]:
    """How many cards stand in each column."""
    rows = Task.objects.filter(project=project, archived_at=None).values_list("column").annotate(Count("pk"))
    return dict(rows.order_by())


def weeks_asked(project: Project, today: dt.date) -> list[dt.date]:
    """The Mondays of the weeks in which the project was to check in."""
    opened = project.created_at.date()
    end = project.changed_at.date() if project.state == Project.State.CLOSED else None
    return asked_weeks(max(project.starts_on or opened, opened), end, today, project.checkin_day)


def time_box(project: Project, today: dt.date) -> TimeBox | None:
    """The agreed time against today; None where start or end is open."""
    if project.starts_on is None or project.ends_on is None:
        return None
    total = (project.ends_on - project.starts_on).days + 1
    elapsed = min(max((today - project.starts_on).days, 0), total)
    until = min(today, project.ends_on)
    spans = spans_of(Ask.objects.filter(project=project, blocks=True, withdrawn_at=None), today)
    return TimeBox(total, elapsed, blocked_days(spans, project.starts_on, until))


def spans_of(asks: Iterable[Ask], today: dt.date) -> list[Span]:
    """From when until when each ask was waited for; one that is open lasts until today."""
    return [
        Span(ask.since, ask.answered_at.date() if ask.answered_at else today, ask.department or ask.of_name)
        for ask in asks
    ]


def project_of_charter(charter_id: UUID) -> Project | None:
    return Project.objects.filter(charter_id=charter_id).first()
