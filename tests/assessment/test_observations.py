"""What later stages saw stands on the evidence page, for members of the organization alone."""

from __future__ import annotations

import html

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from assessment import actions
from assessment.questionnaires import standard
from tests.assessment.cast import GATE_ITEM, Cast, make_cast, standard_questionnaires

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    standard_questionnaires()
    return make_cast()


def page_of(cast: Cast, user: User) -> str:
    return html.unescape(cast.client(user).get("/evidence/").content.decode())


def test_an_empty_page_says_what_will_stand_there(cast: Cast) -> None:
    assert "Nothing observed yet" in page_of(cast, cast.vic)


def test_an_observation_shows_its_sentence_question_and_recorder(cast: Cast) -> None:
    actions.record_observation(
        cast.organization,
        kind="deployment.owner",
        sentence="Two of three models <in use> have an owner.",
        item=GATE_ITEM,
        by=cast.fay,
    )
    actions.record_observation(cast.organization, kind="other", sentence="Blocked for 9 days.", by=None)
    page = page_of(cast, cast.vic)
    assert "Two of three models <in use> have an owner." in page
    assert standard()[0].items[GATE_ITEM].text in page
    assert "Fay" in page
    assert page.index("Blocked for 9 days.") < page.index("Two of three models")
    assert "Nothing observed yet" not in page
    assert "Two of three" not in page_of(cast, cast.charlie)


def test_the_same_kind_about_the_same_subject_is_replaced(cast: Cast) -> None:
    for days in (3, 9):
        actions.record_observation(
            cast.organization,
            kind="days_blocked",
            sentence=f"Blocked for {days} days.",
            subject=cast.organization,
            by=None,
        )
    page = page_of(cast, cast.bob)
    assert "Blocked for 9 days." in page
    assert "Blocked for 3 days." not in page


@pytest.mark.queries
def test_more_observations_ask_the_database_no_more(cast: Cast) -> None:
    client, counts = cast.client(cast.bob), []
    for count in (1, 30):
        for number in range(count):
            actions.record_observation(
                cast.organization, kind="k", sentence=f"{number}", item=GATE_ITEM, by=cast.fay
            )
        client.get("/evidence/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/evidence/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
