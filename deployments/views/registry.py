"""The registry: every deployment of the organization in one table, and the card of each version."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import current_membership
from accounts.permissions import allowed
from deployments.access import require_nameable
from deployments.model_card import card_of
from deployments.models import Environment
from deployments.queries import deployments_of
from deployments.registry_rows import SORTS, STATES, Wish, fitting, rows_of
from projects.access import get_project_named
from ui.errors import NotFound

PAGE = 50


@require_safe
@login_required
def registry(request: HttpRequest) -> HttpResponse:
    """What is deployed where, by whom, and how it does."""
    membership = current_membership(request)
    organization = membership.organization
    every = rows_of(list(deployments_of(organization)))
    wish = Wish.of(request.GET)
    page = Paginator(fitting(every, wish), PAGE).get_page(request.GET.get("page"))
    query = wish.query()
    context = {
        "page": page,
        "wish": wish,
        "every": len(every),
        "bad": sum(row.needs_attention for row in every),
        "live": sum(row.word in ("Live", "Canary") for row in every),
        "environments": Environment.objects.filter(organization=organization, archived_at=None),
        "states": STATES.items(),
        "heads": {
            key: {
                "label": label,
                "url": f"?{wish.query(sort='' if wish.sort == key else key)}",
                "sorted": "ascending" if wish.sort == key else "",
            }
            for key, (label, _) in SORTS.items()
        },
        "query": f"{query}&" if query else "",
        "manages": allowed(membership.role, "manage", organization.state),
    }
    return render(request, "deployments/registry.html", context)


@require_safe
@login_required
def card(request: HttpRequest, slug: str, model: str, version: int) -> HttpResponse:
    """The card of one version: its data, parameters, metrics, honest limits, and who signed them."""
    project = get_project_named(request.user, slug)
    require_nameable(model, version)
    found = card_of(project, model, version)
    if found is None:
        raise NotFound
    return render(request, "deployments/card.html", {"project": project, "card": found})
