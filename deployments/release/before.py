"""Which versions have answered before: what a roll-back goes to, and what stays up as the fallback."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from deployments.models import Deployment, Release
from deployments.release.lifecycle import State

# The line of the history that a canary bears that was taken back, by a person or by its guard.
TAKEN_BACK = "taken_back"


def have_answered(deployment: Deployment) -> QuerySet[Release]:
    """Releases that took requests, the newest first; a canary that was taken back is none to return to."""
    return deployment.releases.exclude(live_at=None).exclude(changes__kind=TAKEN_BACK)


def kept_as_fallback(deployment: Deployment) -> UUID | None:
    """The release that stays up for the gateway to fall back on, where the charter names the version before.

    Beside a live version it is the last other one that answered. After a stop at drift it is the one that
    was kept then, until another version is live; whoever stops by hand wants nothing to run.
    """
    if deployment.fallback != Deployment.Fallback.PREVIOUS:
        return None
    live = deployment.releases.filter(state=State.LIVE).first()
    if live is None:
        return deployment.kept_id
    others = have_answered(deployment).filter(state=State.DRAINING)
    before = others.exclude(model=live.model, version=live.version).order_by("-live_at")
    return before.values_list("pk", flat=True).first()
