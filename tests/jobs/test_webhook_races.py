"""Two workers at the same moment: one delivers, the other finds that it is being done."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from jobs import outbox
from jobs.models import Delivery, Event, Webhook
from jobs.webhook_actions import add_webhook, pause_webhook, resume_webhook
from jobs.webhook_delivery import deliver, deliver_due
from tests.jobs.receiver import Receiver, receiving
from tests.projects import cast as made

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 3
EVENTS = 3


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOKS_ALLOWED = ["127.0.0.1"]
    with receiving() as found:
        yield found


@pytest.fixture
def webhook(cast: Any, receiver: Receiver) -> Webhook:
    """Told of three events, none of which is sent yet."""
    project = made.project(cast.organization, cast.frank)
    Event.objects.all().delete()
    areas = ["charters", "verdicts", "projects"]
    webhook, _ = add_webhook(cast.organization, by=cast.alice, name="Team", url=receiver.url, areas=areas)
    # Published, they would go out at once: the tests' queue does not wait for a worker.
    about = {"about_type": "projects.project", "about_id": str(project.pk)}
    for _ in range(EVENTS):
        Event.objects.create(organization=cast.organization, kind="project.asked", **about)
    outbox.spread_waiting()
    assert Delivery.objects.filter(state="queued", attempts=0).count() == EVENTS
    return webhook


def in_step(work: Callable[[], object], workers: int = WORKERS) -> None:
    """Run the work in several threads that wait for each other after every look at the deliveries.

    Whatever one of them decides, all have seen the same state before any of them writes.
    """
    gate = threading.Barrier(workers)
    raised: list[BaseException] = []

    def looked(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith("SELECT") and '"jobs_delivery"' in sql:
            # One that waits for a lock instead, or has less to look at, is not waited for for ever.
            with suppress(threading.BrokenBarrierError):
                gate.wait(timeout=5)
        return result

    def run() -> None:
        try:
            with connection.execute_wrapper(looked):
                work()
        except BaseException as error:  # raised again below, in the thread of the test
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def times_sent(receiver: Receiver) -> list[int]:
    return sorted(Counter(headers["webhook-id"] for _, headers, _ in receiver.got).values())


def test_workers_that_see_the_same_delivery_send_it_once(webhook: Webhook, receiver: Receiver) -> None:
    (pk, *_) = Delivery.objects.values_list("pk", flat=True)
    in_step(lambda: deliver(pk))
    assert times_sent(receiver) == [1]
    row = Delivery.objects.get(pk=pk)
    assert (row.state, row.attempts, row.status) == ("sent", 1, 204)


def test_workers_that_sweep_at_the_same_moment_send_each_once(webhook: Webhook, receiver: Receiver) -> None:
    in_step(deliver_due)
    assert times_sent(receiver) == [1] * EVENTS
    assert set(Delivery.objects.values_list("state", "attempts")) == {("sent", 1)}


def test_a_failure_counts_once_and_is_tried_again_once(webhook: Webhook, receiver: Receiver) -> None:
    receiver.status = 500
    in_step(deliver_due)
    assert set(Delivery.objects.values_list("state", "attempts")) == {("queued", 1)}
    receiver.status = 204
    Delivery.objects.update(next_attempt_at=timezone.now())
    in_step(deliver_due)
    assert times_sent(receiver) == [2] * EVENTS
    assert set(Delivery.objects.values_list("state", "attempts")) == {("sent", 2)}


def test_events_spread_by_several_workers_go_out_once(webhook: Webhook, receiver: Receiver) -> None:
    Event.objects.update(spread_at=None)
    in_step(outbox.spread_waiting)
    assert Delivery.objects.count() == EVENTS


def during(receiver: Receiver, move: Callable[[], object]) -> None:
    """Do something in another thread while a request is under way, before it is answered."""

    def then() -> None:
        try:
            move()
        finally:
            connection.close()

    def meanwhile() -> None:
        receiver.meanwhile = None
        thread = threading.Thread(target=then)
        thread.start()
        thread.join()

    receiver.meanwhile = meanwhile


@pytest.mark.parametrize("answer", [204, 500])
def test_resumed_while_a_request_is_under_way_it_is_not_sent_beside_it(
    cast: Any, webhook: Webhook, receiver: Receiver, answer: int
) -> None:
    (pk, *_) = Delivery.objects.values_list("pk", flat=True)

    def pause_resume_and_sweep() -> None:
        pause_webhook(webhook, by=cast.alice)
        resume_webhook(webhook, by=cast.alice)
        receiver.status = 204
        deliver_due()
        receiver.status = answer

    during(receiver, pause_resume_and_sweep)
    deliver(pk)
    assert times_sent(receiver) == [1] * EVENTS, "the others were sent by the sweep"
    row = Delivery.objects.get(pk=pk)
    assert (row.state, row.attempts) == ("sent" if answer == 204 else "queued", 1)


def test_a_late_failure_does_not_undo_what_another_worker_delivered(
    webhook: Webhook, receiver: Receiver
) -> None:
    """A worker that hung for longer than its claim lasts comes back with a failure."""
    (pk, *_) = Delivery.objects.values_list("pk", flat=True)

    def taken_over() -> None:
        Delivery.objects.filter(pk=pk).update(next_attempt_at=timezone.now())
        receiver.status = 204
        deliver(pk)
        receiver.status = 500

    during(receiver, taken_over)
    deliver(pk)
    row = Delivery.objects.get(pk=pk)
    assert (row.state, row.attempts, row.status, row.error) == ("sent", 2, 204, "")
