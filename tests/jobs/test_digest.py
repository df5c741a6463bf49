"""The digest: once a period, only what the member may see, in words with links, stopped with one click."""

from __future__ import annotations

import datetime as dt
import email
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail as mailbox
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.actions import add_member, create_account, remove_member
from accounts.models import Membership, User
from jobs import digest, outbox, tasks
from jobs.digest_times import is_due, last_moment
from jobs.event_kinds import AREAS, kinds, page_of, subjects
from jobs.models import Digest, Event, GuestDigest
from projects import access
from projects.actions import open_from_initiative
from projects.actions.talking import ask_somebody
from projects.models import Project, ProjectMember
from tests.projects import cast as made
from ui.errors import NotFound

MONDAY = dt.datetime(2026, 3, 9, 8, 0, tzinfo=dt.UTC)


@pytest.fixture
def project(cast: Any) -> Project:
    project = made.project(cast.organization, cast.frank)
    at(MONDAY - dt.timedelta(days=2))
    return project


def at(moment: dt.datetime) -> None:
    """All that has happened so far happened then, second by second, to people who were members before."""
    for second, pk in enumerate(Event.objects.order_by("at", "pk").values_list("pk", flat=True)):
        Event.objects.filter(pk=pk).update(at=moment + dt.timedelta(seconds=second))
    Membership.objects.update(created_at=moment - dt.timedelta(days=60))


def to(address: str) -> list[Any]:
    return [sent for sent in mailbox.outbox if sent.to == [address]]


@pytest.mark.django_db
def test_each_member_gets_one_mail_a_week_in_words_with_links(cast: Any, project: Project) -> None:
    values = {"what": "Access to the archive", "of_name": "Ida", "since": dt.date(2026, 3, 6)}
    ask_somebody(project, by=cast.frank, values=values)
    at(MONDAY - dt.timedelta(days=2))
    assert digest.send_due(MONDAY) == 4
    (sent,) = to(cast.victor.email)
    assert sent.subject == "Halvorsen Pumps: what happened in the last week"
    assert "Bearing failure warning was opened." in sent.body
    assert "Bearing failure warning waits for an answer." in sent.body
    assert f"/projects/{project.pk}/waiting/" in sent.body
    assert "Ida" not in sent.body
    assert digest.send_due(MONDAY + dt.timedelta(hours=1)) == 0
    at(MONDAY + dt.timedelta(days=1))
    assert digest.send_due(MONDAY + dt.timedelta(days=6)) == 0, "not before the next Monday"
    assert digest.send_due(MONDAY + dt.timedelta(days=7)) == 4
    assert digest.send_due(MONDAY + dt.timedelta(days=14)) == 0, "nothing happened, so no mail"


@pytest.mark.django_db
def test_other_organizations_and_those_who_left_read_nothing(cast: Any, project: Project) -> None:
    remove_member(cast.membership("bob"), by=cast.alice)
    cast.victor.is_active = False
    cast.victor.save()
    assert digest.send_due(MONDAY) == 2
    assert not to(cast.charlie.email)
    assert not to(cast.bob.email)
    assert not to(cast.victor.email)


@pytest.mark.django_db
def test_what_the_door_of_an_object_hides_is_not_told(
    cast: Any, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = access.get_project

    def closed_to_bob(user: Any, pk: Any, **more: Any) -> Project:
        if user.pk == cast.bob.pk:
            raise NotFound
        return door(user, pk, **more)

    monkeypatch.setattr(access, "get_project", closed_to_bob)
    digest.send_due(MONDAY)
    assert len(to(cast.victor.email)) == 1
    assert not to(cast.bob.email)


@pytest.mark.django_db
def test_a_new_member_does_not_read_of_the_time_before(cast: Any, project: Project) -> None:
    gitte = create_account(email="gitte@firm.example", name="Gitte")
    row = add_member(cast.organization, user=gitte, by=cast.alice, role="member", functions=[], unit=None)
    type(row).objects.filter(pk=row.pk).update(created_at=MONDAY - dt.timedelta(days=1))
    digest.send_due(MONDAY)
    assert not to(gitte.email)


@pytest.mark.django_db
def test_daily_weekly_or_never(cast: Any, project: Project) -> None:
    for who, every in (("alice", "day"), ("bob", "never"), ("victor", "week"), ("frank", "week")):
        Digest.objects.create(
            membership=cast.membership(who), every=every, sent_until=MONDAY - dt.timedelta(days=5)
        )

    def mails() -> list[int]:
        return [len(to(user.email)) for user in (cast.alice, cast.bob, cast.victor)]

    digest.send_due(MONDAY - dt.timedelta(days=1))
    assert mails() == [1, 0, 0]
    at(MONDAY - dt.timedelta(hours=2))
    digest.send_due(MONDAY)
    assert mails() == [2, 0, 1]


@pytest.mark.django_db
def test_the_workers_task_sends_what_is_due(cast: Any, project: Project) -> None:
    at(timezone.now() - dt.timedelta(hours=1))
    Digest.objects.create(
        membership=cast.membership("bob"), every="day", sent_until=timezone.now() - dt.timedelta(days=3)
    )
    tasks.send_digests.call_local()
    assert len(to(cast.bob.email)) == 1


@pytest.mark.django_db
def test_one_click_stops_it_and_opening_the_link_does_not(cast: Any, project: Project) -> None:
    digest.send_due(MONDAY)
    (sent,) = to(cast.bob.email)
    head = email.message_from_bytes(sent.message().as_bytes())
    assert head["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = head["List-Unsubscribe"].replace("\n", "").strip(" <>").split("//", 1)[1].split("/", 1)[1]
    client = Client(enforce_csrf_checks=True)
    assert "Stop the digest" in client.get(f"/{path}").content.decode()
    assert Digest.objects.get(membership=cast.membership("bob")).every == "week"
    stopped = client.post(f"/{path}", {"List-Unsubscribe": "One-Click"})
    assert stopped.status_code == 200
    assert Digest.objects.get(membership=cast.membership("bob")).every == "never"
    at(MONDAY + dt.timedelta(days=1))
    digest.send_due(MONDAY + dt.timedelta(days=7))
    assert len(to(cast.bob.email)) == 1
    assert client.post(f"/{path[:-3]}x/").status_code == 404
    assert client.get("/digest/stop/anything/").status_code == 404


@pytest.mark.django_db
def test_a_member_chooses_on_the_page(cast: Any) -> None:
    client = cast.client("member")
    assert "/settings/digest/" in client.get("/settings/").content.decode()
    assert client.post("/settings/digest/", {"every": "hourly"}).status_code == 422
    assert client.post("/settings/digest/", {"every": "day"}).status_code == 302
    assert Digest.objects.get(membership=cast.membership("bob")).every == "day"


OSLO = ZoneInfo("Europe/Oslo")


@pytest.mark.parametrize(
    ("every", "now", "expected"),
    [
        ("day", "2026-03-11 06:59", "2026-03-10 07:00"),
        ("day", "2026-03-11 07:00", "2026-03-11 07:00"),
        ("week", "2026-03-09 06:59", "2026-03-02 07:00"),
        ("week", "2026-03-09 07:00", "2026-03-09 07:00"),
        ("week", "2026-03-15 23:59", "2026-03-09 07:00"),
        ("week", "2026-03-30 07:00", "2026-03-30 07:00"),  # summer time began on the 29th
        ("day", "2026-10-25 08:00", "2026-10-25 07:00"),
    ],
)
def test_the_moments_of_a_digest(every: str, now: str, expected: str) -> None:
    local = dt.datetime.fromisoformat(now).replace(tzinfo=OSLO)
    moment = last_moment(every, local)
    assert moment == dt.datetime.fromisoformat(expected).replace(tzinfo=OSLO)
    assert is_due(every, local, None)
    assert is_due(every, local, moment - dt.timedelta(seconds=1))
    assert not is_due(every, local, moment)
    assert not is_due("never", local, None)


def test_every_kind_has_an_area_a_page_and_a_sentence() -> None:
    for name, kind in kinds().items():
        assert kind.area in AREAS
        assert page_of(name, "8b0c1a52-3d0f-4b7e-9d3c-1f2e3d4c5b6a").startswith("/")
        fields = {field for _, field, _, _ in Formatter().parse(kind.words) if field}
        assert "name" in fields, name
        assert "…" not in digest.words(name, dict.fromkeys(fields, "x"))
    assert set(subjects()) == {"charters.charter", "projects.project", "deployments.deployment"}


def guest(
    project: Project, user: Any, *, added: dt.datetime = MONDAY - dt.timedelta(days=30)
) -> ProjectMember:
    return ProjectMember.objects.create(
        project=project, user=user, name=user.get_full_name(), email=user.email, role="viewer", added_at=added
    )


@pytest.mark.django_db
@pytest.mark.parametrize("doors", ["as they are", "open"])
def test_a_guest_reads_of_the_own_projects_and_of_nothing_else(
    cast: Any, project: Project, doors: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if doors == "open":
        monkeypatch.setattr(access, "get_project", lambda user, pk: Project.objects.get(pk=pk))
    other = open_from_initiative(cast.organization, by=cast.frank, initiative="x", name="Secret circle")
    guest(project, cast.charlie)
    values = {"what": "Access to the archive", "of_name": "Ida", "since": dt.date(2026, 3, 6)}
    for one in (project, other):
        ask_somebody(one, by=cast.frank, values=values)
    with transaction.atomic():
        outbox.publish("charter.in_force", organization=cast.organization, about=project.charter)
    at(MONDAY - dt.timedelta(days=2))
    assert digest.send_due(MONDAY) == 5
    (sent,) = to(cast.charlie.email)
    assert "Bearing failure warning waits for an answer." in sent.body
    assert f"/projects/{project.pk}/waiting/" in sent.body
    assert "Secret" not in sent.body
    assert "in force" not in sent.body
    assert "/charters/" not in sent.body
    assert digest.send_due(MONDAY + dt.timedelta(hours=1)) == 0
    (own,) = to(cast.bob.email)
    assert "Secret circle" in own.body


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["left", "archived", "disabled", "joined", "no account"])
def test_who_is_no_guest_any_more_gets_no_digest(cast: Any, project: Project, change: str) -> None:
    row = guest(project, cast.charlie)
    if change == "left":
        ProjectMember.objects.filter(pk=row.pk).update(left_at=MONDAY)
    elif change == "archived":
        Project.objects.filter(pk=project.pk).update(archived_at=MONDAY)
    elif change == "disabled":
        User.objects.filter(pk=cast.charlie.pk).update(is_active=False)
    elif change == "joined":
        add_member(
            cast.organization, user=cast.charlie, by=cast.alice, role="viewer", functions=[], unit=None
        )
        Membership.objects.update(created_at=MONDAY - dt.timedelta(days=60))
    else:
        ProjectMember.objects.filter(pk=row.pk).update(user=None)
    digest.send_due(MONDAY)
    assert len(to(cast.charlie.email)) == (1 if change == "joined" else 0)


@pytest.mark.django_db
def test_a_guest_does_not_read_of_the_time_before_each_project(cast: Any, project: Project) -> None:
    other = open_from_initiative(cast.organization, by=cast.frank, initiative="x", name="Late circle")
    guest(project, cast.charlie)
    guest(other, cast.charlie, added=MONDAY - dt.timedelta(days=1))
    at(MONDAY - dt.timedelta(days=2))
    digest.send_due(MONDAY)
    (sent,) = to(cast.charlie.email)
    assert "Bearing failure warning was opened." in sent.body
    assert "Late circle" not in sent.body


@pytest.mark.django_db
def test_a_guest_stops_it_with_one_click_and_chooses_on_a_page(cast: Any, project: Project) -> None:
    guest(project, cast.charlie)
    digest.send_due(MONDAY)
    (sent,) = to(cast.charlie.email)
    row = GuestDigest.objects.get(user=cast.charlie)
    page = f"/settings/digest/{row.pk}/"
    assert page in sent.body
    head = email.message_from_bytes(sent.message().as_bytes())
    path = head["List-Unsubscribe"].replace("\n", "").strip(" <>").split("//", 1)[1].split("/", 1)[1]
    assert Client(enforce_csrf_checks=True).post(f"/{path}").status_code == 200
    assert GuestDigest.objects.get(pk=row.pk).every == "never"
    assert not Digest.objects.filter(every="never").exists()
    client = cast.client("charlie")
    assert "the projects that you are on" in client.get(page).content.decode()
    assert client.post(page, {"every": "day"}).status_code == 302
    assert GuestDigest.objects.get(pk=row.pk).every == "day"
    assert cast.client("owner").get(page).status_code == 404
