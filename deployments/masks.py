"""Columns that are never kept: who masked them, and a profile without them.

A reference sample belongs to a version, not to a deployment. What one deployment of a project masks is
therefore masked for every version of the models that it has served, wherever the sample is read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from deployments.models import Deployment

Model = tuple[UUID, str]


def masks_of(projects: Collection[UUID]) -> dict[Model, frozenset[str]]:
    """The masked columns of each model of these projects that has any, with one query."""
    rows = (
        Deployment.objects.filter(project__in=projects)
        .exclude(masked=[])
        .exclude(releases=None)
        .values_list("project", "releases__model", "masked")
    )
    found: dict[Model, frozenset[str]] = {}
    for project, model, masked in rows:
        found[project, model] = found.get((project, model), frozenset()) | set(map(str, masked or []))
    return found


def masked_of(project: UUID, model: str) -> frozenset[str]:
    """Columns of which no value is kept or shown for any version of this model."""
    return masks_of([project]).get((project, model), frozenset())


def hidden(profile: Mapping[str, Any], masked: Collection[str]) -> dict[str, Any]:
    """A profile (deployments/profile.py) without these columns; "masked" names those that it had."""
    columns = profile.get("columns", {})
    gone = {*profile.get("masked", []), *(name for name in columns if name in masked)}
    left = {name: facts for name, facts in columns.items() if name not in masked}
    return {**profile, "columns": left, **({"masked": sorted(gone)} if gone else {})}
