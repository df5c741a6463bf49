"""Alignment and agreement: bounds, and what must not move them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from assessment.alignment import alignment, difference, r_wg, widest_gap
from assessment.tally import Group

levels = st.lists(st.integers(0, 4), min_size=1, max_size=6)


def groups(*own: list[int]) -> tuple[Group, ...]:
    return tuple(
        Group((f"f{n}",), len(part), sum(part), sum(x * x for x in part), len(part), 0, len(part))
        for n, part in enumerate(own)
    )


@given(st.lists(levels, min_size=1, max_size=6))
def test_bounds(own):
    made = groups(*own)
    assert 0 <= (difference(made) or 0) <= 4
    found = alignment({"a": made})
    assert (found is None) == (len(own) < 2)
    assert found is None or 0 <= found <= 100


@given(levels, levels)
def test_more_functions_that_answer_alike_do_not_change_the_pairs_of_two_camps(first, second):
    two = difference(groups(first, second))
    four = difference(groups(first, first, second, second))
    assert two is not None
    assert four == two * Fraction(4, 6)


def test_alignment_is_the_mean_over_items_not_over_pairs():
    counts = {"a": groups([4], [0]), "b": groups([2], [2], [2], [2]), "c": groups([1])}
    assert alignment(counts) == 50


@given(st.lists(levels, min_size=2, max_size=5))
def test_the_widest_gap_is_the_widest(own):
    made = groups(*own)
    found = widest_gap(made)
    sizes = []
    for n, part in enumerate(own):
        others = [Fraction(sum(o), len(o)) for m, o in enumerate(own) if m != n]
        sizes.append(abs(Fraction(sum(part), len(part)) - sum(others) / len(others)))
    assert (found is None) == (max(sizes) < Fraction(3, 2))
    if found:
        assert found.size == max(sizes)
        assert found.farthest in found.others


@given(st.lists(st.integers(0, 4), min_size=5, max_size=30))
def test_r_wg_is_the_textbook_formula(own):
    wanted = min(1.0, max(0.0, 1 - float(np.var(own, ddof=1)) / 2))
    found = r_wg(groups(own))
    assert found is not None
    assert abs(float(found) - wanted) < 1e-9


@given(st.lists(st.integers(0, 4), min_size=5, max_size=12), st.integers(1, 11))
def test_r_wg_does_not_care_how_people_are_split_into_functions(own, cut):
    assume(cut < len(own))
    assert r_wg(groups(own)) == r_wg(groups(own[:cut], own[cut:]))
