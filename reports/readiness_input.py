"""From a frozen result to the plain data of its readiness report."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from accounts.models import Organization, User
from assessment import questionnaires
from assessment.access import get_assessment
from assessment.models import Assessment, Result
from assessment.queries import earlier_result
from assessment.question_bank import Questionnaire
from charters.models import Revision
from reports import readiness
from reports.roadmap_input import named_content
from reports.subjects import Subject, as_uuid, maker, people
from reports.waivers_input import waivers_of
from roadmap.models import Plan
from roadmap.plan_words import target_day
from ui.errors import NotFound
from ui.formats import day
from ui.words import plural


def find(user: User, pk: str, need: str) -> Subject:
    """A frozen result, through the door of its round."""
    result = Result.objects.select_related("assessment__organization").filter(pk=as_uuid(pk)).first()
    if result is None:
        raise NotFound
    get_assessment(user, result.assessment_id, need=need)
    return _subject(result)


def offers(user: User, organization: Organization) -> list[Subject]:
    """The newest result of each closed round; the caller has let the person into the organization."""
    rows = (
        Result.objects.select_related("assessment__organization")
        .filter(assessment__organization=organization, assessment__state="closed")
        .defer("canonical")
        .order_by("-assessment__closed_at", "-number")
    )
    newest: dict[UUID, Result] = {}
    for row in rows:
        newest.setdefault(row.assessment_id, row)
    return [_subject(row) for row in newest.values()]


def _subject(result: Result) -> Subject:
    assessment = result.assessment
    return Subject(assessment.organization, str(result.pk), assessment.title, result.created_at, result)


def inputs(subject: Subject) -> dict[str, Any]:
    """Everything that the report says."""
    result: Result = subject.object
    assessment = result.assessment
    plan = _plan(result)
    before = earlier_result(result)
    return {
        "result": result.content,
        "questionnaire": questionnaires.of(assessment).to_dict(),
        "earlier": before.content if before else None,
        "plan": named_content(plan) if plan else None,
        "organization_name": _name(assessment),
        "title": assessment.title,
        "as_of": subject.day.isoformat(),
        "currency": subject.organization.currency,
        "made_for": people(subject.organization, "owner"),
        "made_by": maker(assessment.facilitator),
        "stations": _stations(subject.organization, plan),
        "result_hash": result.result_hash,
        "waivers": waivers_of(subject.organization),
    }


def _name(assessment: Assessment) -> str:
    name = assessment.organization.name
    return f"{name}, {assessment.unit.name}" if assessment.unit else name


def _plan(result: Result) -> Plan | None:
    """The plan that follows from this result: the published one, else the newest draft."""
    rows = Plan.objects.filter(result=result, archived_at=None).exclude(kind=Plan.Kind.WHAT_IF)
    published = rows.filter(state=Plan.State.PUBLISHED).first()
    plan = published or rows.filter(state=Plan.State.DRAFT).order_by("-number").first()
    return plan if plan and plan.found else None


def _stations(organization: Organization, plan: Plan | None) -> list[tuple[str, str]]:
    found = []
    if plan:
        reached = target_day(plan.content)
        found.append(("Planned", f"{plan.name}, to {day(reached)}" if reached else plan.name))
    signed = Revision.objects.filter(charter__organization=organization, state="in_force").count()
    if signed:
        found.append(("Signed", f"{plural(signed, 'charter', 'charters')} in force"))
    return found


def render(data: dict[str, Any], paper: str) -> bytes:
    """The inputs above as a PDF."""
    named = {name: value for name, value in data.items() if name not in ("result", "questionnaire", "as_of")}
    return readiness.render_readiness(
        data["result"],
        Questionnaire.from_dict(data["questionnaire"]),
        as_of=date.fromisoformat(data["as_of"]),
        paper=paper,
        **named,
    )
