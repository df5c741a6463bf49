"""A workbook that unpacks to more than it should is refused before it is unpacked."""

from __future__ import annotations

import io
import zipfile

import pytest
from openpyxl import Workbook

from assessment import uploads, workbooks
from ui.errors import TooMany
from ui.limited import OverLimit


def packed(size: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"0" * size)
    return out.getvalue()


def workbook() -> bytes:
    book = Workbook()
    book.active.append(["a", "b"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_small_file_that_unpacks_to_much_is_refused() -> None:
    bomb = packed(workbooks.MAX_UNPACKED + 1)
    assert len(bomb) < 100_000
    with pytest.raises(workbooks.WorkbookTooLarge):
        workbooks.read_sheets(bomb, 10, 10)


def test_what_is_no_workbook_fails_and_a_workbook_opens() -> None:
    with pytest.raises(zipfile.BadZipFile):
        workbooks.read_sheets(b"no workbook", 10, 10)
    assert workbooks.read_sheets(workbook(), 10, 2) == {"Sheet": [("a", "b")]}


TABLE_OF_TEXTS = (
    b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/'
    b'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)


def strings(count: int, size: int) -> bytes:
    """A workbook of few bytes whose table of texts needs far more memory than its 40 MB unpacked."""
    table = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        + (b"<si><t>" + b"x" * size + b"</t></si>") * count
        + b"</sst>"
    )
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook())) as whole,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for part in whole.infolist():
            archive.writestr(part, whole.read(part).replace(b"</Types>", TABLE_OF_TEXTS + b"</Types>"))
        archive.writestr("xl/sharedStrings.xml", table)
    return out.getvalue()


def test_reading_ends_at_its_limits_and_the_next_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = strings(1_200_000, 9)
    assert len(bomb) < 2_000_000
    monkeypatch.setattr(uploads, "MEGABYTES", 60)
    with pytest.raises(OverLimit, match="This file needed more memory than it may use"):
        uploads.sheets_of(bomb, most_rows=10, most_columns=2)
    monkeypatch.setattr(uploads, "MEGABYTES", 700)
    monkeypatch.setattr(uploads, "SECONDS", 0.1)
    with pytest.raises(OverLimit, match=r"This file took longer than 0\.4 seconds"):
        uploads.sheets_of(bomb, most_rows=10, most_columns=2)
    monkeypatch.undo()
    assert uploads.sheets_of(workbook(), most_rows=10, most_columns=2) == {"Sheet": [("a", "b")]}


def test_while_one_file_is_read_another_waits_and_is_then_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "SECONDS", 0.1)
    with uploads._TURN, pytest.raises(TooMany, match="nothing was imported"):
        uploads.sheets_of(workbook(), most_rows=10, most_columns=2)
