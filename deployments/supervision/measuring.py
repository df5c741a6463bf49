"""Once a minute, what the replicas of each deployment use."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.utils import timezone

from deployments.drivers.base import Seen
from deployments.models import Deployment, Release, ResourceUse
from deployments.supervision.replicas import Replicas, name_of


class Measuring:
    """Processor time is a counter of each process: what was used lies between two looks."""

    def __init__(self) -> None:
        self._cpu: dict[str, float] = {}
        self._minute: dt.datetime | None = None
        self._used: dict[UUID, float] = {}

    def look(self, replicas: Replicas, releases: list[Release]) -> None:
        """Add up; with a new minute, write the one that has ended."""
        for name, row in replicas.rows.items():
            seen = replicas.seen.get(name)
            if seen is not None and seen.cpu_seconds is not None:
                before = self._cpu.get(name, seen.cpu_seconds)
                pk = row.release.deployment_id
                self._used[pk] = self._used.get(pk, 0.0) + max(seen.cpu_seconds - before, 0.0)
                self._cpu[name] = seen.cpu_seconds
        self._cpu = {name: value for name, value in self._cpu.items() if name in replicas.rows}
        minute = timezone.now().replace(second=0, microsecond=0)
        if self._minute is not None and minute != self._minute:
            self._write(self._minute, replicas, releases)
            self._used = {}
        self._minute = minute

    def _write(self, minute: dt.datetime, replicas: Replicas, releases: list[Release]) -> None:
        by_deployment: dict[UUID, list[Release]] = {}
        for release in releases:
            by_deployment.setdefault(release.deployment_id, []).append(release)
        for pk, listed in by_deployment.items():
            rows = [row for release in listed for row in replicas.of(release)]
            if not rows:
                continue
            seen: list[Seen] = [replicas.seen[name_of(row)] for row in rows if name_of(row) in replicas.seen]
            deployment = listed[0].deployment
            ResourceUse.objects.update_or_create(
                deployment_id=pk,
                start=minute,
                simulated=False,
                defaults={
                    "rss_mb": round(sum(one.rss_mb or 0.0 for one in seen), 1),
                    "cpu_seconds": round(self._used.get(pk, 0.0), 3),
                    "ready": sum(row.state == "ready" for row in rows),
                    "wanted": _wanted(deployment),
                },
            )


def _wanted(deployment: Deployment) -> int:
    return deployment.environment.replicas if deployment.wanted == Deployment.Wanted.RUNNING else 0
