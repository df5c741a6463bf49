"""Progress of a job on the page that started it, and its cancel button."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from jobs import actions
from jobs.access import get_job
from jobs.panel import panel


@require_GET
@login_required
def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The job as a page, or as a fragment that asks again until the job has ended."""
    job = get_job(cast(User, request.user), pk)
    fragment = bool(getattr(request, "htmx", False))
    response = render(request, "ui/job.html" if fragment else "jobs/show.html", {"job": panel(job)})
    if fragment and job.state == job.State.DONE and job.result_url:
        response["HX-Redirect"] = job.result_url
    return response


@require_POST
@login_required
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    job = get_job(cast(User, request.user), pk)
    actions.cancel(job)
    return redirect("jobs:show", pk=pk)
