"""Board and records through their pages."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.test import Client

from projects.actions.work import add_task, change_task, move_task
from projects.models import Project, Task
from tests.charters.cast import Cast, build_cast
from tests.projects import cast as made
from ui.errors import Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return build_cast()


@pytest.fixture
def project(cast: Cast) -> Project:
    return made.project(cast.organization, cast.frida)


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def board_of(project: Project) -> dict[str, list[str]]:
    return {
        key: list(
            Task.objects.filter(project=project, column=key, archived_at=None).values_list("title", flat=True)
        )
        for key in Task.Column.values
    }


def test_a_card_goes_through_the_board(cast: Cast, project: Project) -> None:
    client = client_of(cast.frida)
    assert client.post(f"/projects/{project.pk}/board/add/", {"title": ""}).status_code == 422
    client.post(f"/projects/{project.pk}/board/add/", {"title": "Label 300 images", "column": "todo"})
    task = Task.objects.get()
    client.post(f"/projects/tasks/{task.pk}/move/", {"column": "done"})
    task.refresh_from_db()
    assert task.column == "done"
    assert task.done_at is not None
    client.post(f"/projects/tasks/{task.pk}/move/", {"column": "doing"})
    task.refresh_from_db()
    assert task.done_at is None
    page = client.get(f"/projects/{project.pk}/board/").content.decode()
    assert "Label 300 images" in page
    client.post(f"/projects/tasks/{task.pk}/archive/")
    client.get(f"/projects/{project.pk}/board/")  # shows the message once
    assert "Label 300 images" not in client.get(f"/projects/{project.pk}/board/").content.decode()


def test_a_stale_card_is_shown_not_overwritten(cast: Cast, project: Project) -> None:
    client = client_of(cast.frida)
    task = add_task(project, by=cast.frida, values={"title": "Label"})
    change_task(task, seen=1, values={"title": "Label 300"})
    values = {"title": "Label 500", "column": "todo", "seen": "1"}
    answer = client.post(f"/projects/tasks/{task.pk}/", values)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Label 300" in page
    assert "Label 500" in page
    task.refresh_from_db()
    assert task.title == "Label 300"


@pytest.mark.parametrize(
    ("values", "status"),
    [({"column": "nowhere"}, 422), ({"column": "todo", "before": "x"}, 409), ({"column": "todo\x00"}, 422)],
)
def test_moves_that_make_no_sense(cast: Cast, project: Project, values: dict[str, str], status: int) -> None:
    task = add_task(project, by=cast.frida, values={"title": "Label"})
    assert client_of(cast.frida).post(f"/projects/tasks/{task.pk}/move/", values).status_code == status


def test_places_hold_through_many_moves(cast: Cast, project: Project) -> None:
    """Against a plain list: cards stand where they were put, also when the gaps are used up."""
    tasks = [add_task(project, by=cast.frida, values={"title": str(n)}) for n in range(5)]
    order = [task.title for task in tasks]
    chance = random.Random(4)
    for _ in range(60):
        task, before = chance.sample(tasks, 2)
        move_task(task, column="todo", before=before)
        order.remove(task.title)
        order.insert(order.index(before.title), task.title)
        assert board_of(project)["todo"] == order


def test_a_card_of_another_project_is_no_neighbor(cast: Cast, project: Project) -> None:
    from projects.actions import open_from_initiative

    other = open_from_initiative(cast.organization, by=cast.frida, initiative="x", name="Other")
    task = add_task(project, by=cast.frida, values={"title": "Mine"})
    theirs = add_task(other, by=cast.frida, values={"title": "Theirs"})
    with pytest.raises(Conflict):
        move_task(task, column="todo", before=theirs)


@pytest.mark.parametrize(
    ("kind", "values", "shown"),
    [
        ("milestone", {"title": "Data is there", "due_on": "2027-02-01"}, "Data is there"),
        ("risk", {"title": "No labels", "likelihood": "3", "effect": "2"}, "No labels"),
        ("decision", {"decided": "We use vibration only", "decided_on": "2027-02-01"}, "vibration only"),
        ("paper", {"kind": "link", "title": "Wiki", "url": "https://wiki.example.org/"}, "Wiki"),
        ("paper", {"kind": "minutes", "title": "Kick-off", "text": "All were there."}, "All were there"),
    ],
)
def test_records_are_kept(
    cast: Cast, project: Project, kind: str, values: dict[str, str], shown: str
) -> None:
    client = client_of(cast.frida)
    address = f"/projects/{project.pk}/records/add/{kind}/"
    assert client.post(address, {}).status_code == 422
    assert client.post(address, values).status_code == 302
    assert shown in client.get(f"/projects/{project.pk}/records/").content.decode()


def test_a_link_without_address_is_told(cast: Cast, project: Project) -> None:
    address = f"/projects/{project.pk}/records/add/paper/"
    answer = client_of(cast.frida).post(address, {"kind": "link", "title": "Wiki"})
    assert answer.status_code == 422
    assert "Enter the address" in answer.content.decode()


def test_those_on_the_project_work_those_beside_it_read(cast: Cast, project: Project) -> None:
    owner = cast.signers["outcome_owner"]
    for user, status in ((cast.vera, 403), (owner, 403), (cast.frida, 302), (cast.sten, 404)):
        answer = client_of(user).post(f"/projects/{project.pk}/board/add/", {"title": "X", "column": "todo"})
        assert answer.status_code == status, user
    project.members.filter(user=owner).update(role="contributor")
    answer = client_of(owner).post(f"/projects/{project.pk}/board/add/", {"title": "X", "column": "todo"})
    assert answer.status_code == 302
