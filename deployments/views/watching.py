"""Settings of what a deployment is watched by, and of what is kept of its inputs."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import person
from deployments.access import get_standing
from deployments.actions.watching import change_watching, delete_samples
from deployments.forms_monitoring import WatchingForm
from deployments.models import Deployment, Sample
from deployments.references import sample_from_gateway
from deployments.watch.drifting import live_release
from ui.errors import Conflict
from ui.words import plural


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def watching(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who is told when, and which samples are kept for how long."""
    deployment = get_standing(request.user, pk, need="lead").deployment
    _require_served(deployment)
    posted = request.POST if request.method == "POST" else None
    form = WatchingForm(posted, deployment=deployment, columns=_columns(deployment))
    if request.method == "POST" and form.is_valid():
        change_watching(deployment, by=person(request), values=form.cleaned_data)
        messages.success(request, "The limits and what is kept are as you said.")
        return redirect("deployments:show", deployment.pk)
    kept = Sample.objects.filter(deployment=deployment)
    context = {
        "deployment": deployment,
        "form": form,
        "kept": kept.count(),
        "oldest": kept.order_by("at").values_list("at", flat=True).first(),
    }
    return render(request, "deployments/watching.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask once, then delete what is kept."""
    deployment = get_standing(request.user, pk, need="lead").deployment
    if request.method == "POST":
        count = delete_samples(deployment, by=person(request))
        messages.success(request, f"{count:,} kept rows were deleted.")
        return redirect("deployments:watching", deployment.pk)
    kept = Sample.objects.filter(deployment=deployment).count()
    context = {
        "kind": f"{deployment.environment.name} · {deployment.title}",
        "title": "Delete what is kept",
        "effects": [
            f"{plural(kept, 'kept row goes', 'kept rows go')} for good, with answers and known truth.",
            "Answered files go, and reference samples that were made of kept rows.",
            "Counts, histograms and drift readings stay: no row can be told from them.",
        ],
        "button": "Delete what is kept",
        "cancel_url": reverse("deployments:watching", args=[deployment.pk]),
    }
    return render(request, "ui/confirm.html", context)


@require_POST
@login_required
def take_reference(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Hold live inputs against what was asked until now, where nothing of the training is at hand."""
    deployment = get_standing(request.user, pk, need="lead").deployment
    kept = sample_from_gateway(deployment, by=person(request))
    words = f"{kept.rows:,} kept rows are the reference of {kept.model} version {kept.version}."
    messages.success(request, words)
    return redirect("deployments:watching", deployment.pk)


def _columns(deployment: Deployment) -> list[str]:
    release = live_release(deployment) or deployment.releases.first()
    inputs = release.signature.get("inputs") or [] if release else []
    return [str(column["name"]) for column in inputs if column.get("name")]


def _require_served(deployment: Deployment) -> None:
    if deployment.is_external:
        raise Conflict(f"{deployment.title} runs elsewhere: nothing of it is measured here.")
