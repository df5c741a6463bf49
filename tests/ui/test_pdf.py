"""HTML to PDF: the same input gives the same bytes; tagged, with own fonts; nothing comes from elsewhere."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pypdf
import pytest
from django.template import engines

from ui import pdf, samples
from ui.pdf import Attached, ForeignAddress, TooLong, render_pdf

ROOT = Path(__file__).resolve().parent.parent.parent
CREATED = date(2026, 11, 20)
PAGE = """{% extends "pdf/base.html" %}{% block content %}
<p class="running running-head">Halvorsen Pumps, readiness</p>
<h1>Team roles hold Halvorsen Pumps in phase 1</h1>
<p>{% state "bad" "12 days late" %} {% pillar "T1" "Team roles" %} Łódź, Århus, Çeşme</p>
<figure class="part figure"><figcaption><h2>{{ spec.title }}</h2></figcaption>{% chart spec %}</figure>
<table><thead><tr><th>Gate</th><th>Level</th></tr></thead>
<tbody>{% for n in rows %}<tr><td>Gate {{ n }}</td><td>3</td></tr>{% endfor %}</tbody></table>
{% endblock %}"""

PLAIN = '<html lang="en"><head></head><body><p>One line</p></body></html>'


def page(*, rows: int = 80, paper: str = "A4") -> str:
    context = {"spec": samples.pillar_rows(), "rows": range(rows), "paper": paper}
    return str(engines["django"].from_string(PAGE).render(context))


def made(html: str | None = None, **more: Any) -> bytes:
    options: dict[str, Any] = {"title": "Readiness", "language": "en-US", "created": CREATED} | more
    return render_pdf(page() if html is None else html, **options)


@pytest.fixture(scope="module")
def content() -> bytes:
    return made()


@pytest.fixture(scope="module")
def reader(content: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(content))


def test_same_input_same_bytes(content: bytes) -> None:
    assert made() == content


def test_other_input_other_identifier(content: bytes) -> None:
    def identifier(pdf_bytes: bytes) -> object:
        return pypdf.PdfReader(io.BytesIO(pdf_bytes)).trailer["/ID"]

    assert identifier(made(page(rows=3))) != identifier(content)


@pytest.mark.slow
def test_same_bytes_in_another_process() -> None:
    code = (
        "import os, sys, hashlib, datetime, django\n"
        "django.setup()\n"
        "from ui.pdf import render_pdf\n"
        "html = sys.stdin.read()\n"
        "made = render_pdf(html, title='Readiness', language='en-US', created=datetime.date(2026, 11, 20))\n"
        "print(hashlib.sha256(made).hexdigest())\n"
    )
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "77",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "TZ": "Asia/Tokyo",
    }
    html = page(rows=5)
    answer = subprocess.run(
        [sys.executable, "-c", code],
        input=html,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=True,
    )
    assert answer.stdout.strip() == hashlib.sha256(made(html)).hexdigest()


def test_text_can_be_read(reader: pypdf.PdfReader) -> None:
    text = "\n".join(part.extract_text() for part in reader.pages)
    for words in (
        "Team roles hold Halvorsen Pumps in phase 1",
        "12 days late",
        "Łódź, Århus, Çeşme",
        "32–44",
    ):
        assert words in text


def test_tagged_with_alternative_text(reader: pypdf.PdfReader) -> None:
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-US"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    found: list[str] = []
    kinds: set[str] = set()

    def walk(node: Any) -> None:
        node = node.get_object()
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, dict):
            kinds.add(str(node.get("/S")))
            if node.get("/S") == "/Figure":
                found.append(str(node.get("/Alt")))
            if "/K" in node:
                walk(node["/K"])

    walk(root["/StructTreeRoot"]["/K"])
    # One figure, one text: the shapes of states are no images.
    assert found == [samples.pillar_rows().title]
    assert {"/H1", "/Table", "/TR", "/TH", "/TD"} <= kinds
    assert b'pdfuaid:part="1"' in reader.xmp_metadata.stream.get_data()  # type: ignore[union-attr]


def test_own_fonts_are_embedded_and_no_other(reader: pypdf.PdfReader) -> None:
    fonts: dict[str, Any] = {}
    for part in reader.pages:
        resources: Any = part["/Resources"]
        for font in resources.get("/Font", {}).values():
            for inner in font.get_object()["/DescendantFonts"]:
                fonts[str(inner["/BaseFont"])] = inner["/FontDescriptor"]
    assert fonts
    for name, descriptor in fonts.items():
        assert name.split("+")[1].startswith(("Newsreader", "IBM-Plex-Sans")), name
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor), name


def test_table_heads_repeat_on_each_page(reader: pypdf.PdfReader) -> None:
    pages = [part.extract_text() for part in reader.pages]
    with_rows = [text for text in pages if "Gate 3" in text or "Gate 79" in text]
    assert len(with_rows) > 1
    assert all("Level" in text for text in with_rows)


def test_properties(reader: pypdf.PdfReader) -> None:
    assert reader.metadata is not None
    assert reader.metadata.title == "Readiness"
    assert reader.metadata.creation_date == datetime(2026, 11, 20, tzinfo=UTC)
    assert reader.metadata.modification_date == datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(("paper", "size"), [("A4", (595, 842)), ("letter", (612, 792))])
def test_paper(paper: str, size: tuple[int, int]) -> None:
    box = pypdf.PdfReader(io.BytesIO(made(page(rows=1, paper=paper)))).pages[0].mediabox
    assert (round(box.width), round(box.height)) == size


def test_attachments() -> None:
    content = made(PLAIN, attachments=[Attached("answers.csv", b"a,b\n1,2\n", "All answers")])
    reader = pypdf.PdfReader(io.BytesIO(content))
    assert reader.attachments["answers.csv"] == [b"a,b\n1,2\n"]
    again = made(PLAIN, attachments=[Attached("answers.csv", b"a,b\n1,2\n", "All answers")])
    assert content == again
    assert made(PLAIN) != content


@pytest.mark.parametrize(
    "asks",
    [
        '<img src="https://example.org/pixel.png" alt="">',
        '<img src="http://127.0.0.1:1/x.png" alt="">',
        '<img src="file:///etc/hostname" alt="">',
        '<img src="/static/../config/settings.py" alt="">',
        '<img src="/static/%2e%2e/config/settings.py" alt="">',
        '<img src="/other/x.png" alt="">',
        '<link rel="stylesheet" href="//example.org/a.css">',
        '<p><object data="https://example.org/x.svg"></object></p>',
        '<svg><image href="https://example.org/x.png"/></svg>',
        '<style>body { background: url("https://example.org/x.png") }</style>',
        "<style>@font-face { font-family: x; src: url(https://example.org/x.woff2) }</style>",
    ],
)
def test_foreign_addresses_are_refused(asks: str) -> None:
    with pytest.raises(ForeignAddress):
        made(f'<html lang="en"><head></head><body><p>x</p>{asks}</body></html>')


def test_links_attach_no_files() -> None:
    asks = '<link rel="attachment" href="file:///etc/hostname">'
    content = made(f'<html lang="en"><head>{asks}</head><body><p>x</p></body></html>')
    assert not list(pypdf.PdfReader(io.BytesIO(content)).attachments)


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TooLong, match="MiB"):
        made("x" * (pdf.MAX_HTML_BYTES + 1))
    monkeypatch.setattr(pdf, "MAX_PAGES", 1)
    with pytest.raises(TooLong, match="pages; 1 is the most"):
        made(PLAIN.replace("<p>", '<p style="break-before: page">a</p><p>').replace("One", "<br>" * 200))


def test_the_environment_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "12")
    made(PLAIN)
    assert os.environ["SOURCE_DATE_EPOCH"] == "12"
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    made(PLAIN)
    assert "SOURCE_DATE_EPOCH" not in os.environ
