"""Documents of a project: uploading, downloading, letting through what was held back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import person
from projects.access import get_standing
from projects.actions.documents import add_document, let_through
from projects.downloads import as_download
from projects.forms import DocumentForm
from projects.models import Paper
from projects.views.frame import frame
from ui.errors import Invalid, NotFound


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def upload(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take in a file."""
    standing = get_standing(request.user, pk, need="contribute")
    form = DocumentForm(request.POST, request.FILES) if request.method == "POST" else DocumentForm()
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        try:
            paper = add_document(
                standing.project,
                by=person(request),
                name=given.name,
                content=given.read(),
                title=form.cleaned_data["title"],
            )
        except Invalid as error:
            form.add_error("file", error.message)
        else:
            if paper.is_held:
                messages.warning(request, f"“{paper.title}” is held back. {paper.held_because}")
            else:
                messages.success(request, f"“{paper.title}” is kept.")
            return redirect("projects:records", standing.project.pk)
    context = {**frame(standing, "records"), "form": form}
    return render(request, "projects/upload.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
def download(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A document, always as a download; not while it is held back."""
    paper = _paper(pk)
    get_standing(request.user, paper.project_id)
    return as_download(paper)


@require_POST
@login_required
def release(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A lead lets a document through that was held back."""
    paper = _paper(pk)
    get_standing(request.user, paper.project_id, need="lead")
    let_through(paper, by=person(request))
    messages.success(request, f"“{paper.title}” can be downloaded now.")
    return redirect("projects:records", paper.project_id)


def _paper(pk: UUID) -> Paper:
    paper = Paper.objects.select_related("project__organization", "file").filter(pk=pk).first()
    if paper is None:
        raise NotFound
    return paper
