"""Spreadsheets of the register and the roster: templates, and reading them back with every bad cell named."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from assessment.evidence.actions import RosterEntry
from assessment.evidence.models import DataAsset, RosterPerson
from assessment.evidence.roles import role_book
from assessment.uploads import sheets_of
from assessment.workbooks import column_letter
from ui.errors import DomainError, Invalid

MAX_BYTES = 2 * 1024 * 1024
MAX_ROWS = 1000
MAX_PROBLEMS = 100


@dataclass
class Cells:
    """Reads cells and collects what is wrong with them."""

    problems: list[str] = field(default_factory=list)

    def refuse(self, place: str, message: str) -> None:
        self.problems.append(f"Cell {place}: {message}")

    def raise_if_any(self, name: str) -> None:
        if self.problems:
            shown = self.problems[:MAX_PROBLEMS]
            if len(self.problems) > MAX_PROBLEMS:
                shown.append(f"and {len(self.problems) - MAX_PROBLEMS} more cells")
            raise Invalid("Some cells do not fit. Nothing was imported.", fields={name: shown})

    def text(self, value: Any, place: str, limit: int) -> str:
        text = "" if value is None else str(value).strip()
        if len(text) > limit:
            self.refuse(place, f"has {len(text)} characters; at most {limit} are kept")
        return text

    def flag(self, value: Any, place: str) -> bool:
        word = str(value if value is not None else "no").strip().lower()
        if word in ("yes", "true", "1", "x"):
            return True
        if word not in ("no", "false", "0", ""):
            self.refuse(place, f"is {value!r}; allowed are yes and no")
        return False

    def whole(self, value: Any, place: str, most: int) -> int | None:
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            self.refuse(place, f"is {value!r}; allowed is a whole number from 0 to {most}")
            return None
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not number.is_integer() or not 0 <= number <= most:
            self.refuse(place, f"is {value!r}; allowed is a whole number from 0 to {most}")
            return None
        return int(number)

    def share(self, value: Any, place: str) -> Decimal:
        if value is None or value == "":
            return Decimal(0)
        try:
            number = Decimal(str(value).strip().replace(",", "."))
        except InvalidOperation:
            number = Decimal(-1)
        if not number.is_finite() or not 0 <= number <= 1 or number != round(number, 2):
            self.refuse(place, f"is {value!r}; allowed is a share from 0 to 1 with two decimals, such as 0.6")
            return Decimal(0)
        return round(number, 2)

    def choice(self, value: Any, place: str, words: dict[str, str], default: str) -> str:
        word = str(value if value is not None else "").strip().lower()
        if not word:
            return default
        for key, label in words.items():
            if word in (key.lower(), label.lower()):
                return key
        self.refuse(
            place, f"is {value!r}; allowed are {', '.join(label.lower() for label in words.values())}"
        )
        return default

    def day(self, value: Any, place: str) -> date | None:
        if value is None or value == "":
            return None
        if isinstance(value, datetime):
            return value.date()
        try:
            return date.fromisoformat(str(value).strip())
        except ValueError:
            self.refuse(place, f"is {value!r}; allowed is a date such as 2026-12-18")
        return None


ASSET_HEADS = (
    "Name", "Owner", "Place", "Labeled", "In one repository", "Access", "Days to access", "Legal basis",
    "Refresh", "Note",
)  # fmt: skip
ACCESS = {str(key): str(label) for key, label in DataAsset.Access.choices}
KINDS = {str(key): str(label) for key, label in RosterPerson.Kind.choices}


def asset_template() -> bytes:
    example = (
        "Service tickets", "Head of service", "Service system", "no", "yes", "Some teams", 11,
        "Service contract", "daily", "",
    )  # fmt: skip
    return _book("Data assets", ASSET_HEADS, [example])


def read_assets(content: bytes) -> list[dict[str, Any]]:
    """Rows of the first sheet as values of data assets. Raises Invalid naming every bad cell."""
    cells = Cells()
    found = []
    for number, row in _rows(content, ASSET_HEADS, cells):
        place = _places(number)
        name = cells.text(row[0], place(0), 120)
        if not name:
            cells.refuse(place(0), "is empty; a data asset needs a name")
        found.append(
            {
                "name": name,
                "owner": cells.text(row[1], place(1), 150),
                "place": cells.text(row[2], place(2), 200),
                "labeled": cells.flag(row[3], place(3)),
                "in_one_repository": cells.flag(row[4], place(4)),
                "access": cells.choice(row[5], place(5), ACCESS, "unknown"),
                "days_to_access": cells.whole(row[6], place(6), 3650),
                "legal_basis": cells.text(row[7], place(7), 200),
                "refresh": cells.text(row[8], place(8), 80),
                "note": cells.text(row[9], place(9), 4000),
            }
        )
    _refuse_repeats([str(row["name"]) for row in found], cells)
    cells.raise_if_any("file")
    return found


def _roster_heads() -> tuple[str, ...]:
    book = role_book()
    return (
        "Name", "Kind", "Partner", "Until", "Projects",
        *(f"Share: {role.name}" for role in book.roles.values()),
        *(f"Skill: {skill.name}" for skill in book.skills.values()),
    )  # fmt: skip


def roster_template() -> bytes:
    roles = len(role_book().roles)
    known = ("Name of a person", "In-house", "", "", "Project A; Project B", 0.5)
    example = (*known, *([None] * (roles - 1)))
    return _book("Roster", _roster_heads(), [example])


def read_roster(content: bytes) -> list[RosterEntry]:
    """Rows of the first sheet as roster entries. Raises Invalid naming every bad cell."""
    cells = Cells()
    book = role_book()
    found = []
    for number, row in _rows(content, _roster_heads(), cells):
        place = _places(number)
        name = cells.text(row[0], place(0), 150)
        if not name:
            cells.refuse(place(0), "is empty; an entry needs a name")
        first_skill = 5 + len(book.roles)
        shares = {
            role: cells.share(row[5 + index], place(5 + index)) for index, role in enumerate(book.roles)
        }
        if sum(shares.values(), Decimal(0)) > 1:
            last = column_letter(first_skill)
            cells.refuse(f"F{number}:{last}{number}", "the shares of one person sum to at most 1")
        levels = {
            skill: cells.whole(row[first_skill + index], place(first_skill + index), 3)
            for index, skill in enumerate(book.skills)
        }
        found.append(
            RosterEntry(
                name=name,
                kind=cells.choice(row[1], place(1), KINDS, "in_house"),
                partner=cells.text(row[2], place(2), 120),
                until=cells.day(row[3], place(3)),
                projects=split_projects(cells.text(row[4], place(4), 1000)),
                shares={role: share for role, share in shares.items() if share},
                skills={skill: level for skill, level in levels.items() if level is not None},
            )
        )
    _refuse_repeats([entry.name for entry in found], cells)
    cells.raise_if_any("file")
    return found


def split_projects(text: str) -> tuple[str, ...]:
    """Names parted by semicolons or lines, each once."""
    names = [name.strip() for line in text.splitlines() for name in line.split(";")]
    return tuple(dict.fromkeys(name for name in names if name))


def _refuse_repeats(names: Sequence[str], cells: Cells) -> None:
    seen: dict[str, int] = {}
    for number, name in enumerate(names, start=2):
        first = seen.setdefault(name.lower(), number)
        if name and first != number:
            cells.refuse(f"A{number}", f"{name!r} stands in A{first} already")


def _places(number: int) -> Callable[[int], str]:
    return lambda column: f"{column_letter(column + 1)}{number}"


def _rows(content: bytes, heads: Sequence[str], cells: Cells) -> Iterator[tuple[int, tuple[Any, ...]]]:
    if len(content) > MAX_BYTES:
        raise Invalid("This file is larger than 2 MB.", fields={"file": ["At most 2 MB."]})
    try:
        sheets = sheets_of(content, most_rows=MAX_ROWS + 2, most_columns=len(heads))
        rows = next(iter(sheets.values()))
    except DomainError as error:
        raise Invalid(error.message, fields={"file": [error.message]}) from error
    except Exception as error:  # a damaged workbook fails in many ways, all of which mean the same
        raise Invalid(
            "This file cannot be read as an Excel workbook.", fields={"file": ["Save it as .xlsx."]}
        ) from error
    head = rows[0] if rows else ()
    for index, wanted in enumerate(heads):
        given = head[index] if index < len(head) else None
        if str(given or "").strip().lower() != wanted.lower():
            cells.refuse(f"{column_letter(index + 1)}1", f"is {given!r}; the head there is {wanted!r}")
    cells.raise_if_any("file")
    if len(rows) > MAX_ROWS + 1:
        raise Invalid(f"A sheet holds at most {MAX_ROWS} rows.", fields={"file": ["Too many rows."]})
    for number, row in enumerate(rows[1:], start=2):
        if any(value not in (None, "") for value in row):
            padded = (*row, *([None] * (len(heads) - len(row))))
            yield number, padded


def _book(title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    sheet.append(list(heads))
    for row in rows:
        sheet.append(list(row))
    sheet.freeze_panes = "B2"
    for index, head in enumerate(heads, start=1):
        sheet.column_dimensions[column_letter(index)].width = max(12, min(40, len(head) + 2))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
