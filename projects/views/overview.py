"""The list of projects, and the overview of one."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import current_membership, person
from accounts.permissions import allowed
from assessment.models import Assessment
from assessment.queries import latest_result
from projects.access import get_standing
from projects.best_model import best_model
from projects.deciding import decision_box, lessons_elsewhere
from projects.models import Project
from projects.queries import (
    TimeBox,
    Wish,
    open_asks,
    people_on,
    projects_of,
    task_counts,
    time_box,
    time_boxes,
    wished,
)
from projects.views.frame import frame
from projects.words import health_mark
from roadmap.queries import catalogue_of, latest_plan
from roadmap.standard import role_names
from ui.formats import day
from ui.panels import fill
from ui.words import plural

PAGE = 50


@require_safe
@login_required
def project_list(request: HttpRequest) -> HttpResponse:
    """The projects of the organization that fit what was asked for, with health and time box."""
    membership = current_membership(request)
    organization, today = membership.organization, timezone.localdate()
    every = projects_of(organization, today)
    wish = Wish.of(request.GET)
    page = Paginator(wished(every, wish, person(request), today), PAGE).get_page(request.GET.get("page"))
    boxes = time_boxes(list(page), today)
    context = {
        "rows": [
            {
                "project": project,
                "health": health_mark(getattr(project, "health", None)),
                "box": boxes.get(project.pk),
                "late": project.is_late(today),
            }
            for project in page
        ],
        "page": page,
        "wish": wish,
        "any": bool(page) or every.exists(),
        "oversees": allowed(membership.role, "oversee", organization.state),
    }
    return render(request, "projects/list.html", context)


@require_safe
@login_required
def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Where the project stands, what is late, who is on it, and what it comes from."""
    standing = get_standing(request.user, pk)
    project = standing.project
    box = time_box(project, timezone.localdate())
    counts = task_counts(project)
    context = {
        **frame(standing, "overview"),
        "people": [(one, role_names().get(one.works_as, one.works_as)) for one in people_on(project)],
        "milestones": project.milestones.all(),
        "asks": open_asks(project),
        "facts": _facts(project, box, counts),
        "origins": origins(project),
        "box": box,
        "decision": decision_box(project, person(request)),
        "lessons": lessons_elsewhere(project),
        "best": best_model(project),
    }
    page = render_to_string("projects/show.html", context, request)
    return HttpResponse(fill(page, request, project))


def _facts(project: Project, box: TimeBox | None, counts: dict[str, int]) -> list[dict[str, str]]:
    newest = project.checkins.exclude(health="").order_by("-week").first()
    kind, word = health_mark(newest.health if newest else None)
    done, all_ = counts.get("done", 0), sum(counts.values())
    used = f"{plural(box.used, 'day', 'days')} of {box.total}" if box else "No dates yet"
    return [
        {"term": "Health", "value": word, "state": kind},
        {"term": "Time used for work", "value": used},
        {"term": "Spent waiting", "value": plural(box.blocked, "day", "days") if box else "–"},
        {"term": "Tasks done", "value": f"{done} of {all_}" if all_ else "None yet"},
        {"term": "Ends", "value": day(project.ends_on) if project.ends_on else "Open"},
    ]


def origins(project: Project) -> list[dict[str, str]]:
    """What the project comes from, each one click away: charter, use case, initiative, answers."""
    links: list[dict[str, str]] = []
    if project.charter is not None:
        url = reverse("charters:show", args=[project.charter_id])
        links.append({"term": "Charter", "words": str(project.charter), "url": url})
    if project.use_case is not None:
        url = reverse("use_cases:show", args=[project.use_case_id])
        links.append({"term": "Use case", "words": project.use_case.title, "url": url})
    initiative = catalogue_of(project.organization).by_key.get(project.initiative)
    if initiative is not None:
        url = reverse("roadmap:initiative", args=[initiative.key])
        links.append({"term": "Initiative", "words": initiative.title, "url": url})
    answers = _answers(project)
    if answers is not None:
        url = reverse("assessment:show", args=[answers.pk])
        links.append({"term": "Answers", "words": answers.title, "url": url})
    return links


def _answers(project: Project) -> Assessment | None:
    """The round that the organization's plan rests on; without a plan the last that was closed."""
    plan = latest_plan(project.organization)
    result = plan.result if plan else latest_result(project.organization)
    return result.assessment if result else None
