"""Writes what gateways counted: figures added to those of their minute, drawn rows, last uses of tokens."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from uuid import UUID

from django.db import DatabaseError, transaction

from deployments.gateway.telemetry import Batch, Drawn, Key
from deployments.models import Bucket, Deployment, Release, Sample
from deployments.watch.figures import MINUTE, Figures, add
from projects.models import ProjectToken

logger = logging.getLogger(__name__)


def write(batch: Batch) -> None:
    """All of a batch. Figures come in whole or, with an error, not at all; drawn rows may be given up."""
    with transaction.atomic():
        asked = {key[0] for key in batch.figures} | {one.deployment for one in batch.drawn}
        there = set(Deployment.objects.filter(pk__in=asked).values_list("pk", flat=True))
        _add_figures({key: more for key, more in batch.figures.items() if key[0] in there})
        for token, at in batch.tokens.items():
            ProjectToken.objects.filter(pk=token).update(last_used_at=at)
    try:
        with transaction.atomic():
            _store([one for one in batch.drawn if one.deployment in there])
    except DatabaseError:
        logger.exception("%d sampled rows could not be kept", len(batch.drawn))


def _add_figures(figures: Mapping[Key, Figures]) -> None:
    """In one order, so that two processes never wait for each other's rows."""
    for deployment, number, start in sorted(figures, key=str):
        bucket, _ = Bucket.objects.select_for_update().get_or_create(
            deployment_id=deployment, release_number=number, start=start, seconds=MINUTE, simulated=False
        )
        total = Figures(
            bucket.count,
            bucket.rows,
            bucket.errors,
            bucket.fallbacks,
            bucket.latency or Figures().latency,
            bucket.outputs,
        )
        add(total, figures[deployment, number, start])
        for name in ("count", "rows", "errors", "fallbacks", "latency", "outputs"):
            setattr(bucket, name, getattr(total, name))
        bucket.save(update_fields=["count", "rows", "errors", "fallbacks", "latency", "outputs"])


def _store(drawn: list[Drawn]) -> None:
    """Rows of deployments that keep inputs at this moment; a switch that was turned counts at once."""
    keeps: set[UUID] = set()
    masked: dict[UUID, set[str]] = {}
    asked = Deployment.objects.filter(pk__in={row.deployment for row in drawn}).order_by("pk")
    # Held until the rows are there: who masks a column now finds them, and empties them.
    for one in asked.select_related("environment").select_for_update(of=("self",), no_key=True):
        if one.keeps_samples and one.environment.keeps_samples:
            keeps.add(one.pk)
            masked[one.pk] = set(map(str, one.masked or []))
    releases = {row.release for row in drawn if row.release}
    there = set(Release.objects.filter(pk__in=releases).values_list("pk", flat=True))
    Sample.objects.bulk_create(
        Sample(
            deployment_id=row.deployment,
            release_id=row.release if row.release in there else None,
            request_id=row.request,
            at=row.at,
            row=_clean(row, masked[row.deployment]) if row.deployment in keeps else None,
            output=row.output,
            fallback=row.fallback,
        )
        for row in drawn
    )


def _clean(row: Drawn, masked: set[str]) -> dict[str, object] | None:
    return None if row.row is None else {name: value for name, value in row.row.items() if name not in masked}
