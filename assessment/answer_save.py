"""Saving answers: one by one as JSON while people answer, and a whole page as a plain form."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_POST

from accounts.localize import as_in
from accounts.models import User
from assessment import actions, questionnaires
from assessment.access import account_of, get_own_respondent
from assessment.answer_pages import Shown, content_of, describe, file_html, posted_answer
from assessment.answer_values import AnswerContent, AnswerError, read_answer, read_revision, read_time
from assessment.models import Answer, AnswerHistory, Respondent
from assessment.progress import Progress
from assessment.queries import answers_of, progress_of
from assessment.question_bank import Item
from ui import formats
from ui.errors import DomainError, Invalid, NotFound

MAX_BODY = 64 * 1024


def answers_in_json(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Errors of these addresses are read by a script: they have the shape that the API's errors have."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except actions.StaleAnswer as error:
            return _error(error, {"theirs": _theirs(error.current)})
        except DomainError as error:
            return _error(error, dict(error.details))
        except Http404:
            body = {"code": "signed_out", "message": "This link does not open these answers any more."}
            return JsonResponse({"error": body}, status=404)

    return inner


@require_POST
@answers_in_json
def save_item(request: HttpRequest, pk: UUID, item: str) -> HttpResponse:
    """Save one answer: {choice, value, confidence, comment, would_know, link, base_revision, client_time}."""
    respondent = get_own_respondent(request, pk)
    known = _item(respondent, item)
    raw = _body(request)
    try:
        base, content = read_revision(raw.get("base_revision", 0)), read_answer(known, raw)
    except AnswerError as error:
        raise Invalid(str(error), fields=error.fields) from error
    answer = actions.save_answer(
        respondent,
        known.key,
        content,
        base_revision=base,
        by=account_of(request),
        client_time=read_time(raw.get("client_time")),
    )
    progress = progress_of(respondent)
    with as_in(respondent.assessment.organization):
        return JsonResponse(
            {
                "revision": answer.revision,
                "saved": formats.clock(answer.saved_at),
                **_progress_data(progress),
            }
        )


@require_POST
@answers_in_json
def upload(request: HttpRequest, pk: UUID, item: str) -> HttpResponse:
    """Keep one file beside an answer."""
    respondent = get_own_respondent(request, pk)
    sent = request.FILES.get("file")
    if sent is None or sent.name is None:
        raise Invalid("Choose a file.")
    kept = _attach(respondent, _item(respondent, item).key, sent, account_of(request))
    return JsonResponse({"html": file_html(respondent, kept)})


@require_POST
@answers_in_json
def remove_file(request: HttpRequest, pk: UUID, file_pk: UUID) -> HttpResponse:
    respondent = get_own_respondent(request, pk)
    actions.remove_file(respondent, file_pk, by=account_of(request))
    return JsonResponse({})


def save_page(
    respondent: Respondent,
    items: Sequence[Item],
    form: QueryDict,
    sent: MultiValueDict[str, UploadedFile[Any]],
    *,
    by: User | None,
) -> dict[str, Shown]:
    """Save what was changed on a page. Returns the items that were not saved, with what was typed."""
    answers = answers_of(respondent)
    shown: dict[str, Shown] = {}
    for item in items:
        left = _save_posted(respondent, item, form, answers.get(item.key), by)
        if left is not None:
            shown[item.key] = left
            continue
        for upload_ in sent.getlist(f"file:{item.key}"):
            try:
                _attach(respondent, item.key, upload_, by)
            except DomainError as error:
                shown[item.key] = Shown(error=error.message)
    if form.get("remove_file"):
        actions.remove_file(respondent, form["remove_file"], by=by)
    return shown


def _save_posted(
    respondent: Respondent, item: Item, form: QueryDict, current: Answer | None, by: User | None
) -> Shown | None:
    keep = form.get("keep", "")
    if keep == f"theirs:{item.key}":
        return None
    if form.get("clear") == item.key:
        raw: dict[str, Any] = {}
    else:
        raw = posted_answer(item, form)
    try:
        content = read_answer(item, raw)
        base = read_revision(form.get(f"revision:{item.key}", "0"))
    except AnswerError as error:
        return Shown(typed=_lenient(item, raw), error=str(error))
    if keep.startswith(f"mine:{item.key}:"):
        base = read_revision(keep.rpartition(":")[2])
    if content == _seen(respondent, item, current, base):
        return None
    try:
        actions.save_answer(respondent, item.key, content, base_revision=base, by=by)
    except actions.StaleAnswer as error:
        if error.current is not None and content_of(error.current) == content:
            return None
        return Shown(typed=content, newer=error.current)
    return None


def _seen(respondent: Respondent, item: Item, current: Answer | None, base: int) -> AnswerContent:
    """What the page showed when it was loaded: the answer at the revision that the form carries."""
    if base == 0:
        return AnswerContent(state="open")
    if current is not None and current.revision == base:
        return content_of(current)
    past = AnswerHistory.objects.filter(respondent=respondent, item=item.key, revision=base).first()
    return content_of(past) if past else AnswerContent(state="open")  # type: ignore[arg-type]


def _lenient(item: Item, raw: dict[str, Any]) -> AnswerContent:
    """What was typed, as far as it can be shown again beside its error."""
    kept = {name: raw.get(name, "") for name in ("comment", "would_know", "link")}
    for names in (("choice", "value", "confidence"), ("choice", "confidence"), ("choice",)):
        try:
            content = read_answer(item, {name: raw[name] for name in names if name in raw})
        except AnswerError:
            continue
        return AnswerContent(**(content.fields() | kept))
    return AnswerContent(state="open", **kept)


def _attach(respondent: Respondent, item: str, sent: UploadedFile[Any], by: User | None) -> Any:
    if sent.size is not None and sent.size > actions.MAX_FILE_BYTES:
        raise Invalid("This file is larger than 10 MB. Add a link instead.")
    return actions.attach_file(respondent, item, name=sent.name or "file", content=sent.read(), by=by)


def _item(respondent: Respondent, key: str) -> Item:
    item = questionnaires.of(respondent.assessment).items.get(key)
    if item is None:
        raise NotFound
    return item


def _body(request: HttpRequest) -> dict[str, Any]:
    if len(request.body) > MAX_BODY:
        raise Invalid("This answer is longer than can be kept.")
    try:
        raw = json.loads(request.body.decode())
    except (ValueError, RecursionError) as error:
        raise Invalid("The body must be a JSON object.") from error
    if not isinstance(raw, dict):
        raise Invalid("The body must be a JSON object.")
    return raw


def _progress_data(progress: Progress) -> dict[str, Any]:
    return {
        "answered": progress.answered,
        "asked": progress.asked,
        "left": progress.minutes_text,
        "hidden": sorted(progress.hidden),
        "steps": {step.code: [step.answered, step.asked] for step in progress.steps},
    }


def _theirs(current: Answer | None) -> dict[str, Any]:
    if current is None:
        return {"revision": 0}
    content = content_of(current)
    questionnaire = questionnaires.of(current.respondent.assessment)
    with as_in(current.respondent.assessment.organization):
        saved = formats.clock(current.saved_at)
    return {
        "choice": content.choice,
        "value": content.value,
        "confidence": content.confidence,
        "comment": content.comment,
        "would_know": content.would_know,
        "link": content.link,
        "revision": current.revision,
        "saved": saved,
        "text": describe(questionnaire.items[current.item], content),
    }


def _error(error: DomainError, details: dict[str, Any]) -> JsonResponse:
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if isinstance(error, Invalid) and error.fields:
        body["fields"] = error.fields
    if details:
        body["details"] = details
    return JsonResponse({"error": body}, status=error.status)
