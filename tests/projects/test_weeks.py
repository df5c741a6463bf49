"""Weeks that are asked for, and those that nobody answered."""

from __future__ import annotations

import datetime as dt

import pytest

from projects.weeks import asked_weeks, missing_weeks, monday_of

MONDAY = dt.date(2026, 11, 16)
FRIDAY = 4


def weeks_back(*counts: int) -> list[dt.date]:
    return [MONDAY - dt.timedelta(weeks=count) for count in counts]


@pytest.mark.parametrize("offset", range(7))
def test_every_day_of_a_week_has_its_monday(offset: int) -> None:
    assert monday_of(MONDAY + dt.timedelta(days=offset)) == MONDAY


@pytest.mark.parametrize(
    ("start", "end", "today", "weekday", "asked"),
    [
        (MONDAY, None, MONDAY, 0, weeks_back(0)),
        (MONDAY, None, MONDAY, FRIDAY, []),
        (MONDAY, None, MONDAY + dt.timedelta(days=4), FRIDAY, weeks_back(0)),
        (MONDAY + dt.timedelta(days=1), None, MONDAY + dt.timedelta(days=6), 0, []),
        (MONDAY - dt.timedelta(weeks=2), None, MONDAY + dt.timedelta(days=3), FRIDAY, weeks_back(2, 1)),
        (MONDAY - dt.timedelta(weeks=2), MONDAY - dt.timedelta(days=4), MONDAY, FRIDAY, weeks_back(2)),
        (MONDAY + dt.timedelta(weeks=2), None, MONDAY, FRIDAY, []),
    ],
)
def test_weeks_are_asked_for_between_start_and_end(
    start: dt.date, end: dt.date | None, today: dt.date, weekday: int, asked: list[dt.date]
) -> None:
    assert asked_weeks(start, end, today, weekday) == asked


def test_missing_is_what_nobody_answered_of_the_last_weeks() -> None:
    asked = weeks_back(5, 4, 3, 2, 1, 0)
    assert missing_weeks(asked, set(weeks_back(1, 3)), 4) == weeks_back(0, 2)
    assert missing_weeks(asked, set(asked), 4) == []
    assert missing_weeks([], set(), 4) == []
