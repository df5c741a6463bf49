"""Fills the slot `projects.criteria`: that the product can measure, and where it found something else."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from deployments.evaluation.readings import differences_of
from projects.models import Project


def criteria(request: HttpRequest, project: Project) -> Mapping[str, SafeString]:
    """A link for everybody who sees the criteria; findings where there are any."""
    candidate = project.candidates.first()
    context = {
        "project": project,
        "differences": differences_of(project, candidate.label) if candidate else [],
    }
    return {"all": render_to_string("deployments/_verified.html", context)}
