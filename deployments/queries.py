"""What is read of deployments for pages and programs."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import Organization
from deployments.models import Deployment, Waiver
from projects.models import Project


def deployments_of(organization: Organization) -> QuerySet[Deployment]:
    """All deployments of an organization that are not archived, with what every row of a table names."""
    found = Deployment.objects.filter(organization=organization, archived_at=None)
    return found.select_related("environment", "project__charter", "owner", "organization")


def waivers_in(project: Project) -> QuerySet[Waiver]:
    """All waivers of a project, the latest first, also those that have ended."""
    return Waiver.objects.filter(project=project).select_related("environment", "project__charter")


def deployments_in(project: Project) -> QuerySet[Deployment]:
    """The deployments of one project that are not archived."""
    found = Deployment.objects.filter(project=project, archived_at=None)
    return found.select_related("environment", "project__charter", "owner", "organization")
