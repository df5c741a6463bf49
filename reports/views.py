"""The list of reports, the page of one, asking for it, and its download."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.access import current_membership, person
from jobs import files
from jobs.panel import panel
from reports import actions, queries
from reports.access import get_report
from reports.kinds import get_kind
from reports.models import Report
from ui.words import counted, sentence


@require_GET
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """What can be made and what was made."""
    user = person(request)
    membership = current_membership(request)
    offers = queries.offers(user, membership.organization)
    context = {
        "title": _title(len(offers)),
        "offers": offers,
        "made": queries.made(membership.organization, offers),
        "exports": queries.exportable(membership),
        "rounds_url": reverse("assessment:list"),
    }
    return render(request, "reports/list.html", context)


def _title(count: int) -> str:
    if not count:
        return "Nothing to print yet"
    return f"{sentence(counted(count, 'report', 'reports'))} can be printed"


@require_GET
@login_required
def show(request: HttpRequest, kind: str, pk: str) -> HttpResponse:
    """One report: make it, watch it being made, download what was made."""
    user, found = person(request), get_kind(kind)
    subject = found.find(user, pk, found.need)
    job = queries.open_job(found, subject, user)
    made = queries.made_of(found, subject)
    context = {
        "kind": found,
        "subject": subject,
        "job": panel(job) if job and (job.is_open or job.state != job.State.DONE) else None,
        "made": made,
        "latest": made[0] if made else None,
        "papers": Report.Paper.choices,
    }
    return render(request, "reports/show.html", context)


@require_POST
@login_required
def make(request: HttpRequest, kind: str, pk: str) -> HttpResponse:
    """Ask for the PDF; the page then shows how far it is."""
    user, found = person(request), get_kind(kind)
    subject = found.find(user, pk, found.need)
    actions.request_report(found, subject, paper=request.POST.get("paper", "A4"), by=user)
    return redirect("reports:show", kind=kind, pk=pk)


@require_GET
@login_required
def download(request: HttpRequest, pk: UUID) -> FileResponse:
    """The PDF as a file; never shown inside a page of this host."""
    return file_response(get_report(person(request), pk))


def file_response(report: Report) -> FileResponse:
    """The file of a report that the caller has been let into."""
    response = FileResponse(
        files.open_file(report.file),
        as_attachment=True,
        filename=report.file.name,
        content_type=report.file.content_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
