"""A charter as a Word file to negotiate over, from the sections that pages and PDF show. No database.

Headings, tables, header and footer are Word's own styles, so that a reader's outline, comments and tracked
changes work. The same input gives the same bytes: moments inside are those of the text, never of the writing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
from docx.document import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from charters.presentation import Block, Cell, CriterionView, View

MARK = "Copy for negotiation"
NOTICE = (
    "This is a copy for negotiation. Nobody signs this file, and nothing changed in it binds anybody. "
    "The text that is signed is the one in Throughline and its PDF. What is agreed here counts once it is "
    "written there, frozen and signed."
)
NOTHING = "Nothing written yet."
CRITERION_HEAD = ("No.", "Weight", "Success criterion", "Measured how")
# A zip knows no earlier day.
ZIP_DAY = (1980, 1, 1, 0, 0, 0)
# What XML 1.0 cannot hold.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class SeatLine:
    """One seat of the round of signatures, in words."""

    role: str
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class WordCopy:
    """One text with what stands beside it.

    sha256      of the frozen text, hexadecimal; empty for a draft
    written_at  when the text was last changed or frozen; it becomes the file's own date
    seats       the round of signatures; empty where nobody was asked or the reader may not see it
    """

    organization: str
    code: str
    title: str
    number: int
    state: str
    sha256: str
    written_at: datetime
    written: str
    views: Sequence[View]
    seats: Sequence[SeatLine] = ()

    @property
    def is_draft(self) -> bool:
        return not self.sha256

    @property
    def name(self) -> str:
        """What this text is called: "Charter HP-03, revision 2"."""
        return f"Charter {self.code}, {'draft of ' if self.is_draft else ''}revision {self.number}"


def write_word(copy: WordCopy) -> bytes:
    """The file as bytes. Letters that a Word file cannot hold are left out."""
    document = docx.Document()
    _set_up(document, copy)
    _opening(document, copy)
    for view in copy.views:
        if view.blocks or copy.is_draft:
            _section(document, view)
    if copy.seats:
        _heading(document, f"Signatures for revision {copy.number}", 1)
        rows = [(Cell(seat.role), Cell(seat.name), Cell(seat.words)) for seat in copy.seats]
        _table(document, ("Party", "Who", "Signature"), rows)
    return _packed(document)


def _set_up(document: Document, copy: WordCopy) -> None:
    """Paper, styles, the running lines, and the file's own properties."""
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(25)
    page.top_margin = page.bottom_margin = Mm(22)
    document.styles["Normal"].font.size = Pt(10.5)
    for name in ("Title", "Heading 1", "Heading 2"):
        document.styles[name].font.color.rgb = RGBColor(0x14, 0x18, 0x1F)
    _write(page.header.paragraphs[0], f"{MARK} · {copy.organization}")
    foot = page.footer.paragraphs[0]
    mark = f"SHA-256 {copy.sha256[:16]}…" if copy.sha256 else "not frozen"
    _write(foot, f"{copy.name} · {mark} · page ")
    _page_number(foot)
    known = document.core_properties
    known.title, known.subject = _clean(f"{copy.code} {copy.title}"[:250]), _clean(copy.name)
    known.author = known.last_modified_by = _clean(copy.organization)
    known.comments, known.keywords, known.revision = MARK, "", 1
    known.created = known.modified = copy.written_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    # The library's own template brings a picture of itself.
    package = document.part.package
    for key, relation in list(package.rels.items()):
        if relation.reltype == RELATIONSHIP_TYPE.THUMBNAIL:
            del package.rels[key]


def _opening(document: Document, copy: WordCopy) -> None:
    _write(document.add_paragraph(style="Title"), copy.title or copy.code)
    _write(document.add_paragraph(style="Subtitle"), f"{copy.name}: {copy.state.lower()}")
    _write(document.add_paragraph(style="Intense Quote"), NOTICE)
    facts = [
        ("Organization", copy.organization),
        ("Charter", copy.code),
        ("Revision", f"{copy.number}{', a draft' if copy.is_draft else ''}"),
        ("State", copy.state),
        ("Last changed" if copy.is_draft else "Frozen", copy.written),
        ("SHA-256 of the text", copy.sha256 or "None before the text is frozen"),
    ]
    _pairs(document, [(Cell(term), Cell(value)) for term, value in facts])


def _section(document: Document, view: View) -> None:
    _heading(document, f"{view.number} {view.title}", 1)
    if not view.blocks:
        _write(document.add_paragraph(), NOTHING)
    for block in view.blocks:
        _block(document, block)


def _block(document: Document, block: Block) -> None:
    if block.kind == "pairs":
        _pairs(document, block.rows)
    elif block.kind == "table":
        _table(document, block.head, block.rows)
    elif block.kind == "criteria":
        _criteria(document, block.criteria)
    else:
        if block.label:
            _heading(document, block.label, 2)
        for item in block.items:
            _write(document.add_paragraph(style="List Bullet"), item)
        if block.text:
            _write(document.add_paragraph(), block.text)


def _pairs(document: Document, rows: Sequence[Sequence[Cell]]) -> None:
    table = _grid(document, (Mm(50), Mm(110)))
    for row in rows:
        cells = _add_row(table).cells
        _fill(cells[0], row[0], bold=True)
        _fill(cells[1], row[1])
    document.add_paragraph()


def _table(document: Document, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    table = _grid(document, [Mm(160 // len(head))] * len(head))
    _head(table, head)
    for row in rows:
        for cell, given in zip(_add_row(table).cells, row, strict=True):
            _fill(cell, given)
    document.add_paragraph()


def _criteria(document: Document, criteria: Sequence[CriterionView]) -> None:
    """One row each: the sentence as it is agreed, its terms in bold, and how the figure is taken."""
    table = _grid(document, (Mm(12), Mm(30), Mm(68), Mm(50)))
    _head(table, CRITERION_HEAD)
    for criterion in criteria:
        cells = _add_row(table).cells
        _fill(cells[0], Cell(str(criterion.number)))
        _fill(cells[1], Cell("Must" if criterion.must else "Should", criterion.kind))
        sentence = cells[2].paragraphs[0]
        for part in criterion.parts:
            _write(sentence, part.text, bold=part.term)
        _turn(sentence)
        _fill(cells[3], Cell(criterion.terms or "–"))
    document.add_paragraph()


def _grid(document: Document, widths: Sequence[int]) -> Table:
    table: Table = document.add_table(rows=0, cols=len(widths), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.LEFT
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    return table


def _add_row(table: Table) -> _Row:
    """A row that is not torn apart between two pages, in the widths of its columns."""
    row: _Row = table.add_row()  # type: ignore[no-untyped-call]
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for cell, column in zip(row.cells, table.columns, strict=True):
        cell.width = column.width
    return row


def _head(table: Table, names: Sequence[str]) -> None:
    """The head, which Word repeats on each page and reads out as such."""
    row = _add_row(table)
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for cell, name in zip(row.cells, names, strict=True):
        _fill(cell, Cell(name), bold=True)


def _fill(cell: _Cell, given: Cell, *, bold: bool = False) -> None:
    _write(cell.paragraphs[0], given.text, bold=bold)
    if given.second:
        _write(cell.add_paragraph(), given.second)
    for paragraph in cell.paragraphs:
        paragraph.paragraph_format.space_after = Pt(2)


def _heading(document: Document, text: str, level: int) -> None:
    _write(document.add_heading(level=level), text)


def _write(paragraph: Paragraph, text: str, *, bold: bool = False) -> None:
    """Add a run; the paragraph then runs the way its first letter does."""
    paragraph.add_run(_clean(text)).bold = bold or None
    _turn(paragraph)


def _turn(paragraph: Paragraph) -> None:
    """From right to left where the first letter with a direction is Arabic, Hebrew or the like."""
    directions = (unicodedata.bidirectional(letter) for letter in paragraph.text)
    first = next((found for found in directions if found in ("L", "R", "AL")), "L")
    if first == "L":
        return
    properties = paragraph._p.get_or_add_pPr()
    if properties.find(qn("w:bidi")) is None:
        properties.append(OxmlElement("w:bidi"))
    for run in paragraph.runs:
        run.font.rtl = True


def _page_number(paragraph: Paragraph) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    field.append(paragraph.add_run("1")._r)
    paragraph._p.append(field)


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("", text)


def _packed(document: Document) -> bytes:
    """The file with a fixed date at each of its parts."""
    raw, out = BytesIO(), BytesIO()
    document.save(raw)
    with ZipFile(raw) as source, ZipFile(out, "w") as target:
        for name in source.namelist():
            entry = ZipInfo(name, date_time=ZIP_DAY)
            entry.compress_type = ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return out.getvalue()
