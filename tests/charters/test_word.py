"""The Word copy: opened again it says what the page says, and everybody who may read the text may have it."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

import docx
import pytest
from django.test import Client
from docx.document import Document
from docx.table import Table

from charters.actions import freeze_revision
from charters.models import Charter, Revision
from charters.presentation import Block, Cell, View
from charters.queries import current_document
from charters.shown import views_of
from charters.word import MARK, NOTHING, NOTICE, SeatLine, WordCopy, write_word
from tests.charters.cast import Cast, build_cast, send_charter, sign_as, without_a_vendor, write_charter
from tests.charters.test_api import api
from tests.charters.test_guests import guest_of, link_in_mail
from tests.charters.test_pages import signed_in

ARABIC, HEBREW = "تحذير مبكر من أعطال المحامل", "אזהרה מוקדמת"


def opened(content: bytes) -> Document:
    return docx.Document(io.BytesIO(content))


def texts(document: Document) -> list[str]:
    """All that a reader reads, in order: paragraphs, and each paragraph of each cell."""
    found: list[str] = []
    for part in document.iter_inner_content():
        if isinstance(part, Table):
            found += [p.text for row in part.rows for cell in row.cells for p in cell.paragraphs]
        else:
            found.append(part.text)
    return [text for text in found if text]


def headings(document: Document, level: int) -> list[str]:
    return [p.text for p in document.paragraphs if p.style and p.style.name == f"Heading {level}"]


def a_copy(**changes: Any) -> WordCopy:
    values: dict[str, Any] = {
        "organization": "Halvorsen Pumps",
        "code": "HP-01",
        "title": "Bearing failure warning",
        "number": 2,
        "state": "Frozen",
        "sha256": "ab" * 32,
        "written_at": dt.datetime(2026, 9, 12, 12, 3, tzinfo=dt.UTC),
        "written": "12 Sep 2026, 14:03",
        "views": [View("problem", 1, "Problem", (Block("text", "Problem", "Two\nlines"),))],
    }
    return WordCopy(**{**values, **changes})


def test_the_same_text_gives_the_same_bytes_at_any_time() -> None:
    first = write_word(a_copy())
    assert write_word(a_copy()) == first
    assert write_word(a_copy(title="Another")) != first
    with zipfile.ZipFile(io.BytesIO(first)) as parts:
        assert {entry.date_time for entry in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not [name for name in parts.namelist() if "thumbnail" in name]


def test_its_own_properties_name_the_text_and_no_library() -> None:
    known = opened(write_word(a_copy())).core_properties
    assert (known.title, known.author) == ("HP-01 Bearing failure warning", "Halvorsen Pumps")
    assert known.created == known.modified == dt.datetime(2026, 9, 12, 12, 3, tzinfo=dt.UTC)
    assert known.comments == MARK


def test_every_page_says_that_it_is_a_copy() -> None:
    document = opened(write_word(a_copy()))
    section = document.sections[0]
    assert section.header.paragraphs[0].text == f"{MARK} · Halvorsen Pumps"
    assert "Charter HP-01, revision 2 · SHA-256 abababababababab…" in section.footer.paragraphs[0].text
    assert NOTICE in texts(document)
    assert "ab" * 32 in texts(document)


def test_each_kind_of_block_keeps_its_words() -> None:
    rows = ((Cell("Legal", "small"), Cell("Rolf")),)
    blocks = (
        Block("text", "Problem", "Two\nlines"),
        Block("list", "Points", items=("One", "Two")),
        Block("pairs", rows=((Cell("First day"), Cell("5 Oct 2026")),)),
        Block("table", head=("Party", "Who"), rows=rows),
    )
    document = opened(write_word(a_copy(views=[View("problem", 1, "Problem", blocks)])))
    assert headings(document, 1) == ["1 Problem"]
    assert headings(document, 2) == ["Problem", "Points"]
    found = texts(document)
    for words in ("Two\nlines", "One", "First day", "5 Oct 2026", "Party", "Legal", "small", "Rolf"):
        assert words in found
    head = document.tables[-1].rows[0]._tr
    assert head.xpath("./w:trPr/w:tblHeader")


def test_a_draft_shows_open_sections_and_no_hash() -> None:
    views = [View("problem", 1, "Problem"), View("team", 2, "Team")]
    draft = opened(write_word(a_copy(sha256="", state="Draft", views=views)))
    assert texts(draft).count(NOTHING) == 2
    assert "Charter HP-01, draft of revision 2: draft" in texts(draft)
    assert headings(opened(write_word(a_copy(views=views))), 1) == []


@pytest.mark.parametrize("title", [ARABIC, HEBREW, f"2026 {ARABIC}"])
def test_words_from_right_to_left_run_so(title: str) -> None:
    document = opened(write_word(a_copy(title=title)))
    paragraph = document.paragraphs[0]
    assert paragraph.text == title
    assert paragraph._p.xpath("./w:pPr/w:bidi")
    assert all(run.font.rtl for run in paragraph.runs)
    assert not document.paragraphs[1]._p.xpath("./w:pPr/w:bidi")


def test_letters_that_xml_cannot_hold_are_left_out() -> None:
    name = "A\x00B\x0bC\ufffeD\ud800E"
    document = opened(
        write_word(a_copy(title=name, organization=name, seats=[SeatLine("Legal", name, name)]))
    )
    assert "ABCDE" in texts(document)


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


def test_a_revision_out_for_signature_holds_every_word_of_the_page(cast: Cast) -> None:
    round_ = send_charter(cast, write_charter(cast, **without_a_vendor()))
    sign_as(cast, round_, "legal")
    charter = Charter.objects.get()
    client = signed_in(cast.vera)
    page = client.get(f"/charters/{charter.pk}/").content.decode()
    assert f"/charters/{charter.pk}/charter.docx" in page
    answer = client.get(f"/charters/{charter.pk}/charter.docx")
    assert answer.status_code == 200
    assert 'filename="hp-01-revision-1-for-negotiation.docx"' in answer["Content-Disposition"]
    document = opened(answer.content)
    found = texts(document)
    views = [view for view in views_of(current_document(charter)) if view.blocks]
    assert headings(document, 1) == [f"{v.number} {v.title}" for v in views] + ["Signatures for revision 1"]
    for block in (block for view in views for block in view.blocks):
        words = [block.text, *block.head, *block.items]
        words += [text for row in block.rows for cell in row for text in (cell.text, cell.second)]
        words += ["".join(p.text for p in c.parts) for c in block.criteria] + [
            c.terms for c in block.criteria
        ]
        assert [text for text in words if text and text not in found] == []
    seats = [tuple(cell.text for cell in row.cells) for row in document.tables[-1].rows]
    assert ("Legal", cast.signers["legal"].name) in {seat[:2] for seat in seats}
    assert any(seat[2].startswith("Signed ") and "Seal " in seat[2] for seat in seats)
    assert round_.sha256 in found


def test_a_draft_and_an_earlier_revision_can_be_had_by_members_and_tokens(cast: Cast) -> None:
    charter = write_charter(cast)
    client = api(cast, cast.vera, "charters:read")
    draft = client.get(f"/api/v1/charters/{charter.pk}/word/")
    assert draft.status_code == 200
    assert "draft-of-revision-1" in draft["Content-Disposition"]
    freeze_revision(charter, by=cast.frida)
    frozen = client.get(f"/api/v1/charters/{charter.pk}/revisions/1/word/")
    assert Revision.objects.get().sha256 in texts(opened(frozen.content))
    assert client.get(f"/api/v1/charters/{charter.pk}/revisions/2/word/").status_code == 404
    by_page = signed_in(cast.max).get(f"/charters/{charter.pk}/revisions/1/charter.docx")
    assert by_page.content == frozen.content
    stranger = signed_in(cast.sten)
    assert stranger.get(f"/charters/{charter.pk}/charter.docx").status_code == 404


def test_a_guest_by_link_gets_the_text_without_signatures(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    round_ = send_charter(cast, write_charter(cast, **without_a_vendor()))
    sign_as(cast, round_, "legal")
    with django_capture_on_commit_callbacks(execute=True):
        guest = guest_of(cast, Charter.objects.get())
    client, address = Client(), f"/charters/guest/{guest.pk}/"
    client.get(link_in_mail(guest.email))
    assert f"{address}charter.docx" in client.get(address).content.decode()
    answer = client.get(f"{address}charter.docx")
    assert answer.status_code == 200
    found = texts(opened(answer.content))
    assert round_.sha256 in found
    assert not [text for text in found if text.startswith(("Signed ", "Asked ", "Signatures for"))]
    assert Client().get(f"{address}charter.docx").status_code == 404
    assert client.get(f"/charters/{guest.charter_id}/charter.docx").status_code == 302


def test_who_is_asked_to_sign_gets_the_text_of_the_round(cast: Cast) -> None:
    round_ = send_charter(cast, write_charter(cast, **without_a_vendor()))
    seat = round_.signatories.get(seat="legal")
    client = signed_in(cast.signers["legal"])
    assert (
        f"/charters/sign/{seat.pk}/charter.docx" in client.get(f"/charters/sign/{seat.pk}/").content.decode()
    )
    answer = client.get(f"/charters/sign/{seat.pk}/charter.docx")
    assert round_.sha256 in texts(opened(answer.content))
    assert signed_in(cast.max).get(f"/charters/sign/{seat.pk}/charter.docx").status_code == 404
