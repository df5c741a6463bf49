"""The live page of a deployment as JSON lines: CPU milliseconds of 90 days and of a day, beside a floor.

python benchmarks/live_page.py

Requests run through the whole middleware stack in this process. The deployment has answered every minute for
90 days under three releases, kept as a worker keeps it: days, hours and minutes, a drift reading of ten
features every hour, memory every minute of a week, and truth for 5,000 answers. The floor is the least that
a page of the product can be: session, membership, the frame without a figure.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from typing import Any

_folder = tempfile.TemporaryDirectory(prefix="throughline-bench-", ignore_cleanup_errors=True)
os.environ["THROUGHLINE_DATA"] = _folder.name
os.environ["STATIC_HASHED"] = "false"
os.environ["LOG_LEVEL"] = "ERROR"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from deployments.actions.environments import found_environments
from deployments.models import Bucket, Deployment, DriftReading, Environment, Feedback, Release, ResourceUse
from deployments.watch.figures import BOUNDS, DAY, HOUR, MINUTE, begin_of
from tests.charters.cast import build_cast
from tests.projects import cast as made

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
DAYS, RUNS, LIMIT_MS = 90, 20, 150.0
# As long as the product keeps hours and minutes.
KEPT = {DAY: dt.timedelta(days=DAYS), HOUR: dt.timedelta(days=DAYS), MINUTE: dt.timedelta(days=3)}
FEATURE = {"kind": "number", "ks": 0.1, "js": None, "missing": 0.01, "missing_then": 0.0, "rows": 5000}
drawn = random.Random(9)


def filled(now: dt.datetime) -> Deployment:
    """A deployment with all that is kept of 90 days."""
    cast = build_cast()
    found_environments(cast.organization)
    project = made.project(cast.organization, cast.frida)
    deployment = Deployment.objects.create(
        organization=cast.organization,
        project=project,
        environment=Environment.objects.get(organization=cast.organization, slug="production"),
        name="leaks",
        title="Leaks",
        latency_limit_ms=100,
    )
    releases = [
        Release.objects.create(
            deployment=deployment, number=number, model="leak", version=number,
            state="live" if number == 3 else "stopped", live_at=now - dt.timedelta(days=30 * (4 - number)),
        )
        for number in (1, 2, 3)
    ]  # fmt: skip
    for seconds, kept in KEPT.items():
        Bucket.objects.bulk_create(_buckets(deployment, seconds, kept, now), batch_size=500)
    DriftReading.objects.bulk_create(_drift(deployment, releases[-1], now), batch_size=200)
    ResourceUse.objects.bulk_create(
        ResourceUse(
            deployment=deployment, start=begin_of(now, 60) - dt.timedelta(minutes=at),
            rss_mb=200 + at % 50, cpu_seconds=3, ready=2, wanted=2,
        )
        for at in range(7 * 1440)
    )  # fmt: skip
    Feedback.objects.bulk_create(
        Feedback(
            deployment=deployment, release=releases[-1], request_id=str(at),
            asked_at=now - dt.timedelta(minutes=25 * at), output=drawn.random(), truth=drawn.random(),
        )
        for at in range(5000)
    )  # fmt: skip
    return deployment


def _buckets(deployment: Deployment, seconds: int, kept: dt.timedelta, now: dt.datetime) -> Iterator[Bucket]:
    for at in range(int(kept.total_seconds()) // seconds):
        latency = [drawn.randint(0, 40) if 5 < place < 20 else 0 for place in range(len(BOUNDS) + 1)]
        yield Bucket(
            deployment=deployment,
            seconds=seconds,
            start=begin_of(now, seconds) - dt.timedelta(seconds=seconds * at),
            release_number=3 - at * seconds // (30 * DAY),
            count=sum(latency),
            rows=sum(latency),
            errors={"model": drawn.randint(0, 2)},
            latency=latency,
            outputs={"bins": {str(place): drawn.randint(1, 50) for place in range(40)}, "level": -5},
        )


def _drift(deployment: Deployment, release: Release, now: dt.datetime) -> Iterator[DriftReading]:
    for at in range(DAYS * 24):
        end = now - dt.timedelta(hours=at)
        features = {f"f{n}": {**FEATURE, "psi": 0.01 * n, "why_not": ""} for n in range(10)}
        yield DriftReading(
            deployment=deployment, release=release, start=end - dt.timedelta(days=1), end=end, rows=5000,
            features=features, psi_max=0.09, psi_feature="f9",
        )  # fmt: skip


def report(name: str, client: Client, address: str, limit: float | None) -> None:
    """One line: the median after two runs that fill caches, with the queries of one request."""
    times = [_cpu_ms(client, address) for _ in range(RUNS + 2)][2:]
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    median = statistics.median(times)
    line: dict[str, Any] = {"benchmark": f"live_page.{name}", "cpu_ms": round(median, 1), "limit_ms": limit}
    print(json.dumps({**line, "ok": limit is None or median <= limit, "queries": len(queries)}))


def _cpu_ms(client: Client, address: str) -> float:
    start = time.process_time()
    assert client.get(address).status_code == 200
    return (time.process_time() - start) * 1000


def main() -> None:
    call_command("migrate", verbosity=0)
    deployment = filled(timezone.now())
    client = Client()
    member = deployment.organization.memberships.get(role="facilitator")
    client.force_login(member.user, backend=BACKEND)
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        report("floor", client, "/people/", None)
        for span in ("90d", "30d", "7d", "24h", "1h"):
            report(span, client, f"/deployments/{deployment.pk}/?span={span}", LIMIT_MS)


if __name__ == "__main__":
    main()
