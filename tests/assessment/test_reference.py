"""The product against the slow reference: every figure of any round is equal."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessment.scoring import score
from tests.assessment.reference import Reference, rounded
from tests.assessment.rounds import MIXED, STANDARD, demo_round, mixed_rounds


def compare(questionnaire, respondents, answers, consensus, target):
    result = score(questionnaire, respondents, answers, consensus=consensus, target_phase=target)
    slow = Reference(questionnaire, respondents, answers, consensus)
    for entry in result.items:
        source = questionnaire.items[entry.key]
        assert entry.value == slow.item_score(source)
        assert entry.r_wg == slow.r_wg(source)
        assert result.current_levels[entry.key] == slow.current_level(source)
    for dimension in result.dimensions:
        source = questionnaire.dimensions[dimension.key]
        assert dimension.figure.value == slow.dimension_score(source)
        assert dimension.target == slow.radar_target(source, result.target_phase)
        own = [i for i in slow.items if i.dimension == dimension.key]
        assert (dimension.figure.coverage.given, dimension.figure.coverage.asked) == slow.coverage(own)
        for cell in dimension.cells:
            assert cell.value == slow.dimension_score(source, only=cell.group)
    for pillar in result.pillars:
        assert pillar.figure.value == slow.pillar_score(pillar.key)
        assert pillar.phase == slow.phase(pillar.key)
        for cell in pillar.cells:
            assert cell.value == slow.pillar_score(pillar.key, only=cell.group)
    assert result.phase == min(slow.phase(pillar) for pillar in questionnaire.pillars)
    assert result.alignment == slow.alignment()
    assert (result.coverage.given, result.coverage.asked) == slow.coverage()
    assert [state.holds for state in result.gates] == [slow.gate(gate) for gate in questionnaire.gates]
    gaps = [f for f in result.findings if f.kind == "gap"]
    assert [(f.item, f.functions[0], f.gap) for f in gaps] == slow.gap_findings()
    return result, slow


@settings(max_examples=150, deadline=None)
@given(
    mixed_rounds(),
    st.dictionaries(st.sampled_from(["p.one.a", "q.one.e"]), st.integers(0, 4)),
    st.sampled_from([None, 1, 2, 3]),
)
def test_any_round(made, consensus, target):
    compare(MIXED, *made, consensus, target)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("target", [None, 3])
def test_rounds_of_the_demo(number, target):
    compare(STANDARD, *demo_round(number), {"team.production_ownership.on_call": 1}, target)


@pytest.mark.parametrize("key", ["team.production_ownership", "culture.cadence"])
def test_intervals_of_the_demo(key):
    respondents, answers = demo_round(2)
    dimensions = score(STANDARD, respondents, answers).to_dict()["dimensions"]
    [found] = [d["interval"] for d in dimensions if d["key"] == key]
    assert found == Reference(STANDARD, respondents, answers).interval(STANDARD.dimensions[key])
    assert found[0] <= rounded(
        Reference(STANDARD, respondents, answers).dimension_score(STANDARD.dimensions[key])
    )
