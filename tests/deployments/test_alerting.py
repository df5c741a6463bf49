"""Alerts open once, tell the owner, can be taken, and close by themselves."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import OutgoingMail
from deployments.actions.moving import tell
from deployments.actions.releasing import stop
from deployments.models import Alert, Deployment, Release
from deployments.release.before import kept_as_fallback
from deployments.watch import alerting, drifting
from deployments.watch.alert_rules import Facts, Limits, headline, judge
from deployments.watch.alerting import watch_all
from tests.deployments import live_cast as seen
from tests.deployments import registry_cast as registry

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def deployment(cast: Any) -> Deployment:
    made = registry.deployment_of(cast, owner=cast.frank, slug="staging", latency_limit_ms=100)
    registry.release_of(made, live_at=NOW - dt.timedelta(days=9))
    seen.replicas(made, "ready")
    return made


def alerts(deployment: Deployment) -> list[tuple[str, bool]]:
    rows = Alert.objects.filter(deployment=deployment).order_by("opened_at", "key")
    return [(row.key, row.closed_at is None) for row in rows]


def mails() -> list[str]:
    return list(OutgoingMail.objects.filter(template="emails/deployment_alert").values_list("to", flat=True))


def test_one_that_is_odd_keeps_no_other_from_being_watched(
    deployment: Deployment, cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = registry.deployment_of(cast, project=deployment.project, name="odd", title="An odd one")
    registry.release_of(odd, live_at=NOW - dt.timedelta(days=9))
    facts, measure = alerting.facts_of, drifting.measure
    measured: list[str] = []

    def facts_of(one: Deployment, now: dt.datetime) -> Facts:
        if one == odd:
            raise ValueError("a reading that nobody can read")
        return facts(one, now)

    def measure_one(one: Deployment, now: dt.datetime) -> None:
        measured.append(one.name)
        if one == odd:
            raise ValueError("a row that nobody can read")
        measure(one, now)

    monkeypatch.setattr(alerting, "facts_of", facts_of)
    monkeypatch.setattr(drifting, "measure", measure_one)
    seen.bucket(deployment, NOW - MINUTE, count=100, errors={"model": 50})
    watch_all(NOW)
    assert alerts(deployment) == [("errors", True)]
    drifting.measure_all(NOW)
    assert sorted(measured) == ["bearing", "odd"]


def test_what_stays_within_its_limits_calls_nobody(deployment: Deployment) -> None:
    seen.bucket(deployment, NOW - MINUTE, count=1000, errors={"model": 5, "refused": 500})
    seen.drift(deployment, 0.19, missing=0.1)
    watch_all(NOW)
    assert alerts(deployment) == []
    assert mails() == []


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("errors", "5 % of the answers failed, limit 1 %"),
        ("latency", "limit 100 ms"),
        ("drift", "Drift 0.23 of slope, limit 0.20"),
        ("missing", "slope: 29 % more values missing than in the reference, limit 10 %"),
        ("replicas", "0 of 1 replicas answer"),
    ],
)
def test_each_limit_opens_one_alert_and_closes_it_again(
    cast: Any, deployment: Deployment, key: str, words: str
) -> None:
    if key == "errors":
        seen.bucket(deployment, NOW - MINUTE, errors={"model": 3, "timeout": 2})
    elif key == "latency":
        seen.bucket(deployment, NOW - MINUTE, ms=180)
    elif key == "drift":
        seen.drift(deployment, 0.23, at=NOW)
    elif key == "missing":
        seen.drift(deployment, 0.02, missing=0.3, at=NOW)
    else:
        seen.replicas(deployment, "gone")
    watch_all(NOW)
    watch_all(NOW + MINUTE)
    assert alerts(deployment) == [(key, True)]
    assert words in Alert.objects.get().words
    assert mails() == [cast.frank.email]
    later = NOW + dt.timedelta(minutes=30)
    seen.bucket(deployment, later - MINUTE)
    seen.drift(deployment, 0.02, at=later)
    seen.replicas(deployment, "ready")
    watch_all(later)
    assert alerts(deployment) == [(key, False)]
    assert [row.kind for row in deployment.changes.order_by("at", "kind")] == ["alert_opened", "alert_closed"]


def test_a_few_requests_prove_nothing(deployment: Deployment) -> None:
    seen.bucket(deployment, NOW - MINUTE, count=19, errors={"model": 19})
    watch_all(NOW)
    assert alerts(deployment) == []
    seen.bucket(deployment, NOW - 2 * MINUTE, count=40, errors={"model": 40})
    watch_all(NOW)
    assert alerts(deployment) == [("errors", True)]
    # Silence closes nothing.
    watch_all(NOW + dt.timedelta(hours=1))
    assert alerts(deployment) == [("errors", True)]


def test_it_is_told_again_after_the_quiet_time_only(deployment: Deployment) -> None:
    deployment.quiet_minutes = 60
    deployment.save()
    seen.drift(deployment, 0.3, at=NOW)
    for minutes in (0, 30, 59):
        watch_all(NOW + minutes * MINUTE)
    assert len(mails()) == 1
    watch_all(NOW + 60 * MINUTE)
    assert len(mails()) == 2
    # Back and over again within the quiet time: a new alert, no new mail.
    seen.drift(deployment, 0.1, at=NOW + 70 * MINUTE)
    watch_all(NOW + 71 * MINUTE)
    seen.drift(deployment, 0.3, at=NOW + 80 * MINUTE)
    watch_all(NOW + 81 * MINUTE)
    assert alerts(deployment) == [("drift", False), ("drift", True)]
    assert len(mails()) == 2


def test_somebody_takes_it_once(cast: Any, deployment: Deployment) -> None:
    seen.drift(deployment, 0.3, at=NOW)
    watch_all(NOW)
    alert = Alert.objects.get()
    desk = cast.client("facilitator").get("/").content.decode()
    assert "Bearing wear: Drift 0.30 of slope" in desk
    address = f"/deployments/alerts/{alert.pk}/take/"
    assert cast.client("viewer").post(address).status_code == 403
    assert cast.client("stranger").post(address).status_code == 404
    cast.client("facilitator").post(address, {"note": "Retrain with bench 3"})
    alert.refresh_from_db()
    assert (alert.taken_by, alert.note, alert.closed_at) == (cast.frank, "Retrain with bench 3", None)
    assert cast.client("owner").post(address).status_code == 409
    alert.refresh_from_db()
    assert alert.taken_by == cast.frank
    assert "Bearing wear: Drift 0.30" not in cast.client("facilitator").get("/").content.decode()
    page = cast.client("viewer").get(f"/deployments/{deployment.pk}/").content.decode()
    assert "Retrain with bench 3" in page
    assert address not in page


@pytest.mark.parametrize("key", ["drift", "missing"])
def test_what_the_version_before_was_asked_is_no_alarm_for_the_new_one(
    cast: Any, deployment: Deployment, key: str
) -> None:
    Deployment.objects.update(fallback="constant", fallback_value=0)
    values = {"psi": 0.3} if key == "drift" else {"psi": 0.02, "missing": 0.3}
    seen.drift(deployment, at=NOW, **values)
    watch_all(NOW)
    before = deployment.releases.get()
    assert (alerts(deployment), Alert.objects.get().release) == ([(key, True)], before)
    # A canary has answered from before the alert; nothing ends while the old version is live.
    after = registry.release_of(deployment, 7, "canary", live_at=NOW - dt.timedelta(hours=1))
    watch_all(NOW + MINUTE)
    assert alerts(deployment) == [(key, True)]
    Release.objects.filter(pk=before.pk).update(state="stopped")
    Release.objects.filter(pk=after.pk).update(state="live")
    seen.replicas(deployment, "ready")
    # It would stop the new version too.
    Deployment.objects.update(stops_on_drift=True)
    watch_all(NOW + 2 * MINUTE)
    assert alerts(deployment) == [(key, False)]
    deployment.refresh_from_db()
    assert deployment.wanted == "running"
    page = cast.client("frank").get(reverse("deployments:show", args=[deployment.pk])).content.decode()
    assert "It was about release 1 (bearing version 1): release 2 (bearing version 7) is live now" in page
    assert "The drift of the live version is not measured yet" in page
    assert "has drifted since" not in page
    # Its own rows open one of its own.
    Deployment.objects.update(stops_on_drift=False)
    seen.drift(deployment, at=NOW + 3 * MINUTE, **values)
    watch_all(NOW + 3 * MINUTE)
    assert alerts(deployment) == [(key, False), (key, True)]
    assert Alert.objects.get(closed_at=None).release == after


def test_a_new_version_is_measured_without_waiting_for_the_hour_of_the_one_before(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[str] = []
    monkeypatch.setattr(drifting, "measure", lambda one, now: measured.append(one.name))
    seen.drift(deployment, 0.1, at=NOW)
    drifting.measure_all(NOW)
    assert measured == []
    deployment.releases.update(state="stopped")
    registry.release_of(deployment, 7)
    drifting.measure_all(NOW)
    assert measured == [deployment.name]


def test_without_an_owner_the_leads_are_told(cast: Any, deployment: Deployment) -> None:
    Deployment.objects.update(owner=None)
    seen.drift(deployment, 0.3, at=NOW)
    watch_all(NOW)
    leads = deployment.project.members.filter(role="lead", left_at=None)
    assert sorted(mails()) == sorted(row.user.email for row in leads)
    assert mails()


def test_drift_stops_it_where_that_was_agreed(deployment: Deployment) -> None:
    seen.drift(deployment, 0.3, at=NOW)
    Deployment.objects.update(stops_on_drift=True)
    watch_all(NOW)
    deployment.refresh_from_db()
    assert deployment.wanted == "stopped"
    assert deployment.releases.get().state == "draining"


def test_drift_leaves_the_version_before_where_it_is_the_fallback(cast: Any, deployment: Deployment) -> None:
    live = deployment.releases.get()
    assert live.live_at is not None
    hour = dt.timedelta(hours=1)
    before = registry.release_of(deployment, 7, "draining", live_at=live.live_at - hour, number=90)
    # A canary that was taken back has answered later, but nobody wants it back.
    canary = registry.release_of(deployment, 8, "draining", live_at=live.live_at + hour, number=91)
    tell(deployment, "taken_back", "Taken back", release=canary)
    seen.drift(deployment, 0.3, at=NOW)
    Deployment.objects.update(stops_on_drift=True, fallback="previous")
    watch_all(NOW)
    deployment.refresh_from_db()
    assert (deployment.wanted, deployment.kept) == ("stopped", before)
    assert kept_as_fallback(deployment) == before.pk
    page = cast.client("frank").get(reverse("deployments:show", args=[deployment.pk])).content.decode()
    assert "Stopped; the version before answers" in page
    stop(deployment, by=cast.frank)
    deployment.refresh_from_db()
    assert kept_as_fallback(deployment) is None
    page = cast.client("frank").get(reverse("deployments:show", args=[deployment.pk])).content.decode()
    assert "Stopped; callers get an error that says so" in page


def test_the_mail_says_why_it_comes_and_what_was_done(deployment: Deployment, mailoutbox: Any) -> None:
    seen.drift(deployment, 0.3, at=NOW)
    Deployment.objects.update(stops_on_drift=True, fallback="constant", fallback_value=0)
    watch_all(NOW)
    [letter] = mailoutbox
    told = " ".join(letter.body.split())
    assert "You are told because you answer for its operation." in told
    assert "It was stopped, as was agreed for drift over the limit. Callers get the constant answer." in told
    Alert.objects.all().delete()
    Deployment.objects.update(owner=None, wanted="running", stops_on_drift=False)
    Release.objects.update(state="live")
    watch_all(NOW)
    told = " ".join(mailoutbox[-1].body.split())
    assert "because you lead its project and nobody is named as its owner." in told
    assert "It was stopped" not in told


def test_the_page_says_who_was_told_and_why_nobody(cast: Any, deployment: Deployment) -> None:
    page = reverse("deployments:show", args=[deployment.pk])
    told = [{"name": "Ann", "at": "1"}, {"name": "Ida", "at": "2"}, {"name": "Rolf", "at": "2"}]
    alert = Alert.objects.create(
        deployment=deployment, kind="errors", key="errors", words="Errors", told=told, told_at=NOW
    )
    assert "Ida and Rolf were told on" in cast.client("frank").get(page).content.decode()
    Alert.objects.filter(pk=alert.pk).update(told=[])
    assert "Nobody could be told: no owner is named" in cast.client("frank").get(page).content.decode()
    Alert.objects.filter(pk=alert.pk).update(told_at=None)
    assert "the quiet time since the last alert" in cast.client("frank").get(page).content.decode()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "95 % of the answers take up to 1,612 ms, limit 1,000 ms",
            "95 % of the answers take up to 1,612 ms",
        ),
        ("“Day: all” was met, now failing: 0.3; asked: at least 1", "“Day: all” was met, now failing"),
        ("“Drift” is not met: 0.31; asked: at most 0.2", "“Drift” is not met"),
        ("1 of 2 replicas answer", "1 of 2 replicas answer"),
    ],
)  # fmt: skip
def test_a_headline_has_no_limits_in_it(words: str, expected: str) -> None:
    assert headline(words) == expected


@pytest.mark.parametrize(
    ("share", "words"), [(0.0123, "1.2 %"), (0.123, "12 %"), (0.996, "100 %"), (1, "100 %")]
)
def test_shares_read_as_shares(share: float, words: str) -> None:
    facts = Facts(requests=1000, error_share=share)
    [finding] = judge(facts, Limits(error_share=0.01, latency_ms=None, drift=0.2, missing=0.1))
    assert finding.words == f"{words} of the answers failed, limit 1 %"


def test_a_stopped_model_is_not_missed(deployment: Deployment) -> None:
    seen.replicas(deployment, "gone")
    watch_all(NOW)
    assert alerts(deployment) == [("replicas", True)]
    Deployment.objects.update(wanted="stopped")
    watch_all(NOW + MINUTE)
    assert alerts(deployment) == [("replicas", False)]


def test_made_up_figures_call_nobody(deployment: Deployment) -> None:
    seen.drift(deployment, 0.9, at=NOW, simulated=True)
    seen.bucket(deployment, NOW - MINUTE, errors={"model": 90}, simulated=True)
    watch_all(NOW)
    assert alerts(deployment) == []


def made_up_alert(deployment: Deployment) -> Alert:
    return Alert.objects.create(
        deployment=deployment, kind="drift", key="drift", words="Drift 0.23 of slope", simulated=True
    )


def test_a_made_up_alert_is_named_so_wherever_it_shows(cast: Any, deployment: Deployment) -> None:
    made_up_alert(deployment)
    client = cast.client("facilitator")
    for address, words in (
        ("/", "Alert (simulated)"),
        ("/deployments/", "Drift 0.23 of slope (simulated)"),
        (f"/deployments/{deployment.pk}/", "Watch (simulated)"),
    ):
        assert words in client.get(address).content.decode(), address


def test_a_made_up_alert_gives_way_to_a_real_one(deployment: Deployment) -> None:
    before = made_up_alert(deployment)
    seen.drift(deployment, 0.3, at=NOW)
    watch_all(NOW)
    before.refresh_from_db()
    assert (before.words, before.closed_at) == ("Drift 0.23 of slope", NOW)
    assert Alert.objects.get(closed_at=None).simulated is False
