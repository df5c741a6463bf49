"""Releases: asked for, refused, called off, rolled back, stopped; and the shares of what answers."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import AuditEvent, Membership
from deployments.actions import releasing
from deployments.actions.moving import move
from deployments.models import Alert, Change, Deployment, Release
from deployments.release.lifecycle import ANSWERING, ON_THE_WAY, OVER, State, may_move
from jobs.models import Event
from tests.deployments import registry_cast as made
from ui.errors import Conflict, DomainError, Invalid, NotAllowed

pytestmark = pytest.mark.django_db
WAY = (State.BUILDING, State.STARTING, State.TESTING, State.READY)


def along(release: Release, *states: State) -> Release:
    for state in states:
        move(release, state)
    return release


def live(deployment: Deployment, version: int, **more: Any) -> Release:
    return made.release_of(deployment, version, **more)


@pytest.fixture
def endpoint(cast, monkeypatch):
    """In staging, where the gate only warns; version 1 answers, 1 to 3 are registered."""
    made.registered(monkeypatch, 1, 2, 3)
    deployment = made.deployment_of(cast)
    live(deployment, 1)
    return deployment


def ask(deployment: Deployment, cast: Any, version: int = 2, **more: Any) -> Release:
    return releasing.request_release(
        deployment, by=cast.frank, model=made.MODEL, version=version, **({"why": "A better one."} | more)
    )


def test_a_release_keeps_the_gate_the_reason_and_who(endpoint, cast):
    release = ask(endpoint, cast)
    assert (release.number, release.state, release.why) == (2, "waiting", "A better one.")
    assert (release.asked_by, release.asked_name) == (cast.frank, "Frank")
    assert [one["key"] for one in release.gate][:2] == ["charter", "musts"]
    assert {one["key"]: one["holds"] for one in release.gate}["owner"] is True
    before = endpoint.changed_at
    endpoint.refresh_from_db()
    assert endpoint.changed_at > before
    assert AuditEvent.objects.filter(event="deployment.asked_deploy").count() == 1
    first = Change.objects.filter(deployment=endpoint).first()
    assert first is not None
    assert (first.by_name, first.why) == ("Frank", "A better one.")


def test_only_one_is_under_way_and_the_second_is_told_whose(endpoint, cast):
    first = ask(endpoint, cast, 2)
    with pytest.raises(Conflict, match="Frank was faster: bearing version 2"):
        ask(endpoint, cast, 3)
    along(first, *WAY, State.LIVE)
    assert ask(endpoint, cast, 3).number == 3


def test_a_gate_that_warns_wants_a_reason(endpoint, cast):
    with pytest.raises(Invalid) as refused:
        ask(endpoint, cast, why=" ")
    assert "why" in refused.value.fields
    assert endpoint.releases.count() == 1


def test_a_gate_that_blocks_lets_nobody_through(cast, monkeypatch):
    made.registered(monkeypatch, 1)
    deployment = made.deployment_of(cast, slug="production")
    with pytest.raises(Conflict, match="The gate of Production is shut"):
        ask(deployment, cast, 1)
    assert not deployment.releases.exists()


def test_rights_that_were_taken_away_meanwhile_count(endpoint, cast):
    Membership.objects.filter(user=cast.frank).update(role="viewer")
    endpoint.project.members.filter(user=cast.frank).update(role="viewer")
    for act in (
        lambda: ask(endpoint, cast),
        lambda: releasing.stop(endpoint, by=cast.frank),
        lambda: releasing.roll_back(endpoint, by=cast.frank),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert endpoint.releases.get().state == "live"


def test_environments_say_who_may_deploy(cast, monkeypatch):
    made.registered(monkeypatch, 1)
    deployment = made.deployment_of(cast)
    deployment.project.members.create(user=cast.bob, name="Bob", email=cast.bob.email, role="contributor")
    environment = deployment.environment
    for deployers, lets in (("contribute", True), ("lead", False), ("manage", False)):
        type(environment).objects.filter(pk=environment.pk).update(deployers=deployers)
        try:
            releasing.request_release(deployment, by=cast.bob, model=made.MODEL, version=1, why="Try it.")
        except NotAllowed:
            assert not lets
        else:
            assert lets
            Release.objects.all().delete()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"version": 9}, "version"),
        ({"begin_weight": 0}, "weight"),
        ({"begin_weight": 101}, "weight"),
        ({"guard": {"error_share": 2.0}}, "error_share"),
        ({"guard": {"p95_ms": float("nan")}}, "p95_ms"),
        ({"guard": {"moon": 1.0}}, "moon"),
        ({"why": "x" * 3000}, "why"),
    ],
)
def test_bad_input_names_its_field_and_leaves_nothing(endpoint, cast, more, field):
    with pytest.raises(Invalid) as refused:
        ask(endpoint, cast, **more)
    assert field in refused.value.fields
    assert endpoint.releases.count() == 1


def test_going_live_takes_all_and_lets_the_former_drain(endpoint, cast):
    release = along(ask(endpoint, cast), *WAY, State.LIVE)
    former = endpoint.releases.get(number=1)
    assert (release.weight, release.state) == (100, "live")
    assert (former.weight, former.state) == (0, "draining")
    assert Event.objects.filter(kind="deployment.released").count() == 1


def test_a_canary_shares_is_changed_promoted_or_taken_back(endpoint, cast):
    canary = along(ask(endpoint, cast, begin_weight=10), *WAY, State.CANARY)
    weights = lambda: dict(endpoint.releases.filter(state__in=ANSWERING).values_list("number", "weight"))  # noqa: E731
    assert weights() == {1: 90, 2: 10}
    releasing.set_weight(canary, by=cast.frank, weight=40)
    assert weights() == {1: 60, 2: 40}
    with pytest.raises(Conflict, match="Promote it or take it back"):
        ask(endpoint, cast, 3)
    stays = releasing.roll_back(endpoint, by=cast.frank, why="Errors.")
    assert stays.number == 1
    assert weights() == {1: 100}
    assert releasing.last_good(endpoint) is None
    again = along(ask(endpoint, cast, 3, begin_weight=5), *WAY, State.CANARY)
    releasing.promote(again, by=cast.frank)
    assert weights() == {3: 100}


def test_a_canary_where_nothing_is_live_is_live_at_once(cast, monkeypatch):
    made.registered(monkeypatch, 1)
    deployment = made.deployment_of(cast)
    release = along(ask(deployment, cast, 1, begin_weight=10), *WAY, State.CANARY)
    assert (release.state, release.weight) == ("live", 100)


def test_cancelling_before_it_is_built_ends_it_later_asks_the_supervisor(endpoint, cast):
    waiting = ask(endpoint, cast)
    assert releasing.cancel(waiting, by=cast.frank).state == State.CANCELLED
    building = along(ask(endpoint, cast), State.BUILDING)
    asked = releasing.cancel(building, by=cast.frank)
    assert (asked.state, asked.cancel_requested) == ("building", True)
    with pytest.raises(Conflict, match="already"):
        releasing.cancel(building, by=cast.frank)
    with pytest.raises(Conflict, match="can no longer be cancelled"):
        releasing.cancel(endpoint.releases.get(number=1), by=cast.frank)


def test_rolling_back_goes_to_the_last_good_version_though_the_gate_is_shut(cast, monkeypatch):
    made.registered(monkeypatch, 1, 2, 3)
    deployment = made.deployment_of(cast, slug="production")
    live(deployment, 1, state="stopped")
    live(deployment, 2, state="stopped")
    live(deployment, 4, state="failed", live_at=None)
    live(deployment, 3)
    back = releasing.roll_back(deployment, by=cast.frank, why="Drift.")
    assert (back.kind, back.version, back.begin_weight) == ("roll_back", 2, 100)
    assert back.gate
    assert not all(one["holds"] for one in back.gate)
    along(back, *WAY, State.LIVE)
    assert Event.objects.filter(kind="deployment.rolled_back").count() == 1
    older = releasing.roll_back(deployment, by=cast.frank, to=deployment.releases.get(number=1))
    assert older.version == 1


def test_there_must_be_something_to_go_back_to(endpoint, cast):
    with pytest.raises(Conflict, match="nothing to go back to"):
        releasing.roll_back(endpoint, by=cast.frank)
    never = live(endpoint, 2, state="failed", live_at=None)
    with pytest.raises(Conflict):
        releasing.roll_back(endpoint, by=cast.frank, to=never)


def test_the_owner_for_operation_leads_out_of_danger_and_nothing_more(cast):
    """Alerts go to that person, who may only look otherwise."""
    deployment = made.deployment_of(cast, slug="production", owner=cast.victor, owner_name="Victor")
    made.release_of(deployment, 1, "stopped")
    live(deployment, 2)
    alert = Alert.objects.create(
        deployment=deployment,
        kind="errors",
        key="errors",
        words="One answer in 3 failed",
        value=0.3,
        limit=0.1,
    )
    browser = cast.client("viewer")
    page = browser.get(f"/deployments/{deployment.pk}/").content.decode()
    assert all(words in page for words in ("Stop to fallback", "Roll back to version 1", "I take it"))
    assert browser.post(f"/deployments/alerts/{alert.pk}/take/", {"note": "On it"}).status_code == 302
    alert.refresh_from_db()
    assert alert.taken_by == cast.victor
    assert browser.post(f"/deployments/{deployment.pk}/roll-back/", {"why": "Errors."}).status_code == 302
    back = deployment.releases.get(kind="roll_back")
    assert (back.version, back.asked_by) == (1, cast.victor)
    assert browser.post(f"/deployments/releases/{back.pk}/cancel/").status_code == 403
    assert browser.post(f"/deployments/{deployment.pk}/stop/", {"why": "Worse."}).status_code == 302
    page = browser.get(f"/deployments/{deployment.pk}/history/").content.decode()
    assert "Start again" not in page
    assert browser.post(f"/deployments/{deployment.pk}/start/").status_code == 403
    Membership.objects.filter(user=cast.victor).delete()
    assert browser.post(f"/deployments/{deployment.pk}/stop/", {"why": "Mine."}).status_code == 404


def test_stopped_is_stopped_and_starts_with_the_version_that_answered(endpoint, cast):
    on_its_way = along(ask(endpoint, cast), State.BUILDING)
    stopped = releasing.stop(endpoint, by=cast.frank, why="Maintenance.")
    assert stopped.wanted == "stopped"
    assert endpoint.releases.get(number=1).state == "draining"
    on_its_way.refresh_from_db()
    assert on_its_way.cancel_requested
    with pytest.raises(Conflict, match="stopped already"):
        releasing.stop(endpoint, by=cast.frank)
    move(on_its_way, State.CANCELLED)
    again = releasing.start(endpoint, by=cast.frank, why="Back.")
    endpoint.refresh_from_db()
    assert (again.version, endpoint.wanted) == (1, "running")
    assert Event.objects.filter(kind="deployment.stopped").count() == 1


def test_nothing_is_released_where_it_runs_elsewhere_or_is_archived(cast, monkeypatch):
    made.registered(monkeypatch, 1)
    elsewhere = made.deployment_of(cast, kind="external")
    with pytest.raises(Conflict, match="runs elsewhere"):
        ask(elsewhere, cast, 1)
    type(elsewhere.project).objects.update(state="closed")
    Deployment.objects.update(kind="served")
    with pytest.raises(Conflict, match="closed"):
        ask(elsewhere, cast, 1)


class Shares(RuleBasedStateMachine):
    """Whatever people and the supervisor do, the shares of what answers come to 100 or to 0."""

    cast: Any
    endpoint: Deployment

    def releases(self, states: Any) -> list[Release]:
        return list(self.endpoint.releases.filter(state__in=states).order_by("number"))

    def attempt(self, act: Any) -> None:
        with contextlib.suppress(DomainError):
            act()

    @rule(version=st.integers(1, 3), weight=st.integers(1, 100))
    def ask(self, version: int, weight: int) -> None:
        self.attempt(lambda: ask(self.endpoint, self.cast, version, begin_weight=weight))

    @precondition(lambda self: self.releases(set(State) - OVER))
    @rule(pick=st.integers(0, 9), to=st.sampled_from(list(State)))
    def supervise(self, pick: int, to: State) -> None:
        rows = self.releases(set(State) - OVER)
        row = rows[pick % len(rows)]
        called_off = row.cancel_requested and row.state in ON_THE_WAY and to not in OVER
        if may_move(State(row.state), to) and not called_off:
            move(row, to)
        else:
            with pytest.raises(Conflict):
                move(row, to)

    @precondition(lambda self: self.releases([State.CANARY]))
    @rule(weight=st.integers(-1, 101), promote=st.booleans())
    def steer(self, weight: int, promote: bool) -> None:
        canary = self.releases([State.CANARY])[0]
        if promote:
            releasing.promote(canary, by=self.cast.frank)
        else:
            self.attempt(lambda: releasing.set_weight(canary, by=self.cast.frank, weight=weight))

    @rule()
    def roll_back(self) -> None:
        self.attempt(lambda: releasing.roll_back(self.endpoint, by=self.cast.frank))

    @rule(stop=st.booleans())
    def stop_or_start(self, stop: bool) -> None:
        act = releasing.stop if stop else releasing.start
        self.attempt(lambda: act(self.endpoint, by=self.cast.frank, why="So."))

    @invariant()
    def shares_come_to_all_or_nothing(self) -> None:
        rows = self.releases(ANSWERING)
        assert sum(row.weight for row in rows) == (100 if rows else 0)
        assert all(0 < row.weight <= 100 for row in rows)
        idle = self.endpoint.releases.exclude(state__in=ANSWERING)
        assert not idle.exclude(weight=0).exists()

    @invariant()
    def at_most_one_is_live_and_one_under_way(self) -> None:
        assert len(self.releases([State.LIVE])) <= 1
        assert len(self.releases([*ON_THE_WAY, State.CANARY])) <= 1

    @invariant()
    def numbers_are_given_once_and_ends_are_noted(self) -> None:
        rows = list(self.endpoint.releases.values_list("number", "state", "ended_at"))
        assert sorted(number for number, _, _ in rows) == list(range(1, len(rows) + 1))
        assert all((ended is not None) == (state in OVER) for _, state, ended in rows)


def test_shares_hold_whatever_happens(cast, monkeypatch):
    made.registered(monkeypatch, 1, 2, 3)
    project = made.project_of(cast)
    count = iter(range(10_000))

    class Steps(Shares):
        def __init__(self) -> None:
            super().__init__()
            self.cast = cast
            self.endpoint = made.deployment_of(cast, project=project, name=f"bearing-{next(count)}")

    run_state_machine_as_test(
        Steps,
        settings=settings(
            max_examples=8,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
