"""What nobody needs any more: copies of files, environments, folders of replicas that have ended."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from deployments import builds
from deployments.drivers import DRIVERS, driver
from deployments.lifecycle import OVER
from deployments.models import Build, Release, Replica
from deployments.supervision import store
from deployments.supervision.replicas import name_of

# Logs of what has ended stay so long; so do files and environments that are not used, for a quick way back.
KEPT_DAYS = 7


def sweep() -> None:
    """Remove it; safe at any time, since everything can be made again."""
    since = timezone.now() - dt.timedelta(days=KEPT_DAYS)
    kept = Release.objects.exclude(state__in=OVER) | Release.objects.filter(ended_at__gt=since)
    store.sweep(set(kept.exclude(files_sha256="").values_list("files_sha256", flat=True)))
    for build in Build.objects.filter(used_at__lt=since).exclude(state=Build.State.BUILDING):
        if not kept.filter(build=build).exists():
            builds.forget(build)
    rows = Replica.objects.exclude(state=Replica.State.GONE) | Replica.objects.filter(ended_at__gt=since)
    names = {name_of(row) for row in rows.only("pk")}
    for key in DRIVERS:
        driver(key).forget(driver(key).known() - names)
