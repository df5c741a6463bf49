"""Keeps what should run running: one process, in turns, each from the tables to the processes and back.

Desired state is in the tables alone. Whatever ends this process, the next one finds the replicas where they
are and goes on; a turn that fails leaves all of them as they were.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connections

from deployments.actions.moving import move
from deployments.actions.releasing import take_back
from deployments.drivers import DRIVERS, driver
from deployments.models import Release, Replica
from deployments.release.lifecycle import ON_THE_WAY, OVER, State
from deployments.supervision import guard, journal, sweeping
from deployments.supervision.background import Background
from deployments.supervision.lease import Held, LeaseLost
from deployments.supervision.measuring import Measuring
from deployments.supervision.replicas import Replicas
from deployments.supervision.steps import FAULTS, Steps
from ui.errors import DomainError

logger = logging.getLogger(__name__)
TURN_SECONDS = 0.5
GUARD_SECONDS = 3.0
SWEEP_SECONDS = 900.0


class Supervisor:
    """Holds the lease and moves releases; `turn` is one round."""

    def __init__(self) -> None:
        self.lease = Held()
        self.background = Background()
        self.replicas = Replicas(self.lease)
        self._steps = Steps(self.background, self.replicas)
        self._measuring = Measuring()
        self._guarded_at = float("-inf")
        self._swept_at = float("-inf")
        self._weights: dict[str, dict[str, int]] = {}

    def run(self, stopped: Callable[[], bool], *, keep: bool = False) -> None:
        """Turns until `stopped` says so; then the replicas end too, or are left for the next one."""
        while not stopped():
            try:
                self.turn()
            except (DatabaseError, InterfaceError):
                # What answers goes on answering; it only has to hear from us.
                logger.warning("The database does not answer; replicas stay as they are.", exc_info=True)
                connections.close_all()
                self.replicas.remind()
            except Exception:
                # Whatever it was: the models of all others still need somebody who looks after them.
                logger.exception("A turn was not finished; the next one begins anew.")
            time.sleep(TURN_SECONDS)
        self.close(keep=keep)

    def turn(self) -> bool:
        """One round; False while another supervisor has the lease, or where one has taken it meanwhile."""
        if not self.lease.hold():
            return False
        try:
            self._round()
        except LeaseLost:
            logger.warning("Another supervisor has taken over while this one was stalled.")
            return False
        return True

    def _round(self) -> None:
        self.replicas.look()
        releases = list(
            Release.objects.exclude(state__in=OVER)
            .select_related(
                "deployment__environment", "deployment__project", "deployment__organization", "build"
            )
            .order_by("number")
        )
        self._end_what_is_over()
        for release in releases:
            self._advance(release)
        wanted = {release.pk for release in releases if not release.cancel_requested}
        self.background.end(lambda key: _is_of(key, wanted))
        self._route(releases)
        self._guard(releases)
        self._measuring.look(self.replicas, releases)
        if time.monotonic() - self._swept_at > SWEEP_SECONDS:
            self._swept_at = time.monotonic()
            self.lease.keep()
            sweeping.sweep()

    def close(self, *, keep: bool = False) -> None:
        """End in order: work in the background first, then the replicas, then the lease."""
        self.background.close()
        try:
            # Replicas are not ended by one that was stalled until the lease had passed on.
            if not keep and self.lease.number and (self.lease.is_certain() or self.lease.hold()):
                for key in DRIVERS:
                    driver(key).stop(driver(key).known())
                # They did not fail to start: nothing is to be counted against their release.
                Replica.objects.filter(state=Replica.State.STARTING).delete()
            self.lease.release()
        except (DatabaseError, InterfaceError):
            logger.warning("The lease could not be given back; it runs out by itself.")

    def _advance(self, release: Release) -> None:
        """One release's trouble is no other's."""
        self.lease.keep()
        try:
            self._steps.advance(release)
        except DomainError as error:
            # Somebody was faster, by a page for instance: the next turn reads what they did.
            logger.info("Release %s: %s", release.pk, error)
        except FAULTS as fault:
            # It is live: what still answers goes on, and the missing replica is tried again.
            logger.warning("Release %s: %s", release.pk, fault)
        except (DatabaseError, InterfaceError, LeaseLost):
            raise
        except Exception as error:
            logger.exception("Release %s does not get on.", release.pk)
            if release.state in ON_THE_WAY:
                journal.note(release, f"It failed: {type(error).__name__}")
                with suppress(DomainError):
                    move(
                        release, State.FAILED, message="The supervisor met an error of its own; see its log."
                    )

    def _end_what_is_over(self) -> None:
        rows = [row for row in self.replicas.rows.values() if row.release.state in OVER]
        self.replicas.end(rows)

    def _route(self, releases: list[Release]) -> None:
        weights: dict[str, dict[str, int]] = {}
        for release in releases:
            if release.weight:
                key = release.deployment.environment.driver
                weights.setdefault(key, {})[release.pk.hex] = release.weight
        for key in DRIVERS:
            if weights.get(key, {}) != self._weights.get(key, {}):
                driver(key).route(weights.get(key, {}))
        self._weights = weights

    def _guard(self, releases: list[Release]) -> None:
        if time.monotonic() - self._guarded_at < GUARD_SECONDS:
            return
        self._guarded_at = time.monotonic()
        for release in releases:
            why = self._fault_of_canary(release) if release.state == State.CANARY else ""
            if why and take_back(release, why=why):
                journal.note(release, f"It is taken back: {why}")

    def _fault_of_canary(self, release: Release) -> str:
        if self.replicas.failed_starts(release) > 1 and not self.replicas.answers(release):
            return "None of its replicas starts any more."
        return guard.trips(release)


def _is_of(key: Hashable, wanted: set[UUID]) -> bool:
    return isinstance(key, tuple) and key[1] in wanted
