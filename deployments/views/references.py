"""The reference sample of a version: what is kept, and uploading another."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import person
from deployments.forms_monitoring import ReferenceForm
from deployments.models import Reference
from deployments.references import add_reference, find_reference, reference_of
from projects.access import get_project_named, standing_of
from projects.tracking.records import TrackingIsAway, versions_of
from ui.errors import Conflict, Invalid, NotFound

MOST_SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def reference(request: HttpRequest, slug: str, model: str, version: int) -> HttpResponse:
    """What live inputs of a version are held against; a file given here takes its place."""
    need = "contribute" if request.method == "POST" else "view"
    project = get_project_named(request.user, slug, need=need)
    if reference_of(project, model, version) is None and not _is_registered(project.slug, model, version):
        raise NotFound
    form = ReferenceForm(request.POST, request.FILES) if request.method == "POST" else ReferenceForm()
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        try:
            kept = add_reference(
                project,
                by=person(request),
                model=model,
                version=version,
                name=given.name,
                content=given.read(),
                source=Reference.Source.UPLOAD,
            )
        except Invalid as error:
            form.add_error("file", error.message)
        else:
            messages.success(request, f"{kept.rows:,} rows are the reference of {model} version {version}.")
            return redirect("deployments:reference", slug, model, version)
    kept_now = find_reference(project, model, version)
    context = {
        "project": project,
        "model": model,
        "version": version,
        "title": f"Reference sample of {model} version {version}",
        "reference": kept_now,
        "columns": _columns(kept_now),
        "form": form,
        "may_add": standing_of(request.user, project).may("contribute"),
    }
    return render(request, "deployments/reference.html", context, status=422 if form.errors else 200)


def _is_registered(slug: str, model: str, version: int) -> bool:
    try:
        return any(row.model == model and row.version == version for row in versions_of(slug))
    except TrackingIsAway as error:
        raise Conflict(
            "Tracking does not answer, so versions cannot be looked up. Try again soon."
        ) from error


def _columns(reference: Reference | None) -> list[dict[str, Any]]:
    """Each column of the sample in words."""
    if reference is None:
        return []
    columns = reference.profile.get("columns", {})
    return [
        {"name": name, "kind": facts["kind"], "missing": facts["missing"] * 100, "spread": _spread(facts)}
        for name, facts in list(columns.items())[:MOST_SHOWN]
    ]


def _spread(facts: dict[str, Any]) -> str:
    if facts["kind"] == "number":
        return f"{facts['min']:g} to {facts['max']:g}"
    if facts["kind"] == "category":
        shares = sorted(facts["shares"].items(), key=lambda pair: -pair[1])[:3]
        return ", ".join(f"{name} {share:.0%}".replace("%", " %") for name, share in shares)
    return "no value"
