"""What projects and charters show of their deployments and waivers: fills the slots that those pages name."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from charters.models import Charter
from deployments.models import Release
from deployments.presentation import release_state
from deployments.queries import deployments_in, waivers_in
from deployments.registry_rows import rows_of
from deployments.release.lifecycle import ANSWERING
from deployments.release.waiver_words import waiver_state
from projects.models import Project
from projects.tracking.records import Version
from roadmap.queries import today_of

Panel = dict[str, SafeString]


def project(request: HttpRequest, project: Project) -> Panel:
    """On the overview of a project: where its models answer, and its waivers."""
    return {"deployments": _section(project)}


def charter(request: HttpRequest, charter: Charter) -> Panel:
    """On the page of a charter: the same, below its project."""
    project = Project.objects.select_related("organization").filter(charter=charter).first()
    return {"all": _section(project)} if project is not None else {}


def _section(project: Project) -> SafeString:
    rows = rows_of(list(deployments_in(project)))
    today = today_of(project.organization)
    waivers = [(row, *waiver_state(row, today)) for row in waivers_in(project)]
    if not rows and not waivers:
        return SafeString()
    context = {"rows": rows, "waivers": waivers, "project": project}
    return render_to_string("deployments/_of_project.html", context)


def versions(request: HttpRequest, subject: tuple[Project, Sequence[Version]]) -> Panel:
    """On the Models page, for each version by its place in the list: where it answers, and the way there."""
    project, rows = subject
    answering: dict[tuple[str, int], list[Release]] = {}
    found = Release.objects.filter(deployment__project=project, state__in=ANSWERING)
    for release in found.select_related("deployment__environment").order_by("deployment__title"):
        answering.setdefault((release.model, release.version), []).append(release)
    return {
        str(place): render_to_string(
            "deployments/_of_version.html",
            {
                "project": project,
                "version": row,
                "releases": [
                    (release, *release_state(release.state))
                    for release in answering.get((row.model, row.version), ())
                ],
            },
        )
        for place, row in enumerate(rows, start=1)
    }
