"""What charters and projects show of signed live criteria that are broken: fills the slots of those pages."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from charters.models import Charter
from deployments.access import standing_of
from deployments.models import Alert
from deployments.watch.alert_rules import CRITERION
from projects.models import Project

Panel = dict[str, SafeString]


def charter(request: HttpRequest, charter: Charter) -> Panel:
    """On the page of a charter, above its project."""
    return _panel(request, list(_broken().filter(deployment__project__charter=charter)), "all")


def project(request: HttpRequest, project: Project) -> Panel:
    """On the overview of a project, below its facts."""
    return _panel(request, list(_broken().filter(deployment__project=project)), "alert")


def _broken() -> QuerySet[Alert]:
    found = Alert.objects.filter(kind=CRITERION, closed_at=None)
    return found.select_related("deployment__environment", "deployment__project", "deployment__organization")


def _panel(request: HttpRequest, alerts: list[Alert], key: str) -> Panel:
    if not alerts:
        return {}
    rows = [
        {"alert": alert, "linked": standing_of(request.user, alert.deployment).may("view")}
        for alert in alerts
    ]
    return {key: SafeString(render_to_string("deployments/_breach.html", {"rows": rows}))}
