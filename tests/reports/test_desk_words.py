"""The desk's title and order, without database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.duties import (
    Change,
    Delay,
    Duty,
    Stop,
    finding,
    in_order,
    latest,
    since_words,
    when_words,
    why_these,
)
from reports.sentences import breakable, delay, short_hash

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def duty(late: int | None = None, what: str = "Round 2", **more: object) -> Duty:
    due = None if late is None else TODAY - timedelta(days=late)
    return Duty("Answer", what, "/x/", due=due, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("late_days", "title"),
    [
        ([], "Nothing waits for you"),
        ([None], "One thing waits for you"),
        ([0], "One thing waits for you"),
        ([-4], "One thing waits for you"),
        ([7], "One thing waits for you, and it is a week late"),
        ([None, 7, -4], "Three things wait for you, and one of them is a week late"),
        ([3, 12, None], "Three things wait for you, and two of them are late"),
        ([1, 1], "Two things wait for you, and all of them are late"),
        ([None] * 14, "14 things wait for you"),
    ],
)
def test_the_title_counts_what_waits_and_says_how_late(late_days: list[int | None], title: str) -> None:
    assert finding([duty(days) for days in late_days], [], TODAY) == title


def test_the_title_tells_of_delays_elsewhere_only_when_nothing_waits() -> None:
    slow = Delay(2, "Round 2", "/x/", "Round")
    assert finding([], [slow], TODAY) == "Nothing waits for you, and one thing is two days late elsewhere"
    assert finding([], [slow, slow], TODAY) == "Nothing waits for you, and two things are late elsewhere"
    assert finding([duty()], [slow], TODAY) == "One thing waits for you"


def test_the_latest_comes_first_then_what_is_due_soonest_then_what_waits_longest() -> None:
    rows = [
        duty(None, "undated"),
        duty(-9, "later"),
        duty(-1, "soon"),
        duty(2, "late"),
        duty(30, "very late"),
    ]
    assert [row.what for row in in_order(rows, TODAY)] == ["very late", "late", "soon", "later", "undated"]


@given(st.lists(st.integers(-30, 400), max_size=12))
def test_the_order_never_puts_a_later_delay_behind_a_smaller_one(days: list[int]) -> None:
    late = [row.days_late(TODAY) for row in in_order([duty(number) for number in days], TODAY)]
    assert late == sorted(late, reverse=True)


@pytest.mark.parametrize(
    ("days", "words"),
    [(1, "a day"), (2, "two days"), (7, "a week"), (14, "two weeks"), (15, "15 days"), (40, "40 days")],
)
def test_delays_in_words(days: int, words: str) -> None:
    assert delay(days) == words


def test_how_late_a_duty_is_stands_in_figures_in_its_row() -> None:
    assert [duty(days).late_words(TODAY) for days in (None, 0, 1, 7)] == ["", "", "1 day late", "7 days late"]


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (timedelta(hours=1), "since 08:30"),
        (timedelta(days=1), "since yesterday"),
        (timedelta(days=3), "since Tuesday"),
        (timedelta(days=6), "since Saturday"),
        (timedelta(days=7), "since 13 November"),
        (timedelta(days=400), "since 16 October 2025"),
    ],
)
def test_since_when(back: timedelta, words: str) -> None:
    assert since_words(NOW - back, NOW) == words


def test_on_the_first_visit_a_week_is_told() -> None:
    assert since_words(None, NOW) == "in the last seven days"


def test_when_something_changed() -> None:
    assert when_words(NOW, NOW) == "Today 09:30"
    assert when_words(NOW - timedelta(days=1), NOW) == "Thu 09:30"
    assert when_words(NOW - timedelta(days=9), NOW) == "11 Nov 09:30"


def test_the_lede_for_none_one_and_many_changes() -> None:
    change = Change(NOW, "Today", "Lotte Brenninck signed revision 3.")
    assert latest([], "since Tuesday") == "Nothing that concerns you has changed since Tuesday."
    assert (
        latest([change], "since Tuesday")
        == "One thing changed since Tuesday: Lotte Brenninck signed revision 3."
    )
    assert latest([change] * 2, "since Tuesday").startswith("Two things changed since Tuesday, last: Lotte")


def test_reasons_stand_once() -> None:
    rows = [duty(why="The ask names you."), duty(), duty(why="You sign."), duty(why="The ask names you.")]
    assert why_these(rows) == ["The ask names you.", "You sign."]


def test_a_row_of_squares_is_as_long_as_what_it_counts() -> None:
    stop = Stop("Assessments", "/", True, "Phase 1", cells=(2, 3))
    assert stop.cell_list == [True, True, False]
    assert Stop("Roadmap", "/", False, "Not begun").cell_list == []


def test_small_words() -> None:
    assert short_hash("a4f0" + "0" * 56 + "91c7") == "a4f0…91c7"


@given(st.text(max_size=200))
def test_breaks_change_nothing_but_the_breaks(text: str) -> None:
    broken = breakable(text)
    assert broken.replace("\u200b", "") == text.replace("\u200b", "")
    assert all(len(run) <= 24 for run in broken.replace("\u200b", " ").split())
