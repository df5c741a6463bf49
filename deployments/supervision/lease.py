"""Who may move replicas now. A row that is renewed; a second supervisor waits until it runs out.

Each taking has a number of its own. One that was stalled for longer than the lease lasts finds another number
when it wakes, and goes by nothing that it read before.
"""

from __future__ import annotations

import datetime as dt
import os
import socket
import time

from django.db import IntegrityError, transaction
from django.utils import timezone

from deployments import processes
from deployments.models import Lease

SECONDS = 15.0
RENEW_SECONDS = 4.0
NAME = "supervisor"


class LeaseLost(Exception):
    """Somebody else had the lease meanwhile: what was read before then says nothing any more."""


class Held:
    """The lease as this process sees it."""

    def __init__(self) -> None:
        self.holder = _own_name()
        # Of the taking; 0 while somebody else has it.
        self.number = 0
        self._renewed_at = float("-inf")

    def hold(self) -> bool:
        """Take, keep or renew it; False while somebody else has it."""
        if self._age() < RENEW_SECONDS:
            return True
        before = _elapsed()
        self.number = self._take(timezone.now())
        self._renewed_at = before if self.number else float("-inf")
        return self.number > 0

    def keep(self) -> None:
        """The same in the midst of a turn. Raises LeaseLost where somebody else had it in between."""
        number = self.number
        if not self.hold() or self.number != number:
            raise LeaseLost

    @transaction.atomic
    def require(self) -> None:
        """Renew it for certain, and in a transaction keep all others from it until the end of that.

        Raises LeaseLost.
        """
        before = _elapsed()
        row = Lease.objects.select_for_update().filter(name=NAME).first()
        if row is None or not self._is_ours(row):
            self.number, self._renewed_at = 0, float("-inf")
            raise LeaseLost
        row.until = timezone.now() + dt.timedelta(seconds=SECONDS)
        row.save(update_fields=["until"])
        self._renewed_at = before

    def is_certain(self) -> bool:
        """Whether it cannot have passed on yet; known without the database."""
        return self._age() < SECONDS

    def release(self) -> None:
        """Let the next one begin at once."""
        own = Lease.objects.filter(name=NAME, holder=self.holder, number=self.number)
        # The row stays: numbers are never given twice.
        own.update(holder="", until=timezone.now())
        self.number, self._renewed_at = 0, float("-inf")

    def _age(self) -> float:
        return _elapsed() - self._renewed_at

    def _is_ours(self, row: Lease) -> bool:
        return (row.holder, row.number) == (self.holder, self.number)

    def _take(self, now: dt.datetime) -> int:
        """The number under which it is held from now on; 0 where somebody else has it."""
        until = now + dt.timedelta(seconds=SECONDS)
        with transaction.atomic():
            row = Lease.objects.select_for_update().filter(name=NAME).first()
            if row is not None:
                if not self._is_ours(row):
                    if row.until > now and not self._is_free(row.holder):
                        return 0
                    row.number += 1
                row.holder, row.until = self.holder, until
                row.save(update_fields=["holder", "until", "number"])
                return row.number
        try:
            with transaction.atomic():
                Lease.objects.create(name=NAME, holder=self.holder, until=until, number=1)
        except IntegrityError:
            return 0
        return 1

    def _is_free(self, holder: str) -> bool:
        """Whether nobody is behind a lease that has not run out: a dead one, or an earlier one of ours."""
        return _is_dead(holder) or (holder == self.holder and self.number == 0)


def _elapsed() -> float:
    """Seconds by a clock that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _own_name() -> str:
    process = processes.read(os.getpid())
    start = process.start if process else 0
    return f"{socket.gethostname()[:20]}:{processes.boot()[:18]}:{os.getpid()}:{start}"


def _is_dead(holder: str) -> bool:
    """Whether the holder ran here, on this start of the machine, and is gone: nobody waits for the dead."""
    ours = _own_name().split(":")
    theirs = holder.split(":")
    if len(theirs) != len(ours) or theirs[:2] != ours[:2] or not theirs[2].isdigit():
        return False
    process = processes.read(int(theirs[2]))
    return process is None or str(process.start) != theirs[3]
