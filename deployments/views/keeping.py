"""Deployments as objects: registered where they run elsewhere, changed, put away."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import current_membership, person
from deployments.access import get_deployment
from deployments.actions import keeping
from deployments.forms import ExternalForm, ServedForm, refuse
from deployments.models import Deployment, Environment
from projects.models import Project
from ui.errors import Invalid

GET_AND_POST = ["GET", "HEAD", "POST"]


@require_http_methods(GET_AND_POST)
@login_required
def external(request: HttpRequest) -> HttpResponse:
    """Register what runs elsewhere."""
    organization = current_membership(request, "manage").organization
    form = ExternalForm(
        request.POST if request.method == "POST" else None,
        environments=Environment.objects.filter(organization=organization, archived_at=None),
        projects=Project.objects.filter(organization=organization, archived_at=None),
    )
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        environment, project = values.pop("environment"), values.pop("project")
        try:
            made = keeping.register_external(
                organization, environment, by=person(request), values=values, project=project
            )
        except Invalid as error:
            refuse(form, error.fields, error.message)
        else:
            messages.success(request, f"{made.title} is in the registry.")
            return redirect("deployments:history", made.pk)
    return render(request, "deployments/external.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(GET_AND_POST)
@login_required
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change who answers for it and what answers when the model cannot."""
    deployment = get_deployment(request.user, pk, need="lead")
    form = _form(request, deployment)
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        for name in ("environment", "project"):
            values.pop(name, None)
        try:
            keeping.change_deployment(deployment, by=person(request), values=values)
        except Invalid as error:
            refuse(form, error.fields, error.message)
        else:
            messages.success(request, "Kept.")
            return redirect("deployments:history", deployment.pk)
    context = {"deployment": deployment, "form": form}
    return render(request, "deployments/change.html", context, status=422 if form.errors else 200)


def _form(request: HttpRequest, deployment: Deployment) -> ServedForm | ExternalForm:
    names = keeping.EXTERNAL if deployment.is_external else keeping.SERVED
    initial = {name: getattr(deployment, name) for name in names}
    given = request.POST if request.method == "POST" else None
    if not deployment.is_external:
        value = deployment.fallback_value
        initial["fallback_value"] = "" if value is None else json.dumps(value)
        return ServedForm(given, initial=initial)
    form = ExternalForm(
        given, initial=initial, environments=Environment.objects.none(), projects=Project.objects.none()
    )
    # Where it stands and whose it is were said when it was registered.
    del form.fields["environment"], form.fields["project"]
    return form


@require_http_methods(GET_AND_POST)
@login_required
def archive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask once, then put one away that runs no more."""
    deployment = get_deployment(request.user, pk, need="lead")
    if request.method == "POST":
        keeping.archive_deployment(deployment, by=person(request))
        messages.success(request, f"{deployment.title} is archived.")
        return redirect("deployments:list")
    keeping.require_archivable(deployment)
    answers = "It runs on where it is." if deployment.is_external else "Its address answers no more."
    context = {
        "kind": f"{deployment.environment.name} · {deployment.title}",
        "title": f"Archive {deployment.title}",
        "effects": [
            f"It leaves the registry, and its name is free. {answers}",
            "Its history is kept.",
            "It cannot come back: deploying again begins a new one.",
        ],
        "button": "Archive it",
        "cancel_url": reverse("deployments:change", args=[deployment.pk]),
    }
    return render(request, "ui/confirm.html", context)
