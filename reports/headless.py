"""Assessing without an organization: from a workshop sheet to figures, a plan and a report.

Reads no database and writes none. The browser's path calls the same scoring, planner and report.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from assessment.gates import last_phase
from assessment.scoring import AssessmentResult, score
from reports import headless_content as content
from reports.headless_plan import plan_json, plan_problem
from reports.headless_reading import WorkshopSheet
from reports.readiness import render_readiness
from roadmap.plan import Plan
from roadmap.planner import plan
from roadmap.problem import PlanProblem
from roadmap.relaxations import relaxations
from roadmap.standard import default_capacity
from roadmap.wishes import PlanWishes

ORGANIZATION = "Workshop"
TITLE = "Workshop sheet"

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Outcome:
    """What the command writes, and the plan with its problem for those who check it."""

    problem: PlanProblem
    plan: Plan
    data: Mapping[str, Any]
    report: bytes

    @property
    def text(self) -> str:
        """The data as JSON for people and programs: sorted keys, two spaces, one line feed at the end."""
        return json.dumps(self.data, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


class BadWish(ValueError):
    """An option that cannot be followed; the message is a sentence for a person."""


def score_sheet(sheet: WorkshopSheet, target_phase: int | None = None) -> AssessmentResult:
    """The result of a sheet. Raises BadWish when no gate leads to the target phase."""
    last = last_phase(sheet.questionnaire)
    if target_phase is not None and not 1 <= target_phase <= last:
        raise BadWish(f"The target phase must be 1 to {last}, not {target_phase}.")
    return score(
        sheet.questionnaire,
        sheet.respondents,
        sheet.answers,
        consensus=sheet.agreed,
        target_phase=target_phase,
    )


def assess(
    sheet: WorkshopSheet,
    *,
    as_of: date,
    target_phase: int | None = None,
    budget: int | None = None,
    by: date | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Scores, gates, findings and the plan of a sheet, as data and as a PDF.

    as_of   the day of the report and of the plan's start
    budget  external spend at the high end, whole currency units; None: no limit
    by      last day for the target phase; None: the planner's default

    Raises BadWish or ProblemError, each with a sentence, for wishes that cannot be planned with.
    """
    result = score_sheet(sheet, target_phase)
    catalogue = content.catalogue(sheet.questionnaire)
    problem = plan_problem(
        result,
        catalogue,
        PlanWishes(
            start=as_of,
            target_phase=result.target_phase,
            by=by,
            budget=budget,
            preferred_route=sheet.route,
        ),
        capacity=sheet.capacity or default_capacity(),
    )
    made = plan(problem, progress=progress)
    relaxed = () if made.found else relaxations(problem, progress=progress)
    data = {
        **result.to_dict(),
        "organization": sheet.organization or ORGANIZATION,
        "as_of": as_of.isoformat(),
        "plan": plan_json(made, relaxed),
    }
    return Outcome(problem, made, data, _report(sheet, result, made, as_of, catalogue.currency))


def _report(sheet: WorkshopSheet, result: AssessmentResult, made: Plan, as_of: date, currency: str) -> bytes:
    return render_readiness(
        result.to_dict(),
        sheet.questionnaire,
        organization_name=sheet.organization or ORGANIZATION,
        as_of=as_of,
        title=TITLE,
        plan=made.to_dict(),
        currency=currency,
    )
