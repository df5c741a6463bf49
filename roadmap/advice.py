"""The rules of balance applied to a stored plan."""

from __future__ import annotations

import json
from collections.abc import Mapping

from roadmap.models import ItemProgress, Plan, UseCase
from roadmap.plan_rules import Advice, BoundCase, PlanFacts, advise
from roadmap.poc_names import item_titles
from roadmap.portfolio import Standing
from roadmap.queries import bindable, progress_of, today_of
from roadmap.standard import plan_rules
from roadmap.use_case_queries import standing_of
from roadmap.use_case_rubric import rubric


def advice_for(plan: Plan, progress: Mapping[str, ItemProgress] | None = None) -> list[Advice]:
    """What the rules say about a plan, in the order of the content."""
    known = progress_of(plan.organization) if progress is None else progress
    return advise(_facts(plan, known), plan_rules()) if plan.found else []


def blocking_advice(plan: Plan) -> list[str]:
    """The sentences of the rules that refuse publishing."""
    return [advice.sentence for advice in advice_for(plan) if advice.blocks]


def _facts(plan: Plan, progress: Mapping[str, ItemProgress]) -> PlanFacts:
    problem = json.loads(plan.problem)
    bound = {key: row.use_case for key, row in progress.items() if row.use_case}
    moves = [row.changed_at for row in progress.values()]
    value = plan.value
    return PlanFacts(
        plan=value,
        today=today_of(plan.organization),
        not_before=problem["not_before"],
        phase=int(plan.result.content["phase"]),
        levels=problem["levels"],
        entries=plan.entries,
        titles=item_titles(value.items, bound),
        poc_decided=problem["poc_decided"],
        bound={key: _bound(use_case) for key, use_case in bound.items()},
        early_wins=_early_wins(plan) if bound else (),
        running=any(row.state == ItemProgress.State.RUNNING for row in progress.values()),
        last_move=max(moves).date() if moves else None,
    )


def _bound(use_case: UseCase) -> BoundCase:
    standing = standing_of(use_case)
    return BoundCase(use_case.title, standing.feasibility.value, standing.marks, _stopper(standing))


def _stopper(standing: Standing) -> str:
    """What stops a use case, in the words of the rubric; empty if nothing does."""
    names = {mark: rubric().marks[mark].name for mark in standing.marks if mark.startswith("stop_")}
    return f"a stopper ({next(iter(names.values())).lower()})" if names else ""


def _early_wins(plan: Plan) -> tuple[str, ...]:
    return tuple(case.title for case, standing in bindable(plan.organization) if standing.has("early_win"))
