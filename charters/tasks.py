"""What the worker does for charters by the clock."""

from __future__ import annotations

from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from charters.actions.reminding import remind_all


@db_periodic_task(crontab(minute="12"))
def remind_signers() -> None:
    """Every hour: remind those whose signature is due, in the morning of their organization."""
    remind_all()
