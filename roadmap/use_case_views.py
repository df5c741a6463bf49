"""Pages of use cases: the ranked list with its matrix, one use case, writing it, archiving it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import current_membership, person
from accounts.models import Membership
from accounts.permissions import allowed
from roadmap.portfolio import Standing, is_stopped_by_mark
from roadmap.use_case_access import get_use_case, get_use_case_and_membership
from roadmap.use_case_actions import (
    archive_use_case,
    change_use_case,
    create_use_case,
    restore_use_case,
)
from roadmap.use_case_charts import matrix
from roadmap.use_case_forms import UseCaseForm, initial_of
from roadmap.use_case_models import UseCase
from roadmap.use_case_queries import (
    OPEN_STATES,
    levels_of,
    portfolio_problems,
    ranked,
    register_levels,
    roster_skills,
    standing_of,
    use_cases_of,
)
from roadmap.use_case_rubric import AXES, rubric
from ui.errors import Conflict, Invalid
from ui.panels import fill, mark

GET_AND_POST = ["GET", "HEAD", "POST"]


def _may_edit(membership: Membership) -> bool:
    return allowed(membership.role, "edit", membership.organization.state)


@require_safe
@login_required
def use_case_list(request: HttpRequest) -> HttpResponse:
    """All use cases in their order, the matrix, and what the list as a whole lacks."""
    membership = current_membership(request)
    organization = membership.organization
    pairs = ranked(use_cases_of(organization))
    standings = [item for _, item in pairs]
    context = {
        "rows": [_row(use_case, item) for use_case, item in pairs],
        "spec": matrix(standings),
        "problems": portfolio_problems(organization, standings) if pairs else [],
        "can_edit": _may_edit(membership),
        "archived": use_cases_of(organization, archived=True).count(),
        "title": _title(standings),
    }
    page = render_to_string("roadmap/use_cases.html", context, request)
    return HttpResponse(fill(page, request, organization))


def _title(standings: list[Standing]) -> str:
    if not standings:
        return "No use case yet"
    first = standings[0]
    if is_stopped_by_mark(first):
        return "Every use case has something that stops it"
    if first.worth.value is None or first.feasibility.value is None:
        return "The questions about the use cases wait for answers"
    return f"“{first.facts.title}” stands first"


def _row(use_case: UseCase, item: Standing) -> dict[str, Any]:
    quadrant = rubric().quadrants.get(item.quadrant)
    return {
        "use_case": use_case,
        "worth": item.worth,
        "feasibility": item.feasibility,
        "quadrant": quadrant.name if quadrant else "",
        "marks": [rubric().marks[mark] for mark in item.marks],
        "stopped": is_stopped_by_mark(item),
        "early": item.has("early_win"),
    }


@require_http_methods(GET_AND_POST)
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Add a use case."""
    membership = current_membership(request, "edit")
    form = UseCaseForm(request.POST or None, organization=membership.organization)
    if request.method == "POST" and form.is_valid():
        use_case = create_use_case(membership.organization, by=person(request), values=form.values())
        messages.success(request, f"“{use_case.title}” is on the list.")
        return redirect("use_cases:show", use_case.pk)
    context = {"form": form, "title": "A new use case", "cancel_url": reverse("use_cases:list")}
    return render(request, "roadmap/use_case_form.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One use case: its scores, and the answers that they come from."""
    use_case, membership = get_use_case_and_membership(request.user, pk)
    item = standing_of(use_case)
    quadrant = rubric().quadrants.get(item.quadrant)
    context = {
        **_row(use_case, item),
        "sentence": quadrant.sentence if quadrant else "Answer the questions to see where it stands.",
        "axes": _answers(use_case),
        "facts": _facts(use_case, item),
        "can_edit": _may_edit(membership),
        "charter_url": _charter_url(use_case),
        "learned": fill(mark("use_cases.learned", "all"), request, use_case),
        "projects": fill(mark("use_cases.projects", "all"), request, use_case),
    }
    return render(request, "roadmap/use_case.html", context)


def _facts(use_case: UseCase, item: Standing) -> list[dict[str, str]]:
    types = dict(rubric().facts["problem_type"].options)
    worth = str(item.worth.rounded) if item.worth.value is not None else "No answers"
    feasibility = str(item.feasibility.rounded) if item.feasibility.value is not None else "No answers"
    return [
        {"term": "State", "value": use_case.get_state_display()},
        {"term": "Worth", "value": worth},
        {"term": "Feasibility", "value": feasibility},
        {"term": "Outcome owner", "value": use_case.outcome_owner or "Nobody yet"},
        {"term": "Kind of answer", "value": types.get(use_case.problem_type, "Open")},
    ]


def _charter_url(use_case: UseCase) -> str:
    try:
        return f"{reverse('charters:new')}?use_case={use_case.pk}"
    except NoReverseMatch:
        return ""


def _sources(use_case: UseCase, skills: int | None) -> dict[str, str]:
    """Questions that a register answers, with the words for it; a level that people gave stands alone."""
    from_assets = register_levels(use_case.assets.all())
    levels = levels_of(use_case, skills)
    words = {
        key: "From the register of data assets." for key, level in from_assets.items() if levels[key] == level
    }
    if skills is not None and use_case.state in OPEN_STATES:
        words["skills"] = "From the roster."
    return words


def _answers(use_case: UseCase) -> list[dict[str, Any]]:
    """Each axis with its questions, the level that counts and where it comes from."""
    skills = roster_skills(use_case.organization)
    levels, shown = levels_of(use_case, skills), _sources(use_case, skills)
    axes = []
    for axis in AXES:
        rows = []
        for question in rubric().questions[axis]:
            level = levels.get(question.id)
            entry = use_case.levels.get(question.id, {})
            rows.append(
                {
                    "question": question.question,
                    "level": level,
                    "sentence": question.levels[level] if level is not None else "",
                    "note": shown.get(question.id) or entry.get("note", ""),
                    "unknown": level is None and question.id in use_case.levels,
                }
            )
        axes.append({"name": axis.capitalize(), "rows": rows})
    return axes


@require_http_methods(GET_AND_POST)
@login_required
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a use case; somebody else's change meanwhile is shown, not overwritten."""
    use_case = get_use_case(request.user, pk, need="edit")
    form = UseCaseForm(request.POST or None, organization=use_case.organization, initial=initial_of(use_case))
    seen = _seen(request, use_case)
    conflict: Conflict | None = None
    if request.method == "POST" and form.is_valid():
        try:
            change_use_case(use_case, by=person(request), values=form.values(), seen=seen)
        except Conflict as error:
            conflict, seen = error, error.details.get("revision", seen)
        except Invalid as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, f"“{use_case.title}” is saved.")
            return redirect("use_cases:show", use_case.pk)
    context = {
        "form": form,
        "title": use_case.title,
        "use_case": use_case,
        "seen": seen,
        "conflict": conflict,
        "cancel_url": reverse("use_cases:show", args=[use_case.pk]),
    }
    status = 409 if conflict else 422 if form.errors else 200
    return render(request, "roadmap/use_case_form.html", context, status=status)


def _seen(request: HttpRequest, use_case: UseCase) -> int:
    given = request.POST.get("seen", "")
    return int(given) if given.isdecimal() and len(given) < 9 else use_case.revision


@require_http_methods(GET_AND_POST)
@login_required
def archive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask, then take a use case off the list."""
    use_case = get_use_case(request.user, pk, need="edit")
    if request.method == "POST":
        archive_use_case(use_case, by=person(request))
        messages.success(request, f"“{use_case.title}” is archived.")
        return redirect("use_cases:list")
    context = {
        "kind": "Use case",
        "title": f"Archive “{use_case.title}”",
        "effects": [
            "It leaves the list and the matrix.",
            "Its charters and lessons stay, and it can come back.",
        ],
        "button": "Archive the use case",
        "cancel_url": reverse("use_cases:show", args=[use_case.pk]),
    }
    return render(request, "ui/confirm.html", context)


@require_POST
@login_required
def restore(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a use case back onto the list."""
    use_case = get_use_case(request.user, pk, need="edit")
    restore_use_case(use_case, by=person(request))
    messages.success(request, f"“{use_case.title}” is back on the list.")
    return redirect("use_cases:show", use_case.pk)
