"""Milestones, risks, decisions and papers of a project: one page to read, one form to add each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import person
from accounts.models import User
from projects.access import Standing, get_standing
from projects.actions.documents import remove_document
from projects.actions.work import (
    add_paper,
    archive_paper,
    close_risk,
    log_decision,
    mark_of_record,
    save_milestone,
    save_risk,
)
from projects.charts import health_history, milestone_timeline
from projects.forms import DecisionForm, MilestoneForm, PaperForm, RiskForm
from projects.models import CheckIn, Milestone, Paper, Project, Risk
from projects.queries import weeks_of
from projects.views.frame import frame, posted
from projects.views.theirs import Theirs, theirs
from ui.charts.spec import ChartSpec
from ui.downloads import figure_csv
from ui.errors import Conflict, NotFound

GET_AND_POST = ["GET", "HEAD", "POST"]
Saver = Callable[[Project, User, Mapping[str, Any]], object]
KINDS: Mapping[str, tuple[str, type[Any], Saver]] = {
    "milestone": (
        "A milestone",
        MilestoneForm,
        lambda project, by, values: save_milestone(project, values=values),
    ),
    "risk": ("A risk", RiskForm, lambda project, by, values: save_risk(project, values=values)),
    "decision": (
        "A decision",
        DecisionForm,
        lambda project, by, values: log_decision(project, by=by, values=values),
    ),
    "paper": (
        "A link or minutes",
        PaperForm,
        lambda project, by, values: add_paper(project, by=by, values=values),
    ),
}


@require_safe
@login_required
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Everything on record beside the board."""
    standing = get_standing(request.user, pk)
    project = standing.project
    milestones = list(project.milestones.all())
    context = {
        **frame(standing, "records"),
        "milestones": milestones,
        "timeline": milestone_timeline(milestones, timezone.localdate()),
        "csv": reverse("projects:chart_csv", args=[project.pk, "milestones"]),
        "risks": project.risks.filter(closed_at=None).select_related("owner"),
        "closed_risks": project.risks.exclude(closed_at=None).count(),
        "decisions": project.decisions.all(),
        "papers": project.papers.filter(archived_at=None).select_related("file"),
    }
    return render(request, "projects/records.html", context)


@require_safe
@login_required
def chart_csv(request: HttpRequest, pk: UUID, name: str) -> HttpResponse:
    """The numbers of a figure of the project."""
    project, today = get_standing(request.user, pk).project, timezone.localdate()
    spec: ChartSpec | None = None
    if name == "health":
        answers = dict(CheckIn.objects.filter(project=project).values_list("week", "health"))
        weeks = weeks_of(project, today)
        spec = health_history(weeks.asked, answers, weeks.paused)
    elif name == "milestones":
        spec = milestone_timeline(list(project.milestones.all()), today)
    if spec is None:
        raise NotFound
    return figure_csv(spec)


@require_http_methods(GET_AND_POST)
@login_required
def add(request: HttpRequest, pk: UUID, kind: str) -> HttpResponse:
    """Add a milestone, a risk, a decision or a paper."""
    if kind not in KINDS:
        raise NotFound
    standing = get_standing(request.user, pk, need="contribute")
    title, form_class, save = KINDS[kind]
    form = form_class(posted(request), project=standing.project)
    if request.method == "POST" and form.is_valid():
        save(standing.project, person(request), form.cleaned_data)
        messages.success(request, f"{title} was added.")
        return redirect("projects:records", standing.project.pk)
    return _form(request, standing, title, form)


@require_http_methods(GET_AND_POST)
@login_required
def milestone(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a milestone, or note that it is there."""
    row, standing = _get(request, Milestone, pk)
    form = MilestoneForm(
        posted(request), initial=_initial(row, "title", "due_on", "done_on"), project=standing.project
    )
    return _change(request, standing, row, form, partial(save_milestone, standing.project, milestone=row))


@require_http_methods(GET_AND_POST)
@login_required
def risk(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a risk."""
    row, standing = _get(request, Risk, pk)
    initial = _initial(row, "title", "response", "likelihood", "effect", "owner")
    form = RiskForm(posted(request), initial=initial, project=standing.project)
    return _change(request, standing, row, form, partial(save_risk, standing.project, risk=row))


def _initial(row: Any, *names: str) -> dict[str, Any]:
    return {"seen": mark_of_record(row), **{name: getattr(row, name) for name in names}}


def _change(
    request: HttpRequest, standing: Standing, row: Any, form: Any, save: Callable[..., object]
) -> HttpResponse:
    conflict = None
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            save(seen=values.pop("seen"), values=values)
        except Conflict as error:
            row.refresh_from_db()
            conflict = theirs(error, form, row, mark_of_record(row))
        else:
            messages.success(request, f"“{values['title']}” is saved.")
            return redirect("projects:records", standing.project.pk)
    return _form(request, standing, row.title, form, conflict)


@require_POST
@login_required
def close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A risk is over."""
    row, standing = _get(request, Risk, pk)
    close_risk(row)
    messages.success(request, "The risk is closed.")
    return redirect("projects:records", standing.project.pk)


@require_POST
@login_required
def archive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a paper off the list."""
    row, standing = _get(request, Paper, pk)
    if row.file_id is None:
        archive_paper(row)
    else:
        remove_document(row, by=person(request))
    messages.success(request, f"“{row.title}” is off the list.")
    return redirect("projects:records", standing.project.pk)


def _get(request: HttpRequest, model: type[Any], pk: UUID) -> tuple[Any, Standing]:
    row = model.objects.filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row, get_standing(request.user, row.project_id, need="contribute")


def _form(
    request: HttpRequest, standing: Standing, title: str, form: Any, conflict: Theirs | None = None
) -> HttpResponse:
    context = {**frame(standing, "records"), "title": title, "form": form, "conflict": conflict}
    status = 409 if conflict else 422 if form.errors else 200
    return render(request, "projects/record_form.html", context, status=status)
