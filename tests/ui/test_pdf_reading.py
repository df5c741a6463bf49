"""What makes PDFs fast must not change them: documents read as XML, style sheets joined and read once."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import tinyhtml5  # type: ignore[import-untyped]
from django.conf import settings
from django.template.loader import render_to_string
from pypdf import PdfReader

from tests.ui.test_pdf import page
from ui import pdf, pdf_markup, pdf_sheets

MOMENT = datetime(2026, 11, 20, tzinfo=UTC)
CSS = Path(settings.BASE_DIR) / "static" / "css"


def marks(root: Any) -> list[tuple[str, dict[str, str], str, str]]:
    """Elements with attributes and words; an ``xmlns`` that browsers keep as attribute says nothing more."""
    return [
        (
            str(one.tag),
            {name: value for name, value in one.attrib.items() if not name.endswith("xmlns")},
            (one.text or "").strip(),
            (one.tail or "").strip(),
        )
        for one in root.iter()
    ]


def test_read_as_xml_is_read_as_browsers_read() -> None:
    html = page(rows=3)
    root = pdf_markup.tree(html)
    assert root is not None
    assert marks(root) == marks(tinyhtml5.parse(html, namespace_html_elements=False))


def test_entities_void_elements_and_drawings_without_namespace() -> None:
    root = pdf_markup.tree(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"></head>'
        "<body>a&nbsp;b &amp; &lt;c<br>&eacute;<svg><g/></svg></body></html>"
    )
    assert root is not None
    body = root.find("body")
    assert body is not None
    assert body.text == "a\xa0b & <c"
    assert [one.tag for one in body] == ["br", "{http://www.w3.org/2000/svg}svg"]
    assert body[0].tail == "é"


@pytest.mark.parametrize(
    "body",
    [
        "<p>open",
        "<input disabled>",
        "<p>\x0b</p>",
        "<!-- a remark --><p>x</p>",
        '<!DOCTYPE x [<!ENTITY a "b">]><p>&a;</p>',
        "<p>&madeup;</p>",
    ],
)
def test_what_is_no_xml_is_left_to_the_rules_of_browsers(body: str) -> None:
    html = f'<!doctype html><html lang="en"><head></head><body>{body}</body></html>'
    assert pdf_markup.tree(html) is None
    assert pdf.render_pdf(html, title="x", language="en", created=MOMENT).startswith(b"%PDF")


def test_same_bytes_as_without_the_short_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    html = pdf._with_properties(page(rows=60), title="Readiness", language="en-US", moment=MOMENT)
    fast = pdf.lay_out(html, MOMENT, (), 400)
    monkeypatch.setattr(pdf_markup, "tree", lambda html: None)
    monkeypatch.setattr(pdf, "_linked", lambda html: ())
    assert pdf.lay_out(html, MOMENT, (), 400) == fast


def test_sheets_are_those_that_documents_link() -> None:
    html = render_to_string("pdf/base.html", {"paper": "A4"})
    assert tuple(re.findall(r'href="/static/css/([a-z-]+)\.css"', html)) == pdf.SHEETS


def test_names_are_replaced_by_their_values() -> None:
    made = pdf_sheets.joined(
        [
            ("https://x.invalid/css/a.css", ":root {\n  --ink: #111;\n  --rule: 1px solid var(--ink);\n}\n"),
            (
                "https://x.invalid/css/b.css",
                '@font-face { font-family: F; src: url("../fonts/f.woff2"); }\n'
                "@media (width < 9px) {\n  :root {\n    --ink: red;\n  }\n}\n"
                "p { border: var(--rule); color: var(--other, blue); }\n",
            ),
        ]
    )
    assert "p { border: 1px solid #111; color: var(--other, blue); }" in made.rules
    assert "@font-face" not in made.rules
    assert made.faces == '@font-face { font-family: F; src: url("https://x.invalid/fonts/f.woff2"); }'


def test_no_name_of_paper_is_left_to_the_engine() -> None:
    made = pdf_sheets.joined([(f"https://x.invalid/{n}", (CSS / f"{n}.css").read_text()) for n in pdf.SHEETS])
    assert "var(" not in made.rules


def drawn(inside: str) -> bytes:
    """What is written on the one page of a document with one drawing."""
    html = (
        '<!doctype html><html lang="en"><head></head><body>'
        f'<svg width="200" height="50" viewBox="0 0 200 50"><title>t</title>{inside}</svg></body></html>'
    )
    made = pdf.render_pdf(html, title="x", language="en", created=MOMENT)
    contents = PdfReader(io.BytesIO(made)).pages[0].get_contents()
    assert contents is not None
    return contents.get_data()


def test_letters_that_join_are_laid_out_together_in_drawings() -> None:

    assert drawn('<text x="9" y="20">جاهزية</text>').count(b"TJ") == 1
    assert drawn('<text x="9" y="20" letter-spacing="2">ready</text>').count(b"TJ") == 5


def test_a_drawing_in_a_drawing_keeps_its_parts() -> None:
    inner = '<svg x="5" width="20" height="20"><text x="1" y="9">inner</text></svg>'
    assert drawn(inner + '<text x="9" y="20">outer</text>').count(b"TJ") == 2
