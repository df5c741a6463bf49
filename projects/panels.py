"""What charters, use cases and initiatives show of their projects: fills the slots that those pages name."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.access import current_membership, get_membership
from accounts.models import Membership
from accounts.permissions import allowed
from charters.models import Charter
from charters.signoff import State
from projects.models import Project
from projects.queries import of_initiative, with_health
from projects.verdicts import verdicts_of
from projects.words import health_mark
from roadmap.catalogue import Initiative
from roadmap.queries import progress_of
from roadmap.use_case_models import UseCase

Panel = dict[str, SafeString]


def charter(request: HttpRequest, charter: Charter) -> Panel:
    """The project of a charter; once it is in force and has none, the button that opens one."""
    rows = list(with_health(Project.objects.filter(charter=charter)))
    membership = get_membership(request.user, charter.organization)
    open_url = ""
    if not rows and charter.state == State.IN_FORCE and not charter.archived_at and _manages(membership):
        open_url = reverse("projects:open", args=[charter.pk])
    empty = "All have signed. A project takes over milestones, people and time box." if open_url else ""
    return _panel(rows, open_url, empty)


def use_case(request: HttpRequest, use_case: UseCase) -> Panel:
    """The projects of a use case."""
    return _panel(list(with_health(Project.objects.filter(use_case=use_case))))


def initiative(request: HttpRequest, initiative: Initiative) -> Panel:
    """The projects of an initiative, and the button that opens one; it needs no charter."""
    membership = current_membership(request)
    rows = list(with_health(of_initiative(membership.organization, initiative.key)))
    progress = progress_of(membership.organization).get(initiative.key)
    over = progress is not None and progress.state in ("done", "dropped")
    running = any(row.state != Project.State.CLOSED for row in rows)
    open_url = ""
    if _manages(membership) and not over and not running:
        open_url = reverse("projects:open_initiative", args=[initiative.key])
    empty = "A project gives it an owner, days, tasks and check-ins. It needs no charter." if open_url else ""
    return _panel(rows, open_url, empty)


def _manages(membership: Membership | None) -> bool:
    return membership is not None and allowed(membership.role, "manage", membership.organization.state)


def _panel(rows: list[Project], open_url: str = "", empty: str = "") -> Panel:
    if not rows and not open_url:
        return {}
    found = verdicts_of(rows)
    context: dict[str, Any] = {
        "rows": [
            {
                "project": row,
                "health": health_mark(getattr(row, "health", None)),
                "verdicts": [found[row.pk]] if row.pk in found else [],
            }
            for row in rows
        ],
        "open_url": open_url,
        "empty": empty,
    }
    return {"all": render_to_string("projects/_panel.html", context)}
