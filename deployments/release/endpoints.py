"""Which endpoint a version is meant for, and what a new one begins with."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.text import slugify

from charters.keeping import standing_of
from deployments.models import Deployment, Environment
from deployments.release.gate_facts import charter_that_holds
from projects.models import Project

NEW = "new"


def endpoints_of(project: Project, environment: Environment) -> tuple[Deployment, ...]:
    """The endpoints of a project that are served in an environment."""
    rows = Deployment.objects.filter(
        project=project, environment=environment, kind=Deployment.Kind.SERVED, archived_at=None
    )
    return tuple(
        rows.select_related("environment", "project__charter", "project__organization", "organization")
    )


def endpoint_for(
    project: Project,
    environment: Environment,
    model: str,
    endpoints: Sequence[Deployment],
    *,
    wanted: str = "",
) -> Deployment:
    """The endpoint that was asked for, else the first where this model was deployed, else a new one.

    A new one is not saved; it begins with the fallback and the owner that the charter names.
    """
    chosen = next((one for one in endpoints if str(one.pk) == wanted), None)
    if chosen is None and wanted != NEW:
        chosen = next((one for one in endpoints if one.releases.filter(model=model).exists()), None)
    return chosen if chosen is not None else _draft(project, environment, model)


def _draft(project: Project, environment: Environment, model: str) -> Deployment:
    revision = charter_that_holds(project)
    text = standing_of(revision).text if revision is not None else None
    taken = set(Deployment.objects.filter(project=project, archived_at=None).values_list("name", flat=True))
    base = slugify(model)[:36] or "model"
    names = [base, f"{base[:27]}-{environment.slug[:8]}", *[f"{base}-{number}" for number in range(2, 100)]]
    return Deployment(
        organization=project.organization,
        project=project,
        environment=environment,
        name=next((name for name in names if name not in taken), base),
        title=project.name,
        fallback_words=text.text("fallback") if text else "",
        owner_name=text.text("owner_after") if text else "",
    )
