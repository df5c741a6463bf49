"""The supervisor: from the tables to processes that answer, and back after whatever has happened."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import override_settings
from django.utils import timezone

from deployments import drivers, processes, sandbox
from deployments.actions.releasing import cancel, stop
from deployments.drivers.base import Spec
from deployments.drivers.local import LocalDriver
from deployments.models import Bucket, Deployment, Environment, Lease, Release, ResourceUse
from deployments.release.log import last_lines
from deployments.supervision import store, sweeping
from deployments.supervision.lease import Held, LeaseLost
from deployments.supervisor import Supervisor
from deployments.watch import figures
from tests.deployments.stage import Stage, ask, ask_and_leave, log_of, stage
from tests.projects import cast as made

NO_PIP = "assert not [name for name in os.environ if name.startswith('PIP_')]"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.once]


@pytest.fixture
def live(cast: Any, tmp_path: Path, settings: Any) -> Iterator[Stage]:
    project = made.project(cast.organization, cast.frank)
    with stage(cast, project, tmp_path, settings) as found:
        yield found


def test_a_release_goes_live_and_the_next_takes_over(live: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    # Where packages come from is told to builds alone: such an address may hold a password.
    monkeypatch.setenv("PIP_INDEX_URL", "https://reader:secret@packages.firm.example/simple")
    live.version(1, constant=1.0, at_load=NO_PIP)
    live.version(2, constant=2.0, python="3.2.9")
    first = live.until_state(live.release(1), "live")
    assert (first.weight, first.files_sha256 != "", first.signature["inputs"][0]["name"]) == (100, True, "do")
    [replica] = live.ready(first)
    assert ask(replica.address, "double", x=21.0) == (200, {"predictions": [42.0]})
    second = live.until_state(live.release(2), "live")
    live.until_state(first, "stopped")
    assert ask(live.ready(second)[0].address, "tell") == (200, {"predictions": [2.0]})
    assert not first.replicas.exclude(state="gone").exists()
    assert [change.kind for change in live.deployment.changes.filter(release=second).order_by("at")] == [
        *("release_starting", "release_testing", "release_ready", "release_live")
    ]
    assert "rows of the reference sample were answered" in last_lines(second)
    assert "Warning: It was logged with Python 3.2 and runs on Python" in last_lines(second)
    assert "Warning" not in last_lines(first)


def test_whatever_ends_the_desired_state_comes_back(live: Stage) -> None:
    Environment.objects.update(replicas=2, timeout_ms=400)
    live.version(1, constant=1.0)
    release = live.until_state(live.release(1), "live")
    one, two = live.ready(release)

    # The supervisor: replicas answer on, and are the same ones after.
    live.another_supervisor()
    assert ask(one.address, "tell") == (200, {"predictions": [1.0]})
    live.until(lambda: Lease.objects.get().holder == live.supervisor.lease.holder)
    assert [row.pk for row in live.ready(release)] == [one.pk, two.pk]

    # One replica: the other answers meanwhile, and a new one takes the place.
    os.kill(one.handle["pid"], signal.SIGKILL)
    live.until(lambda: one.pk not in [row.pk for row in live.ready(release)])
    assert ask(two.address, "tell") == (200, {"predictions": [1.0]})
    live.until(lambda: len(live.ready(release)) == 2)
    assert release.replicas.get(pk=one.pk).state == "gone"
    assert processes.named(str(Path(one.address.removeprefix("unix:")).parent)) == []

    # One that hangs is replaced too.
    ask_and_leave(two.address, "hang")
    live.until(lambda: not release.replicas.filter(pk=two.pk, state="ready").exists())
    assert "hangs" in release.replicas.get(pk=two.pk).message
    live.until(lambda: len(live.ready(release)) == 2)

    # The machine: all processes are gone, and their numbers mean nothing.
    before = {row.pk for row in live.ready(release)}
    drivers.driver("local").stop([row.pk.hex[:12] for row in live.ready(release)])
    live.another_supervisor()
    live.until(lambda: len({row.pk for row in live.ready(release)} - before) == 2)
    release.refresh_from_db()
    assert (release.state, release.weight) == ("live", 100)

    # Fewer are wanted, then none.
    Environment.objects.update(replicas=1)
    live.until(lambda: release.replicas.exclude(state="gone").count() == 1)
    stop(live.deployment, why="Enough.")
    live.until_state(release, "stopped")
    assert not release.replicas.exclude(state="gone").exists()
    assert processes.named(str(live.folder / "serving")) == []


def test_a_release_that_cannot_serve_says_why_and_the_live_one_stays(
    live: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.version(1, constant=1.0)
    live.version(2, at_load="raise RuntimeError('no weights here')")
    live.version(3, example='{"columns": ["do", "x"], "data": [["raise", 1.0]]}')
    live.version(4, requirements="git+https://example.org/evil.git\n")
    first = live.until_state(live.release(1), "live")
    [replica] = live.ready(first)
    reasons = {
        2: "no weights here",
        3: "RuntimeError: the model has broken",
        4: "only those are installed",
        5: "not registered",
    }
    for version, reason in reasons.items():
        failed = live.until_state(live.release(version), "failed")
        assert reason in failed.message
        assert reason in last_lines(failed)
        live.until(lambda row=failed: not row.replicas.exclude(state="gone").exists())  # type: ignore[misc]
    assert "Traceback" in last_lines(Release.objects.get(version=2))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    sandbox._why_off.cache_clear()
    try:
        assert "bubblewrap" in live.until_state(live.release(1), "failed").message
    finally:
        sandbox._why_off.cache_clear()
    first.refresh_from_db()
    assert (first.state, first.weight, live.ready(first)) == ("live", 100, [replica])
    assert ask(replica.address, "tell") == (200, {"predictions": [1.0]})


def test_a_canary_is_taken_back_by_its_guard(live: Stage) -> None:
    live.version(1)
    live.version(2)
    first = live.until_state(live.release(1), "live")
    guard = {"error_share": 0.1, "min_requests": 20}
    canary = live.until_state(live.release(2, begin_weight=30, guard=guard), "canary")
    first.refresh_from_db()
    assert (first.state, first.weight, canary.weight) == ("live", 70, 30)
    _asked(live.deployment, canary, count=30, failed=2)
    live.supervisor._guarded_at = float("-inf")
    live.supervisor.turn()
    canary.refresh_from_db()
    assert canary.state == "canary"
    _asked(live.deployment, canary, count=10, failed=5)
    live.supervisor._guarded_at = float("-inf")
    live.until_state(canary, "stopped")
    first.refresh_from_db()
    assert (first.state, first.weight) == ("live", 100)
    assert live.deployment.changes.filter(kind="taken_back", why__contains="17.5 % of 40 requests").exists()


def _asked(deployment: Deployment, release: Release, *, count: int, failed: int) -> None:
    Bucket.objects.create(
        deployment=deployment,
        release_number=release.number,
        seconds=60,
        start=timezone.now() + dt.timedelta(minutes=Bucket.objects.count()),
        count=count,
        errors={figures.MODEL: failed},
    )


def test_the_version_before_is_kept_where_it_is_the_fallback(live: Stage) -> None:
    Deployment.objects.update(fallback="previous")
    live.version(1, constant=1.0)
    live.version(2, constant=2.0)
    live.version(3, constant=3.0)
    first = live.until_state(live.release(1), "live")
    second = live.until_state(live.release(2), "live")
    live.supervisor.turn()
    first.refresh_from_db()
    assert (first.state, first.weight, first.step) == ("draining", 0, "Kept as the fallback")
    assert ask(live.ready(first)[0].address, "tell") == (200, {"predictions": [1.0]})
    third = live.until_state(live.release(3), "live")
    live.until_state(first, "stopped")
    assert ask(live.ready(second)[0].address, "tell") == (200, {"predictions": [2.0]})
    # Drift stops the live one; a person stops the rest.
    stop(live.deployment, keeps_fallback=True)
    live.until_state(third, "stopped")
    assert ask(live.ready(second)[0].address, "tell") == (200, {"predictions": [2.0]})
    stop(live.deployment)
    live.until_state(second, "stopped")


def test_a_release_that_is_called_off_leaves_nothing(live: Stage, cast: Any) -> None:
    live.version(1)
    release = live.release(1)
    live.until(lambda: release.replicas.exists())
    # One that only waited for the lease ends nothing; an orderly end counts as no failed start.
    Supervisor().close()
    assert processes.named(str(live.folder / "serving")) != []
    live.supervisor.close()
    assert not release.replicas.exists()
    live.another_supervisor()
    live.until(lambda: release.replicas.exists())
    cancel(release, by=cast.frank)
    live.until(lambda: Release.objects.get().state == "cancelled")
    live.until(lambda: not release.replicas.exclude(state="gone").exists())
    assert processes.named(str(live.folder / "serving")) == []


def test_while_the_database_is_away_replicas_answer_on(live: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    live.version(1, constant=1.0)
    release = live.until_state(live.release(1), "live")
    [replica] = live.ready(release)
    real, tried = live.supervisor.lease.hold, []

    def hold() -> bool:
        tried.append(True)
        if len(tried) < 3:
            raise OperationalError("database is locked")
        return real()

    monkeypatch.setattr(live.supervisor.lease, "hold", hold)
    live.supervisor.run(lambda: len(tried) >= 4, keep=True)
    assert ask(replica.address, "tell") == (200, {"predictions": [1.0]})
    assert [row.pk for row in live.ready(release)] == [replica.pk]


def test_what_replicas_use_is_written_each_minute(live: Stage) -> None:
    live.version(1)
    release = live.until_state(live.release(1), "live")
    for _ in range(20):
        ask(live.ready(release)[0].address, "double")
    live.supervisor.turn()
    ResourceUse.objects.all().delete()
    minute = timezone.now().replace(second=0, microsecond=0) - dt.timedelta(minutes=1)
    live.supervisor._measuring._minute = minute
    live.supervisor.turn()
    use = ResourceUse.objects.get(start=minute)
    assert (use.deployment, use.ready, use.wanted) == (live.deployment, 1, 1)
    assert use.rss_mb > 50
    assert use.cpu_seconds >= 0


def test_a_copy_that_was_changed_is_brought_back(live: Stage) -> None:
    live.version(1, constant=1.0)
    taken = store.take(live.project.slug, "bearing", 1)
    code = store.folder(taken) / "code" / "odd_v1.py"
    code.chmod(0o644)
    code.write_text("changed")
    assert not store.is_intact(taken)
    assert store.take(live.project.slug, "bearing", 1, taken) == taken
    assert store.is_intact(taken)
    original = next((live.folder / "mlflow").rglob("odd_v1.py"))
    original.write_text("changed")
    assert store.take(live.project.slug, "bearing", 1, taken) == taken
    shutil.rmtree(store.folder(taken))
    with pytest.raises(store.FilesHaveChanged):
        store.take(live.project.slug, "bearing", 1, taken)
    assert not store.folder(taken).exists()


class Elsewhere(LocalDriver):
    """Another driver, which knows nothing of what this machine's has started."""

    place: Path

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in ("deploy", "scale", "status", "stop", "logs", "known", "forget"):
            return found

        def there(*given: Any, **named: Any) -> Any:
            with override_settings(DATA_DIR=self.place):
                return found(*given, **named)

        return there


def test_with_another_driver_the_old_replicas_answer_until_the_new_ones_do(
    live: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.version(1, constant=1.0)
    release = live.until_state(live.release(1), "live")
    [before] = live.ready(release)
    monkeypatch.setattr(Elsewhere, "place", live.folder / "e", raising=False)
    monkeypatch.setitem(drivers.DRIVERS, "ray", Elsewhere)
    live.another_supervisor()
    Environment.objects.update(driver="ray")

    def has_moved() -> bool:
        assert live.ready(release), live.told()
        before.refresh_from_db()
        return before.state == "gone"

    try:
        live.until(has_moved)
        [after] = live.ready(release)
        assert (before.driver, after.driver, after.number) == ("local", "ray", 1)
        assert ask(after.address, "tell") == (200, {"predictions": [1.0]})
        # Nothing of the old one runs on.
        assert processes.named(str(Path(before.address.removeprefix("unix:")).parent)) == []
        release.refresh_from_db()
        assert (release.state, release.weight) == ("live", 100)
    finally:
        live.supervisor.close()
        drivers.driver.cache_clear()


def test_what_runs_though_its_row_says_it_is_gone_is_ended_by_the_sweep(live: Stage) -> None:
    live.version(1)
    release = live.until_state(live.release(1), "live")
    [row] = live.ready(release)
    place = str(Path(row.address.removeprefix("unix:")).parent)
    release.replicas.update(state="gone", ended_at=timezone.now())
    assert processes.named(place)
    sweeping.sweep()
    assert processes.named(place) == []
    assert log_of(row)


def test_one_supervises_and_a_second_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Held(), Held()
    second.holder = f"elsewhere:{first.holder}"
    assert first.hold()
    assert not second.hold()
    assert first.hold()
    first.release()
    assert second.hold()
    assert not first.hold()
    Lease.objects.update(until=timezone.now() - dt.timedelta(seconds=1))
    assert first.hold()


def test_the_lease_of_a_dead_process_of_this_machine_is_taken_at_once() -> None:
    held = Held()
    host, boot, _, start = held.holder.split(":")
    later = timezone.now() + dt.timedelta(hours=1)
    Lease.objects.create(name="supervisor", holder=f"{host}:{boot}:{os.getpid()}:{start}", until=later)
    other = Held()
    other.holder = f"{host}:{boot}:1:1"
    assert not other.hold()
    Lease.objects.update(holder=f"{host}:{boot}:{os.getpid()}:{int(start) + 1}")
    assert other.hold()


def test_one_that_was_stalled_notices_that_its_lease_has_passed_on() -> None:
    """Also where it has the row again by now, or the other has let it go: what it saw is old."""
    stalled, other = Held(), Held()
    other.holder = f"elsewhere:{stalled.holder}"
    assert stalled.hold()
    stalled.require()
    Lease.objects.update(until=timezone.now() - dt.timedelta(seconds=1))
    # Nobody has taken it: it is still the same taking.
    stalled.require()
    assert not other.hold()
    Lease.objects.update(until=timezone.now() - dt.timedelta(seconds=1))
    assert other.hold()
    before = Lease.objects.get().number
    with pytest.raises(LeaseLost):
        stalled.require()
    assert not stalled.hold()
    other.release()
    assert stalled.hold()
    assert Lease.objects.get().number > before
    with pytest.raises(LeaseLost):
        other.require()


@pytest.mark.parametrize("when", ["before the row", "before the process"])
def test_a_supervisor_stalled_while_it_starts_a_replica_leaves_no_second_one(
    live: Stage, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    live.version(1, constant=1.0)
    release = live.release(1)
    other = Supervisor()
    other.lease.holder = f"elsewhere:{other.lease.holder}"
    local = drivers.driver("local")
    deploy, start = local.deploy, live.supervisor.replicas.start
    begun: list[str] = []

    def take_over() -> None:
        """The other one takes what has run out, and starts what is missing."""
        Lease.objects.update(until=timezone.now() - dt.timedelta(seconds=1))
        for _ in range(400):
            assert other.turn()
            if release.replicas.filter(state="ready").exists():
                return
            threading.Event().wait(0.05)
        raise AssertionError(live.told())

    def stalled_at_the_row(of: Release, spec: Spec, numbers: Sequence[int]) -> None:
        if when == "before the row" and not begun:
            begun.append(when)
            take_over()
        start(of, spec, numbers)

    def stalled_at_the_process(spec: Spec, names: Sequence[str]) -> None:
        if when == "before the process" and not begun:
            begun.append(when)
            take_over()
        deploy(spec, names)

    monkeypatch.setattr(local, "deploy", stalled_at_the_process)
    monkeypatch.setattr(live.supervisor.replicas, "start", stalled_at_the_row)
    try:
        while live.supervisor.turn():
            assert len(begun) < 2
        assert begun == [when]
        [row] = release.replicas.exclude(state="gone")
        folders = (live.folder / "serving" / "r").iterdir()
        assert [one.name for one in folders if processes.named(str(one))] == [row.pk.hex[:12]]
        assert ask(row.address, "tell") == (200, {"predictions": [1.0]})
        # Nor does it end what the other has started.
        live.supervisor.close()
        assert ask(row.address, "tell") == (200, {"predictions": [1.0]})
        assert other.turn()
        assert [one.pk for one in live.ready(release)] == [row.pk]
    finally:
        other.close()


def test_one_that_was_stalled_itself_does_not_take_silence_for_an_end(live: Stage) -> None:
    live.version(1)
    release = live.until_state(live.release(1), "live")
    [row] = live.ready(release)
    family = processes.family(row.handle["pid"], processes.everything())
    for one in family:
        os.kill(one.pid, signal.SIGSTOP)
    local = drivers.driver("local")
    assert isinstance(local, LocalDriver)
    local._answered[row.pk.hex[:12]] -= 60
    local._asked_at -= 60
    live.supervisor.turn()
    for one in family:
        os.kill(one.pid, signal.SIGCONT)
    live.supervisor.turn()
    assert [one.pk for one in live.ready(release)] == [row.pk]
