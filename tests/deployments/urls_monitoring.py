"""Who gets what at the addresses around live models."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from deployments.models import Alert, Batch, Bucket, Deployment, Reference
from jobs import files
from tests.deployments import registry_cast as registry
from tests.kept import kept
from tests.projects import cast as made
from tests.urls_rows import IN, MISSING, POST, SIGN_IN, Row, at


def _reference(cast: Any) -> list[Any]:
    project = made.project(cast.organization, cast.frank)
    Reference.objects.create(
        project=project, model="bearing", version=1, source="upload", sha256="0" * 64, rows=1
    )
    return [project.slug, "bearing", 1]


@kept
def live(cast: Any) -> Deployment:
    deployment = registry.deployment_of(cast, slug="production")
    registry.release_of(deployment)
    Bucket.objects.create(
        deployment=deployment, release_number=1, seconds=60, start=timezone.now(), count=3, latency=[3]
    )
    return deployment


def _live(cast: Any) -> list[Any]:
    return [live(cast).pk]


def _alert(cast: Any) -> list[Any]:
    alert = Alert.objects.create(deployment=live(cast), kind="drift", key="drift", words="Drift 0.3")
    return [alert.pk]


def _batch(cast: Any) -> list[Any]:
    stored = files.store(b"a\n1\n", organization=cast.organization, name="a.csv", content_type="text/csv")
    batch = Batch.objects.create(
        deployment=live(cast), asked_by=cast.frank, file=stored, done_at=timezone.now(), rows=1
    )
    return [batch.pk]


# A result is for whoever asked for it.
MINE = Row((SIGN_IN, MISSING, MISSING, MISSING, IN, MISSING), make=_batch)
ROWS: dict[str, Row] = {
    "deployments:reference": at("view", make=_reference),
    "deployments:show": at("view", make=_live),
    "deployments:chart_csv": at("view", make=lambda cast: [live(cast).pk, "failures"]),
    "deployments:take_alert": at("manage", make=_alert, method=POST),
    "deployments:watching": at("manage", make=_live),
    "deployments:use": at("view", make=_live),
    "deployments:batch": at("view", make=_live, method=POST),
    "deployments:token": at("view", make=_live, method=POST),
    "deployments:batch_file": MINE,
    "deployments:samples_reference": at("manage", make=_live, method=POST),
    "deployments:samples_delete": at("manage", make=_live),
}
