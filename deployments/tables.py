"""Tables as they are uploaded or kept: CSV, Parquet, and JSON of columns and rows. Pure.

Reading what others made can take memory and time without end, so it runs in a limited process
(ui/limited.py). Values come out as JSON has them: numbers, text, true, false and none.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from deployments.profile import profile_of

MEGABYTE = 1024 * 1024
MOST_BYTES = 20 * MEGABYTE
MOST_ROWS, MOST_COLUMNS, LONGEST_CELL, LONGEST_NAME = 200_000, 500, 32_000, 250
ENDINGS = (".csv", ".parquet", ".json")
_EMPTY = frozenset({"", "na", "n/a", "nan", "null", "none"})
_WORDS = {"true": True, "false": False}


class Unreadable(ValueError):
    """The file is no table that can be read; the text says why, in a sentence for a person."""


@dataclass(frozen=True)
class Table:
    """Columns of equal length, in their order."""

    columns: dict[str, list[Any]]

    @property
    def rows(self) -> int:
        return len(next(iter(self.columns.values()), []))

    def records(self, most: int | None = None) -> list[dict[str, Any]]:
        """The first rows, or all of them, each by column."""
        count = self.rows if most is None else min(most, self.rows)
        return [{name: values[at] for name, values in self.columns.items()} for at in range(count)]


def read_table(name: str, content: bytes, most_rows: int = MOST_ROWS) -> Table:
    """The table in a file, told by the end of its name. Raises Unreadable."""
    ending = "." + name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if ending not in ENDINGS:
        raise Unreadable("A CSV file (.csv) or a Parquet file (.parquet) is read here.")
    if not content:
        raise Unreadable("The file is empty.")
    columns = _READERS[ending](content, most_rows)
    if not columns or not next(iter(columns.values())):
        raise Unreadable("The table has no rows.")
    return Table(columns)


def profile_file(name: str, content: bytes) -> tuple[int, dict[str, Any]]:
    """How many rows a file has, and their profile."""
    table = read_table(name, content)
    return table.rows, profile_of(table.columns)


def first_rows(name: str, content: bytes, most: int, columns: Sequence[str]) -> list[dict[str, Any]]:
    """The first rows of a file, whole ones before those with gaps; only these columns where any are named."""
    rows = read_table(name, content).records()
    if columns:
        rows = [{key: row[key] for key in columns if key in row} for row in rows]
    whole = [row for row in rows if all(value is not None for value in row.values())]
    return (whole or rows)[:most]


def without(name: str, content: bytes, columns: Sequence[str]) -> bytes:
    """The table in a file as JSON, without these columns; nothing where none is left."""
    found = read_table(name, content).columns
    left = {key: values for key, values in found.items() if key not in columns}
    return as_json(left) if left else b""


def as_json(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """A table as `read_table` reads it from a file that ends in .json."""
    data = [list(row) for row in zip(*columns.values(), strict=True)]
    return json.dumps({"columns": list(columns), "data": data}, allow_nan=False).encode()


def _csv(content: bytes, most_rows: int) -> dict[str, list[Any]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("The CSV file is not in UTF-8.") from error
    csv.field_size_limit(LONGEST_CELL)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        names = _names(next(rows, []))
        cells = _cells(rows, names, most_rows)
    except csv.Error as error:
        raise Unreadable(f"The CSV file cannot be read: {error}.") from error
    return {name: _typed(column) for name, column in zip(names, cells, strict=True)}


def _cells(rows: Any, names: Sequence[str], most_rows: int) -> list[list[str]]:
    columns: list[list[str]] = [[] for _ in names]
    for row in rows:
        if not row:
            continue
        if len(row) != len(names):
            raise Unreadable(f"Line {rows.line_num} has {len(row)} values, the first line {len(names)}.")
        if len(columns[0]) >= most_rows:
            raise Unreadable(f"The table has more than {most_rows:,} rows, which is the most.")
        for column, cell in zip(columns, row, strict=True):
            column.append(cell)
    return columns


def _names(given: Sequence[Any]) -> list[str]:
    names = [str(name).strip() for name in given]
    if not names or not all(names):
        raise Unreadable("The first line must name each column.")
    if len(names) > MOST_COLUMNS:
        raise Unreadable(f"The table has {len(names)} columns, at most {MOST_COLUMNS} are read.")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"Two columns are named {twice[:80]}.")
    if any(len(name) > LONGEST_NAME or not name.isprintable() for name in names):
        raise Unreadable(f"The name of a column has at most {LONGEST_NAME} characters that can be printed.")
    return names


def _typed(cells: Sequence[str]) -> list[Any]:
    """Numbers where all that is not empty is one, true and false likewise, else text."""
    stripped = [cell.strip() for cell in cells]
    empty = [cell.lower() in _EMPTY for cell in stripped]
    known = [cell for cell, none in zip(stripped, empty, strict=True) if not none]
    for read in (_whole, _number, _truth):
        try:
            values = iter([read(cell) for cell in known])
        except (ValueError, KeyError, OverflowError):
            continue
        return [None if none else next(values) for none in empty]
    return [None if cell == "" else cell for cell in stripped]


def _whole(cell: str) -> int:
    if len(cell) > 18:
        raise ValueError(cell)
    return int(cell)


def _number(cell: str) -> float | None:
    value = float(cell)
    return value if math.isfinite(value) else None


def _truth(cell: str) -> bool:
    return _WORDS[cell.lower()]


def _parquet(content: bytes, most_rows: int) -> dict[str, list[Any]]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise Unreadable(
            "Parquet is read where the [ml] extra is installed; a CSV file is read everywhere."
        ) from error
    try:
        file = parquet.ParquetFile(io.BytesIO(content))
        if file.metadata.num_rows > most_rows:
            raise Unreadable(f"The table has more than {most_rows:,} rows, which is the most.")
        names = _names(file.schema_arrow.names)
        table = file.read(use_threads=False)
    except (ArrowException, OSError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("The file is no Parquet table that can be read.") from error
    return {
        name: [_plain(value) for value in column.to_pylist()]
        for name, column in zip(names, table.columns, strict=True)
    }


def _json(content: bytes, most_rows: int) -> dict[str, list[Any]]:
    try:
        given = json.loads(content)
        names, data = _names(given["columns"]), given["data"]
        whole = all(len(row) == len(names) for row in data)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("The JSON file must have “columns” and “data”, a list of rows.") from error
    if not whole:
        raise Unreadable("A row has another number of values than there are columns.")
    if len(data) > most_rows:
        raise Unreadable(f"The table has more than {most_rows:,} rows, which is the most.")
    return {name: [_plain(row[at]) for row in data] for at, name in enumerate(names)}


def _plain(value: Any) -> Any:
    """A value as JSON has it; what is neither number nor text nor truth is its text."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, (float, Decimal)):
        number = float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    return str(value)[:LONGEST_CELL]


_READERS: dict[str, Callable[[bytes, int], dict[str, list[Any]]]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".json": _json,
}
