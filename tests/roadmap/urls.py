"""Who gets what at the addresses of the roadmap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from jobs import runner
from roadmap.actions import add_own_initiative, request_plan, request_what_if
from roadmap.catalogue import initiative_to_dict
from roadmap.models import Plan, PlanRequest
from roadmap.queries import catalogue_of
from roadmap.use_case_actions import archive_use_case, create_use_case
from roadmap.wishes import PlanWishes
from tests.assessment.urls import closed
from tests.kept import kept
from tests.urls_rows import MISSING, POST, SIGN_IN, Row, at, own

Make = Callable[[Any], list[Any]]


def use_case(cast: Any) -> list[Any]:
    return [create_use_case(cast.organization, by=cast.frank, values={"title": "Bearing failure warning"}).pk]


def archived(cast: Any) -> list[Any]:
    made = create_use_case(cast.organization, by=cast.frank, values={"title": "Bearing failure warning"})
    archive_use_case(made, by=cast.frank)
    return [made.pk]


@kept
def _asked(cast: Any, level: int) -> PlanRequest:
    closed(cast, level)
    wishes = PlanWishes(start=date(2027, 1, 4), target_phase=2)
    return request_plan(cast.organization, wishes, by=cast.frank)


def asked(cast: Any) -> list[Any]:
    return [_asked(cast, 4).pk]


def _made(request: PlanRequest) -> Plan:
    runner.run(str(request.job_id))
    request.refresh_from_db()
    assert request.plan is not None
    return request.plan


def plan_with(*more: Any, level: int = 4) -> Make:
    """The id of a plan; at level 4 everything stands already, so that there is little to solve."""
    return lambda cast: [_made(_asked(cast, level)).pk, *more]


def what_if(cast: Any) -> list[Any]:
    plan = _made(_asked(cast, 2))
    key = plan.content["items"][0]["key"]
    return [_made(request_what_if(plan, by=cast.frank, change="drop", key=key)).pk]


def initiative(cast: Any) -> list[Any]:
    """The key of one that every organization's catalogue has."""
    return [sorted(catalogue_of(cast.organization).by_key)[0]]


def own_initiative(cast: Any) -> list[Any]:
    standard = catalogue_of(cast.organization).by_key["gather_problem_ideas"]
    return [add_own_initiative(cast.organization, initiative_to_dict(standard), by=cast.frank).key]


USE_CASES = {
    "use_cases:list": own("view"),
    "use_cases:new": own("edit"),
    "use_cases:show": at("view", make=use_case),
    "use_cases:edit": at("edit", make=use_case),
    "use_cases:archive": at("edit", make=use_case, method=POST),
    "use_cases:restore": at("edit", make=archived, method=POST),
    "use_case-list": own("view"),
    "use_case-detail": at("view", make=use_case),
    "use_case-portfolio": own("view"),
    "use_case-restore": at("edit", make=archived, method=POST),
}
PLANS = {
    "roadmap:plan": own("view"),
    "roadmap:history": own("view"),
    # Two plans stand in the query; without them there is nothing to compare.
    "roadmap:compare": Row((SIGN_IN, *(MISSING,) * 5)),
    "roadmap:new": own("manage"),
    "roadmap:making": at("view", make=asked),
    "roadmap:show": at("view", make=plan_with()),
    "roadmap:publish": at("manage", make=plan_with()),
    "roadmap:archive": at("manage", make=plan_with(), method=POST),
    "roadmap:replan": at("manage", make=plan_with()),
    "roadmap:relax": at("manage", make=plan_with(0), method=POST),
    "roadmap:what_if": at("manage", make=plan_with()),
    "roadmap:know": at("manage", make=plan_with(), method=POST),
    "roadmap:what_if_answer": at("view", make=what_if),
    "roadmap:chart_csv": at("view", make=plan_with("plan", level=2)),
    "roadmap:chart_live": at("view", make=plan_with("plan", level=2)),
}
INITIATIVES = {
    "roadmap:initiatives": own("view"),
    "roadmap:initiative": own("view", make=initiative),
    "roadmap:progress": own("edit", make=initiative, method=POST),
    "roadmap:choose": own("manage", make=initiative, method=POST),
    "roadmap:bind": own("manage", make=initiative, method=POST),
    "roadmap:own_new": own("manage"),
    "roadmap:own_edit": at("manage", make=own_initiative),
    "roadmap:own_remove": at("manage", make=own_initiative, method=POST),
}
API = {
    "plan-list": own("view"),
    "plan-detail": at("view", make=plan_with()),
    "plan-publish": at("manage", make=plan_with(), method=POST),
    "plan-replan": at("manage", make=plan_with(), method=POST),
    "plan-relax": at("manage", make=plan_with(), method=POST),
    "plan-what-if": at("manage", make=plan_with(), method=POST),
    "planrequest-detail": at("view", make=asked),
    "initiative-list": own("view"),
    "initiative-detail": own("view", make=initiative),
    "initiative-progress": own("edit", make=initiative, method=POST),
    "initiative-choice": own("manage", make=initiative, method=POST),
}
ROWS: dict[str, Row] = {**USE_CASES, **PLANS, **INITIATIVES, **API}
