"""Scores of a round: worked cases and properties."""

from __future__ import annotations

import json
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessment.result import canonical_json
from assessment.scoring import AnswerValue, Respondent, score
from tests.assessment.rounds import (
    MIXED,
    answer,
    answers,
    gate,
    item,
    mixed_rounds,
    people,
    questionnaire,
)

ONE = questionnaire([item("p.d.a")], (gate("p.d.a", 2),))


def values(result):
    """Every exact score of a result."""
    return [
        value
        for part in (*result.pillars, *result.dimensions)
        for value in (part.figure.value, *(cell.value for cell in part.cells))
    ] + [entry.value for entry in result.items]


def test_each_function_is_one_voice():
    asked = people(sponsor=1, maker=4)
    given_answers = answers("p.d.a", sponsor1=4, maker1=0, maker2=0, maker3=0, maker4=0)
    [pillar] = score(ONE, asked, given_answers).to_dict()["pillars"]
    assert (pillar["score"], pillar["n"]) == (50, 5)


@pytest.mark.parametrize(
    ("levels", "shown"),
    [((1, 0), 13), ((1, 2), 38), ((3, 2), 63), ((4, 4), 100), ((0, 0), 0), ((4, 3), 88)],
)
def test_rounds_half_up_once(levels, shown):
    result = score(ONE, people(sponsor=1, maker=1), answers("p.d.a", sponsor1=levels[0], maker1=levels[1]))
    assert result.to_dict()["dimensions"][0]["score"] == shown


def test_weights_are_the_decimals_that_were_written():
    q = questionnaire([item("p.d.a", weight=0.1), item("p.d.b", weight=0.2)])
    result = score(q, people(sponsor=1), [*answers("p.d.a", sponsor1=4), *answers("p.d.b", sponsor1=1)])
    assert result.pillars[0].figure.value == Fraction(50)


def test_weights_of_zero_give_no_score():
    q = questionnaire([item("p.d.a", weight=0.0)])
    [pillar] = score(q, people(sponsor=6), [answer(f"sponsor{n}", "p.d.a", 3) for n in range(1, 7)]).pillars
    assert (pillar.figure.value, pillar.figure.interval) == (None, None)


def test_nobody_answered():
    result = score(ONE, [], []).to_dict()
    assert (result["pillars"][0]["score"], result["alignment"], result["coverage"]) == (None, None, None)
    assert (result["phase"], result["gates"][0]["holds"], result["provisional"]) == (1, None, True)


def test_a_voluntary_answer_never_scores():
    q = questionnaire([item("p.d.a", ["sponsor"])], (gate("p.d.a", 2),))
    asked = people(sponsor=1, maker=1)
    with_it = score(q, asked, answers("p.d.a", sponsor1=3, maker1=0))
    without = score(q, asked, answers("p.d.a", sponsor1=3))
    assert values(with_it) == values(without)
    assert with_it.to_dict()["levels_asked"] == 1
    assert with_it.gates[0].holds is True


def test_coverage_leaves_out_not_applicable_and_people_who_did_not_start():
    q = questionnaire([item("p.d.a", allows_not_applicable=True)])
    asked = [*people(sponsor=1, maker=3), Respondent("late", "lead", started=False)]
    found = score(q, asked, answers("p.d.a", sponsor1=2, maker1="na", maker2="dk", maker3=None)).to_dict()
    assert (found["levels_given"], found["levels_asked"], found["people"]) == (1, 3, 3)


def test_an_answer_means_that_the_person_started():
    result = score(ONE, [Respondent("r", "lead", started=False)], [answer("r", "p.d.a", 4)]).to_dict()
    assert (result["levels_given"], result["levels_asked"], result["pillars"][0]["score"]) == (1, 1, 100)


@pytest.mark.parametrize(("given_levels", "provisional"), [(7, False), (6, True)])
def test_below_70_percent_a_score_is_provisional(given_levels, provisional):
    asked = people(maker=10)
    found = [answer(person.key, "p.d.a", 2) for person in asked[:given_levels]]
    assert score(ONE, asked, found).to_dict()["pillars"][0]["provisional"] is provisional


def test_a_hidden_item_neither_scores_nor_lowers_coverage():
    result = score(
        MIXED,
        [Respondent("r", "maker")],
        [answer("r", "p.one.a", 1), answer("r", "p.two.c", 4), answer("r", "q.one.f", 4)],
    ).to_dict()
    shown = {entry["key"]: entry["n"] for entry in result["items"]}
    assert (shown["p.one.a"], shown["p.two.c"], shown["q.one.f"]) == (1, 0, 0)
    assert result["levels_asked"] == 3


def test_an_unknown_condition_shows_the_item():
    result = score(
        MIXED, [Respondent("r", "maker")], [answer("r", "p.one.a", "dk"), answer("r", "p.two.c", 4)]
    )
    assert {entry.key: entry.value for entry in result.items}["p.two.c"] == 100


def test_heat_map_cells_are_the_formula_on_one_function():
    q = questionnaire([item("p.d.a", weight=3.0), item("p.d.b", ["maker"])])
    found = [*answers("p.d.a", sponsor1=4, maker1=2, maker2=1), *answers("p.d.b", maker1=0)]
    cells = score(q, people(sponsor=1, maker=2), found).to_dict()["dimensions"][0]["functions"]
    assert [(c["function"], c["value"], c["items"], c["n"]) for c in cells] == [
        ("sponsor", 100.0, 1, 1),
        ("maker", 28.125, 2, 2),
    ]


def test_radar_target_lifts_gate_items_up_to_the_target_phase():
    q = questionnaire(
        [item("p.d.a"), item("p.d.b")], (gate("p.d.a", 2), gate("p.d.a", 4, 3), gate("p.d.b", 3, 3))
    )
    found = [*answers("p.d.a", sponsor1=1), *answers("p.d.b", sponsor1=4)]
    asked = people(sponsor=1)
    assert score(q, asked, found).to_dict()["dimensions"][0]["target"] == 75
    assert score(q, asked, found, target_phase=3).to_dict()["dimensions"][0]["target"] == 100


def test_radar_target_of_an_item_that_nobody_answered_is_its_gate():
    result = score(ONE, people(sponsor=1), []).to_dict()
    assert (result["dimensions"][0]["score"], result["dimensions"][0]["target"]) == (None, 50)


def test_a_consensus_never_scores():
    asked, found = people(sponsor=1, maker=1), answers("p.d.a", sponsor1=1, maker1=1)
    plain, agreed = score(ONE, asked, found), score(ONE, asked, found, consensus={"p.d.a": 4})
    assert values(plain) == values(agreed)
    assert (plain.gates[0].holds, agreed.gates[0].holds) == (False, True)
    assert agreed.current_levels == {"p.d.a": 4}
    assert plain.inputs_hash != agreed.inputs_hash


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"visibility": "open"}, "Visibility"),
        ({"consensus": {"p.d.x": 1}}, "no scoring item"),
        ({"consensus": {"p.d.a": 5}}, "0 to 4"),
        ({"target_phase": 3}, "1 to 2"),
    ],
)
def test_refuses_what_does_not_fit(more, message):
    with pytest.raises(ValueError, match=message):
        score(ONE, people(sponsor=1), [], **more)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([answer("stranger", "p.d.a", 1)], "no respondent"),
        ([answer("sponsor1", "p.d.x", 1)], "no item"),
        ([answer("sponsor1", "p.d.a", 5)], "0 to 4"),
        ([answer("sponsor1", "p.d.a", 1), answer("sponsor1", "p.d.a", 2)], "twice"),
        ([answer("sponsor1", "p.d.a", "na")], "not applicable"),
        ([AnswerValue("sponsor1", "p.d.a", 3, "dont_know")], "has no level"),
        ([AnswerValue("sponsor1", "p.d.a", None, "level")], "0 to 4"),
    ],
)
def test_refuses_answers_that_do_not_fit(found, message):
    with pytest.raises(ValueError, match=message):
        score(ONE, people(sponsor=1), found)


def test_refuses_unknown_functions_and_double_keys():
    with pytest.raises(ValueError, match="no function"):
        score(ONE, [Respondent("r", "cook")], [])
    with pytest.raises(ValueError, match="same key"):
        score(ONE, [Respondent("r", "lead"), Respondent("r", "maker")], [])


@settings(max_examples=60, deadline=None)
@given(mixed_rounds())
def test_scores_are_bounded_and_json_safe(made):
    result = score(MIXED, *made)
    assert all(value is None or 0 <= value <= 100 for value in values(result))
    assert result.alignment is None or 0 <= result.alignment <= 100
    assert 0 <= result.coverage.given <= result.coverage.asked
    for part in (*result.pillars, *result.dimensions):
        if part.figure.interval:
            assert part.figure.n >= 5
            assert 0 <= part.figure.interval[0] <= part.figure.interval[1] <= 100
    assert json.loads(canonical_json(result.to_dict())) == result.to_dict()


@settings(max_examples=60, deadline=None)
@given(mixed_rounds(), st.randoms(use_true_random=False))
def test_order_and_keys_of_people_do_not_matter(made, shuffler: random.Random):
    respondents, found = made
    names = {person.key: f"other{n}" for n, person in enumerate(respondents)}
    renamed = [Respondent(names[p.key], p.function, p.started) for p in respondents]
    moved = [AnswerValue(names[a.respondent], a.item, a.level, a.state) for a in found]
    shuffler.shuffle(renamed)
    shuffler.shuffle(moved)
    for visibility in ("named", "confidential"):
        one = score(MIXED, respondents, found, visibility=visibility).to_dict()
        other = score(MIXED, renamed, moved, visibility=visibility).to_dict()
        assert canonical_json(one) == canonical_json(other)


@settings(max_examples=80, deadline=None)
@given(mixed_rounds(), st.data())
def test_raising_one_routed_level_never_lowers_a_score(made, data):
    respondents, found = made
    # Items that decide whether others are shown are left as they are: raising those may show more items.
    deciding = {entry.visible_if.item for entry in MIXED.items.values() if entry.visible_if}
    raisable = [n for n, a in enumerate(found) if a.level in (0, 1, 2, 3) and a.item not in deciding]
    if not raisable:
        return
    place = data.draw(st.sampled_from(raisable))
    old = found[place]
    raised = [*found]
    raised[place] = AnswerValue(old.respondent, old.item, (old.level or 0) + 1)
    before, after = (_by_key(score(MIXED, respondents, each)) for each in (found, raised))
    for key, value in before.items():
        assert (value is None) == (after[key] is None)
        assert value is None or after[key] >= value


def _by_key(result):
    return {
        **{part.key: part.figure.value for part in (*result.pillars, *result.dimensions)},
        **{entry.key: entry.value for entry in result.items},
        **{
            (part.key, cell.group): cell.value
            for part in (*result.pillars, *result.dimensions)
            for cell in part.cells
        },
    }
