"""What the worker does by the clock."""

from __future__ import annotations

import datetime as dt

from django.core.management import call_command
from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from accounts.mail import deliver_due
from accounts.models import FirstLink, IdempotencyKey

KEPT = dt.timedelta(days=2)


@db_periodic_task(crontab(minute="*"))
def send_waiting_mail() -> None:
    """Every minute: try again what a mail server refused or a restart left behind."""
    deliver_due()


@db_periodic_task(crontab(hour="3", minute="20"))
def tidy() -> None:
    """Every night: forget what has served its time."""
    remove_outdated()


def remove_outdated() -> None:
    """Delete run-out sessions, answers kept for repeated requests, and used or run-out first links."""
    call_command("clearsessions")
    IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    FirstLink.objects.filter(expires_at__lt=timezone.now() - KEPT).delete()
