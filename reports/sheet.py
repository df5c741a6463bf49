"""The sign-off sheet on paper: what it prints, where its seals lie and how they look. No database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string

from assessment.qr import qr_path
from charters import sheet
from charters.sealing_places import PER_PAGE, box_of
from reports.layout import running
from reports.sentences import breakable
from ui.pdf import Attached, render_pdf
from ui.words import counted, sentence


def render_sheet(log: Mapping[str, Any], text: bytes, paper: bytes) -> bytes:
    """The sheet before its first seal, tagged, with its attachments; the same input gives the same bytes."""
    at = datetime.fromisoformat(log["sealed_at"])
    name = f"{log['charter']} revision {log['revision']}"
    attached = [
        Attached(sheet.TEXT, text, f"Canonical text of {name}, SHA-256 {log['text_sha256']}", "Source"),
        Attached(sheet.LOG, sheet.written(log), f"Approvals of {name} and the part of the log about them"),
        Attached(sheet.PAPER, paper, f"The full charter, SHA-256 {log['paper_sha256']}", "Supplement"),
    ]
    html = render_to_string("pdf/sheet.html", context_of(log))
    title = f"Sign-off sheet of charter {name}, {log['organization']}"
    return render_pdf(html, title=title, language="en-US", created=at, attachments=attached)


def render_stamps(log: Mapping[str, Any]) -> bytes:
    """One small page for each approval: what is seen in the place of its seal."""
    rows = [_row(log, one, number) for number, one in enumerate(log["signatures"], start=1)]
    html = render_to_string("pdf/sheet_stamps.html", {"log": log, "rows": rows, "total": len(rows)})
    at = datetime.fromisoformat(log["sealed_at"])
    return render_pdf(html, title="Seals", language="en-US", created=at)


def place_of(number: int, total: int) -> tuple[int, tuple[int, int, int, int]]:
    """The page, counted from the end, and the box in points of the seal with this number from 0 on."""
    pages = -(-total // PER_PAGE)
    return number // PER_PAGE - pages, box_of(number % PER_PAGE)


def context_of(log: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the sheet prints."""
    rows = [_row(log, one, number) for number, one in enumerate(log["signatures"], start=1)]
    organization = breakable(log["organization"])
    return {
        "language": "en-US",
        "paper": "A4",
        "log": log,
        "running": running(
            organization,
            f"charter {log['charter']}, revision {log['revision']}, sign-off sheet",
            f"Text SHA-256 {log['text_sha256'][:16]}…",
        ),
        "facts": [
            ("Charter", f"{log['charter']}, {log['title']}"),
            ("Revision", f"{log['revision']}, in force since {sheet.utc(log['in_force_at'])}"),
            ("Text", log["text_sha256"]),
            ("Full charter", log["paper_sha256"]),
            ("Criteria", _changes(log["criteria_changes"])),
            ("Sealed", sheet.utc(log["sealed_at"])),
        ],
        "rows": rows,
        "pages": [rows[at : at + PER_PAGE] for at in range(0, len(rows), PER_PAGE)],
        "total": len(rows),
        "kind": sheet.KIND_OF_SIGNATURE,
        "not_evidence": "" if all(row["evidence"] for row in rows) else sheet.NOT_EVIDENCE,
        "qr": qr_path(log["verify"]),
    }


def _changes(count: int) -> str:
    if not count:
        return "Unchanged since the first signature"
    return f"{sentence(counted(count, 'change', 'changes'))} since the first signature"


def _row(log: Mapping[str, Any], one: Mapping[str, Any], number: int) -> dict[str, Any]:
    return {
        "number": number,
        "signer": sheet.signer(one),
        "role": one["role"],
        "instead_of": one["name"] if one["delegate"] else "",
        "when": sheet.utc(one["signed_at"]),
        "how": sheet.how(one),
        "evidence": one["evidence"],
        "entry": one["entry"],
        "entry_seal": f"{one['entry_seal'][:8]}…{one['entry_seal'][-4:]}",
        "revision": log["revision"],
        "code": log["charter"],
    }
