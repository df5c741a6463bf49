"""What the worker runs: jobs by id, events on their way out, and sweeps for what a restart left behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django_tasks import task
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, signal
from huey.signals import SIGNAL_INTERRUPTED

from jobs import digest, outbox, runner
from jobs.models import Job
from jobs.webhook_delivery import deliver, deliver_due

STALE_AFTER = timedelta(minutes=3)
LOST_AFTER = timedelta(seconds=30)
MAX_ATTEMPTS = 3


@task
def run_job(job_id: str) -> None:
    runner.run(job_id)


@signal(SIGNAL_INTERRUPTED)
def hand_back(*_: Any) -> None:
    """The worker was asked to end, and ends in the middle of its work: hand that back."""
    runner.hand_back_all()


@db_periodic_task(crontab(minute="*"))
def sweep() -> None:
    """Every minute: start again what a killed worker or a lost queue entry left open."""
    recover()


def recover() -> int:
    """Re-queue open jobs that nobody works on; returns how many. Jobs are safe to run twice."""
    now = timezone.now()
    waiting = Q(state=Job.State.QUEUED, started_at=None)
    lost = waiting & Q(created_at__lt=now - LOST_AFTER)
    # It has run before and was handed back: there is no entry in the queue to wait for.
    handed_back = waiting & Q(heartbeat_at__isnull=False)
    stale = Q(state=Job.State.RUNNING, heartbeat_at__lt=now - STALE_AFTER)
    count = 0
    for job in Job.objects.filter(lost | handed_back | stale):
        if job.attempts >= MAX_ATTEMPTS:
            Job.objects.filter(pk=job.pk, state=job.state).update(
                state=Job.State.FAILED,
                message=f"Given up: the worker stopped {MAX_ATTEMPTS} times on this. Nothing was changed.",
                finished_at=now,
            )
            continue
        moved = Job.objects.filter(pk=job.pk, state=job.state, heartbeat_at=job.heartbeat_at).update(
            state=Job.State.QUEUED, started_at=now
        )
        if moved:
            run_job.enqueue(str(job.pk))
            count += 1
    return count


@task
def spread_event(event_id: str) -> None:
    """Put an event on its way to the webhooks that want it."""
    for delivery in outbox.spread(UUID(event_id)):
        deliver(delivery)


@task
def send_delivery(delivery_id: str) -> None:
    """Send one event to one webhook."""
    deliver(UUID(delivery_id))


@db_periodic_task(crontab(minute="*"))
def hand_on() -> None:
    """Every minute: spread events that were left behind, and try again what is due."""
    outbox.spread_waiting()
    deliver_due()


@db_periodic_task(crontab(minute="5"))
def send_digests() -> None:
    """Every hour: send the digests that are due, in the morning of each organization."""
    digest.send_due()


@db_periodic_task(crontab(hour="3", minute="40"))
def forget_events() -> None:
    """Every night: forget events that are older than a season."""
    outbox.forget_old()
