"""The live page: its finding, its figures in every span, its settings, and how much it reads."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from deployments.actions.moving import tell
from deployments.models import Bucket, Deployment, DriftReading, Feedback, Reference, ResourceUse, Sample
from deployments.watch.figures import DAY, HOUR
from deployments.watch.live_charts import predictions
from deployments.watch.live_figures import SPANS, seen_of
from jobs import files
from jobs.models import StoredFile
from tests.deployments import live_cast as seen
from tests.deployments import registry_cast as registry

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def deployment(cast: Any) -> Deployment:
    made = registry.deployment_of(cast, owner=cast.frank, slug="production", latency_limit_ms=100)
    registry.release_of(
        made,
        version=4,
        live_at=NOW - dt.timedelta(hours=2),
        signature={"inputs": [{"name": "slope", "type": "double", "required": True}]},
    )
    seen.replicas(made, "ready", "ready")
    return made


def page(cast: Any, deployment: Deployment, span: str = "24h", who: str = "viewer") -> str:
    response = cast.client(who).get(f"/deployments/{deployment.pk}/?span={span}")
    assert response.status_code == 200
    return str(response.content.decode())


def fill(deployment: Deployment) -> None:
    """A little of everything that the page shows."""
    seen.bucket(deployment, NOW - 5 * MINUTE, count=99, outputs={"bins": {"1": 60, "3": 39}, "level": -2})
    seen.drift(deployment, 0.1, at=NOW - MINUTE)
    ResourceUse.objects.create(
        deployment=deployment, start=NOW - MINUTE, rss_mb=200, cpu_seconds=3, ready=2, wanted=2
    )
    for at in range(12):
        Feedback.objects.create(
            deployment=deployment,
            request_id=str(at),
            asked_at=NOW - 9 * MINUTE,
            output=at % 3 > 0,
            truth=True,
        )


def test_before_anybody_asks_it_says_so(cast: Any, deployment: Deployment) -> None:
    found = page(cast, deployment)
    assert "Nobody has asked it in the last 24 hours." in found
    assert "2 of 2 answer" in found


def test_the_last_hour_is_called_so(cast: Any, deployment: Deployment) -> None:
    assert "Nobody has asked it in the last hour." in page(cast, deployment, "1h")


def test_what_is_stopped_can_be_started_where_one_looks(cast: Any, deployment: Deployment) -> None:
    Deployment.objects.filter(pk=deployment.pk).update(wanted="stopped")
    start = f"/deployments/{deployment.pk}/start/"
    assert start in page(cast, deployment, who="frank")
    assert start not in page(cast, deployment, who="viewer")


@pytest.mark.parametrize("span", [*SPANS, "nonsense"])
def test_each_span_draws_what_is_known(cast: Any, deployment: Deployment, span: str) -> None:
    fill(deployment)
    found = page(cast, deployment, span)
    for words in (
        "99 requests in the last",
        "within the 100 ms agreed",
        "No answer failed",
        "No input has drifted: slope most, at 0.10",
        "Half of the answers are below",
        "Accuracy 0.667 where the truth is known",
        "200 MB of memory",
        "Version 4",
    ):
        assert words in found, words
    assert "Simulated" not in found
    # What reads itself again is found by its id.
    ids = re.findall(r' id="([^"]+)"', found)
    assert len(ids) == len(set(ids))
    assert 'hx-select="#live-page"' in found


def test_drift_over_its_limit_is_the_finding(cast: Any, deployment: Deployment) -> None:
    from deployments.watch.alerting import watch_all

    seen.drift(deployment, 0.1, at=NOW - 60 * MINUTE)
    seen.drift(deployment, 0.23, at=NOW)
    watch_all(NOW)
    found = page(cast, deployment, who="facilitator")
    assert "slope has drifted since" in found
    assert "Drift 0.23 of slope, limit 0.20" in found
    assert "I take it" in found


def test_made_up_figures_are_named_and_give_way_to_real_ones(cast: Any, deployment: Deployment) -> None:
    begin = NOW - dt.timedelta(days=3)
    seen.bucket(deployment, begin, seconds=DAY, count=500, simulated=True)
    seen.drift(deployment, 0.1, at=begin, simulated=True)
    found = page(cast, deployment, "30d")
    assert "Simulated figures" in found
    assert "500 simulated requests in the last 30 days" in found
    seen.bucket(deployment, begin, seconds=DAY, count=40)
    whole = seen_of(deployment, SPANS["30d"], NOW).whole
    assert whole.count == 40
    # Another day that is simulated alone is drawn, and never counted with what is real.
    seen.bucket(deployment, begin - dt.timedelta(days=1), seconds=DAY, count=500, simulated=True)
    found = page(cast, deployment, "30d")
    assert ">40 requests in the last 30 days" in found
    assert "Simulated figures" in found


def test_days_hours_and_minutes_are_counted_once(deployment: Deployment) -> None:
    """A page reads the longest buckets that are over, then shorter ones."""
    long_ago = NOW - dt.timedelta(days=5)
    for seconds in (60, HOUR, DAY):
        seen.bucket(deployment, long_ago, seconds=seconds, count=7)
        seen.bucket(deployment, NOW - 5 * MINUTE, seconds=seconds, count=3)
    for span in ("7d", "30d", "90d"):
        assert seen_of(deployment, SPANS[span], NOW).whole.count == 10, span
    for span in ("1h", "24h"):
        assert seen_of(deployment, SPANS[span], NOW).whole.count == 3, span


def test_two_readings_of_one_moment_break_no_page(cast: Any, deployment: Deployment) -> None:
    for simulated in (True, False):
        seen.drift(deployment, 0.1, at=NOW, simulated=simulated)
        ResourceUse.objects.create(
            deployment=deployment, start=NOW, rss_mb=1, cpu_seconds=1, ready=1, wanted=1, simulated=simulated
        )
    for span in SPANS:
        page(cast, deployment, span)


def test_a_single_reading_stands_at_its_time_of_the_span(cast: Any, deployment: Deployment) -> None:
    """With its own moment as the whole axis, every label of it would be the same."""
    seen.drift(deployment, 0.1, at=NOW - dt.timedelta(hours=6))
    text = page(cast, deployment, "24h")
    drawing = re.search(r"No input has drifted.*?</svg>", text, re.DOTALL)
    assert drawing is not None
    clock = re.findall(r">(\d\d:\d\d)<", drawing[0])
    assert len(clock) > 2
    assert len(set(clock)) == len(clock)


def test_steps_of_a_release_are_told_in_the_history_alone(cast: Any, deployment: Deployment) -> None:
    release = deployment.releases.get(state="live")
    tell(deployment, "release_testing", "bearing version 1 is tested", release=release)
    tell(deployment, "release_live", "bearing version 1 is live", release=release)
    text = page(cast, deployment)
    assert "bearing version 1 is live" in text
    assert "bearing version 1 is tested" not in text
    history = cast.client("viewer").get(f"/deployments/{deployment.pk}/history/").content.decode()
    assert "bearing version 1 is tested" in history


def test_tiny_answers_are_told_as_a_person_would(cast: Any, deployment: Deployment) -> None:
    spec = predictions({"bins": {"0": 9, "999999": 1}, "level": -20}, None, simulated=False)
    assert spec is not None
    assert spec.title == "Half of the answers are below 0.0001"


def test_numbers_behind_a_figure_can_be_kept(cast: Any, deployment: Deployment) -> None:
    fill(deployment)
    address = f"/deployments/{deployment.pk}/charts"
    table = cast.client("viewer").get(f"{address}/volume.csv?span=1h").content.decode()
    assert table.splitlines()[0] == "\ufeffFrom,Requests,Limit"
    assert any(",99.0," in line for line in table.splitlines())
    assert cast.client("viewer").get(f"{address}/nothing.csv").status_code == 404
    assert cast.client("stranger").get(f"{address}/volume.csv").status_code == 404


@pytest.mark.queries
def test_more_figures_need_no_more_queries(cast: Any, deployment: Deployment) -> None:
    fill(deployment)
    client = cast.client("viewer")

    def counted() -> int:
        client.get(f"/deployments/{deployment.pk}/?span=90d")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/deployments/{deployment.pk}/?span=90d")
        return len(queries)

    few = counted()
    for at in range(30):
        seen.bucket(deployment, NOW - dt.timedelta(days=at + 2), seconds=DAY)
        seen.drift(deployment, 0.1, at=NOW - dt.timedelta(hours=at))
        deployment.changes.create(kind="note", words=f"Note {at}")
    for number in range(2, 6):
        registry.release_of(deployment, number, "stopped")
    assert counted() <= few + 1
    assert few <= 45


def test_settings_hold_at_once_and_masked_columns_leave(cast: Any, deployment: Deployment) -> None:
    row = {"slope": 1.5, "name": "Ida"}
    Sample.objects.create(deployment=deployment, request_id="a", at=NOW, row=row, output=1)
    deployment.releases.update(
        signature={"inputs": [{"name": "slope", "type": "double"}, {"name": "name", "type": "string"}]}
    )
    address = f"/deployments/{deployment.pk}/watching/"
    values = {
        "owner": str(cast.alice.pk), "latency_limit_ms": "", "error_limit": "2", "drift_limit": "0.25",
        "missing_limit": "5", "quiet_minutes": "60", "keeps_samples": "on", "sample_days": "7",
        "masked": ["name"],
    }  # fmt: skip
    assert cast.client("viewer").post(address, values).status_code == 403
    response = cast.client("facilitator").post(address, {**values, "error_limit": "200"})
    assert response.status_code == 422
    assert cast.client("facilitator").post(address, values).status_code == 302
    deployment.refresh_from_db()
    kept = (deployment.owner, deployment.error_limit, deployment.masked, deployment.sample_days)
    assert kept == (cast.alice, 0.02, ["name"], 7)
    assert Sample.objects.get().row == {"slope": 1.5}
    del values["keeps_samples"]
    cast.client("facilitator").post(address, values)
    assert Sample.objects.get().row is None


def test_what_is_kept_can_be_deleted_for_good(cast: Any, deployment: Deployment) -> None:
    fill(deployment)
    stored = files.store(b"{}", organization=cast.organization, name="s.json", content_type="text/csv")
    Reference.objects.create(
        project=deployment.project, model="bearing", version=4, source="gateway", sha256="0", rows=1,
        file=stored,
    )  # fmt: skip
    Reference.objects.create(
        project=deployment.project, model="bearing", version=4, source="upload", sha256="0", rows=1
    )
    Sample.objects.create(deployment=deployment, request_id="a", at=NOW, row={"x": 1}, output=1)
    address = f"/deployments/{deployment.pk}/samples/delete/"
    assert cast.client("viewer").post(address).status_code == 403
    assert cast.client("facilitator").post(address).status_code == 302
    assert not Sample.objects.exists()
    assert not Feedback.objects.exists()
    assert [row.source for row in Reference.objects.all()] == ["upload"]
    assert not StoredFile.objects.filter(pk=stored.pk).exists()
    assert Bucket.objects.exists()
    assert DriftReading.objects.exists()
    assert "were deleted" in deployment.changes.first().words


def test_what_runs_elsewhere_has_no_figures(cast: Any, deployment: Deployment) -> None:
    Deployment.objects.update(kind="external")
    response = cast.client("viewer").get(f"/deployments/{deployment.pk}/")
    assert response.headers["Location"] == f"/deployments/{deployment.pk}/history/"
