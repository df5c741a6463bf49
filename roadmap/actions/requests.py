"""Asking the planner: a new plan, a replan, a relaxation that was offered, a what-if."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse

from accounts import audit
from accounts.models import Organization, User
from jobs import actions as jobs
from jobs.models import Job
from roadmap.catalogue import Catalogue
from roadmap.models import Plan, PlanRequest
from roadmap.plan_models import NAME_LENGTH
from roadmap.problem import PlanProblem, ProblemError, canonical_json
from roadmap.problem_builder import build_problem
from roadmap.queries import ground_of, starting_result, today_of
from roadmap.wishes import PlanWishes, complaints, wishes_from_dict
from ui.errors import Conflict, Invalid, TooMany

MOST_OPEN = 4
MOST_WEEKS = 260
JOB = "roadmap.plan"


def request_plan(
    organization: Organization, wishes: PlanWishes, *, by: User | None, name: str = ""
) -> PlanRequest:
    """Ask for a new plan. Raises Invalid with the field and what is allowed there."""
    return _request(organization, wishes, by=by, name=name or _free_name(organization))


def replan(plan: Plan, *, by: User | None, wishes: PlanWishes | None = None, name: str = "") -> PlanRequest:
    """Plan again from where the organization stands now; what is done or running stays, and so does what
    was agreed as far as it can."""
    _refuse_impossible(plan)
    return _request(
        plan.organization,
        wishes or wishes_from_dict(plan.wishes),
        by=by,
        name=name or plan.name,
        kind=Plan.Kind.REPLAN,
        based_on=plan,
    )


def relax_plan(plan: Plan, number: int, *, by: User | None) -> PlanRequest:
    """Plan with the change that was offered under `number` when no plan was found."""
    if not 0 <= number < len(plan.relaxations):
        raise Invalid("This plan offers no such change.")
    wishes = relaxed(wishes_from_dict(plan.wishes), plan.relaxations[number])
    base = plan.based_on if plan.kind == Plan.Kind.REPLAN else None
    kind = Plan.Kind.REPLAN if base else Plan.Kind.PLAN
    return _request(plan.organization, wishes, by=by, name=plan.name, kind=kind, based_on=base)


def request_what_if(
    plan: Plan, *, by: User | None, change: str, key: str = "", weeks: int = 0, gate: Sequence[Any] = ()
) -> PlanRequest:
    """Ask what dropping or delaying an item costs, or what a gate that nobody knows costs.

    change: drop, delay (with `weeks`) or know (with `gate`, an item and a level).
    """
    _refuse_impossible(plan)
    wishes, name = _changed(plan, change, key, weeks, gate)
    said = {"change": change, "key": key, "weeks": weeks, "gate": list(gate)}
    return _request(
        plan.organization, wishes, by=by, name=name, kind=Plan.Kind.WHAT_IF, based_on=plan, change=said
    )


def relaxed(wishes: PlanWishes, relaxation: Mapping[str, Any]) -> PlanWishes:
    """The wishes with one relaxation, or with all parts of a combination."""
    kind, after = relaxation["kind"], relaxation["after"]
    if kind == "combination":
        for part in relaxation["parts"]:
            wishes = relaxed(wishes, part)
        return wishes
    if kind == "date":
        return wishes.with_changes(by=wishes.week_zero + _weeks(after))
    if kind == "budget":
        return wishes.with_changes(budget=after)
    if kind == "role":
        return wishes.with_changes(capacity={**wishes.capacity, relaxation["ref"]: after})
    if kind == "audience":
        return wishes.with_changes(at_once={**wishes.at_once, relaxation["ref"]: after})
    if kind == "gates":
        points = [(item, int(level)) for item, _, level in (n.rpartition("@") for n in relaxation["names"])]
        return wishes.with_changes(dropped=tuple(sorted({*wishes.dropped, *points})))
    return _without_choices(wishes, set(relaxation["names"]))


def _without_choices(wishes: PlanWishes, keys: set[str]) -> PlanWishes:
    """The wishes without choices made by hand; those of the organization are set aside for this plan."""
    return wishes.with_changes(
        set_aside=tuple(sorted({*wishes.set_aside, *keys})),
        taken_in=tuple(key for key in wishes.taken_in if key not in keys),
        left_out=tuple(key for key in wishes.left_out if key not in keys),
        pins={key: day for key, day in wishes.pins.items() if key not in keys},
    )


def _weeks(count: int) -> timedelta:
    return timedelta(weeks=count)


def _changed(plan: Plan, change: str, key: str, weeks: int, gate: Sequence[Any]) -> tuple[PlanWishes, str]:
    """The wishes of the plan with the change, and a name for the question."""
    wishes = wishes_from_dict(plan.wishes)
    if change == "know":
        point = _unknown_gate(plan, gate)
        return wishes.with_changes(
            assumed=tuple(sorted({*wishes.assumed, point}))
        ), "A gate turns out to hold"
    item = plan.value.by_key.get(key)
    if item is None or item.state != "planned":
        raise Invalid(
            "Choose an item of the plan that has not begun.", fields={"item": ["Not in this plan."]}
        )
    if change == "drop":
        left_out = tuple(sorted({*wishes.left_out, key}))
        taken_in = tuple(other for other in wishes.taken_in if other != key)
        pins = {other: day for other, day in wishes.pins.items() if other != key}
        changed = wishes.with_changes(left_out=left_out, taken_in=taken_in, pins=pins)
        return changed, f"Without {item.title}"
    if change != "delay" or not 1 <= weeks <= MOST_WEEKS:
        raise Invalid(
            "Say by how many weeks it is delayed.",
            fields={"weeks": [f"A whole number from 1 to {MOST_WEEKS}."]},
        )
    monday = wishes.week_zero + _weeks(item.start_week + weeks)
    changed = wishes.with_changes(
        at_least={**wishes.at_least, key: monday},
        taken_in=tuple(sorted({*wishes.taken_in, key})),
        pins={other: day for other, day in wishes.pins.items() if other != key},
    )
    return changed, f"{item.title}, {weeks} {'week' if weeks == 1 else 'weeks'} later"


def _unknown_gate(plan: Plan, gate: Sequence[Any]) -> tuple[str, int]:
    known = {(row.item, row.level) for row in plan.value.gates if not row.known}
    found = [point for point in known if [*point] == [*gate]]
    if not found:
        raise Invalid("Choose a gate that nobody knows.", fields={"gate": ["Not among the unknown gates."]})
    return found[0]


def _refuse_impossible(plan: Plan) -> None:
    if not plan.found:
        raise Conflict("This is no plan that work could follow. Plan again with other wishes.")


def _request(
    organization: Organization,
    wishes: PlanWishes,
    *,
    by: User | None,
    name: str,
    kind: str = Plan.Kind.PLAN,
    based_on: Plan | None = None,
    change: Mapping[str, Any] | None = None,
) -> PlanRequest:
    _refuse_unplannable(organization, wishes, based_on)
    with transaction.atomic():
        open_jobs = Job.objects.filter(organization=organization, name=JOB, state__in=Job.OPEN).count()
        if open_jobs >= MOST_OPEN:
            raise TooMany(f"{open_jobs} plans are being made already. Wait for one of them.")
        request = PlanRequest.objects.create(
            organization=organization,
            kind=kind,
            name=name.strip()[:NAME_LENGTH],
            wishes=wishes.to_dict(),
            based_on=based_on,
            change=dict(change or {}),
            created_by=by,
        )
        return _start(request, by)


def _start(request: PlanRequest, by: User | None) -> PlanRequest:
    """Start the job; the same request while the first is open returns the first."""
    said = canonical_json([request.kind, request.wishes, str(request.based_on_id), request.change])
    digest = hashlib.sha256(said.encode()).hexdigest()[:40]
    job = jobs.request(
        JOB,
        request.pk,
        title=f"Planning: {request.name}",
        by=by,
        organization=request.organization,
        key=f"{JOB}:{request.organization_id}:{digest}",
        back_url=reverse("roadmap:plan"),
    )
    if job.args != [str(request.pk)]:
        first = PlanRequest.objects.filter(pk=job.args[0]).first()
        request.delete()
        if first is None:
            raise Conflict("The same plan is being made already.")
        return first
    PlanRequest.objects.filter(pk=request.pk).update(job=job)
    request.job = job
    audit.record(
        organization=request.organization,
        actor=by,
        event="plan.requested",
        subject=request,
        data={"kind": request.kind, "target_phase": request.wishes["target_phase"]},
    )
    return request


def _refuse_unplannable(organization: Organization, wishes: PlanWishes, based_on: Plan | None) -> None:
    """What the form can say at once is not left for the worker to find."""
    today = today_of(organization)
    problems = complaints(wishes, today, replanning=based_on is not None)
    if problems:
        raise Invalid(
            "Some fields need another value.", fields={name: [text] for name, text in problems.items()}
        )
    ground = ground_of(organization, starting_result(organization))
    _refuse_unknown(wishes, ground.catalogue)
    try:
        problem: PlanProblem = build_problem(ground, wishes, today=today)
    except ProblemError as error:
        raise Invalid(str(error)) from error
    if problem.not_before >= problem.by_week:
        raise Invalid("The by-date leaves no week to plan in.", fields={"by": ["Choose a later day."]})


def _refuse_unknown(wishes: PlanWishes, catalogue: Catalogue) -> None:
    """Initiatives that were wished for by a key that is none;"""
    for name, keys in (("taken_in", wishes.taken_in), ("left_out", wishes.left_out)):
        unknown = sorted(set(keys) - set(catalogue.by_key))
        if unknown:
            raise Invalid(
                "Some fields need another value.",
                fields={name: [f"{unknown[0]!r} is not an initiative of the catalogue."]},
            )


def _free_name(organization: Organization) -> str:
    """Plan A, Plan B, ... for those who give no name."""
    count = Plan.objects.filter(organization=organization).exclude(kind=Plan.Kind.WHAT_IF).count()
    return f"Scenario {count + 1}"
