"""A sealed sheet without database, and ways to break it."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pypdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from charters import sheet
from charters.canonical import canonical
from charters.document import assemble
from charters.seal_keys import SealKey, own_key
from reports.sealing import _sealed
from reports.sheet import render_sheet, render_stamps
from tests.charters.cases import HEAD, USE_CASE, complete_fields
from ui.pdf import Attached, render_pdf

PEOPLE = (
    ("decision_maker", "Decision maker", "Solveig Aasgaard"),
    ("outcome_owner", "Outcome owner", "Rolf Tennfjord"),
    ("legal", "Legal", "Yusuf Adebayo"),
    ("domain_expert", "Domain expert", "Gunhild Strand"),
)


@dataclass(frozen=True)
class Paper:
    """A sealed sheet with what went into it."""

    sheet: bytes
    charter: bytes
    log: Mapping[str, Any]
    key: SealKey


@cache
def key() -> SealKey:
    return own_key(Path(tempfile.mkdtemp()), "charters.example")


@cache
def paper(code: str = "HP-03", number: int = 1) -> Paper:
    """The sheet of one revision, sealed by the key of these tests."""
    return seal(code, number, key())


def seal(code: str, number: int, by: SealKey) -> Paper:
    text = canonical(
        assemble(complete_fields(), head={**HEAD, "code": code, "revision": number}, use_case=USE_CASE)
    )
    full = render_pdf(
        f'<html lang="en"><body><h1>Charter {code}, revision {number}</h1></body></html>',
        title=code, language="en", created=date(2026, 11, 20), attachments=[Attached(sheet.TEXT, text)],
    )  # fmt: skip
    log = log_of(code, number, text, full)
    return Paper(_sealed(render_sheet(log, text, full), render_stamps(log), log, by), full, log, by)


def text_of(made: Paper) -> bytes:
    """The machine-readable text that a sheet carries."""
    return bytes(pypdf.PdfReader(io.BytesIO(made.sheet)).attachments[sheet.TEXT][0])


def log_of(code: str, number: int, text: bytes, full: bytes) -> dict[str, Any]:
    mark = hashlib.sha256(text).hexdigest()
    return {
        "format": sheet.FORMAT, "installation": "https://charters.example", "organization": "Halvorsen Pumps",
        "charter": code, "title": "Bearing failure warning", "revision": number, "round": 1,
        "text_sha256": mark, "paper_sha256": hashlib.sha256(full).hexdigest(),
        "statement": "I agree to this text.", "limits": ["Answers are probabilities."],
        "criteria_changes": 1, "in_force_at": "2026-11-20T14:03:22+00:00",
        "sealed_at": "2026-11-20T14:03:40+00:00", "anchor": f"throughline-chain:installation:7:{'a' * 64}",
        "verify": f"https://charters.example/verify/{'b' * 32}/",
        "signatures": [
            {
                "seat": seat, "role": role, "name": name, "address": f"{seat}@halvorsen.example",
                "delegate": "Hanneke Voss" if seat == "legal" else "", "delegate_address": "",
                "signed_at": f"2026-11-20T14:0{at}:11+00:00", "method": "account", "how": "password",
                "evidence": seat != "domain_expert", "sha256": mark, "entry": 20 + at, "entry_seal": "c" * 64,
            }
            for at, (seat, role, name) in enumerate(PEOPLE)
        ],
        "events": [],
    }  # fmt: skip


def flipped(content: bytes, at: int, bit: int = 1) -> bytes:
    changed = bytearray(content)
    changed[at] ^= bit
    return bytes(changed)


def with_update(content: bytes) -> bytes:
    """Another page content, added as an incremental update: a reader then sees what was not sealed."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT ET"))
    writer.update_container(page)
    return _written(writer)


def with_other_attachment(content: bytes) -> bytes:
    """Another charter.json, added as an incremental update."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    described = names[names.index(sheet.TEXT) + 1]
    other = json.dumps({"code": "HP-03", "revision": 1, "fields": {}}).encode()
    described["/EF"]["/F"] = writer.add_object(generic.StreamObject(stream_data=other))
    writer.update_container(described["/EF"])
    return _written(writer)


def without_field(content: bytes) -> bytes:
    """The last seal taken out of the form, as an incremental update."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    del writer.root["/AcroForm"]["/Fields"][-1]
    writer.update_container(writer.root["/AcroForm"]["/Fields"])
    return _written(writer)


def cut_before_last_seal(content: bytes) -> bytes:
    """The file as it was before its last seal."""
    ends = [at for at in range(len(content)) if content.startswith(b"%%EOF", at)]
    return content[: ends[-2] + 6]


def encrypted(content: bytes) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(content))
    writer.encrypt("secret")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _written(writer: IncrementalPdfFileWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
