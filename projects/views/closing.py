"""Closing a project, pausing it, taking it up again."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import person
from projects.access import get_project_to_move
from projects.actions.closing import close_project, move_project
from projects.forms import CloseForm
from projects.views.frame import posted


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask what came of it, then close the project."""
    project = get_project_to_move(request.user, pk).project
    form = CloseForm(posted(request), with_initiative=bool(project.initiative) and project.charter_id is None)
    if request.method == "POST" and form.is_valid():
        close_project(project, by=person(request), **form.cleaned_data)
        messages.success(request, "The project is closed.")
        return redirect("projects:show", project.pk)
    context = {
        "kind": "Project",
        "title": f"Close “{project.name}”",
        "effects": [
            "Nothing in it can be changed any more; everything stays to be read.",
            "Check-ins are not asked for, and nobody is waited for any longer.",
            "Its lead can take it up again.",
        ],
        "form": form,
        "button": "Close the project",
        "cancel_url": reverse("projects:show", args=[project.pk]),
    }
    return render(request, "ui/confirm.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def move(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Pause the project, or take it up again."""
    project = get_project_to_move(request.user, pk).project
    move_project(project, request.POST.get("to", ""), by=person(request), left=request.POST.get("left", ""))
    messages.success(request, f"The project is {project.get_state_display().lower()}.")
    return redirect("projects:show", project.pk)
