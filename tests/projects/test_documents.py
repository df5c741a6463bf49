"""Documents: types by their bytes, what could act is held back, downloads that no browser opens in place."""

from __future__ import annotations

import html
import io
import zipfile
import zlib
from contextlib import suppress
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from jobs.models import StoredFile
from projects.actions import documents as documents_action
from projects.actions.documents import add_document
from projects.documents import ENDINGS, LONGEST_NAME, MOST_BYTES, Refused, clean_name, examine
from projects.models import Paper, Project

QUIET_PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n%%EOF\n"


def pdf_with(inside: bytes) -> bytes:
    return QUIET_PDF.replace(b"/Type /Catalog", b"/Type /Catalog " + inside)


def office(main: str = "word", **parts: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", parts.pop("types", b"<Types/>"))
        archive.writestr(f"{main}/main.xml", b"<x/>")
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def rels(kind: str, mode: str = "External") -> bytes:
    link = f'<Relationship Id="1" Type="http://x/{kind}" Target="http://x/" TargetMode="{mode}"/>'
    return f"<Relationships>{link}</Relationships>".encode()


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.pdf", QUIET_PDF, "application/pdf"),
        ("A.PDF", QUIET_PDF, "application/pdf"),
        ("a.png", b"\x89PNG\r\n\x1a\nxx", "image/png"),
        ("a.jpeg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.txt", "Grüße".encode(), "text/plain"),
        ("a.md", b"\xff\xfeA\x00", "text/plain"),
        ("a.csv", b"a;b\n1;2\n", "text/csv"),
        ("a.xlsx", office("xl"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (
            "a.docx",
            office(**{"word/_rels/m.rels": rels("hyperlink")}),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
    ],
)
def test_a_quiet_file_is_what_its_name_says(name: str, content: bytes, kind: str) -> None:
    found = examine(name, content)
    assert (found.content_type, found.acts) == (kind, ())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.exe", b"MZ"),
        ("a.svg", b"<svg/>"),
        ("a.html", b"<p>"),
        ("a.docm", office()),
        ("pdf", QUIET_PDF),
        ("a.pdf", b""),
        ("a.pdf", b"<html><script>"),
        ("a.png", QUIET_PDF),
        ("a.jpg", b"GIF89a"),
        ("a.txt", b"\xff\xff\x00"),
        ("a.txt", b"a\x00b"),
        ("a.docx", b"PK\x03\x04 nothing"),
        ("a.docx", office("xl")),
        ("a.xlsx", b"MZ" + office("xl")),
        ("a.txt", b"a" * (MOST_BYTES + 1)),
    ],
)
def test_what_is_no_such_file_is_refused_with_a_sentence(name: str, content: bytes) -> None:
    with pytest.raises(Refused, match=r"\.$"):
        examine(name, content)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.pdf", pdf_with(b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"), "a script"),
        ("a.pdf", pdf_with(b"/A << /S /Java#53cript >>"), "a script"),
        ("a.pdf", pdf_with(b"/A << /S /Launch /F (cmd) >>"), "a command that starts a program"),
        ("a.pdf", pdf_with(b"/Names << /EmbeddedFiles 3 0 R >> /Type /EmbeddedFile"), "another file inside"),
        ("a.pdf", pdf_with(b"/Encrypt 5 0 R"), "a lock"),
        (
            "a.pdf",
            QUIET_PDF
            + b"9 0 obj\n<< /Type /ObjStm >>\nstream\n"
            + zlib.compress(b"<< /S /JavaScript >>")
            + b"\nendstream",
            "a script",
        ),
        ("a.docx", office(**{"word/vbaProject.bin": b"x"}), "macros"),
        ("a.xlsx", office("xl", types=b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"), "macros"),
        ("a.pptx", office("ppt", **{"ppt/embeddings/oleObject1.bin": b"x"}), "another file inside"),
        (
            "a.docx",
            office(**{"word/_rels/settings.xml.rels": rels("attachedTemplate")}),
            "fetched from elsewhere",
        ),
    ],
)
def test_what_could_act_is_named(name: str, content: bytes, says: str) -> None:
    assert any(says in act for act in examine(name, content).acts)


SCRIPT = b"1 0 << /S /JavaScript /JS (app.alert(1)) >>"
PACKED = zlib.compress(SCRIPT)


def objects(entries: bytes, body: bytes, *, begin: bytes = b"stream\n") -> bytes:
    """A PDF with one part that holds objects, packed as `entries` say."""
    return QUIET_PDF + b"9 0 obj\n<< " + entries + b" >>\n" + begin + body + b"\nendstream\nendobj\n"


@pytest.mark.parametrize(
    "content",
    [
        objects(b"/Type /ObjStm /N 1 /First 4 /Filter /LZWDecode", b"\x80\x0b\x60"),
        objects(b"/Type /ObjStm /N 1 /First 4 /Filter/ASCIIHexDecode", SCRIPT.hex().encode()),
        objects(b"/Type /ObjStm /N 1 /First 4 /Filter [/ASCIIHexDecode /FlateDecode]", PACKED.hex().encode()),
        objects(b"/Type /ObjStm /N 1 /First 4 /Filter 7 0 R", PACKED),
        objects(b"/Type /Obj#53tm /N 1 /First 4 /F#69lter /LZWDecode", b"\x80\x0b"),
        objects(b"/N 1 /First 4 /Type 8 0 R /Filter /LZWDecode", b"\x80\x0b"),
        objects(b"/Type /ObjStm /X (endobj) /Filter /LZWDecode", b"\x80\x0b"),
        objects(b"/Type /ObjStm /Filter /FlateDecode /DecodeParms << /Predictor 12 >>", PACKED),
        objects(b"/Type /ObjStm /Filter /FlateDecode /Filter /LZWDecode", PACKED),
        objects(b"/Type /ObjStm /Filter /FlateDecode", b"no such packing"),
        objects(b"/Type /ObjStm /Filter /FlateDecode", PACKED[:-9]),
        objects(b"/Type /ObjStm /Filter /LZWDecode", b"\x80\x0b", begin=b"stream \x0c\n"),
    ],
)
def test_parts_that_cannot_be_looked_into_are_said(content: bytes) -> None:
    assert "parts that nobody can look inside" in examine("a.pdf", content).acts


@pytest.mark.parametrize(
    "content",
    [
        objects(b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", zlib.compress(b"1 0 << /A 2 >>")),
        objects(b"/Filter[ /FlateDecode ]/Type/ObjStm/N 1/First 4", zlib.compress(b"1 0 << /A 2 >>")),
        objects(b"/Type /ObjStm /N 1 /First 4", b"1 0 << /A 2 >>"),
        objects(b"/Type /XObject /Filter /DCTDecode", b"\xff\xd8"),
        objects(b"/Type /XRef /Filter /FlateDecode /DecodeParms << /Predictor 12 >>", zlib.compress(b"12")),
    ],
)
def test_usual_packing_and_pictures_are_quiet(content: bytes) -> None:
    assert examine("a.pdf", content).acts == ()


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(Refused, match="unpacks to more"):
        examine("a.docx", office(**{f"word/{number}.xml": b"0" * 30_000_000 for number in range(7)}))
    with pytest.raises(Refused, match="unpacks to more"):
        examine("a.docx", office(**{f"word/{number}.xml": b"" for number in range(2001)}))


@given(st.sampled_from(ENDINGS), st.binary(max_size=400))
def test_any_bytes_get_an_answer(ending: str, content: bytes) -> None:
    with suppress(Refused):
        assert examine(f"a.{ending}", content).content_type


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/pass wd.txt", "pass wd.txt"),
        ("C:\\Users\\x\\plan.pdf", "plan.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("line\nbreak\x00.csv", "linebreak.csv"),
        ("خطة المشروع.pdf", "خطة المشروع.pdf"),
        ("noending", "noending"),
    ],
)
def test_a_name_hides_nothing(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


def test_a_long_name_keeps_its_ending() -> None:
    name = clean_name("a" * 400 + ".pdf")
    assert len(name) <= LONGEST_NAME
    assert name.endswith(".pdf")


def upload(client: Any, project: Project, name: str, content: bytes, title: str = "") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(f"/projects/{project.pk}/documents/add/", {"file": file, "title": title})


@pytest.mark.django_db
def test_a_document_goes_in_and_comes_out_as_a_download(cast: Any, project: Project) -> None:
    client = cast.client("frank")
    assert upload(client, project, "Pläne.pdf", QUIET_PDF).status_code == 302
    paper = Paper.objects.get()
    assert (paper.kind, paper.title, paper.is_held) == ("document", "Pläne.pdf", False)
    address = f"/projects/papers/{paper.pk}/file/"
    assert address in cast.client("victor").get(f"/projects/{project.pk}/records/").content.decode()
    answer = cast.client("victor").get(address)
    assert answer.content == QUIET_PDF
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"] == "sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert cast.client("charlie").get(address).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "content"), [("a.exe", b"MZ"), ("a.pdf", b"<html>"), ("a.txt", b"")])
def test_a_refused_file_leaves_nothing(cast: Any, project: Project, name: str, content: bytes) -> None:
    assert upload(cast.client("frank"), project, name, content).status_code == 422
    assert not Paper.objects.exists()
    assert not StoredFile.objects.exists()


@pytest.mark.django_db
def test_what_could_act_is_held_back_until_a_lead_lets_it_through(cast: Any, project: Project) -> None:
    content = pdf_with(b"/A << /S /JavaScript >>")
    client = cast.client("frank")
    upload(client, project, "form.pdf", content)
    paper = Paper.objects.get()
    address = f"/projects/papers/{paper.pk}/file/"
    assert paper.held_because == "It holds a script."
    assert client.get(address).status_code == 409
    page = html.unescape(cast.client("victor").get(f"/projects/{project.pk}/records/").content.decode())
    assert "Held back." in page
    assert address not in page
    release = f"/projects/papers/{paper.pk}/release/"
    assert cast.client("bob").post(release).status_code == 403
    assert client.post(release).status_code == 302
    assert cast.client("victor").get(address).content == content
    assert client.post(release).status_code == 409


@pytest.mark.django_db
def test_a_project_has_so_much_room_and_removing_makes_some(
    cast: Any, project: Project, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr(documents_action, "QUOTA_BYTES", 30)
    client = cast.client("frank")
    assert upload(client, project, "a.txt", b"a" * 20).status_code == 302
    refused = upload(client, project, "b.txt", b"b" * 20)
    assert refused.status_code == 422
    assert "Remove a document first." in html.unescape(refused.content.decode())
    paper = Paper.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/projects/papers/{paper.pk}/archive/")
    assert not StoredFile.objects.exists()
    assert client.get(f"/projects/papers/{paper.pk}/file/").status_code == 404
    assert upload(client, project, "b.txt", b"b" * 20).status_code == 302
    assert client.post(f"/projects/papers/{paper.pk}/archive/").status_code == 409


@pytest.mark.django_db
def test_so_many_documents_and_no_more(cast: Any, project: Project, monkeypatch: Any) -> None:
    monkeypatch.setattr(documents_action, "MOST_DOCUMENTS", 1)
    add_document(project, by=cast.frank, name="a.txt", content=b"a")
    assert upload(cast.client("frank"), project, "b.txt", b"b").status_code == 409
    assert StoredFile.objects.count() == 1


@pytest.mark.django_db
def test_the_form_needs_a_file_and_a_viewer_uploads_nothing(cast: Any, project: Project) -> None:
    assert cast.client("frank").post(f"/projects/{project.pk}/documents/add/", {}).status_code == 422
    assert upload(cast.client("victor"), project, "a.txt", b"a").status_code == 403
