"""Fills the slot `deployments.notes`: why the demo's version does not answer on this installation, if so."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from deployments import sandbox
from deployments.models import Deployment
from projects.tracking.server import why_off
from reports.demo.access import find_demo
from reports.demo.runs import newest_job
from reports.demo.serving import deployment_of


def missing(request: HttpRequest, deployment: Deployment) -> Mapping[str, SafeString]:
    """Nothing for other deployments, and nothing once the version was asked for."""
    demo = find_demo() if settings.DEMO else None
    project = deployment.project
    if demo is None or project is None or project.organization_id != demo.pk:
        return {}
    if deployment_of(project) != deployment or deployment.releases.exists():
        return {}
    job = newest_job(project)
    context = {
        "why": why_off() or sandbox.why_off(),
        "open": job is not None and job.is_open,
        "project": project,
    }
    return {"all": render_to_string("demo/serving.html", context)}
