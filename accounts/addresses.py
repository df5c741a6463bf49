"""Reading lists of people as they are pasted or uploaded: one person a line, in whatever form is at hand.

Pure: knows neither Django nor tables. Read are ``mia@firm.example``, ``Mia Berg <mia@firm.example>`` and
lines of a spreadsheet (tabs, semicolons or commas) with or without a head row that names its columns.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

ADDRESS = re.compile(r"[^@\s<>,;\"()]+@[^@\s<>,;\"()]+\.[^@\s<>,;\"().]+")
NAMED = re.compile(r"^\s*\"?(?P<name>[^\"<>]*?)\"?\s*<(?P<address>[^<>]+)>\s*$")
MAX_ADDRESS = 254
MAX_LINE = 600
HEADS: Mapping[str, tuple[str, ...]] = {
    "address": ("address", "email", "e-mail", "mail", "e-mail address", "email address"),
    "name": ("name", "full name", "person"),
    "function": ("function", "functions", "hat"),
    "unit": ("unit", "site", "department"),
}


@dataclass(frozen=True)
class Entry:
    """One person of a list; ``function`` and ``unit`` as written, empty where the list says nothing."""

    line: int
    address: str
    name: str = ""
    function: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Problem:
    """One line that cannot be used, and why."""

    line: int
    text: str
    says: str


def parse(text: str, functions: Collection[str] = ()) -> tuple[list[Entry], list[Problem]]:
    """Entries and problems, each in the order of the lines (counted from 1); an address stands once.

    ``functions`` are the titles, in lower case, by which a cell without head is known for one.
    """
    rows = list(_rows(text))
    columns = _head(rows[0][1]) if rows else None
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    for number, cells in rows[1:] if columns else rows:
        # Before any pattern looks at it: what is matched takes time by the square of its length.
        if sum(map(len, cells)) > MAX_LINE:
            problems.append(Problem(number, cells[0][:80], f"longer than {MAX_LINE} characters"))
            continue
        found = _by_columns(number, cells, columns) if columns else _free(number, cells, functions)
        for item in found:
            if isinstance(item, Problem):
                problems.append(item)
            else:
                entries.setdefault(item.address, item)
    return list(entries.values()), problems


def decode(content: bytes) -> str:
    """The text of an uploaded list: UTF-8 with or without mark, UTF-16 with mark, else Windows-1252."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _rows(text: str) -> Iterable[tuple[int, list[str]]]:
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        if line.strip():
            yield number, _cells(line)


def _cells(line: str) -> list[str]:
    separator = next((mark for mark in ("\t", ";", ",") if mark in line), None)
    if separator is None:
        return [line.strip()]
    return [cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=separator))]


def _head(cells: Sequence[str]) -> dict[str, int] | None:
    names = [cell.strip().lower() for cell in cells]
    columns = {
        field: next(index for index, name in enumerate(names) if name in known)
        for field, known in HEADS.items()
        if any(name in known for name in names)
    }
    return columns if "address" in columns else None


def _by_columns(number: int, cells: Sequence[str], columns: Mapping[str, int]) -> list[Entry | Problem]:
    def cell(field: str) -> str:
        index = columns.get(field)
        return cells[index] if index is not None and index < len(cells) else ""

    address = cell("address").lower()
    problem = _problem(number, " ".join(cells), address)
    return [problem or Entry(number, address, cell("name"), cell("function"), cell("unit"))]


def _free(number: int, cells: Sequence[str], functions: Collection[str]) -> list[Entry | Problem]:
    """A line without head: one person with further cells, or several people."""
    line = ", ".join(cell for cell in cells if cell)
    people = [index for index, cell in enumerate(cells) if "@" in cell]
    if not people:
        return [Problem(number, line[:80], "no e-mail address in this line")]
    if len(people) == 1:
        return [_person(number, cells, people[0], functions)]
    return [_person(number, [cells[index]], 0, functions) for index in people]


def _person(number: int, cells: Sequence[str], at: int, functions: Collection[str]) -> Entry | Problem:
    named = NAMED.match(cells[at])
    address = (named["address"] if named else cells[at]).strip().lower()
    problem = _problem(number, ", ".join(cell for cell in cells if cell), address)
    if problem:
        return problem
    rest = [cell for index, cell in enumerate(cells) if cell and index != at]
    function = next((cell for cell in rest if cell.lower() in functions), "")
    others = [cell for cell in rest if cell != function]
    if named and named["name"].strip():
        others.insert(0, named["name"].strip())
    name, unit = [*others, "", ""][:2]
    return Entry(number, address, name, function, unit)


def _problem(number: int, line: str, address: str) -> Problem | None:
    if not address:
        return Problem(number, line[:80], "no e-mail address in this line")
    if len(address) > MAX_ADDRESS or not ADDRESS.fullmatch(address):
        return Problem(number, line[:80], "this is not an e-mail address")
    return None
