"""The spreadsheet of a questionnaire, and the end of a draft: published or thrown away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import person
from assessment import editing, editing_sheet, questionnaires
from assessment import editing_actions as actions
from assessment.editing_access import get_draft, get_version
from assessment.editing_forms import SheetForm
from assessment.editing_pages import problem_rows
from ui.words import plural

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
@login_required
def export(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The draft as a spreadsheet."""
    draft = get_draft(request.user, pk)
    return _download(editing_sheet.write(draft.content, revision=draft.revision), f"{draft} draft")


@require_GET
@login_required
def export_version(request: HttpRequest, pk: int) -> HttpResponse:
    """A published version as a spreadsheet."""
    version, _ = get_version(request, pk)
    content = questionnaires.by_version(version.pk).to_dict()
    return _download(editing_sheet.write(content, revision=0), str(version))


def _download(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{slugify(name)}.xlsx"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def import_sheet(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take all items of a draft from a spreadsheet, or name every bad cell."""
    draft = get_draft(request.user, pk)
    form = SheetForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"draft": draft, "form": form}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                changes = actions.import_sheet(
                    draft,
                    form.cleaned_data["file"].read(editing_sheet.MAX_BYTES + 1),
                    replace_newer=form.cleaned_data["replace_newer"],
                    by=person(request),
                )
            except actions.BadSheet as error:
                context["problems"] = error.problems
            else:
                messages.success(request, _imported(changes))
                return redirect("questionnaires:draft", draft.pk)
    return render(request, "assessment/questionnaire_import.html", context, status=status)


def _imported(changes: editing.Changes) -> str:
    if not changes:
        return "The sheet holds what the draft holds; nothing was changed."
    counts = [
        f"{len(keys)} {word}"
        for keys, word in (
            (changes.changed, "changed"),
            (changes.added, "added"),
            (changes.dropped, "dropped"),
        )
        if keys
    ]
    return f"Questions of the draft: {', '.join(counts)}."


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def publish(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask, then publish; a draft that breaks rules is answered with all of them."""
    draft = get_draft(request.user, pk)
    if request.method == "POST":
        try:
            version = actions.publish(draft, revision=_revision(request), by=person(request))
        except actions.NotPublishable as error:
            context = {"draft": draft, "error": error, "problems": problem_rows(draft, error.problems)}
            return render(request, "assessment/questionnaire_refused.html", context, status=422)
        messages.success(request, f"{version} is published. New rounds use it.")
        return redirect("questionnaires:version", version.pk)
    published = actions.published_before(draft)
    changes = editing.changes(published, draft.content)
    counts = (
        (changes.changed, "question is changed", "questions are changed"),
        (changes.added, "question is new", "questions are new"),
        (changes.dropped, "question is dropped", "questions are dropped"),
    )
    context = {
        "kind": str(draft),
        "title": f"Publish version {published.version + 1}",
        "effects": [
            *(f"{plural(len(keys), one, many)}." for keys, one, many in counts if keys),
            "New rounds ask the new version. Rounds that exist keep the one they were opened with.",
            "A published version never changes. The next change is a new draft.",
        ],
        "button": f"Publish version {published.version + 1}",
        "button_kind": "primary",
        "cancel_url": reverse("questionnaires:draft", args=[draft.pk]),
        "hidden": [("revision", draft.revision)],
    }
    return render(request, "ui/confirm.html", context)


def _revision(request: HttpRequest) -> int:
    given = request.POST.get("revision", "")
    return int(given) if given.isdecimal() and len(given) < 10 else 0


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask, then throw a draft away."""
    draft = get_draft(request.user, pk)
    if request.method == "POST":
        actions.discard(draft, by=person(request))
        messages.success(request, "The draft is gone. The published questions are as they were.")
        return redirect("questionnaires:list")
    context = {
        "kind": str(draft),
        "title": "Throw this draft away",
        "effects": ["Everything written in it is lost.", "Published versions and rounds stay as they are."],
        "button": "Throw the draft away",
        "cancel_url": reverse("questionnaires:draft", args=[draft.pk]),
    }
    return render(request, "ui/confirm.html", context)
