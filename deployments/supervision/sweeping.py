"""What nobody needs any more: copies of files, environments, folders of replicas that have ended."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Set
from uuid import UUID

from django.utils import timezone

from deployments.drivers import DRIVERS, driver
from deployments.drivers.base import Driver, Health
from deployments.models import Build, Release, Replica
from deployments.release import builds
from deployments.release.lifecycle import OVER
from deployments.supervision import store
from deployments.supervision.replicas import name_of

# Logs of what has ended stay so long; so do files and environments that are not used, for a quick way back.
KEPT_DAYS = 7
# Of one release at most so many that have ended: one that ends at once is started again for ever.
KEPT_ENDED = 20


def sweep() -> None:
    """Remove it; safe at any time, since everything can be made again."""
    since = timezone.now() - dt.timedelta(days=KEPT_DAYS)
    kept = Release.objects.exclude(state__in=OVER) | Release.objects.filter(ended_at__gt=since)
    store.sweep(set(kept.exclude(files_sha256="").values_list("files_sha256", flat=True)))
    for build in Build.objects.filter(used_at__lt=since):
        if not kept.filter(build=build).exists():
            builds.forget(build)
    for key in DRIVERS:
        # Looked at before the rows: a row is there before its replica.
        known = driver(key).known()
        driver(key).forget(known - {name_of(row) for row in _kept_replicas(since)})
        _end_strays(driver(key), known)


def _end_strays(place: Driver, known: Set[str]) -> None:
    """End what still runs though its row says that it is gone: its supervisor was killed as it started it."""
    there = {name_of(row) for row in Replica.objects.exclude(state=Replica.State.GONE).only("pk")}
    seen = place.status(known - there)
    place.stop([name for name, one in seen.items() if one.health not in (Health.GONE, Health.UNKNOWN)])


def _kept_replicas(since: dt.datetime) -> Iterator[Replica]:
    """Those that are there, and of each release the last that have ended."""
    yield from Replica.objects.exclude(state=Replica.State.GONE).only("pk")
    ended: Counter[UUID] = Counter()
    gone = Replica.objects.filter(state=Replica.State.GONE, ended_at__gt=since).order_by("-ended_at")
    for row in gone.only("pk", "release_id").iterator():
        ended[row.release_id] += 1
        if ended[row.release_id] <= KEPT_ENDED:
            yield row
