"""Reads that are more than a lookup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import Organization
from assessment import questionnaires
from assessment.evidence.capacity import role_capacity
from assessment.evidence.claims import evidence_claims
from assessment.models import Answer, Assessment, Consensus, Respondent, Result
from assessment.progress import Progress, progress
from assessment.responses import AnswerValue
from assessment.responses import Respondent as Person
from assessment.result import AssessmentResult
from assessment.scoring import score

PREFERRED_ROUTE = "strategy.route_and_pathway.preferred_route"


def answers_of(respondent: Respondent) -> dict[str, Answer]:
    """The current answers of one person by item."""
    return {answer.item: answer for answer in Answer.objects.filter(respondent=respondent)}


def states_of(respondent: Respondent) -> dict[str, tuple[str, int | None]]:
    rows = Answer.objects.filter(respondent=respondent).values_list("item", "state", "level")
    return {item: (state, level) for item, state, level in rows}


def progress_of(respondent: Respondent, answers: Mapping[str, Answer] | None = None) -> Progress:
    questionnaire = questionnaires.of(respondent.assessment)
    states = (
        states_of(respondent)
        if answers is None
        else {item: (answer.state, answer.level) for item, answer in answers.items()}
    )
    return progress(questionnaire, respondent.function, states)


@dataclass(frozen=True)
class PersonRow:
    """One person of a round with how far the person is."""

    respondent: Respondent
    asked: int
    answered: int

    @property
    def share(self) -> int:
        return round(100 * self.answered / self.asked) if self.asked else 0


def people_of(assessment: Assessment) -> list[PersonRow]:
    """Everybody asked, with progress; two queries however many there are."""
    questionnaire = questionnaires.of(assessment)
    states: dict[UUID, dict[str, tuple[str, int | None]]] = {}
    rows = Answer.objects.filter(respondent__assessment=assessment).values_list(
        "respondent_id", "item", "state", "level"
    )
    for pk, item, state, level in rows:
        states.setdefault(pk, {})[item] = (state, level)
    result = []
    for respondent in assessment.respondents.select_related("unit"):
        found = progress(questionnaire, respondent.function, states.get(respondent.pk, {}))
        result.append(PersonRow(respondent, found.asked, found.answered))
    return result


def compute(assessment: Assessment) -> AssessmentResult:
    """The scores of a round as they stand now; pure over three reads and the evidence."""
    people = [
        Person(str(pk), function, started is not None)
        for pk, function, started in assessment.respondents.values_list("pk", "function", "started_at")
    ]
    answers = [
        AnswerValue(str(pk), item, level, state if state != "value" else "open", confidence)
        for pk, item, state, level, confidence in Answer.objects.filter(
            respondent__assessment=assessment
        ).values_list("respondent_id", "item", "state", "level", "confidence")
    ]
    questionnaire = questionnaires.of(assessment)
    return score(
        questionnaire,
        people,
        answers,
        visibility=assessment.visibility,
        consensus=consensus_levels(assessment),
        target_phase=assessment.target_phase,
        evidence=evidence_claims(assessment.organization, questionnaire),
    )


def consensus_levels(assessment: Assessment) -> dict[str, int]:
    return dict(Consensus.objects.filter(assessment=assessment).values_list("item", "level"))


def result_of(assessment: Assessment) -> Result | None:
    """The newest frozen result of a round."""
    return Result.objects.filter(assessment=assessment).order_by("-number").first()


def latest_result(organization: Organization) -> Result | None:
    """The newest result of a closed round of the whole organization."""
    return (
        Result.objects.select_related("assessment")
        .filter(assessment__organization=organization, assessment__unit=None, assessment__state="closed")
        .order_by("-assessment__closed_at", "-number")
        .first()
    )


def earlier_result(result: Result) -> Result | None:
    """The result of the round before, of the same organization or unit."""
    assessment = result.assessment
    same_unit = Q(assessment__unit=assessment.unit_id) if assessment.unit_id else Q(assessment__unit=None)
    return (
        Result.objects.select_related("assessment")
        .filter(
            same_unit,
            assessment__organization_id=assessment.organization_id,
            assessment__state="closed",
            assessment__closed_at__lt=assessment.closed_at,
        )
        .order_by("-assessment__closed_at", "-number")
        .first()
    )


@dataclass(frozen=True)
class PlanningInputs:
    """What a roadmap starts from.

    levels       item key to 0..4: consensus, else the highest level whose rule holds, else 0
    unknown      gate keys ("ITEM:LEVEL") about which nobody who was asked knows
    capacity     role key to hundredths of an FTE a week; empty while the roster is empty
    """

    result: Result
    levels: dict[str, int]
    unknown: tuple[str, ...]
    capacity: dict[str, int]
    preferred_route: str
    target_phase: int


def planning_inputs(organization: Organization) -> PlanningInputs | None:
    """The newest frozen result with the roster beside it; None before the first closed round."""
    result = latest_result(organization)
    if result is None:
        return None
    content = result.content
    return PlanningInputs(
        result=result,
        levels={str(item): int(level) for item, level in content["current_levels"].items()},
        unknown=tuple(content["unknown_gates"]),
        capacity=role_capacity(organization),
        preferred_route=str(content["round"].get("preferred_route", "")),
        target_phase=int(content["target_phase"]),
    )


def preferred_route(assessment: Assessment) -> str:
    """The route that most of those asked favor; empty on a tie or without answers."""
    votes = Counter(
        value
        for value in Answer.objects.filter(
            respondent__assessment=assessment, item=PREFERRED_ROUTE, state="value"
        ).values_list("value", flat=True)
        if isinstance(value, str) and value != "undecided"
    ).most_common(2)
    if not votes or (len(votes) == 2 and votes[0][1] == votes[1][1]):
        return ""
    return votes[0][0]


def other_answers(assessment: Assessment) -> dict[str, list[Any]]:
    """Values given to items that do not score, by item, without who gave them."""
    found: dict[str, list[Any]] = {}
    rows = Answer.objects.filter(respondent__assessment=assessment, state="value")
    for item, value in rows.order_by("item", "pk").values_list("item", "value"):
        found.setdefault(item, []).append(value)
    return found
