"""The waiting clock, against days counted one by one."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from projects.waiting import Span, blocked_by_party, blocked_days, median_reply_days, working_days

START = dt.date(2027, 1, 4)
DAYS = st.integers(0, 40).map(lambda n: START + dt.timedelta(days=n))
SPANS = st.lists(st.builds(Span, DAYS, DAYS, st.sampled_from(["Legal", "IT"])), max_size=8)


@given(SPANS, DAYS, DAYS)
def test_blocked_days_are_days_on_which_a_span_is_open(
    spans: list[Span], start: dt.date, end: dt.date
) -> None:
    counted = 0
    day = start
    while day < end:
        counted += any(span.since <= day < span.until for span in spans)
        day += dt.timedelta(days=1)
    assert blocked_days(spans, start, end) == counted
    by_party = blocked_by_party(spans, start, end)
    assert all(days <= counted for days in by_party.values())
    assert sum(by_party.values()) >= counted


def test_an_ask_answered_on_its_day_blocks_nothing() -> None:
    assert blocked_days([Span(START, START, "Legal")], START, START + dt.timedelta(days=9)) == 0


def test_the_median_is_by_party() -> None:
    later = [START + dt.timedelta(days=n) for n in range(10)]
    spans = [Span(START, later[1], "IT"), Span(START, later[4], "IT"), Span(START, later[9], "Legal")]
    assert median_reply_days(spans) == {"IT": 2.5, "Legal": 9.0}


@given(DAYS, DAYS)
def test_working_days_leave_out_weekends(since: dt.date, until: dt.date) -> None:
    counted = sum((since + dt.timedelta(days=n)).weekday() < 5 for n in range(max((until - since).days, 0)))
    assert working_days(since, until) == counted
