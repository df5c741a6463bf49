"""The tables of docs/content.md list exactly the fields that the reader knows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from assessment.question_bank import ContentError, Questionnaire, parse_questionnaire
from tests.assessment.small_questionnaire import parse, small
from ui.yaml_file import load_yaml

DOCUMENT = (Path(__file__).parents[1] / "docs" / "content.md").read_text(encoding="utf-8")

PLACES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "Questionnaire": lambda data: data,
    "Function": lambda data: data["functions"][0],
    "Pillar": lambda data: data["pillars"][0],
    "Dimension": lambda data: data["pillars"][0]["dimensions"][0],
    "Item": lambda data: data["items"][0],
    "Level": lambda data: data["items"][0]["levels"][0],
    "Gate": lambda data: data["gates"][0],
}


def documented(heading: str) -> set[str]:
    section = DOCUMENT.split(f"### {heading}\n")[1].split("\n#")[0]
    return set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))


@pytest.mark.parametrize("heading", PLACES)
def test_table_lists_the_fields_that_are_read(heading: str) -> None:
    data = small()
    PLACES[heading](data)["nonsense"] = 1
    with pytest.raises(ContentError, match="unknown field") as caught:
        Questionnaire.from_dict(data)
    allowed = re.search(r"allowed are (.+)", str(caught.value))
    assert allowed
    assert documented(heading) == set(allowed[1].split(", "))


def test_files_in_the_table_exist_and_all_are_listed() -> None:
    fixtures = Path(__file__).parents[1] / "fixtures"
    listed = re.findall(r"^\| `([\w/*]+\.yaml)` \|", DOCUMENT, re.MULTILINE)
    found = {path for pattern in listed for path in fixtures.glob(pattern)}
    assert all(list(fixtures.glob(pattern)) for pattern in listed)
    assert found == set(fixtures.rglob("*.yaml"))


def test_the_example_question_is_accepted() -> None:
    example = re.search(r"```yaml\n(.+?)```", DOCUMENT, re.DOTALL)
    assert example
    (item,) = yaml.safe_load(example[1])
    standard = Path(__file__).parents[1] / "fixtures" / "questionnaires" / "readiness.yaml"
    data = load_yaml(standard)
    data["items"].append(item)
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    questionnaire = parse_questionnaire(text, name="with the example")
    assert questionnaire.items["strategy.portfolio.shared_lessons"].dimension == "strategy.portfolio"


def test_limits_of_the_table_hold() -> None:
    data = small()
    data["items"][0]["text"] = "What " + "x" * 294 + "?"
    assert parse(data)
