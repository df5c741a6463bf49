"""Plans and initiatives by the API."""

from __future__ import annotations

import pytest

from accounts import actions as accounts
from roadmap.models import Plan
from roadmap.queries import today_of
from tests.roadmap.plans import closed_round

OPEN = {"team.production_ownership.on_call": 0, "culture.leadership_support.why_explained": 0}


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def call(cast, client):
    """Sends a request with a token of a person of the cast."""

    def send(method: str, path: str, body=None, *, who: str = "frank", scopes=("roadmap:write",)):
        _, secret = accounts.create_token(
            cast.organization, by=cast.person(who), name="x", scopes=list(scopes)
        )
        return getattr(client, method)(
            f"/api/v1/{path}",
            data=body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )

    return send


def test_a_plan_from_request_to_publication(cast, commits, call):
    closed_round(cast.organization, cast.frank, level=3, but=OPEN)
    body = {"start": today_of(cast.organization).isoformat(), "target_phase": 2, "budget": 450_000}
    with commits():
        asked = call("post", "plans/", body)
    assert asked.status_code == 202, asked.content
    state = call("get", f"plan-requests/{asked.json()['id']}/").json()
    assert state["state"] == "done"
    plan = call("get", f"plans/{state['plan']}/").json()
    assert plan["content"]["items"]
    assert plan["replan_needed"] == []
    assert call("get", "plans/").json()["results"][0]["id"] == plan["id"]
    assert call("post", f"plans/{plan['id']}/publish/").json()["state"] == "published"
    assert call("post", f"plans/{plan['id']}/publish/").status_code == 409
    with commits():
        again = call("post", f"plans/{plan['id']}/replan/")
    assert again.status_code == 202


@pytest.mark.parametrize(
    "change",
    [
        {"target_phase": 1},
        {"target_phase": "two"},
        {"start": "yesterday"},
        {"budget": -1},
        {"budget": 10**30},
        {"capacity": {"wizard": 5}},
        {"capacity": {"ml_engineer": -5}},
        {"capacity": []},
        {"taken_in": "all"},
        {"taken_in": ["no such key"] * 300},
        {"by": "2001-01-01"},
        {"nonsense": 1},
    ],
)
def test_bad_wishes_are_named(cast, call, change):
    closed_round(cast.organization, cast.frank)
    body = {"start": today_of(cast.organization).isoformat(), "target_phase": 2} | change
    response = call("post", "plans/", body)
    assert response.status_code in (400, 422)
    assert response.json()["error"]["fields"].keys() & {*change}
    assert not Plan.objects.exists()


def test_wishes_for_unknown_initiatives(cast, commits, call):
    closed_round(cast.organization, cast.frank)
    body = {"start": today_of(cast.organization).isoformat(), "target_phase": 2, "taken_in": ["no_such_key"]}
    assert call("post", "plans/", body).status_code == 422


def test_initiatives_with_their_progress(cast, call):
    key = "explain_why"
    everything = call("get", "initiatives/", who="victor", scopes=("roadmap:read",)).json()
    assert len(everything) >= 45
    answer = call("post", f"initiatives/{key}/progress/", {"state": "running", "seen": 0}, who="bob")
    assert answer.json()["state"] == "running"
    stale = call("post", f"initiatives/{key}/progress/", {"state": "done", "seen": 0}, who="bob")
    assert stale.status_code == 409
    assert call("post", "initiatives/rank_problems/choice/", {"choice": "out"}).json()["choice"] == "out"
    assert call("post", "initiatives/rank_problems/choice/", {"choice": "pin"}).status_code == 422
    assert call("post", "initiatives/no_such/choice/", {"choice": "in"}).status_code == 404


def test_scopes_and_roles(cast, call):
    body = {"state": "running"}
    assert (
        call("post", "initiatives/explain_why/progress/", body, scopes=("roadmap:read",)).status_code == 403
    )
    assert call("post", "initiatives/explain_why/progress/", body, who="victor").status_code == 403
    assert call("post", "initiatives/explain_why/choice/", {"choice": "in"}, who="bob").status_code == 403
