"""Jobs: asked for once, shown while they run, cancelled, and picked up again after a restart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from jobs import actions, registry, runner, tasks
from jobs.models import Job
from jobs.runner import Outcome, Progress
from ui.errors import Conflict, Invalid
from ui.limited import Stopped

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@example.org", "correct horse battery")


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A table of job functions that a test fills."""
    table: dict[str, Any] = {
        "plan": lambda progress, *args: Outcome("Planned " + ",".join(args), "/roadmap/")
    }
    monkeypatch.setattr(registry, "functions", lambda: table)
    monkeypatch.setattr(runner, "functions", lambda: table)
    return table


def start(by: User, *args: Any, **fields: Any) -> Job:
    return actions.request("plan", *args, title="Plan the roadmap", by=by, **fields)


def run(job: Job) -> Job:
    runner.run(str(job.pk))
    job.refresh_from_db()
    return job


def test_a_job_runs_after_the_commit_and_ends_in_its_message(
    named: dict[str, Any], alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job = start(alice, 7)
        assert job.state == Job.State.QUEUED
    job.refresh_from_db()
    assert (job.state, job.message, job.result_url) == (Job.State.DONE, "Planned 7", "/roadmap/")


def test_a_name_that_nothing_runs_is_refused_at_once(named: dict[str, Any], alice: User) -> None:
    with pytest.raises(LookupError, match=r"config/jobs\.py has no job called seal"):
        actions.request("seal", title="Seal", by=alice)


def test_pressing_the_button_twice_starts_the_work_once(named: dict[str, Any], alice: User) -> None:
    first, second = start(alice, key="plan-1"), start(alice, key="plan-1")
    assert first.pk == second.pk
    run(first)
    assert start(alice, key="plan-1").pk != first.pk


def test_a_job_runs_once_though_the_queue_delivers_it_twice(named: dict[str, Any], alice: User) -> None:
    calls: list[int] = []
    named["plan"] = lambda progress: calls.append(1) or Outcome("Done")
    job = start(alice)
    run(job)
    run(job)
    assert calls == [1]


def test_a_domain_error_is_told_in_its_words_and_a_fault_with_a_reference(
    named: dict[str, Any], alice: User
) -> None:
    def refuse(progress: Progress) -> Outcome:
        raise Invalid("The by-date lies before the start.")

    def break_down(progress: Progress) -> Outcome:
        raise ZeroDivisionError("secret detail")

    named["plan"] = refuse
    assert run(start(alice)).message == "The by-date lies before the start."
    named["plan"] = break_down
    job = run(start(alice))
    assert job.state == Job.State.FAILED
    assert str(job.pk)[:8] in job.message
    assert "secret" not in job.message


def test_cancel_stops_a_running_job_at_its_next_step(named: dict[str, Any], alice: User) -> None:
    def work(progress: Progress) -> Outcome:
        actions.cancel(Job.objects.get(pk=progress.job.pk))
        progress("Second stage", 2, 2)
        return Outcome("Finished all the same")

    named["plan"] = work
    job = run(start(alice))
    assert (job.state, job.message) == (Job.State.CANCELLED, "Cancelled. Nothing was changed.")


def test_cancel_ends_a_waiting_job_and_refuses_an_ended_one(named: dict[str, Any], alice: User) -> None:
    job = start(alice)
    actions.cancel(job)
    assert run(job).state == Job.State.CANCELLED
    with pytest.raises(Conflict):
        actions.cancel(job)


@pytest.mark.parametrize(("attempts", "state"), [(1, Job.State.DONE), (3, Job.State.FAILED)])
def test_a_job_that_a_killed_worker_left_is_run_again_three_times_at_most(
    named: dict[str, Any], alice: User, attempts: int, state: str
) -> None:
    job = start(alice)
    old = timezone.now() - timedelta(minutes=10)
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, attempts=attempts, heartbeat_at=old)
    tasks.recover()
    job.refresh_from_db()
    assert job.state == state


@pytest.mark.parametrize("by_itself", [True, False])
def test_a_job_that_runs_while_the_worker_stops_is_taken_up_at_the_next_sweep(
    named: dict[str, Any], alice: User, by_itself: bool
) -> None:
    def stop(progress: Progress) -> Outcome:
        named["plan"] = lambda progress: Outcome("Planned after all")
        if by_itself:
            tasks.hand_back("interrupted")
            return Outcome("Nobody hears of this")
        raise Stopped("This report could not be finished: the server is stopping.")

    named["plan"] = stop
    job = run(start(alice))
    # What the worker was asked to break off has not been tried; what ended by itself may be at fault.
    assert (job.state, job.message, job.attempts) == (Job.State.QUEUED, "", 0 if by_itself else 1)
    assert tasks.recover() == 1
    job.refresh_from_db()
    assert (job.state, job.message) == (Job.State.DONE, "Planned after all")


def test_a_job_that_stops_again_and_again_is_given_up(named: dict[str, Any], alice: User) -> None:
    def stop(progress: Progress) -> Outcome:
        raise Stopped("This report could not be finished: the server is stopping.")

    named["plan"] = stop
    job = run(start(alice))
    assert [tasks.recover() for _ in range(4)] == [1, 1, 0, 0]
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "stopped 3 times" in job.message


def test_a_job_whose_queue_entry_was_lost_is_queued_again(named: dict[str, Any], alice: User) -> None:
    job = start(alice)
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(minutes=5))
    assert tasks.recover() == 1
    job.refresh_from_db()
    assert job.state == Job.State.DONE


def test_a_running_job_with_a_fresh_heartbeat_is_left_alone(named: dict[str, Any], alice: User) -> None:
    job = start(alice)
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, heartbeat_at=timezone.now())
    assert tasks.recover() == 0


def test_only_its_person_sees_a_job(named: dict[str, Any], alice: User, client: Client) -> None:
    job = run(start(alice))
    client.force_login(alice)
    assert b"Planned" in client.get(f"/jobs/{job.pk}/").content
    assert client.get(f"/jobs/{uuid4()}/").status_code == 404
    client.force_login(User.objects.create_user("charlie@example.org", "correct horse battery"))
    assert client.get(f"/jobs/{job.pk}/").status_code == 404
    assert client.post(f"/jobs/{job.pk}/cancel/").status_code == 404


def test_a_fragment_asks_again_until_the_job_has_ended(
    named: dict[str, Any], alice: User, client: Client
) -> None:
    job = start(alice)
    client.force_login(alice)
    fragment = client.get(f"/jobs/{job.pk}/", headers={"HX-Request": "true"})
    assert b"hx-trigger" in fragment.content
    run(job)
    ended = client.get(f"/jobs/{job.pk}/", headers={"HX-Request": "true"})
    assert ended["HX-Redirect"] == "/roadmap/"
    assert b"hx-trigger" not in ended.content


def test_the_table_of_jobs_names_functions_that_exist() -> None:
    from django.utils.module_loading import import_string

    from config.jobs import JOBS

    assert all(callable(import_string(path)) for path in JOBS.values())


def test_a_step_of_other_words_is_shown_at_once_and_one_that_counts_on_now_and_then(
    named: dict[str, Any], alice: User
) -> None:
    seen = []

    def work(progress: Progress) -> Outcome:
        steps = [("Reading", 0, 9), ("Row 1 of 2,000", 1, 9), ("Row 900 of 2,000", 2, 9), ("Measuring", 3, 9)]
        for step in steps:
            progress(*step)
            seen.append(Job.objects.values_list("step", flat=True).get(pk=progress.job.pk))
        return Outcome("Done")

    named["plan"] = work
    run(start(alice))
    assert seen == ["Reading", "Row 1 of 2,000", "Row 1 of 2,000", "Measuring"]
