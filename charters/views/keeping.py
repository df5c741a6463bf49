"""Readings, learning and the decision of a charter in force."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import person, require, require_fresh, signed_in_at, signed_in_how
from charters.access import get_charter_and_membership
from charters.actions import (
    Choice,
    Proof,
    decide,
    record_learning,
    record_reading,
    withdraw_learning,
)
from charters.document import read
from charters.keeping import decision_of, learnings_of, lived_revision, may_report
from charters.keeping_forms import AnswerForm, DecisionForm, LearningForm, ReadingForm
from charters.kept_page import decides, decision_context, learning_rows, readings_context
from charters.models import Charter, Learning, Revision
from charters.presentation import criterion_views
from charters.queries import document_of, revision_in_force
from roadmap.queries import today_of
from ui import formats
from ui.errors import Conflict, Invalid, NotAllowed, NotFound
from ui.panels import fill, mark

GET_AND_POST = ["GET", "HEAD", "POST"]


@require_safe
@login_required
def readings(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The verdict of each criterion with what it rests on, and all readings."""
    charter, membership = get_charter_and_membership(request.user, pk)
    context = readings_context(charter)
    standing = context.get("standing")
    reports = standing is not None and may_report(person(request), membership, standing.text)
    context |= {"charter": charter, "reports": reports and context["in_force"]}
    return render(request, "charters/readings.html", context)


@require_http_methods(GET_AND_POST)
@login_required
def reading_new(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Hand in a figure or an answer for one criterion."""
    charter, revision = _reporting(request, pk)
    criteria = read(document_of(revision)).criteria
    criterion = next((item for item in criteria if item.key == key), None)
    if criterion is None:
        raise NotFound
    kind = AnswerForm if criterion.is_question else ReadingForm
    form = kind(
        request.POST or None, criterion=criterion, initial={"taken_on": today_of(charter.organization)}
    )
    if request.method == "POST" and form.is_valid():
        try:
            record_reading(revision, key, by=person(request), **form.cleaned_data)
        except Invalid as error:
            form.add_refusals(error.fields)
        else:
            messages.success(request, "The reading is kept.")
            return redirect("charters:readings", charter.pk)
    view = next(view for view in criterion_views(criteria, formats.day) if view.key == key)
    context = {"charter": charter, "revision": revision, "form": form, "view": view}
    return render(request, "charters/reading_new.html", context, status=422 if form.errors else 200)


def _reporting(request: HttpRequest, pk: UUID) -> tuple[Charter, Revision]:
    """The charter and its revision in force, for somebody who may report on it."""
    charter, membership = get_charter_and_membership(request.user, pk, need="edit")
    revision = revision_in_force(charter)
    named_in = revision or lived_revision(charter)
    if named_in is None:
        require(request.user, charter.organization, "manage")
        raise Conflict("No text of this charter is in force, so nothing is measured against it yet.")
    if not may_report(person(request), membership, read(document_of(named_in))):
        raise NotAllowed("Readings come from those whom the charter names, and from facilitators.")
    if revision is None:
        raise Conflict("This charter has ended; no reading can be added.")
    return charter, revision


@require_http_methods(GET_AND_POST)
@login_required
def learning(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was learned, and a form for one more record."""
    charter, membership = get_charter_and_membership(request.user, pk)
    revision = lived_revision(charter)
    text = read(document_of(revision)) if revision else None
    may = text is not None and may_report(person(request), membership, text)
    form = None
    if text is not None and may:
        form = LearningForm(request.POST or None, organization=charter.organization, text=text)
    if request.method == "POST":
        if form is None:
            require(request.user, charter.organization, "manage")
            raise Conflict("Learning is recorded once a charter is in force.")
        if form.is_valid() and _learned(charter, form, request):
            return redirect("charters:learning", charter.pk)
    context = {
        "charter": charter,
        "form": form,
        "rows": learning_rows(charter.organization, learnings_of(charter), viewer=person(request)),
        "may_manage": membership.role in ("owner", "facilitator"),
        "internal": text is not None and text.text("route") == "internal",
    }
    failed = form is not None and bool(form.errors)
    return render(request, "charters/learning.html", context, status=422 if failed else 200)


def _learned(charter: Charter, form: LearningForm, request: HttpRequest) -> bool:
    try:
        record_learning(charter, by=person(request), **form.cleaned_data)
    except Invalid as error:
        form.add_refusals(error.fields)
        return False
    messages.success(request, "The record is kept.")
    return True


@require_POST
@login_required
def learning_withdraw(request: HttpRequest, pk: UUID, record: UUID) -> HttpResponse:
    """Take a record back: its author, or a facilitator."""
    charter, _ = get_charter_and_membership(request.user, pk, need="edit")
    row = Learning.objects.select_related("charter__organization").filter(charter=charter, pk=record).first()
    if row is None:
        raise NotFound
    if row.by_id != person(request).pk:
        require(request.user, charter.organization, "manage")
    withdraw_learning(row, by=person(request))
    messages.success(request, "The record is withdrawn.")
    return redirect("charters:learning", charter.pk)


@require_http_methods(GET_AND_POST)
@login_required
def decision(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The verdicts, what was agreed, and for the outcome owner the choice; afterward what was decided."""
    charter, _ = get_charter_and_membership(request.user, pk)
    taken = decision_of(charter)
    revision = revision_in_force(charter)
    if taken is not None and revision is None:
        if request.method == "POST":
            raise Conflict("This charter was decided already.")
        context = {"charter": charter, "decision": taken, "project": _project(request, charter)}
        return render(request, "charters/decided.html", context)
    may = revision is not None and decides(revision, person(request))
    if request.method == "POST" and not may:
        raise NotAllowed("The outcome owner decides, nobody else.")
    if revision is None:
        raise Conflict("There is no text in force to decide on.")
    return _decide(request, charter, revision, may=may)


def _decide(request: HttpRequest, charter: Charter, revision: Revision, *, may: bool) -> HttpResponse:
    context = decision_context(charter, revision)
    form = DecisionForm(request.POST or None, standing=context["standing"]) if may else None
    if request.method == "POST" and form is not None and form.is_valid():
        require_fresh(request)
        try:
            _take(request, charter, form.cleaned_data)
        except Invalid as error:
            form.add_refusals(error.fields)
        else:
            messages.success(request, "Decided. Everybody who signed is told.")
            return redirect("charters:decision", charter.pk)
    context |= {"charter": charter, "revision": revision, "form": form, "owner": context["standing"].text}
    context["project"] = _project(request, charter)
    failed = form is not None and bool(form.errors)
    return render(request, "charters/decision.html", context, status=422 if failed else 200)


def _project(request: HttpRequest, charter: Charter) -> SafeString:
    """What the apps above say of the charter's project, and the way back to it."""
    return fill(mark("charters.project", "all"), request, charter)


def _take(request: HttpRequest, charter: Charter, values: dict[str, Any]) -> None:
    at = dt.datetime.fromtimestamp(signed_in_at(request), tz=dt.UTC)
    proof = Proof("account", signed_in_how(request), at)
    decide(charter, Choice(**values), by=person(request), shown=request.POST.get("shown", ""), proof=proof)
