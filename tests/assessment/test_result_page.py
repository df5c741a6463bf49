"""The result as a page: what it says, for whom, at what cost, and that it reads the frozen JSON alone."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessment import actions
from assessment.models import Answer, Assessment
from tests.assessment.cast import Cast, answer_all, level, make_cast, make_round, open_link, respondent_of
from tests.kept import kept

pytestmark = pytest.mark.django_db
ON_CALL = "team.production_ownership.on_call"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@kept
def closed(cast: Cast, *, people: int = 7, number: int = 2, visibility: str = "named") -> Assessment:
    assessment = make_round(cast, people=people, visibility=visibility)
    answer_all(assessment, number)
    if people:
        sponsor = respondent_of(assessment, "sponsor")
        actions.save_answer(sponsor, ON_CALL, level(4, comment="Ask Eirik himself"), base_revision=1, by=None)
    actions.start_review(assessment, by=cast.fay)
    actions.close(assessment, by=cast.fay)
    return assessment


def test_the_title_is_the_finding_and_findings_quote_both_sides(cast: Cast) -> None:
    assessment = closed(cast, number=1)
    page = cast.client(cast.bob).get(f"/assessments/{assessment.pk}/").content.decode()
    assert "All four pillars of Halvorsen Pumps are in phase 1" in page
    assert "The sponsor (one person) says that every model has an owner" in page
    assert "the person who built a model is called when it fails" in page
    assert "22 gates stand between today and phase 2" in page
    assert "7 of 7 people, 7 functions" in page
    assert 'role="img"' in page


def test_members_see_functions_and_only_leaders_see_names(cast: Cast) -> None:
    assessment = closed(cast)
    item = f"/assessments/{assessment.pk}/items/{ON_CALL}/"
    member = cast.client(cast.bob).get(item).content.decode()
    assert "Person 0" not in member
    assert "Ask Eirik" not in member
    for leader in (cast.fay, cast.alice):
        page = cast.client(leader).get(item).content.decode()
        assert "Person 0" in page
        assert "Ask Eirik" in page


def test_a_confidential_round_shows_no_name_to_anybody(cast: Cast) -> None:
    assessment = closed(cast, people=21, visibility="confidential")
    for user in (cast.fay, cast.alice, cast.bob):
        client = cast.client(user)
        for path in ("", f"items/{ON_CALL}/", "dimensions/T3/"):
            page = client.get(f"/assessments/{assessment.pk}/{path}").content.decode()
            assert "Person " not in page
    assert (
        "Ask Eirik"
        in cast.client(cast.fay).get(f"/assessments/{assessment.pk}/items/{ON_CALL}/").content.decode()
    )


def test_a_confidential_round_is_not_looked_into_while_answers_come_in(cast: Cast) -> None:
    assessment = make_round(cast, people=21, visibility="confidential")
    answer_all(assessment)
    item = f"/assessments/{assessment.pk}/items/{ON_CALL}/"
    assert cast.client(cast.fay).get(item).status_code == 404
    actions.start_review(assessment, by=cast.fay)
    assert cast.client(cast.fay).get(item).status_code == 200


def test_a_respondent_sees_the_result_by_function_after_closing(cast: Cast) -> None:
    assessment = closed(cast)
    respondent = respondent_of(assessment)
    visitor = open_link(respondent)
    page = visitor.get(f"/answer/{respondent.pk}/result/").content.decode()
    assert "pillar" in page
    assert "Person " not in page
    assert "/assessments/" not in page
    assert visitor.get(f"/assessments/{assessment.pk}/").status_code in (302, 404)


def test_the_page_does_not_change_when_answers_do(cast: Cast) -> None:
    assessment = closed(cast)
    client = cast.client(cast.bob)
    before = client.get(f"/assessments/{assessment.pk}/charts/pillars.csv").content
    Answer.objects.update(level=0)
    assert client.get(f"/assessments/{assessment.pk}/charts/pillars.csv").content == before


@pytest.mark.queries
@pytest.mark.slow
def test_cost_does_not_grow_with_people(cast: Cast) -> None:
    counts = []
    for people in (7, 70):
        assessment = closed(cast, people=people)
        client = cast.client(cast.bob)
        client.get(f"/assessments/{assessment.pk}/")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/assessments/{assessment.pk}/")
        counts.append(len(queries))
    # The second round also looks for the one before it and reads that.
    assert counts[1] <= counts[0] + 1
    assert counts[1] <= 15


def test_why_of_a_dimension_and_figures_as_data(cast: Cast) -> None:
    assessment = closed(cast)
    client = cast.client(cast.vic)
    page = client.get(f"/assessments/{assessment.pk}/dimensions/T3/").content.decode()
    assert "Who answers the phone when a deployed model fails?" in page
    assert client.get(f"/assessments/{assessment.pk}/dimensions/X9/").status_code == 404
    for key in ("pillars", "dimensions", "radar"):
        text = client.get(f"/assessments/{assessment.pk}/charts/{key}.csv").content.decode()
        assert "Team roles" in text or "T1" in text
        assert client.get(f"/assessments/{assessment.pk}/charts/{key}.json").json()["data"]
    assert client.get(f"/assessments/{assessment.pk}/charts/other.csv").status_code == 404


def test_two_rounds_are_compared(cast: Cast) -> None:
    first, second = closed(cast, number=1), closed(cast, number=3)
    client = cast.client(cast.bob)
    page = client.get(f"/assessments/{second.pk}/compare/{first.pk}/").content.decode()
    assert "All four pillars stand higher than before" in page
    assert "22 gates hold now" in page or "gates hold now" in page
    assert "ring, Round 1" in client.get(f"/assessments/{second.pk}/").content.decode()


def test_nobody_answered(cast: Cast) -> None:
    assessment = make_round(cast, people=2)
    actions.start_review(assessment, by=cast.fay)
    assert (
        "No item splits the room"
        in cast.client(cast.fay).get(f"/assessments/{assessment.pk}/").content.decode()
    )
    actions.close(assessment, by=cast.fay)
    page = cast.client(cast.bob).get(f"/assessments/{assessment.pk}/").content.decode()
    assert "Too few answers to say where Halvorsen Pumps stands" in page


def test_a_round_that_runs_shows_members_its_state_only(cast: Cast) -> None:
    assessment = make_round(cast)
    client = cast.client(cast.bob)
    page = client.get(f"/assessments/{assessment.pk}/").content.decode()
    assert "The round is open" in page
    assert "Person " not in page
    assert client.get(f"/assessments/{assessment.pk}/items/{ON_CALL}/").status_code == 404
