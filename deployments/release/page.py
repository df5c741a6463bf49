"""The words of the page of one release."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from deployments.models import Deployment, Release
from deployments.release.lifecycle import State
from ui.formats import moment

TITLES = {
    State.WAITING: "{version} waits to be deployed",
    State.BUILDING: "{version} gets its build",
    State.STARTING: "{version} starts",
    State.TESTING: "{version} is tested with the reference sample",
    State.READY: "{version} is ready and takes over",
    State.CANARY: "{version} answers {weight} % of the requests",
    State.LIVE: "{version} is live",
    State.DRAINING: "{version} ends its last answers",
    State.STOPPED: "{version} has stopped",
    State.FAILED: "{version} could not be deployed",
    State.CANCELLED: "{version} was called off",
}
CALLS = {
    Deployment.Fallback.REFUSE: "Callers get an error that says so.",
    Deployment.Fallback.CONSTANT: "Callers get the constant answer, marked as fallback.",
    # After a stop by hand nothing runs, so there is no previous version that could answer.
    Deployment.Fallback.PREVIOUS: "Callers get an error that says so: no version runs any more.",
}


def release_title(release: Release) -> str:
    """What the page has found, as a sentence."""
    if release.state == State.FAILED and release.live_at is not None:
        return f"{release} failed after it was live"
    return TITLES[State(release.state)].format(version=release, weight=release.weight)


def release_facts(release: Release, kind: str, word: str) -> list[dict[str, Any]]:
    """State, where, who asked and when."""
    deployment = release.deployment
    url = reverse("deployments:history", args=[deployment.pk])
    return [
        {"term": "State", "value": word, "state": kind},
        {"term": "Deployment", "value": deployment.title, "url": url},
        {"term": "Environment", "value": deployment.environment.name},
        {"term": "Asked for by", "value": release.asked_name or "The product"},
        {"term": "On", "value": moment(release.asked_at)},
    ]


def call_words(deployment: Deployment) -> str:
    """What callers get once it is stopped by hand."""
    return CALLS[Deployment.Fallback(deployment.fallback)]


def callers_get(deployment: Deployment) -> str:
    """What callers get of one that is stopped now."""
    if deployment.fallback == Deployment.Fallback.CONSTANT:
        return "Callers get the constant answer"
    if deployment.fallback == Deployment.Fallback.PREVIOUS and deployment.kept_id is not None:
        return "The version before answers"
    return "Callers get an error that says so"
