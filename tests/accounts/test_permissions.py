"""docs/permissions.md says what the code does."""

import pytest
from django.core.management import CommandError, call_command

from accounts.permissions import ACTIONS, GRANTS, MEANINGS, PROJECT_ACTIONS, PROJECT_GRANTS
from accounts.permissions_doc import render


def test_the_document_is_up_to_date():
    call_command("permissions_doc", check=True)


def test_a_document_that_differs_is_noticed(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError, match="differs"):
        call_command("permissions_doc", check=True)


def test_every_right_has_a_meaning_and_every_action_a_right():
    assert set(MEANINGS) == set(GRANTS)
    assert {rule.need for rule in ACTIONS.values()} <= set(GRANTS)
    assert all(rule.says in render() for rule in ACTIONS.values())


def test_every_action_in_a_project_has_a_right_of_projects():
    assert {rule.need for rule in PROJECT_ACTIONS.values()} == set(PROJECT_GRANTS)
    assert all(rule.says in render() for rule in PROJECT_ACTIONS.values())
