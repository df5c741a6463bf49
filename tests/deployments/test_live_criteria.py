"""Signed criteria that live figures answer: recorded, and told of when they no longer hold."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts import audit
from accounts.models import OutgoingMail
from charters.criteria import Comparator, Criterion, EvaluationData, Kind
from charters.models import Decision, Reading, Revision
from deployments.models import Alert, Deployment, Feedback, Sample
from deployments.watch.live_criteria import _figure, is_live, read_all
from tests.deployments import live_cast as seen
from tests.deployments import registry_cast as registry

pytestmark = pytest.mark.django_db
NOW = timezone.now()
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def deployment(cast: Any) -> Deployment:
    """Live in production; the charter's guard rail is a drift of 0.2 at most."""
    made = registry.deployment_of(cast, owner=cast.frank, slug="production")
    registry.release_of(made, live_at=NOW - dt.timedelta(days=9))
    registry.signed_by(made.project, cast.alice)
    return made


def readings() -> list[tuple[str, float | None, str]]:
    rows = Reading.objects.filter(source="live").order_by("noted_at")
    return [(row.criterion, row.value, row.candidate) for row in rows]


def told() -> list[str]:
    breach = OutgoingMail.objects.filter(template__in=["emails/live_breach", "emails/charter_verdict"])
    return list(breach.order_by("created_at").values_list("to", flat=True))


def test_one_reading_a_day_and_one_more_when_the_verdict_changes(deployment: Deployment) -> None:
    seen.drift(deployment, 0.1, at=NOW)
    read_all(NOW)
    seen.drift(deployment, 0.15, at=NOW + HOUR)
    read_all(NOW + HOUR)
    assert readings() == [("c3", 0.1, "bearing/1")]
    assert Alert.objects.count() == 0
    seen.drift(deployment, 0.31, at=NOW + 2 * HOUR)
    read_all(NOW + 2 * HOUR)
    read_all(NOW + 3 * HOUR)
    assert readings()[1:] == [("c3", 0.31, "bearing/1")]


def test_a_breach_turns_charter_and_project_red_and_tells_the_signers(
    cast: Any, deployment: Deployment
) -> None:
    seen.drift(deployment, 0.1, at=NOW)
    read_all(NOW)
    before = len(told())
    seen.drift(deployment, 0.31, at=NOW + HOUR)
    read_all(NOW + HOUR)
    alert = Alert.objects.get()
    words = "“Largest drift of an input” was met, now failing: 0.31; asked: at most 0.2"
    assert (alert.key, alert.words) == ("criterion:c3", words)
    assert told()[before:] == [cast.alice.email]
    for address in (
        f"/projects/{deployment.project_id}/",
        f"/charters/{deployment.project.charter_id}/",
        f"/deployments/{deployment.pk}/",
    ):
        page = cast.client("viewer").get(address).content.decode()
        assert "was met, now failing" in page, address
        assert "state-bad" in page, address
    # Back below the target: it closes, and the pages are no longer red for it.
    seen.drift(deployment, 0.12, at=NOW + 2 * HOUR)
    read_all(NOW + 2 * HOUR)
    alert.refresh_from_db()
    assert alert.closed_at is not None
    assert [value for _, value, _ in readings()] == [0.1, 0.31, 0.12]
    page = cast.client("viewer").get(f"/projects/{deployment.project_id}/").content.decode()
    assert "now failing" not in page


def test_what_was_never_met_does_not_claim_to_have_been(deployment: Deployment) -> None:
    seen.drift(deployment, 0.31, at=NOW)
    read_all(NOW)
    assert "is not met: 0.31" in Alert.objects.get().words
    read_all(NOW)
    assert "is not met: 0.31" in Alert.objects.get().words


def test_a_model_that_was_decided_to_scale_is_held_to_its_text(cast: Any, deployment: Deployment) -> None:
    revision = Revision.objects.get(charter=deployment.project.charter, state="in_force")
    entry = audit.record(
        organization=cast.organization, actor=cast.alice, event="charter.decided", subject=revision, data={}
    )
    Decision.objects.create(
        revision=revision,
        outcome="scale",
        reason="As agreed",
        by=cast.alice,
        by_name="Alice",
        by_email=cast.alice.email,
        decided_at=timezone.now(),
        audit=entry,
    )
    Revision.objects.filter(pk=revision.pk).update(state="closed")
    seen.drift(deployment, 0.31, at=NOW)
    read_all(NOW)
    assert readings() == [("c3", 0.31, "bearing/1")]
    assert told() == [cast.alice.email]


def test_made_up_or_old_figures_are_no_readings(deployment: Deployment) -> None:
    seen.drift(deployment, 0.5, at=NOW, simulated=True)
    seen.drift(deployment, 0.5, at=NOW - 25 * HOUR)
    read_all(NOW)
    assert readings() == []
    assert Alert.objects.count() == 0


def test_simulated_drift_is_named_as_what_does_not_count(cast: Any, deployment: Deployment) -> None:
    made_up = seen.drift(deployment, 0.5, at=timezone.now(), simulated=True)
    # As the demo makes it: of no release.
    type(made_up).objects.filter(pk=made_up.pk).update(release=None)
    found = cast.client("viewer").get(f"/deployments/{deployment.pk}/").content.decode()
    assert "The drift of the last day is simulated; it is shown and never counts." in found


def test_the_last_environment_counts(cast: Any, deployment: Deployment) -> None:
    staging = registry.deployment_of(cast, project=deployment.project, slug="staging", name="other")
    registry.release_of(staging, 2)
    seen.drift(staging, 0.9, at=NOW)
    read_all(NOW)
    assert readings() == []
    seen.drift(deployment, 0.1, at=NOW)
    read_all(NOW)
    assert readings() == [("c3", 0.1, "bearing/1")]


def criterion(key: str, target: str, *, unit: str = "none", **more: Any) -> Criterion:
    return Criterion(
        key="c9",
        name="Live",
        kind=Kind.GUARD_RAIL,
        metric_key=key,
        comparator=Comparator.AT_LEAST,
        target=Decimal(target),
        unit=unit,
        data=EvaluationData(source="Live figures"),
        **more,
    )


def test_the_truth_gives_performance_in_the_unit_of_the_criterion(deployment: Deployment) -> None:
    release = deployment.releases.get()
    wanted = criterion("recall", "90", unit="percent")
    assert is_live(wanted)
    assert "30 are needed" in _figure(wanted, deployment, release, NOW).why_not
    for at in range(40):
        Feedback.objects.create(
            deployment=deployment, release=release, request_id=str(at), asked_at=NOW - HOUR,
            output=int(at < 36), truth=1,
        )  # fmt: skip
    figure = _figure(wanted, deployment, release, NOW)
    assert (figure.value, figure.rows, figure.met) == (90, 40, True)
    assert _figure(criterion("recall", "91", unit="percent"), deployment, release, NOW).met is False


def test_a_slice_is_read_over_sampled_rows_whose_truth_is_known(deployment: Deployment) -> None:
    release = deployment.releases.get()
    for at in range(120):
        Feedback.objects.create(
            deployment=deployment, release=release, request_id=str(at), asked_at=NOW - HOUR,
            output=int(at % 2 == 0 or at < 20), truth=1,
        )  # fmt: skip
        if at < 100:
            # Of the rest the truth is known and the inputs are not.
            Sample.objects.create(
                deployment=deployment, release=release, request_id=str(at), at=NOW - HOUR,
                row={"bench": 3.0 if at % 2 else 4, "shift": "night" if at < 80 else None},
            )  # fmt: skip

    def read(slice_: str) -> tuple[float | None, int, str]:
        figure = _figure(criterion("recall", "0.9", slice=slice_), deployment, release, NOW)
        return figure.value, figure.rows, figure.why_not

    # Rows 1, 3, … 99, of which those below 20 were answered right; 10 of 40 by night.
    assert read("bench = 3") == (0.2, 50, "")
    assert read("bench = 3 and shift = night") == (0.25, 40, "")
    assert read("bench = 4.0") == (1.0, 50, "")
    assert read("bench = 5") == (None, 0, "The truth of 0 answers is known, 30 are needed.")
    assert "plant is not among the inputs that are kept" in read("plant = Bergen")[2]
    assert "not of the form" in read("all the nights")[2]
    # Without a slice all count, sampled or not.
    assert read("")[1] == 120
    Sample.objects.update(row=None)
    assert "the inputs are kept" in read("bench = 3")[2]


def test_buckets_give_shares_and_latencies(deployment: Deployment) -> None:
    release = deployment.releases.get()
    seen.bucket(deployment, NOW - HOUR, count=200, ms=80, errors={"model": 5}, fallbacks=10)
    assert _figure(criterion("error_share", "3"), deployment, release, NOW).value == 0.025
    assert _figure(criterion("fallback_share", "3", unit="percent"), deployment, release, NOW).value == 5
    latency = _figure(criterion("latency_p95_ms", "99"), deployment, release, NOW).value
    assert latency is not None
    assert 70 < latency <= 100
    sliced = _figure(criterion("error_share", "3", slice="bench = 3"), deployment, release, NOW)
    assert "not kept by slice" in sliced.why_not
    share = _figure(criterion("missing_of_slope", "3", slice="bench = 3"), deployment, release, NOW)
    assert "not kept by slice" in share.why_not
    assert "no metric" in _figure(criterion("no_such", "1"), deployment, release, NOW).why_not
