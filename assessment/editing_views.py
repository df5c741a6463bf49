"""The pages of the editor of questionnaires: versions, the draft, one item, publishing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import current_membership, person
from accounts.permissions import allowed
from assessment import editing, questionnaires
from assessment import editing_actions as actions
from assessment.editing_access import get_draft, get_version
from assessment.editing_forms import KIND_NAMES, FrameForm, ItemForm, NewItemForm
from assessment.editing_pages import by_dimension, differences, field_labels, problem_rows
from assessment.models import QuestionnaireDraft, QuestionnaireVersion
from ui.errors import Invalid, NotFound
from ui.words import plural


@require_GET
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """The published versions and the drafts of the current organization."""
    membership = current_membership(request)
    organization = membership.organization
    published = QuestionnaireVersion.objects.defer("content")
    own = list(published.filter(organization=organization))
    standard = list(published.filter(organization=None))
    drafts = list(QuestionnaireDraft.objects.filter(organization=organization).select_related("changed_by"))
    manages = allowed(membership.role, "manage", organization.state)
    context = {
        "own": own,
        "standard": standard,
        "drafts": drafts if manages else [],
        "manages": manages,
        "startable": _startable(own, standard, drafts) if manages else [],
    }
    return render(request, "assessment/questionnaire_list.html", context)


def _startable(
    own: list[QuestionnaireVersion], standard: list[QuestionnaireVersion], drafts: list[QuestionnaireDraft]
) -> list[QuestionnaireVersion]:
    """The newest version of each questionnaire that has no draft; own ones before the standard."""
    newest: dict[str, QuestionnaireVersion] = {}
    for version in [*own, *standard]:
        newest.setdefault(version.key, version)
    return [version for key, version in newest.items() if key not in {draft.key for draft in drafts}]


@require_POST
@login_required
def start(request: HttpRequest, key: str) -> HttpResponse:
    """Begin a draft from the newest version of a questionnaire."""
    organization = current_membership(request, "manage").organization
    made = actions.start_draft(organization, key=key, by=person(request))
    messages.success(request, "The draft is a copy of the newest version. Rounds keep asking what they ask.")
    return redirect("questionnaires:draft", made.pk)


@require_GET
@login_required
def version(request: HttpRequest, pk: int) -> HttpResponse:
    """A published version, to be read."""
    found, _ = get_version(request, pk)
    questionnaire = questionnaires.by_version(found.pk)
    context = {
        "version": found,
        "lede": questionnaire.lede,
        "groups": by_dimension(questionnaire.to_dict()),
        "facts": _facts(questionnaire.to_dict(), found),
    }
    return render(request, "assessment/questionnaire_version.html", context)


def _facts(content: editing.Content, found: QuestionnaireVersion) -> list[dict[str, Any]]:
    return [
        {"term": "State", "value": "Published, never changes"},
        {"term": "Questions", "value": len(content["items"])},
        {"term": "Gates", "value": len(content["gates"])},
        {"term": "Belongs to", "value": found.organization.name if found.organization else "The product"},
    ]


@require_GET
@login_required
def draft(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A draft: its items, what differs from the published version, what stands in the way."""
    return render(request, "assessment/questionnaire_draft.html", _draft_context(get_draft(request.user, pk)))


def _draft_context(found: QuestionnaireDraft) -> dict[str, Any]:
    published = actions.published_before(found)
    problems = editing.problems(found.content, published)
    return {
        "draft": found,
        "published": published,
        "groups": by_dimension(found.content, published=published, problems=problems),
        "problems": problem_rows(found, problems),
        "changes": editing.changes(published, found.content),
        "dropped": [published.items[key] for key in editing.changes(published, found.content).dropped],
        "finding": _finding(len(problems), editing.changes(published, found.content)),
    }


def _finding(problems: int, changes: editing.Changes) -> str:
    if problems:
        return f"{plural(problems, 'problem stands', 'problems stand')} in the way of publishing"
    if not changes:
        return "Nothing differs from the published questions yet"
    count = len(changes.added) + len(changes.dropped) + len(changes.changed)
    return f"{plural(count, 'question differs', 'questions differ')} from what is published"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def item(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """One item: its texts, levels, claims, weight, functions and gates."""
    found = get_draft(request.user, pk)
    entry = editing.entry_of(found.content, key)
    if entry is None:
        raise NotFound
    if request.method != "POST":
        return _item_page(request, found, ItemForm(found.content, entry), entry.mark)
    form = ItemForm(found.content, entry, request.POST)
    seen = request.POST.get("seen", "")
    if not form.is_valid():
        return _item_page(request, found, form, seen, status=422)
    try:
        actions.save_item(found, form.wanted(), seen=seen, by=person(request))
    except actions.StaleEntry as error:
        if error.current is None:
            raise
        return _conflict_page(request, found, form, error.current)
    messages.success(request, "The question is saved in the draft.")
    return redirect(f"{reverse('questionnaires:draft', args=[found.pk])}#{key}")


def _conflict_page(
    request: HttpRequest, found: QuestionnaireDraft, form: ItemForm, current: editing.Entry
) -> HttpResponse:
    """Both versions, field by field. What was typed stays in the form; sending it again keeps it."""
    found.refresh_from_db()
    rows = differences(current, form.wanted(), field_labels(form))
    more = {"differences": rows, "who": found.changed_by or "Somebody else"}
    return _item_page(request, found, form, current.mark, status=409, more=more)


def _item_page(
    request: HttpRequest,
    found: QuestionnaireDraft,
    form: ItemForm,
    seen: str,
    *,
    status: int = 200,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    key = form.entry.item["key"]
    problems = [
        problem
        for problem in editing.problems(found.content, actions.published_before(found))
        if problem.item == key
    ]
    context = {
        "draft": found,
        "form": form,
        "seen": seen,
        "key": key,
        "kind_name": KIND_NAMES[form.item_kind],
        "problems": [] if form.is_bound else problem_rows(found, problems),
        **(more or {}),
    }
    return render(request, "assessment/questionnaire_item.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def add(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Where a new item stands; its texts are written on its own page."""
    found = get_draft(request.user, pk)
    form = NewItemForm(found.content, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            key = actions.add_item(found, by=person(request), **form.cleaned_data)
        except Invalid as error:
            for name, said in error.fields.items():
                form.add_error(name, list(said))
        else:
            return redirect("questionnaires:item", found.pk, key)
    context = {"draft": found, "form": form}
    return render(request, "assessment/questionnaire_add.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def drop(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Ask, then take an item out of the draft."""
    found = get_draft(request.user, pk)
    entry = editing.entry_of(found.content, key)
    if entry is None:
        raise NotFound
    if request.method == "POST":
        actions.drop_item(found, key, seen=request.POST.get("seen", ""), by=person(request))
        messages.success(request, "The question is out of the draft.")
        return redirect("questionnaires:draft", found.pk)
    gates = len(entry.gates)
    effects = ["Rounds that are open or closed keep it; new rounds on the next version do not ask it."]
    if gates:
        rests = plural(gates, "gate rests", "gates rest")
        effects.append(f"{rests} on it and will be gone with it. A pillar needs a gate for each phase.")
    context = {
        "kind": str(found),
        "title": "Drop this question",
        "lede": entry.item.get("text", key),
        "effects": effects,
        "button": "Drop the question",
        "cancel_url": reverse("questionnaires:item", args=[found.pk, key]),
        "hidden": [("seen", entry.mark)],
    }
    return render(request, "ui/confirm.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def frame(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Title, lede and the weights of dimensions."""
    found = get_draft(request.user, pk)
    form = FrameForm(found.content, request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.save_frame(
            found,
            title=form.cleaned_data["title"],
            lede=form.cleaned_data["lede"],
            weights=form.weights(),
            seen=request.POST.get("seen", ""),
            by=person(request),
        )
        messages.success(request, "Title and weights are saved in the draft.")
        return redirect("questionnaires:draft", found.pk)
    seen = request.POST.get("seen") or editing.frame_mark(found.content)
    context = {"draft": found, "form": form, "seen": seen}
    return render(
        request, "assessment/questionnaire_frame.html", context, status=422 if form.is_bound else 200
    )
