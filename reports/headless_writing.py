"""Writes a workshop sheet: empty, or filled with a round that is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from assessment.question_bank import Item, Questionnaire
from reports import headless_layout as layout

INK, MUTED, WASH, LINE = "14191F", "55606B", "F4F6F8", "C9D0D6"
HEAD = Font(bold=True, color=INK)
NOTE = Font(color=MUTED)
WRAP = Alignment(wrap_text=True, vertical="top")
RULE = Border(bottom=Side(style="thin", color=LINE))
NOT_ASKED = PatternFill("solid", bgColor=WASH, fgColor=WASH)
DEFAULT_PEOPLE = 20
TEAM_LINES = 30


@dataclass(frozen=True)
class FilledPerson:
    """A respondent with answers: item key to 0..4, "?" or "n/a"."""

    name: str
    function: str
    answers: Mapping[str, int | str]


@dataclass(frozen=True)
class TeamMember:
    """A person of the roster. `shares`: percent of a week by role."""

    name: str
    kind: str
    shares: Mapping[str, int]


@dataclass(frozen=True)
class Filling:
    """What a sheet is filled with."""

    organization: str = ""
    people: Sequence[FilledPerson] = ()
    agreed: Mapping[str, int] = field(default_factory=dict)
    team: Sequence[TeamMember] = ()
    route: str = ""


def workshop_sheet(
    questionnaire: Questionnaire,
    role_titles: Mapping[str, str],
    *,
    people: int = DEFAULT_PEOPLE,
    filling: Filling | None = None,
) -> Workbook:
    """A workbook with columns for `people` respondents or more if the filling has more."""
    filling = filling or Filling()
    book = Workbook()
    answers = book.active
    assert isinstance(answers, Worksheet)  # noqa: S101 - a new workbook has one
    answers.title = layout.ANSWERS
    _answers(answers, questionnaire, max(people, len(filling.people)), filling)
    _team(book.create_sheet(layout.TEAM), role_titles, filling.team)
    _read_me(book.create_sheet(layout.README), questionnaire, filling)
    return book


def _answers(sheet: Worksheet, questionnaire: Questionnaire, people: int, filling: Filling) -> None:
    _answer_heads(sheet, people)
    items = questionnaire.maturity_items
    last = layout.FIRST_ITEM_ROW + len(items) - 1
    for row, item in enumerate(items, layout.FIRST_ITEM_ROW):
        _item_row(sheet, row, item, questionnaire)
        if item.key in filling.agreed:
            sheet.cell(row, layout.AGREED_COLUMN, filling.agreed[item.key])
        for column, person in enumerate(filling.people, layout.FIRST_PERSON_COLUMN):
            sheet.cell(row, column, person.answers.get(item.key))
    for column, person in enumerate(filling.people, layout.FIRST_PERSON_COLUMN):
        _put(sheet, layout.FUNCTION_ROW, column, questionnaire.functions[person.function].title)
        _put(sheet, layout.NAME_ROW, column, person.name)
    _answer_checks(sheet, questionnaire, people, last)
    sheet.freeze_panes = f"{get_column_letter(layout.LEVEL_COLUMN)}{layout.FIRST_ITEM_ROW}"
    _for_paper(sheet)
    sheet.print_title_rows = f"{layout.FUNCTION_ROW}:{layout.HEAD_ROW}"


def _answer_heads(sheet: Worksheet, people: int) -> None:
    heads = ["Item", "Code", "Question", *(str(level) for level in layout.LEVELS), "Asked of", "Agreed level"]
    for column, text in enumerate(heads, 1):
        _put(sheet, layout.HEAD_ROW, column, text, font=HEAD, border=RULE)
    _put(sheet, layout.FUNCTION_ROW, layout.AGREED_COLUMN, "Function", font=HEAD)
    _put(sheet, layout.NAME_ROW, layout.AGREED_COLUMN, "Name, if wanted", font=HEAD)
    for number in range(1, people + 1):
        column = layout.FIRST_PERSON_COLUMN + number - 1
        _put(sheet, layout.HEAD_ROW, column, f"Person {number}", font=HEAD, border=RULE)
        for row in (layout.FUNCTION_ROW, layout.NAME_ROW):
            sheet.cell(row, column).alignment = WRAP
        sheet.column_dimensions[get_column_letter(column)].width = 14
    for column, width in enumerate((18, 6, 34, *(28 for _ in layout.LEVELS), 22, 14), 1):
        sheet.column_dimensions[get_column_letter(column)].width = width


def _item_row(sheet: Worksheet, row: int, item: Item, questionnaire: Questionnaire) -> None:
    question = f"{item.text}\n{item.help}" if item.help else item.text
    asked = "; ".join(questionnaire.functions[key].title for key in item.functions)
    code = questionnaire.dimensions[item.dimension].code
    texts = [item.key, code, question, *(level.text for level in item.levels), asked]
    for column, text in enumerate(texts, 1):
        _put(sheet, row, column, text, font=NOTE if column in (1, 2, 9) else Font(color=INK), border=RULE)


def _answer_checks(sheet: Worksheet, questionnaire: Questionnaire, people: int, last: int) -> None:
    """Lists to choose from, and a gray ground where a function was not asked."""
    first = get_column_letter(layout.FIRST_PERSON_COLUMN)
    end = get_column_letter(layout.FIRST_PERSON_COLUMN + people - 1)
    bottom = layout.FIRST_FUNCTION_ROW + len(questionnaire.functions) - 1
    functions = f"'{layout.README}'!$A${layout.FIRST_FUNCTION_ROW}:$A${bottom}"
    _choice(sheet, functions, f"{first}{layout.FUNCTION_ROW}:{end}{layout.FUNCTION_ROW}", "Choose a function")
    marks = [*(str(level) for level in layout.LEVELS), layout.DONT_KNOW_MARK]
    for row, item in enumerate(questionnaire.maturity_items, layout.FIRST_ITEM_ROW):
        own = [*marks, layout.NOT_APPLICABLE_MARK] if item.allows_not_applicable else marks
        _choice(sheet, _inline(own), f"{first}{row}:{end}{row}", f"Allowed: {layout.allowed_for(item)}")
    agreed = get_column_letter(layout.AGREED_COLUMN)
    cells = f"{agreed}{layout.FIRST_ITEM_ROW}:{agreed}{last}"
    _choice(sheet, _inline([str(level) for level in layout.LEVELS]), cells, "0 to 4, or nothing")
    asked = get_column_letter(layout.ASKED_COLUMN)
    formula = (
        f'AND({first}${layout.FUNCTION_ROW}<>"",'
        f"ISERROR(SEARCH({first}${layout.FUNCTION_ROW},${asked}{layout.FIRST_ITEM_ROW})))"
    )
    area = f"{first}{layout.FIRST_ITEM_ROW}:{end}{last}"
    rule = FormulaRule(formula=[formula], fill=NOT_ASKED)  # type: ignore[no-untyped-call]
    sheet.conditional_formatting.add(area, rule)


def _team(sheet: Worksheet, role_titles: Mapping[str, str], team: Sequence[TeamMember]) -> None:
    heads = ["Name", "Kind", *(f"{role_titles[role]}, % of a week" for role in layout.TEAM_ROLES)]
    for column, text in enumerate(heads, 1):
        _put(sheet, layout.TEAM_HEAD_ROW, column, text, font=HEAD, border=RULE)
        sheet.column_dimensions[get_column_letter(column)].width = 26 if column == 1 else 16
    kinds = {kind: title for title, kind in layout.KINDS.items()}
    for row, member in enumerate(team, layout.FIRST_TEAM_ROW):
        _put(sheet, row, layout.NAME_COLUMN, member.name)
        sheet.cell(row, layout.KIND_COLUMN, kinds[member.kind])
        for column, role in enumerate(layout.TEAM_ROLES, layout.FIRST_ROLE_COLUMN):
            sheet.cell(row, column, member.shares.get(role))
    last = layout.FIRST_TEAM_ROW + max(TEAM_LINES, len(team)) - 1
    _choice(sheet, _inline(layout.KINDS), f"B{layout.FIRST_TEAM_ROW}:B{last}", "Choose a kind")
    end = get_column_letter(layout.FIRST_ROLE_COLUMN + len(layout.TEAM_ROLES) - 1)
    percent = DataValidation(
        type="whole", operator="between", formula1="0", formula2="100", allow_blank=True,
        error="A whole number from 0 to 100, or nothing",
    )  # fmt: skip
    sheet.add_data_validation(percent)
    percent.add(f"{get_column_letter(layout.FIRST_ROLE_COLUMN)}{layout.FIRST_TEAM_ROW}:{end}{last}")
    sheet.freeze_panes = f"{get_column_letter(layout.FIRST_ROLE_COLUMN)}{layout.FIRST_TEAM_ROW}"
    _for_paper(sheet)


def _read_me(sheet: Worksheet, questionnaire: Questionnaire, filling: Filling) -> None:
    sheet.column_dimensions["A"].width = 26
    sheet.column_dimensions["B"].width = 90
    _put(sheet, 1, 1, "Workshop sheet", font=Font(bold=True, size=16, color=INK))
    facts: list[tuple[str, object]] = [
        ("Organization", filling.organization or None),
        ("Questionnaire", questionnaire.id),
        ("Version", questionnaire.version),
        ("Preferred route of a POC", filling.route or None),
    ]
    for row, (term, value) in enumerate(facts, 3):
        _put(sheet, row, 1, term, font=HEAD)
        _put(sheet, row, 2, value)
    _choice(
        sheet, _inline(layout.ROUTE_CHOICES), layout.ROUTE_CELL, "vendor, internal, collaborative or nothing"
    )
    _put(sheet, layout.FIRST_FUNCTION_ROW - 1, 1, "Functions", font=HEAD)
    functions = [(function.title, function.description) for function in questionnaire.functions.values()]
    lines = [*functions, ("", ""), *_instructions(questionnaire)]
    for row, (term, text) in enumerate(lines, layout.FIRST_FUNCTION_ROW):
        _put(sheet, row, 1, term or None, font=HEAD)
        _put(sheet, row, 2, text or None)


def _instructions(questionnaire: Questionnaire) -> list[tuple[str, str]]:
    """The lines of the tab that explains: term and text."""
    steps = [
        "On the tab Answers each person has a column. Choose a function on top of it; a name is optional.",
        "For each question write the number of the sentence that is true today, 0 to 4.",
        f"{layout.DONT_KNOW_MARK} means I don't know. {layout.NOT_APPLICABLE_MARK} means not applicable, "
        "where the list of the cell offers it. An empty cell is a question left open.",
        "A gray cell was not asked of that function; an answer there is kept and does not count.",
        "Agreed level: what the room agreed on, if it did. It decides gates and leaves scores alone.",
        "On the tab Team: one row a person, with percent of a week for each role, 100 at most in all. "
        "Vacancies give no capacity. If the tab is empty, the usual capacity is taken.",
    ]
    return [
        *(("How to fill it in" if not place else "", text) for place, text in enumerate(steps)),
        *(
            ("Instructions" if not place else "", text)
            for place, text in enumerate(questionnaire.instructions)
        ),
        *((term.term, term.meaning) for term in questionnaire.terms),
    ]


def _for_paper(sheet: Worksheet) -> None:
    """Landscape, as wide as the paper, as long as it takes."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _put(sheet: Worksheet, row: int, column: int, value: object, **style: Any) -> None:
    cell: Any = sheet.cell(row, column)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"  # a text that begins with = stays a text
    cell.alignment = WRAP
    for name, setting in style.items():
        setattr(cell, name, setting)


def _inline(entries: Iterable[str]) -> str:
    """A list that stands in the validation itself; spreadsheets take up to 255 characters."""
    return f'"{",".join(entries)}"'


def _choice(sheet: Worksheet, formula: str, cells: str, error: str) -> None:
    check = DataValidation(type="list", formula1=formula, allow_blank=True, error=error)
    sheet.add_data_validation(check)
    check.add(cells)
