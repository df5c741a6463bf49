"""Pages of a respondent: who sees what, one page per dimension, review, submit; the same for every device."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import limits, links
from accounts.localize import as_in
from assessment import actions, answer_pages, questionnaires
from assessment.access import ANSWER, account_of, get_own_respondent, get_workshop
from assessment.answer_forms import FunctionForm, JoinForm
from assessment.answer_save import save_page
from assessment.models import AnswerFile, Respondent
from assessment.queries import answers_of, progress_of, result_of
from assessment.question_bank import Dimension, Questionnaire
from jobs import files
from ui.errors import NotFound

P = ParamSpec("P")
RespondentView = Callable[Concatenate[HttpRequest, Respondent, P], HttpResponse]


def by_respondent(view: RespondentView[P]) -> Callable[..., HttpResponse]:
    """Lets the visitor in to the own answers, and shows times where the organization is."""

    @wraps(view)
    @never_cache
    def inner(request: HttpRequest, pk: UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        respondent = get_own_respondent(request, pk)
        with as_in(respondent.assessment.organization):
            return view(request, respondent, *args, **kwargs)

    return inner


@require_GET
@never_cache
def enter(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Where a link leads: to the own answers, or for a workshop's link to the page that asks who one is."""
    if Respondent.objects.filter(pk=pk).exists():
        return redirect("answer:first", pk=pk)
    return redirect("answer:join", pk=get_workshop(request, pk).pk)


@never_cache
def join(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A workshop's link: say name and function, then begin."""
    assessment = get_workshop(request, pk)
    questionnaire = questionnaires.of(assessment)
    form = JoinForm(request.POST or None, questionnaire=questionnaire)
    if request.method == "POST" and form.is_valid():
        limits.limit("join", limits.client_address(request), times=200, seconds=3600)
        return redirect(
            actions.join(
                assessment,
                name=form.cleaned_data["name"],
                function=form.cleaned_data["function"],
                by=account_of(request),
            )
        )
    context = {
        "assessment": assessment,
        "form": form,
        "link_bar": {"organization": assessment.organization.name, "what": assessment.title},
        "questionnaire": questionnaire,
    }
    return render(request, "answer/join.html", context, status=422 if form.errors else 200)


@require_GET
@by_respondent
def first(request: HttpRequest, respondent: Respondent) -> HttpResponse:
    """Who will see what, what is asked, and where to begin or go on."""
    assessment = respondent.assessment
    if assessment.state == "closed" and result_of(assessment) is not None:
        return redirect("answer:result", pk=respondent.pk)
    questionnaire = questionnaires.of(assessment)
    progress = progress_of(respondent)
    context = _context(respondent, questionnaire) | {
        "notice": questionnaire.notices[assessment.visibility],
        "progress": progress,
        "link_bar": answer_pages.link_bar(respondent, progress),
        "next_step": _next_step(progress.steps),
    }
    return render(request, "answer/first.html", context)


@require_POST
@by_respondent
def start(request: HttpRequest, respondent: Respondent) -> HttpResponse:
    actions.begin(respondent, by=account_of(request))
    step = _next_step(progress_of(respondent).steps)
    if step is None:
        return redirect("answer:review", pk=respondent.pk)
    return redirect("answer:dimension", pk=respondent.pk, code=step.code)


@require_GET
@by_respondent
def dimension(request: HttpRequest, respondent: Respondent, code: str) -> HttpResponse:
    """The questions of one dimension that are asked of this person."""
    return _dimension_page(request, respondent, _dimension(respondent, code), {})


@require_GET
@by_respondent
def rest(request: HttpRequest, respondent: Respondent) -> HttpResponse:
    """Dimensions with questions that this person was not asked; answers there are shown, never scored."""
    questionnaire = questionnaires.of(respondent.assessment)
    progress = progress_of(respondent)
    others = [
        (found, _others(questionnaire, found, respondent)) for found in questionnaire.dimensions.values()
    ]
    context = _context(respondent, questionnaire) | {
        "dimensions": [(found, len(items)) for found, items in others if items],
        "link_bar": answer_pages.link_bar(respondent, progress),
        "progress": progress,
    }
    return render(request, "answer/rest.html", context)


@require_GET
@by_respondent
def rest_dimension(request: HttpRequest, respondent: Respondent, code: str) -> HttpResponse:
    return _dimension_page(request, respondent, _dimension(respondent, code), {}, voluntary=True)


@require_POST
@by_respondent
def save(request: HttpRequest, respondent: Respondent, code: str) -> HttpResponse:
    """The whole page as a plain form: what changed is saved, what is newer elsewhere is shown beside it."""
    return _save(request, respondent, code, voluntary=False)


@require_POST
@by_respondent
def rest_save(request: HttpRequest, respondent: Respondent, code: str) -> HttpResponse:
    return _save(request, respondent, code, voluntary=True)


def _save(request: HttpRequest, respondent: Respondent, code: str, *, voluntary: bool) -> HttpResponse:
    found = _dimension(respondent, code)
    items = _items(questionnaires.of(respondent.assessment), found, respondent, voluntary)
    shown = save_page(respondent, items, request.POST, request.FILES, by=account_of(request))
    if shown:
        return _dimension_page(request, respondent, found, shown, voluntary=voluntary)
    name = "answer:rest_dimension" if voluntary else "answer:dimension"
    if {"clear", "remove_file", "keep", "stay"} & set(request.POST):
        return redirect(name, pk=respondent.pk, code=code)
    if voluntary:
        return redirect("answer:rest", pk=respondent.pk)
    _, after = answer_pages.neighbors(progress_of(respondent), found.key)
    if after is None:
        return redirect("answer:review", pk=respondent.pk)
    return redirect("answer:dimension", pk=respondent.pk, code=after.code)


@require_GET
@by_respondent
def review(request: HttpRequest, respondent: Respondent) -> HttpResponse:
    """What is open before handing in."""
    questionnaire = questionnaires.of(respondent.assessment)
    answers = answers_of(respondent)
    progress = progress_of(respondent, answers)
    unsure = [
        questionnaire.items[key]
        for key, answer in answers.items()
        if answer.state == "dont_know" and respondent.function in questionnaire.items[key].functions
    ]
    context = _context(respondent, questionnaire) | {
        "progress": progress,
        "open_by_step": [
            (step, [item for item in progress.open_items if item.dimension == step.key])
            for step in progress.steps
            if not step.is_done
        ],
        "unsure": [(questionnaire.dimensions[item.dimension].code, item) for item in unsure],
        "link_bar": answer_pages.link_bar(respondent, progress),
    }
    return render(request, "answer/review.html", context)


@require_POST
@by_respondent
def submit(request: HttpRequest, respondent: Respondent) -> HttpResponse:
    actions.submit(respondent, by=account_of(request))
    return redirect("answer:done", pk=respondent.pk)


@require_GET
@by_respondent
def done(request: HttpRequest, respondent: Respondent) -> HttpResponse:
    if respondent.submitted_at is None:
        return redirect("answer:review", pk=respondent.pk)
    progress = progress_of(respondent)
    context = _context(respondent, questionnaires.of(respondent.assessment)) | {
        "progress": progress,
        "link_bar": answer_pages.link_bar(respondent, progress),
    }
    return render(request, "answer/done.html", context)


@by_respondent
def function(request: HttpRequest, respondent: Respondent) -> HttpResponse:
    """Not your hat? Answer with another one."""
    questionnaire = questionnaires.of(respondent.assessment)
    form = FunctionForm(
        request.POST or None, questionnaire=questionnaire, initial={"function": respondent.function}
    )
    if request.method == "POST" and form.is_valid():
        actions.change_function(respondent, form.cleaned_data["function"], by=account_of(request))
        return redirect("answer:first", pk=respondent.pk)
    progress = progress_of(respondent)
    context = _context(respondent, questionnaire) | {
        "form": form,
        "link_bar": answer_pages.link_bar(respondent, progress),
    }
    return render(request, "answer/function.html", context, status=422 if form.errors else 200)


@require_GET
@by_respondent
def file(request: HttpRequest, respondent: Respondent, file_pk: UUID) -> HttpResponse:
    """One's own evidence, always as a download."""
    kept = AnswerFile.objects.select_related("file").filter(pk=file_pk, respondent=respondent).first()
    if kept is None:
        raise NotFound
    disposition = content_disposition_header(True, kept.file.name) or "attachment"
    return HttpResponse(
        files.read(kept.file),
        content_type=kept.file.content_type,
        headers={"Content-Disposition": disposition, "Content-Security-Policy": "sandbox"},
    )


@require_POST
@by_respondent
def leave(request: HttpRequest, respondent: Respondent) -> HttpResponse:
    """Forget the link on this device; it stays good elsewhere."""
    link = links.current(request, ANSWER, respondent)
    if link is not None:
        links.leave(request, link)
    return render(request, "answer/left.html", {"link_bar": {}, "respondent": respondent})


def _dimension_page(
    request: HttpRequest,
    respondent: Respondent,
    found: Dimension,
    shown: dict[str, answer_pages.Shown],
    *,
    voluntary: bool = False,
) -> HttpResponse:
    questionnaire = questionnaires.of(respondent.assessment)
    answers = answers_of(respondent)
    progress = progress_of(respondent, answers)
    items = _items(questionnaire, found, respondent, voluntary)
    page = answer_pages.Page(
        respondent, questionnaire, items, answers, progress, _files_of(respondent, items), shown
    )
    before, after = answer_pages.neighbors(progress, found.key)
    context = _context(respondent, questionnaire) | {
        "dimension": found,
        "pillar": questionnaire.pillars[found.pillar],
        "items_html": page.html(),
        "items": items,
        "progress": progress,
        "steps": progress.steps,
        "before": before,
        "after": after,
        "voluntary": voluntary,
        "who_else": answer_pages.who_else(questionnaire, found, respondent.function),
        "rest_count": answer_pages.rest_count(respondent),
        "link_bar": answer_pages.link_bar(respondent, progress),
        "save_url": reverse(
            "answer:rest_save" if voluntary else "answer:save", args=[respondent.pk, found.code]
        ),
    }
    conflict = any(one.newer for one in shown.values())
    status = 409 if conflict else 422 if shown else 200
    return render(request, "answer/dimension.html", context, status=status)


def _context(respondent: Respondent, questionnaire: Questionnaire) -> dict[str, Any]:
    return {
        "respondent": respondent,
        "assessment": respondent.assessment,
        "questionnaire": questionnaire,
        "function": questionnaire.functions[respondent.function],
    }


def _dimension(respondent: Respondent, code: str) -> Dimension:
    for found in questionnaires.of(respondent.assessment).dimensions.values():
        if found.code == code:
            return found
    raise NotFound


def _items(
    questionnaire: Questionnaire, found: Dimension, respondent: Respondent, voluntary: bool
) -> tuple[Any, ...]:
    if voluntary:
        return _others(questionnaire, found, respondent)
    own = (questionnaire.items[key] for key in found.items)
    return tuple(item for item in own if respondent.function in item.functions)


def _others(questionnaire: Questionnaire, found: Dimension, respondent: Respondent) -> tuple[Any, ...]:
    items = (questionnaire.items[key] for key in found.items)
    return tuple(item for item in items if respondent.function not in item.functions)


def _files_of(respondent: Respondent, items: tuple[Any, ...]) -> dict[str, list[AnswerFile]]:
    found: dict[str, list[AnswerFile]] = {}
    kept = AnswerFile.objects.select_related("file").filter(
        respondent=respondent, item__in=[item.key for item in items]
    )
    for one in kept:
        found.setdefault(one.item, []).append(one)
    return found


def _next_step(steps: tuple[Any, ...]) -> Any:
    return next((step for step in steps if not step.is_done), None)
