"""Rows are drawn by chance and within a limit, and request ids tell what they say."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.gateway import request_ids, telemetry
from deployments.gateway.telemetry import DRAWN_A_MINUTE, DRAWN_AT_ONCE, Asked, Telemetry

ONE, NOW = uuid.UUID(int=1), dt.datetime(2026, 3, 1, 12, 0, 30, tzinfo=dt.UTC)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def asked(at: int, **more: Any) -> Asked:
    values: dict[str, Any] = {"rows": 1, "predictions": [1.0], "columns": ["a"], "data": [[at]]}
    given = {**values, "keeps_inputs": True, **more}
    return Asked(ONE, 1, f"r{at}", NOW, 5.0, **given)


def test_every_row_has_the_same_chance_and_the_limit_holds_over_time() -> None:
    random.seed(3)
    clock = Clock()
    counts = Telemetry(clock)
    places = []
    for _ in range(20):
        for at in range(1000):
            counts.count(asked(at))
        drawn = counts.take().drawn
        places += [one.row["a"] for one in drawn if one.row]
        clock.now += 60
    assert len(places) == DRAWN_AT_ONCE + 19 * DRAWN_A_MINUTE
    assert 400 < sum(places) / len(places) < 600


def test_a_quiet_model_has_all_its_rows_drawn() -> None:
    clock = Clock()
    counts = Telemetry(clock)
    for at in range(DRAWN_AT_ONCE):
        counts.count(asked(at))
    assert [one.request for one in counts.take().drawn] == [f"r{at}" for at in range(DRAWN_AT_ONCE)]
    counts.count(asked(0))
    assert counts.take().drawn == []


def test_masked_columns_large_rows_and_odd_answers_are_not_kept() -> None:
    counts = Telemetry(Clock())
    counts.count(asked(0, columns=["name", "a"], data=[["Ann", 1]], masked=frozenset({"name"})))
    counts.count(asked(1, data=[["x" * 30_000]]))
    counts.count(asked(2, predictions=["\0"]))
    counts.count(asked(3, predictions=[{"text": ["\ud800"]}]))
    counts.count(asked(4, keeps_inputs=False))
    rows = [(one.row, one.output) for one in counts.take().drawn]
    assert rows == [({"a": 1}, 1.0), (None, 1.0), ({"a": 2}, None), ({"a": 3}, None), (None, 1.0)]


def test_what_could_not_be_written_is_added_to_what_came_since() -> None:
    counts = Telemetry(Clock())
    counts.count(asked(0, error="model"))
    batch = counts.take()
    counts.count(asked(1))
    counts.put_back(batch)
    (figures,) = counts.take().figures.values()
    assert (figures.count, figures.rows, figures.errors, sum(figures.latency)) == (2, 2, {"model": 1}, 2)
    assert not counts.take()


def test_a_very_large_answer_is_counted_by_a_part_of_it() -> None:
    counts = Telemetry(Clock())
    rows = telemetry.MOST_COUNTED * 2
    counts.count(asked(0, rows=rows, predictions=[True] * rows, data=[[1]] * rows))
    batch = counts.take()
    (figures,) = batch.figures.values()
    assert figures.outputs == {"categories": {"true": telemetry.MOST_COUNTED}}
    assert figures.rows == rows
    assert len(batch.drawn) == telemetry.ROWS_OF_A_REQUEST


@given(st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2100, 1, 1)), st.integers(0, 999_999))
def test_a_request_id_tells_when_and_which_release(moment: dt.datetime, release: int) -> None:
    at = moment.replace(tzinfo=dt.UTC)
    made = request_ids.make(b"key", str(ONE), at, release)
    read = request_ids.read(b"key", str(ONE), made)
    assert read is not None
    assert abs(read.at - at) < dt.timedelta(milliseconds=2)
    assert (read.request, read.release, read.row) == (made, release, None)
    of_row = request_ids.of_row(made, 9_999, 10_000)
    assert len(of_row) <= request_ids.LONGEST
    assert request_ids.read(b"key", str(ONE), of_row) == request_ids.Asked(made, read.at, release, 9_999)


@pytest.mark.parametrize("other", ["key", "deployment", "time", "release", "shape"])
def test_an_id_from_elsewhere_is_known_as_such(other: str) -> None:
    made = request_ids.make(b"key", str(ONE), NOW, 3)
    key = b"other" if other == "key" else b"key"
    deployment = "another" if other == "deployment" else str(ONE)
    if other == "time":
        made = f"{int(made[:11], 16) + 1:011x}{made[11:]}"
    elif other == "release":
        made = made.replace("-3-", "-4-")
    elif other == "shape":
        made = f"{made}'"
    assert request_ids.read(key, deployment, made) is None
