"""The smallest questionnaire that keeps every rule, for tests that change one thing in it."""

from __future__ import annotations

from typing import Any

import yaml

from assessment.question_bank import Questionnaire, parse_questionnaire


def level(number: int) -> dict[str, str]:
    return {"text": f"Sentence {number}.", "claim": f"says that sentence {number} holds"}


def small() -> dict[str, Any]:
    """The smallest questionnaire that keeps every rule: one pillar, two dimensions, three items."""

    def item(key: str, **more: Any) -> dict[str, Any]:
        base = {
            "key": key,
            "kind": "maturity",
            "text": f"What about {key}?",
            "functions": ["sponsor", "lead"],
        }
        return {**base, "weight": 2, "levels": [level(number) for number in range(5)], **more}

    def notice() -> dict[str, Any]:
        return {"title": "Who sees what", "lede": "A round.", "lines": ["A line."]}

    return {
        "id": "small",
        "version": 1,
        "language": "en-US",
        "title": "Small",
        "lede": "A small one.",
        "functions": [
            {"key": "sponsor", "title": "Sponsor", "description": "Pays."},
            {"key": "lead", "title": "Lead", "description": "Leads."},
        ],
        "notices": {"named": notice(), "confidential": notice()},
        "phases": [
            {"phase": 1, "title": "One", "description": "First."},
            {"phase": 2, "title": "Two", "description": "Second."},
        ],
        "pillars": [
            {
                "key": "a",
                "title": "A",
                "intro": "About A.",
                "dimensions": [
                    {"key": "a.one", "code": "A1", "title": "One", "description": "First."},
                    {"key": "a.two", "code": "A2", "title": "Two", "description": "Second."},
                ],
            }
        ],
        "items": [
            item("a.one.first"),
            item("a.one.second", visible_if={"item": "a.one.first", "at_least": 2}),
            item("a.two.third", visible_if={"item": "a.one.second", "at_least": 1}),
            {
                "key": "a.two.route",
                "kind": "single_choice",
                "text": "Which way?",
                "functions": ["sponsor"],
                "read_by": ["roadmap: Puts that way first."],
                "options": [{"key": "left", "text": "Left"}, {"key": "right", "text": "Right"}],
            },
        ],
        "gates": [{"phase": 2, "item": "a.one.first", "level": 2, "title": "First holds"}],
    }


def parse(data: dict[str, Any]) -> Questionnaire:
    return parse_questionnaire(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), name="small.yaml")
