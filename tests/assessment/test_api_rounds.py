"""Rounds, people, answers, results and evidence over the API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from accounts import actions as account_actions
from accounts.models import User
from assessment import actions
from assessment.models import Answer
from tests.assessment.cast import Cast, answer_all, level, make_cast, make_round, respondent_of

pytestmark = pytest.mark.django_db
ON_CALL = "team.production_ownership.on_call"
SCOPES = ["assessments:write", "evidence:write"]


@pytest.fixture
def cast() -> Cast:
    return make_cast()


class Api:
    def __init__(self, cast: Cast, user: User, scopes: list[str] | None = None) -> None:
        organization = user.memberships.get().organization
        _, secret = account_actions.create_token(
            by=user, organization=organization, name="test", scopes=scopes or SCOPES
        )
        self.client = Client(headers={"Authorization": f"Bearer {secret}"})

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        call = getattr(self.client, method)
        if body is None:
            return call(f"/api/v1/{path}")
        return call(f"/api/v1/{path}", json.dumps(body), content_type="application/json")


def test_a_whole_round(cast: Cast) -> None:
    api = Api(cast, cast.fay)
    made = api("post", "assessments/", {"title": "Round 1"})
    assert made.status_code == 201
    pk = made.json()["id"]
    people = [{"name": "B", "address": "bob@example.com", "function": "practitioner"}]
    added = api("post", "respondents/", {"assessment": pk, "people": people})
    assert added.status_code == 201
    respondent = added.json()[0]["id"]
    assert api("post", f"assessments/{pk}/open/").json()["state"] == "open"
    bob = Api(cast, cast.bob)
    saved = bob("post", "answers/", {"respondent": respondent, "item": ON_CALL, "choice": "2"})
    assert (saved.status_code, saved.json()["revision"]) == (200, 1)
    stale = bob("post", "answers/", {"respondent": respondent, "item": ON_CALL, "choice": "4"})
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "stale_answer")
    listed = api("get", f"answers/?assessment={pk}").json()
    assert [(row["item"], row["level"]) for row in listed["results"]] == [(ON_CALL, 2)]
    assert api("post", f"assessments/{pk}/start-review/").json()["state"] == "review"
    closed = api("post", f"assessments/{pk}/close/")
    assert closed.status_code == 200
    assert closed.json()["content"]["people"] == 1
    results = bob("get", "results/").json()["results"]
    assert len(results) == 1
    assert "content" not in results[0]
    assert bob("get", f"results/{results[0]['id']}/").json()["content"]["phase"] == 1
    assert api("post", f"assessments/{pk}/close/").status_code == 409


def test_a_bad_person_adds_nobody(cast: Cast) -> None:
    assessment = make_round(cast, people=1)
    api = Api(cast, cast.fay)
    good = {"name": "N", "address": "n@example.com", "function": "sponsor"}
    for bad in (good | {"address": "person0@example.com"}, good | {"function": "king"}, good | {"more": 1}):
        body = {"assessment": str(assessment.pk), "people": [good, bad]}
        response = api("post", "respondents/", body)
        assert response.status_code in (400, 422)
        assert response.json()["error"]["message"]
    assert assessment.respondents.count() == 1


def test_people_are_corrected_and_removed(cast: Cast) -> None:
    assessment = make_round(cast)
    api = Api(cast, cast.fay)
    pk = respondent_of(assessment).pk
    changed = api("patch", f"respondents/{pk}/", {"function": "sponsor"})
    assert (changed.status_code, changed.json()["function"]) == (200, "sponsor")
    assert api("delete", f"respondents/{pk}/").status_code == 204
    assert len(api("get", f"respondents/?assessment={assessment.pk}").json()["results"]) == 6
    assert api("get", "respondents/").status_code == 422
    assert api("get", "respondents/?assessment=x").status_code == 422


def test_answers_of_confidential_rounds_are_not_listed(cast: Cast) -> None:
    assessment = make_round(cast, visibility="confidential")
    answer_all(assessment)
    assert Api(cast, cast.alice)("get", f"answers/?assessment={assessment.pk}").status_code == 403


def test_only_the_newest_result_of_a_confidential_round_is_there(cast: Cast) -> None:
    for visibility, there in (("confidential", 1), ("named", 3)):
        assessment = make_round(cast, people=21, visibility=visibility)
        answer_all(assessment)
        for _ in range(2):
            actions.start_review(assessment, by=cast.fay)
            actions.close(assessment, by=cast.fay)
            actions.reopen(assessment, reason="Again.", by=cast.fay)
        actions.start_review(assessment, by=cast.fay)
        actions.close(assessment, by=cast.fay)
        listed = Api(cast, cast.bob)("get", "results/").json()["results"]
        assert len([row for row in listed if row["assessment"] == str(assessment.pk)]) == there


def test_nobody_writes_for_others(cast: Cast) -> None:
    respondent = respondent_of(make_round(cast))
    body = {"respondent": str(respondent.pk), "item": ON_CALL, "choice": "2"}
    for user in (cast.fay, cast.bob, cast.charlie):
        assert Api(cast, user)("post", "answers/", body).status_code == 404
    assert not Answer.objects.exists()


def test_members_lead_nothing_and_strangers_see_nothing(cast: Cast) -> None:
    assessment = make_round(cast)
    actions.save_answer(respondent_of(assessment), ON_CALL, level(1), base_revision=0, by=None)
    member, stranger = Api(cast, cast.bob), Api(cast, cast.charlie)
    assert member("get", f"answers/?assessment={assessment.pk}").status_code == 403
    assert member("get", f"respondents/?assessment={assessment.pk}").status_code == 403
    assert member("post", "assessments/", {"title": "x"}).status_code == 403
    assert member("post", f"assessments/{assessment.pk}/start-review/").status_code == 403
    assert member("get", f"assessments/{assessment.pk}/").status_code == 200
    for path in ("assessments", "results"):
        assert stranger("get", f"{path}/").json()["results"] == []
    assert stranger("get", f"assessments/{assessment.pk}/").status_code == 404
    assert stranger("get", f"answers/?assessment={assessment.pk}").status_code == 404


def test_a_token_without_the_scope_is_refused(cast: Cast) -> None:
    api = Api(cast, cast.fay, ["assessments:read"])
    assert api("get", "assessments/").status_code == 200
    assert api("post", "assessments/", {"title": "x"}).status_code == 403
    assert api("get", "data-assets/").status_code == 403


def test_data_assets(cast: Cast) -> None:
    api = Api(cast, cast.bob)
    made = api("post", "data-assets/", {"name": "Tickets", "place": "Service system"})
    assert (made.status_code, made.json()["status"]) == (201, "not_usable_yet")
    pk = made.json()["id"]
    body = {"legal_basis": "Contract", "base_revision": 1}
    assert api("patch", f"data-assets/{pk}/", body).json()["status"] == "acceptable"
    assert api("patch", f"data-assets/{pk}/", body).status_code == 409
    assert api("post", "data-assets/", {"name": "tickets"}).status_code == 422
    assert api("post", "data-assets/", {"name": "x", "days_to_access": -1}).status_code == 400
    assert Api(cast, cast.vic)("delete", f"data-assets/{pk}/").status_code == 403
    assert Api(cast, cast.charlie)("get", f"data-assets/{pk}/").status_code == 404
    assert api("delete", f"data-assets/{pk}/").status_code == 204
    assert api("get", "data-assets/").json()["results"] == []


def test_the_roster_hides_skills_from_members(cast: Cast) -> None:
    api = Api(cast, cast.fay)
    body = {"name": "Priya", "shares": {"data_scientist": "0.80"}, "skills": {"statistics": 3}}
    made = api("post", "roster/", body)
    assert (made.status_code, made.json()["skills"]) == (201, {"statistics": 3})
    pk = made.json()["id"]
    seen = Api(cast, cast.bob)("get", f"roster/{pk}/").json()
    assert (seen["shares"], seen["skills"]) == ({"data_scientist": 0.8}, None)
    too_much = body | {"shares": {"data_scientist": "0.80", "ml_engineer": "0.30"}}
    assert api("put", f"roster/{pk}/", too_much).status_code == 422
    assert api("put", f"roster/{pk}/", body | {"projects": ["A", "B", "C"]}).json()["projects"] == [
        "A",
        "B",
        "C",
    ]
    assert Api(cast, cast.bob)("post", "roster/", body).status_code == 403
    assert api("delete", f"roster/{pk}/").status_code == 204
