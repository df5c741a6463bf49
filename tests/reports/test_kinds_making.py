"""Asking for a report, watching it, downloading it: through pages and the job, with everybody's rights."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from assessment import actions
from assessment.invitees import Invitee
from assessment.models import Result
from jobs.actions import cancel
from jobs.models import Job, StoredFile
from jobs.runner import run
from reports import rendering
from reports.kinds import Kind
from reports.models import Report
from tests.assessment.cast import answer_all
from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def closed_round(cast: Cast) -> Result:
    assessment = actions.create_assessment(cast.organization, title="Round 1", by=cast.frank)
    invitees = [
        Invitee("Bob", "bob@firm.example", "practitioner"),
        Invitee("Ana", "ana@firm.example", "sponsor"),
    ]
    actions.invite_respondents(assessment, invitees, by=cast.frank)
    actions.open_round(assessment, by=cast.frank)
    answer_all(assessment)
    actions.start_review(assessment, by=cast.frank)
    return actions.close(assessment, by=cast.frank)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Laying out pages takes seconds; what happens around it is what these tests are about."""

    def lay_out(kind: Kind, data: Any, paper: str) -> bytes:
        return f"%PDF-1.7 {kind.key} {paper}".encode()

    monkeypatch.setattr(rendering, "lay_out", lay_out)


def page(result: Result) -> str:
    return f"/reports/readiness/{result.pk}/"


@pytest.mark.usefixtures("quick")
def test_a_member_makes_a_report_and_downloads_it(cast: Cast) -> None:
    result, client = closed_round(cast), cast.client("bob")
    assert "Not yet" not in client.get("/reports/").content.decode()
    response = client.post(f"{page(result)}make/", {"paper": "A4"})
    assert response["Location"] == page(result)
    report = Report.objects.get()
    shown = client.get(page(result)).content.decode()
    assert f"/reports/made/{report.pk}/" in shown
    file = client.get(f"/reports/made/{report.pk}/")
    assert b"".join(file.streaming_content) == b"%PDF-1.7 readiness A4"
    assert file["Content-Type"] == "application/pdf"
    assert file["X-Content-Type-Options"] == "nosniff"
    name = f"halvorsen-pumps-readiness-round-1-{timezone.localdate().isoformat()}.pdf"
    assert file["Content-Disposition"] == f'attachment; filename="{name}"'
    assert AuditEvent.objects.filter(event="report.made", subject_id=str(report.pk)).count() == 1


@pytest.mark.usefixtures("quick")
def test_asking_again_without_a_change_makes_nothing_new(cast: Cast) -> None:
    result, client = closed_round(cast), cast.client("bob")
    for _ in range(3):
        client.post(f"{page(result)}make/", {"paper": "A4"})
    assert Report.objects.count() == StoredFile.objects.count() == 1
    client.post(f"{page(result)}make/", {"paper": "Letter"})
    assert sorted(Report.objects.values_list("paper", flat=True)) == ["A4", "Letter"]


@pytest.mark.usefixtures("quick")
def test_what_the_report_says_decides_whether_it_is_made_anew(cast: Cast) -> None:
    result, client = closed_round(cast), cast.client("bob")
    client.post(f"{page(result)}make/")
    cast.organization.name = "Halvorsen & Daughters"
    cast.organization.save()
    client.post(f"{page(result)}make/")
    assert Report.objects.count() == 2


def test_paper_must_be_one_of_two(cast: Cast) -> None:
    result = closed_round(cast)
    assert cast.client("bob").post(f"{page(result)}make/", {"paper": "A0"}).status_code == 422
    assert not Job.objects.filter(name="reports.render").exists()


@pytest.mark.usefixtures("quick")
def test_strangers_find_nothing(cast: Cast) -> None:
    result, client = closed_round(cast), cast.client("bob")
    client.post(f"{page(result)}make/")
    report, stranger = Report.objects.get(), cast.client("charlie")
    for address in (page(result), f"/reports/made/{report.pk}/"):
        assert stranger.get(address).status_code == 404
    assert stranger.post(f"{page(result)}make/").status_code == 404
    assert "Round 1" not in stranger.get("/reports/").content.decode()
    for address in ("/reports/nonsense/1/", "/reports/readiness/1/"):
        assert client.get(address).status_code == 404
    assert (
        client.get("/reports/readiness/x%00/").status_code == 400
    )  # refused before any query, on every database


@pytest.mark.usefixtures("quick")
def test_who_leaves_the_organization_cannot_download_any_more(cast: Cast) -> None:
    result, client = closed_round(cast), cast.client("bob")
    client.post(f"{page(result)}make/")
    report = Report.objects.get()
    cast.membership("bob").delete()
    assert client.get(f"/reports/made/{report.pk}/").status_code == 404


def waiting_job(cast: Cast, result: Result, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.setattr("jobs.actions._enqueue", lambda job: None)
    cast.client("bob").post(f"{page(result)}make/")
    return Job.objects.get(name="reports.render")


@pytest.mark.usefixtures("quick")
def test_while_it_is_made_the_page_shows_how_far_and_can_cancel(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = closed_round(cast)
    job = waiting_job(cast, result, monkeypatch)
    shown = cast.client("bob").get(page(result)).content.decode()
    assert f"/jobs/{job.pk}/cancel/" in shown
    assert f"/jobs/{job.pk}/cancel/" not in cast.client("alice").get(page(result)).content.decode()
    cast.client("bob").post(f"/jobs/{job.pk}/cancel/")
    run(str(job.pk))
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert not Report.objects.exists()


def test_cancelling_while_it_is_laid_out_keeps_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    result = closed_round(cast)
    job = waiting_job(cast, result, monkeypatch)

    def lay_out(*args: Any) -> bytes:
        cancel(Job.objects.get(pk=job.pk))
        return b"%PDF"

    monkeypatch.setattr(rendering, "lay_out", lay_out)
    run(str(job.pk))
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert not Report.objects.exists()


@pytest.mark.usefixtures("quick")
def test_a_right_that_is_gone_ends_the_job(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    result = closed_round(cast)
    job = waiting_job(cast, result, monkeypatch)
    cast.membership("bob").delete()
    run(str(job.pk))
    job.refresh_from_db()
    assert job.state == "failed"
    assert not Report.objects.exists()
