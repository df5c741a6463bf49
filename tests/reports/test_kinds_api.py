"""Reports by token: what can be printed, asking, waiting, the file, and what a token must not reach."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from accounts import actions as accounts
from jobs.models import Job
from reports.models import Report
from tests.conftest import Cast
from tests.reports.test_kinds_making import closed_round, quick

__all__ = ["quick"]
pytestmark = pytest.mark.django_db(transaction=True)


def api(cast: Cast, who: str = "bob", scopes: tuple[str, ...] = ("reports:write",)) -> APIClient:
    person = cast.person(who)
    organization = cast.other if who == "charlie" else cast.organization
    _, secret = accounts.create_token(organization, by=person, name="test", scopes=list(scopes))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.mark.usefixtures("quick")
def test_a_program_asks_waits_and_takes_the_file(cast: Cast) -> None:
    result, client = closed_round(cast), api(cast)
    (offer,) = client.get("/api/v1/reports/offers/").json()
    assert (offer["kind"], offer["subject_id"], offer["made"]) == ("readiness", str(result.pk), None)
    asked = client.post("/api/v1/report-requests/", {"kind": "readiness", "subject_id": str(result.pk)})
    assert asked.status_code == 202
    state = client.get(f"/api/v1/report-requests/{asked.json()['id']}/").json()
    assert state["state"] == "done"
    report = client.get(f"/api/v1/reports/{state['report']}/").json()
    assert report["kind"] == "readiness"
    file = client.get(f"/api/v1/reports/{state['report']}/file/")
    assert b"".join(file.streaming_content) == b"%PDF-1.7 readiness A4"
    assert [row["id"] for row in client.get("/api/v1/reports/").json()["results"]] == [state["report"]]


def test_bad_wishes_are_named(cast: Cast) -> None:
    client = api(cast)
    for body in ({}, {"kind": "novel", "subject_id": "x"}, {"kind": "readiness", "paper": "A0"}):
        response = client.post("/api/v1/report-requests/", body)
        assert response.status_code in (400, 422)
        assert response.json()["error"]["fields"]
    assert not Job.objects.exists()


@pytest.mark.usefixtures("quick")
def test_neither_strangers_nor_narrow_tokens_get_anything(cast: Cast) -> None:
    result = closed_round(cast)
    wish = {"kind": "readiness", "subject_id": str(result.pk)}
    asked = api(cast).post("/api/v1/report-requests/", wish).json()
    report = Report.objects.get()
    stranger = api(cast, "charlie")
    assert stranger.post("/api/v1/report-requests/", wish).status_code == 404
    assert stranger.get("/api/v1/reports/").json()["results"] == []
    for address in (
        f"/api/v1/reports/{report.pk}/",
        f"/api/v1/reports/{report.pk}/file/",
        f"/api/v1/report-requests/{asked['id']}/",
        f"/api/v1/exports/{result.assessment_id}/",
    ):
        assert stranger.get(address).status_code == 404
    assert api(cast, "alice").get(f"/api/v1/report-requests/{asked['id']}/").status_code == 404
    reader = api(cast, scopes=("reports:read",))
    assert reader.post("/api/v1/report-requests/", wish).status_code == 403
    assert api(cast, scopes=("charters:write",)).get("/api/v1/reports/").status_code == 403


def test_answers_leave_only_for_those_who_lead(cast: Cast) -> None:
    result = closed_round(cast)
    address = f"/api/v1/exports/{result.assessment_id}/"
    assert api(cast).get(address).status_code == 403
    response = api(cast, "frank").get(address)
    assert response.status_code == 200
    assert b"practitioner" in b"".join(response.streaming_content)
