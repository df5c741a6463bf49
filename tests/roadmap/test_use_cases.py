"""Use cases by their pages and the API: writing, standing, conflicts, rights."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.actions import create_token
from accounts.models import User
from assessment.evidence.models import DataAsset, RosterPerson
from assessment.evidence.roles import role_book
from roadmap.use_case_actions import change_use_case, create_use_case
from roadmap.use_case_models import UseCase
from roadmap.use_case_queries import levels_of, ranked, roster_skills, standing_of, use_cases_of
from tests.charters.cast import PASSWORD, Cast, build_cast
from ui.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db
URL = "/api/v1/use-cases/"


@pytest.fixture
def cast() -> Cast:
    return build_cast(with_signers=False)


def signed_in(user: User) -> Client:
    client = Client()
    assert (
        client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD}).status_code == 302
    )
    return client


def test_a_use_case_is_written_and_stands_on_the_list(cast: Cast) -> None:
    client = signed_in(cast.max)
    assert "Begin with a problem" in client.get(reverse("use_cases:list")).content.decode()
    answer = client.post(
        reverse("use_cases:new"),
        {"title": "Bearings", "horizon": "m6", "touches": ["staff"], "level.buy_in": "4",
         "note.buy_in": "In targets",
         "level.complexity": "3", "level.signal": "unknown"},
    )  # fmt: skip
    assert answer.status_code == 302
    use_case = UseCase.objects.get()
    assert use_case.levels == {
        "buy_in": {"level": 4, "note": "In targets"},
        "complexity": {"level": 3, "note": ""},
        "signal": {"level": None, "note": ""},
    }
    page = client.get(reverse("use_cases:list")).content.decode()
    assert "Bearings" in page
    assert "provisional" in page
    shown = client.get(reverse("use_cases:show", args=[use_case.pk])).content.decode()
    assert "In targets" in shown
    assert "I don’t know" in shown


def test_a_second_editor_is_told(cast: Cast) -> None:
    use_case = create_use_case(cast.organization, by=cast.frida, values={"title": "Bearings"})
    client = signed_in(cast.frida)
    change_use_case(use_case, by=cast.max, values={"description": "Max's"}, seen=1)
    url = reverse("use_cases:edit", args=[use_case.pk])
    answer = client.post(url, {"title": "Bearings", "description": "Frida's", "seen": "1"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Max has changed this use case" in page
    assert "Frida&#x27;s" in page
    use_case.refresh_from_db()
    assert use_case.description == "Max's"
    assert client.post(url, {"title": "Bearings", "description": "Frida's", "seen": "2"}).status_code == 302


def test_the_register_answers_what_it_knows(cast: Cast) -> None:
    asset = DataAsset.objects.create(
        organization=cast.organization, name="Tickets", place="CRM", legal_basis="contract", days_to_access=11
    )
    use_case = create_use_case(
        cast.organization,
        by=cast.frida,
        values={"title": "Parts", "assets": [asset.pk], "levels": {"data_status": 4, "skills": 2}},
    )
    assert levels_of(use_case) == {"data_status": 1, "access_days": 2, "skills": 2}
    change_use_case(use_case, by=cast.frida, values={"levels": {"data_status": 2}}, seen=1)
    assert levels_of(use_case)["data_status"] == 2
    DataAsset.objects.filter(pk=asset.pk).update(legal_basis="")
    assert levels_of(UseCase.objects.get())["data_status"] == 0


def test_the_roster_answers_the_question_on_skills(cast: Cast) -> None:
    use_case = create_use_case(
        cast.organization, by=cast.frida, values={"title": "Parts", "levels": {"skills": 1}}
    )
    assert roster_skills(cast.organization) is None
    for role, kind in (("data_scientist", "in_house"), ("ml_engineer", "partner")):
        person = RosterPerson.objects.create(organization=cast.organization, name=role, kind=kind)
        person.shares.create(role=role, share="0.8")
        for skill in role_book().roles[role].core:
            person.skills.create(skill=skill, level=3)
    assert roster_skills(cast.organization) == 3
    assert standing_of(use_case).facts.levels["skills"] == 3
    page = signed_in(cast.vera).get(reverse("use_cases:show", args=[use_case.pk])).content.decode()
    assert "From the roster." in page
    UseCase.objects.update(state="stopped")
    assert standing_of(UseCase.objects.get()).facts.levels["skills"] == 1


@pytest.mark.parametrize(
    "values",
    [
        {"title": ""},
        {"title": "x" * 151},
        {"title": "a\x00b"},
        {"title": "T", "levels": {"buy_in": 5}},
        {"title": "T", "levels": {"buy_in": True}},
        {"title": "T", "levels": {"no_such": 1}},
        {"title": "T", "levels": []},
        {"title": "T", "touches": ["aliens"]},
        {"title": "T", "horizon": "soon"},
        {"title": "T", "assets": ["not-an-id"]},
        {"title": "T", "unit": "not-an-id"},
        {"title": "T", "state": "running"},
    ],
)
def test_bad_values_are_refused_with_their_field(cast: Cast, values: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        create_use_case(cast.organization, by=cast.frida, values=values)
    assert refused.value.fields
    assert not UseCase.objects.exists()


def test_assets_of_another_organization_are_refused(cast: Cast) -> None:
    other = type(cast.organization).objects.create(name="Other", slug="other")
    asset = DataAsset.objects.create(organization=other, name="Theirs")
    with pytest.raises(Invalid):
        create_use_case(cast.organization, by=cast.frida, values={"title": "T", "assets": [asset.pk]})


def test_rights(cast: Cast) -> None:
    use_case = create_use_case(cast.organization, by=cast.frida, values={"title": "T"})
    for name in ("show", "edit", "archive"):
        url = reverse(f"use_cases:{name}", args=[use_case.pk])
        assert signed_in(cast.sten).get(url).status_code == 404
        assert signed_in(cast.vera).get(url).status_code == (200 if name == "show" else 403)
    assert signed_in(cast.sten).post(reverse("use_cases:restore", args=[use_case.pk])).status_code == 404


def test_archiving_and_back(cast: Cast) -> None:
    use_case = create_use_case(cast.organization, by=cast.frida, values={"title": "T"})
    client = signed_in(cast.frida)
    client.post(reverse("use_cases:archive", args=[use_case.pk]))
    assert not use_cases_of(cast.organization).exists()
    with pytest.raises(Conflict):
        change_use_case(use_case, by=cast.frida, values={"title": "U"}, seen=1)
    client.post(reverse("use_cases:restore", args=[use_case.pk]))
    assert use_cases_of(cast.organization).count() == 1


@pytest.mark.queries
def test_the_list_costs_the_same_for_many(cast: Cast, django_assert_num_queries: object) -> None:
    def cost(number: int) -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        for at in range(number):
            create_use_case(cast.organization, by=cast.frida, values={"title": f"Use case {at}"})
        with CaptureQueriesContext(connection) as queries:
            ranked(use_cases_of(cast.organization))
        return len(queries)

    assert cost(2) == cost(20)


def test_the_api_writes_and_answers_conflicts(cast: Cast) -> None:
    _, secret = create_token(cast.organization, by=cast.frida, name="t", scopes=["roadmap:write"])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    made = client.post(URL, {"title": "By API", "levels": {"buy_in": 3}}, format="json")
    assert made.status_code == 201, made.json()
    assert made.json()["standing"]["worth"]["value"] == 75
    url = f"{URL}{made.json()['id']}/"
    assert client.patch(url, {"title": "B", "revision": 1}, format="json").json()["revision"] == 2
    stale = client.patch(url, {"title": "C", "revision": 1}, format="json")
    assert stale.status_code == 409
    assert stale.json()["error"]["details"]["theirs"]["title"] == "B"
    assert client.patch(url, {"title": "C"}, format="json").status_code == 400
    assert client.get(f"{URL}portfolio/").json()[0]["id"] == "portfolio.no_early_win"
    for body in (
        {"title": []},
        {"title": "T", "levels": {"buy_in": 1e300}},
        {"title": "T", "nope": 1},
        [],
        None,
    ):
        assert client.post(URL, body, format="json").status_code in (400, 422)
    assert client.delete(url).status_code == 204
