"""The gate of a release: each check alone, in order, and what an environment makes of the list."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.release import gate as gate
from deployments.release.gate import Facts, Must, Stance, check

GOOD = Facts(
    version="bearing version 3",
    charter="HP-03 revision 2",
    musts=(Must("Recall", met=True, verified=True), Must("Hours saved", met=True, of_model=False)),
    wants_verified=True,
    fallback="Inspect by hand.",
    owner="Frank",
    reference="200 rows, uploaded on 20 Nov 2026.",
)
BROKEN = {
    "charter": {"charter": ""},
    "musts": {"musts": (Must("Recall", met=False, why="0.81 is below 0.9.", verified=True),)},
    "verified": {"musts": (Must("Recall", met=True),)},
    "fallback": {"fallback": ""},
    "owner": {"owner": ""},
    "reference": {"reference": ""},
}


def failing(facts: Facts) -> list[str]:
    return [one.key for one in check(facts) if not one.holds]


def test_all_six_hold_in_their_order():
    found = check(GOOD)
    assert [one.key for one in found] == ["charter", "musts", "verified", "fallback", "owner", "reference"]
    assert failing(GOOD) == []
    assert gate.stance(found, gate.BLOCK) is Stance.OPEN


@pytest.mark.parametrize("key", gate.KEYS)
def test_each_check_fails_alone_with_its_reason(key):
    facts = replace(GOOD, **BROKEN[key])
    # Without a charter there is no criterion that could be met or verified either.
    assert failing(facts) == (["charter", "musts", "verified"] if key == "charter" else [key])
    found = next(one for one in check(facts) if one.key == key)
    assert found.why
    assert found.todo


def test_what_is_missing_is_named_in_the_reason():
    facts = replace(GOOD, musts=(Must("Recall", met=False, why="0.81 is below 0.9."), *GOOD.musts[1:]))
    musts = check(facts)[1]
    assert "1 of 2 not met by bearing version 3" in musts.why
    assert "“Recall”: 0.81 is below 0.9." in musts.why


def test_what_was_chosen_beside_the_charter_is_named_and_counts():
    signed = Must("Precision", met=True, verified=True)
    chosen = replace(GOOD.musts[0], chosen="the threshold 0.4")
    facts = replace(GOOD, musts=(chosen, signed))
    verified = check(facts)[2]
    assert verified.holds
    assert "Not signed, but chosen by who had it measured: “Recall”: the threshold 0.4." in verified.why
    assert "Precision" not in verified.why
    assert check(replace(GOOD, musts=(signed,)))[2].why == "The product ran the evaluation itself."


def test_a_business_figure_needs_no_verification():
    only_business = replace(GOOD, musts=(Must("Hours saved", met=True, of_model=False),))
    assert "verified" not in failing(only_business)


def test_verification_is_asked_for_only_where_the_environment_wants_it():
    self_reported = replace(GOOD, musts=(Must("Recall", met=True),))
    assert "verified" in failing(self_reported)
    assert "verified" not in failing(replace(self_reported, wants_verified=False))


def test_a_constant_without_a_value_is_no_fallback():
    facts = replace(GOOD, fallback_lacks="A constant was chosen, and no value is given.")
    assert failing(facts) == ["fallback"]


@pytest.mark.parametrize(
    ("policy", "expected"), [("block", Stance.SHUT), ("warn", Stance.WARNED), ("record", Stance.NOTED)]
)
def test_the_policy_decides_what_a_failing_check_means(policy, expected):
    assert gate.stance(check(replace(GOOD, owner="")), policy) is expected


def test_nobody_can_waive_the_charter():
    found = check(replace(GOOD, charter=""), waived=gate.KEYS)
    assert [one.key for one in found if one.waived] == ["musts", "verified"]
    assert gate.stance(found, gate.BLOCK) is Stance.SHUT


@given(broken=st.sets(st.sampled_from(gate.KEYS)), waived=st.sets(st.sampled_from(gate.KEYS)))
def test_the_gate_is_open_exactly_if_all_that_fails_is_waived(broken, waived):
    facts = GOOD
    for key in sorted(broken, key=gate.KEYS.index, reverse=True):
        facts = replace(facts, **BROKEN[key])
    found = check(facts, waived)
    fails = {one.key for one in found if not one.holds}
    assert broken - {"verified"} <= fails
    open_ = fails <= (waived & set(gate.WAIVABLE))
    for policy in (gate.BLOCK, gate.WARN, gate.RECORD):
        assert (gate.stance(found, policy) is Stance.OPEN) == open_
    # What holds is never marked as waived, so a report cannot tell of a waiver that did nothing.
    assert not any(one.holds and one.waived for one in found)
