"""One answer at a time: compare and set, refusals, races, and what it costs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessment import actions
from assessment.models import Answer, AnswerHistory, Respondent
from tests.assessment.cast import Cast, level, make_cast, make_round, open_link, respondent_of

pytestmark = pytest.mark.django_db
ON_CALL = "team.production_ownership.on_call"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def respondent(cast: Cast) -> Respondent:
    return respondent_of(make_round(cast))


@pytest.fixture
def visitor(respondent: Respondent) -> Client:
    return open_link(respondent)


def save(client: Client, respondent: Respondent, body: Any, item: str = ON_CALL) -> Any:
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(f"/answer/{respondent.pk}/items/{item}/", content, content_type="application/json")


def test_a_save_tells_revision_time_and_progress(respondent: Respondent) -> None:
    client = open_link(respondent)
    response = save(client, respondent, {"choice": "2", "base_revision": 0, "confidence": "guess"})
    assert response.status_code == 200
    data = response.json()
    assert data["revision"] == 1
    assert data["answered"] == 1
    assert data["steps"]["T3"][0] == 1
    stored = Answer.objects.get(item=ON_CALL)
    assert (stored.level, stored.confidence) == (2, "guess")
    respondent.refresh_from_db()
    assert respondent.started_at is not None


def test_an_older_tab_never_overwrites_and_gets_both(respondent: Respondent) -> None:
    client = open_link(respondent)
    save(client, respondent, {"choice": "2", "base_revision": 0, "comment": "first"})
    response = save(client, respondent, {"choice": "4", "base_revision": 0})
    assert response.status_code == 409
    error = response.json()["error"]
    assert error["code"] == "stale_answer"
    theirs = error["details"]["theirs"]
    assert (theirs["choice"], theirs["comment"], theirs["revision"]) == ("2", "first", 1)
    assert theirs["text"] == "One owner is named for the most important model."
    assert Answer.objects.get(item=ON_CALL).level == 2
    assert save(client, respondent, {"choice": "4", "base_revision": 1}).json()["revision"] == 2


def test_every_version_stays_in_the_history(respondent: Respondent) -> None:
    for number in range(3):
        actions.save_answer(respondent, ON_CALL, level(number), base_revision=number, by=None)
    versions = AnswerHistory.objects.filter(item=ON_CALL).values_list("revision", "level")
    assert list(versions) == [(1, 0), (2, 1), (3, 2)]


def test_a_locked_round_refuses_with_a_reason(cast: Cast, respondent: Respondent) -> None:
    client = open_link(respondent)
    actions.start_review(respondent.assessment, by=cast.fay)
    response = save(client, respondent, {"choice": "2", "base_revision": 0})
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "conflict"
    assert not Answer.objects.exists()


def test_without_the_link_the_script_is_told_so(respondent: Respondent) -> None:
    response = save(Client(), respondent, {"choice": "2", "base_revision": 0})
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "signed_out"


@pytest.mark.queries
def test_a_save_takes_at_most_twelve_queries(respondent: Respondent) -> None:
    client = open_link(respondent)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        save(client, respondent, {"choice": "2", "base_revision": 0})
    assert len(queries) <= 12
    with CaptureQueriesContext(connection) as queries:
        save(client, respondent, {"choice": "3", "base_revision": 1})
    assert len(queries) <= 11
    writes = [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert len(writes) == 3


@pytest.mark.parametrize(
    "body",
    [
        "", "[]", "{", "null", '{"choice": NaN}', '{"choice": "5"}', '{"choice": true}', '{"choice": 1.5}',
        '{"choice": []}', '{"choice": "2", "base_revision": -1}', '{"choice": "2", "base_revision": "x"}',
        '{"choice": "2", "base_revision": 99999999999}', '{"choice": "not_applicable"}',
        '{"choice": "2", "confidence": "sure"}', '{"choice": "2", "comment": 3}',
        '{"choice": "2", "more": 1}',
        '{"choice": "2", "link": "javascript:alert(1)"}', '{"choice": {"a": 1}}', b"\xff\xfe",
        json.dumps({"choice": "2", "comment": "x" * 5000}), "[" * 5000,
    ],
)  # fmt: skip
def test_bad_input_is_named_and_leaves_nothing(respondent: Respondent, body: Any) -> None:
    response = save(open_link(respondent), respondent, body)
    assert response.status_code == 422
    assert response.json()["error"]["message"]
    assert not Answer.objects.exists()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = ("choice", "value", "confidence", "comment", "would_know", "link", "base_revision", "client_time")
KINDS = (
    ON_CALL,
    "team.capacity_focus.projects_at_once",
    "team.skills.work_covered",
    "strategy.route_and_pathway.preferred_route",
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    item=st.sampled_from(KINDS),
    body=st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(FIELDS, json_values),
    ),
)  # fmt: skip
def test_nothing_sent_breaks_the_save_or_a_later_page(
    respondent: Respondent, visitor: Client, item: str, body: dict[str, Any]
) -> None:
    response = save(visitor, respondent, body, item)
    assert response.status_code in (200, 409, 422)
    for code in ("T3", "T5", "T2", "S6"):
        assert visitor.get(f"/answer/{respondent.pk}/rest/{code}/").status_code == 200


def test_names_and_comments_in_any_script_survive(respondent: Respondent) -> None:
    client = open_link(respondent)
    text = "שלום 🙂 \u202e abc\r\nnew line\x00"
    assert save(client, respondent, {"choice": "2", "comment": text}).status_code == 200
    assert Answer.objects.get(item=ON_CALL).comment == "שלום 🙂 \u202e abc\nnew line"


def test_values_of_other_kinds(cast: Cast) -> None:
    respondent = respondent_of(make_round(cast), "technical_lead")
    client = open_link(respondent)
    number = "team.capacity_focus.projects_at_once"
    assert save(client, respondent, {"value": "3,5"}, number).status_code == 200
    assert save(client, respondent, {"value": 99, "base_revision": 1}, number).status_code == 422
    matrix = "team.skills.work_covered"
    body = {"value": {"data_scientist": "one", "ml_engineer": ""}}
    assert save(client, respondent, body, matrix).status_code == 200
    assert Answer.objects.get(item=matrix).value == {"data_scientist": "one"}
    bad = {"value": {"data_scientist": "many"}, "base_revision": 1}
    assert save(client, respondent, bad, matrix).status_code == 422
