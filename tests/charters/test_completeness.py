"""Each completeness rule: silent on a complete charter, and heard when its one thing is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from charters.completeness import RULES, Problem, check, severity_of
from charters.content import content
from charters.document import read
from charters.rule_facts import AssetFacts, PersonFacts
from charters.rules_people import required_parties
from tests.charters.cases import document, surroundings


def _problems(around: dict[str, Any] | None = None, **changes: Any) -> list[Problem]:
    return check(read(document(**changes)), surroundings(**(around or {})), content())


def test_nothing_is_said_about_a_complete_charter() -> None:
    assert _problems() == []


def test_every_rule_of_the_content_is_computed_and_no_other() -> None:
    assert set(RULES) == set(content().rules)


EMPTY_LEGAL = {
    "name": "", "email": "", "reason": "Not named yet", "filled_until": "2026-10-01", "accepted_by": "Rolf"
}  # fmt: skip
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "clause_missing": ({"clause__collab_ownership": None}, {}),
    "criterion_without_target": ({"criterion__c1": {"target": ""}}, {}),
    "criterion_without_baseline": ({"criterion__c1": {"baseline": "", "baseline_method": ""}}, {}),
    "criterion_without_measurer": ({"criterion__c1": {"by": ""}}, {}),
    "percent_against_fraction": ({"criterion__c1": {"target": "99"}}, {}),
    "target_not_above_baseline": ({"criterion__c1": {"baseline": "0.8"}}, {}),
    "unit_mismatch": ({"criterion__c1": {"unit": "ms"}}, {}),
    "prohibited_use": ({"risk_class": "prohibited"}, {}),
    "high_risk_without_oversight": ({"risk_class": "high", "impact": "Nobody is rated."}, {}),
    "no_must": ({"criterion__c1": {"must": False}}, {}),
    "too_many_musts": (
        {
            f"criterion__m{n}": {
                "name": "More", "kind": "guard_rail", "must": True, "metric_key": "x", "target": "1",
                "comparator": "at_most", "unit": "none", "baseline": "0", "measured_by": "P",
                "by": "2026-12-01",
            }
            for n in range(6)
        },
        {},
    ),
    "no_business_figure": ({"criterion__c2": None}, {}),
    "no_outcome_owner": ({"seat__outcome_owner": {"function": "technical_lead"}}, {}),
    "criteria_set_without_owner": ({}, {"owner_touched_criteria": False}),
    "seat_missing": ({"seat__security": None}, {}),
    "seat_without_address": ({"seat__security": {"email": ""}}, {}),
    "executives_only": (
        {
            "seat__domain_expert": EMPTY_LEGAL | {"filled_until": "2026-10-12"},
            "seat__affected_staff": {"function": "people_finance"},
        },
        {},
    ),
    "experts_only": ({"seat__decision_maker": None}, {}),
    "late_party": (
        {"seat__sales": EMPTY_LEGAL | {"filled_until": "2026-12-10"}},
        {},
    ),
    "no_pathway": ({"pathway__stop": {"owner": ""}}, {}),
    "tick_box": ({"informs_journey": None}, {}),
    "no_owner_after": ({"owner_after": None}, {}),
    "no_fallback": ({"fallback": None}, {}),
    "no_robustness": ({"criterion__c3": None}, {}),
    "no_explanation": ({"explanation": None}, {}),
    "no_stack": ({"integration": None}, {}),
    "no_time_box": ({"time_end": None}, {}),
    "time_box_too_long": ({"time_end": "2026-12-28"}, {}),
    "time_box_over_funding": ({"funded_until": "2026-11-30"}, {}),
    "people_over_capacity": ({}, {"people": {"Priya Nandakumar": PersonFacts(share=41)}}),
    "too_many_projects": ({}, {"people": {"Priya Nandakumar": PersonFacts(projects=3)}}),
    "data_not_usable": ({}, {"assets": {"a1": AssetFacts("Photos", "not_usable_yet")}}),
    "data_not_better": ({}, {"assets": {"a1": AssetFacts("Photos", "acceptable")}}),
    "data_wait": ({}, {"assets": {"a1": AssetFacts("Photos", "better", 20)}}),
    "no_profile": ({}, {"profiles_known": True}),
    "stand_in_data": ({"use_case": {"data_origin": "public"}}, {}),
    "no_tolerance": ({"bearer": None}, {}),
    "promise": ({"problem": "We guarantee 20 fewer stops."}, {}),
    "no_risk_class": ({"risk_class": None}, {}),
    "high_risk_without_legal": ({"risk_class": "high", "seat__legal": EMPTY_LEGAL}, {}),
    "solution_before_problem": ({"problem": "We need a neural network."}, {}),
    "rules_would_do": ({"use_case": {"beyond_rules": 1}}, {}),
    "report_as_deliverable": ({"deliverable__1": {"kind": "report"}}, {}),
    "creep": ({}, {"added": 2}),
    "no_communication": ({"reply_days": None}, {}),
    "staff_not_told": ({"told_on": None}, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_rule_is_heard(name: str) -> None:
    changes, around = CASES[name]
    assert f"charter.{name}" in {problem.id for problem in _problems(around, **changes)}


def test_the_one_rule_of_the_internal_route() -> None:
    found = {problem.id for problem in _problems(route="internal")}
    assert "charter.no_learning_question" in found
    assert {f"charter.{name}" for name in CASES} | {"charter.no_learning_question"} == set(RULES)


def test_sentences_name_what_is_wrong() -> None:
    sentences = [
        problem.sentence
        for problem in _problems(
            seat__security=None,
            seat__legal=None,
            criterion__c1={"target": "99"},
            pathway__stop={"owner": "", "on": ""},
        )
    ]
    assert "These seats are neither filled nor explained: Legal, Security." in sentences
    assert "Criterion 1 says 99 where the figure runs from 0 to 1." in sentences
    assert "What happens on stop is not agreed: owner, date." in sentences


def test_days_are_written_as_people_write_them() -> None:
    problems = check(read(document(funded_until="2026-11-30")), surroundings(), content())
    assert [one.sentence for one in problems if "2026" in one.sentence] == [
        "The money or the release ends on 30 Nov 2026, the time box on 18 Dec 2026."
    ]


def test_blocking_problems_come_first() -> None:
    problems = _problems(reply_days=None, fallback=None, risk_class=None)
    assert [problem.blocks for problem in problems] == sorted((p.blocks for p in problems), reverse=True)
    assert problems[0].blocks


def test_an_organization_chooses_severities_above_the_floor() -> None:
    chosen = {"charter.no_fallback": "advise", "charter.seat_missing": "note", "charter.no_must": "note"}
    assert severity_of("charter.no_fallback", content(), chosen) == "advise"
    assert severity_of("charter.seat_missing", content(), chosen) == "block"
    assert severity_of("charter.no_must", content(), chosen) == "advise"


def test_an_empty_seat_with_its_reason_is_accepted_in_time_only() -> None:
    assert _problems(seat__legal=EMPTY_LEGAL) == []
    late = _problems(seat__legal=EMPTY_LEGAL | {"filled_until": "2026-10-20"})
    assert "Legal (to be filled by 5 Oct 2026 at the latest)" in late[0].sentence
    never = _problems(seat__project_lead=EMPTY_LEGAL)
    assert "Project lead (cannot stay empty)" in never[0].sentence


def test_who_must_be_at_the_table_follows_from_the_charter() -> None:
    text = read(document())
    assert "sales" not in required_parties(text, surroundings())
    sold = replace(text, use_case=replace(text.use_case, touches=frozenset({"sales", "marketing"})))
    assert {"sales", "marketing"} <= set(required_parties(sold, surroundings()))
    quiet = read(document(route="internal", deployment_in_scope=False, to_production=False, data__1=None,
                          use_case={"touches": []}))  # fmt: skip
    assert required_parties(quiet, surroundings()) == [
        "decision_maker", "outcome_owner", "domain_expert", "project_lead"
    ]  # fmt: skip
    central = surroundings(assets={"a1": AssetFacts("Orders", "best", is_central=True)})
    assert "data_warehouse" in required_parties(text, central)


def test_a_blank_charter_is_read_and_answered() -> None:
    problems = check(read({}), surroundings(today=date(2026, 1, 1)), content())
    assert {"charter.no_time_box", "charter.no_must", "charter.seat_missing"} <= {p.id for p in problems}
