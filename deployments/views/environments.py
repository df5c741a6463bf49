"""Environments: what an organization has, and their rules."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import current_membership, person
from accounts.permissions import allowed
from deployments.access import get_environment
from deployments.actions.environments import (
    CHANGEABLE,
    archive_environment,
    require_archivable,
    save_environment,
)
from deployments.drivers import why_off
from deployments.forms import EnvironmentForm, refuse
from deployments.models import Environment
from ui.errors import Invalid

GET_AND_POST = ["GET", "HEAD", "POST"]


@require_safe
@login_required
def environments(request: HttpRequest) -> HttpResponse:
    """Where models of the organization can answer, with the rules of each place."""
    membership = current_membership(request)
    organization = membership.organization
    served = Count("deployments", filter=Q(deployments__archived_at=None))
    rows = Environment.objects.filter(organization=organization, archived_at=None).annotate(served=served)
    found = [(row, why_off(row.driver)) for row in rows.order_by("position", "name")]
    context = {
        "rows": found,
        "manages": allowed(membership.role, "manage", organization.state),
    }
    return render(request, "deployments/environments.html", context)


@require_http_methods(GET_AND_POST)
@login_required
def add(request: HttpRequest) -> HttpResponse:
    """Make another one."""
    organization = current_membership(request, "manage").organization
    return _edit(request, Environment(organization=organization), new=True)


@require_http_methods(GET_AND_POST)
@login_required
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change the rules of one."""
    return _edit(request, get_environment(request.user, pk, need="manage"), new=False)


def _edit(request: HttpRequest, row: Environment, *, new: bool) -> HttpResponse:
    initial = {name: getattr(row, name) for name in CHANGEABLE}
    form = EnvironmentForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            save_environment(
                row.organization,
                by=person(request),
                values=form.cleaned_data,
                environment=None if new else row,
            )
        except Invalid as error:
            refuse(form, error.fields, error.message)
        else:
            messages.success(request, "The environment is kept. What runs there follows it from now on.")
            return redirect("deployments:environments")
    context = {"environment": row, "new": new, "form": form, "why_off": "" if new else why_off(row.driver)}
    return render(request, "deployments/environment.html", context, status=422 if form.errors else 200)


@require_http_methods(GET_AND_POST)
@login_required
def archive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask once, then put one away."""
    row = get_environment(request.user, pk, need="manage")
    if request.method == "POST":
        archive_environment(row, by=person(request))
        messages.success(request, f"{row.name} is archived.")
        return redirect("deployments:environments")
    require_archivable(row)
    context = {
        "kind": "Environments",
        "title": f"Archive {row.name}",
        "effects": [
            "Nothing can be deployed there any more.",
            "Waivers and histories that name it are kept.",
        ],
        "button": f"Archive {row.name}",
        "cancel_url": reverse("deployments:environment", args=[row.pk]),
    }
    return render(request, "ui/confirm.html", context)
