"""From a frozen revision to the plain data of the printed charter."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from django.db.models import F, Max, Q

from accounts.models import Organization, User
from charters.access import get_charter
from charters.facts import first_signed
from charters.history import EVENT_WORDS, moved_words
from charters.models import Revision, Signature, SignoffRound
from charters.queries import criteria_changes_until, document_of
from charters.shown import signature_blocks, state_word
from deployments.models import Release, Waiver
from deployments.release.waiver_words import waiver_line
from reports.charter import METHODS, CharterPaper, Signed, render_charter
from reports.subjects import Subject, as_uuid
from ui.errors import NotFound
from ui.formats import moment


def find(user: User, pk: str, need: str) -> Subject:
    """A frozen revision, through the door of its charter."""
    rows = Revision.objects.select_related("charter__organization").annotate(last=Max("events__at"))
    revision = rows.filter(pk=as_uuid(pk)).first()
    if revision is None:
        raise NotFound
    get_charter(user, revision.charter_id, need=need)
    return _subject(revision, revision.last)


def offers(user: User, organization: Organization) -> list[Subject]:
    """The latest revision of each charter, and the one in force where that is another; the latest first."""
    revisions = (
        Revision.objects.select_related("charter__organization")
        .filter(charter__organization=organization, charter__archived_at=None)
        .filter(Q(number=F("charter__latest_number")) | Q(state="in_force"))
        .annotate(last=Max("events__at"))
    )
    found = [_subject(row, row.last) for row in revisions]
    return sorted(found, key=lambda subject: subject.at, reverse=True)


def _subject(revision: Revision, last: datetime | None) -> Subject:
    """Its day is the one on which something last happened to the revision."""
    charter = revision.charter
    name = f"{charter.code} {charter.title}, revision {revision.number}"
    return Subject(charter.organization, str(revision.pk), name, last or revision.frozen_at, revision)


def inputs(subject: Subject) -> dict[str, Any]:
    """Everything that the printed charter says."""
    revision: Revision = subject.object
    document = document_of(revision)
    round_ = SignoffRound.objects.filter(revision=revision).order_by("-number").first()
    return {
        "organization": revision.charter.organization.name,
        "code": revision.charter.code,
        "title": str(document.get("fields", {}).get("title", "")) or revision.charter.title,
        "number": revision.number,
        "state": state_word(revision.state),
        "sha256": revision.sha256,
        "frozen": moment(revision.frozen_at),
        "reason": revision.reason,
        "moved": moved_words(criteria_changes_until(revision.charter, document))
        if first_signed(revision.charter)
        else "",
        "canonical": revision.content,
        "signed": _signed(round_),
        "history": _history(revision),
        "as_of": subject.day.isoformat(),
    }


def _signed(round_: SignoffRound | None) -> list[dict[str, Any]]:
    if round_ is None:
        return []
    given = {row.signatory_id: row for row in Signature.objects.filter(round=round_)}
    found = []
    for block in signature_blocks(round_):
        signature = given.get(block["pk"])
        found.append(
            {
                **{name: block[name] for name in ("name", "role", "status", "when", "seal", "reason")},
                **(_given(signature, round_, block["status"] == "void") if signature else {}),
            }
        )
    return found


def _given(signature: Signature, round_: SignoffRound, is_void: bool) -> dict[str, Any]:
    """When and how a signature was given; what it proves stands beside it and is not said twice."""
    when = f"Signed {moment(signature.signed_at)}"
    method = METHODS[signature.method]
    if signature.method == "account" and signature.authenticated:
        method = f"{method} ({signature.authenticated})"
    return {
        "when": f"{when}, for revision {round_.revision.number}" if is_void else when,
        "method": method,
        "is_evidence": signature.is_evidence,
    }


def _history(revision: Revision) -> list[list[str]]:
    """What happened to this revision, the first event first; reminders are left out."""
    rows = (
        revision.events.exclude(kind="reminded")
        .select_related("signatory", "by")
        .order_by("at", "audit__number")
    )
    found = []
    for row in rows:
        person = str(row.signatory) if row.signatory else "Somebody"
        told = EVENT_WORDS[row.kind].format(number=revision.number, person=person)
        by = f", by {row.by.get_full_name()}" if row.by and not row.signatory else ""
        words = f". \u201c{row.words}\u201d" if row.words else ""
        found.append([moment(row.at), f"{told}{by}{words}"])
    return found + _waivers(revision) + _releases(revision)


def _waivers(revision: Revision) -> list[list[str]]:
    """What two people let pass at the gate of its models, standing and ended, since they are part of what
    became of the text."""
    rows = Waiver.objects.filter(project__charter=revision.charter, owner_signed_at__isnull=False)
    signed = rows.filter(second_signed_at__isnull=False).select_related("environment")
    return [
        [moment(row.asked_at), f"Waiver: {waiver_line(row)}"] for row in signed.order_by("asked_at", "pk")
    ]


def _releases(revision: Revision) -> list[list[str]]:
    """Which versions of its models answered where, who answers for them, and what the gate said then."""
    rows = Release.objects.filter(deployment__project__charter=revision.charter)
    rows = rows.select_related("deployment__environment").order_by("live_at", "pk")
    return [[moment(row.live_at), _release_line(row)] for row in rows if row.live_at is not None]


def _release_line(row: Release) -> str:
    owner = row.deployment.owner_name
    answers = f", {owner} answers for its operation" if owner else ""
    open_ones = [
        f"{one['words'].lower()}{' (waived)' if one.get('waived') else ''}"
        for one in row.gate
        if not one["holds"]
    ]
    gate = f"this did not hold: {'; '.join(open_ones)}" if open_ones else "every check held"
    how = "Rolled back to" if row.kind == Release.Kind.ROLL_BACK else "Deployed:"
    return (
        f"{how} {row} in {row.deployment.environment.name}, asked for by {row.asked_name or 'the product'}"
        f"{answers}. At the gate {gate}."
    )


def render(data: dict[str, Any], paper: str) -> bytes:
    """The inputs above as a PDF."""
    named = {name: value for name, value in data.items() if name not in ("signed", "history", "as_of")}
    charter = CharterPaper(
        **named,
        document=json.loads(data["canonical"]),
        signed=[Signed(**seat) for seat in data["signed"]],
        history=[(when, what) for when, what in data["history"]],
    )
    return render_charter(charter, as_of=date.fromisoformat(data["as_of"]), paper=paper)
