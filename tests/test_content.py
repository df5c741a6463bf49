"""Content across files: every reference resolves, ids are unique, texts keep to the house's English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from assessment.content_yaml import Problems, read_yaml
from assessment.question_bank import load_questionnaire
from ui.yaml_file import load_yaml

FIXTURES = Path(__file__).parents[1] / "fixtures"
STANDARD = load_questionnaire(FIXTURES / "questionnaires" / "readiness.yaml")

DIMENSIONS = {
    "strategy": [
        "infrastructure",
        "problem_selection",
        "value_case",
        "learning_method",
        "portfolio",
        "route_and_pathway",
        "path_to_production",
        "long_term_leadership",
    ],
    "data": [
        "labeling_unification",
        "access_silos",
        "quality",
        "volume_signal",
        "collection_plan",
        "literacy_external",
    ],
    "culture": [
        "learning",
        "collaboration",
        "leadership_support",
        "stakeholder_alignment",
        "awareness_expectations",
        "trust_explainability",
        "cadence",
    ],
    "team": [
        "role_coverage",
        "skills",
        "production_ownership",
        "cross_functional",
        "capacity_focus",
        "self_service",
        "hiring_partners",
    ],
}
ITEM = re.compile(r"\b(?:strategy|data|culture|team)\.[a-z_]+\.[a-z_]+\b")
SOURCE = re.compile(r"S[0-3]-[1-9][0-9]?")


@cache
def content(name: str) -> dict[str, Any]:
    data: dict[str, Any] = load_yaml(FIXTURES / name)
    return data


def initiatives() -> list[dict[str, Any]]:
    files = sorted((FIXTURES / "initiatives").glob("*.yaml"))
    assert files
    return [entry for path in files for entry in content(f"initiatives/{path.name}")["initiatives"]]


def ids(entries: list[dict[str, Any]]) -> list[str]:
    return [entry.get("key") or entry["id"] for entry in entries]


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a content file with the path to it."""
    yield path, value
    if isinstance(value, dict):
        for key, part in value.items():
            yield from walk(part, f"{path}.{key}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from walk(part, f"{path}[{number}]")


def texts(name: str) -> Iterator[tuple[str, str]]:
    yield from ((path, value) for path, value in walk(content(name)) if isinstance(value, str))


ALL_FILES = sorted(str(path.relative_to(FIXTURES)) for path in FIXTURES.rglob("*.yaml"))


@pytest.mark.parametrize("name", ALL_FILES)
def test_file_reads_in_the_allowed_subset(name: str) -> None:
    problems = Problems(name)
    read_yaml((FIXTURES / name).read_bytes(), problems)
    assert not [str(problem) for problem in problems.found]


# British spellings, filler and praise. `program` and `analyze` are the American forms.
UNWANTED = re.compile(
    r"\b(organis|analys(e|ed|es|ing)\b|labell|modell|colour|behaviour|favour|honour|centre\b|programme|licence"
    r"|afterwards|please\b|leverag|synerg|cutting-edge|world-class|seamless|empower|unlock|game-chang)",
    re.IGNORECASE,
)


@pytest.mark.parametrize("name", ALL_FILES)
def test_texts_keep_to_plain_american_english(name: str) -> None:
    for path, text in texts(name):
        if "generator" in path or "://" in text:
            continue
        assert not UNWANTED.search(text), (name, path, text)
        assert "!" not in text.replace("!=", ""), (name, path, text)
        assert "  " not in text.strip(), (name, path, text)
        assert text == text.strip(), (name, path, text)


def test_questionnaire_has_every_pillar_and_dimension() -> None:
    assert {
        key: [dimension.partition(".")[2] for dimension in pillar.dimensions]
        for key, pillar in STANDARD.pillars.items()
    } == DIMENSIONS
    assert 40 <= len(STANDARD.items) <= 60
    for dimension in STANDARD.dimensions.values():
        assert 2 <= len(dimension.items) <= 5, dimension.key


def test_each_question_explains_itself() -> None:
    for item in STANDARD.items.values():
        assert item.text.endswith("?"), item.key
        assert item.why.endswith("."), item.key
        assert item.sources, item.key
        assert item.should_know, item.key
        assert item.dont_know, item.key
        for level in item.levels:
            assert level.text.endswith("."), (item.key, level.text)
            assert level.claim.startswith("says that "), (item.key, level.claim)
            assert not level.claim.endswith("."), (item.key, level.claim)
    assert len({item.why for item in STANDARD.items.values()}) == len(STANDARD.items)


def test_each_function_is_asked_in_three_pillars_at_least() -> None:
    for function in STANDARD.functions:
        assert len({item.pillar for item in STANDARD.items_for(function)}) >= 3, function
        assert len(STANDARD.items_for(function)) >= 10, function


def test_both_notices_say_who_sees_what() -> None:
    named, confidential = (" ".join(STANDARD.notices[kind].lines) for kind in ("named", "confidential"))
    assert "see your name" in named
    assert "Nobody is shown your name" in confidential
    assert "fewer than three" in confidential
    assert "who has finished" in confidential
    assert "It is not anonymous" in STANDARD.notices["confidential"].lede


def test_every_gate_has_a_title_and_a_reason() -> None:
    assert [gate.key for gate in STANDARD.gates if not gate.title or not gate.why] == []
    assert all(gate.weight >= 1 for gate in STANDARD.gates)
    assert {phase: sum(gate.phase == phase for gate in STANDARD.gates) for phase in (2, 3)} == {2: 22, 3: 23}


def test_roles_and_skills_resolve() -> None:
    data = content("roles.yaml")
    skills = ids(data["skills"])
    roles = ids(data["roles"])
    assert len(set(skills)) == len(skills)
    assert sorted(roles) == sorted(
        [
            "data_scientist",
            "ml_engineer",
            "technical_program_manager",
            "data_engineer",
            "software_development_engineer",
            "business_leader",
            "business_information_analyst",
        ]
    )
    for role in data["roles"]:
        assert set(role["needs"]) <= set(skills), role["id"]
        assert set(role["core"]) <= set(role["needs"]), role["id"]
        assert all(0 <= level <= 3 for level in role["needs"].values()), role["id"]
    assert sum(role["default_capacity"] for role in data["roles"]) == 600
    for alias in data["aliases"]:
        assert {alias["role"], *alias["with"]} <= set(roles), alias["id"]
    assert set(skills) == {skill for role in data["roles"] for skill in role["needs"]}
    rows = {row.key for row in STANDARD.items["team.skills.work_covered"].rows}
    assert rows == set(roles)


def test_routes_hold_their_clauses() -> None:
    data = content("routes.yaml")
    assert ids(data["routes"]) == ["vendor", "internal", "collaborative"]
    clauses = [clause for route in [*data["routes"], data["all_routes"]] for clause in route["clauses"]]
    assert len(set(ids(clauses))) == len(clauses)
    for clause in clauses:
        assert clause["label"], clause["id"]
        assert clause["why"], clause["id"]
        assert clause["help"], clause["id"]
        assert clause.get("required") or clause.get("required_when"), clause["id"]
    for route in data["routes"]:
        names = [*ids(route["fits"]), *ids(route["excluded_when"]), *ids(route["warnings"])]
        assert len(set(names)) == len(names), route["id"]
        assert all(isinstance(fit["points"], int) for fit in route["fits"])
    options = {option.key for option in STANDARD.items["strategy.route_and_pathway.preferred_route"].options}
    assert options == {*ids(data["routes"]), "undecided"}


def test_parties_confirm_statements_that_exist() -> None:
    data = content("parties.yaml")
    statements = {statement["id"]: statement for statement in data["honest_limits"]}
    parties = ids(data["parties"])
    confirmed = {name for party in data["parties"] for name in party["confirms"]}
    added = {party for statement in statements.values() for party in statement.get("added_to", [])}
    assert confirmed <= set(statements)
    assert added <= set(parties)
    assert set(statements) - confirmed == {"learning_counts"}
    assert all(party["step"] in (1, 2, 3) for party in data["parties"])
    used = {name for path, text in texts("parties.yaml") for name in re.findall(r"{(\w+)}", text)}
    assert used == set(data["placeholders"])


def test_rules_have_unique_ids_and_known_severities() -> None:
    data = content("rules.yaml")
    rules = [(scope, rule) for scope in ("charter", "plan", "portfolio") for rule in data[scope]]
    assert len({rule["id"] for _, rule in rules}) == len(rules)
    for scope, rule in rules:
        assert rule["id"].startswith(f"{scope}."), rule["id"]
        assert rule["severity"] in ("block", "advise", "note"), rule["id"]
        assert rule.get("floor", "advise") in ("block", "advise"), rule["id"]
        assert rule["when"], rule["id"]
        assert rule["sentence"].endswith((".", "?", "}")), rule["id"]


def test_items_named_in_any_file_exist() -> None:
    keys = set(STANDARD.items) | set(STANDARD.dimensions)
    for name in ALL_FILES:
        for path, value in walk(content(name)):
            found = value if isinstance(value, str) else ""
            for item in ITEM.findall(found):
                assert item in keys, (name, path, item)


def test_initiatives_named_in_rules_exist() -> None:
    known = set(ids(initiatives()))
    named = re.findall(r"\bneither ([a-z_]+) is in it", " ".join(text for _, text in texts("rules.yaml")))
    assert named
    assert set(named) <= known


def test_catalogue_is_large_enough_and_lifts_known_items() -> None:
    catalogue = initiatives()
    assert len(catalogue) >= 45
    assert len(set(ids(catalogue))) == len(catalogue)
    roles = set(ids(content("roles.yaml")["roles"]))
    for entry in catalogue:
        for lift in entry["lifts"]:
            assert STANDARD.items[lift["item"]].kind == "maturity", entry
            assert 0 <= lift["from"] < lift["to"] <= 4, entry
        assert set(entry["effort"]) <= roles, entry
        assert entry["pillar"] in STANDARD.pillars, entry


def test_use_case_rubric_is_complete() -> None:
    data = content("use_cases.yaml")
    questions = [*data["worth"], *data["feasibility"]]
    names = [*ids(questions), *ids(data["facts"])]
    assert len(set(names)) == len(names)
    for question in questions:
        assert list(question["levels"]) == [0, 1, 2, 3, 4], question["id"]
        assert len(set(question["levels"].values())) == 5, question["id"]
        assert question["weight"] > 0, question["id"]
    assert all(fact["read_by"] for fact in data["facts"])
    conditions = " ".join(entry["when"] for entry in [*data["marks"], *data["quadrants"]])
    known = {*names, "worth", "feasibility", "stopper"}
    words = set(
        re.findall(r"\b(?:worth|feasibility)\.(\w+)|\b(complexity|signal|horizon|data_origin)\b", conditions)
    )
    assert {first or second for first, second in words} <= known


def test_criteria_library_resolves() -> None:
    data = content("criteria_library.yaml")
    types = ids(data["types"])
    problem_type = next(f for f in content("use_cases.yaml")["facts"] if f["id"] == "problem_type")
    assert types == problem_type["options"]
    assert set(data["baselines"]) == set(types)
    figures = ids(data["business_figures"])
    assert len(set(figures)) == len(figures)
    for entry in data["types"]:
        assert set(entry["business"]) <= set(figures), entry["id"]
    metrics = [m for entry in data["types"] for m in [*entry["metrics"], *entry["guard_rails"]]]
    for metric in [*metrics, *data["shared_guard_rails"]]:
        assert metric["direction"] in data["directions"], metric
        assert metric["unit"] in data["units"], metric
        if metric["unit"] == "fraction" and metric.get("start") is not None:
            assert 0 <= metric["start"] <= 1, metric
    assert set(figures) == {name for entry in data["types"] for name in entry["business"]} | {
        "adoption_share"
    }


def test_glossary_has_one_sentence_per_word() -> None:
    data = content("glossary.yaml")
    assert set(data["product"]) & set(data["ml"]) == set()
    for group in ("product", "ml"):
        for word, sentence in data[group].items():
            assert re.fullmatch(r"[a-z][a-z0-9_]*", word), word
            assert sentence.endswith("."), word
            assert not re.search(r"\.\s+[A-Z]", sentence), word


WORDS = """
organization unit member function questionnaire pillar dimension item level gate phase assessment respondent
answer evidence finding consensus observation result data_asset profile roster initiative catalogue plan
plan_item scenario replan relaxation use_case portfolio charter revision criterion party empty_seat route
signoff_round signature seal change_request decision learning project milestone task check_in ask risk
experiment run candidate reading verdict model version environment deployment replica fallback waiver alert
launcher supervisor
"""


def test_glossary_knows_the_words_of_the_product() -> None:
    assert set(WORDS.split()) <= set(content("glossary.yaml")["product"])


@pytest.mark.parametrize("name", ALL_FILES)
def test_sources_have_the_form_of_checklist_numbers(name: str) -> None:
    for path, value in walk(content(name)):
        if path.endswith(".sources"):
            assert value, (name, path)
            assert all(SOURCE.fullmatch(source) for source in value), (name, path, value)
