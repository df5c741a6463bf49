"""Reading projects: the list of an organization, and what stands on the overview of one."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Membership, Organization, Unit, User
from charters.models import Decision
from projects.models import Ask, CheckIn, Milestone, Pause, Project, ProjectMember, Task
from projects.waiting import Span, blocked_days, by_party, median_reply_days, usual_spellings
from projects.weeks import asked_weeks, rested_weeks

MOST_SUGGESTED = 100


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


def projects_of(organization: Organization, today: dt.date) -> QuerySet[Project]:
    """The projects on the list: health, open asks, open tasks, late milestones; in one query.

    Each count is a query of its own inside: joined, cards and asks of a project would multiply.
    """
    asks = Ask.objects.filter(answered_at=None, withdrawn_at=None)
    tasks = Task.objects.filter(archived_at=None).exclude(column=Task.Column.DONE)
    late = Milestone.objects.filter(done_on=None, due_on__lt=today)
    found = with_health(Project.objects.filter(organization=organization, archived_at=None)).annotate(
        open_asks=_count(asks), open_tasks=_count(tasks), late_milestones=_count(late)
    )
    return found.select_related("charter").order_by("state", "ends_on", "name", "pk")


def _count(rows: QuerySet[Any]) -> Coalesce:
    own = rows.filter(project=OuterRef("pk")).order_by().values("project")
    return Coalesce(Subquery(own.annotate(n=Count("pk")).values("n")), 0)


@dataclass(frozen=True, slots=True)
class Wish:
    """What of the list is asked for; empty is everything that is not closed."""

    find: str = ""
    state: str = ""
    health: str = ""
    origin: str = ""
    whose: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Wish:
        words = {name: given.get(name, "").strip()[:100] for name in cls.__slots__}
        return cls(**words)

    @property
    def narrows(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)

    @property
    def query(self) -> str:
        """For the links of the pages, ending in "&"."""
        asked = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}
        return f"{urlencode(asked)}&" if asked else ""


def wished(rows: QuerySet[Project], wish: Wish, user: User, today: dt.date) -> QuerySet[Project]:
    """Those of a list that fit what is asked for."""
    if wish.find:
        named = Q(name__icontains=wish.find) | Q(charter__code__icontains=wish.find)
        rows = rows.filter(named | Q(sponsor_name__icontains=wish.find))
    if wish.state in Project.State.values:
        rows = rows.filter(state=wish.state)
    elif wish.state == "late":
        rows = rows.filter(ends_on__lt=today).exclude(state=Project.State.CLOSED)
    elif wish.state != "all":
        rows = rows.exclude(state=Project.State.CLOSED)
    if wish.health:
        # By name, since the field is an annotation of `with_health`.
        health = {"health": wish.health} if wish.health != "none" else {"health__isnull": True}
        rows = rows.filter(**health)
    if wish.origin in ("charter", "initiative"):
        rows = rows.filter(charter__isnull=wish.origin == "initiative")
    if wish.whose == "mine":
        mine = ProjectMember.objects.filter(project=OuterRef("pk"), user=user, left_at=None)
        rows = rows.filter(Exists(mine))
    return rows


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
    own = by_party(spans)
    found = [ReplyTime(party, days, len(own[party])) for party, days in median_reply_days(spans).items()]
    return sorted(found, key=lambda time: (-time.days, time.party))


def departments_of(project: Project, *, of_organization: bool) -> list[str]:
    """Departments that were asked before, each once as it is written most, with the organization's units.

    Guests of a project are shown what that project asked alone.
    """
    asks = Ask.objects.exclude(department="")
    asks = (
        asks.filter(project__organization=project.organization)
        if of_organization
        else asks.filter(project=project)
    )
    names = list(asks.values_list("department", flat=True))
    if of_organization:
        names += Unit.objects.filter(organization=project.organization).values_list("name", flat=True)
    return sorted(usual_spellings(names).values(), key=str.casefold)[:MOST_SUGGESTED]


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


@dataclass(frozen=True, slots=True)
class Weeks:
    """The Mondays of the weeks in which a project was to check in, and of those in which it stood still."""

    asked: list[dt.date]
    paused: list[dt.date]


def pauses_of(projects: Collection[Project]) -> dict[UUID, list[tuple[dt.date, dt.date | None]]]:
    """When projects stood still, by id of the project, in one query."""
    found: dict[UUID, list[tuple[dt.date, dt.date | None]]] = defaultdict(list)
    rows = Pause.objects.filter(project__in=projects)
    for project, began, ended in rows.values_list("project_id", "began_on", "ended_on"):
        found[project].append((began, ended))
    return found


def weeks_of(project: Project, today: dt.date) -> Weeks:
    """The weeks of one project until today, or until it was closed."""
    opened = project.created_at.date()
    end = project.changed_at.date() if project.state == Project.State.CLOSED else None
    weeks = asked_weeks(max(project.starts_on or opened, opened), end, today, project.checkin_day)
    paused = rested_weeks(weeks, project.checkin_day, pauses_of([project])[project.pk])
    return Weeks([week for week in weeks if week not in paused], paused)


def time_box(project: Project, today: dt.date) -> TimeBox | None:
    """The agreed time against today; None where start or end is open."""
    return time_boxes([project], today).get(project.pk)


def time_boxes(projects: Sequence[Project], today: dt.date) -> dict[UUID, TimeBox]:
    """The same for many, in one query; those without a start or an end are left out."""
    dated = [row for row in projects if row.starts_on is not None and row.ends_on is not None]
    asks: dict[UUID, list[Ask]] = defaultdict(list)
    rows = Ask.objects.filter(project__in=dated, blocks=True, withdrawn_at=None) if dated else ()
    for ask in rows:
        asks[ask.project_id].append(ask)
    return {row.pk: _time_box(row, asks[row.pk], today) for row in dated}


def _time_box(project: Project, asks: Sequence[Ask], today: dt.date) -> TimeBox:
    if project.starts_on is None or project.ends_on is None:
        raise AssertionError("only projects with a time box")
    total = (project.ends_on - project.starts_on).days + 1
    elapsed = min(max((today - project.starts_on).days, 0), total)
    until = min(today, project.ends_on)
    return TimeBox(total, elapsed, blocked_days(spans_of(asks, today), project.starts_on, until))


def spans_of(asks: Iterable[Ask], today: dt.date) -> list[Span]:
    """From when until when each ask was waited for; one that is open lasts until today."""
    return [
        Span(ask.since, ask.answered_at.date() if ask.answered_at else today, ask.department or ask.of_name)
        for ask in asks
    ]


def project_of_charter(charter_id: UUID) -> Project | None:
    return Project.objects.filter(charter_id=charter_id).first()
