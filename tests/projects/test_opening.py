"""A charter in force opens one project that knows where it comes from."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from projects.actions import open_from_charter, open_from_initiative
from projects.actions.opening import slug_of
from projects.models import Project, ProjectMember
from tests.charters.cast import Cast, build_cast, write_charter
from tests.projects.cast import charter_in_force
from ui.errors import Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return build_cast()


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_project_takes_over_what_was_signed(cast: Cast) -> None:
    charter = charter_in_force(cast.organization, cast.frida)
    response = client_of(cast.frida).post(f"/projects/open/{charter.pk}/", follow=True)
    project = Project.objects.get()
    page = response.content.decode()
    assert response.redirect_chain[-1][0] == f"/projects/{project.pk}/"
    assert (project.name, project.charter_id) == (charter.title, charter.pk)
    assert project.starts_on < project.ends_on
    assert project.milestones.count() > 0
    lead = project.members.get(role=ProjectMember.Role.LEAD)
    assert lead.user == cast.frida
    owner = project.members.get(seat="outcome_owner")
    assert owner.user == cast.signers["outcome_owner"]
    assert f"/charters/{charter.pk}/" in page


def test_only_a_charter_in_force_and_only_once(cast: Cast) -> None:
    with pytest.raises(Conflict, match="not in force"):
        open_from_charter(write_charter(cast), by=cast.frida)
    charter = charter_in_force(cast.organization, cast.frida)
    open_from_charter(charter, by=cast.frida)
    response = client_of(cast.frida).post(f"/projects/open/{charter.pk}/")
    assert response.status_code == 409
    assert Project.objects.count() == 1


def test_the_list_shows_projects_of_this_organization_alone(cast: Cast) -> None:
    open_from_initiative(cast.organization, by=cast.frida, initiative="x", name="Reading circle")
    assert "Reading circle" in client_of(cast.vera).get("/projects/").content.decode()
    project = Project.objects.get()
    assert client_of(cast.sten).get(f"/projects/{project.pk}/").status_code == 404


def test_two_projects_of_one_name_have_two_slugs(cast: Cast) -> None:
    slugs = {
        open_from_initiative(cast.organization, by=cast.frida, initiative=key, name="Überwachung 1").slug
        for key in ("x", "y")
    }
    assert len(slugs) == 2
    assert "uberwachung-1" in slugs


@pytest.mark.parametrize("name", ["التنبؤ", "  --  ", "a" * 300, "Pumpen & Ventile: früh erkennen!"])
def test_a_slug_fits_an_address(name: str) -> None:
    slug = slug_of(name)
    assert 1 <= len(slug) <= 40
    assert slug == slug.lower()
    assert all(letter.isascii() and (letter.isalnum() or letter == "-") for letter in slug)


def test_an_archived_organization_opens_nothing(cast: Cast) -> None:
    cast.organization.archived_at = dt.datetime.now(dt.UTC)
    cast.organization.save()
    with pytest.raises(Conflict):
        open_from_initiative(cast.organization, by=cast.frida, initiative="x", name="Reading circle")
