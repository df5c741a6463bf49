"""What the worker does for deployments by the clock."""

from __future__ import annotations

from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from deployments.references import mask_references
from deployments.watch.alerting import watch_all
from deployments.watch.drifting import measure_all
from deployments.watch.live_criteria import read_all
from deployments.watch.retention import forget_old
from deployments.watch.rollups import forget, roll_up
from projects.models import Project


@db_periodic_task(crontab(minute="*"))
def watch() -> None:
    """Every minute: hold what runs against its limits."""
    watch_all()


@db_periodic_task(crontab(minute="*/5"))
def sum_up() -> None:
    """Every five minutes: minutes become hours and days; what is older than its use goes."""
    now = timezone.now()
    roll_up(now)
    forget(now)


@db_periodic_task(crontab(minute="25"))
def forget_samples() -> None:
    """Every hour: delete sampled rows that are older than kept, and what is masked of reference samples."""
    forget_old(timezone.now())
    mask_references(list(Project.objects.filter(deployments__isnull=False).distinct()))


@db_periodic_task(crontab(minute="*/10"))
def measure_drift() -> None:
    """Measure drift where the last reading is an hour old, then read the signed criteria."""
    measure_all()
    read_all()
