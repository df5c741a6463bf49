"""Figures add up in any order, and percentiles stay within what was counted."""

from __future__ import annotations

import copy
import datetime as dt
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.watch import figures
from deployments.watch.figures import BOUNDS, Figures, add_outputs, count_prediction, merge, percentile

NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.floats(0, 1)
PREDICTIONS = st.lists(
    NUMBERS | st.text(max_size=8) | st.booleans() | st.none() | st.lists(st.integers(), max_size=3),
    max_size=150,
)


def _histogram(values: list[Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for value in values:
        count_prediction(out, value)
    return out


@st.composite
def seen(draw: st.DrawFn) -> Figures:
    latency = draw(st.lists(st.integers(0, 50), min_size=len(BOUNDS) + 1, max_size=len(BOUNDS) + 1))
    errors = draw(st.dictionaries(st.sampled_from(figures.ERRORS), st.integers(1, 9)))
    outputs = _histogram(draw(PREDICTIONS))
    return Figures(sum(latency), draw(st.integers(0, 99)), errors, draw(st.integers(0, 9)), latency, outputs)


@given(seen(), seen(), seen())
def test_any_order_gives_the_same_total(a: Figures, b: Figures, c: Figures) -> None:
    before = copy.deepcopy((a, b, c))
    whole = merge([a, b, c])
    assert merge([merge([a, b]), c]) == merge([a, merge([b, c])]) == merge([c, a, b]) == whole
    assert (a, b, c) == before
    assert whole.count == a.count + b.count + c.count


@given(PREDICTIONS, PREDICTIONS)
def test_counting_and_adding_up_agree(first: list[Any], then: list[Any]) -> None:
    total = _histogram(first)
    add_outputs(total, json.loads(json.dumps(_histogram(then))))
    assert total == _histogram(first + then)
    parts = sum(total.get(name, 0) for name in ("other", "missing", "unread"))
    counted = sum(total.get("bins", {}).values()) + sum(total.get("categories", {}).values()) + parts
    assert counted == len(first) + len(then)
    assert len(total.get("bins", {})) <= figures.MAX_BINS
    assert len(total.get("categories", {})) <= figures.MAX_CATEGORIES


@given(st.lists(NUMBERS, min_size=1, max_size=200))
def test_every_number_lies_in_its_bin(values: list[float]) -> None:
    bins = figures.bins_of(_histogram(values))
    for value in values:
        near = max(-1e15, min(1e15, value))
        assert any(low <= near <= high for low, high, _ in bins)


def test_a_handful_of_numbers_stay_apart_and_an_outlier_does_not_blur_the_rest() -> None:
    bins = figures.bins_of(_histogram([0, 1, 1, 2, 1_000_000]))
    assert [count for *_, count in bins] == [1, 2, 1, 1]
    rolls = random.Random(7)
    found = figures.bins_of(_histogram([rolls.random() for _ in range(5000)] + [1e12]))
    assert len(found) >= figures.MAX_BINS // 2


@given(st.lists(st.floats(0, 90_000), min_size=1, max_size=80), st.floats(0, 1), st.floats(0, 1))
def test_percentiles_stay_within_the_bounds_of_what_was_counted(
    times: list[float], first: float, second: float
) -> None:
    latency = [0] * (len(BOUNDS) + 1)
    for time in times:
        latency[figures.place_of(time)] += 1
    low, high = sorted((first, second))
    at_low, at_high = percentile(latency, low), percentile(latency, high)
    assert at_low is not None
    assert at_high is not None
    assert 0 <= at_low <= at_high <= BOUNDS[-1]
    used = [place for place, count in enumerate(latency) if count]
    assert at_high <= BOUNDS[min(used[-1], len(BOUNDS) - 1)]
    assert at_low >= (BOUNDS[used[0] - 1] if used[0] else 0)


def test_percentiles_of_known_times() -> None:
    latency = [0] * (len(BOUNDS) + 1)
    latency[figures.place_of(3.5)] = 90
    latency[figures.place_of(80)] = 10
    assert percentile(latency, 0.5) == pytest.approx(3 + 50 / 90)
    assert percentile(latency, 0.95) == pytest.approx(85)
    assert percentile([], 0.5) is None
    assert percentile([0] * (len(BOUNDS) + 1), 0.5) is None


def test_what_was_refused_is_no_error_of_the_model() -> None:
    day = Figures(count=20, errors={"timeout": 2, "refused": 10}, fallbacks=1)
    assert (day.failed, day.error_share, day.fallback_share) == (2, 0.2, 0.05)
    assert Figures().error_share is None


@pytest.mark.parametrize("seconds", [60, 3600, 86400])
def test_a_bucket_begins_at_or_before_its_moment(seconds: int) -> None:
    moment = dt.datetime(2026, 3, 29, 3, 17, 42, 5, dt.timezone(dt.timedelta(hours=2)))
    begin = figures.begin_of(moment, seconds)
    assert begin <= moment < begin + dt.timedelta(seconds=seconds)
    assert begin.timestamp() % seconds == 0
