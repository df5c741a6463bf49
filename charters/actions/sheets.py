"""The sealed sign-off sheet of a completed round: asking for it, keeping it once, mailing it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.text import slugify

from accounts import mail
from accounts.models import User
from charters.actions.events import leave
from charters.models import Charter, Revision, SealedSheet, Signature, SignoffRound
from charters.signoff import State
from jobs import actions as jobs
from jobs import files
from jobs.models import Job
from ui.errors import Conflict

SEAL = "charters.seal"
PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Made:
    """A sheet as it came out of the press, with the full charter that its hash names."""

    sheet: bytes
    paper: bytes
    token: str
    key_mark: str
    time_stamped: bool
    sealed_at: datetime


def request_sheet(round_: SignoffRound, *, by: User | None) -> Job:
    """Have the sheet of a completed round sealed. Asking again while that runs returns the same job."""
    if round_.state != State.IN_FORCE:
        raise Conflict("Only a round in which everybody has signed has a sign-off sheet.")
    if SealedSheet.objects.filter(round=round_).exists():
        raise Conflict("This round has its sealed sheet.")
    charter = round_.revision.charter
    return jobs.request(
        SEAL,
        round_.pk,
        title=f"Sealed sign-off sheet of {charter.code}, revision {round_.revision.number}",
        by=by,
        organization=charter.organization,
        key=f"seal:{round_.pk}",
        back_url=reverse("charters:show", args=[charter.pk]),
    )


@transaction.atomic
def keep_sheet(round_: SignoffRound, made: Made, *, by: User | None) -> SealedSheet:
    """Keep the sheet, note it in the log, mail it to everybody who signed. The first one kept stays."""
    revision = Revision.objects.select_related("charter__organization").get(pk=round_.revision_id)
    # One after the other: whoever comes second finds the sheet of the first.
    Charter.objects.select_for_update(of=("self",)).get(pk=revision.charter_id)
    known = SealedSheet.objects.filter(round=round_).first()
    if known is not None:
        return known
    organization = revision.charter.organization
    name = f"{slugify(revision.charter.code)}-revision-{revision.number}"
    sheet = files.store(
        made.sheet, organization=organization, name=f"{name}-sign-off-sheet.pdf", content_type=PDF
    )
    paper = files.store(made.paper, organization=organization, name=f"{name}-charter.pdf", content_type=PDF)
    entry = leave(
        "sealed",
        revision=revision,
        by=by,
        round_=round_,
        data={
            "round": round_.pk,
            "sheet": sheet.sha256,
            "paper": paper.sha256,
            "key": made.key_mark,
            "token": hashlib.sha256(made.token.encode()).hexdigest(),
            "time_stamped": made.time_stamped,
            "sealed_at": made.sealed_at,
        },
    )
    kept = SealedSheet.objects.create(
        round=round_,
        file=sheet,
        paper=paper,
        token=made.token,
        key_mark=made.key_mark,
        time_stamped=made.time_stamped,
        sealed_at=made.sealed_at,
        audit=entry,
    )
    _mail_to_signers(revision, kept, made.sheet, by)
    return kept


def _mail_to_signers(revision: Revision, kept: SealedSheet, content: bytes, by: User | None) -> None:
    signed = Signature.objects.filter(round=kept.round_id).order_by("signed_at")
    people = {row.delegate_email or row.email: row.delegate_name or row.name for row in signed}
    for address, name in people.items():
        mail.send(
            organization=revision.charter.organization,
            to=address,
            template="emails/charter_sealed",
            by=by,
            attachments=[(kept.file.name, content, PDF)],
            context={
                "name": name,
                "charter": revision.charter,
                "revision": revision,
                "link": mail.absolute(f"/verify/{kept.token}/"),
            },
        )
