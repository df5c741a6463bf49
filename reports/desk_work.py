"""What projects ask of the reader: check-ins, answers, lessons; and what is late in them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.urls import reverse

from charters.models import Decision, Learning
from charters.signoff import State
from projects.models import Ask, CheckIn, Milestone, Project, ProjectMember
from projects.queries import asks_waiting_for, pauses_of, spans_of
from projects.waiting import by_party, working_days
from projects.weeks import asked_weeks, missing_weeks, rested_weeks
from reports.desk import Reader
from reports.desk_projects import projects_of, running
from reports.duties import Delay, Duty
from ui import formats
from ui.words import listed, plural

BACK = 8
ASKS_SHOWN = 5
# Projects that show one row each for what is late in them.
DELAYS_SHOWN = 10


def waits(reader: Reader) -> list[Duty]:
    """Check-ins and lessons of those who lead a project; asks of whoever, or whose department, is asked."""
    return [*_checkins(reader), *_asks(reader), *_lessons(reader)]


def roles(reader: Reader) -> dict[UUID, str]:
    """The reader's role by project."""
    if not reader.once(projects_of):
        return {}
    rows = ProjectMember.objects.filter(user=reader.user, left_at=None)
    return dict(rows.filter(project__organization=reader.organization).values_list("project_id", "role"))


def led(reader: Reader) -> list[Project]:
    """The projects under way that the reader leads."""
    own = reader.once(roles)
    return [row for row in reader.once(running) if row.state == "active" and own.get(row.pk) == "lead"]


def overseen(reader: Reader) -> list[Project]:
    """Those whose delays the reader sees: all for who leads the organization, else the own ones."""
    own = reader.once(roles)
    sponsors = {row.pk for row in reader.once(running) if row.sponsor_email == reader.user.email}
    return [
        row
        for row in reader.once(running)
        if row.state == "active" and (reader.leads or row.pk in own or row.pk in sponsors)
    ]


@dataclass(frozen=True)
class Missing:
    """The weeks of one project that nobody has answered, the latest first."""

    project: Project
    weeks: list[date]

    def due(self) -> date:
        return self.weeks[0] + timedelta(days=self.project.checkin_day)


def missing(reader: Reader) -> list[Missing]:
    """The projects under way with weeks of the last eight that are neither answered nor paused."""
    rows = [row for row in reader.once(running) if row.state == "active"]
    if not rows:
        return []
    answered: dict[UUID, set[date]] = defaultdict(set)
    recent = CheckIn.objects.filter(project__in=rows, week__gte=reader.today - timedelta(weeks=BACK + 1))
    for project_id, week in recent.exclude(health="").values_list("project_id", "week"):
        answered[project_id].add(week)
    pauses, found = pauses_of(rows), []
    for row in rows:
        # What was before the project was opened here was asked of nobody.
        opened = row.created_at.date()
        start = max(row.starts_on or opened, opened)
        weeks = asked_weeks(start, None, reader.today, row.checkin_day)
        rested = rested_weeks(weeks, row.checkin_day, pauses[row.pk])
        weeks = missing_weeks(weeks, answered[row.pk].union(rested), BACK)
        if weeks:
            found.append(Missing(row, weeks))
    return found


def _checkins(reader: Reader) -> list[Duty]:
    return [
        Duty(
            verb="Check in",
            what=f"How {one.project.name} stands",
            url=reverse("projects:checkins", args=[one.project.pk]),
            detail=_weeks_words(one.weeks),
            due=one.due(),
            why=f"You lead {one.project.name}.",
        )
        for one in reader.once(missing)
        if one.project in reader.once(led)
    ]


def _weeks_words(weeks: list[date]) -> str:
    named = listed([formats.day(week, year=False) for week in weeks[:3]])
    more = f" and {plural(len(weeks) - 3, 'week', 'weeks')} before" if len(weeks) > 3 else ""
    return f"Not answered: {'week' if len(weeks) == 1 else 'weeks'} from {named}{more}."


def _asks(reader: Reader) -> list[Duty]:
    if not reader.once(running):
        return []
    found = asks_waiting_for(reader.membership)
    rows = list(found.select_related("project")[: ASKS_SHOWN + 1])
    duties = [
        Duty(
            verb="Answer",
            what=ask.what,
            url=reverse("projects:ask_own", args=[ask.pk]),
            detail=_ask_detail(ask),
            since=ask.since,
            due=ask.needed_by,
            why=_ask_why(ask, reader),
        )
        for ask in rows[:ASKS_SHOWN]
    ]
    if len(rows) > ASKS_SHOWN:
        more = plural(found.count() - ASKS_SHOWN, "more ask", "more asks")
        duties.append(
            Duty(
                verb="See",
                what=f"{more} to you or your department",
                url=f"{reverse('projects:waiting')}?whom=me",
                since=rows[ASKS_SHOWN].since,
            )
        )
    return duties


def _ask_detail(ask: Ask) -> str:
    held = " Work stands still until it is there." if ask.blocks else ""
    return f"Asked by {ask.project.name}.{held}"


def _ask_why(ask: Ask, reader: Reader) -> str:
    if ask.of_email.lower() == reader.user.email.lower():
        return f"{ask.project.name} asks you by name."
    return f"{ask.project.name} asks {ask.department or ask.of_name}."


def _lessons(reader: Reader) -> list[Duty]:
    """For leads of projects whose charter was decided while nothing that was learned is written down."""
    own = reader.once(roles)
    ended = [
        row.pk
        for row in reader.once(projects_of)
        if row.charter is not None and row.charter.state == State.CLOSED and own.get(row.pk) == "lead"
    ]
    if not ended:
        return []
    decided = Decision.objects.filter(revision__charter=OuterRef("charter"))
    learned = Learning.objects.filter(charter=OuterRef("charter"), withdrawn_at=None)
    rows = Project.objects.filter(Exists(decided), ~Exists(learned), pk__in=ended)
    return [
        Duty(
            verb="Write",
            what=f"What {row.name} has taught",
            url=reverse("charters:learning", args=[row.charter_id]),
            detail="It was decided, and nothing is written down for those who come after.",
            why=f"You lead {row.name}.",
        )
        for row in rows
    ]


def late(reader: Reader) -> list[Delay]:
    """Asks past the agreed days, milestones and check-ins that are late, projects past their last day."""
    rows = reader.once(overseen)
    if not rows:
        return []
    found = [*_late_asks(rows, reader.today), *_late_milestones(rows, reader.today)]
    found += [*_late_checkins(reader.once(missing), rows, reader.today), *_past_the_end(rows, reader.today)]
    return sorted(found, key=lambda delay: (-delay.days, delay.what))[:DELAYS_SHOWN]


def _late_asks(projects: list[Project], today: date) -> list[Delay]:
    """One row a project: its longest wait, and how many have passed the agreed days."""
    open_asks = Ask.objects.filter(project__in=projects, blocks=True, answered_at=None, withdrawn_at=None)
    by_project: dict[UUID, list[Ask]] = defaultdict(list)
    for ask in open_asks.only("project_id", "of_name", "department", "since", "answered_at").order_by(
        "since", "pk"
    ):
        by_project[ask.project_id].append(ask)
    found = []
    for project in projects:
        over = [
            ask for ask in by_project[project.pk] if working_days(ask.since, today) > project.escalate_after
        ]
        if not over:
            continue
        own = by_party(spans_of(over, today))
        names = sorted(own, key=lambda name: -len(own[name]))[:2]
        found.append(
            Delay(
                days=(today - over[0].since).days,
                what=f"{plural(len(over), 'answer', 'answers')} for {project.name}",
                url=reverse("projects:asks", args=[project.pk]),
                kind=f"Asked for longer than {plural(project.escalate_after, 'working day', 'working days')}",
                who=f"Waits for {listed(names)}",
                holds="Work stands still.",
            )
        )
    return found


def _late_milestones(projects: list[Project], today: date) -> list[Delay]:
    rows = Milestone.objects.filter(project__in=projects, done_on=None, due_on__lt=today)
    by_project: dict[UUID, list[tuple[date, str]]] = defaultdict(list)
    for project_id, due, title in rows.order_by("due_on", "pk").values_list("project_id", "due_on", "title"):
        if due is not None:
            by_project[project_id].append((due, title))
    return [
        Delay(
            days=(today - by_project[project.pk][0][0]).days,
            what=f"{plural(len(by_project[project.pk]), 'milestone', 'milestones')} of {project.name}",
            url=reverse("projects:records", args=[project.pk]),
            kind="Milestone",
            who=f"First: {by_project[project.pk][0][1]}",
        )
        for project in projects
        if by_project[project.pk]
    ]


def _late_checkins(found: list[Missing], projects: list[Project], today: date) -> list[Delay]:
    return [
        Delay(
            days=(today - one.due()).days,
            what=f"Check-in of {one.project.name}",
            url=reverse("projects:checkins", args=[one.project.pk]),
            kind=f"{plural(len(one.weeks), 'week is', 'weeks are')} not answered",
        )
        for one in found
        if one.due() < today and one.project in projects
    ]


def _past_the_end(projects: list[Project], today: date) -> list[Delay]:
    """Projects without a charter; one with a charter is late by its decision."""
    return [
        Delay(
            days=(today - project.ends_on).days,
            what=project.name,
            url=reverse("projects:show", args=[project.pk]),
            kind="Project past its last day",
            who="Waits for its lead to close it",
        )
        for project in projects
        if project.charter_id is None and project.ends_on is not None and project.ends_on < today
    ]
