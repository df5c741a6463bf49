"""Opening a project: from a charter in force, or from an initiative of the roadmap."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import current_membership, person
from charters.access import get_charter
from charters.kept_page import LearningRow, similar_learnings
from charters.models import Charter
from projects.actions import Start, open_from_charter, open_from_initiative
from projects.forms import OpenInitiativeForm
from projects.people import overload_sentences, promise_of
from projects.proposals import Proposal, foreseen, proposal_of
from projects.queries import of_initiative
from projects.views.frame import posted
from roadmap.access import get_initiative
from roadmap.queries import today_of
from ui.errors import Conflict

GET_AND_POST = ["GET", "HEAD", "POST"]


@require_http_methods(GET_AND_POST)
@login_required
def open_project(request: HttpRequest, charter: UUID) -> HttpResponse:
    """What the project of a charter in force takes over, and the button that opens it."""
    found = get_charter(request.user, charter, need="manage")
    if request.method == "POST":
        project = open_from_charter(found, by=person(request))
        messages.success(request, f"The project “{project.name}” is open.")
        return redirect("projects:show", project.pk)
    existing = getattr(found, "project", None)
    if existing is not None:
        return redirect("projects:show", existing.pk)
    takes = foreseen(found)
    people = [(name, "", share) for name, _, share in takes.people]
    added = promise_of(found.organization, people, takes.starts_on, takes.ends_on)
    context = {
        "charter": found,
        "takes": takes,
        "lessons": _lessons(found),
        "too_much": overload_sentences(found.organization, added, today_of(found.organization)),
    }
    return render(request, "projects/open.html", context)


def _lessons(charter: Charter) -> list[LearningRow]:
    return similar_learnings(charter.use_case, without=charter) if charter.use_case else []


@require_http_methods(GET_AND_POST)
@login_required
def open_initiative(request: HttpRequest, key: str) -> HttpResponse:
    """A form with owner, days and milestones as the plan has them."""
    organization = current_membership(request, "manage").organization
    initiative = get_initiative(organization, key)
    proposal = proposal_of(organization, initiative)
    form = OpenInitiativeForm(
        posted(request), organization=organization, opener=person(request), initial=_initial(proposal)
    )
    if request.method == "POST" and form.is_valid():
        project = open_from_initiative(
            organization,
            by=person(request),
            initiative=key,
            name=form.cleaned_data["name"],
            start=_start(form, proposal),
        )
        messages.success(request, f"The project “{project.name}” is open.")
        return redirect("projects:show", project.pk)
    if request.method != "POST" and of_initiative(organization, key).exclude(state="closed").exists():
        raise Conflict("This initiative has its project already.")
    context = {
        "form": form,
        "proposal": proposal,
        "initiative": initiative,
        "back": reverse("roadmap:initiative", args=[key]),
    }
    return render(request, "projects/open_initiative.html", context, status=422 if form.errors else 200)


def _initial(proposal: Proposal) -> dict[str, object]:
    return {
        "name": proposal.name,
        "purpose": proposal.purpose,
        "owner": proposal.owner,
        "starts_on": proposal.starts_on,
        "ends_on": proposal.ends_on,
    }


def _start(form: OpenInitiativeForm, proposal: Proposal) -> Start:
    values = form.cleaned_data
    kept = ("purpose", "owner", "owner_email", "lead", "share", "starts_on", "ends_on")
    return Start(
        **{name: values[name] for name in kept},
        milestones=proposal.milestones if values["milestones"] else (),
        use_case=proposal.use_case,
    )
