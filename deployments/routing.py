"""What gateways must know is marked here: they read a deployment again once its mark is newer."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from deployments.models import Deployment, Environment


def touch(deployment: Deployment) -> None:
    """Mark that the routing of a deployment has changed, in the transaction of the change."""
    _require_transaction()
    deployment.changed_at = timezone.now()
    Deployment.objects.filter(pk=deployment.pk).update(changed_at=deployment.changed_at)


def touch_all(environment: Environment) -> None:
    """The same for all deployments of an environment, whose limits have changed."""
    _require_transaction()
    environment.deployments.update(changed_at=timezone.now())


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("Routing is marked in the transaction of the change it tells of.")
