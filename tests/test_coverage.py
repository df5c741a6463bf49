"""Every number of the checklist is covered by something that exists, and every cited number is known."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLResolver, get_resolver

from assessment.question_bank import load_questionnaire
from ui.yaml_file import load_yaml

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "fixtures"
CHECKLIST = {"S0": 25, "S1": 46, "S2": 71, "S3": 49}


@cache
def content(name: str) -> dict[str, Any]:
    data: dict[str, Any] = load_yaml(FIXTURES / name)
    return data


NUMBERS: dict[str, dict[str, Any]] = content("coverage.yaml")["numbers"]

# What is known of one kind: from its key to the numbers that the entry cites, None if it can cite none.
Entries = dict[str, list[str] | None]


def sources(entry: dict[str, Any]) -> list[str]:
    return list(entry.get("sources", []))


def by_id(entries: list[dict[str, Any]], prefix: str = "") -> Entries:
    return {f"{prefix}{entry.get('id') or entry['key']}": sources(entry) for entry in entries}


def questionnaires() -> Entries:
    standard = load_questionnaire(FIXTURES / "questionnaires" / "readiness.yaml")
    entries = [*standard.pillars.values(), *standard.items.values()]
    own: Entries = {entry.key: list(entry.sources) for entry in entries}
    return {standard.id: list(standard.sources), **own}


def phases() -> Entries:
    standard = load_questionnaire(FIXTURES / "questionnaires" / "readiness.yaml")
    return {str(phase.phase): list(phase.sources) for phase in standard.phases}


def initiatives() -> Entries:
    found: Entries = {}
    for path in sorted((FIXTURES / "initiatives").glob("*.yaml")):
        found |= by_id(content(f"initiatives/{path.name}")["initiatives"])
    return found


def routes() -> Entries:
    data = content("routes.yaml")
    found: Entries = {"guide": sources(data["guide"])}
    for route in [*data["routes"], {"id": "all_routes", **data["all_routes"]}]:
        for group in ("clauses", "warnings", "fits", "excluded_when"):
            found |= by_id(route.get(group, []), f"{route['id']}.{group}.")
    return found


def roles() -> Entries:
    found = by_id(content("roles.yaml")["roles"])
    for role in content("roles.yaml")["roles"]:
        found |= by_id(role.get("specializations", []), f"{role['id']}.")
    return found


def parties() -> Entries:
    data = content("parties.yaml")
    return {**by_id(data["parties"]), "empty_seat": sources(data["empty_seat"])}


def rubric() -> Entries:
    data = content("use_cases.yaml")
    found: Entries = {}
    for group in ("worth", "feasibility", "facts", "marks"):
        found |= by_id(data[group], f"{group}.")
    return found


def rules() -> Entries:
    data = content("rules.yaml")
    return by_id([*data["charter"], *data["plan"], *data["portfolio"]])


def criteria() -> Entries:
    data = content("criteria_library.yaml")
    found: Entries = {}
    for group in ("business_figures", "learning_questions", "shared_guard_rails"):
        found |= by_id(data[group], f"{group}.")
    return found


def words() -> Entries:
    data = content("glossary.yaml")
    return dict.fromkeys([*data["product"], *data["ml"]])


def pages() -> Entries:
    return dict.fromkeys(names_of(get_resolver(), ""))


def names_of(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from names_of(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)
        elif pattern.name:
            yield f"{prefix}{pattern.name}"


def proofs() -> Entries:
    found: Entries = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                found[f"{path.relative_to(ROOT).as_posix()}::{node.name}"] = None
    return found


KINDS: dict[str, Callable[[], Entries]] = {
    "questionnaire": questionnaires,
    "phase": phases,
    "initiative": initiatives,
    "route": routes,
    "role": roles,
    "alias": lambda: by_id(content("roles.yaml")["aliases"]),
    "roster": lambda: by_id(content("roles.yaml")["derived"]),
    "party": parties,
    "limit": lambda: by_id(content("parties.yaml")["honest_limits"]),
    "use_case": rubric,
    "criterion": criteria,
    "rule": rules,
    "glossary": words,
    "url": pages,
    "test": proofs,
}


@cache
def known(kind: str) -> Entries:
    return KINDS[kind]()


def complaint(number: str, reference: str) -> str:
    """What is wrong with one reference of a number; empty if it resolves and cites the number."""
    kind, _, key = reference.partition(":")
    if kind == "later":
        return "" if key.strip() else "later says nothing"
    if kind not in KINDS:
        return f"{kind!r} is not one of later, {', '.join(KINDS)}"
    if key not in known(kind):
        return f"there is no {kind} {key!r}"
    cited = known(kind)[key]
    whole = kind == "questionnaire" and key == "readiness"
    return "" if cited is None or whole or number in cited else f"{reference} does not cite {number}"


def test_no_number_is_missing_and_none_is_invented() -> None:
    expected = [f"{source}-{n}" for source, count in CHECKLIST.items() for n in range(1, count + 1)]
    assert list(NUMBERS) == expected


@pytest.mark.parametrize("number", NUMBERS)
def test_number_is_covered_by_something_that_exists(number: str) -> None:
    entry = NUMBERS[number]
    assert set(entry) == {"says", "where"}
    assert len(entry["says"]) > 10
    assert entry["where"], "names nothing"
    assert [problem for where in entry["where"] if (problem := complaint(number, where))] == []


def test_no_number_rests_on_promises_alone() -> None:
    waiting = [
        number
        for number, entry in NUMBERS.items()
        if all(where.startswith("later:") for where in entry["where"])
    ]
    assert waiting == []


def cited(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from part if name == "sources" else cited(part)
    elif isinstance(value, list):
        for part in value:
            yield from cited(part)


@pytest.mark.parametrize("path", sorted(FIXTURES.rglob("*.yaml")), ids=lambda path: path.name)
def test_every_cited_number_exists(path: Path) -> None:
    data = content(str(path.relative_to(FIXTURES)))
    assert sorted(set(cited(data)) - set(NUMBERS)) == []


def test_every_number_is_cited_by_content() -> None:
    everything = {
        n for path in FIXTURES.rglob("*.yaml") for n in cited(content(str(path.relative_to(FIXTURES))))
    }
    assert sorted(set(NUMBERS) - everything) == []


@pytest.mark.parametrize(
    ("number", "reference", "words"),
    [
        ("S0-1", "initiative:nothing_like_it", "there is no initiative"),
        ("S0-1", "url:no_such_page", "there is no url"),
        ("S0-1", "test:tests/test_coverage.py::test_nothing", "there is no test"),
        ("S0-1", "questionnaire:strategy.portfolio.parallel_bets", "does not cite S0-1"),
        ("S0-1", "chapter:one", "is not one of"),
        ("S0-1", "later: ", "says nothing"),
    ],
)
def test_broken_references_are_named(number: str, reference: str, words: str) -> None:
    assert words in complaint(number, reference)


def test_texts_of_pages_cite_no_number() -> None:
    """Numbers are for writers of content; no reader should meet one."""
    for path in (ROOT / "templates").rglob("*.html"):
        assert not re.search(r"\bS[0-3]-[0-9]+\b", path.read_text(encoding="utf-8")), path
