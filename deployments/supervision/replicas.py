"""Replicas as they should be and as they are: started, watched, replaced, ended."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from deployments.drivers import DRIVERS, driver
from deployments.drivers.base import CannotStart, Health, Seen, Spec
from deployments.models import Release, Replica
from deployments.routing import touch
from deployments.supervision.lease import Held, LeaseLost

logger = logging.getLogger(__name__)
GONE = Replica.State.GONE
# How long a slot waits after its replica has ended, by how often that happened in a row.
WAITS = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)
# After so long a time in service, an end counts as the first one.
HEALTHY_SECONDS = 300
START_SECONDS = 180
BEAT_SECONDS = 10
# Gateways look four times a second; what they should no longer ask ends after this.
UNROUTE_SECONDS = 1.5


def name_of(replica: Replica) -> str:
    """How drivers call it."""
    return replica.pk.hex[:12]


class Replicas:
    """All replicas that are not gone, with what was last seen of each."""

    def __init__(self, lease: Held) -> None:
        self._lease = lease
        self.rows: dict[str, Replica] = {}
        self.seen: dict[str, Seen] = {}
        self._draining: dict[str, float] = {}

    def look(self) -> None:
        """Read the rows, look at each replica, and write what has changed."""
        rows = Replica.objects.exclude(state=GONE).select_related("release__deployment__environment")
        self.rows = {name_of(row): row for row in rows.order_by("number", "started_at")}
        self.seen = {}
        for key, names in self._by_driver(self.rows).items():
            self.seen |= driver(key).status(names)
        self._lease.keep()
        for name, row in self.rows.items():
            self._take_note(row, self.seen[name])
        self.rows = {name: row for name, row in self.rows.items() if row.state != GONE}
        self._draining = {name: since for name, since in self._draining.items() if name in self.rows}

    def remind(self) -> None:
        """Ask those that we know of, so that they see somebody is there though the tables are away."""
        for key, names in self._by_driver(self.rows).items():
            driver(key).status(names)

    def of(self, release: Release) -> list[Replica]:
        return [row for row in self.rows.values() if row.release_id == release.pk]

    def own(self, release: Release) -> list[Replica]:
        """Those of the driver that the environment has now."""
        key = release.deployment.environment.driver
        return [row for row in self.of(release) if row.driver == key]

    def former(self, release: Release) -> list[Replica]:
        """Those of the driver that the environment had before; they answer until the new ones do."""
        key = release.deployment.environment.driver
        return [row for row in self.of(release) if row.driver != key]

    def ready(self, release: Release) -> list[Replica]:
        return [row for row in self.own(release) if row.state == Replica.State.READY]

    def answers(self, release: Release) -> bool:
        """Whether one of them answers, wherever it runs."""
        return any(row.state == Replica.State.READY for row in self.of(release))

    def busy(self, release: Release) -> bool:
        """Whether one of them is at a request, or did not say."""
        return any(self.seen[name_of(row)].busy != 0 for row in self.of(release) if name_of(row) in self.seen)

    def wants_start(self, release: Release, wanted: int) -> list[int]:
        """The slots of a release in which a replica should be started now."""
        taken = {row.number for row in self.own(release)}
        return [
            number
            for number in range(1, wanted + 1)
            if number not in taken and self._is_time(release, number)
        ]

    def failed_starts(self, release: Release) -> int:
        """How often replicas ended in a row before they were ready."""
        last = release.replicas.filter(state=GONE).order_by("-ended_at").first()
        return last.restarts + 1 if last is not None and last.ready_at is None else 0

    def start(self, release: Release, spec: Spec, numbers: Sequence[int]) -> None:
        """Start a replica in each of these slots. The row is there first: what runs can always be found.

        Raises LeaseLost, with nothing left running, where another supervisor has the lease.
        """
        for number in numbers:
            last = self._last(release, number)
            key = release.deployment.environment.driver
            with transaction.atomic():
                self._lease.require()
                row = Replica.objects.create(
                    release=release, number=number, driver=key, restarts=_restarts(last)
                )
            try:
                driver(key).deploy(spec, [name_of(row)])
            except (CannotStart, OSError) as error:
                self._gone(row, str(error))
            else:
                self._require_still(row)
                self.rows[name_of(row)] = row

    def _require_still(self, row: Replica) -> None:
        """Whoever took the lease before this process was there has found none, and has started another."""
        try:
            self._lease.require()
        except LeaseLost:
            driver(row.driver).stop([name_of(row)])
            self._gone(row, "Another supervisor took over while it was started.")
            raise

    def end(self, rows: Iterable[Replica], message: str = "") -> None:
        """End them; gateways have been told before, or find out by themselves."""
        for row in rows:
            self._stop(row, message)
            self.rows.pop(name_of(row), None)

    def drain(self, rows: Sequence[Replica]) -> None:
        """Take them out of the routes; they end what they are at."""
        for row in rows:
            if row.state == Replica.State.READY:
                _save(row, state=Replica.State.DRAINING)
            self._draining.setdefault(name_of(row), time.monotonic())

    def may_end(self, row: Replica, longest: float) -> bool:
        """Whether one that drains has nothing left to do, or has had its time."""
        since = time.monotonic() - self._draining.get(name_of(row), 0.0)
        seen = self.seen.get(name_of(row))
        if row.state == Replica.State.STARTING:
            return True
        idle = seen is not None and seen.busy == 0
        return since > longest or (idle and since > UNROUTE_SECONDS)

    def _take_note(self, row: Replica, seen: Seen) -> None:
        now = timezone.now()
        if seen.health == Health.GONE:
            # What it has started may still be there, and its socket with it.
            self._stop(row, seen.message)
        elif seen.health == Health.HANGING:
            logger.warning("Replica %s is replaced: %s", name_of(row), seen.message)
            self._stop(row, seen.message)
        elif seen.health == Health.READY and row.state == Replica.State.STARTING:
            _save(
                row,
                state=Replica.State.READY,
                address=seen.address,
                handle=dict(seen.handle),
                ready_at=now,
                beat_at=now,
                rss_mb=seen.rss_mb,
            )
        elif seen.health == Health.STARTING and _seconds_since(row.started_at) > START_SECONDS:
            self._stop(row, f"It was not ready after {START_SECONDS} seconds.")
        elif row.state == Replica.State.READY and (
            row.beat_at is None or _seconds_since(row.beat_at) > BEAT_SECONDS
        ):
            row.beat_at, row.rss_mb = now, seen.rss_mb
            row.save(update_fields=["beat_at", "rss_mb"])

    def _stop(self, row: Replica, message: str) -> None:
        """End it, unless by now this is another supervisor's to do."""
        self._lease.require()
        driver(row.driver).stop([name_of(row)])
        self._gone(row, message)

    def _gone(self, row: Replica, message: str) -> None:
        _save(row, state=GONE, message=message[:300], ended_at=timezone.now())

    def _is_time(self, release: Release, number: int) -> bool:
        last = self._last(release, number)
        if last is None or last.ended_at is None:
            return True
        wait = WAITS[min(_restarts(last) - 1, len(WAITS) - 1)] if _restarts(last) else 0.0
        return _seconds_since(last.ended_at) >= wait

    def _last(self, release: Release, number: int) -> Replica | None:
        rows = release.replicas.filter(number=number, driver=release.deployment.environment.driver)
        return rows.order_by("-started_at").first()

    def _by_driver(self, rows: dict[str, Replica]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, row in rows.items():
            if row.driver in DRIVERS:
                found.setdefault(row.driver, []).append(name)
        return found


def _restarts(last: Replica | None) -> int:
    if last is None:
        return 0
    served = (last.ended_at - last.ready_at).total_seconds() if last.ended_at and last.ready_at else 0.0
    return 1 if served > HEALTHY_SECONDS else last.restarts + 1


def _seconds_since(then: dt.datetime) -> float:
    """A clock that was set back would let us wait for hours: then it is long ago."""
    elapsed = (timezone.now() - then).total_seconds()
    return elapsed if elapsed >= 0 else float("inf")


@transaction.atomic
def _save(row: Replica, **values: object) -> None:
    """Change a replica, and tell the gateways in the same transaction."""
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))
    touch(row.release.deployment)
