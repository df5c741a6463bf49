"""Erasing a person reaches projects: names, comments, asks, check-ins, cards; the work itself stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions as accounts
from accounts import audit
from accounts.models import User
from projects.actions.people import add_member
from projects.actions.talking import answer_ask, ask_link, ask_somebody, check_in
from projects.actions.tokens import create_project_token
from projects.actions.work import add_paper, add_task, log_decision, save_milestone, save_risk
from projects.models import Ask, Candidate, CheckIn, Project, ProjectMember, ProjectToken, Task
from projects.weeks import monday_of
from tests.charters.cast import PASSWORD
from tests.charters.test_erasing import holders
from tests.projects import cast as made

pytestmark = pytest.mark.django_db
NAME, ADDRESS = "Gunhild Strand", "gunhild.strand@firm.example"


@pytest.fixture
def person(cast: Any) -> User:
    user = User.objects.create_user(ADDRESS, PASSWORD, name=NAME)
    accounts.add_member(cast.organization, user=user, by=None, role="member", functions=[], unit=None)
    return user


@pytest.fixture
def project(cast: Any, person: User) -> Project:
    """The person is in every place in which a project can name somebody."""
    project = made.project(cast.organization, cast.frank)
    Project.objects.update(sponsor_name=NAME, sponsor_email=ADDRESS, purpose=f"{NAME} asked for it")
    today = timezone.localdate()
    values = {"name": NAME, "email": ADDRESS, "role": "lead", "works_as": "", "share": 20}
    member = add_member(project, by=cast.frank, values=values)
    check_in(project, by=person, week=monday_of(today), health="red", reason=f"Write to {ADDRESS}")
    asked = {"what": f"Time of {NAME}", "of_name": NAME, "of_email": ADDRESS, "why": f"{NAME} knows"}
    ask = ask_somebody(project, by=person, values=asked)
    answer_ask(ask, answer=ADDRESS, name=NAME, by=None)
    ask_somebody(project, by=cast.frank, values={**asked, "department": NAME})
    add_task(project, by=person, values={"title": NAME, "note": f"Call {NAME}", "owner": member})
    save_milestone(project, values={"title": f"Taught by {NAME}"})
    save_risk(project, values={"title": f"{NAME} leaves", "response": f"Ask {ADDRESS}", "owner": member})
    log_decision(
        project, by=person, values={"decided": f"{NAME} decides", "decided_by": NAME, "decided_on": today}
    )
    paper = {"kind": "minutes", "title": f"With {NAME}", "text": f"{NAME} said no.", "held_on": today}
    add_paper(project, by=person, values=paper)
    Candidate.objects.create(
        project=project, model="m", version=1, note=f"{NAME} likes it", nominated_by=person
    )
    create_project_token(project, by=person, scope="tracking", name=f"Laptop of {NAME}")
    return project


def named(*words: str) -> set[str]:
    return {table for table in holders(*words) if table.startswith(("projects.", "jobs.storedfile"))}


def test_an_erased_person_is_in_no_table_of_projects(cast: Any, person: User, project: Project) -> None:
    assert len(named(NAME, ADDRESS)) >= 9
    # The charter of this cast was put in force by hand, which the log tells.
    before = audit.verify().tampering
    accounts.erase_person(person, by=person)
    assert named(NAME, ADDRESS) == set()
    assert audit.verify().tampering == before
    row = CheckIn.objects.get()
    assert (row.health, row.by_name, row.reason) == ("red", "Erased person", "Write to erased address")
    answered = Ask.objects.exclude(answered_at=None).get()
    assert (answered.answered_by, answered.answer) == ("Erased person", "Erased person")
    assert ProjectToken.objects.get().revoked_at is not None
    page = cast.client("frank").get(f"/projects/{project.pk}/records/").content.decode()
    assert "Erased person decides" in page


def test_the_board_keeps_the_card_and_an_older_page_cannot_write_the_name_back(
    cast: Any, person: User, project: Project
) -> None:
    before = Task.objects.get()
    accounts.erase_person(person, by=person)
    task = Task.objects.get()
    assert (task.title, task.note, task.owner) == ("Erased person", "Call Erased person", None)
    assert task.version > before.version
    values = {"title": NAME, "column": "todo", "seen": str(before.version)}
    assert cast.client("frank").post(f"/projects/tasks/{task.pk}/", values).status_code == 409


def test_the_link_of_an_open_ask_is_closed(cast: Any, person: User, project: Project) -> None:
    ask = Ask.objects.get(answered_at=None)
    path = ask_link(ask, by=cast.frank)
    visitor = Client()
    accounts.erase_person(person, by=person)
    assert visitor.get(path, follow=True).status_code in (404, 410)
    assert Ask.objects.get(pk=ask.pk).withdrawn_at is None


def test_a_guest_without_membership_is_erased_from_the_projects_visited(cast: Any) -> None:
    project = made.project(cast.organization, cast.frank)
    guest = User.objects.create_user("guest@vendor.example", PASSWORD, name="Elena Marinova")
    values = {
        "name": "Elena Marinova",
        "email": guest.email,
        "role": "contributor",
        "works_as": "",
        "share": None,
    }
    member = add_member(project, by=cast.frank, values=values)
    ProjectMember.objects.filter(pk=member.pk).update(user=guest)
    add_task(project, by=cast.frank, values={"title": "Ask Elena Marinova"})
    accounts.erase_person(guest, by=guest)
    assert named("Elena Marinova", guest.email) == set()
    member.refresh_from_db()
    assert member.name == "Erased person"


def test_a_namesake_in_another_organization_stays(cast: Any, person: User, project: Project) -> None:
    elsewhere = made.project(cast.other, cast.charlie)
    add_task(elsewhere, by=cast.charlie, values={"title": f"Call {NAME}"})
    accounts.erase_person(person, by=person)
    assert Task.objects.get(project=elsewhere).title == f"Call {NAME}"
