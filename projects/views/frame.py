"""What stands around every page of a project: its name, its pages, and what this person may do."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString

from projects.access import Standing
from projects.models import Project
from ui.panels import fill, mark

PAGES = (
    ("overview", "Overview", "projects:show"),
    ("board", "Board", "projects:board"),
    ("records", "Milestones and records", "projects:records"),
    ("checkins", "Check-ins", "projects:checkins"),
    ("asks", "Waiting", "projects:asks"),
    ("experiments", "Experiments", "projects:experiments"),
    ("models", "Models", "projects:models"),
    ("criteria", "Criteria", "projects:criteria"),
    ("connect", "Connect", "projects:connect"),
)


def frame(standing: Standing, current: str) -> dict[str, Any]:
    """The context that templates/projects/_frame.html reads."""
    project = standing.project
    archived = bool(project.organization.archived_at or project.archived_at)
    over = archived or project.state == Project.State.CLOSED
    return {
        "project": project,
        "rights": {need: standing.may(need) and not over for need in ("contribute", "lead")},
        "moves": standing.may("lead") and not archived,
        "pages": [
            {"name": name, "url": reverse(view, args=[project.pk]), "current": key == current}
            for key, name, view in PAGES
        ],
    }


def notes(request: HttpRequest, project: Project) -> SafeString:
    """What apps above say about the tracking of this project, under its name."""
    return fill(mark("projects.tracking", "all"), request, project)


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is filled with: everything that was sent, also when that was nothing."""
    return request.POST if request.method == "POST" else None
