"""Profiles of reference samples and drift against them, as pure functions."""

import json
import math
import random
import tracemalloc
from itertools import cycle, islice
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.profile import BINS, MOST_CATEGORIES, SKETCH, profile_of
from deployments.watch.drift import FEWEST_ROWS, compare, js, ks, psi

finite = st.floats(allow_nan=False, allow_infinity=False, width=32)
counts = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=8)


def as_shares(counts):
    return [count / sum(counts) for count in counts]


def normal(mean, count=2000, spread=1.0):
    """The values at even ranks of a normal distribution, in a fixed shuffled order."""
    values = NormalDist(mean, spread)
    drawn = [values.inv_cdf((rank + 0.5) / count) for rank in range(count)]
    random.Random(5).shuffle(drawn)
    return drawn


@settings(max_examples=40, deadline=None)
@given(st.lists(finite, min_size=1, max_size=40), st.integers(FEWEST_ROWS, FEWEST_ROWS + 60))
def test_a_sample_has_not_moved_against_itself(drawn, rows):
    values = list(islice(cycle(drawn), rows))
    found = compare(profile_of({"x": values}), {"x": values}).features["x"]
    assert found["psi"] == pytest.approx(0, abs=1e-9)
    assert found["ks"] <= 1 / SKETCH + 1e-9


@settings(max_examples=60, deadline=None)
@given(counts, st.tuples(st.integers(1, 50), st.integers(1, 50)))
def test_divergences_are_symmetric_and_bounded(pairs, last):
    then, now = (as_shares(side) for side in zip(*pairs, last, strict=True))
    assert js(then, now) == pytest.approx(js(now, then), abs=1e-12)
    assert 0 <= js(then, now) <= 1
    assert psi(then, now) == pytest.approx(psi(now, then), abs=1e-12)
    assert 0 <= psi(then, now) <= 2 * math.log(1e4)


@settings(max_examples=40, deadline=None)
@given(st.lists(finite, min_size=1, max_size=60), st.lists(finite, min_size=1, max_size=60))
def test_ks_lies_between_nothing_and_all(first, second):
    assert 0 <= ks(first, np.array(second)) <= 1
    assert ks(first, np.array(second)) == pytest.approx(ks(second, np.array(first)))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.none(), st.booleans(), st.integers(-5, 5), finite, st.text(max_size=4), st.just(math.nan)
        ),
        max_size=40,
    ),
)
def test_any_column_has_a_profile_that_json_can_carry(values):
    profile = profile_of({"x": values})
    assert json.loads(json.dumps(profile, allow_nan=False)) == profile
    column = profile["columns"]["x"]
    assert 0 <= column["missing"] <= 1
    if column["kind"] == "number":
        assert sum(column["shares"]) == pytest.approx(1)
    if column["kind"] == "category":
        assert sum(column["shares"].values()) + column["other"] == pytest.approx(1)
    compare(profile, {"x": values[::-1]}, fewest=1)


def test_known_values():
    # By hand: (0.6 - 0.5) ln(0.6 / 0.5) + (0.4 - 0.5) ln(0.4 / 0.5)
    assert psi([0.5, 0.5], [0.6, 0.4]) == pytest.approx(0.040547, abs=1e-6)
    assert js([1, 0], [0, 1]) == 1
    # H(3/4, 1/4) - (H(1, 0) + H(1/2, 1/2)) / 2 = 0.8113 - 0.5
    assert js([1, 0], [0.5, 0.5]) == pytest.approx(0.311278, abs=1e-6)
    assert ks([1, 2, 3, 4], np.array([3.0, 4, 5, 6])) == 0.5


def test_a_moved_mean_is_seen_and_a_still_one_is_not():
    profile = profile_of({"slope": normal(0), "still": normal(0)})
    found = compare(profile, {"slope": normal(0.5, 500), "still": normal(0, 500)})
    assert found.psi_feature == "slope"
    assert found.psi_max is not None
    assert found.psi_max > 0.2
    # The distance of two normals half a deviation apart is 2 Phi(1/4) - 1 = 0.197
    assert found.features["slope"]["ks"] == pytest.approx(0.197, abs=0.02)
    assert found.features["still"]["psi"] < 0.02


def test_few_rows_say_why_there_is_no_figure():
    found = compare(profile_of({"x": normal(0)}), {"x": normal(3, 50)})
    assert found.psi_max is None
    assert found.psi_feature == ""
    assert found.features["x"]["why_not"] == f"50 live values, {FEWEST_ROWS} are needed."
    small = compare(profile_of({"x": normal(0, 40)}), {"x": normal(3)})
    assert small.features["x"]["why_not"] == "The reference sample has 40 values, 100 are needed."


def test_a_constant_column_that_moves_to_either_side_is_seen():
    profile = profile_of({"x": [7.0] * 300})
    assert compare(profile, {"x": [7.0] * 300}).psi_max == 0
    for moved in (6.9, 7.1):
        assert (compare(profile, {"x": [moved] * 300}).psi_max or 0) > 5


@pytest.mark.parametrize("share", [0.15, 0.5, 0.95])
def test_what_moves_beside_a_value_that_fills_the_column_is_seen(share):
    rows = 2000
    zeros = [0.0] * int(rows * share)
    amounts = [1 + at % 50 / 10 for at in range(rows - len(zeros))]
    profile = profile_of({"amount": [*zeros, *amounts]})
    assert compare(profile, {"amount": [*zeros, *amounts]}).psi_max == 0
    assert (compare(profile, {"amount": amounts * 40}).psi_max or 0) > 0.2
    negative = [*zeros, *(-one for one in amounts)]
    assert (compare(profile, {"amount": negative}).psi_max or 0) > 0.2


def test_all_missing_is_told_as_missing_not_as_drift():
    profile = profile_of({"x": normal(0), "gone": [None] * 2000})
    found = compare(profile, {"x": [None] * 300, "gone": [None] * 300})
    assert found.features["x"]["missing"] == 1
    assert found.features["x"]["psi"] is None
    assert "0 live values" in found.features["x"]["why_not"]
    assert found.features["gone"]["why_not"] == "The reference sample has no value in this column."
    assert (found.missing_max, found.missing_feature) == (1, "x")


def test_new_categories_count_as_others():
    profile = profile_of({"bench": ["a"] * 150 + ["b"] * 150})
    same = compare(profile, {"bench": ["b", "a"] * 150})
    new = compare(profile, {"bench": ["a"] * 100 + ["b"] * 100 + ["c"] * 100})
    assert same.features["bench"]["js"] == 0
    assert new.features["bench"]["js"] > 0.1
    assert (new.psi_max or 0) > 1


def test_many_categories_are_kept_as_the_most_frequent_ones():
    values = [f"c{number}" for number in range(100) for _ in range(1 + (number < 30))]
    column = profile_of({"x": values})["columns"]["x"]
    assert len(column["shares"]) == MOST_CATEGORIES
    assert column["other"] == pytest.approx(1 - sum(column["shares"].values()))


def test_numbers_sent_as_text_are_missing_numbers():
    found = compare(profile_of({"x": normal(0)}), {"x": ["0.1"] * 250})
    assert found.features["x"]["missing"] == 1


def test_one_and_true_and_text_are_named_alike_then_and_now():
    profile = profile_of({"x": [True, False, None, "a", 1.0] * 60})
    found = compare(profile, {"x": [True, False, None, "a", 1] * 60})
    assert found.features["x"]["js"] == 0
    assert found.features["x"]["missing"] == pytest.approx(0.2)


def test_values_that_are_no_cells_do_no_harm():
    odd = [[1, 2], [3], {"a": 1}, 10**400, math.inf, None] * 50
    profile = profile_of({"lists": [[1, 2]] * 300, "odd": odd, "x": normal(0, 300)})
    assert profile["columns"]["lists"]["kind"] == "category"
    assert compare(profile, {"x": odd, "odd": odd}).features["x"]["missing"] == 1


def test_bins_stand_at_the_deciles():
    column = profile_of({"x": list(range(1, 1001))})["columns"]["x"]
    assert len(column["shares"]) == BINS
    assert column["edges"][4] == 500
    assert (column["min"], column["max"]) == (1, 1000)


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="differ in length"):
        profile_of({"a": [1], "b": [1, 2]})


def test_one_long_text_among_many_takes_no_room_for_all():
    texts = ["x" * 20_000, *["short"] * 20_000]
    tracemalloc.start()
    try:
        profile = profile_of({"note": texts})
        compare(profile, {"note": texts})
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()
    assert profile["columns"]["note"]["kind"] == "category"
