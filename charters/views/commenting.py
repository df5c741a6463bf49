"""Comments on the fields of a draft."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.access import person
from accounts.limits import limit
from charters.access import get_charter, get_comment
from charters.actions.commenting import add_comment, reopen_comment, settle_comment
from charters.models import Charter
from charters.sections import BY_KEY, section_of
from ui.errors import Invalid


@require_POST
@login_required
def comment(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Leave a comment at a field."""
    charter = get_charter(request.user, pk)
    user = person(request)
    limit("charter comment", str(user.pk), times=60, seconds=600)
    field = request.POST.get("field", "")
    try:
        add_comment(charter, field=field, words=request.POST.get("words", ""), by=user)
    except Invalid as error:
        messages.error(request, " ".join(text for said in error.fields.values() for text in said))
    else:
        messages.success(request, "Your comment is kept.")
    return redirect(_back(request, charter, field))


@require_POST
@login_required
def settle(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mark a comment as dealt with."""
    found = get_comment(request.user, pk)
    settle_comment(found, by=person(request))
    messages.success(request, "Settled.")
    return redirect(_back(request, found.charter, found.field))


@require_POST
@login_required
def reopen(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Bring a settled comment back."""
    found = get_comment(request.user, pk)
    reopen_comment(found, by=person(request))
    messages.success(request, "Open again.")
    return redirect(_back(request, found.charter, found.field))


def _back(request: HttpRequest, charter: Charter, field: str) -> str:
    """Where the visitor came from: the check, the form of a criterion or section, or the text."""
    section = section_of(field)
    then = request.POST.get("then", "")
    if then == "review":
        return f"{reverse('charters:review', args=[charter.pk])}#comments"
    if then == "criterion" and field.startswith("criterion."):
        page = reverse("charters:criterion", args=[charter.pk, field.partition(".")[2]])
        return f"{page}#talk-{section}"
    if then == "write" and section in BY_KEY:
        return f"{reverse('charters:write', args=[charter.pk, section])}#talk-{section}"
    return f"{reverse('charters:show', args=[charter.pk])}#section-{section}"
