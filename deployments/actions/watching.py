"""What a deployment is watched by, and what is kept of the inputs that it was asked with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts import audit
from accounts.models import User
from deployments.actions.moving import lock, tell
from deployments.models import Batch, Deployment, Reference
from deployments.references import mask_references
from deployments.routing import touch
from deployments.use.batches import forget as forget_batches
from deployments.watch.retention import forget_all, forget_inputs
from jobs import files

LIMITS = (
    "latency_limit_ms",
    "error_limit",
    "drift_limit",
    "missing_limit",
    "quiet_minutes",
    "stops_on_drift",
)
SAMPLES = ("keeps_samples", "sample_days", "masked")


def change_watching(deployment: Deployment, *, by: User, values: Mapping[str, Any]) -> Deployment:
    """Set who is told and when, and what is kept.

    Columns that are masked leave the kept rows, the reference samples of its models and, with the tables that
    they stand in, answered files at once; where inputs are no longer kept, all kept rows are emptied.
    """
    before = set(deployment.masked or [])
    held = _change(deployment, by, values)
    if set(held.masked) - before:
        forget_batches(Batch.objects.filter(deployment=held).exclude(done_at=None))
    if held.masked and held.project is not None:
        mask_references([held.project])
    if not held.keeps_samples:
        forget_inputs(held)
    elif held.masked:
        forget_inputs(held, list(held.masked))
    return held


@transaction.atomic
def _change(deployment: Deployment, by: User, values: Mapping[str, Any]) -> Deployment:
    held = lock(deployment.pk)
    for name in (*LIMITS, *SAMPLES):
        setattr(held, name, values[name])
    held.owner = values["owner"]
    if held.owner is not None:
        held.owner_name = held.owner.get_full_name()
    held.save(update_fields=[*LIMITS, *SAMPLES, "owner", "owner_name"])
    tell(held, "watching_changed", "Limits of alerts or kept samples were changed", by=by)
    audit.record(
        organization=held.organization,
        actor=by,
        event="deployment.watching_changed",
        subject=held,
        data={"name": held.name, **{name: values[name] for name in (*LIMITS, *SAMPLES)}},
    )
    # Others of the project may serve the same models, and explain their answers by the same samples.
    for other in Deployment.objects.filter(project=held.project_id).exclude(pk=held.pk):
        touch(other)
    touch(held)
    return held


def delete_samples(deployment: Deployment, *, by: User) -> int:
    """Delete every kept row with its answer and truth, answered tables, and references made of kept rows.

    Counts, histograms and drift readings stay: no row can be told from them. Returns how many rows went.
    """
    with transaction.atomic():
        held = lock(deployment.pk)
        _delete_gateway_references(held)
        forget_batches(Batch.objects.filter(deployment=held))
    count = forget_all(held)
    with transaction.atomic():
        tell(held, "samples_deleted", f"{count:,} kept rows were deleted", by=by)
        audit.record(
            organization=held.organization,
            actor=by,
            event="deployment.samples_deleted",
            subject=held,
            data={"name": held.name, "rows": count},
        )
    return count


def _delete_gateway_references(deployment: Deployment) -> None:
    served = Q(pk__in=[])
    for model, version in deployment.releases.values_list("model", "version").distinct():
        served |= Q(model=model, version=version)
    rows = Reference.objects.filter(
        served, project=deployment.project, source=Reference.Source.GATEWAY
    ).select_related("file")
    stored = [row.file for row in rows if row.file is not None]
    rows.delete()
    files.delete(stored)
