"""Documents on their way out, from the page and from the API."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from jobs import files
from projects.models import Paper
from ui.errors import Conflict, NotFound


def as_download(paper: Paper) -> HttpResponse:
    """The bytes of a document as an attachment that no browser runs; Conflict while it is held back."""
    if paper.file is None or paper.archived_at is not None:
        raise NotFound
    if paper.is_held:
        raise Conflict(f"This document is held back. {paper.held_because} A lead can let it through.")
    disposition = content_disposition_header(True, paper.file.name) or "attachment"
    return HttpResponse(
        files.read(paper.file),
        content_type=paper.file.content_type,
        headers={
            "Content-Disposition": disposition,
            "Content-Security-Policy": "sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
