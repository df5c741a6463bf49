"""The charter as a PDF: the frozen text, who signed it when and how, and what that proves. No database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string

from assessment.result_words import first_lower
from charters.content import content
from charters.presentation import View, present
from reports.layout import Chapter, Cover, Section, Station, numbered, running
from reports.sentences import breakable, long_day
from ui import formats
from ui.pdf import Attached, render_pdf
from ui.words import in_words, sentence

WHAT_IT_PROVES = (
    "These are simple electronic signatures. Each was given in this product after a fresh sign-in, or by "
    "personal link with a code sent to the address in the text, and is kept with the hash of exactly this "
    "text in a log in which each entry seals the one before. They are not qualified signatures with a "
    "certificate of a person; where a law asks for those, sign this paper by hand or elsewhere too.",
    "The hash is the SHA-256 of the text in its canonical form, which is attached to this file as "
    "charter.json. Whoever has the file can compute it again.",
)
NOT_EVIDENCE = (
    "Marked signatures were given in the demo, or by link while mail went to files only. They show how "
    "signing works and prove nothing."
)
METHODS = {"account": "with an account", "link": "by personal link"}


@dataclass(frozen=True)
class Signed:
    """One seat of the round of signatures, as the report prints it; moments are in words already."""

    name: str
    role: str
    status: str
    when: str
    method: str = ""
    seal: str = ""
    reason: str = ""
    is_evidence: bool = True


@dataclass(frozen=True)
class CharterPaper:
    """A revision with all that stands beside its text.

    document   the frozen text (``charters.queries.document_of``)
    canonical  the bytes that were hashed; attached to the PDF
    state      "In force", "Out for signature", … ; ``is_draft`` where nothing is frozen
    """

    organization: str
    code: str
    title: str
    number: int
    state: str
    sha256: str
    frozen: str
    reason: str
    document: Mapping[str, Any]
    canonical: str
    signed: Sequence[Signed]
    history: Sequence[tuple[str, str]]
    # How often the criteria moved since the first signature, as a sentence; empty before anybody was asked.
    moved: str = ""

    @property
    def done(self) -> int:
        return sum(seat.status == "signed" for seat in self.signed)

    @property
    def short_hash(self) -> str:
        return f"{self.sha256[:4]} {self.sha256[4:8]} … {self.sha256[-4:]}"


def render_charter(charter: CharterPaper, *, as_of: date, paper: str = "A4") -> bytes:
    """The charter as a tagged PDF with its canonical text attached; the same input gives the same bytes."""
    html = render_to_string("pdf/report.html", charter_context(charter, as_of=as_of, paper=paper))
    return render_pdf(
        html,
        title=f"Charter {charter.code}, revision {charter.number}, {charter.organization}",
        language="en-US",
        created=as_of,
        attachments=[
            Attached(
                "charter.json",
                charter.canonical.encode(),
                description=f"Canonical text of revision {charter.number}, SHA-256 {charter.sha256}",
                relationship="Source",
            )
        ],
    )


def charter_context(charter: CharterPaper, *, as_of: date, paper: str = "A4") -> dict[str, Any]:
    """Everything that the template prints."""
    organization = breakable(charter.organization)
    title = breakable(charter.title or charter.code)
    return {
        "name": "Charter",
        "paper": paper,
        "language": "en-US",
        "running": running(
            organization,
            f"charter {charter.code}, revision {charter.number}",
            f"Text {charter.short_hash}, {first_lower(charter.state)}",
        ),
        "cover": Cover(
            organization=organization,
            title=title,
            sentence=_cover_sentence(charter),
            date=long_day(as_of),
            stations=[
                Station("Assessed", "", reached=True),
                Station("Planned", "", reached=True),
                Station("Signed", f"{charter.code}, revision {charter.number}", reached=True, current=True),
                Station("Tracked", "", reached=False),
                Station("Live", "", reached=False),
            ],
            blocks=(
                ("Outcome owner", _people(charter, "outcome_owner")),
                ("Decision maker", _people(charter, "decision_maker")),
                ("Text", [f"SHA-256 {charter.short_hash}", f"Frozen {charter.frozen}"]),
            ),
        ),
        "chapters": numbered([_text(charter), _signatures(charter)]),
    }


def _people(charter: CharterPaper, party: str) -> list[str]:
    seats: Mapping[str, Mapping[str, Any]] = charter.document.get("seat", {})
    return [
        breakable(str(record["name"]))
        for key, record in seats.items()
        if key.partition(".")[0] == party and record.get("name")
    ]


def _cover_sentence(charter: CharterPaper) -> str:
    state = first_lower(charter.state)
    return f"Charter {charter.code}, revision {charter.number}: {state}. {_how_many(charter)}."


def _how_many(charter: CharterPaper) -> str:
    asked = len(charter.signed)
    if not asked:
        return "Nobody has been asked to sign this text yet"
    if charter.done == asked:
        return f"All {in_words(asked)} have signed" if asked > 1 else "The one who was asked has signed"
    if not charter.done:
        return f"None of {asked} has signed yet"
    return f"{sentence(in_words(charter.done))} of {asked} {'has' if charter.done == 1 else 'have'} signed"


def _text(charter: CharterPaper) -> Chapter:
    def day(value: date) -> str:
        return formats.day(value)

    def money(amount: Decimal, currency: str) -> str:
        return formats.money(amount, currency)

    views: list[View] = [
        view for view in present(charter.document, content(), day=day, money=money) if view.blocks
    ]
    return Chapter(
        name="What is agreed",
        finding=breakable(charter.title or charter.code),
        lede=" ".join(
            part
            for part in (charter.reason and f"Why this revision: {charter.reason}", charter.moved)
            if part
        ),
        template="pdf/charter_text.html",
        sections=[Section(view.key, view.title) for view in views],
        data={"views": views},
    )


def _signatures(charter: CharterPaper) -> Chapter:
    return Chapter(
        name="Signatures",
        finding=_how_many(charter),
        lede=f"Of revision {charter.number} of {charter.code}, SHA-256 {charter.sha256}",
        template="pdf/charter_signatures.html",
        fresh=True,
        sections=[
            Section("seats", "Who signed, when and how"),
            Section("proof", "What the signatures prove"),
        ],
        data={
            "signed": charter.signed,
            "notes": WHAT_IT_PROVES,
            "not_evidence": NOT_EVIDENCE if any(not seat.is_evidence for seat in charter.signed) else "",
            "history": charter.history,
            "state": charter.state,
        },
    )
