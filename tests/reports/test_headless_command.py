"""`manage.py assess`: figures, plan and report from a sheet; no database (the tests have none)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from assessment.scoring import score
from reports import headless_content as content
from reports.headless import ORGANIZATION, assess
from reports.headless_demo import demo_filling
from reports.headless_files import write_together
from reports.headless_reading import read_workshop_sheet
from roadmap.checker import check
from tests.assessment.rounds import STANDARD, demo_round

WORKSHOP = content.FIXTURES / "demo" / "workshop.xlsx"


def run(folder: Path, *more: str, sheet: Path = WORKSHOP) -> dict:
    call_command(
        "assess", str(sheet), "--report", str(folder / "out.pdf"), "--json", str(folder / "out.json"), *more
    )
    return json.loads((folder / "out.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", name="outcome")
def _outcome():
    sheet = read_workshop_sheet(WORKSHOP, content.questionnaires())
    return assess(sheet, as_of=date(2026, 11, 20))


def test_the_figures_are_those_of_the_same_answers(outcome):
    wanted = score(STANDARD, *demo_round(2), consensus=demo_filling().agreed).to_dict()
    data = json.loads(outcome.text)
    assert {key: data[key] for key in wanted} == json.loads(json.dumps(wanted))
    assert [(p["key"], p["score"], p["phase"]) for p in data["pillars"]] == [
        ("team", 41, 1),
        ("data", 48, 1),
        ("culture", 59, 2),
        ("strategy", 61, 2),
    ]
    assert (data["phase"], data["alignment"], data["organization"]) == (1, 88, "Halvorsen Pumps")
    assert {gate["holds"] for gate in data["gates"]} == {True, False, None}


def test_the_plan_keeps_every_rule_and_says_why(outcome):
    assert check(outcome.problem, outcome.plan) == []
    plan = json.loads(outcome.text)["plan"]
    assert (plan["status"], plan["target_phase"], plan["week_zero"]) == ("optimal", 2, "2026-11-23")
    assert plan["cost"] == sum(item["cost_high"] for item in plan["items"])
    assert any(item["kind"] == "poc" for item in plan["items"])
    for item in plan["items"]:
        assert 0 <= item["start_week"] < item["end_week"]
        assert item["phase"] in (1, 2, 3)
        assert item["why"]
        assert all(isinstance(sentence, str) for sentence in item["why"])


def test_the_capacity_is_that_of_the_team_tab(outcome):
    assert outcome.problem.capacity["ml_engineer"] == 60
    assert outcome.problem.titles["team.skills.second_person"].startswith("“")


def test_the_report_is_a_pdf_and_the_same_each_time(outcome, tmp_path):
    assert outcome.report.startswith(b"%PDF-")
    data = run(tmp_path, "--as-of", "2026-11-20")
    assert data == json.loads(outcome.text)
    assert (tmp_path / "out.pdf").read_bytes() == outcome.report
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.json", "out.pdf"]


@pytest.fixture(name="printed")
def _printed(monkeypatch):
    """What would be printed, without the seconds that printing takes."""
    calls: list[dict] = []

    def render(result, questionnaire, **more):
        calls.append({"result": result, **more})
        return b"%PDF-"

    monkeypatch.setattr("reports.headless.render_readiness", render)
    return calls


def test_options_reach_the_plan(tmp_path, printed):
    data = run(
        tmp_path, "--as-of", "2026-11-20", "--budget", "0", "--by", "2027-11-29", "--target-phase", "2"
    )
    assert data["plan"]["by_week"] == 53
    assert data["plan"]["cost"] == 0
    assert data["as_of"] == "2026-11-20"
    assert (printed[0]["as_of"], printed[0]["plan"]["by_week"]) == (date(2026, 11, 20), 53)


def test_a_plan_that_is_not_possible_is_an_answer(tmp_path):
    data = run(tmp_path, "--as-of", "2026-11-20", "--by", "2026-12-07")
    assert (data["plan"]["status"], data["plan"]["items"]) == ("infeasible", [])
    assert data["plan"]["relaxations"]
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF-")


def test_an_organization_without_a_name(tmp_path, printed):
    book = load_workbook(WORKSHOP)
    book["Read me"]["B3"] = None
    book.save(tmp_path / "in.xlsx")
    assert run(tmp_path, "--as-of", "2026-11-20", sheet=tmp_path / "in.xlsx")["organization"] == ORGANIZATION
    assert printed[0]["organization_name"] == ORGANIZATION


def test_bad_cells_write_nothing(tmp_path):
    book = load_workbook(WORKSHOP)
    book["Answers"]["K4"], book["Answers"]["M1"] = 7, "Cook"
    book.save(tmp_path / "in.xlsx")
    (tmp_path / "out.json").write_text("before")
    with pytest.raises(CommandError) as error:
        run(tmp_path, sheet=tmp_path / "in.xlsx")
    assert error.value.returncode == 2
    assert str(error.value).splitlines()[0] == "2 cells cannot be read; nothing was written."
    assert 'Answers!K4: "7"; allowed: 0 to 4' in str(error.value)
    assert 'Answers!M1: "Cook"; allowed: Sponsor' in str(error.value)
    assert (tmp_path / "out.json").read_text() == "before"
    assert not (tmp_path / "out.pdf").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--target-phase", "4"], "The target phase must be 1 to 3, not 4."),
        (["--as-of", "2026-11-20", "--by", "2026-11-20"], "by-date"),
        (["--budget", "-1"], "budget"),
        (["--as-of", "20 November"], "is not a date like"),
    ],
)
def test_wishes_that_cannot_be_followed(tmp_path, more, message):
    with pytest.raises(CommandError, match=message) as error:
        run(tmp_path, *more)
    assert error.value.returncode in (1, 2)
    assert list(tmp_path.iterdir()) == []


def test_a_sheet_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match="No such file") as error:
        run(tmp_path, sheet=tmp_path / "none.xlsx")
    assert error.value.returncode == 2


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match="There is no folder") as error:
        run(tmp_path / "none")
    assert error.value.returncode == 2


def test_answer_sheet_writes_a_sheet_that_can_be_filled(tmp_path, capsys):
    call_command("answer_sheet", str(tmp_path / "sheet.xlsx"), "--people", "4")
    assert "4 columns" in capsys.readouterr().out
    answers = load_workbook(tmp_path / "sheet.xlsx")["Answers"]
    assert answers["N3"].value == "Person 4"
    assert answers["O3"].value is None
    with pytest.raises(CommandError, match="1 to 500"):
        call_command("answer_sheet", str(tmp_path / "sheet.xlsx"), "--people", "0")


def test_files_are_written_together_or_not_at_all(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        write_together({tmp_path / "a": b"1", tmp_path / "none" / "b": b"2"})
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
    write_together({tmp_path / "a": b"1", tmp_path / "b": b"2"})
    assert ((tmp_path / "a").read_bytes(), (tmp_path / "b").read_bytes()) == (b"1", b"2")
