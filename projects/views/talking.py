"""Check-ins and asks, and the page by which somebody without an account answers."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import links
from accounts.access import person
from projects.access import Standing, get_standing
from projects.actions.talking import (
    ASK,
    answer_ask,
    ask_somebody,
    check_in,
    mark_of_answers,
    withdraw_ask,
)
from projects.charts import health_history
from projects.forms import AnswerForm, AskForm, CheckInForm
from projects.models import Ask, CheckIn
from projects.queries import departments_of, spans_of, time_box, weeks_of
from projects.views.frame import frame, posted
from projects.views.theirs import Theirs, theirs
from projects.waiting import blocked_by_party, median_reply_days
from projects.words import health_mark
from ui.errors import Conflict, NotFound
from ui.formats import moment

GET_AND_POST = ["GET", "HEAD", "POST"]


@require_http_methods(GET_AND_POST)
@login_required
def checkins(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How the project stood week by week, and this week's answer."""
    standing = get_standing(request.user, pk, need="contribute" if request.method == "POST" else "view")
    form = CheckInForm(posted(request), initial={"seen": mark_of_answers(standing.project)})
    conflict = None
    if request.method == "POST" and form.is_valid():
        week = dt.date.fromisoformat(form.cleaned_data["week"])
        given = {**form.cleaned_data, "week": week, "seen": form.cleaned_data["seen"] or None}
        try:
            check_in(standing.project, by=person(request), **given)
        except Conflict as error:
            row = CheckIn.objects.get(project=standing.project, week=week)
            conflict = theirs(error, form, row, mark_of_answers(standing.project))
        else:
            messages.success(request, "Noted. Everybody on the project sees it.")
            return redirect("projects:checkins", standing.project.pk)
    return _checkins(request, standing, form, conflict)


def _checkins(
    request: HttpRequest, standing: Standing, form: CheckInForm, conflict: Theirs | None
) -> HttpResponse:
    rows = {row.week: row for row in CheckIn.objects.filter(project=standing.project)}
    weeks = weeks_of(standing.project, timezone.localdate())
    answers = {week: row.health for week, row in rows.items()}
    history = health_history(weeks.asked, answers, weeks.paused)
    context = {
        **frame(standing, "checkins"),
        "form": form,
        "conflict": conflict,
        "rows": [
            _week(week, rows.get(week), paused=week in weeks.paused)
            for week in sorted({*rows, *weeks.asked, *weeks.paused}, reverse=True)
        ],
        "history": history,
        "csv": reverse("projects:chart_csv", args=[standing.project.pk, "health"]),
    }
    status = 409 if conflict else 422 if form.errors else 200
    return render(request, "projects/checkins.html", context, status=status)


def _week(week: dt.date, row: CheckIn | None, *, paused: bool) -> dict[str, Any]:
    """One line of the table: what was said; else that the project stood still, or that nobody said it."""
    if row is not None and row.health:
        kind, word = health_mark(row.health)
    else:
        kind, word = ("neutral", "Paused") if paused else ("open", "Missing")
    return {"week": week, "row": row, "kind": kind, "word": word}


@require_http_methods(GET_AND_POST)
@login_required
def asks(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who is waited for, for how long, and what that costs the time box."""
    standing = get_standing(request.user, pk, need="contribute" if request.method == "POST" else "view")
    inside = standing.membership is not None
    departments = departments_of(standing.project, of_organization=inside)
    form = AskForm(posted(request), departments=departments)
    if request.method == "POST" and form.is_valid():
        ask = ask_somebody(standing.project, by=person(request), values=form.cleaned_data)
        messages.success(request, f"{ask.of_name} is waited for.")
        return redirect("projects:asks", standing.project.pk)
    context = {**frame(standing, "asks"), "form": form, **_clock(standing)}
    return render(request, "projects/asks.html", context, status=422 if form.errors else 200)


def _clock(standing: Standing) -> dict[str, Any]:
    project, today = standing.project, timezone.localdate()
    own = list(Ask.objects.filter(project=project, withdrawn_at=None))
    # Guests of the project are told how fast its own asks were answered, nothing of other projects.
    inside = standing.membership is not None
    scope = {"project__organization": project.organization} if inside else {"project": project}
    answered = Ask.objects.filter(**scope).exclude(answered_at=None)
    start = project.starts_on or min((ask.since for ask in own), default=today)
    return {
        "waiting": [{"ask": ask, "days": (today - ask.since).days} for ask in own if ask.answered_at is None],
        "answered": [ask for ask in own if ask.answered_at is not None],
        "box": time_box(project, today),
        "parties": blocked_by_party(spans_of([ask for ask in own if ask.blocks], today), start, today),
        "inside": inside,
        "medians": median_reply_days(spans_of(answered, today)),
    }


@require_POST
@login_required
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take an ask back that nobody needs any more."""
    ask, standing = _ask(request, pk)
    withdraw_ask(ask, by=person(request))
    messages.success(request, f"{ask.of_name} is no longer waited for.")
    return redirect("projects:asks", standing.project.pk)


@require_http_methods(GET_AND_POST)
@login_required
def note_answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write down an answer that came by another way."""
    ask, standing = _ask(request, pk)
    form, conflict = AnswerForm(posted(request)), None
    if request.method == "POST" and form.is_valid():
        try:
            answer_ask(ask, answer=form.cleaned_data["answer"], name=ask.of_name, by=person(request))
        except Conflict as error:
            ask.refresh_from_db()
            conflict = Theirs(error.message, _over(ask), "What you typed is still below and was not noted.")
        else:
            messages.success(request, "Noted. The clock has stopped.")
            return redirect("projects:asks", standing.project.pk)
    title = f"What {ask.of_name} answered"
    context = {**frame(standing, "asks"), "title": title, "form": form, "conflict": conflict}
    status = 409 if conflict else 422 if form.errors else 200
    return render(request, "projects/record_form.html", context, status=status)


def _over(ask: Ask) -> list[tuple[str, str]]:
    """How an ask ended, for those on the project."""
    if ask.answered_at is None:
        return [("Taken back", moment(ask.withdrawn_at))] if ask.withdrawn_at else []
    return [("Answered", moment(ask.answered_at)), ("By", ask.answered_by or "–"), ("Answer", ask.answer)]


def _ask(request: HttpRequest, pk: UUID) -> tuple[Ask, Standing]:
    ask = Ask.objects.select_related("project__organization", "asked_by").filter(pk=pk).first()
    if ask is None:
        raise NotFound
    return ask, get_standing(request.user, ask.project_id, need="contribute")


@require_http_methods(GET_AND_POST)
@never_cache
def by_link(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The page of a personal link: what is asked, and a field for the answer; nothing else of the project."""
    ask = Ask.objects.select_related("project__organization", "asked_by").filter(pk=pk).first()
    if ask is None or not links.kept_somewhere(request):
        raise NotFound
    if links.current(request, ASK, ask) is None:
        return _too_late(request, ask)
    form = AnswerForm(posted(request))
    context = {"ask": ask, "form": form, "link_bar": _link_bar(ask)}
    if request.method == "POST" and form.is_valid():
        try:
            answer_ask(ask, answer=form.cleaned_data["answer"], name=ask.of_name, by=None)
        except Conflict:
            ask.refresh_from_db()
            return _too_late(request, ask)
        return render(request, "projects/ask_done.html", context)
    return render(request, "projects/ask_link.html", context, status=422 if form.errors else 200)


def _too_late(request: HttpRequest, ask: Ask) -> HttpResponse:
    """Give back what somebody typed in a window that was open while the ask ended; nothing else is shown."""
    ended = ask.answered_at is not None or ask.withdrawn_at is not None
    if request.method != "POST" or not ended or not links.was_opened(request, ASK, ask):
        raise NotFound
    typed = request.POST.get("answer", "").strip()[:5000]
    context = {"ask": ask, "typed": typed, "link_bar": _link_bar(ask)}
    if ask.answered_at is not None and typed.split() == ask.answer.split():
        return render(request, "projects/ask_done.html", context)
    return render(request, "projects/ask_late.html", context, status=409)


def _link_bar(ask: Ask) -> dict[str, str]:
    return {"organization": ask.project.organization.name, "what": ask.project.name}
