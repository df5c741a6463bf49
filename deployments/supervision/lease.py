"""Who may move replicas now. A row that is renewed; a second supervisor waits until it runs out."""

from __future__ import annotations

import datetime as dt
import os
import socket

from django.db import IntegrityError, transaction
from django.utils import timezone

from deployments import processes
from deployments.models import Lease

SECONDS = 15.0
RENEW_SECONDS = 4.0
NAME = "supervisor"


class Held:
    """The lease as this process sees it."""

    def __init__(self) -> None:
        self.holder = _own_name()
        self._until: dt.datetime | None = None

    def hold(self) -> bool:
        """Take, keep or renew it; False while somebody else has it."""
        now = timezone.now()
        if self._until is not None and now < self._until - dt.timedelta(seconds=SECONDS - RENEW_SECONDS):
            return True
        until = now + dt.timedelta(seconds=SECONDS)
        self._until = until if self._take(now, until) else None
        return self._until is not None

    @property
    def is_held(self) -> bool:
        """As it was at the last look."""
        return self._until is not None

    def release(self) -> None:
        """Let the next one begin at once."""
        Lease.objects.filter(name=NAME, holder=self.holder).delete()
        self._until = None

    def _take(self, now: dt.datetime, until: dt.datetime) -> bool:
        with transaction.atomic():
            row = Lease.objects.select_for_update().filter(name=NAME).first()
            if row is not None:
                if row.holder != self.holder and row.until > now and not _is_dead(row.holder):
                    return False
                row.holder, row.until = self.holder, until
                row.save(update_fields=["holder", "until"])
                return True
        try:
            with transaction.atomic():
                Lease.objects.create(name=NAME, holder=self.holder, until=until)
        except IntegrityError:
            return False
        return True


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
