"""The register of data assets and the roster: rules, pages, spreadsheets, what follows."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from assessment import questionnaires
from assessment.evidence import actions, sheets
from assessment.evidence.capacity import role_capacity
from assessment.evidence.claims import evidence_claims
from assessment.evidence.coverage import Member, overlap, overloaded, role_coverage, single_points
from assessment.evidence.models import DataAsset, RosterPerson
from assessment.evidence.register import status_of
from assessment.evidence.roles import role_book
from tests.assessment.cast import Cast, make_cast
from ui.errors import Conflict, Invalid


def asset(**values: Any) -> DataAsset:
    given = {"place": "Warehouse", "legal_basis": "Contract", "labeled": True, "in_one_repository": True}
    return DataAsset(**given | {"access": "all_lawful"} | values)


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (asset(), "best"),
        (asset(access="some_teams"), "better"),
        (asset(in_one_repository=False), "better"),
        (asset(labeled=False), "acceptable"),
        (asset(legal_basis=""), "not_usable_yet"),
        (asset(place=" "), "not_usable_yet"),
        (asset(labeled=False, place=""), "not_usable_yet"),
    ],
)
def test_the_status_rule(found: DataAsset, status: str) -> None:
    assert status_of(found).key == status
    assert status_of(found).next_step


SCIENTIST = role_book().roles["data_scientist"]
FULL = dict.fromkeys(SCIENTIST.core, 3)


def member(name: str = "Priya", share: str = "0.8", kind: str = "in_house", **skills: int) -> Member:
    return Member(name, kind, {"data_scientist": Decimal(share)}, skills)


@pytest.mark.parametrize(
    ("members", "state"),
    [
        ([], "open"),
        ([member(**FULL)], "covered"),
        ([member(share="0.1", **FULL)], "covered"),
        ([member(kind="vacancy", **FULL)], "open"),
        ([member()], "open"),
        ([member(statistics=3)], "partly"),
        ([member(share="0.3", statistics=3, ml_methods=3), member("B", "0.2", data_processing=3)], "covered"),
        ([member(share="0.2", statistics=3, ml_methods=3), member("B", "0.2", data_processing=3)], "partly"),
    ],
)
def test_a_role_is_covered_alone_or_together(members: list[Member], state: str) -> None:
    assert role_coverage(SCIENTIST, members).state == state


def test_what_rests_on_one_person_and_who_has_too_much() -> None:
    people = [member(software=2), member("B", software=3, cloud=2), member("C", "0.1", "vacancy", cloud=3)]
    assert single_points(["software", "cloud", "etl"], people) == {"cloud": "B"}
    busy = [
        Member("A", "in_house", {}, {}, 2),
        Member("B", "in_house", {}, {}, 6),
        Member("C", "in_house", {}, {}, 3),
    ]
    assert [found.name for found in overloaded(busy)] == ["B", "C"]


@given(st.sampled_from(list(role_book().roles.values())), st.sampled_from(list(role_book().roles.values())))
def test_overlap_is_symmetric_and_full_with_itself(one: Any, other: Any) -> None:
    assert overlap(one, other) == overlap(other, one)
    assert 0 <= overlap(one, other) <= 100
    assert overlap(one, one) == 100


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def test_assets_by_pages(cast: Cast) -> None:
    client = cast.client(cast.bob)
    assert "Say where data is" in client.get("/evidence/").content.decode()
    values = {"name": "Service tickets", "place": "Service system", "access": "some_teams"}
    assert client.post("/evidence/assets/new/", values).status_code == 302
    found = DataAsset.objects.get()
    assert "Not usable yet" in client.get("/evidence/").content.decode()
    assert client.post("/evidence/assets/new/", values).status_code == 422
    url = f"/evidence/assets/{found.pk}/"
    changed = values | {"legal_basis": "Service contract", "base_revision": "1"}
    assert client.post(url, changed).status_code == 302
    assert client.post(url, changed).status_code == 409
    assert cast.client(cast.vic).get(url).status_code == 200
    assert client.post(f"{url}archive/").status_code == 302
    assert client.post("/evidence/assets/new/", values).status_code == 302


def entry(**values: Any) -> actions.RosterEntry:
    return actions.RosterEntry(**{"name": "Priya", "shares": {"data_scientist": Decimal("0.8")}} | values)


@pytest.mark.parametrize(
    "bad",
    [
        {"shares": {"data_scientist": Decimal("0.8"), "ml_engineer": Decimal("0.3")}},
        {"shares": {"king": Decimal("0.1")}},
        {"skills": {"statistics": 4}},
        {"name": "  "},
        {"kind": "robot"},
    ],
)
def test_an_entry_that_does_not_fit_is_refused_whole(cast: Cast, bad: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        actions.save_person(cast.organization, entry(**bad), by=cast.fay)
    assert not RosterPerson.objects.exists()


def test_capacity_counts_people_and_partners_not_vacancies(cast: Cast) -> None:
    half = {"ml_engineer": Decimal("0.5")}
    actions.save_person(cast.organization, entry(), by=cast.fay)
    actions.save_person(cast.organization, entry(name="V", kind="partner", shares=half), by=cast.fay)
    actions.save_person(cast.organization, entry(name="X", kind="vacancy", shares=half), by=cast.fay)
    assert role_capacity(cast.organization) == {"data_scientist": 80, "ml_engineer": 50}


def test_skill_levels_of_named_people_are_for_leaders(cast: Cast) -> None:
    skills = {"deployment": 2}
    person = actions.save_person(cast.organization, entry(skills=skills), by=cast.fay)
    page = cast.client(cast.bob).get("/evidence/roster/").content.decode()
    assert "Model deployment" in page
    assert "Model deployment: <bdi>Priya" not in page
    assert cast.client(cast.bob).get(f"/evidence/roster/{person.pk}/").status_code == 403
    assert "Model deployment: <bdi>Priya" in cast.client(cast.fay).get("/evidence/roster/").content.decode()


def test_a_person_by_the_form(cast: Cast) -> None:
    client = cast.client(cast.fay)
    values = {
        "name": "نورة " * 16, "kind": "in_house", "projects": "HP-02\nHP-03; HP-04",
        "share_data_scientist": "0.6",
        "skill_statistics": "3",
    }  # fmt: skip
    assert client.post("/evidence/roster/new/", values).status_code == 302
    person = RosterPerson.objects.get()
    assert (person.projects_at_once, person.skills.get().level) == (3, 3)
    page = client.get("/evidence/roster/").content.decode()
    assert "3 projects at once" in page
    too_much = values | {"share_ml_engineer": "0.5"}
    response = client.post(f"/evidence/roster/{person.pk}/", too_much)
    assert response.status_code == 422
    assert "one person has at most 1" in response.content.decode()
    with pytest.raises(Conflict):
        actions.save_person(cast.organization, entry(), by=cast.fay, person=person, base_revision=9)


def filled(template: bytes, rows: list[list[Any]]) -> bytes:
    book = load_workbook(io.BytesIO(template))
    sheet = book.worksheets[0]
    sheet.delete_rows(2, 10)
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(content: bytes) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("sheet.xlsx", content)}


def test_the_template_imports_as_it_is(cast: Cast) -> None:
    client = cast.client(cast.fay)
    for part in ("assets", "roster"):
        template = client.get(f"/evidence/{part}/template/").content
        assert client.post(f"/evidence/{part}/import/", upload(template)).status_code == 302
    assert DataAsset.objects.get().name == "Service tickets"
    assert RosterPerson.objects.get().shares.get().share == Decimal("0.50")
    template = client.get("/evidence/assets/template/").content
    assert client.post("/evidence/assets/import/", upload(template)).status_code == 302
    assert DataAsset.objects.count() == 1


def test_all_bad_cells_are_named_at_once_and_nothing_is_imported(cast: Cast) -> None:
    client = cast.client(cast.fay)
    rows = [
        ["Good", "", "Place", "yes", "no", "Some teams", 3, "Contract", "", ""],
        ["", "", "", "maybe", "no", "everybody", -2, "", "", ""],
        ["good", "", "", "", "", "", "soon", "", "", ""],
    ]
    response = client.post("/evidence/assets/import/", upload(filled(sheets.asset_template(), rows)))
    assert response.status_code == 422
    page = response.content.decode()
    for cell in ("Cell A3", "Cell D3", "Cell F3", "Cell G3", "Cell G4", "Cell A4"):
        assert cell in page, cell
    assert not DataAsset.objects.exists()
    assert client.post("/evidence/assets/import/", upload(b"zip?")).status_code == 422


def test_roster_cells_are_checked(cast: Cast) -> None:
    roles, skills = len(role_book().roles), len(role_book().skills)
    row = ["Priya", "In-house", "", "soon", "", *[0.6] * 2, *[None] * (roles - 2), 7, *[None] * (skills - 1)]
    with pytest.raises(Invalid) as caught:
        sheets.read_roster(filled(sheets.roster_template(), [row]))
    text = " ".join(caught.value.fields["file"])
    assert "Cell D2" in text
    assert "sum to at most 1" in text
    assert "allowed is a whole number from 0 to 3" in text


def test_claims_are_held_against_the_register(cast: Cast) -> None:
    questionnaire = questionnaires.standard()[0]
    assert evidence_claims(cast.organization, questionnaire) == []
    actions.save_asset(cast.organization, {"name": "Photos", "labeled": False}, by=cast.fay)
    found = {claim.item: claim for claim in evidence_claims(cast.organization, questionnaire)}
    labels = found["data.labeling_unification.labels"]
    assert (labels.level, labels.sentence) == (0, "1 data asset is registered, none of them labeled.")
    assert found["data.collection_plan.data_map"].level == 1
