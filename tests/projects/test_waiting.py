"""The waiting clock, against days counted one by one."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from projects.waiting import (
    Span,
    blocked_by_party,
    blocked_days,
    folded,
    median_reply_days,
    usual_spellings,
    working_days,
)

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


def spans(*written: tuple[str, int]) -> list[Span]:
    return [Span(START, START + dt.timedelta(days=days), party) for party, days in written]


def test_spellings_of_one_department_are_one_under_the_usual_one() -> None:
    written = spans(("it", 1), ("IT", 2), (" IT ", 3), ("I\u00a0T", 9), ("Legal  team", 4), ("legal team", 4))
    assert median_reply_days(written) == {"I T": 9.0, "IT": 2.0, "Legal team": 4.0}
    end = START + dt.timedelta(days=20)
    assert blocked_by_party(written, START, end) == {"I T": 9, "Legal team": 4, "IT": 3}
    assert usual_spellings(["Straße", "STRASSE", "Straße"]) == {"strasse": "Straße"}


@given(st.lists(st.text(max_size=6)))
def test_no_spelling_is_lost_and_none_invented(written: list[str]) -> None:
    found = usual_spellings(written)
    assert set(found) == {folded(one) for one in written}
    assert set(found.values()) <= {" ".join(one.split()) for one in written}
