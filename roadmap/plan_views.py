"""Reading, comparing and publishing plans."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.access import current_membership, person
from accounts.models import Membership
from accounts.permissions import allowed
from assessment.queries import latest_result
from roadmap import actions
from roadmap.access import get_plan, get_plan_and_membership
from roadmap.charts import FIGURES
from roadmap.models import Plan
from roadmap.plan_page import answer_context, compare_context, plan_context, view_of
from roadmap.queries import latest_plan, open_requests, plans_of
from ui.downloads import figure_csv, figure_json
from ui.errors import NotFound
from ui.panels import fill

PER_PAGE = 50


def rights(membership: Membership) -> dict[str, bool]:
    """What this person may do with plans: viewers read, members keep progress, leaders plan."""
    state = membership.organization.state
    return {
        "edits": allowed(membership.role, "edit", state),
        "plans": allowed(membership.role, "manage", state),
    }


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """The plan that the organization works by, its newest draft, or how to begin."""
    membership = current_membership(request)
    organization = membership.organization
    plan = latest_plan(organization)
    if plan is not None:
        return _page(request, plan, membership)
    context = {
        "result": latest_result(organization),
        "requests": open_requests(organization),
        **rights(membership),
    }
    return render(request, "roadmap/empty.html", context)


@require_safe
@login_required
def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One plan, whatever its state."""
    plan, membership = get_plan_and_membership(request.user, pk)
    return _page(request, plan, membership)


def _page(request: HttpRequest, plan: Plan, membership: Membership) -> HttpResponse:
    context = plan_context(plan, item=request.GET.get("item", "")) | rights(membership)
    template = "roadmap/plan.html" if plan.found else "roadmap/impossible.html"
    page = render_to_string(template, context, request)
    return HttpResponse(fill(page, request, plan.organization))


@require_safe
@login_required
def history(request: HttpRequest) -> HttpResponse:
    """All plans, newest first, with those that were put aside."""
    membership = current_membership(request)
    rows = plans_of(membership.organization) | plans_of(membership.organization, archived=True)
    page = Paginator(rows.order_by("-number"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "roadmap/history.html", {"page": page, **rights(membership)})


@require_safe
@login_required
def compare(request: HttpRequest) -> HttpResponse:
    """Two plans side by side; `a` and `b` are their ids."""
    first, second = (get_plan(request.user, _uuid(request.GET.get(name, ""))) for name in ("a", "b"))
    if first.organization_id != second.organization_id or not (first.found and second.found):
        raise NotFound
    comparison = compare_context(view_of(first), view_of(second))
    return render(request, "roadmap/compare.html", {"comparison": comparison, **comparison})


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


@login_required
def publish(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks what publishing means, then does it."""
    plan, _ = get_plan_and_membership(request.user, pk, need="manage")
    if request.method == "POST":
        actions.publish_plan(plan, by=person(request))
        messages.success(request, f"{plan.title} is the plan that you work by now.")
        return redirect("roadmap:plan")
    current = Plan.objects.filter(organization=plan.organization, state=Plan.State.PUBLISHED).first()
    effects = [
        f"{plan.title} becomes the plan that this organization works by; every member sees it first.",
        f"{current.title} is replaced and stays in the history." if current else "It is the first one.",
        "What is done or running keeps its state.",
    ]
    context = {
        "kind": plan.title,
        "title": "Publish this plan",
        "effects": effects,
        "button": f"Publish plan {plan.number}",
        "button_kind": "primary",
        "cancel_url": reverse("roadmap:show", args=[plan.pk]),
    }
    return render(request, "ui/confirm.html", context)


@require_POST
@login_required
def archive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Puts a draft aside."""
    plan = get_plan(request.user, pk, need="manage")
    actions.archive_plan(plan, by=person(request))
    messages.success(request, f"{plan.title} is put aside; it stays in the history.")
    return redirect("roadmap:plan")


@require_safe
@login_required
def what_if_answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a change would cost, in weeks and money."""
    plan, membership = get_plan_and_membership(request.user, pk)
    if plan.kind != Plan.Kind.WHAT_IF or not plan.what_if:
        raise NotFound
    return render(request, "roadmap/answer.html", answer_context(plan) | rights(membership))


@require_GET
@login_required
def chart_csv(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """The numbers of one figure as CSV."""
    return figure_csv(_spec(request, pk, key))


@require_GET
@login_required
def chart_live(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """The same figure for Plotly."""
    return figure_json(_spec(request, pk, key))


def _spec(request: HttpRequest, pk: UUID, key: str) -> Any:
    plan = get_plan(request.user, pk)
    if key not in FIGURES or not plan.found:
        raise NotFound
    spec = FIGURES[key](view_of(plan))
    if spec is None:
        raise NotFound
    return spec
