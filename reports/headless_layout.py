"""Where things stand in a workshop sheet and what its cells may hold: shared by its writer and its reader.

Three tabs. "Answers": the function of each person in row 1, a name in row 2, heads in row 3, then one row per
item. "Team": one row per person with percent of a week per role. "Read me": which questionnaire, and how to.
"""

from __future__ import annotations

from typing import Literal

from assessment.question_bank import Item
from roadmap.catalogue import ROLES, ROUTES

ANSWERS, TEAM, README = "Answers", "Team", "Read me"

FUNCTION_ROW, NAME_ROW, HEAD_ROW, FIRST_ITEM_ROW = 1, 2, 3, 4
KEY_COLUMN, CODE_COLUMN, QUESTION_COLUMN, LEVEL_COLUMN = 1, 2, 3, 4
ASKED_COLUMN, AGREED_COLUMN, FIRST_PERSON_COLUMN = 9, 10, 11
LEVELS = range(5)
MOST_PEOPLE = 500

TEAM_HEAD_ROW, FIRST_TEAM_ROW, MOST_TEAM_ROWS = 1, 2, 500
NAME_COLUMN, KIND_COLUMN, FIRST_ROLE_COLUMN = 1, 2, 3
KINDS = {"In-house": "in_house", "Partner": "partner", "Vacancy": "vacancy"}
TEAM_ROLES = ROLES

ORGANIZATION_CELL, QUESTIONNAIRE_CELL, VERSION_CELL, ROUTE_CELL = "B3", "B4", "B5", "B6"
ROUTE_CHOICES = ROUTES
FIRST_FUNCTION_ROW = 9

DONT_KNOW_MARK, NOT_APPLICABLE_MARK = "?", "n/a"
_DONT_KNOW = {DONT_KNOW_MARK, "dk", "don't know", "i don't know"}
_NOT_APPLICABLE = {NOT_APPLICABLE_MARK, "na", "not applicable"}

State = Literal["level", "dont_know", "not_applicable", "open"]


def answer_in(value: object, item: Item) -> tuple[State, int | None] | None:
    """What a cell says about an item; None when it says nothing that is allowed."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return "open", None
    level = whole_number(value)
    if level is not None:
        return ("level", level) if level in LEVELS else None
    text = str(value).strip().lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    if text in _DONT_KNOW:
        return "dont_know", None
    if text in _NOT_APPLICABLE and item.allows_not_applicable:
        return "not_applicable", None
    return None


def allowed_for(item: Item) -> str:
    """What may stand in the cells of an item, in words."""
    marks = f"0 to 4, {DONT_KNOW_MARK} (I don't know)"
    if item.allows_not_applicable:
        marks += f", {NOT_APPLICABLE_MARK} (not applicable)"
    return f"{marks} or nothing"


def whole_number(value: object) -> int | None:
    """A whole number from a cell: 2, 2.0 or "2"; None for everything else, TRUE and FALSE included."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    text = str(value).strip()
    return int(text) if text.isascii() and text.lstrip("-").isdigit() and len(text) < 10 else None
