"""The demo's second round as the content of a workshop sheet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports.headless_layout import DONT_KNOW_MARK
from reports.headless_writing import FilledPerson, Filling, TeamMember
from roadmap.standard import FIXTURES
from ui.yaml_file import load_yaml

ROUND = "round_2"


def demo_filling() -> Filling:
    """Answers, agreed levels and team of the demo's second round."""
    demo = load_yaml(FIXTURES / "demo" / "halvorsen.yaml")
    people = {person["id"]: person for person in demo["people"]}
    entry = next(one for one in demo["assessments"] if one["id"] == ROUND)
    voluntary = {(one["by"], one["item"]): one["answer"] for one in entry["voluntary_answers"]}
    return Filling(
        organization=demo["organization"]["name"],
        people=[_person(people[key], key, entry["answers"], voluntary) for key in entry["respondents"]],
        agreed={one["item"]: one["level"] for one in entry["workshop"]["consensus"]},
        team=[_member(one, people) for one in demo["roster"]["people"]],
    )


def _person(
    person: Mapping[str, Any],
    key: str,
    answers: Mapping[str, Mapping[str, str]],
    voluntary: Mapping[tuple[str, str], str],
) -> FilledPerson:
    own = {item: given[key] for item, given in answers.items() if key in given}
    own |= {item: answer for (by, item), answer in voluntary.items() if by == key}
    marks = {item: DONT_KNOW_MARK if mark == "dk" else int(mark[0]) for item, mark in own.items()}
    return FilledPerson(person["name"], person["function"], marks)


def _member(entry: Mapping[str, Any], people: Mapping[str, Mapping[str, Any]]) -> TeamMember:
    name = people[entry["person"]]["name"] if "person" in entry else entry["title"]
    return TeamMember(name, entry["kind"], entry["roles"])
