"""Alerts of live models: opened once, told to the owner, taken by somebody, closed when it is over."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import audit, mail
from accounts.models import User
from deployments.actions.moving import lock, tell
from deployments.actions.releasing import stop
from deployments.models import Alert, Bucket, Deployment, DriftReading, Release, Replica
from deployments.release.page import callers_get
from deployments.watch.alert_rules import (
    DRIFT,
    ERRORS,
    LATENCY,
    MISSING,
    REPLICAS,
    Facts,
    Finding,
    Limits,
    judge,
)
from deployments.watch.drifting import live_release, served
from deployments.watch.figures import MINUTE, merge, percentile
from jobs import outbox
from projects.models import ProjectMember
from ui.errors import Conflict, DomainError

logger = logging.getLogger(__name__)
# What says nothing about a model that does not run.
RUNNING_KINDS = (ERRORS, LATENCY, REPLICAS)
# What is measured of the inputs of one version against its own reference sample.
VERSION_KINDS = (DRIFT, MISSING)
RECENT = dt.timedelta(minutes=10)
# A replica that has just been started is not down.
SETTLES = dt.timedelta(seconds=60)
DRIFT_HOLDS = dt.timedelta(hours=26)
MOST_NOTE = 1000


def watch_all(now: dt.datetime | None = None) -> None:
    """Hold every served deployment against its limits."""
    at = now or timezone.now()
    for deployment in served():
        try:
            _close_of_earlier_versions(deployment, at)
            settle(deployment, judge(facts_of(deployment, at), limits_of(deployment)), at)
        except Exception:
            # What is odd about one model keeps no other from being watched.
            logger.exception("%s was not held against its limits", deployment.pk)
    for alert in Alert.objects.filter(closed_at=None, kind__in=RUNNING_KINDS, simulated=False).exclude(
        deployment__in=served()
    ):
        _over(alert.deployment, alert.key, "It does not run any more.", at)


def limits_of(deployment: Deployment) -> Limits:
    return Limits(
        deployment.error_limit,
        deployment.latency_limit_ms,
        deployment.drift_limit,
        deployment.missing_limit,
    )


def facts_of(deployment: Deployment, now: dt.datetime) -> Facts:
    """What was seen of the last minutes, the live version's last drift reading, and its replicas now."""
    live = live_release(deployment)
    buckets = Bucket.objects.filter(
        deployment=deployment, seconds=MINUTE, simulated=False, start__gt=now - RECENT, start__lte=now
    )
    seen = merge(buckets)
    drift = (
        DriftReading.objects.filter(release=live, simulated=False, end__gt=now - DRIFT_HOLDS)
        .order_by("-end")
        .first()
        if live
        else None
    )
    missing = {
        name: facts["missing"] - facts["missing_then"]
        for name, facts in (drift.features if drift and drift.psi_max is not None else {}).items()
    }
    gone = max(missing, key=lambda name: missing[name], default="")
    ready, wanted = _replicas(deployment, live, now)
    return Facts(
        requests=seen.count,
        error_share=seen.error_share,
        p95_ms=percentile(seen.latency, 0.95),
        psi=drift.psi_max if drift else None,
        psi_feature=drift.psi_feature if drift else "",
        missing=missing.get(gone),
        missing_feature=gone,
        ready=ready,
        wanted=wanted,
    )


def _replicas(deployment: Deployment, release: Release | None, now: dt.datetime) -> tuple[int | None, int]:
    """Ready and wanted replicas of the live version; not known while they settle."""
    if release is None or release.live_at is None or release.live_at > now - SETTLES:
        return None, 0
    rows = list(Replica.objects.filter(release=release).exclude(state=Replica.State.GONE))
    if any(row.state == Replica.State.STARTING and row.started_at > now - SETTLES for row in rows):
        return None, 0
    return sum(row.state == Replica.State.READY for row in rows), deployment.environment.replicas


def _close_of_earlier_versions(deployment: Deployment, now: dt.datetime) -> None:
    """After a switch, what the inputs of the version before were is no alarm for the new one."""
    live = live_release(deployment)
    if live is None:
        return
    open_ = Alert.objects.filter(
        deployment=deployment, kind__in=VERSION_KINDS, closed_at=None, simulated=False
    )
    for alert in open_.exclude(release=None).exclude(release=live).select_related("release"):
        words = (
            f"It was about release {_numbered(alert.release)}: release {_numbered(live)} is live now, "
            "and its own rows are measured."
        )
        _over(deployment, alert.key, words, now)


def _numbered(release: Release | None) -> str:
    return f"{release.number} ({release})" if release else ""


def settle(deployment: Deployment, findings: Iterable[Finding], now: dt.datetime) -> None:
    """Open what is over its limit, tell again what nobody took for long, close what is back."""
    for finding in findings:
        if finding.over:
            _open(deployment, finding, now)
        else:
            _close(deployment, finding, now)


@transaction.atomic
def _open(deployment: Deployment, finding: Finding, now: dt.datetime) -> None:
    lock(deployment.pk)
    # What is made up gives way to what is real, as figures do.
    Alert.objects.filter(deployment=deployment, key=finding.key, closed_at=None, simulated=True).update(
        closed_at=now
    )
    found = Alert.objects.filter(deployment=deployment, key=finding.key, closed_at=None).first()
    if found is not None:
        found.words, found.value, found.limit = finding.words[:300], finding.value, finding.limit
        found.save(update_fields=["words", "value", "limit"])
        if _may_tell(found.told_at, found.taken_at, deployment, now):
            _tell_owner(found, now)
        return
    earlier = Alert.objects.filter(deployment=deployment, key=finding.key, simulated=False)
    told = earlier.exclude(told_at=None).order_by("-told_at").values_list("told_at", flat=True).first()
    alert = Alert.objects.create(
        deployment=deployment,
        kind=finding.kind,
        key=finding.key,
        release=live_release(deployment) if finding.kind in VERSION_KINDS else None,
        words=finding.words[:300],
        value=finding.value,
        limit=finding.limit,
        opened_at=now,
    )
    tell(deployment, "alert_opened", alert.words)
    outbox.publish(
        "deployment.alert_opened",
        organization=deployment.organization,
        about=deployment,
        data={"kind": alert.kind, "value": alert.value, "limit": alert.limit, "words": alert.words},
    )
    stopped = _stop(deployment, alert) if finding.kind == DRIFT and deployment.stops_on_drift else ""
    if _may_tell(told, None, deployment, now):
        _tell_owner(alert, now, stopped)


def _stop(deployment: Deployment, alert: Alert) -> str:
    """Let the fallback answer, as was agreed for drift over the limit; what callers get from then on."""
    try:
        held = stop(deployment, by=None, why=f"{alert.words}: agreed to stop at drift.", keeps_fallback=True)
    except DomainError:
        # Somebody has stopped it in the same moment.
        return ""
    return callers_get(held)


def _may_tell(
    told: dt.datetime | None, taken: dt.datetime | None, deployment: Deployment, now: dt.datetime
) -> bool:
    last = max((moment for moment in (told, taken) if moment), default=None)
    return last is None or now - last >= dt.timedelta(minutes=deployment.quiet_minutes)


def _tell_owner(alert: Alert, now: dt.datetime, stopped: str = "") -> None:
    people = owners_of(alert.deployment)
    for person in people:
        mail.send(
            organization=alert.deployment.organization,
            to=person.email,
            template="emails/deployment_alert",
            context={
                "alert": alert,
                "deployment": alert.deployment,
                "name": person.get_full_name(),
                "is_owner": person == alert.deployment.owner,
                "stopped": stopped,
                "link": mail.absolute(reverse("deployments:show", args=[alert.deployment_id])),
            },
        )
    said = [{"name": person.get_full_name(), "at": now.isoformat()} for person in people]
    alert.told = [*alert.told, *said][-20:]
    # Also where there is nobody to tell: the desk shows it, and the quiet time runs.
    alert.told_at = now
    alert.save(update_fields=["told", "told_at"])


def owners_of(deployment: Deployment) -> list[User]:
    """Who answers for its operation: the owner, else the leads of the project."""
    if deployment.owner is not None and deployment.owner.is_active:
        return [deployment.owner]
    leads = ProjectMember.objects.filter(
        project=deployment.project_id, role=ProjectMember.Role.LEAD, left_at=None, user__is_active=True
    ).select_related("user")
    return [row.user for row in leads if row.user is not None]


def _close(deployment: Deployment, finding: Finding, now: dt.datetime) -> None:
    _over(deployment, finding.key, f"Back within the limit: {finding.words}", now)


@transaction.atomic
def _over(deployment: Deployment, key: str, words: str, now: dt.datetime) -> None:
    open_ = Alert.objects.filter(deployment=deployment, key=key, closed_at=None)
    if open_.update(closed_at=now):
        tell(deployment, "alert_closed", words)
        outbox.publish(
            "deployment.alert_closed",
            organization=deployment.organization,
            about=deployment,
            data={"alert": key},
        )


@transaction.atomic
def take(alert: Alert, *, by: User, note: str = "") -> Alert:
    """Somebody says "I take it"; it is not told again for the quiet time. Raises Conflict if somebody has."""
    words = note.strip()[:MOST_NOTE]
    open_ = Alert.objects.filter(pk=alert.pk, closed_at=None, taken_at=None)
    if not open_.update(taken_by=by, taken_name=by.get_full_name(), taken_at=timezone.now(), note=words):
        raise Conflict("Somebody has taken this alert, or it is over.")
    tell(alert.deployment, "alert_taken", f"Took the alert: {alert.words}", why=words, by=by)
    audit.record(
        organization=alert.deployment.organization,
        actor=by,
        event="deployment.alert_taken",
        subject=alert.deployment,
        data={"kind": alert.kind, "key": alert.key},
        personal={"note": words} if words else None,
    )
    alert.refresh_from_db()
    return alert
