"""What Prometheus reads: each deployment in figures, with no name of a person and no value of a row.

Counts run on over all that was kept: whole days, then the hours since, then the minutes since, so that they
only ever grow, whoever rolls up when. Simulated figures are left out.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Max, Q
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from deployments.models import Alert, Bucket, Deployment, DriftReading, Release, Replica
from deployments.release.lifecycle import ANSWERING, State
from deployments.watch.figures import BOUNDS, DAY, ERRORS, HOUR, MINUTE, Figures, add

CONTENT_TYPE = CONTENT_TYPE_LATEST
LABELS = ("organization", "project", "environment", "deployment")
Named = tuple[tuple[str, ...], Deployment]
# What drift was measured longer ago says nothing of now.
RECENT = dt.timedelta(days=2)
_BEGIN = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def exposition() -> bytes:
    """All figures, as text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Deployments())
    return generate_latest(registry)


class _Deployments(Collector):
    def collect(self) -> Iterator[Any]:
        found = Deployment.objects.filter(kind=Deployment.Kind.SERVED, archived_at=None)
        found = found.exclude(project=None).select_related("organization", "project", "environment")
        named = [(_labels(one), one) for one in found.order_by("project__slug", "name")]
        yield from _traffic(named)
        yield from _state(named)


def _labels(one: Deployment) -> tuple[str, ...]:
    project = one.project.slug if one.project else ""
    return one.organization.slug, project, one.environment.slug, one.name


def _traffic(named: list[Named]) -> Iterator[Any]:
    requests = _counter("requests", "Requests, whatever came of them.")
    rows = _counter("rows", "Rows that were predicted.")
    fallbacks = _counter("fallbacks", "Requests that the fallback answered.")
    errors = CounterMetricFamily(
        "throughline_errors", "Requests that the model did not answer, by why.", labels=(*LABELS, "reason")
    )
    latency = HistogramMetricFamily(
        "throughline_latency_seconds", "Time to the answer, in the gateway.", labels=LABELS
    )
    hours, days = _newest(HOUR), _newest(DAY)
    for labels, one in named:
        total = _total(one, hours.get(one.pk), days.get(one.pk))
        requests.add_metric(labels, total.count)
        rows.add_metric(labels, total.rows)
        fallbacks.add_metric(labels, total.fallbacks)
        for reason in ERRORS:
            errors.add_metric((*labels, reason), total.errors.get(reason, 0))
        latency.add_metric(labels, list(_cumulated(total)), sum_value=None)
    return iter((requests, rows, fallbacks, errors, latency))


def _cumulated(total: Figures) -> Iterator[tuple[str, float]]:
    reached = 0
    for bound, count in zip((*BOUNDS, None), total.latency, strict=True):
        reached += count
        yield ("+Inf" if bound is None else str(bound / 1000), reached)


def _total(deployment: Deployment, hour: dt.datetime | None, day: dt.datetime | None) -> Figures:
    """All that was ever counted, once: days before the last, hours of that before the last, then minutes.

    After a long silence the parts of the last hour or day are forgotten; then it is counted itself.
    """
    hour, day = hour or _BEGIN, day or _BEGIN
    found = Bucket.objects.filter(deployment=deployment, simulated=False).filter(
        Q(seconds=DAY, start__lte=day)
        | Q(seconds=HOUR, start__gte=day, start__lte=hour)
        | Q(seconds=MINUTE, start__gte=hour)
    )
    rows = list(found.order_by().defer("outputs"))
    has_parts = {
        HOUR: any(row.seconds == MINUTE and row.start < hour + dt.timedelta(hours=1) for row in rows),
        DAY: any(row.seconds == HOUR and row.start < day + dt.timedelta(days=1) for row in rows),
    }
    last = {HOUR: hour, DAY: day}
    total = Figures()
    for row in rows:
        if row.seconds == MINUTE or row.start < last[row.seconds] or not has_parts[row.seconds]:
            row.outputs = {}
            add(total, row)
    return total


def _newest(seconds: int) -> dict[UUID, dt.datetime]:
    """When the last bucket of this size began, by deployment."""
    rows = Bucket.objects.filter(seconds=seconds, simulated=False).order_by().values_list("deployment")
    return dict(rows.annotate(newest=Max("start")).values_list("deployment", "newest"))


def _state(named: list[Named]) -> Iterator[Any]:
    ready = _gauge("replicas_ready", "Replicas that answer.")
    wanted = _gauge("replicas_wanted", "Replicas that should answer.")
    memory = _gauge("replicas_memory_bytes", "Memory of all replicas.")
    drift = _gauge("drift_psi", "Largest population stability index of a feature, live version.")
    alerts = _gauge("alerts_open", "Alerts that are not closed.")
    version = GaugeMetricFamily(
        "throughline_release_weight", "Share of the traffic in percent.", labels=(*LABELS, "model", "version")
    )
    replicas: dict[UUID, list[float]] = {}
    rows = Replica.objects.filter(state=Replica.State.READY).order_by()
    for pk, megabytes in rows.values_list("release__deployment_id", "rss_mb"):
        replicas.setdefault(pk, []).append(megabytes or 0.0)
    readings = DriftReading.objects.filter(
        simulated=False, end__gt=timezone.now() - RECENT, release__state=State.LIVE
    ).order_by("end")
    psi = dict(readings.values_list("deployment_id", "psi_max"))
    answering: dict[UUID, list[Release]] = {}
    for release in Release.objects.filter(state__in=ANSWERING).order_by("number"):
        answering.setdefault(release.deployment_id, []).append(release)
    opened = Counter(
        Alert.objects.filter(closed_at=None, simulated=False).values_list("deployment_id", flat=True)
    )
    for labels, one in named:
        there = replicas.get(one.pk, [])
        running = one.wanted == Deployment.Wanted.RUNNING and answering.get(one.pk)
        ready.add_metric(labels, len(there))
        wanted.add_metric(labels, one.environment.replicas if running else 0)
        memory.add_metric(labels, sum(there) * 1024 * 1024)
        alerts.add_metric(labels, opened[one.pk])
        if (value := psi.get(one.pk)) is not None:
            drift.add_metric(labels, value)
        for release in answering.get(one.pk, []):
            version.add_metric((*labels, release.model, str(release.version)), release.weight)
    return iter((ready, wanted, memory, drift, alerts, version))


def _counter(name: str, words: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"throughline_{name}", words, labels=LABELS)


def _gauge(name: str, words: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"throughline_{name}", words, labels=LABELS)
