"""Webhooks: signed, delivered at least once, tried again, paused and told of; never to inner addresses."""

from __future__ import annotations

import datetime as dt
import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core import mail as mailbox
from django.db import transaction
from django.utils import timezone

from accounts.actions import erase_person
from jobs import outbox, webhook_post
from jobs.models import Delivery, Event, Webhook
from jobs.webhook_actions import add_webhook, pause_webhook, request_test, resume_webhook, rotate_secret
from jobs.webhook_addresses import NotReachable, Target, target_of
from jobs.webhook_delivery import MOST_ATTEMPTS, deliver, deliver_due
from jobs.webhook_post import NotDelivered, post
from jobs.webhook_signing import signature
from projects.models import Project
from tests.jobs.receiver import Receiver, receiving
from tests.projects import cast as made
from ui.errors import Invalid

pytestmark = pytest.mark.django_db
ALL = ["charters", "verdicts", "projects"]


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOKS_ALLOWED = ["127.0.0.1"]
    with receiving() as found:
        yield found


@pytest.fixture
def project(cast: Any) -> Project:
    project = made.project(cast.organization, cast.frank)
    Event.objects.all().delete()
    return project


def add(cast: Any, receiver: Receiver, areas: list[str] | None = None) -> tuple[Webhook, str]:
    return add_webhook(cast.organization, by=cast.alice, name="Team", url=receiver.url, areas=areas or ALL)


def happen(project: Project, kind: str = "project.asked", **more: Any) -> None:
    with transaction.atomic():
        outbox.publish(kind, organization=project.organization, about=project, **more)


def work() -> None:
    """What the worker does each minute."""
    outbox.spread_waiting()
    deliver_due()


def later(webhook: Webhook) -> Delivery:
    """The last delivery, its wait gone by."""
    Delivery.objects.filter(webhook=webhook).update(next_attempt_at=timezone.now() - dt.timedelta(seconds=1))
    return Delivery.objects.get(webhook=webhook)


def is_signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As the documentation tells receivers to check it."""
    page = (settings.BASE_DIR / "docs" / "webhooks.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    space: dict[str, Any] = {}
    exec(code, space)  # noqa: S102 - a listing of our own
    fits: bool = space["is_ours"](secret, headers, body)
    return fits


def test_the_signature_is_that_of_the_published_example() -> None:
    assert (
        signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
            at=1614265330,
            body=b'{"test": 2432232314}',
        )
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_an_event_arrives_signed_and_says_nothing_of_people(
    cast: Any, project: Project, receiver: Any
) -> None:
    _, secret = add(cast, receiver)
    happen(project, data={"ask": "a1"})
    work()
    ((path, headers, body),) = receiver.got
    event = Event.objects.get()
    assert path == "/in"
    assert headers["webhook-id"] == f"msg_{event.pk}"
    assert is_signed(secret, headers, body)
    assert not is_signed(secret, headers, body + b" ")
    told = json.loads(body)
    assert (told["type"], told["data"]["object"], told["data"]["id"]) == (
        "project.asked",
        "project",
        str(project.pk),
    )
    assert told["data"]["link"].endswith(f"/projects/{project.pk}/waiting/")
    assert set(told["data"]) == {"organization", "object", "id", "link", "ask"}
    assert not any(user.email.encode() in body for user in (cast.alice, cast.frank))
    work()
    assert len(receiver.got) == 1, "delivered once it was taken"


def test_the_secret_is_not_in_the_database(cast: Any, receiver: Receiver) -> None:
    webhook, secret = add(cast, receiver)
    assert secret not in webhook.secret
    assert secret.removeprefix("whsec_") not in webhook.secret


def test_areas_that_were_not_chosen_and_other_organizations_hear_nothing(
    cast: Any, project: Project, receiver: Receiver
) -> None:
    add(cast, receiver, ["charters"])
    add_webhook(cast.other, by=cast.charlie, name="Own", url=receiver.url, areas=ALL)
    happen(project)
    work()
    assert receiver.got == []


def test_what_fails_is_tried_again_with_growing_waits_then_paused_and_told(
    cast: Any, project: Project, receiver: Receiver
) -> None:
    webhook, _ = add(cast, receiver)
    receiver.status = 500
    happen(project)
    work()
    waits = []
    for attempt in range(1, MOST_ATTEMPTS):
        row = Delivery.objects.get(webhook=webhook)
        assert (row.state, row.attempts, row.status) == ("queued", attempt, 500)
        waits.append(row.next_attempt_at - timezone.now())
        assert deliver_due() == 0, "not before its time"
        later(webhook)
        deliver_due()
    assert waits == sorted(waits)
    assert waits[-1] > dt.timedelta(hours=10)
    row.refresh_from_db()
    webhook.refresh_from_db()
    assert row.state == "failed"
    assert "answered 500" in webhook.paused_for
    (told,) = [sent for sent in mailbox.outbox if "paused" in sent.subject]
    assert told.to == [cast.alice.email]
    assert "answered 500" in told.body
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1, "one id through all tries"

    receiver.status = 200
    happen(project)
    work()
    assert len(receiver.got) == MOST_ATTEMPTS, "paused"
    resume_webhook(webhook, by=cast.alice)
    work()
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 2
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def test_a_receiver_that_is_gone_is_not_asked_again(cast: Any, project: Project, receiver: Receiver) -> None:
    webhook, _ = add(cast, receiver)
    receiver.status = 410
    happen(project)
    work()
    webhook.refresh_from_db()
    assert webhook.paused_at is not None
    assert Delivery.objects.get().attempts == 1


def test_redirects_are_not_followed(cast: Any, project: Project, receiver: Receiver) -> None:
    with receiving() as other:
        receiver.status, receiver.headers = 302, {"Location": other.url}
        add(cast, receiver)
        happen(project)
        work()
        assert other.got == []
    assert "Redirects are not followed" in Delivery.objects.get().error


def test_paused_by_hand_what_happens_waits(cast: Any, project: Project, receiver: Receiver) -> None:
    webhook, _ = add(cast, receiver)
    pause_webhook(webhook, by=cast.alice)
    happen(project)
    work()
    assert receiver.got == []
    resume_webhook(webhook, by=cast.alice)
    work()
    assert len(receiver.got) == 1


def test_a_test_reaches_a_paused_webhook_and_is_tried_once(cast: Any, receiver: Receiver) -> None:
    webhook, secret = add(cast, receiver)
    pause_webhook(webhook, by=cast.alice)
    receiver.status = 500
    deliver(request_test(webhook, by=cast.alice).pk)
    ((_, headers, body),) = receiver.got
    assert is_signed(secret, headers, body)
    assert json.loads(body)["type"] == "webhook.test"
    assert Delivery.objects.get().state == "failed"
    assert mailbox.outbox == []


def test_after_a_rotation_both_secrets_fit_for_a_day(cast: Any, project: Project, receiver: Receiver) -> None:
    webhook, old = add(cast, receiver)
    new = rotate_secret(webhook, by=cast.alice)
    happen(project)
    work()
    _, headers, body = receiver.got[-1]
    assert is_signed(old, headers, body)
    assert is_signed(new, headers, body)
    Webhook.objects.update(earlier_until=timezone.now() - dt.timedelta(seconds=1))
    happen(project)
    work()
    _, headers, body = receiver.got[-1]
    assert is_signed(new, headers, body)
    assert not is_signed(old, headers, body)


def test_an_event_of_a_change_that_failed_is_not_told(
    cast: Any, project: Project, receiver: Receiver
) -> None:
    add(cast, receiver)
    with transaction.atomic():
        outbox.publish("project.asked", organization=project.organization, about=project)
        transaction.set_rollback(True)
    work()
    assert receiver.got == []


def test_an_event_with_a_key_happens_once(project: Project) -> None:
    for _ in range(3):
        happen(project, key="week 1")
    happen(project)
    happen(project)
    assert Event.objects.count() == 3


def test_a_worker_that_died_half_way_repeats_and_doubles_nothing(
    cast: Any, project: Project, receiver: Receiver
) -> None:
    webhook, _ = add(cast, receiver)
    happen(project)
    event = Event.objects.get()
    outbox.spread(event.pk)
    Event.objects.update(spread_at=None)  # killed before it was noted
    work()
    assert Delivery.objects.count() == 1
    assert len(receiver.got) == 1
    # Killed after the request, before the answer was noted: sent again under the same id.
    Delivery.objects.update(state="queued")
    later(webhook)
    deliver_due()
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1


def test_inner_addresses_are_refused_when_added_and_when_sent(
    cast: Any, project: Project, receiver: Receiver, settings: Any
) -> None:
    webhook, _ = add(cast, receiver)
    settings.WEBHOOKS_ALLOWED = []
    with pytest.raises(Invalid) as refused:
        add(cast, receiver)
    assert "not on the public internet" in str(refused.value.fields["url"])
    happen(project)
    work()
    assert receiver.got == []
    assert "not on the public internet" in later(webhook).error


def test_a_name_that_changes_its_address_is_connected_to_where_it_was_checked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the second answer of the name server would be another address; nobody asks twice."""
    port = target_of(receiver.url).port
    answers = iter(["127.0.0.1", "127.0.0.2", "127.0.0.3"])

    def resolver(host: str, port: int, *more: Any, **named: Any) -> list[Any]:
        kind = socket.SOCK_STREAM
        # What create_connection asks for is an address already.
        found = next(answers) if host == "rebind.example" else host
        return [(socket.AF_INET, kind, 6, "", (found, port))]

    monkeypatch.setattr(webhook_post.socket, "getaddrinfo", resolver)
    target = target_of(f"http://rebind.example:{port}/in")
    assert post(target, b"{}", {}, listed=["127.0.0.1"]) == 204
    ((_, headers, _),) = receiver.got
    assert headers["Host"] == f"rebind.example:{port}"
    with pytest.raises(NotReachable):
        post(target, b"{}", {}, listed=["127.0.0.1"])
    assert len(receiver.got) == 1


def test_an_answer_that_drips_is_cut_and_a_large_one_is_not_read_to_its_end(receiver: Receiver) -> None:
    receiver.drip = True
    with pytest.raises(NotDelivered, match="too long"):
        post(target_of(receiver.url), b"{}", {}, listed=["127.0.0.1"], seconds=0.5)
    receiver.drip, receiver.status, receiver.large = False, 200, 64 * 1024 * 1024
    assert post(target_of(receiver.url), b"{}", {}, listed=["127.0.0.1"]) == 200


def test_nobody_there(cast: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        target = Target("http", "127.0.0.1", closed.getsockname()[1], "/")
        with pytest.raises(NotDelivered, match="No answer"):
            post(target, b"{}", {}, listed=["127.0.0.1"])


def test_old_events_are_forgotten_unless_they_are_on_their_way(
    cast: Any, project: Project, receiver: Receiver
) -> None:
    webhook, _ = add(cast, receiver)
    receiver.status = 500
    happen(project)
    work()
    Event.objects.update(at=timezone.now() - dt.timedelta(days=200))
    outbox.forget_old()
    assert Event.objects.count() == 1
    receiver.status = 200
    later(webhook)
    deliver_due()
    outbox.forget_old()
    assert Event.objects.count() == 0


def test_an_erased_person_is_taken_out_of_names(cast: Any, project: Project, receiver: Receiver) -> None:
    webhook, _ = add(cast, receiver)
    Webhook.objects.update(name=f"For {cast.bob.email}")
    erase_person(cast.bob, by=cast.alice)
    webhook.refresh_from_db()
    assert cast.bob.email not in webhook.name
    assert webhook.name.startswith("For ")


def test_the_pages(cast: Any, project: Project, receiver: Receiver) -> None:
    owner, member = cast.client("owner"), cast.client("member")
    form = {"name": "Team", "url": receiver.url, "areas": ALL}
    stale = cast.client("owner", fresh=False).post("/settings/webhooks/new/", form)
    assert stale.status_code == 302
    assert not Webhook.objects.exists(), "needs a fresh sign-in"
    added = owner.post("/settings/webhooks/new/", form)
    assert "whsec_" in added.content.decode()
    assert added["Cache-Control"] == "no-store"
    webhook = Webhook.objects.get()
    page = f"/settings/webhooks/{webhook.pk}/"
    assert "whsec_" not in owner.get(page).content.decode()
    assert member.get(page).status_code == 403
    receiver.status = 503
    happen(project)
    work()
    shown = owner.get(page).content.decode()
    assert "trying again" in shown
    assert "The receiver answered 503." in shown
    assert owner.post(f"{page}rotate/").content.decode().count("whsec_") == 1
    assert owner.post(f"{page}pause/").status_code == 302
    assert "paused" in owner.get("/settings/webhooks/").content.decode()
    assert owner.post(f"{page}resume/").status_code == 302
    assert owner.post(f"{page}test/").status_code == 302
    assert owner.post(f"{page}delete/").status_code == 302
    assert not Delivery.objects.exists()
    refused = owner.post("/settings/webhooks/new/", {**form, "url": "https://169.254.169.254/latest/"})
    assert refused.status_code == 422
    assert "not on the public internet" in refused.content.decode()


@pytest.mark.django_db
def test_a_webhook_does_not_hear_of_the_time_before_it(cast: Any, project: Project) -> None:
    event = Event.objects.create(
        organization=cast.organization,
        kind="project.opened",
        about_type="projects.project",
        about_id=str(project.pk),
    )
    hook = Webhook.objects.create(
        organization=cast.organization, name="Late", url="https://hooks.example/", areas=["projects"]
    )
    assert outbox.spread(event.pk) == []
    Event.objects.filter(pk=event.pk).update(spread_at=None, at=timezone.now())
    assert len(outbox.spread(event.pk)) == 1
    assert hook.deliveries.count() == 1
