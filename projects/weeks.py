"""Weeks in which a project was to say how it stands. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

WEEK = dt.timedelta(weeks=1)


def monday_of(day: dt.date) -> dt.date:
    """The Monday of the week in which a day lies."""
    return day - dt.timedelta(days=day.weekday())


def asked_weeks(start: dt.date, end: dt.date | None, today: dt.date, weekday: int) -> list[dt.date]:
    """The Mondays of all weeks whose day of check-in has come, the first first.

    From the week in which the project starts to the week in which it ends, at most to today's; `weekday` is 0
    for Monday to 4 for Friday. A day of check-in before the start or after the end is not asked for.
    """
    last = today if end is None else min(today, end)
    week = monday_of(start)
    found = []
    while week + dt.timedelta(days=weekday) <= last:
        if week + dt.timedelta(days=weekday) >= start:
            found.append(week)
        week += WEEK
    return found


def rested_weeks(
    weeks: Collection[dt.date], weekday: int, pauses: Iterable[tuple[dt.date, dt.date | None]]
) -> list[dt.date]:
    """Those of the weeks on whose day of check-in the project stood still.

    A pause reaches from its first day to the day on which the project went on, which is no day of the pause;
    one that lasts has no such day.
    """
    spans = [(began, ended or dt.date.max) for began, ended in pauses]
    days = [(week, week + dt.timedelta(days=weekday)) for week in weeks]
    return [week for week, day in days if any(began <= day < ended for began, ended in spans)]


def missing_weeks(asked: Collection[dt.date], answered: Collection[dt.date], back: int) -> list[dt.date]:
    """The asked weeks without an answer among the last `back`, the latest first."""
    recent = sorted(asked, reverse=True)[:back]
    return [week for week in recent if week not in answered]
