"""Alerts of live models on the desk of those who answer for their operation."""

from __future__ import annotations

from django.urls import reverse

from deployments.models import Alert
from deployments.watch.alerting import owners_of
from reports.desk import Reader
from reports.duties import Duty


def waits(reader: Reader) -> list[Duty]:
    """Open alerts that nobody has taken, for the owner of the deployment or the leads of its project."""
    open_ = Alert.objects.filter(
        deployment__organization=reader.organization,
        deployment__archived_at=None,
        closed_at=None,
        taken_at=None,
    ).select_related("deployment__owner", "deployment__environment")
    return [_duty(reader, alert) for alert in open_ if reader.user in owners_of(alert.deployment)]


def _duty(reader: Reader, alert: Alert) -> Duty:
    deployment = alert.deployment
    return Duty(
        verb="Look at",
        what=f"{deployment.title}: {alert.words}",
        url=reverse("deployments:show", args=[deployment.pk]),
        detail="Simulated for the demo." if alert.simulated else f"Live in {deployment.environment.name}.",
        since=reader.day_of(alert.opened_at),
        due=reader.day_of(alert.opened_at),
        why=f"You answer for the operation of {deployment.title}.",
    )
