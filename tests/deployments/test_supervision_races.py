"""What people press while the supervisor is in the middle of a turn, and turns that fail."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from deployments.actions.releasing import cancel, promote, start, stop
from deployments.models import Bucket, Deployment, Release, Replica
from deployments.release.lifecycle import State
from deployments.supervision import sweeping
from deployments.supervision.background import Background
from deployments.supervision.lease import Held
from deployments.supervision.replicas import Replicas, name_of
from deployments.supervision.steps import Steps
from deployments.supervisor import Supervisor
from deployments.watch import figures
from tests.deployments import registry_cast as made
from ui.errors import Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint(cast: Any, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    made.registered(monkeypatch, 1, 2)
    return made.deployment_of(cast)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    """Of a supervisor whose replicas are all there."""
    lease = Held()
    assert lease.hold()
    replicas = Replicas(lease)
    monkeypatch.setattr(replicas, "ready", lambda release: [None])
    monkeypatch.setattr(replicas, "wants_start", lambda release, wanted: [])
    return Steps(Background(1), replicas)


def test_what_was_stopped_while_the_supervisor_had_read_it_does_not_go_live(
    endpoint: Deployment, steps: Steps, cast: Any, settings: Any, tmp_path: Any
) -> None:
    settings.DATA_DIR = tmp_path
    made.release_of(endpoint, 1, "stopped")
    read_before = made.release_of(endpoint, 2, "ready")
    stop(endpoint, by=cast.frank)
    with pytest.raises(Conflict, match="was called off"):
        steps.advance(read_before)
    now = Release.objects.get(pk=read_before.pk)
    assert (now.state, now.weight) == (State.READY, 0)
    steps.advance(now)
    assert now.state == State.CANCELLED
    assert start(endpoint, by=cast.frank, why="Again.").version == 1


def test_what_was_cancelled_while_the_supervisor_had_read_it_does_not_go_live(
    endpoint: Deployment, steps: Steps, cast: Any, settings: Any, tmp_path: Any
) -> None:
    settings.DATA_DIR = tmp_path
    live = made.release_of(endpoint, 1)
    read_before = made.release_of(endpoint, 2, "ready")
    cancel(read_before, by=cast.frank)
    read_before.state, read_before.cancel_requested = State.READY, False
    with pytest.raises(Conflict, match="was called off"):
        steps.advance(read_before)
    live.refresh_from_db()
    assert (live.state, live.weight) == (State.LIVE, 100)


def failing_canary(endpoint: Deployment) -> Release:
    guard = {"error_share": 0.1, "min_requests": 10}
    canary = made.release_of(endpoint, 2, "canary", weight=30, begin_weight=30, guard=guard)
    minute = figures.begin_of(timezone.now() - dt.timedelta(minutes=1), figures.MINUTE)
    Bucket.objects.create(
        deployment=endpoint,
        release_number=canary.number,
        seconds=60,
        start=minute,
        count=20,
        errors={"model": 9},
    )
    return canary


def guarded(canary: Release, settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    Supervisor()._guard([canary])


def test_the_guard_leaves_a_canary_alone_that_somebody_has_promoted(
    endpoint: Deployment, cast: Any, settings: Any, tmp_path: Any
) -> None:
    made.release_of(endpoint, 1, weight=70)
    canary = failing_canary(endpoint)
    promote(Release.objects.get(pk=canary.pk), by=cast.frank)
    guarded(canary, settings, tmp_path)
    canary.refresh_from_db()
    assert (canary.state, endpoint.releases.count()) == (State.LIVE, 2)


def test_the_guard_starts_nothing_where_somebody_has_stopped_all(
    endpoint: Deployment, cast: Any, settings: Any, tmp_path: Any
) -> None:
    made.release_of(endpoint, 1, weight=70)
    canary = failing_canary(endpoint)
    stop(endpoint, by=cast.frank)
    guarded(canary, settings, tmp_path)
    endpoint.refresh_from_db()
    assert (endpoint.wanted, endpoint.releases.count()) == ("stopped", 2)


def test_a_canary_of_an_archived_organization_is_taken_back_too(
    endpoint: Deployment, cast: Any, settings: Any, tmp_path: Any
) -> None:
    live = made.release_of(endpoint, 1, weight=70)
    canary = failing_canary(endpoint)
    cast.organization.archived_at = timezone.now()
    cast.organization.save()
    guarded(canary, settings, tmp_path)
    canary.refresh_from_db()
    live.refresh_from_db()
    assert (canary.state, live.weight) == (State.DRAINING, 100)


def test_a_turn_that_fails_is_not_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    supervisor, turns = Supervisor(), []

    def turn() -> bool:
        turns.append(1)
        raise RuntimeError("a disk that is full, for instance")

    monkeypatch.setattr(supervisor, "turn", turn)
    monkeypatch.setattr("deployments.supervisor.TURN_SECONDS", 0)
    supervisor.run(lambda: len(turns) > 2)
    assert len(turns) == 3


def test_of_what_ends_again_and_again_only_the_last_are_kept(
    endpoint: Deployment, settings: Any, tmp_path: Any
) -> None:
    settings.DATA_DIR = tmp_path
    release = made.release_of(endpoint, 1)
    now = timezone.now()
    rows = [
        Replica.objects.create(
            release=release,
            number=1,
            state="gone",
            ended_at=now - dt.timedelta(minutes=ago),
            message=str(ago),
        )
        for ago in range(30)
    ]
    runs = Replica.objects.create(release=release, number=1, state="ready")
    for row in (*rows, runs):
        (tmp_path / "serving" / "r" / name_of(row)).mkdir(parents=True)
    sweeping.sweep()
    left = {path.name for path in (tmp_path / "serving" / "r").iterdir()}
    assert left == {name_of(row) for row in (*rows[:20], runs)}
