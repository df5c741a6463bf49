"""Confidential rounds: no figure rests on fewer than three people, and none leads to fewer."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from assessment.scoring import AnswerValue, Respondent, score
from tests.assessment.rounds import TITLES, answer, answers, gate, item, people, questionnaire

PLAIN = questionnaire(
    [
        item("p.d.a", ["sponsor", "maker"], should_know=("sponsor",)),
        item("p.d.b"),
        item("p.e.c", ["lead", "legal"]),
        item("q.d.d", ["maker", "legal", "lead"], should_know=("lead", "legal")),
    ],
    tuple(gate(key, 2) for key in ("p.d.a", "p.d.b", "p.e.c", "q.d.d")),
)


@st.composite
def plain_rounds(draw: st.DrawFn):
    functions = draw(st.lists(st.sampled_from(list(TITLES)), max_size=14))
    respondents = [Respondent(f"r{n}", function) for n, function in enumerate(functions)]
    found = [
        answer(person.key, key, draw(st.sampled_from([0, 1, 2, 3, 4, "dk", None])))
        for person in respondents
        for key in PLAIN.items
    ]
    return respondents, found


def confidential(respondents, found, **more):
    return score(PLAIN, respondents, found, visibility="confidential", **more).to_dict()


def test_small_functions_are_joined_before_scoring():
    asked = people(sponsor=1, lead=2, maker=3)
    found = [answer(p.key, "p.d.b", {"sponsor": 4, "lead": 1, "maker": 0}[p.function]) for p in asked]
    result = confidential(asked, found)
    assert [(g["key"], g["title"], g["people"]) for g in result["functions"]] == [
        ("sponsor+lead", "Sponsor, technical lead", 3),
        ("maker", "Practitioner", 3),
    ]
    [shown] = [entry for entry in result["items"] if entry["key"] == "p.d.b"]
    assert [(g["level"], g["n"]) for g in shown["functions"]] == [(2.0, 3), (0.0, 3)]
    assert shown["score"] == 25


def test_an_item_that_one_of_a_pool_was_asked_is_joined_with_others():
    asked = people(sponsor=1, lead=2, maker=3)
    found = answers("p.d.a", sponsor1=4, maker1=0, maker2=0, maker3=0)
    result = confidential(asked, found)
    [shown] = [entry for entry in result["items"] if entry["key"] == "p.d.a"]
    assert [(g["functions"], g["level"], g["n"]) for g in shown["functions"]] == [
        (["sponsor", "lead", "maker"], 1.0, 4)
    ]
    assert all(cell["score"] is None for cell in result["dimensions"][0]["functions"])


def test_an_item_with_fewer_than_three_levels_has_no_figure_and_no_gate():
    asked = people(sponsor=3, maker=3)
    result = confidential(asked, answers("p.d.a", sponsor1=4, maker1="dk"))
    [shown] = [entry for entry in result["items"] if entry["key"] == "p.d.a"]
    assert (shown["score"], shown["functions"]) == (None, [])
    assert result["gates"][0]["holds"] is None


def test_fewer_than_three_people_give_nothing():
    asked = people(sponsor=1, maker=1)
    result = confidential(asked, [answer(person.key, "p.d.b", 3) for person in asked])
    assert [p["score"] for p in result["pillars"]] == [None, None]
    assert (result["levels_given"], result["levels_asked"]) == (0, 0)


def test_dont_know_findings_name_no_number():
    asked = people(lead=3, legal=3, maker=3)
    found = [answer(p.key, "q.d.d", "dk" if p.key == "legal1" else 2) for p in asked]
    [unknown] = [f for f in confidential(asked, found)["findings"] if f["kind"] == "dont_know"]
    assert (unknown["unknown"], unknown["asked"], unknown["functions"]) == (None, None, ["lead", "legal"])
    assert not any(mark.isdigit() for mark in unknown["sentence"])


@settings(max_examples=120, deadline=None)
@given(plain_rounds())
def test_no_figure_rests_on_fewer_than_three_people(made):
    result = confidential(*made)
    for entry in result["items"]:
        for group in entry["functions"]:
            assert group["n"] >= 3 or group["n"] == 0
            assert (group["level"] is None) == (group["n"] == 0)
    for part in (*result["pillars"], *result["dimensions"]):
        assert part["n"] >= 3 or part["score"] is None
        for cell in part["functions"]:
            assert cell["n"] >= 3 or cell["score"] is None
    for finding in result["findings"]:
        assert all(side["n"] is None for side in finding["sides"])
    if len(made[0]) >= 3:
        assert all(group["people"] >= 3 for group in result["functions"])


@settings(max_examples=120, deadline=None)
@given(plain_rounds(), st.data())
def test_who_in_a_group_gave_which_level_cannot_be_told(made, data):
    """Two people of one published group exchange levels on an item: no score, gate or finding moves."""
    respondents, found = made
    before = confidential(respondents, found)
    key = data.draw(st.sampled_from(list(PLAIN.items)))
    [shown] = [entry for entry in before["items"] if entry["key"] == key]
    functions = {p.key: p.function for p in respondents}
    for group in shown["functions"]:
        inside = set(group["functions"])
        places = [
            n
            for n, a in enumerate(found)
            if a.item == key
            and a.level is not None
            and functions[a.respondent] in inside
            and functions[a.respondent] in PLAIN.items[key].functions
        ]
        if not places:
            continue
        one, other = data.draw(st.sampled_from(places)), data.draw(st.sampled_from(places))
        moved = [*found]
        moved[one] = AnswerValue(found[one].respondent, key, found[other].level)
        moved[other] = AnswerValue(found[other].respondent, key, found[one].level)
        assert _without_rows(confidential(respondents, moved)) == _without_rows(before)


def _without_rows(result):
    """The result without what is worked out from whole rows: intervals and the hash of the inputs."""
    if isinstance(result, dict):
        return {k: _without_rows(v) for k, v in result.items() if k not in {"interval", "inputs_hash"}}
    return [_without_rows(part) for part in result] if isinstance(result, list) else result
