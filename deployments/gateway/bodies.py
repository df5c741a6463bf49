"""A request's body as a table: MLflow's forms of JSON, and CSV. Pure.

Nothing here knows the model; deployments/gateway/fitting.py holds the table against its signature.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

MAX_ROWS: Final = 10_000
MAX_COLUMNS: Final = 2_000
MAX_CELLS: Final = 1_000_000
# Lists within lists, in a cell or in an answer: what goes through each of them calls itself so often.
DEEPEST: Final = 50
FORMS: Final = ("dataframe_split", "dataframe_records", "instances", "inputs")
JSON_TYPES: Final = ("application/json", "")
CSV_TYPES: Final = ("text/csv", "application/csv")
_ONE_OF: Final = f"One of {', '.join(FORMS)}."
_UNWRITABLE: Final = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Unfit(Exception):
    """Input that cannot be answered: a sentence, and by column or part what is allowed there."""

    message: str
    fields: Mapping[str, list[str]]


@dataclass(slots=True)
class Table:
    """Rows, with the names of their columns where the body gives them; `is_text` for CSV."""

    columns: list[str] | None
    rows: list[list[Any]]
    is_text: bool = False


def refuse(message: str, part: str = "", allowed: str = "") -> NoReturn:
    raise Unfit(message, {part: [allowed or message]} if part else {})


def parse(content: bytes, media_type: str) -> Table:
    """The table in a body. Raises `Unfit`."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind in CSV_TYPES:
        return _limited(_csv(content))
    if kind not in JSON_TYPES:
        refuse(
            f"Bodies of the type {kind[:60]} are not read.",
            "Content-Type",
            "One of application/json, text/csv.",
        )
    body = load(content)
    if not isinstance(body, dict):
        refuse(f"The body is a JSON object with one of these: {', '.join(FORMS)}.")
    strange = [name for name in body if name not in FORMS]
    if strange:
        refuse(f"{strange[0][:60]} is not known here.", strange[0][:60], _ONE_OF)
    if len(body) != 1:
        refuse("The body has exactly one table.", "body", _ONE_OF)
    ((form, value),) = body.items()
    return _limited(_FORMS[form](form, value))


def load(content: bytes) -> Any:
    """JSON as its standard has it. Raises `Unfit`."""
    try:
        found = json.loads(content.decode(), parse_constant=_no_constant)
        unwritable = b"\\u" in content and has_unwritable(found)
    except UnicodeDecodeError:
        refuse("The body is not UTF-8.")
    except RecursionError:
        refuse("The body is nested too deep.")
    except ValueError as error:
        refuse(f"The body is not JSON: {str(error)[:200]}")
    if unwritable:
        refuse("A text in the body has a character that cannot be written.")
    return found


def is_writable(text: str) -> bool:
    """Whether databases take this text: no NUL, no half of a character."""
    return not _UNWRITABLE.search(text)


def has_unwritable(value: Any) -> bool:
    """Whether a text anywhere in a JSON value is one that no database takes."""
    if isinstance(value, str):
        return not is_writable(value)
    if isinstance(value, dict):
        return any(has_unwritable(key) or has_unwritable(part) for key, part in value.items())
    return isinstance(value, list) and any(has_unwritable(part) for part in value)


def is_deep(value: Any, left: int = DEEPEST) -> bool:
    """Whether lists and objects lie more than `DEEPEST` deep in each other."""
    if not isinstance(value, dict | list):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return left == 0 or any(isinstance(part, dict | list) and is_deep(part, left - 1) for part in parts)


def _no_constant(name: str) -> NoReturn:
    refuse(f"{name} is no number in JSON. Send null where a value is missing.")


def _split(form: str, value: Any) -> Table:
    known = ("columns", "data", "index")
    if not isinstance(value, dict) or "data" not in value or any(name not in known for name in value):
        refuse(f'{form} is {{"columns": [names], "data": [rows]}}.', form, "columns and data.")
    columns = value.get("columns")
    if columns is not None:
        columns = _names(form, columns)
    rows = value["data"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        refuse("data is a list of rows, each a list of values.", "data", "A list of lists.")
    return Table(columns, rows)


def _records(form: str, value: Any) -> Table:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        refuse(f"{form} is a list of objects, one for each row.", form, "A list of objects.")
    columns = list(dict.fromkeys(name for row in value for name in row))
    # Rows that share no names would make a table far larger than the body.
    _check_size(len(value), len(columns))
    return Table(columns, [[row.get(name) for name in columns] for row in value])


def _any_rows(form: str, value: Any) -> Table:
    """`instances` and `inputs`: records, rows without names, single values, or columns by name."""
    if isinstance(value, dict) and value:
        return _by_column(form, value)
    if not isinstance(value, list):
        refuse(f"{form} is a list of rows.", form, "A list of objects, of lists or of values.")
    if value and all(isinstance(row, dict) for row in value):
        return _records(form, value)
    if value and all(isinstance(row, list) for row in value):
        return Table(None, value)
    if any(isinstance(row, dict | list) for row in value):
        refuse(f"The rows of {form} are all of one kind.", form, "A list of objects, of lists or of values.")
    return Table(None, [[one] for one in value])


def _by_column(form: str, value: Mapping[str, Any]) -> Table:
    values = [part if isinstance(part, list) else [part] for part in value.values()]
    if len({len(part) for part in values}) > 1:
        refuse(f"The columns of {form} have different lengths.", form, "As many values in each column.")
    return Table(list(value), [list(row) for row in zip(*values, strict=True)])


def _csv(content: bytes) -> Table:
    try:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except UnicodeDecodeError:
        refuse("The body is not UTF-8.")
    except csv.Error as error:
        refuse(f"The body is not CSV: {error}.")
    lines = [line for line in lines if line]
    if not lines:
        refuse("The CSV is empty. Its first line names the columns.")
    if not all(is_writable(cell) for line in lines for cell in line):
        refuse("A text in the body has a character that cannot be written.")
    return Table(
        _names("The first line", lines[0]), [[cell or None for cell in line] for line in lines[1:]], True
    )


def _names(where: str, given: Any) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(name, str | int) for name in given):
        refuse(f"{where}: columns is a list of names.", "columns", "A list of texts.")
    names = [str(name) for name in given]
    seen: set[str] = set()
    for name in names:
        if name in seen:
            refuse(f"The column {name[:60]} stands there twice.", name[:60], "Once.")
        seen.add(name)
    return names


def _limited(table: Table) -> Table:
    if not table.rows:
        refuse("There is no row in the body.", "body", f"1 to {MAX_ROWS} rows.")
    wide = len(table.columns) if table.columns is not None else len(table.rows[0])
    _check_size(len(table.rows), wide)
    return _even(table, wide)


def _check_size(rows: int, wide: int) -> None:
    if rows > MAX_ROWS:
        refuse(f"{rows} rows are too many at once.", "body", f"1 to {MAX_ROWS} rows.")
    if wide > MAX_COLUMNS:
        refuse(f"{wide} columns are too many.", "columns", f"At most {MAX_COLUMNS}.")
    if rows * wide > MAX_CELLS:
        refuse(f"{rows} rows of {wide} columns are too much at once.", "body", f"At most {MAX_CELLS} values.")


def _even(table: Table, wide: int) -> Table:
    for number, row in enumerate(table.rows, 1):
        if len(row) != wide:
            refuse(f"Row {number} has {len(row)} values, not {wide}.", "data", f"{wide} values in each row.")
    return table


_FORMS: Final[Mapping[str, Any]] = {
    "dataframe_split": _split,
    "dataframe_records": _records,
    "instances": _any_rows,
    "inputs": _any_rows,
}
