"""Asking for plans: a new one, a replan, an offered change, a what-if; and watching them being made."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import current_membership, person
from accounts.models import Organization
from assessment.evidence.capacity import role_capacity
from assessment.queries import latest_result
from jobs.models import Job
from jobs.panel import panel
from roadmap import actions
from roadmap.access import get_plan, get_request
from roadmap.forms import WhatIfForm, WishesForm, default_wishes, show_invalid
from roadmap.models import Plan, PlanRequest
from roadmap.plan_page import view_of
from roadmap.queries import capacity_of, today_of
from roadmap.wishes import PlanWishes, wishes_from_dict
from ui.errors import Invalid

FORM = ("GET", "HEAD", "POST")


@require_http_methods(FORM)
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """What is wished for, with defaults; sent, it becomes a job."""
    organization = current_membership(request, "manage").organization
    result = latest_result(organization)
    if result is None:
        return redirect("roadmap:plan")
    content = result.content
    phase = max(2, int(content["target_phase"]))
    route = str(content["round"].get("preferred_route", ""))
    wishes = default_wishes(today_of(organization), target_phase=phase, route=route)
    target = content["round"].get("target_date")
    form = _form(request, organization, wishes, last_phase=int(content["last_phase"]))
    if request.method == "POST" and form.is_valid():
        made = _send(
            form,
            lambda: actions.request_plan(
                organization, form.asked(), by=person(request), name=form.cleaned_data["name"]
            ),
        )
        if made is not None:
            return redirect("roadmap:making", pk=made.pk)
    context = {
        "form": form,
        "result": result,
        "target_date": target,
        "kind": f"Roadmap · from {result.assessment.title}",
        "title": "Plan the way to the next phase",
        "lede": "The planner chooses initiatives and weeks, so that the gates hold as early as people, "
        "attention and money allow. Every figure below can stay as it is.",
        "button": "Make the plan",
        "cancel_url": reverse("roadmap:plan"),
    }
    return render(request, "roadmap/wishes.html", context, status=422 if form.errors else 200)


@require_http_methods(FORM)
@login_required
def replan(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The wishes of a plan, to plan again from where one stands; done and running work stays."""
    plan = get_plan(request.user, pk, need="manage")
    organization = plan.organization
    result = latest_result(organization)
    last_phase = int(result.content["last_phase"]) if result else 3
    form = _form(request, organization, wishes_from_dict(plan.wishes), last_phase=last_phase, name=plan.name)
    if request.method == "POST" and form.is_valid():
        made = _send(form, lambda: _again(plan, form, request))
        if made is not None:
            return redirect("roadmap:making", pk=made.pk)
    context = {
        "form": form,
        "result": result,
        "kind": plan.title,
        "title": "Plan again from where you stand",
        "lede": "What is done or running keeps its weeks, and what was agreed moves as little as it can."
        if plan.found
        else "Change what stands in the way; the planner then looks again.",
        "button": "Plan again",
        "cancel_url": reverse("roadmap:show", args=[plan.pk]),
    }
    return render(request, "roadmap/wishes.html", context, status=422 if form.errors else 200)


def _again(plan: Plan, form: WishesForm, request: HttpRequest) -> PlanRequest:
    by, name = person(request), form.cleaned_data["name"]
    if plan.found:
        return actions.replan(plan, by=by, wishes=form.asked(), name=name)
    return actions.request_plan(plan.organization, form.asked(), by=by, name=name or plan.name)


def _form(
    request: HttpRequest, organization: Organization, wishes: PlanWishes, *, last_phase: int, name: str = ""
) -> WishesForm:
    return WishesForm(
        request.POST or None,
        wishes=wishes,
        capacity=capacity_of(organization),
        from_roster=bool(role_capacity(organization)),
        currency=organization.currency,
        last_phase=last_phase,
        name=name,
    )


def _send(form: Any, ask: Any) -> PlanRequest | None:
    """The request, or None after showing in the form what was refused."""
    try:
        made: PlanRequest = ask()
    except Invalid as error:
        show_invalid(form, error)
        return None
    return made


@require_POST
@login_required
def relax(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """Plans with a change that was offered when no plan was found."""
    plan = get_plan(request.user, pk, need="manage")
    made = actions.relax_plan(plan, number, by=person(request))
    return redirect("roadmap:making", pk=made.pk)


@require_http_methods(FORM)
@login_required
def what_if(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks which item is left out or comes later, and lets the planner say what that costs."""
    plan = get_plan(request.user, pk, need="manage")
    view = view_of(plan)
    items = [(item.key, item.title) for item in view.items if item.item.state == "planned"]
    initial = {"item": request.GET.get("item", ""), "change": "drop"}
    form = WhatIfForm(request.POST or None, items=items, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = _send(
            form,
            lambda: actions.request_what_if(
                plan, by=person(request), change=given["change"], key=given["item"], weeks=given["weeks"] or 0
            ),
        )
        if made is not None:
            return redirect("roadmap:making", pk=made.pk)
    context = {"plan": plan, "form": form, "view": view, "items": items}
    return render(request, "roadmap/what_if.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def know(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks what a gate that nobody knows costs: the plan if it turned out to hold."""
    plan = get_plan(request.user, pk, need="manage")
    item, _, level = request.POST.get("gate", "").rpartition(":")
    gate = [item, int(level)] if level.isdigit() and len(level) == 1 else []
    made = actions.request_what_if(plan, by=person(request), change="know", gate=gate)
    return redirect("roadmap:making", pk=made.pk)


@require_safe
@login_required
def making(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A plan while it is being made; afterward, its page."""
    asked = get_request(request.user, pk)
    if asked.plan is not None:
        view = "what_if_answer" if asked.kind == Plan.Kind.WHAT_IF else "show"
        return redirect(f"roadmap:{view}", pk=asked.plan.pk)
    job = asked.job
    mine = job is not None and job.requested_by_id == person(request).pk
    context = {
        "asked": asked,
        "job": panel(job) if job is not None and mine else None,
        "state": job.get_state_display() if job is not None else "",
        "open": job is not None and job.state in Job.OPEN,
    }
    return render(request, "roadmap/making.html", context)
