"""What was seen of a deployment, for tests."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from deployments.models import Bucket, Deployment, DriftReading, Replica
from deployments.watch.figures import BOUNDS, begin_of, place_of


def bucket(
    deployment: Deployment,
    start: dt.datetime,
    *,
    count: int = 100,
    ms: float = 12.0,
    seconds: int = 60,
    release: int = 1,
    **more: Any,
) -> Bucket:
    """Requests that all took about so long."""
    latency = [0] * (len(BOUNDS) + 1)
    latency[place_of(ms)] = count
    return Bucket.objects.create(
        deployment=deployment,
        release_number=release,
        seconds=seconds,
        start=begin_of(start, seconds),
        count=count,
        rows=count,
        latency=latency,
        **more,
    )


def drift(
    deployment: Deployment, psi: float, *, at: dt.datetime | None = None, missing: float = 0.0, **more: Any
) -> DriftReading:
    end = at or timezone.now()
    facts = {
        "kind": "number", "psi": psi, "ks": 0.1, "js": None, "missing": missing, "missing_then": 0.01,
        "rows": 500, "why_not": "",
    }  # fmt: skip
    return DriftReading.objects.create(
        deployment=deployment,
        release=deployment.releases.filter(state="live").first(),
        start=end - dt.timedelta(days=1),
        end=end,
        rows=500,
        features={"slope": facts},
        psi_max=psi,
        psi_feature="slope",
        **more,
    )


def replicas(deployment: Deployment, *states: str) -> None:
    """Replicas of the live release that were started long ago."""
    release = deployment.releases.get(state="live")
    release.replicas.all().delete()
    then = timezone.now() - dt.timedelta(hours=1)
    for number, state in enumerate(states, start=1):
        Replica.objects.create(release=release, number=number, state=state, started_at=then)
