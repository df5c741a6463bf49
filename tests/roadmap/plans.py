"""Closed rounds and plans for tests, made through the actions of the pages."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.test import TestCase
from django.utils import timezone

from accounts.models import Organization, User
from assessment import actions as assessments
from assessment import questionnaires
from assessment.answer_values import AnswerContent
from assessment.invitees import Invitee
from assessment.models import Answer, Result
from roadmap import actions
from roadmap.models import Plan, PlanRequest
from roadmap.queries import today_of
from roadmap.wishes import PlanWishes
from tests.kept import kept

FUNCTIONS = (
    "sponsor",
    "business_lead",
    "data_owner",
    "technical_lead",
    "practitioner",
    "legal_security",
    "people_finance",
)


@kept
def closed_round(
    organization: Organization,
    by: User,
    *,
    level: int = 4,
    but: Mapping[str, int] | None = None,
    title: str = "Round 1",
) -> Result:
    """A round in which each function answers with one person, all at one level but for some items."""
    assessment = assessments.create_assessment(organization, title=title, by=by)
    people = [
        Invitee(f"{name} person", f"{name}.{title.lower().replace(' ', '')}@firm.example", name)
        for name in FUNCTIONS
    ]
    assessments.invite_respondents(assessment, people, by=by)
    assessments.open_round(assessment, by=by)
    questionnaire = questionnaires.of(assessment)
    rows, now = [], timezone.now()
    for person in assessment.respondents.all():
        person.assessment = assessment
        first = next(item for item in questionnaire.items_for(person.function) if item.kind == "maturity")
        assessments.save_answer(person, first.key, AnswerContent("level", level), base_revision=0, by=None)
        rows += [
            Answer(respondent=person, item=item.key, state="level", level=level, revision=1, saved_at=now)
            for item in questionnaire.items_for(person.function)
            if item.kind == "maturity" and item.key != first.key
        ]
    Answer.objects.bulk_create(rows)
    for item, agreed in (but or {}).items():
        Answer.objects.filter(respondent__assessment=assessment, item=item).update(level=agreed)
    assessments.start_review(assessment, by=by)
    return assessments.close(assessment, by=by)


def wishes_for(organization: Organization, **changes: Any) -> PlanWishes:
    """What the form asks for by default, from next Monday on."""
    today = today_of(organization)
    start = today + datetime.timedelta(days=-today.weekday() % 7)
    return PlanWishes(start=start, target_phase=2).with_changes(**changes)


@kept
def lean_plan(organization: Organization, by: User) -> Plan:
    """What the form asks for by default, planned by the worker at the commit."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        request = actions.request_plan(organization, wishes_for(organization), by=by, name="Lean")
    return made(request)


def made(request: PlanRequest) -> Plan:
    """The plan that a request led to; in tests the worker runs at the commit."""
    request.refresh_from_db()
    assert request.job is not None
    request.job.refresh_from_db()
    assert request.plan is not None, request.job.message
    return request.plan
