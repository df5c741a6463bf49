"""What the worker does for projects by the clock."""

from __future__ import annotations

import logging

from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from projects.actions.readings import read_what_changed
from projects.actions.talking import ask_for_checkins, escalate_asks, note_missing_checkins
from projects.tracking.records import TrackingIsAway, refresh_statistics
from projects.tracking.server import why_off

logger = logging.getLogger(__name__)


@db_periodic_task(crontab(hour="7", minute="5"))
def every_morning() -> None:
    """Ask for the check-ins of the day, tell of missing ones, and tell sponsors of long waits."""
    today = timezone.localdate()
    note_missing_checkins(today)
    ask_for_checkins(today)
    escalate_asks(today)


@db_periodic_task(crontab(minute="*"))
def every_minute() -> None:
    """Read the criteria of what was written to tracking; what could not be read is tried again."""
    try:
        read_what_changed()
    except TrackingIsAway as away:
        logger.warning("Criteria wait to be read: %s", away)


@db_periodic_task(crontab(minute="20"))
def every_hour() -> None:
    """Keep pages over many runs fast; where there is no tracking there is nothing to do."""
    if why_off():
        return
    try:
        refresh_statistics()
    except TrackingIsAway as away:
        logger.warning("Tracking was not counted: %s", away)
