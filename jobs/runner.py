"""Running one job in the worker: progress, cancel, heartbeat and the message that ends it."""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils import timezone

from jobs.models import Job
from jobs.registry import functions
from ui.errors import DomainError
from ui.limited import Stopped

logger = logging.getLogger(__name__)
WRITE_EVERY_SECONDS = 0.5
_COUNTS = re.compile(r"\d[\d,.]*")
# What this process works on: handed back when it stops.
_at_work: set[str] = set()


@dataclass(frozen=True)
class Outcome:
    """How a job ended: a sentence for the person who waits, and where the result is."""

    message: str
    url: str = ""


class Cancelled(Exception):
    """Raised inside a job when its person has asked for the end of it."""


class Progress:
    """What a job is handed to say how far it is. Calling it also asks whether to go on."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._written = 0.0
        self._said = ""

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        """Note the step; raises Cancelled when the person pressed Cancel.

        A step that only counts on is written now and then; another one at once, as it may be a long one.
        """
        now, said = time.monotonic(), _COUNTS.sub("", step)
        if now - self._written < WRITE_EVERY_SECONDS and done != total and said == self._said:
            return
        self._written, self._said = now, said
        Job.objects.filter(pk=self.job.pk, state=Job.State.RUNNING).update(
            step=step[:200], done=done, total=total, heartbeat_at=timezone.now()
        )
        if self.cancelled():
            raise Cancelled

    def cancelled(self) -> bool:
        """True when the job should stop. Safe to call from a solver's thread."""
        try:
            row = Job.objects.filter(pk=self.job.pk).values_list("cancel_requested", "state").first()
            return row is None or row[0] or row[1] != Job.State.RUNNING
        finally:
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()


def run(job_id: str) -> None:
    """Run a queued job once. A job that is not queued any more is left alone."""
    now = timezone.now()
    taken = Job.objects.filter(pk=job_id, state=Job.State.QUEUED).update(
        state=Job.State.RUNNING, started_at=now, heartbeat_at=now, step="", done=0, total=0
    )
    if not taken:
        return
    job = Job.objects.get(pk=job_id)
    Job.objects.filter(pk=job_id).update(attempts=job.attempts + 1)
    _at_work.add(job_id)
    try:
        state, outcome = _call(job)
    except Stopped:
        _hand_back(job_id, tried=True)
        return
    finally:
        _at_work.discard(job_id)
    Job.objects.filter(pk=job_id, state=Job.State.RUNNING).update(
        state=state, message=outcome.message, result_url=outcome.url, finished_at=timezone.now()
    )


def hand_back_all() -> None:
    """The worker stops: what it works on waits again, for the next worker, and has not been tried."""
    for job_id in tuple(_at_work):
        _hand_back(job_id, tried=False)


def _hand_back(job_id: str, *, tried: bool) -> None:
    """Let the job wait without an entry in the queue: the sweep at the next start makes one.

    An entry made now could be taken by another thread of the process that stops.
    """
    Job.objects.filter(pk=job_id, state=Job.State.RUNNING).update(
        state=Job.State.QUEUED,
        started_at=None,
        step="",
        done=0,
        total=0,
        attempts=F("attempts") - (0 if tried else 1),
    )


def _call(job: Job) -> tuple[str, Outcome]:
    try:
        args: list[Any] = list(job.args)
        return Job.State.DONE, functions()[job.name](Progress(job), *args)
    except Stopped:
        raise
    except Cancelled:
        return Job.State.CANCELLED, Outcome("Cancelled. Nothing was changed.", job.back_url)
    except DomainError as error:
        return Job.State.FAILED, Outcome(error.message, job.back_url)
    except MemoryError:
        logger.exception("job %s (%s) ran out of memory", job.pk, job.name)
        return Job.State.FAILED, Outcome("This needed more memory than it may use. Nothing was changed.")
    except Exception:
        logger.exception("job %s (%s) failed", job.pk, job.name)
        return Job.State.FAILED, Outcome(
            f"This failed on the server. Nothing was changed. Reference: {str(job.pk)[:8]}.", job.back_url
        )
