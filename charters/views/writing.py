"""Writing a draft: a page for each section, a page for each criterion. Plain forms that need no scripts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods

from accounts.access import person
from accounts.models import User
from charters.access import get_charter
from charters.actions import FieldConflict, Saved, save_fields
from charters.document import natural, to_criterion
from charters.fields import FAMILIES, Value
from charters.forms import FieldsForm
from charters.history import label_of
from charters.models import Charter
from charters.presentation import criterion_views
from charters.queries import Draft, draft_document, draft_of, problems_of
from charters.rows import rows_of
from charters.sections import BY_KEY, SECTIONS, Section, section_of
from charters.shown import caption_of, stations_of
from charters.talk import comments_of, remarks, talk_of
from ui import formats
from ui.errors import Conflict, Invalid, NotFound

GET_AND_POST = ["GET", "HEAD", "POST"]


@require_http_methods(GET_AND_POST)
@login_required
def write(request: HttpRequest, pk: UUID, section: str) -> HttpResponse:
    """One section of the draft."""
    charter = draft_for(request, pk)
    place = BY_KEY.get(section)
    if place is None:
        raise NotFound
    if section == "criteria":
        return _criteria(request, charter, place)
    draft = draft_of(charter)
    rows = rows_of(charter, place, draft.values)
    form = FieldsForm(request.POST or None, rows=rows, values=draft.values, versions=draft.versions)
    saved = save_form(request, charter, form) if request.method == "POST" else None
    if saved is not None and not saved.conflicts:
        return _go_on(request, charter, place)
    return _render(request, charter, place, form, saved)


def draft_for(request: HttpRequest, pk: UUID) -> Charter:
    """The charter, for those who may write it, while it is a draft."""
    charter = get_charter(request.user, pk, need="edit")
    if not charter.is_draft or charter.archived_at:
        raise Conflict("This text is frozen. Begin a new revision to change it.")
    return charter


def save_form(request: HttpRequest, charter: Charter, form: FieldsForm) -> Saved | None:
    """Save what the form holds; None after adding errors to it."""
    if not form.is_valid():
        return None
    try:
        return save_fields(charter, by=person(request), changes=form.changes())
    except Invalid as error:
        form.add_field_errors(error.fields)
        return None


def _go_on(request: HttpRequest, charter: Charter, place: Section) -> HttpResponse:
    messages.success(request, f"{place.title}: saved.")
    if request.POST.get("then") != "next":
        return redirect("charters:write", charter.pk, place.key)
    at = SECTIONS.index(place) + 1
    if at == len(SECTIONS):
        return redirect("charters:review", charter.pk)
    return redirect("charters:write", charter.pk, SECTIONS[at].key)


def _render(
    request: HttpRequest, charter: Charter, place: Section, form: FieldsForm, saved: Saved | None
) -> HttpResponse:
    conflicts = saved.conflicts if saved else ()
    status = 409 if conflicts else 422 if form.errors else 200
    context = frame(charter, place, person(request)) | {
        "form": form,
        "groups": form.groups(),
        "versions": form.shown_versions(),
        "conflicts": [shown_conflict(charter, conflict) for conflict in conflicts],
    }
    return render(request, "charters/write.html", context, status=status)


def frame(charter: Charter, place: Section, reader: User) -> dict[str, Any]:
    """What every page of writing shows: the contents with gaps counted, the gaps here, what is said here."""
    document = draft_document(charter)
    problems = problems_of(charter, document)
    counts: dict[str, int] = {}
    for problem in problems:
        if problem.blocks:
            key = section_of(problem.field)
            counts[key] = counts.get(key, 0) + 1
    return {
        "charter": charter,
        "section": place,
        "number": SECTIONS.index(place) + 1,
        "sections": [(section, counts.get(section.key, 0)) for section in SECTIONS],
        "here": [problem for problem in problems if section_of(problem.field) == place.key],
        "said": talk_of(document, remarks(comments_of(charter), document, viewer=reader.pk))[place.key],
        "is_last": place is SECTIONS[-1],
        "line_stations": stations_of(charter, caption_of(charter, None)),
    }


def shown_conflict(charter: Charter, conflict: FieldConflict) -> dict[str, Any]:
    """A conflict as ui/conflict.html draws it; a record is shown by its texts."""
    when = parse_datetime(conflict.when) if conflict.when else None
    label = label_of(f"{conflict.name}.", draft_document(charter)) if "." in conflict.name else conflict.name
    return {
        "label": label.rstrip(": "),
        "name": conflict.name,
        "version": conflict.version,
        "who": conflict.who,
        "when": formats.clock(when) if when else "",
        "theirs": _as_text(conflict.theirs),
        "mine": _as_text(conflict.mine),
        "mine_parts": _parts(conflict.name, conflict.mine),
    }


def _as_text(value: Value | None) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{key}: {text}" for key, text in value.items()) or "Nothing"
    return str(value or "Nothing")


def _parts(name: str, value: Value) -> list[tuple[str, str]]:
    """The hidden inputs that send one's own version once more."""
    if not isinstance(value, dict):
        return [(name, "on" if value is True else str(value or ""))]
    parts = [spec.name for spec in FAMILIES[name.partition(".")[0]].parts]
    shown = {part: value.get(part, "") for part in parts}
    return [
        (f"{name}.{part}", "on" if given is True else str(given)) for part, given in shown.items() if given
    ]


def _criteria(request: HttpRequest, charter: Charter, place: Section) -> HttpResponse:
    draft = draft_of(charter)
    criteria = [to_criterion(key, record) for key, record in _records(draft)]
    context = frame(charter, place, person(request)) | {"criteria": criterion_views(criteria, formats.day)}
    return render(request, "charters/write_criteria.html", context)


def _records(draft: Draft) -> list[tuple[str, dict[str, Any]]]:
    found = [
        (name.partition(".")[2], value)
        for name, value in draft.values.items()
        if name.startswith("criterion.") and isinstance(value, dict) and value
    ]
    return sorted(found, key=lambda pair: natural(pair[0]))
