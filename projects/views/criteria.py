"""The nominated version and the verdict of each signed criterion."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import person
from charters.keeping import Judged, lived_revision, standing_of
from charters.kept_page import verdict_rows, verdict_state
from charters.models import Reading
from charters.verdicts import OF_A_MODEL
from projects.access import get_standing
from projects.actions.readings import nominate, read_criteria
from projects.evidence import best, pick, why_unread
from projects.models import Candidate, Project
from projects.tracking import evaluation, records
from projects.tracking.records import TrackingIsAway
from projects.views.experiments import shown
from projects.views.frame import frame, notes
from ui.errors import Invalid
from ui.panels import fill, mark
from ui.words import plural

AWAY = "Tracking does not answer, so nothing could be read. What was read before stands."


@require_safe
@login_required
def criteria(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Each criterion with its verdict for the candidate, and how many attempts stand behind it."""
    standing = get_standing(request.user, pk)
    project = standing.project
    candidate = project.candidates.select_related("nominated_by").first()
    context = {
        **frame(standing, "criteria"),
        "notes": notes(request, project),
        "candidate": candidate,
        **_verdicts(project, candidate),
        "measuring": fill(mark("projects.criteria", "all"), request, project),
    }
    return render(request, "projects/criteria.html", context)


def _verdicts(project: Project, candidate: Candidate | None) -> dict[str, Any]:
    revision = lived_revision(project.charter) if project.charter is not None else None
    if revision is None:
        return {"rows": [], "verdict": None}
    found = standing_of(revision, candidate=candidate.label if candidate else None)
    away, rows = False, []
    for row, item in zip(verdict_rows(found), found.judged, strict=True):
        beside = ""
        try:
            beside = "" if away else _beside(project.slug, item, candidate)
        except TrackingIsAway:
            away = True
        rows.append({"row": row, "must": item.criterion.must, "beside": beside})
    kind, word = verdict_state(found.verdict)
    return {
        "rows": rows,
        "verdict": {"kind": kind, "word": word, "why": found.verdict.why},
        "revision": revision,
        "away": away,
    }


def _beside(slug: str, item: Judged, candidate: Candidate | None) -> str:
    """What stands beside a verdict and never is one: attempts with the best, a run that is gone, a last value
    that cannot be read."""
    criterion = item.criterion
    if criterion.kind not in OF_A_MODEL or not criterion.metric_key:
        return ""
    runs, ends = evaluation.attempts(slug, criterion.metric_key, data_name=criterion.data.name)
    words = []
    if runs:
        top = best(criterion.comparator, ends)
        on = f" on {criterion.data.name}" if criterion.data.name else ""
        words = [f"{plural(runs, 'attempt', 'attempts')}{on}"]
        words = [f"{words[0]}, the best {shown(top)}." if top is not None else f"{words[0]}."]
    row = item.row
    tracked = row is not None and row.source == Reading.Source.TRACKING
    if tracked and row is not None and not records.runs_by_id(slug, [row.run]):
        words.append("The run was deleted since; what was read stands.")
    elif candidate is not None and (row is None or tracked):
        about = {"run": candidate.run, "model_id": candidate.model_id}
        found = evaluation.measured(slug, criterion.metric_key, **about)
        words.append(why_unread(criterion, pick(criterion, found)))
    return " ".join(words).strip()


@require_POST
@login_required
def read_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Read the criteria of the candidate now, and say which could not be read."""
    project = get_standing(request.user, pk, need="contribute").project
    try:
        unread = read_criteria(project)
    except TrackingIsAway:
        messages.error(request, AWAY)
    else:
        for item in unread[:5]:
            messages.warning(request, f"{item.criterion.name}: {item.why}")
        if not unread:
            messages.success(request, "The criteria are read.")
    return redirect("projects:criteria", project.pk)


@require_POST
@login_required
def nominate_version(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a registered version the candidate."""
    project = get_standing(request.user, pk, need="lead").project
    number = request.POST.get("version", "")
    if not (number.isascii() and number.isdigit() and len(number) < 9):
        raise Invalid("This version is not registered.", fields={"version": ["A whole number."]})
    try:
        candidate = nominate(
            project,
            by=person(request),
            model=request.POST.get("model", "")[:250],
            version=int(number),
            instead_of=request.POST.get("instead_of"),
        )
    except TrackingIsAway:
        messages.error(request, AWAY)
        return redirect("projects:models", project.pk)
    messages.success(request, f"{candidate} is the candidate. Verdicts are read for it alone.")
    return redirect("projects:criteria", project.pk)
