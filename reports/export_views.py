"""Downloads of raw figures."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from accounts.access import person
from accounts.models import User
from assessment.access import get_assessment
from reports import actions, exports


@require_GET
@login_required
def answers(request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
    """Answers of a round as CSV: by person in a named round, by pooled function in a confidential one."""
    return answers_response(person(request), pk)


def answers_response(user: User, pk: UUID) -> StreamingHttpResponse:
    """The same for pages and API: for those who may manage the round, and noted in the log."""
    assessment = get_assessment(user, pk, need="manage")
    write = exports.group_lines if assessment.is_confidential else exports.answer_lines
    lines = write(assessment)
    actions.note_export(assessment, by=user)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = slugify(assessment.title) or "round"
    response["Content-Disposition"] = f'attachment; filename="{name}-answers.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
