"""Spreadsheets as they are uploaded, read in a process of their own with little memory and time."""

from __future__ import annotations

from threading import BoundedSemaphore

from assessment.workbooks import Sheets, read_sheets
from ui import limited
from ui.errors import TooMany

MEGABYTES = 700
SECONDS = 10
# One at a time in each web process, so that many files at once cannot take the machine's memory.
_TURN = BoundedSemaphore(1)


def sheets_of(content: bytes, *, most_rows: int, most_columns: int) -> Sheets:
    """The values of a workbook's sheets. Raises OverLimit, TooMany, and what openpyxl raises."""
    if not _TURN.acquire(timeout=SECONDS * limited.PATIENCE):
        raise TooMany("Other files are being read just now. Try again in a moment; nothing was imported.")
    try:
        sheets: Sheets = limited.call(
            read_sheets,
            content,
            most_rows,
            most_columns,
            what="This file",
            megabytes=MEGABYTES,
            seconds=SECONDS,
        )
    finally:
        _TURN.release()
    return sheets
