"""The workshop sheet: what is written can be read, and every bad cell is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from assessment.scoring import score
from reports import headless_content as content
from reports.headless_demo import demo_filling
from reports.headless_layout import answer_in, whole_number
from reports.headless_reading import BadSheet, read_workshop_sheet
from reports.headless_writing import FilledPerson, Filling, TeamMember, workshop_sheet
from tests.assessment.rounds import STANDARD, demo_round

WORKSHOP = content.FIXTURES / "demo" / "workshop.xlsx"
ITEMS = STANDARD.maturity_items
PARTNERS = next(item for item in ITEMS if item.allows_not_applicable)


def filled(**more) -> Workbook:
    people = [
        FilledPerson("=Ada", "sponsor", {ITEMS[2].key: 3, ITEMS[3].key: "?"}),
        FilledPerson("Ben", "practitioner", {ITEMS[0].key: 0, PARTNERS.key: "n/a"}),
    ]
    filling = Filling(organization="Small Works", people=people, **more)
    return workshop_sheet(STANDARD, content.role_titles(), people=3, filling=filling)


def read(book: Workbook, folder: Path):
    book.save(folder / "sheet.xlsx")
    return read_workshop_sheet(folder / "sheet.xlsx", content.questionnaires())


def bad_cells(book: Workbook, folder: Path) -> dict[str, str]:
    with pytest.raises(BadSheet) as error:
        read(book, folder)
    return {f"{cell.sheet}!{cell.cell}": cell.message for cell in error.value.cells}


def tab(book: Workbook, name: str) -> Worksheet:
    found = book[name]
    assert isinstance(found, Worksheet)
    return found


def test_what_is_written_is_read(tmp_path):
    team = [TeamMember("Ada", "in_house", {"data_scientist": 60, "ml_engineer": 40})]
    team += [
        TeamMember("Cy", "partner", {"ml_engineer": 25}),
        TeamMember("Open", "vacancy", {"ml_engineer": 100}),
    ]
    sheet = read(filled(agreed={ITEMS[1].key: 2}, team=team, route="internal"), tmp_path)
    assert sheet.organization == "Small Works"
    assert [(p.key, p.function) for p in sheet.respondents] == [("K", "sponsor"), ("L", "practitioner")]
    assert {(a.respondent, a.item, a.level, a.state) for a in sheet.answers} == {
        ("K", ITEMS[2].key, 3, "level"),
        ("K", ITEMS[3].key, None, "dont_know"),
        ("L", ITEMS[0].key, 0, "level"),
        ("L", PARTNERS.key, None, "not_applicable"),
    }
    assert (sheet.agreed, sheet.route) == ({ITEMS[1].key: 2}, "internal")
    assert sheet.capacity == {"data_scientist": 60, "ml_engineer": 65}


def test_an_empty_sheet_explains_itself_and_offers_lists(tmp_path):
    book = workshop_sheet(STANDARD, content.role_titles(), people=5)
    answers = tab(book, "Answers")
    row = [answers.cell(4, column).value for column in range(1, 10)]
    assert row[0] == ITEMS[0].key
    assert row[2].startswith(ITEMS[0].text)
    assert row[3:8] == [level.text for level in ITEMS[0].levels]
    assert "Legal and security" in row[8]
    lists = {str(check.sqref): check.formula1 for check in answers.data_validations.dataValidation}
    assert lists["K1:O1"] == "'Read me'!$A$9:$A$15"
    titles = [tab(book, "Read me").cell(line, 1).value for line in range(9, 16)]
    assert titles == [function.title for function in STANDARD.functions.values()]
    assert bad_cells(book, tmp_path).keys() == {"Answers!K1"}


def test_a_name_that_begins_with_an_equals_sign_stays_a_text(tmp_path):
    read(filled(), tmp_path)
    assert tab(load_workbook(tmp_path / "sheet.xlsx"), "Answers")["K2"].data_type == "s"


def test_every_bad_cell_is_named_at_once(tmp_path):
    book = filled(team=[TeamMember("Ada", "in_house", {"data_scientist": 60})])
    answers, team, facts = tab(book, "Answers"), tab(book, "Team"), tab(book, "Read me")
    answers["K4"], answers["K5"], answers["L6"], answers["L7"] = 5, "often", "n/a", 2.5
    answers["M8"] = 2
    answers["L1"] = "Cook"
    answers["J4"] = "3 or so"
    answers["A9"] = "team.nothing.here"
    answers["A11"] = answers["A10"].value
    answers["A12"] = None
    team["B2"], team["D2"], team["E2"] = "Robot", 45, "half"
    team["C3"] = 10
    facts["B6"] = "magic"
    found = bad_cells(book, tmp_path)
    allowed = "0 to 4, ? (I don't know) or nothing"
    assert found["Answers!K4"] == f'"5"; allowed: {allowed}.'
    assert found["Answers!K5"] == f'"often"; allowed: {allowed}.'
    assert found["Answers!L6"] == f'"n/a"; allowed: {allowed}.'
    assert found["Answers!L7"] == f'"2.5"; allowed: {allowed}.'
    assert found["Answers!M1"].startswith("is empty; allowed: Sponsor, Business lead")
    assert found["Answers!L1"].startswith('"Cook"; allowed: Sponsor, Business lead')
    assert found["Answers!J4"] == '"3 or so"; allowed: 0 to 4 or nothing.'
    assert "is no item" in found["Answers!A9"]
    assert "two rows" in found["Answers!A11"]
    assert "is empty" in found["Answers!A12"]
    assert "allowed: In-house, Partner, Vacancy" in found["Team!B2"]
    assert found["Team!C2"] == "the row adds up to 105 %; allowed: 100 at most."
    assert found["Team!E2"] == '"half"; allowed: a whole number from 0 to 100.'
    assert found["Team!A3"] == "is empty; allowed is a name."
    assert found["Read me!B6"].startswith('"magic"')
    missing = [message for cell, message in found.items() if "is missing" in message]
    assert missing
    assert all(cell.split("!")[0] in {"Answers", "Team", "Read me"} for cell in found)


def test_two_people_of_one_name_in_the_team(tmp_path):
    team = [TeamMember("Ada", "in_house", {}), TeamMember("ada", "partner", {})]
    assert bad_cells(filled(team=team), tmp_path).keys() == {"Team!A3"}


def test_another_questionnaire_or_version(tmp_path):
    book = filled()
    tab(book, "Read me")["B5"] = 99
    assert bad_cells(book, tmp_path) == {"Read me!B5": '"99" is not known; allowed: 1.'}
    tab(book, "Read me")["B4"] = "other"
    assert bad_cells(book, tmp_path) == {"Read me!B4": '"other" is not known; allowed: readiness.'}


@pytest.mark.parametrize("name", ["Answers", "Team", "Read me"])
def test_a_missing_tab_is_named(tmp_path, name):
    book = filled()
    book.remove(tab(book, name))
    assert f"{name}!A1" in bad_cells(book, tmp_path)


def test_a_file_that_is_no_workbook(tmp_path):
    (tmp_path / "notes.xlsx").write_bytes(b"not a workbook")
    with pytest.raises(BadSheet, match=r"notes.xlsx!file: is not an Excel workbook"):
        read_workshop_sheet(tmp_path / "notes.xlsx", content.questionnaires())


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (2, 2), (2.0, 2), ("2", 2), (" 3 ", 3), (2.5, None), (True, None), ("two", None), ("", None),
        ("-1", -1), ("9" * 400, None), (float("nan"), None), (float("inf"), None), ("٣", None),
    ],
)  # fmt: skip
def test_whole_numbers(value, wanted):
    assert whole_number(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (None, ("open", None)), ("  ", ("open", None)), ("?", ("dont_know", None)),
        ("I don’t know", ("dont_know", None)), ("N/A", ("not_applicable", None)), (4, ("level", 4)),
        (5, None), (-1, None), ("#REF!", None), (True, None),
    ],
)  # fmt: skip
def test_what_a_cell_says(value, wanted):
    assert answer_in(value, PARTNERS) == wanted


def test_the_filled_sheet_of_the_demo_is_its_second_round():
    """Made by `manage.py answer_sheet fixtures/demo/workshop.xlsx --demo`; make it again when this fails."""
    sheet = read_workshop_sheet(WORKSHOP, content.questionnaires())
    respondents, answers = demo_round(2)
    consensus = demo_filling().agreed
    from_sheet = score(STANDARD, sheet.respondents, sheet.answers, consensus=sheet.agreed).to_dict()
    assert from_sheet == score(STANDARD, respondents, answers, consensus=consensus).to_dict()
    assert sheet.organization == "Halvorsen Pumps"
    assert sheet.capacity["ml_engineer"] == 60
