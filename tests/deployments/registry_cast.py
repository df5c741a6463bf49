"""A project with a charter in force, registered versions, an endpoint and its releases, for tests."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from charters.models import Revision, Signatory, SignoffRound
from deployments.actions.environments import found_environments
from deployments.models import Deployment, Environment, Reference, Release, Waiver
from projects.models import Project
from projects.tracking import records
from tests.kept import kept
from tests.projects import cast as made

MODEL = "bearing"


def project_of(cast: Any) -> Project:
    return made.project(cast.organization, cast.frank)


@kept
def environment_of(cast: Any, slug: str = "staging") -> Environment:
    if not Environment.objects.filter(organization=cast.organization).exists():
        found_environments(cast.organization)
    return Environment.objects.get(organization=cast.organization, slug=slug)


@kept
def deployment_of(
    cast: Any, *, project: Project | None = None, slug: str = "staging", **more: Any
) -> Deployment:
    values: dict[str, Any] = {"name": "bearing", "title": "Bearing wear", "owner_name": "Frank"}
    values |= {"fallback_words": "Inspect by hand.", **more}
    return Deployment.objects.create(
        organization=cast.organization,
        project=project or project_of(cast),
        environment=environment_of(cast, slug),
        **values,
    )


def release_of(deployment: Deployment, version: int = 1, state: str = "live", **more: Any) -> Release:
    values: dict[str, Any] = {
        "number": deployment.releases.count() + 1,
        "model": MODEL,
        "version": version,
        "state": state,
        "weight": 100 if state == "live" else 0,
        "live_at": timezone.now() if state in ("live", "canary", "draining", "stopped") else None,
    }
    return Release.objects.create(deployment=deployment, **(values | more))


def reference_of(project: Project, version: int = 1) -> Reference:
    return Reference.objects.create(
        project=project, model=MODEL, version=version, source="upload", sha256="0" * 64, rows=200
    )


def registered(monkeypatch: Any, *versions: int, model: str = MODEL) -> None:
    """Let tracking know these versions, without a tracking store."""
    rows = [
        records.Version(model=model, version=number, run="", model_id="", made_at=timezone.now())
        for number in versions
    ]
    monkeypatch.setattr(records, "versions_of", lambda slug: rows)


def signed_by(project: Project, owner: Any) -> Signatory:
    """The outcome owner's signature under the text in force."""
    assert project.charter is not None
    revision = Revision.objects.get(charter=project.charter, state="in_force")
    round_ = SignoffRound.objects.create(revision=revision, state="in_force", number=1)
    return Signatory.objects.create(
        round=round_,
        seat="outcome_owner",
        role="Outcome owner",
        name=owner.name,
        email=owner.email,
        user=owner,
        state="signed",
    )


def waiver_of(cast: Any, *, project: Project | None = None, slug: str = "staging", **more: Any) -> Waiver:
    values: dict[str, Any] = {
        "model": MODEL,
        "version": 1,
        "checks": ["musts"],
        "reason": "The season ends.",
        "ends_on": timezone.localdate() + dt.timedelta(days=30),
        "asked_by": cast.frank,
        "asked_name": "Frank",
    }
    return Waiver.objects.create(
        project=project or project_of(cast), environment=environment_of(cast, slug), **(values | more)
    )
