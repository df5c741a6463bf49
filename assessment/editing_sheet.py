"""A questionnaire as a spreadsheet, one row an item, and back. Every bad cell is named, all of them at once.

Pure: no database. Sheets come from strangers, so sizes are limited before anything is unpacked.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assessment import editing
from assessment.editing import Content, Entry
from assessment.editing_cells import from_fields, read_lines, read_pairs, to_fields, write_pairs
from assessment.editing_columns import YES, Column, columns, gate_phases
from assessment.question_bank import Questionnaire
from assessment.question_schema import ITEM_KEY
from assessment.workbooks import Sheets, WorkbookTooLarge, column_letter, read_sheets

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

ITEMS, NOTES = "Items", "Notes"
MAX_BYTES = 2_000_000
MAX_ROWS = 400
MAX_COLUMNS = 200
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class CellProblem:
    """One bad cell: where it is, what is wrong, and what is allowed there."""

    sheet: str
    cell: str
    message: str

    def __str__(self) -> str:
        return f"{self.sheet}!{self.cell}: {self.message}" if self.cell else f"{self.sheet}: {self.message}"


class SheetError(ValueError):
    """A sheet that is refused as a whole, with all that is wrong with it."""

    def __init__(self, problems: Sequence[CellProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, problems)))


@dataclass(frozen=True)
class Sheet:
    """What a sheet holds: the new content, and the revision of the draft that it was exported from."""

    content: Content
    revision: int


def write(content: Content, *, revision: int) -> bytes:
    """The sheet of a content. The revision goes along, so that an import sees what changed since."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    book.remove(book.worksheets[0])
    sheet: Worksheet = book.create_sheet(ITEMS)
    shown = columns(content)
    for number, column in enumerate(shown, start=1):
        sheet.cell(1, number, column.title).font = Font(bold=True)
        sheet.column_dimensions[column_letter(number)].width = column.width
    for row, item in enumerate(content["items"], start=2):
        entry = editing.entry_of(content, item["key"]) or Entry(item)
        fields = to_fields(entry)
        for number, column in enumerate(shown, start=1):
            _put(sheet, row, number, _written(fields, column))
    sheet.freeze_panes = "B2"
    _write_notes(book.create_sheet(NOTES), shown, content, revision)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _put(sheet: Worksheet, row: int, column: int, value: Any) -> None:
    if value in ("", None):
        return
    from openpyxl.styles import Alignment

    cell = sheet.cell(row, column, value)
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    if isinstance(value, str):
        cell.data_type = "s"  # a text that begins with = is a text, never a formula


def _written(fields: dict[str, Any], column: Column) -> Any:
    name = column.field
    if name.startswith("function "):
        return YES if name.removeprefix("function ") in fields["functions"] else ""
    value = fields.get(name, "")
    if column.kind == "flag":
        return YES if value else ""
    if column.kind == "pairs":
        return write_pairs(value)
    if column.kind in ("functions", "lines", "words"):
        return {"functions": "; ", "lines": "\n", "words": " "}[column.kind].join(value)
    return value


def _write_notes(sheet: Worksheet, shown: list[Column], content: Content, revision: int) -> None:
    lines: list[tuple[Any, Any]] = [
        ("Questionnaire", content["title"]),
        ("Revision of the draft", revision),
        ("One row is one question", "Its place is its place on the page. Remove a row to drop its question."),
        ("A new question", "A new row with a key of its own. Keys of published questions stay as they are."),
        ("Dimensions", ", ".join(editing.dimension_weights(content))),
        ("Functions", "; ".join(f"{entry['key']} = {entry['title']}" for entry in content["functions"])),
        ("Column", "What is allowed"),
        *((column.title, column.allowed) for column in shown),
    ]
    for row, (left, right) in enumerate(lines, start=1):
        _put(sheet, row, 1, left)
        _put(sheet, row, 2, right)
    sheet.column_dimensions["A"].width = 30
    sheet.column_dimensions["B"].width = 90


def read(source: bytes | Sheets, content: Content, published: Questionnaire) -> Sheet:
    """`content` with the items of the sheet in place of its own. Raises SheetError with every bad cell."""
    sheets = opened(source) if isinstance(source, bytes) else source
    if ITEMS not in sheets:
        raise SheetError(
            [CellProblem(ITEMS, "", f"there is no sheet of this name; keep the one named {ITEMS}")]
        )
    reader = _Reader(content)
    entries = reader.read(_rows(sheets[ITEMS]))
    new = editing.put_all(content, entries, published)
    reader.place(editing.problems(new, published))
    if reader.problems:
        raise SheetError(sorted(dict.fromkeys(reader.problems), key=_position))
    return Sheet(new, _revision(sheets.get(NOTES, [])))


def opened(source: bytes, reader: Callable[[bytes, int, int], Sheets] = read_sheets) -> Sheets:
    """The cells of a file, by a reader that may work elsewhere. Raises SheetError for what is no sheet."""
    message = "not readable as a spreadsheet; save it as .xlsx and try again"
    if len(source) > MAX_BYTES:
        message = f"larger than {MAX_BYTES // 1_000_000} MB"
    else:
        try:
            return reader(source, MAX_ROWS + 2, MAX_COLUMNS)
        except WorkbookTooLarge:
            message = "unpacks to more than any questionnaire holds"
        except SheetError:
            raise
        except Exception as error:  # whatever a broken file makes the library raise, there is one sentence
            raise SheetError([CellProblem("File", "", message)]) from error
    raise SheetError([CellProblem("File", "", message)])


def _position(problem: CellProblem) -> tuple[int, int, str]:
    found = re.fullmatch(r"([A-Z]+)(\d+)", problem.cell)
    return (int(found[2]), len(found[1]), found[1]) if found else (0, 0, "")


def _rows(rows: Sequence[Sequence[Any]]) -> list[tuple[int, list[Any]]]:
    return [
        (number, list(row))
        for number, row in enumerate(rows, start=1)
        if any(value not in (None, "") for value in row)
    ]


def _revision(notes: Sequence[Sequence[Any]]) -> int:
    for row in notes[:20]:
        if len(row) > 1 and row[0] == "Revision of the draft" and isinstance(row[1], int):
            return row[1]
    return 0


class _Reader:
    """Reads rows one by one and collects what is wrong with their cells."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.columns = columns(content)
        self.phases = gate_phases(content)
        self.functions = {entry["key"]: entry["title"] for entry in content["functions"]}
        self.problems: list[CellProblem] = []
        self.letters: dict[str, str] = {}
        self.places: dict[str, int] = {}

    def read(self, rows: list[tuple[int, list[Any]]]) -> list[Entry]:
        header = rows[0][1] if rows else []
        order = self._header(header)
        if len(rows) > MAX_ROWS + 1:
            self.problems.append(CellProblem(ITEMS, "", f"more than {MAX_ROWS} rows"))
        if len(rows) < 2:
            self.problems.append(CellProblem(ITEMS, "A2", "no questions; at least one row is needed"))
        return [] if self.problems else [self._row(number, values, order) for number, values in rows[1:]]

    def _header(self, header: list[Any]) -> dict[int, Column]:
        known = {column.title.casefold(): column for column in self.columns}
        order: dict[int, Column] = {}
        for place, title in enumerate(header):
            column = known.pop(str(title or "").strip().casefold(), None)
            letter = column_letter(place + 1)
            if column is not None:
                order[place] = column
                self.letters[column.field] = letter
            elif title not in (None, ""):
                says = f"{title!r} is not a column of this sheet, or stands there twice"
                self.problems.append(CellProblem(ITEMS, f"{letter}1", says))
        for column in known.values():
            self.problems.append(CellProblem(ITEMS, "", f"the column {column.title!r} is missing in row 1"))
        return order

    def _row(self, number: int, values: list[Any], order: dict[int, Column]) -> Entry:
        fields: dict[str, Any] = {"functions": []}
        for place, column in order.items():
            value = values[place] if place < len(values) else None
            cell = f"{column_letter(place + 1)}{number}"
            read = self._value(value, column, cell)
            if column.field.startswith("function "):
                fields["functions"] += [column.field.removeprefix("function ")] if read else []
            else:
                fields[column.field] = read
        key = fields["key"] = self._key(str(fields["key"]), number)
        weight = f"{self.letters['weight']}{number}"
        told = any(problem.cell == weight for problem in self.problems)
        if fields.get("kind") == "maturity" and fields.get("weight") == "" and not told:
            self.problems.append(CellProblem(ITEMS, weight, "a weight is missing"))
        return from_fields(fields, self.phases, editing.entry_of(self.content, key))

    def _key(self, key: str, number: int) -> str:
        """The key of a row; a bad one is named, and one of its own lets the rest of the row be checked."""
        says = ""
        if not ITEM_KEY.fullmatch(key):
            says = f"{key!r} is not a key; allowed: pillar.dimension.word, in lower case"
        elif key in self.places:
            says = f"{key!r} stands in row {self.places[key]} already"
        if says:
            self.problems.append(CellProblem(ITEMS, f"{self.letters['key']}{number}", says))
            key = f"unnamed.row.r{number}"
        self.places[key] = number
        return key

    def _value(self, value: Any, column: Column, cell: str) -> Any:
        try:
            return _READERS[column.kind](value, self)
        except ValueError as error:
            says = f"{error}; allowed: {column.allowed}"
            self.problems.append(CellProblem(ITEMS, cell, says))
            return _EMPTY.get(column.kind, "")

    def place(self, found: list[editing.DraftProblem]) -> None:
        """Names the cells of problems that belong to one; what concerns the whole is told by the draft."""
        named = {problem.cell for problem in self.problems}
        for problem in found:
            row = self.places.get(problem.item)
            if row is None:
                continue
            name = "function " + next(iter(self.functions)) if problem.field == "functions" else problem.field
            letter = self.letters.get(name) or self.letters.get(name.partition("_")[0], self.letters["key"])
            if f"{letter}{row}" not in named:
                allowed = {column.field: column.allowed for column in self.columns}.get(name)
                more = f"; allowed: {allowed}" if problem.message in ("missing", "empty") and allowed else ""
                self.problems.append(CellProblem(ITEMS, f"{letter}{row}", problem.message + more))


def _text(value: Any, reader: _Reader) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("not a text")
    text = value if isinstance(value, str) else f"{value:g}"
    if _UNWRITABLE.search(text.replace("\r\n", "\n")):
        raise ValueError("holds a control character")
    return text.replace("\r\n", "\n").strip()


def _flag(value: Any, reader: _Reader) -> bool:
    word = _text(value, reader).lower() if not isinstance(value, bool) else YES if value else ""
    if word not in ("", YES):
        raise ValueError(f"{word!r} is neither {YES} nor empty")
    return word == YES


def _number(value: Any, reader: _Reader) -> float | str:
    if value in (None, ""):
        return ""
    try:
        number = float(_text(value, reader).replace(",", "."))
    except ValueError as error:
        raise ValueError(f"{value!r} is not a number") from error
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not a number")
    return number


def _whole(value: Any, reader: _Reader) -> int | str:
    number = _number(value, reader)
    if isinstance(number, str):
        return ""
    if number not in (1, 2, 3, 4):
        raise ValueError(f"{value!r} is not a level from 1 to 4")
    return int(number)


def _functions(value: Any, reader: _Reader) -> list[str]:
    words = {name.casefold(): key for key, title in reader.functions.items() for name in (key, title)}
    parts = [part.strip() for part in re.split(r"[;,\n]", _text(value, reader)) if part.strip()]
    unknown = [part for part in parts if part.casefold() not in words]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no function")
    return list(dict.fromkeys(words[part.casefold()] for part in parts))


def _pairs(value: Any, reader: _Reader) -> list[tuple[str, str]]:
    pairs, wrong = read_pairs(_text(value, reader))
    if wrong:
        raise ValueError(f"the line {wrong[0][:40]!r} has no key and text")
    return pairs


def _lines(value: Any, reader: _Reader) -> list[str]:
    return read_lines(_text(value, reader))


def _words(value: Any, reader: _Reader) -> list[str]:
    return re.split(r"[\s,;]+", _text(value, reader)) if _text(value, reader) else []


_READERS: dict[str, Any] = {
    "text": _text,
    "flag": _flag,
    "number": _number,
    "whole": _whole,
    "functions": _functions,
    "pairs": _pairs,
    "lines": _lines,
    "words": _words,
}
_EMPTY: dict[str, Any] = {"flag": False, "functions": [], "pairs": [], "lines": [], "words": []}
