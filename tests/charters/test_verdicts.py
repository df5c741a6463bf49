"""The verdict of a charter, learning on the internal route, and what counts of earlier readings."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from charters.change_rules import criteria_changes, hand_over, missing_roles
from charters.criteria import Comparator, Criterion, Kind, Outcome, Reading, Verdict
from charters.diff import PersonChange, SeatChange, compare
from charters.verdicts import called_for, candidate_of, still_counts, verdict_of
from tests.charters.cases import document

METRIC = Criterion(
    "c1", "Recall", Kind.TRACKED_METRIC, True, "recall", Comparator.AT_LEAST, Decimal("0.75"), "fraction"
)
QUESTION = Criterion("c2", "Why", Kind.LEARNING_QUESTION, question="Can five say why?", evidence="Notes")
RAIL = replace(METRIC, key="c3", name="Drift", kind=Kind.GUARD_RAIL)
MET, MISSED, NOT_YET = (Verdict(outcome, "") for outcome in (Outcome.MET, Outcome.MISSED, Outcome.NOT_YET))


@pytest.mark.parametrize(
    ("route", "metric", "question", "records", "expected"),
    [
        ("internal", MISSED, MET, 1, Outcome.MET),
        ("internal", NOT_YET, MET, 2, Outcome.MET),
        ("internal", MISSED, MET, 0, Outcome.MISSED),
        ("internal", MISSED, NOT_YET, 1, Outcome.MISSED),
        ("internal", MET, NOT_YET, 0, Outcome.MET),
        ("vendor", MISSED, MET, 1, Outcome.MISSED),
        ("collaborative", NOT_YET, MET, 1, Outcome.NOT_YET),
    ],
)
def test_an_internal_poc_succeeds_on_learning_alone(
    route: str, metric: Verdict, question: Verdict, records: int, expected: Outcome
) -> None:
    found = verdict_of([(METRIC, metric), (QUESTION, question)], route=route, tied_records=records)
    assert found.outcome is expected


def test_learning_needs_a_record_even_where_it_is_the_only_must() -> None:
    must = replace(QUESTION, must=True)
    assert verdict_of([(must, MET)], route="internal", tied_records=0).outcome is Outcome.NOT_YET
    assert verdict_of([(must, MET)], route="internal", tied_records=1).outcome is Outcome.MET
    assert verdict_of([(must, MET)], route="vendor", tied_records=0).outcome is Outcome.MET


def test_learning_never_outweighs_a_broken_guard_rail() -> None:
    pairs = [(QUESTION, MET), (RAIL, MISSED)]
    assert verdict_of(pairs, route="internal", tied_records=3).outcome is Outcome.MISSED
    should = [(QUESTION, MET), (replace(RAIL, must=False), MISSED)]
    assert verdict_of(should, route="internal", tied_records=3).outcome is Outcome.MET


def test_what_a_verdict_calls_for() -> None:
    assert called_for(MET) == {"scale"}
    assert called_for(MISSED) == {"iterate", "stop"}
    assert called_for(NOT_YET) == frozenset()


def test_the_version_named_last_is_judged() -> None:
    readings = [
        (METRIC, Reading(0.8, candidate="v1")),
        (RAIL, Reading(0.1, candidate="v2")),
        (QUESTION, Reading(answer="Yes")),
    ]
    assert candidate_of(readings) == "v2"
    assert candidate_of([]) == ""


def test_a_reading_outlives_a_moved_bar_but_no_redefinition() -> None:
    assert still_counts(METRIC, replace(METRIC, target=Decimal("0.7")))
    assert not still_counts(METRIC, replace(METRIC, slice="plant = Bergen"))
    assert not still_counts(QUESTION, replace(QUESTION, question="Can ten?"))


def _plan(*seats: str) -> list[dict[str, object]]:
    return [{"step": 1, "seats": [{"seat": seat, "role": seat.partition(".")[0].title()} for seat in seats]}]


def test_roles_that_signed_must_be_asked_again() -> None:
    signed = _plan("legal", "domain_expert", "domain_expert.2")
    assert missing_roles(signed, _plan("domain_expert.3", "security")) == ["Legal"]
    assert missing_roles(signed, _plan("legal", "domain_expert")) == []


def test_a_criterion_that_went_and_came_back_has_changed_twice() -> None:
    full, without = document(), document(criterion__c2=None)
    assert criteria_changes([full, without, full]) == 2
    assert compare(full, full).effects == ()
    assert criteria_changes([full]) == criteria_changes([]) == 0


def test_people_and_effort_are_compared() -> None:
    before = document(internal_weeks="10")
    after = document(
        internal_weeks="12.5",
        team__1={"share": "40"},
        team__2={"role": "data_engineer", "name": "Tomasz Wierzba", "share": "30"},
        seat__legal={"name": "Pawel Rudzki"},
        seat__security=None,
    )
    difference = compare(before, after)
    assert difference.person_weeks == Decimal("2.5")
    assert difference.people == (
        PersonChange("Priya Nandakumar", 60, 40),
        PersonChange("Tomasz Wierzba", None, 30),
    )
    assert difference.seats == (
        SeatChange("legal", "Yusuf Adebayo", "Pawel Rudzki"),
        SeatChange("security", "Hanneke Voss", ""),
    )


def test_work_is_handed_over_and_seats_are_not() -> None:
    values = {
        "criterion.c1": {"name": "Recall", "measured_by": "Priya"},
        "seat.project_lead": {"name": "Priya"},
        "owner_after": "Priya",
        "problem": "Priya said so",
    }
    assert hand_over(values, "Priya", "Tomasz") == {
        "criterion.c1": {"name": "Recall", "measured_by": "Tomasz"},
        "owner_after": "Tomasz",
    }
    assert hand_over(values, "", "Tomasz") == {}
