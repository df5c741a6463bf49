"""What Prometheus reads, and who else does not."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from deployments.models import Alert, Bucket, DriftReading, Replica
from deployments.watch.rollups import forget, roll_up
from tests.deployments import serving
from tests.deployments.test_rollups import minute, sample

pytestmark = pytest.mark.django_db
TOKEN = "a-long-token-of-prometheus"


def read(settings: Any, *, sent: str = f"Bearer {TOKEN}") -> dict[tuple[str, str], float]:
    """Values by name and by the label that tells them apart."""
    settings.METRICS_TOKEN = TOKEN
    answer = Client().get("/metrics", headers={"authorization": sent})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    found = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for one in family.samples:
            own = {name: value for name, value in one.labels.items() if name in ("reason", "le", "version")}
            assert one.labels["deployment"] == "flood-risk"
            found[one.name.removeprefix("throughline_"), "".join(own.values())] = one.value
    return found


@pytest.mark.parametrize("sent", ["", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
@pytest.mark.parametrize("wanted", ["", TOKEN])
def test_without_the_token_there_is_no_such_page(cast: Any, settings: Any, sent: str, wanted: str) -> None:
    settings.METRICS_TOKEN = wanted
    headers = {"authorization": sent} if sent else {}
    assert Client().get("/metrics", headers=headers).status_code == 404
    assert cast.client("owner").get("/metrics", headers=headers).status_code == 404


def test_counts_only_ever_grow_whoever_sums_up_when(cast: Any, settings: Any) -> None:
    flood = serving.deployment(cast)
    begin = dt.datetime(2026, 3, 8, 20, 5, tzinfo=dt.UTC)
    for step in range(60):
        now = begin + dt.timedelta(minutes=59 * step)
        minute(flood, now)
        minute(flood, now, number=2)
        minute(flood, now, simulated=True)
        if step % 7 == 3:
            roll_up(now)
            forget(now)
        if step % 4 == 0:
            seen = read(settings)
            assert seen["requests_total", ""] == 4 * (step + 1)
            assert seen["errors_total", "model"] == 2 * (step + 1)
            assert seen["errors_total", "timeout"] == 0
            assert seen["latency_seconds_bucket", "+Inf"] == 4 * (step + 1)
    assert Bucket.objects.filter(seconds=86400, simulated=False).exists()


@pytest.mark.parametrize("days", [5, 120])
def test_a_long_silence_takes_nothing_away(cast: Any, settings: Any, days: int) -> None:
    flood = serving.deployment(cast)
    begin = dt.datetime(2026, 3, 8, 20, 5, tzinfo=dt.UTC)
    for step in (0, 30, 90, 1500):
        minute(flood, begin + dt.timedelta(minutes=step))
    before = read(settings)["requests_total", ""]
    # As the worker does: hours and days are made as time goes on, then their parts are forgotten.
    for now in (begin + dt.timedelta(days=2), begin + dt.timedelta(days=days)):
        roll_up(now)
        forget(now)
        assert read(settings)["requests_total", ""] == before
    minute(flood, begin + dt.timedelta(days=days))
    after = read(settings)["requests_total", ""]
    assert after == before * 5 / 4
    roll_up(begin + dt.timedelta(days=days))
    assert read(settings)["requests_total", ""] == after


def test_state_is_told_and_nothing_about_people_or_rows(cast: Any, settings: Any) -> None:
    flood = serving.deployment(cast, owner=cast.alice, owner_name=cast.alice.get_full_name())
    live = serving.release(flood, [Path("/a"), Path("/b")], number=3)
    Replica.objects.filter(number=1).update(state="starting")
    Replica.objects.filter(number=0).update(rss_mb=2)
    sample(flood, 1, row={"name": "Ann of the sample"})
    now = timezone.now()
    for back, psi in ((1, 0.3), (2, 0.9), (72, 5)):
        end = now - dt.timedelta(hours=back)
        DriftReading.objects.create(
            deployment=flood, release=live, start=end, end=end, rows=9, psi_max=psi, psi_feature="name"
        )
    # What the version before was asked, though it was measured last.
    before = serving.release(flood, [], number=2, state="stopped", weight=0)
    DriftReading.objects.create(
        deployment=flood, release=before, start=now, end=now, rows=9, psi_max=0.7, psi_feature="name"
    )
    Alert.objects.create(deployment=flood, kind="drift", key="drift", words="Ann was told", told=["Ann"])
    seen = read(settings)
    assert seen["replicas_ready", ""] == 1
    assert seen["replicas_wanted", ""] == flood.environment.replicas
    assert seen["replicas_memory_bytes", ""] == 2 * 1024 * 1024
    assert seen["drift_psi", ""] == 0.3
    assert seen["alerts_open", ""] == 1
    assert seen["release_weight", "3"] == 100
    text = Client().get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).content.decode()
    for word in ("Ann", cast.alice.email, cast.alice.get_full_name(), 'name="'):
        assert word not in text
