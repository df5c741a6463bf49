"""Fills the slot `projects.tracking`: that the demo's runs are being made, or why they are not."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from jobs.models import Job
from projects.models import Project
from projects.tracking.server import why_off
from reports.demo.access import find_demo
from reports.demo.runs import RUNS, are_made, newest_job, project_of


def making(request: HttpRequest, project: Project) -> Mapping[str, SafeString]:
    """Nothing for other projects, and nothing once the runs are there."""
    demo = find_demo() if settings.DEMO else None
    if demo is None or project.organization_id != demo.pk or project_of(demo) != project:
        return {}
    polled = bool(getattr(request, "htmx", False))
    if are_made(project) and not polled:
        return {}
    job = newest_job(project)
    context = {
        "made": are_made(project),
        "why_off": why_off(),
        "job": job,
        "open": job is not None and job.is_open,
        "failed": job is not None and job.state in (Job.State.FAILED, Job.State.CANCELLED),
        "count": RUNS,
    }
    return {"all": render_to_string("demo/runs.html", context, request=request)}
