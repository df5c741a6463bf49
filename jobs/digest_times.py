"""When a digest is due: at seven in the morning of the organization, each day or each Monday. Pure."""

from __future__ import annotations

import datetime as dt

HOUR = 7
DAY, WEEK = "day", "week"
SPANS = {DAY: dt.timedelta(days=1), WEEK: dt.timedelta(days=7)}


def last_moment(every: str, now: dt.datetime) -> dt.datetime:
    """The last moment at or before ``now``, in its time zone, at which a digest goes out.

    ``every`` is "day" or "week". On a day whose clocks change it is still seven o'clock.
    """
    moment = now.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    if every == WEEK:
        moment -= dt.timedelta(days=moment.weekday())
    return moment if moment <= now else moment - SPANS[every]


def is_due(every: str, now: dt.datetime, sent_until: dt.datetime | None) -> bool:
    """Whether a digest that covers everything until ``sent_until`` is to be followed by the next one."""
    return every in SPANS and (sent_until is None or sent_until < last_moment(every, now))
