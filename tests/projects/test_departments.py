"""Departments are one however they are written, and guests learn nothing of other projects."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest
from django.utils import timezone

from accounts.actions import add_unit
from projects.actions import Start, open_from_initiative
from projects.actions.talking import answer_ask, ask_somebody
from projects.models import Ask, Project, ProjectMember

pytestmark = pytest.mark.django_db


def ago(days: int) -> dt.date:
    return timezone.localdate() - dt.timedelta(days=days)


def project_of(cast: Any, name: str) -> Project:
    start = Start(lead=cast.membership("bob"), starts_on=ago(60), ends_on=ago(-60))
    found = open_from_initiative(cast.organization, by=cast.frank, initiative=name, name=name, start=start)
    Project.objects.filter(pk=found.pk).update(created_at=timezone.now() - dt.timedelta(days=60))
    return found


def asked(project: Project, by: Any, department: str, days: int, *, answered: bool = True) -> Ask:
    values = {"what": "Access", "of_name": "Ida", "department": department, "since": ago(days)}
    ask = ask_somebody(project, by=by, values=values)
    if answered:
        answer_ask(ask, answer="Here", name="Ida", by=by)
    return ask


def words(client: Any, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    page = html.unescape(response.content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.fixture
def two(cast: Any) -> tuple[Project, Project]:
    first, second = project_of(cast, "First"), project_of(cast, "Second")
    for department, days in (("IT", 4), ("it ", 6), ("IT", 8)):
        asked(first, cast.bob, department, days)
    asked(second, cast.bob, "Legal", 30)
    return first, second


def test_figures_hold_one_line_for_a_department(cast: Any, two: tuple[Project, Project]) -> None:
    shown = words(cast.client("victor"), "/projects/waiting/")
    assert "Legal 30.0 1 IT 6.0 3" in shown
    shown = words(cast.client("victor"), f"/projects/{two[0].pk}/waiting/")
    assert "How fast are answers, over all projects? IT 6.0 days, median Legal 30.0 days, median" in shown
    assert "Who was waited for longest? IT 8 days" in shown


def test_white_space_is_not_kept(cast: Any, two: tuple[Project, Project]) -> None:
    assert asked(two[0], cast.bob, "  Works   council ", 1).department == "Works council"


def test_the_form_suggests_each_department_once(cast: Any, two: tuple[Project, Project]) -> None:
    add_unit(cast.organization, by=cast.alice, name="Plant Bergen")
    page = cast.client("bob").get(f"/projects/{two[0].pk}/waiting/").content.decode()
    assert re.findall(r'<option value="([^"]*)"></option>', page) == ["IT", "Legal", "Plant Bergen"]
    assert 'list="id_department_list"' in page
    assert '<datalist id="id_department_list">' in page


def test_a_guest_is_told_of_the_own_project_alone(cast: Any, two: tuple[Project, Project]) -> None:
    ProjectMember.objects.create(
        project=two[0], user=cast.charlie, name="Charlie", email="charlie@firm.example", role="contributor"
    )
    address = f"/projects/{two[0].pk}/waiting/"
    page = cast.client("charlie").get(address).content.decode()
    assert re.findall(r'<option value="([^"]*)"></option>', page) == ["IT"]
    shown = words(cast.client("charlie"), address)
    assert "Legal" not in shown
    assert "How fast are answers? IT 6.0 days, median" in shown


def test_the_desk_names_a_department_once(cast: Any) -> None:
    project = project_of(cast, "Third")
    for department in ("IT", "it", "Legal"):
        asked(project, cast.bob, department, 30, answered=False)
    assert "Waits for IT and Legal" in words(cast.client("bob"), "/")
