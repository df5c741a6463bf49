"""Answers as CSV: what it holds, for whom, safely, and how fast."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEvent
from assessment import actions, questionnaires
from assessment.answer_values import AnswerContent
from assessment.invitees import Invitee
from assessment.models import Answer, Assessment, Respondent
from reports import exports
from tests.assessment.cast import answer_all
from tests.conftest import Cast

ITEM = "team.production_ownership.on_call"


@given(st.text(max_size=40))
def test_no_text_begins_like_a_formula(text: str) -> None:
    shown = exports.safe(text)
    assert shown in (text, f"'{text}")
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "|", "%"))
    assert not shown.lstrip(" ").startswith("=")


@pytest.mark.parametrize("text", ["=1+1", "+31 6", "-2", "@SUM(A1)", "\t=1", " =1", "\uff1dcmd"])
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert exports.safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Bob", "a=b", "3 - 2"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert exports.safe(text) == text


def make_round(cast: Cast, *, visibility: str = "named") -> Assessment:
    assessment = actions.create_assessment(
        cast.organization, title="Round 1", by=cast.frank, visibility=visibility
    )
    people = [("Ana", "sponsor"), ("Ben", "practitioner"), ("Cem", "practitioner"), ("Dea", "practitioner")]
    invitees = [Invitee(name, f"{name.lower()}@firm.example", function) for name, function in people]
    actions.invite_respondents(assessment, invitees, by=cast.frank)
    actions.open_round(assessment, by=cast.frank)
    return assessment


def rows(cast: Cast, who: str, assessment: Assessment) -> list[dict[str, str]]:
    response = cast.client(who).get(f"/reports/export/{assessment.pk}/answers.csv")
    assert response.status_code == 200
    assert response["Content-Disposition"] == 'attachment; filename="round-1-answers.csv"'
    assert response["X-Content-Type-Options"] == "nosniff"
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.django_db
def test_a_named_round_gives_a_row_for_each_answer(cast: Cast) -> None:
    assessment = make_round(cast)
    ben = assessment.respondents.get(name="Ben")
    ben.assessment = assessment
    content = AnswerContent("level", 2, comment='=HYPERLINK("http://x")', confidence="can_show")
    actions.save_answer(ben, ITEM, content, base_revision=0, by=None)
    (row,) = rows(cast, "frank", assessment)
    item = questionnaires.of(assessment).items[ITEM]
    assert (row["person"], row["function"], row["item"], row["level"]) == ("Ben", "practitioner", ITEM, "2")
    assert row["question"] == item.text
    assert row["sentence"] == item.levels[2].text
    assert row["comment"] == '\'=HYPERLINK("http://x")'
    assert AuditEvent.objects.filter(event="answers.exported", actor=cast.frank).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("who", "status"), [("bob", 403), ("victor", 403), ("charlie", 404)])
def test_only_those_who_may_see_names_take_answers_away(cast: Cast, who: str, status: int) -> None:
    assessment = make_round(cast)
    assert cast.client(who).get(f"/reports/export/{assessment.pk}/answers.csv").status_code == status
    assert not AuditEvent.objects.filter(event="answers.exported").exists()
    assert "Answers of Round 1" not in cast.client(who).get("/reports/").content.decode()


@pytest.mark.django_db
def test_a_confidential_round_gives_groups_and_no_person(cast: Cast) -> None:
    assessment = make_round(cast, visibility="confidential")
    answer_all(assessment)
    address = f"/reports/export/{assessment.pk}/answers.csv"
    assert cast.client("frank").get(address).status_code == 409
    actions.start_review(assessment, by=cast.frank)
    found = rows(cast, "frank", assessment)
    assert found
    assert set(found[0]) == set(exports.GROUP_HEAD)
    assert all(int(row["people"]) >= 3 for row in found)
    text = "".join(exports.group_lines(assessment))
    assert not any(name in text for name in ("Ana", "Ben", "firm.example"))


@pytest.mark.slow
@pytest.mark.django_db
def test_500_people_with_60_answers_leave_line_by_line(cast: Cast) -> None:
    assessment = make_round(cast)
    items = [item.key for item in questionnaires.of(assessment).maturity_items][:60]
    people = Respondent.objects.bulk_create(
        Respondent(assessment=assessment, name=f"Person {n}", function="practitioner") for n in range(500)
    )
    now = timezone.now()
    made: list[Any] = [
        Answer(respondent=person, item=item, state="level", level=2, revision=1, saved_at=now)
        for person in people
        for item in items
    ]
    Answer.objects.bulk_create(made, batch_size=2000)
    lines = sum(part.count("\n") for part in exports.answer_lines(assessment))
    assert lines == 500 * len(items) + 1
