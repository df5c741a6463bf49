"""Intervals: when there is one, that it is stable, and that people are drawn within their function."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessment.bootstrap import Part, interval
from assessment.scoring import score
from tests.assessment.reference import Reference
from tests.assessment.rounds import MIXED, answer, mixed_rounds, people

ONE = Part(((0, 1.0, (("a",), ("b",), ("c",))),), (1.0,))


def run(rows: list[tuple[str, int]], part: Part = ONE, key: str = "d"):
    labels = [label for label, _ in rows]
    levels = np.array([[level] for _, level in rows], dtype=np.int8)
    return interval(labels, levels, part, version="small:1", key=key)


def test_from_five_people_on():
    assert run([("a", 1)] * 4) is None
    assert run([("a", 1)] * 4 + [("a", -1)]) is None
    assert run([("a", 1)] * 5) == (25.0, 25.0)


def test_people_are_drawn_within_their_function():
    # Each function agrees with itself, so drawing within functions moves nothing.
    assert run([("a", 4)] * 3 + [("b", 0)] * 3) == (50.0, 50.0)


def test_small_functions_are_one_stratum_and_an_empty_one_drops_out():
    # Two lone voices: a replicate holds both (50), only the first (100) or only the second (0).
    assert run([("a", 4), ("b", 0), ("c", 2), ("c", 2), ("c", 2)]) == (25.0, 75.0)


def test_the_order_of_rows_does_not_matter():
    rows = [("a", 4), ("b", 0), ("c", 2), ("c", 3), ("c", 1), ("a", 2)]
    assert run(rows) == run(rows[::-1])


def test_a_known_interval():
    # Pinned: the same figure on every machine and with every version of numpy.
    rows = [("a", 4), ("a", 3), ("a", 0), ("b", 1), ("b", 2), ("b", 2), ("c", 4)]
    assert run(rows) == pytest.approx((475 / 9, 725 / 9), abs=1e-9)


@settings(max_examples=8, deadline=None)
@given(mixed_rounds())
def test_equals_one_draw_after_the_other(made):
    result = score(MIXED, *made).to_dict()
    slow = Reference(MIXED, *made)
    for dimension in result["dimensions"]:
        assert dimension["interval"] == slow.interval(MIXED.dimensions[dimension["key"]])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4)), min_size=5, max_size=12))
def test_bounds(rows):
    low, high = run(rows)
    assert 0 <= low <= high <= 100


@pytest.mark.parametrize("count", [5, 3000])
def test_many_people_are_worked_out_in_blocks(count):
    rows = [("a", n % 5) for n in range(count)]
    low, high = run(rows)
    assert low <= 50 <= high
    assert (high - low < 3) is (count == 3000)


def test_a_pillar_is_resampled_over_its_dimensions():
    asked = people(sponsor=3, maker=4)
    found = [
        answer(person.key, key, (place + len(key)) % 5)
        for place, person in enumerate(asked)
        for key in ("p.one.a", "p.one.b", "p.two.c")
    ]
    [pillar] = [p for p in score(MIXED, asked, found).pillars if p.key == "p"]
    assert pillar.figure.interval is not None
    low, high = pillar.figure.interval
    assert low < float(pillar.figure.value) < high
