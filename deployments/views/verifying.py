"""Having the product measure the nominated version on a file that was signed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import person
from charters.queries import revision_in_force
from deployments import sandbox
from deployments.evaluation.forms import EvaluationForm
from deployments.evaluation.readings import (
    NO_CANDIDATE,
    NOT_IN_FORCE,
    Wanted,
    ask_again,
    ask_evaluation,
    differences_of,
    evaluations_of,
    kept_files,
    wanted_of,
)
from deployments.models import Evaluation
from jobs.models import Job, StoredFile
from projects.access import get_standing
from projects.models import Candidate, Project
from projects.views.frame import posted
from ui.errors import Invalid, NotFound
from ui.words import plural

STATES = {"waiting": "open", "running": "open", "done": "good", "failed": "bad"}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def verify(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What can be measured, what was, and the form for a file."""
    need = "contribute" if request.method == "POST" else "view"
    standing = get_standing(request.user, pk, need=need)
    project = standing.project
    candidate = project.candidates.first()
    wanted = _wanted(project)
    kept = kept_files(project, wanted or [])
    form = EvaluationForm(posted(request), request.FILES or None, kept=kept, wanted=wanted or [])
    if request.method == "POST" and form.is_valid():
        try:
            job = _press(request, project, form, kept)
        except Invalid as error:
            form.add_errors(error.fields)
        else:
            return redirect("jobs:show", job.pk)
    why_not = _why_not(candidate, wanted)
    context = {
        "project": project,
        "candidate": candidate,
        "wanted": wanted or [],
        "why_not": why_not,
        "rows": [_row(one, wanted or []) for one in evaluations_of(project)],
        "differences": differences_of(project, candidate.label) if candidate else [],
        "form": form,
        "asks": any(one.left_open for one in wanted or [] if not one.why_not),
        "may_ask": standing.may("contribute") and not why_not,
    }
    return render(request, "deployments/verify.html", context, status=422 if form.errors else 200)


def _press(request: HttpRequest, project: Project, form: EvaluationForm, kept: list[StoredFile]) -> Job:
    given = form.cleaned_data
    upload = given["file"]
    _, job = ask_evaluation(
        project,
        by=person(request),
        name=upload.name if upload else "",
        content=upload.read() if upload else b"",
        kept=None if upload else next((one for one in kept if str(one.pk) == given.get("kept")), None),
        typed=form.typed,
    )
    return job


def _wanted(project: Project) -> list[Wanted] | None:
    revision = revision_in_force(project.charter) if project.charter is not None else None
    return wanted_of(revision) if revision is not None else None


def _why_not(candidate: Candidate | None, wanted: list[Wanted] | None) -> str:
    if wanted is None:
        return NOT_IN_FORCE
    if not any(not one.why_not for one in wanted):
        return "No criterion in force can be measured here; the table says why."
    return NO_CANDIDATE if candidate is None else sandbox.why_off()


def _row(found: Evaluation, wanted: list[Wanted]) -> dict[str, Any]:
    names = {one.criterion.key: one.criterion.name for one in wanted}
    who = found.asked_by.get_full_name() if found.asked_by else "who asked"
    figures = [
        {"name": names.get(key, key), "words": _words(figure), "terms": _terms(figure, who)}
        for key, figure in found.figures.items()
    ]
    return {"row": found, "kind": STATES[found.state], "figures": figures}


def _words(figure: dict[str, Any]) -> str:
    if figure["value"] is None:
        return str(figure["why_not"])
    words = f"{figure['value']:.4g} on {plural(figure['rows'], 'row', 'rows')}"
    return f"{words}; reported was {figure['reported']:.4g}" if figure.get("differs") else words


def _terms(figure: dict[str, Any], who: str) -> str:
    """What the charter fixes of a figure, and what who asked chose. Older ones kept neither."""
    signed, chosen = figure.get("signed", ""), figure.get("chosen", "")
    said = [f"Signed: {signed}."] if signed else []
    return " ".join([*said, f"Chosen by {who}: {chosen}."] if chosen else said)


@require_POST
@login_required
def again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Measure the version that is nominated now on a file that is kept already."""
    found = Evaluation.objects.select_related("project", "file").filter(pk=pk).first()
    if found is None:
        raise NotFound
    found.project = get_standing(request.user, found.project_id, need="contribute").project
    _, job = ask_again(found, by=person(request))
    return redirect("jobs:show", job.pk)
