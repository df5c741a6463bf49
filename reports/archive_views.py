"""The archive of a project: what is in it, asking for it, and its download."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import person
from jobs import files
from jobs.models import Job
from jobs.panel import panel
from reports.access import get_project_to_archive
from reports.archiving import job_key, request_archive
from reports.models import ProjectArchive
from ui.errors import NotFound


@require_safe
@login_required
def archive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make the archive, watch it being made, download the last one."""
    user = person(request)
    project = get_project_to_archive(user, pk)
    job = Job.objects.filter(key=job_key(project, user)).order_by("-created_at").first()
    context = {
        "project": project,
        "job": panel(job) if job and job.state != Job.State.DONE else None,
        "archive": ProjectArchive.objects.filter(project=project).select_related("file", "made_by").first(),
    }
    return render(request, "reports/archive.html", context)


@require_POST
@login_required
def make(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask for the archive; the page then shows how far it is."""
    user = person(request)
    request_archive(get_project_to_archive(user, pk), by=user)
    return redirect("reports:archive", pk)


@require_safe
@login_required
def download(request: HttpRequest, pk: UUID) -> FileResponse:
    """The archive as a file."""
    project = get_project_to_archive(person(request), pk)
    kept = ProjectArchive.objects.filter(project=project).select_related("file").first()
    if kept is None:
        raise NotFound
    response = FileResponse(
        files.open_file(kept.file),
        as_attachment=True,
        filename=kept.file.name,
        content_type=kept.file.content_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
