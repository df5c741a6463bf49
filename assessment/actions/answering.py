"""What a respondent does: begin, answer, show evidence, change the hat, submit.

An autosave writes no audit entry (the chain takes events, not keystrokes): answers keep their own history.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts import audit
from accounts.models import User
from assessment import questionnaires
from assessment.answer_values import AnswerContent
from assessment.models import Answer, AnswerFile, AnswerHistory, Respondent
from jobs import files
from ui.errors import Conflict, Invalid, NotFound, TooMany

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_FILES_PER_ITEM = 5
FILE_TYPES = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


class StaleAnswer(Conflict):
    """A newer answer is there than the one that the sender saw."""

    code = "stale_answer"

    def __init__(self, current: Answer | None) -> None:
        super().__init__("A newer answer to this question was saved elsewhere. Choose which one to keep.")
        self.current = current


def _locked(respondent: Respondent) -> Conflict:
    state = respondent.assessment.state
    reason = "is closed" if state == "closed" else "does not take answers now"
    return Conflict(f"This round {reason}. What you typed was not saved.", state=state)


def save_answer(
    respondent: Respondent,
    item: str,
    content: AnswerContent,
    *,
    base_revision: int,
    by: User | None,
    client_time: datetime | None = None,
) -> Answer:
    """Keep the answer if `base_revision` is still the newest one (0: there is none yet).

    Three statements in one transaction: claim the respondent's row while the round takes answers, write the
    answer where its revision still stands, add the version to the history. Raises StaleAnswer, Conflict.
    """
    now = timezone.now()
    answer = Answer(
        respondent=respondent,
        item=item,
        revision=base_revision + 1,
        saved_at=now,
        client_time=client_time,
        **content.fields(),
    )
    with transaction.atomic():
        taken = Respondent.objects.filter(pk=respondent.pk, accepts_answers=True).update(
            last_saved_at=now, started_at=Coalesce(F("started_at"), now)
        )
        if not taken:
            raise _locked(respondent)
        if not _write(answer, base_revision):
            raise StaleAnswer(Answer.objects.filter(respondent=respondent, item=item).first())
        AnswerHistory.objects.bulk_create([_history(answer)])
    return answer


def _write(answer: Answer, base_revision: int) -> bool:
    if base_revision:
        return bool(
            Answer.objects.filter(
                respondent_id=answer.respondent_id, item=answer.item, revision=base_revision
            ).update(**_columns(answer))
        )
    # The row of the respondent is held, so nobody can add the answer between this check and the insert.
    if Answer.objects.filter(respondent_id=answer.respondent_id, item=answer.item).exists():
        return False
    Answer.objects.bulk_create([answer])
    return True


_CONTENT = ("state", "level", "value", "confidence", "comment", "would_know", "link")
_COLUMNS = (*_CONTENT, "revision", "saved_at", "client_time")


def _columns(answer: Answer) -> dict[str, object]:
    return {name: getattr(answer, name) for name in _COLUMNS}


def _history(answer: Answer) -> AnswerHistory:
    return AnswerHistory(respondent_id=answer.respondent_id, item=answer.item, **_columns(answer))


def begin(respondent: Respondent, *, by: User | None) -> None:
    """Note that the person has opened the questions: from now on the person counts in the coverage."""
    Respondent.objects.filter(pk=respondent.pk, started_at=None, accepts_answers=True).update(
        started_at=timezone.now()
    )


def submit(respondent: Respondent, *, by: User | None) -> None:
    """Hand the answers in. They can still be changed while the round is open."""
    with transaction.atomic():
        done = Respondent.objects.filter(pk=respondent.pk, accepts_answers=True).update(
            submitted_at=timezone.now(), started_at=Coalesce(F("started_at"), timezone.now())
        )
        if not done:
            raise _locked(respondent)
        _record(respondent, "answers.submitted", by)


def change_function(respondent: Respondent, function: str, *, by: User | None) -> None:
    """The person answers with another hat: other questions are asked, answers given stay."""
    if function not in questionnaires.of(respondent.assessment).functions:
        raise Invalid("Choose one of the functions shown.", fields={"function": ["Not a function."]})
    with transaction.atomic():
        done = Respondent.objects.filter(pk=respondent.pk, accepts_answers=True).update(function=function)
        if not done:
            raise _locked(respondent)
        _record(respondent, "respondent.function_changed", by, function=function, before=respondent.function)
    respondent.function = function


def attach_file(
    respondent: Respondent, item: str, *, name: str, content: bytes, by: User | None
) -> AnswerFile:
    """Keep a file beside an answer. Size, type and number are limited."""
    suffix = "." + name.rpartition(".")[2].lower()
    if suffix not in FILE_TYPES:
        raise Invalid(
            "This type of file is not taken. Allowed are PDF, PNG, JPEG, text, CSV, Word, Excel, PowerPoint."
        )
    if not content:
        raise Invalid("This file is empty.")
    if len(content) > MAX_FILE_BYTES:
        raise Invalid(f"This file is larger than {MAX_FILE_BYTES // 1024 // 1024} MB. Add a link instead.")
    with transaction.atomic():
        if not Respondent.objects.filter(pk=respondent.pk, accepts_answers=True).update(
            last_saved_at=timezone.now()
        ):
            raise _locked(respondent)
        if AnswerFile.objects.filter(respondent=respondent, item=item).count() >= MAX_FILES_PER_ITEM:
            raise TooMany(f"At most {MAX_FILES_PER_ITEM} files can stand beside one answer.")
        stored = files.store(
            content,
            organization=respondent.assessment.organization,
            name=name,
            content_type=FILE_TYPES[suffix],
        )
        return AnswerFile.objects.create(respondent=respondent, item=item, file=stored)


def remove_file(respondent: Respondent, pk: object, *, by: User | None) -> None:
    with transaction.atomic():
        if not Respondent.objects.filter(pk=respondent.pk, accepts_answers=True).update(
            last_saved_at=timezone.now()
        ):
            raise _locked(respondent)
        deleted, _ = AnswerFile.objects.filter(respondent=respondent, pk=str(pk)).delete()
        if not deleted:
            raise NotFound


def _record(respondent: Respondent, event: str, by: User | None, **data: object) -> None:
    audit.record(
        organization=respondent.assessment.organization,
        actor=by,
        event=event,
        subject=respondent,
        data={"assessment": str(respondent.assessment_id), **data},
    )
