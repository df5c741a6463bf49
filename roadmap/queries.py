"""Reads that are more than a lookup: where an organization stands, and its plans."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts.localize import zone_of
from accounts.models import Organization
from assessment import questionnaires
from assessment.evidence.capacity import role_capacity
from assessment.models import Result
from assessment.queries import latest_result
from roadmap.catalogue import Catalogue, Initiative
from roadmap.models import InitiativeChoice, ItemProgress, NextStep, OwnInitiative, Plan, PlanRequest, UseCase
from roadmap.own import initiative_from_dict
from roadmap.problem_builder import Ground, Work, ground_of_questionnaire
from roadmap.standard import catalogue_for, default_capacity, standard_catalogue
from roadmap.use_case_queries import ranked, use_cases_of
from ui.errors import Invalid

DECIDED = ("scaled", "iterated", "stopped")


def today_of(organization: Organization) -> datetime.date:
    """Today in the organization's time zone."""
    return timezone.now().astimezone(zone_of(organization)).date()


def catalogue_of(organization: Organization) -> Catalogue:
    """The standard initiatives with the organization's own."""
    return standard_catalogue().extended(own_initiatives(organization).values())


def own_initiatives(organization: Organization) -> dict[str, Initiative]:
    rows = OwnInitiative.objects.filter(organization=organization, archived_at=None)
    return {row.key: initiative_from_dict(row.content) for row in rows}


def choices_of(organization: Organization) -> dict[str, InitiativeChoice]:
    """Choices made by hand, by initiative."""
    rows = InitiativeChoice.objects.select_related("made_by").filter(organization=organization)
    return {row.key: row for row in rows}


def progress_of(organization: Organization) -> dict[str, ItemProgress]:
    """How far the initiatives are, by key, with the use case that a POC is about."""
    rows = ItemProgress.objects.select_related("use_case", "changed_by").filter(organization=organization)
    return {row.key: row for row in rows}


def next_steps_of(organization: Organization) -> list[tuple[NextStep, str]]:
    """What decisions on POCs call for, with how far each is; what is done or dropped is left out."""
    progress = progress_of(organization)
    over = (ItemProgress.State.DONE, ItemProgress.State.DROPPED)
    found = []
    for step in NextStep.objects.filter(organization=organization):
        row = progress.get(step.key)
        if row is None or row.state not in over:
            found.append((step, row.get_state_display() if row else "Not started"))
    return found


def capacity_of(organization: Organization) -> dict[str, int]:
    """Hundredths of an FTE a week by role: the roster's, or the defaults while that is empty."""
    return role_capacity(organization) or default_capacity()


def poc_decided(organization: Organization) -> bool:
    """Whether a POC of one of the use cases has been decided."""
    return UseCase.objects.filter(organization=organization, state__in=DECIDED).exists()


def ground_of(organization: Organization, result: Result) -> Ground:
    """Where the organization stands: a frozen result with everything that people chose and did since."""
    questionnaire = questionnaires.of(result.assessment)
    content = result.content
    catalogue = catalogue_for(catalogue_of(organization), questionnaire.items)
    ground = ground_of_questionnaire(
        questionnaire,
        catalogue,
        levels=content["current_levels"],
        unknown=[(gate["item"], gate["level"]) for gate in content["gates"] if gate["holds"] is None],
        capacity=capacity_of(organization),
        route=str(content["round"].get("preferred_route", "")),
    )
    return _with_choices(
        ground, choices_of(organization), progress_of(organization), poc_decided(organization)
    )


def _with_choices(
    ground: Ground,
    choices: Mapping[str, InitiativeChoice],
    progress: Mapping[str, ItemProgress],
    decided: bool,
) -> Ground:
    known = ground.catalogue.by_key
    dropped = {key for key, row in progress.items() if row.state == ItemProgress.State.DROPPED}
    by_choice = {
        choice: tuple(sorted(key for key, row in choices.items() if row.choice == choice and key in known))
        for choice in ("in", "out", "pin")
    }
    return replace(
        ground,
        work=tuple(
            Work(key, row.started_on, row.finished_on or row.expected_on, row.state == "done")
            for key, row in sorted(progress.items())
            if row.state in ("running", "done") and row.started_on and key in known
        ),
        taken_in=tuple(key for key in by_choice["in"] if key not in dropped),
        left_out=tuple(sorted({*by_choice["out"], *(key for key in dropped if key in known)})),
        pins={
            key: monday
            for key in by_choice["pin"]
            if key not in dropped and (monday := choices[key].monday) is not None
        },
        poc_decided=decided,
    )


def starting_result(organization: Organization) -> Result:
    """The result that a plan starts from. Raises Invalid before the first closed round."""
    result = latest_result(organization)
    if result is None:
        raise Invalid("There is no closed round to plan from. Close an assessment first.")
    return result


def plans_of(organization: Organization, *, archived: bool = False) -> QuerySet[Plan]:
    """The plans of an organization, newest first, without their long texts."""
    return (
        Plan.objects.filter(organization=organization, archived_at__isnull=not archived)
        .select_related("result__assessment", "created_by", "published_by")
        .defer("canonical", "problem", "entries", "result__canonical")
    )


def published_plan(organization: Organization) -> Plan | None:
    """The plan that the organization works by."""
    return (
        Plan.objects.select_related("result__assessment", "organization")
        .filter(organization=organization, state=Plan.State.PUBLISHED)
        .first()
    )


def latest_plan(organization: Organization) -> Plan | None:
    """The published plan, else the newest draft that is a plan and no question."""
    return published_plan(organization) or newest_draft(organization)


def newest_draft(organization: Organization) -> Plan | None:
    """The newest plan that nobody has put away and that is no question."""
    return (
        Plan.objects.select_related("result__assessment", "organization")
        .filter(organization=organization, archived_at=None)
        .exclude(kind=Plan.Kind.WHAT_IF)
        .order_by("-number")
        .first()
    )


def scenarios_beside(plan: Plan) -> list[Plan]:
    """The plans to hold beside this one: drafts that stand, and the published one; at most three."""
    rows = plans_of(plan.organization).filter(state__in=["draft", "published"])
    rows = rows.exclude(kind=Plan.Kind.WHAT_IF).exclude(status="infeasible")
    own = [row for row in rows if row.pk == plan.pk]
    published = [row for row in rows if row.state == "published" and row.pk != plan.pk]
    others = [row for row in rows if row.state != "published" and row.pk != plan.pk]
    chosen = [*own, *published, *others][:3]
    return sorted(chosen, key=lambda row: (row.state != "published", row.number))


def open_requests(organization: Organization) -> list[PlanRequest]:
    """Requests whose job has not ended."""
    return list(
        PlanRequest.objects.select_related("job")
        .filter(organization=organization, job__state__in=["queued", "running"])
        .order_by("created_at")
    )


def bindings_of(organization: Organization) -> dict[str, UseCase]:
    """The use case of each POC that has one."""
    return {key: row.use_case for key, row in progress_of(organization).items() if row.use_case}


def bindable(organization: Organization) -> list[tuple[UseCase, Any]]:
    """Use cases that a POC could be about, in the order of the rubric, each with its standing."""
    return ranked(use_cases_of(organization).exclude(state__in=DECIDED))
