"""Templates of an organization: kept from a charter, renamed, archived."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import current_membership, person
from charters.access import get_charter, get_template
from charters.actions.templates import archive_template, rename_template, save_template
from charters.forms import TemplateForm
from charters.models import CharterTemplate
from charters.shown import Rights
from ui.errors import Invalid

GET_AND_POST = ["GET", "HEAD", "POST"]


@require_safe
@login_required
def templates(request: HttpRequest) -> HttpResponse:
    """What charters can begin from."""
    membership = current_membership(request)
    rows = CharterTemplate.objects.filter(organization=membership.organization, archived_at=None)
    context = {
        "rows": [
            (row, sum(name.startswith("criterion.") for name in row.fields), len(row.fields))
            for row in rows.select_related("made_from", "made_by")
        ],
        "rights": Rights.of(membership),
    }
    return render(request, "charters/templates.html", context)


@require_http_methods(GET_AND_POST)
@login_required
def template_new(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep a charter as a template."""
    charter = get_charter(request.user, pk, need="manage")
    form = TemplateForm(request.POST or None, initial={"name": charter.title[:120]})
    if request.method == "POST" and form.is_valid():
        try:
            template = save_template(charter, by=person(request), **form.cleaned_data)
        except Invalid as error:
            form.add_errors(error.fields)
        else:
            messages.success(request, f"The template “{template.name}” is kept.")
            return redirect("charters:templates")
    context = {"charter": charter, "form": form}
    return render(request, "charters/template.html", context, status=422 if form.errors else 200)


@require_http_methods(GET_AND_POST)
@login_required
def template_rename(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Another name for a template."""
    template = get_template(request.user, pk, need="manage")
    form = TemplateForm(request.POST or None, initial={"name": template.name, "note": template.note})
    if request.method == "POST" and form.is_valid():
        try:
            rename_template(template, by=person(request), **form.cleaned_data)
        except Invalid as error:
            form.add_errors(error.fields)
        else:
            messages.success(request, "The template is renamed.")
            return redirect("charters:templates")
    context = {"template": template, "form": form}
    return render(request, "charters/template.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def template_archive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Offer a template no more."""
    template = get_template(request.user, pk, need="manage")
    archive_template(template, by=person(request))
    messages.success(request, f"“{template.name}” is archived.")
    return redirect("charters:templates")
