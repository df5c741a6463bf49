"""Stored forms of a questionnaire and the succession of its published versions."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from assessment.question_bank import (
    ContentError,
    Questionnaire,
    check_succession,
    load_questionnaire,
    parse_questionnaire,
    rule_problems,
)
from tests.assessment.small_questionnaire import parse, small

FIXTURE = Path(__file__).parents[2] / "fixtures" / "questionnaires" / "readiness.yaml"
STANDARD = load_questionnaire(FIXTURE)


def test_round_trip_is_exact() -> None:
    for questionnaire in (STANDARD, parse(small())):
        through_json = json.loads(json.dumps(questionnaire.to_dict()))
        shuffled = json.loads(json.dumps(questionnaire.to_dict(), sort_keys=True))
        for data in (through_json, shuffled):
            again = Questionnaire.from_dict(data)
            assert again == questionnaire
            assert list(again.items) == list(questionnaire.items)
            assert again.content_hash == questionnaire.content_hash


def test_written_as_yaml_it_reads_the_same() -> None:
    text = yaml.safe_dump(STANDARD.to_dict(), sort_keys=False, allow_unicode=True)
    assert parse_questionnaire(text, name="again.yaml") == STANDARD


def test_hash_follows_the_content_alone() -> None:
    same = yaml.safe_dump(small(), sort_keys=True)
    assert parse_questionnaire(same, name="other.yaml").content_hash == parse(small()).content_hash
    changed = small()
    changed["items"][0]["levels"][0]["text"] = "Sentence zero."
    assert parse(changed).content_hash != parse(small()).content_hash


def test_composed_and_decomposed_letters_are_one_text() -> None:
    composed, decomposed = small(), small()
    composed["title"], decomposed["title"] = "Réseau", "Re\u0301seau"
    assert parse(composed).content_hash == parse(decomposed).content_hash


def test_stored_versions_load_though_rules_have_grown() -> None:
    data = small()
    data["items"][0]["levels"][3]["text"] = "Ownership is robust."
    questionnaire = Questionnaire.from_dict(data)
    (problem,) = rule_problems(questionnaire, name="copy")
    assert problem.where == "a.one.first level 3"


def successor(**changes: Any) -> dict[str, Any]:
    return {**small(), "version": 2, **changes}


def succession_complaints(new: dict[str, Any]) -> str:
    with pytest.raises(ContentError) as caught:
        check_succession(parse(small()), Questionnaire.from_dict(new))
    return str(caught.value)


def test_next_version_may_change_texts_and_add_items() -> None:
    new = successor(title="Better")
    new["items"][0]["levels"][0]["text"] = "Sentence zero."
    check_succession(parse(small()), parse(new))


def test_published_version_never_changes() -> None:
    check_succession(parse(small()), parse(small()))
    assert "version 1 is published and cannot change" in succession_complaints({**small(), "title": "Other"})


def test_published_items_are_kept_named_or_retired() -> None:
    renamed = successor()
    renamed["items"][0]["key"] = "a.one.start"
    renamed["gates"][0]["item"] = renamed["items"][1]["visible_if"]["item"] = "a.one.start"
    assert "a.one.first: is published but gone" in succession_complaints(renamed)
    named = copy.deepcopy(renamed)
    named["items"][0]["was"] = "a.one.first"
    check_succession(parse(small()), parse(named))
    check_succession(parse(small()), parse({**renamed, "retired": ["a.one.first"]}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.update(id="other"), "must keep that id"),
        (lambda d: d.update(version=1, title="x"), "cannot change"),
        (lambda d: d["items"][0].update(was="a.one.nothing"), "has no such item"),
        (lambda d: d.update(retired=["a.one.first"]), "both retired and in use"),
        (lambda d: d["functions"].pop(), "published under functions"),
        (lambda d: d["items"][3].update(kind="multiple_choice"), "give the new item a new key"),
    ],
)
def test_succession_refuses(change: Any, words: str) -> None:
    new = successor()
    change(new)
    assert words in succession_complaints(new)
