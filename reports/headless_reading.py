"""Reads a workshop sheet. Every cell that is wrong is named with what is allowed, all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from assessment.question_bank import Item, Questionnaire
from assessment.scoring import AnswerValue, Respondent
from reports import headless_layout as layout

FULL_WEEK = 100


@dataclass(frozen=True)
class BadCell:
    """A cell that cannot be read. The message says what stands there and what is allowed."""

    sheet: str
    cell: str
    message: str

    def __str__(self) -> str:
        return f"{self.sheet}!{self.cell}: {self.message}"


class BadSheet(Exception):
    """The sheet cannot be used; `cells` names every reason."""

    def __init__(self, cells: Sequence[BadCell]) -> None:
        super().__init__("\n".join(str(cell) for cell in cells))
        self.cells = tuple(cells)


@dataclass(frozen=True)
class WorkshopSheet:
    """What a sheet holds. `capacity`: hundredths of an FTE a week by role; empty when no team is given."""

    questionnaire: Questionnaire
    organization: str
    respondents: tuple[Respondent, ...]
    answers: tuple[AnswerValue, ...]
    agreed: Mapping[str, int]
    capacity: Mapping[str, int]
    route: str


def read_workshop_sheet(path: Path, questionnaires: Sequence[Questionnaire]) -> WorkshopSheet:
    """Reads a file. Raises BadSheet with all bad cells, or OSError when there is no such file."""
    try:
        book = load_workbook(path, data_only=True)
    except OSError:
        raise
    except Exception as error:  # a broken workbook fails in any of the parsers beneath
        raise BadSheet([BadCell(path.name, "file", "is not an Excel workbook (.xlsx).")]) from error
    reader = _Reader(book, [])
    sheet = reader.read(questionnaires)
    if sheet is None or reader.bad:
        raise BadSheet(reader.bad)
    return sheet


@dataclass(frozen=True)
class _Reader:
    book: Workbook
    bad: list[BadCell]

    def read(self, questionnaires: Sequence[Questionnaire]) -> WorkshopSheet | None:
        facts, answers = self._tab(layout.README), self._tab(layout.ANSWERS)
        capacity = self._capacity()
        route = self._route(facts) if facts else ""
        questionnaire = self._questionnaire(facts, questionnaires) if facts else None
        if questionnaire is None or answers is None:
            return None
        rows = self._item_rows(answers, questionnaire)
        people = self._people(answers, questionnaire)
        return WorkshopSheet(
            questionnaire=questionnaire,
            organization=_text(facts[layout.ORGANIZATION_CELL].value) if facts else "",
            respondents=tuple(Respondent(key, function, started=False) for key, function in people.items()),
            answers=tuple(self._answers(answers, rows, people)),
            agreed=self._agreed(answers, rows),
            capacity=capacity,
            route=route,
        )

    def refuse(self, sheet: str, cell: str, message: str) -> None:
        self.bad.append(BadCell(sheet, cell, message))

    def _tab(self, name: str) -> Worksheet | None:
        found = self.book[name] if name in self.book.sheetnames else None
        if isinstance(found, Worksheet):
            return found
        self.refuse(name, "A1", f'there is no tab "{name}"; write a new sheet with answer_sheet.')
        return None

    def _questionnaire(
        self, facts: Worksheet, questionnaires: Sequence[Questionnaire]
    ) -> Questionnaire | None:
        key = _text(facts[layout.QUESTIONNAIRE_CELL].value)
        version = layout.whole_number(facts[layout.VERSION_CELL].value)
        same = [known for known in questionnaires if known.id == key]
        if not same:
            names = ", ".join(sorted({known.id for known in questionnaires}))
            self.refuse(
                layout.README, layout.QUESTIONNAIRE_CELL, f"{_shown(key)} is not known; allowed: {names}."
            )
            return None
        for known in same:
            if known.version == version:
                return known
        versions = ", ".join(str(known.version) for known in same)
        told = _shown(facts[layout.VERSION_CELL].value)
        self.refuse(layout.README, layout.VERSION_CELL, f"{told} is not known; allowed: {versions}.")
        return None

    def _route(self, facts: Worksheet) -> str:
        route = _text(facts[layout.ROUTE_CELL].value).lower()
        if route and route not in layout.ROUTE_CHOICES:
            allowed = ", ".join(layout.ROUTE_CHOICES)
            self.refuse(
                layout.README, layout.ROUTE_CELL, f"{_shown(route)}: allowed are {allowed} or nothing."
            )
        return route

    def _item_rows(self, sheet: Worksheet, questionnaire: Questionnaire) -> dict[int, Item]:
        """Row number to item, for the rows whose first cell names one."""
        items = {item.key: item for item in questionnaire.maturity_items}
        found: dict[int, Item] = {}
        for row in range(layout.FIRST_ITEM_ROW, sheet.max_row + 1):
            key = _text(sheet.cell(row, layout.KEY_COLUMN).value)
            cell = f"{get_column_letter(layout.KEY_COLUMN)}{row}"
            if not key:
                filled = [
                    column
                    for column in range(1, sheet.max_column + 1)
                    if sheet.cell(row, column).value is not None
                ]
                if filled:
                    self.refuse(
                        layout.ANSWERS,
                        cell,
                        "is empty; allowed is the key of an item, as written by answer_sheet.",
                    )
            elif key not in items:
                self.refuse(layout.ANSWERS, cell, f"{_shown(key)} is no item of this questionnaire.")
            elif items[key] in found.values():
                self.refuse(layout.ANSWERS, cell, f"{_shown(key)} stands in two rows; allowed is one.")
            else:
                found[row] = items[key]
        for key in items:
            if not any(item.key == key for item in found.values()):
                self.refuse(layout.ANSWERS, f"A{sheet.max_row + 1}", f"the row of {_shown(key)} is missing.")
        return found

    def _people(self, sheet: Worksheet, questionnaire: Questionnaire) -> dict[str, str]:
        """Column letter to function, for every column with a function, a name or an answer."""
        titles = {function.title.lower(): key for key, function in questionnaire.functions.items()}
        allowed = ", ".join(function.title for function in questionnaire.functions.values())
        found: dict[str, str] = {}
        for column in range(layout.FIRST_PERSON_COLUMN, sheet.max_column + 1):
            letter = get_column_letter(column)
            value = _text(sheet.cell(layout.FUNCTION_ROW, column).value)
            key = titles.get(value.lower(), value if value in questionnaire.functions else "")
            if key:
                found[letter] = key
            elif value or self._used(sheet, column):
                told = _shown(value) if value else "is empty"
                self.refuse(layout.ANSWERS, f"{letter}{layout.FUNCTION_ROW}", f"{told}; allowed: {allowed}.")
                found[letter] = ""
        first = f"{get_column_letter(layout.FIRST_PERSON_COLUMN)}{layout.FUNCTION_ROW}"
        if not found:
            self.refuse(layout.ANSWERS, first, f"nobody has a function; allowed: {allowed}.")
        if len(found) > layout.MOST_PEOPLE:
            self.refuse(layout.ANSWERS, first, f"{len(found)} people; allowed are {layout.MOST_PEOPLE}.")
        return found

    def _used(self, sheet: Worksheet, column: int) -> bool:
        rows = [layout.NAME_ROW, *range(layout.FIRST_ITEM_ROW, sheet.max_row + 1)]
        return any(_text(sheet.cell(row, column).value) for row in rows)

    def _answers(
        self, sheet: Worksheet, rows: Mapping[int, Item], people: Mapping[str, str]
    ) -> list[AnswerValue]:
        found = []
        for row, item in rows.items():
            for letter in people:
                value = sheet[f"{letter}{row}"].value
                read = layout.answer_in(value, item)
                if read is None:
                    allowed = layout.allowed_for(item)
                    self.refuse(layout.ANSWERS, f"{letter}{row}", f"{_shown(value)}; allowed: {allowed}.")
                elif read[0] != "open":
                    found.append(AnswerValue(letter, item.key, read[1], read[0]))
        return found

    def _agreed(self, sheet: Worksheet, rows: Mapping[int, Item]) -> dict[str, int]:
        letter = get_column_letter(layout.AGREED_COLUMN)
        found = {}
        for row, item in rows.items():
            value = sheet[f"{letter}{row}"].value
            if not _text(value):
                continue
            level = layout.whole_number(value)
            if level is not None and level in layout.LEVELS:
                found[item.key] = level
            else:
                self.refuse(layout.ANSWERS, f"{letter}{row}", f"{_shown(value)}; allowed: 0 to 4 or nothing.")
        return found

    def _capacity(self) -> dict[str, int]:
        """Hundredths of an FTE by role over people in-house and partners; empty when the tab is."""
        sheet = self._tab(layout.TEAM)
        capacity: dict[str, int] = {}
        names: set[str] = set()
        for row in range(layout.FIRST_TEAM_ROW, sheet.max_row + 1 if sheet else 0):
            if sheet is None or not any(_text(cell.value) for cell in sheet[row]):
                continue
            kind = self._member(sheet, row, names)
            shares = self._shares(sheet, row)
            for role, share in shares.items():
                capacity[role] = capacity.get(role, 0) + (share if kind != "vacancy" else 0)
        return capacity

    def _member(self, sheet: Worksheet, row: int, names: set[str]) -> str:
        name = _text(sheet.cell(row, layout.NAME_COLUMN).value)
        if not name:
            self.refuse(layout.TEAM, f"A{row}", "is empty; allowed is a name.")
        elif name.lower() in names:
            self.refuse(layout.TEAM, f"A{row}", f"{_shown(name)} stands in two rows; allowed is one.")
        names.add(name.lower())
        told = _text(sheet.cell(row, layout.KIND_COLUMN).value)
        kinds = {title.lower(): kind for title, kind in layout.KINDS.items()}
        if told.lower() not in kinds:
            allowed = ", ".join(layout.KINDS)
            self.refuse(
                layout.TEAM, f"B{row}", f"{_shown(told) if told else 'is empty'}; allowed: {allowed}."
            )
        return kinds.get(told.lower(), "")

    def _shares(self, sheet: Worksheet, row: int) -> dict[str, int]:
        shares: dict[str, int] = {}
        for column, role in enumerate(layout.TEAM_ROLES, layout.FIRST_ROLE_COLUMN):
            value = sheet.cell(row, column).value
            if not _text(value):
                continue
            share = layout.whole_number(value)
            if share is None or not 0 <= share <= FULL_WEEK:
                cell = f"{get_column_letter(column)}{row}"
                self.refuse(layout.TEAM, cell, f"{_shown(value)}; allowed: a whole number from 0 to 100.")
            else:
                shares[role] = share
        if sum(shares.values()) > FULL_WEEK:
            first = f"{get_column_letter(layout.FIRST_ROLE_COLUMN)}{row}"
            self.refuse(
                layout.TEAM, first, f"the row adds up to {sum(shares.values())} %; allowed: 100 at most."
            )
        return shares


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _shown(value: Any) -> str:
    """A value in quotation marks, cut where it is long."""
    text = _text(value)
    return f'"{text[:40]}…"' if len(text) > 40 else f'"{text}"'
