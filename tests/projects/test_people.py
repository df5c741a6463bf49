"""People join a project, change, leave it, leave the organization."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.contrib.messages import get_messages

from accounts.actions import remove_member
from accounts.models import AuditEvent
from projects.access import standing_of
from projects.actions import open_from_initiative
from projects.actions.people import add_member, end_membership
from projects.actions.tokens import create_project_token
from projects.actions.work import add_task, save_risk
from projects.models import Project, ProjectMember, ProjectToken, Risk, Task
from ui.errors import Conflict

pytestmark = pytest.mark.django_db


def join(project: Project, by: Any, who: Any, **more: Any) -> ProjectMember:
    values = {
        "name": who.get_full_name(),
        "email": who.email,
        "role": "contributor",
        "works_as": "",
        "share": 20,
    }
    return add_member(project, by=by, values={**values, **more})


def test_somebody_joins_by_form_and_is_let_in(cast: Any, project: Project) -> None:
    client, address = cast.client("frank"), f"/projects/{project.pk}/people/add/"
    assert not standing_of(cast.bob, project).may("contribute")
    values = {"name": "Bob", "email": "BOB@firm.example", "role": "contributor", "share": "30"}
    assert client.post(address, {**values, "share": "101"}).status_code == 422
    assert client.post(address, values).status_code == 302
    member = project.members.get(email="bob@firm.example")
    assert (member.user, member.share) == (cast.bob, 30)
    assert standing_of(cast.bob, project).may("contribute")
    again = client.post(address, values)
    assert again.status_code == 422
    assert "This person is on the project." in again.content.decode()
    assert "Bob" in client.get(f"/projects/{project.pk}/").content.decode()
    assert AuditEvent.objects.filter(event="project.member_added").count() == 1


def test_a_guest_of_another_organization_gets_no_account_by_the_address(cast: Any, project: Project) -> None:
    member = join(project, cast.frank, cast.charlie)
    assert member.user is None
    assert not standing_of(cast.charlie, project).may("view")


def test_role_and_share_change_and_too_much_is_said(cast: Any, project: Project) -> None:
    member = join(project, cast.frank, cast.bob)
    other = made_other(cast)
    join(other, cast.frank, cast.bob, share=90)
    client = cast.client("frank")
    address = f"/projects/people/{member.pk}/"
    response = client.post(address, {"role": "lead", "works_as": "data_scientist", "share": "60"})
    assert response.status_code == 302
    member.refresh_from_db()
    assert (member.role, member.works_as, member.share) == ("lead", "data_scientist", 60)
    said = [str(message) for message in get_messages(response.wsgi_request)]
    assert "Bob is at 150 % of a full week now and has 100 %." in said


def made_other(cast: Any) -> Project:
    return open_from_initiative(cast.organization, by=cast.frank, initiative="x", name="Reading circle")


def test_a_project_keeps_a_lead(cast: Any, project: Project) -> None:
    lead = project.members.get(role="lead")
    client = cast.client("frank")
    assert client.post(f"/projects/people/{lead.pk}/leave/").status_code == 409
    assert client.post(f"/projects/people/{lead.pk}/", {"role": "viewer"}).status_code == 409
    join(project, cast.frank, cast.bob, role="lead")
    assert client.post(f"/projects/people/{lead.pk}/leave/").status_code == 302
    with pytest.raises(Conflict):
        end_membership(lead, by=cast.frank)


def owns_work(cast: Any, project: Project) -> ProjectMember:
    member = join(project, cast.frank, cast.bob)
    for column in ("todo", "done"):
        add_task(project, by=cast.frank, values={"title": column, "column": column, "owner": member})
    save_risk(project, values={"title": "No labels", "owner": member})
    create_project_token(project, by=cast.bob, scope="tracking", name="Notebook")
    return member


def left_well(member: ProjectMember) -> None:
    member.refresh_from_db()
    assert member.left_at is not None
    assert Task.objects.get(title="todo").owner is None
    assert Task.objects.get(title="done").owner == member
    assert Risk.objects.get().owner is None
    assert ProjectToken.objects.get().revoked_at is not None


def test_who_leaves_the_project_leaves_open_cards_without_an_owner(cast: Any, project: Project) -> None:
    member = owns_work(cast, project)
    cast.client("frank").post(f"/projects/people/{member.pk}/leave/")
    left_well(member)
    page = html.unescape(cast.client("frank").get(f"/projects/{project.pk}/board/").content.decode())
    assert "Nobody yet" in page
    join(project, cast.frank, cast.bob)


def test_who_is_removed_from_the_organization_is_out_of_its_projects_at_once(
    cast: Any, project: Project
) -> None:
    member = owns_work(cast, project)
    client = cast.client("bob")
    assert client.get(f"/projects/{project.pk}/board/").status_code == 200
    remove_member(cast.membership("bob"), by=cast.alice)
    left_well(member)
    assert client.get(f"/projects/{project.pk}/board/").status_code == 404
    assert (
        client.post(f"/projects/{project.pk}/board/add/", {"title": "x", "column": "todo"}).status_code == 404
    )
    assert cast.client("frank").get(f"/projects/{project.pk}/").status_code == 200


def test_the_only_lead_can_be_removed_from_the_organization(cast: Any, project: Project) -> None:
    remove_member(cast.membership("frank"), by=cast.alice)
    assert not project.members.filter(role="lead", left_at=None).exists()
    assert cast.client("alice").get(f"/projects/{project.pk}/").status_code == 200
