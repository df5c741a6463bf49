"""The Word copy of a charter: which text, which signatures, for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils.text import slugify

from charters.models import Charter, Revision, SignoffRound
from charters.queries import current_revision, document_of, draft_document
from charters.shown import signature_blocks, state_word, views_of
from charters.signoff import State
from ui import formats

if TYPE_CHECKING:
    from charters.word import SeatLine, WordCopy

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def word_response(
    charter: Charter, revision: Revision | None = None, *, signatures: bool = True
) -> HttpResponse:
    """A download of a revision, or of the text of now, the draft included. Guests see no signatures."""
    # Word files are rare beside pages; the library is loaded with the first of them.
    from charters.word import write_word

    revision = revision or (None if charter.is_draft else current_revision(charter))
    response = HttpResponse(write_word(_copy(charter, revision, signatures)), content_type=DOCX)
    number = revision.number if revision else charter.next_number
    kind = f"revision-{number}" if revision else f"draft-of-revision-{number}"
    name = f"{slugify(charter.code) or 'charter'}-{kind}-for-negotiation.docx"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _copy(charter: Charter, revision: Revision | None, signatures: bool) -> WordCopy:
    from charters.word import WordCopy

    document = document_of(revision) if revision else draft_document(charter)
    written_at = revision.frozen_at if revision else charter.changed_at
    return WordCopy(
        organization=charter.organization.name,
        code=charter.code,
        title=str(document["fields"].get("title", "")),
        number=revision.number if revision else charter.next_number,
        state=state_word(revision.state if revision else State.DRAFT),
        sha256=revision.sha256 if revision else "",
        written_at=written_at,
        written=formats.moment(written_at),
        views=views_of(document),
        seats=_seats(revision) if revision and signatures else (),
    )


def _seats(revision: Revision) -> tuple[SeatLine, ...]:
    from charters.word import SeatLine

    round_ = SignoffRound.objects.filter(revision=revision).order_by("-number").first()
    if round_ is not None:
        round_.revision = revision
    return tuple(
        SeatLine(
            block["role"],
            block["name"],
            ". ".join(
                part
                for part in (
                    block["when"],
                    block["seal"] and f"Seal {block['seal']}",
                    block["reason"] and f"“{block['reason']}”",
                )
                if part
            ),
        )
        for block in signature_blocks(round_)
    )
