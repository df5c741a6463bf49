"""Audit entries in words."""

import ast
from pathlib import Path

import pytest

from accounts.sentences import SENTENCES, sentence, visitor
from config.audit_sentences import SENTENCES as OTHERS

APPS = ("accounts", "assessment", "roadmap", "charters", "reports")


def test_values_stand_in_their_places():
    says = sentence("invitation.sent", {"address": "a_b@x.example", "role": "people_finance"}, SENTENCES)
    assert says == "invited a_b@x.example as people finance"


def test_missing_values_do_no_harm():
    assert sentence("member.added", {}, SENTENCES) == "added somebody unnamed"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"address": "a@x.example", "purpose": "answer"}, "issued a personal link to a@x.example, to answer"),
        ({"address": "", "purpose": "answer"}, "issued a personal link, to answer"),
        ({}, "issued a personal link"),
    ],
)
def test_a_part_in_brackets_needs_its_values(values, says):
    assert sentence("link.issued", values, SENTENCES) == says


def test_entries_without_an_account_say_who_it_was():
    assert visitor("answers.submitted") == "A respondent"
    assert visitor("charter.signed") == "A signatory"
    assert visitor("demo.loaded") == "The server"


def test_an_unknown_event_speaks_for_itself():
    assert sentence("rocket.was_launched", {}, SENTENCES) == "rocket: was launched"


def test_no_event_has_two_sentences():
    assert set(SENTENCES) & set(OTHERS) == set()


def literal_events(path: Path) -> set[str]:
    """Texts of the form ``thing.happened`` that a module passes as ``event=``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "event" and isinstance(node.value, ast.Constant):
            found.add(str(node.value.value))
    return found


@pytest.mark.parametrize("app", APPS)
def test_every_event_that_is_recorded_has_a_sentence(app, settings):
    events = set().union(*(literal_events(path) for path in (settings.BASE_DIR / app).rglob("*.py")))
    assert sorted(events - set(SENTENCES) - set(OTHERS)) == []
