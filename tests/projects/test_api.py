"""Projects by the API: the signed criteria open to the project's own tracking token, and to nothing more."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.actions import create_token
from charters.actions import record_reading
from charters.models import Reading
from charters.queries import revision_in_force
from projects.actions import open_from_initiative
from projects.actions.tokens import create_project_token, revoke_project_token
from projects.models import Candidate, Project
from tests.projects import cast as made

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast: Any) -> Project:
    return made.project(cast.organization, cast.frank)


def by_token(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def api(cast: Any, user: Any, *scopes: str) -> APIClient:
    """A client with an API token of this person."""
    given = list(scopes) or ["projects:write"]
    return by_token(create_token(cast.organization, by=user, name="t", scopes=given)[1])


def criteria(project: Project) -> str:
    return f"/api/v1/projects/{project.slug}/criteria/"


def tracking(project: Project, by: Any, **more: Any) -> str:
    return create_project_token(project, by=by, scope="tracking", name="Notebook", **more)[1]


def test_the_signed_criteria_stand_with_their_verdicts(cast: Any, project: Project) -> None:
    Candidate.objects.create(project=project, model="bearing", version=2)
    record_reading(
        revision_in_force(project.charter),
        "c1",
        by=cast.frank,
        taken_on=dt.date(2026, 3, 2),
        value=0.91,
        candidate="bearing/2",
        unit="fraction",
        metric_key="recall_score",
        data_name="holdout.csv",
        data_digest="abcd1234",
        source=Reading.Source.TRACKING,
        candidate_judged="bearing/2",
        run="r1",
    )
    found = by_token(tracking(project, cast.frank)).get(criteria(project)).json()
    assert found["project"] == project.slug
    assert found["candidate"] == "bearing/2"
    assert found["charter"]["code"] == project.charter.code
    assert found["charter"]["sha256"] == revision_in_force(project.charter).sha256
    first = next(item for item in found["criteria"] if item["key"] == "c1")
    assert "recall_score" in first["sentence"]
    assert (first["outcome"], first["reading"]["value"]) == ("met", 0.91), first["why"]
    assert first["reading"]["run"] == "r1"
    others = {item["outcome"] for item in found["criteria"] if item["key"] != "c1"}
    assert others <= {"not_yet"}
    assert found == api(cast, cast.victor, "projects:read").get(criteria(project)).json()


def test_only_the_projects_own_open_tracking_token_fits(cast: Any, project: Project) -> None:
    other = open_from_initiative(cast.organization, by=cast.frank, initiative="x", name="Other")
    token, secret = create_project_token(project, by=cast.frank, scope="tracking", name="Notebook")
    serving = create_project_token(project, by=cast.frank, scope="serving", name="Line")[1]
    assert by_token(secret).get(criteria(project)).status_code == 200
    assert by_token(secret).get(criteria(other)).status_code == 401
    assert by_token(serving).get(criteria(project)).status_code == 401
    assert by_token(f"{secret}x").get(criteria(project)).status_code == 401
    ended = tracking(project, cast.frank, expires_at=timezone.now() - dt.timedelta(days=1))
    assert by_token(ended).get(criteria(project)).status_code == 401
    assert by_token(secret).get("/api/v1/charters/").status_code == 401
    assert by_token(secret).post(criteria(project), {}, format="json").status_code == 405
    revoke_project_token(token, by=cast.frank)
    answer = by_token(secret).get(criteria(project))
    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "This token does not open this project."


def test_a_project_without_a_charter_has_no_criteria(cast: Any) -> None:
    plain = open_from_initiative(cast.organization, by=cast.frank, initiative="x", name="Labels")
    found = by_token(tracking(plain, cast.frank)).get(criteria(plain)).json()
    assert (found["charter"], found["verdict"], found["criteria"]) == (None, None, [])


def test_scopes_and_strangers(cast: Any, project: Project) -> None:
    assert api(cast, cast.bob, "charters:write").get(criteria(project)).status_code == 403
    stranger = create_token(cast.other, by=cast.charlie, name="t", scopes=["projects:write"])[1]
    assert by_token(stranger).get(criteria(project)).status_code == 404
