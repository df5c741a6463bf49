"""Minutes become hours, hours become days; what is older than its use is forgotten for good.

An hour is made anew from all its minutes for as long as any may still come, so that running twice, late or
after days of standing still gives the same.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Min

from deployments.models import Bucket, Deployment, ResourceUse
from deployments.watch.figures import DAY, HOUR, MINUTE, begin_of, merge

# How long each is kept, and what it is cut by: an hour is made of all its minutes or of none.
KEPT = {MINUTE: (dt.timedelta(days=3), HOUR), HOUR: (dt.timedelta(days=100), DAY)}
# A gateway that could not write for a while still finds its minutes' hour open.
LATE = dt.timedelta(hours=2)
FIELDS = ("count", "rows", "errors", "fallbacks", "latency", "outputs")


def roll_up(now: dt.datetime) -> None:
    """Bring hours and days of all deployments to what minutes and hours say."""
    for deployment in Deployment.objects.filter(kind=Deployment.Kind.SERVED).values_list("pk", flat=True):
        with transaction.atomic():
            _make(deployment, MINUTE, HOUR, now)
            _make(deployment, HOUR, DAY, now)


def forget(now: dt.datetime) -> None:
    """Delete minutes and hours whose sums are kept, and use of resources as old as hours get."""
    for seconds, (kept, whole) in KEPT.items():
        Bucket.objects.filter(seconds=seconds, start__lt=begin_of(now - kept, whole)).delete()
    ResourceUse.objects.filter(start__lt=now - KEPT[HOUR][0]).delete()


def _make(deployment: UUID, fine: int, coarse: int, now: dt.datetime) -> None:
    since = _since(deployment, fine, coarse, now)
    if since is None:
        return
    groups: dict[tuple[dt.datetime, int, bool], list[Bucket]] = defaultdict(list)
    for row in Bucket.objects.filter(deployment=deployment, seconds=fine, start__gte=since):
        groups[begin_of(row.start, coarse), row.release_number, row.simulated].append(row)
    Bucket.objects.bulk_create(
        [_sum(deployment, coarse, key, rows) for key, rows in groups.items()],
        update_conflicts=True,
        unique_fields=["deployment", "seconds", "start", "release_number", "simulated"],
        update_fields=FIELDS,
    )


def _since(deployment: UUID, fine: int, coarse: int, now: dt.datetime) -> dt.datetime | None:
    """From where on coarse ones are made anew: what was made last, and what late ones may still change."""
    made = Bucket.objects.filter(deployment=deployment, seconds=coarse, simulated=False)
    last: dt.datetime | None = made.aggregate(last=Max("start"))["last"]
    open_since = begin_of(now - LATE, coarse)
    if last is not None:
        return min(last, open_since)
    there = Bucket.objects.filter(deployment=deployment, seconds=fine)
    first: dt.datetime | None = there.aggregate(first=Min("start"))["first"]
    return begin_of(first, coarse) if first is not None else None


def _sum(deployment: UUID, seconds: int, key: tuple[dt.datetime, int, bool], rows: list[Bucket]) -> Bucket:
    start, number, simulated = key
    total = merge(rows)
    figures = {name: getattr(total, name) for name in FIELDS}
    return Bucket(
        deployment_id=deployment,
        seconds=seconds,
        start=start,
        release_number=number,
        simulated=simulated,
        **figures,
    )
