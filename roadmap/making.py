"""The worker's side of a request: build the problem, plan, check, store."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.urls import reverse

from accounts import audit
from accounts.localize import as_in
from accounts.models import Organization
from assessment.models import Result
from jobs.runner import Cancelled, Outcome, Progress
from roadmap import planner, what_if
from roadmap.catalogue import initiative_to_dict
from roadmap.checker import check
from roadmap.models import Plan, PlanRequest
from roadmap.plan import Plan as PlanValue
from roadmap.plan_words import summary
from roadmap.problem import PlanProblem, ProblemError, canonical_json
from roadmap.problem_builder import Ground, build_problem
from roadmap.queries import ground_of, starting_result, today_of
from roadmap.relaxations import relaxations
from roadmap.search import PlanCancelled
from roadmap.staleness import basis_of
from roadmap.standing import gone_use_cases
from roadmap.wishes import PlanWishes, wishes_from_dict
from ui.errors import DomainError, Invalid


class BrokenPlan(DomainError):
    """A plan that its independent check refuses; it is never stored."""

    status = 500
    code = "broken_plan"


@dataclass(frozen=True)
class Made:
    """Everything about a plan before it has a row."""

    problem: PlanProblem
    plan: PlanValue
    relaxations: list[dict[str, Any]]
    what_if: dict[str, Any]


class Watch:
    """Says how far the planner is, keeps the job alive and asks whether to go on."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._at: tuple[str, int, int] = ("Reading where you stand", 0, 0)

    def tell(self, step: int, steps: int, sentence: str) -> None:
        self._at = (sentence, step, steps)
        self._progress(*self._at)

    def cancelled(self) -> bool:
        try:
            self._progress(*self._at)
        except Cancelled:
            return True
        return False


def make_plan(progress: Progress, request_id: str) -> Outcome:
    """Run one request; run again, it returns the plan that is there already."""
    request = PlanRequest.objects.select_related(
        "organization", "based_on__result__assessment", "created_by", "plan"
    ).get(pk=request_id)
    if request.plan is not None:
        return _outcome(request.plan)
    organization = request.organization
    wishes = wishes_from_dict(request.wishes)
    result = starting_result(organization)
    ground = ground_of(organization, result)
    try:
        made = _make(request, ground, wishes, Watch(progress))
    except PlanCancelled:
        raise Cancelled from None
    except ProblemError as error:
        raise Invalid(str(error)) from error
    _refuse_broken(made)
    return _outcome(_store(request, organization, result, ground, wishes, made))


def _make(request: PlanRequest, ground: Ground, wishes: PlanWishes, watch: Watch) -> Made:
    today = today_of(request.organization)
    base = request.based_on
    if request.kind == Plan.Kind.WHAT_IF and base is not None:
        return _answer(request, base, ground, wishes, watch)
    previous = base.value if base is not None else None
    problem = build_problem(ground, wishes, today=today, previous=previous)
    made = planner.plan(problem, progress=watch.tell, cancelled=watch.cancelled)
    offered = _offers(problem, made, watch)
    return Made(problem, made, offered, {})


def _answer(request: PlanRequest, base: Plan, ground: Ground, wishes: PlanWishes, watch: Watch) -> Made:
    """The plan with and without the change, both on today's ground, so that nothing else counts."""
    today = today_of(request.organization)
    previous = base.based_on.value if base.kind == Plan.Kind.REPLAN and base.based_on else None

    def built(asked: PlanWishes) -> PlanProblem:
        return build_problem(ground, asked, today=today, previous=previous)

    as_is = built(wishes_from_dict(base.wishes))
    before = base_value = base.value
    if as_is.input_hash != base.input_hash:
        before = planner.plan(as_is, progress=watch.tell, cancelled=watch.cancelled)
    problem = built(wishes)
    after = planner.plan(problem, progress=watch.tell, cancelled=watch.cancelled)
    found = what_if.compare(request.name, before, after)
    said = {name: value for name, value in asdict(found).items() if name != "plan"}
    said["baseline"] = before.to_dict() if before is not base_value else None
    return Made(problem, after, _offers(problem, after, watch), {**request.change, **said})


def _offers(problem: PlanProblem, made: PlanValue, watch: Watch) -> list[dict[str, Any]]:
    if made.found:
        return []
    found = relaxations(problem, progress=watch.tell, cancelled=watch.cancelled)
    return [asdict(relaxation) for relaxation in found]


def _refuse_broken(made: Made) -> None:
    """The independent check of every rule; what it finds names the place."""
    violations = check(made.problem, made.plan)
    if not violations:
        return
    first = violations[0]
    known = made.problem.catalogue.by_key.get(first.key)
    place = known.title if known else first.key or "the plan as a whole"
    raise BrokenPlan(
        f"The plan that was found breaks a rule and was not stored. {place}: {first.sentence} "
        f"({len(violations)} found, rule {first.code})."
    )


@transaction.atomic
def _store(
    request: PlanRequest,
    organization: Organization,
    result: Result,
    ground: Ground,
    wishes: PlanWishes,
    made: Made,
) -> Plan:
    """The row of the plan; numbers are given one after the other under the organization's lock."""
    Organization.objects.select_for_update().get(pk=organization.pk)
    taken = PlanRequest.objects.filter(pk=request.pk, plan__isnull=False).first()
    if taken is not None and taken.plan is not None:
        return taken.plan
    last = Plan.objects.filter(organization=organization).aggregate(last=Max("number"))["last"] or 0
    canonical = made.plan.to_json()
    gone = gone_use_cases(organization)
    row = Plan.objects.create(
        organization=organization,
        number=last + 1,
        name=request.name,
        kind=request.kind,
        result=result,
        result_hash=result.result_hash,
        based_on=request.based_on,
        wishes=wishes.to_dict(),
        basis=basis_of(ground, wishes, result_hash=result.result_hash, gone_use_cases=gone),
        entries=_entries(made),
        problem=canonical_json(made.problem.to_dict()),
        canonical=canonical,
        relaxations=made.relaxations,
        what_if=made.what_if,
        plan_hash=hashlib.sha256(canonical.encode()).hexdigest(),
        created_by=request.created_by,
        **_figures(made.plan),
    )
    PlanRequest.objects.filter(pk=request.pk).update(plan=row)
    audit.record(
        organization=organization,
        actor=request.created_by,
        event="plan.made",
        subject=row,
        data={
            "number": row.number,
            "status": row.status,
            "input_hash": row.input_hash,
            "hash": row.plan_hash,
        },
    )
    return row


def _figures(plan: PlanValue) -> dict[str, Any]:
    """What lists show of a plan without reading all of it."""
    copied = ("status", "solver", "input_hash", "target_phase", "target_week", "poc_week", "cost_high")
    return {
        **{name: getattr(plan, name) for name in copied},
        "seed": plan.seed,
        "week_zero": plan.week_zero,
        "initiatives": len(plan.items),
    }


def _entries(made: Made) -> dict[str, Any]:
    """What the catalogue says about each initiative of the plan and about those that come next."""
    keys = {*made.plan.by_key, *made.plan.next_items}
    by_key = made.problem.catalogue.by_key
    return {key: initiative_to_dict(by_key[key]) for key in sorted(keys) if key in by_key}


def _outcome(plan: Plan) -> Outcome:
    view = "roadmap:what_if_answer" if plan.kind == Plan.Kind.WHAT_IF else "roadmap:show"
    with as_in(plan.organization):
        return Outcome(summary(plan.content), reverse(view, args=[plan.pk]))
