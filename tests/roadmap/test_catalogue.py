"""The catalogue: form, references, cycles, proofs of reach and tags."""

from __future__ import annotations

import json

import pytest

from roadmap.catalogue import Catalogue, ContentError, gate_rows, parse_catalogue
from roadmap.catalogue_rules import find_cycle, prove_gates, wrong_tags
from roadmap.levels import reach, useful
from tests.roadmap.small import A, B, C, D, gate, initiative, questionnaire, standard

ENTRY = """
  - key: {key}
    title: One
    pillar: strategy
    phase: 1
    kind: practice
    audience: leaders
    duration_weeks: 3
    lifts:
      - {{item: strategy.a.a, from: 0, to: 2}}
    effort: {{business_leader: 0.4}}
    cost_low: 1
    cost_high: 2
    why: Because.
    done_when: It is done.
"""
HEAD = """version: 1
currency: EUR
cost_unit: thousand
sized_for: Us.
phases:
  - {phase: 1, name: First, sentence: One.}
initiatives:"""


def complaints(text: str, **proofs: object) -> list[str]:
    with pytest.raises(ContentError) as caught:
        parse_catalogue(text, name="small.yaml", **proofs)  # type: ignore[arg-type]
    return [str(problem) for problem in caught.value.problems]


def test_reads_costs_in_units_and_effort_in_hundredths() -> None:
    read = parse_catalogue(HEAD + ENTRY.format(key="one"), name="small.yaml").by_key["one"]
    assert (read.cost_low, read.cost_high) == (1000, 2000)
    assert read.effort == (("business_leader", 40),)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("audience: leaders", "audience: everybody", "one, audience: 'everybody' is not one of leaders"),
        ("duration_weeks: 3", "duration_weeks: three", "one, duration_weeks: must be a whole number"),
        ("from: 0, to: 2", "from: 2, to: 2", "must be above from"),
        ("cost_low: 1", "cost_low: 3", "one, cost_low: is above cost_high"),
        ("why: Because.", "reason: Because.", "one, reason: unknown field"),
        ("kind: practice", "kind: poc", "one, route: missing"),
        ("business_leader: 0.4", "boss: 0.4", "boss: unknown field"),
    ],
)
def test_refuses_a_wrong_form_with_file_line_and_key(old: str, new: str, told: str) -> None:
    text = HEAD + ENTRY.format(key="one").replace(old, new)
    found = complaints(text)
    assert any(told in complaint for complaint in found), found
    line = next(n for n, row in enumerate(text.splitlines(), start=1) if new in row or f"key: {'one'}" in row)
    assert all(complaint.startswith("small.yaml:") for complaint in found)
    assert any(int(complaint.split(":")[1]) >= line for complaint in found)


def test_names_the_line_of_a_wrong_value() -> None:
    text = HEAD + ENTRY.format(key="one").replace("phase: 1", "phase: 7")
    line = text.splitlines().index("    phase: 7") + 1
    assert f"small.yaml:{line}: one, phase: must be a whole number from 1 to 3" in complaints(text)


def test_refuses_repeated_keys_and_unknown_names() -> None:
    twice = HEAD + ENTRY.format(key="one") + ENTRY.format(key="one")
    assert any("'one' stands there twice" in complaint for complaint in complaints(twice))
    stray = HEAD + ENTRY.format(key="one") + "    prerequisites: [nobody]\n    one_of: alone\n"
    found = complaints(stray, items={"strategy.b.b": 4})
    assert any("'nobody', which is not in the catalogue" in complaint for complaint in found)
    assert any("'strategy.a.a', which the questionnaire does not have" in complaint for complaint in found)
    assert any("one_of 'alone' has no other member" in complaint for complaint in found)


def test_finds_a_cycle_and_names_its_chain() -> None:
    text = HEAD + ENTRY.format(key="one") + "    prerequisites: [two]\n"
    text += ENTRY.format(key="two") + "    prerequisites: [one]\n"
    assert any("one waits for two waits for one" in complaint for complaint in complaints(text))
    ring = [initiative(f"i{n}", [(A, 0, 1)], prerequisites=(f"i{(n + 1) % 400}",)) for n in range(400)]
    assert len(find_cycle(ring)) == 401
    assert find_cycle(ring[1:]) == []


def test_proves_gates_by_lower_phases_and_own_pillar_only() -> None:
    gates = [gate(A, 2), gate(C, 1)]
    enough = [initiative("a", [(A, 0, 2)]), initiative("c", [(C, 0, 1)])]
    assert list(prove_gates(enough, gates)) == []
    later = [enough[0], initiative("c", [(C, 0, 1)], phase=2)]
    told = dict(prove_gates(later, gates))
    assert told == {
        C: "no chain of initiatives below phase 2 lifts it to 1 from level 0",
        "c": "can never start: what it waits for is out of reach from level 0",
    }
    foreign = [enough[0], initiative("c", [(C, 0, 1)], pillar="culture")]
    assert [key for key, _ in prove_gates(foreign, gates)] == [C]
    gap = [initiative("a", [(A, 1, 2)]), enough[1]]
    assert (A, "no chain of initiatives below phase 2 lifts it to 2 from level 0") in list(
        prove_gates(gap, gates)
    )


def test_reach_counts_prerequisites_whose_lifts_stand() -> None:
    first, second = (
        initiative("first", [(A, 0, 2)]),
        initiative("second", [(B, 0, 1)], prerequisites=("first",)),
    )
    assert "second" not in reach([second], {}, []).doable
    assert "second" in reach([second, first], {}, []).doable
    blocked = initiative("first", [(A, 0, 2)], needs=[(C, 1)])
    assert "second" not in reach([second, blocked], {A: 1}, []).doable
    assert "second" in reach([second, blocked], {A: 2}, []).doable


def test_useful_follows_needs_froms_prerequisites_and_phase_entry_backwards() -> None:
    parts = [
        initiative("goal", [(A, 1, 2)], needs=[(C, 1)], prerequisites=("before",), phase=2),
        initiative("start", [(A, 0, 1)]),
        initiative("supply", [(C, 0, 1)]),
        initiative("before", [(D, 0, 1)]),
        initiative("door", [(B, 0, 1)]),
        initiative("idle", [(A, 2, 3)]),
    ]
    used = useful(parts, {}, [gate(B, 1)], [(A, 2)])
    assert used.keys == {"goal", "start", "supply", "before", "door"}
    assert useful(parts, {B: 1, C: 1}, [gate(B, 1)], [(A, 2)]).keys == {"goal", "start", "before"}


def test_tags_must_fit_what_gates_can_use() -> None:
    gates = [gate(A, 1), gate(A, 2, phase=3)]
    parts = [
        initiative("a", [(A, 0, 1)], tag="own_choice"),
        initiative("b", [(A, 1, 2)], phase=2),
        initiative("c", [(B, 0, 1)]),
        initiative("d", [(A, 2, 3)], phase=3, tag="next"),
    ]
    assert dict(wrong_tags(parts, gates)) == {
        "a": "is tagged 'own_choice' but helps to reach a gate",
        "c": "serves no gate; its tag must be 'own_choice'",
    }


def test_standard_catalogue_is_proven_and_complete() -> None:
    read = standard()
    assert len(read.initiatives) >= 45
    cells = {(i.pillar, i.phase) for i in read.initiatives}
    assert len(cells) == 12
    assert {i.route for i in read.initiatives if i.is_poc} == {"vendor", "internal", "collaborative"}
    assert all(i.sources for i in read.initiatives)
    assert all(i.effort for i in read.initiatives)


def test_standard_tests_and_reasons_come_before_the_first_poc() -> None:
    """What makes a first POC go wrong has to stand before it starts, whatever the route."""
    for key in ("poc_1_internal", "poc_1_vendor", "poc_1_collaborative"):
        needs = {(need.item, need.level) for need in standard().by_key[key].needs}
        assert ("culture.leadership_support.why_explained", 2) in needs
        assert ("strategy.learning_method.test_before_scale", 2) in needs
        assert ("culture.stakeholder_alignment.all_at_table", 2) in needs


def test_round_trip_keeps_content_and_hash() -> None:
    again = Catalogue.from_dict(json.loads(json.dumps(standard().to_dict())))
    assert again == standard()
    assert again.content_hash == standard().content_hash


def test_own_initiatives_extend_and_replace() -> None:
    own = initiative("own", [(A, 0, 1)])
    changed = initiative("gather_problem_ideas", [(A, 0, 1)])
    extended = standard().extended([own, changed])
    assert len(extended.initiatives) == len(standard().initiatives) + 1
    assert extended.by_key["gather_problem_ideas"] is changed
    assert extended.content_hash != standard().content_hash


def test_gates_of_the_standard_questionnaire_have_whole_weights() -> None:
    rows = gate_rows(questionnaire())
    assert {row.phase for row in rows} == {2, 3}
    assert all(isinstance(row.weight, int) and row.weight >= 1 for row in rows)
