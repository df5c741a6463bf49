"""The archive of a project: what is in it, asking for it, and its download."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import get_membership, person
from accounts.models import Organization, User
from accounts.permissions import allowed
from jobs import files
from jobs.models import Job
from jobs.panel import panel
from projects.models import Project
from reports.access import get_project_to_archive
from reports.archive_limits import MOST, megabytes_of, set_limit
from reports.archiving import job_key, request_archive
from reports.models import ProjectArchive
from ui.errors import NotAllowed, NotFound
from ui.forms import PlainForm, ShortNumberInput


class LimitForm(PlainForm):
    megabytes = forms.IntegerField(
        min_value=0,
        max_value=MOST,
        widget=ShortNumberInput,
        label="Megabytes of files of runs in an archive",
        help_text="For all projects of the organization. Smaller files go first; what is left out is listed.",
    )


@require_safe
@login_required
def archive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make the archive, watch it being made, download the last one."""
    return _page(request, get_project_to_archive(person(request), pk))


def _page(request: HttpRequest, project: Project, form: LimitForm | None = None) -> HttpResponse:
    user, organization = person(request), project.organization
    kept = megabytes_of(organization)
    job = Job.objects.filter(key=job_key(project, user)).order_by("-created_at").first()
    context = {
        "project": project,
        "job": panel(job) if job and job.state != Job.State.DONE else None,
        "archive": ProjectArchive.objects.filter(project=project).select_related("file", "made_by").first(),
        "megabytes": kept,
        "form": (form or LimitForm(initial={"megabytes": kept})) if _limits(user, organization) else None,
    }
    return render(request, "reports/archive.html", context, status=422 if form else 200)


def _limits(user: User, organization: Organization) -> bool:
    membership = get_membership(user, organization)
    return membership is not None and allowed(membership.role, "manage", organization.state)


@require_POST
@login_required
def limit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say how much of what runs left goes into archives; for those who lead the organization."""
    user = person(request)
    project = get_project_to_archive(user, pk)
    if not _limits(user, project.organization):
        raise NotAllowed("Owners and facilitators of the organization choose this.")
    form = LimitForm(request.POST)
    if not form.is_valid():
        return _page(request, project, form)
    set_limit(project.organization, form.cleaned_data["megabytes"], by=user)
    messages.success(request, "Saved. It holds for the next archive.")
    return redirect("reports:archive", pk)


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
