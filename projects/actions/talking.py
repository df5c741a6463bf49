"""Check-ins and asks: how the project stands week by week, and who is waited for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import audit, links, mail
from accounts.models import Organization, User
from jobs import outbox
from projects.models import Ask, CheckIn, Project, ProjectMember
from projects.queries import pauses_of
from projects.seen import mark_of
from projects.waiting import working_days
from projects.weeks import monday_of, rested_weeks
from ui.errors import Conflict, Invalid

ASK = "ask"
LINK_DAYS = 60
CHECKIN_WEEKS_BACK = 8


@transaction.atomic
def check_in(
    project: Project, *, by: User, week: dt.date, health: str, reason: str, seen: str | None = None
) -> CheckIn:
    """How the project stood in one week, at most eight weeks back; amber and red need a reason.

    `seen` is the mark of all answers that a page showed, or of this week's alone, empty for none:
    Conflict where the week was answered since.
    """
    this_week = monday_of(timezone.localdate())
    reason = reason.strip()[:2000]
    if health not in CheckIn.Health.values:
        raise Invalid("Choose how it stands.", fields={"health": ["One of green, amber, red."]})
    if week.weekday() != 0 or not this_week - dt.timedelta(weeks=CHECKIN_WEEKS_BACK) <= week <= this_week:
        raise Invalid(
            "This week cannot be answered.",
            fields={"week": [f"The Monday of one of the last {CHECKIN_WEEKS_BACK} weeks."]},
        )
    if health != CheckIn.Health.GREEN and not reason:
        raise Invalid("Say why.", fields={"reason": ["A sentence: what is in the way, and what helps."]})
    row, _ = CheckIn.objects.select_for_update().get_or_create(project=project, week=week)
    before = row.health
    if (before, row.reason, row.by_id) == (health, reason, by.pk):
        return row
    if before and seen is not None and seen not in (mark_of_answers(project), mark_of_answer(row)):
        raise Conflict(f"{row.by_name or 'Somebody else'} has answered this week meanwhile.")
    row.health, row.reason, row.by, row.by_name = health, reason, by, by.get_full_name()
    row.answered_at = timezone.now()
    row.save()
    audit.record(
        organization=project.organization,
        actor=by,
        event="project.checked_in",
        subject=row,
        data={"slug": project.slug, "week": week, "health": health, "before": before},
    )
    _tell(project, "project.checked_in", week=week, health=health)
    return row


def mark_of_answer(row: CheckIn) -> str:
    """The mark of one week's answer; empty while nobody answered."""
    return mark_of(row.week, row.health, row.reason) if row.health else ""


def mark_of_answers(project: Project) -> str:
    """The mark of all check-ins that can still be answered."""
    first = monday_of(timezone.localdate()) - dt.timedelta(weeks=CHECKIN_WEEKS_BACK)
    answered = CheckIn.objects.filter(project=project, week__gte=first).exclude(health="").order_by("week")
    return mark_of(*answered.values_list("week", "health", "reason"))


@transaction.atomic
def ask_for_checkins(today: dt.date) -> int:
    """Mail the leads of projects whose day it is, once a week; returns how many were asked."""
    due = Project.objects.filter(
        state=Project.State.ACTIVE,
        archived_at=None,
        organization__archived_at=None,
        checkin_day=today.weekday(),
    ).select_related("organization")
    count = 0
    for project in due:
        row, _ = CheckIn.objects.select_for_update().get_or_create(project=project, week=monday_of(today))
        if row.asked_at is not None or row.health:
            continue
        CheckIn.objects.filter(pk=row.pk).update(asked_at=timezone.now())
        for lead in ProjectMember.objects.filter(
            project=project, role=ProjectMember.Role.LEAD, left_at=None
        ).exclude(email=""):
            _mail(
                project, lead.email, "emails/project_checkin", reverse("projects:checkins", args=[project.pk])
            )
            count += 1
    return count


@transaction.atomic
def note_missing_checkins(today: dt.date) -> int:
    """Tell once of each week that was asked for, is over and was not answered; returns how many.

    A week on whose day the project stood still is none, although it may have been asked for that morning.
    """
    missing = CheckIn.objects.filter(
        health="",
        week__lt=monday_of(today),
        week__gte=monday_of(today) - dt.timedelta(weeks=CHECKIN_WEEKS_BACK),
        project__state=Project.State.ACTIVE,
        project__archived_at=None,
        project__organization__archived_at=None,
    ).exclude(asked_at=None)
    rows = list(missing.select_related("project__organization"))
    pauses = pauses_of({row.project for row in rows})
    told = [
        row for row in rows if not rested_weeks([row.week], row.project.checkin_day, pauses[row.project_id])
    ]
    for row in told:
        outbox.publish(
            "project.checkin_missing",
            organization=row.project.organization,
            about=row.project,
            data={"slug": row.project.slug, "week": row.week},
            key=f"project.checkin_missing:{row.pk}",
        )
    return len(told)


@transaction.atomic
def ask_somebody(project: Project, *, by: User, values: Mapping[str, Any]) -> Ask:
    """Note that somebody is waited for, and mail a link by which they can answer without an account."""
    given = {"since": timezone.localdate(), **values}
    given["department"] = " ".join(given.get("department", "").split())
    ask = Ask.objects.create(project=project, asked_by=by, **given)
    audit.record(
        organization=project.organization,
        actor=by,
        event="project.asked",
        subject=ask,
        data={"slug": project.slug, "blocks": ask.blocks, "since": ask.since},
        personal={"name": ask.of_name, **({"address": ask.of_email} if ask.of_email else {})},
    )
    _tell(project, "project.asked", ask=ask.pk, since=ask.since, blocks=ask.blocks)
    if ask.of_email:
        _mail(project, ask.of_email, "emails/project_ask", ask_link(ask, by=by), ask=ask, by=by)
    return ask


def ask_link(ask: Ask, *, by: User | None) -> str:
    """The path of a personal link that shows this ask alone and takes its answer."""
    return links.issue(
        purpose=ASK,
        organization=ask.project.organization,
        subject=ask,
        address=ask.of_email,
        expires=timezone.now() + dt.timedelta(days=LINK_DAYS),
        by=by,
    )


@transaction.atomic
def answer_ask(ask: Ask, *, answer: str, name: str, by: User | None) -> None:
    """The wait is over: the clock stops with the answer, which the asker is mailed."""
    answer = answer.strip()[:5000]
    if not answer:
        raise Invalid(
            "The answer is empty.", fields={"answer": ["Write what was asked for, or where it is."]}
        )
    changed = Ask.objects.filter(pk=ask.pk, answered_at=None, withdrawn_at=None).update(
        answered_at=timezone.now(), answered_by=name[:300], answer=answer
    )
    if not changed:
        raise Conflict("This was answered or taken back before.")
    _end(ask, by=by, event="project.ask_answered")
    if ask.asked_by is not None:
        _mail(
            ask.project,
            ask.asked_by.email,
            "emails/project_answer",
            reverse("projects:asks", args=[ask.project_id]),
            ask=ask,
            answer=answer,
            who=name,
        )


@transaction.atomic
def withdraw_ask(ask: Ask, *, by: User | None) -> None:
    """Nobody needs it any more; its days stay out of the clock."""
    if not Ask.objects.filter(pk=ask.pk, answered_at=None, withdrawn_at=None).update(
        withdrawn_at=timezone.now()
    ):
        raise Conflict("This was answered or taken back before.")
    _end(ask, by=by, event="project.ask_withdrawn")


def _end(ask: Ask, *, by: User | None, event: str) -> None:
    audit.record(
        organization=ask.project.organization,
        actor=by,
        event=event,
        subject=ask,
        data={"slug": ask.project.slug},
    )
    _tell(ask.project, event, ask=ask.pk)
    links.revoke(subject=ask, by=by, purpose=ASK)


@transaction.atomic
def escalate_asks(today: dt.date) -> int:
    """Tell sponsors of asks that block their project for longer than agreed, once each; returns how many."""
    waiting = (
        Ask.objects.select_for_update(of=("self",))
        .select_related("project__organization")
        .filter(
            blocks=True,
            answered_at=None,
            withdrawn_at=None,
            escalated_at=None,
            project__state=Project.State.ACTIVE,
            project__archived_at=None,
            project__organization__archived_at=None,
        )
    )
    count = 0
    for ask in waiting:
        project = ask.project
        if working_days(ask.since, today) < project.escalate_after:
            continue
        Ask.objects.filter(pk=ask.pk).update(escalated_at=timezone.now())
        if project.sponsor_email:
            _mail(
                project,
                project.sponsor_email,
                "emails/project_escalation",
                reverse("projects:asks", args=[project.pk]),
                ask=ask,
                days=working_days(ask.since, today),
            )
        audit.record(
            organization=project.organization,
            actor=None,
            event="project.ask_escalated",
            subject=ask,
            data={"slug": project.slug},
        )
        _tell(project, "project.ask_escalated", ask=ask.pk, since=ask.since)
        count += 1
    return count


def _mail(
    project: Project, to: str, template: str, path: str, *, by: User | None = None, **context: Any
) -> None:
    organization: Organization = project.organization
    mail.send(
        organization=organization,
        to=to,
        template=template,
        by=by,
        context={
            "project": project,
            "link": mail.absolute(path),
            "sender": by.get_full_name() if by else "",
            **context,
        },
    )


def _tell(project: Project, kind: str, **data: Any) -> None:
    """An event of a project for those outside."""
    outbox.publish(
        kind, organization=project.organization, about=project, data={"slug": project.slug, **data}
    )
