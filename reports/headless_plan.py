"""From a scored sheet to a plan: the planner's problem by the pages' own builder, and the plan as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assessment.scoring import AssessmentResult
from roadmap.catalogue import Catalogue
from roadmap.plan import Plan
from roadmap.problem import PlanProblem
from roadmap.problem_builder import build_problem, ground_of_questionnaire
from roadmap.relaxations import Relaxation
from roadmap.wishes import PlanWishes


def plan_problem(
    result: AssessmentResult, catalogue: Catalogue, wishes: PlanWishes, *, capacity: Mapping[str, int]
) -> PlanProblem:
    """What the planner is asked. Raises ProblemError with a sentence for what cannot be planned with."""
    ground = ground_of_questionnaire(
        result.questionnaire,
        catalogue,
        levels=result.current_levels,
        unknown=[(state.gate.item, state.gate.level) for state in result.gates if state.holds is None],
        capacity=capacity,
        route=wishes.preferred_route,
    )
    return build_problem(ground, wishes, today=wishes.start)


def plan_json(plan: Plan, relaxed: Sequence[Relaxation] = ()) -> dict[str, Any]:
    """The plan with `cost` (the high end) and the reasons of each item as sentences.

    `relaxations`: what would make a plan possible where there is none, in sentences.
    """
    plain = plan.to_dict()
    plain["relaxations"] = [relaxation.sentence for relaxation in relaxed]
    plain["cost"] = plan.cost_high
    for item in plain["items"]:
        item["why"] = [reason["sentence"] for reason in item["why"]]
        item["why_now"] = [reason["sentence"] for reason in item["why_now"]]
    return plain
