"""Requesting and cancelling jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from jobs.models import Job
from jobs.registry import is_known
from ui.errors import Conflict

if TYPE_CHECKING:
    from accounts.models import Organization, User


def request(
    name: str,
    *args: Any,
    title: str,
    by: User | None,
    organization: Organization | None = None,
    key: str = "",
    back_url: str = "",
) -> Job:
    """Queue the job called ``name`` once the current transaction has committed.

    ``args`` are ids, never objects. With ``key``, a second request while the first is open returns the first.
    """
    if not is_known(name):
        raise LookupError(f"config/jobs.py has no job called {name}")
    try:
        with transaction.atomic():
            job = Job.objects.create(
                name=name,
                args=[str(arg) for arg in args],
                title=title[:200],
                requested_by=by,
                organization=organization,
                key=key,
                back_url=back_url,
            )
    except IntegrityError:
        open_job = Job.objects.filter(key=key, state__in=Job.OPEN).first()
        if open_job is None:
            raise
        return open_job
    transaction.on_commit(lambda: _enqueue(job))
    return job


def _enqueue(job: Job) -> None:
    from jobs.tasks import run_job  # the queue is opened on first use, not at import

    run_job.enqueue(str(job.pk))


def cancel(job: Job) -> None:
    """Ask an open job to stop; one that still waits is ended at once."""
    ended = Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(
        state=Job.State.CANCELLED, cancel_requested=True, message="Cancelled before it began."
    )
    if ended:
        return
    if not Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_requested=True):
        raise Conflict("This has already ended.")
