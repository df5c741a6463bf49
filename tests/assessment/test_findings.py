"""Findings: sentences, sides, people who should know, evidence against claims."""

from __future__ import annotations

import pytest

from assessment.scoring import EvidenceClaim, score
from tests.assessment.rounds import answers, item, people, questionnaire

ONE = questionnaire([item("p.d.a", should_know=("lead", "legal"), weight=2.0)])
WHO = people(sponsor=1, lead=2, maker=3, legal=1)


def findings(found, kind, **more):
    result = score(more.pop("q", ONE), WHO, found, **more).to_dict()
    return [f for f in result["findings"] if f["kind"] == kind]


def test_a_gap_quotes_both_sides_and_says_who_is_one_person():
    [gap] = findings(answers("p.d.a", sponsor1=4, maker1=1, maker2=1, maker3=1, lead1=1, lead2=2), "gap")
    assert gap["sentence"] == (
        "The sponsor (one person) says that level 4 is true. Practitioners say that level 1 is true."
    )
    assert (gap["functions"], gap["gap"], gap["others_level"]) == (["sponsor"], 2.75, 1.25)
    assert [(s["functions"], s["n"], s["one_person"]) for s in gap["sides"]] == [
        (["sponsor"], 1, True),
        (["maker"], 3, False),
        (["lead"], 2, False),
    ]
    assert gap["others_one_person"] is False


def test_people_who_differ_among_themselves_are_quoted_on_average():
    [gap] = findings(answers("p.d.a", legal1=4, maker1=0, maker2=1, maker3=1), "gap")
    assert gap["sentence"] == (
        "On average, practitioners say that level 1 is true. "
        "Legal and security (one person) says that level 4 is true."
    )
    assert gap["others_one_person"] is True


def test_gaps_are_ranked_by_gap_times_weight_then_key():
    q = questionnaire([item("p.d.a", weight=1.0), item("p.d.b", weight=1.0), item("p.d.c", weight=2.0)])
    found = [
        *answers("p.d.b", sponsor1=4, lead1=1),
        *answers("p.d.a", sponsor1=4, lead1=1),
        *answers("p.d.c", sponsor1=3, lead1=1),
    ]
    assert [f["item"] for f in findings(found, "gap", q=q)] == ["p.d.c", "p.d.a", "p.d.b"]


def test_dont_know_counts_the_functions_that_should_know_and_do_not():
    found = answers("p.d.a", lead1="dk", lead2=3, legal1=2, maker1="dk", sponsor1="dk")
    [unknown] = findings(found, "dont_know")
    assert (unknown["unknown"], unknown["asked"], unknown["functions"]) == (1, 2, ["lead"])
    assert unknown["sentence"].endswith("(1 of 2: technical lead).")


def test_dont_know_of_those_who_need_not_know_is_no_finding():
    assert findings(answers("p.d.a", maker1="dk", sponsor1="dk", lead1=1, legal1=1), "dont_know") == []


@pytest.mark.parametrize(("level", "found"), [(3, 0), (2, 1), (0, 1), (4, 1)])
def test_evidence_that_differs_by_a_level_is_a_finding(level, found):
    claim = EvidenceClaim("p.d.a", "The register says otherwise.", level)
    shown = findings(answers("p.d.a", lead1=3, lead2=3), "evidence", evidence=[claim])
    assert len(shown) == found
    if shown:
        assert shown[0]["sentence"] == (
            "Technical leads say that level 3 is true. The register says otherwise."
        )


def test_evidence_in_words_differs_when_its_author_says_so():
    claims = [EvidenceClaim("p.d.a", "Two requests wait.", differs=flag) for flag in (True, False)]
    assert len(findings(answers("p.d.a", lead1=3), "evidence", evidence=claims)) == 1


def test_evidence_for_an_item_without_answers_is_no_finding():
    assert findings([], "evidence", evidence=[EvidenceClaim("p.d.a", "Nothing.", 2)]) == []
