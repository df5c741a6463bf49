"""Writing criteria: each has a page that reads as a sentence and is checked while it is typed."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import person
from charters.actions import save_fields
from charters.content import content
from charters.criterion_check import writing_problems
from charters.document import to_criterion
from charters.fields import FAMILIES, FieldError, clean
from charters.forms import FieldsForm, Row
from charters.library import Library, library_for
from charters.models import Charter
from charters.presentation import CriterionView, criterion_views
from charters.queries import draft_of
from charters.sections import BY_KEY
from charters.views.writing import draft_for, frame, save_form, shown_conflict
from ui import formats
from ui.errors import Conflict, NotFound

GET_AND_POST = ["GET", "HEAD", "POST"]
MAX_UPLOAD = 50 * 1024 * 1024


@require_http_methods(GET_AND_POST)
@login_required
def new_criterion(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A criterion more; an entry of the library (`from`) fills the form."""
    charter = draft_for(request, pk)
    used = [name for name in draft_of(charter).versions if name.startswith("criterion.c")]
    numbers = [
        int(name.removeprefix("criterion.c")) for name in used if name.removeprefix("criterion.c").isdecimal()
    ]
    library = _library(request, charter)
    chosen = library.entry(request.GET.get("from", ""))
    suggested = dict(chosen.record) if chosen else {}
    return _page(request, charter, f"c{max(numbers, default=0) + 1}", suggested, library)


@require_http_methods(GET_AND_POST)
@login_required
def criterion(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """One criterion."""
    charter = draft_for(request, pk)
    return _page(request, charter, key, {}, _library(request, charter))


@require_POST
@login_required
def check_criterion(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """The sentence and the problems of what is typed, without saving it."""
    draft_for(request, pk)
    form = _form(request.POST, key, {}, {})
    form.is_valid()
    return render(request, "charters/_criterion_live.html", _live(form, key))


@require_POST
@login_required
def remove_criterion(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Take a criterion out of the draft; its history stays."""
    charter = draft_for(request, pk)
    draft = draft_of(charter)
    name = f"criterion.{key}"
    if not draft.values.get(name):
        raise NotFound
    saved = save_fields(charter, by=person(request), changes={name: ({}, draft.version(name))})
    if saved.conflicts:
        raise Conflict(f"{saved.conflicts[0].who} has just changed this criterion.")
    messages.success(request, "Criterion removed.")
    return redirect("charters:write", charter.pk, "criteria")


def _page(
    request: HttpRequest, charter: Charter, key: str, suggested: dict[str, str], library: Library
) -> HttpResponse:
    draft = draft_of(charter)
    name = f"criterion.{key}"
    is_post = request.method == "POST"
    if not suggested and not is_post and name in draft.versions and not draft.values[name]:
        raise NotFound
    values = {name: suggested or draft.values.get(name, {})}
    data, too_large = _with_upload(request, name) if is_post else (None, False)
    form = _form(data, key, values, draft.versions)
    if too_large and form.is_valid():
        form.add_error(f"{name}.file", f"At most {MAX_UPLOAD // 1024 // 1024} MB; compute the hash yourself.")
    saved = save_form(request, charter, form) if is_post and not too_large else None
    if saved is not None and not saved.conflicts:
        messages.success(request, "Criterion saved.")
        return redirect("charters:write", charter.pk, "criteria")
    around = frame(charter, BY_KEY["criteria"], person(request))
    context = around | {
        "form": form,
        "parts": {bound.name.rpartition(".")[2]: bound for bound in form},
        "versions": form.shown_versions(),
        "conflicts": [shown_conflict(charter, conflict) for conflict in (saved.conflicts if saved else ())],
        "is_new": name not in draft.versions,
        "key": key,
        "said": around["said"].about(name),
        "library": library,
        "cancel_url": reverse("charters:write", args=[charter.pk, "criteria"]),
        **(_live(form, key) if is_post else _stored(key, values[name])),
    }
    status = 409 if context["conflicts"] else 422 if form.errors else 200
    return render(request, "charters/criterion.html", context, status=status)


def _form(data: QueryDict | None, key: str, values: dict[str, Any], versions: dict[str, int]) -> FieldsForm:
    name = f"criterion.{key}"
    rows = [Row(name, parts=FAMILIES["criterion"].parts)]
    return FieldsForm(data, rows=rows, values=values, versions=versions)


def _with_upload(request: HttpRequest, name: str) -> tuple[QueryDict, bool]:
    """What was posted, with name and SHA-256 of an uploaded file; the file itself is not kept."""
    data = request.POST.copy()
    upload = request.FILES.get("upload")
    if not isinstance(upload, UploadedFile):
        return data, False
    if (upload.size or 0) > MAX_UPLOAD:
        return data, True
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    data[f"{name}.sha256"] = digest.hexdigest()
    data[f"{name}.file"] = upload.name or data.get(f"{name}.file", "")
    return data, False


def _stored(key: str, record: Any) -> dict[str, Any]:
    shown = to_criterion(key, record if isinstance(record, dict) else {})
    flaws = writing_problems(shown, content()) if record else []
    return {"view": _view(key, record), "flaws": flaws, "blank": not record}


def _live(form: FieldsForm, key: str) -> dict[str, Any]:
    """The sentence of what was typed, and what is wrong with it, values that cannot be read first."""
    name = f"criterion.{key}"
    record = {part.removeprefix(f"{name}."): value for part, value in form.cleaned_data.items()}
    said = [
        f"{form.fields[part].label}: {str(message)[:1].lower()}{str(message)[1:]}"
        for part, messages_ in form.errors.items()
        for message in messages_
    ]
    problems = writing_problems(to_criterion(key, record), content())
    try:
        clean(name, {part: value for part, value in record.items() if value not in (None, "")})
    except FieldError as error:
        said.append(str(error))
        problems = [
            problem for problem in problems if problem.partition(" ")[0] != str(error).partition(":")[0]
        ]
    return {"view": _view(key, record), "flaws": [*said, *problems]}


def _view(key: str, record: Any) -> CriterionView:
    shown = to_criterion(key, record if isinstance(record, dict) else {})
    return criterion_views([shown], formats.day)[0]


def _library(request: HttpRequest, charter: Charter) -> Library:
    """Typical criteria of the use case's problem type, or of the one that was chosen on the page."""
    own = charter.use_case.problem_type if charter.use_case else ""
    return library_for(request.GET.get("type", "") or own, content())
