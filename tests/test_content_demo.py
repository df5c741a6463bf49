"""The demo: its references resolve, and the figures that it promises follow from its answers."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest

from assessment.question_bank import load_questionnaire
from assessment.responses import AnswerValue, Respondent
from assessment.result import AssessmentResult
from assessment.scoring import score
from ui.yaml_file import load_yaml

FIXTURES = Path(__file__).parents[1] / "fixtures"
STANDARD = load_questionnaire(FIXTURES / "questionnaires" / "readiness.yaml")


def read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = load_yaml(FIXTURES / name)
    return data


DEMO = read("demo/halvorsen.yaml")
PEOPLE = {person["id"]: person for person in DEMO["people"]}
ASSETS = {asset["id"] for asset in DEMO["data_assets"]}
ROUNDS = {entry["id"]: entry for entry in DEMO["assessments"]}
CHARTERS = {charter["id"]: charter for charter in DEMO["charters"]}
ANSWER = re.compile(r"[0-4][cfg]|dk")


def answered() -> list[tuple[str, str, str, str]]:
    """Round, item, person and answer of every answer that scores."""
    return [
        (entry["id"], item, person, str(answer))
        for entry in DEMO["assessments"]
        for item, given in entry.get("answers", {}).items()
        for person, answer in given.items()
    ]


def test_answers_are_given_by_people_who_were_asked() -> None:
    for entry, item, person, answer in answered():
        assert person in ROUNDS[entry]["respondents"], (entry, item, person)
        assert PEOPLE[person]["function"] in STANDARD.items[item].functions, (entry, item, person)
        assert STANDARD.items[item].kind == "maturity", (entry, item)
        assert ANSWER.fullmatch(answer), (entry, item, person, answer)


@pytest.mark.parametrize("key", ["round_1", "round_2"])
def test_every_scoring_item_has_a_row_in_the_order_of_the_questionnaire(key: str) -> None:
    assert list(ROUNDS[key]["answers"]) == [item.key for item in STANDARD.maturity_items]


def test_fourteen_people_answer_over_seven_functions() -> None:
    respondents = ROUNDS["round_2"]["respondents"]
    assert len(respondents) == 14
    assert {PEOPLE[person]["function"] for person in respondents} == set(STANDARD.functions)


def test_comments_evidence_and_consensus_name_known_items_and_people() -> None:
    for entry in DEMO["assessments"]:
        for part in [*entry.get("comments", []), *entry.get("evidence", [])]:
            assert part["by"] in entry["respondents"], part
            assert part["item"] in STANDARD.items, part
        for answer in entry.get("voluntary_answers", []):
            assert PEOPLE[answer["by"]]["function"] not in STANDARD.items[answer["item"]].functions, answer
        for consensus in entry.get("workshop", {}).get("consensus", []):
            assert STANDARD.items[consensus["item"]].kind == "maturity", consensus
            assert consensus["reason"].endswith("."), consensus
            assert {who["by"] for who in consensus["differs"]} <= set(entry["respondents"]), consensus


def result_of(key: str) -> AssessmentResult:
    entry = ROUNDS[key]
    people = [Respondent(person, PEOPLE[person]["function"]) for person in entry["respondents"]]
    answers = [
        AnswerValue(person, item, None, "dont_know")
        if answer == "dk"
        else AnswerValue(person, item, int(answer[0]))
        for round_, item, person, answer in answered()
        if round_ == key
    ]
    return score(STANDARD, people, answers, visibility=entry["visibility"], target_phase=2)


@pytest.mark.parametrize("key", ["round_1", "round_2"])
def test_rounds_give_the_figures_that_they_promise(key: str) -> None:
    expect, result = ROUNDS[key]["expect"], result_of(key)
    shown = result.to_dict()
    assert {pillar["key"]: pillar["score"] for pillar in shown["pillars"]} == expect["pillars"]
    assert {pillar.key: pillar.phase for pillar in result.pillars} == expect["phases"]
    assert result.pillars[0].key == "team"
    assert shown["alignment"] == expect["alignment"]
    assert {"given": result.coverage.given, "asked": result.coverage.asked} == expect["coverage"]
    gaps = [finding for finding in result.findings if finding.kind == "gap"]
    assert [(gap.item, gap.functions[0], round(float(gap.size), 2)) for gap in gaps] == [
        (gap["item"], gap["function"], gap["gap"]) for gap in expect["gaps"]
    ]


def test_round_2_holds_the_disagreements_and_gates_that_it_promises() -> None:
    expect, result = ROUNDS["round_2"]["expect"], result_of("round_2")
    states = {state.gate.item: state.holds for state in result.gates if state.gate.phase == 2}
    assert len(states) == 22
    assert [item for item, holds in states.items() if holds is None] == expect["gates_of_phase_2"][
        "not_known"
    ]
    failing = {item for item, holds in states.items() if holds is False}
    assert failing == set(expect["gates_of_phase_2"]["does_not_hold"])
    agreement = {f.item: round(float(f.r_wg or 0), 2) for f in result.findings if f.kind == "agreement"}
    assert agreement == expect["r_wg_below_half"]
    unknown = {finding.item for finding in result.findings if finding.kind == "dont_know"}
    assert set(expect["do_not_know"]) <= unknown


def axis(questions: list[dict[str, Any]], given: dict[str, Any]) -> float:
    pairs = [(q["weight"], given[q["id"]][0]) for q in questions if given.get(q["id"]) is not None]
    return 100 * sum(w * level / 4 for w, level in pairs) / sum(w for w, _ in pairs)


def half_up(value: float) -> int:
    return math.floor(value + 0.5)


@pytest.mark.parametrize("use_case", DEMO["use_cases"], ids=lambda use_case: use_case["id"])
def test_use_cases_score_as_promised(use_case: dict[str, Any]) -> None:
    rubric = read("use_cases.yaml")
    assert set(use_case["worth"]) == {question["id"] for question in rubric["worth"]}
    assert set(use_case["feasibility"]) == {question["id"] for question in rubric["feasibility"]}
    worth = axis(rubric["worth"], use_case["worth"])
    feasibility = axis(rubric["feasibility"], use_case["feasibility"])
    assert (half_up(worth), half_up(feasibility)) == (
        use_case["expect"]["worth"],
        use_case["expect"]["feasibility"],
    )
    assert set(use_case["expect"]["marks"]) <= {mark["id"] for mark in rubric["marks"]}
    facts = {fact["id"]: fact.get("options") for fact in rubric["facts"]}
    for name in ("problem_type", "data_origin", "horizon"):
        assert use_case[name] in facts[name]
    assert set(use_case["touches"]) <= set(facts["touches"])
    assert set(use_case["assets"]) <= ASSETS
    assert use_case["outcome_owner"] is None or use_case["outcome_owner"] in PEOPLE


def test_three_charters_are_in_hand_one_signed_and_one_waiting() -> None:
    states = {charter["id"]: charter["state"] for charter in DEMO["charters"]}
    assert states["HP-03"] == "in_force"
    assert states["HP-04"] == "signing"


@pytest.mark.parametrize("charter", DEMO["charters"], ids=lambda charter: charter["id"])
def test_charters_refer_to_people_parties_clauses_and_assets(charter: dict[str, Any]) -> None:
    parties = {party["id"]: party for party in read("parties.yaml")["parties"]}
    routes = {route["id"]: route for route in read("routes.yaml")["routes"]}
    roles = {role["id"] for role in read("roles.yaml")["roles"]}
    clauses = {clause["id"] for clause in routes[charter["route"]]["clauses"]}
    required = {c["id"] for c in routes[charter["route"]]["clauses"] if c.get("required")}
    assert set(charter["clauses"]) <= clauses
    if charter["state"] != "draft":
        assert required <= set(charter["clauses"])
        assert charter["informs_journey"] in STANDARD.items
    for member in charter["team"]:
        assert member["role"] in roles
        assert member["person"] in PEOPLE
    for seat in charter["parties"]:
        assert seat["party"] in parties
        assert seat.get("person") in PEOPLE or {"reason", "filled_until_day", "accepted_by"} <= set(
            seat["empty_seat"]
        )
        if "empty_seat" in seat:
            assert parties[seat["party"]]["empty_seat"] != "never"
    assert {need["asset"] for need in charter["data_needs"]} <= ASSETS


@pytest.mark.parametrize("key", ["HP-03", "HP-04", "HP-02"])
def test_signers_hold_seats_and_sign_before_the_charter_is_in_force(key: str) -> None:
    charter = CHARTERS[key]
    seats = {seat.get("person") for seat in charter["parties"]}
    for signature in charter["sign_off"]["signatures"]:
        assert signature["person"] in seats
        assert charter["sign_off"]["opened_day"] <= signature["day"]
        assert signature["day"] <= charter["sign_off"].get("in_force_day", 0)
    steps = charter["sign_off"].get("steps", [])
    order = {person: step["step"] for step in steps for person in step["signers"]}
    days = [(order[s["person"]], s["day"]) for s in charter["sign_off"]["signatures"] if order]
    assert all(early[1] <= late[1] for early in days for late in days if early[0] < late[0])


def test_criteria_use_metrics_of_the_library_or_business_figures() -> None:
    library = read("criteria_library.yaml")
    metrics = {m["key"] for entry in library["types"] for m in [*entry["metrics"], *entry["guard_rails"]]}
    metrics |= {metric["key"] for metric in library["shared_guard_rails"]}
    for charter in DEMO["charters"]:
        for criterion in charter["criteria"]:
            if criterion["kind"] in ("tracked_metric", "guard_rail"):
                assert criterion["metric_key"] in metrics, criterion["id"]
            assert criterion["id"].startswith(charter["id"] + "."), criterion["id"]


def test_roster_fits_roles_and_shares() -> None:
    data = read("roles.yaml")
    roles = {role["id"] for role in data["roles"]}
    skills = {skill["id"] for skill in data["skills"]}
    for person in DEMO["roster"]["people"]:
        assert set(person["roles"]) <= roles, person
        assert sum(person["roles"].values()) <= 100, person
        assert set(person.get("skills", {})) <= skills, person
        assert person["kind"] == "vacancy" or person["person"] in PEOPLE, person


def test_plan_names_initiatives_of_the_catalogue() -> None:
    catalogue = {
        entry.get("key") or entry["id"]
        for path in (FIXTURES / "initiatives").glob("*.yaml")
        for entry in load_yaml(path)["initiatives"]
    }
    plan = DEMO["plan"]
    named = {*plan["done"], *plan["forced_in"], *plan["forced_out"], *plan["bindings"]}
    named |= {entry["initiative"] for entry in [*plan["running"], *plan["pins"]]}
    named |= {name for scenario in plan["scenarios"] for name in scenario.get("forced_in", [])}
    named |= {action["initiative"] for action in ROUNDS["round_2"]["actions_from_findings"]}
    assert named <= catalogue
    assert set(plan["bindings"].values()) <= {use_case["id"] for use_case in DEMO["use_cases"]}


def people_named(value: Any, path: str = "") -> list[tuple[str, str]]:
    """Every person id under a key that holds one."""
    keys = (
        "owner",
        "lead",
        "by",
        "to",
        "facilitator",
        "measured_by",
        "outcome_owner",
        "project_lead",
    )
    if isinstance(value, dict):
        own = [(f"{path}.{k}", v) for k, v in value.items() if k in keys and isinstance(v, str)]
        return own + [found for k, v in value.items() for found in people_named(v, f"{path}.{k}")]
    if isinstance(value, list):
        return [found for number, v in enumerate(value) for found in people_named(v, f"{path}[{number}]")]
    return []


def test_everybody_named_exists() -> None:
    for part in ("assessments", "data_assets", "use_cases", "plan", "charters", "projects", "deployments"):
        for path, person in people_named(DEMO[part], part):
            assert person in PEOPLE, (path, person)
    assert DEMO["sign_in_as"] in PEOPLE
