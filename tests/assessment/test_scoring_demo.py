"""The figures that the demo's texts quote come out of the demo's answers."""

from __future__ import annotations

import pytest

from assessment.scoring import score
from tests.assessment.rounds import STANDARD, demo_round


@pytest.fixture(scope="module", name="rounds")
def _rounds():
    return [score(STANDARD, *demo_round(number)).to_dict() for number in (1, 2)]


def test_pillars_weakest_first(rounds):
    shown = [[(p["key"], p["score"]) for p in found["pillars"]] for found in rounds]
    assert shown[0] == [("team", 32), ("data", 35), ("strategy", 42), ("culture", 45)]
    assert shown[1] == [("team", 41), ("data", 48), ("culture", 59), ("strategy", 61)]


def test_coverage_and_alignment(rounds):
    shown = [(f["levels_given"], f["levels_asked"], f["alignment"]) for f in rounds]
    assert shown == [(257, 275, 88), (303, 354, 88)]
    assert [round(f["alignment_value"], 1) for f in rounds] == [88.4, 87.6]
    assert rounds[1]["coverage"] == pytest.approx(303 / 354, abs=1e-4)


def test_phases(rounds):
    assert [p["phase"] for p in rounds[0]["pillars"]] == [1, 1, 1, 1]
    assert {p["key"]: p["phase"] for p in rounds[1]["pillars"]} == {
        "team": 1,
        "data": 1,
        "culture": 2,
        "strategy": 2,
    }
    assert [found["phase"] for found in rounds] == [1, 1]


def test_gates_of_phase_2(rounds):
    states = [g for g in rounds[1]["gates"] if g["phase"] == 2]
    assert [sum(g["holds"] is value for g in states) for value in (True, False, None)] == [17, 4, 1]
    assert set(rounds[1]["held_back_by"]) == {
        "team.role_coverage.roles_named:2",
        "team.production_ownership.on_call:2",
        "team.capacity_focus.dedicated_time:2",
        "team.self_service.tracking:2",
        "data.labeling_unification.labels:2",
    }
    [unknown] = [g for g in states if g["holds"] is None]
    assert (unknown["item"], unknown["silent"]) == ("team.self_service.tracking", [["data_owner"]])
    [table] = [g for g in states if g["item"] == "culture.stakeholder_alignment.all_at_table"]
    assert table["holds"] is True


def test_gap_findings_in_order(rounds):
    gaps = [
        (f["item"].split(".")[-1], f["functions"], round(f["gap"], 2), round(f["others_level"], 2))
        for f in rounds[1]["findings"]
        if f["kind"] == "gap"
    ]
    assert gaps == [
        ("on_call", ["practitioner"], 2.17, 2.17),
        ("labels", ["data_owner"], 1.75, 1.25),
        ("all_at_table", ["legal_security"], 1.67, 3.17),
        ("request_wait", ["data_owner"], 1.67, 1.83),
        ("dedicated_time", ["sponsor"], 1.67, 1.33),
        ("route_terms", ["legal_security"], 2.0, 3.0),
        ("jobs_and_fears", ["practitioner"], 1.83, 2.5),
    ]
    first = [
        (f["item"].split(".")[-1], f["functions"], f["gap"])
        for f in rounds[0]["findings"]
        if f["kind"] == "gap"
    ]
    assert first == [
        ("all_at_table", ["legal_security"], 2.0),
        ("labels", ["practitioner"], 1.5),
        ("on_call", ["sponsor"], 1.5),
    ]


def test_other_findings(rounds):
    agreement = [
        (f["item"].split(".")[-1], round(f["r_wg"], 2))
        for f in rounds[1]["findings"]
        if f["kind"] == "agreement"
    ]
    assert agreement == [
        ("jobs_and_fears", 0.27),
        ("on_call", 0.32),
        ("route_terms", 0.4),
        ("request_wait", 0.47),
    ]
    unknown = [
        (f["item"], f["unknown"], f["asked"], f["functions"])
        for f in rounds[1]["findings"]
        if f["kind"] == "dont_know"
    ]
    assert unknown == [
        ("team.production_ownership.drift", 4, 5, ["technical_lead", "practitioner"]),
        ("data.access_silos.request_wait", 1, 2, ["legal_security"]),
    ]
