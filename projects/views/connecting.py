"""The page that connects a training script: an address, a token, and whether the first run has arrived."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import person, require_fresh
from projects.access import Standing, get_standing
from projects.actions.tokens import create_project_token, revoke_project_token
from projects.forms import TokenForm
from projects.models import ProjectToken
from projects.tracking import records, server
from projects.views.frame import frame, notes, posted
from ui.errors import NotFound


@require_safe
@login_required
def connect(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How to connect, one's tokens, and the first run."""
    return _page(request, get_standing(request.user, pk), TokenForm())


def _page(request: HttpRequest, standing: Standing, form: TokenForm, secret: str = "") -> HttpResponse:
    project = standing.project
    tokens = ProjectToken.objects.filter(project=project, revoked_at=None).select_related("user")
    if not standing.may("lead"):
        tokens = tokens.filter(user=person(request))
    context = {
        **frame(standing, "connect"),
        "notes": notes(request, project),
        **_arrival(project.slug),
        "why_off": server.why_off(),
        "address": f"{settings.GATES_URL}/mlflow/{project.slug}",
        "tokens": tokens.order_by("-created_at"),
        "form": form,
        "secret": secret,
    }
    response = render(request, "projects/connect.html", context, status=422 if form.errors else 200)
    response["Cache-Control"] = "no-store"
    return response


def _arrival(slug: str) -> dict[str, Any]:
    """The newest run, and whether tracking can be asked at all."""
    try:
        page = records.runs_of(slug, records.Wish())
    except records.TrackingIsAway:
        return {"away": True, "newest": None, "run_count": 0}
    return {"away": False, "newest": page.runs[0] if page.runs else None, "run_count": page.total}


@require_safe
@login_required
def arrival(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Whether the first run has arrived; asked again every few seconds until it has."""
    project = get_standing(request.user, pk).project
    return render(request, "projects/_arrival.html", {"project": project, **_arrival(project.slug)})


@require_POST
@login_required
def make_token(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a token for tracking and show it once; needs a fresh sign-in."""
    standing = get_standing(request.user, pk, need="contribute")
    form = TokenForm(posted(request))
    if not form.is_valid():
        return _page(request, standing, form)
    require_fresh(request)
    _, secret = create_project_token(
        standing.project,
        by=person(request),
        scope=ProjectToken.Scope.TRACKING,
        name=form.cleaned_data["name"],
    )
    return _page(request, standing, TokenForm(), secret)


@require_POST
@login_required
def revoke_token(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End a token: one's own, or as a lead anybody's."""
    token = ProjectToken.objects.select_related("project__organization").filter(pk=pk).first()
    if token is None:
        raise NotFound
    standing = get_standing(request.user, token.project_id)
    if token.user_id != person(request).pk and not standing.may("lead"):
        raise NotFound
    revoke_project_token(token, by=person(request))
    messages.success(request, f"The token “{token.name}” is revoked.")
    return redirect("projects:connect", token.project_id)
