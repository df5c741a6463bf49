"""Reading a spreadsheet from a stranger: what it unpacks to is limited before anything is unpacked. Pure."""

from __future__ import annotations

import io
import zipfile
from typing import Any

MAX_UNPACKED = 40_000_000
MAX_SHEETS = 10

# The sheets by their names, in their order; each a list of rows of equal length.
Sheets = dict[str, list[tuple[Any, ...]]]


class WorkbookTooLarge(ValueError):
    """The file unpacks to more than any of our sheets holds."""


def column_letter(number: int) -> str:
    """The name of a column, counted from 1: A, B, … Z, AA."""
    letters = ""
    while number > 0:
        number, place = divmod(number - 1, 26)
        letters = chr(ord("A") + place) + letters
    return letters


def read_sheets(content: bytes, most_rows: int, most_columns: int) -> Sheets:
    """The values of all sheets, without what lies beyond the given rows and columns.

    Raises WorkbookTooLarge above 40 MB unpacked, and what zipfile and openpyxl raise for what is none.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED:
            raise WorkbookTooLarge("This workbook unpacks to more than 40 MB.")
    # Imported where it is needed: pages hold none of it in memory.
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    found: Sheets = {}
    for sheet in book.worksheets[:MAX_SHEETS]:
        # What a file says of its own size need not be true.
        sheet.reset_dimensions()
        rows = sheet.iter_rows(max_row=most_rows, max_col=most_columns, values_only=True)
        found[sheet.title] = [tuple(row) for row in rows]
    book.close()
    return found
