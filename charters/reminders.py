"""When somebody is reminded of a signature that is due. No database.

Three days before the day, on the day, and every week after it. A day on which nothing could be sent is made
up for by the next run, and whoever was mailed since the last of these days is left in peace.
"""

from __future__ import annotations

import datetime as dt

BEFORE = dt.timedelta(days=3)
WEEK = dt.timedelta(days=7)
# Mail of the product itself goes out in the morning of the organization's own day, never at night.
MORNING = 7


def latest_day(today: dt.date, due_on: dt.date) -> dt.date | None:
    """The last day up to today on which a reminder was due; None before the first."""
    if today >= due_on:
        return due_on + (today - due_on) // WEEK * WEEK
    first = due_on - BEFORE
    return first if today >= first else None


def is_due(now: dt.datetime, due_on: dt.date | None, mailed_on: dt.date | None) -> bool:
    """Whether somebody is reminded now. `now` is local; `mailed_on` is the local day of the last mail."""
    if due_on is None or mailed_on is None or now.hour < MORNING:
        return False
    day = latest_day(now.date(), due_on)
    return day is not None and mailed_on < day
