"""The desk as a page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import find_membership
from reports.demo.access import demo_url
from reports.desk import Desk, note_visit, reader_of
from reports.sentences import long_day
from ui.words import in_words, sentence


@require_GET
@login_required
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for the reader, what is late, the line today, and what changed."""
    membership = find_membership(request)
    if membership is None:
        return redirect("accounts:start")
    reader = reader_of(membership, timezone.now())
    filled = Desk(reader, note_visit(reader))
    template = "reports/desk_new.html" if filled.is_new else "reports/desk.html"
    context = {
        "desk": filled,
        "line_note": _reached(filled),
        "date_line": f"{reader.now:%A} {long_day(reader.today)}",
        "new_title": f"{membership.organization.name} has not begun yet",
        "begin_url": reverse("assessment:create") if reader.leads else "",
        "demo_url": demo_url(),
    }
    return render(request, template, context)


def _reached(filled: Desk) -> str:
    """What a phone shows below the dots of the line."""
    reached = sum(stop.reached for stop in filled.stops)
    of = in_words(len(filled.stops))
    if reached == len(filled.stops):
        return f"All {of} stations are reached"
    if not reached:
        return f"None of {of} stations is reached"
    return sentence(f"{in_words(reached)} of {of} stations {'is' if reached == 1 else 'are'} reached")
